"""A search as a correspondent: whom it believes, when it begins and ends, what it tells, in any order."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from starlight import dtntime
from starlight.dtntime import HOUR, MINUTE, SECOND
from starlight.messages.correspondent import Act, Desk, MarkRead, Note, Write
from starlight.messages.draft import Draft
from starlight.messages.letter import Letter, Telemetry
from starlight.messages.parts import Part
from starlight.rescue.correspondent import SearchDesk
from starlight.rescue.heard import REPORTS_MAX_BYTES
from starlight.rescue.kept_search import MOST_REPORTS
from starlight.rescue.watched_search import WatchedSearch
from starlight.routing import Priority
from starlight.search import map_part
from starlight.search.search_reading import load

HERE, BASE, CONTROL = "ipn:20.9", "ipn:20.1", "ipn:10.1"
SUIT, ROVER, WALKERS, STRANGER = "ipn:22.1", "ipn:21.1", "ipn:23.1", "ipn:99.1"
FIX = dtntime.from_text("2051-04-02T10:00:00Z")
FILE = """
name = "A lost explorer"
sector_m = 500
[terrain]
rows = 40
columns = 40
cell_m = 100
latitude_deg = -4.5
longitude_deg = 137.3
[fix]
time = "2051-04-02T10:00:00Z"
east_m = 2000
north_m = 2000
sigma_m = 150
[intent]
back = 0.5
stay = 0.2
terrain = 0.3
[conduct]
home = [[1000, 1000]]
[suit]
oxygen_kg = 0.55
[[searcher]]
name = "rover team"
east_m = 1000
north_m = 1000
ready = "2051-04-02T12:00:00Z"
end = "2051-04-02T18:00:00Z"
speed_mps = 2.0
search_mps = 1.0
sweep_width_m = 120
[[awaited]]
id = "ridge"
due = "2051-04-02T12:00:00Z"
contact_from = "2051-04-02T15:00:00Z"
[watch]
suit = "ipn:22.1"
silent_after_min = 60
full_oxygen_kg = 0.55
hypotheses = 1_000
"""
CLOSED = 'closed = [["2051-04-02T10:10:00Z", "2051-04-02T13:00:00Z"]]\n'


@cache
def watched(more: str = "") -> WatchedSearch:
    """Return the search of the file above, with more keys of `[watch]`; made-up ground needs no folder."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "lost.toml"
        path.write_text(FILE + more, encoding="utf-8")
        return WatchedSearch(load(path, (), None)[0])


def desk_of(more: str = "") -> SearchDesk:
    """Return a desk that tells the base and mission control, and hears two searchers."""
    return SearchDesk(HERE, watched(more), [BASE, CONTROL], [ROVER, WALKERS])


def at(now: int, foreseen: Callable[[Draft], Any] | None = None, data: bytes = b"") -> Desk:
    """Return a desk's means at a time: what the plan foresees, and the bytes of any part."""
    return Desk(now, None, None, foreseen, None, lambda letter, number, most: data)  # type: ignore[arg-type]


def open_now(draft: Draft) -> Any:
    """Foresee that nothing has to wait."""
    assert draft.to == SUIT
    return SimpleNamespace(silence=None, answer_at=FIX)


def letter(sender: str, text: str = "", now: int = FIX, *parts: Part) -> Letter:
    """Return a letter to the desk."""
    name = sha256(f"{sender} {text} {now}".encode()).hexdigest()[:32]
    return Letter(id=name, thread="t", sender=sender, to=HERE, written_at=now, text=text, parts=parts)


def toml(data: str | bytes) -> Part:
    """Return a file of reports as a part that is in its letter."""
    raw = data.encode() if isinstance(data, str) else data
    return Part(data=raw, size=len(raw), name="reports.toml")


