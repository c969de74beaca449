"""Values that people wrote, in a file or a request, read by the types of a struct's fields.

What fits is left as it is. Where something does not, `TypedReading` goes through the whole of it, and notes
all that is wrong, each in words that say what would be right. What was surely meant is put right (a key of
one letter more, a number beyond its bound), and what is missing is stood in for, so that whatever is checked
afterwards tells its errors in the same run.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, time
from enum import Enum
from typing import Any, Protocol

from msgspec import inspect

from starlight import dtntime
from starlight.errors import InputError, nearest_word
from starlight.faults import Path
from starlight.stand_ins import NONE, StandIns, nearest
from starlight.type_words import Form, fits, is_table, wanted, within

_TRUTHS = {"true": True, "1": True, "false": False, "0": False}
_DIGITS = 19
"""As many as the largest whole number of ours has; thousands of them would take long to read."""


class Telling(Protocol):
    """Tell errors in the words of what was read."""

    def unfit(self, path: Path, value: object, right: str) -> None:
        """Tell that a value does not fit its key."""
        ...

    def wrong(self, path: Path, what: str, right: str) -> None:
        """Tell what is wrong with a value, in words of its own."""
        ...

    def unknown(self, path: Path, right: str) -> None:
        """Tell that there is no such key."""
        ...

    def missing(self, path: Path, right: str) -> None:
        """Tell that a key is missing."""
        ...


class TypedReading:
    """Goes through a tree by types, notes what does not fit, and mends what was surely meant.

    Args:
        telling: takes what does not fit.
        form: what the tree was written in.

    Attributes:
        mended: all that did not fit was mended in the tree, or stood in for.
        stand_ins: what stands in for values.
    """

    def __init__(self, telling: Telling, form: Form) -> None:
        self.mended = True
        self.stand_ins = StandIns()
        self._telling = telling
        self._form = form
        self._names: dict[str, str] = {}

    def renamed(self, value: object) -> object:
        """Return a mended tree in which names that may not be so are others, wherever they stand."""
        if isinstance(value, dict):
            return {key: self.renamed(each) for key, each in value.items()}
        if isinstance(value, list):
            return [self.renamed(each) for each in value]
        return self._names.get(value, value) if isinstance(value, str) else value

    def table(self, path: Path, value: object, kind: inspect.Type) -> object:
        """Check a table against a struct, whose fields it has as keys; return it mended."""
        assert isinstance(kind, inspect.StructType)
        if not isinstance(value, dict):
            keys = ", ".join(field.encode_name for field in kind.fields)
            return self._unfit(path, value, f"It is {self._form.table} with the keys {keys}")
        fields = {field.encode_name: field for field in kind.fields}
        for key in [key for key in value if key not in fields]:
            self._unknown(path, value, key, fields)
        for name, field in fields.items():
            if name in value:
                found = self.value((*path, name), value[name], field.type)
                if found is not NONE:
                    value[name] = found
                elif field.required or is_table(field.type):
                    self.mended = self.stand_ins.put(path, value, field) and self.mended
                else:
                    # Without it the rest can be checked: it may be left out.
                    del value[name]
            elif field.required:
                self._telling.missing((*path, name), f"It is {wanted(field.type, self._form)}")
                self.mended = self.stand_ins.put(path, value, field) and self.mended
        return value

    def _unknown(self, path: Path, table: dict[str, Any], key: str, fields: dict[str, inspect.Field]) -> None:
        value = table.pop(key)
        # A table is no slip for a key that takes text, however near their names are.
        alike = (
            name
            for name, field in fields.items()
            if name not in table and (fits(value, field.type) or not isinstance(value, dict | list))
        )
        meant = nearest_word(key, alike)
        there = f"The keys there are {', '.join(fields)}" if fields else "There is no key there"
        self._telling.unknown((*path, key), there if meant is None else f"Did you mean {meant!r}?")
        # What is checked further is what was meant; else a key that is only misspelt would be missing too.
        if meant is not None:
            table[meant] = value

    def value(self, path: Path, value: object, kind: inspect.Type) -> object:
        """Check a value against a type; return it mended."""
        if isinstance(kind, inspect.Metadata):
            return self._described(path, value, kind)
        if isinstance(kind, inspect.UnionType):
            return self._one_of(path, value, kind)
        if isinstance(kind, inspect.StructType):
            return self.table(path, value, kind)
        if isinstance(kind, inspect.ListType | inspect.VarTupleType):
            return self._list(path, value, kind)
        if isinstance(kind, inspect.TupleType):
            return self._tuple(path, value, kind)
        if isinstance(kind, inspect.DictType):
            if not isinstance(value, dict):
                return self._unfit(path, value, f"It is {self._form.table}")
            return {key: self._item((*path, key), each, kind.value_type) for key, each in value.items()}
        if isinstance(kind, inspect.LiteralType) and value not in kind.values:
            return self._choice(path, value, [str(each) for each in kind.values])
        if isinstance(kind, inspect.EnumType):
            return self._member(path, value, kind.cls)
        if isinstance(kind, inspect.IntType | inspect.FloatType):
            return self._number(path, value, kind)
        if isinstance(kind, inspect.BoolType) and self._form.from_text and isinstance(value, str):
            value = _TRUTHS.get(value.lower(), value)
        if isinstance(kind, inspect.StrType | inspect.BoolType) and not fits(value, kind):
            wrong = self._unfit(path, value, f"It is {wanted(kind, self._form)}")
            # A date without quotes was meant as the same in them.
            return (
                str(value) if isinstance(value, date | time) and isinstance(kind, inspect.StrType) else wrong
            )
        return value

    def _described(self, path: Path, value: object, kind: inspect.Metadata) -> object:
        extra = kind.extra or {}
        if extra.get("time"):
            return self._time(path, value)
        description = (kind.extra_json_schema or {}).get("description")
        if description is None:
            found = self.value(path, value, kind.type)
            return (
                found if found is NONE or "check" not in extra else self._checked(path, found, extra["check"])
            )
        if fits(value, kind.type):
            return value
        wrong = self._unfit(path, value, f"It is {description}")
        if not isinstance(value, str):
            return wrong
        # Others refer to it as it stands.
        name = re.sub(r"[^a-z0-9]+", "-", value.lower()).strip("-")[:30] or "nameless"
        return self._names.setdefault(value, name if fits(name, kind.type) else "nameless")

    def _checked(self, path: Path, value: object, check: Callable[[Any], object]) -> object:
        """Check a value by what its type says besides, which raises `InputError`."""
        if value is NONE:
            return value
        try:
            check(value)
        except InputError as error:
            self._telling.wrong(path, error.what, error.right)
            return NONE
        return value

    def _time(self, path: Path, value: object) -> object:
        """Read a moment, which is text, into ns."""
        if not isinstance(value, str):
            return self._unfit(path, value, f"It is {self._form.moment}")
        try:
            found = dtntime.from_text(value)
        except InputError as error:
            self._telling.wrong(path, error.what, error.right)
            return NONE
        if -(2**63) <= found < 2**63:
            return found
        return self._unfit(path, value, "Times here are from the year 1708 to 2292")

    def _member(self, path: Path, value: object, kind: type[Enum]) -> object:
        """Read a member of an enumeration: the word of a number, else its value."""
        words = {each.name.lower() if isinstance(each, int) else str(each.value): each for each in kind}
        if isinstance(value, str) and value in words:
            return words[value].value
        return words[self._choice(path, value, list(words))].value

    def _one_of(self, path: Path, value: object, kind: inspect.UnionType) -> object:
        if value is None and any(isinstance(each, inspect.NoneType) for each in kind.types):
            return None
        types = [each for each in kind.types if not isinstance(each, inspect.NoneType)]
        # A form sends a field for a moment that was left empty.
        if value == "" and self._form.from_text and len(types) == 1 < len(kind.types) and _is_time(types[0]):
            return None
        if len(types) == 1:
            return self.value(path, value, types[0])
        if any(fits(value, each) and not _is_compound(each) for each in types):
            return value
        # What has the shape of one of them was meant as that, so it is told what is wrong inside.
        alike = [each for each in types if _is_compound(each) and _is_shaped(value, each)]
        if len(alike) == 1:
            return self.value(path, value, alike[0])
        return self._unfit(path, value, f"It is {wanted(kind, self._form)}")

    def _list(self, path: Path, value: object, kind: inspect.ListType | inspect.VarTupleType) -> object:
        if not isinstance(value, list):
            return self._unfit(path, value, f"It is a list: [{wanted(kind.item_type, self._form)}, ...]")
        if len(value) < (kind.min_length or 0):
            return self._unfit(path, value, f"It has {kind.min_length} or more")
        return [self._item((*path, place), each, kind.item_type) for place, each in enumerate(value)]

    def _item(self, path: Path, value: object, kind: inspect.Type) -> object:
        found = self.value(path, value, kind)
        if found is NONE:
            # Left out of a list it would move the places of those after it.
            found = self.stand_ins.of(kind)
            self.mended = self.mended and found is not NONE
            # Its list has to be told once only, and so has whatever holds it.
            self.stand_ins.in_doubt.append(path)
        return found

    def _tuple(self, path: Path, value: object, kind: inspect.TupleType) -> object:
        if not isinstance(value, list) or len(value) != len(kind.item_types):
            return self._unfit(path, value, f"It is {wanted(kind, self._form)}")
        pairs = zip(value, kind.item_types, strict=True)
        return [self._item((*path, place), each, item) for place, (each, item) in enumerate(pairs)]

    def _choice(self, path: Path, value: object, allowed: list[str]) -> str:
        """Tell what may be chosen; return what was meant, as far as anybody knows."""
        meant = nearest_word(value, allowed) if isinstance(value, str) else None
        asked = "" if meant is None else f"Did you mean {meant!r}? "
        self._telling.unfit(path, value, f"{asked}Allowed: {', '.join(allowed)}")
        # Where nothing is near, any of them will do for the checks that follow: this key has been told.
        return allowed[0] if meant is None else meant

    def _number(self, path: Path, value: object, kind: inspect.IntType | inspect.FloatType) -> object:
        whole = isinstance(kind, inspect.IntType)
        if self._form.from_text and isinstance(value, str):
            value = _number_of(value, whole=whole)
        if isinstance(value, bool) or not isinstance(value, int if whole else int | float):
            return self._unfit(path, value, f"It is {wanted(kind, self._form)}")
        if within(value, kind):
            return value
        self._telling.unfit(path, value, f"It is {wanted(kind, self._form)}")
        return nearest(value, kind)

    def _unfit(self, path: Path, value: object, right: str) -> object:
        self._telling.unfit(path, value, right)
        return NONE


def _is_time(kind: inspect.Type) -> bool:
    return isinstance(kind, inspect.Metadata) and bool((kind.extra or {}).get("time"))


def _is_compound(kind: inspect.Type) -> bool:
    return isinstance(kind, inspect.StructType | inspect.DictType | inspect.ListType | inspect.VarTupleType)


def _is_shaped(value: object, kind: inspect.Type) -> bool:
    return isinstance(value, dict if isinstance(kind, inspect.StructType | inspect.DictType) else list)


def _number_of(text: str, *, whole: bool) -> float | str:
    """Return the number that a text is, or the text where it is none."""
    if re.fullmatch(rf"-?[0-9]{{1,{_DIGITS}}}", text):
        return int(text)
    if not whole and re.fullmatch(rf"-?[0-9]{{1,{_DIGITS}}}(\.[0-9]{{1,{_DIGITS}}})?", text):
        return float(text)
    return text
