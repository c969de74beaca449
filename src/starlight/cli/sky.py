"""`starlight sky`: where the worlds are, and who can hear whom."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from starlight import dtntime
from starlight.cli import options
from starlight.cli.output import echo, print_json
from starlight.input_files import write_bytes


@click.command()
@options.scenario
@options.moment("--at", "The instant, in UTC unless it has an offset. [default: where the demo begins]")
@click.option(
    "--conjunctions",
    "listed",
    is_flag=True,
    help="List all superior conjunctions from the scenario's start to the end of the ephemeris.",
)
@options.report
@options.ephemeris
@options.as_json
def sky(
    scenario_name: str,
    at: int | None,
    listed: bool,
    report: Path | None,
    ephemeris: str | None,
    json_output: bool,
) -> None:
    """Show where the worlds of SCENARIO are at an instant: distance, light time, who can hear whom.

    SCENARIO is the name of a built-in scenario or the path of a TOML file.

    \b
    Example: starlight sky lost-in-starlight --at 2050-01-01T00:00:00Z
    """
    from starlight.reports import sky_report as skyreport
    from starlight.reports import sky_snapshot as skyview
    from starlight.scenario import kernels, reading

    plan = reading.load(scenario_name)
    heaven = kernels.open_sky(ephemeris)
    time = dtntime.from_text(plan.demo_at) if at is None else at
    if report is not None:
        write_bytes(report, skyreport.sky_report(plan, heaven, time).encode())
    # After the page, which is wanted also where the list is all that is printed.
    if listed:
        start = max(plan.period()[0], heaven.covers[0])
        _list(skyreport.conjunction_list(plan, heaven, start, heaven.covers[1]), json_output)
        if not json_output:
            echo(f"Later ones are not known: {heaven.ends_text()}.")
        return
    view = skyview.sky_view(plan, heaven, time)
    found = skyreport.next_conjunction(plan, heaven, time)
    view["next_conjunction"] = found
    # An absence must not be taken for a good sign: the blackout may begin just beyond the ephemeris.
    view["next_conjunction_unknown"] = None if found else skyreport.unknown_conjunctions(heaven, time)
    if json_output:
        print_json(view)
    else:
        _show(view, {node.name: node.title for node in plan.node})


def _list(found: list[dict[str, Any]], json_output: bool) -> None:
    if json_output:
        print_json(found)
        return
    echo(
        f"{'enters':<22}{'closest':<22}{'least angle':>12}   {'leaves':<22}{'last safe departure from Mars'}"
    )
    for each in found:
        echo(
            f"{each['enter']:<22}{each['minimum']:<22}{each['min_angle_deg']:>8.3f} deg   {each['leave']:<22}"
            f"{each['last_safe_departure']['mars']}"
        )


def _show(view: dict[str, Any], titles: dict[str, str]) -> None:
    clock = view["mars_clock"]
    sol = f", sol {clock['mission_sol']}" if clock["mission_sol"] is not None else ""
    light = dtntime.duration_text(round(view["earth_mars_light_time_s"] * dtntime.SECOND))
    rows = [
        ("time", f"{view['time']}  (UTC)"),
        ("on Mars", f"{clock['local_mean_solar_time']} local mean solar time at {clock['place']}{sol}"),
        ("distance", f"{view['earth_mars_distance_km']:,.0f} km  ({view['earth_mars_distance_au']:.4f} au)"),
        ("light time", f"{view['earth_mars_light_time_s']:.6f} s  ({light})"),
        ("Sun-Earth-Mars angle", f"{view['sun_earth_mars_angle_deg']:.2f} deg"),
    ]
    if view["next_conjunction"]:
        rows += _silence(view["next_conjunction"], view["time"])
    elif view["next_conjunction_unknown"]:
        rows.append(("next conjunction", view["next_conjunction_unknown"]))
        rows.append(("last safe departure", view["next_conjunction_unknown"]))
    else:
        rows.append(("next conjunction", "none in the next four years"))
    for ship in view["ships"]:
        for body in ("earth", "mars"):
            light = dtntime.duration_text(round(ship["light_time_s"][body] * dtntime.SECOND))
            far = f"{ship['distance_km'][body]:,.0f} km"
            rows.append(
                (f"{ship['name']} to {body.title()}", f"{far}, light needs {light}, day {ship['day']:.0f}")
            )
    rows += [row for body in view["bodies"] for row in _body(body)]
    for name, value in rows:
        echo(f"{name:<22}{value}")
    echo("\nWho can be heard now, and how long the signal was under way:")
    if not view["pairs"]:
        echo("  nobody: no two places with a radio see each other")
    for pair in view["pairs"]:
        echo(f"  {titles[pair['from']]:<34} at {titles[pair['to']]:<34} {pair['light_time_s']:>14.6f} s")


def _body(body: dict[str, Any]) -> list[tuple[str, str]]:
    """Return where a body of an SPK file is, or that the file doesn't know."""
    if not body["covered"]:
        spans = ", ".join(f"{each['start'][:16]} to {each['end'][:16]}" for each in body["coverage"])
        return [(body["name"], f"its SPK file doesn't cover this time, only {spans}")]
    return [
        (
            f"{body['name']} to {world.title()}",
            f"{body['distance_km'][world]:,.0f} km, light needs "
            f"{dtntime.duration_text(round(seconds * dtntime.SECOND))}",
        )
        for world, seconds in body["light_time_s"].items()
    ]


def _silence(next_: dict[str, Any], now: str) -> list[tuple[str, str]]:
    """Return what a person should know of the coming superior conjunction."""
    safe = next_["last_safe_departure"]
    enter, leave = (
        f"{next_[edge][:16]}" + (" (where the ephemeris is cut off)" if edge in next_["cut"] else "")
        for edge in ("enter", "leave")
    )
    until = f"{enter} to {leave}, below {next_['limit_deg']:g} deg"
    # As text: ISO 8601 in UTC is in order of time.
    name = "silent behind the Sun" if next_["enter"] <= now else "next conjunction"
    return [
        (name, f"{until}, down to {next_['min_angle_deg']:.2f} deg"),
        ("last safe departure", f"{safe['earth'][:16]} from Earth, {safe['mars'][:16]} from Mars"),
    ]
