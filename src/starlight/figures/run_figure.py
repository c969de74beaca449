"""The figures of a robot's runs: a run as a picture of m/z and temperature, and the ions of a find as sticks.

The picture is in m/z and slices of temperature, the coldest below; the sticks in m/z and decades. Ticks are
percent.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import msgspec

from starlight.figures.plot_ticks import PlotTick, number_ticks
from starlight.views.robot_runs import Ion, RunView, ThumbnailView, WindowView

STEPS, SHADES = 15, 5
"""A picture has so many steps of the logarithm; so many shades are told apart by eye."""

DECADES = 4
"""Of the sticks: from a ten-thousandth of the largest up."""

MZ_SHOWN = 100
"""At least: small runs stand on one scale, so that they can be compared."""

NAMED = 5
"""Ions that the words beside a figure name."""


class MzShade(msgspec.Struct, frozen=True):
    """All of one shade, 1 to `SHADES`, as the path of an SVG."""

    level: int
    path: str


class PictureFigure(msgspec.Struct, frozen=True):
    """A run as a picture.

    Attributes:
        view_box: its width in m/z, its height in slices.
        shades: as they are drawn.
        mz_ticks: in percent from the left.
        degc_ticks: in percent from the top.
        strongest: the m/z with most, the strongest first, each with the temperature at which it is.
    """

    view_box: tuple[int, int]
    shades: tuple[MzShade, ...]
    mz_ticks: tuple[PlotTick, ...]
    degc_ticks: tuple[PlotTick, ...]
    strongest: tuple[tuple[int, int], ...]


class StickFigure(msgspec.Struct, frozen=True):
    """The ions of a window.

    Attributes:
        width: in m/z.
        path: all sticks, as the path of an SVG.
        of_marker: those that the reference has, likewise.
        mz_ticks, share_ticks: in percent from the left, and from the top.
        strongest: the largest ions.
        named: those that the reference has.
    """

    width: int
    path: str
    of_marker: str
    mz_ticks: tuple[PlotTick, ...]
    share_ticks: tuple[PlotTick, ...]
    strongest: tuple[Ion, ...]
    named: tuple[Ion, ...]


class RunFigure(msgspec.Struct, frozen=True):
    """A run with its figures; None for what is not here."""

    run: RunView
    picture: PictureFigure | None
    sticks: StickFigure | None


def run_figure(run: RunView) -> RunFigure:
    """Return the figures of a run."""
    marker = run.verdict.marker if run.verdict else None
    return RunFigure(
        run,
        None if run.thumbnail is None else _picture(run.thumbnail),
        None if run.window is None else _sticks(run.window, frozenset(marker.ions if marker else ())),
    )


def _picture(small: ThumbnailView) -> PictureFigure:
    slices = len(small.steps) // small.mz
    coldest, hottest = small.from_degc, small.from_degc + slices * small.slice_degc
    rows = [small.steps[mz * slices : (mz + 1) * slices] for mz in range(small.mz)]
    order = sorted(range(small.mz), key=lambda mz: (-max(rows[mz]), -sum(rows[mz]), mz))
    named = [mz for mz in order[:NAMED] if max(rows[mz])]
    degc = number_ticks(coldest, hottest)
    return PictureFigure(
        view_box=(small.mz, slices),
        shades=tuple(_shades(rows, slices)),
        mz_ticks=number_ticks(0, small.mz),
        degc_ticks=tuple(PlotTick(round(100 - each.place, 2), each.text) for each in degc),
        strongest=tuple(
            (mz, coldest + small.slice_degc * rows[mz].index(max(rows[mz])) + small.slice_degc // 2)
            for mz in named
        ),
    )


def _shades(rows: list[tuple[int, ...]], slices: int) -> Iterator[MzShade]:
    paths: dict[int, list[str]] = {level: [] for level in range(1, SHADES + 1)}
    for slice in range(slices):
        levels = [math.ceil(row[slice] * SHADES / STEPS) for row in rows]
        at = 0
        while at < len(levels):
            start = at
            while at < len(levels) and levels[at] == levels[start]:
                at += 1
            if levels[start]:
                path = f"M{start} {slices - 1 - slice}h{at - start}v1h{start - at}z"
                paths[levels[start]].append(path)
    yield from (MzShade(level, "".join(path)) for level, path in paths.items() if path)


def _sticks(window: WindowView, of_marker: frozenset[int]) -> StickFigure:
    width = max([MZ_SHOWN, *(each.mz + 2 for each in window.ions)])
    named = tuple(each for each in window.ions if each.mz in of_marker)
    return StickFigure(
        width=width,
        path=_path(window.ions),
        of_marker=_path(named),
        mz_ticks=number_ticks(0, width),
        share_ticks=tuple(
            PlotTick(100 * decade / DECADES, f"{100 / 10**decade:g}") for decade in range(DECADES, -1, -1)
        ),
        strongest=tuple(sorted(window.ions, key=lambda each: -each.share)[:NAMED]),
        named=named,
    )


def _path(ions: tuple[Ion, ...]) -> str:
    heights = ((each.mz, DECADES + math.log10(each.share)) for each in ions if each.share > 0)
    return "".join(f"M{mz} {DECADES}v{-max(height, 0.02):.3f}" for mz, height in heights)
