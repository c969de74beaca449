"""The telling of a search at a node: answers with their parts, what silence is worth, a closing letter."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from starlight.dtntime import duration_text, to_text
from starlight.errors import InputError
from starlight.messages.correspondent import Act, NewPart, Write
from starlight.messages.draft import Draft
from starlight.rescue.kept_search import KeptSearch
from starlight.rescue.report_intake import note_of
from starlight.rescue.search_letter import SearchLetter, closing_text
from starlight.rescue.watched_search import WatchedSearch
from starlight.routing import Priority
from starlight.search.answer import SearchAnswer
from starlight.search.map_part import PER_ONE


class SearchTelling:
    """Makes the letters of a search.

    Args:
        watched: the search.
        tells: the addresses that all is told.
    """

    def __init__(self, watched: WatchedSearch, tells: Sequence[str]) -> None:
        self._watched = watched
        self._tells = tuple(tells)

    def answer(
        self, kept: KeptSearch, why: str, now: int, to: Iterable[str] = (), reply_to: str | None = None
    ) -> tuple[list[Act], int | None]:
        """Return the answer at a moment, and P(alive) in ten-thousandths; None where nothing can be computed.

        Args:
            kept: what is known.
            why: a sentence that says why it comes.
            now: in ns.
            to: whom it goes to; nobody: all who are told.
            reply_to: the letter that it answers.
        """
        opening = f"{why}{self._silence(kept, now)}"
        parts: tuple[NewPart, ...] = ()
        alive: int | None = None
        try:
            found = self._watched.answer(kept.known, now)
            made = SearchLetter(found, is_anchored=self._watched.is_anchored)
            text, parts, note = made.text(opening), made.parts(), made.note()
            alive = round(PER_ONE * made.alive)
        except InputError as error:
            text, note = f"{opening}\nNothing can be computed: {error}", f"no answer: {error}"
        draft = Draft(self._tells[0], text, reply_to, Priority.EXPEDITED)
        letters = self._letters(draft, parts, tuple(to) or self._tells)
        return [*letters, note_of(note)], alive

    def closing(
        self, kept: KeptSearch, place: tuple[float, float] | None, at: int, now: int
    ) -> Iterable[Act]:
        """Return the letters that tell all where she was against what was believed.

        Args:
            kept: what is known.
            place: easting and northing in m; None where nobody told.
            at: when she was found, in ns.
            now: in ns.
        """
        try:
            then = max(at, self._watched.fix_time(kept.known, now))
            found: SearchAnswer | None = self._watched.answer(kept.known, then)
        except InputError:
            found = None
        told = kept.told
        last = None
        if told is not None and told.alive is not None:
            last = (to_text(told.at), told.alive / PER_ONE)
        text = closing_text(found, place, to_text(at), last)
        draft = Draft(self._tells[0], text, priority=Priority.EXPEDITED)
        return [*self._letters(draft, (), self._tells), note_of(text)]

    def _letters(self, draft: Draft, parts: tuple[NewPart, ...], to: Iterable[str]) -> list[Write]:
        return [Write(replace(draft, to=each), parts=parts) for each in to]

    def _silence(self, kept: KeptSearch, now: int) -> str:
        """Return what the suit's silence is worth, in words; nothing where none is watched."""
        watch = self._watched.loss.watch
        if not watch.suit:
            return ""
        if kept.heard_at is None:
            return " No telemetry of the suit has come."
        told = f" The suit's newest telemetry is {duration_text(now - kept.heard_at)} old"
        opens = watch.opens_at(now, kept.open_from)
        if opens is not None:
            return f"{told}; newer is not yet knowable, before {to_text(opens)} nothing can come."
        due = watch.overdue_at(kept.heard_at, kept.open_from)
        return told + ("." if due is None else "; it is overdue." if due <= now else "; it is not overdue.")
