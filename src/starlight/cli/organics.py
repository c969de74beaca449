"""`starlight organics`: calibrate an instrument, judge its runs, pick the next sample, triage by bytes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from starlight.cli.options import Number, Whole, as_json, collected, written_to
from starlight.cli.output import echo, print_json
from starlight.errors import InputError
from starlight.input_files import write_bytes

if TYPE_CHECKING:
    from starlight.organics.gas_run import GasRun
    from starlight.organics.judgement import Judgement
    from starlight.organics.reference_spectra import Spectrum
    from starlight.organics.triage import RunPart

SHOWN_PICKS = 20
"""Picks that a person is shown; the JSON has all."""

RUNS = click.argument("runs", metavar="RUNS", type=click.Path(path_type=Path))
CALIBRATION = click.option(
    "--calibration",
    "calibration_file",
    required=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="That of the instrument, as `starlight organics calibrate` wrote it.",
)
LIBRARY = click.option(
    "--library",
    "library_file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Spectra of your own, as JSON, besides those that ship.",
)
INSTRUMENT = click.option(
    "--instrument", default="", metavar="NAME", help="The instrument that made the runs, where it is known."
)
SEED = click.option(
    "--seed",
    type=Whole(0, 2**31 - 1),
    default=1,
    show_default=True,
    metavar="N",
    help="Seed of the trees' choices.",
)
ALPHA = click.option(
    "--alpha",
    type=Number(1e-4, 0.5),
    default=0.01,
    show_default=True,
    metavar="P",
    help="How often a target may be found, by each run, where there is none.",
)


class DetectOptions(NamedTuple):
    """The options of `starlight organics detect`."""

    runs: Path
    calibration_file: Path
    library_file: Path | None
    instrument: str
    alpha: float
    fdr: float
    classifier_file: Path | None
    report: Path | None
    json_output: bool


class TriageOptions(NamedTuple):
    """The options of `starlight organics triage`."""

    runs: Path
    calibration_file: Path
    library_file: Path | None
    instrument: str
    capacity: int
    prior: float
    alpha: float
    out: Path | None
    json_output: bool


class NextOptions(NamedTuple):
    """The options of `starlight organics next`."""

    candidates: Path
    length: float
    spread: float
    noise: float
    curiosity: float
    json_output: bool


@click.group()
def organics() -> None:
    """Judge runs of an evolved-gas instrument: organic markers above its background, with a p-value.

    It says "organic marker above background, p = ...", and never life. For research and training, not a
    safety device.
    """


@organics.command()
@RUNS
@CALIBRATION
@LIBRARY
@INSTRUMENT
@ALPHA
@click.option(
    "--fdr",
    type=Number(1e-4, 0.5),
    default=0.05,
    show_default=True,
    metavar="P",
    help="False discovery rate among the targets of a run (Benjamini-Hochberg).",
)
@click.option(
    "--classifier",
    "classifier_file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Also tell its labels; `starlight organics train` writes it.",
)
@written_to("--report", "Also write a page with spectrum, window and evidence there.")
@as_json
@collected(DetectOptions)
def detect(asked: DetectOptions) -> None:
    """Say what stands above the background in RUNS, a CSV file or a folder of such.

    Runs that are unlike those of the calibration get no answer.
    """
    from starlight.organics import calibration, classifier, judgement
    from starlight.reports import organics_report

    known = calibration.read(asked.calibration_file, _library(asked.library_file))
    runs = _runs(asked.runs, asked.instrument)
    answers = judgement.judge(runs, known, asked.alpha, asked.fdr)
    views = [organics_report.judgement_view(each) for each in answers]
    if asked.classifier_file is not None:
        model = classifier.read(asked.classifier_file)
        for view, told in zip(views, model.probabilities(runs).tolist(), strict=True):
            # What is unlike the calibration is unlike the training too, unless somebody says otherwise.
            view["labels"] = None if view["abstained"] else dict(zip(model.labels, told, strict=True))
    if asked.report is not None:
        write_bytes(asked.report, organics_report.organics_page(runs, answers, known).encode())
    if asked.json_output:
        print_json({"alpha": asked.alpha, "instrument": known.instrument, "runs": views})
        return
    for run, answer, view in zip(runs, answers, views, strict=True):
        _show(run, answer)
        if view.get("labels"):
            told = sorted(view["labels"].items(), key=lambda each: -each[1])[:3]
            echo("  labels: " + ", ".join(f"{name} {value:.2f}" for name, value in told))


@organics.command()
@click.argument("folder", metavar="FOLDER", type=click.Path(path_type=Path))
@click.argument("out", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--instrument", required=True, metavar="NAME", help="The instrument that made the runs.")
@LIBRARY
@as_json
def calibrate(folder: Path, out: Path, instrument: str, library_file: Path | None, json_output: bool) -> None:
    """Learn the background of an instrument from the runs of FOLDER, and write it to FILE.

    The runs should hold no marker: what is found later is above what they hold.
    """
    from starlight.organics import calibration
    from starlight.organics.conformal import least_runs

    library = _library(library_file)
    known = calibration.calibrate(_runs(folder, instrument), library, instrument)
    calibration.write(known, out)
    scored = len(known.strangeness)
    unseen = [each.name for each in library if each not in known.detector.targets]
    if json_output:
        targets = [each.name for each in known.detector.targets]
        least = 1 / (1 + scored)
        print_json(
            {"runs": known.runs, "scored": scored, "least_p": least, "targets": targets, "unseen": unseen}
        )
        return
    echo(f"{instrument}: {known.runs} runs, {scored} of them scored; the least p is {1 / (1 + scored):.2g}.")
    if scored < least_runs(0.01):
        echo(f"For p-values of 1 % it takes {least_runs(0.01)} scored runs.")
    seen = len(known.detector.targets)
    echo(f"Looks for {seen} targets; {len(unseen)} others have too few ions in its range.")


@organics.command()
@click.argument("folder", metavar="FOLDER", type=click.Path(path_type=Path))
@click.argument("labels", metavar="LABELS", type=click.Path(path_type=Path))
@click.argument("out", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--thumbnails", is_flag=True, help="Learn from what a thumbnail of 512 bytes shows.")
@SEED
@as_json
def train(folder: Path, labels: Path, out: Path, thumbnails: bool, seed: int, json_output: bool) -> None:
    """Learn the labels of the runs in FOLDER, which the CSV file LABELS tells, and write that to FILE.

    Needs the extra `classify`.
    """
    from starlight.organics import classifier
    from starlight.organics.features import above_least
    from starlight.organics.parts import seen_by_thumbnail

    seen = seen_by_thumbnail if thumbnails else above_least
    told = classifier.read_labels(labels)
    runs = _runs(folder, "")
    model = classifier.train(runs, told, seed, seen)
    classifier.write(model, out)
    if json_output:
        print_json({"runs": len(runs), "labels": list(model.labels), "seed": seed, "thumbnails": thumbnails})
    else:
        echo(f"Learnt {', '.join(model.labels)} from {len(runs)} runs. Try it on runs that it has not seen.")


@organics.command("next")
@click.argument("candidates", metavar="CANDIDATES", type=click.Path(path_type=Path))
@click.option(
    "--length",
    type=Number(1e-6, 1e9),
    default=100.0,
    show_default=True,
    metavar="M",
    help="Over which distance places are alike, in the unit of x and y.",
)
@click.option(
    "--spread",
    type=Number(0.01, 20),
    default=2.0,
    show_default=True,
    metavar="L",
    help="Standard deviation of the log-odds about the prior's.",
)
@click.option(
    "--noise",
    type=Number(0.01, 20),
    default=0.5,
    show_default=True,
    metavar="L",
    help="Standard deviation of a sample's log-odds.",
)
@click.option(
    "--curiosity",
    type=Number(0, 10),
    default=0.5,
    show_default=True,
    metavar="K",
    help="Standard deviations of not knowing that a place is credited with.",
)
@as_json
@collected(NextOptions)
def next_sample(asked: NextOptions) -> None:
    """Rank the places of CANDIDATES that nobody sampled, a CSV file: name,x,y,prior,observed,cost."""
    from starlight.organics.candidates_file import read_candidates
    from starlight.organics.look_next import Field, rank

    candidates, costs = read_candidates(asked.candidates)
    field = Field(asked.length, asked.spread, asked.noise, asked.curiosity)
    picks = rank(candidates, field, lambda each: costs[each.name])
    if asked.json_output:
        rows = [
            {
                "name": each.place.name,
                "probability": each.probability,
                "low": each.low,
                "high": each.high,
                "cost_log_odds": each.cost,
                "worth_log_odds": each.worth,
            }
            for each in picks
        ]
        print_json({"picks": rows})
        return
    if not picks:
        echo("Every place was sampled.")
    for each in picks[:SHOWN_PICKS]:
        told = f"p = {each.probability:.2f} ({each.low:.2f} to {each.high:.2f})"
        echo(f"{each.place.name}: {told}, cost {each.cost:.2f}, worth {each.worth:+.2f}")


@organics.command()
@RUNS
@CALIBRATION
@LIBRARY
@INSTRUMENT
@click.option(
    "--bytes",
    "capacity",
    required=True,
    type=Whole(0, 10**12),
    metavar="N",
    help="What the next contact carries, as the forecast of the plan says.",
)
@click.option(
    "--prior",
    type=Number(1e-4, 0.9999),
    default=0.05,
    show_default=True,
    metavar="P",
    help="How probable a marker is in a run before it is seen.",
)
@ALPHA
@written_to("--out", "Also write the parts there, one file each.", metavar="DIR")
@as_json
@collected(TriageOptions)
def triage(asked: TriageOptions) -> None:
    """Choose which parts of RUNS leave in the next contact: verdict, thumbnail, window or whole run."""
    from starlight.organics import calibration, judgement
    from starlight.organics import triage as parts

    known = calibration.read(asked.calibration_file, _library(asked.library_file))
    runs = _runs(asked.runs, asked.instrument)
    answers = judgement.judge(runs, known, asked.alpha)
    waiting = [parts.parts_of(run, answer, asked.prior) for run, answer in zip(runs, answers, strict=True)]
    chosen = parts.choose(waiting, asked.capacity)
    used = sum(len(each.data) for each in chosen)
    rows = [
        {
            "run": each.run,
            "kind": each.kind.value,
            "bytes": len(each.data),
            "value_bits": each.value_bits,
            "priority": each.priority,
            "lifetime_s": each.lifetime_s,
        }
        for each in chosen
    ]
    if asked.out is not None:
        _write_parts(chosen, asked.out)
    if asked.json_output:
        print_json({"capacity_bytes": asked.capacity, "used_bytes": used, "parts": rows})
        return
    for each in chosen:
        days = each.lifetime_s / 86_400
        echo(f"{each.run} {each.kind.value}: {len(each.data)} B, {each.priority}, for {days:g} days")
    waits = sum(len(each) for each in waiting) - len(chosen)
    echo(f"{used:,} of {asked.capacity:,} bytes; {waits} parts wait.")


def _write_parts(chosen: list[RunPart], folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"can't be made ({error.strerror})", where=str(folder)) from None
    for number, each in enumerate(chosen, 1):
        write_bytes(folder / f"{number:04}-{each.run}.{each.kind.value}", each.data)


def _library(path: Path | None) -> tuple[Spectrum, ...]:
    from starlight.organics.reference_spectra import read_library, shipped

    return shipped() if path is None else (*shipped(), *read_library(path))


def _runs(path: Path, instrument: str) -> list[GasRun]:
    from starlight.organics.gas_run import read_folder, read_run

    return read_folder(path, instrument) if path.is_dir() else [read_run(path, instrument)]


def _show(run: GasRun, answer: Judgement) -> None:
    echo(f"{answer.run}: {answer.statement}")
    best = answer.best
    if best is not None:
        low, high = best.peak.window
        ions = ", ".join(str(ion.mz) for ion in best.ions)
        echo(f"  like {best.target.name}, from {25 + 25 * low} to {50 + 25 * high} °C, m/z {ions}")
        echo(f"  spectrum {best.target.accession}: {best.target.authors} ({best.target.licence})")
    if run.dropped:
        echo(f"  {run.dropped} samples lie outside 25 to 1075 °C or beyond m/z 600 and were left out")
    if answer.not_judged:
        echo(f"  not judged, for their ions were not recorded: {', '.join(answer.not_judged)}")
