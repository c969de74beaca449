"""The map that travels, made of an answer: some moments over a coarse grid, in whole numbers."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from starlight.dtntime import SECOND
from starlight.search.answer import SearchAnswer
from starlight.search.map_part import PER_ONE, Chance, MapMoment, MapReport, MapSearch, SearchMap
from starlight.search.suit import HOUR_S
from starlight.search.terrain import Floats

CELLS = 1_000
"""A map of 30 x 30: on a page each cell is as large as a thumb, and it takes a few kilobytes."""

STEP_S, STEPS = 2 * HOUR_S, 12
"""A day, every second hour: an hour of walking is a cell or two."""

LISTED = 1_000
"""Reports that are named: more than any map is read with."""


def moments_of(found: SearchAnswer) -> list[float]:
    """Return the moments that a map shows, seconds after the last fix: a day, and the one asked about."""
    return sorted({STEP_S * each for each in range(STEPS + 1)} | {found.at_s})


def map_of(found: SearchAnswer, moments: Iterable[float]) -> SearchMap:
    """Return the map of an answer.

    Args:
        found: the answer.
        moments: seconds after the last fix, in their order.
    """
    loss, posterior = found.loss, found.posterior
    grid = loss.terrain.at_most(CELLS)

    def at(seconds: float) -> int:
        return loss.fix_time + round(seconds * SECOND)

    shown = []
    for moment in moments:
        inside, outside = posterior.map(grid, at_s=moment)
        *chances, away = whole(np.append(inside, outside))
        alive = _per_one(float(posterior.alive([moment])[0]))
        shown.append(MapMoment(at(moment), tuple(chances), away, alive))
    rows, columns = grid.shape
    return SearchMap(
        name=loss.file.name,
        at=at(found.at_s),
        last_fix=loss.fix_time,
        source=loss.terrain.source[:200],
        synthetic=loss.terrain.synthetic,
        rows=rows,
        columns=columns,
        cell_m=grid.cell_m,
        west_m=grid.west_m,
        north_m=grid.north_m,
        moments=tuple(shown),
        counted=tuple(each.id for each in posterior.reports[:LISTED]),
        left=_per_one(posterior.left),
        awaited=tuple(
            MapReport(each.id, at(each.knowable_s), state) for each, state in found.awaited[:LISTED]
        ),
        plan=tuple(
            MapSearch(
                each.searcher,
                at(each.begin_s),
                at(each.end_s),
                round(each.east_m),
                round(each.north_m),
                _per_one(each.success),
            )
            for each in found.planned
        ),
        ends={name: _per_one(share) for name, share in found.ends.items()},
        intents={name: (_per_one(a), _per_one(b)) for name, (a, b) in found.intents.items()},
    )


def whole(chances: Floats) -> list[Chance]:
    """Return chances whose sum is 1 as ten-thousandths whose sum is PER_ONE."""
    # By the largest remainder: rounded each for itself, a wide region would vanish.
    scaled = chances * PER_ONE
    told = np.floor(scaled).astype(np.int64)
    short = PER_ONE - int(told.sum())
    told[np.argsort(told - scaled, kind="stable")[: max(0, short)]] += 1
    return [int(each) for each in told]


def _per_one(share: float) -> int:
    return min(PER_ONE, max(0, round(share * PER_ONE)))
