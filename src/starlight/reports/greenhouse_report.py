"""A page about a greenhouse: its air, water and food by day, limits, areas, likelihoods and sweeps."""

from __future__ import annotations

from collections.abc import Sequence

from starlight.greenhouse.chances import Chances
from starlight.greenhouse.facility import Facility
from starlight.greenhouse.missing_carbon import MissingCarbon
from starlight.greenhouse.sizing import Need, SweepPoint
from starlight.greenhouse.time_line import RoomTimeLine
from starlight.reports.page import Chart, ChartLine, Grid, Part, page

CAVEAT = "This is a model for research and training, not a safety device: it knows no fire, illness, poison."


def greenhouse_page(
    facility: Facility,
    line: RoomTimeLine,
    needs: Sequence[Need],
    likely: Chances | None,
    swept: tuple[str, Sequence[SweepPoint]] | None,
    missing: MissingCarbon | None,
    lead: Sequence[str],
) -> str:
    """Return a page of HTML about a greenhouse.

    Args:
        lead: what came out of it, in sentences.
    """
    parts: list[Part] = [*_charts(line), _limits(line)]
    if needs:
        parts.append(_areas(needs))
    if likely is not None:
        parts.append(_likely(likely))
    if swept is not None:
        parts.append(_swept(*swept))
    if missing is not None:
        parts.append(_missing(missing))
    return page(
        facility.title or "A greenhouse",
        [*(each for each in lead if each != facility.title), *line.flags, CAVEAT],
        parts,
    )


def _charts(line: RoomTimeLine) -> list[Part]:
    days = [each.day for each in line.samples]

    def chart(title: str, caption: str, unit: str, *lines: tuple[str, list[float]]) -> Chart:
        series = [ChartLine(label, values) for label, values in lines]
        return Chart(title, caption, unit, days, series, time=False, x_label="day")

    samples = line.samples
    return [
        chart(
            "Oxygen and carbon dioxide",
            "Partial pressures at the end of each day; at sea level 1 kPa is about 1 %.",
            "kPa",
            ("oxygen", [each.o2_kpa for each in samples]),
            ("carbon dioxide", [each.co2_kpa for each in samples]),
        ),
        chart(
            "Temperature and humidity",
            "At the end of each day.",
            "°C, %",
            ("temperature, °C", [each.temperature_c for each in samples]),
            ("relative humidity, %", [100 * each.humidity for each in samples]),
        ),
        chart(
            "Food",
            "Dry. Below 0 people live on their bodies.",
            "kg",
            ("store", [each.food_kg for each in samples]),
            ("harvest", [each.harvest_kg for each in samples]),
        ),
    ]


def _limits(line: RoomTimeLine) -> Grid:
    rows: list[list[str | float]] = [[each.limit, each.text, _digits(each.day)] for each in line.crossings]
    return Grid("Limits", "Crossed for the first time, in order.", ["limit", "what", "on day"], rows)


def _areas(needs: Sequence[Need]) -> Grid:
    rows: list[list[str | float]] = [
        [
            each.crop,
            *map(_digits, (each.o2_m2, each.co2_m2, each.food_m2, each.o2_kw, each.co2_kw, each.food_kw)),
        ]
        for each in needs
    ]
    caption = "Of a bed sown in turns, in steady light, at 1000 ppm CO2; kW of lamps on the mean of a day."
    head = ["crop", "m² for O2", "m² for CO2", "m² for food", "kW for O2", "kW for CO2", "kW for food"]
    return Grid("Areas that hold these people", caption, head, rows)


def _likely(likely: Chances) -> Chart:
    caption = (
        f"Of {likely.samples} rooms drawn from the stated uncertainties, seed {likely.seed}; the band is "
        "the 90 % interval for so many (Wilson). It says nothing of what the model leaves out."
    )
    series = [
        ChartLine("alive", likely.alive),
        ChartLine("least", likely.least, band=True),
        ChartLine("most", likely.most, band=True),
    ]
    return Chart("P(alive)", caption, "part", likely.days, series, time=False, x_label="day", bands=[(3, 2)])


def _swept(key: str, points: Sequence[SweepPoint]) -> Grid:
    rows: list[list[str | float]] = [
        [each.value, each.first or "none", _day(each.first_day), each.death or "none", _day(each.death_day)]
        for each in points
    ]
    return Grid(f"Other values of {key}", "", [key, "first limit", "on day", "death", "on day"], rows)


def _missing(missing: MissingCarbon) -> Grid:
    rows: list[list[str | float]] = [
        ["O2 lost, % of the gas", 100 * missing.lost_o2],
        ["CO2 gained, %", 100 * missing.gained_co2],
        ["CO2 missing, %", 100 * missing.missing],
        ["bound a day, of the CO2 above the air's", missing.sink_per_day],
        [f"O2 on day {missing.day:g}, %", missing.forecast_o2_percent],
        ["the same by a straight line, %", missing.straight_line_percent],
    ]
    caption = "A hidden sink of carbon is reported." if missing.reported else "No hidden sink is reported."
    return Grid("Missing carbon", caption, ["quantity", "value"], rows)


def _day(day: float | None) -> str | float:
    return "" if day is None else _digits(day)


def _digits(value: float) -> float:
    """Return a computed value to the four digits that its model may bear at most."""
    return float(f"{value:.4g}")
