"""Nodes that are bodies of a user's SPK file: checked, handed to the sky, asked where the file knows them.

A signal can be told of while the file knows the body from its leaving to its arrival, either way. So one
light time is kept clear at both ends of what a file covers.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from starlight.contacts.plan import Notice
from starlight.dtntime import SECOND, to_text
from starlight.errors import InputError
from starlight.expedition.kernels import carry, open_bodies
from starlight.expedition.network import BodySpec, NodeSpec
from starlight.expedition.spans import Span, common, without
from starlight.sky import C_KM_S, Place, Sky, SpkBody, Trajectory, distance_km, windows

if TYPE_CHECKING:  # It reads its nodes by `located`.
    from starlight.expedition.scenario import Scenario

_SPARE = 1.01
"""Light time errs by less when it is taken from a distance at one instant: nothing moves at 0.01 c."""
_EDGE = SECOND
"""Kept clear besides, for the rounding of times."""


def located(nodes: list[NodeSpec], where: str, folder: Path | None) -> list[NodeSpec]:
    """Return a scenario's nodes with the files of their bodies as whole paths.

    Args:
        where: what the messages of errors call the scenario.
        folder: from which its paths lead; without one it has no files.

    Raises:
        InputError: a file that can't be read or is there without the body, or a body that is in two files.
    """
    result: list[NodeSpec] = []
    held: dict[str, set[int]] = {}
    for index, node in enumerate(nodes):
        if node.body is None:
            result.append(node)
            continue
        key, value = f"{where}: node[{index}].body.file", f"{node.body.file!r}"
        if folder is None:
            raise InputError(
                f"{value} does not fit", where=key, right="Only a scenario that is a file itself names files"
            )
        path = str((folder / node.body.file).resolve())
        if path not in held:
            held[path] = _held(path, f"{key} = {value}")
        _check_id(node.body, held[path], f"{where}: node[{index}].body.naif_id")
        result.append(msgspec.structs.replace(node, body=BodySpec(path, node.body.naif_id)))
    for index, node in enumerate(result):
        files = [Path(path).name for path, ids in held.items() if node.body and node.body.naif_id in ids]
        if len(files) > 1:
            raise InputError(
                f"{nodes[index].body!r} is in {' and '.join(files)}",
                where=f"{where}: node[{index}].body",
                right="A body is in one of the files that a scenario names",
            )
    return result


def _held(path: str, where: str) -> set[int]:
    """Return the NAIF ids of a file's bodies."""
    try:
        kernel = open_bodies(path)
    except InputError as error:
        raise InputError(f"{error.where} {error.what}", where=where, right=error.right) from None
    with kernel:
        return {int(segment.target) for segment in kernel.segments}


def _check_id(body: BodySpec, ids: set[int], where: str) -> None:
    if body.naif_id not in ids:
        known = ", ".join(map(str, sorted(ids))) or "none"
        raise InputError(
            f"{body.naif_id} is not in {body.file!r}", where=where, right=f"Name one of its bodies: {known}"
        )


def body_of(sky: Sky, body: BodySpec) -> SpkBody:
    """Return a body of a file as a place of a sky, which the file is handed to.

    Raises:
        InputError: the sky can't take the file, or the body is one that it knows itself.
    """
    ids = carry(sky, body.file)
    if body.naif_id not in ids:
        raise InputError(
            f"body {body.naif_id} is no node: the ephemeris itself has it",
            where=body.file,
            right=f"Name one of: {', '.join(map(str, ids))}",
        )
    return SpkBody(body.naif_id)


def known_spans(sky: Sky, a: Place, b: Place) -> list[Span]:
    """Return when signals between two places can be told of: all the ephemeris, or what files cover of it."""
    spans = [sky.covers]
    if not any(isinstance(place, SpkBody) for place in (a, b)):
        return spans
    for place in (a, b):
        if isinstance(place, SpkBody | Trajectory):
            spans = common(spans, sky.coverage(place))
    inside: list[Span] = []
    for first, last in spans:
        if last - first <= 2 * _EDGE:
            continue
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


def visible(sky: Sky, a: Place, b: Place, start: int, end: int) -> list[Span]:
    """Return when signals sent from `a` reach `b`, as `windows`, where the files of both know them.

    Raises:
        RangeError: the ephemeris does not cover the interval.
    """
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


def _coverage(sky: Sky, body: BodySpec) -> list[Span]:
    return sky.coverage(body_of(sky, body))


def unknown_notices(scenario: Scenario, sky: Sky, names: Sequence[str], interval: Span) -> list[Notice]:
    """Return when nothing can be planned between two nodes because a file doesn't cover one of them."""
    numbers = tuple(sorted(scenario.node_named(name).number for name in names))
    return [
        Notice(first, last, numbers, f"{node.title}: outside what {Path(node.body.file).name} covers")
        for node in map(scenario.node_named, names)
        if node.body
        for first, last in without([interval], _coverage(sky, node.body))
    ]
