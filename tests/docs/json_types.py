"""The types of what the local API answers and takes, as its page tells them."""

from __future__ import annotations

import types
from enum import Enum, IntEnum
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec

from starlight.json_time import Time
from starlight.words.sentence import Sentence

Struct = type[msgspec.Struct]
_WORDS = {str: "text", int: "whole number", float: "number", bool: "truth value", Sentence: "sentence"}


def told_fields(kind: Struct) -> dict[str, Any]:
    """Return the types of the fields of a struct that are in its JSON, by their keys there."""
    hints = get_type_hints(kind, include_extras=True)
    keys = zip(kind.__struct_fields__, kind.__struct_encode_fields__, strict=True)
    return {key: hints[name] for name, key in keys if not _is_untold(hints[name])}


def _is_untold(hint: Any) -> bool:
    marks = [mark for mark in getattr(hint, "__metadata__", ()) if isinstance(mark, msgspec.Meta)]
    return any((mark.extra or {}).get("json") is False for mark in marks)


def structs_in(hint: Any) -> list[Struct]:
    """Return the structs that are part of a type, each once, in the order in which they are met."""
    found: list[Struct] = []

    def look(hint: Any) -> None:
        if isinstance(hint, type) and issubclass(hint, msgspec.Struct) and hint is not Sentence:
            if hint not in found:
                found.append(hint)
                for each in told_fields(hint).values():
                    look(each)
            return
        for each in get_args(hint):
            look(each)

    look(hint)
    return found


def in_words(hint: Any, titles: dict[Struct, str]) -> str:
    """Return a type as the page's tables write it, where a struct is called by its title."""
    if hint is Time:
        return "time"
    if hint in _WORDS:
        return _WORDS[hint]
    origin, inner = get_origin(hint), get_args(hint)
    if isinstance(hint, TypeVar) or hint is type(None):
        return "null"
    if hasattr(hint, "__metadata__"):
        return in_words(hint.__origin__, titles)
    if origin in (Union, types.UnionType):
        return " or ".join(dict.fromkeys(in_words(each, titles) for each in inner))
    if origin is Literal:
        return ", ".join(f"`{each}`" for each in inner)
    if origin in (tuple, list):
        if len(inner) == 2 and inner[1] is not Ellipsis:
            return f"pair of {in_words(inner[0], titles)}"
        return f"list of {in_words(inner[0], titles)}"
    if origin is dict:
        return f"{in_words(inner[1], titles)}, by name"
    if issubclass(hint, Enum):
        words = (each.name.lower() if issubclass(hint, IntEnum) else each.value for each in hint)
        return ", ".join(f"`{each}`" for each in words)
    return titles[hint]
