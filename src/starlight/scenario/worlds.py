"""The worlds of a scenario: the two that are built in, and those that it declares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

import msgspec

from starlight import dtntime
from starlight.errors import did_you_mean
from starlight.scenario.network import Name, NodeSpec
from starlight.scenario.network_checks import Fail, Known, Time
from starlight.worlds import BUILTIN, EARTH, MARS, CivilTime, ElapsedTime, SolarTime, World, WorldClock

BODIES = ("earth", "moon", "mars")
"""The bodies of the sky that a world can be: the ephemeris knows where they are."""


class WorldSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A world, or another clock for a built-in one.

    Attributes:
        name: as nodes refer to it.
        title: for people; the name when empty.
        body: of the sky; empty where it is none of its own, as a ship or a station that plays one.
        home: the node whose title stands at its clock; its first node when empty.
        timezone: of a clock of civil time; UTC where no clock is given.
        solar_longitude_deg: of a clock of local mean solar time on Mars, which counts sols from `since`.
        since: alone: of a clock of elapsed time, where day 0 begins.
    """

    name: Name
    title: str = ""
    body: str = ""
    home: str = ""
    timezone: str = ""
    solar_longitude_deg: Annotated[float, msgspec.Meta(ge=-180, le=360)] | None = None
    since: str = ""


def worlds_of(
    declared: Sequence[WorldSpec],
    nodes: Sequence[NodeSpec],
    homes: Mapping[str, str | None],
    earth_timezone: str,
    landing: str,
) -> dict[str, World]:
    """Return the worlds of a scenario that has been checked, by name: the built-in ones that it uses first.

    Args:
        homes: the nodes of the built-in worlds whose clocks are shown, where the scenario names them.
        earth_timezone, landing: of the built-in clocks.
    """
    # A home that the scenario names by a key of its own wins over that of a declared row.
    wanted = {spec.name: spec.home for spec in declared} | {
        name: home for name, home in homes.items() if home
    }
    # Where no home is named, the clock hangs at the node that the file names first.
    at = {node.world: node for node in reversed(nodes)}  # the first node of each world
    at |= {world: node for world, home in wanted.items() for node in nodes if node.name == home}
    mars = at[MARS.name].site if MARS.name in at else None
    clocks: dict[str, WorldClock] = {
        EARTH.name: CivilTime(earth_timezone),
        MARS.name: SolarTime(mars.longitude_deg if mars else 0.0, dtntime.from_text(landing)),
    }
    found = declared_worlds(declared, clocks, {name: node.title for name, node in at.items()})
    return {name: world for name, world in found.items() if name in at or name in wanted}


def declared_worlds(
    declared: Sequence[WorldSpec], clocks: Mapping[str, WorldClock], places: Mapping[str, str]
) -> dict[str, World]:
    """Return the built-in worlds and those that a file declares, by name.

    Args:
        clocks: of the built-in worlds, unless the file gives them another.
        places: where each world's clock hangs, for people.
    """
    specs = {spec.name: spec for spec in declared}
    found = {}
    for name in [*BUILTIN, *(name for name in specs if name not in BUILTIN)]:
        # A declared row replaces what is built in key by key, so a scenario may change the clock of Mars
        # alone.
        spec, known = specs.get(name, WorldSpec(name)), BUILTIN.get(name, World(name, name.title()))
        clock = _clock(spec) or clocks.get(name, known.clock)
        found[name] = World(
            name, spec.title or known.title, clock, spec.body or known.body, places.get(name, "")
        )
    return found


def _clock(spec: WorldSpec) -> WorldClock | None:
    since = dtntime.from_text(spec.since) if spec.since else 0
    # Before `since` is looked at alone: sols are counted from it as well.
    if spec.solar_longitude_deg is not None:
        return SolarTime(spec.solar_longitude_deg, since)
    if spec.timezone:
        return CivilTime(spec.timezone)
    return ElapsedTime(since) if spec.since else None


def check_worlds(
    declared: Sequence[WorldSpec], nodes: Mapping[str, NodeSpec], known_node: Known, time: Time, fail: Fail
) -> None:
    """Check the worlds of a scenario, and that each node is on one that there is."""
    for index, node in enumerate(nodes.values()):
        check_world(f"node[{index}].world", node.world, declared, fail)
    check_declared("world", declared, time, fail)
    for index, spec in enumerate(declared):
        if spec.home:
            known_node(f"world[{index}].home", spec.home)


def check_world(key: str, world: str, declared: Sequence[WorldSpec], fail: Fail) -> None:
    """Check that a name is that of a built-in world or of one that the file declares."""
    allowed = [*BUILTIN, *(spec.name for spec in declared if spec.name not in BUILTIN)]
    if world not in allowed:
        near = did_you_mean(world, allowed)
        fail(key, world, f"{near} Name one of the worlds, {', '.join(allowed)}, or declare it".strip())


def check_declared(table: str, declared: Sequence[WorldSpec], time: Time, fail: Fail) -> None:
    """Check what no single key of a file's table of worlds can know."""
    names = [spec.name for spec in declared]
    for index, spec in enumerate(declared):
        key = f"{table}[{index}]"
        if spec.name in names[:index]:
            fail(f"{key}.name", spec.name, "Each must be there once")
        if spec.body and spec.body not in BODIES:
            near = did_you_mean(spec.body, BODIES)
            right = f"{near} Leave it out, or name one of: {', '.join(BODIES)}".strip()
            fail(f"{key}.body", spec.body, right)
        if spec.timezone and (spec.since or spec.solar_longitude_deg is not None):
            fail(f"{key}.timezone", spec.timezone, "A world has one clock: civil, solar or elapsed time")
        if spec.solar_longitude_deg is not None and "mars" not in (spec.name, spec.body):
            fail(f"{key}.solar_longitude_deg", spec.solar_longitude_deg, 'Solar time needs body = "mars"')
        if spec.since:
            time(f"{key}.since", spec.since)
        check_timezone(f"{key}.timezone", spec.timezone or "UTC", fail)


def check_timezone(key: str, name: str, fail: Fail) -> None:
    """Check that the tz database has a zone."""
    try:
        # It raises ValueError for a path such as ../x, and OSError for a folder of zones such as Europe.
        ZoneInfo(name)
    except (ValueError, OSError, ZoneInfoNotFoundError):
        near = did_you_mean(name, available_timezones())
        fail(key, name, f"{near} Name a zone of the tz database, such as UTC or Asia/Seoul".strip())
