"""JSON as text that may be broken: decoded, or told where it breaks, in our own words."""

from __future__ import annotations

import json
import re
from functools import partial
from typing import TypeVar

import msgspec

from starlight.errors import InputError

Kind = TypeVar("Kind")

_BYTE = re.compile(r"\(byte (\d+)\)", re.ASCII)
_SHOWN = 20
_LONE = re.compile(rb"\\u[dD][89a-fA-F]")


def decode(data: bytes, where: str) -> object:
    """Return the values of a JSON document.

    Args:
        data: JSON in UTF-8.
        where: what the message calls it.

    Raises:
        InputError: it is none, which the message tells by line and column; or a key stands twice in it.
    """
    try:
        found: object = msgspec.json.decode(data)
        # The decoder keeps the last of several values without a word: of two lists of contacts one were lost.
        json.loads(data, object_pairs_hook=partial(_keys_once, where))
        return found
    except RecursionError:
        right = "Such a file has a few levels of lists and objects"
        raise InputError("its JSON is nested too deep", where=where, right=right) from None
    except (msgspec.DecodeError, ValueError) as error:
        raise InputError(_broken(data, str(error)), where=where) from None


def decode_as(data: bytes | str, kind: type[Kind], *, what: str, where: str, right: str = "") -> Kind:
    """Return what a program of ours wrote as JSON.

    Args:
        data: JSON in UTF-8.
        kind: what it holds.
        what: the message, for what is none.
        where, right: of the message.

    Raises:
        InputError: it holds something else.
    """
    try:
        return msgspec.json.decode(data, type=kind)
    # People did not write it, so key and value would help nobody: the file is of something else, or damaged.
    except (msgspec.DecodeError, ValueError, RecursionError):
        raise InputError(what, where=where, right=right) from None


def _keys_once(where: str, pairs: list[tuple[str, object]]) -> None:
    seen: set[str] = set()
    for key, _ in pairs:
        if key in seen:
            right = "Keep one of them"
            raise InputError(f"the key {key!r} stands twice in one object", where=where, right=right)
        seen.add(key)


def _broken(data: bytes, told: str) -> str:
    """Return where JSON breaks off or goes wrong, which the decoder tells as a byte, if at all."""
    found = _BYTE.search(told)
    if found is None:
        return _without_place(data, told)
    before = data[: int(found[1])]
    line, column = before.count(b"\n") + 1, len(before) - before.rfind(b"\n")
    if "trailing" in told:
        return f"line {line}, column {column}: after its end more follows"
    rest = data[len(before) : len(before) + _SHOWN].split(b"\n")[0].decode("utf-8", "replace")
    return f"line {line}, column {column}: from {rest!r} on it is not JSON"


def _without_place(data: bytes, told: str) -> str:
    """Return what is wrong with JSON of which the decoder names no byte."""
    if "out of range" in told:
        return "it has a number with too many digits"
    try:
        data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        return f"line {line}: byte {data[error.start]:#04x} is no UTF-8"
    if _LONE.search(data):
        return "it has half of a surrogate pair, which is no character"
    return "its JSON breaks off"
