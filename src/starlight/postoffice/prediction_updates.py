"""Predictions of open letters, made again when something happens that they depend on.

A letter's prediction rests on the plan and on what else is booked. So it is made again when the plan
changes, and when something more urgent is accepted, which goes first. How one is made again is in
`reprediction.py`; here is for which, and what is told of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import islice

from starlight.messages.delivery import DeliveryState
from starlight.messages.dispatch import Dispatch, Expected
from starlight.messages.forecast import MessageForecaster
from starlight.messages.overtaken import Waiting
from starlight.messages.trace_events import LetterForeseen, about, say
from starlight.node.application import Request
from starlight.node.forecast import Outgoing
from starlight.postoffice import reprediction
from starlight.postoffice.open_letters import OpenLetter, OpenLetters
from starlight.postoffice.part_forecasts import PartForecasts
from starlight.postoffice.resend import outgoing_of
from starlight.routing import Route


class PredictionUpdates:
    """The predictions for the letters written at one node, kept in step with what is known.

    Args:
        node: its number.
        forecaster: foresees what becomes of messages from there.
        letters: those that are open.
        booked: gives what the node has booked for a bundle of its own, by key.
    """

    def __init__(
        self,
        node: int,
        forecaster: MessageForecaster,
        letters: OpenLetters,
        booked: Callable[[str], Sequence[Route]],
    ) -> None:
        self._node = node
        self._forecaster = forecaster
        self._parts = PartForecasts(forecaster)
        self._letters = letters
        self._booked = booked

    def plan_changed(self, now: int) -> list[Request]:
        """Predict again what a new plan can change."""
        requests: list[Request] = []
        self._letters.forget_booked()
        for letter in self._letters.every():
            if letter.sent.held is not None:
                continue  # Foreseen when it is shown, as nothing of it is booked.
            parts = self._parts_ahead(letter, now)
            for dispatch in letter.sent.dispatches:
                if reprediction.concerns(dispatch, now):
                    changed = self._under_new_plan(letter, dispatch, parts, now)
                    requests += self._put(letter, dispatch, changed, now)
        return requests

    def displaced_by(self, urgency: int, now: int) -> list[Request]:
        """Predict again what waits here and may have to give way to what was just accepted."""
        requests: list[Request] = []
        overtaken = [
            (letter, dispatch, self._waiting(letter, dispatch))
            for letter in self._letters.queued()
            for dispatch in letter.sent.dispatches
            if dispatch.state is DeliveryState.QUEUED and letter.sent.precedence(dispatch).urgency < urgency
        ]
        # All at once, as who is late here is in the others' way further along at another time.
        moved = iter(self._forecaster.moved([bundle for *_, bundles in overtaken for bundle in bundles]))
        for letter, dispatch, bundles in overtaken:
            routes = list(islice(moved, len(bundles)))
            outgoing = self._outgoing(letter, dispatch, now)
            changed = reprediction.displaced(self._forecaster, dispatch, outgoing, routes, now)
            requests += self._put(letter, dispatch, changed, now)
        return requests

    def _parts_ahead(self, letter: OpenLetter, now: int) -> Mapping[int | None, Expected]:
        """Return what is foreseen of the parts that have not left, each after those before it, by number."""
        sent = letter.sent
        written = letter.mailbox.outgoing.written(letter.id) if sent.parts else None
        if written is None:
            return {}
        own = [route for each in sent.parts for copy in each.copies for route in self._booked(copy.key)]
        return self._parts.of_course(written[0], sent, now, own if sent.dispatch.is_carried else None)

    def _under_new_plan(
        self, letter: OpenLetter, dispatch: Dispatch, parts: Mapping[int | None, Expected], now: int
    ) -> Dispatch:
        outgoing = self._outgoing(letter, dispatch, now)
        if dispatch.state is not DeliveryState.DEPARTED:
            part = parts.get(dispatch.part)
            if part is not None:
                # The times of all its chunks, its own bookings left out: what is known of the last one is not
                # enough to tell that another contact would not be sooner, or that an earlier one is lost.
                return dispatch if part.arrives == dispatch.expected.arrives else dispatch.expecting(part)
            return reprediction.queued(self._forecaster, dispatch, outgoing, now)
        changed = reprediction.plan_changed(self._forecaster, letter.sent, dispatch, outgoing, now)
        # A way back may be planned now, so that it can be sent again.
        return changed.due_at(now) if dispatch.attempts.overdue else changed

    def _outgoing(self, letter: OpenLetter, dispatch: Dispatch, now: int) -> Outgoing:
        return outgoing_of(letter.mailbox.address, letter.to, letter.sent, dispatch, now)

    def _waiting(self, letter: OpenLetter, dispatch: Dispatch) -> list[Waiting]:
        """Return what waits here of a dispatch: nothing, one bundle, or fragments."""
        destination = self._forecaster.node_of(letter.to)
        if destination is None:
            return []
        return [
            Waiting(route, destination, letter.sent.expires_at)
            for copy in dispatch.copies
            for route in self._booked(copy.key)
            if route.hops
        ]

    def _put(self, letter: OpenLetter, before: Dispatch, changed: Dispatch, now: int) -> list[Request]:
        """Keep a dispatch that may have changed, and tell when another arrival is foreseen."""
        if changed == before:
            return []
        # Another part of the same letter may have changed in this very step, or told that it is damaged.
        known = letter.mailbox.sent(letter.id)
        if known is None:
            return []  # It was set aside.
        sent = known.having(changed)
        requests: list[Request] = [*self._letters.put(letter.mailbox, letter.id, sent)]
        expected = changed.expected
        written = letter.mailbox.outgoing.written(letter.id)
        if written and (expected.arrives != before.expected.arrives or changed.doubtful != before.doubtful):
            doubtful = changed.doubtful.code.value if changed.doubtful else ""
            foreseen = LetterForeseen(
                *about(written[0]), leaves=expected.leaves, arrives=expected.arrives, doubtful=doubtful
            )
            requests.append(say(now, self._node, foreseen))
        return requests
