"""A search at full size: ground, a million hypotheses, five reports, a map and a plan for four searchers."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from time import process_time

sys.path.insert(0, str(Path(__file__).parents[1]))

from machine import describe
from tests.search.lost import CONDUCT, FIX, HOUR, REPORTS, SUIT
from tests.search.test_sortie_plan import SEARCHERS

from starlight.search.hypotheses import Courses, draw
from starlight.search.posterior import Posterior
from starlight.search.self_affine import PATHFINDER, made_up
from starlight.search.slope_graph import SlopeGraph
from starlight.search.sortie_plan import plan

HYPOTHESES = 1_000_000


def main() -> None:
    """Print the CPU time of each step, in s, as JSON."""
    steps: dict[str, float] = {}
    began = process_time()

    def took(name: str) -> None:
        nonlocal began
        now = process_time()
        steps[name], began = round(now - began, 3), now

    terrain = made_up(200, 200, 50.0, PATHFINDER, 1)
    courses = Courses(SlopeGraph(terrain), CONDUCT, 1)
    took("ground_and_courses_s")
    believed = draw(courses, FIX, CONDUCT, SUIT, HYPOTHESES, 1)
    took("hypotheses_s")
    answer = Posterior(believed, REPORTS, 5 * HOUR)
    took("reports_s")
    grid = terrain.coarser(5)
    answer.map(grid)
    answer.alive([HOUR * each for each in range(12)])
    took("map_s")
    plan(answer, grid, SEARCHERS)
    took("plan_s")
    total = round(sum(steps.values()), 3)
    print(
        json.dumps({"machine": describe("numpy", "scipy"), "hypotheses": HYPOTHESES, **steps, "all_s": total})
    )


if __name__ == "__main__":
    main()
