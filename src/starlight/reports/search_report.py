"""The page about a search: maps of three moments, life by hour, what is awaited, where to look next."""

from __future__ import annotations

from collections.abc import Iterator

from starlight.reports.page import Chart, ChartLine, Grid, Part, SectorMap, page
from starlight.search.answer import CANNOT_KNOW, HOURS, SearchAnswer
from starlight.search.suit import HOUR_S

AHEAD_H = (0, 1, 2)
"""The moments of the maps, in hours after the one that was asked about."""


def search_page(found: SearchAnswer) -> str:
    """Return a page of HTML that shows an answer and needs nothing but itself."""
    terrain = found.loss.terrain
    ground = "SYNTHETIC, made up: the map is an exercise, no place" if terrain.synthetic else "measured"
    left = f"{len(found.posterior.reports)} reports leave {found.posterior.left:.1%} of what was believed."
    lead = (f"{found.time(found.at_s)}; terrain: {terrain.source} ({ground}).", left, CANNOT_KNOW)
    return page(found.loss.file.name, lead, _parts(found))


def _parts(found: SearchAnswer) -> Iterator[Part]:
    for hours in AHEAD_H:
        at_s = found.at_s + hours * HOUR_S
        chances, outside = found.posterior.map(found.grid, at_s=at_s)
        title = f"Where they may be at {found.time(at_s)}"
        told = f"The darker the likelier, at most {chances.max():.1%}; outside the map {outside:.1%}. "
        caption = told + f"Sectors of {found.grid.cell_m:g} m, north up; lines are planned courses."
        yield SectorMap(title, caption, found.grid.shape[1], chances.tolist(), _courses(found))
    caption = "Of the suit's stated loads, and of other causes where a rate is given."
    line = ChartLine("P(alive)", found.alive.tolist())
    hours_after = list(range(HOURS))
    yield Chart(
        "P(alive)", caption, "probability", hours_after, [line], time=False, x_label="h after the fix"
    )
    intents = [(name, f"{before:.1%}", f"{after:.1%}") for name, (before, after) in found.intents.items()]
    yield Grid("Intents", "Stated, and after the reports.", ("intent", "before", "after"), intents)
    awaited = [(each.id, found.time(each.knowable_s), state) for each, state in found.awaited]
    yield Grid("Awaited", "Only overdue tells of who sends.", ("report", "knowable from", "state"), awaited)
    planned = [
        (
            each.searcher,
            found.time(each.begin_s),
            f"{each.east_m:.0f}, {each.north_m:.0f}",
            f"{each.success:.1%}",
        )
        for each in found.planned
    ]
    yield Grid("Plan", "In m; finds alive.", ("searcher", "begins", "east, north", "finds"), planned)


def _courses(found: SearchAnswer) -> list[tuple[str, list[tuple[float, float]]]]:
    grid = found.grid
    courses = []
    for searcher in found.loss.searchers:
        own = [each for each in found.planned if each.searcher == searcher.name]
        points = [(searcher.east_m, searcher.north_m), *((each.east_m, each.north_m) for each in own)]
        drawn = [((e - grid.west_m) / grid.cell_m, (grid.north_m - n) / grid.cell_m) for e, n in points]
        courses.append((searcher.name, drawn))
    return courses
