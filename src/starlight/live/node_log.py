"""The log of a running node: what its links and bundles do, for whoever looks after it.

It is made of the records of the trace that an operator wants to see, and of what goes wrong in the program.
Some of them are caused by strangers, for nothing; so lines of a kind, of one peer, are written ten at once
and then one a minute, which says how many were left out, and a file ends at a size and is begun anew. No peer
can fill a disk with them. Of everything that happens some hundred lines a second are written at most.
"""

from __future__ import annotations

import json
import logging
import logging.handlers
import os
import sys
import time
from collections.abc import Callable
from enum import StrEnum
from io import TextIOWrapper
from typing import Annotated, TextIO

import msgspec

from starlight import dtntime
from starlight.errors import InputError
from starlight.messages.trace_events import (
    CorrespondentTrouble,
    MessageRefused,
    ReceiptRefused,
    ReceiptRejected,
    TelemetryRejected,
)
from starlight.neighbours.trace_events import (
    LinkLost,
    LinkMessageRejected,
    LinkRefused,
    LinkRose,
    NamelessLinkEnded,
    PeerUnreached,
)
from starlight.node.trace_events import (
    BundleDeclined,
    BundleDeleted,
    BundleExpired,
    BundleFailed,
    BundleKeptOut,
    BundleMisdated,
    BundleRefused,
    BundleUnclaimed,
    BundleUnreadable,
    ClockAgrees,
    ClockDiffers,
    ExpiryPaused,
    OwnClockDoubted,
    OwnClockSettled,
    PlanAdopted,
    RecordSetAside,
)
from starlight.services.trace_events import (
    AmendmentMade,
    AmendmentRefused,
    AmendmentTaken,
    FactAgrees,
    FactDiffers,
    FactsRefused,
    FactTaken,
)
from starlight.trace import Record, TraceEvent

BURST = 10
"""Lines of a kind, of one peer, that are written at once."""
PAUSE_S = 60.0
"""Then one of them in so many seconds of the wall."""
DEBUG_BURST, DEBUG_PER_S = 2_000.0, 200.0
"""Lines of everything that happens: so many at once, then so many a second of the wall. A peer can make as
much happen as its link carries, and standard error has no end."""
LINE_MAX = 4_000
"""Characters of a line; the rest of it is cut off."""
VALUE_MAX, ITEMS_MAX = 1_000, 20
"""Characters of a value, and how many of a list: a line of JSON stays JSON, and nobody can make one dear."""
TRACE_MAX = 8_000
"""Characters of a traceback, the last of which say most."""

_WARNINGS = (
    LinkRefused,
    LinkMessageRejected,
    PeerUnreached,
    ClockDiffers,
    ClockAgrees,
    OwnClockDoubted,
    OwnClockSettled,
    ExpiryPaused,
    BundleMisdated,
    BundleKeptOut,
    BundleRefused,
    BundleUnreadable,
    RecordSetAside,
    AmendmentRefused,
    FactsRefused,
    FactDiffers,
    FactAgrees,
    MessageRefused,
    ReceiptRefused,
    ReceiptRejected,
    TelemetryRejected,
    CorrespondentTrouble,
)
_NEWS = (
    LinkRose,
    LinkLost,
    NamelessLinkEnded,
    BundleDeclined,
    BundleDeleted,
    BundleExpired,
    BundleFailed,
    BundleUnclaimed,
    PlanAdopted,
    AmendmentMade,
    AmendmentTaken,
    FactTaken,
)


class LogLevel(StrEnum):
    """From which level on lines are written."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"
    DEBUG = "debug"


class LogForm(StrEnum):
    """The form of a line."""

    TEXT = "text"
    JSON = "json"


class LogConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The log of a node, as its file has it.

    Attributes:
        level: ``error``: what broke; ``warning``: who was refused, and what; ``info``: links and the plan
            too; ``debug``: everything that is traced.
        file: to which is appended; empty: standard error.
        format: of a line.
        file_mb: the size at which a file is set aside and another begun, in 10**6 bytes.
        files: how many that were set aside are kept.
    """

    level: LogLevel = LogLevel.INFO
    file: str = ""
    format: LogForm = LogForm.TEXT
    file_mb: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 10
    files: Annotated[int, msgspec.Meta(ge=1, le=100)] = 4


