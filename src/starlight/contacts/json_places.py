"""Lines of places in a JSON document, for errors; a decoder tells values, but not where they stood."""

from __future__ import annotations

import re
from collections.abc import Collection

Way = tuple[str | int, ...]

_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|[{}\[\],:\n]|[^\s{}\[\],:"]+')


def lines_of(data: bytes, wanted: Collection[Way]) -> dict[Way, int]:
    """Return the lines, from 1 on, on which the values at the end of these ways begin.

    Args:
        data: JSON that a decoder has accepted.
        wanted: ways of keys and places from the root, such as ``("contacts", 202)``.
    """
    rest = set(wanted)
    found: dict[Way, int] = {}
    way: list[str | int] = []
    in_object: list[bool] = []
    line, text = 1, b""
    for token in _TOKEN.finditer(data):
        mark = token[0]
        if mark == b"\n":
            line += 1
        elif mark in (b"}", b"]"):
            in_object.pop()
            way.pop()
        elif mark == b":":
            way[-1] = text.decode("utf-8", "replace")
        elif mark == b",":
            if not in_object[-1]:
                way[-1] = int(way[-1]) + 1
        else:
            # A key is taken for a value of the key before it, whose line is known by then.
            here = tuple(way)
            if here in rest:
                found[here] = line
                rest.discard(here)
                if not rest:
                    break
            if mark in (b"{", b"["):
                in_object.append(mark == b"{")
                way.append("" if mark == b"{" else 0)
            else:
                text = mark[1:-1]
    return found
