"""The search index of a node: a database file beside its store, which is built from the store and can be
lost.

Nothing depends on it but search: it is no part of the commit that keeps a letter, and where it is damaged it
is deleted and built anew (`search_upkeep.py`). It holds no text, only terms (FTS5, contentless), and what
never changes of a letter (`lookup/document.py`).

The number of a row is the time at which its letter was written, in ms, and a few bits that tell apart those
of one millisecond. So the newest come first without sorting, and an interval of time is a range of rows.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import apsw

from starlight.dtntime import MILLISECOND
from starlight.lookup.document import PICTURE, TERMS_VERSION, VOICE, Document
from starlight.lookup.question import LetterQuestion
from starlight.lookup.wanted import as_match
from starlight.store.transactions import number

FILE = "search.db"
"""In the folder of a store, beside its database."""

APPLICATION_ID = 0x53544C53  # "STLS", in the header of the database file
VERSION = 1

SAME_MS = 1 << 10
"""Letters of one millisecond that have numbers of their own; those beyond take the next free ones after."""

SHED_PAGES = 64
"""Pages of the index that are merged in one piece of work: some ms."""

CACHE_KIB = 8_192
"""Of pages in memory: what a search reads again and again."""

_SCHEMA = """
create table letters(
  number integer primary key, mailbox text not null, id text not null, correspondent text not null,
  thread text not null, act integer not null, has integer not null, unique(mailbox, id)) strict;
create index letters_with on letters(mailbox, correspondent);
create index letters_in_topic on letters(mailbox, thread);
create virtual table words using fts5(
  terms, content='', contentless_delete=1, tokenize='ascii', prefix='1 2');
