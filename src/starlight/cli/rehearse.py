"""`starlight rehearse` and `replay`: run a scenario in virtual time, run a node's record again."""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TextIO

import click

from starlight import dtntime
from starlight.cli import options
from starlight.cli.options import collected
from starlight.cli.output import echo, print_json
from starlight.errors import InputError, StarlightError
from starlight.input_files import reason

if TYPE_CHECKING:
    from starlight.medium.impairments import Impairments
    from starlight.medium.link_kinds import LinkKindName
    from starlight.rehearsal.outcome import PromisesKept, RehearsalReport
    from starlight.rehearsal.story import Beat, Story
    from starlight.scenario.scenario import Scenario

SHOWN = 20
"""Errors that a person is shown; the JSON has all."""


class RehearseOptions(NamedTuple):
    """The options of `starlight rehearse`."""

    scenario_name: str
    seed: int
    start: int | None
    end: int | None
    story: bool
    trace: Path | None
    record: Path | None
    record_node: str | None
    report: Path | None
    links: LinkKindName
    loss: float
    duplication: float
    reordering: float
    ephemeris: str | None
    json_output: bool


@click.command()
@options.scenario
@click.option(
    "--seed",
    type=options.Whole(),
    default=0,
    show_default=True,
    help="Vary when people write and read; the same seed repeats the same run.",
)
@options.moment("--from", "Start of the rehearsal. [default: the scenario's start]", field="start")
@options.moment("--until", "End of the rehearsal. [default: the scenario's end]", field="end")
@click.option(
    "--story", is_flag=True, help="Print each beat of the story: when it happened, and what carried it."
)
@options.written_to("--trace", "Write every event as JSON lines.")
@options.written_to("--record", "Record a node's events and actions for `starlight replay`.")
@click.option(
    "--record-node",
    metavar="NAME",
    help="Record this node. [default: the scenario's earth_home, or its first]",
)
@options.written_to("--report", "Write a page about it: promised and actual arrivals, what was wrong.")
@click.option(
    "--links",
    type=click.Choice(["space", "udpcl"]),
    default="space",
    show_default=True,
    help="Links between all nodes: space hops (LTP), or UDPCL, which acknowledges nothing.",
)
@options.chance("--loss", "How likely a message between nodes is lost.")
@options.chance("--duplication", "How likely it comes twice.")
@options.chance("--reordering", "How likely it comes up to a second late, so that others overtake it.")
@options.ephemeris
@options.as_json
@collected(RehearseOptions)
def rehearse(asked: RehearseOptions) -> None:
    """Run SCENARIO in virtual time: years in seconds, with its storms, by the code of the live nodes.

    Exit status: 0 if every promise and every rule was kept; 1 if something went wrong, which is then listed.

    \b
    Example: starlight rehearse lost-in-starlight --from 2051-03-01 --until 2051-05-01 --story
    """
    # Before the imports, for which a person waits as well.
    begun = time.perf_counter()
    # Millions of values live to the end of the run: to look through the young ones less often saves a tenth.
    gc.set_threshold(50_000, 50, 100)
    from starlight.rehearsal import rehearsal
    from starlight.reports import rehearsal_report as rehearsal_page
    from starlight.scenario import kernels, reading

    plan = reading.load(asked.scenario_name)
    start, end = _interval(plan, asked.start, asked.end)
    # Files are opened before the run: what can't be written is told at once, not after half a minute.
    with ExitStack() as files:
        recorded = _recorded(files, plan, asked)
        traced = None if asked.trace is None else files.enter_context(_writable(asked.trace))
        page = None if asked.report is None else files.enter_context(_writable(asked.report))
        # Without an interval, because planning is not done along mission time.
        with _progress("planning", quiet=asked.json_output) as _:
            run = rehearsal.Rehearsal(
                plan,
                kernels.open_sky(asked.ephemeris),
                start,
                end,
                seed=asked.seed,
                trace=traced,
                record=recorded,
                links=asked.links,
                impairments=_impairments(asked),
            )
        with _progress("rehearsing", quiet=asked.json_output, start=start, end=end) as progress:
            found = run.run(progress)
        # Not in the digest: how long a machine takes is no part of what happened.
        found.seconds = round(time.perf_counter() - begun, 3)
        if page is not None:
            page.write(rehearsal_page.rehearsal_report(plan, found))
    _tell(found, run.story if asked.story else None, json_output=asked.json_output)
    # Last, after all is printed: it sets the status and says in one line why.
    if found.errors:
        raise StarlightError(
            f"{rehearsal_page.count_of(found.errors)} in the rehearsal, the first: {found.errors[0].text}"
        )


