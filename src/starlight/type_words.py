"""The types of values in words, for people who wrote a value that does not fit; and whether one does."""

from __future__ import annotations

import re
from typing import Any

import msgspec
from msgspec import inspect


class Form(msgspec.Struct, frozen=True):
    """The form in which values were written, and what it calls them.

    Attributes:
        table, tables: keys and their values; several such.
        text: a text that may be empty.
        moment: a date and time.
        from_text: numbers and truth values are texts as well, as in a form of a page.
    """

    table: str
    tables: str
    text: str
    moment: str
    from_text: bool = False


TOML = Form(
    "a table", "tables", "text in quotes", 'a date and time in quotes, such as "2051-04-02T10:00:00Z"'
)
JSON = Form(
    "an object", "objects", "text in quotes", 'a date and time in quotes, such as "2051-04-02T10:00:00Z"'
)
WORDS = Form(
    "more than a form can say",
    "more than a form can say",
    "text",
    "a date and time, such as 2051-04-02T10:00:00Z",
    from_text=True,
)
"""A form of a page, or what stands behind the ? of an address."""


def is_table(kind: inspect.Type) -> bool:
    """Return whether a type is one of many values: a table, a list."""
    if isinstance(kind, inspect.UnionType):
        return any(is_table(each) for each in kind.types)
    kinds = inspect.StructType | inspect.DictType | inspect.ListType | inspect.VarTupleType
    return isinstance(kind, kinds)


def fits(value: object, kind: inspect.Type) -> bool:
    """Return whether a value would be taken for a type."""
    if isinstance(kind, inspect.Metadata):
        return fits(value, kind.type)
    if isinstance(kind, inspect.UnionType):
        return any(fits(value, each) for each in kind.types)
    if isinstance(kind, inspect.StrType):
        return isinstance(value, str) and _text_fits(value, kind)
    if isinstance(kind, inspect.BoolType):
        return isinstance(value, bool)
    if isinstance(kind, inspect.IntType | inspect.FloatType):
        types = int if isinstance(kind, inspect.IntType) else int | float
        return isinstance(value, types) and not isinstance(value, bool) and within(value, kind)
    if isinstance(kind, inspect.ListType | inspect.VarTupleType):
        return isinstance(value, list) and all(fits(each, kind.item_type) for each in value)
    if isinstance(kind, inspect.TupleType):
        return (
            isinstance(value, list)
            and len(value) == len(kind.item_types)
            and all(fits(each, item) for each, item in zip(value, kind.item_types, strict=True))
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


def within(value: Any, kind: inspect.IntType | inspect.FloatType) -> bool:
    """Return whether a number is within the bounds of a type."""
    return (
        (kind.ge is None or value >= kind.ge)
        and (kind.gt is None or value > kind.gt)
        and (kind.le is None or value <= kind.le)
        and (kind.lt is None or value < kind.lt)
    )


def wanted(kind: inspect.Type, form: Form) -> str:
    """Return in words what a value of a type is."""
    if isinstance(kind, inspect.Metadata):
        if (kind.extra or {}).get("time"):
            return form.moment
        return str((kind.extra_json_schema or {}).get("description") or wanted(kind.type, form))
    if isinstance(kind, inspect.UnionType):
        types = [each for each in kind.types if not isinstance(each, inspect.NoneType)]
        return " or ".join(wanted(each, form) for each in types)
    if isinstance(kind, inspect.IntType | inspect.FloatType):
        return _number_wanted(kind)
    if isinstance(kind, inspect.LiteralType):
        return " or ".join(repr(each) for each in kind.values)
    if isinstance(kind, inspect.EnumType):
        words = [each.name.lower() if isinstance(each, int) else str(each.value) for each in kind.cls]
        return " or ".join(words)
    if isinstance(kind, inspect.ListType | inspect.VarTupleType):
        item = kind.item_type
        is_struct = isinstance(item, inspect.StructType | inspect.DictType)
        return f"a list of {form.tables if is_struct else wanted(item, form)}"
    if isinstance(kind, inspect.TupleType):
        items = [wanted(each, form) for each in kind.item_types]
        told = f", each {items[0]}" if len(set(items)) == 1 else f": [{', '.join(items)}]"
        return f"a list of {len(items)}{told}"
    if isinstance(kind, inspect.StrType):
        return form.text + (", not empty" if kind.min_length else "")
    if isinstance(kind, inspect.BoolType):
        return "true or false"
    return form.table if isinstance(kind, inspect.StructType | inspect.DictType) else "a value"


def _number_wanted(kind: inspect.IntType | inspect.FloatType) -> str:
    noun = "a whole number" if isinstance(kind, inspect.IntType) else "a number"
    bounds = (
        f" {word} {int(bound) if bound == int(bound) else bound}"
        for word, bound in ((">=", kind.ge), (">", kind.gt), ("<=", kind.le), ("<", kind.lt))
        if bound is not None
    )
    return (noun + " and".join(bounds)).rstrip()
