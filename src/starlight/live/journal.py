"""Files of lines beside the store: a node's trace and its record, which no commit waits for."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable

from starlight.engine.record import Recorder
from starlight.errors import InputError
from starlight.messages.trace_events import CorrespondentTrouble
from starlight.node.actions import Action
from starlight.node.config import NodeConfig
from starlight.node.events import Event
from starlight.trace import Record

_LOG = logging.getLogger(__name__)


class Journal:
    """A file of lines; when the disk refuses it is given up, loudly, and the node goes on.

    Args:
        path: the file.
        mode: ``a`` to append to it, ``w`` to begin it anew.

    Raises:
        InputError: it can't be opened.
    """

    def __init__(self, path: str, mode: str) -> None:
        self._path = path
        try:
            self._file = open(path, mode, encoding="utf-8")  # noqa: SIM115 (until `close`)
        except OSError as error:
            raise InputError(f"{path} can't be written: {error.strerror}", where="node") from None

    def write(self, line: str) -> None:
        """Add a line; it is in the file after `flush`."""
        self._try(self._file.write, line + "\n")

    def flush(self) -> None:
        """Hand the lines to the system."""
        self._try(self._file.flush)

    def close(self) -> None:
        """Hand the lines to the system and close the file."""
        self._try(self._file.close)

    def _try(self, what: Callable[..., object], *arguments: str) -> None:
        if self._file.closed:
            return
        try:
            what(*arguments)
        except OSError as error:
            # These files are for looking at; a node whose letters are safe goes on without them.
            _LOG.error("%s ends here: %s", self._path, error.strerror)
            with contextlib.suppress(OSError):
                self._file.close()


class TraceLog:
    """The trace of a running node, in a file where one is wanted, and in its log.

    Args:
        path: the file, to which is appended; None for none.
        log: takes each record; None for none.
    """

    def __init__(self, path: str | None, log: Callable[[Record], None] | None) -> None:
        self._path = path
        self._log = log
        self._file: Journal | None = None

    def open(self) -> None:
        """Open the file.

        Raises:
            InputError: it can't be written.
        """
        if self._path:
            self._file = Journal(self._path, "a")

    def add(self, record: Record) -> None:
        """Add a record; without a log, what goes wrong with a correspondent still reaches its author."""
        if self._log:
            self._log(record)
        elif isinstance(record.event, CorrespondentTrouble):
            _LOG.warning("node %d: %s", record.node, record.line())
        if self._file:
            self._file.write(record.line())

    def flush(self) -> None:
        """Hand the lines to the system."""
        if self._file:
            self._file.flush()

    def close(self) -> None:
        """Close the file."""
        if self._file:
            self._file.close()


class RunRecord:
    """The record of a run, from which it can be replayed: every event, and a digest of its answer.

    Args:
        config: the node's, as it runs.
        path: the file, which is begun anew: a record holds one run; None for none.
    """

    def __init__(self, config: NodeConfig, path: str | None) -> None:
        self._config = config
        self._path = path
        self._file: Journal | None = None
        self._recorder: Recorder | None = None

    def open(self) -> None:
        """Open the file and write its head.

        Raises:
            InputError: it can't be written.
        """
        if self._path:
            self._file = Journal(self._path, "w")
            self._recorder = Recorder(self._config, self._file.write)

    def add(self, now: int, event: Event, answer: list[Action]) -> None:
        """Add what the engine answered to an event at a mission time, in ns."""
        if self._recorder:
            self._recorder(now, event, answer)

    def flush(self) -> None:
        """Hand the lines to the system."""
        if self._file:
            self._file.flush()

    def close(self) -> None:
        """Close the file."""
        if self._file:
            self._file.close()
