"""`starlight sky`: where the worlds are, and who can hear whom."""

from __future__ import annotations

from typing import Any

import click

from starlight import dtntime
from starlight.cli.options import MOMENT, as_json, ephemeris, print_json


@click.command()
@click.argument("scenario_name", metavar="[SCENARIO]", default="lost-in-starlight")
@click.option(
    "--at", type=MOMENT, metavar="ISO", help="The instant, UTC unless it says otherwise. [default: demo's]"
)
@ephemeris
@as_json
def sky(scenario_name: str, at: int | None, ephemeris: str | None, json_output: bool) -> None:
    """Say where the worlds of SCENARIO are at an instant: distance, light time, who can hear whom.

    SCENARIO is the name of a built-in scenario or the path of a TOML file.

    \b
    Example: starlight sky lost-in-starlight --at 2050-01-01T00:00:00Z
    """
    from starlight.expedition import kernels, scenario, skyview

    plan = scenario.load(scenario_name)
    view = skyview.sky_view(
        plan, kernels.open_sky(ephemeris), dtntime.from_text(plan.demo_at) if at is None else at
    )
    if json_output:
        print_json(view)
    else:
        _show(view, {node.name: node.title for node in plan.node})


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
    for name, value in rows:
        click.echo(f"{name:<22}{value}")
    click.echo("\nWho can be heard now, and how long the signal was under way:")
    for pair in view["pairs"]:
        click.echo(
            f"  {titles[pair['from']]:<34} at {titles[pair['to']]:<34} {pair['light_time_s']:>14.6f} s"
        )
