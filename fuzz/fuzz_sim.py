"""Let random worlds fail in every way, then heal: ``python fuzz/fuzz_sim.py [--seconds N] [--seed S]``.

Each seed draws a plan, traffic, cuts, crashes and nodes that believe different plans. While all
fails, nothing may be lost or come twice; once healed, everything arrives or has expired. A seed
that is told reproduces its finding with ``--seed S --worlds 1``.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.sim.helpers import HOUR, NEAR_LIGHT_S, START, disturbed, sessions

from starlight.sim.checkers import unfinished, unsafe

SESSIONS_EVERY = 4
"""Of so many worlds one has TCPCL sessions between near nodes, the others space hops."""


def findings(seed: int) -> tuple[list[str], int]:
    """Return what went wrong in the world of a seed, and how many trace records it made."""
    over_sessions = seed % SESSIONS_EVERY == 0
    world, lines = (
        disturbed(seed, lights=NEAR_LIGHT_S, choose_link=sessions) if over_sessions else disturbed(seed)
    )
    for hour in range(13):
        world.run(START + hour * HOUR)
        wrong = unsafe(world)
        if wrong:
            return wrong, len(lines)
    world.run(START + 62 * HOUR)
    return unsafe(world) + unfinished(world), len(lines)


def main() -> int:
    """Run worlds until the time is over."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--seed", type=int, default=1_000)
    parser.add_argument("--worlds", type=int, default=10**9)
    options = parser.parse_args()
    until = time.monotonic() + options.seconds
    seed, records, found = options.seed, 0, 0
    while time.monotonic() < until and seed < options.seed + options.worlds:
        try:
            wrong, count = findings(seed)
        except Exception as error:  # whatever escapes is a finding
            wrong, count = [f"{type(error).__name__}: {error}"], 0
        records += count
        found += bool(wrong)
        for text in wrong:
            print(f"seed {seed}: {text}", file=sys.stderr)
        seed += 1
    print(f"sim: {seed - options.seed} worlds from seed {options.seed}, {records} records, {found} findings")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
