"""A stand-in for a value that is missing, so that all the rest can be checked in the same run.

An error that only follows from such a value is none that a person could mend; so the values are unlike any
that somebody would write, and can be told in its words.
"""

from __future__ import annotations

from typing import Any

from msgspec import inspect

from starlight.faults import Path
from starlight.type_words import is_table

NONE = object()
"""In place of a value that can't be mended."""

_UNLIKELY = 2**53 - 1
"""A number that nobody would give a node, and that fits into every format."""


class StandIns:
    """Makes values that stand in for others, and knows them.

    Attributes:
        words: those that can be known again, as errors show them.
        in_doubt: tables in which stands one that can't.
    """

    def __init__(self) -> None:
        self.words: list[str] = []
        self.in_doubt: list[Path] = []

    def put(self, path: Path, table: dict[str, Any], field: inspect.Field) -> bool:
        """Put something in the place of a value that is missing, or beyond mending.

        Return whether the rest can be checked then.

        Args:
            path: of the table.
            table: in which the value is missing.
            field: the key.
        """
        known = len(self.words)
        table[field.encode_name] = found = self.of(field.type)
        # Of a list of the whole file nobody knows what others take from it.
        if found is NONE or (is_table(field.type) and not path):
            return False
        if path and len(self.words) == known:
            # Nothing tells an error that follows from it, so none is told in this table.
            self.in_doubt.append(path)
        return True

    def of(self, kind: inspect.Type) -> object:
        """Return a value of a type that nobody would write; `NONE` where there is none."""
        if isinstance(kind, inspect.Metadata):
            return self.of(kind.type)
        if isinstance(kind, inspect.UnionType):
            return self.of(kind.types[0])
        if isinstance(kind, inspect.StrType):
            self.words.append(f"nobody-wrote-this-{len(self.words)}")
            return self.words[-1]
        if isinstance(kind, inspect.IntType) and (kind.le is None or kind.le >= _UNLIKELY):
            self.words.append(str(_UNLIKELY - len(self.words)))
            return int(self.words[-1])
        if isinstance(kind, inspect.TupleType):
            return [self.of(each) for each in kind.item_types]
        if isinstance(kind, inspect.ListType | inspect.VarTupleType):
            return [self.of(kind.item_type)] * (kind.min_length or 0)
        return _any(kind)


def _any(kind: inspect.Type) -> object:
    """Return some value of a type of few; `NONE` of any other."""
    if isinstance(kind, inspect.IntType | inspect.FloatType):
        return nearest(0, kind)
    if isinstance(kind, inspect.BoolType):
        return False
    return kind.values[0] if isinstance(kind, inspect.LiteralType) else NONE


def nearest(value: float, kind: inspect.IntType | inspect.FloatType) -> float:
    """Return a number within the bounds of a type, near to one that is not."""
    low, high = kind.ge, kind.le
    if low is None and kind.gt is not None:
        low = kind.gt + (1 if kind.le is None and kind.lt is None else 1e-9)
    if high is None and kind.lt is not None:
        high = kind.lt - 1e-9
    if low is not None and value < low:
        return low
    return high if high is not None and value > high else value
