"""Random plans for the router: small ones in which every key ties, and a large one."""

from __future__ import annotations

import random

from starlight.contacts.contact import UNLIMITED_BPS, Contact, LightPiece, constant_light
from starlight.contacts.plan import ContactPlan
from starlight.dtntime import SECOND

MOST_NODES, MOST_CONTACTS = 8, 24
THIRD = SECOND // 3
"""Of a second, and a third of a nanosecond short: windows that meet only nearly."""


class Shape:
    """How a plan is drawn.

    Args:
        rng: draws.
        faster: rates are this many times as high, for bundles that are this many times as large.

    Attributes:
        unit: of the plan's times, in ns.
        jitter: ends of windows may be a nanosecond off.
    """

    def __init__(self, rng: random.Random, faster: int = 1) -> None:
        self.rng = rng
        self.faster = faster
        self.unit = rng.choice((SECOND, SECOND, SECOND, THIRD, 2 * SECOND // 7))
        self.jitter = rng.random() < 0.2

    def time(self, units: int) -> int:
        """Return a time of so many units, or a nanosecond beside it, in ns."""
        near = self.rng.choice((-1, 0, 1)) if self.jitter else 0
        return units * self.unit + near

    def rate(self, *bps: int) -> int:
        """Draw one of some rates; those that divide nothing make times that are no whole nanoseconds."""
        rate = self.rng.choice(bps)
        return rate if rate == UNLIMITED_BPS else rate * self.faster

    def contact(self, id: int, nodes: int) -> Contact:
        """Return a contact of any shape within half a minute."""
        rng = self.rng
        from_node, to_node = rng.sample(range(1, nodes + 1), 2)
        start = self.time(rng.randrange(0, 20))
        end = start + self.time(rng.choice((-1, 0, 1, 2, 5, 10, 10, 20, 20)))
        bps = (8, 8, 16, 40, 80, 800, 7, 24, 60, UNLIMITED_BPS, UNLIMITED_BPS, 0)
        rates = [(start, self.rate(*bps))]
        for _ in range(rng.choice((0, 0, 0, 1, 2))):
            rates.append((rates[-1][0] + rng.randrange(1, 5) * self.unit, self.rate(*bps)))
        if len(rates) == 1 and rates[0][1] not in (0, UNLIMITED_BPS) and rng.random() < 0.1:
            # As long as one to three bytes take, to the nanosecond: what fits, just fits.
            end = start - -(rng.randrange(1, 4) * 8 * self.faster * SECOND // -rates[0][1])
        return Contact(id, from_node, to_node, start, end, tuple(rates), self._light(start))

    def _light(self, start: int) -> tuple[LightPiece, ...]:
        rng = self.rng
        begin = start - rng.choice((0, 0, 3)) * SECOND
        kind = rng.randrange(8)
        if kind < 5:
            return (LightPiece(begin, SECOND, (float(rng.choice((0, 0, 1, 1, 2, 4, 1 / 3))),)),)
        span = rng.choice((SECOND, 10 * SECOND))
        # Slopes stay above -1 s/s for the half minute that matters: light does not overtake light.
        slope = rng.choice((-0.3, -0.1, 0.0, 0.25, 0.5)) * span / SECOND
        bend = rng.choice((0.0, 0.001, 0.004)) * (span / SECOND) ** 2
        first = LightPiece(begin, span, (12.0, slope, bend))
        if kind < 7:
            return (first,)
        border = begin + rng.randrange(1, 8) * SECOND
        return (
            first,
            LightPiece(border, span, (first.at(border) / SECOND + rng.choice((1e-9, 0.5)), slope, bend)),
        )

    def tied_contact(self, id: int, order: list[int], rank_of: list[int]) -> Contact:
        """Return a contact from one rank of relays to a later one."""
        rng = self.rng
        place = rng.randrange(len(rank_of) - 1)
        further = [
            other for other, rank in enumerate(rank_of) if 0 < rank - rank_of[place] <= rng.choice((1, 1, 2))
        ]
        to_node = rng.choice(further or [len(rank_of) - 1])
        if place == to_node:
            place = 0
        late = rank_of[to_node] == rank_of[-1]
        start = self.time(rng.choice((9, 10, 10) if late else (0, 0, 1, 3, 8)))
        end = self.time(rng.choice((18, 18, 20) if late else (5, 9, 12, 15, 19, 25)))
        rate = self.rate(80, 80, 800, UNLIMITED_BPS, UNLIMITED_BPS)
        light = (LightPiece(start, SECOND, (rng.choice((0.0, 0.0, 1.0)),)),)
        return Contact(id, order[place], order[to_node], start, end, ((start, rate),), light)


def random_contact(rng: random.Random, id: int, nodes: int) -> Contact:
    """Return a contact of any shape between two of some nodes."""
    return Shape(rng).contact(id, nodes)


def random_plan(rng: random.Random, faster: int = 1) -> ContactPlan:
    """Return a plan of at most 8 nodes and 24 contacts: of any shape, or one in which much is equal."""
    shape = Shape(rng, faster)
    ids = rng.sample(range(100), rng.randrange(1, MOST_CONTACTS + 1))
    if rng.random() < 0.4:
        nodes = rng.randrange(2, MOST_NODES + 1)
        return ContactPlan.of([shape.contact(id, nodes) for id in ids])
    # Ranks of relays, most of them waiting for the same late window: arrivals and hops tie, and
    # terminations, entries and ids decide.
    order = rng.sample(range(1, MOST_NODES + 1), MOST_NODES)
    ranks = rng.choice(((1, 2, 3, 1), (1, 5, 1), (1, 6, 1), (1, 1, 4, 1), (1, 2, 2, 1, 1), (1, 3, 3, 1)))
    rank_of = [rank for rank, width in enumerate(ranks) for _ in range(width)]
    return ContactPlan.of([shape.tied_contact(id, order, rank_of) for id in ids])


def large_plan(rng: random.Random) -> ContactPlan:
    """Return 400 contacts among 20 nodes, many of them open at once and alike."""
    found = []
    for id in range(400):
        one, other = rng.sample(range(1, 21), 2)
        start = rng.randrange(0, 3600, 60) * SECOND
        end = start + rng.choice((60, 300, 3000)) * SECOND
        bps = rng.choice((2_000, 2_000, 64_000, UNLIMITED_BPS))
        light = constant_light(start, rng.choice((0.0, 0.1, 30.0)))
        found.append(Contact(id, one, other, start, end, ((start, bps),), light))
    return ContactPlan.of(found)


def narrow_plan(rng: random.Random) -> ContactPlan:
    """Return 30 slow contacts among 4 nodes: queues are long, and the urgent push what is booked."""
    found = []
    for id in range(30):
        one, other = rng.sample(range(1, 5), 2)
        start = rng.randrange(0, 3600, 60) * SECOND
        end = start + rng.choice((60, 300, 3000)) * SECOND
        light = constant_light(start, rng.choice((0.0, 0.1, 30.0)))
        found.append(Contact(id, one, other, start, end, ((start, rng.choice((100, 400))),), light))
    return ContactPlan.of(found)
