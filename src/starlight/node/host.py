"""A node and the application on it, driven as one: facts in, writes and outward actions out.

What the engine hands to the application is answered in the same step, so that the
application's records are committed together with the engine's: a letter is either wholly
taken or not at all. Both drivers, virtual time and real time, use this and nothing deeper.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple, Protocol

from starlight.bundle import payload_of
from starlight.bundle.fragmentation import reassemble
from starlight.errors import BundleError, StarlightError, StoreError
from starlight.node import actions, events
from starlight.node.actions import Action, Forget, Outward, Persist, StoreWrite
from starlight.node.engine import Node
from starlight.node.events import Event, Remembered, Restored
from starlight.node.reception import REPORTS
from starlight.node.stored import whole_of
from starlight.trace import Record


class Request(Protocol):
    """What an application asks for; told apart by the names of their classes.

    ``Post(token, source, destination, payload, lifetime_ms, flags, priority, critical)``,
    ``Recall(key)``, ``Open(endpoint)``, ``Close(endpoint)``, ``Save(mailbox, key, data)`` and
    ``Say(record)``.
    """


class Kept(Protocol):
    """What an application wants kept: the last data saved under a mailbox and a key."""

    @property
    def mailbox(self) -> str:
        """Whose it is."""

    @property
    def key(self) -> str:
        """Its name in that mailbox."""

    @property
    def data(self) -> bytes:
        """What is kept, in the application's own form."""


class Application(Protocol):
    """What lives on a node. Each call returns requests; all times are ns of mission time."""

    def resume(self, now: int) -> Sequence[Request]:
        """Say what to ask of a node that has just started."""

    def accepted(
        self, token: str, key: str, leaves: int | None, arrives: int | None, now: int
    ) -> Sequence[Request]:
        """Take note that a posted bundle was taken."""

    def rejected(self, token: str, reason: str, now: int) -> Sequence[Request]:
        """Take note that a posted bundle was not taken."""

    def delivered(self, endpoint: str, source: str, payload: bytes, now: int) -> Sequence[Request]:
        """Take what was addressed to a claimed endpoint."""

    def departed(
        self, key: str, peer: int, leaves: int, last_byte: int, reaches: int, now: int
    ) -> Sequence[Request]:
        """Take note that a bundle has left for the first time."""

    def withdrawn(self, key: str, now: int) -> Sequence[Request]:
        """Take note that a bundle was taken back."""

    def not_withdrawn(self, key: str, now: int) -> Sequence[Request]:
        """Take note that a bundle could not be taken back."""

    def expired(self, key: str, reason: str, now: int) -> Sequence[Request]:
        """Take note that a bundle expired in this node's store."""

    def reported(
        self, key: str, reporter: str, status: str, time: int | None, reason: int, now: int
    ) -> Sequence[Request]:
        """Take note of a status report."""

    def plan_changed(self, now: int) -> Sequence[Request]:
        """Take note of a new contact plan."""

    def handle_timer(self, now: int) -> Sequence[Request]:
        """Do what is due."""

    def next_wakeup(self) -> int | None:
        """Say when `handle_timer` has something to do."""


class Step(NamedTuple):
    """What a driver does with the answer of a host, in this order.

    Attributes:
        writes: to be committed, all or none, before anything else.
        outward: what goes out on links and into the trace, after the commit.
    """

    writes: list[StoreWrite | Kept]
    outward: list[Outward]


Recorder = Callable[[int, Event, list[Action]], None]
"""Told of each event that the engine handled, and its answer."""