def searched(
    name: str, begin_h: float, end_h: float, east: float, sender: str = ROVER, **more: Any
) -> Telemetry:
    """Return telemetry that reports a search, sent a minute after its end; hours after the fix."""
    time = FIX + round(end_h * HOUR) + MINUTE
    begin = dtntime.to_text(FIX + round(begin_h * HOUR))
    readings: dict[str, Any] = {"id": name, "begin": begin, "end": -60, "east_m": east, "north_m": 1_700.0}
    readings |= {"radius_m": 500.0, "coverage": 1.2} | more
    return Telemetry(sender, time, "search-report", None, readings)


def suit(hours: float, east: float, percent: float, **more: Any) -> Telemetry:
    """Return telemetry of the suit, so many hours after the file's fix."""
    readings = {"east_m": east, "north_m": 1_900.0, "oxygen_percent": percent} | more
    return Telemetry(SUIT, FIX + round(hours * HOUR), "suit", None, readings)


def writes(acts: Iterable[Act]) -> list[Write]:
    return [act for act in acts if isinstance(act, Write)]


def notes(acts: Iterable[Act]) -> list[str]:
    return [act.text for act in acts if isinstance(act, Note)]


def begun(now: int = FIX + 3 * HOUR, more: str = "") -> SearchDesk:
    """Return a desk at which a search has begun."""
    made = desk_of(more)
    made.letter_came(letter(BASE, "begin", now), at(now))
    return made


def due(made: SearchDesk, foreseen: Callable[[Draft], Any] = open_now) -> tuple[int, list[Act]]:
    """Call the timer when it wants to be called; return when that was, and what it did."""
    now = made.next_wakeup()
    assert now is not None
    return now, list(made.handle_timer(at(now, foreseen)))


def test_a_letter_begins_it_and_all_are_told_with_a_map() -> None:
    """Where, P(alive), what is awaited, who goes where, what it can't know; map, GeoJSON and GPX; urgent."""
    made = desk_of()
    acts = list(made.letter_came(letter(BASE, "Where is she?"), at(FIX + 3 * HOUR)))
    assert isinstance(acts[0], MarkRead)
    first, second = writes(acts)
    assert [first.draft.to, second.draft.to] == [BASE, CONTROL]
    assert first.draft.priority is Priority.EXPEDITED
    for words in (
        "Search begun: ipn:20.1 asks for it.",
        "SYNTHETIC ground, no place",
        "Last fix 3 h 00 min ago",
        "in 2 h",
        "Region of 50 %:",
        "Likeliest sectors:",
        "ridge, not yet knowable; knowable from 2051-04-02T15:00:00Z",
        "rover team: next to 4.5",
        "no safety device",
    ):
        assert words in first.draft.text
    assert [part.about.name for part in first.parts] == ["map", "search.geojson", "search.gpx"]
    told = map_part.decode(first.parts[0].data)
    assert told.at == FIX + 3 * HOUR
    assert len(told.moments) == 14
    assert all(sum(each.chances) + each.outside == map_part.PER_ONE for each in told.moments)
    assert len(first.parts[0].data) < 12_000
    (_, note) = notes(acts)
    assert note.startswith("P(alive) 100% at 2051-04-02T13:00:00Z, 50 % region ")
    assert note.endswith("0 reports counted, 1 not yet knowable")


def test_whoever_asks_later_is_answered_alone() -> None:
    """A question costs the others nothing."""
    made = begun()
    asked = letter(CONTROL, "And now?", FIX + 4 * HOUR)
    (answer,) = writes(made.letter_came(asked, at(FIX + 4 * HOUR)))
    assert (answer.draft.to, answer.draft.reply_to) == (CONTROL, asked.id)
    assert "Last fix 4 h 00 min ago" in answer.draft.text


