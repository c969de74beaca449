"""Nodes that die in the middle of their steps: one loop over every instant, and the worlds it goes over."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import NamedTuple

import pytest
from tests.sim.helpers import HOUR, LINE, MINUTE, PASSES, SECOND, START, both_kinds, posting, world_of

from starlight.contacts.plan import ContactPlan
from starlight.sim.checkers import read, unfinished, unsafe
from starlight.sim.virtual_node import Interrupt
from starlight.sim.world import VirtualWorld
from starlight.trace import Record

Point = tuple[int, int, int]
"""A node, a count of its steps, and a stage of that step."""


class Case(NamedTuple):
    """A world in which a node is to die.

    Attributes:
        plan: its contacts.
        live: lets it carry some words, and time pass.
        shows: how often kinds of trace records come when nobody dies: what the case is there for.
        words: how many are posted.
    """

    plan: ContactPlan
    live: Callable[[VirtualWorld], None]
    shows: dict[str, int]
    words: int


def crossing(world: VirtualWorld) -> None:
    """Let letters cross, both ways at once."""
    for number in range(3):
        world.call(START + number * SECOND, 1, posting(f"there {number}", "ipn:3.1"))
        world.call(START + number * SECOND, 3, posting(f"back {number}", "ipn:1.1"))
    world.run(START + 5 * HOUR)


CASES = {
    "letters that cross": Case(LINE, crossing, {"bundle.delivered": 6}, words=6),
    "a letter in pieces and critical ones": Case(
        PASSES, both_kinds, {"bundle.cut": 1, "bundle.flooded": 2}, words=3
    ),
}


def dying_at(point: Point, died: list[Point]) -> Interrupt:
    """Return the interruption that kills a node for seven minutes at one point, once."""

    def interrupt(node: int, step: int, stage: int) -> int | None:
        if (node, step, stage) == point and not died:
            died.append(point)
            return 7 * MINUTE
        return None

    return interrupt


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_crash_at_every_instant_loses_nothing(case: Case) -> None:
    """Whichever node dies at whichever instant of whichever step: nothing is lost, all comes once."""
    points: list[Point] = []
    lines: list[Record] = []

    def note(node: int, step: int, stage: int) -> None:
        points.append((node, step, stage))

    case.live(world_of(case.plan, interrupt=note, trace=lines.append))
    said = Counter(line.kind for line in lines)
    assert {kind: said[kind] for kind in case.shows} == case.shows
    assert len(points) > 100
    for point in points:
        died: list[Point] = []
        world = world_of(case.plan, interrupt=dying_at(point, died))
        case.live(world)
        assert died, point
        assert unsafe(world) == [], point
        assert unfinished(world) == [], point
        # Only what an application asked for in a step that was never committed may be missing.
        assert len(read(world).came) >= case.words - 1, point