class Host:
    """A node with its application.

    A step is whole or not at all: when its handling raises, nothing of it is committed or sent.

    Args:
        node: the engine.
        application: what lives on it; None on a node that only passes on.
        body: returns the bytes of a stored bundle, committed or about to be.
        record: is told of everything that the engine is told.
    """

    def __init__(
        self,
        node: Node,
        application: Application | None,
        body: Callable[[str], bytes],
        record: Recorder | None = None,
    ) -> None:
        self.node = node
        self.application = application
        self._body = body
        self._record = record
        self._writes: list[StoreWrite | Kept] = []
        self._outward: list[Outward] = []
        self._queue: deque[Event | actions.Fetch] = deque()
        self._asked: list[Action] = []  # by the engine in this step
        self._bodies: dict[str, bytes] = {}
        self._ran = False  # in this step the engine has done what was due

    def resume(self, stored: Iterable[Restored | Remembered], now: int) -> Step:
        """Start: give the engine what the store holds, then let the application ask for its endpoints.

        Args:
            stored: the answer of the store; empty on the first start.
        """
        try:
            for event in stored:
                self._handle(event, now)
            if self.application is not None:
                self._take(self.application.resume(now), now)
            return self._finish(now)
        except Exception:
            self._break_off(now)
            raise

    def step(self, happened: Iterable[Event], now: int) -> Step:
        """Take facts, and do what is due.

        Args:
            happened: in their order; may be empty, when a wake-up has come.
        """
        try:
            for event in happened:
                self._handle(event, now)
            return self._finish(now)
        except Exception:
            self._break_off(now)
            raise

    def ask(self, requests: Iterable[Request], now: int) -> Step:
        """Take what an application asks for on its own, as when a person has written a letter."""
        try:
            self._take(requests, now)
            return self._finish(now)
        except Exception:
            self._break_off(now)
            raise

    def next_wakeup(self) -> int | None:
        """Return when `step` is to be called at the latest, in ns, or None."""
        due = self.node.next_wakeup()
        if self.application is None:
            return due
        wanted = self.application.next_wakeup()
        if due is None or wanted is None:
            return wanted if due is None else due
        return min(due, wanted)

    def _finish(self, now: int) -> Step:
        if not self._ran:
            due = self.node.next_wakeup()
            if due is not None and due <= now:
                self._handle(events.Wakeup(), now)
        application = self.application
        if application is not None:
            due = application.next_wakeup()
            if due is not None and due <= now:
                self._take(application.handle_timer(now), now)
        step = Step(self._writes, self._outward)
        self._writes, self._outward = [], []
        self._asked.clear()
        self._bodies.clear()
        self._ran = False
        return step

    def _break_off(self, now: int) -> None:
        """Drop all that a step which broke has asked for, so that nothing of it comes out with the next.

        But for what the application keeps and has posted. It has that in memory, where it can't be
        taken back, and would take what is given to it again for known; so that is committed with
        the next step.
        """
        stored = self.node.stored
        kept = [
            write
            for write in self._writes
            if type(write) not in _WRITES
            or (type(write) is Persist and write.key in stored and stored[write.key].meta.own)
        ]
        # Where one was cut, its pieces stand for it.
        pieces = [w.key for w in kept if type(w) is Persist and stored[w.key].meta.fragment is not None]
        cut = {whole_of(key) for key in pieces}
        wholes = [write for write in self._writes if type(write) is Forget]
        kept += [write for write in wholes if not cut.isdisjoint((write.key, whole_of(write.key)))]
        same = {id(write) for write in kept}
        dropped = [action for action in self._asked if id(action) not in same]
        self._writes, self._outward = kept, []
        self._asked.clear()
        self._queue.clear()
        self._bodies = {write.key: write.data for write in kept if type(write) is Persist}
        self._ran = False
        self.node.undo(dropped, now)

    def _handle(self, event: Event, now: int) -> None:
        """Let the engine handle an event, and all that follows from it at the application."""
        queue = self._queue
        queue.append(event)
        while queue:
            next_one = queue.popleft()
            # A body is read only now, so that no two of them wait in memory.
            event = self._fetch(next_one.key, now) if isinstance(next_one, actions.Fetch) else next_one
            answer = self.node.handle(event, now)
            self._asked += answer
            self._ran = self._ran or type(event) not in _READ_BACK
            if self._record is not None:
                self._record(now, event, answer)
            for action in answer:
                kind = type(action)
                if kind in _OUTWARD:
                    self._outward.append(action)  # type: ignore[arg-type]  # told by its class
                elif kind in _WRITES:
                    self._write(action)  # type: ignore[arg-type]  # told by its class
                elif isinstance(action, actions.Fetch):
                    queue.append(action)
                else:
                    queue.extend(self._events(self._tell(action, now), now))
            if type(event) is events.PlanChanged and self.application is not None:
                queue.extend(self._events(self.application.plan_changed(now), now))

    def _write(self, action: StoreWrite) -> None:
        self._writes.append(action)
        if type(action) is Persist:
            self._bodies[action.key] = action.data

    def _fetch(self, key: str, now: int) -> events.Fetched:
        try:
            return events.Fetched(key, self._bodies.get(key) or self._body(key))
        except StoreError as error:
            self._unreadable((key,), error, now)
            return events.Fetched(key, None)

    def _take(self, requests: Iterable[Request], now: int) -> None:
        for event in self._events(requests, now):
            self._handle(event, now)

    def _events(self, requests: Iterable[Request], now: int) -> list[Event]:
        """Return what requests say to the engine; what they say to the driver is done here."""
        told: list[Event] = []
        for request in requests:
            event = self._event(request)
            if event is not None:
                told.append(event)
        return told

    def _event(self, request: Any) -> Event | None:
        name = type(request).__name__
        if name == "Save":
            self._writes.append(request)
        elif name == "Say":
            self._outward.append(actions.Trace(request.record))
        elif name == "Post":
            report_to = f"{self.node.node_id}" if request.flags & REPORTS else "dtn:none"
            return events.Submit(
                request.token, request.source, request.destination, request.payload,
                request.lifetime_ms, report_to, request.flags, request.priority, request.critical,
            )  # fmt: skip
        elif name == "Recall":
            return events.Withdraw(request.key)
        elif name == "Open":
            return events.Claim(request.endpoint)
        elif name == "Close":
            return events.Unclaim(request.endpoint)
        elif name == "Delivered":
            return events.Delivered(request.keys)
        else:
            raise TypeError(f"{name} is no request of an application")
        return None

    def _tell(self, action: Action, now: int) -> Sequence[Any]:
        """Tell the application; return its requests."""
        application = self.application
        if application is None:
            return ()
        match action:
            case actions.Deliver(keys, endpoint, source):
                return self._deliver(application, keys, endpoint, source, now)
            case actions.Accepted(token, key, leaves, arrives):
                return application.accepted(token, key, leaves, arrives, now)
            case actions.Rejected(token, reason):
                return application.rejected(token, reason, now)
            case actions.Departed(key, peer, leaves, last_byte, reaches):
                return application.departed(key, peer, leaves, last_byte, reaches, now)
            case actions.Withdrawn(key):
                return application.withdrawn(key, now)
            case actions.NotWithdrawn(key):
                return application.not_withdrawn(key, now)
            case actions.Expired(key, reason):
                return application.expired(key, reason, now)
            case actions.Reported(key, reporter, status, time, code):
                return application.reported(key, reporter, status, time, code, now)
        raise TypeError(f"{type(action).__name__} is nothing for an application")

    def _deliver(
        self, application: Application, keys: tuple[str, ...], endpoint: str, source: str, now: int
    ) -> list[Any]:
        requests: list[Any] = []
        try:
            bodies = [self._bodies.get(key) or self._body(key) for key in keys]
            payload = payload_of(bodies[0]) if len(bodies) == 1 else reassemble(bodies)
        except StoreError as error:
            # It may be read once the disk is mended, so it stays; the next start offers it again.
            self._unreadable(keys, error, now)
            return requests
        except BundleError as error:
            # Fragments that contradict each other can't become whole by waiting.
            self._unreadable(keys, error, now)
        else:
            requests += application.delivered(endpoint, source, payload, now)
        requests.append(events.Delivered(keys))
        return requests

    def _unreadable(self, keys: tuple[str, ...], error: StarlightError, now: int) -> None:
        facts: dict[str, object] = {"bundles": list(keys), "why": str(error)}
        self._outward.append(actions.Trace(Record(now, self.node.number, "bundle.unreadable", facts)))


_READ_BACK = frozenset({Restored, Remembered})  # after which the engine does not do what is due
_WRITES = frozenset({actions.Persist, actions.Update, actions.Forget})
_OUTWARD = frozenset({actions.Transmit, actions.Acknowledge, actions.Refuse, actions.Trace})