MESSAGES = (
    suit(0.5, 2_300.0, 80.0),
    suit(1.0, 2_200.0, 70.0),
    Telemetry(SUIT, FIX + 90 * MINUTE, "suit", None, {"oxygen_percent": 60.0}),
    searched("before the fix", 0.2, 0.8, 2_000.0),
    searched("a", 1.5, 2.5, 2_000.0),
    searched("b", 2.0, 3.0, 1_500.0, WALKERS, law="inverse-cube"),
    searched("c", 2.0, 3.5, 2_500.0),
    letter(
        WALKERS,
        "two more",
        FIX + 4 * HOUR,
        toml(
            '[[report]]\nid = "d"\nbegin = "2051-04-02T12:00Z"\nend = "2051-04-02T13:30Z"\n'
            "polygon = [[500, 500], [1500, 500], [1500, 1500]]\nsweep_width_m = 60\ntrack_m = 9000\n"
            '[[report]]\nid = "e"\nbegin = "2051-04-02T11:30Z"\nend = "2051-04-02T12:30Z"\n'
            "circle = [1500, 1500, 400]\ncoverage = 0.7\n"
        ),
    ),
)
LAST = FIX + 6 * HOUR


def hear(made: SearchDesk, message: Telemetry | Letter, now: int) -> None:
    if isinstance(message, Telemetry):
        made.telemetry_came(message, at(now))
    else:
        made.letter_came(message, at(now))
    wakes = made.next_wakeup()
    if wakes is not None and wakes <= now:
        list(made.handle_timer(at(now, open_now)))


@given(
    order=st.permutations([*range(len(MESSAGES)), *range(len(MESSAGES))]),
    delays=st.lists(st.integers(0, 60), min_size=2 * len(MESSAGES), max_size=2 * len(MESSAGES)),
    restart=st.integers(0, 2 * len(MESSAGES)),
)
@settings(max_examples=10, deadline=None)
def test_any_order_delay_and_repetition_end_in_the_same_belief(
    order: list[int], delays: list[int], restart: int
) -> None:
    """To 1e-9, a restart in between included."""
    made, now = begun(FIX + HOUR), FIX + 4 * HOUR
    for step, (place, delay) in enumerate(zip(order, delays, strict=True)):
        if step == restart:
            again = desk_of()
            again.restore(made.save())
            made = again
        now += delay * SECOND
        hear(made, MESSAGES[place], now)
    found, right = made.believed(LAST), in_order().believed(LAST)
    assert np.abs(found.probability - right.probability).max() <= 1e-9
    assert np.abs(found.alive - right.alive).max() <= 1e-9
    assert [each.id for each in found.posterior.reports] == ["a", "e", "b", "c", "d"]


@cache
def in_order() -> SearchDesk:
    """Return a desk that heard all of them in time, once."""
    made = begun(FIX + HOUR)
    for message in MESSAGES:
        hear(made, message, message.time if isinstance(message, Telemetry) else message.written_at)
    return made


def test_news_are_told_when_they_change_the_belief_and_after_a_pause() -> None:
    """A report of ground where she is likely to be is told to all; the same again is not."""
    made = begun(FIX + 3 * HOUR)
    made.telemetry_came(searched("a", 1.0, 2.9, 1_500.0, coverage=2.0), at(FIX + 3 * HOUR + MINUTE))
    now, acts = due(made)
    assert now == FIX + 3 * HOUR + 10 * MINUTE
    assert [each.draft.to for each in writes(acts)] == [BASE, CONTROL]
    assert "of the belief moved" in writes(acts)[0].draft.text
    assert "1 report counted: a." in writes(acts)[0].draft.text
    made.telemetry_came(searched("a", 1.0, 2.9, 1_500.0, coverage=2.0), at(now + HOUR))
    assert made.next_wakeup() is None


def test_news_that_change_little_are_a_note_alone() -> None:
    """A report of ground where nobody is believed to be costs no letter."""
    made = begun(FIX + 3 * HOUR)
    made.telemetry_came(searched("far", 1.0, 2.9, 3_900.0, radius_m=50.0), at(FIX + 4 * HOUR))
    _, acts = due(made)
    assert not writes(acts)
    assert notes(acts)[0].startswith("news change little: 0.0% of the belief moved")
    assert made.next_wakeup() is None


