"""Values that came with a request, read into a struct, or all that is wrong with them told at once."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar

import msgspec
from msgspec import inspect

from starlight.errors import InputError, InputErrors
from starlight.faults import Faults, Path, key_text
from starlight.type_words import Form
from starlight.typed_values import TypedReading

MAX_SHOWN = 80
"""Characters of a value that an error shows."""

Described = TypeVar("Described", bound=msgspec.Struct)
Check = Callable[[Described, Faults], None]


def read(
    values: dict[str, Any] | object,
    kind: type[Described],
    form: Form,
    where: str,
    check: Check[Described] | None = None,
) -> Described:
    """Return what came with a request as a struct.

    Args:
        values: what came; it is changed.
        kind: the struct; what a type of its says besides (`check` in its `Meta.extra`) is checked.
        form: what it was written in.
        where: what the message of several errors calls it.
        check: notes what no single key can know.

    Raises:
        InputError: something does not fit: each thing that does not, with its key and what would be right.
    """
    faults = Faults()
    reading = TypedReading(_Telling(faults), form)
    # Values that fit are changed as well: a moment is text here, and a number inside.
    tree = reading.table((), values, _shape(kind))
    faults.settle(reading.stand_ins.in_doubt, reading.stand_ins.words)
    found = _made(tree, kind, faults) if reading.mended else None
    if found is not None and check is not None:
        check(found, faults)
    told = list(faults.found.values())
    if len(told) == 1:
        raise told[0]
    if told:
        raise InputErrors(told, where)
    assert found is not None, "what is not mended has been told"
    return found


def several_keys(kind: type[msgspec.Struct]) -> set[str]:
    """Return the keys of a struct that an address or a form may have several times: lists of words."""
    shape = inspect.type_info(kind)
    assert isinstance(shape, inspect.StructType)
    return {
        field.encode_name
        for field in shape.fields
        if isinstance(field.type, inspect.VarTupleType)
        and not isinstance(field.type.item_type, inspect.StructType)
    }


def _made(tree: object, kind: type[Described], faults: Faults) -> Described | None:
    try:
        return msgspec.convert(tree, kind)
    except InputError as error:
        # A struct's own check, of which its types say nothing.
        faults.add(error.where, error.what, error.right)
    except msgspec.ValidationError:
        if not faults:
            faults.add("", "something in it does not fit its key")
    return None


@cache
def _shape(kind: type[msgspec.Struct]) -> inspect.Type:
    return inspect.type_info(kind)


class _Telling:
    """Tells what does not fit in a request, with its key apart from the words.

    Args:
        faults: takes it.
    """

    def __init__(self, faults: Faults) -> None:
        self._faults = faults

    def unfit(self, path: Path, value: object, right: str) -> None:
        self._faults.add(key_text(path), f"{shown(value)} does not fit", right)

    def wrong(self, path: Path, what: str, right: str) -> None:
        self._faults.add(key_text(path), what, right)

    def unknown(self, path: Path, right: str) -> None:
        self._faults.add(key_text(path), f"there is no key {shown(path[-1])}", right)

    def missing(self, path: Path, right: str) -> None:
        self._faults.add(key_text(path), "it is missing", right)


def shown(value: object) -> str:
    """Return a value as an error shows it: as JSON has it, cut where it is long."""
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    text = repr(value) if isinstance(value, str) else msgspec.json.encode(value).decode()
    return text if len(text) <= MAX_SHOWN else text[: MAX_SHOWN - 3] + "..."
