"""A node and the application on it, driven as one: facts in, writes and outward actions out.

What the engine hands to the application is answered in the same step, so that the
application's records are committed together with the engine's: a letter is either wholly
taken or not at all. Both drivers, virtual time and real time, use this and nothing deeper.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from starlight.bundle import payload_of, reassemble
from starlight.dtntime import MILLISECOND
from starlight.engine.node import Node
from starlight.engine.own_transfers import OwnTransfers
from starlight.errors import BundleError, StarlightError, StoreError
from starlight.node import actions, events
from starlight.node.actions import Action, Forget, Outward, Persist, StoreWrite
from starlight.node.application import (
    Application,
    ApplicationEvent,
    ChangePlan,
    DataUnit,
    Declined,
    Request,
    Save,
    Say,
    SetAside,
    Take,
    Untaken,
)
from starlight.node.events import Event, Remembered, Restored
from starlight.node.store import BUNDLE, Write
from starlight.node.stored import Meta, identity_of_key, whole_of
from starlight.node.trace_events import BundleUnreadable, RecordSetAside
from starlight.trace import Record


class Step(NamedTuple):
    """The answer of a host, which a driver performs in this order.

    Attributes:
        writes: to be committed, all or none, before anything else.
        outward: what goes out on links and into the trace, after the commit.
    """

    writes: list[Write]
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
        self._transfers = OwnTransfers(node)
        self._writes: list[Write] = []
        self._outward: list[Outward] = []
        self._queue: deque[Event | actions.Fetch] = deque()
        self._asked: list[Action] = []  # by the engine in this step
        self._bodies: dict[str, bytes] = {}
        self._ran = False  # in this step the engine has done what was due

    def resume(self, stored: Iterable[Restored | Remembered], now: int) -> Step:
        """Start: give the engine what the store holds, and let the application ask for its endpoints.

        A plan that the application asks for is in force before anything of the store is routed.

        Args:
            stored: the answer of the store; empty on the first start.
        """
        application = self.application
        try:
            requests = [] if application is None else application.resume(now)
            plans = [request for request in requests if isinstance(request, ChangePlan)]
            for plan in plans:
                # The application hears of it at the end: until all is restored it would find nothing booked.
                self._handle(events.PlanChanged(plan.plan), now, tell=False)
            for event in stored:
                self._restore(event, now)
            self._take((request for request in requests if not isinstance(request, ChangePlan)), now)
            if application is not None and plans:
                self._take(application.plan_changed(now), now)
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

    def payload(self, keys: Sequence[str]) -> bytes:
        """Return the payload of a data unit that is stored, read anew.

        Args:
            keys: the bundles that make it up: one, or its fragments in order.

        Raises:
            StoreError: it is not stored any more, or can't be read.
            BundleError: its fragments contradict each other.
        """
        bodies = [self._bodies.get(key) or self._body(key) for key in keys]
        return payload_of(bodies[0]) if len(bodies) == 1 else reassemble(bodies)

    def _finish(self, now: int) -> Step:
        # The engine does what is due with each event; only a step that told it nothing has to ask for that.
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
        kept: list[Write] = [
            write
            for write in self._writes
            if type(write) in _RECORDS
            or (type(write) is Persist and write.key in stored and stored[write.key].meta.own)
        ]
        # Where one was cut, its fragments stand for it.
        fragments = [w.key for w in kept if type(w) is Persist and stored[w.key].meta.fragment is not None]
        cut = {whole_of(key) for key in fragments}
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

    def _restore(self, event: Restored | Remembered, now: int) -> None:
        """Give the engine what was stored; a bundle whose record it can't take costs itself alone."""
        try:
            self._handle(event, now)
        except (StarlightError, ValueError, TypeError, OverflowError) as error:
            if not isinstance(event, Restored):
                raise
            self._queue.clear()
            self._set_aside(SetAside("", BUNDLE + event.key, str(error)), now)

    def _set_aside(self, request: SetAside, now: int) -> None:
        self._writes.append(request)
        event = RecordSetAside(request.mailbox, request.key, request.why)
        self._outward.append(actions.Trace(Record(now, self.node.number, event)))

    def _handle(self, event: Event, now: int, *, tell: bool = True) -> None:
        """Let the engine handle an event, and all that follows from it at the application.

        Args:
            tell: of a new plan, the application is told as well.
        """
        queue = self._queue
        queue.append(event)
        while queue:
            next_one = queue.popleft()
            # A body is read only now, so that no two of them wait in memory.
            event = self._fetch(next_one.key, now) if isinstance(next_one, actions.Fetch) else next_one
            taken = self._transfers.taken_by(event)
            answer = self.node.handle(event, now)
            self._asked += answer
            self._ran = self._ran or type(event) not in _READ_BACK
            if self._record is not None:
                self._record(now, event, answer)
            for action in answer:
                kind = type(action)
                # By class and set: a chain of isinstance costs several times as much, for every action.
                if kind in _OUTWARD:
                    self._outward.append(action)  # type: ignore[arg-type]  # told by its class
                elif kind in _WRITES:
                    self._write(action)  # type: ignore[arg-type]  # told by its class
                elif isinstance(action, actions.Fetch):
                    queue.append(action)
                else:
                    queue.extend(self._tell(action, now))  # type: ignore[arg-type]  # told by its class
            if self.application is not None:
                told = self._transfers.tell(self.application, taken, answer, now)
                queue.extend(self._events(told, now))
            if tell and type(event) is events.PlanChanged and self.application is not None:
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
            if isinstance(request, Save):
                self._writes.append(request)
            elif isinstance(request, SetAside):
                self._set_aside(request, now)
            elif isinstance(request, Say):
                self._outward.append(actions.Trace(request.record))
            elif isinstance(request, ApplicationEvent):
                told.append(request)
            elif isinstance(request, Take):
                told.append(events.Delivered(request.keys))
            elif isinstance(request, ChangePlan):
                told.append(events.PlanChanged(request.plan))
            else:
                raise TypeError(f"{type(request).__name__} is no request of an application")
        return told

    def _tell(self, action: actions.ToApplication, now: int) -> list[Event]:
        """Tell the application; return what it then says to the engine."""
        application = self.application
        if application is None:
            return []
        if isinstance(action, actions.Deliver):
            return self._deliver(application, action, now)
        return self._events(_answer(application, action, now), now)

    def _deliver(self, application: Application, action: actions.Deliver, now: int) -> list[Event]:
        keys = action.keys
        told: list[Event] = []
        try:
            payload = self.payload(keys)
        except StoreError as error:
            # It may be read once the disk is mended, so it stays; the next claim offers it again.
            self._unreadable(keys, error, now)
            return [events.Left(keys)]
        except BundleError as error:
            # Fragments that contradict each other can't become whole by waiting.
            self._unreadable(keys, error, now)
        else:
            unit = _data_unit(action, payload, self.node.stored[keys[0]].meta)
            requests = application.delivered(unit, now)
            told += self._events((each for each in requests if not isinstance(each, Untaken | Declined)), now)
            for request in requests:
                if isinstance(request, Untaken):
                    return [*told, events.Left(keys)]
                if isinstance(request, Declined):
                    return [*told, events.Undeliverable(keys, request.reason)]
        told.append(events.Delivered(keys))
        return told

    def _unreadable(self, keys: tuple[str, ...], error: StarlightError, now: int) -> None:
        unreadable = BundleUnreadable(keys, str(error))
        self._outward.append(actions.Trace(Record(now, self.node.number, unreadable)))


def _data_unit(action: actions.Deliver, payload: bytes, meta: Meta) -> DataUnit:
    """Return what an application is given; who sent it, and when, is in the identity of its bundle."""
    key = identity_of_key(action.keys[0])
    created_ms = int(key.rsplit("/", 2)[1])
    created = created_ms * MILLISECOND if created_ms else None
    return DataUnit(
        key, action.keys, action.endpoint, action.source, created, payload, meta.expires, meta.priority
    )


def _answer(application: Application, action: actions.ToApplication, now: int) -> Sequence[Request]:
    """Tell an application what the engine has to say to it; return its answer."""
    match action:
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


_READ_BACK = frozenset({Restored, Remembered})  # after which the engine does not do what is due
_RECORDS = frozenset({Save, SetAside})
_WRITES = frozenset({actions.Persist, actions.Update, actions.Forget})
_OUTWARD = frozenset({actions.Transmit, actions.Acknowledge, actions.Refuse, actions.Trace})
