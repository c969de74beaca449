"""All that is wrong in one thing that a person gave, gathered at its places, so that it is told at once."""

from __future__ import annotations

import re
from collections.abc import Iterable

from starlight.errors import InputError

Path = tuple[str | int, ...]
"""The way to a value: keys of tables and places in lists."""


def key_text(path: Path) -> str:
    """Return a path as errors write it, such as ``node[2].site.height_m``."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


def key_path(key: str) -> Path:
    """Return the path that `key_text` wrote."""
    steps = re.findall(r"\[(\d+)\]|([^.\[\]]+)", key)
    return tuple(int(place) if place else name for place, name in steps)


class Faults:
    """Everything that is wrong, by place; of what only follows from it, nothing is kept.

    Attributes:
        found: in the order in which it was noted, by place and words.
    """

    def __init__(self) -> None:
        self.found: dict[tuple[Path, str], InputError] = {}
        self._settled: frozenset[Path] = frozenset()
        self._in_doubt: tuple[Path, ...] = ()
        self._stand_ins: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.found)

    def add(self, key: str, what: str, right: str = "") -> None:
        """Note that something is wrong at a key, such as ``node[2].site``."""
        path = key_path(key)
        # What was put in place of a missing value is nobody's fault, and neither is what follows from it.
        follows = (
            path in self._settled
            or any(path[: len(table)] == table for table in self._in_doubt)
            or any(word in what or word in right for word in self._stand_ins)
        )
        if not follows:
            self.found.setdefault((path, what), InputError(what, where=key, right=right))

    def concern(self, key: str) -> bool:
        """Return whether something is wrong at a key, or below it."""
        path = key_path(key)
        return any(place[: len(path)] == path for place, _ in self.found)

    def settle(self, in_doubt: Iterable[Path], stand_ins: Iterable[str]) -> None:
        """Let nothing more be noted that follows from what is noted so far.

        Args:
            in_doubt: tables in which something stands that nobody wrote.
            stand_ins: such values; an error that names one of them follows from it.
        """
        self._settled = frozenset(path for path, _ in self.found)
        self._in_doubt = tuple(in_doubt)
        self._stand_ins = tuple(stand_ins)
