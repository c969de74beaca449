"""Compare the router with the best of all routes: ``python fuzz/fuzz_routing.py [--plans N | --seconds N]``.

A million plans take one core most of an hour; they are shared among all cores. A plan is named by the
number that it is drawn from, so what went wrong is tried again with ``--first NUMBER --plans 1``.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.routing.trial import Trial, compare_with_fresh

PLANS = 1_000_000
BLOCK = 1_000
"""Plans that a process tries before it looks at the time."""

LONG = 250
"""After so many plans comes one that is asked for long, to see whether what is remembered is true."""

QUESTIONS = 4
"""For each plan: enough for an answer to be remembered, booked around and asked for again."""


def tried(ends: float, first: int, plans: int) -> tuple[int, int, str]:
    """Return how many plans were tried, how many routes there were, and what went wrong.

    Args:
        ends: when to stop, by the monotonic clock.
        first: the number of the first plan.
        plans: how many.
    """
    routes = 0
    for number in range(first, first + plans):
        if time.monotonic() >= ends:
            return number - first, routes, ""
        try:
            trial = Trial(random.Random(number))
            routes += sum(trial.step() for _ in range(QUESTIONS))
            if number % LONG == 0:
                compare_with_fresh(number // LONG, 300)
        except Exception as error:
            return number - first, routes, f"plan {number}: {type(error).__name__}: {error}"
    return plans, routes, ""


def main() -> int:
    """Try plans until all are tried or the time is over; say the seed of the first that goes wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--plans", type=int, default=PLANS, help="how many (default a million)")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="at most (default no limit)")
    parser.add_argument("--seed", type=int, default=0, help="another seed, another million")
    parser.add_argument("--first", type=int, help="number of the first plan (default: by the seed)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="processes (default all cores)")
    parser.add_argument("--progress", action="store_true", help="say on stderr what is done")
    arguments = parser.parse_args()
    begun = time.monotonic()
    start = (arguments.seed + 1) * PLANS if arguments.first is None else arguments.first
    after = start + arguments.plans
    firsts = range(start, after, BLOCK)
    sizes = [min(BLOCK, after - first) for first in firsts]
    plans = routes = 0
    with ProcessPoolExecutor(arguments.jobs) as pool:
        work = partial(tried, begun + arguments.seconds)
        for done, found, wrong in pool.map(work, firsts, sizes):
            plans, routes = plans + done, routes + found
            if wrong:
                pool.shutdown(wait=False, cancel_futures=True)
                print(f"routing: {wrong}")
                return 1
            if arguments.progress:
                print(f"{plans} plans, {time.monotonic() - begun:.0f} s", file=sys.stderr, flush=True)
    print(
        f"routing: {plans} plans, {QUESTIONS * plans} questions, {routes} routes, all as the oracle has "
        f"them; {time.monotonic() - begun:.0f} s"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
