"""A radio link between two nodes: its design control table at a moment, its rate over an interval."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np

from starlight import dtntime
from starlight.dtntime import DAY, SECOND
from starlight.errors import InputError
from starlight.planner.bodies import coverage_text, visible
from starlight.planner.places import place_of
from starlight.planner.radios import Floats, Rates, Times, moments, radio_link, rate_pieces
from starlight.radio import RadioLink, RateLimit, Table
from starlight.reports.page import Chart, ChartLine, Grid, Part, page
from starlight.scenario.scenario import Scenario
from starlight.sky import AU_KM, C_KM_S, Centre, Place, Sky, distance_km, sun_earth_probe_angle_deg

SEARCHED = 60 * DAY
"""A window is searched for so long after the moment that was asked for."""
SYNODIC_DAYS = 780
_POINTS = 240
_SIGMAS = 2.0


class Study(msgspec.Struct, frozen=True):
    """A link in one direction, looked at.

    Attributes:
        scenario, from_node, to_node, band: what was asked for; nodes by name.
        link: its radio.
        here, there: where the ends are.
        at: the moment of transmission of the table, in ns.
        table: the design control table.
        start, end: the interval of the rates.
        windows: in which it can be transmitted over, and for each the rate in pieces.
    """

    scenario: Scenario
    from_node: str
    to_node: str
    band: str
    link: RadioLink
    here: Place
    there: Place
    at: int
    table: Table
    start: int
    end: int
    windows: tuple[tuple[int, int], ...]
    rates: tuple[Rates, ...]


def study(
    scenario: Scenario,
    sky: Sky,
    from_node: str,
    to_node: str,
    *,
    band: str | None = None,
    at: int | None = None,
    interval: tuple[int, int] | None = None,
) -> Study:
    """Look at the link from one node to another.

    Args:
        band: None: that of the scenario's link between them, or else X.
        at: when the table's signal leaves, in ns; None: in the middle of the first window.
        interval: over which the rates are told; None: the window of the table.

    Raises:
        InputError: a node that is not there or has no radio, or ends that don't see each other then.
        RangeError: a time that the ephemeris does not cover.
    """
    here, there = (_place(scenario, sky, name) for name in (from_node, to_node))
    chosen = band or _band(scenario, from_node, to_node)
    link = radio_link(scenario, from_node, to_node, chosen, _cap_bps(scenario, from_node, to_node, chosen))
    begin = interval[0] if interval else at if at is not None else dtntime.from_text(scenario.demo_at)
    # From a day before, so that a window that is open at that moment is found whole.
    found = visible(sky, here, there, begin - DAY if at is not None else begin, begin + SEARCHED)
    window = next((w for w in found if w[1] > (begin if at is None else at)), None)
    if window is None:
        told = f"{to_node} can't hear {from_node} within {SEARCHED // DAY} days of {dtntime.to_text(begin)}"
        known = "".join(f"; {text}" for text in coverage_text(scenario, sky, (from_node, to_node)))
        raise InputError(told, where="--at", right=f"Try another time{known}")
    if at is None:
        at = (window[0] + window[1]) // 2
    elif at < window[0]:
        raise InputError(
            f"{to_node} can't hear {from_node} at {dtntime.to_text(at)}",
            where="--at",
            right=f"The next window is {dtntime.to_text(window[0])} to {dtntime.to_text(window[1])}",
        )
    start, end = interval or window
    spans = visible(sky, here, there, start, end) if interval else [window]
    seen = moments(sky, here, there, np.array([at]))
    table = link.table(float(seen.range_km[0]), _one(seen.elevation_tx_deg), _one(seen.elevation_rx_deg),
                       float(seen.sun_deg[0]))  # fmt: skip
    rates = rate_pieces(sky, link, here, there, spans)
    return Study(scenario, from_node, to_node, chosen, link, here, there, at, table, start, end,
                 tuple(spans), tuple(rates))  # fmt: skip


def _one(values: Floats | None, index: int = 0) -> float | None:
    return None if values is None else float(values[index])


def _place(scenario: Scenario, sky: Sky, name: str) -> Place:
    node = next((node for node in scenario.node if node.name == name), None)
    if node is None:
        names = ", ".join(node.name for node in scenario.node)
        raise InputError(f"no node is called {name!r}", where="FROM, TO", right=f"There are: {names}")
    place = place_of(sky, node)
    if place is None:
        raise InputError(
            f"{name} has no site, orbit, cruise or body, so no radio reaches it", where="FROM, TO"
        )
    return place


def _band(scenario: Scenario, a: str, b: str) -> str:
    bands = [link.band for link in scenario.link if set(link.between) == {a, b} and link.band]
    return bands[0] if bands else "X"


def _cap_bps(scenario: Scenario, from_node: str, to_node: str, band: str) -> int | None:
    """Return the lowest cap of the scenario's links in a direction and band; None where there is none."""
    links = [link for link in scenario.link if set(link.between) == {from_node, to_node}]
    caps = [link.cap_bps(from_node) for link in links if link.kind == "radio" and link.band in ("", band)]
    return min((cap for cap in caps if cap is not None), default=None)


