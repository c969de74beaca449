"""A page about a rehearsal: how promises were kept, what was wrong, what became of the letters."""

from __future__ import annotations

from collections.abc import Sequence

from starlight.rehearsal.outcome import BINS, PromisesKept, RehearsalReport, Violation
from starlight.reports.page import Grid, Histogram, Part, page
from starlight.scenario.scenario import Scenario

SHOWN_ERRORS = 200
"""A page with more rows of what was wrong than this is not read."""

CLASSES = {
    "undisturbed": "nothing interfered; exact to 1 ms",
    "competing": "queues competed; later by 1 % of the flight at most, or for a later, more urgent letter",
    "disturbed": "a storm blew, or a plan changed on the way; only counted",
}
# Looks of a Gantt chart's bars: all pages share one set of colours.
LOOKS = {"undisturbed": "held", "competing": "back", "disturbed": "lost"}


def rehearsal_report(scenario: Scenario, report: RehearsalReport) -> str:
    """Return a page about a rehearsal."""
    classes: dict[str, PromisesKept] = {name: getattr(report, name) for name in CLASSES}
    parts: list[Part] = [
        Histogram(
            "Promised and actual",
            "How many bundles (letters, receipts, reports of vehicles) came by how much earlier or later "
            "than promised when they were accepted. The heights grow with the logarithm of the number.",
            BINS,
            [(name, look, classes[name].differences) for name, look in LOOKS.items()],
        ),
        _promises(classes),
        Grid(
            "What was wrong",
            f"The first {SHOWN_ERRORS} of {len(report.errors)}." if report.errors else "Nothing.",
            ("time", "node", "what", "told"),
            [[e.time, titled(scenario, e.node), e.what, e.text] for e in report.errors[:SHOWN_ERRORS]],
        ),
        _letters(report),
    ]
    lead = [
        f"{report.start} to {report.end}, seed {report.seed}: " + f"{count_of(report.errors)}.",
        f"Digest of the trace: {report.digest}.",
    ]
    return page(f"Rehearsal of {scenario.title}", lead, parts)


def _promises(classes: dict[str, PromisesKept]) -> Grid:
    """Return how promises were kept, by class, as a table."""
    return Grid(
        "Promises",
        "Explained: a later, more urgent bundle took the time. Unforeseen: receipts and reports that "
        "other nodes' traffic held up, which their own node can't know of.",
        ("class", "what is asked", "bundles", "of letters", "latest, s", "earliest, s", "explained",
         "unforeseen", "broken"),
        [
            [name, CLASSES[name], kept.bundles, kept.letters, kept.worst_late_s, kept.worst_early_s,
             kept.explained, kept.unforeseen, kept.broken]
            for name, kept in classes.items()
        ],
    )  # fmt: skip


def _letters(report: RehearsalReport) -> Grid:
    """Return what became of the letters as a table."""
    return Grid(
        "Letters",
        "What became of them, and what else was carried.",
        ("", "number"),
        [
            ["written", report.sent],
            ["arrived", report.arrived],
            ["waiting, stored or in flight", report.waiting],
            ["expired", report.expired],
            ["withdrawn", report.withdrawn],
            ["lost", report.lost],
            ["shown twice", report.shown_twice],
            ["out of order", report.out_of_order],
            ["voices, pictures and files of those that arrived", report.parts],
            ["of these, here whole", report.parts_whole],
            ["of these, still to come", report.parts_waiting],
            ["to groups", report.group_letters],
            ["of these, bundles to the nodes of members", report.group_courses],
            ["of these, copies in the mailboxes of members", report.group_copies],
            ["changes of who is in a group", report.group_changes],
            ["groups that are not the same everywhere", report.groups_apart],
            ["sent again", report.resent],
            ["reports of vehicles that arrived", report.telemetry],
            ["bundles", report.bundles],
            ["bundles taken without a known route", report.unpromised],
            ["contacts", report.contacts],
        ],
    )


def count_of(errors: Sequence[Violation]) -> str:
    """Return how many errors there are, in words for people."""
    return "1 error" if len(errors) == 1 else f"{len(errors) or 'no'} errors"


def titled(scenario: Scenario, number: int) -> str:
    """Return the title of a node by its number."""
    return scenario.titles().get(number, f"node {number}")
