"""A year of contacts of the built-in expedition: what each stage of the planner costs.

* `windows_rates_allocation_s`: `make_plan` over 2051, all of it: windows, light time, rates by radio,
  conjunctions, weather, antennas;
* `per_station_orbiter_year_s`: of that what one station and one orbiter cost, both directions, by themselves;
* `allocation_s`: only what gives the antennas out, on what that year holds;
* `page_s`: a page about a week.

CPU seconds; opening the ephemeris is not counted, filling its tables is.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import TypeVar

import machine
import msgspec

from starlight import dtntime
from starlight.dtntime import DAY
from starlight.planner import planner
from starlight.planner.allocation import LinkDirection, allocate
from starlight.planner.history import History
from starlight.reports import plan_report as planview
from starlight.scenario.kernels import open_sky
from starlight.scenario.reading import load

T = TypeVar("T")
START = dtntime.from_text("2051-01-01")
YEAR = 365 * DAY


def cpu_s(work: Callable[[], T]) -> tuple[float, T]:
    """Return what it takes, in CPU seconds, and what it gives."""
    begun = time.process_time()
    result = work()
    return round(time.process_time() - begun, 3), result


def main() -> None:
    """Print the figures."""
    scenario = load("lost-in-starlight")
    sky = open_sky()
    whole_s, planned = cpu_s(lambda: planner.make_plan(scenario, sky, START, START + YEAR))
    pairs = [
        link
        for link in scenario.link
        if link.between[0] in ("yeoju", "goldstone", "madrid", "canberra") and "relay" in link.between[1]
    ]
    one = msgspec.structs.replace(scenario, link=pairs)
    pairs_s, _ = cpu_s(lambda: planner.make_plan(one, sky, START, START + YEAR))
    ways = [
        LinkDirection(scenario.link.index(c.link), c.link.priority, c.from_node, c.to_node, c.contacts)
        for c in planned.channels
        if c.link.kind == "radio"
    ]
    titles = {node.name: node.title for node in scenario.node}
    antennas = {node.name: node.antennas for node in scenario.node}
    allocation_s, _ = cpu_s(lambda: allocate(ways, antennas, titles))
    week = planner.make_plan(scenario, sky, START, START + 7 * DAY)
    history = History.begin(week.plan(), time=START, who="bench", what="planned")
    page_s, text = cpu_s(lambda: planview.plan_report(scenario, week, history))
    figures = {
        "machine": machine.describe("numpy", "jplephem"),
        "directions": len(planned.channels),
        "contacts": sum(len(channel.contacts) for channel in planned.channels),
        "gave_way": len(planned.changes),
        "windows_rates_allocation_s": whole_s,
        "station_orbiter_pairs": len(pairs),
        "per_station_orbiter_year_s": round(pairs_s / len(pairs), 3),
        "allocation_s": allocation_s,
        "page_s": page_s,
        "page_bytes": len(text.encode()),
    }
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
