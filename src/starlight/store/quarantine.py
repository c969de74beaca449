"""The quarantine of a database: records that can't be read, apart from all others, with why and when.

Theory of operation. What is damaged, of a newer Starlight or of no known kind costs itself alone: its row
moves here, and everything else goes on as if it were not there. Whoever reads a record notices that it
can't be read, and asks for that (`SetAside`); the rest is found at the opening (`mended`), in one
transaction: keys that nobody knows, index entries without a letter, letters without an entry, columns that
are not what they should be. There too whatever can be read by now comes back, as after an upgrade. Nothing
here is ever deleted for being old.

A bundle whose record can't be read keeps its place, as its body lies there; its row here only hides it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import apsw
import msgspec

from starlight.mailboxes.decoded import readable
from starlight.mailboxes.records import INDEX, KINDS, UNKNOWN, index_entry
from starlight.mailboxes.reindex import index_of
from starlight.node import stored
from starlight.node.application import Save, SetAside
from starlight.node.store import BUNDLE
from starlight.store.contract import Quarantined
from starlight.store.record_rows import ENTRY_COLUMNS, PUT_ENTRY, PUT_SAVE, entry_row
from starlight.store.stored_records import StoredRecords

TABLE = """
create table quarantine(
  position integer primary key, mailbox text not null, key text not null, data blob not null,
  why text not null, at integer);
