"""What to expect: when words would leave and arrive, when an answer could come, why it is silent.

Everything here is a prediction from the contact plan, asked for by reading only: nothing is
booked. Times are integer nanoseconds.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from typing import TYPE_CHECKING

import msgspec

from starlight.contacts.contact import Contact
from starlight.contacts.plan import ContactPlan, Notice
from starlight.dtntime import HOUR, MINUTE, duration_text, to_text
from starlight.messages.delivery import Leg

if TYPE_CHECKING:
    from starlight.routing import Route, Router

BUNDLE_OVERHEAD_BYTES = 88
"""What a bundle between two short ``ipn:`` addresses adds to a payload: primary block, hop count,
previous node, heads and checksums. Only predictions before sending use it; the node knows exactly."""

ANSWER_BYTES = 600
"""A typical letter: a few sentences of text and its addresses."""

RECEIPT_BYTES = 64
"""A receipt for one letter."""

SILENCE_AFTER = HOUR
"""A shorter wait is told as a time of departure; a longer one needs a reason."""


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


class PlanIndex:
    """A contact plan by link, and which node can ever reach which."""

    def __init__(self, plan: ContactPlan) -> None:
        self.plan = plan
        self._links: dict[tuple[int, int], list[Contact]] = {}
        for contact in plan.contacts:
            self._links.setdefault((contact.from_node, contact.to_node), []).append(contact)
        self._onward: dict[int, list[int]] = {}
        self._backward: dict[int, list[int]] = {}
        for from_node, to_node in self._links:
            self._onward.setdefault(from_node, []).append(to_node)
            self._backward.setdefault(to_node, []).append(from_node)
        self._between: dict[tuple[int, int], frozenset[int]] = {}

    def covers(self, leg: Leg) -> bool:
        """Return whether a contact of the plan still carries a leg as it was foreseen."""
        contacts = self._links.get((leg.from_node, leg.to_node), [])
        latest = bisect_right(contacts, leg.leaves, key=lambda contact: contact.start)
        return any(contact.end >= leg.last_byte for contact in contacts[:latest])

    def last_end(self, from_node: int, to_node: int, now: int) -> int | None:
        """Return when a link last carried anything before a time."""
        ends = (c.end for c in self._links.get((from_node, to_node), []) if c.end <= now)
        return max(ends, default=None)

    def between(self, source: int, destination: int) -> frozenset[int]:
        """Return every node that can lie on a way from one node to another, at any time; none, no way."""
        found = self._between.get((source, destination))
        if found is None:
            there, back = _reach(self._onward, source), _reach(self._backward, destination)
            found = frozenset(there & back if destination in there else ())
            self._between[source, destination] = found
        return found


def _reach(edges: Mapping[int, list[int]], start: int) -> set[int]:
    found, open_ends = {start}, [start]
    while open_ends:
        for node in edges.get(open_ends.pop(), ()):
            if node not in found:
                found.add(node)
                open_ends.append(node)
    return found


def legs_of(route: Route) -> tuple[Leg, ...]:
    """Return the hops of a route as values that a mailbox can keep."""
    return tuple(
        Leg(
            hop.contact.from_node,
            hop.contact.to_node,
            hop.leaves,
            hop.last_byte,
            hop.arrives,
            hop.contact.end,
        )
        for hop in route.hops
    )


def waits(legs: tuple[Leg, ...], now: int) -> list[int]:
    """Return how many ns a way waits before each of its hops."""
    ready = now
    found = []
    for leg in legs:
        found.append(max(0, leg.leaves - ready))
        ready = leg.arrives
    return found


def longest_wait(legs: tuple[Leg, ...], now: int) -> tuple[Leg, int]:
    """Return the hop of a way, not an empty one, before which it waits longest, and for how many ns."""
    found = waits(legs, now)
    longest = max(range(len(legs)), key=found.__getitem__)
    return legs[longest], found[longest]


class Outlook:
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
        self._index: PlanIndex | None = None

    def index(self) -> PlanIndex:
        """Return the index of the plan in force."""
        if self._index is None or self._index.plan is not self._router.plan:
            self._index = PlanIndex(self._router.plan)
        return self._index

    def name(self, node: int | None) -> str:
        """Return a node's name for people."""
        return "an unknown node" if node is None else self._names.get(node, f"node {node}")

    def route(
        self, source: int | None, destination: int | None, now: int, size: int, expires: int | None = None
    ) -> Route | None:
        """Return the route of a payload of `size` bytes; None where there is none, or no such node."""
        if source is None or destination is None or not self.index().between(source, destination):
            return None  # Cheaper than to search a plan of decades for a way that is not in it.
        return self._router.route(source, destination, now, size + BUNDLE_OVERHEAD_BYTES, expires=expires)

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

    def predict(self, destination: int | None, now: int, size: int, expires: int | None = None) -> Prediction:
        """Return what to expect of a payload of `size` bytes sent now; `destination` None is unknown."""
        route = self.route(self.node, destination, now, size, expires)
        if route is None:
            silence = self._silence(destination, (), now)
            return Prediction(None, None, None, None, (), "", None, (), silence, size)
        legs = legs_of(route)
        late = bool(legs) and longest_wait(legs, now)[1] > SILENCE_AFTER
        contact = max(route.hops, key=lambda hop: hop.arrives - hop.last_byte).contact if legs else None
        return Prediction(
            leaves=route.leaves if legs else now,
            arrives=route.arrival,
            answer_at=self.back(destination, route.arrival, ANSWER_BYTES),
            receipt_at=self.back(destination, route.arrival, RECEIPT_BYTES),
            route=tuple(route.explain(self._names)),
            why=self._why(legs, now),
            next_window=(contact.start, contact.end) if contact else None,
            legs=legs,
            silence=self._silence(destination, legs, now) if late else None,
            size_bytes=size,
        )

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

    def _silence(self, destination: int | None, legs: tuple[Leg, ...], now: int) -> Silence:
        """Return why a way that waits long, or none, is silent, until its last long wait ends."""
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

    def _why(self, legs: tuple[Leg, ...], now: int) -> str:
        if not legs:
            return "Both mailboxes are on the same node."
        leg, wait = longest_wait(legs, now)
        light = sum(leg.arrives - leg.last_byte for leg in legs)
        sending = sum(leg.last_byte - leg.leaves for leg in legs)
        parts = [f"light takes {duration_text(light)}"]
        if wait >= MINUTE:
            where = f"at {self.name(leg.from_node)} for the contact with {self.name(leg.to_node)}"
            parts.insert(0, f"it waits {duration_text(wait)} {where}")
        if sending >= MINUTE:
            parts.append(f"sending it takes {duration_text(sending)}")
        return _sentence(", ".join(parts))


def _sentence(text: str) -> str:
    text = text.strip()
    text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "!", "?")) else text + "."
