"""A file of TOML as a struct, or all that is wrong in it.

A file is converted into the struct of its kind. Where that fails, `_Walk` goes through the whole of it by the
types of the struct's fields, and notes all that does not fit. What was surely meant is put right for the rest
of the checks (a key of one letter more, a number beyond its bound), so that these tell their errors in the
same run.
"""

from __future__ import annotations

import re
from datetime import date, time
from typing import Any, TypeVar

import msgspec
from msgspec import inspect

from starlight.errors import did_you_mean
from starlight.scenario.file_errors import FileErrors, shown
from starlight.scenario.toml_text import Path, key_text, parse

Kind = TypeVar("Kind")

_NONE = object()
"""In place of a value that can't be mended."""


def read(text: str, kind: type[Kind], where: str) -> tuple[Kind, FileErrors]:
    """Return a file of TOML as a struct, and the errors found so far, to which the caller's checks add.

    Args:
        text: of the file.
        kind: a struct.
        where: what the messages of errors call the file.

    Raises:
        InputError: it is no TOML, or so wrong that nothing more can be checked; all that is wrong is told.
    """
    tree = parse(text, where)
    errors = FileErrors(text, where)
    try:
        return msgspec.convert(tree, kind), errors
    except msgspec.ValidationError:
        walk = _Walk(errors)
        walk.table((), tree, inspect.type_info(kind))
    errors.settle()
    if walk.mended:
        try:
            return msgspec.convert(walk.renamed(tree), kind), errors
        except msgspec.ValidationError:
            pass
    if not errors:
        errors.add("", "something in it does not fit its key", "The reference of such files lists the keys")
    errors.raise_all()
    raise AssertionError("there are errors, so they were raised")


class _Walk:
    """Goes through a tree by types, notes what does not fit, and mends what was surely meant.

    Args:
        errors: takes what does not fit.

    Attributes:
        mended: all that did not fit was mended in the tree.
    """

    def __init__(self, errors: FileErrors) -> None:
        self.mended = True
        self._errors = errors
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
            return self._wrong(path, value, f"It is a table with the keys {', '.join(_keys(kind))}")
        fields = {field.encode_name: field for field in kind.fields}
        for key in [key for key in value if key not in fields]:
            self._unknown(path, value, key, fields)
        for name, field in fields.items():
            if name in value:
                found = self.value((*path, name), value[name], field.type)
                if found is not _NONE:
                    value[name] = found
                elif field.required or _is_table(field.type):
                    self.mended = False
                else:
                    # Without it the rest can be checked: it may be left out.
                    del value[name]
            elif field.required:
                self._errors.add(
                    key_text((*path, name)),
                    f"{key_text(path) or 'the file'}: the key {name} is missing",
                    f"It is {_wanted(field.type)}",
                )
                self.mended = False
        return value

    def _unknown(self, path: Path, table: dict[str, Any], key: str, fields: dict[str, inspect.Field]) -> None:
        value = table.pop(key)
        # A table is no slip for a key that takes text, however near their names are.
        alike = (
            name
            for name, field in fields.items()
            if name not in table and (_fits(value, field.type) or not isinstance(value, dict | list))
        )
        near = did_you_mean(key, alike)
        right = near or f"The keys there are {', '.join(fields)}"
        place = key_text((*path, key))
        self._errors.add(place, f"{place}: there is no key {shown(key)}", right)
        # What is checked further is what was meant; else a key that is only misspelt would be missing too.
        meant = near.removeprefix("Did you mean '").removesuffix("'?")
        if meant:
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
                return self._wrong(path, value, "It is a table")
            return {key: self._item((*path, key), each, kind.value_type) for key, each in value.items()}
        if isinstance(kind, inspect.LiteralType) and value not in kind.values:
            return self._choice(path, value, [str(each) for each in kind.values])
        if isinstance(kind, inspect.IntType | inspect.FloatType):
            return self._number(path, value, kind)
        if isinstance(kind, inspect.StrType | inspect.BoolType) and not _fits(value, kind):
            wrong = self._wrong(path, value, f"It is {_wanted(kind)}")
            # A date without quotes was meant as the same in them.
            return (
                str(value) if isinstance(value, date | time) and isinstance(kind, inspect.StrType) else wrong
            )
        return value

    def _described(self, path: Path, value: object, kind: inspect.Metadata) -> object:
        description = (kind.extra_json_schema or {}).get("description")
        if description is None:
            return self.value(path, value, kind.type)
        if _fits(value, kind.type):
            return value
        wrong = self._wrong(path, value, f"It is {description}")
        if not isinstance(value, str):
            return wrong
        # Others refer to it as it stands.
        name = re.sub(r"[^a-z0-9]+", "-", value.lower()).strip("-")[:30] or "nameless"
        return self._names.setdefault(value, name if _fits(name, kind.type) else "nameless")

    def _one_of(self, path: Path, value: object, kind: inspect.UnionType) -> object:
        types = [each for each in kind.types if not isinstance(each, inspect.NoneType)]
        if len(types) == 1:
            return self.value(path, value, types[0])
        if any(_fits(value, each) for each in types):
            return value
        return self._wrong(path, value, f"It is {_wanted(kind)}")

    def _list(self, path: Path, value: object, kind: inspect.ListType | inspect.VarTupleType) -> object:
        if not isinstance(value, list):
            return self._wrong(path, value, f"It is a list: [{_wanted(kind.item_type)}, ...]")
        if len(value) < (kind.min_length or 0):
            return self._wrong(path, value, f"It has {kind.min_length} or more")
        return [self._item((*path, place), each, kind.item_type) for place, each in enumerate(value)]

    def _item(self, path: Path, value: object, kind: inspect.Type) -> object:
        found = self.value(path, value, kind)
        # Left out of a list it would move the places of those after it.
        self.mended = self.mended and found is not _NONE
        return found

    def _tuple(self, path: Path, value: object, kind: inspect.TupleType) -> object:
        if not isinstance(value, list) or len(value) != len(kind.item_types):
            return self._wrong(path, value, f"It is {_wanted(kind)}")
        pairs = zip(value, kind.item_types, strict=True)
        return [self._item((*path, place), each, item) for place, (each, item) in enumerate(pairs)]

    def _choice(self, path: Path, value: object, allowed: list[str]) -> object:
        near = did_you_mean(value, allowed) if isinstance(value, str) else ""
        self._does_not_fit(path, value, f"{near} Allowed: {', '.join(allowed)}".strip())
        # Any of them will do for the checks that follow: this key has been told.
        return allowed[0]

    def _number(self, path: Path, value: object, kind: inspect.IntType | inspect.FloatType) -> object:
        whole = isinstance(kind, inspect.IntType)
        if isinstance(value, bool) or not isinstance(value, int if whole else int | float):
            return self._wrong(path, value, f"It is {_wanted(kind)}")
        if _within(value, kind):
            return value
        self._does_not_fit(path, value, f"It is {_wanted(kind)}")
        return _nearest(value, kind)

    def _wrong(self, path: Path, value: object, right: str) -> object:
        self._does_not_fit(path, value, right)
        return _NONE

    def _does_not_fit(self, path: Path, value: object, right: str) -> None:
        key = key_text(path)
        self._errors.add(key, f"{key} = {shown(value)} does not fit", right)


