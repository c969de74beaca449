"""The forecast of one node: when a message would leave and arrive, when an answer could come.

Everything here is a prediction from the contact plan, asked for by reading only: nothing is
booked. Times are integer nanoseconds. What is told is codes and numbers; `words` makes sentences of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec
from msgspec.structs import replace

from starlight.contacts import Notice
from starlight.dtntime import MINUTE
from starlight.messages.itinerary import Itinerary, LinkIndex, goes_by, legs_of, waits_long
from starlight.messages.lateness import LateMessage, Lateness, time_spent
from starlight.messages.overtaken import Waiting, moved
from starlight.messages.silence import Silence, notices_about, silence_of
from starlight.routing import NoRouteCode, Priority, Refusal, Route, Router, RouteRequest, split

BUNDLE_OVERHEAD_BYTES = 88
"""Added to a payload by a bundle between two short ``ipn:`` addresses: primary block, hop count,
previous node, heads and checksums. Only predictions before sending use it; the node knows exactly."""

SERVICE_BYTES = 17
"""Added by a bundle that is not of normal priority: the block that says so."""

FRAGMENT_BYTES = 27
"""Added by a fragment, as the node reckons: its offset and the length of the whole take at most 5 bytes each,
and on its route a bundle may gain 17. The node knows the rest exactly, and so may get a few bytes more of the
letter into a contact, or need a fragment less, than is foreseen here."""

ANSWER_BYTES = 600
"""A typical letter: a few sentences of text and its addresses."""

RECEIPT_BYTES = 64
"""A receipt for one letter."""

REFUSALS_MAX = 3
"""Routes that look faster and are told about: those that people still compare."""

HOPELESS_FOR = MINUTE
"""After a draft went in no number of fragments, neither it nor a larger one is fragmented again for this
long: each attempt costs hundreds of searches, and the page asks at each pause in typing. Nobody who is
writing minds hearing a minute late that there is room again."""


class Prediction(msgspec.Struct, frozen=True):
    """The foreseen departure and arrival of a message that would be sent now.

    Attributes:
        leaves, arrives: None where the plan knows no route.
        answer_at: when the earliest answer of typical size can be here, written in the moment
            of arrival; None where the plan knows no route back.
        route: the route, hop by hop; of a message in fragments that of the one that arrives last.
        silence: why it has to wait, when it has to wait long.
        size_bytes: of the payload.
        fragments: in how many it travels, because no contact carries it whole.
    """

    leaves: int | None
    arrives: int | None
    answer_at: int | None
    route: Route | None
    silence: Silence | None
    size_bytes: int
    fragments: int = 1


def overhead_of(priority: int) -> int:
    """Return what a bundle of a priority adds to a payload, in bytes; an estimate."""
    return BUNDLE_OVERHEAD_BYTES + (0 if priority == Priority.NORMAL else SERVICE_BYTES)


class Forecaster:
    """Foresees what becomes of messages, from one node.

    Args:
        node: whose.
        router: what the node routes with; its plan is read at each question.
    """

    def __init__(self, node: int, router: Router) -> None:
        self.node = node
        self._router = router
        self._index: LinkIndex | None = None
        # By destination and priority: a size that went in no number of fragments, when that was, and how many
        # bookings had been given back by then.
        self._hopeless: dict[tuple[int, int], tuple[int, int, int]] = {}

    def index(self) -> LinkIndex:
        """Return the index of the plan in force."""
        # A plan is a value: another object is another plan, and the index costs a pass over all its contacts.
        if self._index is None or self._index.plan is not self._router.plan:
            self._index = LinkIndex(self._router.plan)
            self._hopeless.clear()
        return self._index

    # Routes.

    def itinerary(
        self,
        source: int | None,
        destination: int | None,
        now: int,
        size: int,
        expires: int | None = None,
        priority: int = Priority.NORMAL,
        *,
        may_fragment: bool = True,
    ) -> Itinerary | None:
        """Return how a payload of `size` bytes travels; None where there is no route, or no such node.

        Args:
            source, destination: node numbers; None is unknown.
            now: when it is at the source, in ns.
            size: in bytes.
            expires: when it does, in ns, or None.
            priority: how urgent it is.
            may_fragment: where no contact carries it whole, foresee it in fragments, as the node makes them.
        """
        # Far cheaper than to search a plan of decades for a route that is not in it.
        if source is None or destination is None or not self.index().between(source, destination):
            return None
        router, overhead = self._router, overhead_of(priority)
        request = RouteRequest(source, destination, now, size + overhead, expires, priority)
        route = router.route(request)
        if route:
            return Itinerary(route.leaves, route.arrival, route)
        if not may_fragment or route.code is NoRouteCode.UNREACHABLE:
            return None
        overhead += FRAGMENT_BYTES
        fragments = split(router, replace(request, size=max(1, size) + overhead), overhead)
        if not fragments:
            return None
        # A letter is read whole: it has left with its first fragment and is there with the last to arrive,
        # which need not be the last of it.
        last = max((fragment.route for fragment in fragments), key=lambda route: route.arrival)
        leaves = min(fragment.route.leaves for fragment in fragments)
        return Itinerary(leaves, last.arrival, last, len(fragments))

    def draft_itinerary(
        self, destination: int | None, now: int, size: int, priority: int
    ) -> Itinerary | None:
        """Return how a payload that is being written would travel from here; arguments as in `itinerary`.

        It is asked for again and again. So after a draft went in no number of fragments, it is taken for
        granted for `HOPELESS_FOR` that a larger one does not either, while the plan stays and no booking is
        given back.
        """
        if destination is None:
            return None
        self.index()  # Under another plan it forgets.
        about = destination, priority
        least, since, freed = self._hopeless.get(about, (0, 0, -1))
        hopeless = (
            size >= least and 0 <= now - since < HOPELESS_FOR and freed == self._router.bookings.releases
        )
        found = self.itinerary(self.node, destination, now, size, None, priority, may_fragment=not hopeless)
        if found is None and not hopeless and self.index().between(self.node, destination):
            self._hopeless[about] = size, now, self._router.bookings.releases
        return found

    def back(self, destination: int | None, at: int | None, size: int) -> int | None:
        """Return when an answer that leaves a destination after `at` is here; None without a route back."""
        if at is None:
            return None
        found = self.itinerary(destination, self.node, at, size, may_fragment=False)
        return found.arrival if found else None

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

    # What is told of a message.

    def predict(
        self,
        destination: int | None,
        now: int,
        size: int,
        priority: int = Priority.NORMAL,
    ) -> Prediction:
        """Return what to expect of a payload of `size` bytes sent now; `destination` None is unknown."""
        found = self.draft_itinerary(destination, now, size, priority)
        if found is None:
            # Without this, people would be told that no route is planned while smaller letters leave.
            too_large = self._goes_if_small(self.node, destination, now, None, priority)
            silence = silence_of(self.index(), self.node, destination, (), now, too_large=too_large)
            return Prediction(None, None, None, None, silence, size)
        legs = legs_of(found.route)
        silent = waits_long(legs, now)
        return Prediction(
            leaves=found.leaves if legs else now,
            arrives=found.arrival,
            answer_at=self.back(destination, found.arrival, ANSWER_BYTES),
            route=found.route,
            silence=silence_of(self.index(), self.node, destination, legs, now) if silent else None,
            size_bytes=size,
            fragments=found.fragments,
        )

    def lateness(
        self,
        message: LateMessage,
        now: int,
        at: int | None = None,
        source: int | None = None,
        booked: Iterable[Route] = (),
    ) -> Lateness:
        """Return why a message is not there sooner.

        Args:
            message: what is asked about, with the route that is foreseen for it.
            now: as of when, in ns.
            at: when it is at the source, in ns. [default: now]
            source: where it is. [default: here]
            booked: what is booked for this very message, which is no reason for it to wait.
        """
        at, source = now if at is None else at, self.node if source is None else source
        if message.destination == source:
            return Lateness(now, message.size_bytes)
        legs, silence = message.legs, None
        if waits_long(legs, at) or not legs:
            too_large = not legs and self._goes_if_small(
                source, message.destination, at, message.expires, message.priority
            )
            silence = silence_of(self.index(), self.node, message.destination, legs, at, too_large=too_large)
        return Lateness(
            now,
            message.size_bytes,
            silence,
            message.fragments,
            time_spent(self.index(), legs, at) if legs else None,
            None,
            self._refusals(message, at, source, booked),
        )

    def notices(self, destination: int | None, start: int, end: int | None) -> list[Notice]:
        """Return the plan's notices about routes from here to a node in an interval, in ns."""
        return notices_about(self.index(), self.node, destination, start, end)

    def _refusals(
        self, message: LateMessage, at: int, source: int, booked: Iterable[Route]
    ) -> tuple[Refusal, ...]:
        """Return the routes that look faster, `REFUSALS_MAX` at most, with what they fail at.

        The route that it goes is none of them: who was overtaken keeps a place there that a new bundle would
        not get.
        """
        destination = message.destination
        if destination is None or not self.index().between(source, destination):
            return ()
        size = message.size_bytes + overhead_of(message.priority)
        request = RouteRequest(source, destination, at, size, message.expires, message.priority)
        found = self._without(booked).refusals(request, most=REFUSALS_MAX)
        return tuple(
            refusal
            for refusal in found
            if message.fragments > 1 or not goes_by(message.legs, refusal.contacts)
        )

    def _without(self, booked: Iterable[Route]) -> Router:
        booked = list(booked)
        return self._router.without(booked) if booked else self._router

    def _goes_if_small(
        self, source: int, destination: int | None, at: int, expires: int | None, priority: int
    ) -> bool:
        """Return whether a payload of one byte has a route, so that its size is what keeps a larger one."""
        found = self.itinerary(source, destination, at, 1, expires, priority, may_fragment=False)
        return found is not None
