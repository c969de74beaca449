"""Measure decoding, encoding and forwarding of bundles; print one JSON object.

Time is the process's own, and each figure the best of several rounds, because the machine does
other things too.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import machine

from starlight.bundle import Bundle, EndpointID, build, decode, encode, onward, payload_of

ROUNDS = 5
ROUND_S = 0.3


def per_second(act: Callable[[], object]) -> int:
    """Return how often a call can be made in a second."""
    best = 0.0
    for _ in range(ROUNDS):
        done = 0
        start = time.process_time()
        while (spent := time.process_time() - start) < ROUND_S:
            for _ in range(200):
                act()
            done += 200
        best = max(best, done / spent)
    return round(best)


def measure(payload_bytes: int) -> dict[str, int]:
    """Return the figures, in bundles/s, for payloads of a size, with hop count and CRC-32C everywhere."""
    source, destination = EndpointID.parse("ipn:7.1"), EndpointID.parse("ipn:12.1")
    here = EndpointID.parse("ipn:8.0")
    payload = bytes(range(256)) * (payload_bytes // 256) + bytes(payload_bytes % 256)

    def make() -> Bundle:
        return build(
            source, destination, payload, creation=(725846400000, 3), lifetime_ms=86_400_000, hop_limit=30
        )

    made = build(
        source, destination, payload, creation=(725846400000, 3), lifetime_ms=86_400_000, hop_limit=30
    )
    sent = onward(made, node=here)
    assert sent is not None
    received = decode(sent)
    return {
        "decode_per_s": per_second(lambda: decode(sent)),
        "encode_per_s": per_second(lambda: encode(made)),
        "build_and_encode_per_s": per_second(lambda: encode(make())),
        "onward_per_s": per_second(lambda: onward(received, node=here)),
        "payload_of_per_s": per_second(lambda: payload_of(sent)),
        "encoded_bytes": len(sent),
    }


def main() -> None:
    """Print the figures."""
    result = {
        "benchmark": "bundle",
        "clock": "process CPU time, one core",
        "payload_100_B": measure(100),
        "payload_10_kB": measure(10_000),
        "payload_1_MB": measure(1_000_000),
        "machine": machine.describe("fastcrc", "msgspec"),
    }
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
