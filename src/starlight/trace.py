"""One record type for everything that happened: when, where, what."""

from __future__ import annotations

import msgspec

from starlight import dtntime


class Record(msgspec.Struct, frozen=True):
    """Something that happened at a node.

    Attributes:
        time: nanoseconds since 2000-01-01T00:00:00Z.
        node: the number of the node.
        what: the kind, a dotted noun and verb such as ``bundle.received`` or ``letter.arrived``.
        facts: what else is known: strings, integers, floats, booleans, lists of them.
    """

    time: int
    node: int
    what: str
    facts: dict[str, object] = {}

    def line(self) -> str:
        """Return the record as one line of JSON, keys in a fixed order."""
        head = {"time": dtntime.to_text(self.time, 9), "node": self.node, "what": self.what}
        return msgspec.json.encode(head | dict(sorted(self.facts.items()))).decode()
