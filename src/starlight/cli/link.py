"""`starlight link`: the design control table of a radio link, and its rate over time."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import click

from starlight import dtntime
from starlight.cli import options
from starlight.cli.options import collected
from starlight.cli.output import echo, echo_lines, print_json
from starlight.errors import InputError
from starlight.input_files import write_bytes

SHOWN = 40
"""Steps of the rate that a person is shown; the report and the JSON have all."""


class LinkOptions(NamedTuple):
    """The options of `starlight link`."""

    scenario_name: str
    from_node: str | None
    to_node: str | None
    at: int | None
    start: int | None
    end: int | None
    band: str | None
    range_au: float | None
    elevation: float
    report: Path | None
    ephemeris: str | None
    json_output: bool


@click.command()
@click.argument("scenario_name", metavar="SCENARIO")
@click.argument("from_node", metavar="FROM", required=False)
@click.argument("to_node", metavar="TO", required=False)
@options.moment("--at", "When the signal leaves. [default: in the middle of the next window]")
@options.moment("--from", "Start of the rate over time. [default: that window]", field="start")
@options.moment("--to", "End of the rate over time.", field="end")
@click.option("--band", metavar="NAME", help="The band. [default: that of the scenario's link, or else X]")
@click.option(
    "--range-au",
    type=options.Number(1e-6, 1000),
    metavar="AU",
    help="Between two terminals of the library, at this distance.",
)
@click.option(
    "--elevation",
    type=options.Number(0, 90),
    default=30.0,
    show_default=True,
    metavar="DEG",
    help="Elevation of the other end above the horizon; only with --range-au.",
)
@options.report
@options.ephemeris
@options.as_json
@collected(LinkOptions)
def link(asked: LinkOptions) -> None:
    """Compute what the radio link from FROM to TO carries: design control table, rate over time.

    FROM and TO are nodes of SCENARIO whose antennas have terminals. With --range-au SCENARIO and FROM
    are two terminals of the library. A FILE of published budgets, alone in place of SCENARIO, is computed
    again case by case and set beside the published figures.

    \b
    Examples:
      starlight link lost-in-starlight mountain facility --at 2051-04-09T11:32Z
      starlight link father-3m lander-1m --range-au 0.5
      starlight link link_budgets.toml
    """
    # SCENARIO and FROM are two terminals then, so the arguments mean something else from here on.
    if asked.range_au is not None:
        _at_range(
            asked.scenario_name,
            asked.from_node,
            asked.to_node,
            asked.range_au,
            asked.elevation,
            asked.band or "X",
            asked.json_output,
        )
        return
    # A link has two ends, so one argument alone can only be a file of cases.
    if asked.from_node is None:
        _cases(Path(asked.scenario_name), asked.json_output)
        return
    if asked.to_node is None:
        raise InputError("the other end is missing", where="TO", right="Name a node, or give --range-au")
    from starlight.reports import link_report as linkview
    from starlight.scenario import kernels, reading

    start, end = asked.start, asked.end
    if (start is None) != (end is None):
        raise InputError("an interval has two ends", where="--from, --to", right="Give both, or neither")
    if start is not None and end is not None and end <= start:
        told = f"the end, {dtntime.to_text(end)}, is not after the beginning, {dtntime.to_text(start)}"
        raise InputError(told, where="--to", right="Give a time after --from")
    interval = None if start is None or end is None else (start, end)
    sky = kernels.open_sky(asked.ephemeris)
    plan = reading.load(asked.scenario_name)
    found = linkview.study(
        plan, sky, asked.from_node, asked.to_node, band=asked.band, at=asked.at, interval=interval
    )
    view = linkview.link_view(sky, found)
    if asked.report is not None:
        write_bytes(asked.report, linkview.link_report(sky, found).encode())
    if asked.json_output:
        print_json(view)
    else:
        echo_lines(found.table.text())
        _show(view)


def _at_range(
    transmitter: str, receiver: str | None, extra: str | None, range_au: float, elevation: float, band: str,
    json_output: bool,
) -> None:  # fmt: skip
    from starlight.reports import budgets

    if receiver is None or extra is not None:
        raise InputError(
            "--range-au goes with two terminals", where="--range-au", right="Such are father-3m lander-1m"
        )
    table, view = budgets.at_range(transmitter, receiver, range_au, elevation, band)
    if json_output:
        print_json(view)
        return
    echo_lines(table.text())
    echo(
        f"At {range_au:g} au: {view['rate_bps']:,} bit/s, decided by the {view['decides']}; "
        f"{view['max_rate_bps']:,.0f} bit/s would close."
    )


def _cases(path: Path, json_output: bool) -> None:
    from starlight.reports import budgets

    # All before any is printed: a wrong case is an error, not the end of half a list.
    found = [budgets.case_view(case, str(path)) for case in budgets.cases(path)]
    if json_output:
        print_json([view for _, view in found])
        return
    for table, view in found:
        echo_lines(f"{table.text()}\n{view['source']}\n")
        for line in view["published"]:
            computed = "not led to by its inputs" if line["computed"] is None else f"{line['computed']:.2f}"
            off = "" if line["difference_db"] is None else f"  ({line['difference_db']:+.3f} dB)"
            echo(f"  {line['key']:<24} published {line['published']:>12,.2f}   computed {computed:>12}{off}")
        echo()


def _show(view: dict[str, Any]) -> None:
    light = dtntime.duration_text(round(view["light_time_s"] * dtntime.SECOND))
    echo(f"A signal that leaves at {view['time']} is {light} under way, {view['range_km']:,.0f} km.")
    echo(f"\nRate from {view['start']} to {view['end']}, {view['volume_bytes'] / 1e6:,.3f} MB in all:")
    echo(f"  {'from':<22}{'bit/s':>12}{'elevation, deg':>18}{'Sun, deg':>10}  decided by")
    for step in view["rates"][:SHOWN]:
        # An end in space has no horizon and so no elevation.
        ups = (step["elevation_tx_deg"], step["elevation_rx_deg"])
        up = " / ".join("-" if each is None else f"{each:.1f}" for each in ups)
        echo(
            f"  {step['start']:<22}{step['rate_bps']:>12,}{up:>18}{step['sun_angle_deg']:>10.1f}"
            f"  {step['decides']}"
        )
    if len(view["rates"]) > SHOWN:
        echo(f"  ... and {len(view['rates']) - SHOWN} more; --json or --report FILE.html has all")
