"""The decoder of CBOR: items of known kinds, pulled off bytes one after the other (RFC 8949, RFC 9171, 4.1).

It knows the offset of each item, so that a checksum or a signature can be computed over the bytes that
arrived, and allocates no more than the input could fill. It is the hottest code of a node: where a method
does by hand what another could do for it, the call is what was saved.
"""

from __future__ import annotations

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
            raise CborError(pos, f"an unsigned integer belongs here, not a {_name(head)}")
        return self._wide(pos, head)

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
            raise CborError(self.pos, f"a Boolean belongs here, not a {_name(head)}")
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

    def spend(self, start: int, depth: int) -> None:
        """Count an item that begins at `start` inside so many others, and refuse it beyond the limits."""
        self.count += 1
        if self.count > self.limits.count:
            raise CborError(start, f"more than {self.limits.count} items (our limit)")
        if depth > self.limits.depth:
            raise CborError(start, f"nested deeper than {self.limits.depth} (our limit)")

    def _definite(self, major: int) -> int:
        """Read the head of a definite-length string or array; return its length."""
        pos = self.pos
        head = self.peek()
        if head >> 5 != major:
            raise CborError(pos, f"a {MAJOR_NAMES[major]} belongs here, not a {_name(head)}")
        if head & 0x1F == 31:
            raise CborError(pos, f"RFC 9171, 4.3.2: this {MAJOR_NAMES[major]} must have a definite length")
        return self.argument()

    def argument(self) -> int:
        """Read the head of an item of any kind; return its argument: a number, or a length."""
        pos = self.pos
        low = self.data[pos] & 0x1F
        if low < 24:
            self.pos = pos + 1
            return low
        if low > 27:
            raise CborError(pos, f"RFC 8949, 3: additional information {low} is reserved")
        return self._wide(pos, low)

    def _wide(self, pos: int, low: int) -> int:
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
            self.spend(self.pos, 0)
            if self.peek() == 0x7F:
                raise CborError(start, "RFC 8949, 3.2.3: a chunk has a definite length")
            parts.append(self.text())
        self.pos += 1
        return "".join(parts)


def _name(head: int) -> str:
    return "break" if head == BREAK else MAJOR_NAMES[head >> 5]
