"""Scenarios as files: the built-in ones and a user's own, read whole or refused.

Everything wrong is an `InputError` that names the key, the value and what is allowed.
"""

from __future__ import annotations

import re
from importlib import resources
from pathlib import Path

import msgspec

from starlight.errors import did_you_mean
from starlight.input_files import read_text
from starlight.scenario.bodies import located
from starlight.scenario.checks import check
from starlight.scenario.programs import located_programs
from starlight.scenario.scenario import Scenario
from starlight.scenario.toml_file import read


def load(source: str) -> Scenario:
    """Load a scenario by the name of a built-in one or the path of a TOML file.

    Raises:
        InputError: there is none, or it is wrong; the message names key, value and what is allowed.
    """
    builtin = resources.files("starlight.scenario").joinpath("builtin", f"{source}.toml")
    # What is written as a path is a path, also where a built-in scenario has its name.
    if "/" not in source and not source.endswith(".toml") and builtin.is_file():
        folder = Path(str(builtin)).parent
        return parse(builtin.read_text(encoding="utf-8"), where=source, folder=folder)
    path = Path(source)
    right = f"Give the path of a TOML file, or one of: {', '.join(builtin_names())}"
    if "/" not in source:
        right = f"{did_you_mean(source, builtin_names())} {right}".strip()
    return parse(read_text(path, right=right), where=source, folder=path.parent)


def builtin_names() -> list[str]:
    """Return the names of the scenarios shipped in the package."""
    folder = resources.files("starlight.scenario").joinpath("builtin")
    return sorted(
        entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml")
    )


def parse(text: str, *, where: str, folder: Path | None = None) -> Scenario:
    """Read a scenario from TOML and check that all of it fits together.

    Args:
        where: what the messages of errors call it.
        folder: from which its paths lead; without one it has no files.

    Raises:
        InputError: as `load`.
    """
    scenario, errors = read(text, Scenario, where)
    scenario = scenario.completed(_name_of(where))
    check(scenario, errors)
    nodes = located(scenario.node, folder, errors)
    programs = located_programs(scenario.correspondent, folder, errors)
    errors.raise_all()
    return msgspec.structs.replace(scenario, node=nodes, correspondent=programs)


def _name_of(where: str) -> str:
    """Return the name of a scenario that has none of its own, by its file: small letters, digits, hyphens."""
    stem = re.sub(r"[^a-z0-9]+", "-", Path(where).stem.lower()).strip("-")
    return stem[:41].strip("-") or "scenario"
