"""A scenario may have worlds of its own, and they are refused with what would be right."""

from __future__ import annotations

import pytest
from tests.scenario.worlds import MOON, UTAH

from starlight import dtntime
from starlight.errors import InputError
from starlight.scenario.reading import load, parse
from starlight.worlds import CivilTime, ElapsedTime, SolarTime, World


def test_the_built_in_scenario_has_the_two_built_in_worlds() -> None:
    """Earth and Mars need not be declared; the scenario's own keys say which clocks hang there."""
    worlds = load("lost-in-starlight").worlds()
    landing = dtntime.from_text("2051-02-01T09:00:00Z")
    assert worlds == {
        "earth": World("earth", "Earth", CivilTime("Asia/Seoul"), "earth", "Seoul"),
        "mars": World("mars", "Mars", SolarTime(239.90, landing), "mars", "Base, Arsia Mons"),
    }


def test_a_scenario_declares_worlds() -> None:
    """A world has a name, a title, a clock, perhaps a body, and the place where its clock hangs."""
    moon = parse(MOON, where="moon.toml").worlds()
    since = dtntime.from_text("2030-01-01")
    assert list(moon) == ["earth", "moon"]
    assert moon["moon"] == World("moon", "Moon", ElapsedTime(since), "moon", "Shackleton Base")
    utah = parse(UTAH, where="utah.toml").worlds()
    assert utah["utah"] == World("utah", "Utah", CivilTime("America/Denver"), "", "Mission support")


def test_a_built_in_world_may_have_another_clock() -> None:
    """What a scenario says of a built-in world replaces what is built in, and nothing else of it."""
    text = MOON.replace('name = "moon"\nbody = "moon"', 'name = "earth"\ntimezone = "Asia/Seoul"')
    text = text.replace('world = "moon"', 'world = "mars"').replace('home = "shackleton"\nsince', "#")
    worlds = parse(text, where="x.toml").worlds()
    assert worlds["earth"] == World("earth", "Earth", CivilTime("Asia/Seoul"), "earth", "Houston")
    assert worlds["mars"].clock == SolarTime(0.0, dtntime.from_text("2000-01-01"))


@pytest.mark.parametrize(
    ("old", "new", "key", "allowed"),
    [
        ('world = "moon"', 'world = "venus"', "node[1].world = 'venus'", "earth, mars, moon"),
        ('body = "moon"', 'body = "venus"', "world[0].body = 'venus'", "earth, moon, mars"),
        ('home = "shackleton"', 'home = "nowhere"', "world[0].home = 'nowhere'", "houston, shackleton"),
        ('home = "shack', 'timezone = "UTC"\nhome = "shack', "world[0].timezone", "one clock"),
        ('since = "2030-01-01"', 'timezone = "Moon/Base"', "world[0].timezone = 'Moon/Base'", "Asia/Seoul"),
        ('since = "2030-01-01"', "solar_longitude_deg = 3", "world[0].solar_longitude_deg", "mars"),
        ('body = "earth"', 'body = "moon"', "node[0].site.body = 'moon'", "Allowed: earth, mars"),
        ('kind = "wire"', 'kind = "string"', "link[0].kind = 'string'", "Allowed: radio, wire"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_world_is_told_with_what_is_allowed(
    old: str, new: str, key: str, allowed: str
) -> None:
    """An unknown world, body, home or clock is refused, and the error lists the values allowed."""
    with pytest.raises(InputError) as caught:
        parse(MOON.replace(old, new, 1), where="moon.toml")
    assert key in str(caught.value)
    assert allowed in str(caught.value)


def test_a_wire_says_how_far_apart_the_worlds_are_that_it_joins() -> None:
    """Of the wires between two worlds the shortest counts; where none joins them nothing is said."""
    assert parse(UTAH, where="utah").wire_light_s() == {frozenset(("ship", "utah")): 9.5}
    assert load("lost-in-starlight").wire_light_s() == {}
