"""CBOR: the subset that RFC 9171 allows, with byte ranges, limits and the canonical check.

Bundles are read item by item with a `Decoder`, which knows the offset of each item, so that a
checksum or a signature can be computed over the bytes that arrived. Letters and other small
values go through `dumps` and `loads`, which are exact inverses: `loads` accepts only what
`dumps` writes (RFC 8949, 4.2.1, core deterministic encoding), so one value has one encoding.

Tags and simple values other than false, true and null do not occur in bundles and are refused.
Nothing here recurses deeper than `DecodingLimits.depth`, nor allocates more than the input could fill.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Mapping, Sequence

import msgspec

from starlight.errors import CborError

UINT, NEGATIVE, BYTES, TEXT, ARRAY, MAP, TAG, SIMPLE = range(8)
MAJOR_NAMES = (
    "unsigned integer",
    "negative integer",
    "byte string",
    "text string",
    "array",
    "map",
    "tag",
    "simple value",
)
BREAK = 0xFF
INDEFINITE_ARRAY = 0x9F
MAX_UINT = 2**64 - 1

ENDS_EARLY = "the input ends inside an item (RFC 8949, 3)"
NOT_SHORTEST = (
    "RFC 9171, 4.1: encodings MUST conform to the core deterministic encoding requirements;"
    " this head is not in its shortest form"
)


class DecodingLimits(msgspec.Struct, frozen=True):
    """Limits beyond which a decoder refuses.

    Attributes:
        size: bytes of input.
        depth: arrays and maps inside each other.
        count: items in all, for a generic value; blocks, for a bundle.
    """

    size: int
    depth: int
    count: int


# A letter is a page of text, not a library: 1 MiB is more than a person types in a year.
# Its own fields nest three deep; 16 leaves room for versions to come and little for an attack.
VALUE_LIMITS = DecodingLimits(size=2**20, depth=16, count=2**16)

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


class Decoder:
    """Pull items off bytes, one after the other, each at a known offset.

    Args:
        data: the input.
        limits: what is too much.
        canonical: refuse heads that are not in their shortest form.

    Attributes:
        pos: the offset of the next item.

    Every method raises `CborError` when the next item is not what it asks for.
    """

    __slots__ = ("canonical", "count", "data", "limits", "pos")

    def __init__(self, data: bytes, limits: DecodingLimits = VALUE_LIMITS, *, canonical: bool = True) -> None:
        if len(data) > limits.size:
            raise CborError(limits.size, f"the input is longer than {limits.size} bytes (our limit)")
        self.data = data
        self.limits = limits
        self.canonical = canonical
        self.pos = 0
        self.count = 0

    def uint(self) -> int:
        """Read an unsigned integer."""
        pos = self.pos
        try:
            head = self.data[pos]
        except IndexError:
            raise CborError(pos, ENDS_EARLY) from None
        if head < 24:
            self.pos = pos + 1
            return head
        # Additional information 28 to 30 is reserved and 31 is an indefinite length (RFC 8949, 3); above
        # 0x1b the major type is another. One comparison refuses all of them.
        if head > 27:
            raise CborError(pos, f"an unsigned integer belongs here, not a {self._name(head)}")
        return self._argument(pos, head)

    def byte_string(self) -> bytes:
        """Read a definite-length byte string."""
        start, end = self.byte_range()
        return self.data[start:end]

    def byte_range(self) -> tuple[int, int]:
        """Read a definite-length byte string; return where its content starts and ends."""
        pos = self.pos
        head = self.peek()
        # A string of at most 23 bytes has its length in its head. Decoded here without another call:
        # addresses and extension blocks are that short, and this is the hottest line of the decoder.
        if 0x40 <= head < 0x58:
            start, length = pos + 1, head - 0x40
        else:
            length = self._definite(BYTES)
            start = self.pos
        end = start + length
        if end > len(self.data):
            raise CborError(pos, ENDS_EARLY)
        self.pos = end
        return start, end

    def text(self) -> str:
        """Read a text string of UTF-8, definite or not."""
        pos = self.pos
        if self.peek() == 0x7F:
            return self._chunks(pos)
        length = self._definite(TEXT)
        end = self.pos + length
        if end > len(self.data):
            raise CborError(pos, ENDS_EARLY)
        try:
            value = self.data[self.pos : end].decode()
        except UnicodeDecodeError:
            raise CborError(pos, "RFC 8949, 3.1: a text string is UTF-8") from None
        self.pos = end
        return value

    def array(self) -> int | None:
        """Open an array; return its length, or None when it runs until a break (see `close`)."""
        pos = self.pos
        try:
            head = self.data[pos]
        except IndexError:
            raise CborError(pos, ENDS_EARLY) from None
        if 0x80 <= head < 0x98:
            self.pos = pos + 1
            return head - 0x80
        # RFC 9171, 4.1, wants an indefinite array around a bundle, and does not forbid it for the arrays
        # in it.
        if head == INDEFINITE_ARRAY:
            self.pos = pos + 1
            return None
        return self._definite(ARRAY)

    def close(self, length: int | None, expected: int, start: int, rule: str) -> None:
        """Close an array that was opened at `start` and must have had `expected` items.

        Raises:
            CborError: with `rule`, when it has more or fewer.
        """
        if length is None:
            if self.peek() != BREAK:
                raise CborError(start, rule)
            self.pos += 1
        elif length != expected:
            raise CborError(start, rule)

    def boolean(self) -> bool:
        """Read false or true."""
        head = self.peek()
        if head not in (0xF4, 0xF5):
            raise CborError(self.pos, f"a Boolean belongs here, not a {self._name(head)}")
        self.pos += 1
        return head == 0xF5

    def peek(self) -> int:
        """Return the first byte of the next item without reading it."""
        try:
            return self.data[self.pos]
        except IndexError:
            raise CborError(self.pos, ENDS_EARLY) from None

    def finish(self) -> None:
        """Refuse whatever follows."""
        if self.pos != len(self.data):
            raise CborError(self.pos, "nothing may follow here")

    def skip(self, depth: int = 0) -> None:
        """Pass over one well-formed item of any kind but a tag.

        Indefinite lengths may occur, as RFC 9171 does not prohibit them.
        """
        start = self.pos
        head = self.peek()
        major, low = head >> 5, head & 0x1F
        self._spend(start, depth)
        if low == 31:
            self._skip_indefinite(major, depth)
        elif major in (BYTES, TEXT):
            end = self._argument_of(major) + self.pos
            if end > len(self.data):
                raise CborError(start, ENDS_EARLY)
            self.pos = end
        elif major in (ARRAY, MAP):
            # A head may claim 2**64 items: the loop ends with the input or with `_spend`, never by its
            # own count, and nothing is allocated for what is only claimed.
            for _ in range(self._argument_of(major) * (2 if major == MAP else 1)):
                self.skip(depth + 1)
        elif major == SIMPLE:
            self._simple_or_float(start, low)
        elif major == TAG:
            raise CborError(start, "tags do not occur in bundles")
        else:
            self._argument_of(major)

    def item(self, depth: int = 0) -> Value:
        """Read one item of any kind that `dumps` writes, and only as it writes it."""
        start = self.pos
        head = self.peek()
        major, low = head >> 5, head & 0x1F
        self._spend(start, depth)
        if low == 31:
            raise CborError(start, "an indefinite length does not occur in core deterministic encoding")
        return _READERS[major](self, start, low, depth)

    def _spend(self, start: int, depth: int) -> None:
        self.count += 1
        if self.count > self.limits.count:
            raise CborError(start, f"more than {self.limits.count} items (our limit)")
        if depth > self.limits.depth:
            raise CborError(start, f"nested deeper than {self.limits.depth} (our limit)")

    def _name(self, head: int) -> str:
        return "break" if head == BREAK else MAJOR_NAMES[head >> 5]

    def _definite(self, major: int) -> int:
        """Read the head of a definite-length string or array; return its length."""
        pos = self.pos
        head = self.peek()
        if head >> 5 != major:
            raise CborError(pos, f"a {MAJOR_NAMES[major]} belongs here, not a {self._name(head)}")
        if head & 0x1F == 31:
            raise CborError(pos, f"RFC 9171, 4.3.2: this {MAJOR_NAMES[major]} must have a definite length")
        return self._argument_of(major)

    def _argument_of(self, major: int) -> int:
        pos = self.pos
        low = self.data[pos] & 0x1F
        if low < 24:
            self.pos = pos + 1
            return low
        if low > 27:
            raise CborError(pos, f"RFC 8949, 3: additional information {low} is reserved")
        return self._argument(pos, low)

    def _argument(self, pos: int, low: int) -> int:
        """Read an argument of 1, 2, 4 or 8 bytes; `low` is 24 to 27, with major type bits or without."""
        # 24 to 27 are 1, 2, 4 and 8 bytes, whose two low bits are the exponent.
        width = 1 << (low & 3)
        end = pos + 1 + width
        if end > len(self.data):
            raise CborError(pos, ENDS_EARLY)
        value = int.from_bytes(self.data[pos + 1 : end], "big")
        # Shortest form: a wider argument must not fit into half its width (RFC 8949, 4.2.1). RFC 9171,
        # 4.1, asks for canonical encoding, as the checksum of a block that a relay encodes again would
        # not match otherwise.
        if self.canonical and (value < 24 if width == 1 else value >> (4 * width) == 0):
            raise CborError(pos, NOT_SHORTEST)
        self.pos = end
        return value

    def _chunks(self, start: int) -> str:
        """Read an indefinite-length text string, made of definite ones (RFC 8949, 3.2.3)."""
        self.pos += 1
        parts: list[str] = []
        while self.peek() != BREAK:
            self._spend(self.pos, 0)
            if self.peek() == 0x7F:
                raise CborError(start, "RFC 8949, 3.2.3: a chunk has a definite length")
            parts.append(self.text())
        self.pos += 1
        return "".join(parts)

    def _skip_indefinite(self, major: int, depth: int) -> None:
        start = self.pos
        if major not in (BYTES, TEXT, ARRAY, MAP):
            raise CborError(start, "RFC 8949, 3.2.1: this item has no indefinite length")
        self.pos += 1
        items = 0
        while self.peek() != BREAK:
            head = self.peek()
            if major in (BYTES, TEXT) and (head >> 5 != major or head & 0x1F == 31):
                raise CborError(self.pos, "RFC 8949, 3.2.3: a chunk is a definite string of the same kind")
            self.skip(depth + 1)
            items += 1
        if major == MAP and items % 2:
            raise CborError(start, "RFC 8949, 3.2.2: a map has a value for each key")
        self.pos += 1

    def _simple_or_float(self, start: int, low: int) -> Value:
        if low in _SIMPLE_VALUES:
            self.pos += 1
            return _SIMPLE_VALUES[low]
        if low not in _FLOATS:
            raise CborError(start, "of the simple values only false, true and null may occur")
        form = _FLOATS[low]
        end = start + 1 + form.size
        if end > len(self.data):
            raise CborError(start, ENDS_EARLY)
        value: float = form.unpack_from(self.data, start + 1)[0]
        self.pos = end
        return value

    def _read_int(self, start: int, low: int, depth: int) -> Value:
        value = self._argument_of(UINT)
        return -1 - value if self.data[start] >> 5 == NEGATIVE else value

    def _read_bytes(self, start: int, low: int, depth: int) -> Value:
        return self.byte_string()

    def _read_text(self, start: int, low: int, depth: int) -> Value:
        return self.text()

    def _read_array(self, start: int, low: int, depth: int) -> Value:
        return [self.item(depth + 1) for _ in range(self._argument_of(ARRAY))]

    def _read_map(self, start: int, low: int, depth: int) -> Value:
        value: dict[int | str, Value] = {}
        previous = b""
        for _ in range(self._argument_of(MAP)):
            at = self.pos
            key = self.item(depth + 1)
            if isinstance(key, bool) or not isinstance(key, int | str):
                raise CborError(at, "a key is an integer or a text string")
            encoded = self.data[at : self.pos]
            # Strictly ascending, so a key that comes twice is refused by the same comparison: two readers
            # could otherwise take different ones of its values.
            if encoded <= previous:
                raise CborError(at, "RFC 8949, 4.2.1: keys are sorted in bytewise order, each once")
            previous = encoded
            value[key] = self.item(depth + 1)
        return value

    def _read_simple(self, start: int, low: int, depth: int) -> Value:
        value = self._simple_or_float(start, low)
        if isinstance(value, float) and _encode_float(value) != self.data[start : self.pos]:
            raise CborError(start, "RFC 8949, 4.2.1: a float is written in its shortest exact form")
        return value

    def _read_tag(self, start: int, low: int, depth: int) -> Value:
        raise CborError(start, "tags do not occur here")


_SIMPLE_VALUES: dict[int, bool | None] = {20: False, 21: True, 22: None}
_READERS: tuple[Callable[[Decoder, int, int, int], Value], ...] = (
    Decoder._read_int,
    Decoder._read_int,
    Decoder._read_bytes,
    Decoder._read_text,
    Decoder._read_array,
    Decoder._read_map,
    Decoder._read_tag,
    Decoder._read_simple,
)


def loads(data: bytes, limits: DecodingLimits = VALUE_LIMITS) -> Value:
    """Decode one value that `dumps` could have written, and nothing after it.

    Raises:
        CborError: the bytes are not the core deterministic encoding of such a value, or pass a limit.
    """
    decoder = Decoder(bytes(data), limits)
    value = decoder.item()
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
