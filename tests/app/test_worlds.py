"""A demo of worlds of its own opens: their people, clocks, and no drawing where there is none."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest
from tests.scenario.worlds import MOON, UTAH

from starlight.app.demo import Demo
from starlight.app.node_facts import worlds_of
from starlight.app.node_file import load
from starlight.errors import InputError
from starlight.views.page_status import PageStatus
from starlight.views.sky import CivilFace, CountedFace
from starlight.web.page import PageView
from starlight.worlds import CivilTime, ElapsedTime, SolarTime


def opened(folder: Path, text: str, person: str) -> tuple[PageStatus, str]:
    """Return what the page of a person shows when the demo of a scenario has begun."""
    file = folder / "mine.toml"
    file.write_text(text, encoding="utf-8")

    async def run() -> tuple[PageStatus, str]:
        demo = Demo(str(file), folder / "data", lambda line: None, speed=0.001)
        try:
            await demo.start()
            backend = demo.backend
            people, box = await backend.people(), await backend.correspondence(person).mailbox()
            status = await backend.status(person)
            return status, PageView(people, box, status).page(await backend.orbits(), None)
        finally:
            await demo.stop()

    return asyncio.run(run())


def words_of(page: str) -> str:
    """Return the words of a page without its markup."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page))


def test_a_base_on_the_moon_opens(tmp_path: Path) -> None:
    """Ada in Houston writes to Neil on the Moon: two clocks, the Moon's distance, and no drawing of Mars."""
    status, page = opened(tmp_path, MOON, "ada")
    assert list(status.sky.clock.worlds) == ["earth", "moon"]
    moon, earth = status.sky.clock.worlds["moon"], status.sky.clock.worlds["earth"]
    assert isinstance(moon, CountedFace)
    assert (moon.title, moon.place, moon.zone, moon.day_s) == ("Moon", "Shackleton Base", "MET", 86_400.0)
    assert isinstance(earth, CivilFace)
    assert (earth.zone, earth.utc_offset_s) == ("CST", -6 * 3600)
    assert status.sky.between == ("earth", "moon")
    assert status.sky.distance_km == pytest.approx(384_000, rel=0.07)
    words = words_of(page)
    assert "Moon Shackleton Base" in words
    assert "Day 9 MET" in words
    assert "Neil" in words
    assert '<svg id="sky"' not in page


def test_an_analog_station_opens(tmp_path: Path) -> None:
    """Kim in a hall that plays a ship is as far away as the wire says, and nothing is drawn."""
    status, page = opened(tmp_path, UTAH, "kim")
    assert status.sky.between == ("ship", "utah")
    assert (status.sky.distance_km, status.sky.light_time_s) == (None, 9.5)
    assert status.storm is not None
    assert not status.storm.active
    words = words_of(page)
    assert "Utah Mission support" in words
    assert "Distance" not in words
    assert '<svg id="sky"' not in page


NODE = """
number = 2
name = "Habitat"
data = "data"
world = "ship"

[[other_world]]
name = "ship"
title = "Ship Aurora"
since = "2030-03-01"

[[peer]]
number = 1
world = "earth"
light_time_s = 300
"""


def test_a_node_file_declares_worlds(tmp_path: Path) -> None:
    """A node's file has the two built-in worlds with its own keys for their clocks, and those it declares."""
    file = tmp_path / "node.toml"
    file.write_text(NODE, encoding="utf-8")
    worlds = worlds_of(load(file), {})
    assert list(worlds) == ["earth", "mars", "ship"]
    assert worlds["earth"].clock == CivilTime("UTC")
    assert isinstance(worlds["mars"].clock, SolarTime)
    assert (worlds["ship"].title, worlds["ship"].place) == ("Ship Aurora", "Habitat")
    assert isinstance(worlds["ship"].clock, ElapsedTime)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('world = "ship"', 'world = "venus"', ["world = 'venus'", "earth, mars, ship"]),
        ('world = "earth"', 'world = "venus"', ["peer[0].world = 'venus'", "earth, mars, ship"]),
        ('since = "2030-03-01"', 'body = "venus"', ["other_world[0].body", "earth, moon, mars"]),
        ('since = "2030-03-01"', 'home = "x"', ["other_world[0].home", "leave it out"]),
        ('since = "2030-03-01"', 'since = "soon"', ["other_world[0].since", "soon"]),
    ],
)
def test_a_node_file_lists_the_worlds_allowed(tmp_path: Path, old: str, new: str, told: list[str]) -> None:
    """An unknown world is refused with the key, the value and the worlds allowed."""
    file = tmp_path / "node.toml"
    file.write_text(NODE.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load(file)
    for words in told:
        assert words in str(caught.value)
