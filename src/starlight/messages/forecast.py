"""What to expect: when words would leave and arrive, when an answer could come, why it is silent.

Everything here is a prediction from the contact plan, asked for by reading only: nothing is
booked. Times are integer nanoseconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec
from msgspec.structs import replace

from starlight.contacts.plan import Notice
from starlight.dtntime import MINUTE, duration_text, to_text
from starlight.messages.delivery import Leg
from starlight.messages.itinerary import (
    SILENCE_AFTER,
    Itinerary,
    LinkIndex,
    goes_by,
    legs_of,
    longest_wait,
    waits,
    waits_long,
)
from starlight.routing import Priority, Route, Router, RouteRequest, split
from starlight.routing.refusals import NOTHING_FASTER

BUNDLE_OVERHEAD_BYTES = 88
"""What a bundle between two short ``ipn:`` addresses adds to a payload: primary block, hop count,
previous node, heads and checksums. Only predictions before sending use it; the node knows exactly."""

SERVICE_BYTES = 17
"""What a bundle has more that is not of normal priority: the block that says so."""

FRAGMENT_BYTES = 27
"""What a piece of a bundle has more, as the node reckons: where the piece begins and how long the whole is
take at most 5 bytes each, and on its way a bundle may gain 17. The node knows the rest exactly, and so may
get a few bytes more of the letter into a contact, or need a piece less, than is foreseen here."""

ANSWER_BYTES = 600
"""A typical letter: a few sentences of text and its addresses."""

RECEIPT_BYTES = 64
"""A receipt for one letter."""

REASONS_MAX = 3
"""Ways that look faster and are told about: those that people still compare."""

HOPELESS_FOR = MINUTE
"""So long a letter being written that goes in no pieces is not cut again, nor a larger one: to try costs
hundreds of searches, and the page asks at each pause. Nobody who writes minds to hear of room so late."""

TOO_LARGE = "It is too large for every way that is planned, whole and in pieces."

IN_PIECES = "No contact carries it whole, so it travels in {} pieces; it is there when the last is."


class Silence(msgspec.Struct, frozen=True):
    """Why nothing gets across, for people.

    Attributes:
        why: one or two sentences.
        since: when it began, or None when the plan does not say.
        until: when the plan opens again, or None when it knows no end.
        safe: what is safe and where, a sentence each.
    """

    why: str
    since: int | None
    until: int | None
    safe: tuple[str, ...]


Turns = dict[tuple[int, int], dict[tuple[int, int], int]]
"""When what is booked leaves, by contact and priority, and by booked interval; in ns."""


class Message(msgspec.Struct, frozen=True):
    """A message about which it is asked why it is late.

    Attributes:
        destination: a node; None is unknown.
        size_bytes: of the payload.
        priority: how urgent it is.
        expires: when it does, in ns, or None.
        legs: the way that is foreseen from where it is; empty without one.
        pieces: in how many it travels.
    """

    destination: int | None
    size_bytes: int
    priority: int = Priority.NORMAL
    expires: int | None = None
    legs: tuple[Leg, ...] = ()
    pieces: int = 1


class Reason(msgspec.Struct, frozen=True):
    """A way that looks faster than the one that was chosen, and what it fails at.

    Attributes:
        looked_like: when it seemed to arrive, in ns.
        contacts: the ids of its contacts.
        headline: which way it is, in a line.
        sentences: one for each contact up to the one that decides. All words are those of the router.
    """

    looked_like: int
    contacts: tuple[int, ...]
    headline: str
    sentences: tuple[str, ...]


class Lateness(msgspec.Struct, frozen=True):
    """Why a message is not there sooner.

    Attributes:
        now: as of when, in ns.
        size_bytes: of the payload.
        first: sentences that come before all others: why it is silent, what the time is spent on, and
            whether nothing looks faster.
        reasons: ways that look faster; may be empty.
    """

    now: int
    size_bytes: int
    first: tuple[str, ...]
    reasons: tuple[Reason, ...]


class Prediction(msgspec.Struct, frozen=True):
    """When a message sent now would leave and arrive.

    Attributes:
        leaves, arrives: None where the plan knows no way.
        answer_at: when the earliest answer of typical size can be here, written in the moment
            of arrival; None where the plan knows no way back.
        receipt_at: when the news of the arrival can be here.
        route: one sentence a hop.
        why: what the time is spent on, one sentence; empty where there is no way.
        next_window: start and end of the contact that crosses between the worlds, at its transmitter.
        legs: the way as values.
        silence: why it has to wait, when it has to wait long.
        size_bytes: of the payload.
        pieces: in how many it travels, because no contact carries it whole; `route` is that of the last.
    """

    leaves: int | None
    arrives: int | None
    answer_at: int | None
    receipt_at: int | None
    route: tuple[str, ...]
    why: str
    next_window: tuple[int, int] | None
    legs: tuple[Leg, ...]
    silence: Silence | None
    size_bytes: int
    pieces: int = 1


def overhead_of(priority: int) -> int:
    """Return what a bundle of a priority adds to a payload, in bytes; an estimate."""
    return BUNDLE_OVERHEAD_BYTES + (0 if priority == Priority.NORMAL else SERVICE_BYTES)


class Forecaster:
    """The outlook from one node.

    Args:
        node: whose.
        router: what the node routes with; its plan is read anew at each question.
        names: nodes' names for people.
    """

    def __init__(self, node: int, router: Router, names: Mapping[int, str]) -> None:
        self.node = node
        self._router = router
        self._names = names
        self._index: LinkIndex | None = None
        # By destination and priority: a size that went in no pieces, when, and with what bookings given back.
        self._hopeless: dict[tuple[int, int], tuple[int, int, int]] = {}

    def index(self) -> LinkIndex:
        """Return the index of the plan in force."""
        if self._index is None or self._index.plan is not self._router.plan:
            self._index = LinkIndex(self._router.plan)
            self._hopeless.clear()
        return self._index

    def name(self, node: int | None) -> str:
        """Return a node's name for people."""
        return "an unknown node" if node is None else self._names.get(node, f"node {node}")

    def route(
        self, source: int | None, destination: int | None, now: int, size: int, expires: int | None = None
    ) -> Route | None:
        """Return the route of a payload of `size` bytes; None where there is none, or no such node."""
        way = self.way(source, destination, now, size, expires, may_cut=False)
        return way.route if way else None

    def way(
        self,
        source: int | None,
        destination: int | None,
        now: int,
        size: int,
        expires: int | None = None,
        priority: int = Priority.NORMAL,
        *,
        may_cut: bool = True,
    ) -> Itinerary | None:
        """Return how a payload of `size` bytes travels; None where there is no way, or no such node.

        Args:
            may_cut: where no contact carries it whole, foresee it in pieces, as the node cuts it.
        """
        if source is None or destination is None or not self.index().between(source, destination):
            return None  # Cheaper than to search a plan of decades for a way that is not in it.
        router, overhead = self._router, overhead_of(priority)
        request = RouteRequest(source, destination, now, size + overhead, expires, priority)
        route = router.route(request)
        if route is not None:
            return Itinerary(route.leaves, route.arrival, route)
        if not may_cut:
            return None
        overhead += FRAGMENT_BYTES
        pieces = split(router, replace(request, size=max(1, size) + overhead), overhead)
        if not pieces:
            return None
        last = max((piece.route for piece in pieces), key=lambda route: route.arrival)
        return Itinerary(min(piece.route.leaves for piece in pieces), last.arrival, last, len(pieces))

    def draft_way(
        self, destination: int | None, now: int, size: int, expires: int | None, priority: int
    ) -> Itinerary | None:
        """Return how a payload that is being written would travel from here; arguments as in `way`.

        It is asked for again and again. So after one went in no pieces, it is taken for granted for
        `HOPELESS_FOR` that a larger one does not either, while the plan stays and no booking is given back.
        """
        if destination is None or expires is not None:
            return self.way(self.node, destination, now, size, expires, priority)
        self.index()  # Under another plan it forgets.
        about = destination, priority
        least, since, freed = self._hopeless.get(about, (0, 0, -1))
        hopeless = size >= least and 0 <= now - since < HOPELESS_FOR and freed == self._router.freed
        way = self.way(self.node, destination, now, size, None, priority, may_cut=not hopeless)
        if way is None and not hopeless and self.index().between(self.node, destination):
            self._hopeless[about] = size, now, self._router.freed
        return way

    def lateness(
        self,
        message: Message,
        now: int,
        at: int | None = None,
        source: int | None = None,
        booked: Iterable[Route] = (),
    ) -> Lateness:
        """Return why a message is not there sooner.

        Args:
            message: what is asked about, with the way that is foreseen for it.
            now: as of when, in ns.
            at: when it is at the source, in ns. [default: now]
            source: where it is. [default: here]
            booked: what is booked for this very message, which is no reason for it to wait.
        """
        at, source = now if at is None else at, self.node if source is None else source
        reasons = self.why_late(message, at, source, booked)
        first = []
        if waits_long(message.legs, at) or not message.legs:
            too_large = not message.legs and self._goes_if_small(
                source, message.destination, at, message.expires, message.priority
            )
            first.append(self.silence(message.destination, message.legs, at, too_large=too_large).why)
        if message.pieces > 1:
            first.append(IN_PIECES.format(message.pieces))
        if message.legs:
            first.append(self.why(message.legs, at))
        if message.legs and not reasons:
            first.append(NOTHING_FASTER)
        return Lateness(now, message.size_bytes, tuple(first), reasons)

    def why_late(
        self, message: Message, at: int, source: int, booked: Iterable[Route] = ()
    ) -> tuple[Reason, ...]:
        """Return why ways that look faster are not, in the words of `starlight route --explain`.

        There are `REASONS_MAX` at most; arguments are those of `lateness`. The way that it goes is none of
        them: who was overtaken keeps a place there that a new bundle would not get.
        """
        destination = message.destination
        if destination is None or not self.index().between(source, destination):
            return ()
        size = message.size_bytes + overhead_of(message.priority)
        request = RouteRequest(source, destination, at, size, message.expires, message.priority)
        found = self._without(booked).refusals(request, most=REASONS_MAX)
        return tuple(
            Reason(
                refusal.looked_like,
                tuple(contact.id for contact in refusal.contacts),
                refusal.headline,
                tuple(refusal.explain(self._names)),
            )
            for refusal in found
            if message.pieces > 1 or not goes_by(message.legs, refusal.contacts)
        )

    def moved(self, booked: Route, destination: int, expires: int, turns: Turns) -> Route | None:
        """Return when a bundle that waits here goes the way booked for it, after others have overtaken it.

        Args:
            booked: its route.
            destination: its node.
            expires: when it does, in ns.
            turns: what was found for other bundles at this moment; it is added to.

        Returns:
            None where it can't go that way any more.
        """
        first, rest, router = booked.hops[0], booked.hops[1:], self._router
        contact = first.contact
        where = contact.id, booked.priority
        if where not in turns:
            turns[where] = router.turns(*where)
        leaves = turns[where].get((first.leaves, first.last_byte), first.leaves)
        if leaves == first.leaves:
            return booked
        last_byte = contact.last_byte(leaves, booked.size)
        if last_byte is None:
            return None
        reaches = last_byte + contact.light_time(last_byte)
        late = replace(first, leaves=leaves, last_byte=last_byte, arrives=reaches)
        if not rest:
            return replace(booked, hops=(late,), arrival=reaches)
        if reaches <= rest[0].leaves:
            return replace(booked, hops=(late, *rest))
        router, size, priority = router.without([booked]), booked.size, booked.priority
        onward = router.along(replace(booked, hops=rest), reaches, size)
        if onward is None or onward.projected > expires:
            onward = router.route(
                RouteRequest(contact.to_node, destination, reaches, size, expires, priority)
            )
        return onward and replace(booked, hops=(late, *onward.hops), arrival=onward.arrival)

    def _without(self, booked: Iterable[Route]) -> Router:
        booked = list(booked)
        return self._router.without(booked) if booked else self._router

    def back(self, destination: int | None, at: int | None, size: int) -> int | None:
        """Return when an answer that leaves a destination after `at` is here; None without a way back."""
        route = None if at is None else self.route(destination, self.node, at, size)
        return route.arrival if route else None

    def answers_can_come(self, destination: int | None) -> bool:
        """Return whether receipts of a letter to a node make sense.

        They don't where the plan knows a way there and, at any time, none back, as with a radio
        that only transmits. Of a node that the plan does not know nothing is ruled out.
        """
        if destination is None or destination == self.node:
            return True
        index = self.index()
        return bool(index.between(destination, self.node)) or not index.between(self.node, destination)

    def predict(
        self,
        destination: int | None,
        now: int,
        size: int,
        expires: int | None = None,
        priority: int = Priority.NORMAL,
    ) -> Prediction:
        """Return what to expect of a payload of `size` bytes sent now; `destination` None is unknown."""
        way = self.draft_way(destination, now, size, expires, priority)
        if way is None:
            too_large = self._goes_if_small(self.node, destination, now, expires, priority)
            silence = self.silence(destination, (), now, too_large=too_large)
            return Prediction(None, None, None, None, (), "", None, (), silence, size)
        route, legs = way.route, legs_of(way.route)
        contact = max(route.hops, key=lambda hop: hop.arrives - hop.last_byte).contact if legs else None
        return Prediction(
            leaves=way.leaves if legs else now,
            arrives=way.arrival,
            answer_at=self.back(destination, way.arrival, ANSWER_BYTES),
            receipt_at=self.back(destination, way.arrival, RECEIPT_BYTES),
            route=tuple(route.explain(self._names)),
            why=self.why(legs, now),
            next_window=(contact.start, contact.end) if contact else None,
            legs=legs,
            silence=self.silence(destination, legs, now) if waits_long(legs, now) else None,
            size_bytes=size,
            pieces=way.pieces,
        )

    def last_hop(self, leg: Leg) -> str:
        """Return what is said of a message that is on its last hop, in a sentence."""
        light = duration_text(leg.arrives - leg.last_byte)
        there = self.name(leg.to_node)
        return f"It has left {self.name(leg.from_node)} for {there}: light takes {light}, nothing is faster."

    def reason(self, destination: int | None, start: int, end: int | None) -> str:
        """Return what the plan's notices say about an interval on the way to a node; may be empty."""
        return " ".join(_sentence(notice.text) for notice in self._notices(destination, start, end))

    def _notices(self, destination: int | None, start: int, end: int | None) -> list[Notice]:
        plan = self._router.plan
        nodes: frozenset[int] = (
            frozenset() if destination is None else self.index().between(self.node, destination)
        )
        return [
            notice
            for notice in plan.notices
            if notice.end >= start
            and (end is None or notice.start <= end)
            and (not nodes or not notice.nodes or not nodes.isdisjoint(notice.nodes))
        ]

    def _goes_if_small(
        self, source: int, destination: int | None, at: int, expires: int | None, priority: int
    ) -> bool:
        """Return whether a payload of one byte has a way, so that its size is what keeps a larger one."""
        return self.way(source, destination, at, 1, expires, priority, may_cut=False) is not None

    def silence(
        self, destination: int | None, legs: tuple[Leg, ...], now: int, *, too_large: bool = False
    ) -> Silence:
        """Return why a way that waits long, or none, is silent, until its last long wait ends.

        Args:
            too_large: there is none because of the size.
        """
        if too_large:
            return Silence(TOO_LARGE, None, None, (self._safe(None),))
        waiting = longest_wait(legs, now)[0] if legs else None
        ends = [leg.leaves for leg, wait in zip(legs, waits(legs, now), strict=True) if wait > SILENCE_AFTER]
        until = ends[-1] if ends else None
        notices = self._notices(destination, now, until)
        current = [notice for notice in notices if notice.start <= now]
        since = min((notice.start for notice in current), default=None)
        if since is None and waiting:
            since = self.index().last_end(waiting.from_node, waiting.to_node, now)
        why = " ".join(_sentence(notice.text) for notice in notices)
        return Silence(
            why=why or self._why_silent(destination, waiting),
            since=since,
            until=until,
            safe=(self._safe(waiting),),
        )

    def _why_silent(self, destination: int | None, waiting: Leg | None) -> str:
        if waiting:
            return (
                f"{self.name(waiting.from_node)} can't be heard at {self.name(waiting.to_node)} before then:"
                " they don't see each other, or the time is given to others."
            )
        return f"No way from {self.name(self.node)} to {self.name(destination)} is planned."

    def _safe(self, waiting: Leg | None) -> str:
        if waiting is None:
            here = self.name(self.node)
            return f"What you write is kept at {here} and leaves by itself as soon as a way is planned."
        where = self.name(waiting.from_node)
        goes = "" if waiting.from_node == self.node else "travels as far as it can now; it "
        when = to_text(waiting.leaves)[:16].replace("T", " ")
        return f"What you write {goes}is kept at {where} and goes on by itself at {when} UTC."

    def why(self, legs: tuple[Leg, ...], now: int) -> str:
        """Return what the time of a way is spent on, in a sentence."""
        if not legs:
            return "Both mailboxes are on the same node."
        leg, wait = longest_wait(legs, now)
        opens = self.index().opens(leg)
        # What is after the contact's begin, the link is busy with what goes first.
        behind = 0 if opens is None else min(wait, leg.leaves - opens)
        light = sum(leg.arrives - leg.last_byte for leg in legs)
        sending = sum(leg.last_byte - leg.leaves for leg in legs)
        parts = [f"light takes {duration_text(light)}"]
        here, there = self.name(leg.from_node), self.name(leg.to_node)
        if behind >= MINUTE:
            parts.insert(0, f"it waits {duration_text(behind)} at {here} for what goes to {there} before it")
        if wait - behind >= MINUTE:
            parts.insert(0, f"it waits {duration_text(wait - behind)} at {here} for the contact with {there}")
        if sending >= MINUTE:
            parts.append(f"sending it takes {duration_text(sending)}")
        return _sentence(", ".join(parts))


def _sentence(text: str) -> str:
    text = text.strip()
    text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "!", "?")) else text + "."
