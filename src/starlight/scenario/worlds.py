"""The worlds of a scenario: the two that are built in, and those that it declares."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from starlight import dtntime
from starlight.scenario.network import Fail, Known, Name, NodeSpec, Time
from starlight.worlds import BUILTIN, CivilTime, ElapsedTime, SolarTime, World, WorldClock

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
    declared: list[WorldSpec],
    nodes: list[NodeSpec],
    homes: Mapping[str, str | None],
    earth_timezone: str,
    landing: str,
) -> dict[str, World]:
    """Return the worlds of a scenario that has been checked, by name.

    Args:
        homes: the nodes of the built-in worlds whose clocks are shown, where the scenario names them.
        earth_timezone, landing: of the built-in clocks.
    """
    specs = {spec.name: spec for spec in declared}
    used = {node.world for node in nodes} | {name for name, home in homes.items() if home}
    found = {}
    for name in [*BUILTIN, *(name for name in specs if name not in BUILTIN)]:
        spec = specs.get(name, WorldSpec(name))
        if name not in used and name not in specs:
            continue
        home = _home(name, homes.get(name) or spec.home, nodes)
        known = BUILTIN.get(name, World(name, name.title()))
        clock = _clock(spec)
        if clock is None:
            clock = _builtin_clock(known, home, earth_timezone, landing)
        title, body = spec.title or known.title, spec.body or known.body
        found[name] = World(name, title, clock, body, home.title if home else "")
    return found


def _home(world: str, name: str, nodes: list[NodeSpec]) -> NodeSpec | None:
    if name:
        return next(node for node in nodes if node.name == name)
    return next((node for node in nodes if node.world == world), None)


def _builtin_clock(known: World, home: NodeSpec | None, earth_timezone: str, landing: str) -> WorldClock:
    """Return the clock of a world that gives none: Earth's and Mars' by the scenario's own keys, else UTC."""
    if known.name == "earth":
        return CivilTime(earth_timezone)
    if isinstance(known.clock, SolarTime):
        longitude_deg = home.site.longitude_deg if home and home.site else 0.0
        return SolarTime(longitude_deg, dtntime.from_text(landing))
    return known.clock


def _clock(spec: WorldSpec) -> WorldClock | None:
    since = dtntime.from_text(spec.since) if spec.since else 0
    if spec.solar_longitude_deg is not None:
        return SolarTime(spec.solar_longitude_deg, since)
    if spec.timezone:
        return CivilTime(spec.timezone)
    return ElapsedTime(since) if spec.since else None


def check_worlds(
    declared: list[WorldSpec], nodes: Mapping[str, NodeSpec], known_node: Known, time: Time, fail: Fail
) -> None:
    """Check what no single key of the worlds can know, and that each node is on a world that there is."""
    names = [spec.name for spec in declared]
    allowed = [*BUILTIN, *(name for name in names if name not in BUILTIN)]
    for index, node in enumerate(nodes.values()):
        if node.world not in allowed:
            right = f"Name one of the worlds, {', '.join(allowed)}, or declare it with [[world]]"
            fail(f"node[{index}].world", node.world, right)
    for index, spec in enumerate(declared):
        key = f"world[{index}]"
        if spec.name in names[:index]:
            fail(f"{key}.name", spec.name, "Each must be there once")
        if spec.body and spec.body not in BODIES:
            fail(f"{key}.body", spec.body, f"Leave it out, or name one of: {', '.join(BODIES)}")
        if spec.home:
            known_node(f"{key}.home", spec.home)
        if spec.timezone and (spec.since or spec.solar_longitude_deg is not None):
            fail(f"{key}.timezone", spec.timezone, "A world has one clock: civil, solar or elapsed time")
        if spec.solar_longitude_deg is not None and "mars" not in (spec.name, spec.body):
            fail(f"{key}.solar_longitude_deg", spec.solar_longitude_deg, 'Solar time needs body = "mars"')
        time(f"{key}.since", spec.since, empty=True)
        try:
            ZoneInfo(spec.timezone or "UTC")
        except (ValueError, OSError, ZoneInfoNotFoundError):
            fail(f"{key}.timezone", spec.timezone, "Name a zone of the tz database, such as Asia/Seoul")
