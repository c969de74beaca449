"""Makers of the expedition's programs, by their kind, from their files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from starlight.extras import require
from starlight.messages.correspondent import Correspondent, Maker
from starlight.scenario.programs import ProgramKind

if TYPE_CHECKING:
    from starlight.laboratory.robot_file import Robot

SCIPY, EXPEDITION = "scipy", "expedition"
"""The library of the greenhouse and the search, and the extra that brings it."""

_WITH_SCIPY: tuple[ProgramKind, ...] = ("greenhouse", "search")


class Program(NamedTuple):
    """A program, ready to be made.

    Attributes:
        kind: what it tells of.
        name: by which people know it.
        address: of its mailbox.
        file: its own.
        tells, hears: addresses.
        since: of a greenhouse, when the room is as its file says, in ns; None for its first call.
    """

    kind: ProgramKind
    name: str
    address: str
    file: Path
    tells: tuple[str, ...]
    hears: tuple[str, ...]
    since: int | None


def can_be_made(kind: ProgramKind) -> bool:
    """Return whether the libraries are here that programs of a kind need."""
    return kind not in _WITH_SCIPY or find_spec(SCIPY) is not None


def maker_of(program: Program) -> Maker:
    """Return what makes a program.

    Raises:
        InputError: its file is wrong, or a library that it needs is not installed.
    """
    if not can_be_made(program.kind):
        require(SCIPY, EXPEDITION, f"correspondent {program.name!r}")
    return _MAKERS[program.kind](program)


def makers_of(programs: Sequence[Program]) -> list[Maker]:
    """Return what makes each of some programs; errors as of `maker_of`."""
    return [maker_of(each) for each in programs]


# The rooms are loaded where they are needed: a node without a greenhouse needs none of its libraries.


def _greenhouse(program: Program) -> Maker:
    from starlight.greenhouse.correspondent import GreenhouseKeeper
    from starlight.greenhouse.facility_file import load

    facility = load(program.file)

    def make() -> Correspondent:
        return GreenhouseKeeper(program.address, facility, program.since, program.tells, program.hears)

    return make


def _search(program: Program) -> Maker:
    from starlight.rescue.correspondent import SearchDesk
    from starlight.rescue.watched_search import WatchedSearch
    from starlight.search.search_reading import load

    # One for all that are made of it: courses that were worked out need not be again.
    watched = WatchedSearch(load(program.file, (), None)[0])

    def make() -> Correspondent:
        return SearchDesk(program.address, watched, program.tells, program.hears)

    make()  # What is wrong in its file is told at the start.
    return make


def _organics(program: Program) -> Maker:
    from starlight.laboratory.correspondent import RobotLaboratory

    robot = _robot(program.file, program.file.stat().st_mtime_ns if program.file.is_file() else 0)

    def make() -> Correspondent:
        return RobotLaboratory(program.address, robot, program.tells, program.hears)

    return make


@lru_cache(maxsize=4)
def _robot(file: Path, changed: int) -> Robot:
    """Return the robot of a file as it was at a change; to calibrate an instrument takes most of a second."""
    from starlight.laboratory.robot_file import load

    return load(file)


_MAKERS: dict[ProgramKind, Callable[[Program], Maker]] = {
    "greenhouse": _greenhouse,
    "search": _search,
    "organics": _organics,
}
