"""A search as a correspondent: it lives on a node, hears suit and searchers, and tells people where to look.

Theory of operation. The newest telemetry of the suit is the last fix; reports of searches count at the time
of their search. Both are gathered in any order (`kept_search.py`), and what is believed is a function of
them and of the moment alone (`watched_search.py`), so late, doubled and overtaken messages end in the same
belief. A search begins when one of those whom it tells writes, or when the suit has been silent for too long
while it could be heard (`overdue.py`). It then writes to all of them, again where news change the belief
noticeably, and to whoever asks; it ends when she is found.

It believes the suit and the searchers whom its keeper named, and nobody else. It is for research and
training, and says so in each letter.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec
from msgspec.structs import replace

from starlight.dtntime import MINUTE, to_text
from starlight.errors import InputError
from starlight.messages.correspondent import Act, Correspondent, Desk, MarkRead, Write
from starlight.messages.draft import Draft, destination
from starlight.messages.letter import Letter, Telemetry
from starlight.rescue import heard
from starlight.rescue.kept_search import KeptSearch, KnownOfLost, ToldAnswer
from starlight.rescue.report_intake import ReportIntake, note_of
from starlight.rescue.search_telling import SearchTelling
from starlight.rescue.watched_search import WatchedSearch
from starlight.search.answer import SearchAnswer

CONSIDERED_EVERY = MINUTE
"""News are asked for what they change no more often; a suit may speak every second."""


class SearchDesk(Correspondent):
    """Keeps one search.

    Args:
        address: of its mailbox.
        watched: the search's file; one object may serve each making of the same correspondent.
        tells: the addresses that it tells; they alone begin, ask and end.
        hears: the addresses of searchers whose reports count. The suit is named in the file.

    Raises:
        InputError: the file's suit is no address.
    """

    def __init__(
        self, address: str, watched: WatchedSearch, tells: Sequence[str], hears: Sequence[str]
    ) -> None:
        self.address = address
        self._watched = watched
        self._watch = watched.loss.watch
        self._suit = destination(self._watch.suit) if self._watch.suit else ""
        self._tells = tuple(tells)
        self._hears = frozenset(hears)
        self._intake = ReportIntake(watched, tells)
        self._telling = SearchTelling(watched, tells)
        self._kept = KeptSearch()

    def believed(self, now: int) -> SearchAnswer:
        """Return the answer at a moment, in ns, from all that has come.

        Raises:
            InputError: there is no fix yet, or the reports contradict all that was believed.
        """
        return self._watched.answer(self._kept.known, now)

    # What comes.

    def telemetry_came(self, telemetry: Telemetry, desk: Desk) -> Iterable[Act]:
        """Take up what the suit measured, or the report of a searcher."""
        if telemetry.vehicle == self._suit:
            return self._suit_spoke(telemetry, desk.now) if telemetry.time <= desk.now else ()
        if telemetry.vehicle not in self._hears or telemetry.kind != heard.REPORT_KIND:
            return ()
        self._kept, acts = self._intake.telemetered(self._kept, telemetry, desk.now)
        return acts

    def letter_came(self, letter: Letter, desk: Desk) -> Iterable[Act]:
        """Take up a searcher's file of reports; answer one of those whom it tells."""
        files = [number for number, part in enumerate(letter.parts) if heard.is_report_file(part)]
        if files and letter.sender in self._hears:
            acts: list[Act] = [MarkRead(letter.id)]
            for number in files:
                # What travels apart is told of by itself.
                if letter.parts[number].data is not None:
                    self._kept, more = self._intake.in_file(self._kept, letter, number, desk)
                    acts += more
            return acts
        if letter.sender not in self._tells or not letter.text.strip():
            return ()
        return [MarkRead(letter.id), *self._asked(letter, desk.now)]

    def part_came(self, letter: Letter, number: int, desk: Desk) -> Iterable[Act]:
        """Take up a searcher's file of reports that travelled apart from its letter."""
        if letter.sender not in self._hears or not heard.is_report_file(letter.parts[number]):
            return ()
        self._kept, acts = self._intake.in_file(self._kept, letter, number, desk)
        return acts

    # What is due.

    def next_wakeup(self) -> int | None:
        """Return when silence has lasted too long, or news are to be told."""
        kept = self._kept
        if kept.phase == "watching":
            return self._watch.overdue_at(kept.heard_at, kept.open_from)
        if kept.phase != "searching" or not kept.has_news:
            return None
        told_at = kept.told.at + self._watch.pause if kept.told is not None else 0
        return max(told_at, kept.considered_at + CONSIDERED_EVERY)

    def handle_timer(self, desk: Desk) -> Iterable[Act]:
        """Begin a search because of silence, or tell what news change."""
        due = self.next_wakeup()
        if due is None or due > desk.now:
            return ()
        return self._consider(desk.now) if self._kept.phase == "searching" else self._overdue(desk)

    def save(self) -> bytes:
        """Return what it must know after a restart."""
        return msgspec.json.encode(self._kept)

    def restore(self, data: bytes) -> None:
        """Take up what `save` returned."""
        self._kept = msgspec.json.decode(data, type=KeptSearch)

    # Inside.

    def _suit_spoke(self, telemetry: Telemetry, now: int) -> Iterable[Act]:
        kept, at = self._kept, telemetry.time
        if kept.heard_at is None or at > kept.heard_at:
            self._kept = kept = replace(kept, heard_at=at, open_from=None)
        if kept.phase == "searching" and heard.tells_of_finding(telemetry):
            return self._found(heard.place_in(telemetry, self._watched), at, now)
        fix = heard.fix_in(telemetry, self._watched)
        known = kept.known.with_measured(fix, heard.oxygen_in(telemetry, self._watched))
        if known != kept.known:
            self._kept = replace(kept, known=known, has_news=True)
        return []

    def _asked(self, letter: Letter, now: int) -> Iterable[Act]:
        """Do what one of those whom it tells asks for: begin, answer, or end."""
        phase = self._kept.phase
        is_found, place = heard.found_in(letter.text)
        if is_found:
            # By whose clock whatever: that she is found is believed of those whom it tells.
            then = min(letter.written_at, now)
            return self._found(place, then, now) if phase == "searching" else []
        if phase == "searching":
            acts, _ = self._telling.answer(self._kept, "As asked.", now, [letter.sender], letter.id)
            return acts
        if phase == "found" and not heard.asks_to_begin(letter.text):
            text = "The search is closed. To begin it again, write a letter that starts with: begin"
            return [Write(Draft(letter.sender, text, letter.id))]
        return self._tell_all(f"Search begun: {letter.sender} asks for it.", now)

    def _overdue(self, desk: Desk) -> Iterable[Act]:
        """Begin a search because of silence, unless the contact plan knows that nothing could come."""
        last = self._kept.heard_at if self._kept.heard_at is not None else self._watch.since
        since = to_text(last or 0)
        try:
            foreseen = desk.forecast(Draft(self._suit, ""))
        except InputError:
            foreseen = None  # Nothing can go there, so the plan says nothing of what can come.
        opens = None if foreseen is None or foreseen.silence is None else foreseen.answer_at
        if opens is not None and opens > desk.now:
            is_told = self._kept.open_from is not None
            self._kept = replace(self._kept, open_from=opens)
            text = f"nothing heard of the suit since {since}: not yet knowable, before {to_text(opens)}"
            return [] if is_told else [note_of(f"{text} nothing can come")]
        return self._tell_all(f"Search begun: nothing was heard of the suit since {since}.", desk.now)

    def _consider(self, now: int) -> Iterable[Act]:
        """Tell all what news change, if that is noticeable."""
        kept = self._kept
        self._kept = replace(kept, has_news=False, considered_at=now)
        try:
            change = self._watched.change(kept.told.known if kept.told else KnownOfLost(), kept.known, now)
        except InputError:
            return self._tell_all("News contradict what was believed.", now)
        moved = f"{change.moved:.1%} of the belief moved, P(alive) {change.alive_before:.0%}"
        moved += f" before and {change.alive_after:.0%} after"
        if not change.is_noticeable:
            return [note_of(f"news change little: {moved}")]
        return self._tell_all(f"News: {moved}.", now)

    def _tell_all(self, why: str, now: int) -> Iterable[Act]:
        """Tell everybody what is believed; from the first time on there is a search."""
        acts, alive = self._telling.answer(self._kept, why, now)
        told = ToldAnswer(now, alive, self._kept.known)
        self._kept = replace(self._kept, phase="searching", told=told, has_news=False, considered_at=now)
        return [note_of(why), *acts]

    def _found(self, place: tuple[float, float] | None, at: int, now: int) -> Iterable[Act]:
        acts = self._telling.closing(self._kept, place, at, now)
        self._kept = replace(self._kept, phase="found", has_news=False)
        return acts
