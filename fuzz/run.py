"""Run every fuzzer of this folder for a while: ``python fuzz/run.py [--seconds N] [--seed S]``."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path


def main() -> int:
    """Run them one after the other; fail when one has found something."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0, help="for each fuzzer (default 60)")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    failed = 0
    for path in sorted(Path(__file__).parent.glob("fuzz_*.py")):
        options = ["--seconds", str(arguments.seconds), "--seed", str(arguments.seed)]
        failed |= subprocess.run([sys.executable, str(path), *options], check=False).returncode
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
