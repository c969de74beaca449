"""Time that an overtaken bundle gives back, and fragments of a step that broke."""

from __future__ import annotations

from typing import Any

import pytest
from tests.engine.helpers import HOUR, SECOND, Fixture, T, contact, of, plan
from tests.engine.office import Office
from tests.forwarding.test_fragmentation import WORDS, windows

from starlight.engine.host import Host
from starlight.engine.node import Node
from starlight.node.actions import Forget, Persist, Transmit
from starlight.node.application import Submit
from starlight.node.config import NodeConfig
from starlight.node.events import LinkUp, PlanChanged, Wakeup


def test_time_that_an_overtaken_bundle_misses_is_given_to_one_that_waits() -> None:
    """A bundle that leaves late misses its next contact; who waits for just that room is looked at again.

    The long bundle takes ten seconds on the first contact and on the second, the short one half as long; an
    urgent one goes before the long one, which so comes too late for the second contact.
    """
    rate = 800  # a byte takes ten milliseconds
    first = contact(1, 1, 2, HOUR, HOUR + 40 * SECOND, rate=rate, light_s=600.0)
    later = contact(2, 1, 2, HOUR + 50 * SECOND, HOUR + 56 * SECOND, rate=rate, light_s=300.0)
    second = contact(3, 2, 3, HOUR + 611 * SECOND, HOUR + 622 * SECOND, rate=rate, light_s=1.0)
    node = Fixture(1, plan(first, later, second))

    def submitted(size: int, **more: Any) -> str:
        """Submit a bundle of about `size` bytes in all."""
        return of(node.submit(payload=b"x" * (size - 70), **more), Persist)[0].key

    long, short = submitted(1000), submitted(500)
    assert node.node.booked(long)[0].hops[0].contact.id == 1
    assert node.node.stored[short].state.name == "WAITING"
    submitted(1200, to="ipn:2.1", priority=2)
    sent: list[tuple[str, int]] = []
    while (due := node.node.next_wakeup()) is not None and due < T + HOUR + 60 * SECOND:
        sent += [(action.key, action.contact) for action in of(node.handle(Wakeup(), due), Transmit)]
    assert (long, 1) in sent
    assert (short, 2) in sent


def test_what_was_cut_in_a_broken_step_is_not_kept_whole_beside_its_fragments() -> None:
    """The fragments are committed with the next step, and the whole is forgotten in the same commit."""
    bodies: dict[str, bytes] = {}
    office = Office()
    host = Host(Node(NodeConfig(1, plan())), office, bodies.__getitem__)
    host.step([LinkUp(2)], T)
    request = Submit("letter/1", "ipn:1.1", "ipn:3.1", WORDS, 86_400_000, "dtn:none")
    (whole,) = of(host.step([request], T).writes, Persist)
    bodies[whole.key] = whole.data

    office.due = T
    office.defects["handle_timer"] = RuntimeError()
    with pytest.raises(RuntimeError):
        host.step([PlanChanged(windows(HOUR, 2 * HOUR, 3 * HOUR, 4 * HOUR, first=11))], T)
    office.defects.clear()
    office.due = None
    writes = host.step([], T).writes
    assert len(of(writes, Persist)) > 1
    assert whole.key in [write.key for write in of(writes, Forget)]
