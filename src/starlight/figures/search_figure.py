"""The figure of a search: for each moment a map of where the lost one may be, with the regions and the plan.

The drawing is in sectors from the map's upper left corner, north up; places of what is written over it are
percent of the drawing. A region is the smallest set of sectors that holds so much of all chances, that of
being outside the map among them; where the map holds less, there is none, and the page says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

import msgspec

from starlight.figures.plot_ticks import PlotTick, number_ticks
from starlight.views.expedition import PlannedSector, SearchMapView, SearchMoment

SHADES = 5
"""Of a sector, by its part of the likeliest of all moments; what is less than half of the least is bare."""

WIDEST, TALLEST = 2.0, 1.0
"""A drawing is so many times as wide as tall at most, and at least: others get bare ground around them."""

PER_ONE = 10_000
"""Chances are told in ten-thousandths."""

REGIONS = {"half": 0.5, "most": 0.9}

SECTORS_DRAWN = 24
"""Of a plan: more numbers hide the map."""


FIGURES_KEPT = 6
"""Drawn ones: those that two people's pages show."""


class Shade(msgspec.Struct, frozen=True):
    """All sectors of one shade, 1 to `SHADES`, as the path of an SVG."""

    level: int
    path: str


class Region(msgspec.Struct, frozen=True):
    """The border of a region, ``half`` or ``most``, as the path of an SVG, and how many sectors it has."""

    name: str
    path: str
    sectors: int


class MomentFigure(msgspec.Struct, frozen=True):
    """The map of one moment.

    Attributes:
        moment: which.
        shades, regions: as they are drawn.
        east_m, north_m: the middle of the likeliest sector.
        chance: its chance, 0 to 1.
    """

    moment: SearchMoment
    shades: tuple[Shade, ...]
    regions: tuple[Region, ...]
    east_m: float
    north_m: float
    chance: float


class PlanMark(msgspec.Struct, frozen=True):
    """A planned sector on the map: its number in the list, and where it is, in percent."""

    number: int
    sector: PlannedSector
    x: float
    y: float


class Course(msgspec.Struct, frozen=True):
    """The sectors of one searcher in their order, as the points of an SVG, in sectors."""

    searcher: str
    points: str


class SearchFigure(msgspec.Struct, frozen=True):
    """The maps of one search.

    Attributes:
        search: which.
        view_box: of a drawing: left, top, width and height in sectors.
        east_ticks, north_ticks: in km, in percent from the left, and from the top.
        moments: by time.
        marks, courses: of the plan.
        chosen: the number of the moment that is nearest to the one asked about.
    """

    search: SearchMapView
    view_box: tuple[float, float, float, float]
    east_ticks: tuple[PlotTick, ...]
    north_ticks: tuple[PlotTick, ...]
    moments: tuple[MomentFigure, ...]
    marks: tuple[PlanMark, ...]
    courses: tuple[Course, ...]
    chosen: int


@lru_cache(maxsize=FIGURES_KEPT)
def search_figure(search: SearchMapView) -> SearchFigure:
    """Return the figure of a search: of 4 000 sectors at 13 moments a tenth of a second's work, done once."""
    left, top, width, height = box = _box(search.columns, search.rows)
    most = max((max(each.chances) for each in search.moments), default=0)
    cell = search.cell_m / 1000
    west, north = search.west_m / 1000 + left * cell, search.north_m / 1000 - top * cell
    down = number_ticks(north - height * cell, north)
    marks = tuple(_marks(search, box))
    asked = min(range(len(search.moments)), key=lambda n: abs(search.moments[n].at - search.at))
    return SearchFigure(
        search=search,
        view_box=box,
        east_ticks=number_ticks(west, west + width * cell),
        north_ticks=tuple(PlotTick(round(100 - each.place, 2), each.text) for each in down),
        moments=tuple(_moment(search, each, most) for each in search.moments),
        marks=marks,
        courses=tuple(_courses(marks, box)),
        chosen=asked,
    )