def link_view(sky: Sky, found: Study) -> dict[str, Any]:
    """Return a study as plain values: the moment, the table, the rates with what made them."""
    seen = moments(sky, found.here, found.there, np.array([found.at]))
    steps = []
    for window, pieces in zip(found.windows, found.rates, strict=True):
        at = moments(sky, found.here, found.there, np.array([start for start, _ in pieces]))
        for index, (start, rate) in enumerate(pieces):
            steps.append(
                {
                    "start": dtntime.to_text(start),
                    "end": dtntime.to_text(pieces[index + 1][0] if index + 1 < len(pieces) else window[1]),
                    "rate_bps": rate,
                    "decides": found.link.decides(rate),
                    "range_km": float(at.range_km[index]),
                    "elevation_tx_deg": _one(at.elevation_tx_deg, index),
                    "elevation_rx_deg": _one(at.elevation_rx_deg, index),
                    "sun_angle_deg": float(at.sun_deg[index]),
                }
            )  # fmt: skip
    return {
        "scenario": found.scenario.name,
        "from": found.from_node,
        "to": found.to_node,
        "band": found.band,
        "time": dtntime.to_text(found.at),
        "range_km": float(seen.range_km[0]),
        "light_time_s": float(seen.light_s[0]),
        "elevation_tx_deg": _one(seen.elevation_tx_deg),
        "elevation_rx_deg": _one(seen.elevation_rx_deg),
        "sun_angle_deg": float(seen.sun_deg[0]),
        "probability": found.table.probability,
        "table": found.table.to_dict(),
        "start": dtntime.to_text(found.start),
        "end": dtntime.to_text(found.end),
        "limit": limit_view(found.link.limit),
        "rates": steps,
        "volume_bytes": _volume(found),
    }


def limit_view(limit: RateLimit | None) -> dict[str, Any] | None:
    """Return a limit of a rate as plain values."""
    return None if limit is None else msgspec.structs.asdict(limit)


def _volume(found: Study) -> int:
    total = 0
    for window, pieces in zip(found.windows, found.rates, strict=True):
        # Divided once, after the sum: rounding down piece by piece would lose up to a byte of each.
        ends = [*(start for start, _ in pieces[1:]), window[1]]
        total += sum(rate * (end - start) for (start, rate), end in zip(pieces, ends, strict=True))
    return total // (8 * SECOND)


def link_report(sky: Sky, found: Study) -> str:
    """Return a page about a link: the table, rate and range, the margin with its band, a synodic cycle."""
    titles = {node.name: node.title for node in found.scenario.node}
    lead = [
        f"At {dtntime.to_text(found.at)}; rates from {dtntime.to_text(found.start)} to "
        f"{dtntime.to_text(found.end)}.",
        *found.table.notes,
    ]
    if found.table.probability is not None:
        lead.append(
            f"At the table's rate the link closes with a probability of {found.table.probability:.2%}."
        )
    parts: list[Part] = [_rate(found), _range(sky, found), _margin(sky, found)]
    # Only between these two does the distance go through a cycle that is worth a chart.
    if {found.here.body, found.there.body} == {"earth", "mars"}:
        parts.append(_cycle(sky, found))
    parts.append(
        Grid(
            "Design control table",
            "Gains are positive and losses negative; mean and sigma with the tolerances of all that goes in.",
            ("section", "line", "design", "unit", "mean", "sigma", "source"),
            [
                [line.section, line.label, round(line.value, 3), line.unit, round(line.mean, 3),
                 round(line.sigma, 3), line.source]
                for line in found.table.lines
            ],
        )
    )  # fmt: skip
    return page(f"{titles[found.from_node]} to {titles[found.to_node]}, {found.band}", lead, parts)


