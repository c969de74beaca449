"""The transfers of bundles that applications here have submitted: what they are told of them.

An engine tells an application once that its bundle departs: when it decides so. That a link then takes it is
for the link to say, and one that is dead takes nothing. So here is read off what the engine is told and
answers whether a link has taken a bundle, or it is back in the queue, as no action of the engine tells.
"""

from __future__ import annotations

from collections.abc import Sequence

from starlight.engine.node import Node
from starlight.node.actions import Action, Departed, Trace, Transmit
from starlight.node.application import Application, Request
from starlight.node.events import Event, TransmissionAcknowledged, TransmissionSent
from starlight.node.stored import Stored, known_key
from starlight.node.trace_events import BundleFailed


class OwnTransfers:
    """Tells the application of a node what becomes of the transfers of its bundles.

    Args:
        node: the engine.
    """

    def __init__(self, node: Node) -> None:
        self._stored = node.stored

    def taken_by(self, event: Event) -> str | None:
        """Return the key by which an application knows the bundle that a link has taken, by an event.

        It is asked before the engine handles the event, which may let go of the bundle.
        """
        if type(event) is not TransmissionAcknowledged and type(event) is not TransmissionSent:
            return None
        stored = self._stored.get(event.key)
        return known_key(stored) if stored is not None and stored.meta.own else None

    def tell(
        self, application: Application, taken: str | None, answer: Sequence[Action], now: int
    ) -> list[Request]:
        """Tell the application of an event, once the engine has answered it; return what it asks for."""
        requests = [] if taken is None else list(application.taken(taken, now))
        for action in answer:
            if type(action) is Transmit:
                requests += self._sent_again(application, action, answer, now)
            elif type(action) is Trace and type(action.record.event) is BundleFailed:
                stored = self._single(action.record.event.bundle)
                if stored is not None:
                    requests += application.returned(known_key(stored), now)
        return requests

    def _sent_again(
        self, application: Application, action: Transmit, answer: Sequence[Action], now: int
    ) -> Sequence[Request]:
        """Tell of a departure that is not the first, which the engine alone tells."""
        stored = self._single(action.key)
        if stored is None:
            return ()
        key = known_key(stored)
        if any(type(each) is Departed and each.key == key for each in answer):
            return ()
        return application.departed(key, action.peer, action.leaves, action.last_byte, action.reaches, now)

    def _single(self, key: str) -> Stored | None:
        """Return a bundle that an application submitted and that is kept whole and once, or None."""
        # Of one in fragments or copies no single transfer tells where all of it is.
        stored = self._stored.get(key)
        if stored is None or not stored.meta.own or stored.meta.critical or stored.meta.fragment is not None:
            return None
        return stored
