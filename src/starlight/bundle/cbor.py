"""CBOR: the subset that RFC 9171 allows, with byte ranges, limits and the canonical check.

Bundles are read item by item with a `Decoder` (`decoder.py`). Letters and other small
values go through `dumps` and `loads`, which are exact inverses: `loads` accepts only what
`dumps` writes (RFC 8949, 4.2.1, core deterministic encoding), so one value has one encoding.

Tags and simple values other than false, true and null do not occur in bundles and are refused.
Nothing here recurses deeper than `DecodingLimits.depth`, nor allocates more than the input could fill.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Mapping, Sequence

from starlight.bundle.decoder import (
    ARRAY,
    BREAK,
    BYTES,
    ENDS_EARLY,
    MAP,
    MAX_UINT,
    NEGATIVE,
    SIMPLE,
    TAG,
    TEXT,
    VALUE_LIMITS,
    Decoder,
    DecodingLimits,
)
from starlight.errors import CborError

Value = int | bytes | str | bool | float | None | Sequence["Value"] | Mapping["int | str", "Value"]

# Most numbers in a bundle are below 256 (block numbers, flags, CRC types, lengths), so their encodings are
# looked up, not made.
_SMALL = tuple(bytes((n,)) for n in range(24)) + tuple(bytes((24, n)) for n in range(24, 256))
_pack16 = struct.Struct(">BH").pack
_pack32 = struct.Struct(">BI").pack
_pack64 = struct.Struct(">BQ").pack
_FLOATS = {25: struct.Struct(">e"), 26: struct.Struct(">f"), 27: struct.Struct(">d")}


def encode_uint(value: int) -> bytes:
    """Encode an unsigned integer below 2**64 in its shortest form (RFC 8949, 4.2.1)."""
    if value < 256:
        return _SMALL[value] if value >= 0 else _refuse_number(value)
    if value < 0x10000:
        return _pack16(25, value)
    if value < 0x1_0000_0000:
        return _pack32(26, value)
    return _pack64(27, value) if value <= MAX_UINT else _refuse_number(value)


def encode_head(major: int, value: int) -> bytes:
    """Encode the head of an item: its major type (0 to 7) and argument."""
    kind = major << 5
    if value < 24:
        return bytes((kind | value,)) if value >= 0 else _refuse_number(value)
    if value < 256:
        return bytes((kind | 24, value))
    if value < 0x10000:
        return _pack16(kind | 25, value)
    if value < 0x1_0000_0000:
        return _pack32(kind | 26, value)
    return _pack64(kind | 27, value) if value <= MAX_UINT else _refuse_number(value)


def encode_bytes(value: bytes) -> bytes:
    """Encode a definite-length byte string."""
    return encode_head(BYTES, len(value)) + value


def encode_text(value: str) -> bytes:
    """Encode a definite-length text string."""
    data = value.encode()
    return encode_head(TEXT, len(data)) + data


def encode_array_head(length: int) -> bytes:
    """Encode the head of a definite-length array."""
    return encode_head(ARRAY, length)


def _refuse_number(value: int) -> bytes:
    raise ValueError(f"{value} is not an unsigned integer of 64 bits")


def skip(decoder: Decoder, depth: int = 0) -> None:
    """Pass over one well-formed item of any kind but a tag.

    Indefinite lengths may occur, as RFC 9171 does not prohibit them.
    """
    start = decoder.pos
    head = decoder.peek()
    major, low = head >> 5, head & 0x1F
    decoder.spend(start, depth)
    if low == 31:
        _skip_indefinite(decoder, major, depth)
    elif major in (BYTES, TEXT):
        end = decoder.argument() + decoder.pos
        if end > len(decoder.data):
            raise CborError(start, ENDS_EARLY)
        decoder.pos = end
    elif major in (ARRAY, MAP):
        # A head may claim 2**64 items: the loop ends with the input or with `spend`, never by its
        # own count, and nothing is allocated for what is only claimed.
        for _ in range(decoder.argument() * (2 if major == MAP else 1)):
            skip(decoder, depth + 1)
    elif major == SIMPLE:
        _simple_or_float(decoder, start, low)
    elif major == TAG:
        raise CborError(start, "tags do not occur in bundles")
    else:
        decoder.argument()


def _skip_indefinite(decoder: Decoder, major: int, depth: int) -> None:
    start = decoder.pos
    if major not in (BYTES, TEXT, ARRAY, MAP):
        raise CborError(start, "RFC 8949, 3.2.1: this item has no indefinite length")
    decoder.pos += 1
    items = 0
    while decoder.peek() != BREAK:
        head = decoder.peek()
        if major in (BYTES, TEXT) and (head >> 5 != major or head & 0x1F == 31):
            raise CborError(decoder.pos, "RFC 8949, 3.2.3: a chunk is a definite string of the same kind")
        skip(decoder, depth + 1)
        items += 1
    if major == MAP and items % 2:
        raise CborError(start, "RFC 8949, 3.2.2: a map has a value for each key")
    decoder.pos += 1


def _simple_or_float(decoder: Decoder, start: int, low: int) -> Value:
    if low in _SIMPLE_VALUES:
        decoder.pos += 1
        return _SIMPLE_VALUES[low]
    if low not in _FLOATS:
        raise CborError(start, "of the simple values only false, true and null may occur")
    form = _FLOATS[low]
    end = start + 1 + form.size
    if end > len(decoder.data):
        raise CborError(start, ENDS_EARLY)
    value: float = form.unpack_from(decoder.data, start + 1)[0]
    decoder.pos = end
    return value


def _item(decoder: Decoder, depth: int = 0) -> Value:
    """Read one item of any kind that `dumps` writes, and only as it writes it."""
    start = decoder.pos
    head = decoder.peek()
    major, low = head >> 5, head & 0x1F
    decoder.spend(start, depth)
    if low == 31:
        raise CborError(start, "an indefinite length does not occur in core deterministic encoding")
    return _READERS[major](decoder, start, low, depth)


def _read_int(decoder: Decoder, start: int, low: int, depth: int) -> Value:
    value = decoder.argument()
    return -1 - value if decoder.data[start] >> 5 == NEGATIVE else value


def _read_bytes(decoder: Decoder, start: int, low: int, depth: int) -> Value:
    return decoder.byte_string()


def _read_text(decoder: Decoder, start: int, low: int, depth: int) -> Value:
    return decoder.text()


def _read_array(decoder: Decoder, start: int, low: int, depth: int) -> Value:
    return [_item(decoder, depth + 1) for _ in range(decoder.argument())]


def _read_map(decoder: Decoder, start: int, low: int, depth: int) -> Value:
    value: dict[int | str, Value] = {}
    previous = b""
    for _ in range(decoder.argument()):
        at = decoder.pos
        key = _item(decoder, depth + 1)
        if isinstance(key, bool) or not isinstance(key, int | str):
            raise CborError(at, "a key is an integer or a text string")
        encoded = decoder.data[at : decoder.pos]
        # Strictly ascending, so a key that comes twice is refused by the same comparison: two readers
        # could otherwise take different ones of its values.
        if encoded <= previous:
            raise CborError(at, "RFC 8949, 4.2.1: keys are sorted in bytewise order, each once")
        previous = encoded
        value[key] = _item(decoder, depth + 1)
    return value


def _read_simple(decoder: Decoder, start: int, low: int, depth: int) -> Value:
    value = _simple_or_float(decoder, start, low)
    if isinstance(value, float) and _encode_float(value) != decoder.data[start : decoder.pos]:
        raise CborError(start, "RFC 8949, 4.2.1: a float is written in its shortest exact form")
    return value


def _read_tag(decoder: Decoder, start: int, low: int, depth: int) -> Value:
    raise CborError(start, "tags do not occur here")


_SIMPLE_VALUES: dict[int, bool | None] = {20: False, 21: True, 22: None}
_READERS: tuple[Callable[[Decoder, int, int, int], Value], ...] = (
    _read_int,
    _read_int,
    _read_bytes,
    _read_text,
    _read_array,
    _read_map,
    _read_tag,
    _read_simple,
)


def loads(data: bytes, limits: DecodingLimits = VALUE_LIMITS) -> Value:
    """Decode one value that `dumps` could have written, and nothing after it.

    Raises:
        CborError: the bytes are not the core deterministic encoding of such a value, or pass a limit.
    """
    decoder = Decoder(bytes(data), limits)
    value = _item(decoder)
    decoder.finish()
    return value


def dumps(value: Value) -> bytes:
    """Encode integers of 64 bits, bytes, text, sequences, maps, booleans, None and floats.

    Keys are integers or text. The encoding is core deterministic (RFC 8949, 4.2.1).

    Raises:
        TypeError: another type.
        ValueError: an integer beyond 64 bits.
    """
    parts: list[bytes] = []
    _dump(value, parts)
    return b"".join(parts)


def _dump(value: Value, parts: list[bytes]) -> None:
    match value:
        case bool():
            parts.append(b"\xf5" if value else b"\xf4")
        case int():
            parts.append(encode_uint(value) if value >= 0 else encode_head(NEGATIVE, -1 - value))
        case str():
            parts.append(encode_text(value))
        case bytes():
            parts.append(encode_bytes(value))
        case None:
            parts.append(b"\xf6")
        case float():
            parts.append(_encode_float(value))
        case Mapping():
            parts.append(encode_head(MAP, len(value)))
            for key, content in sorted((_dump_key(key), content) for key, content in value.items()):
                parts.append(key)
                _dump(content, parts)
        case list() | tuple():
            parts.append(encode_array_head(len(value)))
            for item in value:
                _dump(item, parts)
        case _:
            raise TypeError(f"{type(value).__name__} has no encoding here")


def _dump_key(key: int | str) -> bytes:
    if isinstance(key, bool) or not isinstance(key, int | str):
        raise TypeError("a key is an integer or a text string")
    return dumps(key)


def _encode_float(value: float) -> bytes:
    """Encode a float in the shortest form that keeps its value (RFC 8949, 4.2.2)."""
    if math.isnan(value):
        return b"\xf9\x7e\x00"
    # Half and single precision, in this order, wherever they give the very value back; else double.
    for low in (25, 26):
        try:
            short = _FLOATS[low].pack(value)
        except OverflowError:
            continue
        if _FLOATS[low].unpack(short)[0] == value:
            return bytes((0xE0 | low,)) + short
    return b"\xfb" + _FLOATS[27].pack(value)
