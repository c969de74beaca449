"""A map of square sectors as SVG: shades by probability, outlined regions, axes in km, scale bar, north.

Shades and outlines are paths in sectors, so one path holds all sectors of a shade, and a script can give it
another moment's. Everything else is drawn once.
"""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

LEAST = 1e-4
"""Less probability than this in a sector is not shaded."""

PER_DECADE = 6
"""Levels that a probability is told in: each is 1.47 times the one before."""

LEVELS = 24
"""From `LEAST` to certainty; 0 is less."""

PER_SHADE = 3
"""Levels of one shade: a person tells eight shades apart, not 24."""

SHADES = (
    "0.01 to 0.03 %",
    "0.03 to 0.1 %",
    "0.1 to 0.3 %",
    "0.3 to 1 %",
    "1 to 3 %",
    "3 to 10 %",
    "10 to 30 %",
    "30 to 100 %",
)
"""What each shade means; the steps are half powers of ten."""

_LEFT, _TOP, _RIGHT, _BOTTOM = 76, 48, 18, 68
_WIDE, _TALL, _LEAST_WIDE = 560, 640, 320
_TICKS = 6

Mask = NDArray[np.bool_]


class Ground(NamedTuple):
    """The sectors of a map, row by row from north to south, each row from west to east.

    Attributes:
        rows, columns: of sectors.
        sector_m: side of one.
        west_m, north_m: easting and northing of the upper left corner.
    """

    rows: int
    columns: int
    sector_m: float
    west_m: float
    north_m: float

    @property
    def side(self) -> float:
        """Return the side of a sector as it is drawn."""
        return min(_WIDE / self.columns, _TALL / self.rows)

    def at(self, east_m: float, north_m: float) -> tuple[float, float]:
        """Return a place in sectors from the upper left corner."""
        return (east_m - self.west_m) / self.sector_m, (self.north_m - north_m) / self.sector_m


class Landmark(NamedTuple):
    """A place on a map: its look (``fix``, ``home``, ``shelter``), what it is, and where, in sectors."""

    look: str
    text: str
    x: float
    y: float


class SearchedShape(NamedTuple):
    """Ground that was searched in vain: its outline as a path in sectors, and from when,
    seconds after the last fix."""

    path: str
    text: str
    begin_s: float


