"""The figure of a room's air: oxygen and carbon dioxide over time, the limits, and now.

Lines are in thousandths of the width and height of a field, from its upper left corner, for the template to
draw; all other places are percent. Everything here was computed by a program there, so all of it is drawn as
foreseen, but for the moment at which the air was measured.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import msgspec

from starlight.dtntime import HOUR, SECOND
from starlight.figures.flight_axis import Axis
from starlight.figures.plot_ticks import PlotTick, around, number_ticks
from starlight.views.expedition import AirLimit, AirPoint, RoomView
from starlight.views.sky import Clock
from starlight.web.localtime import reading, when

SIDE = 1000.0

LETTER_WIDTH = 3.4
"""In percent of the width of a figure on a phone, with the room between words."""

ROWS = 16
"""Of the table beside a figure: a screen."""

GASES = {"o2": ("o2", "fire", "death_o2"), "co2": ("co2", "death_co2")}
"""The limits that are drawn with a gas, by the names that a room's program gives them."""


class LimitMark(msgspec.Struct, frozen=True):
    """A limit where the line crosses it, and the level of it."""

    limit: AirLimit
    x: float
    y: float


class GasFigure(msgspec.Struct, frozen=True):
    """One gas over time.

    Attributes:
        name: ``o2`` or ``co2``.
        path: of the line, as SVG has it.
        ticks: of its partial pressure, in kPa, in percent from below.
        marks: the limits of it that the line crosses.
        begins: the height of the line's first point.
        now_kpa: what was foreseen for now; None where that is not in the outlook.
        last_kpa: at the end.
    """

    name: str
    path: str
    ticks: tuple[PlotTick, ...]
    marks: tuple[LimitMark, ...]
    begins: float
    now_kpa: float | None
    first_kpa: float
    last_kpa: float


class AirFigure(msgspec.Struct, frozen=True):
    """The air of a room.

    Attributes:
        room: whose.
        axis: of the time.
        now: where now is, in percent; None where that is not in the outlook.
        gases: each with its own scale.
    """

    room: RoomView
    axis: Axis
    now: float | None
    gases: tuple[GasFigure, ...]

    @property
    def first(self) -> AirLimit | None:
        """Return the limit that comes first; None where none is foreseen."""
        return self.room.limits[0] if self.room.limits else None

    @property
    def death(self) -> AirLimit | None:
        """Return the first that people die of; None where it is the first of all, or none is foreseen."""
        found = next((each for each in self.room.limits if each.deadly), None)
        return None if found is self.first else found

    @property
    def rows(self) -> tuple[AirPoint, ...]:
        """Return what a table tells: at most `ROWS` moments, evenly chosen."""
        samples, last = self.room.samples, len(self.room.samples) - 1
        return samples if last < ROWS else tuple(samples[n * last // (ROWS - 1)] for n in range(ROWS))

    @property
    def ends(self) -> int:
        """Return until when it was computed, in ns."""
        return self.room.samples[-1].at


def air_figure(room: RoomView, now: int) -> AirFigure:
    """Return the figure of a room at a moment, in ns."""
    first, last = room.samples[0].at, room.samples[-1].at
    axis = Axis({first, last if last > first else first + HOUR})
    is_in = first <= now <= last
    kpa: dict[str, Callable[[AirPoint], float]] = {
        "o2": lambda one: one.o2_kpa,
        "co2": lambda one: one.co2_kpa,
    }
    gases = tuple(_gas(room, name, kpa[name], axis, now if is_in else None) for name in GASES)
    return AirFigure(room, axis, axis.x(now) if is_in else None, gases)


def time_ticks(axis: Axis, clock: Clock, world: str) -> tuple[PlotTick, ...]:
    """Return what is written below an axis by a world's clock, as much as a phone has room for.

    Where a day begins, its name is all that is told.
    """
    found: list[PlotTick] = []
    ends = -100.0
    for tick in axis.ticks(clock.worlds[world]):
        # A hundredth of a second later: a sol's beginning is no whole number of ns.
        then = reading(clock, world, tick.at + SECOND // 100)
        text = then.day if then.time == "00:00" else when(clock, world, tick.at)
        wide = LETTER_WIDTH * len(text)
        if tick.x - wide / 2 > ends:
            found.append(PlotTick(round(tick.x, 2), text))
            ends = tick.x + wide / 2
    return tuple(found)


def _gas(
    room: RoomView, name: str, kpa: Callable[[AirPoint], float], axis: Axis, now: int | None
) -> GasFigure:
    values = [kpa(each) for each in room.samples]
    low, high = around(values)

    def y(value: float) -> float:
        return round(SIDE * (high - value) / (high - low), 1)

    points = [(round(10 * axis.x(each.at), 1), y(kpa(each))) for each in room.samples]
    marks = []
    for limit in room.limits:
        level = _at(room.samples, kpa, limit.at) if limit.name in GASES[name] else None
        if level is not None:
            marks.append(LimitMark(limit, round(axis.x(limit.at), 2), round(y(level) / 10, 2)))
    return GasFigure(
        name=name,
        path="M" + "L".join(f"{x:g} {height:g}" for x, height in points),
        ticks=number_ticks(low, high),
        marks=tuple(marks),
        begins=round(points[0][1] / 10, 2),
        now_kpa=None if now is None else _at(room.samples, kpa, now),
        first_kpa=values[0],
        last_kpa=values[-1],
    )


def _at(samples: Sequence[AirPoint], kpa: Callable[[AirPoint], float], at: int) -> float | None:
    """Return a pressure at a moment, by a line between the samples beside it; None beyond them."""
    for before, after in pairwise(samples):
        if before.at <= at <= after.at:
            part = (at - before.at) / max(after.at - before.at, 1)
            return kpa(before) + (kpa(after) - kpa(before)) * part
    return kpa(samples[0]) if at == samples[0].at else None
