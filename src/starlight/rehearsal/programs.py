"""The programs of a scenario: the greenhouse, the search, the robot's laboratory, each at its node.

They are the same classes that a node's file names; a rehearsal and a demo only tell them where they are.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from starlight import dtntime
from starlight.correspondents.makers import Program, can_be_made, maker_of
from starlight.messages.correspondent import Maker
from starlight.rehearsal.script import Opening, vehicle_address
from starlight.scenario.programs import PlacedCorrespondent
from starlight.scenario.scenario import Scenario


def left_out(scenario: Scenario) -> list[str]:
    """Return the names of the programs whose libraries are not installed: they don't take part."""
    return [each.name for each in scenario.correspondent if not can_be_made(each.kind)]


def programs(scenario: Scenario) -> dict[int, list[Maker]]:
    """Return the makers of the programs that take part, by node number.

    Raises:
        InputError: the file of one is wrong.
    """
    cast: dict[int, list[Maker]] = {}
    for spec, node in _placed(scenario):
        program = Program(
            spec.kind,
            spec.name,
            spec.address(node),
            Path(spec.file),
            tuple(_address(scenario, each) for each in spec.tells),
            tuple(_address(scenario, each) for each in spec.hears),
            dtntime.from_text(spec.since) if spec.since else None,
        )
        cast.setdefault(node, []).append(maker_of(program))
    return cast


def program_openings(scenario: Scenario, start: int) -> list[Opening]:
    """Return the openings of their mailboxes, which are there from a time in ns on."""
    return [Opening(start, node, spec.address(node), spec.name) for spec, node in _placed(scenario)]


def program_names(scenario: Scenario) -> dict[str, tuple[str, str]]:
    """Return the name of each program that takes part, and that of its node, by its address."""
    return {spec.address(node): (spec.name, spec.node) for spec, node in _placed(scenario)}


def _placed(scenario: Scenario) -> Iterator[tuple[PlacedCorrespondent, int]]:
    for spec in scenario.correspondent:
        if can_be_made(spec.kind):
            yield spec, scenario.node_named(spec.node).number


def _address(scenario: Scenario, place: str) -> str:
    """Return the address of ``person@node``, or of what a node itself sends."""
    if "@" in place:
        return scenario.address(place)
    return vehicle_address(scenario.node_named(place).number)
