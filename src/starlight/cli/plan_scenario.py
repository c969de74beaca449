"""`starlight plan SCENARIO`: make a contact plan from a scenario and the sky."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from starlight import dtntime
from starlight.cli import options
from starlight.cli.options import collected
from starlight.cli.output import echo, print_bytes, print_json
from starlight.errors import InputError
from starlight.input_files import read_text, write_bytes

if TYPE_CHECKING:
    from starlight.planner.history import History
    from starlight.planner.planner import Planned
    from starlight.scenario.scenario import Scenario

FORMATS = ("ion", "hdtn", "tvgutil", "csv", "json")
DAYS = 7
"""How long a plan is when nothing else is asked for: what a page shows well, in a second."""


class PlanOptions(NamedTuple):
    """The options of `starlight plan`."""

    scenario_name: str
    start: int | None
    end: int | None
    weather: Path | None
    who: str
    form: str | None
    output: Path | None
    history_file: Path | None
    report: Path | None
    ephemeris: str | None
    json_output: bool


@click.command("plan")
@options.scenario
@options.moment("--from", "Start of the plan. [default: where the demo begins]", field="start")
@options.moment("--to", f"End of the plan. [default: {DAYS} days later]", field="end")
@click.option(
    "--weather",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Attach the [[weather]] of a TOML file to the finished plan.",
)
@click.option(
    "--who",
    default="the command line",
    show_default=True,
    metavar="NAME",
    help="Name of the author in the plan's history.",
)
@click.option(
    "--format", "form", type=click.Choice(FORMATS), help="Write the plan in this format. [default: json]"
)
@click.option("--output", "-o", type=click.Path(path_type=Path), metavar="FILE", help="Write the plan here.")
@options.written_to("--history", "Write the plan's history here, as JSON.", field="history_file")
@options.report
@options.ephemeris
@options.as_json
@collected(PlanOptions)
def scenario_plan(asked: PlanOptions) -> None:
    """Plan the contacts of SCENARIO: who hears whom, when, how fast, how far, as far as antennas allow.

    Prints a summary; with --format and without -o, the plan itself.

    \b
    Example: starlight plan lost-in-starlight --to 2051-04-14 --format ion -o plan.ionrc
    """
    from starlight.planner import planner
    from starlight.reports import plan_report as planview
    from starlight.scenario import kernels, reading

    spec = reading.load(asked.scenario_name)
    start, end = _interval(spec, asked.start, asked.end)
    planned = planner.make_plan(spec, kernels.open_sky(asked.ephemeris), start, end)
    history = _history(spec, planned, asked.weather, asked.who)
    view = planview.plan_view(spec, planned, history)
    if asked.form is not None or asked.output is not None:
        _export(spec, history, asked.form or "json", asked.output)
    if asked.history_file is not None:
        from starlight.planner.history import to_json

        write_bytes(asked.history_file, to_json(history))
    if asked.report is not None:
        write_bytes(asked.report, planview.plan_report(spec, planned, history).encode())
    if asked.json_output:
        print_json(view)
    # Where the plan itself went to standard output, a summary would spoil it.
    elif asked.form is None or asked.output is not None:
        _show(view, planned, {node.name: node.title for node in spec.node})


def _interval(spec: Scenario, start: int | None, end: int | None) -> tuple[int, int]:
    start = dtntime.from_text(spec.demo_at) if start is None else start
    end = start + DAYS * dtntime.DAY if end is None else end
    if end <= start:
        told = f"the end, {dtntime.to_text(end)}, is not after the beginning, {dtntime.to_text(start)}"
        raise InputError(told, where="--to", right="Give a time after --from")
    return start, end


def _history(spec: Scenario, planned: Planned, file: Path | None, who: str) -> History:
    from starlight.planner import weather
    from starlight.planner.history import History

    # In mission time, so that the same plan has the same history whenever it is made.
    history = History.begin(
        planned.plan(), time=planned.start, who=who, what=f"planned from the scenario {spec.name}"
    )
    if file is None:
        return history
    found = weather.parse(read_text(file), spec, where=str(file))
    text = "; ".join(dict.fromkeys(each.text for each in found))
    # A change of its own, so that the history tells what the sky allows from what the weather takes.
    changed = weather.attach(history.plan(), found)
    return history.change(changed, time=planned.start, who=who, what=f"weather: {text}")


def _export(spec: Scenario, history: History, form: str, output: Path | None) -> None:
    from starlight.reports import plan_report as planview

    done = planview.in_form(spec, history.plan(), form)
    if not done.contacts:
        right = "Ask for another interval, or another form; starlight sky says who can be heard"
        raise InputError("the plan has no contact that could be written", where=spec.name, right=right)
    for loss in done.losses:
        # Standard output may be the plan itself.
        echo(f"note: {loss}", err=True)
    if output is None:
        # As bytes: a file format has an encoding of its own, whatever the terminal's.
        print_bytes(done.data)
    else:
        write_bytes(output, done.data)


def _show(view: dict[str, Any], planned: Planned, titles: dict[str, str]) -> None:
    from starlight.reports import plan_report as planview

    echo(f"{view['scenario']}, {view['start']} to {view['end']}, version {view['version']}")
    echo(
        f"{view['contacts']} contact{'' if view['contacts'] == 1 else 's'}; of {view['visible']} that are "
        f"visible, {view['dropped']} were dropped "
        f"and {view['shortened']} shortened for want of antennas or power\n"
    )
    echo(
        f"{'from':<34}{'to':<34}{'contacts':>9}{'hours':>10}{'megabytes':>13}{'light time, s':>24}"
        "  rate decided by"
    )
    for row in view["links"]:
        # A wire is open all the time; its hours would tell nothing.
        if row["kind"] == "wire" or not row["contacts"]:
            continue
        light = " to ".join(f"{s:.3f}" for s in row["light_time_s"])
        echo(
            f"{titles[row['from']][:33]:<34}{titles[row['to']][:33]:<34}{row['contacts']:>9}{row['hours']:>10.1f}"
            f"{row['volume_bytes'] / 1e6:>13,.1f}{light:>24}"
            f"  {planview.decided_text(row)}"
        )
    for notice in view["notices"]:
        echo(f"\n{notice['start'][:16]} to {notice['end'][:16]}: {notice['text']}")
    if planned.changes:
        echo("\nWhat gave way first:")
        for change in planned.changes[:5]:
            echo(f"  {change.sentence(titles)}")
        echo(f"  (all {len(planned.changes)}: --json or --report FILE.html)")
