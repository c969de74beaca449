"""`starlight greenhouse`: who breathes how long in a sealed room with plants."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from starlight.cli import options
from starlight.cli.output import echo, print_json
from starlight.errors import InputError
from starlight.input_files import write_bytes

if TYPE_CHECKING:
    from starlight.greenhouse.chances import Chances
    from starlight.greenhouse.facility import Facility
    from starlight.greenhouse.missing_carbon import MissingCarbon
    from starlight.greenhouse.sizing import SweepPoint
    from starlight.greenhouse.time_line import RoomTimeLine

_ROWS = 13
"""Days that a terminal shows; the page and the JSON have all."""


class GreenhouseOptions(NamedTuple):
    """The options of `starlight greenhouse`."""

    file: str
    days: float | None
    sweep: str | None
    samples: int
    seed: int
    report: Path | None
    json_output: bool


@click.command()
@click.argument("file", metavar="FILE.toml")
@click.option(
    "--days", metavar="N", type=options.Number(0.1, 2000), help="How many. [default: those of the file]"
)
@click.option(
    "--sweep",
    metavar="KEY=FROM:TO[:STEP]",
    help="Compare values of m2, ppf, hours, volume_m3 or people; seven where there is no step.",
)
@click.option(
    "--samples",
    metavar="N",
    type=options.Whole(0, 10_000),
    default=0,
    show_default=True,
    help="Draw so many rooms from the stated uncertainties, for P(alive) on each day.",
)
@click.option(
    "--seed",
    metavar="N",
    type=options.Whole(0, 2**63 - 1),
    default=0,
    show_default=True,
    help="The same draws the same rooms.",
)
@options.report
@options.as_json
@options.collected(GreenhouseOptions)
def greenhouse(asked: GreenhouseOptions) -> None:
    """Solve a sealed room with people and plants by day: air, water, food, heat; which limit fails first.

    It is a model for research and training, not a safety device.

    \b
    Example: starlight greenhouse flowers.toml --days 60 --sweep m2=5:80
    """
    from starlight.extras import require
    from starlight.greenhouse.facility_file import load

    require("scipy", "expedition", "greenhouse")
    from starlight.greenhouse.chances import chances
    from starlight.greenhouse.missing_carbon import infer
    from starlight.greenhouse.sizing import needs, sweep
    from starlight.greenhouse.time_line import simulate

    facility = load(Path(asked.file))
    days = facility.days if asked.days is None else asked.days
    key, values = ("", []) if asked.sweep is None else swept_values(asked.sweep)
    line = simulate(facility, days)
    areas = needs(facility)
    with _progress("Rooms compared", len(values)) as tell:
        points = sweep(facility, key, values, days, tell) if values else []
    with _progress("Rooms drawn", asked.samples) as tell:
        likely = chances(facility, days, asked.samples, asked.seed, tell) if asked.samples else None
    missing = None if facility.observed is None else infer(facility.observed)
    if asked.report is not None:
        from starlight.reports.greenhouse_report import greenhouse_page

        swept = (key, points) if values else None
        text = greenhouse_page(facility, line, areas, likely, swept, missing, _verdict(facility, line, days))
        write_bytes(asked.report, text.encode())
    if asked.json_output:
        found = {"title": facility.title, "days": days, "time_line": line, "needs": areas}
        found |= {"sweep": {"key": key, "points": points}, "chances": likely, "missing_carbon": missing}
        import msgspec

        print_json(_finite(msgspec.to_builtins(found)))
        return
    for sentence in _verdict(facility, line, days):
        echo(sentence)
    _show_days(line)
    _show_areas(areas)
    _show_sweep(key, points)
    _show_chances(likely)
    _show_missing(missing)
    for flag in line.flags:
        echo(f"Outside a model's range: {flag}.")
    echo("A model for research and training, not a safety device: it knows no fire, illness or poison.")


@contextmanager
def _progress(label: str, count: int) -> Iterator[Callable[[int], object]]:
    """Give the call that moves a bar on by so many rooms; nobody sees one of a single room, or in a log."""
    if count < 2 or not sys.stderr.isatty():
        yield lambda more: None
        return
    with click.progressbar(length=count, label=label, file=sys.stderr) as bar:
        yield bar.update


def swept_values(text: str) -> tuple[str, list[float]]:
    """Return the key and the values of a sweep, such as ``m2=5:80`` or ``m2=5:80:5``.

    Raises:
        InputError: it is none, or has too many values.
    """
    from starlight.greenhouse.sizing import MOST_POINTS

    key, _, span = text.partition("=")
    try:
        numbers = [float(each) for each in span.split(":")]
    except ValueError:
        numbers = []
    right = "Write a key, its first and last value, and perhaps a step: m2=5:80 or m2=5:80:5"
    # A number that is none compares as False.
    if len(numbers) not in (2, 3) or not 0 <= numbers[0] < numbers[1] < 1e9:
        raise InputError(f"{text!r} is no sweep", where="--sweep", right=right)
    first, last = numbers[:2]
    step = numbers[2] if len(numbers) == 3 else (last - first) / 6
    if not 0 < step < 1e9 or (last - first) / step > MOST_POINTS - 1 + 1e-9:
        told = f"{text!r} has a step that gives no value or too many"
        raise InputError(told, where="--sweep", right=f"A sweep has {MOST_POINTS} values at most")
    return key, [first + place * step for place in range(int((last - first) / step + 1e-9) + 1)]


def _verdict(facility: Facility, line: RoomTimeLine, days: float) -> list[str]:
    """Return what came of it, in sentences."""
    found = [facility.title] if facility.title else []
    first = line.crossings[0] if line.crossings else None
    if first is None:
        found.append(f"No limit is crossed in {days:g} days.")
    else:
        found.append(f"The first limit that fails is {first.limit}, on day {first.day:.2f}: {first.text}.")
    if facility.people.count:
        if line.death is None:
            found.append(f"People live on day {days:g}.")
        else:
            found.append(f"People die on day {line.death.day:.2f}: {line.death.text}.")
    for bed in facility.bed:
        if bed.proxy_for:
            found.append(
                f"{bed.crop} stands in for {bed.proxy_for}, of which nobody has published coefficients."
            )
    found.append(
        f"Lamps drew {line.kwh:,.0f} kWh. Carbon, hydrogen and oxygen close to {line.balance:.0e} a day."
    )
    return found


def _show_days(line: RoomTimeLine) -> None:
    count = len(line.samples)
    shown = sorted({round(place * (count - 1) / (_ROWS - 1)) for place in range(_ROWS)}) if count > 1 else [0]
    echo(
        f"\n{'day':>8}{'O2 kPa':>9}{'CO2 kPa':>9}{'all kPa':>9}{'deg C':>7}{'humid':>7}"
        f"{'water kg':>10}{'food kg':>9}"
    )
    for each in (line.samples[place] for place in shown):
        echo(
            f"{each.day:>8.2f}{each.o2_kpa:>9.2f}{each.co2_kpa:>9.3f}{each.pressure_kpa:>9.2f}"
            f"{each.temperature_c:>7.1f}{each.humidity:>7.0%}{each.water_kg:>10.1f}{each.food_kg:>9.1f}"
        )
    if line.crossings:
        echo("\nLimits, in the order in which they are crossed:")
    for crossing in line.crossings:
        echo(f"  day {crossing.day:>8.2f}  {crossing.limit:<14}{crossing.text}")


def _show_areas(areas: list[Any]) -> None:
    if areas:
        echo("\nTo hold these people, sown in turns, at 1000 ppm CO2 (kW of lamps on the mean of a day):")
    for need in areas:
        echo(
            f"  {need.crop}, {need.ppf:.0f} umol/m2/s for {need.hours:g} h: "
            f"oxygen {need.o2_m2:.1f} m2 ({need.o2_kw:.1f} kW), "
            f"CO2 {need.co2_m2:.1f} m2 ({need.co2_kw:.1f} kW), "
            f"food {need.food_m2:.1f} m2 ({need.food_kw:.1f} kW)"
        )


def _show_sweep(key: str, points: list[SweepPoint]) -> None:
    if points:
        echo(f"\n{key:>10}  {'first limit':<14}{'day':>8}  {'death':<14}{'day':>8}")
    for each in points:
        first, death = (
            f"{day:>8.2f}" if day is not None else f"{'':>8}" for day in (each.first_day, each.death_day)
        )
        echo(f"{each.value:>10.5g}  {each.first or 'none':<14}{first}  {each.death or 'none':<14}{death}")


def _show_chances(likely: Chances | None) -> None:
    if likely is None:
        return
    echo(f"\nP(alive), of {likely.samples} rooms drawn with seed {likely.seed} (90 % interval for so many):")
    rows = list(zip(likely.days, likely.alive, likely.least, likely.most, strict=True))
    for day, alive, least, most in rows[:: max(1, len(rows) // 10)]:
        echo(f"  day {day:>7.1f}  {alive:>6.1%}  ({least:.1%} to {most:.1%})")
    first = ", ".join(f"{name} {count}" for name, count in likely.first.items())
    echo(f"  the first limit: {first}")


def _show_missing(missing: MissingCarbon | None) -> None:
    if missing is None:
        return
    told = "A hidden sink binds carbon" if missing.reported else "No hidden sink of carbon is found"
    echo(
        f"\n{told}: {100 * missing.lost_o2:.2f} % of the gas was O2 that was lost, "
        f"{100 * missing.gained_co2:.2f} % is CO2 that came of it, {100 * missing.missing:.2f} % is missing."
    )
    echo(
        f"O2 on day {missing.day:g}: {missing.forecast_o2_percent:.2f} %; a straight line says "
        f"{missing.straight_line_percent:.2f} %."
    )


def _finite(value: Any) -> Any:
    """Return a tree in which what has no number, such as an area that nothing fills, is null."""
    if isinstance(value, dict):
        return {key: _finite(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_finite(each) for each in value]
    return None if isinstance(value, float) and value in (float("inf"), float("-inf")) else value
