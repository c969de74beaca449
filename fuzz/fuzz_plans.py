"""Throw damaged plans at the readers of all forms: ``python fuzz/fuzz_plans.py [--seconds N] [--seed S]``.

Prints one line; exits with 1 on a finding, and then prints the bytes that caused it.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.contacts.hostile import SEEDS, WORDS, check, mutated


def odd_lines(draw: random.Random) -> bytes:
    """Return lines of ION's words."""
    lines = [" ".join(draw.choices(WORDS, k=draw.randrange(9))) for _ in range(draw.randrange(9))]
    return "\n".join(lines).encode()


def main() -> int:
    """Try plans until the time is over; show the first that goes wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    draw = random.Random(arguments.seed)
    ends = time.monotonic() + arguments.seconds
    forms = list(SEEDS)
    tried = read = 0
    while time.monotonic() < ends:
        seed = draw.choice(forms)
        data = odd_lines(draw) if draw.random() < 0.1 else mutated(SEEDS[seed], draw.getrandbits(64))
        form = None if draw.random() < 0.2 else seed
        begun = time.process_time()
        try:
            read += check(data, form)
        except Exception as error:
            sys.stdout.write(f"plans: {form}: {type(error).__name__}: {error}\n{data!r}\n")
            return 1
        if time.process_time() - begun > 30:
            sys.stdout.write(f"plans: {form}: took {time.process_time() - begun:.0f} s of CPU\n{data!r}\n")
            return 1
        tried += 1
    sys.stdout.write(f"plans: {tried} files, {read} of them plans, nothing but InputError\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
