"""`starlight plan`: make a contact plan; check and convert files; `set`, `add`, `cut` a running node's."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import click

from starlight import dtntime
from starlight.cli import options
from starlight.cli.options import as_json, size_text
from starlight.cli.output import echo, print_json
from starlight.cli.plan_amend import add, cut, fact, set_plan
from starlight.cli.plan_scenario import scenario_plan

if TYPE_CHECKING:
    from starlight.planner.plan_files import Exported, Imported

# Written out, because the package that has them would be imported for every --help.
FORMATS = ("ion", "hdtn", "tvgutil", "csv", "json")
READ_FORMATS = (*FORMATS, "asabr")
TITLES = {
    "ion": "ION commands",
    "hdtn": "HDTN JSON",
    "tvgutil": "tvgutil JSON",
    "csv": "table (CSV)",
    "json": "Starlight JSON",
    "asabr": "A-SABR's words",
}
SHOWN = 5
"""Remarks of a kind that a person is shown before asking for all."""

epoch = options.moment(
    "--epoch",
    "What relative times count from. [default: 2000-01-01, or Unix time where HDTN or tvgutil has it]",
)


@click.command()
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@click.option(
    "--format",
    "form",
    type=click.Choice(READ_FORMATS),
    help="The file's format. [default: recognized by content]",
)
@epoch
@options.light_time
@options.rate
@click.option("--all", "every", is_flag=True, help=f"Show all remarks, not only {SHOWN} of a kind.")
@as_json
def check(
    file: Path,
    form: str | None,
    epoch: int | None,
    light_time: float | None,
    rate: int | None,
    every: bool,
    json_output: bool,
) -> None:
    """Read the contact plan in FILE and say what was found and done about it.

    Exit status: 0 if the plan can be used as it stands; 1 if something was refused, or nothing is left.
    """
    from starlight.planner.plan_files import read_plan, summary

    imported = read_plan(file, format=form, epoch=epoch, light_time_s=light_time, rate_bps=rate)
    if json_output:
        print_json(_report_json(file, imported, summary(imported.plan)))
    else:
        _show(file, imported, summary(imported.plan), every)
    # A status alone: the report has said it all.
    if imported.count("refused") or not imported.plan.contacts:
        sys.exit(1)


@click.command()
@click.argument("source", metavar="A", type=click.Path(path_type=Path))
@click.argument("target", metavar="B", type=click.Path(path_type=Path))
@click.option(
    "--from-format", type=click.Choice(READ_FORMATS), help="Format of A. [default: recognized by content]"
)
@click.option(
    "--to-format",
    type=click.Choice(FORMATS),
    help="Format of B. [default: recognized by the ending of its name]",
)
@epoch
@options.light_time
@options.rate
@as_json
def convert(
    source: Path,
    target: Path,
    from_format: str | None,
    to_format: str | None,
    epoch: int | None,
    light_time: float | None,
    rate: int | None,
    json_output: bool,
) -> None:
    """Read the contact plan in A and write it to B in another form; say what was lost.

    Exit status: 1 if a contact was refused, as for check, or if none is left; then B is not written.

    \b
    Example: starlight plan convert hdtn.json plan.ionrc
    """
    from starlight.planner.plan_files import read_plan, summary, write_plan

    imported = read_plan(source, format=from_format, epoch=epoch, light_time_s=light_time, rate_bps=rate)
    done = write_plan(target, imported, format=to_format)
    if json_output:
        losses = [{"text": loss.text, "count": loss.count} for loss in done.losses]
        report = _report_json(source, imported, summary(imported.plan))
        written = str(target) if done.contacts else None
        print_json({"read": report, "written": written, "contacts": done.contacts, "losses": losses})
    else:
        _show_written(source, target, imported, done)
    if not done.contacts:
        told = f"nothing was written to {target}: no contact is left to write"
        echo(f"starlight: {told}. {_remedy(source, imported)}", err=True)
    if not done.contacts or imported.count("refused"):
        sys.exit(1)


class PlanCommand(click.Command):
    """The command that makes plans, unless its first word is that of a command for files or running nodes."""

    files: ClassVar[dict[str, click.Command]] = {
        "check": check,
        "convert": convert,
        "set": set_plan,
        "add": add,
        "cut": cut,
        "fact": fact,
    }

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """Return the context of the command that the first word names."""
        # A scenario's own file of such a name is given as ./check.
        if args and args[0] in self.files:
            name = args[0]
            return self.files[name].make_context(f"{info_name} {name}", args[1:], parent, **extra)
        return super().make_context(info_name, args, parent, **extra)


# One word for all: making a plan is the command itself, and its first word may name one for files.
plan = PlanCommand(
    "plan",
    callback=scenario_plan.callback,
    params=scenario_plan.params,
    help=scenario_plan.help,
    epilog="Plans in files: starlight plan check FILE, starlight plan convert A B. The plan of a running "
    "node: starlight plan set|add|cut DATA. Each has a --help.",
)


def _show_written(source: Path, target: Path, imported: Imported, done: Exported) -> None:
    read, nodes = len(imported.plan.contacts), imported.plan.nodes()
    if done.contacts:
        head = (
            f"{target}: {_count(done.contacts, 'contact')} among {_count(len(nodes), 'node')}, from {source}"
        )
        echo(head + (f", which has {read}" if read != done.contacts else ""))
    for each in imported.counts:
        echo(f"{each.act:<10}{each.count:>7}  {each.kind}")
    for loss in done.losses:
        echo(f"{'lost':<10}{loss.count:>7}  {loss.text}")
    if not imported.counts and not done.losses:
        echo("Nothing was lost.")


def _remedy(source: Path, imported: Imported) -> str:
    """Return what can be done where nothing of a plan is left."""
    from starlight.contacts import formats

    if any(each.kind == formats.NO_RANGE for each in imported.counts):
        return "Add a range for each link, or give --light-time S, the light time in seconds"
    if imported.plan.contacts:
        return "Write a form that can hold them, such as --to-format json"
    return f"starlight plan check {source} says why of each"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _show(file: Path, imported: Imported, found: dict[str, Any], every: bool) -> None:
    head = f"{_count(found['contacts'], 'contact')} among {_count(len(found['nodes']), 'node')}"
    echo(f"{file}: {TITLES[imported.format]}, {head}")
    if found["start"] is not None:
        span = dtntime.duration_text(round(found["span_s"] * dtntime.SECOND))
        echo(f"{found['start']} to {found['end']}, {span}")
        unlimited = found["unlimited_contacts"]
        more = f", and {_count(unlimited, 'contact')} without limit" if unlimited else ""
        echo(f"{size_text(found['volume_bytes'])} can be carried{more}")
    # Dates and Unix time leave no choice, so only relative times are worth the line.
    if imported.epoch is not None:
        echo(f"Relative times were counted from {dtntime.to_text(imported.epoch)}; --epoch says otherwise.")
    limit = len(imported.report) if every else SHOWN
    for each in imported.counts:
        echo(f"\n{each.act} {each.count}: {each.kind}")
        remarks = [r for r in imported.report if (r.act, r.kind) == (each.act, each.kind)]
        for remark in remarks[:limit]:
            echo(f"    {remark}")
        # The reader keeps only so many remarks of a kind and
        # counts the rest, so not even --all has them all.
        if each.count > min(limit, len(remarks)):
            hint = "" if every else "; --all shows more"
            echo(f"    ... and {each.count - min(limit, len(remarks))} more{hint}")
    if not imported.counts:
        echo("\nNothing had to be repaired, refused or ignored.")


def _report_json(file: Path, imported: Imported, found: dict[str, Any]) -> dict[str, Any]:
    relative = None if imported.epoch is None else dtntime.to_text(imported.epoch)
    return {
        "file": str(file),
        "format": imported.format,
        "epoch": relative,
        # The same judgement as the exit status of `check`.
        "usable": not imported.count("refused") and bool(imported.plan.contacts),
        **found,
        "names": {str(number): name for number, name in imported.names.items()},
        "counts": [{"act": c.act, "kind": c.kind, "count": c.count} for c in imported.counts],
        "report": [
            {"act": r.act, "kind": r.kind, "text": r.text, "line": r.line, "place": r.place}
            for r in imported.report
        ],
    }
