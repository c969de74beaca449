"""Run the record of a node again from its file."""

from __future__ import annotations

from pathlib import Path

from starlight.engine.record import Replay, replay
from starlight.errors import InputError


def replay_file(path: Path) -> Replay:
    """Run the record in a file again and compare.

    Raises:
        InputError: it can't be read, or is no record; the message names the line.
    """
    try:
        with path.open(encoding="utf-8") as lines:
            return replay(lines)
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise InputError(f"can't be read ({reason})", where=str(path)) from None
    except InputError as error:
        where = f"{path}: {error.where}" if error.where else str(path)
        raise InputError(error.what, where=where, right=error.right) from None
