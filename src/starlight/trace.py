"""The trace: everything that happened, when, where, as typed events; on disk as JSON lines.

Each room declares what happens in it, in a module `trace_events`, as subclasses of `TraceEvent`: the ground
knows no bundle and no letter, and who reads (checkers, reports, the story of a rehearsal) imports the
few kinds that it looks for and matches on them. The tag of a class is what its lines have always been
called, a dotted noun and verb; so a class may get a better name, and old files stay readable.

A trace is for checkers, reports and logs. Nothing that people see or that travels depends on it.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

import msgspec

from starlight import dtntime
from starlight.errors import InputError
from starlight.visible_text import visible_json


class TraceEvent(msgspec.Struct, frozen=True, gc=False, tag_field="what", tag="nothing"):
    """Something that can happen; a subclass for each kind, with its tag. Times are ns since 2000-01-01."""

    @property
    def kind(self) -> str:
        """The name of the kind in a file, such as ``bundle.received`` or ``letter.arrived``."""
        return str(self.__struct_config__.tag)

    def facts(self) -> dict[str, object]:
        """Return the fields by their names in a file, in the order of declaration."""
        fields: dict[str, object] = msgspec.to_builtins(self)
        del fields["what"]
        return fields


class Record(msgspec.Struct, frozen=True, gc=False):
    """Something that happened at a node.

    Attributes:
        time: nanoseconds since 2000-01-01T00:00:00Z.
        node: the number of the node.
        event: what it was.
    """

    time: int
    node: int
    event: TraceEvent

    @property
    def kind(self) -> str:
        """The name of the event's kind in a file."""
        return self.event.kind

    def line(self) -> str:
        """Return the record as one line of JSON, keys in a fixed order."""
        # The head first, then by name: whoever reads a file looks for these three, in every line.
        event = self.event
        kind, fields = _layout(type(event))
        told: dict[str, object] = {"time": dtntime.to_text(self.time, 9), "node": self.node, "what": kind}
        for name, field in fields:
            told[name] = getattr(event, field)
        # Files of lines are looked at on terminals, and much of what they tell came from peers.
        return visible_json(msgspec.json.encode(told).decode())


@cache
def _layout(kind: type[TraceEvent]) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Return the name of a kind in a file, and its fields by theirs: found once, not for each line."""
    names = zip(kind.__struct_encode_fields__, kind.__struct_fields__, strict=True)
    return str(kind.__struct_config__.tag), tuple(sorted(names))


def read_line(line: str | bytes, kinds: Iterable[type[TraceEvent]]) -> Record:
    """Return the record that a line of JSON holds.

    Args:
        line: as `Record.line` writes it.
        kinds: which kinds may come, such as `EVENTS` of a room's `trace_events`.

    Raises:
        InputError: it is no such line, or of another kind.
    """
    try:
        fields = msgspec.json.decode(line, type=dict[str, object])
        head = msgspec.convert(fields, _Head)
        time = dtntime.from_text(head.time)
    except (msgspec.DecodeError, ValueError, RecursionError):
        right = "A line is an object with the keys time, node, what and those of its kind"
        raise InputError("not a line of a trace", right=right) from None
    for kind in kinds:
        if kind.__struct_config__.tag == head.what:
            break
    else:
        raise InputError(f"{head.what!r} is no kind of event that is known here", where="what")
    try:
        return Record(time, head.node, msgspec.convert(fields, kind))
    except msgspec.ValidationError:
        names = ", ".join(kind.__struct_encode_fields__)
        raise InputError(f"not what {head.what} says", right=f"It has the keys {names}") from None


class _Head(msgspec.Struct, frozen=True):
    time: str
    node: int
    what: str
