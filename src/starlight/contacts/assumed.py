"""The values that stand for what a plan's file leaves out."""

from __future__ import annotations

import msgspec

NO_LIGHT = "contact without a light time, for which the given one stands"
NO_RATE = "contact without a rate, for which the given one stands"


class Assumed(msgspec.Struct, frozen=True):
    """Values that the reader of a plan was told to take where the file says nothing.

    Attributes:
        light: a light time, in ns; None where none was given.
        rate_bps: a rate in bit/s; None where none was given.
    """

    light: int | None = None
    rate_bps: int | None = None


NOTHING = Assumed()
"""Nothing was given: what a file leaves out is refused, or taken as its form has it."""
