"""Values on the wire: each checked to be of the type that its place asks for, or left out where it may be."""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import IntEnum
from typing import TypeVar, cast

import msgspec

from starlight.bundle import cbor
from starlight.dtntime import MILLISECOND
from starlight.errors import InputError
from starlight.messages.letter import Keys, Position, Reading

ID_BYTES = 16

_T = TypeVar("_T")
_HEX_ID = re.compile(r"[0-9a-f]{32}")


class Envelope(msgspec.Struct, frozen=True, gc=False):
    """The bundle around a payload, as far as a message leaves it to that.

    Attributes:
        source, destination: endpoint ids as text.
        created: its creation time in ns, to the millisecond; when it came, where its source has no clock.
    """

    source: str
    destination: str
    created: int


def typed(value: object, wanted: type[_T], rule: str) -> _T:
    """Return a value that is of exactly one type; True is no integer.

    Raises:
        InputError: it is of another, in the words of `rule`.
    """
    # By identity: a Boolean is an instance of int, and would be taken for 0 or 1.
    if type(value) is not wanted:
        raise InputError(rule)
    return value


def text(value: object, name: str) -> str:
    """Return a value that is text."""
    return typed(value, str, f"{name} is text")


def integer(value: object, name: str) -> int:
    """Return a value that is an integer."""
    return typed(value, int, f"{name} is an integer")


def octets(value: object, name: str) -> bytes:
    """Return a value that is a byte string."""
    return typed(value, bytes, f"{name} is a byte string")


def truth(value: object, name: str) -> bool:
    """Return a value that is true or false."""
    return typed(value, bool, f"{name} is true or false")


def array(value: object, name: str) -> list[object]:
    """Return a value that is an array."""
    return typed(value, list, f"{name} is an array")


def position(value: object) -> Position:
    """Return a value that is a latitude and a longitude, in degrees."""
    pair = typed(value, list, "a position is an array")
    if len(pair) != 2:
        raise InputError("a position is latitude and longitude")
    latitude, longitude = (typed(part, float, "latitude and longitude are floats") for part in pair)
    return latitude, longitude


def readings(value: object) -> dict[str, Reading]:
    """Return a value that maps text to numbers or text."""
    table = typed(value, dict, "readings are a map")
    for key, reading in table.items():
        if type(key) is not str or type(reading) not in (int, float, str):
            raise InputError("readings map text to numbers or text")
    return dict(table)


def told(*rows: tuple[int, object, object]) -> Keys:
    """Return the keys whose value is not what their absence means; of each: key, value, default."""
    return {key: cast("cbor.Value", value) for key, value, default in rows if value != default}


def unknown(keys: Keys, known: Iterable[int]) -> Keys:
    """Return the keys that are none of those known, with their values."""
    names = set(known)
    return {key: value for key, value in keys.items() if key not in names}


def ms(time: int) -> int:
    """Return a time in ns as whole milliseconds."""
    return time // MILLISECOND


def time_at(keys: Keys, key: int, envelope: Envelope) -> int:
    """Return a time in ns, to the millisecond; where none is told, when the bundle was made."""
    return integer(keys.get(key, ms(envelope.created)), "time") * MILLISECOND


def text_at(keys: Keys, key: IntEnum, default: str) -> str:
    """Return the text under a key, or its default."""
    return text(keys.get(key, default), key.name.lower())


def integer_at(keys: Keys, key: IntEnum) -> int | None:
    """Return the integer under a key, or None where there is none."""
    return integer(keys[key], key.name.lower()) if key in keys else None


def own_id(keys: Keys, key: int) -> str:
    """Return the id of a message, as 32 hexadecimal digits."""
    id = octets(keys.get(key), "id")
    if len(id) != ID_BYTES:
        raise InputError(f"an id has {ID_BYTES} bytes", where="id")
    return id.hex()


def id_of(value: object, name: str) -> str:
    """Return an id, of a letter or thread, as text: 16 bytes, or what is older and text already."""
    if isinstance(value, bytes):
        if len(value) != ID_BYTES:
            raise InputError(f"{name} has {ID_BYTES} bytes, or is text", where=name)
        return value.hex()
    return text(value, name)


def id_value(id: str) -> cbor.Value:
    """Return an id, of a letter or thread, as it travels."""
    # In half the bytes; an id of format 1 is not hexadecimal, and stays the text that it is.
    return bytes.fromhex(id) if _HEX_ID.fullmatch(id) else id
