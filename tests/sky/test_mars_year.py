"""A Mars year of windows between Earth, a site and two orbiters, against SPICE with DE440 and ITRF93."""

from __future__ import annotations

import time
from itertools import permutations

import numpy as np
import pytest
from tests.sky import oracle
from tests.sky.authority import ets_of

from starlight.dtntime import DAY, SECOND, from_text
from starlight.sky import Elements, Place, Site, Sky, windows

END = from_text("2026-06-30")
START = END - 687 * DAY
EDGES = 300
EDGE_TOLERANCE = SECOND
CPU_S = 20.0
STATIONS: dict[str, Place] = {
    "goldstone": Site("earth", 35.4259, -116.8889, 1001.0, 10.0),
    "madrid": Site("earth", 40.4314, -4.2480, 835.0, 10.0),
    "canberra": Site("earth", -35.4024, 148.9813, 688.0, 10.0),
}
MARS: dict[str, Place] = {
    "jezero": Site("mars", 18.38, 77.58, -2500.0, 10.0),
    # As MRO and TGO fly: 255 x 320 km, Sun-synchronous; 400 km, 74 degrees.
    "mro": Elements("mars", 3683.7, 0.0088, 92.65, 20.0, 270.0, 0.0, START),
    "tgo": Elements("mars", 3796.2, 0.0065, 74.0, 120.0, 10.0, 90.0, START),
}
PLACES = STATIONS | MARS
Found = dict[tuple[str, str], list[tuple[int, int]]]


@pytest.fixture(scope="module")
def year(sky: Sky) -> tuple[Found, float]:
    """Plan every direction of every pair that can meet; return the windows and the CPU seconds."""
    began = time.process_time()
    found = {
        (a, b): windows(sky, PLACES[a], PLACES[b], START, END)
        for a, b in permutations(PLACES, 2)
        if not (a in STATIONS and b in STATIONS)
    }
    return found, time.process_time() - began


def test_a_mars_year_is_planned_in_seconds(year: tuple[Found, float]) -> None:
    """Three stations, a site and two orbiters, 24 directions, 687 days: under 20 CPU seconds."""
    found, cpu_s = year
    assert len(found) == 24
    assert all(found.values())
    assert cpu_s < CPU_S


def test_three_hundred_edges_agree_with_spice(year: tuple[Found, float]) -> None:
    """At 300 edges SPICE hears nothing one second outside the window, and what is sent one second inside."""
    edges = [
        (a, b, edge, inward)
        for (a, b), spans in year[0].items()
        for start, end in spans
        for edge, inward in ((start, 1), (end, -1))
        if end - start > 2 * EDGE_TOLERANCE and START < edge < END
    ]
    chosen = [edges[k] for k in np.linspace(0, len(edges) - 1, EDGES).astype(int)]
    times = np.array([[e - i * EDGE_TOLERANCE, e + i * EDGE_TOLERANCE] for _, _, e, i in chosen])
    ets = ets_of(times.ravel()).reshape(times.shape)
    oracle.set_epoch(START, float(ets_of(np.array([START]))[0]))
    wrong = []
    with oracle.kernels():
        for (a, b, edge, inward), (outside, inside) in zip(chosen, ets, strict=True):
            heard = [oracle.hears(PLACES[a], PLACES[b], et, refracted=True) for et in (outside, inside)]
            if heard != [False, True]:
                wrong.append((a, b, edge, inward, heard))
    assert len({(a, b) for a, b, _, _ in chosen}) == 24
    assert not wrong


@pytest.mark.parametrize(
    ("a", "b"), [("jezero", "goldstone"), ("goldstone", "mro"), ("tgo", "jezero"), ("mro", "tgo")]
)
def test_spice_hears_nothing_else(year: tuple[Found, float], a: str, b: str) -> None:
    """At instants all over the year SPICE hears what lies in a window and nothing else."""
    times = np.linspace(START + DAY, END - DAY, 500).astype(np.int64)
    edges = np.array(year[0][a, b]).ravel()
    inside = np.searchsorted(edges, times) % 2 == 1
    index = np.clip(np.searchsorted(edges, times)[:, None] + [-1, 0], 0, len(edges) - 1)
    clear = np.abs(edges[index] - times[:, None]).min(axis=1) > EDGE_TOLERANCE
    oracle.set_epoch(START, float(ets_of(np.array([START]))[0]))
    with oracle.kernels():
        heard = [oracle.hears(PLACES[a], PLACES[b], et, refracted=True) for et in ets_of(times)]
    assert np.array_equal(np.array(heard)[clear], inside[clear])
