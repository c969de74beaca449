"""Plan awareness: when the nodes of each world learn of a link or a storm.

Links are announced; storms are noticed by light. The nodes of a world learn of a storm over that world a
while after it has begun; every other world learns of it one light time later. Until then they plan with what
they know.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from starlight import dtntime
from starlight.contacts import ContactPlan, Notice
from starlight.dtntime import MINUTE, SECOND
from starlight.planner.planner import Channel, announcements, known_plan
from starlight.scenario.scenario import Scenario
from starlight.sky import Centre, Sky, light_time_s


class StormFacts(msgspec.Struct, frozen=True):
    """A storm as it is, and as it is foreseen.

    Attributes:
        start, end: when the links truly fall and rise, in ns.
        forecast_end: until when it is first believed to last.
        links: both directions, as node numbers.
        text: why, for people.
        learned_after: how long after the fact its own world knows.
        world: over which it blows.
    """

    start: int
    end: int
    forecast_end: int
    links: tuple[tuple[int, int], ...]
    text: str
    learned_after: int
    world: str


class PlanInForce(msgspec.Struct, frozen=True):
    """A plan that a world's nodes put in force at a time, in ns."""

    time: int
    world: str
    plan: ContactPlan


def storms(scenario: Scenario) -> list[StormFacts]:
    """Return the scenario's storms."""
    found = []
    for storm in scenario.storm:
        pairs = [(scenario.node_named(a).number, scenario.node_named(b).number) for a, b in storm.links]
        end = dtntime.from_text(storm.end)
        found.append(
            StormFacts(
                start=dtntime.from_text(storm.start),
                end=end,
                forecast_end=dtntime.from_text(storm.forecast_end) if storm.forecast_end else end,
                links=tuple(link for a, b in pairs for link in ((a, b), (b, a))),
                text=storm.text,
                learned_after=round(storm.learned_after_min * MINUTE),
                world=scenario.storm_world(storm),
            )
        )
    return found


def plan_under(plan: ContactPlan, storm: StormFacts, until: int, version: int) -> ContactPlan:
    """Return a plan in which a storm's links carry nothing until a time, in ns, with its notice."""
    nodes = tuple(sorted({node for link in storm.links for node in link}))
    notice = Notice(storm.start, until, nodes, storm.text)
    return msgspec.structs.replace(plan.cut(storm.links, storm.start, until, notice), version=version)


def changes(
    scenario: Scenario, channels: list[Channel], facts: Sequence[StormFacts], sky: Sky, start: int, end: int
) -> list[PlanInForce]:
    """Return each plan that the nodes of each world put in force after `start` and before `end`, by time."""
    moments: list[tuple[int, str]] = []
    known: dict[str, list[tuple[int, int, StormFacts]]] = {world: [] for world in scenario.worlds()}
    for storm in facts:
        for world in known:
            begins = storm.start + storm.learned_after
            ends = storm.end + storm.learned_after
            # Both the fall and the rise travel: the light time has moved by seconds in between, so each has
            # its own.
            if world != storm.world:
                begins, ends = (
                    time + light_between(scenario, sky, storm.world, world, time) for time in (begins, ends)
                )
            known[world].append((begins, ends, storm))
            moments += [(begins, world), (ends, world)]
    for time in announcements(channels, start):
        moments += [(time, world) for world in known]
    found = []
    # Sorted by time, then by world: the version grows in one order, whatever the order of storms in the
    # file.
    for version, (time, world) in enumerate(sorted(set(moments)), 1):
        if not start < time < end:
            continue
        plan = known_plan(channels, time, version)
        # Storms that overlap each cut their own links; a plan knows all that blow as far as this world has
        # heard.
        for begins, ends, storm in known[world]:
            if begins <= time < ends:
                plan = plan_under(plan, storm, storm.forecast_end, version)
        found.append(PlanInForce(time, world, plan))
    return found


def light_between(scenario: Scenario, sky: Sky, here: str, there: str, time: int) -> int:
    """Return the one-way light time between two worlds of a scenario, in ns.

    Two bodies of the sky are as far apart as the ephemeris says when light leaves the first at `time`. A
    ship, or a station that plays a world, has no body; it is as far as its shortest wire says.
    """
    worlds = scenario.worlds()
    a, b = worlds[here].body, worlds[there].body
    if a and b and a != b:
        return round(float(light_time_s(sky, Centre(a), Centre(b), [time])[0]) * SECOND)
    return round(wire_light_s(scenario).get(frozenset((here, there)), 0.0) * SECOND)


def wire_light_s(scenario: Scenario) -> dict[frozenset[str], float]:
    """Return the light time of the shortest wire between each two worlds that one joins, in s."""
    on = {node.name: node.world for node in scenario.node}
    found: dict[frozenset[str], float] = {}
    for link in scenario.link:
        pair = frozenset(on[name] for name in link.between)
        if link.kind == "wire" and len(pair) == 2:
            found[pair] = min(link.light_time_s, found.get(pair, link.light_time_s))
    return found
