"""The upkeep of a search index: it follows the store, and is built anew where it was lost or is damaged.

Theory of operation. The index is never part of a commit, so at any moment it may lack letters that the store
has, or have some that the store has not any more. Two things keep it from being silently behind. While the
node runs, each commit tells of the letters whose index entries it wrote or erased (`note`). And at each
start both are walked side by side, as what was noted then is lost with the process: letters that the index
lacks are put into it, those that the store lacks are dropped. The walk is the same whether one letter is
missing or all are. Until it is through, and while letters are noted that were not looked at yet, the
standing says so, and so does each answer.

All but `note` and `standing` belong to one thread, which may be any; work is done in steps, so that a search
never waits long for its turn.
"""

from __future__ import annotations

import contextlib
from collections import OrderedDict
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from threading import Lock

import apsw

from starlight.errors import StoreError
from starlight.lookup.document import Document, document
from starlight.lookup.question import LetterQuestion, Standing
from starlight.mailboxes.decoded import decode_letter
from starlight.store import database
from starlight.store.search_index import FILE, Proposal, SearchIndex, remove
from starlight.store.transactions import number

STEP_LETTERS = 200
"""Letters that are read, and put into the index, in one step: some 30 ms."""

WALK_LETTERS = 2_000
"""Letters that are compared in one step: as long, where none of them is missing."""

NOTED_MAX = 20_000
"""Letters that are noted at a time; where more are, all is walked again instead."""

ANEW_MAX = 3
"""How often an index is begun anew in vain: what damages it then will do so again."""

DAMAGE = (apsw.CorruptError, apsw.NotADBError, apsw.SQLError)
"""The errors of a file that is no index of ours, or no longer; the last is of one that lacks its tables."""

Letters = Collection[tuple[str, str]]
"""Letters by mailbox and id."""