create table facts(name text primary key, value any) without rowid, strict;
"""


class Proposal(NamedTuple):
    """A letter that the index proposes: the number of its row, and its id in the mailbox."""

    number: int
    id: str


class SearchIndex:
    """The search index in one file, for one thread.

    Args:
        path: of the file; made when it is not there, or is of another version.

    Raises:
        apsw.Error, OSError: it can't be made or read.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        if not _is_current(path):
            remove(path)
        self._db = apsw.Connection(str(path))
        try:
            self._db.pragma("journal_mode", "wal")
            # What is lost with the power is found missing at the next start, and made again.
            self._db.pragma("synchronous", "normal")
            self._db.pragma("secure_delete", True)
            self._db.pragma("cache_size", -CACHE_KIB)
            if self._db.pragma("user_version") == 0:
                with self._db:
                    self._db.execute(_SCHEMA)
                    self._db.pragma("application_id", APPLICATION_ID)
                    self._db.pragma("user_version", VERSION)
                    self._db.execute("insert into facts values('terms', ?)", (TERMS_VERSION,))
        except BaseException:
            self._db.close()
            raise

    def close(self) -> None:
        """Close the file."""
        with contextlib.suppress(apsw.Error):
            self._db.close()

    def put(self, documents: Sequence[Document]) -> None:
        """Put letters into the index, in one transaction; those that are in it already stay."""
        with self._db:
            for each in documents:
                number = self._free(each.written_at // MILLISECOND * SAME_MS)
                row = (number, each.mailbox, each.id, each.correspondent, each.thread, each.act, each.has)
                self._db.execute("insert or ignore into letters values(?, ?, ?, ?, ?, ?, ?)", row)
                if self._db.changes():
                    self._db.execute("insert into words(rowid, terms) values(?, ?)", (number, each.terms))

    def drop(self, letters: Collection[tuple[str, str]]) -> bool:
        """Take letters out of the index, in one transaction; return whether any was in it.

        They are not found any more, but their terms lie in the file until they are `shed`.
        """
        dropped = False
        with self._db:
            for mailbox, id in letters:
                found = self._db.execute(
                    "delete from letters where mailbox = ? and id = ? returning number", (mailbox, id)
                ).fetchone()
                if found is not None:
                    dropped = True
                    self._db.execute("delete from words where rowid = ?", found)
        return dropped

    def shed(self, *, begin: bool) -> bool:
        """Overwrite terms of letters that were dropped, a piece of work at a time; return whether there is
        more.

        Args:
            begin: letters were dropped since it came to its end.
        """
        # FTS5, 6.9: a negative number begins to merge all into one, a positive one goes on with it.
        pages = -SHED_PAGES if begin else SHED_PAGES
        before = self._db.total_changes()
        with self._db:
            self._db.execute("insert into words(words, rank) values('merge', ?)", (pages,))
        if self._db.total_changes() - before >= 2:
            return True
        # What is left of them is in the log, which is copied back and emptied.
        self._db.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
        return False

    def has(self, mailbox: str, id: str) -> bool:
        """Return whether a letter is in the index."""
        query = "select 1 from letters where mailbox = ? and id = ?"
        return self._db.execute(query, (mailbox, id)).fetchone() is not None

    def correspondent(self, mailbox: str, id: str) -> str | None:
        """Return with whom a letter is found, an address or a group; None where it is not in the index."""
        query = "select correspondent from letters where mailbox = ? and id = ?"
        found = self._db.execute(query, (mailbox, id)).fetchone()
        return None if found is None else str(found[0])

    def count(self) -> int:
        """Return how many letters are in the index."""
        return number(self._db, "select count(*) from letters")

    def after(self, mailbox: str, id: str, count: int) -> list[tuple[str, str]]:
        """Return the next letters after one, by mailbox and id; from the first after two empty texts."""
        query = "select mailbox, id from letters where (mailbox, id) > (?, ?) order by mailbox, id limit ?"
        return [(str(of), str(name)) for of, name in self._db.execute(query, (mailbox, id, count))]

    def find(
        self,
        mailbox: str,
        asked: LetterQuestion,
        before: int | None,
        most: int,
        among: Collection[str] | None,
    ) -> list[Proposal]:
        """Return letters of a mailbox that may answer a question, the newest first.

        Args:
            mailbox: its address.
            asked: the question; what the index does not know of it is not looked at.
            before: the number of a row; those before it are returned. None for the newest.
            most: how many at most.
            among: the ids of the letters that may be; None for all.
        """
        conditions = [*_conditions(mailbox, asked, before, among)]
        where = " and ".join(condition for condition, _ in conditions)
        values = [value for _, values in conditions for value in values]
        tables = "words join letters on letters.number = words.rowid" if asked.words else "letters"
        order = "words.rowid" if asked.words else "letters.number"
        query = f"select letters.number, letters.id from {tables} where {where} order by {order} desc limit ?"
        return [Proposal(*row) for row in self._db.execute(query, (*values, most))]

    def is_sound(self) -> bool:
        """Return whether the index agrees with itself; it reads all of it."""
        try:
            self._db.execute("insert into words(words) values('integrity-check')")
            sound = self._db.execute("pragma quick_check").fetchone() == ("ok",)
            terms, letters = (
                self._db.execute(f"select count(*) from {name}").fetchone()
                for name in ("words_docsize", "letters")
            )
        except apsw.Error:
            return False
        return sound and terms == letters

    def _free(self, number: int) -> int:
        """Return the first number from one on that no letter has."""
        query = "select number from letters where number >= ? order by number limit 1"
        while self._db.execute(query, (number,)).fetchone() == (number,):
            number += 1
        return number


def remove(path: Path) -> None:
    """Delete the file of an index, and what SQLite keeps beside it.

    Raises:
        OSError: it can't be deleted.
    """
    for end in ("", "-wal", "-shm", "-journal"):
        path.with_name(path.name + end).unlink(missing_ok=True)


def _conditions(
    mailbox: str, asked: LetterQuestion, before: int | None, among: Collection[str] | None
) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """Give the conditions of a question, and their values; the narrowest that there is leads."""
    number = "words.rowid" if asked.words else "letters.number"
    if asked.words:
        yield "words match ?", (as_match(asked.words),)
    yield "letters.mailbox = ?", (mailbox,)
    if asked.correspondent:
        yield "letters.correspondent = ?", (asked.correspondent,)
    if asked.thread:
        yield "letters.thread = ?", (asked.thread,)
    if asked.act is not None:
        yield "letters.act = ?", (int(asked.act),)
    for bit, wanted in ((VOICE, asked.voice), (PICTURE, asked.picture)):
        if wanted:
            yield f"letters.has & {bit}", ()
    if among is not None:
        yield "letters.id in (select value from json_each(?))", (json.dumps(sorted(among)),)
    if asked.since is not None:
        yield f"{number} >= ?", (_edge(asked.since),)
    if asked.until is not None:
        yield f"{number} < ?", (_edge(asked.until),)
    if before is not None:
        yield f"{number} < ?", (before,)


def _edge(time: int) -> int:
    """Return the number from which on letters are not before a time in ns; within what SQLite counts to."""
    return max(0, min(-(-time // MILLISECOND) * SAME_MS, 2**63 - 1))


def _is_current(path: Path) -> bool:
    """Return whether a file is an index of this version; one that can't be read is none."""
    if not path.exists():
        return True
    try:
        with contextlib.closing(apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)) as db:
            if db.pragma("user_version") == 0 and not db.execute("select 1 from sqlite_schema").fetchone():
                return True
            found = db.execute("select value from facts where name = 'terms'").fetchone()
            ids = (db.pragma("application_id"), db.pragma("user_version"))
    except apsw.Error:
        return False
    return ids == (APPLICATION_ID, VERSION) and found == (TERMS_VERSION,)
