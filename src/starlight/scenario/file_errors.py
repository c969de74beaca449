"""Everything that is wrong in a file of TOML, told at once: line, key, value, and what is allowed."""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn

from starlight import dtntime
from starlight.errors import InputError, together
from starlight.faults import Faults
from starlight.scenario.toml_text import Lines

EARLIEST, LATEST = dtntime.from_text("1900-01-01"), dtntime.from_text("2290-01-01")
"""Within what arrays of integer ns hold, and within what any ephemeris here covers."""

MAX_SHOWN = 80
"""Characters of a value that an error shows."""


class FileErrors(Faults):
    """Gathers what is wrong in one file.

    Args:
        text: of the file.
        where: what the message calls it.
    """

    def __init__(self, text: str, where: str) -> None:
        super().__init__()
        self.where = where
        self._text = text

    def fail(self, key: str, value: object, right: str) -> None:
        """Note that the value of a key does not fit the others."""
        self.add(key, f"{key} = {shown(value)} does not fit", right)

    def missing(self, key: str, right: str) -> None:
        """Note that a key is needed beside the others."""
        self.add(key, f"{key} is missing", right)

    def time(self, key: str, text: str, *, empty: bool = False) -> int | None:
        """Return the time that the text of a key says, in ns; None where it says none, which is noted.

        Args:
            empty: it may be left out.
        """
        if not text and empty:
            return None
        try:
            time = dtntime.from_text(text)
        except InputError as error:
            self.add(key, f"{key}: {error.what}", error.right)
            return None
        if not EARLIEST <= time <= LATEST:
            first, last = dtntime.to_text(EARLIEST)[:10], dtntime.to_text(LATEST)[:10]
            self.fail(key, text, f"Times here are from {first} to {last}")
            return None
        return time

    def guard(self, key: str, check: Callable[[], object]) -> None:
        """Run a check that raises `InputError`, and note what it raises at its `where`, else at a key."""
        try:
            check()
        except InputError as error:
            place = error.where or key
            self.add(place, f"{place}: {error.what}", error.right)

    def raise_all(self) -> None:
        """Raise what was noted, in the order of the file, if anything was.

        Raises:
            InputError: something is wrong.
        """
        if self.found:
            self._raise()

    def _raise(self) -> NoReturn:
        lines = Lines(self._text)
        # By line, and those of one line in the order in which they were found.
        placed = sorted(self.found.items(), key=lambda item: lines.of(item[0][0]))
        told = [
            InputError(error.what, where=f"line {lines.of(path)}", right=error.right)
            for (path, _), error in placed
        ]
        raise together(told, self.where)


def shown(value: object) -> str:
    """Return a value of TOML as an error shows it."""
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list) and any(isinstance(each, dict) for each in value):
        return "a list of tables"
    if isinstance(value, bool):
        return "true" if value else "false"
    text = repr(value) if isinstance(value, str | int | float | list | tuple | None) else str(value)
    return text if len(text) <= MAX_SHOWN else text[: MAX_SHOWN - 3] + "..."
