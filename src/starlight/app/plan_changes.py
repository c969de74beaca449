"""The plan's amendments as the page shows them: this node's, by author and time, and those of others."""

from __future__ import annotations

from starlight.contacts import retracted
from starlight.live.daemon import Daemon
from starlight.views.page_status import PlanChanges
from starlight.words import plan
from starlight.words.sentence import Names

SHOWN = 12
"""Amendments that the page shows, the latest first; all are in `GET /api/plan`."""


def plan_changes(daemon: Daemon, names: Names) -> PlanChanges | None:
    """Return what a node holds of amendments, in words; None where it holds none."""
    service = daemon.plan.service
    held = service.held.all()
    if not held:
        return None
    gone = retracted(each.amendment for each in held)
    doubts, version = service.held.clock_doubts(), service.held.version()
    latest = [
        plan.made(
            each.amendment.author,
            each.amendment.at,
            each.amendment.changes,
            names,
            counts=each.amendment.id not in gone,
            doubtful=each.amendment.id in doubts,
        )
        for each in reversed(held[-SHOWN:])
    ]
    others = [
        plan.other(node, known.as_of, names, same=known.version == version)
        for node, known in service.versions.known().items()
    ]
    return PlanChanges(service.held.digest(), len(held), tuple(latest), tuple(others))
