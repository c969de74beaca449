"""Run the record of a node again from its file."""

from __future__ import annotations

from pathlib import Path

from starlight.engine.record import Replay, replay
from starlight.errors import InputError
from starlight.input_files import lines


def replay_file(path: Path) -> Replay:
    """Run the record in a file again and compare.

    Raises:
        InputError: it can't be read, or is no record; the message names the line.
    """
    try:
        return replay(lines(path))
    except InputError as error:
        if error.where == str(path):
            raise
        where = f"{path}: {error.where}" if error.where else str(path)
        raise InputError(error.what, where=where, right=error.right) from None
