"""The parts of the greenhouse: light, failures, machines, limits, sinks, areas, likelihoods."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest

from starlight.errors import InputError
from starlight.greenhouse.chances import chances, drawn, wilson
from starlight.greenhouse.crops import crop
from starlight.greenhouse.facility import (
    BedSpec,
    DustSpec,
    Facility,
    FailureSpec,
    LightSpec,
    LimitsSpec,
    PeopleSpec,
    RoomSpec,
    ScrubberSpec,
    SoilSpec,
    SupplySpec,
    ThermalSpec,
    UncertaintySpec,
)
from starlight.greenhouse.light import spans
from starlight.greenhouse.sizing import changed, needs, sweep
from starlight.greenhouse.time_line import COARSE, simulate

ONE = PeopleSpec(count=1)
SMALL = RoomSpec(volume_m3=60)


def test_all_processes_at_once_keep_their_elements() -> None:
    """Carbon, hydrogen and oxygen close to 1e-9 a day while all that a file can have is at work."""
    everything = Facility(
        room=RoomSpec(
            volume_m3=150,
            leak_percent_per_day=1,
            outside="air",
            carbonate_mol_per_kpa_day=5,
            oxidised_mol_per_day=0.5,
        ),
        people=PeopleSpec(count=2, food_kg=1),
        bed=[
            BedSpec(m2=15, age_days=62, cohorts=3),
            BedSpec(crop="lettuce", m2=4, age_days=27, replant=False),
        ],
        light=LightSpec(ppf=600),
        soil=SoilSpec(m2=10, residue_per_day=0.05),
        scrubber=ScrubberSpec(kg_per_day=1, capacity_kg=3),
        supply=SupplySpec(o2_kg=2, o2_below_kpa=21, co2_kg=1),
        thermal=ThermalSpec(cooling_kw=10),
        failure=[FailureSpec(what="lamps", day=3, until_day=4.5), FailureSpec(what="leak", day=2)],
        days=8,
    )
    found = simulate(everything)
    assert found.balance < 1e-9
    assert found.totals["carbonate"] > 0
    assert found.samples[-1].harvest_kg >= 0


def test_the_light_leaves_no_gap() -> None:
    """Each moment up to the end is in one span, for lamps that fail and for the Sun of Mars alike."""
    failure = [FailureSpec(what="lamps", day=1.25, until_day=2.5)]
    for light in (LightSpec(), LightSpec(hours=24), LightSpec(kind="none"), LightSpec(kind="mars")):
        found = list(spans(light, 3.7, failure))
        assert found[0].start == 0
        assert found[-1].end == pytest.approx(3.7)
        assert all(one.end == next_one.start for one, next_one in pairwise(found))


def test_lamps_that_failed_are_dark() -> None:
    """While lamps have failed there is no light; before and after there is."""
    found = list(spans(LightSpec(hours=24), 4, [FailureSpec(what="lamps", day=1.25, until_day=2.5)]))
    assert {each.ppf for each in found if 1.25 <= each.start < 2.5} == {0.0}
    assert {each.ppf for each in found if each.end <= 1.25 or each.start >= 2.5} == {500.0}


def test_the_sun_of_mars_gives_what_is_told_of_chryse() -> None:
    """Under clear glass it is 400 umol/m2/s or more for half of the hours of light (SAE 2000-01-2427)."""
    day = next(spans(LightSpec(kind="mars", glass=1), 1, []))
    hours = np.linspace(day.start, day.end, 101)
    assert np.mean([day.at(float(each)) >= 400 for each in hours]) >= 0.5


def test_a_storm_and_settled_dust_take_light() -> None:
    """A storm of optical depth 4 leaves less than half; 100 days of settling dust take a quarter."""
    stormy = LightSpec(kind="mars", storm=[DustSpec(10, 20, 4.0)])
    by_day = {int(each.start): each.ppf for each in spans(stormy, 110, []) if each.ppf}
    assert by_day[12] < 0.5 * by_day[8]
    assert by_day[104] / by_day[0] == pytest.approx(0.75, abs=0.02)


def test_a_scrubber_holds_the_air_until_it_fails() -> None:
    """With a scrubber for a person CO2 stays low; once it fails it rises to the limit within days."""
    scrubber = ScrubberSpec(kg_per_day=1.5)
    held = simulate(Facility(room=SMALL, people=ONE, scrubber=scrubber, days=4))
    assert held.crossed("co2") is None
    failure = [FailureSpec(what="scrubber", day=1)]
    failed = simulate(Facility(room=SMALL, people=ONE, scrubber=scrubber, failure=failure, days=6)).crossed(
        "co2"
    )
    assert failed is not None
    assert 3 < failed < 5


def test_lamps_without_cooling_make_it_too_hot() -> None:
    """20 m2 of lamps warm a small room past 35 degrees within the day on which its cooling fails."""
    hot = Facility(
        room=SMALL,
        people=ONE,
        bed=[BedSpec(m2=20, age_days=20)],
        thermal=ThermalSpec(cooling_kw=10),
        failure=[FailureSpec(what="cooling", day=2)],
        days=4,
    )
    crossed = simulate(hot, tolerance=COARSE).crossed("heat")
    assert crossed is not None
    assert 2 < crossed < 3


def test_thirst_and_hunger_end_too() -> None:
    """Without water people live three days; without food the days that the file says."""
    dry = Facility(room=RoomSpec(volume_m3=5000, water_kg=1), people=ONE, days=10)
    found = simulate(dry)
    assert found.death is not None
    assert found.death.limit == "death_thirst"
    empty = Facility(
        room=RoomSpec(volume_m3=5000),
        people=PeopleSpec(count=1, food_kg=1),
        limits=LimitsSpec(food_days=2),
        days=10,
    )
    death = simulate(empty).death
    assert death is not None
    assert death.limit == "death_hunger"
    assert death.day == pytest.approx(1 / 0.569 + 2, rel=0.02)


def test_a_leak_to_vacuum_takes_all_gases_alike() -> None:
    """A room that leaks 10 % a day has exp(-0.1) of each gas after one."""
    found = simulate(Facility(room=RoomSpec(volume_m3=10, humidity=0, leak_percent_per_day=10), days=1))
    first, last = found.samples[0], found.samples[-1]
    assert last.o2_kpa / first.o2_kpa == pytest.approx(math.exp(-0.1), rel=1e-5)
    assert last.pressure_kpa / first.pressure_kpa == pytest.approx(math.exp(-0.1), rel=1e-5)


def test_what_leaves_the_range_of_a_model_is_flagged() -> None:
    """CO2 and light beyond those that the crops were fitted for are held, and said."""
    wide = Facility(
        room=RoomSpec(volume_m3=60, co2_ppm=5000), bed=[BedSpec(m2=1)], light=LightSpec(ppf=3000), days=1
    )
    flags = " ".join(simulate(wide).flags)
    assert "above 1300 ppm" in flags
    assert "above 2000 umol" in flags


def test_light_beyond_the_range_gives_no_more() -> None:
    """Growth at 3000 umol/m2/s is that at 2000, and below 200 it falls straight to none."""
    kind = crop("wheat")
    assert kind.daily_growth(3000, 20, 1200, 30) == kind.daily_growth(2000, 20, 1200, 30)
    # Full canopy in both, so only the light differs.
    low = [kind.daily_growth(ppf, 20, 1200, 32) for ppf in (100, 200)]
    assert low[0] == pytest.approx(low[1] / 2, rel=0.2)

    """CO2 takes less area than oxygen, by both quotients; two people take twice as much."""
    one, two = (
        needs(Facility(room=SMALL, people=PeopleSpec(count=count), bed=[BedSpec()], light=LightSpec()))[0]
        for count in (1, 2)
    )
    assert one.co2_m2 / one.o2_m2 == pytest.approx(0.9267 * 1.005)
    assert two.o2_m2 == pytest.approx(2 * one.o2_m2)
    assert one.o2_kw == pytest.approx(one.o2_m2 * 500 * 16 / 24 / 2 / 1000)


def test_an_empty_room_needs_nothing() -> None:
    """Where nobody breathes no area is told."""
    assert needs(Facility(room=SMALL, bed=[BedSpec()])) == []


def test_more_square_metres_last_longer() -> None:
    """In a sweep a bed of more m2 puts off the first limit."""
    file = Facility(room=SMALL, people=ONE, bed=[BedSpec(m2=1, age_days=20)])
    found = sweep(file, "m2", [2.0, 10.0, 20.0], 10)
    days = [each.first_day for each in found]
    assert all(day is not None for day in days[:2])
    assert days[0] is not None
    assert days[1] is not None
    assert days[0] < days[1]


def test_a_sweep_of_what_is_no_key_is_refused() -> None:
    """Only keys that a room can be compared by are swept."""
    with pytest.raises(InputError, match=r"'m3' can't be swept.*These can be: m2"):
        changed(Facility(room=SMALL), "m3", 1.0)
    with pytest.raises(InputError, match="does not fit"):
        changed(Facility(room=SMALL), "hours", 25.0)


def test_the_likelihood_falls_and_is_reproducible() -> None:
    """P(alive) starts at 1, never rises, ends at 0 where nobody can live on, and its seed repeats it."""
    file = Facility(room=RoomSpec(volume_m3=30), people=ONE)
    found = chances(file, 12, 20, seed=4)
    assert found.alive[0] == 1
    assert all(one >= later for one, later in zip(found.alive, found.alive[1:], strict=False))
    assert found.alive[-1] == 0
    assert chances(file, 12, 20, seed=4) == found
    assert chances(file, 12, 20, seed=5) != found


def test_the_interval_is_wilsons() -> None:
    """Of 10 of 10 the 90 % interval is 0.787 to 1; of 5 of 10 it is even on both sides."""
    assert wilson(10, 10)[0] == pytest.approx(0.787, abs=1e-3)
    low, high = wilson(5, 10)
    assert 0.5 - low == pytest.approx(high - 0.5)


def test_what_is_certain_is_drawn_as_it_is() -> None:
    """Where the file states no uncertainty, each room is the file's own."""
    certain = UncertaintySpec(growth=0, metabolism=0, rq=0, o2_per_co2=0, leak=0, limits=0)
    file = Facility(room=SMALL, people=ONE, bed=[BedSpec()], uncertainty=certain)
    assert drawn(file, np.random.default_rng(1), 30) == file


def test_drawn_failures_come_as_often_as_stated() -> None:
    """Lamps that last 10 days in the mean fail within 10 in 63 % of the rooms, within 3 sigma of 400."""
    file = Facility(room=SMALL, uncertainty=UncertaintySpec(lamps_mtbf_days=10))
    random = np.random.default_rng(2)
    failed = [bool(drawn(file, random, 10).failure) for _ in range(400)]
    assert np.mean(failed) == pytest.approx(1 - math.exp(-1), abs=3 * 0.024)
