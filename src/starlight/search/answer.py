"""The answer of a search at a moment: map, regions, lives, what is awaited, where to look next."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from starlight.dtntime import SECOND, to_text
from starlight.search.allocation import allocate
from starlight.search.hypotheses import INTENTS, UNKNOWN, Courses, draw
from starlight.search.posterior import Posterior, region
from starlight.search.search_file import Awaiting
from starlight.search.search_reading import AwaitedReport, LostCase
from starlight.search.slope_graph import SlopeGraph
from starlight.search.sortie_plan import MOST_SEARCHES, PlannedSearch, plan
from starlight.search.suit import HOUR_S, LIMITS
from starlight.search.terrain import Floats, Terrain

GRAPH_CELLS = 40_000
"""Cells of the graph that people walk over: over these, courses to all goals take two seconds."""

MOST_SECTORS = 4_000
"""More of them than this are more than people can be sent to."""

HOURS = 48
"""For so long the life is told, hour by hour."""

CANNOT_KNOW = (
    "Weights of intents are a judgement, not a measurement; outside the map nothing is known; made-up"
    " terrain is no place; slopes are those of the graph's cells, so steps and rocks are not seen. For"
    " research and training, no safety device."
)


class SearchAnswer(NamedTuple):
    """The answer at a moment.

    Attributes:
        grid: of sectors, over which the probabilities are.
        probability, alive_there: of being in each sector, and of being there alive, [sectors].
        outside: probability of being outside the map.
        effort_m2: optimal effort in each sector, if it could be laid anywhere at once, [sectors].
        alive: P(alive) at each full hour after the last fix, [HOURS].
        ends: share of lives that each limit of the suit ends, and other causes.
        intents: of each intent, before and after the reports.
        awaited: of each awaited report, its state.
    """

    loss: LostCase
    at_s: float
    posterior: Posterior
    grid: Terrain
    probability: Floats
    alive_there: Floats
    outside: float
    effort_m2: Floats
    alive: Floats
    ends: dict[str, float]
    intents: dict[str, tuple[float, float]]
    awaited: list[tuple[AwaitedReport, Awaiting]]
    planned: list[PlannedSearch]

    def time(self, seconds: float) -> str:
        """Return a moment, given in seconds after the last fix, as text."""
        return to_text(self.loss.fix_time + round(seconds * SECOND))


def sectors(loss: LostCase) -> Terrain:
    """Return the grid of sectors over which a search's probabilities are told."""
    return loss.terrain.coarser(max(1, round(loss.file.sector_m / loss.terrain.cell_m))).at_most(MOST_SECTORS)


def answer(loss: LostCase, at_s: float) -> SearchAnswer:
    """Work out the answer of a search at a moment, in seconds after the last fix.

    Raises:
        InputError: reports contradict one another, or all that was believed.
    """
    graph = SlopeGraph(loss.terrain.at_most(GRAPH_CELLS))
    courses = Courses(graph, loss.conduct, loss.file.seed)
    believed = draw(courses, loss.fix, loss.conduct, loss.suit, loss.file.hypotheses, loss.file.seed)
    return answer_of(loss, Posterior(believed, loss.reports, at_s), MOST_SEARCHES)


def answer_of(loss: LostCase, posterior: Posterior, searches: int) -> SearchAnswer:
    """Work out the answer of a search from a belief.

    Args:
        loss: what was lost.
        posterior: the belief, at the moment asked about.
        searches: that are planned at most.
    """
    grid, at_s, believed = sectors(loss), posterior.at_s, posterior.hypotheses
    probability, outside = posterior.map(grid)
    living, _ = posterior.map(grid, alive=True)
    planned = plan(posterior, grid, loss.searchers, searches)
    effort = sum(
        each.sweep_width_m * each.search_mps * max(0.0, each.end_s - max(each.ready_s, at_s))
        for each in loss.searchers
    )
    area = np.full(probability.size, grid.cell_m**2)
    weights = posterior.weights
    limits = {name: float(weights[believed.limit == place].sum()) for place, name in enumerate(LIMITS)}
    names = {**dict(enumerate(INTENTS)), UNKNOWN: "unknown"}
    return SearchAnswer(
        loss=loss,
        at_s=at_s,
        posterior=posterior,
        grid=grid,
        probability=probability,
        alive_there=living,
        outside=outside,
        effort_m2=allocate(living, area, effort),
        alive=posterior.alive([HOUR_S * each for each in range(HOURS)]),
        ends={**limits, "other": float(weights[believed.limit < 0].sum())},
        intents={
            name: (float(np.mean(believed.intent == place)), float(weights[believed.intent == place].sum()))
            for place, name in names.items()
        },
        awaited=[(each, _state(each, loss, at_s)) for each in loss.awaited],
        planned=planned,
    )


def _state(awaited: AwaitedReport, loss: LostCase, at_s: float) -> Awaiting:
    if any(report.id == awaited.id for report in loss.reports):
        return "reported"
    if at_s < awaited.due_s:
        return "not yet due"
    return "not yet knowable" if at_s < awaited.knowable_s else "overdue"


def as_json(found: SearchAnswer) -> dict[str, Any]:
    """Return an answer as JSON tells it; lengths in m, probabilities 0 to 1, times in ISO 8601."""
    known = found.loss.suit
    stated = (known.oxygen_kg, known.scrubber_kg, known.battery_wh, known.water_kg)
    return {
        "name": found.loss.file.name,
        "at": found.time(found.at_s),
        "last_fix": found.time(0.0),
        "terrain": {
            "source": found.loss.terrain.source,
            "synthetic": found.loss.terrain.synthetic,
            "cell_m": found.loss.terrain.cell_m,
        },
        "reports": [each.id for each in found.posterior.reports],
        "left_of_belief": found.posterior.left,
        "hypotheses": found.posterior.hypotheses.count,
        "effective_hypotheses": found.posterior.effective(),
        "intents": {name: {"before": a, "after": b} for name, (a, b) in found.intents.items()},
        "alive_now": float(found.posterior.alive([found.at_s])[0]),
        "alive_by_hour": found.alive.tolist(),
        "life_ends_by": found.ends,
        "limits_not_stated": [name for name, load in zip(LIMITS, stated, strict=True) if load is None],
        "outside_map": found.outside,
        "region_50": region(found.probability, 0.5).tolist(),
        "region_90": region(found.probability, 0.9).tolist(),
        "sector_m": found.grid.cell_m,
        "sectors": _sectors(found),
        "awaited": [
            {
                "id": each.id,
                "due": found.time(each.due_s),
                "knowable": found.time(each.knowable_s),
                "state": state,
            }
            for each, state in found.awaited
        ],
        "plan": [
            {**each._asdict(), "begin": found.time(each.begin_s), "end": found.time(each.end_s)}
            for each in found.planned
        ],
        "cannot_know": CANNOT_KNOW,
    }


def _sectors(found: SearchAnswer) -> list[dict[str, Any]]:
    """Return the sectors in which the lost one is with 99 %, as JSON tells them."""
    east, north = found.grid.middles()
    return [
        {
            "cell": int(cell),
            "east_m": float(east[cell]),
            "north_m": float(north[cell]),
            "probability": float(found.probability[cell]),
            "alive_there": float(found.alive_there[cell]),
            "effort_m2": float(found.effort_m2[cell]),
        }
        for cell in region(found.probability, 0.99)
    ]
