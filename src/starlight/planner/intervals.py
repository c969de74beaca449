"""Intervals of time, and the parts of a contact that lie in them.

A span is a pair (first, last) in ns with both ends in it; a list of spans is ascending and disjoint.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import msgspec

from starlight.contacts import Contact, clipped
from starlight.dtntime import SECOND

Interval = tuple[int, int]


def merged(spans: Iterable[Interval]) -> list[Interval]:
    """Return spans in order, those that touch or overlap as one."""
    result: list[Interval] = []
    for first, last in sorted(spans):
        # Ends are included, so an interval that begins one nanosecond after another ends leaves nothing
        # between.
        if result and first <= result[-1][1] + 1:
            result[-1] = (result[-1][0], max(result[-1][1], last))
        else:
            result.append((first, last))
    return result


def common(a: Sequence[Interval], b: Sequence[Interval]) -> list[Interval]:
    """Return what lies in both of two lists of spans; of a single instant, nothing."""
    result, i, j = [], 0, 0
    while i < len(a) and j < len(b):
        first, last = max(a[i][0], b[j][0]), min(a[i][1], b[j][1])
        if first < last:
            result.append((first, last))
        # Whichever ends first can't meet anything further; both lists are walked once.
        if a[i][1] < b[j][1]:
            i += 1
        else:
            j += 1
    return result


def without(spans: Iterable[Interval], taken: Sequence[Interval]) -> list[Interval]:
    """Return what is left of spans when `taken` is taken out, edges included."""
    result = []
    for first, last in spans:
        at = first
        for begin, end in taken:
            if end < at or begin > last:
                continue
            if begin > at:
                result.append((at, begin - 1))
            at = max(at, end + 1)
        # A single instant is no time to send in.
        if at < last:
            result.append((at, last))
    return result


def total(spans: Iterable[Interval]) -> int:
    """Return how long spans last together, in ns."""
    return sum(last - first for first, last in spans)


def slot_id(contact: Contact, start: int) -> int:
    """Return the id of the part of a planned contact that begins at `start`.

    The planner's ids count the seconds of the start, so a part's id depends on its own start only.
    """
    return contact.id - contact.start // SECOND + start // SECOND


def parts(
    contact: Contact, spans: Iterable[Interval], name: Callable[[Contact, int], int] = slot_id
) -> list[Contact]:
    """Return the parts of a contact that lie in spans (transmission times, in ns).

    Args:
        name: gives the id of the part that begins at a time; one that begins with the contact keeps its id.
    """
    result = []
    for first, last in common([(contact.start, contact.end)], list(spans)):
        if (first, last) == (contact.start, contact.end):
            result.append(contact)
        else:
            fresh = contact.id if first == contact.start else name(contact, first)
            result.append(clipped(contact, fresh, first, last))
    return result


def arrival(contact: Contact) -> Interval:
    """Return when the first and the last that a contact carries arrive, in ns."""
    return (
        contact.start + contact.light_time(contact.start),
        contact.end + contact.light_time(contact.end),
    )


def sent_for(contact: Contact, heard: Iterable[Interval]) -> list[Interval]:
    """Return when what arrives in spans left inside a contact; edges of the contact stay exact."""
    first, last = arrival(contact)
    return [
        (
            contact.start if begin <= first else _sent(contact, begin),
            contact.end if end >= last else _sent(contact, end),
        )
        for begin, end in heard
        if begin < last and end > first
    ]


def _sent(contact: Contact, arrives: int) -> int:
    """Return when what arrives at a time in ns left; light time moves by 1e-4 of time at most."""
    sent = arrives - contact.light_time(min(max(arrives, contact.start), contact.end))
    # A fixed point: each round errs by 1e-4 of the one before, so two more leave some ns of 40 min.
    for _ in range(2):
        sent = arrives - contact.light_time(min(max(sent, contact.start), contact.end))
    return sent


def lowered(contact: Contact, start: int, end: int, factor: float) -> Contact:
    """Return a contact whose rates are multiplied by a factor from `start` until `end`, in ns."""
    first, last = max(start, contact.start), min(end, contact.end)
    if first >= last:
        return contact
    edges = sorted({*(at for at, _ in contact.rates), first, *([last] if last < contact.end else [])})
    rates: list[tuple[int, int]] = []
    for at in edges:
        rate = contact.rate_bps(at)
        rate = int(rate * factor) if first <= at < last else rate
        # Equal neighbours are one piece: fewer pieces make routing over them faster.
        if not rates or rates[-1][1] != rate:
            rates.append((at, rate))
    return msgspec.structs.replace(contact, rates=tuple(rates))


def replaced(
    rates: Sequence[tuple[int, int]], by: Sequence[Contact], start: int, end: int
) -> list[tuple[int, int]]:
    """Return the rate pieces of a contact with those from `start` until `end`, in ns, taken from others.

    Args:
        rates: pieces ``(from ns, bit/s)``.
        by: contacts of the same direction, by start; outside them the rate is 0.
    """
    after = next((rate for at, rate in reversed(rates) if at <= end), 0)
    fresh = [piece for piece in rates if piece[0] < start] + [(start, 0)]
    for contact in by:
        first, last = max(contact.start, start), min(contact.end, end)
        if first >= last:
            continue
        fresh += [
            (first, contact.rate_bps(first)),
            *(each for each in contact.rates if first < each[0] < last),
        ]
        if last < end:
            fresh.append((last, 0))
    fresh += [(end, after), *(piece for piece in rates if piece[0] > end)]
    found: list[tuple[int, int]] = []
    for at, rate in fresh:
        # Of two pieces that begin together the later one holds; equal neighbours are one.
        if found and found[-1][0] == at:
            found.pop()
        if not found or found[-1][1] != rate:
            found.append((at, rate))
    return found
