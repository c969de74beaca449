"""Faults drawn from a seed: links that are cut, nodes that crash.

The seed draws the rates too, so that some worlds are quiet and some are hell. The same seed
draws the same faults.
"""

from __future__ import annotations

from random import Random

import msgspec

from starlight.contacts import ContactPlan
from starlight.sim.world import VirtualWorld


class Cut(msgspec.Struct, frozen=True):
    """Directions of links that carry nothing from `start` to `end`, both included, in ns."""

    links: tuple[tuple[int, int], ...]
    start: int
    end: int


class Crash(msgspec.Struct, frozen=True):
    """A node that loses what it has not committed at `time`, and starts again at `until`, in ns."""

    node: int
    time: int
    until: int


class FaultPlan(msgspec.Struct, frozen=True):
    """The cuts and crashes that befall a world."""

    cuts: tuple[Cut, ...] = ()
    crashes: tuple[Crash, ...] = ()

    def befall(self, world: VirtualWorld) -> None:
        """Let a world suffer them."""
        for cut in self.cuts:
            world.cut(cut.links, cut.start, cut.end)
        for crash in self.crashes:
            world.crash(crash.node, crash.time, crash.until)


def draw(
    seed: int, plan: ContactPlan, start: int, end: int, *, cuts_max: int = 12, crashes_max: int = 8
) -> FaultPlan:
    """Draw the faults of an interval; all are over at its end.

    Args:
        seed: of the draw.
        plan: whose links and nodes suffer.
        start, end: in ns.
        cuts_max, crashes_max: bounds of the numbers that the seed draws.
    """
    # Sorted before drawing: a set's order differs between processes, and a seed must not.
    random = Random(seed)
    pairs = sorted({(c.from_node, c.to_node) for c in plan.contacts})
    nodes = plan.nodes()
    cuts = []
    for _ in range(random.randint(0, cuts_max) if pairs else 0):
        there = random.choice(pairs)
        # A storm silences both directions; a broken transmitter only one.
        links = (there, (there[1], there[0])) if random.random() < 0.7 else (there,)
        cuts.append(Cut(links, *_interval(random, start, end)))
    crashes = []
    for _ in range(random.randint(0, crashes_max) if nodes else 0):
        node = random.choice(nodes)
        crashes.append(Crash(node, *_interval(random, start, end)))
    return FaultPlan(tuple(cuts), tuple(crashes))


def _interval(random: Random, start: int, end: int) -> tuple[int, int]:
    """Return an interval inside another; short ones are as likely as long ones, on a scale of ratios."""
    begin = random.randrange(start, end)
    length = int((end - begin) * 10.0 ** random.uniform(-6, 0))
    return begin, min(begin + length, end)
