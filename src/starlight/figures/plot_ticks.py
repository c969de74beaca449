"""Round numbers along the axis of a figure, and numbers as short as a reader needs them."""

from __future__ import annotations

import math

import msgspec

FEW = 6
"""Ticks that a phone's width, or the height of a chart, has room for."""


class PlotTick(msgspec.Struct, frozen=True):
    """A tick of an axis: where, in percent from its beginning, and what is written there."""

    place: float
    text: str

    @property
    def anchor(self) -> str:
        """Return which end of its words stands there, as SVG has it: none leaves the figure."""
        return "start" if self.place < 6 else "end" if self.place > 94 else "middle"


def number_ticks(low: float, high: float, few: int = FEW) -> tuple[PlotTick, ...]:
    """Return ticks at round numbers from a number to a larger one."""
    step = 10.0 ** math.floor(math.log10((high - low) / few))
    step *= next(each for each in (1, 2, 5, 10) if (high - low) / (step * each) <= few)
    digits = max(0, -math.floor(math.log10(step)))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return tuple(
        PlotTick(round(100 * (n * step - low) / (high - low), 2), f"{n * step:.{digits}f}".replace("-", "−"))
        for n in range(first, last + 1)
    )


def around(values: list[float], room: float = 0.08) -> tuple[float, float]:
    """Return a least and a largest between which values lie with some room; they always differ."""
    low, high = min(values), max(values)
    margin = max((high - low) * room, abs(high) * 0.01, 1e-3)
    return low - margin, high + margin


def percent(share: float) -> str:
    """Return a share from 0 to 1 in percent; what is between is never told as all or nothing."""
    told = 100 * share
    if 0 < told < 0.01:
        return "< 0.01 %"
    if 99.9 < told < 100:
        return "> 99.9 %"
    return f"{told:.2g} %" if told < 10 else f"{told:.3g} %" if told > 99 else f"{told:.0f} %"
