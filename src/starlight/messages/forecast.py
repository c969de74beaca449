"""The outlook of a mailbox beyond a message's forecast: when an answer could come, and why it waits.

When and how a message travels is its node's to say (`node.forecast`), which knows how large its bundle is,
what is booked and how the links are; everything here is told from that and from the plan, by reading only.
Times are integer nanoseconds. What is told is codes and numbers; `words` makes sentences of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec
from msgspec.structs import replace

from starlight.contacts import Notice
from starlight.dtntime import DAY, MILLISECOND, MINUTE
from starlight.errors import InputError
from starlight.messages.delivery import Leg
from starlight.messages.legs import LinkIndex, leg_of, legs_of, longest_wait, waits_long
from starlight.messages.overtaken import Waiting, moved
from starlight.messages.reach import (
    Reach,
    ReachCode,
    light_time_s,
    narrowest_bps,
    open_until,
    out_of_contact,
    shut_before,
)
from starlight.messages.silence import Silence, notices_about, silence_of
from starlight.node.forecast import Forecast, ForecastDoubt, ForecastDoubtCode, Forecaster, Outgoing
from starlight.routing import Route

ANSWER_BYTES = 600
"""A typical letter: a few sentences of text and its addresses."""

RECEIPT_BYTES = 64
"""A receipt for one letter."""

ANSWER_AFTER = 5 * MINUTE
"""The time that somebody takes to read a letter and answer it: 4.6 min on average for texts during the
spacewalks of the BASALT field missions (Kobs Nawotniak et al. 2019, Astrobiology 19)."""

ANSWER_LIFETIME_MS = 30 * DAY // MILLISECOND
"""Of a receipt or an answer; only its length in a bundle counts here."""


class Prediction(msgspec.Struct, frozen=True):
    """The foreseen departure and arrival of a message that would be sent now.

    Attributes:
        leaves, arrives: None where the plan knows no route.
        answer_at: when the earliest answer of typical size can be here, written in the moment
            of arrival; None where the plan knows no route back.
        route: the route, hop by hop; of a message in fragments that of the one that arrives last.
        silence: why it has to wait, when it has to wait long.
        size_bytes: of the payload.
        fragments: in how many it travels, because no contact or neighbour takes it whole.
        doubts: what speaks against it, but for what `silence` tells.
        unhurried_at: as `answer_at`, written `ANSWER_AFTER` the arrival.
    """

    leaves: int | None
    arrives: int | None
    answer_at: int | None
    route: Route | None
    silence: Silence | None
    size_bytes: int
    fragments: int = 1
    doubts: tuple[ForecastDoubt, ...] = ()
    unhurried_at: int | None = None


class MessageForecaster:
    """Foresees what becomes of messages, from one node.

    Args:
        node: whose.
        node_of: gives the node of an address, or None.

    Attributes:
        node: its number.
        node_of: the same.
        foreseen_by: what the node itself foresees.
    """

    def __init__(self, node: Forecaster, node_of: Callable[[str], int | None]) -> None:
        self.node = node.number
        self.node_of = node_of
        self.foreseen_by = node
        self._router = node.router
        self._index: LinkIndex | None = None

    def index(self) -> LinkIndex:
        """Return the index of the plan in force."""
        # A plan is a value: another object is another plan, and the index costs a pass over all its contacts.
        if self._index is None or self._index.plan is not self._router.plan:
            self._index = LinkIndex(self._router.plan)
        return self._index

    # Routes.

    def forecast(self, outgoing: Outgoing, now: int) -> Forecast:
        """Return what this node expects of a message that it sends now."""
        try:
            return self.foreseen_by.forecast(outgoing, now)
        except InputError:
            # An address of an older record may be none that a bundle can go to: the node says so when it
            # refuses the message, and until then nothing is foreseen of it.
            return Forecast(None, now, outgoing.payload_bytes)

    def onward(self, node: int, outgoing: Outgoing, at: int, expires: int | None) -> Forecast:
        """Return what to expect of a message of this node that is at another at a time, in ns."""
        return self.foreseen_by.elsewhere(node, outgoing, at, expires, may_fragment=True)

    def receipt_at(self, outgoing: Outgoing, at: int | None) -> int | None:
        """Return when the receipt for a message is here that leaves its destination after a time, in ns."""
        return self._back(outgoing, at, RECEIPT_BYTES)

    def _back(self, outgoing: Outgoing, at: int | None, size: int) -> int | None:
        """Return when an answer to a message is here; None without a route back."""
        node = self.node_of(outgoing.destination)
        if at is None or node is None:
            return None
        if node == self.node:
            return at
        answer = Outgoing(outgoing.destination, outgoing.source, size, ANSWER_LIFETIME_MS)
        return self.foreseen_by.elsewhere(node, answer, at, None).arrives

    def answers_can_come(self, destination: int | None) -> bool:
        """Return whether receipts of a letter to a node make sense.

        They don't where the plan knows a route there and, at any time, none back, as with a radio
        that only transmits. Of a node that the plan does not know nothing is ruled out.
        """
        if destination is None or destination == self.node:
            return True
        # Asked of all time, not of now: a way back that opens in years is worth waiting for.
        index = self.index()
        return bool(index.between(destination, self.node)) or not index.between(self.node, destination)

    def moved(self, waiting: Sequence[Waiting]) -> list[Route | None]:
        """Return the routes of bundles that wait here, timed as they go after others have overtaken them.

        Args:
            waiting: all that may have been overtaken: they are in each other's way further along.

        Returns:
            For each its route, None where it can't go by the booked one any more.
        """
        return moved(self._router, waiting)

    # The way to a correspondent.

    def light_time_at(self, source: str, address: str, at: int) -> float | None:
        """Return how long light takes to an address on the route of a letter that leaves at a time, in s.

        Returns:
            None where the plan knows no route from then on.
        """
        if self.node_of(address) == self.node:
            return 0.0
        outgoing = Outgoing(source, address, ANSWER_BYTES, ANSWER_LIFETIME_MS)
        route = self.foreseen_by.elsewhere(self.node, outgoing, at, None).route
        return None if route is None else light_time_s(route)

    def reach(self, source: str, address: str, now: int, letters_here: int = 0) -> Reach:
        """Return the state of the way to a correspondent.

        Args:
            source: an address of this node: whoever would write.
            address: the correspondent's.
            now: in ns.
            letters_here: how many letters to them are safe here.
        """
        outgoing = Outgoing(source, address, ANSWER_BYTES, ANSWER_LIFETIME_MS)
        found = self.forecast(outgoing, now)
        node = found.destination
        if node == self.node:
            here = Reach(ReachCode.HERE, node, letters_here=letters_here)
            return replace(here, leaves=now, arrives=now, answer_at=now)
        if not found.routes and node is not None:
            # A full store keeps a new letter out, and says nothing of the way.
            found = self.foreseen_by.elsewhere(self.node, outgoing, now, None)
        route = found.route
        if route is None:
            texts = self._notice_texts(node, now, None)
            return Reach(ReachCode.NO_ROUTE, node, letters_here=letters_here, notices=texts)
        reach = Reach(
            ReachCode.OPEN,
            node,
            peer=route.entry_node,
            letters_here=letters_here,
            light_time_s=light_time_s(route),
            leaves=found.leaves,
            arrives=found.arrives,
            answer_at=self._back(outgoing, found.arrives, ANSWER_BYTES),
        )
        return self._as_it_is(reach, route, outgoing, now)

    def _as_it_is(self, reach: Reach, route: Route, outgoing: Outgoing, now: int) -> Reach:
        """Return the state of a way by its route: here by plan and link, then further on."""
        first, shut = route.hops[0], shut_before(route)
        silent = out_of_contact(self.foreseen_by.about_link(route.entry_node, now))
        # While the plan has it shut, a link that is down is as it should be.
        if silent is not None and first.contact.start <= now:
            code, since = silent
            until = self.index().runs_until(first.contact)
            texts = self._notice_texts(reach.node, now, now)
            return replace(reach, code=code, since=since, until=until, notices=texts)
        if shut is not None:
            told = silence_of(self.index(), self.node, reach.node, leg_of(shut), now)
            return replace(
                reach,
                code=ReachCode.SHUT,
                since=told.since,
                until=told.until,
                waits_at=shut.contact.from_node,
                notices=told.notices,
                closes=self.index().runs_until(shut.contact),
            )
        until = open_until(self.index(), route)
        later = self.foreseen_by.elsewhere(self.node, outgoing, until + 1, None)
        return replace(reach, until=until, rate_bps=narrowest_bps(route), reopens=later.leaves)

    def _notice_texts(self, node: int | None, start: int, end: int | None) -> tuple[str, ...]:
        return tuple(notice.text for notice in self.notices(node, start, end))

    # What is told of a message.

    def predict(self, outgoing: Outgoing, now: int) -> Prediction:
        """Return what to expect of a message that is sent now.

        Raises:
            InputError: it can't be sent.
        """
        found = self.foreseen_by.forecast(outgoing, now)
        silence = self._silence(found, now)
        told = TOLD_BY_SILENCE if silence is not None and (silence.notices or not found.routes) else ()
        unhurried = None if found.arrives is None else found.arrives + ANSWER_AFTER
        return Prediction(
            leaves=found.leaves,
            arrives=found.arrives,
            answer_at=self._back(outgoing, found.arrives, ANSWER_BYTES),
            route=found.route,
            silence=silence,
            size_bytes=found.size_bytes,
            fragments=found.parts,
            doubts=tuple(doubt for doubt in found.doubts if doubt.code not in told),
            unhurried_at=self._back(outgoing, unhurried, ANSWER_BYTES),
        )

    def room(self, outgoing: Outgoing, now: int) -> tuple[int, int, int] | None:
        """Return what the next contact on the way of a message still carries, beside what is booked.

        Returns:
            When the message leaves, when the first contact of its way ends, both in ns, and how many bytes
            of its urgency fit into every contact of the way; None where it stays here, or no way is known.
        """
        route = self.forecast(outgoing, now).route
        if route is None or not route.hops:
            return None
        free = min(limit.volume for limit in self._router.bookings.limits(route))
        return route.leaves, route.hops[0].contact.end, free

    def _silence(self, found: Forecast, now: int) -> Silence | None:
        """Return why a message waits long, or has no route."""
        codes = {doubt.code for doubt in found.doubts}
        route = found.route
        if found.arrives is None:
            if ForecastDoubtCode.STORE_FULL in codes:
                return None
            too_large = ForecastDoubtCode.TOO_LARGE in codes
            return silence_of(self.index(), self.node, found.destination, None, now, too_large=too_large)
        legs = legs_of(route) if route else ()
        if not waits_long(legs, now):
            return None
        return silence_of(self.index(), self.node, found.destination, longest_wait(legs, now)[0], now)

    def doubts(
        self, legs: tuple[Leg, ...], now: int, word_due: int | None = None
    ) -> tuple[ForecastDoubt, ...]:
        """Return what speaks against a prediction, by the link of its first hop from here.

        Args:
            legs: the route that is foreseen.
            now: in ns.
            word_due: of a message that has left, when word of it should have come: what befell the link only
                after that is no reason that none did. None of one that waits here.
        """
        if not legs or legs[0].from_node != self.node:
            return ()
        found = self.foreseen_by.about_link(legs[0].to_node, now)
        return tuple(
            doubt for doubt in found if word_due is None or doubt.since is None or doubt.since <= word_due
        )

    def notices(self, destination: int | None, start: int, end: int | None) -> list[Notice]:
        """Return the plan's notices about routes from here to a node in an interval, in ns."""
        return notices_about(self.index(), self.node, destination, start, end)


TOLD_BY_SILENCE = frozenset(
    {
        ForecastDoubtCode.NO_ROUTE,
        ForecastDoubtCode.TOO_LARGE,
        ForecastDoubtCode.UNKNOWN_NODE,
        ForecastDoubtCode.NOTICE,
    }
)
"""Doubts that a silence tells of: where nothing is foreseen at all, or by the plan's notices."""
