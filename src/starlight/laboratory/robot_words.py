"""A robot's words about a run: those of its letters, and what goes at once as telemetry."""

from __future__ import annotations

from starlight.laboratory.robot_file import Robot
from starlight.messages.letter import Position, Reading
from starlight.organics.gas_run import bin_degc
from starlight.organics.judgement import Judgement
from starlight.organics.triage import RunPartKind


def instrument_words(robot: Robot) -> str:
    """Return whose runs are judged, and where it is made up, that it is."""
    kind = "Synthetic instrument" if robot.is_synthetic else "Instrument"
    return f"{kind} {robot.calibration.instrument!r}"


def part_words(judgement: Judgement, robot: Robot, position: Position | None) -> dict[RunPartKind, str]:
    """Return the words of the letter of each part that a run may have.

    Args:
        judgement: of the run.
        robot: that judged it.
        position: latitude and longitude in degrees, where the sample was taken; None where nobody says.
    """
    known, run, best = robot.calibration, judgement.run, judgement.best
    instrument = instrument_words(robot)
    like, window = "", ""
    if best is not None:
        first, last = bin_degc(best.peak.window[0])[0], bin_degc(best.peak.window[1])[1]
        window = f"{first:.0f} to {last:.0f} degC"
        like = f" Most alike: {best.target.name}, cosine {best.peak.score:.2f}, {window}."
    place = "" if position is None else f" Taken at {position[0]:.4f}, {position[1]:.4f} degrees."
    calibrated = f"calibrated by {known.runs} runs, {len(known.strangeness)} of them scored"
    return {
        RunPartKind.VERDICT: f"{run}: {judgement.statement}.{like}{place} {instrument}, {calibrated}; "
        f"alpha {robot.alpha:g}.",
        RunPartKind.THUMBNAIL: f"{run}: the run at a glance. {instrument}.",
        RunPartKind.WINDOW: f"{run}: the window of the find, {window}. {instrument}.",
        RunPartKind.RUN: f"{run}: the whole run. {instrument}.",
    }


def readings_of(judgement: Judgement, robot: Robot) -> dict[str, Reading]:
    """Return what is told of a run at once: the finding, its p-value or how usual it is, the instrument."""
    readings: dict[str, Reading] = {
        "run": judgement.run,
        "finding": judgement.statement,
        "instrument": robot.calibration.instrument,
        "synthetic": int(robot.is_synthetic),
    }
    if judgement.best is not None:
        return readings | {"p": judgement.best.p, "family": judgement.best.target.family}
    if judgement.abstained:
        return readings | {"usual_p": judgement.strange_p}
    return readings | ({"p": judgement.findings[0].p} if judgement.findings else {})
