"""A contact: what leaves when, and how long light takes."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.contacts.shapes import contacts

from starlight.contacts.contact import UNLIMITED_BPS, Contact, LightPiece, by_start, constant_light
from starlight.dtntime import HOUR, SECOND


def contact(*rates: tuple[int, int], end: int = 100) -> Contact:
    """Return a contact from 1 to 2 whose rates begin at these seconds."""
    pieces = tuple((begin * SECOND, bps) for begin, bps in rates)
    return Contact(1, 1, 2, pieces[0][0], end * SECOND, pieces, constant_light(0, 2.5))


def test_a_transmission_takes_its_bits_at_the_rate() -> None:
    """1 000 bytes at 8 000 bit/s take a second; what does not divide is rounded up to the ns."""
    assert contact((0, 8000)).last_byte(5 * SECOND, 1000) == 6 * SECOND
    assert contact((0, 3)).last_byte(0, 1) == 2_666_666_667


def test_a_window_end_is_closed() -> None:
    """A transmission that ends exactly at `end` fits: window ends are closed."""
    assert contact((0, 8), end=10).last_byte(9 * SECOND, 1) == 10 * SECOND
    assert contact((0, 8), end=10).last_byte(9 * SECOND + 1, 1) is None
    assert contact((0, UNLIMITED_BPS), end=10).last_byte(10 * SECOND, 10**9) == 10 * SECOND
    assert contact((0, UNLIMITED_BPS), end=10).last_byte(10 * SECOND + 1, 0) is None


def test_a_transmission_goes_through_rate_pieces() -> None:
    """Rate pieces follow one another; a piece of 0 bit/s carries nothing but time passes."""
    pieces = contact((0, 8), (2, 0), (5, 16), (6, UNLIMITED_BPS))
    assert pieces.last_byte(0, 2) == 2 * SECOND
    assert pieces.last_byte(0, 3) == 5 * SECOND + SECOND // 2
    assert pieces.last_byte(0, 4) == 6 * SECOND
    assert pieces.last_byte(0, 5000) == 6 * SECOND
    assert contact((0, 8), (2, 0)).last_byte(0, 3) is None
    assert contact((0, 0)).last_byte(0, 1) is None
    assert contact((0, 0)).last_byte(3, 0) == 3
    assert [pieces.rate_bps(second * SECOND) for second in (0, 1, 2, 5, 6, 50)] == [
        8,
        8,
        0,
        16,
        *[UNLIMITED_BPS] * 2,
    ]


def test_light_time_is_evaluated_at_the_transmission() -> None:
    """A contact carries light time as a function evaluated at the moment of transmission."""
    light = (LightPiece(0, HOUR, (750.0, 0.2, -0.01)), LightPiece(2 * HOUR, HOUR, (750.36,)))
    moving = Contact(1, 1, 2, 0, 5 * HOUR, ((0, 8),), light)
    assert moving.light_time(0) == 750 * SECOND
    assert moving.light_time(HOUR) == 750_190_000_000
    assert moving.light_time(2 * HOUR) == moving.light_time(4 * HOUR) == 750_360_000_000
    assert moving.light_time(-HOUR) == 749_790_000_000, "the first piece holds before it begins, too"
    assert contact((0, 1)).light_time(77) == 2_500_000_000


def test_volume_counts_whole_bytes_inside_the_contact() -> None:
    """Volume is what the rate pieces carry between two times, cut to the contact and to whole bytes."""
    pieces = contact((0, 8), (2, 0), (5, 16), end=10)
    assert pieces.volume(-99 * SECOND, 99 * SECOND) == 2 + 10
    assert pieces.volume(SECOND, 6 * SECOND) == 1 + 2
    assert pieces.volume(0, SECOND - 1) == 0
    assert pieces.volume(9 * SECOND, SECOND) == 0
    assert contact((0, UNLIMITED_BPS)).volume(0, SECOND) == UNLIMITED_BPS


@settings(deadline=None, derandomize=True, max_examples=300)
@given(contacts(), st.integers(0, 40), st.integers(0, 30), st.integers(0, 5 * SECOND))
def test_who_starts_later_ends_no_earlier(one: Contact, size: int, wait: int, more: int) -> None:
    """A later start never ends earlier, which the search rests on; the volume agrees with the end."""
    leaves = one.start + wait * SECOND
    first, second = one.last_byte(leaves, size), one.last_byte(leaves + more, size)
    if second is not None:
        assert first is not None
        assert first <= second
    if first is not None and size and leaves < first:
        bits = sum(
            Fraction(rate * _overlap(one, index, leaves, first), SECOND)
            for index, (_, rate) in enumerate(one.rates)
        )
        assert bits >= 8 * size
        assert one.volume(leaves, first) >= size
        assert one.volume(leaves, first - 1) <= size


def _overlap(one: Contact, index: int, start: int, end: int) -> int:
    begin = one.rates[index][0]
    finish = one.rates[index + 1][0] if index + 1 < len(one.rates) else end
    return max(0, min(finish, end) - max(begin, start))


def test_contacts_are_ordered_by_start_then_id() -> None:
    """The order of a plan is `(start, id)`."""
    late, early = contact((5, 1)), contact((1, 1))
    assert by_start([late, early]) == [early, late]