def _rate(found: Study) -> Chart:
    x: list[float] = []
    y: list[float | None] = []
    for window, pieces in zip(found.windows, found.rates, strict=True):
        x += [
            dtntime.to_posix(time)
            # A point without a value a second after each window: the line breaks there and does not cross
            # the silence.
            for time in (*(start for start, _ in pieces), window[1], window[1] + SECOND)
        ]
        y += [*(rate / 1000 for _, rate in pieces), pieces[-1][1] / 1000, None]
    caption = "The best rate of the ladder that closes, margin kept."
    if found.link.limit is not None:
        caption += f" {found.link.limit.sentence()}"
    return Chart("Rate", caption, "kbit/s", x, [ChartLine("rate", y, steps=True)])


def _spread(found: Study) -> Times:
    """Return times inside the windows, evenly."""
    each = max(2, _POINTS // max(1, len(found.windows)))
    return np.concatenate(
        [np.linspace(start, end, each).astype(np.int64) for start, end in found.windows]
        or [np.zeros(0, np.int64)]
    )


def _range(sky: Sky, found: Study) -> Chart:
    times = _spread(found)
    at = moments(sky, found.here, found.there, times)
    million = [float(km) / 1e6 for km in at.range_km]
    return Chart(
        "Range",
        "How far a signal goes that leaves at a time.",
        "million km",
        [dtntime.to_posix(int(time)) for time in times],
        [ChartLine("range", million)],
    )


def _margin(sky: Sky, found: Study) -> Chart:
    """Return the margin of the table's rate over the windows, with a band of two sigmas."""
    rate = int(found.table.value("data_rate_bps"))
    # Each point is a whole control table; sixty draw the curve as well as four hundred.
    times = _spread(found)[:: max(1, len(_spread(found)) // 60)]
    at = moments(sky, found.here, found.there, times)
    rows = []
    for k in range(len(times)):
        up, down = _one(at.elevation_tx_deg, k), _one(at.elevation_rx_deg, k)
        table = found.link.table(float(at.range_km[k]), up, down, float(at.sun_deg[k]), rate_bps=rate)
        rows.append(table.line("margin_db"))
    return Chart(
        f"Margin at {rate:,} bit/s",
        f"Mean, and {_SIGMAS:g} sigma to both sides; rates are chosen to keep {found.link.margin_db:g} dB.",
        "dB",
        [dtntime.to_posix(int(time)) for time in times],
        [
            ChartLine("mean", [row.mean for row in rows]),
            ChartLine("favourable", [row.mean + _SIGMAS * row.sigma for row in rows], band=True),
            ChartLine("adverse", [row.mean - _SIGMAS * row.sigma for row in rows], band=True),
        ],
        bands=[(2, 3)],
    )


def _cycle(sky: Sky, found: Study) -> Chart:
    """Return the rate over a synodic cycle, from centre to centre, with the other end 30 degrees up."""
    # Near the end of the ephemeris the last whole cycle is drawn.
    first = min(found.at, sky.covers[1] - SYNODIC_DAYS * DAY)
    times = np.array([first + day * DAY for day in range(0, SYNODIC_DAYS + 1, 2)])
    apart = distance_km(sky, Centre("earth"), Centre("mars"), times)
    angle = sun_earth_probe_angle_deg(sky, times)
    # The angle is the one at Earth; of the Sun near the beam of a receiver elsewhere it says nothing.
    if found.there.body != "earth":
        angle = np.full_like(angle, 90.0)
    rates = found.link.rate_bps(apart, 30.0, 30.0, angle)
    return Chart(
        "Rate over a synodic cycle",
        f"With the other end 30 degrees up; {apart.min() / AU_KM:.2f} to {apart.max() / AU_KM:.2f} au "
        f"({apart.min() / C_KM_S / 60:.1f} to {apart.max() / C_KM_S / 60:.1f} light minutes).",
        "kbit/s",
        [dtntime.to_posix(int(time)) for time in times],
        # A logarithm has no place for 0.
        [ChartLine("rate", [float(rate) / 1000 if rate else None for rate in rates], steps=True)],
        log=True,
    )  # fmt: skip
