"""The map through time of a search: its moments, its letters, its size."""

from __future__ import annotations

import copy
import dataclasses
import json
import re
from functools import cache
from pathlib import Path

import msgspec
import numpy as np

from starlight.dtntime import from_text
from starlight.reports.search_report import MOST_MOMENTS, moments_of, search_page
from starlight.reports.sector_map import LEAST, LEVELS, PER_DECADE, levels, outline, shade_path
from starlight.reports.time_map import ALPHABET
from starlight.search.answer import HOURS, SearchAnswer, answer
from starlight.search.posterior import region
from starlight.search.search_reading import load
from starlight.search.suit import HOUR_S, Suit

LOST = Path(__file__).parents[1] / "search" / "files" / "lost.toml"
ASKED_S = 4.5 * HOUR_S


@cache
def found() -> SearchAnswer:
    """Return the answer four and a half hours after the last fix."""
    return answer(*load(LOST, (), from_text("2051-04-02T14:30Z")))


def data(page: str) -> dict[str, object]:
    """Return the first JSON of a page, which is the map's."""
    told = re.search(r'<script type="application/json">(.*?)</script>', page)
    assert told is not None
    return dict(json.loads(told[1]))


def test_moments_reach_from_the_fix_to_the_end_of_the_plan() -> None:
    """The first moment is the last fix, the last one the end of the plan or of all life; the one asked about
    is among them, and so are the still maps' an hour and two later; no step is longer than 5 minutes here."""
    times = moments_of(found())
    assert times[0] == 0
    assert times[-1] == max(found().planned[-1].end_s, found().posterior.hypotheses.end_s.max())
    assert {ASKED_S, ASKED_S + HOUR_S, ASKED_S + 2 * HOUR_S} <= set(times)
    assert np.diff(times).max() <= 300
    assert len(times) <= MOST_MOMENTS


def test_a_letter_tells_level_and_region_of_a_sector() -> None:
    """From the letters of any moment come the probabilities to a sixth of a decade, and both regions
    exactly, as they are believed now of then."""
    told = data(search_page(found()))
    moments = told["moments"]
    assert isinstance(moments, list)
    for place in (0, len(moments) // 3, told["start"], len(moments) - 1):
        moment = moments[place]  # type: ignore[call-overload]
        chances, outside = found().posterior.map(found().grid, at_s=moment["time_s"])
        codes = np.array([ALPHABET.index(letter) for letter in moment["letters"]])
        level, kind = codes % (LEVELS + 1), codes // (LEVELS + 1)
        seen = level > 0
        assert (chances[~seen] < LEAST).all()
        edges = LEAST * 10 ** ((level[seen] - 1) / PER_DECADE)
        assert (chances[seen] >= edges * (1 - 1e-9)).all()
        assert (chances[seen] <= edges * 10 ** (1 / PER_DECADE) * (1 + 1e-9)).all()
        assert set(np.flatnonzero(kind == 2)) == set(region(chances, 0.5))
        assert set(np.flatnonzero(kind >= 1)) == set(region(chances, 0.9))
        assert moment["facts"][:2] == [
            f"{found().posterior.alive([moment['time_s']])[0]:.1%}",
            f"{outside:.1%}",
        ]


def test_each_letter_tells_one_thing_and_needs_no_escape() -> None:
    """There is a letter for each level in each region, and in JSON each takes one byte."""
    assert len(set(ALPHABET)) == len(ALPHABET) >= 3 * (LEVELS + 1)
    assert len(json.dumps(ALPHABET).encode()) == len(ALPHABET) + 2
    assert "<" not in ALPHABET
    assert levels(np.array([0.0, LEAST / 2, LEAST, 1.0])).tolist() == [0, 0, 1, LEVELS]


def test_paths_go_around_what_they_mark() -> None:
    """Two sectors side by side and one apart are two runs, and the line around them has all ten edges."""
    inside = np.array([[True, True, False], [False, False, True]])
    assert shade_path(inside) == "M0 0h2v1h-2zM2 1h1v1h-1z"
    assert outline(inside) == "M0 0h2M0 1h3M2 2h1M0 0v1M2 0v2M3 1v1"


@cache
def lasting() -> SearchAnswer:
    """Return an answer with nearly as many sectors as there may be, about somebody with oxygen for weeks."""
    loss, at_s = load(LOST, (), None)
    file = msgspec.structs.replace(loss.file, hypotheses=1_000, sector_m=100.0)
    ground = dataclasses.replace(loss.terrain, height_m=loss.terrain.height_m[:63, :63], west_m=2_000.0)
    return answer(loss._replace(file=file, terrain=ground, suit=Suit(100.0)), at_s)


def test_the_largest_map_stays_small() -> None:
    """Nearly 4 000 sectors over 48 hours are less than 1.5 MB."""
    assert lasting().probability.size == 3_969
    times = moments_of(lasting())
    assert times[-1] == HOURS * HOUR_S
    assert 150 < len(times) <= MOST_MOMENTS
    assert len(search_page(lasting()).encode()) < 1_500_000


def test_millions_of_hypotheses_get_fewer_moments() -> None:
    """With two million hypotheses there are at most fifty moments, so that a page takes seconds."""
    few = lasting().posterior.hypotheses
    many = dataclasses.replace(few, cells=np.zeros(2_000_000, dtype=np.int64))
    posterior = copy.copy(lasting().posterior)
    posterior.hypotheses = many
    assert 24 <= len(moments_of(lasting()._replace(posterior=posterior))) <= 50