class NodeLog:
    """The log of a node, open from `open` to `close`.

    Args:
        config: where it goes, and what of it.
        now: returns mission time in ns.
        wall_s: returns monotonic time in s.
    """

    def __init__(
        self, config: LogConfig, now: Callable[[], int], wall_s: Callable[[], float] = time.monotonic
    ) -> None:
        self._config = config
        self._now = now
        self._level = logging.getLevelNamesMapping()[config.level.value.upper()]
        self._crowd = _Crowd(BURST, 1 / PAUSE_S, wall_s)
        self._all = _Crowd(DEBUG_BURST, DEBUG_PER_S, wall_s)
        self._program = _Crowd(BURST, 1 / PAUSE_S, wall_s)
        self._handler: logging.Handler | None = None

    def open(self) -> None:
        """Take what the program logs, from now on.

        Raises:
            InputError: the file can't be written.
        """
        config = self._config
        handler: logging.Handler
        if config.file:
            try:
                handler = _BoundedFile(config)
            except OSError as error:
                right = "Give a file in a folder that is there"
                where = f"log.file = {config.file!r}"
                raise InputError(f"can't be written ({error.strerror})", where=where, right=right) from None
        else:
            handler = _StandardError(sys.stderr)
        handler.setFormatter(_Lines(config.format, self._now))
        handler.addFilter(self._is_wanted)
        self._handler = handler
        _PROGRAM.addHandler(handler)
        _PROGRAM.setLevel(self._level)
        _LOOP.addHandler(handler)

    def close(self) -> None:
        """Take nothing any more."""
        if self._handler is not None:
            _PROGRAM.removeHandler(self._handler)
            _PROGRAM.setLevel(logging.NOTSET)
            _LOOP.removeHandler(self._handler)
            self._handler.close()
            self._handler = None

    def add(self, record: Record) -> None:
        """Write a record of the trace, if it is wanted and there are not too many of its kind."""
        level = level_of(record.event)
        if level < self._level:
            return
        peer = getattr(record.event, "peer", None)
        # A name that a stranger gave is no key: there is no end of them.
        who = peer if isinstance(peer, int) else None
        many = level == logging.DEBUG
        left_out = self._all.count("debug", None) if many else self._crowd.count(record.kind, who)
        if left_out is not None:
            _EVENTS.log(level, "", extra={"told": record, "left_out": left_out})

    def _is_wanted(self, record: logging.LogRecord) -> bool:
        """Return whether a line is written: of what the program itself says, only some of one place in it."""
        if hasattr(record, "told"):
            return True
        # A defect that a peer found is said at each of its bundles, traceback and all.
        left_out = self._program.count(f"{record.name}:{record.lineno}", None)
        record.left_out = left_out
        return left_out is not None


def level_of(event: TraceEvent) -> int:
    """Return the level of what is traced, as `logging` has it."""
    if isinstance(event, _WARNINGS) or (isinstance(event, NamelessLinkEnded) and event.called is not None):
        return logging.WARNING
    return logging.INFO if isinstance(event, _NEWS) else logging.DEBUG


_PROGRAM = logging.getLogger("starlight")
_EVENTS = logging.getLogger("starlight.events")
_LOOP = logging.getLogger("asyncio")


