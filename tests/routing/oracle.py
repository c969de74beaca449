"""The best route found by looking at every one, with arithmetic of its own; and random plans to try it on."""

from __future__ import annotations

import math
import random
from collections.abc import Collection, Mapping
from fractions import Fraction
from itertools import islice, pairwise
from typing import NamedTuple

from starlight.contacts.contact import UNLIMITED_BPS, Contact, LightPiece, constant_light
from starlight.contacts.plan import ContactPlan
from starlight.dtntime import MILLISECOND, MINUTE, SECOND
from starlight.routing import Route, Router

Interval = tuple[int, int]
Timing = tuple[int, int, int]
Key = tuple[int, int, int, int, tuple[int, ...]]


def last_byte(contact: Contact, leaves: int, size: int) -> int | None:
    """Return when the last bit has left, by adding up the rate pieces as fractions."""
    bits, time = Fraction(size * 8), Fraction(leaves)
    borders = [begin for begin, _ in contact.rates[1:]]
    while bits > 0:
        rate = contact.rates[sum(border <= time for border in borders)][1]
        if rate == UNLIMITED_BPS:
            break
        border = next((border for border in borders if border > time), None)
        needs = bits * SECOND / rate if rate > 0 else None
        if needs is not None and (border is None or time + needs <= border):
            time += needs
            break
        if border is None:
            return None
        bits -= Fraction(max(rate, 0) * (border - time), SECOND)
        time = Fraction(border)
    done = -(-time.numerator // time.denominator)
    return done if done <= contact.end else None


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
            arrives = done + contact.light_time(done)
            return (leaves, done, arrives) if arrives >= done else None
    return None


class Oracle(NamedTuple):
    """What routes are ranked by, and the bookings that they meet.

    Attributes:
        plan: the contacts.
        booked: intervals by contact, those that the bundle waits for.
        margin, overhead: whether light needs its margin, and bundles their overhead.
    """

    plan: ContactPlan
    booked: Mapping[int, Collection[Interval]]
    margin: bool = False
    overhead: bool = False

    def every_route(
        self,
        source: int,
        destination: int,
        now: int,
        size: int,
        exclude: Collection[int] = (),
        exclude_contacts: Collection[int] = (),
        avoid: Collection[int] = (),
    ) -> list[tuple[Key, list[Contact], list[Timing]]]:
        """Return each loopless route, the best first: its key, its contacts and their geometric times."""
        leaving: dict[int, list[Contact]] = {}
        for contact in self.plan.contacts:
            if contact.id not in exclude_contacts and contact.start <= contact.end:
                leaving.setdefault(contact.from_node, []).append(contact)
        volume = consumption(size) if self.overhead else size
        found = []

        def extend(node: int, ready: int, path: list[Contact], seen: set[int]) -> None:
            if node == destination:
                ids = tuple(contact.id for contact in reversed(path))
                key = (ready, len(path), -min(c.end for c in path), path[0].to_node, ids)
                found.append((key, list(path), self.geometric(path, now, size)))
                return
            for contact in leaving.get(node, ()):
                peer = contact.to_node
                if peer in seen or (node == source and peer in exclude):
                    continue
                timing = transmission(contact, ready, volume, self.booked.get(contact.id, ()))
                if timing is not None:
                    _, done, arrives = timing
                    if self.margin:
                        arrives = done + with_margin(arrives - done)
                    extend(peer, arrives, [*path, contact], seen | {peer})

        extend(source, now, [], {source, *avoid} - {destination})
        return sorted(found, key=lambda item: item[0])

    def geometric(self, path: list[Contact], now: int, size: int) -> list[Timing]:
        """Return the times of the bundle's own bytes by the light time alone."""
        times: list[Timing] = []
        for contact in path:
            timing = transmission(
                contact, times[-1][2] if times else now, size, self.booked.get(contact.id, ())
            )
            assert timing is not None
            times.append(timing)
        return times


def random_contact(rng: random.Random, id: int, nodes: int) -> Contact:
    """Return a contact of whole seconds within half a minute, so that every key ties often."""
    from_node, to_node = rng.sample(range(1, nodes + 1), 2)
    start = rng.randrange(0, 20) * SECOND
    end = start + rng.choice((-1, 0, 1, 2, 5, 10, 10, 20, 20)) * SECOND
    bps = (8, 8, 16, 40, 80, 800, UNLIMITED_BPS, UNLIMITED_BPS, 0)
    rates = [(start, rng.choice(bps))]
    for _ in range(rng.choice((0, 0, 0, 1, 2))):
        rates.append((rates[-1][0] + rng.randrange(1, 5) * SECOND, rng.choice(bps)))
    return Contact(id, from_node, to_node, start, end, tuple(rates), _random_light(rng, start))


def _random_light(rng: random.Random, start: int) -> tuple[LightPiece, ...]:
    begin = start - rng.choice((0, 0, 3)) * SECOND
    kind = rng.randrange(8)
    if kind < 5:
        return (LightPiece(begin, SECOND, (float(rng.choice((0, 0, 1, 1, 2, 4))),)),)
    span = rng.choice((SECOND, 10 * SECOND))
    # Slopes stay above -1 s/s for the half minute that matters: light does not overtake light.
    slope = rng.choice((-0.3, -0.1, 0.0, 0.25, 0.5)) * span / SECOND
    bend = rng.choice((0.0, 0.001, 0.004)) * (span / SECOND) ** 2
    first = LightPiece(begin, span, (12.0, slope, bend))
    if kind < 7:
        return (first,)
    border = begin + rng.randrange(1, 8) * SECOND
    return (
        first,
        LightPiece(border, span, (first.at(border) / SECOND + rng.choice((1e-9, 0.5)), slope, bend)),
    )


def random_plan(rng: random.Random) -> ContactPlan:
    """Return a plan of at most 7 nodes and 18 contacts: of any shape, or one in which much is equal."""
    ids = rng.sample(range(100), rng.randrange(1, 19))
    if rng.random() < 0.4:
        nodes = rng.randrange(2, 8)
        return ContactPlan.of([random_contact(rng, id, nodes) for id in ids])
    # Ranks of relays, most of them waiting for the same late window: arrivals and hops tie, and
    # terminations, entries and ids decide.
    order = rng.sample(range(1, 8), 7)
    ranks = rng.choice(((1, 2, 3, 1), (1, 5, 1), (1, 1, 4, 1), (1, 2, 2, 1, 1), (1, 4, 1)))
    rank_of = [rank for rank, width in enumerate(ranks) for _ in range(width)]
    return ContactPlan.of([_tied_contact(rng, id, order, rank_of) for id in ids])


def _tied_contact(rng: random.Random, id: int, order: list[int], rank_of: list[int]) -> Contact:
    place = rng.randrange(len(rank_of) - 1)
    further = [
        other for other, rank in enumerate(rank_of) if 0 < rank - rank_of[place] <= rng.choice((1, 1, 2))
    ]
    to_node = rng.choice(further or [len(rank_of) - 1])
    if place == to_node:
        place = 0
    late = rank_of[to_node] == rank_of[-1]
    start = rng.choice((9, 10, 10) if late else (0, 0, 1, 3, 8)) * SECOND
    end = rng.choice((18, 18, 20) if late else (5, 9, 12, 15, 19, 25)) * SECOND
    rate = rng.choice((80, 80, 800, UNLIMITED_BPS, UNLIMITED_BPS))
    light = (LightPiece(start, SECOND, (rng.choice((0.0, 0.0, 1.0)),)),)
    return Contact(id, order[place], order[to_node], start, end, ((start, rate),), light)


class Trial:
    """A router and an oracle that are asked, and told, the same.

    Args:
        rng: draws the plan, the questions and the bookings.
    """

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.plan = random_plan(rng)
        self.nodes = self.plan.nodes()
        self.margin = rng.random() < 0.5
        self.overhead = rng.random() < 0.1
        self.router = Router(self.plan, with_margin=self.margin, with_overhead=self.overhead)
        self.booked: dict[tuple[int, int], list[Interval]] = {}  # by priority and contact
        self.routes: list[Route] = []
        self.now = rng.choice((0, 0, -3, 4)) * SECOND
        self.asked: list[tuple[int, int, frozenset[int], frozenset[int], frozenset[int]]] = []

    def _ends(self) -> tuple[int, int]:
        if self.rng.random() < 0.3:
            source, destination = self.rng.choices(self.nodes, k=2)
            return source, destination
        # From where the earliest contact leaves to where the latest leads: far apart.
        return self.plan.contacts[0].from_node, self.plan.contacts[-1].to_node

    def step(self) -> bool:
        """Ask once, compare, perhaps book or release; return whether there was a route."""
        rng = self.rng
        if self.asked and rng.random() < 0.6:
            source, destination, exclude, banned, avoid = rng.choice(self.asked)
        else:
            source, destination = self._ends()
            exclude, banned, avoid = frozenset[int](), frozenset[int](), frozenset[int]()
            if rng.random() < 0.2:
                exclude = frozenset(rng.sample(self.nodes, 1))
            if rng.random() < 0.2:
                banned = frozenset(rng.sample([c.id for c in self.plan.contacts], 1))
            if rng.random() < 0.1:
                avoid = frozenset(rng.sample(self.nodes, 1)) - {source, destination}
            self.asked.append((source, destination, exclude, banned, avoid))
        size = rng.choice((0, 1, 2, 2, 3, 5, 8))
        expires = rng.choice((None, None, None, self.now + rng.randrange(30) * SECOND))
        priority = rng.choice((0, 1, 1, 1, 2))
        route = self.router.route(
            source,
            destination,
            self.now,
            size,
            expires=expires,
            exclude=exclude,
            exclude_contacts=banned,
            avoid=avoid,
            priority=priority,
        )
        if source == destination:
            late = expires is not None and expires < self.now
            assert (route is None) == late
            assert route is None or (route.hops == () and route.arrival == self.now)
        else:
            oracle = Oracle(self.plan, self.seen(priority), self.margin, self.overhead)
            found = oracle.every_route(source, destination, self.now, size, exclude, banned, avoid)
            in_time = [item for item in found if expires is None or item[0][0] <= expires]
            self.check(route, in_time[0] if in_time else None)
            if rng.random() < 0.2:
                ranked = self.router.candidates(
                    source,
                    destination,
                    self.now,
                    size,
                    expires=expires,
                    exclude=exclude,
                    exclude_contacts=banned,
                    avoid=avoid,
                    priority=priority,
                )
                k = rng.choice((3, 10, 10_000))
                some = list(islice(ranked, k))
                assert len(some) == min(len(in_time), k), "no route is left out"
                for each, item in zip(some, in_time, strict=False):
                    self.check(each, item)
        if route is not None and rng.random() < 0.5:
            self.book(route)
        if self.routes and rng.random() < 0.2:
            self.release(self.routes.pop(rng.randrange(len(self.routes))))
        if rng.random() < 0.3:
            self.now += rng.choice((1, SECOND // 2, SECOND, 4 * SECOND, -SECOND))
        return route is not None

    def seen(self, priority: int) -> dict[int, list[Interval]]:
        """Return what a bundle of a priority waits for, by contact."""
        found: dict[int, list[Interval]] = {}
        for (level, contact), intervals in self.booked.items():
            if level >= priority:
                found.setdefault(contact, []).extend(intervals)
        return found

    def check(self, route: Route | None, best: tuple[Key, list[Contact], list[Timing]] | None) -> None:
        """Fail unless a route is the one that it should be by key, contacts and times."""
        if best is None:
            assert route is None, f"{route} where there is none"
            return
        key, contacts, times = best
        assert route is not None, f"no route where there is {key}"
        four = (route.projected, len(route.hops), -route.termination, route.entry_node)
        assert four == key[:4]
        assert [hop.contact for hop in route.hops] == contacts
        assert [(hop.leaves, hop.last_byte, hop.arrives) for hop in route.hops] == times
        assert [hop.ready for hop in route.hops] == [self.now, *(t[2] for t in times[:-1])]
        assert all(hop.waits_until == max(hop.ready, hop.contact.start) for hop in route.hops)
        assert route.arrival == times[-1][2] <= route.projected
        for hop in route.hops:
            light_time = hop.arrives - hop.last_byte
            assert hop.margin == (with_margin(light_time) - light_time if self.margin else 0)

    def _taken(self, route: Route) -> list[tuple[int, Interval]]:
        taken = []
        for hop in route.hops:
            until: int | None = hop.last_byte
            if self.overhead:
                until = last_byte(hop.contact, hop.leaves, consumption(route.size))
                assert until is not None
            if until > hop.leaves:
                taken.append((hop.contact.id, (hop.leaves, until)))
        return taken

    def book(self, route: Route) -> None:
        """Book a route at both, and compare what is left of its contacts."""
        self.router.book(route)
        self.routes.append(route)
        for contact, interval in self._taken(route):
            self.booked.setdefault((route.priority, contact), []).append(interval)
        self._compare_volumes(route)

    def release(self, route: Route) -> None:
        """Release a route at both, and compare what is left of its contacts."""
        self.router.release(route)
        for contact, interval in self._taken(route):
            self.booked[route.priority, contact].remove(interval)
        self._compare_volumes(route)

    def _compare_volumes(self, route: Route) -> None:
        for hop in route.hops:
            for priority in (0, 1, 2):
                busy = blocks(self.seen(priority).get(hop.contact.id, ()))
                assert self.router.bookings(hop.contact.id, priority) == busy
                left = self.router.residual_volume(hop.contact, self.now, priority)
                assert left == residual(hop.contact, self.now, busy)


def residual(contact: Contact, now: int, busy: list[Interval]) -> int:
    """Return the bytes that the free time of a contact carries, gap by gap."""
    total = 0
    borders = [max(now, contact.start), *(time for block in busy for time in block), contact.end]
    for start, end in zip(borders[::2], borders[1::2], strict=True):
        start, end = max(start, now, contact.start), min(end, contact.end)
        bits = Fraction(0)
        pieces = [*contact.rates, (end, 0)]
        for (begin, rate), (until, _) in pairwise(pieces):
            lasts = min(until, end) - max(begin, start)
            if lasts > 0 and rate == UNLIMITED_BPS:
                return UNLIMITED_BPS
            bits += Fraction(max(0, rate) * max(0, lasts), SECOND)
        total += math.floor(bits / 8)
    return total


def large_plan(rng: random.Random) -> ContactPlan:
    """Return 400 contacts among 20 nodes, many of them open at once and alike."""
    found = []
    for id in range(400):
        one, other = rng.sample(range(1, 21), 2)
        start = rng.randrange(0, 3600, 60) * SECOND
        end = start + rng.choice((60, 300, 3000)) * SECOND
        bps = rng.choice((2_000, 2_000, 64_000, UNLIMITED_BPS))
        light = constant_light(start, rng.choice((0.0, 0.1, 30.0)))
        found.append(Contact(id, one, other, start, end, ((start, bps),), light))
    return ContactPlan.of(found)


def compare_with_fresh(seed: int, questions: int) -> None:
    """Fail unless a router that has been asked much answers like one that has only been told the bookings."""
    rng = random.Random(seed)
    plan = large_plan(rng)
    router = Router(plan)
    pairs = [rng.sample(plan.nodes(), 2) for _ in range(6)]
    booked: list[Route] = []
    now = 0
    for _ in range(questions):
        now += rng.choice((0, 0, 1, 20 * MILLISECOND, SECOND, 30 * SECOND))
        source, destination = rng.choice(pairs)
        size = rng.choice((130, 200, 255, 700))
        when = now - rng.choice((0, 0, 0, MINUTE))
        fresh = Router(plan)
        for route in booked:
            fresh.book(route)
        answer = router.route(source, destination, when, size)
        assert answer == fresh.route(source, destination, when, size), f"large plan of seed {seed}"
        if answer is not None and rng.random() < 0.6:
            router.book(answer)
            booked.append(answer)
        if booked and rng.random() < 0.2:
            router.release(booked.pop(rng.randrange(len(booked))))
