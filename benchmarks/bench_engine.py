"""Measure the engine in virtual time: bundles of 100 B end to end through three nodes.

Everything is done as in a rehearsal: built, encoded, stored, routed, booked, carried over space
hops, decoded and checked at each node, acknowledged, delivered, traced and digested.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import machine

from starlight.contacts.contact import UNLIMITED_BPS, Contact, constant_light
from starlight.contacts.plan import ContactPlan
from starlight.dtntime import HOUR, SECOND, YEAR
from starlight.engine.host import Host
from starlight.engine.node import Node
from starlight.node.application import Claim, DataUnit, Request, Submit
from starlight.node.config import NodeConfig
from starlight.sim.virtual_node import NodeSetup
from starlight.sim.world import VirtualWorld

START = 51 * YEAR
PAYLOAD = bytes(range(100))
BATCH = 100


class Counter:
    """An application that counts what comes."""

    def __init__(self, node: Node) -> None:
        self.endpoint = f"ipn:{node.number}.1"
        self.came = 0

    def resume(self, now: int) -> Sequence[Request]:
        return [Claim(self.endpoint)]

    def delivered(self, unit: DataUnit, now: int) -> Sequence[Request]:
        self.came += 1
        return ()

    def restore(self, mailbox: str, key: str, data: bytes) -> None:
        raise AssertionError("nothing was saved")

    def next_wakeup(self) -> int | None:
        return None

    def _nothing(self, *facts: object) -> Sequence[Request]:
        return ()

    accepted = rejected = departed = withdrawn = not_withdrawn = expired = reported = _nothing
    plan_changed = handle_timer = taken = returned = _nothing


def plan(rate_bps: int) -> ContactPlan:
    """Return a plan of three nodes in a row, a light-second and five light-minutes apart."""
    contacts = []
    for number, (a, b, light_s) in enumerate(((1, 2, 1.0), (2, 1, 1.0), (2, 3, 300.0), (3, 2, 300.0)), 1):
        window = ((START, rate_bps),), constant_light(START, light_s)
        contacts.append(Contact(number, a, b, START, START + 24 * HOUR, *window))
    return ContactPlan.of(contacts)


def measure(rate_bps: int, bundles: int) -> float:
    """Return bundles per second of processor time, from the application at one end to that at the other."""
    contacts = plan(rate_bps)
    counters: list[Counter] = []

    def counter(node: Node) -> Counter:
        counters.append(Counter(node))
        return counters[-1]

    setups = [NodeSetup(NodeConfig(number, contacts), counter) for number in (1, 2, 3)]
    world = VirtualWorld(contacts, setups, start=START)
    post = Submit("t", "ipn:1.1", "ipn:3.1", PAYLOAD, 86_400_000)

    def write(host: Host, now: int) -> list[Request]:
        return [post] * BATCH

    for batch in range(bundles // BATCH):
        world.call(START + SECOND + batch * SECOND // 10, 1, write)
    began = time.process_time()
    world.run(START + 24 * HOUR)
    took = time.process_time() - began
    came = counters[2].came
    assert came == bundles, f"{came} of {bundles} came"
    return bundles / took


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bundles", type=int, default=20_000)
    parser.add_argument("--profile", action="store_true")
    options = parser.parse_args()
    if options.profile:
        import cProfile
        import pstats

        with cProfile.Profile() as profile:
            measure(1_000_000, options.bundles)
        pstats.Stats(profile).sort_stats("tottime").print_stats(45)
        return
    result = {
        "what": "engine, virtual time, three nodes, 100 B payload",
        "bundles": options.bundles,
        "bundles_per_s": {
            "rate_unlimited": round(measure(UNLIMITED_BPS, options.bundles)),
            "rate_1_Mbps": round(measure(1_000_000, options.bundles)),
        },
        "machine": machine.describe("msgspec", "fastcrc"),
    }
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
