"""The rows of a store: batches of writes, each put into the database as one transaction.

Theory of operation. What one commit writes is first reduced to each key's last word (`Batch`), so that the
order of statements within the transaction is free. It is chosen so that a later statement may rely on an
earlier one: what is set aside was there before all that takes its place; what is forgotten goes before what
is stored, as a batch may forget a bundle and store it again; and only then can be told which rows that are
hidden have come again whole.
"""

from __future__ import annotations

from collections.abc import Mapping

import apsw

from starlight.mailboxes.records import INDEX, index_entry
from starlight.node.actions import Persist
from starlight.node.application import Erase
from starlight.store import quarantine
from starlight.store.batch import Batch
from starlight.store.record_rows import PUT_ENTRY, PUT_SAVE, entry_row
from starlight.store.released import note
from starlight.store.segments import Place

PRUNE_EVERY = 4_096  # forgotten bundles between two prunings, so that pruning stays out of most commits

_REMEMBER = "insert into seen(key, until) values(?, ?) on conflict(key) do update set until = excluded.until"
_PERSIST = (
    "insert into bundles(key, meta, body, segment, start, size, crc) values(?, ?, ?, ?, ?, ?, ?)"
    " on conflict(key) do update set meta = excluded.meta, body = excluded.body,"
    " segment = excluded.segment, start = excluded.start, size = excluded.size, crc = excluded.crc"
)
# It never falls: the next start moves its clock up to it, and may find a clock that was set back.
_NOW = (
    "insert into facts(name, value) values('mission time', ?)"
    " on conflict(name) do update set value = max(value, excluded.value)"
)


class Transactions:
    """Write batches into a database; used by the thread that commits.

    Args:
        writer: the connection that writes.
        remembered: how many identities of forgotten bundles are kept at most.

    Attributes:
        identities: how many are kept.
    """

    def __init__(self, writer: apsw.Connection, remembered: int) -> None:
        self._writer = writer
        self._remembered = remembered
        self._unpruned = 0
        self._hidden = quarantine.hidden_bundles(writer)
        self.identities = self._count_identities()

    def write(
        self, batch: Batch, places: Mapping[str, Place], emptied: Mapping[int, int], now: int | None
    ) -> None:
        """Write a batch, all or nothing.

        Args:
            batch: what to write.
            places: where bodies lie that are in no row.
            emptied: the sizes of the segments that it leaves without a body, by number.
            now: mission time in ns, kept as a fact, and by which old identities are forgotten.

        Raises:
            apsw.Error: the disk refused, or the database did.
        """
        with self._writer:
            for aside in batch.asides:
                if isinstance(aside, Erase):
                    erase(self._writer, aside)
                else:
                    quarantine.set_aside(self._writer, aside, now)
            self._write_bundles(batch, places)
            self._write_records(batch)
            replaced = (self._hidden | batch.hidden).intersection((*batch.persists, *batch.forgets))
            if replaced:  # It came again, whole.
                quarantine.let_go(self._writer, replaced)
            if now is not None:
                self._writer.execute(_NOW, (now,))
            note(self._writer, places.values(), emptied)
            self._prune(len(batch.forgets), now)
        self._hidden.update(batch.hidden)
        self._hidden.difference_update(batch.persists, batch.forgets)

    def move(self, places: Mapping[str, Place], emptied: Mapping[int, int]) -> None:
        """Write the new places of bodies, all or nothing.

        Args:
            places: by key.
            emptied: the sizes of the segments that this leaves without a body, by number.

        Raises:
            apsw.Error: the disk refused, or the database did.
        """
        with self._writer:
            self._writer.executemany(
                "update bundles set segment = ?, start = ?, size = ?, crc = ? where key = ?",
                [(p.segment, p.offset, p.size, p.crc, key) for key, p in places.items()],
            )
            note(self._writer, places.values(), emptied)

    def set_time_back(self, now: int) -> None:
        """Record a mission time that is before the last one, in ns."""
        self._writer.execute("update facts set value = ? where name = 'mission time'", (now,))

    def _write_bundles(self, batch: Batch, places: Mapping[str, Place]) -> None:
        many = self._writer.executemany
        if batch.forgets:
            many("delete from bundles where key = ?", [(key,) for key in batch.forgets])
            many(_REMEMBER, list(batch.forgets.items()))
        if batch.persists:
            many(_PERSIST, [_row(write, batch.updates, places) for write in batch.persists.values()])
        updates = [(meta, key) for key, meta in batch.updates.items() if key not in batch.persists]
        if updates:
            many("update bundles set meta = ? where key = ?", updates)

    def _write_records(self, batch: Batch) -> None:
        saves = [save for save in batch.saves.values() if not save.key.startswith(INDEX)]
        entries = [save for save in batch.saves.values() if save.key.startswith(INDEX)]
        if saves:
            self._writer.executemany(PUT_SAVE, [(save.mailbox, save.key, save.data) for save in saves])
        if entries:
            rows = [(save.mailbox, *entry_row(index_entry(save))) for save in entries]
            self._writer.executemany(PUT_ENTRY, rows)

    def _prune(self, forgotten: int, now: int | None) -> None:
        self._unpruned += forgotten
        if self._unpruned < min(PRUNE_EVERY, self._remembered) or now is None:
            return
        self._unpruned = 0
        self._writer.execute("delete from seen where until < ?", (now,))
        self.identities = self._count_identities()
        if self.identities > self._remembered:
            # Those that would be forgotten first anyway are the least likely to come once more.
            self._writer.execute(
                "delete from seen where key in (select key from seen order by until limit ?)",
                (self.identities - self._remembered,),
            )
            self.identities = self._remembered

    def _count_identities(self) -> int:
        return number(self._writer, "select count(*) from seen")


def erase(connection: apsw.Connection, record: Erase) -> None:
    """Delete a record, in the transaction that is under way; also what is in quarantine under its key."""
    at = (record.mailbox, record.key)
    if record.key.startswith(INDEX):
        entry = (record.mailbox, record.key.removeprefix(INDEX))
        connection.execute("delete from letters where mailbox = ? and id = ?", entry)
    else:
        connection.execute("delete from saves where mailbox = ? and key = ?", at)
    connection.execute("delete from quarantine where mailbox = ? and key = ?", at)


def number(connection: apsw.Connection, query: str) -> int:
    """Return the one number that a query finds."""
    (found,) = next(connection.execute(query))
    return int(found)


def _row(write: Persist, updates: Mapping[str, bytes], places: Mapping[str, Place]) -> tuple[object, ...]:
    meta = updates.get(write.key, write.meta)
    place = places.get(write.key)
    if place is None:
        return (write.key, meta, write.data, None, None, len(write.data), None)
    return (write.key, meta, None, place.segment, place.offset, place.size, place.crc)
