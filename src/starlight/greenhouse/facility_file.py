"""The file of a greenhouse, read and checked."""

from __future__ import annotations

from pathlib import Path

from starlight.greenhouse.checks import check
from starlight.greenhouse.facility import Facility
from starlight.input_files import read_text
from starlight.scenario.toml_file import read


def load(path: Path) -> Facility:
    """Load a greenhouse from a TOML file.

    Raises:
        InputError: it can't be read, or is wrong; all that is wrong is told, with line, key and value.
    """
    facility, errors = read(read_text(path, right="Give a greenhouse's TOML file"), Facility, str(path))
    check(facility, errors)
    errors.raise_all()
    return facility
