"""The ends of lifetimes, in order, whatever was forgotten before."""

from __future__ import annotations

from random import Random

from starlight.node.bundle_state import BundleState
from starlight.node.deadlines import Expiries
from starlight.node.stored import Meta, Stored


def test_lifetimes_end_in_order_after_a_sweep() -> None:
    """Forgotten bundles are swept out when they outnumber the others, whose order that does not touch."""
    rng = Random(1)
    expiries, alive = Expiries(), []
    for number in range(4_000):
        ends = rng.randrange(1_000_000)
        meta = Meta(number, 0, ends, 1, "ipn:9.1", "ipn:3.1", "dtn:none", 0, (1, number), 1)
        stored = Stored(f"ipn:9.1/1/{number}", meta, 3)
        expiries.add(stored)
        if rng.random() < 0.2:
            alive.append(ends)
        else:
            stored.state = BundleState.GONE
    expiries.sweep(len(alive))
    assert expiries.next() == min(alive)
    assert [stored.meta.expires for stored in expiries.due(1_000_000)] == sorted(alive)
    assert not expiries.is_due(1_000_000)
