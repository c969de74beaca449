"""The figures of the search: detection, allocation, a suit's hours, roughness, regions that hold truths."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from time import process_time

import numpy as np
from tests.search import lost
from tests.search.test_allocation import circular_normal
from tests.search.test_terrain import GALE
from validation.row import Row

from starlight.search.allocation import allocate, success
from starlight.search.calibration import StagedLosses, widened_until_true
from starlight.search.detection import Law, detection
from starlight.search.hypotheses import Courses, draw
from starlight.search.posterior import Posterior
from starlight.search.self_affine import PATHFINDER, made_up
from starlight.search.slope_graph import SlopeGraph
from starlight.search.sortie_plan import Searcher, plan
from starlight.search.suit import Suit, oxygen_kg_per_h
from starlight.search.terrain import measured

TITLE = "Search"

LEAD = """
Losses are drawn on 10 x 10 km of made-up ground with Pathfinder's roughness, 100 m a cell, from fixes with
a deviation of 200 m, each searched for twice in vain; the truth misjudges the ground in a way of its own.
Regions are of sectors of 500 m, four hours after the fix. Koopman's figures are from the US Coast Guard's
"The theory of search" (1996); slopes from Shepard and others (2001), and the tile of Gale crater (HiRISE).
"""

HOUR = 3_600.0

TRIALS: tuple[tuple[Law, float, float], ...] = (
    ("exponential", 0.5, 0.393469),
    ("exponential", 1.0, 0.632121),
    ("exponential", 2.0, 0.864665),
    ("inverse-cube", 0.5, 0.469116),
    ("inverse-cube", 1.0, 0.789909),
    ("inverse-cube", 2.0, 0.987811),
)


def present() -> bool:
    """Return whether the tile of Gale is there; all else needs nothing."""
    return GALE.exists()


def rows() -> Iterator[Row]:
    """Yield the figures."""
    for law, coverage, expected in TRIALS:
        found = float(detection(np.array(coverage), law))
        yield _near(f"POD, {law}, C = {coverage:g}", expected, found, 1e-6, "Koopman")
    probability, area, _ = circular_normal()
    for effort, expected in (
        (1.0, 0.110256),
        (np.pi, 0.264241),
        (2 * np.pi, 0.413064),
        (4 * np.pi, 0.593994),
    ):
        found = success(probability, area, allocate(probability, area, effort))
        yield _near(f"POS, circular normal, effort {effort:.4f} sigma2", expected, found, 1e-3, "Koopman")
    for heat, hours in ((293.1, 7.0), (249.1, 8.0)):
        found = float(Suit(0.55).hours(np.array(heat))[0])
        yield _near(f"suit with 0.55 kg of oxygen at {heat} W, h", hours, found, hours / 10, "EVA-23 report")
    yield _near(
        "oxygen at 293 W, kg/h", 0.0749, float(oxygen_kg_per_h(np.array(293.0))), 1e-4, "20.1 kJ/L STPD"
    )
    ground = made_up(1_024, 1_024, 1.0, PATHFINDER, 1)
    for lag, mean, band in ((1, 5.4, 1.0), (10, 2.5, 1.0), (100, 1.7, 0.9)):
        yield _near(f"made-up RMS slope at {lag} m, deg", mean, ground.rms_slope_deg(lag), band, "Pathfinder")
    gale = measured(np.load(GALE).astype(np.float64), 1.0, 0.0, 0.0, "Gale")
    for lag, slope in ((1, 6.92), (10, 6.36), (100, 4.59)):
        yield _near(
            f"Gale RMS slope at {lag} m, deg", slope, gale.rms_slope_deg(lag), 0.02, "the tile's README"
        )
    yield from _calibrated()
    yield _fast()


def _near(quantity: str, expected: float, found: float, within: float, source: str) -> Row:
    reference = f"{expected:g} +-{within:g} ({source})"
    return Row(quantity, reference, f"{found:.6g}", abs(found - expected) <= within)


def _calibrated() -> Iterator[Row]:
    ground, sectors = lost.ground(), lost.ground().coarser(5)
    truth = Courses(SlopeGraph(ground), lost.CONDUCT, 9)
    losses = StagedLosses(truth, lost.CONDUCT, lost.SUIT, 1_000, 4 * HOUR, 20)
    found = losses.coverage(lost.courses(), lost.CONDUCT, sectors, 4_000)
    yield _near("truths of 1 000 in the 50 % region", 0.50, found.half, 0.04, "asked for")
    yield _near("truths of 1 000 in the 90 % region", 0.90, found.most, 0.03, "asked for")
    other = replace(lost.CONDUCT, weights=(0.0, 0.1, 0.0, 0.9), speed_factor=1.1)
    losses = StagedLosses(Courses(SlopeGraph(ground), other, 9), other, lost.SUIT, 300, 4 * HOUR, 21)
    tried = widened_until_true(losses, lost.courses(), lost.CONDUCT, sectors, 4_000)
    for times, each in tried:
        last = times == tried[-1][0]
        asked = "at least 0.85 (asked for)" if last else "reported; widened where below 0.85"
        told = f"other speeds and intents, in the 90 % region, widened by {times:g}"
        yield Row(told, asked, f"{each.most:.3f}", each.most >= 0.85 or not last)


def _fast() -> Row:
    began = process_time()
    ground = made_up(200, 200, 50.0, PATHFINDER, 1)
    courses = Courses(SlopeGraph(ground), lost.CONDUCT, 1)
    believed = draw(courses, lost.FIX, lost.CONDUCT, lost.SUIT, 1_000_000, 1)
    answer = Posterior(believed, lost.REPORTS, 5 * HOUR)
    searchers = [
        Searcher(f"{each}", 5e3, 5e3, 5 * HOUR, 9 * HOUR, 2.0, 1.0, 120.0, "exponential") for each in range(4)
    ]
    plan(answer, ground.coarser(5), searchers)
    took = process_time() - began
    return Row(
        "a million hypotheses, 4 searchers, s of CPU", "under 10 (asked for)", f"{took:.1f}", took < 10
    )
