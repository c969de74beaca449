"""Who knows what of the plan, and when: links are announced, storms are noticed by light.

The nodes of a world learn of a storm over that world a while after it has begun; the other
world learns of it one light time later. Until then they plan with what they know.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

from starlight import dtntime
from starlight.contacts import ContactPlan, Notice
from starlight.dtntime import MINUTE, SECOND
from starlight.planner.planner import Channel, announcements, known_plan
from starlight.scenario.scenario import Scenario
from starlight.sky import Centre, Sky, light_time_s

World = Literal["earth", "mars"]


class StormFacts(msgspec.Struct, frozen=True):
    """A storm as it is, and as it is foreseen.

    Attributes:
        start, end: when the links truly fall and rise, in ns.
        forecast_end: until when it is first believed to last.
        links: both directions, as node numbers.
        text: why, for people.
        learned_after: how long after the fact its own world knows.
    """

    start: int
    end: int
    forecast_end: int
    links: tuple[tuple[int, int], ...]
    text: str
    learned_after: int


class PlanInForce(msgspec.Struct, frozen=True):
    """A plan that a world's nodes put in force at a time, in ns."""

    time: int
    world: World
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
    moments: list[tuple[int, World]] = []
    known: dict[World, list[tuple[int, int, StormFacts]]] = {"earth": [], "mars": []}
    for storm in facts:
        for world in known:
            begins = storm.start + storm.learned_after
            ends = storm.end + storm.learned_after
            if world == "earth":
                begins, ends = (time + _light(sky, time) for time in (begins, ends))
            known[world].append((begins, ends, storm))
            moments += [(begins, world), (ends, world)]
    for time in announcements(channels, start):
        moments += [(time, "earth"), (time, "mars")]
    found = []
    for version, (time, world) in enumerate(sorted(set(moments)), 1):
        if not start < time < end:
            continue
        plan = known_plan(channels, time, version)
        for begins, ends, storm in known[world]:
            if begins <= time < ends:
                plan = plan_under(plan, storm, storm.forecast_end, version)
        found.append(PlanInForce(time, world, plan))
    return found


def _light(sky: Sky, time: int) -> int:
    return round(float(light_time_s(sky, Centre("mars"), Centre("earth"), [time])[0]) * SECOND)
