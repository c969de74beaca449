"""Compare the router with the best of all routes: ``python fuzz/fuzz_routing.py [--seconds N]``."""

from __future__ import annotations

import argparse
import random
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.routing.oracle import Trial, compare_with_fresh


def main() -> int:
    """Try plans until the time is over; say the seed of the first that goes wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    ends = time.monotonic() + arguments.seconds
    plans = found = 0
    while time.monotonic() < ends:
        seed = arguments.seed * 1_000_003 + plans
        trial = Trial(random.Random(seed))
        try:
            found += sum(trial.step() for _ in range(20))
            if plans % 200 == 0:
                compare_with_fresh(seed, 300)
        except Exception as error:
            sys.stdout.write(f"routing: plan of seed {seed}: {type(error).__name__}: {error}\n")
            return 1
        plans += 1
    sys.stdout.write(
        f"routing: {plans} plans, {20 * plans} questions, {found} routes, all as the oracle has them\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
