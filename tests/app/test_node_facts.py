"""The facts of a mission in two node files: pages of both show one value, and say where files differ."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.app.test_real_nodes import NOW, pair, run, shown
from tests.live.helpers import until

from starlight.app.node_facts import PageNames, facts_of
from starlight.app.node_file import load, plan_of
from starlight.app.page_backend import NodePageBackend
from starlight.app.single_node import backend_of, light_as_told
from starlight.contacts.amendments import FactValue
from starlight.contacts.mission_facts import Said
from starlight.dtntime import SECOND
from starlight.live.daemon import Daemon
from starlight.services.fact_statements import FILE, encode_statement
from starlight.views.sky import CivilFace, CountedFace
from starlight.worlds import ElapsedTime, SolarTime

NODE = """
{top}
number = 10
name = "Seoul"
data = "data"
[[peer]]
number = 20
{peer}
[[address]]
address = "ipn:20.1"
name = "Joo"
[[address]]
address = "ipn:30.1"
name = "Zoe"
{more}
"""


def facts(folder: Path, top: str = "", peer: str = "", more: str = "") -> dict[str, tuple[FactValue, str]]:
    """Return the facts of a file."""
    path = folder / "node.toml"
    path.write_text(NODE.format(top=top, peer=peer, more=more), encoding="utf-8")
    return {name: (said.value, said.source) for name, said in facts_of(load(path)).items()}


def test_a_file_tells_what_it_says_and_not_what_it_leaves_out(tmp_path: Path) -> None:
    """A key that is not there is a gap for another node to fill; mission time and a free link are none."""
    assert facts(tmp_path) == {
        "clock.rate": (1.0, "default"),
        "clock.mission": ("the system's UTC", "default"),
        "light_time_s.10.20": (0.0, "default"),
        "light_time_s.20.10": (0.0, "default"),
        "node.10.name": ("Seoul", "file"),
        "node.10.world": ("earth", "file"),
        "address.ipn:20.1.name": ("Joo", "file"),
        "address.ipn:30.1.name": ("Zoe", "file"),
    }
    top = 'mars_longitude_deg = 0.0\nlanding = "2000-01-01"\ntimezone = "UTC"\nplanners = [10]\n'
    more = (
        '[clock]\nrate = 2.0\nmission = "2051-01-01"\nwall = "2026-01-01"\n[[contact]]\nfrom = 10\nto = 20\n'
    )
    found = facts(tmp_path, top, 'name = "Base"\nworld = "mars"\nlight_time_s = 480', more)
    assert found["clock.mission"] == ("2051-01-01 at 2026-01-01, rate 2", "file")
    assert found["mars_longitude_deg"] == (0.0, "file")
    assert found["landing"] == ("2000-01-01", "file")
    assert found["timezone"] == ("UTC", "file")
    assert found["light_time_s.20.10"] == (480.0, "file")
    assert (found["node.20.name"], found["node.20.world"]) == (("Base", "file"), ("mars", "file"))


def test_a_world_of_the_file_is_a_fact(tmp_path: Path) -> None:
    """Rows of other worlds tell their body and clock; one for Mars tells what the keys say else."""
    more = '[[other_world]]\nname = "moon"\nbody = "moon"\nsince = "2050-01-01"\n'
    more += '[[other_world]]\nname = "mars"\nsolar_longitude_deg = 10\nsince = "2051-01-01"\n'
    found = facts(tmp_path, more=more)
    assert found["world.moon"][0] == "moon, elapsed time since 2050-01-01T00:00:00Z"
    assert found["mars_longitude_deg"][0] == 10.0
    assert found["landing"][0] == "2051-01-01T00:00:00Z"


def test_what_holds_names_worlds_nodes_and_people(tmp_path: Path) -> None:
    """A page goes by the facts that hold, also where the file has a row for a world; not by nonsense."""
    facts(tmp_path, more='[[other_world]]\nname = "mars"\nsolar_longitude_deg = 10\nsince = "2051-01-01"\n')
    node = load(tmp_path / "node.toml")
    names = PageNames(node, {})
    assert names.titles == {10: "Seoul", 20: "node 20"}
    assert names.entries["ipn:20.1"].world == "mars"
    told = {
        "mars_longitude_deg": Said(50.0, "amendment 10:1"),
        "node.20.name": Said("Base", "peer 20"),
        "node.20.world": Said("earth", "peer 20"),
        "light_time_s.10.20": Said(7.0, "peer 20"),
        "light_time_s.20.10": Said(7.0, "peer 20"),
    }
    names.renew(told)
    assert names.worlds["mars"].clock == SolarTime(50.0, 0)
    assert (names.titles[20], names.nodes[20], names.entries["ipn:20.1"].world) == ("Base", "earth", "earth")
    assert names.wires_s == {frozenset(("earth",)): 7.0}
    plan = plan_of(node, tmp_path, {(10, 20): 7.0})
    assert [each.light_time(each.start) for each in plan.contacts] == [7 * SECOND, 0]
    names.renew({"node.20.world": Said("venus", "peer 20")})
    assert names.nodes[20] == "mars"
    assert names.wires_s == {}


def test_a_world_that_only_this_file_names_stays(tmp_path: Path) -> None:
    """A row that gives Mars another kind of clock is not overruled by a longitude."""
    facts(tmp_path, more='[[other_world]]\nname = "mars"\nsince = "2051-01-01"\n')
    names = PageNames(load(tmp_path / "node.toml"), {"mars_longitude_deg": Said(50.0, "amendment 10:1")})
    assert isinstance(names.worlds["mars"].clock, ElapsedTime)


async def sol_0(page: NodePageBackend) -> int:
    """Return when sol 0 began by the page's clock on Mars."""
    face = (await page.clock()).worlds["mars"]
    assert isinstance(face, CountedFace)
    return face.day_zero