class _Crowd:
    """Counts lines by kind and peer, and lets through a burst and then one in a while.

    Args:
        burst: how many at once.
        per_s: how many a second of the wall after that.
        wall_s: returns monotonic time in s.
    """

    def __init__(self, burst: float, per_s: float, wall_s: Callable[[], float]) -> None:
        self._burst = burst
        self._per_s = per_s
        self._wall_s = wall_s
        # Of each: how many may still be written at once, since when, and how many were left out.
        self._known: dict[tuple[str, int | None], tuple[float, float, int]] = {}

    def count(self, kind: str, peer: int | None) -> int | None:
        """Return how many were left out before this one; None where this one is left out too."""
        now = self._wall_s()
        free, since, left_out = self._known.get((kind, peer), (self._burst, now, 0))
        free = min(free + (now - since) * self._per_s, self._burst)
        if free < 1:
            self._known[kind, peer] = free, now, left_out + 1
            return None
        self._known[kind, peer] = free - 1, now, 0
        return left_out


class _Lines(logging.Formatter):
    """Makes a line of a record: of the trace's by their fields, of others with their words."""

    def __init__(self, form: LogForm, now: Callable[[], int]) -> None:
        super().__init__()
        self._form = form
        self._now = now

    def format(self, record: logging.LogRecord) -> str:
        told: Record | None = getattr(record, "told", None)
        fields: dict[str, object] = {
            "time": dtntime.to_text(told.time if told else self._now(), 3),
            "level": record.levelname.lower(),
        }
        if told:
            facts = {key: value for key, value in told.event.facts().items() if value not in (None, "")}
            fields |= {"node": told.node, "what": told.kind, **facts}
        else:
            fields |= {"what": record.name, "text": record.getMessage()}
        if left_out := getattr(record, "left_out", 0):
            fields["left_out"] = left_out
        trouble = self.formatException(record.exc_info)[-TRACE_MAX:] if record.exc_info else ""
        fields = {key: _bounded(value) for key, value in fields.items()}
        if self._form is LogForm.JSON:
            fields |= {"wall": dtntime.to_text(dtntime.from_posix(record.created), 3)}
            return json.dumps(fields | ({"traceback": trouble} if trouble else {}))
        head = " ".join(str(fields.pop(key)) for key in ("time", "level", "what"))
        fields.pop("node", None)
        tail = "".join(f" {key}={_shown(value)}" for key, value in fields.items())
        lines = [(head + tail)[:LINE_MAX], *map(_harmless, trouble.splitlines())]
        return "\n".join(lines)


def _bounded(value: object) -> object:
    """Return a value for a line: what is too long is cut, and ends with a sign for that."""
    if isinstance(value, str):
        return value if len(value) <= VALUE_MAX else value[:VALUE_MAX] + "…"
    if isinstance(value, list | tuple):
        cut = [_bounded(each) for each in value[:ITEMS_MAX]]
        return cut if len(value) <= ITEMS_MAX else [*cut, "…"]
    return value


def _shown(value: object) -> str:
    """Return a value for a line of text, in which nothing moves the cursor of a terminal, or adds a line."""
    if isinstance(value, str) and value.isascii() and value.isprintable() and not set(' "=') & set(value):
        return value
    return _harmless(json.dumps(value, ensure_ascii=False))


def _harmless(text: str) -> str:
    return "".join(each if each.isprintable() else f"\\u{ord(each):04x}" for each in text)


class _StandardError(logging.StreamHandler[TextIO]):
    """Writes to standard error, as long as somebody takes it."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 (a name of `logging`)
        pass  # There is nowhere left to say it.


class _BoundedFile(logging.handlers.RotatingFileHandler):
    """Appends to a file up to a size, and keeps some that are full; for its owner's eyes only."""

    def __init__(self, config: LogConfig) -> None:
        self._refused = False
        super().__init__(
            config.file, maxBytes=config.file_mb * 1_000_000, backupCount=config.files, encoding="utf-8"
        )

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 (a name of `logging`)
        # A full disk takes the log's lines, not the node; and it may have room again.
        if not self._refused:
            self._refused = True
            sys.stderr.write(f"{self.baseFilename} can't be written: {sys.exc_info()[1]}\n")

    def _open(self) -> TextIOWrapper:
        opened = open(self.baseFilename, "a", encoding="utf-8", opener=_private)  # noqa: SIM115 (until `close`)
        assert isinstance(opened, TextIOWrapper)
        return opened


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