def test_the_newest_telemetry_of_the_suit_is_the_last_fix() -> None:
    """Whichever comes last; its oxygen is that of the time at which it was measured."""
    made = desk_of()
    now = FIX + 3 * HOUR
    made.telemetry_came(suit(2.0, 2_500.0, 30.0), at(now))
    made.telemetry_came(suit(1.0, 1_500.0, 90.0), at(now))
    case = made.believed(now).loss
    assert (case.fix.east_m, case.fix_time) == (2_500.0, FIX + 2 * HOUR)
    assert case.suit.oxygen_kg == pytest.approx(0.3 * 0.55)
    made.telemetry_came(Telemetry(SUIT, now, "suit", None, {"oxygen_kg": 0.15}), at(now))
    # An hour later 0.15 kg are left: who rested had used 0.0307 kg of it since the fix.
    assert made.believed(now).loss.suit.oxygen_kg == pytest.approx(0.15 + 0.0307, abs=1e-4)


def test_a_position_in_degrees_is_one_on_the_map() -> None:
    """By the corner that the file tells; the same place as in metres, to a metre."""
    made = desk_of()
    found = made.believed(FIX + HOUR)
    assert found.loss.fix.east_m == 2_000.0
    # One kilometre on Mars is 0.016871 degrees of latitude.
    place = (-4.5 - 2 * 0.016871, 137.3 + 3 * 0.016871 / np.cos(np.radians(4.5)) - 360)
    made.telemetry_came(Telemetry(SUIT, FIX + HOUR, "suit", place, {}), at(FIX + HOUR))
    fix = made.believed(FIX + HOUR).loss.fix
    assert fix.east_m == pytest.approx(3_000.0, abs=1)
    assert fix.north_m == pytest.approx(4_000.0 - 2_000.0, abs=1)


@pytest.mark.parametrize(
    "message",
    [
        replace(suit(1.0, 2_500.0, 30.0), vehicle=STRANGER),
        replace(searched("a", 1.0, 2.0, 1_500.0), vehicle=STRANGER),
        replace(searched("a", 1.0, 2.0, 1_500.0), vehicle=SUIT, kind="search-report", readings={"id": "a"}),
        replace(searched("a", 1.0, 2.0, 1_500.0), kind="air"),
        suit(5.0, 2_500.0, 30.0),
        suit(1.0, 9e6, 130.0),
        Telemetry(SUIT, FIX + HOUR, "suit", (80.0, 0.0), {"oxygen_percent": "much"}),
        Telemetry(SUIT, FIX - HOUR, "suit", None, {"east_m": 1_000.0, "north_m": 1_000.0}),
    ],
    ids=["suit", "report", "suit's report", "kind", "future", "off the map", "nonsense", "before the file"],
)
def test_what_can_not_be_believed_changes_no_belief(message: Telemetry) -> None:
    """A stranger's telemetry, that of tomorrow, and what no suit measures."""
    made, now = begun(), FIX + 4 * HOUR
    before = made.believed(now)
    assert not list(made.telemetry_came(message, at(now)))
    after = made.believed(now)
    assert np.array_equal(before.probability, after.probability)
    assert np.array_equal(before.alive, after.alive)
    assert after.loss.fix_time == FIX


