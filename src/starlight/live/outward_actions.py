"""The outward actions of a node, done once their step is committed: on links, and in the trace."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from starlight import bundle
from starlight.errors import PeerError, StoreError
from starlight.live.engine_loop import Defects
from starlight.live.journal import TraceLog
from starlight.neighbours.neighbours import Neighbours
from starlight.node.actions import Acknowledge, Outward, Refuse, Trace, Transmit
from starlight.node.events import Event, TransmissionFailed
from starlight.store.contract import Store

DEPARTURES_KEPT = 1_000
"""The last transmissions that are remembered, so that a page can draw what is between the worlds."""


class OutwardActions:
    """Does one action at a time; what breaks is noted and takes no other with it.

    Args:
        store: has the bytes of bundles.
        neighbours: what is sent and answered goes to them; written at their drivers' `flush`.
        trace: takes what is told.
        tell: takes the engine's events.
        defects: told what breaks.

    Attributes:
        sent: how many bundles were handed to links.
        acknowledged, refused: of how many that came the sender was told so.
        departures: the last transmissions that went out, the oldest first.
    """

    def __init__(
        self,
        store: Store,
        neighbours: Neighbours,
        trace: TraceLog,
        tell: Callable[[Event], None],
        defects: Defects,
    ) -> None:
        self.sent = self.acknowledged = self.refused = 0
        self.departures: deque[Transmit] = deque(maxlen=DEPARTURES_KEPT)
        self._store = store
        self._neighbours = neighbours
        self._trace = trace
        self._tell = tell
        self._defects = defects

    def do(self, action: Outward) -> None:
        """Do what a commit has made safe to do."""
        try:
            self._do(action)
        except Exception:  # what else this commit made safe has a right to be done
            self._defects.note(f"doing {type(action).__name__} broke")
            if isinstance(action, Transmit):
                # The engine counts on exactly one outcome; without it the bundle would never go again.
                self._tell(TransmissionFailed(action.key, action.peer, "it could not be sent"))

    def _do(self, action: Outward) -> None:
        match action:
            case Transmit():
                self._transmit(action)
            case Acknowledge(_, transfer):
                self.acknowledged += self._neighbours.acknowledge(transfer)
            case Refuse(_, transfer, reason):
                self.refused += self._neighbours.refuse(transfer, reason)
            case Trace(record):
                self._trace.add(record)

    def _transmit(self, action: Transmit) -> None:
        try:
            data = self._store.body(action.key)
            if action.age_ms is not None:
                data = bundle.with_age(data, action.age_ms)
        except (StoreError, PeerError) as error:
            # Mostly it expired, or was withdrawn, in a batch that was committed together with this one.
            self._tell(TransmissionFailed(action.key, action.peer, str(error)))
            return
        self.sent += 1
        self.departures.append(action)
        self._neighbours.send(action, data)