class SearchUpkeep:
    """Keeps the search index of the store in a folder.

    Args:
        folder: of the store, whose database is there.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self._store_path = folder / database.FILE
        self._index: SearchIndex | None = None
        self._store: apsw.Connection | None = None
        self._lock = Lock()
        self._noted: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._walks: list[_StoreWalk | _IndexWalk] = []
        self._again = True  # all is to be walked
        self._ready = False
        self._begun = 0  # how often it was begun anew since it was whole
        self._dropped = self._sheds = False
        self._trouble = ""

    @property
    def standing(self) -> Standing:
        """Return the state of the index; any thread may ask."""
        with self._lock:
            walks, noted = list(self._walks), len(self._noted)
        left = sum(walk.missing for walk in walks)
        return Standing(self._ready and not self._again, left + noted, self._trouble)

    def note(self, letters: Letters) -> None:
        """Take note of letters whose index entries were written or erased; any thread may."""
        with self._lock:
            self._noted.update(dict.fromkeys(letters))
            if len(self._noted) > NOTED_MAX:
                self._noted.clear()
                self._again = True

    def step(self) -> bool:
        """Do the next piece of work; return whether there is more to be done.

        What goes wrong is in the standing: a damaged index is begun anew, a disk that refuses is tried again
        with the next step.
        """
        try:
            more = self._work()
        except DAMAGE as error:
            return self._begin_anew(error)
        except (apsw.Error, OSError) as error:
            self._trouble = f"{self._path} can't be kept: {error}"
            self._close_index()
            return False
        self._trouble = ""
        return more

    def find(
        self,
        mailbox: str,
        asked: LetterQuestion,
        before: int | None,
        most: int,
        among: Collection[str] | None,
    ) -> list[Proposal]:
        """Return letters that may answer a question, as `SearchIndex.find`; none where it can't be read
        now."""
        try:
            return self._opened().find(mailbox, asked, before, most, among)
        except DAMAGE as error:
            self._begin_anew(error)
        except (apsw.Error, OSError) as error:
            self._trouble = f"{self._path} can't be read: {error}"
            self._close_index()
        return []

    def close(self) -> None:
        """Close the files."""
        self._close_index()
        if self._store is not None:
            self._store.close()
            self._store = None

    def _work(self) -> bool:
        index = self._opened()
        with self._lock:
            if self._again:
                self._again = False
                self._walks = [_StoreWalk(self._reader()), _IndexWalk(self._reader())]
            noted = [self._noted.popitem(last=False)[0] for _ in range(min(STEP_LETTERS, len(self._noted)))]
        if noted:
            try:
                self._follow(index, noted)
            except BaseException:
                self.note(noted)
                raise
            return True
        if not self._walks:
            self._begun = 0
            return self._shed(index)
        walk = self._walks[0]
        more = walk.step(index)
        self._dropped |= walk.dropped
        if not more:
            with self._lock:
                del self._walks[0]
                self._ready = self._ready or not self._walks
        return True

    def _shed(self, index: SearchIndex) -> bool:
        """Overwrite what was dropped, where anything was; return whether there is more to be done."""
        begin, self._dropped = self._dropped, False
        if begin or self._sheds:
            self._sheds = index.shed(begin=begin)
        return self._sheds

    def _follow(self, index: SearchIndex, noted: Sequence[tuple[str, str]]) -> None:
        """Put letters into the index that are in the store, and drop those that are not."""
        rows = {pair: _row(self._reader(), *pair) for pair in noted}
        indexed = {pair: index.correspondent(*pair) for pair in noted}
        # One that was recorded for a name stands under an address once that is given.
        moved = [pair for pair, row in rows.items() if row and indexed[pair] not in (None, row[0])]
        gone = [pair for pair, row in rows.items() if row is None]
        self._dropped |= index.drop([*gone, *moved])
        new = [pair for pair, row in rows.items() if row and indexed[pair] is None]
        index.put(_documents(self._reader(), [*new, *moved]))

    def _opened(self) -> SearchIndex:
        if self._index is None:
            self._index = SearchIndex(self._path)
        return self._index

    def _reader(self) -> apsw.Connection:
        if self._store is None:
            self._store = database.read_only(self._store_path)
        return self._store

    def _begin_anew(self, error: apsw.Error) -> bool:
        """Delete the index, to build another; return False where that did not help the last times."""
        self._close_index()
        self._begun += 1
        if self._begun > ANEW_MAX:
            self._trouble = f"{self._path} is damaged again and again: {error}"
            return False
        with contextlib.suppress(OSError):
            remove(self._path)
        with self._lock:
            self._again, self._ready = True, False
        return True

    def _close_index(self) -> None:
        if self._index is not None:
            self._index.close()
            self._index = None


class _StoreWalk:
    """Puts into the index what the store has and the index lacks, by mailbox and id.

    Args:
        store: a connection to the store that reads.

    Attributes:
        missing: how many letters are still to be put into the index, as far as that is known.
        dropped: none, here.
    """

    def __init__(self, store: apsw.Connection) -> None:
        self.missing = 0
        self.dropped = False
        self._store = store
        self._at = ("", "")

    def step(self, index: SearchIndex) -> bool:
        """Compare the next letters, up to `STEP_LETTERS` that are missing."""
        if self._at == ("", ""):
            here = number(self._store, "select count(*) from letters")
            self.missing = max(0, here - index.count())
        query = "select mailbox, id from letters where (mailbox, id) > (?, ?) order by mailbox, id limit ?"
        found = [(str(of), str(id)) for of, id in self._store.execute(query, (*self._at, WALK_LETTERS))]
        lacking = []
        for pair in found:
            self._at = pair
            if not index.has(*pair):
                lacking.append(pair)
                if len(lacking) == STEP_LETTERS:
                    break
        index.put(_documents(self._store, lacking))
        self.missing = max(0, self.missing - len(lacking))
        return bool(found)


class _IndexWalk:
    """Drops from the index what the store has not any more, in the same order.

    Args:
        store: as above.

    Attributes:
        missing: none, as all that the store has is there by now.
        dropped: whether any letter was dropped.
    """

    def __init__(self, store: apsw.Connection) -> None:
        self.missing = 0
        self.dropped = False
        self._store = store
        self._at = ("", "")

    def step(self, index: SearchIndex) -> bool:
        """Compare the next letters."""
        found = index.after(*self._at, WALK_LETTERS)
        self.dropped |= index.drop([pair for pair in found if not _row(self._store, *pair)])
        if found:
            self._at = found[-1]
        return bool(found)


def _row(store: apsw.Connection, mailbox: str, id: str) -> tuple[str, int] | None:
    """Return the correspondent of a letter and when it was written; None where the store has it not."""
    query = "select correspondent, written_at from letters where mailbox = ? and id = ?"
    found: tuple[str, int] | None = store.execute(query, (mailbox, id)).fetchone()
    return found


def _documents(store: apsw.Connection, letters: Iterable[tuple[str, str]]) -> list[Document]:
    """Return letters of the store for the index; without those that can't be read."""
    found = []
    for mailbox, id in letters:
        row = _row(store, mailbox, id)
        query = "select data from saves where mailbox = ? and key = ?"
        record = store.execute(query, (mailbox, f"letter/{id}")).fetchone()
        if row is None or record is None:
            continue
        # The node sets a damaged record aside when it comes upon it; here it has no words.
        with contextlib.suppress(StoreError, TypeError):
            found.append(document(mailbox, *row, decode_letter(record[0], id)))
    return found
