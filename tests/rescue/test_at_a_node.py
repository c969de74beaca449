"""A search behind a post office: its letters travel with their parts, and a restart changes nothing."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
from tests.messages.helpers import EARTH, JAY, MARS, MISSION, NANYOUNG, FakeSky, both_ways, contact
from tests.rescue.test_correspondent import FILE

from starlight.contacts import ContactPlan
from starlight.dtntime import DAY, HOUR, MINUTE
from starlight.mailboxes.part_reading import whole_part
from starlight.messages.draft import Attachment, Draft
from starlight.messages.trace_events import CorrespondentFailed, CorrespondentNoted
from starlight.rescue.correspondent import SearchDesk
from starlight.rescue.watched_search import WatchedSearch
from starlight.search import map_part
from starlight.search.search_reading import load

FIX = 10 * HOUR
"""The sky of these tests begins on 2000-01-01."""

REPORTS = (
    '[[report]]\nid = "a"\nbegin = "2000-01-01T11:00Z"\nend = "2000-01-01T12:00Z"\n'
    "circle = [1500, 1500, 600]\ncoverage = 1.5\n"
)
PADDING = "".join(f"# {Random(each).getrandbits(64):x}\n" for each in range(10_000))


def sky_of(folder: Path, plan: ContactPlan | None = None) -> FakeSky:
    """Return a sky in which a search lives at Mars, hears Nan-young's suit and Jay, and tells Jay."""
    path = folder / "lost.toml"
    text = FILE.replace("2051-04-02T", "2000-01-01T").replace('suit = "ipn:22.1"', f'suit = "{NANYOUNG}"')
    path.write_text(text, encoding="utf-8")
    watched = WatchedSearch(load(path, (), None)[0])
    sky = FakeSky(plan)
    sky.mars.makers = [lambda: SearchDesk(MISSION, watched, [JAY], [JAY])]
    sky.mars.office = sky.mars.fresh_office()
    sky.mars.ask(sky.mars.office.resume(sky.now))
    sky.open_all()
    sky.mars.ask(sky.mars.office.mailboxes.open(MISSION, "The search", sky.now))
    return sky


def speak(sky: FakeSky) -> None:
    """Let the suit tell where it is."""
    readings = {"east_m": 2_300.0, "north_m": 1_900.0, "oxygen_percent": 80.0}
    sky.mars.ask(
        sky.mars.office.outbox.send_telemetry(NANYOUNG, [MISSION], sky.now, kind="suit", readings=readings)
    )


def noted(sky: FakeSky) -> list[str]:
    """Return what the search has noted in the trace; nothing of it failed."""
    events = [record.event for record in sky.mars.trace]
    assert not [each for each in events if isinstance(each, CorrespondentFailed)]
    return [each.text for each in events if isinstance(each, CorrespondentNoted)]


def attach(sky: FakeSky, data: bytes) -> None:
    """Send a file of reports from Jay."""
    office = sky.earth.office
    reference, begun = office.uploads.begin(office.mailbox(JAY), sky.now)
    sky.earth.ask([*begun])
    sky.earth.ask([*office.uploads.add(reference, data)])
    sky.earth.ask([*office.uploads.finish(reference, sky.now)])
    draft = Draft(MISSION, "What we searched", parts=(Attachment(reference, "reports.toml"),))
    _, requests = office.outbox.write(JAY, draft, sky.now)
    sky.earth.ask(requests)


