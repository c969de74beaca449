"""The CBOR of bundles and letters (RFC 8949; RFC 9171, 4.1)."""

from __future__ import annotations

import ast
import math
from collections.abc import Callable

import cbor2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.bundle import wire

from starlight.bundle.cbor import Value, dumps, encode_head, encode_uint, loads, skip
from starlight.bundle.decoder import VALUE_LIMITS, Decoder, DecodingLimits
from starlight.errors import CborError

ROWS = [line.split(" ", 1) for line in (wire.AUTHORITIES / "rfc8949_appendix_a.txt").read_text().splitlines()]

KEYS = st.integers(-(2**64), 2**64 - 1) | st.text(max_size=6)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**64), 2**64 - 1)
    | st.floats(allow_nan=False)
    | st.binary(max_size=40)
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=20,
)


@pytest.mark.parametrize(("encoding", "literal"), ROWS, ids=[row[0][:20] for row in ROWS])
def test_examples_of_rfc8949(encoding: str, literal: str) -> None:
    """RFC 8949, appendix A: Examples of Encoded CBOR Data Items."""
    value = ast.literal_eval(literal)
    assert dumps(value) == bytes.fromhex(encoding)
    assert loads(bytes.fromhex(encoding)) == value


def test_not_a_number() -> None:
    """RFC 8949, 4.2.2: NaN is written as 0xf97e00."""
    assert dumps(math.nan) == b"\xf9\x7e\x00"
    value = loads(b"\xf9\x7e\x00")
    assert isinstance(value, float)
    assert math.isnan(value)


@settings(deadline=None, derandomize=True, max_examples=200)
@given(VALUES)
def test_values_survive_and_agree_with_another_library(value: Value) -> None:
    """What dumps writes, loads and an independent decoder read back, and write the same."""
    encoded = dumps(value)
    assert loads(encoded) == value == cbor2.loads(encoded)
    assert dumps(loads(encoded)) == encoded


@settings(deadline=None, derandomize=True, max_examples=500)
@given(st.binary(max_size=60))
def test_what_is_read_is_written_the_same(data: bytes) -> None:
    """Core deterministic encoding: one value has one encoding, and loads accepts no other."""
    error = wire.refusal(loads, data, CborError)
    assert dumps(loads(data)) == data if error is None else 0 <= error.offset <= len(data)


@pytest.mark.parametrize(
    ("data", "offset", "rule"),
    [
        ("", 0, "ends inside"),
        ("18", 0, "ends inside"),
        ("1817", 0, "shortest"),
        ("1900ff", 0, "shortest"),
        ("1a0000ffff", 0, "shortest"),
        ("1b00000000ffffffff", 0, "shortest"),
        ("581802", 0, "ends inside"),
        ("4261", 0, "ends inside"),
        ("6261", 0, "ends inside"),
        ("580161", 0, "shortest"),
        ("62c328", 0, "UTF-8"),
        ("1c", 0, "reserved"),
        ("8201", 2, "ends inside"),
        ("9f01ff", 0, "indefinite"),
        ("5f4101ff", 0, "indefinite"),
        ("ff", 0, "indefinite"),
        ("c101", 0, "tags"),
        ("f7", 0, "simple"),
        ("f818", 0, "simple"),
        ("f93c", 0, "ends inside"),
        ("fa3f800000", 0, "shortest exact"),
        ("fb3ff0000000000000", 0, "shortest exact"),
        ("0101", 1, "nothing may follow"),
        ("a2020001 00".replace(" ", ""), 3, "sorted"),
        ("a201000100", 3, "sorted"),
        ("a1f500", 1, "key"),
        ("a1400 0".replace(" ", ""), 1, "key"),
        ("81" * 20 + "00", 17, "nested deeper"),
    ],
)
def test_refusals_say_where_and_why(data: str, offset: int, rule: str) -> None:
    """A CborError says the offset and the rule."""
    with pytest.raises(CborError, match=rule) as caught:
        loads(bytes.fromhex(data))
    assert caught.value.offset == offset