def levels(chances: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the level of each probability, 0 to `LEVELS`."""
    with np.errstate(divide="ignore"):
        exact = np.log10(chances / LEAST) * PER_DECADE
    return np.asarray(np.clip(np.floor(exact) + 1, 0, LEVELS), dtype=np.int64)


def shade_path(inside: Mask) -> str:
    """Return the path that fills the marked sectors, [rows, columns], run by run."""
    path = []
    for row, line in enumerate(inside):
        for first, last in _runs(line):
            path.append(f"M{first} {row}h{last - first}v1h{first - last}z")
    return "".join(path)


def outline(inside: Mask) -> str:
    """Return the path around the marked sectors, [rows, columns]."""
    framed = np.pad(inside, 1)
    across = framed[1:, 1:-1] != framed[:-1, 1:-1]
    down = framed[1:-1, 1:] != framed[1:-1, :-1]
    path = [f"M{a} {y}h{b - a}" for y, line in enumerate(across) for a, b in _runs(line)]
    path += [f"M{x} {a}v{b - a}" for x, line in enumerate(down.T) for a, b in _runs(line)]
    return "".join(path)


def _runs(line: Mask) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.pad(line.astype(np.int8), 1)))
    return [(int(first), int(last)) for first, last in edges.reshape(-1, 2)]


def drawn(
    name: str,
    ground: Ground,
    told: str,
    level: NDArray[np.int64],
    regions: tuple[Mask, Mask],
    courses: Sequence[tuple[str, Sequence[tuple[float, float]]]],
    landmarks: Sequence[Landmark],
    searched: Sequence[SearchedShape],
) -> str:
    """Return a map of one moment.

    Args:
        name: an id in the page.
        ground: that it shows.
        told: the same in words, for who can't see it.
        level: of each sector, [rows * columns].
        regions: which sectors are in the regions of 50 % and of 90 %, [rows * columns] each.
        courses: a name and points each, in sectors.
        landmarks: places that are marked.
        searched: outlines of ground that was searched in vain.
    """
    shape, side = (ground.rows, ground.columns), ground.side
    shade = ((level + PER_SHADE - 1) // PER_SHADE).reshape(shape)
    wide, tall = side * ground.columns, side * ground.rows
    whole = _LEFT + max(wide, _LEAST_WIDE) + _RIGHT
    out = [
        f'<svg class="map" viewBox="0 0 {whole:.0f} {_TOP + tall + _BOTTOM:.0f}" width="{whole:.0f}" '
        f'role="img" aria-label="{html.escape(told)}">',
        _scale_bar(ground),
        f'<path class="north" d="M{whole - 48:.0f} {_TOP - 12}v-28l-6 10h12l-6 -10"/>',
        f'<text x="{whole - 36:.0f}" y="{_TOP - 18}">N</text>',
        _axes(ground),
        f'<g transform="translate({_LEFT} {_TOP}) scale({side:.6g})">',
        f'<rect class="ground" width="{ground.columns}" height="{ground.rows}"/>',
    ]
    out += [f'<path class="shade p{each}" d="{shade_path(shade == each)}"/>' for each in range(1, 9)]
    out.append(f'<rect class="frame" width="{ground.columns}" height="{ground.rows}"/>')
    # What was searched may reach beyond the map, and a searcher may come from there.
    out.append(f'<clipPath id="{name}"><rect width="{ground.columns}" height="{ground.rows}"/></clipPath>')
    out.append(f'<g clip-path="url(#{name})">')
    for each in searched:
        title = f"<title>{html.escape(each.text)}</title>"
        out.append(f'<g class="area" data-begin="{each.begin_s:.0f}"><path class="halo" d="{each.path}"/>')
        out.append(f'<path class="searched" d="{each.path}">{title}</path></g>')
    out.append("</g>")
    half, most = (outline(each.reshape(shape)) for each in regions)
    for look, path in (("most", most), ("half", half)):
        out.append(f'<path class="halo" data-of="{look}" d="{path}"/><path class="{look}" d="{path}"/>')
    out.append(f'<g clip-path="url(#{name})">')
    for searcher, points in courses:
        line = " ".join(f"{x:.2f},{y:.2f}" for x, y in points)
        title = f"<title>{html.escape(searcher)}</title>"
        out.append(f'<polyline class="halo" points="{line}"/>')
        out.append(f'<polyline class="course" points="{line}">{title}</polyline>')
    out += ["</g></g>", f'<g class="marks" transform="translate({_LEFT} {_TOP})">']
    out += [_landmark(each, side) for each in landmarks]
    return "".join([*out, '</g><g class="searchers" ', f'transform="translate({_LEFT} {_TOP})"></g></svg>'])


SIGNS = {"fix": "M-7 -7L7 7M-7 7L7 -7", "home": "M-7 7v-9l7 -6l7 6v9z", "shelter": "M-8 7L0 -7L8 7z"}
"""The sign of each look of a landmark, around its place."""


def _landmark(mark: Landmark, side: float) -> str:
    at = f'transform="translate({mark.x * side:.1f} {mark.y * side:.1f})"'
    title = f"<title>{html.escape(mark.text)}</title>"
    sign = SIGNS[mark.look]
    return f'<g {at}><path class="halo" d="{sign}"/><path class="{mark.look}" d="{sign}"/>{title}</g>'


def nice_step(length: float, parts: float) -> float:
    """Return the least of 1, 2, 5, 10, ... that cuts a length into so many parts or fewer."""
    rough = length / parts
    power = 10.0 ** math.floor(math.log10(rough))
    return next(power * each for each in (1, 2, 5, 10) if power * each >= rough * (1 - 1e-9))


def length_text(length_m: float) -> str:
    """Return a length in km, or in m where it is less than one."""
    return f"{length_m / 1000:.10g} km" if length_m >= 1000 else f"{length_m:.10g} m"


def _scale_bar(ground: Ground) -> str:
    step = nice_step(ground.columns * ground.sector_m * min(1.0, 200 / (ground.side * ground.columns)), 2.5)
    left, wide, y = _LEFT + 64, step / ground.sector_m * ground.side, _TOP - 20
    return (
        f'<path class="bar" d="M{left} {y - 6}v6h{wide:.1f}v-6"/>'
        f'<text x="{left + wide + 10:.1f}" y="{y + 2}">{length_text(step)}</text>'
    )


def _axes(ground: Ground) -> str:
    side = ground.side
    wide, tall = ground.columns * side, ground.rows * side
    step = nice_step(max(ground.columns, ground.rows) * ground.sector_m, _TICKS)
    per_m = side / ground.sector_m
    foot = _TOP + tall
    out = [f'<text class="tick" x="4" y="{_TOP - 18}">north, km</text>']
    out.append(
        f'<text class="tick" x="{_LEFT + wide:.1f}" y="{foot + 56:.1f}" text-anchor="end">east, km</text>'
    )
    first = math.ceil(ground.west_m / step - 1e-9)
    for each in range(first, math.floor((ground.west_m + wide / per_m) / step + 1e-9) + 1):
        x = _LEFT + (each * step - ground.west_m) * per_m
        out.append(f'<path class="grid" d="M{x:.1f} {foot:.1f}v6"/>')
        label = f"{each * step / 1000:.10g}"
        out.append(f'<text class="tick" x="{x:.1f}" y="{foot + 28:.1f}" text-anchor="middle">{label}</text>')
    first = math.ceil((ground.north_m - tall / per_m) / step - 1e-9)
    for each in range(first, math.floor(ground.north_m / step + 1e-9) + 1):
        y = _TOP + (ground.north_m - each * step) * per_m
        out.append(f'<path class="grid" d="M{_LEFT} {y:.1f}h-6"/>')
        label = f"{each * step / 1000:.10g}"
        out.append(f'<text class="tick" x="{_LEFT - 10}" y="{y + 5:.1f}" text-anchor="end">{label}</text>')
    return "".join(out)