def test_a_letter_begins_it_and_the_map_comes_back(tmp_path: Path) -> None:
    """Jay asks, and some light times later has words, map, GeoJSON and GPX; also after a restart."""
    sky = sky_of(tmp_path)
    sky.run(FIX + HOUR)
    speak(sky)
    sky.run(FIX + 90 * MINUTE)
    sky.write(EARTH, JAY, MISSION, "begin")
    sky.run(FIX + 2 * HOUR)
    sky.mars.restart()
    sky.write(EARTH, JAY, MISSION, "And now?")
    sky.run(FIX + 4 * HOUR)
    mailbox = sky.earth.office.mailbox(JAY)
    letters = [mailbox.letter(each) for each in mailbox.unread()]
    assert [each.text.split(" Its")[0].split(".")[0] for each in letters if each] == [
        "Search begun: ipn:7",
        "As asked",
    ]
    for each in letters:
        assert each is not None
        assert [part.name for part in each.parts] == ["map", "search.geojson", "search.gpx"]
        told = map_part.decode(whole_part(mailbox, each.id, 0, 1 << 20))
        assert told.last_fix == FIX + HOUR
    assert len([each for each in noted(sky) if each.startswith("P(alive)")]) == 2


@pytest.mark.parametrize("size", [0, 90_000, 180_000], ids=["in its letter", "apart", "too large"])
def test_a_file_of_reports_counts_however_it_travels(tmp_path: Path, size: int) -> None:
    """In it, or in chunks after it, if it is no larger than may be."""
    sky = sky_of(tmp_path)
    sky.run(FIX + HOUR)
    speak(sky)
    sky.run(FIX + 3 * HOUR)
    assert "Search begun: nothing was heard of the suit" in noted(sky)[0]
    attach(sky, (REPORTS + PADDING[:size]).encode())
    sky.run(FIX + 5 * HOUR)
    told = noted(sky)[2:]
    if size > 128 * 1024:
        assert "a file of reports of ipn:7.1 refused" in told[0]
    else:
        assert "1 report counted" in told[-1]


def test_silence_behind_a_closed_window_waits_for_it(tmp_path: Path) -> None:
    """The plan shuts the way to the suit for a day: it is not yet knowable, and no search begins."""
    plan = ContactPlan.of(
        [
            *(contact(each, MARS, EARTH, 0, FIX + 90 * MINUTE) for each in (1,)),
            *(contact(each, EARTH, MARS, 0, FIX + 90 * MINUTE) for each in (2,)),
            contact(3, MARS, EARTH, FIX + DAY, FIX + 2 * DAY),
            contact(4, EARTH, MARS, FIX + DAY, FIX + 2 * DAY),
        ]
    )
    sky = sky_of(tmp_path, plan)
    path = tmp_path / "lost.toml"
    path.write_text(path.read_text(encoding="utf-8").replace(NANYOUNG, JAY), encoding="utf-8")
    watched = WatchedSearch(load(path, (), None)[0])
    sky.mars.makers = [lambda: SearchDesk(MISSION, watched, [NANYOUNG], [])]
    sky.mars.restart()
    sky.run(FIX + HOUR)
    readings = {"east_m": 2_300.0, "north_m": 1_900.0}
    sky.earth.ask(
        sky.earth.office.outbox.send_telemetry(JAY, [MISSION], sky.now, kind="suit", readings=readings)
    )
    sky.run(FIX + 23 * HOUR)
    (waits,) = noted(sky)
    assert "not yet knowable, before 2000-01-02T10:" in waits
    sky.run(FIX + 30 * HOUR)
    assert "Search begun: nothing was heard of the suit" in noted(sky)[1]


def test_a_strangers_post_costs_nothing(tmp_path: Path) -> None:
    """Telemetry and a letter of whom nobody named: nothing is noted, and no answer goes."""
    sky = sky_of(tmp_path, both_ways())
    sky.run(FIX + HOUR)
    sky.earth.ask(sky.earth.office.mailboxes.open("ipn:7.9", "Somebody", sky.now))
    sky.write(EARTH, "ipn:7.9", MISSION, "begin")
    readings = {"east_m": 100.0, "north_m": 100.0}
    sky.earth.ask(
        sky.earth.office.outbox.send_telemetry("ipn:7.9", [MISSION], sky.now, kind="suit", readings=readings)
    )
    sky.run(FIX + 5 * HOUR)
    assert noted(sky) == []
    assert (MISSION, "correspondent") not in sky.mars.saves or b'"fix":null' in sky.mars.saves[
        MISSION, "correspondent"
    ]
