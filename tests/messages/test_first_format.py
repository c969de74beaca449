"""Format 1: what goes in comes out, what others wrote is read, and whatever else comes raises LetterError."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from starlight.bundle import cbor
from starlight.bundle.cbor import Value
from starlight.errors import InputError, LetterError
from starlight.messages.first_format import MARK, VERSION, encode_first
from starlight.messages.format import PAYLOAD_MAX_BYTES, Message, decode_message
from starlight.messages.group_keys import GroupNews
from starlight.messages.letter import (
    READINGS_MAX,
    RECEIPT_FACTS_MAX,
    TEXT_MAX_BYTES,
    TIME_MAX,
    Letter,
    Newer,
    Receipt,
    ReceiptFact,
    Telemetry,
)
from starlight.messages.limits import check
from starlight.messages.wire_values import Envelope

quick = settings(deadline=None, derandomize=True, max_examples=150)

addresses = st.sampled_from(["ipn:7.1", "ipn:977000.20.1", "dtn://seoul/jay"])
times = st.integers(0, TIME_MAX)
ids = st.builds("{}/{}/{}".format, addresses, st.integers(0, 10**10), st.integers(1, 10**6))


@st.composite
def letters(draw: st.DrawFn) -> Letter:
    sender = draw(addresses)
    return Letter(
        id=f"{sender}/{draw(st.integers(0, 10**10))}/{draw(st.integers(1, 10**6))}",
        thread=draw(st.text(min_size=1, max_size=60)),
        sender=sender,
        to=draw(addresses),
        written_at=draw(times),
        text=draw(st.text(max_size=400)),
        reply_to=draw(st.none() | ids),
        receipt_wanted=draw(st.booleans()),
    )


receipts = st.lists(
    st.builds(ReceiptFact, ids, st.sampled_from(["arrived", "read"]), times), min_size=1, max_size=5
).map(lambda facts: Receipt(tuple(facts)))
readings = st.dictionaries(
    st.text(min_size=1, max_size=16),
    st.integers(-TIME_MAX, TIME_MAX)
    | st.floats(-1e18, 1e18, allow_nan=False, allow_infinity=False)
    | st.text(max_size=100),
    max_size=6,
)
telemetry = st.builds(
    Telemetry,
    addresses,
    times,
    st.sampled_from(["rover", "suit"]),
    st.none() | st.tuples(st.floats(-90, 90), st.floats(-180, 360)),
    readings,
)
messages = letters() | receipts | telemetry
First = Letter | Receipt | Telemetry


def decode(payload: bytes) -> Message:
    """Return the message that a payload is, from a bundle that says nothing of it."""
    return decode_message(payload, Envelope("ipn:9.9", "ipn:8.8", 0))


@quick
@given(messages)
def test_what_goes_in_comes_out(message: First) -> None:
    """Decoding is the inverse of encoding, and one message has one encoding."""
    payload = encode_first(message)
    again = decode(payload)
    assert again == message
    assert encode_first(again) == payload


@quick
@given(st.binary(max_size=200))
def test_random_bytes_raise_the_documented_error(data: bytes) -> None:
    """Hostile input raises only the documented error that says offset and rule broken."""
    with pytest.raises(LetterError, match="at byte"):
        decode(data)


@quick
@given(messages, st.data())
def test_mutated_bytes_raise_the_documented_error(message: First, data: st.DataObject) -> None:
    """A mutated payload is either another valid message or a LetterError."""
    payload = bytearray(encode_first(message))
    for _ in range(data.draw(st.integers(1, 3))):
        payload[data.draw(st.integers(0, len(payload) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(LetterError):
        again = decode(bytes(payload))
        assert not isinstance(again, Newer | GroupNews)
        check(again)


GOOD = [MARK, VERSION, 1, "ipn:7.1/0/1", "t", "ipn:7.1", "ipn:20.1", 0, "hello", None, True]
ROVER = [MARK, VERSION, 3, "ipn:30.1", 0, "rover", [1.5, 2.0], {"a": 1}]
DROP = object()


def _changed(items: list[Value], index: int, value: Value) -> list[Value]:
    return [
        value if position == index else item
        for position, item in enumerate(items)
        if not (value is DROP and position == index)
    ]


@pytest.mark.parametrize(
    ("items", "index", "value", "words"),
    [
        (GOOD, 0, 1, "begins with"),
        (GOOD, 1, 2, "version 1"),
        (GOOD, 2, 9, "a letter of 11 items"),
        (GOOD, 10, DROP, "a letter of 11 items"),
        (GOOD, 3, "ipn:8.1/0/1", "begins with its sender's address"),
        (GOOD, 3, "ipn:7.1/" + "1" * 200, "id has 208 bytes"),
        (GOOD, 3, 5, "id is text"),
        (GOOD, 4, "", "thread has 0 bytes"),
        (GOOD, 6, "i" * 129, "to has 129 bytes"),
        (GOOD, 7, -1, "from 2000 to 2292"),
        (GOOD, 7, TIME_MAX + 1, "from 2000 to 2292"),
        (GOOD, 7, 1.5, "written at is an integer"),
        (GOOD, 7, True, "written at is an integer"),
        (GOOD, 8, b"bytes", "text is text"),
        (GOOD, 8, "x" * (TEXT_MAX_BYTES + 1), "text has 1000001 bytes"),
        (GOOD, 9, 0, "reply to is text"),
        (GOOD, 10, 1, "receipt wanted is true or false"),
        ([MARK, VERSION, 2, []], 3, [], "1 to 256 facts"),
        ([MARK, VERSION, 2, []], 3, [["a", 1, 0]] * (RECEIPT_FACTS_MAX + 1), "1 to 256 facts"),
        ([MARK, VERSION, 2, []], 3, [["a", 3, 0]], "arrived"),
        ([MARK, VERSION, 2, []], 3, [["a", 1]], "three items"),
        ([MARK, VERSION, 2, []], 3, ["a"], "array"),
        ([MARK, VERSION, 2, []], 3, {}, "array"),
        (ROVER, 6, [91.0, 0.0], "latitude"),
        (ROVER, 6, [2, 0.0], "floats"),
        (ROVER, 6, [float("nan"), 0.0], "latitude"),
        (ROVER, 6, [1.0], "latitude"),
        (ROVER, 6, ["1", "2"], "latitude"),
        (ROVER, 7, {1: 2}, "map text"),
        (ROVER, 7, {"a": None}, "map text"),
        (ROVER, 7, {"a": True}, "map text"),
        (ROVER, 7, {"a": float("inf")}, "finite"),
        (ROVER, 7, {"a": 2**63}, "63 bits"),
        (ROVER, 7, {"a" * 65: 1}, "65 bytes"),
        (ROVER, 7, {"a": "x" * 1001}, "1001 bytes"),
        (ROVER, 7, {f"r{n}": n for n in range(READINGS_MAX + 1)}, "at most 64 readings"),
    ],
)
def test_each_rule(items: list[Value], index: int, value: Value, words: str) -> None:
    """Each rule and limit of the format has its own words."""
    with pytest.raises(LetterError, match=words):
        decode(cbor.dumps(_changed(items, index, value)))


def test_the_longest_letter_fits() -> None:
    """The limit of a payload leaves room for the longest text with all else at its limit."""
    sender = "dtn://" + "a" * 122
    letter = Letter(
        id=f"{sender}/{'9' * 31}",
        thread="t" * 257,
        sender=sender,
        to=sender,
        written_at=TIME_MAX,
        text="x" * TEXT_MAX_BYTES,
        reply_to="r" * 160,
    )
    assert decode(encode_first(letter)) == letter
    with pytest.raises(LetterError, match=f"at most {PAYLOAD_MAX_BYTES} bytes"):
        decode(bytes(PAYLOAD_MAX_BYTES + 1))


def test_a_person_hears_what_is_wrong() -> None:
    """A limit that a person passes is told with the value and what would be right."""
    wrong = Telemetry("ipn:30.1", 0, "", None, {})
    with pytest.raises(InputError, match=r"kind has 0 bytes\. It has 1 to 64 bytes"):
        check(wrong)


def test_the_bytes_of_a_letter() -> None:
    """The format is fixed: these are the bytes of version 1, written out by hand."""
    letter = Letter(
        id="ipn:7.1/5/1", thread="t", sender="ipn:7.1", to="ipn:20.1", written_at=5 * 10**9, text="hi"
    )
    assert encode_first(letter) == bytes.fromhex(
        "8b 1957a2 01 01 6b69706e3a372e312f352f31 6174 6769706e3a372e31 6869706e3a32302e31"
        " 1b000000012a05f200 626869 f6 f5"
    )


RECORDED = [
    line.split()
    for line in (Path(__file__).parent / "fixtures" / "first_release_payloads.txt").read_text().splitlines()
    if not line.startswith("#")
]


@pytest.mark.parametrize(("source", "destination", "digits"), RECORDED)
def test_what_the_first_release_wrote_is_read(source: str, destination: str, digits: str) -> None:
    """Each payload that it made is a message, and would be made again byte for byte."""
    payload = bytes.fromhex(digits)
    message = decode_message(payload, Envelope(source, destination, 0))
    assert isinstance(message, Letter | Receipt | Telemetry)
    assert encode_first(message) == payload
    if isinstance(message, Letter):
        assert (message.sender, message.to, message.format) == (source, destination, 1)
        assert message.text in ("Can you hear me? 안녕", "I can.")
    elif isinstance(message, Telemetry):
        assert (message.vehicle, message.readings["finding"]) == (source, "basalt")
