"""Reports of searches as they come to a node: kept, each once, or refused with a word to their sender."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from starlight.dtntime import HOUR
from starlight.errors import InputError
from starlight.messages.correspondent import NOTE_MAX_CHARS, Act, Desk, Note, Write
from starlight.messages.draft import Draft
from starlight.messages.letter import Letter, Telemetry
from starlight.rescue import heard
from starlight.rescue.kept_search import MOST_REPORTS, KeptReport, KeptSearch
from starlight.rescue.watched_search import WatchedSearch
from starlight.routing import Priority

REFUSED_EVERY = HOUR
"""Telemetry that can't be read is answered with a letter no more often, to each sender."""

Intake = tuple[KeptSearch, list[Act]]
"""What is kept then, and what there is to do."""


def note_of(text: str) -> Note:
    """Return a note for the trace, cut where it is too long for one."""
    return Note(text if len(text) <= NOTE_MAX_CHARS else f"{text[: NOTE_MAX_CHARS - 3]}...")


class ReportIntake:
    """Takes reports up into what a search keeps.

    Args:
        watched: the search.
        tells: who is told of reports that contradict each other.
    """

    def __init__(self, watched: WatchedSearch, tells: Sequence[str]) -> None:
        self._watched = watched
        self._tells = tuple(tells)

    def telemetered(self, kept: KeptSearch, telemetry: Telemetry, now: int) -> Intake:
        """Take up the report that telemetry tells."""
        sender = telemetry.vehicle
        try:
            if telemetry.time > now:
                raise InputError("the report was sent in the future", right="Check that clock")
            return self._take(kept, [heard.report_told(telemetry, self._watched)], sender)
        except InputError as error:
            acts: list[Act] = [note_of(f"a report of {sender} refused: {error}")]
            last = kept.refused_at.get(sender)
            if last is None or now >= last + REFUSED_EVERY:
                kept = replace(kept, refused_at={**kept.refused_at, sender: now})
                acts.append(Write(Draft(sender, f"A report of a search does not count: {error}")))
            return kept, acts

    def in_file(self, kept: KeptSearch, letter: Letter, number: int, desk: Desk) -> Intake:
        """Take up a file of reports, a part of a letter, or tell its sender all that is wrong in it."""
        part = letter.parts[number]
        name = part.name or "the file of reports"
        try:
            if letter.written_at > desk.now:
                raise InputError("the letter was written in the future", right="Check that clock")
            data = part.data
            if data is None:
                data = desk.part(letter.id, number, heard.REPORTS_MAX_BYTES)
            reports = heard.reports_of(data, name, letter.sender, letter.written_at, self._watched)
        except InputError as error:
            text = f"None of the reports in {name} counts, because something in it is wrong.\n{error}"
            answer = Write(Draft(letter.sender, text, letter.id))
            return kept, [answer, note_of(f"a file of reports of {letter.sender} refused: {error}")]
        return self._take(kept, reports, letter.sender)

    def _take(self, kept: KeptSearch, reports: Iterable[KeptReport], sender: str) -> Intake:
        acts: list[Act] = []
        for report in reports:
            known, taken = kept.known.with_report(report, self._watched.given)
            # That one was written earlier than thought changes nothing that is believed.
            is_news = known != kept.known and taken != "same"
            kept = replace(kept, known=known, has_news=kept.has_news or is_news)
            if taken == "full":
                text = f"The report {report.id} is not kept: {MOST_REPORTS} are here, and no more can be."
                acts += [Write(Draft(sender, text)), note_of(text)]
            elif taken == "other" and report.id not in kept.disputed:
                kept = replace(kept, disputed=(*kept.disputed, report.id))
                acts += self._contradiction(report.id, sender)
        return kept, acts

    def _contradiction(self, report_id: str, sender: str) -> list[Act]:
        text = (
            f"Two reports {report_id!r} say different things; one of them came from {sender}. The one of the"
            " search's file counts, else the one that was written first. Ask which holds: a correction needs"
            " an id of its own."
        )
        everyone = dict.fromkeys((sender, *self._tells))
        return [
            *(Write(Draft(to, text, priority=Priority.EXPEDITED)) for to in everyone),
            note_of(text),
        ]
