"""The bodies of a user's SPK files that a scenario names as nodes: found and checked."""

from __future__ import annotations

from pathlib import Path

import msgspec

from starlight.errors import InputError
from starlight.scenario.file_errors import FileErrors
from starlight.scenario.kernels import open_bodies
from starlight.scenario.network import BodySpec, NodeSpec


def located(nodes: list[NodeSpec], folder: Path | None, errors: FileErrors) -> list[NodeSpec]:
    """Return a scenario's nodes with the files of their bodies as whole paths.

    Args:
        nodes: of the scenario.
        folder: from which its paths lead; without one it has no files.
        errors: takes each file that can't be read or is there without the body, and each body that is in two.
    """
    result: list[NodeSpec] = []
    held: dict[str, set[int]] = {}
    for index, node in enumerate(nodes):
        if node.body is None:
            result.append(node)
            continue
        key = f"node[{index}].body.file"
        if folder is None:
            errors.fail(key, node.body.file, "Only a scenario that is a file itself names files")
            continue
        # Whole paths: the same file named twice is opened once, and the plan can be made from any folder.
        path = str((folder / node.body.file).resolve())
        if path not in held:
            held[path] = _held(path, key, node.body.file, errors)
        if held[path]:
            _check_id(node.body, held[path], f"node[{index}].body.naif_id", errors)
        result.append(msgspec.structs.replace(node, body=BodySpec(path, node.body.naif_id)))
    for index, node in enumerate(nodes):
        # The sky holds one body for an id; which of two files it came from would depend on their order.
        files = [Path(path).name for path, ids in held.items() if node.body and node.body.naif_id in ids]
        if len(files) > 1:
            key = f"node[{index}].body"
            right = "A body is in one of the files that a scenario names"
            errors.add(key, f"{key}: {node.body!r} is in {' and '.join(files)}", right)
    return result


def _held(path: str, key: str, file: str, errors: FileErrors) -> set[int]:
    """Return the NAIF ids of a file's bodies; none where it can't be read, which is noted."""
    try:
        kernel = open_bodies(path)
    except InputError as error:
        errors.add(key, f"{key} = {file!r}: {error.where} {error.what}", error.right)
        return set()
    with kernel:
        # Closed again, because a scenario may only be looked at; a sky opens the file for itself.
        return {int(segment.target) for segment in kernel.segments}


def _check_id(body: BodySpec, ids: set[int], key: str, errors: FileErrors) -> None:
    if body.naif_id not in ids:
        known = ", ".join(map(str, sorted(ids)))
        errors.add(key, f"{key} = {body.naif_id} is not in {body.file!r}", f"Name one of its bodies: {known}")
