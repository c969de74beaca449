"""Search in the letters of a live node, in a thread of its own: neither it nor its upkeep holds up a bundle.

The index proposes letters (`store/search_index.py`); the mailbox, asked in the loop, has the last word on
each: whether it is still there, and may be read. So what was erased or is hidden is not found, however old
the index is.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec

from starlight.lookup.question import LetterQuestion, Standing
from starlight.messages.letter import Letter
from starlight.store.search_index import Proposal
from starlight.store.search_upkeep import SearchUpkeep

_LOG = logging.getLogger(__name__)

AT_ONCE = 100
"""Letters that are asked of the index at a time, some more than are shown: few fall out in the mailbox."""

TRY_AGAIN_S = 10.0
"""How long an index that can't be written is left alone, in seconds of the wall."""


class FoundLetters(msgspec.Struct, frozen=True):
    """The letters that answer a question, the newest first.

    Attributes:
        letters: with the number of each, after which a search goes on.
        more: there may be others after them.
        standing: of the index when it was asked.
    """

    letters: tuple[tuple[int, Letter], ...]
    more: bool
    standing: Standing


class LetterSearch:
    """Searches in the letters of a node, and keeps its index.

    Args:
        folder: of the store.
    """

    def __init__(self, folder: Path) -> None:
        self._upkeep = SearchUpkeep(folder)
        self._thread = ThreadPoolExecutor(1, "starlight search")
        self._closed = False
        self._working = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._timer: asyncio.TimerHandle | None = None

    @property
    def standing(self) -> Standing:
        """Return the state of the index."""
        return self._upkeep.standing

    def start(self) -> None:
        """Begin the upkeep: the index is compared with the store, and follows it from now on."""
        self._loop = asyncio.get_running_loop()
        self._wake()

    def note(self, letters: Collection[tuple[str, str]]) -> None:
        """Take note of letters that a commit concerns (`Store.watch`); any thread may."""
        self._upkeep.note(letters)
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self._wake)

    async def find(
        self,
        mailbox: str,
        asked: LetterQuestion,
        before: int | None,
        most: int,
        letter: Callable[[str], Letter | None],
        among: Collection[str] | None = None,
    ) -> FoundLetters:
        """Return the letters of a mailbox that answer a question, the newest first.

        Args:
            mailbox: its address.
            asked: the question.
            before: the number after which an earlier search ended; None for the newest.
            most: how many at most.
            letter: returns a letter of the mailbox that its owner may read, by id; else None.
            among: the ids of the letters that may be found; None for all.
        """
        found: list[tuple[int, Letter]] = []
        more = True
        while more and len(found) < most:
            proposed = await self._proposals(mailbox, asked, before, among)
            more = len(proposed) == AT_ONCE
            for number, id in proposed:
                here = letter(id)
                if here is not None:
                    found.append((number, here))
            before = proposed[-1].number if proposed else before
        return FoundLetters(tuple(found[:most]), more or len(found) > most, self.standing)

    async def whole(self) -> None:
        """Wait until the index has all letters that were committed so far, or can't be written."""
        while not self.standing.is_whole and not self.standing.trouble and not self._closed:
            self._wake()
            await asyncio.wrap_future(self._thread.submit(lambda: None))

    async def close(self) -> None:
        """End the upkeep and close the index; again changes nothing."""
        if self._closed:
            return
        self._closed = True
        if self._timer:
            self._timer.cancel()
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._thread, self._upkeep.close)
        self._thread.shutdown(wait=False)

    async def _proposals(
        self, mailbox: str, asked: LetterQuestion, before: int | None, among: Collection[str] | None
    ) -> list[Proposal]:
        if self._closed:
            return []
        call = self._thread.submit(self._upkeep.find, mailbox, asked, before, AT_ONCE, among)
        return await asyncio.wrap_future(call)

    def _wake(self) -> None:
        """Let the thread do a step, if it does none now; called in the loop."""
        if self._closed or self._working:
            return
        self._working = True
        assert self._loop is not None
        # One step at a time, each in its turn: a search that is asked meanwhile comes before the next.
        done = self._loop.run_in_executor(self._thread, self._upkeep.step)
        done.add_done_callback(self._stepped)

    def _stepped(self, done: asyncio.Future[bool]) -> None:
        self._working = False
        if done.cancelled() or self._closed or self._loop is None:
            return
        error = done.exception()
        if error is not None:
            # A defect of ours; letters go on without search.
            _LOG.error("the search index can't be kept", exc_info=error)
            return
        if done.result() or (self.standing.behind and not self.standing.trouble):
            self._wake()
        elif self.standing.trouble:
            self._timer = self._loop.call_later(TRY_AGAIN_S, self._wake)
