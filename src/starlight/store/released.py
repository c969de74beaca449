"""Segments that commits have released: the facts by which the next start may delete what a crash has left.

A segment file without a row that names it may hold nothing any more, or bodies that only a later index knows
of. So the commit that drops the last row also notes how long the file was, and the one that names it again
takes the note back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import apsw

from starlight.store.segments import Place

PREFIX = "released/"
"""So begin the names of these facts; the number of the segment follows."""


def note(connection: apsw.Connection, taken: Iterable[Place], emptied: Mapping[int, int]) -> None:
    """Note, in the transaction under way, which segments hold nothing any more.

    Args:
        connection: writes.
        taken: the places of the bodies that this transaction puts into segments.
        emptied: the sizes of the segments that it leaves without a body, by number.
    """
    named = {place.segment for place in taken}
    if named:
        connection.executemany("delete from facts where name = ?", [(f"{PREFIX}{each}",) for each in named])
    if emptied:
        connection.executemany(
            "insert or replace into facts(name, value) values(?, ?)",
            [(f"{PREFIX}{number}", size) for number, size in emptied.items()],
        )


def released(connection: apsw.Connection) -> dict[int, int]:
    """Return the sizes of the segments that commits have released, by number."""
    rows: Any = connection.execute("select name, value from facts where name glob ?", (f"{PREFIX}*",))
    numbers = [(name.removeprefix(PREFIX), size) for name, size in rows]
    return {int(text): size for text, size in numbers if text.isdecimal() and isinstance(size, int)}