def test_a_strangers_letter_changes_nothing_and_is_not_answered() -> None:
    """Neither a question, nor reports, nor that she was found; a searcher's question begins nothing."""
    made = begun()
    before = made.save()
    now = FIX + 4 * HOUR
    reports = toml('[[report]]\nid = "x"\nbegin = "2051-04-02T11:00Z"\nend = "2051-04-02T12:00Z"\n')
    for text, parts in (("begin", ()), ("found", ()), ("reports", (reports,))):
        assert not list(made.letter_came(letter(STRANGER, text, now, *parts), at(now)))
    apart = letter(STRANGER, "reports", now, Part(hash=b"1" * 32, size=10, name="reports.toml"))
    assert not list(made.part_came(apart, 0, at(now)))
    assert not list(made.letter_came(letter(ROVER, "found", now), at(now)))
    assert made.save() == before


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ("[[report]\n", "line 1"),
        ('[[report]]\nid = "x"\nbegin = "noon"\nend = "2051-04-02T12:00Z"\n', "'noon' is not a date"),
        (
            '[[report]]\nid = "x"\nbegin = "2051-04-02T11:00Z"\nend = "2051-04-02T12:00Z"\n'
            "circle = [1, 1, 9]\ncoverage = nan\n",
            "nan",
        ),
        (b"\xff\xfe", "no text in UTF-8"),
        (b"#" * (REPORTS_MAX_BYTES + 1), f"At most {REPORTS_MAX_BYTES}"),
        ("[" * 4_000, "line 1"),
    ],
    ids=["no TOML", "no time", "no number", "no text", "too large", "too deep"],
)
def test_a_broken_file_of_reports_is_answered_with_what_is_wrong(data: str | bytes, told: str) -> None:
    """Its sender alone is told, and nothing of it counts."""
    made, now = begun(), FIX + 4 * HOUR
    before = made.save()
    came = letter(WALKERS, "", now, toml(data))
    (answer,) = writes(made.letter_came(came, at(now)))
    assert (answer.draft.to, answer.draft.reply_to) == (WALKERS, came.id)
    assert told in answer.draft.text
    assert made.save() == before


def test_two_reports_of_one_id_that_differ_are_told_once_and_the_first_counts() -> None:
    """The one that was written first, in either order; the sender and all are told, and nothing breaks."""
    first, second = searched("a", 1.0, 2.0, 1_500.0), searched("a", 1.0, 2.5, 3_000.0, WALKERS)
    beliefs = []
    for one, two in ((first, second), (second, first)):
        made, now = begun(), FIX + 4 * HOUR
        assert not list(made.telemetry_came(one, at(now)))
        acts = list(made.telemetry_came(two, at(now)))
        assert [each.draft.to for each in writes(acts)] == [two.vehicle, BASE, CONTROL]
        assert "'a' say different things" in writes(acts)[0].draft.text
        assert not list(made.telemetry_came(one, at(now)))
        assert not list(made.telemetry_came(two, at(now)))
        beliefs.append(made.believed(now))
    assert np.array_equal(beliefs[0].probability, beliefs[1].probability)
    assert beliefs[0].posterior.reports[0].end_s == 2 * 3600


def test_a_report_from_the_future_is_refused_and_its_sender_told_once_an_hour() -> None:
    """Of a search that ends after it was sent, or sent after it came."""
    made, now = begun(), FIX + 4 * HOUR
    early = searched("a", 3.0, 5.0, 1_500.0)
    (answer,) = writes(made.telemetry_came(early, at(now)))
    assert answer.draft.to == ROVER
    assert "sent in the future" in answer.draft.text
    ahead = searched("b", 3.0, 3.5, 1_500.0, end=600)
    assert not writes(made.telemetry_came(ahead, at(now)))
    (again,) = writes(made.telemetry_came(ahead, at(now + HOUR)))
    assert "ends at 2051-04-02T13:41:00Z, after it was reported" in again.draft.text
    assert made.believed(now + HOUR).posterior.reports == []


def test_an_id_that_would_forge_a_line_of_a_letter_is_refused() -> None:
    """Ids stand in letters and in the trace."""
    made, now = begun(), FIX + 4 * HOUR
    (answer,) = writes(made.telemetry_came(searched("a\nFound.", 1.0, 2.0, 1_500.0), at(now)))
    assert "holds what can't be shown" in answer.draft.text
    assert made.believed(now).posterior.reports == []


def test_a_fix_before_that_of_the_file_takes_the_loads_as_they_are_stated() -> None:
    """The file's fix may be of a day that has not come; nothing is given back to a suit for that."""
    made, early = desk_of(), FIX - 2_000 * HOUR
    told = Telemetry(SUIT, early, "suit", None, {"east_m": 1_000.0, "north_m": 1_000.0})
    made.telemetry_came(told, at(early))
    case = made.believed(early + HOUR).loss
    assert (case.fix_time, case.fix.east_m, case.suit.oxygen_kg) == (early, 1_000.0, 0.55)
    assert made.believed(FIX).loss.fix.east_m == 2_000.0


