"""Throw mutated and random bytes at the bundle decoder, and exchange bundles with pyD3TN.

    python fuzz/fuzz_bundle.py [--seconds N] [--seed S] [--exchange COUNT]

Prints one line; exits with 1 on a finding, and then prints the bytes that caused it.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.bundle import wire
from tests.bundle.test_hostile import SEEDS, handle
from tests.bundle.test_pyd3tn import check_both
from tests.bundle.test_report import PLAIN as REPORT

from starlight.bundle import decode_report
from starlight.bundle.cbor import dumps, loads
from starlight.bundle.policy import DEFAULT, STRICT, TOLERANT
from starlight.bundle.report import record_type
from starlight.errors import CborError

INTERESTING = (0x00, 0x17, 0x18, 0x1B, 0x1F, 0x5B, 0x5F, 0x7F, 0x80, 0x9B, 0x9F, 0xBF, 0xC1, 0xF6, 0xFB, 0xFF)


def mutate(draw: random.Random, data: bytes) -> bytes:
    """Change a few bytes, pieces or the length of some bytes."""
    work = bytearray(data)
    for _ in range(draw.choice((1, 1, 1, 2, 4, 16))):
        at = draw.randrange(len(work) + 1)
        match draw.randrange(6):
            case 0:
                work[at : at + 1] = bytes((draw.choice(INTERESTING),))
            case 1:
                work[at : at + 1] = draw.randbytes(1)
            case 2:
                del work[at : at + draw.randrange(1, 9)]
            case 3:
                work[at:at] = draw.randbytes(draw.randrange(1, 9))
            case 4:
                begin = draw.randrange(len(work) + 1)
                work[at:at] = work[begin : begin + draw.randrange(1, 60)]
            case _:
                work[at : at + 1] = bytes((work[at] ^ 1 << draw.randrange(8),)) if at < len(work) else b""
    return bytes(work)


def try_all(data: bytes, draw: random.Random) -> bool:
    """Give bytes to every decoder of the layer; return whether they were a bundle."""
    for read in (decode_report, record_type):
        wire.refusal(read, data)
    if wire.refusal(loads, data, CborError) is None and dumps(loads(data)) != data:
        raise AssertionError("loads accepted what dumps does not write")
    return handle(data, draw.choice((DEFAULT, STRICT, TOLERANT)))


def fuzz(seconds: float, seed: int) -> int:
    """Run for some seconds; return the exit status."""
    draw = random.Random(seed)
    seeds = [*SEEDS, REPORT, b""]
    end = time.monotonic() + seconds
    tried = accepted = 0
    while time.monotonic() < end:
        data = mutate(draw, draw.choice(seeds))
        try:
            taken = try_all(data, draw)
        except Exception as error:  # Any exception that escapes is a finding.
            sys.stdout.write(f"FOUND {type(error).__name__}: {error}; seed {seed}, bytes {data.hex()}\n")
            return 1
        tried += 1
        accepted += taken
        if taken and len(data) < 400 and draw.random() < 0.05:
            # Accepted mutants are mutated further, so that the walk leaves the neighbourhood of the seeds.
            seeds[draw.randrange(len(SEEDS), len(seeds))] = data
            seeds.append(data)
            del seeds[500:]
    sys.stdout.write(f"bundle: {tried} inputs, {accepted} accepted, seed {seed}, nothing found\n")
    return 0


def main() -> int:
    """Read the arguments and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--exchange", type=int, default=0, metavar="COUNT", help="bundles each way with pyD3TN"
    )
    arguments = parser.parse_args()
    if arguments.exchange:
        check_both(arguments.exchange, arguments.seed)
        sys.stdout.write(
            f"pyD3TN: {arguments.exchange} bundles each way, seed {arguments.seed}, all understood\n"
        )
    return fuzz(arguments.seconds, arguments.seed)


if __name__ == "__main__":
    sys.exit(main())
