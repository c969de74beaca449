"""A look into the file of a store that changes nothing in it, whether a node runs on it or not.

The write-ahead log lets a reader see what was committed when it began, and no writer waits for it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import apsw
import msgspec

from starlight.errors import InputError, StoreError
from starlight.json_time import Time
from starlight.mailboxes import stored_format
from starlight.node.stored import unpack
from starlight.store import database, quarantine
from starlight.store.contract import Quarantined
from starlight.store.database import FILE
from starlight.store.lost_index import STORE, check_index


class ListedBundle(msgspec.Struct, frozen=True):
    """A bundle in a store; what its record tells is None where that can't be read."""

    key: str
    bytes: int
    source: str | None = None
    destination: str | None = None
    priority: int | None = None
    expires: Time | None = None


class ListedMailbox(msgspec.Struct, frozen=True):
    """A mailbox in a store, or what another application of the node keeps under its name."""

    name: str
    person: str | None
    open: bool
    letters: int
    unread: int
    records: int


class StoreListing(msgspec.Struct, frozen=True):
    """The content of a store.

    Attributes:
        path: of its folder.
        bundles: in the order in which they came.
        mailboxes: by name.
        quarantined: in the order in which they were set aside; then the messages that mailboxes refused.
    """

    path: str
    bundles: list[ListedBundle]
    mailboxes: list[ListedMailbox]
    quarantined: list[Quarantined]


def stores_in(folder: Path) -> list[Path]:
    """Return the folders of the stores in a data folder: of a node, or of each node of a demo.

    Raises:
        InputError: there is none.
        StoreError: there is one without its index.
    """
    for path in (folder, folder / STORE, *sorted(folder.glob(f"*/{STORE}"))):
        check_index(path)
    found = [path.parent for path in (folder / FILE, folder / STORE / FILE) if path.is_file()]
    found += [path.parent for path in sorted(folder.glob(f"*/{STORE}/{FILE}"))]
    if not found:
        right = "Give the data folder of a `starlight node` or a `starlight demo`"
        raise InputError("holds no store", where=str(folder), right=right)
    return found


def listing(folder: Path) -> StoreListing:
    """Return what is in the store of a folder.

    Raises:
        StoreError: it is none of ours, is a newer Starlight's, or can't be read.
    """
    path = folder / FILE
    try:
        database.check(path)
        # One transaction, so that all of it is of one moment.
        with contextlib.closing(database.read_only(path)) as connection, connection:
            version = connection.pragma("user_version")
            bundles = [*_bundles(connection)]
            mailboxes = [*_mailboxes(connection, indexed=version > 1)]
            aside = quarantine.quarantined(connection) if version > 2 else []
            aside += _refused(connection)
    except apsw.Error as error:
        raise StoreError(f"{path} can't be read: {error}") from error
    return StoreListing(str(folder), bundles, mailboxes, aside)


def _bundles(connection: apsw.Connection) -> Iterator[ListedBundle]:
    rows: Any = connection.execute("select key, size, meta from bundles order by position")
    for key, size, data in rows:
        try:
            meta = unpack(key, data)
        except (StoreError, TypeError):
            yield ListedBundle(str(key), size)
        else:
            yield ListedBundle(key, size, meta.source, meta.destination, meta.priority, meta.expires)


def _refused(connection: apsw.Connection) -> Iterator[Quarantined]:
    """Give the messages that mailboxes did not take, which are records that can be read."""
    query = "select mailbox, key, data from saves where key glob 'refused/*' order by mailbox, position"
    rows: Any = connection.execute(query)
    for mailbox, key, data in rows:
        try:
            refused = stored_format.REFUSED.decode(bytes(data))
        except (StoreError, TypeError):
            continue  # It is set aside when the node comes upon it.
        yield Quarantined(mailbox, key, refused.message.payload, refused.why, refused.at)


def _mailboxes(connection: apsw.Connection, *, indexed: bool) -> Iterator[ListedMailbox]:
    letters: dict[str, tuple[int, int]] = {}
    rows: Any = ()
    if indexed:
        rows = connection.execute("select mailbox, count(*), sum(unread) from letters group by mailbox")
    letters = {mailbox: (count, unread) for mailbox, count, unread in rows}
    rows = connection.execute(
        "select mailbox, count(*), max(case when key = 'mailbox' then data end) from saves group by mailbox"
    )
    for name, records, data in sorted(rows):
        count, unread = letters.get(name, (0, 0))
        try:
            card = stored_format.CARD.decode(bytes(data)) if data is not None else None
        except (StoreError, TypeError):
            card = None
        person, is_open = (card.person, card.is_open) if card else (None, False)
        yield ListedMailbox(name, person, is_open, count, unread, records)
