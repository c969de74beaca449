"""The greenhouse as a correspondent: what it tells, to whom, when, and whom it believes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from msgspec.structs import replace

from starlight.dtntime import DAY, HOUR, from_text
from starlight.greenhouse import outlook_part
from starlight.greenhouse.computed_room import OUTLOOK_SAMPLES, ComputedRoom
from starlight.greenhouse.correspondent import NEAR, SOON, GreenhouseKeeper
from starlight.greenhouse.facility import BedSpec, Facility, LightSpec, PeopleSpec, RoomSpec
from starlight.messages.correspondent import Act, Desk, MarkRead, Note, SendTelemetry, Write
from starlight.messages.letter import Letter, Telemetry
from starlight.routing import Priority

HERE, CONTROL, SENSOR, STRANGER = "ipn:21.7", "ipn:10.5", "ipn:21.8", "ipn:99.1"
SINCE = from_text("2051-04-08T16:00:00Z")
EMPTY_ROOM = Facility(room=RoomSpec(volume_m3=200), people=PeopleSpec(count=1), title="The cave")
"""One person and no plants: carbon dioxide reaches 3 % after some ten days, oxygen 16 % after sixteen."""


def keeper(facility: Facility = EMPTY_ROOM) -> GreenhouseKeeper:
    """Return a keeper that tells mission control and hears one sensor."""
    return GreenhouseKeeper(HERE, facility, SINCE, [CONTROL], [SENSOR])


def desk(now: int) -> Desk:
    """Return a desk at a time; nothing else of it is asked."""
    return Desk(now, None, None, None, None, None)  # type: ignore[arg-type]


def measured(at: int, vehicle: str = SENSOR, **readings: Any) -> Telemetry:
    """Return telemetry of the air."""
    return Telemetry(vehicle, at, "air", None, {"o2_percent": 20.5, "co2_ppm": 5_000.0} | readings)


def lived(made: GreenhouseKeeper, until: int) -> list[tuple[int, Act]]:
    """Let time pass; return what it did, and when."""
    done: list[tuple[int, Act]] = []
    while (due := made.next_wakeup()) is not None and due <= until:
        acts = list(made.handle_timer(desk(due)))
        assert acts, "it woke for nothing, and would again"
        done += [(due, act) for act in acts]
    return done


def letters(done: Iterable[tuple[int, Act]]) -> list[tuple[int, Write]]:
    return [(at, act) for at, act in done if isinstance(act, Write)]


def test_it_sends_the_air_each_day_and_warns_a_week_and_a_day_ahead() -> None:
    """Two letters in all: one of a week ahead, and an urgent one of a day."""
    made = keeper()
    first = made.room.first_limit()
    assert first is not None
    name, at = first
    assert name == "co2"
    done = lived(made, SINCE + 12 * DAY)
    assert sum(isinstance(act, SendTelemetry) for _, act in done) == 13
    (soon, one), (near, two) = letters(done)
    assert (soon, near) == (at - SOON, at - NEAR)
    assert (one.draft.priority, two.draft.priority) == (Priority.NORMAL, Priority.EXPEDITED)
    assert "The cave, computed from the air as its file says" in one.draft.text
    assert "First limit: carbon dioxide above" in one.draft.text
    assert "in 7.0 days" in one.draft.text
    assert "replaces no measurement" in one.draft.text


def test_telemetry_says_what_is_computed_and_how_long_it_lasts() -> None:
    """Readings of the air at that moment, and the hours until the first limit."""
    (_, noted), (_, act) = lived(keeper(), SINCE + HOUR)[:2]
    assert isinstance(noted, Note)
    assert "First limit: carbon dioxide above" in noted.text
    assert "plants" not in noted.text, "there are none"
    assert isinstance(act, SendTelemetry)
    assert act.to == (CONTROL,)
    assert act.readings["o2_kpa"] == pytest.approx(20.98, abs=0.05)
    assert act.readings["first_limit"] == "co2"
    hours = act.readings["first_limit_in_h"]
    assert isinstance(hours, float)
    assert 200 < hours < 300


def test_measured_air_is_what_it_computes_from() -> None:
    """Worse air brings the limit nearer, and is told at once; the same again is not."""
    made = keeper()
    noted, warning = made.telemetry_came(measured(SINCE + DAY, co2_ppm=28_000.0), desk(SINCE + DAY + HOUR))
    assert isinstance(noted, Note)
    assert isinstance(warning, Write)
    assert warning.draft.priority is Priority.EXPEDITED
    assert "as it was measured, 2051-04-09T16:00:00Z" in warning.draft.text
    again = measured(SINCE + DAY + HOUR, co2_ppm=28_300.0)
    assert not list(made.telemetry_came(again, desk(SINCE + DAY + 2 * HOUR)))


@pytest.mark.parametrize(
    ("kind", "says"),
    [("lamps", "the plants give 9"), ("none", "the plants take as much oxygen as 2")],
    ids=["lit", "dark"],
)
def test_what_plants_give_is_told_as_a_part_of_what_people_breathe(kind: Any, says: str) -> None:
    """60 m2 under lamps give some 90 % of one person's oxygen in ten days; in the dark they take some."""
    bed = BedSpec(crop="lettuce", m2=60, age_days=28, cohorts=4)
    room = replace(EMPTY_ROOM, bed=[bed], light=LightSpec(kind=kind), days=10)
    made = keeper(room)
    assert says in made.room.note(SINCE)
    assert says in made.room.report(SINCE)


