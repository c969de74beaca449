"""A contact cut into pieces of whole seconds with one rate and one light time each.

ION and HDTN know whole seconds only, and one rate and one light time in a contact. So a contact
begins at the next whole second and ends at the last; a second in which the rate changes has the
lower rate; light time is rounded up, so that nothing is expected before it can be there.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import pairwise

import msgspec

from starlight.contacts.contact import Contact, LightPiece
from starlight.contacts.report import Losses
from starlight.dtntime import SECOND
from starlight.errors import InputError

MAX_PIECES = 100_000
"""Of one contact. Mars' light time moves by 5 s a day: so many steps would be 50 years of contact."""

_TRIES = 40 * MAX_PIECES


class WholePiece(msgspec.Struct, frozen=True, gc=False):
    """A part of a contact with whole seconds.

    Attributes:
        from_node, to_node: node numbers.
        start, end: in s since 2000-01-01T00:00:00Z.
        rate_bps: the least rate in it, in bit/s.
        light_s: the longest light time in it, rounded up.
        confidence: as the contact's.
    """

    from_node: int
    to_node: int
    start: int
    end: int
    rate_bps: int
    light_s: int
    confidence: float = 1.0


def whole_pieces(contact: Contact, losses: Losses) -> list[WholePiece]:
    """Return a contact as pieces of whole seconds, in order; none when it has no whole second.

    Raises:
        InputError: the light time moves too fast to be told in whole seconds.
    """
    # Inwards at both ends: a node that took a second more than there is would transmit to nobody.
    start, end = -(-contact.start // SECOND), contact.end // SECOND
    if end <= start:
        losses.add("contacts without a whole second are left out")
        return []
    moved = max(start * SECOND - contact.start, contact.end - end * SECOND)
    losses.add("starts or ends moved inwards to whole seconds", moved, count=moved > 0)
    rates = _rate_steps(contact, start, end, losses)
    light = light_steps(contact, start * SECOND, end * SECOND, SECOND, SECOND, losses)
    cuts = sorted({start, end, *(s for s, _ in rates), *(s // SECOND for s, _ in light)})
    pieces = []
    rate = moment = 0
    for begin, finish in pairwise(cuts):
        while rate + 1 < len(rates) and rates[rate + 1][0] <= begin:
            rate += 1
        while moment + 1 < len(light) and light[moment + 1][0] <= begin * SECOND:
            moment += 1
        pieces.append(
            WholePiece(
                contact.from_node,
                contact.to_node,
                begin,
                finish,
                rates[rate][1],
                light[moment][1] // SECOND,
                contact.confidence,
            )
        )
    return pieces


def _rate_steps(contact: Contact, start: int, end: int, losses: Losses) -> list[tuple[int, int]]:
    """Return (second, bit/s), where a second with several rates has the least of them."""
    rates = contact.rates
    if len(rates) == 1:
        return [(start, rates[0][1])]
    cuts = {start, end}
    for begin, _ in rates[1:]:
        if begin % SECOND and start * SECOND < begin < end * SECOND:
            losses.add("changes of the rate moved to whole seconds, for the lower rate")
        cuts |= {min(max(s, start), end) for s in (begin // SECOND, -(-begin // SECOND))}
    steps: list[tuple[int, int]] = []
    index = 0
    for begin, finish in pairwise(sorted(cuts)):
        while index + 1 < len(rates) and rates[index + 1][0] <= begin * SECOND:
            index += 1
        last = index
        least = rates[index][1]
        while last + 1 < len(rates) and rates[last + 1][0] < finish * SECOND:
            last += 1
            least = min(least, rates[last][1])
        if not steps or steps[-1][1] != least:
            steps.append((begin, least))
    return steps


def light_steps(
    contact: Contact, start: int, end: int, quantum: int, grid: int, losses: Losses
) -> list[tuple[int, int]]:
    """Return the light time as steps (from when, how long), both in ns, never below the light time.

    Args:
        contact: whose light time; constant pieces that are a multiple of `quantum` stay exact.
        start, end: the interval, in ns; a multiple of `grid` apart, or it is cut short at the end.
        quantum: what the light time is rounded up to, in ns.
        grid: steps are at multiples of this after `start`, in ns.
        losses: takes by how much it was rounded.

    Raises:
        InputError: it moves so fast that there are more than `MAX_PIECES` steps.
    """
    light = contact.light
    starts = [piece.start for piece in light]
    steps: list[tuple[int, int]] = []
    worst = 0
    tries = 0
    cells = -(-(end - start) // grid)
    # Bisect where the light time crosses a step, and only there: a contact of hours whose light moves by
    # one second costs some twenty evaluations, not one for each second. A stack instead of recursion,
    # taken from the end, so that the steps come out in order of time.
    stack = [(0, cells)]
    while stack:
        low, high = stack.pop()
        tries += 1
        begin, finish = start + low * grid, min(start + high * grid, end)
        pieces = light[max(0, bisect_right(starts, begin) - 1) : max(1, bisect_left(starts, finish))]
        one = len(pieces) == 1
        longest, shortest = _extent(pieces[0], begin, finish) if one else _over(pieces, begin, finish)
        top = -(-longest // quantum)
        # Both bounds round up to the same step: it holds for the whole interval, however the curve runs
        # in it.
        if top != -(-shortest // quantum) and high - low > 1:
            middle = (low + high) // 2
            stack += [(middle, high), (low, middle)]
            if tries > _TRIES:
                _too_fast(contact)
            continue
        worst = max(worst, top * quantum - shortest)
        if not steps or steps[-1][1] != top * quantum:
            steps.append((begin, top * quantum))
        if len(steps) > MAX_PIECES:
            _too_fast(contact)
    if worst:
        losses.add(f"light times rounded up to steps of {quantum / SECOND:g} s", worst)
    return steps


def _too_fast(contact: Contact) -> None:
    raise InputError(
        f"the light time of contact {contact.id} moves so fast that it takes more than {MAX_PIECES} steps",
        where="contact plan",
        right="Write the plan in Starlight's JSON",
    )


def _extent(piece: LightPiece, begin: int, finish: int) -> tuple[int, int]:
    """Return bounds of a piece's light time between two times: no more than, no less than, in ns.

    By the mean value theorem it stays within the greatest slope times half the interval of its
    value in the middle.
    """
    coefficients = piece.coefficients_s
    if not any(coefficients[1:]):
        value = piece.at(begin)
        return value, value
    # The greatest argument of the polynomial there; with it, sum k |c_k| x^(k-1) bounds the slope from above.
    reach = max(abs(begin - piece.start), abs(finish - piece.start)) / piece.span
    slope = sum(k * abs(c) * reach ** (k - 1) for k, c in enumerate(coefficients) if k)
    spread = slope * (finish - begin) / 2 / piece.span * SECOND
    middle = piece.at((begin + finish) // 2)
    ends = piece.at(begin), piece.at(finish), middle
    # A second is short: what lies between its ends and middle is less than a ns beyond them.
    if finish - begin <= SECOND or spread < 1:
        return max(ends), min(ends)
    return middle + int(spread) + 1, middle - int(spread) - 1


def _over(pieces: Sequence[LightPiece], begin: int, finish: int) -> tuple[int, int]:
    """Return the bounds over several pieces."""
    extents = [
        _extent(
            piece,
            max(begin, piece.start) if index else begin,
            pieces[index + 1].start if index + 1 < len(pieces) else finish,
        )
        for index, piece in enumerate(pieces)
    ]
    return max(most for most, _ in extents), min(least for _, least in extents)
