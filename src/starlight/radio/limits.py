"""Limits of a rate besides the budget: what a receiver decodes, what a transmitter sends, a link's cap.

A budget tells how fast bits could be told from noise. Equipment has a fastest rate of its own: MRO's
transponder decodes 2 kbit/s at most (DESCANSO DPS 12), where a 34 m antenna's budget closes at megabits.
"""

from __future__ import annotations

from typing import Any, Literal

from msgspec import Struct

from starlight.errors import InputError

Decides = Literal["budget", "receiver", "transmitter", "cap"]
"""Causes of a rate: the link budget, the equipment of one end, or the cap of the scenario's link."""

MOST_BPS = 10**12
"""More than any radio carries; a larger number in a file is a slip."""


class RateLimit(Struct, frozen=True):
    """A rate that a link never exceeds, however strong its signal.

    Attributes:
        decides: where it comes from: ``receiver``, ``transmitter`` or ``cap``.
        rate_bps: the rate, bit/s.
        whose: the title of the terminal, or of the link.
    """

    decides: Decides
    rate_bps: int
    whose: str

    def sentence(self) -> str:
        """Tell it to people."""
        verb = {"receiver": "decodes", "transmitter": "sends", "cap": "is capped by the scenario:"}
        return f"{self.whose} {verb[self.decides]} {self.rate_bps:,} bit/s at most."


def least(*limits: RateLimit | None) -> RateLimit | None:
    """Return the lowest of the limits that there are, of equal ones the first; None where there is none."""
    # Of equal limits the first one named decides, so that reports don't depend on chance.
    there = [limit for limit in limits if limit is not None]
    return min(there, key=lambda limit: limit.rate_bps, default=None)


def rate_limit(value: Any, where: str) -> int:
    """Return the value of a ``max_rate_bps`` of a file.

    Raises:
        InputError: it is no whole number of bit/s from 1 to `MOST_BPS`.
    """
    # To Python True is a number, but in a file it is a mistake.
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MOST_BPS:
        right = f"A whole number of bit/s, 1 to {MOST_BPS:,}, or leave it out for no limit."
        raise InputError(f"{value!r} is no rate", where=where, right=right)
    return value