"""
"""Since version 3."""

BUNDLE_WHOLE = (
    "typeof(meta) = 'blob' and (typeof(segment) = 'null' or typeof(segment) = 'integer'"
    " and typeof(start) = 'integer' and typeof(size) = 'integer' and typeof(crc) = 'integer' and start >= 0)"
)
"""The condition of a row of a bundle whose columns are of their types."""

_SEEN, _FACT = "seen/", "fact/"
_INSERT = "insert into quarantine(mailbox, key, data, why, at) "
_ADDRESS = "instr(saves.mailbox, ':') > 0"  # the node's other applications keep theirs by name


def set_aside(connection: apsw.Connection, aside: SetAside, at: int | None) -> None:
    """Move a record into the quarantine, in the transaction that is under way; what is not there stays so.

    Args:
        connection: writes.
        aside: which record, and why.
        at: mission time in ns, if it is known.
    """
    mailbox, key, why = aside.mailbox, aside.key, aside.why
    if not mailbox and key.startswith(BUNDLE):
        bundle = key.removeprefix(BUNDLE)
        select = "select '', ?, ifnull(cast(meta as blob), x''), ?, ? from bundles where key = ?"
        connection.execute(_INSERT + select, (key, why, at, bundle))
    elif not mailbox and key.startswith((_SEEN, _FACT)):
        table, name, value = ("seen", "key", "until") if key.startswith(_SEEN) else ("facts", "name", "value")
        where = key.partition("/")[2]
        select = f"select '', ?, cast({value} as blob), ?, ? from {table} where {name} = ?"
        connection.execute(_INSERT + select, (key, why, at, where))
        connection.execute(f"delete from {table} where {name} = ?", (where,))
    elif key.startswith(INDEX):
        entry = (mailbox, key.removeprefix(INDEX))
        query = f"select {ENTRY_COLUMNS} from letters where mailbox = ? and id = ?"
        for row in connection.execute(query, entry).fetchall():
            connection.execute(
                _INSERT + "values(?, ?, ?, ?, ?)", (mailbox, key, msgspec.msgpack.encode(row), why, at)
            )
        connection.execute("delete from letters where mailbox = ? and id = ?", entry)
    else:
        select = "select mailbox, key, cast(data as blob), ?, ? from saves where mailbox = ? and key = ?"
        connection.execute(_INSERT + select, (why, at, mailbox, key))
        connection.execute("delete from saves where mailbox = ? and key = ?", (mailbox, key))


def quarantined(connection: apsw.Connection) -> list[Quarantined]:
    """Return what is in the quarantine, in the order in which it came there."""
    rows = connection.execute("select mailbox, key, data, why, at from quarantine order by position")
    return [Quarantined(mailbox, key, bytes(data), why, at) for mailbox, key, data, why, at in rows]


def hidden_bundles(connection: apsw.Connection) -> set[str]:
    """Return the keys of the bundles whose records are in the quarantine."""
    rows = connection.execute("select key from quarantine where mailbox = ''")
    return {key.removeprefix(BUNDLE) for (key,) in rows if key.startswith(BUNDLE)}


def let_go(connection: apsw.Connection, bundles: Iterable[str]) -> None:
    """Drop the records of bundles that were stored anew, or are gone; in the transaction under way."""
    rows = [(BUNDLE + key,) for key in bundles]
    connection.executemany("delete from quarantine where mailbox = '' and key = ?", rows)


def mended(connection: apsw.Connection, at: int | None) -> list[SetAside]:
    """Take back what can be read again, and set aside what fits nowhere; in the transaction under way.

    Args:
        connection: writes.
        at: mission time in ns, if it is known.

    Returns:
        What was set aside.
    """
    _take_back(connection)
    found = [*_misfits(connection)]
    for aside in found:
        set_aside(connection, aside, at)
    records = StoredRecords(connection, "the database")
    unindexed = (
        Save(mailbox, key, bytes(data))
        for mailbox, key, data in _rows(
            connection,
            f"select mailbox, key, cast(data as blob) from saves where {_ADDRESS}"
            " and key >= 'letter/' and key < 'letter0' and not exists(select 1 from letters"
            " where letters.mailbox = saves.mailbox and id = substr(key, 8)) order by position",
        )
    )
    for change in index_of(unindexed, records):
        if isinstance(change, SetAside):
            found.append(change)
            set_aside(connection, change, at)
        elif change.key.startswith(INDEX):
            connection.execute(PUT_ENTRY, (change.mailbox, *entry_row(index_entry(change))))
        else:
            connection.execute(PUT_SAVE, (change.mailbox, change.key, change.data))
    return found


def _misfits(connection: apsw.Connection) -> Iterator[SetAside]:
    """Give what no reader would come upon, or not without ending what it does."""
    known = " or ".join(f"key = '{kind}' or key glob '{kind}/*'" for kind in sorted(KINDS))
    query = f"select mailbox, key from saves where {_ADDRESS} and not ({known})"
    for mailbox, key in _rows(connection, query):
        yield SetAside(mailbox, key, UNKNOWN)
    lost = (
        "select mailbox, id from letters where instr(mailbox, ':') > 0 and not exists(select 1 from saves"
        " where saves.mailbox = letters.mailbox and saves.key = 'letter/' || letters.id)"
    )
    for mailbox, id in _rows(connection, lost):
        yield SetAside(mailbox, INDEX + id, "its letter is not there")
    hidden = hidden_bundles(connection)
    for (key,) in _rows(connection, f"select key from bundles where not ({BUNDLE_WHOLE})"):
        if key not in hidden:
            yield SetAside("", f"{BUNDLE}{key}", "a column of its row is of another type")
    for (key,) in _rows(connection, "select key from seen where typeof(until) <> 'integer'"):
        yield SetAside("", f"{_SEEN}{key}", "no time")
    for (name,) in _rows(connection, "select name from facts where typeof(value) <> 'integer'"):
        yield SetAside("", f"{_FACT}{name}", "no number")


def _take_back(connection: apsw.Connection) -> None:
    """Put back what can be read by now, letters before what is known of them."""
    order = "key >= 'letter/' and key < 'letter0' desc, position"
    query = f"select position, mailbox, key, data from quarantine order by {order}"
    for position, mailbox, key, data in _rows(connection, query):
        if not mailbox:
            back = _bundle_readable(connection, key, bytes(data))
        else:
            back = not key.startswith(INDEX) and _put_back(connection, mailbox, key, bytes(data))
        if back:
            connection.execute("delete from quarantine where position = ?", (position,))
            if key.startswith("letter/"):  # Its index entry is made anew.
                entry = INDEX + key.removeprefix("letter/")
                connection.execute("delete from quarantine where mailbox = ? and key = ?", (mailbox, entry))


def _put_back(connection: apsw.Connection, mailbox: str, key: str, data: bytes) -> bool:
    kind, _, id = key.partition("/")
    taken = _there(connection, mailbox, key)
    homeless = kind in ("sent", "received") and not _there(connection, mailbox, f"letter/{id}")
    # What was saved since under the same key is newer, and stays.
    if taken or homeless or not readable(key, data):
        return False
    connection.execute(PUT_SAVE, (mailbox, key, data))
    if kind in ("sent", "received"):
        # Its letter has an entry without the marks that follow from this; it is made anew.
        connection.execute("delete from letters where mailbox = ? and id = ?", (mailbox, id))
    return True


def _there(connection: apsw.Connection, mailbox: str, key: str) -> bool:
    query = "select 1 from saves where mailbox = ? and key = ?"
    return connection.execute(query, (mailbox, key)).fetchone() is not None


def _bundle_readable(connection: apsw.Connection, key: str, data: bytes) -> bool:
    bundle = key.removeprefix(BUNDLE)
    query = f"select 1 from bundles where key = ? and {BUNDLE_WHOLE}"
    there = key.startswith(BUNDLE) and connection.execute(query, (bundle,)).fetchone() is not None
    return there and stored.readable(bundle, data)


def _rows(connection: apsw.Connection, query: str) -> list[tuple[Any, ...]]:
    return connection.execute(query).fetchall()
