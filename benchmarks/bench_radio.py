"""Link budgets a second: the best rate of the ladder for arrays of moments, and whole design control tables.

Each evaluation has its own range, elevation and Sun angle, so all of the noise model is computed: atmosphere,
antenna near the horizon, the Sun by its angle, Mars in the beam. CPU seconds on one core, best of five.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable

import machine
import numpy as np

from starlight.radio import RadioLink

COUNT = 2_000_000


def best_s(action: Callable[[], object], times: int = 5) -> float:
    """Return the least CPU seconds that something takes."""
    found = []
    for _ in range(times):
        began = time.process_time()
        action()
        found.append(time.process_time() - began)
    return min(found)


def main() -> None:
    """Measure and print."""
    random = np.random.default_rng(1)
    link = RadioLink("mro-orbiter", "dsn-34m")
    ranges = random.uniform(5e7, 4e8, COUNT)
    elevations, angles = random.uniform(10, 90, COUNT), random.uniform(0, 180, COUNT)
    weather = random.uniform(0, 0.99, COUNT)
    figures = {
        "rates_per_s": COUNT / best_s(lambda: link.rate_bps(ranges, None, elevations, angles)),
        "rates_with_weather_each_per_s": COUNT
        / best_s(lambda: link.rate_bps(ranges, None, elevations, angles, weather)),
        "tables_per_s": 200 / best_s(lambda: [link.table(2e8, None, 30.0, 5.0) for _ in range(200)]),
        "links_made_per_s": 20 / best_s(lambda: [RadioLink("mro-orbiter", "dsn-34m") for _ in range(20)]),
    }
    rounded = {name: float(f"{value:.3g}") for name, value in figures.items()}
    print(json.dumps({"benchmark": "radio", "machine": machine.describe("numpy"), **rounded}))


if __name__ == "__main__":
    main()