def _box(columns: int, rows: int) -> tuple[float, float, float, float]:
    """Return left, top, width and height of a drawing that holds the map, neither too flat nor too tall."""
    width = max(float(columns), rows * TALLEST)
    height = max(float(rows), width / WIDEST)
    return (columns - width) / 2, (rows - height) / 2, width, height


def _moment(search: SearchMapView, moment: SearchMoment, most: int) -> MomentFigure:
    chances = moment.chances
    best = max(range(len(chances)), key=chances.__getitem__)
    row, column = divmod(best, search.columns)
    scale = SHADES / max(most, 1)
    levels = [round(chance * scale) for chance in chances]
    return MomentFigure(
        moment=moment,
        shades=tuple(_shades(levels, search.columns)),
        regions=tuple(_regions(moment, search.columns)),
        east_m=search.west_m + (column + 0.5) * search.cell_m,
        north_m=search.north_m - (row + 0.5) * search.cell_m,
        chance=chances[best] / PER_ONE,
    )


def _shades(levels: Sequence[int], columns: int) -> Iterator[Shade]:
    """Give the sectors by shade: neighbours of a row are one rectangle, so that a path stays short."""
    paths: dict[int, list[str]] = {level: [] for level in range(1, SHADES + 1)}
    for begin in range(0, len(levels), columns):
        at = begin
        end = begin + columns
        while at < end:
            level, start = levels[at], at
            while at < end and levels[at] == level:
                at += 1
            if level:
                paths[level].append(f"M{start - begin} {begin // columns}h{at - start}v1h{start - at}z")
    yield from (Shade(level, "".join(path)) for level, path in paths.items() if path)


def _regions(moment: SearchMoment, columns: int) -> Iterator[Region]:
    """Give the regions that the map holds, the smaller first."""
    chances = moment.chances
    # Whole numbers do not add up to one: of thousands of sectors much is lost to rounding.
    every = sum(chances) + PER_ONE * moment.outside
    order = sorted((n for n, chance in enumerate(chances) if chance), key=lambda n: -chances[n])
    for name, share in REGIONS.items():
        wanted = share * every
        inside: set[int] = set()
        total = 0
        for place in order:
            if total >= wanted:
                break
            inside.add(place)
            total += chances[place]
        if total >= wanted > 0:
            yield Region(name, _border(inside, columns), len(inside))


def _border(inside: set[int], columns: int) -> str:
    """Return the edges between the sectors of a set and others, as the path of an SVG."""
    edges = []
    for place in sorted(inside):
        row, column = divmod(place, columns)
        if place - columns not in inside:
            edges.append(f"M{column} {row}h1")
        if place + columns not in inside:
            edges.append(f"M{column} {row + 1}h1")
        if column == 0 or place - 1 not in inside:
            edges.append(f"M{column} {row}v1")
        if column == columns - 1 or place + 1 not in inside:
            edges.append(f"M{column + 1} {row}v1")
    return "".join(edges)


def _marks(search: SearchMapView, box: tuple[float, float, float, float]) -> Iterator[PlanMark]:
    left, top, width, height = box
    for number, sector in enumerate(search.plan[:SECTORS_DRAWN], 1):
        x = 100 * ((sector.east_m - search.west_m) / search.cell_m - left) / width
        y = 100 * ((search.north_m - sector.north_m) / search.cell_m - top) / height
        if 0 <= x <= 100 and 0 <= y <= 100:
            yield PlanMark(number, sector, round(x, 2), round(y, 2))


def _courses(marks: Sequence[PlanMark], box: tuple[float, float, float, float]) -> Iterator[Course]:
    left, top, width, height = box
    for searcher in dict.fromkeys(each.sector.searcher for each in marks):
        own = [each for each in marks if each.sector.searcher == searcher]
        points = (f"{left + each.x * width / 100:.3f},{top + each.y * height / 100:.3f}" for each in own)
        yield Course(searcher, " ".join(points))
