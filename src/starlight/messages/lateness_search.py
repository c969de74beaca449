"""The search for why a message is not there sooner: what it waits for, and what faster routes fail at.

It reads the plan and the bookings of the message's own node, and changes neither. It takes some 10 ms over a
plan of decades, so it is made for who asks, and not with each forecast.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from starlight.messages.forecast import MessageForecaster
from starlight.messages.lateness import LateMessage, Lateness, time_spent
from starlight.messages.legs import goes_by, longest_wait, waits_long
from starlight.messages.silence import silence_of
from starlight.routing import CRITICAL, Route, RouteRefusal, RouteRequest

REFUSALS_MAX = 3
"""Routes that look faster and are told about: those that people still compare."""


class LatenessSearch:
    """Searches for why messages of one node are not there sooner.

    Args:
        forecaster: of the node.
    """

    def __init__(self, forecaster: MessageForecaster) -> None:
        self._forecaster = forecaster
        self._node = forecaster.foreseen_by

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
        forecaster = self._forecaster
        at, source = now if at is None else at, forecaster.node if source is None else source
        outgoing, legs, index = message.outgoing, message.legs, forecaster.index()
        destination = forecaster.node_of(outgoing.destination)
        if destination == source:
            return Lateness(now, outgoing.payload_bytes)
        silence = None
        if waits_long(legs, at) or not legs:
            too_large = not legs and self._goes_if_small(source, message, at)
            waiting = longest_wait(legs, at)[0] if legs else None
            silence = silence_of(index, forecaster.node, destination, waiting, at, too_large=too_large)
        return Lateness(
            now,
            outgoing.payload_bytes,
            silence,
            message.fragments,
            time_spent(index, legs, at) if legs else None,
            None,
            self._refusals(message, at, source, list(booked)),
        )

    def _refusals(
        self, message: LateMessage, at: int, source: int, booked: list[Route]
    ) -> tuple[RouteRefusal, ...]:
        """Return the routes that look faster, `REFUSALS_MAX` at most, with what they fail at.

        The route that it goes is none of them: who was overtaken keeps a place there that a new bundle would
        not get.
        """
        outgoing = message.outgoing
        destination = self._forecaster.node_of(outgoing.destination)
        # In microseconds by the index, where a search would go through decades of contacts for nothing.
        if destination is None or not self._forecaster.index().between(source, destination):
            return ()
        size = self._node.bundle_bytes(outgoing, at)
        priority = CRITICAL if outgoing.critical else outgoing.priority
        request = RouteRequest(source, destination, at, size, message.expires, priority)
        router = self._node.router.without(booked) if booked else self._node.router
        return tuple(
            refusal
            for refusal in router.refusals(request, most=REFUSALS_MAX)
            if message.fragments > 1 or not goes_by(message.legs, refusal.contacts)
        )

    def _goes_if_small(self, source: int, message: LateMessage, at: int) -> bool:
        """Return whether a payload of one byte has a route, so that its size is what keeps a larger one."""
        small = replace(message.outgoing, payload_bytes=1)
        return self._node.elsewhere(source, small, at, message.expires).arrives is not None