def _recorded(files: ExitStack, plan: Scenario, asked: RehearseOptions) -> tuple[int, TextIO] | None:
    """Return which node is recorded, and the open file of the record; None without one."""
    if asked.record is not None:
        return _node_number(plan, asked.record_node), files.enter_context(_writable(asked.record))
    if asked.record_node is not None:
        raise InputError(
            f"{asked.record_node!r} is not recorded", where="--record-node", right="Add --record FILE"
        )
    return None


def _tell(report: RehearsalReport, story: Story | None, *, json_output: bool) -> None:
    """Print what a rehearsal found; and its story, where that is asked for."""
    import msgspec

    if not json_output:
        if story is not None:
            _show_story(story.beats(), story.missing())
        _show(report)
        return
    told: dict[str, object] = msgspec.to_builtins(report)
    if story is not None:
        told["story"] = [_beat_json(beat) for beat in story.beats()]
        told["story_missing"] = story.missing()
    print_json(told)


def _impairments(asked: RehearseOptions) -> Impairments | None:
    """Return what the medium does to messages; None where nothing was asked for."""
    from starlight.medium.impairments import Impairments

    if not (asked.loss or asked.duplication or asked.reordering):
        return None
    return Impairments(asked.seed, asked.loss, asked.duplication, asked.reordering)


def _interval(plan: Scenario, start: int | None, end: int | None) -> tuple[int, int]:
    """Return what to rehearse: what was asked, or else where the scenario begins and ends."""
    # The option that was given is to blame, not the one that the scenario filled in.
    where = "--from" if end is None else "--until"
    first, last = plan.period()
    start, end = first if start is None else start, last if end is None else end
    if end <= start:
        told = f"the end, {dtntime.to_text(end)}, is not after the beginning, {dtntime.to_text(start)}"
        right = (
            f"The scenario's own interval is {dtntime.to_text(first)[:10]} to {dtntime.to_text(last)[:10]}"
        )
        raise InputError(told, where=where, right=right)
    plan.check_lived(start, f"{plan.name}: start" if first == start else "--from")
    return start, end


def _node_number(plan: Scenario, name: str | None) -> int:
    wanted = name or plan.earth_home or plan.node[0].name
    for node in plan.node:
        if node.name == wanted:
            return node.number
    names = ", ".join(node.name for node in plan.node)
    raise InputError(f"no node is called {wanted!r}", where="--record-node", right=f"There are: {names}")


def _writable(path: Path) -> TextIO:
    try:
        return path.open("w", encoding="utf-8")
    except (OSError, ValueError) as error:
        raise InputError(f"can't be written ({reason(error)})", where=str(path)) from None


def _progress(
    label: str, *, quiet: bool, start: int = 0, end: int = 0
) -> AbstractContextManager[Callable[[int], object] | None]:
    """Return a progress bar over mission time on stderr, where somebody looks."""
    # Elsewhere, as in a log, the bar's control characters would remain.
    if quiet or not sys.stderr.isatty():
        return nullcontext(None)
    from starlight.cli.progress import ProgressBar

    return ProgressBar(label, start, end)


def _beat_json(beat: Beat) -> dict[str, object]:
    return {
        "title": beat.title,
        "time": dtntime.to_text(beat.time),
        "node": beat.node,
        "what": beat.what,
        "facts": beat.facts,
        "carried_by": beat.hops,
        "words": beat.words,
        "remark": beat.remark,
    }


