"""Programs with a mailbox that tell of a place, as a node's file and a scenario name them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec.structs import replace

from starlight.scenario.file_errors import FileErrors
from starlight.scenario.network import Name

TELLS_MAX = 16
"""Those whom a program tells: as many as telemetry goes to."""

VEHICLE_SERVICE = 100
"""The service number of what a node of a scenario itself sends and hears."""

ProgramKind = Literal["greenhouse", "search", "organics"]


class CorrespondentSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A program that lives at a node, reads what comes to its mailbox, and writes.

    Attributes:
        kind: ``greenhouse`` tells of the air of a sealed room, and warns of the limit that comes first;
            ``search`` of where a lost explorer may be, and where to look next; ``organics`` of markers in
            evolved gas, and sends what it found by value per byte.
        name: by which people know it.
        service: the number of its mailbox.
        file: its own file; relative to the one that names it.
        tells: those whom it writes to, and answers.
        hears: those whose telemetry, reports and files it believes.
        since: of a greenhouse, from when the room is as its file says; empty for the node's first start with
            it.
    """

    kind: ProgramKind
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=60)]
    service: Annotated[int, msgspec.Meta(ge=1, le=2**32 - 1)]
    file: Annotated[str, msgspec.Meta(min_length=1)]
    tells: Annotated[list[str], msgspec.Meta(min_length=1, max_length=TELLS_MAX)]
    since: str = ""
    hears: Annotated[list[str], msgspec.Meta(max_length=TELLS_MAX)] = []

    def address(self, node: int) -> str:
        """Return the address of its mailbox at a node, by the node's number."""
        return f"ipn:{node}.{self.service}"


class PlacedCorrespondent(CorrespondentSpec, frozen=True, kw_only=True):
    """A program of a scenario.

    Attributes:
        id, node: by which letters and reports of the scenario name its mailbox, ``id@node``.
        tells, hears: such mailboxes of people and programs; or the name of a node, for its telemetry.
    """

    id: Name
    node: Name


def located_programs(
    programs: list[PlacedCorrespondent], folder: Path | None, errors: FileErrors
) -> list[PlacedCorrespondent]:
    """Return a scenario's programs with their files as whole paths.

    Args:
        programs: of the scenario.
        folder: from which its paths lead; without one it has no files.
        errors: takes each file that is not there.
    """
    found = []
    for index, program in enumerate(programs):
        key = f"correspondent[{index}].file"
        path = None if folder is None else (folder / program.file).resolve()
        if path is None:
            errors.fail(key, program.file, "Only a scenario that is a file itself names files")
        elif not path.is_file():
            errors.fail(key, program.file, f"There is no such file; its path leads from {folder}")
        found.append(replace(program, file=str(path or program.file)))
    return found
