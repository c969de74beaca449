"""A node's record: every event that its engine handled, so that a run can be run again.

JSON lines. The first holds the node's configuration, each further one the time, an event, and
what the engine answered: the classes of the actions and a digest of all that they say. Events
are kept whole, because the engine is nothing but a function of them; actions need only be
compared.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from typing import NamedTuple

import msgspec

from starlight.engine.node import Node
from starlight.errors import InputError
from starlight.node.actions import Action, Trace
from starlight.node.config import NodeConfig
from starlight.node.events import Event

FORMAT = 2
DIFFERENCES_MAX = 10
"""Differences told at most: after the first the two runs are strangers, and the rest follows from it."""


class _Head(msgspec.Struct, frozen=True):
    starlight_record: int
    config: NodeConfig


class _Line(msgspec.Struct, frozen=True):
    now: int
    event: Event
    actions: list[str]
    digest: str


class Difference(NamedTuple):
    """An event that the engine answered otherwise than recorded.

    Attributes:
        line: the line of the record, from 1.
        now: mission time in ns.
        event: what the engine was told.
        recorded: the classes of the recorded actions.
        replayed: what the engine answered now.
    """

    line: int
    now: int
    event: Event
    recorded: list[str]
    replayed: list[Action]

    def __str__(self) -> str:
        happened = type(self.event).__name__
        then, today = ", ".join(self.recorded), ", ".join(type(action).__name__ for action in self.replayed)
        if then == today:
            return f"line {self.line}, {happened}: the same kinds of actions ({then}) say other things"
        return f"line {self.line}, {happened}: recorded {then or 'nothing'}; replayed {today or 'nothing'}"


class Recorder:
    """Write the record of a node; call it with all that its engine handles (see `Host`).

    Args:
        config: the node's.
        write: takes each line, without its end.
    """

    def __init__(self, config: NodeConfig, write: Callable[[str], object]) -> None:
        self._write = write
        write(_ENCODE(_Head(FORMAT, config)).decode())

    def __call__(self, now: int, event: Event, actions: list[Action]) -> None:
        """Record that the engine answered an event."""
        self._write(_ENCODE(_Line(now, event, _names(actions), digest(actions))).decode())


class Replay(NamedTuple):
    """The result of running a record again.

    Attributes:
        events: how many were handled.
        differences: the first at which the answers differ; none when the runs are the same.
    """

    events: int
    differences: list[Difference]


def replay(lines: Iterable[str]) -> Replay:
    """Run a record again and compare.

    Args:
        lines: of the record; the last may be cut off, as a crash leaves it.

    Raises:
        InputError: the lines are no record.
    """
    node: Node | None = None
    events = 0
    differences: list[Difference] = []
    cut_off = ""
    for number, text in enumerate(lines, 1):
        if cut_off:
            raise InputError(cut_off, where=f"line {number - 1}")
        if node is None:
            node = Node(_head(text).config)
            continue
        try:
            line = _READ_LINE(text)
        except (msgspec.DecodeError, RecursionError):
            cut_off = "not a line of a node's record"
            continue
        answer = node.handle(line.event, line.now)
        events += 1
        if digest(answer) != line.digest:
            differences.append(Difference(number, line.now, line.event, line.actions, answer))
            if len(differences) == DIFFERENCES_MAX:
                break
    if node is None:
        raise InputError("the record is empty", right="Make one with --record FILE")
    return Replay(events, differences)


def digest(actions: list[Action]) -> str:
    """Return a digest of all that some actions say."""
    return hashlib.blake2b(_PACK([_told(action) for action in actions]), digest_size=12).hexdigest()


def _told(action: Action) -> object:
    """Return what a digest holds of an action: of the trace, the form that records have always had."""
    if not isinstance(action, Trace):
        return action
    record = action.record
    told = {"time": record.time, "node": record.node, "what": record.kind, "facts": record.event.facts()}
    return {"type": "Trace", "record": told}


def _head(text: str) -> _Head:
    try:
        head = _READ_HEAD(text)
    except (msgspec.DecodeError, RecursionError):
        why = "not the head of a node's record"
        raise InputError(why, where="line 1", right="Make one with --record FILE") from None
    if head.starlight_record != FORMAT:
        right = f"This version replays format {FORMAT}; replay it with the version that made it"
        raise InputError(f"a record of format {head.starlight_record}", where="line 1", right=right)
    return head


def _names(actions: list[Action]) -> list[str]:
    return [type(action).__name__ for action in actions]


_ENCODE = msgspec.json.Encoder().encode
_PACK = msgspec.msgpack.Encoder().encode
_READ_HEAD = msgspec.json.Decoder(_Head).decode
_READ_LINE = msgspec.json.Decoder(_Line).decode
