"""The best route found by looking at every one, with an arithmetic of its own.

Nothing of `starlight.routing` is used here: rates are added up as fractions, light times are
evaluated as fractions, bookings are lists of intervals, and routes are all enumerated. What a
contact is comes from the plan; the light time that it tells is used, to the nanosecond, once it
was found to be the exact one rounded.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

from starlight.contacts.contact import UNLIMITED_BPS, Contact
from starlight.contacts.plan import ContactPlan
from starlight.dtntime import SECOND

Interval = tuple[int, int]
Timing = tuple[int, int, int]
Key = tuple[int, int, int, int, tuple[int, ...]]

ROUNDING_NS = Fraction(1, 2) + Fraction(1, 1000)
"""Half a nanosecond, and what floats lose on a quarter of a minute."""


def last_byte(contact: Contact, leaves: int, size: int) -> int | None:
    """Return when the last bit has left, by adding up the rate pieces as fractions."""
    if size == 0:
        return leaves if leaves <= contact.end else None
    bits, time = Fraction(size * 8), Fraction(leaves)
    borders = [begin for begin, _ in contact.rates[1:]]
    while bits > 0:
        rate = contact.rates[sum(border <= time for border in borders)][1]
        if rate == UNLIMITED_BPS:
            break
        border = next((border for border in borders if border > time), None)
        needs = bits * Fraction(SECOND, rate) if rate > 0 else None
        if needs is not None and (border is None or time + needs <= border):
            time += needs
            break
        if border is None:
            return None
        bits -= Fraction(max(rate, 0) * (border - time), SECOND)
        time = Fraction(border)
    done = -(-time.numerator // time.denominator)
    return done if done <= contact.end else None


def light_time(contact: Contact, time: int) -> int:
    """Return the light time of a contact, in ns, that is the exact value of its polynomial, rounded."""
    piece = contact.light[0]
    for later in contact.light[1:]:
        if later.start <= time:
            piece = later
    exact = Fraction(piece.coefficients_s[-1])
    for coefficient in piece.coefficients_s[-2::-1]:
        exact = exact * (time - piece.start) / piece.span + Fraction(coefficient)
    told = contact.light_time(time)
    assert abs(told - exact * SECOND) <= ROUNDING_NS, f"light time of contact {contact.id} at {time}"
    return told


def with_margin(light_time: int) -> int:
    """Return a light time in ns and its margin: 125 parts in 186 282, rounded up."""
    return light_time + math.ceil(Fraction(125 * light_time, 186_282))


def consumption(size: int) -> int:
    """Return the estimated volume consumption: 3 %, rounded up, but at least 100 B more."""
    return size + max(math.ceil(Fraction(3 * size, 100)), 100)


def blocks(booked: Collection[Interval]) -> list[Interval]:
    """Return the busy time of a link that works off what is booked, whichever of it goes first."""
    found: list[Interval] = []
    for start, end in sorted(booked):
        if start >= end:
            continue
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], found[-1][1] + end - start)
        else:
            found.append((start, end))
    return found


def transmission(contact: Contact, ready: int, size: int, booked: Collection[Interval]) -> Timing | None:
    """Return the first transmission that meets nothing booked, trying each instant at which one may begin."""
    busy = blocks(booked)
    earliest = max(ready, contact.start)
    for leaves in sorted({earliest, *(end for _, end in busy if end > earliest)}):
        done = last_byte(contact, leaves, size)
        if done is None:
            continue
        meets = any((leaves < end and start < done) or start <= leaves < end for start, end in busy)
        if not meets:
            arrives = done + light_time(contact, done)
            return (leaves, done, arrives) if arrives >= done else None
    return None


def volume(contact: Contact, start: int, end: int, busy: Collection[Interval]) -> int:
    """Return the bytes that the free time of a contact between two times carries, gap by gap."""
    total = 0
    start, end = max(start, contact.start), min(end, contact.end)
    borders = [start, *(time for block in busy for time in block), end]
    for begin, finish in zip(borders[::2], borders[1::2], strict=True):
        begin, finish = max(begin, start), min(finish, end)
        bits = Fraction(0)
        pieces = [*contact.rates, (finish, 0)]
        for (first, rate), (until, _) in pairwise(pieces):
            lasts = min(until, finish) - max(first, begin)
            if lasts > 0 and rate == UNLIMITED_BPS:
                return UNLIMITED_BPS
            bits += Fraction(max(0, rate) * max(0, lasts), SECOND)
        total += math.floor(bits / 8)
    return total


def busy_between(start: int, end: int, busy: Collection[Interval]) -> int:
    """Return how many ns between two times are booked."""
    return sum(max(0, min(end, finish) - max(start, begin)) for begin, finish in busy)


class Way(NamedTuple):
    """What becomes of a bundle on a chain of contacts.

    Attributes:
        failed: the place of the contact that can't carry it; None when it arrives.
        projected: when it arrives, margins and overhead included, in ns; as far as it comes.
        times: of its own bytes by light alone, for each hop; empty when it fails.
    """

    failed: int | None
    projected: int
    times: list[Timing]


class Oracle:
    """What routes are ranked by, and the bookings that they meet.

    Args:
        plan: the contacts.
        booked: intervals by contact, those that the bundle waits for.
        margin, overhead: whether light needs its margin, and bundles their overhead.
        takes: how many bytes the link between two nodes takes as one transfer, where it has a limit.
    """

    def __init__(
        self,
        plan: ContactPlan,
        booked: Mapping[int, Collection[Interval]],
        margin: bool = False,
        overhead: bool = False,
        takes: Mapping[tuple[int, int], int] | None = None,
    ) -> None:
        self.plan = plan
        self.takes = takes or {}
        self.booked = booked
        self.margin = margin
        self.overhead = overhead
        self._known: dict[tuple[int, int, int], Timing | None] = {}

    def transmission(self, contact: Contact, ready: int, size: int) -> Timing | None:
        """Return the first transmission over a contact, looked up where it was asked for before."""
        key = (contact.id, ready, size)
        if key not in self._known:
            self._known[key] = transmission(contact, ready, size, self.booked.get(contact.id, ()))
        return self._known[key]

    def projected(self, contact: Contact, ready: int, volume: int) -> int | None:
        """Return when a volume is projected to have arrived over a contact, in ns; None when it can't."""
        timing = self.transmission(contact, ready, volume)
        if timing is None:
            return None
        _, done, arrives = timing
        return done + with_margin(arrives - done) if self.margin else arrives

    def too_large(self, source: int, peer: int, size: int) -> bool:
        """Return whether a bundle is larger than the link to a neighbour takes as one transfer."""
        most = self.takes.get((source, peer))
        return most is not None and size > most

    def needs(self, size: int) -> int:
        """Return the volume that a bundle needs of each contact, in bytes."""
        return consumption(size) if self.overhead else size

    def along(
        self, path: Sequence[Contact], now: int, size: int, naming: Mapping[int, int] | None = None
    ) -> Way:
        """Return what becomes of a bundle on a chain of contacts.

        Args:
            path: the contacts.
            now: when the bundle is at the first node, in ns.
            size: in bytes, there.
            naming: by how many bytes it is larger at a node than elsewhere. [default: nowhere]
        """
        projected = now
        if self.too_large(path[0].from_node, path[0].to_node, size):
            return Way(0, projected, [])
        for place, contact in enumerate(path):
            arrives = self.projected(contact, projected, self.needs(size))
            if arrives is None:
                return Way(place, projected, [])
            projected = arrives
        here = naming or {}
        plain = size - here.get(path[0].from_node, 0)
        sizes = [plain + here.get(contact.from_node, 0) for contact in path]
        times = self.times(path, now, sizes) or self.times(path, now, [size] * len(path))
        assert times is not None
        return Way(None, projected, times)

    def times(self, path: Sequence[Contact], now: int, sizes: Sequence[int]) -> list[Timing] | None:
        """Return the times of the bundle's own bytes by light alone, None where it is too late."""
        times: list[Timing] = []
        for contact, size in zip(path, sizes, strict=True):
            timing = self.transmission(contact, times[-1][2] if times else now, size)
            if timing is None:
                return None
            times.append(timing)
        return times

    def every_route(
        self,
        source: int,
        destination: int,
        now: int,
        size: int,
        exclude: Collection[int] = (),
        exclude_contacts: Collection[int] = (),
        avoid: Collection[int] = (),
        expires: int | None = None,
        growth: int = 0,
    ) -> list[tuple[Key, list[Contact]]]:
        """Return each loopless route that is in time, the best first: its key and its contacts."""
        leaving: dict[int, list[Contact]] = {}
        for contact in self.plan.contacts:
            if contact.id not in exclude_contacts and contact.start <= contact.end:
                leaving.setdefault(contact.from_node, []).append(contact)
        needs = self.needs(size)
        found: list[tuple[Key, list[Contact]]] = []

        def extend(node: int, ready: int, path: list[Contact], seen: set[int]) -> None:
            if node == destination:
                ids = tuple(contact.id for contact in reversed(path))
                key = (ready, len(path), -min(c.end for c in path), path[0].to_node, ids)
                if expires is None or ready <= expires:
                    found.append((key, path))
                return
            for contact in leaving.get(node, ()):
                peer = contact.to_node
                if peer in seen or (node == source and peer in exclude):
                    continue
                if node == source and self.too_large(source, peer, size + growth):
                    continue
                arrives = self.projected(contact, ready, needs)
                if arrives is not None:
                    extend(peer, arrives, [*path, contact], seen | {peer})

        extend(source, now, [], {source, *avoid} - {destination})
        return sorted(found, key=lambda item: item[0])

    def limits(self, path: Sequence[Contact], leaves: Sequence[int]) -> list[tuple[int, int, int, int, int]]:
        """Return for each contact from when to when it is of use, by whose end, its bytes, its booked ns."""
        found = []
        for place, (contact, starts) in enumerate(zip(path, leaves, strict=True)):
            ends = [later.end for later in path[place:]]
            stopped_by = [later.id for later in path[place:] if later.end == min(ends)][-1]
            stops = max(starts, min(ends))
            busy = blocks(self.booked.get(contact.id, ()))
            free = volume(contact, starts, stops, busy)
            found.append((starts, stops, stopped_by, free, busy_between(starts, stops, busy)))
        return found
