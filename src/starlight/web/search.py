"""The view of a search: in the letters of one person, by their words and by what else they have."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Annotated, Literal

import msgspec
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from starlight import dtntime
from starlight.dtntime import DAY
from starlight.errors import InputError
from starlight.lookup.question import LetterQuestion
from starlight.lookup.wanted import TEXT_MAX, wanted
from starlight.views.backend import PageBackend
from starlight.views.search import FoundLetter, SearchView
from starlight.web.answers import json_answer, wants_json
from starlight.web.localtime import day_words
from starlight.web.query import read_query
from starlight.web.reader import Reader
from starlight.web.visit import Visit

FOUND_SHOWN = 30
"""Letters in an answer that does not say how many: two screens."""

FOUND_MAX = 200
"""Letters in one answer at most."""


class SearchQuery(
    msgspec.Struct, frozen=True, rename={"with_": "with", "from_": "from", "is_": "is", "words": "q"}
):
    """The question for letters.

    Attributes:
        words: to look for: all of them, phrases in quotes.
        with_: the address of the other end.
        topic: the id of a topic.
        from_, to: the first and the last day, or moments; a day is one of UTC.
        has: `voice`, `picture`.
        is_: `starred`, `question`.
        before: `more` of an earlier answer.
        limit: letters at most.
    """

    words: str = ""
    with_: str = ""
    topic: str = ""
    from_: str = ""
    to: str = ""
    has: tuple[Literal["voice", "picture"], ...] = ()
    is_: tuple[Literal["starred", "question"], ...] = ()
    before: str = ""
    limit: Annotated[int, msgspec.Meta(ge=1, le=FOUND_MAX)] = FOUND_SHOWN

    def question(self) -> LetterQuestion:
        """Return what is asked.

        Raises:
            InputError: a day or a moment is none.
        """
        return LetterQuestion(
            words=wanted(self.words),
            correspondent=self.with_,
            thread=self.topic,
            since=_moment(self.from_, "from", 0),
            until=_moment(self.to, "to", DAY),
            voice="voice" in self.has,
            picture="picture" in self.has,
            starred="starred" in self.is_,
            question="question" in self.is_,
        )

    def row(self) -> int | None:
        """Return the number after which an earlier answer ended; None where none is named.

        Raises:
            InputError: it is no number.
        """
        if not self.before:
            return None
        if not (self.before.isascii() and self.before.isdigit() and len(self.before) < 19):
            right = "Give `more` of an earlier answer"
            raise InputError(f"{self.before[:40]!r} is no place in a search", where="before", right=right)
        return int(self.before)


class SearchRoutes:
    """Handlers of the search; it answers as JSON and as HTML.

    Args:
        backend: what stands behind the page.
    """

    def __init__(self, backend: PageBackend) -> None:
        self._backend = backend

    def routes(self) -> list[Route]:
        """Return the addresses and what answers them."""
        return [Route("/people/{person}/search", self.search)]

    async def search(self, request: Request) -> Response:
        """Find letters by their words, and by what else they have."""
        visit = await Visit.of(self._backend, request, SearchQuery)
        asked = read_query(request, SearchQuery, lenient=True)
        finder = self._backend.finder(visit.person.id)
        # Cut where it is too long to be a question, so that the address of the next answers is none too.
        words = asked.words[:TEXT_MAX]
        found = await finder.find(words, asked.question(), asked.row(), asked.limit)
        if wants_json(request):
            return json_answer(found)
        mailbox = await visit.letters.mailbox(limit=1)
        page = SearchPage(await visit.reader(), asked, found)
        return HTMLResponse(page.html([*mailbox.conversations, *mailbox.hidden], mailbox.unread))


class Hit:
    """A letter that was found, as the page shows it."""

    def __init__(self, reader: Reader, letter: FoundLetter) -> None:
        self.letter = letter
        self.written = reader.moment(letter.written_at)
        self.day = day_words(reader.clock, reader.person.world, letter.written_at)


class SearchPage:
    """An answer as a page.

    Args:
        reader: who looks at it.
        asked: what was asked.
        found: what answers it.
    """

    def __init__(self, reader: Reader, asked: SearchQuery, found: SearchView) -> None:
        self._reader = reader
        self._asked = asked
        self._found = found

    def html(self, correspondents: list[object], unread: int) -> str:
        """Return the page, which can be narrowed to correspondents and tells how many letters are unread."""
        people = {each.address: each for each in self._found.people}
        return self._reader.view(
            "search",
            unread=unread,
            asked=self._asked,
            found=self._found,
            people=people,
            named=[people[address] for address in self._found.named],
            groups=[(people[address], hits) for address, hits in self._groups()],
            correspondents=correspondents,
            further=self._further(),
        )

    def _groups(self) -> Iterator[tuple[str, list[Hit]]]:
        """Give what was found by conversation: that of the newest letter first, in each the newest first."""
        order = {each.with_address: number for number, each in reversed([*enumerate(self._found.letters)])}
        by_group = sorted(self._found.letters, key=lambda each: order[each.with_address])
        for address, letters in groupby(by_group, key=lambda each: each.with_address):
            yield address, [Hit(self._reader, each) for each in letters]

    def _further(self) -> list[tuple[str, str]]:
        """Return the query of the letters after these; empty where there are none."""
        if self._found.more is None:
            return []
        asked = self._asked
        kept = [("q", self._found.words), ("with", asked.with_), ("topic", asked.topic)]
        kept += [("from", asked.from_), ("to", asked.to)]
        kept += [("has", each) for each in asked.has] + [("is", each) for each in asked.is_]
        return [(name, value) for name, value in kept if value] + [("before", str(self._found.more))]


def _moment(text: str, where: str, more: int) -> int | None:
    """Return a moment, or the start of a day and so much more, in ns; None for no text."""
    text = text.strip()
    if not text:
        return None
    at = dtntime.from_text(text, where=where)
    return at + more if len(text) == len("2051-04-02") else at
