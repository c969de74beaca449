"""What is booked on a contact."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.routing.oracle import blocks, transmission

from starlight.contacts.contact import Contact, constant_light
from starlight.dtntime import SECOND
from starlight.routing import Hop, Priority, Route
from starlight.routing.bookings import Bookings
from starlight.routing.contact_bookings import ContactBookings
from starlight.routing.volume import BundleSizes, effective_limits

INTERVALS = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 8)), max_size=12)
CONTACT = Contact(1, 1, 2, 0, 30 * SECOND, ((0, 8),), constant_light(0, 0))  # A byte a second.


@settings(deadline=None, derandomize=True, max_examples=300)
@given(INTERVALS, st.integers(-2, 32), st.integers(0, 6))
def test_the_first_fit_is_the_earliest_instant_that_meets_no_booking(
    intervals: list[tuple[int, int]], ready: int, size: int
) -> None:
    """A transmission starts at the first instant from which the whole of it finds free time."""
    booked = [(start * SECOND, (start + length) * SECOND) for start, length in intervals]
    bookings = ContactBookings()
    for interval in booked:
        bookings.add(*interval)
    found = bookings.first_fit(CONTACT, max(0, ready) * SECOND, size)
    expected = transmission(CONTACT, max(0, ready) * SECOND, size, [b for b in booked if b[0] < b[1]])
    assert found == (expected[:2] if expected else None)


@settings(deadline=None, derandomize=True, max_examples=300)
@given(INTERVALS, st.randoms(use_true_random=False))
def test_releasing_is_the_inverse_of_booking(intervals: list[tuple[int, int]], rng: random.Random) -> None:
    """Booking and releasing, in any order and with overlaps, leave what the rest alone would leave."""
    bookings = ContactBookings()
    kept: list[tuple[int, int]] = []
    for start, length in intervals:
        bookings.add(start, start + length)
        kept.append((start, start + length))
        if rng.random() < 0.5:
            gone = kept.pop(rng.randrange(len(kept)))
            assert (bookings.remove(*gone) is not None) == (gone[0] < gone[1])
        alone = ContactBookings()
        for interval in kept:
            alone.add(*interval)
        assert bookings.busy() == alone.busy() == blocks(kept)
    for interval in kept:
        bookings.remove(*interval)
    assert bookings.empty
    assert bookings.busy() == []


def test_what_is_not_booked_cannot_be_released() -> None:
    """Giving back what was not taken changes nothing and says so."""
    bookings = ContactBookings()
    bookings.add(1, 5)
    assert bookings.remove(1, 4) is None
    assert bookings.remove(2, 5) is None
    assert bookings.busy() == [(1, 5)]
    assert bookings.remove(1, 5) == 5
    assert bookings.remove(1, 5) is None


def test_a_queue_sent_back_to_back_is_one_block() -> None:
    """Ten thousand bundles in a row cost one block to look at."""
    bookings = ContactBookings()
    for start in range(10_000):
        bookings.add(start, start + 1)
    assert bookings.busy() == [(0, 10_000)]
    bookings.remove(5_000, 5_001)
    assert bookings.busy() == [(0, 5_000), (5_001, 10_000)]


def test_what_is_taken_twice_is_taken_once_more() -> None:
    """An urgent bundle goes before one that had the time: the link is busy for as long as both need."""
    bookings = ContactBookings()
    for interval in ((0, 10), (12, 14), (2, 5)):
        bookings.add(*interval)
    assert bookings.busy() == [(0, 15)], "three more from 10 on, two of them before 12"
    assert bookings.free(0, 20) == [(15, 20)]
    assert bookings.remove(2, 5) == 15
    assert bookings.busy() == [(0, 10), (12, 14)]
    assert bookings.free(-1, 13) == [(-1, 0), (10, 12)]


def test_what_takes_no_time_waits_while_the_contact_is_busy() -> None:
    """A transmission of no length books nothing, but waits like any other while the contact is busy."""
    bookings = ContactBookings()
    bookings.add(2 * SECOND, 4 * SECOND)
    assert bookings.first_fit(CONTACT, SECOND, 0) == (SECOND, SECOND)
    assert bookings.first_fit(CONTACT, 2 * SECOND, 0) == (4 * SECOND, 4 * SECOND)
    assert bookings.first_fit(CONTACT, 3 * SECOND, 0) == (4 * SECOND, 4 * SECOND)
    assert bookings.first_fit(CONTACT, 4 * SECOND, 0) == (4 * SECOND, 4 * SECOND)


def test_what_is_freed_before_a_bundle_is_ready_is_of_no_use_to_it() -> None:
    """An answer holds for a bundle that is ready when the freed time ends, and not for one ready before."""
    bookings = Bookings(BundleSizes())
    hop = Hop(CONTACT, 0, 0, 2 * SECOND, 5 * SECOND, 5 * SECOND)
    route = Route((hop,), 5 * SECOND, CONTACT.end, 2, 3, priority=Priority.BULK)
    bookings.book(route)
    since = bookings.releases
    bookings.release(route)
    assert bookings.nothing_freed(since, 5 * SECOND)
    assert not bookings.nothing_freed(since, 5 * SECOND - 1)
    assert bookings.nothing_freed(bookings.releases, 0), "it was counted before"


def test_what_waits_for_the_link_goes_sooner_when_that_is_free_sooner() -> None:
    """A transmission that was broken off gives its time to what is booked after it."""
    bookings = ContactBookings()
    bookings.add(0, 10)
    bookings.occupy(20)
    assert bookings.busy() == [(20, 30)]
    assert bookings.occupy(5) is not None, "time has become free"
    assert bookings.busy() == [(5, 15)]


def test_of_contacts_that_end_together_the_last_stops_a_route() -> None:
    """A volume limit names the contact that ends first; of several that end then it is the last."""
    first, second = (
        Contact(id, id, id + 1, 0, 30 * SECOND, ((0, 8),), constant_light(0, 0)) for id in (1, 2)
    )
    limits = effective_limits([first, second], [0, SECOND], [None, None])
    assert [limit.stopped_by for limit in limits] == [2, 2]
    sooner = Contact(3, 1, 2, 0, 29 * SECOND, ((0, 8),), constant_light(0, 0))
    limits = effective_limits([sooner, second], [0, SECOND], [None, None])
    assert [limit.stopped_by for limit in limits] == [3, 2]
