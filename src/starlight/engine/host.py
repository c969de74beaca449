"""A node and the application on it, driven as one: facts in, writes and outward actions out.

What the engine hands to the application is answered in the same step, so that the
application's records are committed together with the engine's: a letter is either wholly
taken or not at all. Both drivers, virtual time and real time, use this and nothing deeper.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence

from starlight.bundle import payload_of, reassemble
from starlight.dtntime import MILLISECOND
from starlight.engine.node import Node
from starlight.engine.own_transfers import OwnTransfers
from starlight.engine.step import OpenStep, Step
from starlight.errors import BundleError, StarlightError, StoreError
from starlight.node import actions, events
from starlight.node.actions import Action
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
from starlight.node.store import BUNDLE
from starlight.node.stored import Meta, identity_of_key
from starlight.routing import Priority

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
        self._record = record
        self._transfers = OwnTransfers(node)
        self._step = OpenStep(node.number, body)
        self._queue: deque[Event | actions.Fetch] = deque()

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
        bodies = [self._step.body(key) for key in keys]
        return payload_of(bodies[0]) if len(bodies) == 1 else reassemble(bodies)

    def _finish(self, now: int) -> Step:
        # The engine does what is due with each event; only a step that told it nothing has to ask for that.
        if not self._step.ran:
            due = self.node.next_wakeup()
            if due is not None and due <= now:
                self._handle(events.Wakeup(), now)
        application = self.application
        if application is not None:
            due = application.next_wakeup()
            if due is not None and due <= now:
                self._take(application.handle_timer(now), now)
        return self._step.finish()

    def _break_off(self, now: int) -> None:
        self._queue.clear()
        self.node.undo(self._step.break_off(self.node.stored), now)

    def _restore(self, event: Restored | Remembered, now: int) -> None:
        """Give the engine what was stored; a bundle whose record it can't take costs itself alone."""
        try:
            self._handle(event, now)
        except (StarlightError, ValueError, TypeError, OverflowError) as error:
            if not isinstance(event, Restored):
                raise
            self._queue.clear()
            self._step.set_aside(SetAside("", BUNDLE + event.key, str(error)), now)

    def _handle(self, event: Event, now: int, *, tell: bool = True) -> None:
        """Let the engine handle an event, and all that follows from it at the application.

        Args:
            tell: of a new plan, the application is told as well.
        """
        queue, step = self._queue, self._step
        queue.append(event)
        while queue:
            next_one = queue.popleft()
            # A body is read only now, so that no two of them wait in memory.
            event = self._fetch(next_one.key, now) if isinstance(next_one, actions.Fetch) else next_one
            taken = self._transfers.taken_by(event)
            answer = self.node.handle(event, now)
            step.asked += answer
            step.ran = step.ran or type(event) not in _READ_BACK
            if self._record is not None:
                self._record(now, event, answer)
            for action in answer:
                kind = type(action)
                # By class and set: a chain of isinstance costs several times as much, for every action.
                if kind in _OUTWARD:
                    step.outward.append(action)  # type: ignore[arg-type]  # told by its class
                elif kind in _WRITES:
                    step.write(action)  # type: ignore[arg-type]  # told by its class
                elif isinstance(action, actions.Fetch):
                    queue.append(action)
                else:
                    queue.extend(self._tell(action, now))  # type: ignore[arg-type]  # told by its class
            if self.application is not None:
                told = self._transfers.tell(self.application, taken, answer, now)
                queue.extend(self._events(told, now))
            if tell and type(event) is events.PlanChanged and self.application is not None:
                queue.extend(self._events(self.application.plan_changed(now), now))

    def _fetch(self, key: str, now: int) -> events.Fetched:
        try:
            return events.Fetched(key, self._step.body(key))
        except StoreError as error:
            self._step.unreadable((key,), error, now)
            return events.Fetched(key, None)

    def _take(self, requests: Iterable[Request], now: int) -> None:
        for event in self._events(requests, now):
            self._handle(event, now)

    def _events(self, requests: Iterable[Request], now: int) -> list[Event]:
        """Return what requests say to the engine; what they say to the driver is done here."""
        told: list[Event] = []
        for request in requests:
            if isinstance(request, Save):
                self._step.writes.append(request)
            elif isinstance(request, SetAside):
                self._step.set_aside(request, now)
            elif isinstance(request, Say):
                self._step.outward.append(actions.Trace(request.record))
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
            self._step.unreadable(keys, error, now)
            return [events.Left(keys)]
        except BundleError as error:
            # Fragments that contradict each other can't become whole by waiting.
            self._step.unreadable(keys, error, now)
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


def _data_unit(action: actions.Deliver, payload: bytes, meta: Meta) -> DataUnit:
    """Return what an application is given; who sent it, and when, is in the identity of its bundle."""
    key = identity_of_key(action.keys[0])
    created_ms = int(key.rsplit("/", 2)[1])
    created = created_ms * MILLISECOND if created_ms else None
    urgency = min(meta.priority, Priority.EXPEDITED)  # That it was critical as well, a letter says itself.
    return DataUnit(key, action.keys, action.endpoint, action.source, created, payload, meta.expires, urgency)


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
_WRITES = frozenset({actions.Persist, actions.Update, actions.Forget})
_OUTWARD = frozenset({actions.Transmit, actions.Acknowledge, actions.Refuse, actions.Trace})
