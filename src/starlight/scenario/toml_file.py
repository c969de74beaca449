"""A file of TOML as a struct, or all that is wrong in it."""

from __future__ import annotations

from typing import TypeVar

import msgspec
from msgspec import inspect

from starlight.faults import Path, key_text
from starlight.scenario.file_errors import FileErrors, shown
from starlight.scenario.toml_text import parse, take_numbers
from starlight.type_words import TOML
from starlight.typed_values import TypedReading

Kind = TypeVar("Kind")


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
    for path, value in take_numbers(tree):
        errors.fail(key_text(path), value, "Give a number that counts")
    errors.settle((), ())
    try:
        return msgspec.convert(tree, kind), errors
    except msgspec.ValidationError:
        reading = TypedReading(_Telling(errors), TOML)
        reading.table((), tree, inspect.type_info(kind))
    errors.settle(reading.stand_ins.in_doubt, reading.stand_ins.words)
    if reading.mended:
        try:
            return msgspec.convert(reading.renamed(tree), kind), errors
        except msgspec.ValidationError:
            pass
    if not errors:
        errors.add("", "something in it does not fit its key", "The reference of such files lists the keys")
    errors.raise_all()
    raise AssertionError("there are errors, so they were raised")


class _Telling:
    """Tells what does not fit in a file, in the words of TOML.

    Args:
        errors: takes it.
    """

    def __init__(self, errors: FileErrors) -> None:
        self._errors = errors

    def unfit(self, path: Path, value: object, right: str) -> None:
        self._errors.fail(key_text(path), value, right)

    def wrong(self, path: Path, what: str, right: str) -> None:
        key = key_text(path)
        self._errors.add(key, f"{key}: {what}", right)

    def unknown(self, path: Path, right: str) -> None:
        key = key_text(path)
        self._errors.add(key, f"{key}: there is no key {shown(path[-1])}", right)

    def missing(self, path: Path, right: str) -> None:
        table = key_text(path[:-1]) or "the file"
        self._errors.add(key_text(path), f"{table}: the key {path[-1]} is missing", right)
