"""The body of a request, JSON or a form, as the struct that it describes."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from urllib.parse import parse_qsl

from starlette.exceptions import HTTPException
from starlette.requests import Request

from starlight.errors import InputError
from starlight.json_text import decode
from starlight.type_words import JSON, WORDS
from starlight.web.answers import FORM_TYPE, JSON_TYPE
from starlight.web.request_values import Check, Described, read, several_keys

MAX_BODY_BYTES = 256 * 1024
"""A letter of 64 kB in Korean, three times as long when a form quotes it, and room to spare."""

FIELDS_MAX = 24
"""More than any form here has, by their names."""

BOXES_MAX = 80
"""All fields of a form: a group has 64 members, each a box to tick of the same name."""

BODY = "body"
"""What errors about all of it call it."""


async def read_body(
    request: Request, kind: type[Described], check: Check[Described] | None = None
) -> Described:
    """Return what the body of a request describes.

    Args:
        request: whose body it is.
        kind: what it describes.
        check: notes what no single key can know.

    Raises:
        InputError: it does not; each thing that is wrong is told, with its key and what would be right.
        HTTPException: it is too large (413), or neither JSON nor a form (415).
    """
    is_form = _media_type(request) == FORM_TYPE
    body = await octets(request, MAX_BODY_BYTES, "a body")
    if is_form:
        fields = _form(body, several_keys(kind))
        # As it was typed: what is refused is shown again with the words about it.
        request.state.typed = dict(fields)
        return read(fields, kind, WORDS, BODY, check)
    return read(decode(body, BODY), kind, JSON, BODY, check)


def _media_type(request: Request) -> str:
    """Return the type of a body: JSON or a form.

    Raises:
        HTTPException: it is neither (415).
    """
    given = request.headers.get("content-type", "")
    media, _, more = given.lower().partition(";")
    charset = more.partition("charset=")[2].partition(";")[0].strip(' "')
    if media.strip() not in (JSON_TYPE, FORM_TYPE):
        told = f"the body is of type {given[:80]!r}" if given else "the header Content-Type is missing"
        raise HTTPException(415, told, headers={"Accept-Post": f"{JSON_TYPE}, {FORM_TYPE}"})
    if charset not in ("", "utf-8", "utf8", "us-ascii"):
        raise HTTPException(415, f"the body is in {charset[:40]!r}", headers={"Accept-Post": JSON_TYPE})
    return media.strip()


def _form(body: bytes, several: Collection[str]) -> dict[str, Any]:
    """Return the fields of a form; those that may be there several times, as boxes to tick, are lists.

    Raises:
        InputError: it is none, or has another field twice.
    """
    try:
        fields = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=BOXES_MAX, errors="strict")
    except UnicodeDecodeError:
        raise InputError("the form is not in UTF-8", where=BODY, right="Send it in UTF-8") from None
    except ValueError:
        raise _crowded(BOXES_MAX) from None
    if len({name for name, _ in fields}) > FIELDS_MAX:
        raise _crowded(FIELDS_MAX)
    found: dict[str, Any] = {}
    for name, value in fields:
        if name in several:
            found.setdefault(name, []).append(value)
            continue
        if name in found:
            raise InputError(f"{name[:80]} is there twice", where=name[:80], right="Give it once")
        found[name] = value
    return found


def _crowded(most: int) -> InputError:
    return InputError(f"the form has more than {most} fields", where=BODY, right="No form here has as many")


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
