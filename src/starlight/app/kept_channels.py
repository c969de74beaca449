"""The channels of a demo's plan, kept in its folder: making them takes seconds of a processor at each start.

The file says what they were made from: the scenario, the code that plans, the days. What does not fit, or is
not what was written, is made anew; nothing else depends on it.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable
from pathlib import Path

import msgspec

import starlight
from starlight.app.access import write_private
from starlight.errors import StoreError
from starlight.planner.planner import PlannedChannel
from starlight.scenario.scenario import Scenario

DIGEST_BYTES = 32
PLANNING = ("contacts", "planner", "radio", "scenario", "sky")
"""The rooms that a plan follows from."""


class Channels(msgspec.Struct, frozen=True):
    """Channels between two times, in ns."""

    start: int
    end: int
    channels: list[PlannedChannel]


class _File(msgspec.Struct, frozen=True):
    """The content of the file, after the digest of it.

    Attributes:
        made_from: the digest of all that channels follow from, besides the days.
        made: what was made of it.
    """

    made_from: bytes
    made: Channels


class KeptChannels:
    """The file that keeps channels.

    Args:
        path: where it is, or will be.
        scenario: what they are planned from.
    """

    def __init__(self, path: Path, scenario: Scenario) -> None:
        self._path = path
        self._made_from = _digest(_code(), msgspec.msgpack.encode(scenario))

    def get(self, start: int, end: int, make: Callable[[], Channels]) -> Channels:
        """Return channels that cover a span at least, in ns; if none are kept, make them and keep those."""
        kept = self._read()
        if kept is not None and kept.start <= start and end <= kept.end:
            return kept
        made = make()
        content = msgspec.msgpack.encode(_File(self._made_from, made))
        # Without room for it the next start takes longer, and that is all.
        with contextlib.suppress(StoreError):
            write_private(self._path, _digest(content) + content)
        return made

    def _read(self) -> Channels | None:
        """Return what is kept; None where that is nothing, damaged, or made from something else."""
        try:
            data = self._path.read_bytes()
        except OSError:
            return None
        content = data[DIGEST_BYTES:]
        if data[:DIGEST_BYTES] != _digest(content):
            return None
        try:
            kept = msgspec.msgpack.decode(content, type=_File)
        except msgspec.DecodeError:  # Another version wrote it, whole.
            return None
        return kept.made if kept.made_from == self._made_from else None


def _code() -> bytes:
    """Return the digest of the modules and tables that plan, which change within a version as well."""
    here = Path(starlight.__file__).parent
    files = [path for room in PLANNING for path in sorted((here / room).rglob("*")) if path.is_file()]
    return _digest(*(path.read_bytes() for path in files if path.suffix != ".pyc"))


def _digest(*parts: bytes) -> bytes:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.digest()
