"""The bodies of a user's SPK files that a scenario names as nodes: found and checked."""

from __future__ import annotations

from pathlib import Path

import msgspec

from starlight.errors import InputError
from starlight.scenario.kernels import open_bodies
from starlight.scenario.network import BodySpec, NodeSpec


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
        # Whole paths: the same file named twice is opened once, and the plan can be made from any folder.
        path = str((folder / node.body.file).resolve())
        if path not in held:
            held[path] = _held(path, f"{key} = {value}")
        _check_id(node.body, held[path], f"{where}: node[{index}].body.naif_id")
        result.append(msgspec.structs.replace(node, body=BodySpec(path, node.body.naif_id)))
    for index, node in enumerate(result):
        # The sky holds one body for an id; which of two files it came from would depend on their order.
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
        # Closed again, because a scenario may only be looked at; a sky opens the file for itself.
        return {int(segment.target) for segment in kernel.segments}


def _check_id(body: BodySpec, ids: set[int], where: str) -> None:
    if body.naif_id not in ids:
        known = ", ".join(map(str, sorted(ids))) or "none"
        raise InputError(
            f"{body.naif_id} is not in {body.file!r}", where=where, right=f"Name one of its bodies: {known}"
        )
