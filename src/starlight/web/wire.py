"""Views as JSON: every `Time` becomes ISO 8601 text in UTC, everything else stays."""

from __future__ import annotations

from functools import cache
from typing import get_args, get_type_hints

import msgspec

from starlight import dtntime
from starlight.web.views import Time


def jsonable(value: object) -> object:
    """Return a view, or a tuple or dict of views, as plain values for a JSON encoder.

    Times become text such as ``2051-04-02T05:32:07.125Z``, cut to the millisecond.
    """
    if isinstance(value, msgspec.Struct):
        times = _time_fields(type(value))
        plain: dict[str, object] = {}
        for name in value.__struct_fields__:
            part = getattr(value, name)
            plain[name] = dtntime.to_text(part, 3) if name in times and part is not None else jsonable(part)
        return plain
    if isinstance(value, tuple | list):
        return [jsonable(part) for part in value]
    if isinstance(value, dict):
        return {name: jsonable(part) for name, part in value.items()}
    return value


def dumps(value: object) -> bytes:
    """Return a view as JSON text in UTF-8."""
    return msgspec.json.encode(jsonable(value))


@cache
def _time_fields(kind: type[msgspec.Struct]) -> frozenset[str]:
    """Return the names of a struct's fields that are a `Time`, or a `Time` or None."""
    hints = get_type_hints(kind, include_extras=True)
    return frozenset(name for name, hint in hints.items() if hint == Time or Time in get_args(hint))
