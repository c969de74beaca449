"""Run every fuzzer of this folder: ``python fuzz/run.py [--seconds N] [--seed S]``.

Each runs for a minute, and the routing one until it has compared a million plans; `--seconds`
limits that one too, and sets how long the others run. `make fuzz FUZZ_SECONDS=60` passes it on.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

COUNTED = {"fuzz_routing.py"}
"""Fuzzers that end after a number of trials of their own, not after a time."""


def main() -> int:
    """Run them one after the other; fail when one has found something."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--seconds", type=float, help="for each fuzzer (default 60, but a million plans for routing)"
    )
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    failed = 0
    for path in sorted(Path(__file__).parent.glob("fuzz_*.py")):
        options = ["--seed", str(arguments.seed)]
        if arguments.seconds is not None or path.name not in COUNTED:
            options += ["--seconds", str(arguments.seconds or 60.0)]
        failed |= subprocess.run([sys.executable, str(path), *options], check=False).returncode
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
