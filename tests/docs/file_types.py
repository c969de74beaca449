"""The keys of files that people write, as the tables of their pages tell them: type, bounds, default."""

from __future__ import annotations

import types
from enum import Enum
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec
from tests.docs.documents import Row, rows

Struct = type[msgspec.Struct]
_WORDS = {str: "text", int: "whole number", float: "number", bool: "`true` or `false`"}


def type_words(hint: Any) -> str:
    """Return a type as the tables write it: a noun, and the bounds of what it may be."""
    if hint in _WORDS:
        return _WORDS[hint]
    origin, inner = get_origin(hint), get_args(hint)
    if origin is Annotated:
        (meta,) = (mark for mark in inner[1:] if isinstance(mark, msgspec.Meta))
        return "[name](#names)" if meta.pattern else type_words(inner[0]) + _bounds(meta)
    if origin in (Union, types.UnionType):
        return " or ".join(type_words(each) for each in inner if each is not type(None))
    if origin is Literal:
        return " or ".join(f'`"{each}"`' for each in inner)
    if origin is list:
        return f"list of {type_words(inner[0])}"
    if origin is tuple:
        return f"pair of {type_words(inner[0])}"
    if origin is dict:
        return "table"
    if issubclass(hint, Enum):
        return " or ".join(f'`"{each.value}"`' for each in hint)
    assert issubclass(hint, msgspec.Struct), hint
    return "table"


def _bounds(meta: msgspec.Meta) -> str:
    if meta.min_length:
        return f", {meta.min_length} or more" if meta.min_length > 1 else ", not empty"
    if meta.ge is not None and meta.le is not None:
        return f", {number(meta.ge)} to {number(meta.le)}"
    told = [
        f"{word} {number(bound)}"
        for word, bound in (
            ("above", meta.gt),
            ("at least", meta.ge),
            ("below", meta.lt),
            ("at most", meta.le),
        )
        if bound is not None
    ]
    return "".join(f", {each}" for each in told)


def number(value: float) -> str:
    """Return a bound as the tables write it."""
    size = abs(round(value))
    if size >= 10_000_000:
        sign = "-" if value < 0 else ""
        for plus, tail in ((0, ""), (1, " - 1")):
            power = (size + plus).bit_length() - 1
            if size + plus == 2**power:
                return f"{sign}2^{power}{tail}"
        power = len(str(size)) - 1
        return f"{sign}10^{power}" if size == 10**power else f"{sign}{size}"
    return f"{value:f}".rstrip("0").rstrip(".")


def default_words(field: msgspec.structs.FieldInfo) -> str | None:
    """Return the default of a key as TOML has it; "" where it must be there, None where words tell it."""
    if field.required:
        return ""
    value = field.default
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, int | float):
        return f"`{value!r}`"
    return f'`"{value}"`' if isinstance(value, str) and value else None


def wrong_rows(kind: Struct, text: str, at: str, leave_out: frozenset[str] = frozenset()) -> list[str]:
    """Return what is wrong in a table of keys; each line says what to write.

    Args:
        kind: the struct whose keys they are.
        text: the section of the page, with one such table.
        at: names page and heading.
        leave_out: keys that have sections of their own.
    """
    hints = get_type_hints(kind, include_extras=True)
    told: dict[str, Row] = {}
    for row in rows(text):
        if row.heads[:1] == ("key",):
            told |= dict.fromkeys(row.quoted(), row)
    wrong = []
    for field in msgspec.structs.fields(kind):
        key, words, default = field.encode_name, type_words(hints[field.name]), default_words(field)
        if key in leave_out:
            continue
        right = f"| `{key}` | {words} | what it is | {'what holds without' if default is None else default} |"
        if key not in told:
            wrong.append(f"{at}: add the row {right}")
            continue
        row = told.pop(key)
        cell = row.under("default")
        if row.under("type") != words or (not cell if default is None else cell != default):
            wrong.append(f"{at}: let the row be {right}")
    return wrong + [f"{at}: there is no key {key}; take its row out" for key in told]
