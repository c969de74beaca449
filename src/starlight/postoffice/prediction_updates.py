"""Predictions of open letters, made again when something happens that they depend on.

A letter's prediction rests on the plan and on what else is booked. So it is made again when the plan
changes, and when something more urgent is accepted, which goes first. How one is made again is in
`reprediction.py`; here is for which, and what is told of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import islice

from msgspec.structs import replace

from starlight.messages.delivery import DeliveryState, Sent
from starlight.messages.forecast import Forecaster
from starlight.messages.overtaken import Waiting
from starlight.messages.trace_events import LetterForeseen, about, say
from starlight.node.application import Request
from starlight.postoffice import reprediction
from starlight.postoffice.open_letters import OpenLetter, OpenLetters
from starlight.routing import Route


class PredictionUpdates:
    """The predictions for the letters written at one node, kept in step with what is known.

    Args:
        node: its number.
        forecaster: foresees what becomes of messages from there.
        letters: those that are open.
        node_of: gives the node of an address, or None.
        booked: gives what the node has booked for a bundle of its own, by key.
    """

    def __init__(
        self,
        node: int,
        forecaster: Forecaster,
        letters: OpenLetters,
        node_of: Callable[[str], int | None],
        booked: Callable[[str], Sequence[Route]],
    ) -> None:
        self._node = node
        self._forecaster = forecaster
        self._letters = letters
        self._node_of = node_of
        self._booked = booked

    def plan_changed(self, now: int) -> list[Request]:
        """Predict again what a new plan can change."""
        requests: list[Request] = []
        self._letters.forget_booked()
        for letter in self._letters.every():
            sent = letter.sent
            if not reprediction.concerns(sent, now):
                continue
            destination = self._node_of(letter.to)
            if sent.state is DeliveryState.DEPARTED:
                changed = reprediction.plan_changed(self._forecaster, sent, destination, now)
                if sent.overdue:  # A way back may be planned now, so that it can be sent again.
                    changed = replace(changed, due=now)
            else:
                changed = reprediction.queued(self._forecaster, sent, destination, now)
            if changed != sent:
                requests += self._letters.put(letter.mailbox, letter.id, changed)
            if changed.arrives != sent.arrives or changed.doubtful != sent.doubtful:
                requests.append(self._foreseen(letter, changed, now))
        return requests

    def displaced_by(self, urgency: int, now: int) -> list[Request]:
        """Predict again what waits here and may have to give way to what was just accepted."""
        requests: list[Request] = []
        letters = [letter for letter in self._letters.queued() if letter.sent.urgency < urgency]
        waiting = [self._waiting(letter) for letter in letters]
        # All at once, as who is late here is in the others' way further along at another time.
        moved = iter(self._forecaster.moved([bundle for bundles in waiting for bundle in bundles]))
        for letter, bundles in zip(letters, waiting, strict=True):
            sent, destination = letter.sent, self._node_of(letter.to)
            changed = reprediction.displaced(
                self._forecaster, sent, destination, list(islice(moved, len(bundles)))
            )
            if changed is not sent:
                requests += self._letters.put(letter.mailbox, letter.id, changed)
                requests.append(self._foreseen(letter, changed, now))
        return requests

    def _waiting(self, letter: OpenLetter) -> list[Waiting]:
        """Return what waits here of a letter: nothing, one bundle, or fragments."""
        destination = self._node_of(letter.to)
        if destination is None:
            return []
        return [
            Waiting(route, destination, letter.sent.expires_at)
            for copy in letter.sent.copies
            for route in self._booked(copy.key)
            if route.hops
        ]

    def _foreseen(self, letter: OpenLetter, sent: Sent, now: int) -> Request:
        text = letter.mailbox.written(letter.id)[0]
        doubtful = sent.doubtful.code.value if sent.doubtful else ""
        foreseen = LetterForeseen(*about(text), leaves=sent.leaves, arrives=sent.arrives, doubtful=doubtful)
        return say(now, self._node, foreseen)
