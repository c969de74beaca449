"""Whose turn it is at a contact."""

from __future__ import annotations

from random import Random

import pytest
from tests.engine.helpers import T, contact

from starlight.forwarding.contact_queue import ContactQueue, Neighbour
from starlight.node.links import KnownLink
from starlight.node.stored import Meta, Stored


def bundle(name: str, priority: int, size: int) -> Stored:
    """Return a bundle that queues."""
    meta = Meta(1, T, T + 1, size, "ipn:1.1", "ipn:3.1", "dtn:none", 0, (1, 0), size, priority=priority)
    return Stored(name, meta, 3)


@pytest.mark.parametrize(("size", "first"), [(1_000, "bulk"), (1_001, "urgent")])
def test_a_less_urgent_bundle_goes_into_a_gap_that_it_fits_exactly(size: int, first: str) -> None:
    """It may be through at the instant at which the urgent one is booked to leave, and not a byte later."""
    queue = ContactQueue(contact(1, 1, 2), Neighbour(KnownLink(2)))
    urgent_leaves = T + 1_000_000  # ns, in which 1000 bytes leave
    queue.put(bundle("bulk", 0, size), T, 1)
    queue.put(bundle("urgent", 2, 10), urgent_leaves, 2)
    turn = queue.next()
    assert turn is not None
    assert (turn[0], turn[1].key) == (T if first == "bulk" else urgent_leaves, first)


def test_a_queue_keeps_its_order_when_most_of_it_was_taken_out() -> None:
    """What has left a queue is swept out of it now and then; the others leave in the order of booking."""
    rng = Random(1)
    queue = ContactQueue(contact(1, 1, 2), Neighbour(KnownLink(2)))
    waiting: list[tuple[int, Stored]] = []
    for ticket in range(1, 2_001):
        leaves = T + rng.randrange(1_000_000)
        waiting.append((leaves, bundle(str(ticket), 1, 1)))
        queue.put(waiting[-1][1], leaves, ticket)
    rng.shuffle(waiting)
    while len(waiting) > 200:
        queue.drop(waiting.pop()[1])
    left = []
    while (turn := queue.next()) is not None:
        left.append(turn)
        queue.drop(turn[1])
    assert [leaves for leaves, _ in left] == sorted(leaves for leaves, _ in waiting)
    assert queue.count == 0