def _show_story(beats: list[Beat], missing: list[str]) -> None:
    for beat in beats:
        echo(f"{dtntime.to_text(beat.time)}  {beat.title}  ({beat.node})")
        for told in (beat.words, *beat.hops, beat.remark):
            if told:
                echo(f"    {told}")
    for title in missing:
        echo(f"(not in this interval)   {title}")
    echo()


def _show(report: RehearsalReport) -> None:
    rows = [
        ("interval", f"{report.start} to {report.end}, seed {report.seed}"),
        ("links", _links(report)),
        ("letters sent", f"{report.sent}"),
        ("arrived", f"{report.arrived}"),
        ("waiting, stored or in flight", f"{report.waiting}"),
        ("expired / withdrawn", f"{report.expired} / {report.withdrawn}"),
        ("lost", f"{report.lost}"),
        ("shown twice / out of order", f"{report.shown_twice} / {report.out_of_order}"),
        ("voices, pictures, files", f"{report.parts}, of these whole {report.parts_whole}"),
        (
            "letters to groups",
            f"{report.group_letters} to {report.group_courses} nodes, {report.group_copies} copies there",
        ),
        ("groups", f"{report.group_changes} changes, {report.groups_apart} not the same everywhere"),
        ("sent again", f"{report.resent}"),
        ("telemetry reports arrived", f"{report.telemetry}"),
        ("bundles, contacts", f"{report.bundles}, {report.contacts}"),
        (
            "worst prediction error",
            f"{report.worst_prediction_error_s:.6f} s over {report.compared} letters that met no storm",
        ),
        ("promises undisturbed", _kept(report.undisturbed)),
        ("promises where queues competed", _kept(report.competing)),
        ("promises that met a storm", f"{report.disturbed.bundles} bundles"),
        *_left_out(report),
        ("errors", f"{len(report.errors) or 'none'}"),
        ("digest of the trace", report.digest),
        ("took", f"{report.seconds:.1f} s"),
    ]
    for name, value in rows:
        echo(f"{name:<32}{value}")
    for error in report.errors[:SHOWN]:
        echo(f"  {error.what}: {error.text}")
    if len(report.errors) > SHOWN:
        echo(f"  ... and {len(report.errors) - SHOWN} more; --json or --report FILE.html has them")


def _left_out(report: RehearsalReport) -> list[tuple[str, str]]:
    """Return the row about programs that take no part; none where all of them do."""
    from starlight.correspondents.makers import EXPEDITION
    from starlight.extras import install

    if not report.left_out:
        return []
    return [("take no part", f"{', '.join(report.left_out)}: {install(EXPEDITION)}")]


def _links(report: RehearsalReport) -> str:
    impaired = [f"{name} {chance:g}" for name, chance in report.impairments.items() if chance]
    return ", ".join([report.links, *(impaired or ["nothing impaired"])])


def _kept(kept: PromisesKept) -> str:
    told = [f"{kept.bundles} bundles"]
    if kept.bundles and not (kept.worst_late_s or kept.worst_early_s):
        told.append("all to the nanosecond")
    for worst_s, side in ((kept.worst_late_s, "late"), (kept.worst_early_s, "early")):
        if worst_s:
            told.append(f"at most {worst_s:.6f} s {side}")
    counts = {"explained": kept.explained, "unforeseen": kept.unforeseen, "broken": kept.broken}
    return ", ".join([*told, *(f"{count} {name}" for name, count in counts.items() if count)])


@click.command()
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@options.as_json
def replay(file: Path, json_output: bool) -> None:
    """Run the record FILE of a node again in virtual time, and compare what it did.

    Exit status: 0 if every answer of the engine was the same; 1 if one differed.
    """
    from starlight.rehearsal.replay import replay_file

    found = replay_file(file)
    if json_output:
        print_json({"events": found.events, "differences": [str(each) for each in found.differences]})
    else:
        for each in found.differences:
            echo(str(each))
        echo(f"{found.events} events replayed, {len(found.differences) or 'no'} differences")
    if found.differences:
        raise StarlightError("the record replays differently")