def test_limits() -> None:
    """Size and count have limits, whatever an array's head claims."""
    with pytest.raises(CborError, match="longer than 4 bytes"):
        loads(bytes(5), DecodingLimits(4, 4, 4))
    with pytest.raises(CborError, match="more than 4 items"):
        loads(b"\x85" + bytes(5), DecodingLimits(9, 4, 4))
    with pytest.raises(CborError, match="ends inside"):
        loads(b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff")
    with pytest.raises(CborError, match="ends inside"):
        loads(b"\x5b\xff\xff\xff\xff\xff\xff\xff\xff")


def test_what_has_no_encoding() -> None:
    """Misuse by the caller is a ValueError or TypeError, never bytes that mean something else."""
    for wrong in (-1, 2**64):
        for encode in (encode_uint, lambda value: encode_head(2, value)):
            with pytest.raises(ValueError, match="64 bits"):
                encode(wrong)
    with pytest.raises(ValueError, match="64 bits"):
        dumps(-(2**64) - 1)
    with pytest.raises(TypeError, match="set"):
        dumps({1, 2})  # type: ignore[arg-type]  # a kind that is not in its list
    for key in (True, 1.5, b"x"):
        with pytest.raises(TypeError, match="key"):
            dumps({key: 1})  # type: ignore[dict-item]  # a kind of key that is not in its list


@pytest.mark.parametrize("value", [0, 23, 24, 255, 256, 65535, 65536, 2**32 - 1, 2**32, 2**64 - 1])
def test_heads_are_shortest(value: int) -> None:
    """RFC 8949, 4.2.1: the argument is as short as it can be."""
    for major in range(6):
        assert Decoder(encode_head(major, value)[:9]).data[0] >> 5 == major
    assert encode_uint(value) == encode_head(0, value) == cbor2.dumps(value)
    assert encode_head(1, value) == cbor2.dumps(-1 - value)


SKIPPED = [
    "00",
    "3903e7",
    "43010203",
    "63616263",
    "5f42010243030405ff",
    "7f61616162ff",
    "83010203",
    "9f018202039f0405ffff",
    "a201020304",
    "bf61610161629f0203ffff",
    "f4",
    "f6",
    "f93c00",
    "fb3ff199999999999a",
]


@pytest.mark.parametrize("data", SKIPPED)
def test_any_item_is_passed_over_whole(data: str) -> None:
    """RFC 9171, 4.1: indefinite-length items are not prohibited."""
    decoder = Decoder(bytes.fromhex(data) + b"\x07")
    skip(decoder)
    assert decoder.uint() == 7
    decoder.finish()


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        ("", "ends inside"),
        ("43", "ends inside"),
        ("5f6161ff", "chunk"),
        ("5f5f4101ffff", "chunk"),
        ("7f41 61ff".replace(" ", ""), "chunk"),
        ("bf01ff", "value for each key"),
        ("9f01", "ends inside"),
        ("1f", "no indefinite length"),
        ("ff", "no indefinite length"),
        ("c100", "tags"),
        ("f7", "simple"),
        ("3c", "reserved"),
        ("81" * 20, "nested deeper"),
        ("9f" * 20, "nested deeper"),
        ("9b00000000ffffffff", "shortest"),
        ("9bffffffffffffffff00", "ends inside"),
    ],
)
def test_what_can_not_be_passed_over(data: str, rule: str) -> None:
    """An item that is not well-formed is refused even where its content does not matter."""
    with pytest.raises(CborError, match=rule):
        skip(Decoder(bytes.fromhex(data)))


@pytest.mark.parametrize(
    ("read", "data", "rule"),
    [
        (Decoder.uint, "20", "a negative integer"),
        (Decoder.uint, "f4", "simple value"),
        (Decoder.uint, "ff", "break"),
        (Decoder.uint, "", "ends inside"),
        (Decoder.byte_string, "60", "a byte string belongs here, not a text string"),
        (Decoder.byte_string, "5f4101ff", "definite length"),
        (Decoder.byte_string, "5bffffffffffffffff", "ends inside"),
        (Decoder.text, "40", "a text string belongs here"),
        (Decoder.text, "7f4101ff", "a text string belongs here"),
        (Decoder.text, "7f7f6161ffff", "definite length"),
        (Decoder.text, "7f6161", "ends inside"),
        (Decoder.array, "a0", "an? array belongs here, not a map"),
        (Decoder.array, "", "ends inside"),
        (Decoder.boolean, "00", "a Boolean belongs here"),
        (Decoder.boolean, "", "ends inside"),
    ],
)
def test_wrong_types(read: Callable[[Decoder], object], data: str, rule: str) -> None:
    """Each reading method refuses an item of another kind."""
    with pytest.raises(CborError, match=rule):
        read(Decoder(bytes.fromhex(data)))


def test_reading_methods() -> None:
    """The decoder pulls items off the bytes, each at a known offset."""
    decoder = Decoder(bytes.fromhex("9f8201187f43616263" + "7f61616162ff" + "f5" + "ff"), VALUE_LIMITS)
    assert decoder.array() is None
    assert decoder.array() == 2
    assert [decoder.uint(), decoder.uint()] == [1, 127]
    decoder.close(2, 2, 1, "two items")
    assert decoder.byte_range() == (6, 9)
    assert decoder.text() == "ab"
    assert decoder.boolean() is True
    decoder.close(None, 3, 0, "three items")
    decoder.finish()
    assert decoder.pos == 17


@pytest.mark.parametrize(("head", "length"), [("97", 23), ("9818", 24), ("990100", 256)])
def test_array_heads(head: str, length: int) -> None:
    """An array says how many items follow."""
    assert Decoder(bytes.fromhex(head)).array() == length


def test_longer_heads_where_they_are_allowed() -> None:
    """Without the canonical check a longer head than needed means the same number."""
    for data in ("07", "1807", "190007", "1a00000007", "1b0000000000000007"):
        assert Decoder(bytes.fromhex(data), canonical=False).uint() == 7
