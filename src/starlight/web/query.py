"""The query of an address, behind its ?, as the struct that it describes."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec
from starlette.requests import Request

from starlight.errors import InputError, InputErrors
from starlight.type_words import WORDS
from starlight.web.request_values import read, several_keys

Asked = TypeVar("Asked", bound=msgspec.Struct)


class NoQuery(msgspec.Struct, frozen=True):
    """Nothing."""


def read_query(request: Request, kind: type[Asked], *, lenient: bool = False) -> Asked:
    """Return what the query of a request asks for.

    Args:
        request: whose query it is.
        kind: its keys; one that is a list may be there several times.
        lenient: keys that it does not have are passed over, as by a page, whose address may have been
            handed on.

    Raises:
        InputError: it is not what may be asked for; each thing that is wrong is told.
    """
    several = several_keys(kind)
    known = set(kind.__struct_encode_fields__)
    values: dict[str, Any] = {}
    twice = []
    for key, value in request.query_params.multi_items():
        if lenient and key not in known:
            continue
        if key in several:
            values.setdefault(key, []).append(value)
        elif key in values:
            twice.append(InputError(f"{key} is there twice", where=key, right="Give it once"))
        else:
            values[key] = value
    if twice:
        raise twice[0] if len(twice) == 1 else InputErrors(twice, "query")
    return read(values, kind, WORDS, "query")
