"""The page about a search: a map through time, life by hour, what is awaited, where to look next."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from starlight.reports.page import Chart, ChartLine, Grid, Part, page
from starlight.reports.sector_map import Ground, Landmark, SearchedShape
from starlight.reports.time_map import CourseLeg, SearcherCourse, ShownMoment, TimeMap
from starlight.search.answer import CANNOT_KNOW, HOURS, SearchAnswer
from starlight.search.posterior import region
from starlight.search.suit import HOUR_S

STILLS_H = (0, 1, 2)
"""The moments that are drawn for who runs no script, in hours after the one that was asked about."""

MOST_MOMENTS = 200
"""Of the slider: 4 000 sectors are then 0.8 MB, and a step is seen on a phone."""

MOST_LOOKED_UP = 100_000_000
"""Hypotheses looked up for all moments together: that takes about 15 seconds. With more of them the steps
are longer."""

STEPS_S = (300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400)

LIKELIEST = 3
"""Sectors that are told in words."""

FACTS = ("P(alive)", "Outside the map", "Region of 50 %", "Region of 90 %")

CIRCLE_CORNERS = 48
"""Of a circle as it is drawn."""


def search_page(found: SearchAnswer) -> str:
    """Return a page of HTML that shows an answer and needs nothing but itself."""
    terrain = found.loss.terrain
    ground = "SYNTHETIC, made up: the map is an exercise, no place" if terrain.synthetic else "measured"
    count = len(found.posterior.reports)
    reports = "1 report leaves" if count == 1 else f"{count} reports leave"
    left = f"{reports} {found.posterior.left:.1%} of what was believed."
    lead = (f"Asked about {found.time(found.at_s)}; terrain: {terrain.source} ({ground}).", left, CANNOT_KNOW)
    return page(found.loss.file.name, lead, _parts(found))


def _parts(found: SearchAnswer) -> Iterator[Part]:
    yield _map(found)
    caption = "Of the suit's stated loads, and of other causes where a rate is given."
    line = ChartLine("P(alive)", found.alive.tolist())
    hours_after = list(range(HOURS))
    yield Chart(
        "P(alive)", caption, "probability", hours_after, [line], time=False, x_label="h after the fix"
    )
    intents = [(name, f"{before:.1%}", f"{after:.1%}") for name, (before, after) in found.intents.items()]
    caption = "Their weights as stated, and after the reports."
    yield Grid("Intents", caption, ("intent", "before", "after"), intents)
    awaited = [(each.id, found.time(each.knowable_s), state) for each, state in found.awaited]
    caption = "Only overdue says anything about who should have sent it."
    yield Grid("Awaited reports", caption, ("report", "knowable from", "state"), awaited)
    planned = [
        (
            each.searcher,
            found.time(each.begin_s),
            f"{each.east_m:.0f}, {each.north_m:.0f}",
            f"{each.success:.1%}",
        )
        for each in found.planned
    ]
    caption = "Finds: the probability that they are found there alive, and by nobody before in the plan."
    yield Grid("Plan", caption, ("searcher", "search begins", "east, north, m", "finds"), planned)


def moments_of(found: SearchAnswer) -> list[float]:
    """Return the moments of the slider, seconds after the last fix, in order; the one asked about is one.

    They reach from the last fix to the end of the plan, and to `HOURS` or to when nobody would be alive and
    nothing moves any more, whichever comes first.
    """
    at_s = found.at_s
    stills_s = [at_s + HOUR_S * each for each in STILLS_H]
    last_life_s = float(found.posterior.hypotheses.end_s.max())
    plan_s = max((each.end_s for each in found.planned), default=0.0)
    end_s = max(*stills_s, plan_s, min(HOURS * HOUR_S, last_life_s))
    most = min(MOST_MOMENTS, max(24, MOST_LOOKED_UP // found.posterior.hypotheses.count))
    # The first and the last moment, and the stills, come on top of the even steps.
    room = most - len(stills_s) - 2
    step_s = next((each for each in STEPS_S if end_s / each <= room), math.ceil(end_s / room))
    before, after = math.ceil(at_s / step_s), math.ceil((end_s - at_s) / step_s)
    even = [at_s + each * step_s for each in range(1 - before, after)]
    return sorted({0.0, *even, *stills_s, end_s})


def _map(found: SearchAnswer) -> TimeMap:
    grid, times = found.grid, moments_of(found)
    ground = Ground(*grid.shape, grid.cell_m, grid.west_m, grid.north_m)
    caption = (
        f"Before {found.time(found.at_s)} the map shows what is believed now of where they were then; after "
        "it, what is foreseen if nothing more is reported. Shares are rounded to the sector; regions are of "
        "what is on the map. Searchers are planned on straight lines from the moment asked about."
    )
    return TimeMap(
        title="Where they may be",
        caption=caption,
        ground=ground,
        moments=[_moment(found, each) for each in times],
        start=times.index(found.at_s),
        stills=[times.index(found.at_s + HOUR_S * each) for each in STILLS_H],
        facts=FACTS,
        courses=_courses(found, ground),
        landmarks=_landmarks(found, ground),
        searched=_searched(found, ground),
    )


def _moment(found: SearchAnswer, at_s: float) -> ShownMoment:
    chances, outside = found.posterior.map(found.grid, at_s=at_s)
    half, most = np.zeros((2, chances.size), dtype=np.bool_)
    order = region(chances, 0.9)
    half[region(chances, 0.5)] = True
    most[order] = True
    km2 = found.grid.cell_m**2 / 1e6
    east, north = found.grid.middles()
    alive = float(found.posterior.alive([at_s])[0])
    likeliest = [
        f"{_place(east[cell], north[cell])}: {chances[cell]:.1%}" for cell in order[:LIKELIEST].tolist()
    ]
    sizes = (f"{int(each.sum()) * km2:.4g} km²" for each in (half, most))
    facts = (f"{alive:.1%}", f"{outside:.1%}", *sizes)
    return ShownMoment(at_s, found.time(at_s), _title(found, at_s), chances, (half, most), facts, likeliest)


def _title(found: SearchAnswer, at_s: float) -> str:
    hours, minutes = divmod(round(at_s / 60), 60)
    after = f"{hours} h {minutes:02} min after the last fix"
    if at_s == found.at_s:
        return f"{after}, the moment asked about"
    return f"{after}, {'as believed now' if at_s < found.at_s else 'foreseen'}"


def _place(east_m: float, north_m: float) -> str:
    return f"east {east_m:.0f} m, north {north_m:.0f} m"


def _courses(found: SearchAnswer, ground: Ground) -> list[SearcherCourse]:
    courses = []
    for searcher in found.loss.searchers:
        legs = []
        place = (searcher.east_m, searcher.north_m)
        for each in found.planned:
            if each.searcher == searcher.name:
                next_place = (each.east_m, each.north_m)
                # The plan tells when the search begins; the way to it is straight, at the searcher's speed.
                leave_s = each.begin_s - math.dist(place, next_place) / searcher.speed_mps
                x, y = _rounded(ground.at(*next_place))
                leg = CourseLeg(
                    x=x,
                    y=y,
                    leave_s=round(leave_s, 1),
                    begin_s=round(each.begin_s, 1),
                    end_s=round(each.end_s, 1),
                    there=_place(*next_place),
                    leave=found.time(leave_s),
                    begin=found.time(each.begin_s),
                    end=found.time(each.end_s),
                )
                legs.append(leg)
                place = next_place
        start = _rounded(ground.at(searcher.east_m, searcher.north_m))
        courses.append(SearcherCourse(searcher.name, *start, legs))
    return courses


def _rounded(place: tuple[float, float]) -> tuple[float, float]:
    # A hundredth of a sector is less than a line is wide.
    return round(place[0], 2), round(place[1], 2)


def _landmarks(found: SearchAnswer, ground: Ground) -> list[Landmark]:
    conduct, fix = found.loss.conduct, found.loss.fix
    marks = [("home", "home", each) for each in conduct.home]
    marks += [("shelter", "shelter", each) for each in conduct.shelters]
    marks.append(("fix", "last fix", (fix.east_m, fix.north_m)))
    places = [(look, text, ground.at(*each)) for look, text, each in marks]
    return [
        Landmark(look, text, *at)
        for look, text, at in places
        if 0 <= at[0] <= ground.columns and 0 <= at[1] <= ground.rows
    ]


def _searched(found: SearchAnswer, ground: Ground) -> list[SearchedShape]:
    shapes = []
    for each in found.posterior.reports:
        corners = list(each.area.corners)
        if each.area.radius_m > 0:
            (east, north), radius = corners[0], each.area.radius_m
            turns = [2 * math.pi * part / CIRCLE_CORNERS for part in range(CIRCLE_CORNERS)]
            corners = [(east + radius * math.cos(turn), north + radius * math.sin(turn)) for turn in turns]
        points = (_rounded(ground.at(*corner)) for corner in corners)
        path = "M" + "L".join(f"{x:g} {y:g}" for x, y in points) + "z"
        when = f"{found.time(each.begin_s)} to {found.time(each.end_s)}"
        shapes.append(SearchedShape(path, f"{each.id}: searched in vain, {when}", each.begin_s))
    return shapes
