"""The page and the JSON about runs of evolved gas: the answer, the spectrum, the window and the evidence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from starlight.organics.calibration import Calibration
from starlight.organics.gas_run import GasRun, bin_degc
from starlight.organics.judgement import Finding, Judgement
from starlight.organics.reference_spectra import FIRST_MZ
from starlight.reports.page import Chart, ChartLine, Grid, Part, page

LEAD = (
    "The answer is whether an organic marker stands above the background of this instrument, and how often "
    "as much would be seen without one (p). It never says life: no spectrum can.",
    "A family is the most that is claimed; isomers look alike. For research and training; no safety device.",
)

SHOWN_RUNS = 20
"""Runs that are drawn; the table has all."""

SHOWN_TARGETS = 8


def finding_view(finding: Finding) -> dict[str, Any]:
    """Return a target that was looked for, as JSON."""
    first, last = finding.peak.window
    target = finding.target
    return {
        "target": target.name,
        "family": target.family,
        "accession": target.accession,
        "authors": target.authors,
        "licence": target.licence,
        "instrument_background": target.background,
        "found": finding.found,
        "p": finding.p,
        "cosine": finding.peak.score,
        "window_degc": [bin_degc(first)[0], bin_degc(last)[1]],
        "peak_degc": sum(bin_degc(finding.peak.place)) / 2,
        "ions": [
            {"mz": ion.mz, "expected_share": ion.expected, "excess_fraction": ion.excess}
            for ion in finding.ions
        ],
    }


def judgement_view(judgement: Judgement) -> dict[str, Any]:
    """Return the answer for a run, as JSON."""
    return {
        "run": judgement.run,
        "statement": judgement.statement,
        "abstained": judgement.abstained or None,
        "usual_p": judgement.strange_p,
        "findings": [finding_view(each) for each in judgement.findings],
        "not_judged": list(judgement.not_judged),
    }


def organics_page(runs: Sequence[GasRun], answers: Sequence[Judgement], calibration: Calibration) -> str:
    """Return a page that shows what was found in runs, and why, in one file of HTML."""
    lead = (
        *LEAD,
        f"Calibrated by {calibration.runs} runs of {calibration.instrument}, "
        f"{len(calibration.strangeness)} of them scored.",
    )
    return page("Evolved gas: what stands above the background", lead, _parts(runs, answers, calibration))


def _parts(runs: Sequence[GasRun], answers: Sequence[Judgement], calibration: Calibration) -> Iterator[Part]:
    rows = [(each.run, each.statement, f"{each.strange_p:.2g}") for each in answers]
    yield Grid(
        "Runs",
        "The answer for each run. How usual a run is among the calibration's is a p-value too; at 0.02 or "
        "less there is no answer.",
        ("run", "answer", "how usual"),
        rows,
    )
    # Finds first: they are what a person opens the page for.
    order = sorted(range(len(runs)), key=lambda place: answers[place].best is None)
    for place in order[:SHOWN_RUNS]:
        if answers[place].findings:
            yield from _run_parts(runs[place], answers[place], calibration)


def _run_parts(run: GasRun, answer: Judgement, calibration: Calibration) -> Iterator[Part]:
    shown = answer.best or answer.findings[0]
    detector = calibration.detector
    target = shown.target
    spectra, bins, cosines = detector.look(run)
    background = detector.background
    # Water and carbon dioxide carry nearly all ions; a marker is seen only beside what each ion usually does.
    usual = np.sqrt(np.diag(background.covariance))
    excess = spectra[int(np.flatnonzero(bins == shown.peak.place)[0])] - background.median
    shares = target.shares(background.size)[FIRST_MZ:]
    weights = shares @ background.precision(detector.recorded(run))
    # The least-squares amount of the target, in the fraction of the ion current that it makes up.
    amount = max(float(weights @ excess / max(float(weights @ shares), 1e-300)), 0.0)
    masses = [float(FIRST_MZ + place) for place in range(len(shares))]
    low, high = bin_degc(shown.peak.place)
    yield Chart(
        f"{run.name}: spectrum at {low:g} to {high:g} °C",
        "How far each ion stands above its median in the background, in its standard deviations there, and "
        f"what {target.name} ({target.family}) would add as {amount:.1e} of the ion current: the best fit. "
        f"Reference: {target.accession}, {target.authors}, {target.licence}.",
        "standard deviations",
        masses,
        (
            ChartLine("excess", (excess / usual).tolist(), steps=True),
            ChartLine("reference, fitted", (shares * amount / usual).tolist(), steps=True),
        ),
        time=False,
        x_label="m/z",
    )
    line = cosines[:, detector.targets.index(target)].tolist()
    first, last = shown.peak.window
    yield Chart(
        f"{run.name}: window {bin_degc(first)[0]:g} to {bin_degc(last)[1]:g} °C",
        "How alike the excess is to the reference (adaptive cosine) at each temperature; the window is where "
        "it is at least half of its largest.",
        "cosine",
        [sum(bin_degc(int(place))) / 2 for place in bins],
        (ChartLine("cosine", line),),
        time=False,
        x_label="temperature, °C",
    )
    yield _evidence(run, answer, shown)


def _evidence(run: GasRun, answer: Judgement, shown: Finding) -> Grid:
    ions = ", ".join(f"{ion.mz}: {ion.excess:+.2g} (expected share {ion.expected:.2f})" for ion in shown.ions)
    return Grid(
        f"{run.name}: evidence",
        f"Ions of {shown.target.name}, m/z and excess fraction: {ions}.",
        ("target", "family", "p", "cosine", "above background"),
        [
            (
                each.target.name,
                each.target.family,
                f"{each.p:.2g}",
                f"{each.peak.score:.2f}",
                "yes" if each.found else "no",
            )
            for each in answer.findings[:SHOWN_TARGETS]
        ],
    )
