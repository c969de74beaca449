"""A router and an oracle that are asked, and told, the same; any difference is an AssertionError."""

from __future__ import annotations

import random
from itertools import islice

from tests.routing.oracle import Interval, Key, Oracle, blocks, consumption, last_byte, volume, with_margin
from tests.routing.plans import MOST_NODES, Shape, large_plan, narrow_plan, random_plan

from starlight.contacts.contact import UNLIMITED_BPS, Contact
from starlight.dtntime import MILLISECOND, MINUTE, SECOND
from starlight.routing import CRITICAL, NoRoute, NoRouteCode, RefusalCode, Route, Router, RouteRequest, split
from starlight.routing.fragments import largest
from starlight.routing.volume import free_volume

Question = tuple[int, int, frozenset[int], frozenset[int], frozenset[int]]
"""From, to, neighbours not to enter by, contacts not to use, nodes not to pass."""

NOBODY = frozenset[int]()
FRAGMENT_OVERHEAD = 2  # bytes


class Trial:
    """A plan, a router and an oracle over it, and the questions that both are asked.

    Args:
        rng: draws the plan, the questions and the bookings.
    """

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.overhead = rng.random() < 0.15
        self.large = 1000 if self.overhead else 1
        self.plan = random_plan(rng, self.large)
        self.margin = rng.random() < 0.5
        # How many bytes more a bundle has at a node, as it names who sends it.
        self.naming = {node: rng.randrange(3) for node in range(1, MOST_NODES + 1)}
        if self.overhead or rng.random() < 0.8:
            self.naming = {}
        self.router = Router(
            self.plan,
            with_margin=self.margin,
            with_overhead=self.overhead,
            naming=(lambda node: self.naming[node]) if self.naming else None,
        )
        self.takes: dict[tuple[int, int], int] = {}  # the most that a link takes as one transfer
        if rng.random() < 0.25:
            for _ in range(rng.choice((1, 3, 8))):
                self.limit()
        self.booked: dict[tuple[int, int], list[Interval]] = {}  # by priority and contact
        self.routes: list[Route] = []
        self.now = rng.choice((0, 0, -3, 4)) * SECOND
        self.asked: list[Question] = []
        self.fresh = 1000  # ids of contacts that come later

    def step(self) -> bool:
        """Ask once, compare, perhaps book, release or amend; return whether there was a route."""
        rng = self.rng
        source, destination, exclude, banned, avoid = question = self._question()
        size = rng.choice((0, 1, 2, 2, 3, 5, 8)) * self.large + rng.randrange(self.large)
        size += max(self.naming.values(), default=0)  # which names at least who sends it
        expires = rng.choice((None, None, None, self.now + rng.randrange(30) * SECOND))
        priority = rng.choice((0, 1, 1, 1, 2))
        growth = rng.choice((1, 3)) * self.large if self.takes and rng.random() < 0.3 else 0
        asked = RouteRequest(
            source,
            destination,
            self.now,
            size,
            expires,
            priority,
            exclude,
            banned,
            avoid,
            growth=growth,
        )
        route = self.router.route(asked)
        if source == destination:
            late = expires is not None and expires < self.now
            assert (not route) == late
            assert not route or (route.hops == () and route.arrival == self.now)
        else:
            oracle = self.oracle(priority)
            found = oracle.every_route(
                source, destination, self.now, size, exclude, banned, avoid, expires=expires, growth=growth
            )
            self.check(route, found[0] if found else None, oracle)
            if isinstance(route, NoRoute):
                self.check_none(route, oracle)
            draw = rng.random()
            if draw < 0.2:
                ranked = self.router.candidates(asked)
                k = rng.choice((3, 10, 10_000))
                some = list(islice(ranked, k))
                assert len(some) == min(len(found), k), "no route is left out"
                for each, item in zip(some, found, strict=False):
                    self.check(each, item, oracle)
            elif draw < 0.28:
                self.check_refusals(asked, route)
            elif draw < 0.36:
                self.check_critical(source, destination, size, expires)
            elif draw < 0.44:
                self.check_split(source, destination, size, expires, exclude, priority)
            elif draw < 0.5:
                self.check_sender(question, size, expires, priority)
            if route and not growth:
                self.check_limits(route, oracle, expires)
        if route and rng.random() < 0.5:
            self.book(route)
        if self.routes and rng.random() < 0.2:
            self.release(self.routes.pop(rng.randrange(len(self.routes))))
        if rng.random() < 0.08:
            self.amend()
        if self.takes and rng.random() < 0.2:
            self.limit()
        if rng.random() < 0.3:
            self.now += rng.choice((1, SECOND // 2, SECOND, 4 * SECOND, -SECOND))
        return bool(route)

    def _question(self) -> Question:
        rng = self.rng
        if self.asked and rng.random() < 0.6:
            return rng.choice(self.asked)
        nodes = self.plan.nodes()
        if rng.random() < 0.3:
            source, destination = rng.choices(nodes, k=2)
        else:  # From where the earliest contact leaves to where the latest leads: far apart.
            source, destination = self.plan.contacts[0].from_node, self.plan.contacts[-1].to_node
        exclude, banned, avoid = NOBODY, NOBODY, NOBODY
        if rng.random() < 0.2:
            exclude = frozenset(rng.sample(nodes, 1))
        if rng.random() < 0.2:
            banned = frozenset(rng.sample([c.id for c in self.plan.contacts], 1))
        if rng.random() < 0.1:
            avoid = frozenset(rng.sample(nodes, min(len(nodes), 2)))
        self.asked.append((source, destination, exclude, banned, avoid))
        return self.asked[-1]

    def seen(self, priority: int) -> dict[int, list[Interval]]:
        """Return what a bundle of a priority waits for, by contact."""
        found: dict[int, list[Interval]] = {}
        for (level, contact), intervals in self.booked.items():
            if level >= priority:
                found.setdefault(contact, []).extend(intervals)
        return found

    def oracle(self, priority: int) -> Oracle:
        """Return who knows the truth for a priority."""
        return Oracle(self.plan, self.seen(priority), self.margin, self.overhead, self.takes)

    def check(self, route: Route | NoRoute, best: tuple[Key, list[Contact]] | None, oracle: Oracle) -> None:
        """Fail unless a route is the one that it should be by key, contacts and times."""
        if best is None:
            assert not route, f"{route} where there is none"
            return
        key, contacts = best
        assert route, f"no route where there is {key}"
        four = (route.projected, len(route.hops), -route.termination, route.entry_node)
        assert four == key[:4], f"{four} where {key} is the best"
        assert [hop.contact for hop in route.hops] == contacts
        times = oracle.along(contacts, self.now, route.size, self.naming).times
        assert [(hop.leaves, hop.last_byte, hop.arrives) for hop in route.hops] == times
        assert [hop.ready for hop in route.hops] == [self.now, *(t[2] for t in times[:-1])]
        assert all(hop.waits_until == max(hop.ready, hop.contact.start) for hop in route.hops)
        assert route.arrival == times[-1][2]
        assert route.arrival <= route.projected or self.naming
        for hop in route.hops:
            light_time = hop.arrives - hop.last_byte
            assert hop.margin == (with_margin(light_time) - light_time if self.margin else 0)

    def check_none(self, answer: NoRoute, oracle: Oracle) -> None:
        """Compare why there is no route: with the best that expires, and with the links that are left."""
        asked = answer.request
        late = oracle.every_route(
            asked.source,
            asked.destination,
            asked.ready,
            asked.size,
            asked.exclude,
            asked.exclude_contacts,
            asked.avoid,
            growth=asked.growth,
        )
        if late:
            assert (answer.code, answer.arrival) == (NoRouteCode.ARRIVES_TOO_LATE, late[0][0][0])
            return
        leads = {asked.destination}
        for _ in range(MOST_NODES):
            for contact in self.plan.contacts:
                usable = contact.rates and contact.light and contact.start <= contact.end
                if usable and contact.end >= asked.ready and contact.to_node in leads:
                    leads.add(contact.from_node)
        unreachable = asked.source not in leads
        expected = NoRouteCode.UNREACHABLE if unreachable else NoRouteCode.NOTHING_CARRIES
        assert (answer.code, answer.arrival) == (expected, None)

    def check_limits(self, route: Route, oracle: Oracle, expires: int | None) -> None:
        """Compare the effective volume limits of a route, and the largest bundle that it carries."""
        path = [hop.contact for hop in route.hops]
        told = [
            (x.starts, x.stops, x.stopped_by, x.volume, x.booked) for x in self.router.bookings.limits(route)
        ]
        assert told == oracle.limits(path, [hop.leaves for hop in route.hops])
        if self.rng.random() > 0.1:
            return

        def carried(size: int) -> bool:
            way = oracle.along(path, self.now, size)
            return way.failed is None and (expires is None or way.projected <= expires)

        most = largest(self.router, route, self.now, expires=expires)
        assert carried(most), f"{most} B are not carried"
        assert most >= UNLIMITED_BPS or not carried(most + 1), f"more than {most} B are carried"
        other = self.router.along(route, self.now, most)
        assert other
        assert (other.projected, other.size) == (oracle.along(path, self.now, most).projected, most)
        assert (
            most >= UNLIMITED_BPS
            or expires is not None
            or self.router.along(route, self.now, most + 1) is None
        )

    def check_refusals(self, asked: RouteRequest, chosen: Route | NoRoute) -> None:
        """Compare who is refused, and where, with all that look faster in an empty world."""
        source, destination, exclude, banned, avoid = (
            asked.source,
            asked.destination,
            asked.exclude,
            asked.exclude_contacts,
            asked.avoid,
        )
        size, expires, priority, growth = asked.size, asked.expires, asked.priority, asked.growth
        told = self.router.refusals(asked, most=99)
        real, empty = self.oracle(priority), Oracle(self.plan, {}, self.margin)
        path_of_chosen = [hop.contact for hop in chosen.hops] if chosen else []
        faster = [
            (key[0], tuple(path))
            for key, path in empty.every_route(source, destination, self.now, 0)
            if path != path_of_chosen and (not chosen or key[0] < chosen.projected)
        ]
        assert bool(told) == bool(faster)
        assert all((each.looked_like, each.contacts) in faster for each in told)
        places = [faster.index((each.looked_like, each.contacts)) for each in told]
        assert places == sorted(set(places)), "the fastest-looking first"
        assert not places or places[0] == 0
        for each in told:
            way = real.along(each.contacts, self.now, size)
            forbidden = [
                place
                for place, contact in enumerate(each.contacts)
                if contact.id in banned
                or contact.to_node in avoid - {destination}
                or (place == 0 and contact.to_node in exclude)
                or (place == 0 and real.too_large(source, contact.to_node, size + growth))
            ]
            failed = min([*forbidden, *([] if way.failed is None else [way.failed])], default=None)
            if failed is None:
                assert each.failed is None
                late = expires is not None and way.projected > expires
                assert late or (chosen and way.projected >= chosen.projected)
                assert len(each.hops) == len(each.contacts)
            else:
                assert each.failed == each.contacts[failed]
                assert [hop.contact for hop in each.hops] == list(each.contacts[:failed])
                entry = each.contacts[0].to_node
                too_large = real.too_large(source, entry, size + growth) and entry not in exclude
                assert (each.code is RefusalCode.PEER_TAKES) == (failed == 0 and too_large)
                if each.code is RefusalCode.PEER_TAKES:
                    most = self.takes[source, entry]
                    assert (each.size_bytes, each.room_bytes) == (size + growth, most)

    def check_critical(self, source: int, destination: int, size: int, expires: int | None) -> None:
        """Compare the best route by every entry node, which waits for nothing that is not critical."""
        oracle = self.oracle(CRITICAL)
        best: dict[int, tuple[Key, list[Contact]]] = {}
        for key, path in oracle.every_route(source, destination, self.now, size, expires=expires):
            best.setdefault(key[3], (key, path))
        told = self.router.critical(RouteRequest(source, destination, self.now, size, expires=expires))
        assert len(told) == len(best)
        for route, item in zip(told, best.values(), strict=True):
            self.check(route, item, oracle)

    def check_sender(self, question: Question, size: int, expires: int | None, priority: int) -> None:
        """Compare a question of a bundle that came from a neighbour."""
        source, destination, exclude, banned, avoid = question
        sender: int | None = self.rng.randrange(1, MOST_NODES + 1)
        if self.rng.random() < 0.2:
            sender = None
        route = self.router.route(
            RouteRequest(
                source,
                destination,
                self.now,
                size,
                expires=expires,
                exclude=exclude,
                exclude_contacts=banned,
                avoid=avoid,
                sender=sender,
                priority=priority,
            )
        )
        if sender not in (None, destination):
            exclude |= {sender}
        oracle = self.oracle(priority)
        found = oracle.every_route(
            source, destination, self.now, size, exclude, banned, avoid, expires=expires
        )
        self.check(route, found[0] if found else None, oracle)

    def check_split(
        self,
        source: int,
        destination: int,
        payload: int,
        expires: int | None,
        exclude: frozenset[int],
        priority: int,
    ) -> None:
        """Compare where a bundle is cut: each piece by the best route, as large as that carries."""
        payload = 3 * payload + 1
        size = payload + FRAGMENT_OVERHEAD
        request = RouteRequest(
            source, destination, self.now, size, expires=expires, exclude=exclude, priority=priority
        )
        told = split(self.router, request, FRAGMENT_OVERHEAD)
        booked = {contact: list(intervals) for contact, intervals in self.seen(priority).items()}
        pieces = []
        offset = 0
        while offset < payload:
            oracle = Oracle(self.plan, booked, self.margin, self.overhead, self.takes)
            left = payload - offset
            length, path = left, _best(oracle, source, destination, self.now, left, exclude, expires)
            if path is None:
                path = _best(oracle, source, destination, self.now, 1, exclude, expires)
                if path is None:
                    assert told is None
                    return
                length = _most(oracle, path, self.now, left, expires)
            way = oracle.along(path, self.now, length + FRAGMENT_OVERHEAD, self.naming)
            for contact, (leaves, done, _) in zip(path, way.times, strict=True):
                booked.setdefault(contact.id, []).append(
                    (leaves, self._until(contact, leaves, done, length + FRAGMENT_OVERHEAD))
                )
            pieces.append((offset, length, way.times))
            offset += length
        assert told is not None
        assert pieces == [
            (
                piece.offset,
                piece.length,
                [(hop.leaves, hop.last_byte, hop.arrives) for hop in piece.route.hops],
            )
            for piece in told
        ]

    def _until(self, contact: Contact, leaves: int, done: int, size: int) -> int:
        """Return until when a bundle books a contact, in ns."""
        if not self.overhead:
            return done
        until = last_byte(contact, leaves, consumption(size))
        return contact.end if until is None else until

    def _taken(self, route: Route) -> list[tuple[int, Interval]]:
        return [
            (hop.contact.id, (hop.leaves, until))
            for hop in route.hops
            if (until := self._until(hop.contact, hop.leaves, hop.last_byte, route.size)) > hop.leaves
        ]

    def book(self, route: Route) -> None:
        """Book a route at both, and compare what is left of its contacts."""
        self.router.bookings.book(route)
        self.routes.append(route)
        for contact, interval in self._taken(route):
            self.booked.setdefault((route.priority, contact), []).append(interval)
        self._compare_volumes(route)

    def release(self, route: Route) -> None:
        """Release a route at both, and compare what is left of its contacts."""
        self.router.bookings.release(route)
        ids = {contact.id for contact in self.plan.contacts}
        for contact, interval in self._taken(route):
            if contact in ids:
                self.booked[route.priority, contact].remove(interval)
        self._compare_volumes(route)

    def amend(self) -> None:
        """Take a contact out of the plan, or put one in."""
        add: list[Contact] = []
        remove: list[Contact] = []
        if self.rng.random() < 0.5 and len(self.plan.contacts) > 2:
            remove = self.rng.sample(self.plan.contacts, 1)
        else:
            self.fresh += 1
            add = [Shape(self.rng, self.large).contact(self.fresh, MOST_NODES)]
        before = self.plan
        self.plan = self.router.amend(add, remove)
        kept = [contact for contact in before.contacts if contact not in remove]
        assert self.plan.contacts == tuple(sorted([*kept, *add], key=lambda c: (c.start, c.id)))
        for contact in remove:
            for priority in (0, 1, 2):
                self.booked.pop((priority, contact.id), None)

    def limit(self) -> None:
        """Let a link take no more than some bytes as one transfer, or any number."""
        rng = self.rng
        contact = rng.choice(self.plan.contacts)
        link = contact.from_node, contact.to_node
        most = rng.choice((None, 0, 1, 2, 4, 6, 12))
        self.takes.pop(link, None)
        if most is not None:
            most = self.takes[link] = most * self.large + rng.randrange(self.large)
        self.router.transfers.set(*link, most)

    def _compare_volumes(self, route: Route) -> None:
        ids = {contact.id for contact in self.plan.contacts}
        for priority in (0, 1, 2):
            seen = self.seen(priority)
            for hop in route.hops:
                contact = hop.contact
                busy = blocks(seen.get(contact.id, ())) if contact.id in ids else []
                assert self.router.bookings.on(contact.id, priority) == busy
                seen_by = self.router.bookings.busy[priority]
                left = free_volume(contact, self.now, contact.end, seen_by.get(contact.id))
                assert left == volume(contact, self.now, contact.end, busy)


def _best(
    oracle: Oracle,
    source: int,
    destination: int,
    now: int,
    length: int,
    exclude: frozenset[int],
    expires: int | None,
) -> list[Contact] | None:
    found = oracle.every_route(source, destination, now, length + FRAGMENT_OVERHEAD, exclude, expires=expires)
    return found[0][1] if found else None


def _most(oracle: Oracle, path: list[Contact], now: int, left: int, expires: int | None) -> int:
    """Return the longest of the pieces up to a length that a path carries in time, halving the doubt."""
    low, high = 1, left
    while low < high:
        middle = (low + high + 1) // 2
        way = oracle.along(path, now, middle + FRAGMENT_OVERHEAD)
        if way.failed is None and (expires is None or way.projected <= expires):
            low = middle
        else:
            high = middle - 1
    return low


def compare_with_fresh(seed: int, questions: int) -> None:
    """Fail unless a router that has been asked much answers like one that has only been told the bookings."""
    rng = random.Random(seed)
    plan = large_plan(rng) if seed % 2 else narrow_plan(rng)
    router = Router(plan)
    pairs = [rng.sample(plan.nodes(), 2) for _ in range(rng.choice((1, 6)))]
    booked: list[Route] = []
    takes: dict[tuple[int, int], int | None] = {}
    now = 0
    for _ in range(questions):
        now += rng.choice((0, 0, 1, 20 * MILLISECOND, SECOND, 30 * SECOND))
        source, destination = rng.choice(pairs)
        size = rng.choice((130, 200, 255, 700))
        when = now - rng.choice((0, 0, 0, MINUTE))
        priority = rng.choice((0, 1, 1, 2))
        if seed % 4 >= 2 and rng.random() < 0.05:
            link = rng.choice([(contact.from_node, contact.to_node) for contact in plan.contacts])
            takes[link] = rng.choice((None, 129, 200, 600))
            router.transfers.set(*link, takes[link])
        fresh = Router(plan)
        for link, most in takes.items():
            fresh.transfers.set(*link, most)
        for route in booked:
            fresh.bookings.book(route)
        answer = router.route(RouteRequest(source, destination, when, size, priority=priority))
        expected = fresh.route(RouteRequest(source, destination, when, size, priority=priority))
        assert answer == expected, f"plan of many questions of seed {seed}"
        if answer and rng.random() < 0.6:
            router.bookings.book(answer)
            booked.append(answer)
        if booked and rng.random() < 0.2:
            router.bookings.release(booked.pop(rng.randrange(len(booked))))