def test_beyond_the_days_of_its_file_it_falls_silent_until_air_is_measured() -> None:
    """Nobody gets a day's telemetry with nothing in it, for years; a measurement begins anew."""
    made = keeper(replace(EMPTY_ROOM, days=3))
    assert sum(isinstance(act, SendTelemetry) for _, act in lived(made, SINCE + 400 * DAY)) == 4
    assert made.next_wakeup() is None
    later = SINCE + 500 * DAY
    made.telemetry_came(measured(later), desk(later))
    assert made.next_wakeup() is not None


@pytest.mark.parametrize("has_air", [False, True])
@pytest.mark.parametrize(
    "telemetry",
    [
        measured(SINCE + DAY, STRANGER, co2_ppm=29_000.0),
        measured(SINCE + DAY, co2_ppm=2e6),
        measured(SINCE + DAY, co2_ppm="high"),
        measured(SINCE + DAY, o2_percent=99.0, co2_ppm=500_000.0),
        measured(SINCE + 9 * DAY, co2_ppm=29_000.0),
    ],
    ids=["a stranger", "no room has it", "no number", "more than all", "from the future"],
)
def test_what_can_not_be_believed_changes_nothing(telemetry: Telemetry, has_air: bool) -> None:
    """A stranger's air, air that no room has, and air of tomorrow, be it the first that came or not."""
    made = keeper()
    if has_air:
        made.telemetry_came(measured(SINCE + HOUR), desk(SINCE + HOUR))
    before = made.save()
    assert not list(made.telemetry_came(telemetry, desk(SINCE + DAY + HOUR)))
    assert made.save() == before


def test_late_air_changes_nothing() -> None:
    """Telemetry that was overtaken by newer is not gone back to."""
    made = keeper()
    made.telemetry_came(measured(SINCE + DAY), desk(SINCE + DAY))
    before = made.save()
    made.telemetry_came(measured(SINCE + HOUR, co2_ppm=29_000.0), desk(SINCE + 2 * DAY))
    assert made.save() == before


def test_whom_it_tells_it_answers() -> None:
    """A letter of theirs is read and answered; a stranger's is neither."""
    made = keeper()
    asked = Letter(id="1" * 32, thread="t", sender=CONTROL, to=HERE, written_at=SINCE, text="How is she?")
    read, answer = made.letter_came(asked, desk(SINCE + HOUR))
    assert read == MarkRead(asked.id)
    assert isinstance(answer, Write)
    assert (answer.draft.to, answer.draft.reply_to) == (CONTROL, asked.id)
    assert "oxygen 2" in answer.draft.text
    stranger = Letter(id="2" * 32, thread="t", sender=STRANGER, to=HERE, written_at=SINCE, text="How is she?")
    assert not list(made.letter_came(stranger, desk(SINCE + HOUR)))


def test_after_a_restart_it_goes_on_where_it_was() -> None:
    """Nothing is told twice, and what was measured stays measured."""
    made = keeper()
    made.telemetry_came(measured(SINCE + DAY, co2_ppm=28_000.0), desk(SINCE + DAY))
    lived(made, SINCE + DAY + HOUR)
    again = keeper()
    again.restore(made.save())
    assert again.room.first_limit() == made.room.first_limit()
    assert again.next_wakeup() == made.next_wakeup()
    assert again.save() == made.save()


def test_beyond_what_it_computed_it_says_so() -> None:
    """After the days of its file it asks for a measurement, and makes nothing up."""
    made = keeper()
    text = made.room.report(SINCE + 31 * DAY)
    assert "more than 30 days ago. Measure the air again." in text
    assert "o2_kpa" not in made.room.readings(SINCE + 31 * DAY)


def test_its_letters_carry_the_outlook() -> None:
    """Each letter has one part, the outlook from then on: the air, and the limits by time."""
    made = keeper()
    done = letters(lived(made, SINCE + 12 * DAY))
    assert len(done) == 2
    for at, written in done:
        (part,) = written.parts
        assert (part.about.media_type, part.about.name) == (outlook_part.MEDIA_TYPE, "outlook")
        assert len(part.data) < 1024  # It travels in its letter, and costs no bundle of its own.
        found = outlook_part.decode(part.data)
        assert (found.name, found.since, found.measured) == ("The cave", SINCE, False)
        assert found.samples[0].at <= at < found.samples[1].at
        assert found.samples[0].o2_kpa == made.room.readings(at)["o2_kpa"]
        first = made.room.first_limit()
        assert first is not None
        assert (found.limits[0].name, found.limits[0].at) == first
        assert [(each.name, each.deadly) for each in found.limits] == [("co2", False), ("o2", False)]


def test_an_outlook_of_years_is_thinned_to_a_few_kilobytes() -> None:
    """Of a year at most two hundred moments go, the first and the last among them."""
    facility = Facility(room=RoomSpec(volume_m3=20_000), people=PeopleSpec(count=1, food_kg=120), days=400)
    room = ComputedRoom(facility, SINCE, {})
    found = room.outlook(SINCE)
    assert len(found.samples) == OUTLOOK_SAMPLES
    assert len(room.time_line.samples) > OUTLOOK_SAMPLES
    death = found.limits[-1]
    assert (death.name, death.deadly) == ("death_hunger", True)
    assert (found.samples[0].at, found.samples[-1].at) == (SINCE, death.at)
    assert len(outlook_part.encode(found)) <= 4_096


def test_beyond_its_days_the_outlook_is_the_last_that_was_computed() -> None:
    """It makes nothing up, and an outlook has one moment at least."""
    found = keeper().room.outlook(SINCE + 40 * DAY)
    assert [each.at for each in found.samples] == [SINCE + 30 * DAY]
