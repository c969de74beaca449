"""The body of a request, JSON or a form, as the struct that it describes."""

from __future__ import annotations

from typing import Any, TypeVar
from urllib.parse import parse_qsl

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request

from starlight.errors import InputError
from starlight.messages.urgency import priority_of
from starlight.web import wire

MAX_BODY_BYTES = 256 * 1024
"""A letter of 64 kB in Korean, three times as long when a form quotes it, and room to spare."""

FIELDS_MAX = 16
"""More than any form here has."""

Described = TypeVar("Described", bound=msgspec.Struct)


async def read_body(request: Request, kind: type[Described]) -> Described:
    """Return what the body of a request describes.

    Raises:
        InputError: it does not; the error names what is wrong.
        HTTPException: it is too large (413), or neither JSON nor a form (415).
    """
    body = await octets(request, MAX_BODY_BYTES, "a letter")
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media not in ("application/json", "application/x-www-form-urlencoded"):
        raise HTTPException(415, "send application/json, or a form")
    is_form = media != "application/json"
    try:
        # A form knows only text, so there a truth value may be the word for it; in JSON it may not.
        fields = _form(body) if is_form else msgspec.json.decode(body)
        if isinstance(fields, dict) and isinstance(word := fields.get("priority"), str):
            fields["priority"] = priority_of(word)  # Here, so that its error names the words that are right.
        return wire.read(fields, kind, from_text=is_form)
    except (msgspec.DecodeError, ValueError) as error:
        raise InputError(str(error), where="body", right=_right(kind)) from None


def _form(body: bytes) -> dict[str, Any]:
    return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=FIELDS_MAX, errors="strict"))


def _right(kind: type[msgspec.Struct]) -> str:
    """Return which fields a body must have, and which it may."""
    fields = msgspec.structs.fields(kind)
    needed = " and ".join(field.name for field in fields if field.required)
    may = ", ".join(field.name for field in fields if not field.required)
    return f"Send {needed}" + (f"; if you like {may}" if may else "")


async def octets(request: Request, most: int, what: str) -> bytes:
    """Return the body of a request, counted as it comes: what is too large is turned away, not kept.

    Args:
        request: whose body it is.
        most: its length at most, in bytes.
        what: what the body is, for the message.

    Raises:
        HTTPException: it is longer (413).
    """
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > most:
            length = f"{most} B" if most % 1024 else f"{most // 1024} kB"
            raise HTTPException(413, f"{what} here has at most {length}")
        parts.append(part)
    return b"".join(parts)