def _nearest(value: float, kind: inspect.IntType | inspect.FloatType) -> float:
    """Return a number within the bounds of a type, near to one that is not."""
    low, high = kind.ge, kind.le
    if low is None and kind.gt is not None:
        low = kind.gt + (1 if kind.le is None and kind.lt is None else 1e-9)
    if high is None and kind.lt is not None:
        high = kind.lt - 1e-9
    if low is not None and value < low:
        return low
    return high if high is not None else value


def _keys(kind: inspect.StructType) -> list[str]:
    return [field.encode_name for field in kind.fields]


def _is_table(kind: inspect.Type) -> bool:
    if isinstance(kind, inspect.UnionType):
        return any(_is_table(each) for each in kind.types)
    return isinstance(kind, inspect.StructType | inspect.DictType | inspect.ListType)


def _fits(value: object, kind: inspect.Type) -> bool:
    """Return whether a value would be taken for a type."""
    if isinstance(kind, inspect.Metadata):
        return _fits(value, kind.type)
    if isinstance(kind, inspect.UnionType):
        return any(_fits(value, each) for each in kind.types)
    if isinstance(kind, inspect.StrType):
        return isinstance(value, str) and _text_fits(value, kind)
    if isinstance(kind, inspect.BoolType):
        return isinstance(value, bool)
    if isinstance(kind, inspect.IntType | inspect.FloatType):
        types = int if isinstance(kind, inspect.IntType) else int | float
        return isinstance(value, types) and not isinstance(value, bool) and _within(value, kind)
    if isinstance(kind, inspect.ListType):
        return isinstance(value, list) and all(_fits(each, kind.item_type) for each in value)
    if isinstance(kind, inspect.TupleType):
        return (
            isinstance(value, list)
            and len(value) == len(kind.item_types)
            and all(_fits(each, item) for each, item in zip(value, kind.item_types, strict=True))
        )
    return isinstance(value, dict) if isinstance(kind, inspect.StructType | inspect.DictType) else False


def _text_fits(value: str, kind: inspect.StrType) -> bool:
    long_enough = len(value) >= (kind.min_length or 0)
    try:
        return long_enough and bool(msgspec.convert(value, str) == value) and _matches(value, kind.pattern)
    except msgspec.ValidationError:
        return False


def _matches(value: str, pattern: str | None) -> bool:
    return pattern is None or re.search(pattern, value) is not None


def _within(value: Any, kind: inspect.IntType | inspect.FloatType) -> bool:
    return (
        (kind.ge is None or value >= kind.ge)
        and (kind.gt is None or value > kind.gt)
        and (kind.le is None or value <= kind.le)
        and (kind.lt is None or value < kind.lt)
    )


def _wanted(kind: inspect.Type) -> str:
    """Return in words what a value of a type is."""
    if isinstance(kind, inspect.Metadata):
        return str((kind.extra_json_schema or {}).get("description") or _wanted(kind.type))
    if isinstance(kind, inspect.UnionType):
        types = [each for each in kind.types if not isinstance(each, inspect.NoneType)]
        return " or ".join(_wanted(each) for each in types)
    if isinstance(kind, inspect.IntType | inspect.FloatType):
        noun = "a whole number" if isinstance(kind, inspect.IntType) else "a number"
        bounds = (
            f" {word} {bound}"
            for word, bound in ((">=", kind.ge), (">", kind.gt), ("<=", kind.le), ("<", kind.lt))
            if bound is not None
        )
        return (noun + " and".join(bounds)).rstrip()
    if isinstance(kind, inspect.LiteralType):
        return " or ".join(repr(each) for each in kind.values)
    if isinstance(kind, inspect.ListType):
        return f"a list of {_wanted(kind.item_type)}"
    if isinstance(kind, inspect.TupleType):
        return f"a list of {len(kind.item_types)}: [{', '.join(_wanted(each) for each in kind.item_types)}]"
    if isinstance(kind, inspect.StrType):
        return "text in quotes" + (", not empty" if kind.min_length else "")
    if isinstance(kind, inspect.BoolType):
        return "true or false"
    return "a table" if isinstance(kind, inspect.StructType | inspect.DictType) else "a value"
