"""Random bytes in virtual time: drawn by the seed of a run, and for each node from a stream of its own."""

from __future__ import annotations

from collections.abc import Callable
from random import Random


def entropy(seed: int, name: str) -> Callable[[int], bytes]:
    """Return what returns so many random bytes, the same for the same seed and name.

    Keep it as long as the run: a node that starts again must not draw the same bytes again.
    """
    return Random(f"{seed}/{name}").randbytes
