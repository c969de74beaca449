"""The contract of a live node's store: what daemon, writer and mailboxes ask of it.

`SqliteStore` is the one there is; another (PostgreSQL, for a large ground station) is a class with these
members and a line in the contract's tests.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import Path
from typing import Protocol

import msgspec

from starlight.json_time import Time
from starlight.mailboxes.records import Records
from starlight.node.application import Save, SetAside
from starlight.node.store import BundleStore, Write


class Quarantined(msgspec.Struct, frozen=True):
    """A record that can't be read, as it is kept apart.

    Attributes:
        mailbox, key: where it was; no mailbox: something of the node's own, such as ``bundle/<key>``.
        data: as it was found.
        why: what is wrong with it.
        at: when it was set aside, in ns of mission time, if that was known.
    """

    mailbox: str
    key: str
    data: bytes
    why: str
    at: Time | None


class Store(BundleStore, Protocol):
    """A store that outlives its process, and belongs to one process at a time.

    `commit` belongs to the thread that writes, all else to the one that handles events; both may be the
    same thread. What is held, or put into the records, can be read before it is committed: the loop
    handles batch n + 1 while the writer commits batch n.
    """

    @property
    def path(self) -> Path:
        """Return where it is, for people."""

    def room(self) -> int:
        """Return how many bytes of bodies it may yet take; 0 when its disk is full. Any thread may ask."""

    @property
    def records(self) -> Records:
        """Return the mailboxes' records."""

    def saved(self, mailbox: str) -> list[tuple[str, bytes]]:
        """Return the keys and records that are committed under one name, by key; asked at the start."""

    @property
    def syncs(self) -> int:
        """Return how often the disk was asked to make something durable, since this store was opened."""

    def hold(self, writes: Iterable[Write]) -> int:
        """Make the bodies of writes readable before they are committed.

        Returns:
            A mark for `commit`, which lets go of what it has committed.
        """

    @property
    def set_aside(self) -> Sequence[SetAside]:
        """Return what was set aside when this store was opened."""

    def quarantined(self) -> list[Quarantined]:
        """Return what is in quarantine, in the order in which it came there."""

    def left_over(self, asked: Iterable[Write]) -> list[Save | SetAside]:
        """Return the records that were put and that no step has asked to be committed, but for `asked`.

        A step that breaks may have put some; they have to be committed with the next one, as mailboxes
        go on from them.
        """

    def commit(self, writes: Sequence[Write], *, now: int | None = None, held: int = 0) -> None:
        """Make writes durable, all or none, as one transaction.

        Args:
            writes: in order; for one key, later ones override earlier ones.
            now: mission time in ns, kept as a fact, and by which old identities are forgotten.
            held: the mark of `hold`, when these writes were held.

        Raises:
            DiskFullError: there was no room; nothing of it was kept, and it may be tried again.
            StoreError: the disk refused; nothing of it was kept.
        """

    def watch(self, listener: Callable[[Collection[tuple[str, str]]], None]) -> None:
        """Tell a listener after each commit which letters' index entries it wrote or took out of use.

        Args:
            listener: takes mailboxes and ids; called in the thread that commits, and must not raise.
        """

    def mission_time(self) -> int | None:
        """Return the mission time of the last commit that had one, in ns."""

    def set_time_back(self, now: int) -> None:
        """Record a mission time that is before the last one, in ns: that was of a clock that was wrong.

        Raises:
            StoreError: the disk refused.
        """

    def counts(self) -> dict[str, int]:
        """Return how much is stored: ``bundles``, ``bytes`` of their bodies, ``remembered``, ``saves``."""

    def close(self) -> None:
        """Close the store and let another process open it; what is only held is dropped."""
