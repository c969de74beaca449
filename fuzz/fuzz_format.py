"""Fuzz the formats of messages: payloads made by their rules, mutated ones, and noise.

Decoding may raise LetterError only. What it takes must encode to bytes that mean the same, and those to
themselves: one message has one encoding.

    python fuzz/fuzz_format.py [--seconds N] [--seed S]
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from fuzz.fuzz_messages import mutated

from starlight.bundle import cbor
from starlight.errors import LetterError
from starlight.messages.format import Kind, decode_message, encode_message, stand_in
from starlight.messages.letter import Newer
from starlight.messages.wire_values import Envelope

ENVELOPE = Envelope("ipn:20.1", "ipn:7.1", 10**18)
NUMBERS = [0, 1, 2, 3, 23, 24, 255, 256, 2**20, 2**32, 2**63, 2**64 - 1, -1, -24]


def some_value(draw: random.Random, depth: int = 0) -> cbor.Value:
    """Return a value of any type that CBOR has here."""
    kind = draw.randrange(9 if depth < 4 else 7)
    if kind == 0:
        return draw.choice(NUMBERS)
    if kind == 1:
        return draw.choice(["", "hi", "ipn:7.1", "안녕", "ipn:7.1/0/1", "x" * 300])
    if kind == 2:
        return draw.randbytes(draw.choice([0, 1, 15, 16, 16, 16, 32, 32, 300]))
    if kind == 3:
        return draw.random() < 0.5
    if kind == 4:
        return draw.choice([None, 0.5, -90.25, float("nan"), float("inf")])
    if kind == 5:
        return [draw.randbytes(16), draw.randrange(100)] * draw.randrange(4)
    if kind == 6:
        return [draw.randbytes(16), draw.randrange(3), [0, 1] * draw.randrange(3)] * draw.randrange(3)
    if kind == 7:
        return [some_value(draw, depth + 1) for _ in range(draw.randrange(4))]
    return some_keys(draw, depth + 1)


def some_keys(draw: random.Random, depth: int = 0) -> dict[int | str, cbor.Value]:
    """Return a map whose keys are mostly ones that mean something."""
    keys: dict[int | str, cbor.Value] = {}
    for _ in range(draw.randrange(6)):
        name: int | str = "text" if draw.random() < 0.1 else draw.choice([draw.randrange(20), *NUMBERS])
        keys[name] = some_value(draw, depth + 1)
    return keys


def some_payload(draw: random.Random) -> bytes:
    """Return a payload that begins like a message."""
    keys = some_keys(draw)
    keys |= {0: draw.choice([2, 2, 2, 2, 3, 1]), 2: draw.randbytes(16)}
    if draw.random() < 0.7:
        keys[1] = draw.choice([*Kind, 9])
    return mutated(draw, cbor.dumps(keys))


def try_payload(payload: bytes) -> bool:
    """Decode a payload; return whether it is a message."""
    try:
        message = decode_message(payload, ENVELOPE)
    except LetterError:
        stand_in(payload, ENVELOPE, None)
        return False
    if isinstance(message, Newer):
        stand_in(payload, ENVELOPE, message)
        return True
    encoded = encode_message(message, ENVELOPE)
    again = decode_message(encoded, ENVELOPE)
    # Compared as bytes, because what a key that nobody knows holds may be no number, which equals nothing.
    if isinstance(again, Newer) or encode_message(again, ENVELOPE) != encoded:
        raise AssertionError(f"{payload.hex()} encodes to {encoded.hex()}")
    return True


def main() -> int:
    """Fuzz for some seconds; return 1 on a finding."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    until = time.monotonic() + options.seconds
    payloads = messages = 0
    seed = options.seed
    while time.monotonic() < until:
        draw = random.Random(seed)
        payload = some_payload(draw) if draw.random() < 0.9 else draw.randbytes(draw.randrange(60))
        try:
            messages += try_payload(payload)
        except Exception as error:  # Any exception is the finding that the seed reproduces.
            sys.stderr.write(f"fuzz_format: seed {seed}: {type(error).__name__}: {error}\n")
            raise
        payloads += 1
        seed += 1
    sys.stdout.write(f"fuzz_format: {payloads} payloads ({messages} messages), nothing found\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
