"""Impairments of a medium: messages that are lost, doubled, or overtaken by later ones, drawn from a seed.

They are what a datagram link must live with, and by default there are none. The seed draws for each direction
apart, so what happens on one link does not depend on what is sent over another.
"""

from __future__ import annotations

from random import Random

import msgspec

from starlight.dtntime import SECOND


class Impairments(msgspec.Struct, frozen=True):
    """The impairments of every direction of a medium.

    Attributes:
        seed: of the draws.
        loss, duplication, reordering: how likely it is, 0 to 1, that a message is lost, comes twice, or comes
            late enough that others may overtake it.
        delay_max: how late at most, in ns.
    """

    seed: int
    loss: float = 0.0
    duplication: float = 0.0
    reordering: float = 0.0
    delay_max: int = SECOND

    def __post_init__(self) -> None:
        """Check that each likelihood is one.

        Raises:
            ValueError: one is not from 0 to 1, or the delay is negative.
        """
        for name in ("loss", "duplication", "reordering"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} is from 0 to 1, not {getattr(self, name)}")
        if self.delay_max < 0:
            raise ValueError(f"a delay is 0 or more, not {self.delay_max}")


class Draws:
    """The draws of one direction, in the order of what is sent over it.

    Args:
        impairments: what may happen.
        link: from which node to which.
    """

    def __init__(self, impairments: Impairments, link: tuple[int, int]) -> None:
        self._impairments = impairments
        self._random = Random(f"{impairments.seed} {link[0]} {link[1]}")

    def delays(self) -> list[int]:
        """Return how late, in ns, a message comes: once, twice, or not at all."""
        drawn, random = self._impairments, self._random
        # Always as many draws a message, so that a rate that changes moves nothing else in the sequence.
        lost, doubled, late = random.random(), random.random(), random.random()
        delay, other = (random.randint(1, max(1, drawn.delay_max)) for _ in range(2))
        if lost < drawn.loss:
            return []
        first = delay if late < drawn.reordering else 0
        return [first, other] if doubled < drawn.duplication else [first]
