"""Nodes that are bodies of a user's SPK file: handed to the sky, asked where the file knows them.

A signal can be told of while the file knows the body from its leaving to its arrival, either way. So one
light time is kept clear at both ends of what a file covers.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from starlight.contacts import Notice
from starlight.dtntime import SECOND, to_text
from starlight.errors import InputError
from starlight.planner.intervals import Interval, common, without
from starlight.scenario.kernels import load_spk_bodies
from starlight.scenario.network import BodySpec
from starlight.scenario.scenario import Scenario
from starlight.sky import C_KM_S, Place, Sky, SpkBody, Trajectory, distance_km, windows

_SPARE = 1.01
"""Light time errs by less when it is taken from a distance at one instant: nothing moves at 0.01 c."""
_EDGE = SECOND
"""Kept clear besides, for the rounding of times."""


def body_of(sky: Sky, body: BodySpec) -> SpkBody:
    """Return a body of a file as a place of a sky, which the file is handed to.

    Raises:
        InputError: the sky can't take the file, or the body is one that it knows itself.
    """
    ids = load_spk_bodies(sky, body.file)
    if body.naif_id not in ids:
        raise InputError(
            f"body {body.naif_id} is no node: the ephemeris itself has it",
            where=body.file,
            right=f"Name one of: {', '.join(map(str, ids))}",
        )
    return SpkBody(body.naif_id)


def known_spans(sky: Sky, a: Place, b: Place) -> list[Interval]:
    """Return when signals between two places can be told of: all the ephemeris, or what files cover of it."""
    spans = [sky.covers]
    if not any(isinstance(place, SpkBody) for place in (a, b)):
        return spans
    for place in (a, b):
        if isinstance(place, SpkBody | Trajectory):
            spans = common(spans, sky.coverage(place))
    inside: list[Interval] = []
    for first, last in spans:
        if last - first <= 2 * _EDGE:
            continue
        # A signal needs the body at its leaving and at its arrival, so one light time is lost at either
        # end.
        early, late = (
            round(_SPARE * float(km) / C_KM_S * SECOND) + _EDGE
            for km in distance_km(sky, a, b, [first + _EDGE, last - _EDGE])
        )
        if first + early < last - late:
            inside.append((first + early, last - late))
    return inside


def known_at(sky: Sky, a: Place, b: Place, time: int) -> bool:
    """Return whether signals between two places can be told of at a time in ns."""
    return any(first <= time <= last for first, last in known_spans(sky, a, b))


def visible(sky: Sky, a: Place, b: Place, start: int, end: int) -> list[Interval]:
    """Return when signals sent from `a` reach `b`, as `windows`, where the files of both know them.

    Raises:
        RangeError: the ephemeris does not cover the interval.
    """
    # The common case pays nothing for files: the ephemeris covers all that was asked, or the sky says so.
    if not any(isinstance(place, SpkBody) for place in (a, b)):
        return windows(sky, a, b, start, end)
    sky.tdb([start, end])
    asked = common(known_spans(sky, a, b), [(start, end)])
    return [window for first, last in asked for window in windows(sky, a, b, first, last)]


def coverage_text(scenario: Scenario, sky: Sky, names: Sequence[str]) -> list[str]:
    """Return what the files cover of those of some nodes that are bodies of one, a sentence each."""
    return [
        f"{Path(node.body.file).name} covers {node.name} from "
        + ", ".join(f"{to_text(first)} to {to_text(last)}" for first, last in _coverage(sky, node.body))
        for node in map(scenario.node_named, names)
        if node.body
    ]


def _coverage(sky: Sky, body: BodySpec) -> list[Interval]:
    return sky.coverage(body_of(sky, body))


def unknown_notices(scenario: Scenario, sky: Sky, names: Sequence[str], interval: Interval) -> list[Notice]:
    """Return when nothing can be planned between two nodes because a file doesn't cover one of them."""
    numbers = tuple(sorted(scenario.node_named(name).number for name in names))
    return [
        Notice(first, last, numbers, f"{node.title}: outside what {Path(node.body.file).name} covers")
        for node in map(scenario.node_named, names)
        if node.body
        for first, last in without([interval], _coverage(sky, node.body))
    ]