def test_what_a_walker_uses_before_the_fix_is_gone_unless_all_of_it_were() -> None:
    """0.0749 kg of oxygen an hour; a suit that speaks when it should be empty was filled."""
    made = desk_of()
    for hours, left in ((2, 0.55 - 2 * 0.0749), (9, 0.55)):
        now = FIX + hours * HOUR
        made.telemetry_came(Telemetry(SUIT, now, "suit", None, {"east_m": 900.0, "north_m": 900.0}), at(now))
        # As exact as 0.0749 is written.
        assert made.believed(now).loss.suit.oxygen_kg == pytest.approx(left, abs=3e-4)


def test_a_report_of_before_the_last_fix_is_told_as_such_and_does_not_count() -> None:
    """She was seen after it; it stays out even where a new fix makes it so."""
    made = begun(FIX + HOUR)
    made.telemetry_came(searched("early", 0.2, 0.8, 2_000.0), at(FIX + HOUR))
    assert [each.id for each in made.believed(FIX + HOUR).posterior.reports] == ["early"]
    made.telemetry_came(suit(0.5, 2_300.0, 80.0), at(FIX + 2 * HOUR))
    assert made.believed(FIX + 2 * HOUR).posterior.reports == []
    _, acts = due(made)
    assert "Not counted, begun before the last fix or still to end: early." in writes(acts)[0].draft.text


def test_no_more_reports_are_kept_than_may_be() -> None:
    """Who sends one too many is told, and the state stays as it was."""
    made, now = begun(), FIX + 4 * HOUR
    for each in range(MOST_REPORTS):
        made.telemetry_came(searched(f"r{each}", 1.0, 2.0, 3_900.0, radius_m=1.0), at(now))
    before = made.save()
    (answer,) = writes(made.telemetry_came(searched("more", 1.0, 2.0, 1_500.0), at(now)))
    assert "is not kept: 100 are here" in answer.draft.text
    assert made.save() == before
    assert len(before) < 50_000


def test_reports_that_contradict_all_that_was_believed_are_told() -> None:
    """Nothing breaks: a letter says so, and asks to doubt."""
    made = begun(FIX + 3 * HOUR)
    everywhere = [searched(f"r{each}", 1.0, 2.9, 2_000.0, radius_m=1e8, coverage=50.0) for each in range(2)]
    for each in everywhere:
        made.telemetry_came(each, at(FIX + 3 * HOUR))
    _, acts = due(made)
    assert "Nothing can be computed: the reports leave" in writes(acts)[0].draft.text


def test_silence_that_is_overdue_begins_a_search() -> None:
    """An hour after its last telemetry, whatever came late before; the plan knows of no reason."""
    made = desk_of()
    assert made.next_wakeup() is None
    made.telemetry_came(suit(1.0, 2_300.0, 80.0), at(FIX + HOUR))
    made.telemetry_came(suit(0.5, 2_100.0, 85.0), at(FIX + HOUR))
    now, acts = due(made)
    assert now == FIX + 2 * HOUR
    assert "nothing was heard of the suit since 2051-04-02T11:00:00Z" in writes(acts)[0].draft.text
    assert "newest telemetry is 1 h 00 min old; it is overdue." in writes(acts)[0].draft.text


def test_silence_in_a_closed_window_is_not_yet_knowable() -> None:
    """By the file: its time is left out of the silence, and a letter that asks is told so."""
    made = desk_of(CLOSED)
    made.telemetry_came(suit(0.0, 2_300.0, 80.0), at(FIX))
    # Ten minutes before the window closed, and fifty after it opens three hours after the fix.
    assert made.next_wakeup() == FIX + 3 * HOUR + 50 * MINUTE
    acts = list(made.letter_came(letter(BASE, "begin"), at(FIX + 2 * HOUR)))
    assert "newer is not yet knowable, before 2051-04-02T13:00:00Z" in writes(acts)[0].draft.text


