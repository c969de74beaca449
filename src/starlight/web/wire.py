"""Values as JSON and back: the twin of every struct that the page shows.

A twin has the keys of its struct (a field may name another: `msgspec.field(name=...)`). Four things
differ, each told apart by the type of the field: a `Time` is ISO 8601 text in UTC, because the
numbers of JavaScript can't hold nanoseconds; a `Sentence` is text, its moments in UTC as well; an
`IntEnum`, such as a priority, is the word for it, because nobody should have to know its numbers;
and a field whose type is marked ``Meta(extra={"json": False})`` is left out.
"""

from __future__ import annotations

from enum import IntEnum
from functools import cache
from types import UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec

from starlight import dtntime
from starlight.errors import InputError
from starlight.json_time import Time
from starlight.words.sentence import Sentence

T = TypeVar("T")


def jsonable(value: object) -> object:
    """Return a struct, or a tuple, list or dict of structs, as plain values for a JSON encoder.

    Times become text such as ``2051-04-02T05:32:07.125Z``, cut to the millisecond.
    """
    # Walked here and not left to msgspec's hooks, which are asked only about types that it does not know: a
    # time is an int to it, and would be written as one.
    if isinstance(value, Sentence):
        return value.text()
    if isinstance(value, msgspec.Struct):
        return {
            key: _time_text(getattr(value, name)) if kind is Time else jsonable(getattr(value, name))
            for name, key, kind in _fields(type(value))
        }
    if isinstance(value, tuple | list):
        return [jsonable(part) for part in value]
    if isinstance(value, dict):
        return {name: jsonable(part) for name, part in value.items()}
    return value.name.lower() if isinstance(value, IntEnum) else value


def dumps(value: object) -> bytes:
    """Return a value as JSON text in UTF-8."""
    return msgspec.json.encode(jsonable(value))


def read(value: object, kind: type[T], *, from_text: bool = False) -> T:
    """Return the value of a type whose twin was decoded from JSON; times are whole milliseconds.

    Args:
        value: what was decoded.
        kind: the type.
        from_text: numbers and truth values may be text, as in a form.

    Raises:
        msgspec.ValidationError: it is no such twin; the error names the value.
    """
    return msgspec.convert(_read(value, kind), kind, strict=not from_text)


def _read(value: Any, kind: Any) -> Any:
    """Return what `msgspec.convert` takes for a twin; what does not fit is left for it to refuse."""
    # `Time` is an annotated int, so its identity tells it from any other integer, as in `jsonable`.
    if kind is Time and isinstance(value, str):
        return _time(value)
    if get_origin(kind) in (tuple, list) and isinstance(value, list):
        return [_read(part, get_args(kind)[0]) for part in value]
    if kind is Sentence and isinstance(value, str):
        return {"parts": [value]}  # Its moments were written already.
    if not isinstance(kind, type):
        return value
    if issubclass(kind, IntEnum) and isinstance(value, str):
        return kind.__members__.get(value.upper(), value)
    if issubclass(kind, msgspec.Struct) and isinstance(value, dict):
        fields = {key: part for _, key, part in _fields(kind)}
        return {key: _read(part, fields[key]) if key in fields else part for key, part in value.items()}
    return value


def _time_text(at: int | None) -> str | None:
    return None if at is None else dtntime.to_text(at, 3)


def _time(text: str) -> int | str:
    try:
        return dtntime.from_text(text)
    except InputError:
        return text


@cache
def _fields(kind: type[msgspec.Struct]) -> tuple[tuple[str, str, object], ...]:
    """Return name, key in JSON and type of each field that is told; of ``X | None`` the type is X."""
    hints = get_type_hints(kind, include_extras=True)
    keys = zip(kind.__struct_fields__, kind.__struct_encode_fields__, strict=True)
    return tuple((name, key, _present(hints[name])) for name, key in keys if _is_told(hints[name]))


def _is_told(hint: object) -> bool:
    marks = (mark.extra or {} for mark in getattr(hint, "__metadata__", ()) if isinstance(mark, msgspec.Meta))
    return all(mark.get("json", True) for mark in marks)


def _present(hint: object) -> object:
    if get_origin(hint) in (Union, UnionType):
        present = [each for each in get_args(hint) if each is not type(None)]
        # Of several types none is a time or a struct: there is nothing to read or write otherwise.
        return present[0] if len(present) == 1 else hint
    return hint