def habitat_page(folder: Path, daemon: Daemon) -> NodePageBackend:
    """Return what is behind the habitat's page."""
    return backend_of(load(folder / "habitat.toml"), daemon, daemon.clock)


@pytest.mark.parametrize("there", ["", "mars_longitude_deg = 12.5\n"])
def test_pages_of_two_nodes_show_one_clock_or_say_that_they_differ(tmp_path: Path, there: str) -> None:
    """A page without a longitude shows its peer's; where both files have one, it says so and names both."""

    async def test() -> None:
        async with pair(tmp_path, seoul_top="mars_longitude_deg = 239.9\n", habitat_top=there) as nodes:
            await until(nodes.habitat, lambda: nodes.habitat.facts.here.keys() >= {"mars_longitude_deg"})
            await until(nodes.seoul, lambda: nodes.seoul.facts.disagreements() or not there)
            html = await shown(nodes.page)
            zero, other = await sol_0(nodes.page), await sol_0(habitat_page(tmp_path, nodes.habitat))
            assert (zero == other) is not bool(there)
            told = "is 239.9 in this node&#39;s file, and 12.5 in the file of Habitat"
            assert (told in html) is bool(there)

    run(test)


def test_a_page_goes_by_the_zone_and_the_light_time_of_its_peer(tmp_path: Path) -> None:
    """A base whose file knows neither shows Seoul's zone, and its plan and page have Seoul's light time."""

    async def test() -> None:
        async with pair(tmp_path, seoul_top='timezone = "Asia/Seoul"\n') as nodes:
            base, page = load(tmp_path / "habitat.toml"), habitat_page(tmp_path, nodes.habitat)
            await until(nodes.habitat, lambda: "timezone" in nodes.habitat.facts.here)
            # As a peer with a fixed light time begins a session.
            told = {name: Said(480.0, FILE) for name in ("light_time_s.1.2", "light_time_s.2.1")}
            told["timezone"] = Said("Asia/Tokyo", FILE)
            nodes.habitat.facts.greeted(1, encode_statement(NOW, "", told))
            router = nodes.habitat.node.router
            async with light_as_told(base, tmp_path, nodes.habitat):
                await until(nodes.habitat, lambda: router.plan.contacts[0].light_time(NOW) == 480 * SECOND)
            earth = (await page.clock()).worlds["earth"]
            assert isinstance(earth, CivilFace)
            assert (earth.zone, earth.utc_offset_s) == ("JST", 9 * 3600)
            assert (await page.sky()).light_time_s == 480.0

    run(test)