def test_silence_while_the_contact_plan_has_it_shut_is_not_yet_knowable() -> None:
    """By the plan: it waits until a word could be here, an hour more, and notes so once."""
    made = desk_of()
    made.telemetry_came(suit(1.0, 2_300.0, 80.0), at(FIX + HOUR))
    opens = FIX + 5 * HOUR

    def shut(draft: Draft) -> Any:
        return SimpleNamespace(silence="a storm", answer_at=opens)

    now, acts = due(made, shut)
    assert now == FIX + 2 * HOUR
    assert not writes(acts)
    assert "not yet knowable, before 2051-04-02T15:00:00Z nothing can come" in notes(acts)[0]
    assert made.next_wakeup() == opens + HOUR
    _, acts = due(made)
    assert len(writes(acts)) == 2


def test_her_suit_tells_that_she_is_found_and_the_search_is_closed() -> None:
    """The closing letter says in which region that was, and what was told of her life."""
    made = begun()
    now = FIX + 4 * HOUR
    acts = list(made.telemetry_came(suit(4.0, 1_200.0, 20.0, finding="Found, awake"), at(now)))
    first, second = writes(acts)
    assert [first.draft.to, second.draft.to] == [BASE, CONTROL]
    assert "Found, 2051-04-02T14:00:00Z. The search is closed." in first.draft.text
    assert "east 1200 m, north 1900 m, in the" in first.draft.text
    assert "P(alive) 100% was told last, 2051-04-02T13:00:00Z." in first.draft.text
    made.telemetry_came(searched("late", 1.0, 2.0, 1_500.0), at(now))
    assert made.next_wakeup() is None
    (answer,) = writes(made.letter_came(letter(BASE, "Thank you"), at(now)))
    assert "To begin it again" in answer.draft.text
    assert len(writes(made.letter_came(letter(BASE, "begin"), at(now)))) == 2


@pytest.mark.parametrize("words", ["found", "Found.", "found at 1200 1900", "FOUND at 1200, 1900!"])
def test_a_letter_tells_that_she_is_found(words: str) -> None:
    """With a place or without."""
    made, now = begun(), FIX + 4 * HOUR
    acts = list(made.letter_came(letter(CONTROL, words, now), at(now)))
    told = "Where was not told" if "at" not in words else "east 1200 m, north 1900 m, in the"
    assert [told in each.draft.text for each in writes(acts)] == [True, True]


def test_not_found_ends_nothing() -> None:
    """Neither in telemetry of the suit, nor in a letter, which is a question like any other."""
    made, now = begun(), FIX + 4 * HOUR
    assert not list(made.telemetry_came(suit(4.0, 1_200.0, 20.0, finding="base not found"), at(now)))
    (answer,) = writes(made.letter_came(letter(CONTROL, "Was she found?", now), at(now)))
    assert answer.draft.text.startswith("As asked.")


def test_after_a_restart_it_answers_the_same() -> None:
    """Word for word, byte for byte, with other courses and hypotheses in memory."""
    made, now = begun(), FIX + 5 * HOUR
    for message in MESSAGES:
        hear(made, message, now)
    fresh = WatchedSearch(watched().loss)
    again = SearchDesk(HERE, fresh, [BASE, CONTROL], [ROVER, WALKERS])
    again.restore(made.save())
    assert again.next_wakeup() == made.next_wakeup()
    asked = letter(BASE, "And now?", now)
    one, two = (list(each.letter_came(asked, at(now))) for each in (made, again))
    assert one == two
    assert made.save() == again.save()


def test_a_file_that_travels_apart_counts_when_it_is_whole() -> None:
    """Its letter alone says nothing yet."""
    made, now = begun(), FIX + 5 * HOUR
    data = MESSAGES[-1].parts[0].data
    assert data is not None
    apart = letter(WALKERS, "two more", now, Part(hash=b"1" * 32, size=len(data), name="reports.toml"))
    assert [type(each) for each in made.letter_came(apart, at(now))] == [MarkRead]
    assert made.believed(now).posterior.reports == []
    made.part_came(apart, 0, at(now, data=data))
    assert [each.id for each in made.believed(now).posterior.reports] == ["e", "d"]
