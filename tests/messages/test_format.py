"""Format 2: its page, vectors and rules; what is unknown is kept; whatever else comes raises LetterError."""

from __future__ import annotations

import ast
import contextlib
import re
from pathlib import Path
from typing import Any

import cbor2
import cddl_verifier
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from starlight.bundle import cbor
from starlight.bundle.cbor import Value
from starlight.dtntime import MILLISECOND, from_text
from starlight.errors import LetterError
from starlight.messages.conversation_order import thread_of
from starlight.messages.format import (
    PAYLOAD_MAX_BYTES,
    decode_message,
    encode_message,
    stand_in,
)
from starlight.messages.group import (
    NUMBER_MAX,
    Group,
    GroupName,
    Membership,
    Stamp,
    founded,
    group_id,
    renamed,
    with_members,
)
from starlight.messages.group_keys import GroupNews
from starlight.messages.letter import (
    RECEIPT_FACTS_MAX,
    TEXT_MAX_BYTES,
    TIME_MAX,
    Act,
    Content,
    Distress,
    Letter,
    MediaTime,
    MissingChunks,
    Newer,
    Opening,
    Receipt,
    ReceiptFact,
    RefusedPart,
    Telemetry,
)
from starlight.messages.parts import (
    CHUNKS_MAX,
    PARTS_MAX,
    PREVIEW_MAX_BYTES,
    Chunk,
    Part,
    Premiere,
    PremiereCode,
)
from starlight.messages.wire_values import Envelope

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "letter-format.md").read_text(encoding="utf-8")
ENVELOPE = Envelope("ipn:20.1", "ipn:7.1", from_text("2051-04-02T05:32:07.125Z"))
ID, OTHER = "00112233445566778899aabbccddeeff", "a0" * 16
GROUP = "group:" + "b0" * 16
quick = settings(deadline=None, derandomize=True, max_examples=150)


def letter(**said: object) -> Letter:
    """Return a letter that says nothing, but for what is given."""
    nothing = Letter(
        id=ID,
        thread=thread_of(ENVELOPE.source, ENVELOPE.destination),
        sender=ENVELOPE.source,
        to=ENVELOPE.destination,
        written_at=ENVELOPE.created,
        format=2,
    )
    return replace(nothing, **said)


# The page.

VECTORS = re.findall(r"^### (.+?)\n.*?```edn\n(.*?)\n```\n\n```hex\n(.*?)\n```", PAGE, re.M | re.S)
SCHEMA = cddl_verifier.Validator("\n".join(re.findall(r"```cddl\n(.*?)```", PAGE, re.S)))


def is_in_tables(payload: bytes) -> bool:
    """Return whether a validator that others wrote finds a payload in the tables of the page."""
    root = "first-format" if payload[0] >> 5 == 4 else "message"
    return bool(SCHEMA.validate(payload, root_type=root).valid)


GARDEN = with_members(
    renamed(founded("ipn:7.1", b"\xa0" * 16, "Us", ["ipn:20.1"]), "ipn:20.1", "The garden"),
    "ipn:20.1",
    ["ipn:7.3"],
    [],
)
MEANT: dict[str, object] = {
    "Short letter": letter(text="Good night, Jay."),
    "Answer with all that a letter may say": letter(
        text="Yes.",
        written_at=ENVELOPE.created - 90_000 * MILLISECOND,
        readers=("ipn:7.1", "group:family"),
        thread=OTHER,
        thread_name="The garden",
        reply_to=OTHER,
        priority=2,
        critical=True,
        receipt_wanted=False,
        seen=(OTHER, "ipn:7.1/1617341000/4"),
    ),
    "Question in a group, about a moment of a song": letter(
        text="Who sings here?",
        thread=GROUP,
        reply_to=OTHER,
        act=Act.QUESTION,
        group=GROUP,
        membership=b"\xc0" * 8,
        media_time=MediaTime(0, 41_000),
    ),
    "Letter for later, in place of another": letter(
        text="Water the ferns.",
        opens=Opening(from_text("2051-05-03T06:00:00Z"), "landed", unless_back=True),
        replaces=OTHER,
    ),
    "Distress": letter(
        text="The door does not open.",
        distress=Distress(0, (-8.5, 239.25), {"oxygen_percent": 19.5}),
        priority=2,
        critical=True,
    ),
    "Distress, answered": letter(
        distress=Distress(2, by="ipn:21.3", by_at=from_text("2051-05-02T06:58:00Z")),
        priority=2,
        critical=True,
    ),
    "Part in its letter": letter(
        parts=(
            Part(kind=1, media_type="audio/ogg", data=b"OggS", size=4, duration_ms=1500, transcript="hello"),
        )
    ),
    "Part on its own": letter(
        text="Look.",
        parts=(
            Part(
                kind=2,
                media_type="image/webp",
                hash=bytes.fromhex("4a499ffe444267f02f381fbdb348648404e5da682bbc647790c7ddf12f143da4"),
                size=1030,
                preview=b"\x89P",
                preview_type="image/webp",
                name="sol-7.webp",
                width=64,
                height=48,
                chunk_size=1024,
            ),
        ),
    ),
    "Smaller picture before the full one, and a premiere": letter(
        parts=(
            Part(kind=2, data=b"\0", size=1, smaller_of=1),
            Part(kind=2, data=b"\0\1", size=2),
            Part(
                data=b"\2",
                size=1,
                premiere=Premiere(
                    from_text("2051-05-03T06:00:00Z"), PremiereCode.ONE_LIGHT_TIME_LATER, later_ms=1_013_000
                ),
            ),
        )
    ),
    "Second chunk of that part": Chunk(
        ID,
        0,
        1,
        b"basalt",
        (bytes.fromhex("4a6b0eca2b66517005340af44839cd68e93127ee374851dccb60ee2c577cafcb"),),
    ),
    "Receipt for one letter": Receipt((ReceiptFact(OTHER, "arrived", ENVELOPE.created),), format=2),
    "Receipt that says more": Receipt(
        (
            ReceiptFact(OTHER, "arrived", ENVELOPE.created - 3_600_000 * MILLISECOND),
            ReceiptFact("ipn:7.1/1617341000/4", "read", ENVELOPE.created),
            ReceiptFact(OTHER, "arrived", ENVELOPE.created, 2),
        ),
        (MissingChunks(OTHER, 1, ((3, 2), (9, 1))),),
        format=2,
    ),
    "State of a group": GroupNews(GARDEN.id, GARDEN),
    "Telemetry of a rover": Telemetry(
        "ipn:20.1",
        ENVELOPE.created - 500 * MILLISECOND,
        "rover",
        (-8.5, 239.25),
        {"battery_percent": 81, "finding": "basalt"},
        2,
    ),
    "Letter in format 1": letter(id=f"ipn:20.1/{ID}", text="Good night, Jay.", format=1),
}


def diagnostic(text: str) -> object:
    """Return the value of CBOR's diagnostic notation, of which the page uses what Python nearly has."""
    text = re.sub(r"h'([0-9a-f]*)'", lambda match: repr(bytes.fromhex(match[1])), text)
    for theirs, ours in (("true", "True"), ("false", "False"), ("null", "None")):
        text = re.sub(rf"\b{theirs}\b", ours, text)
    return ast.literal_eval(text)


@pytest.mark.parametrize(("name", "notation", "digits"), VECTORS, ids=[name for name, _, _ in VECTORS])
def test_a_vector_is_what_it_says(name: str, notation: str, digits: str) -> None:
    """Each vector means what is said of it, to us, to another CBOR library and to a CDDL validator."""
    payload = bytes.fromhex("".join(digits.split()))
    assert cbor2.dumps(diagnostic(notation), canonical=True) == payload
    assert cbor2.loads(payload) == cbor.loads(payload) == diagnostic(notation)
    assert is_in_tables(payload)
    meant = MEANT[name]
    assert isinstance(meant, Letter | Receipt | Telemetry | Chunk | GroupNews)
    assert decode_message(payload, ENVELOPE) == meant
    assert encode_message(meant, ENVELOPE) == payload


def test_every_kind_has_a_vector() -> None:
    """The page has the bytes of each kind of message."""
    assert {name for name, _, _ in VECTORS} == set(MEANT)
    assert {type(meant) for meant in MEANT.values()} == {Letter, Receipt, Telemetry, Chunk, GroupNews}


# What goes in comes out.

ids = st.binary(min_size=16, max_size=16).map(bytes.hex)
any_ids = ids | st.sampled_from(["ipn:7.1/5/1", f"ipn:7.1/{ID}"])
times = st.integers(0, TIME_MAX // MILLISECOND).map(lambda ms: ms * MILLISECOND)
before = st.integers(0, 10**12).map(lambda ms: ENVELOPE.created - ms * MILLISECOND)
positions = st.none() | st.tuples(st.floats(-90, 90), st.floats(-180, 360))
readings = st.dictionaries(
    st.text(min_size=1, max_size=16),
    st.integers(-TIME_MAX, TIME_MAX)
    | st.floats(-1e18, 1e18, allow_nan=False, allow_infinity=False)
    | st.text(max_size=100),
    max_size=6,
)
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.text(max_size=20)
    | st.binary(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.integers(0, 99), inner, max_size=3),
    max_leaves=6,
)
unknown: Any = st.dictionaries(st.integers(32, 2**32) | st.text(max_size=8), values, max_size=2)


@st.composite
def some_parts(draw: st.DrawFn) -> Part:
    data = draw(st.none() | st.binary(max_size=40))
    chunk_size = draw(st.sampled_from([1024, 262144, 524288]))
    return Part(
        kind=draw(st.integers(0, 255)),
        media_type=draw(st.sampled_from(["audio/ogg", "application/octet-stream"])),
        data=data,
        hash=draw(st.binary(min_size=32, max_size=32)) if data is None else None,
        size=draw(st.integers(1, min(2**28, CHUNKS_MAX * chunk_size))) if data is None else len(data),
        duration_ms=draw(st.none() | st.integers(0, 2**40)),
        preview=draw(st.none() | st.binary(max_size=40)),
        preview_type=draw(st.sampled_from(["", "image/webp"])),
        name=draw(st.text(max_size=30)),
        width=draw(st.none() | st.integers(0, 50_000)),
        height=draw(st.none() | st.integers(0, 50_000)),
        transcript=draw(st.text(max_size=30)),
        chunk_size=chunk_size,
        unknown=draw(unknown),
        smaller_of=draw(st.none() | st.integers(8, 63)),
        premiere=draw(
            st.none()
            | st.builds(
                lambda *said: Premiere(*said), times, st.integers(0, 255), unknown, st.integers(0, 86_400_000)
            )
        ),
    )


@st.composite
def some_letters(draw: st.DrawFn) -> Letter:
    by = st.sampled_from(["", "ipn:21.3"])
    distress = st.builds(
        lambda *fields: Distress(*fields),
        st.integers(0, 255),
        positions,
        readings,
        unknown,
        by,
        st.none() | times,
    )
    opens = st.builds(lambda *said: Opening(*said), times, st.text(max_size=9), st.booleans(), unknown)
    return letter(
        id=draw(ids),
        thread=draw(ids | st.text(min_size=1, max_size=60)),
        sender=draw(st.sampled_from(["ipn:20.1", "ipn:20.2"])),
        written_at=draw(times),
        text=draw(st.text(max_size=400)),
        reply_to=draw(st.none() | any_ids),
        receipt_wanted=draw(st.booleans()),
        readers=draw(st.sampled_from([(), ("ipn:7.1", "ipn:7.2"), ("group:x",)])),
        thread_name=draw(st.text(max_size=20)),
        priority=draw(st.integers(0, 255)),
        critical=draw(st.booleans()),
        distress=draw(st.none() | distress),
        parts=tuple(draw(st.lists(some_parts(), max_size=3))),
        seen=tuple(draw(st.lists(any_ids, max_size=3))),
        signature=draw(st.none() | st.binary(min_size=64, max_size=64)),
        sealed=draw(st.none() | st.dictionaries(st.integers(0, 9), st.binary(max_size=9))),
        unknown=draw(unknown),
        act=draw(st.integers(0, 255)),
        group=draw(st.just("") | ids.map("group:{}".format)),
        membership=draw(st.just(b"") | st.binary(min_size=8, max_size=8)),
        opens=draw(st.none() | opens),
        replaces=draw(st.none() | any_ids),
        media_time=draw(st.none() | st.builds(MediaTime, st.integers(0, 63), st.integers(0, 10**9))),
    )


some_facts = st.lists(
    st.builds(ReceiptFact, any_ids, st.sampled_from(["arrived", "read"]), before, st.none())
    | st.builds(ReceiptFact, any_ids, st.just("arrived"), before, st.integers(0, 63)),
    min_size=1,
    max_size=6,
)
some_missing = st.lists(
    st.builds(
        MissingChunks,
        ids,
        st.integers(0, 63),
        st.lists(st.tuples(st.integers(0, 99), st.integers(1, 99)), max_size=3).map(tuple),
    ),
    max_size=2,
)
some_refused = st.lists(
    st.builds(RefusedPart, any_ids, st.integers(0, 63), st.integers(0, 255)), max_size=2
).map(tuple)
ORDER = {("arrived", False): 0, ("read", False): 1, ("arrived", True): 2}


def receipt_of(
    facts: list[ReceiptFact],
    missing: list[MissingChunks],
    more: dict[int | str, Value],
    refused: tuple[RefusedPart, ...],
) -> Receipt:
    """Return a receipt whose facts stand in the order in which they travel."""
    facts.sort(key=lambda fact: ORDER[fact.what, fact.part is not None])
    return Receipt(tuple(facts), tuple(missing), more, 2, refused)


some_receipts = st.builds(lambda *said: receipt_of(*said), some_facts, some_missing, unknown, some_refused)
some_telemetry = st.builds(
    Telemetry,
    st.sampled_from(["ipn:20.1", "ipn:20.9"]),
    times,
    st.sampled_from(["rover", "suit"]),
    positions,
    readings,
    st.just(2),
)
some_chunks = st.builds(
    lambda *said: Chunk(*said),
    ids,
    st.integers(0, 63),
    st.integers(0, CHUNKS_MAX - 1),
    st.binary(min_size=1, max_size=50),
    st.lists(st.binary(min_size=32, max_size=32), max_size=4).map(tuple),
)
stamps = st.builds(Stamp, st.integers(0, NUMBER_MAX), st.sampled_from(["", "ipn:7.1", "ipn:20.1"]))
some_groups = st.builds(
    lambda nonce, name, people: Group(group_id("ipn:7.1", nonce), "ipn:7.1", nonce, name, people),
    st.binary(min_size=16, max_size=16),
    st.builds(GroupName, stamps, st.text(min_size=1, max_size=40).filter(str.strip)),
    st.dictionaries(
        st.integers(1, 99).map("ipn:20.{}".format),
        st.builds(Membership, stamps, st.booleans()),
        min_size=1,
        max_size=9,
    ),
)
some_news = st.builds(lambda group, more: GroupNews(group.id, group, more), some_groups, unknown)
messages = some_letters() | some_receipts | some_telemetry | some_chunks | some_news
Said = Letter | Receipt | Telemetry | Chunk | GroupNews


@quick
@given(messages)
def test_what_goes_in_comes_out(message: Said) -> None:
    """Decoding is the inverse of encoding, one message has one encoding, and the CDDL of the page has it."""
    payload = encode_message(message, ENVELOPE)
    assert decode_message(payload, ENVELOPE) == message
    assert cbor2.dumps(cbor2.loads(payload), canonical=True) is not None
    assert is_in_tables(payload)


@quick
@given(st.binary(max_size=200))
def test_random_bytes_raise_the_documented_error(data: bytes) -> None:
    """Hostile input raises only the documented error that says offset and rule broken."""
    with pytest.raises(LetterError, match="at byte"):
        decode_message(data, ENVELOPE)


@quick
@given(messages, st.data())
def test_mutated_bytes_raise_the_documented_error(message: Said, data: st.DataObject) -> None:
    """A mutated payload is either another valid message or a LetterError."""
    payload = bytearray(encode_message(message, ENVELOPE))
    for _ in range(data.draw(st.integers(1, 3))):
        payload[data.draw(st.integers(0, len(payload) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(LetterError):
        decode_message(bytes(payload), ENVELOPE)


# What is left out.


def test_what_the_bundle_says_is_left_out() -> None:
    """The same letter in another bundle says what that one does not: when, by whom, in which thread."""
    short = letter(text="hi")
    assert set(keys_of(short, ENVELOPE)) == {0, 2, 3}
    again = replace(ENVELOPE, created=ENVELOPE.created + 5 * MILLISECOND)
    assert set(keys_of(short, again)) == {0, 2, 3, 4}
    assert set(keys_of(short, replace(ENVELOPE, source="ipn:20.9"))) == {0, 2, 3, 5}
    other = Envelope("ipn:9.1", "ipn:8.1", 0)
    assert set(keys_of(short, other)) == {0, 2, 3, 4, 5, 7}
    assert replace(decode_message(encode_message(short, other), other), to=short.to) == short


def test_who_writes_defaults_is_understood() -> None:
    """A letter that says what it could leave out means the same."""
    wordy: dict[int | str, Value] = {
        0: 2,
        1: 0,
        2: bytes.fromhex(ID),
        3: "hi",
        4: ENVELOPE.created // MILLISECOND,
        5: "ipn:20.1",
        6: ["ipn:7.1"],
        7: "ipn:20.1|ipn:7.1",
        8: "",
        10: 1,
        12: [],
        13: [],
        14: True,
        15: False,
    }
    assert decode_message(cbor.dumps(wordy), ENVELOPE) == letter(text="hi")


def test_times_are_cut_to_the_millisecond() -> None:
    """Both ends know the time of writing to the millisecond, and no better."""
    fine = letter(text="hi", written_at=ENVELOPE.created + 999_999)
    assert decode_message(encode_message(fine, ENVELOPE), ENVELOPE) == letter(text="hi")


def keys_of(message: Said, envelope: Envelope) -> dict[int, Value]:
    """Return the keys that a message travels with."""
    keys = cbor.loads(encode_message(message, envelope))
    assert isinstance(keys, dict)
    return keys


# What is unknown.


@pytest.mark.parametrize(
    "changed",
    [
        *({0: 3}, {0: 2**64 - 1}, {1: 40}, {1: -1}, {-3: None}, {12: [{-7: 1}]}, {11: {-1: 0}}, {0: 3, 3: 5}),
        *({-1: {0: 1, -1: 0}}, {12: [{14: {-1: 0}}]}),
    ],
)
def test_only_a_newer_starlight_reads_it(changed: dict[int | str, Any]) -> None:
    """A later version, an unknown kind and an unknown negative key are for whoever knows them."""
    keys: dict[int | str, Value] = {0: 2, 2: bytes.fromhex(ID), 3: "hi"}
    message = decode_message(cbor.dumps(keys | changed), ENVELOPE)
    assert message == Newer(changed.get(0, 2), changed.get(1, 0), ID)


@pytest.mark.parametrize(
    "changed",
    [
        *({-1: None}, {-1: {}}, {-1: {2: True}}, {-2: None}, {-2: 7}, {19: b"short"}, {20: b"short"}),
        *({21: [0]}, {21: [64, 0]}, {18: 256}, {12: [{13: 0}]}, {12: [{13: 64}]}, {12: [{14: {}}]}),
        {12: [{14: None}]},
    ],
)
def test_a_letter_that_says_when_it_may_be_read_says_it_rightly(changed: dict[int | str, Any]) -> None:
    """An opening, a replacement, a group or an act that is none is refused, never taken for its absence."""
    keys: dict[int | str, Value] = {0: 2, 2: bytes.fromhex(ID), 3: "hi"}
    with pytest.raises(LetterError):
        decode_message(cbor.dumps(keys | changed), ENVELOPE)


def test_a_newer_letter_without_an_id_is_newer_still() -> None:
    """Only what is fixed for ever is asked of a later version."""
    assert decode_message(cbor.dumps({0: 3}), ENVELOPE) == Newer(3, 0, None)
    assert decode_message(cbor.dumps({0: 3, 2: "id"}), ENVELOPE) == Newer(3, 0, None)


def test_what_stands_in_for_a_newer_letter_has_its_id() -> None:
    """A letter of a later version is known by its id, so that its author can be told that it arrived."""
    payload = cbor.dumps({0: 3, 2: bytes.fromhex(ID), 3: ["a", "new", "text"]})
    found = stand_in(payload, ENVELOPE, Newer(3, 0, ID))
    assert (found.id, found.receipt_wanted, found.content) == (ID, True, Content.NEWER)
    assert (found.text, found.payload_bytes, found.sender) == ("", len(payload), "ipn:20.1")
    other = stand_in(payload, ENVELOPE, Newer(2, 9, ID))
    assert other.id != ID
    assert not other.receipt_wanted


@pytest.mark.parametrize(
    ("payload", "words"),
    [
        (b"Hello from ION", "Hello from ION"),
        ("두 줄\n".encode(), "두 줄\n"),
        (b"\xff\xfe\x00", ""),
        (b"\x1b[2J gone", ""),
        (b"", ""),
        (b"x" * (TEXT_MAX_BYTES + 1), ""),
    ],
)
def test_what_stands_in_for_a_foreign_payload_shows_its_words(payload: bytes, words: str) -> None:
    """A payload that is no message is shown with its words if it is text that people can read."""
    found = stand_in(payload, ENVELOPE, None)
    assert (found.text, found.content, found.receipt_wanted) == (words, Content.FOREIGN, False)
    assert found == stand_in(payload, ENVELOPE, None)
    assert found.id != stand_in(payload + b".", ENVELOPE, None).id
    assert found.id != stand_in(payload, replace(ENVELOPE, created=0), None).id


# Rules and limits.

GOOD: dict[int | str, Value] = {0: 2, 2: bytes.fromhex(ID), 3: "hello"}
APART: dict[int | str, Value] = {3: bytes(32), 4: 5000}
RECEIPT: dict[int | str, Value] = {0: 2, 1: 1}
ROVER: dict[int | str, Value] = {0: 2, 1: 2, 6: "rover"}
CHUNK: dict[int | str, Value] = {0: 2, 1: 3, 2: bytes.fromhex(ID), 3: b"data"}


BEYOND_THE_TABLES = {
    "a part of 262144 chunks",
    "a part of 4097 chunks",
    "4096 is not 0",
    "latitude",
    "has a hash of 32 bytes",
    "a part has 0 bytes",
    "a part in its letter has 2 bytes",
    "1 to 256 facts",
    "from 2000 to 2292",
}
"""The rules that CDDL can't tell."""


@pytest.mark.parametrize(
    ("keys", "changed", "words"),
    [
        (GOOD, {0: 1}, "version, 2 or later"),
        (GOOD, {0: True}, "version, 2 or later"),
        (GOOD, {1: "letter"}, "kind is an integer"),
        (GOOD, {2: b"short"}, "an id has 16 bytes"),
        (GOOD, {2: "text"}, "id is a byte string"),
        (GOOD, {3: b"bytes"}, "text is text"),
        (GOOD, {3: "x" * (TEXT_MAX_BYTES + 1)}, "text has 1000001 bytes"),
        (GOOD, {4: -1}, "from 2000 to 2292"),
        (GOOD, {4: TIME_MAX}, "from 2000 to 2292"),
        (GOOD, {4: 1.5}, "time is an integer"),
        (GOOD, {5: "a" * 129}, "sender has 129 bytes"),
        (GOOD, {6: "ipn:7.1"}, "readers is an array"),
        (GOOD, {6: [""]}, "readers has 0 bytes"),
        (GOOD, {6: ["x"] * 65}, "at most 64 readers"),
        (GOOD, {7: b"short"}, "thread has 16 bytes, or is text"),
        (GOOD, {7: ""}, "thread has 0 bytes"),
        (GOOD, {8: "n" * 256}, "thread_name has 256 bytes"),
        (GOOD, {9: 5}, "reply to is text"),
        (GOOD, {10: 256}, "priority 256 is not 0 to 255"),
        (GOOD, {10: -1}, "priority -1 is not 0 to 255"),
        (GOOD, {11: True}, "distress is a map"),
        (GOOD, {11: {1: [100.0, 0.0]}}, "latitude"),
        (GOOD, {11: {2: {1: 2}}}, "readings map text"),
        (GOOD, {12: {}}, "parts is an array"),
        (GOOD, {12: [5]}, "a part is a map"),
        (GOOD, {12: [{2: b""}] * (PARTS_MAX + 1)}, "at most 64 parts"),
        (GOOD, {12: [{}]}, "has a hash of 32 bytes"),
        (GOOD, {12: [APART | {4: 0}]}, "a part has 0 bytes"),
        (GOOD, {12: [APART | {4: 2**28 + 1}]}, "a part has 268435457 bytes"),
        (GOOD, {12: [APART | {11: 1023}]}, "a chunk of 1023 bytes"),
        (GOOD, {12: [APART | {11: 2**20}]}, "a chunk of 1048576 bytes"),
        (GOOD, {12: [{2: b"x" * 65537}]}, "a part in its letter has 65537 bytes"),
        (GOOD, {12: [{2: b"x", 4: 2}]}, "a part in its letter has 2 bytes"),
        (GOOD, {12: [APART | {6: bytes(PREVIEW_MAX_BYTES + 1)}]}, "a preview has at most"),
        (GOOD, {12: [APART | {1: ""}]}, "media_type has 0 bytes"),
        (GOOD, {12: [APART | {7: "n" * 256}]}, "name has 256 bytes"),
        (GOOD, {12: [APART | {5: -1}]}, "no duration of a part"),
        (GOOD, {12: [APART | {8: "wide"}]}, "width is an integer"),
        (GOOD, {13: [b"x"]}, "seen has 16 bytes"),
        (GOOD, {13: [bytes(16)] * 65}, "at most 64 seen"),
        (GOOD, {14: 1}, "receipt wanted is true or false"),
        (GOOD, {15: None}, "critical is true or false"),
        (GOOD, {12: [{3: bytes(32), 4: 2**28, 11: 1024}]}, "a part of 262144 chunks"),
        (GOOD, {12: [{3: bytes(32), 4: 4096 * 1024 + 1, 11: 1024}]}, "a part of 4097 chunks"),
        (GOOD, {12: [{3: bytes(32), 4: 0}]}, "a part has 0 bytes"),
        (RECEIPT, {}, "1 to 256 facts"),
        (RECEIPT, {6: [bytes(16), 0, [4095, 2]]}, "4096 is not 0"),
        (RECEIPT, {6: [bytes(16), 0, [0, 2**64 - 1]]}, "is not 0 to 4095"),
        (RECEIPT, {3: [bytes(16), 0] * (RECEIPT_FACTS_MAX + 1)}, "1 to 256 facts"),
        (RECEIPT, {3: [bytes(16)]}, "2 values for each fact"),
        (RECEIPT, {3: [bytes(15), 0]}, "letter id has 16 bytes"),
        (RECEIPT, {3: [bytes(16), -1 - ENVELOPE.created]}, "from 2000 to 2292"),
        (RECEIPT, {3: [bytes(16), ENVELOPE.created]}, "from 2000 to 2292"),
        (RECEIPT, {4: {}}, "what a receipt tells is an array"),
        (RECEIPT, {5: [bytes(16), 64, 0]}, "part 64 is not 0 to 63"),
        (RECEIPT, {6: [bytes(16), 0, [1]]}, "the first and how many"),
        (RECEIPT, {6: [bytes(16), 0, [4096, 1]]}, "chunk 4096 is not"),
        (RECEIPT, {6: [bytes(16), 0, [5, 0]]}, "holds one at least"),
        (RECEIPT, {6: [bytes(16), 0, [0, 1] * 257]}, "at most 256 ranges"),
        (RECEIPT, {7: [bytes(16), 64, 0]}, "part 64 is not 0 to 63"),
        (RECEIPT, {7: [bytes(16), 0, 256]}, "code 256 is not"),
        (RECEIPT, {7: [bytes(16), 0]}, "3 values for each fact"),
        (ROVER, {6: None}, "kind is text"),
        (ROVER, {7: [1, 2]}, "floats"),
        (ROVER, {3: {"a": None}}, "map text"),
        (CHUNK, {2: bytes(15)}, "an id has 16 bytes"),
        (CHUNK, {3: b""}, "a chunk has 1 to"),
        (CHUNK, {3: "text"}, "byte string"),
        (CHUNK, {6: 64}, "part 64"),
        (CHUNK, {7: 4096}, "chunk 4096"),
        (CHUNK, {8: [bytes(31)]}, "hashes of 32 bytes"),
        (CHUNK, {8: [bytes(32)] * 13}, "at most 12 hashes"),
    ],
)
def test_each_rule(keys: dict[int | str, Value], changed: dict[int | str, Value], words: str) -> None:
    """Each rule and limit of the format has its own words."""
    payload = cbor.dumps(keys | changed)
    with pytest.raises(LetterError, match=words):
        decode_message(payload, ENVELOPE)
    assert not is_in_tables(payload) or words in BEYOND_THE_TABLES


def test_another_encoding_of_the_same_is_refused() -> None:
    """One message has one encoding: what is not in core deterministic encoding is no message."""
    payload = cbor.dumps(GOOD)
    for other in (
        cbor2.dumps({**GOOD, 4: cbor2.CBORTag(1, 5)}),
        b"\xbf" + payload[1:] + b"\xff",
        payload + b"\x00",
    ):
        with pytest.raises(LetterError, match="at byte"):
            decode_message(other, ENVELOPE)


def test_the_largest_letter_fits() -> None:
    """The limit of a payload leaves room for the longest text with parts and all else at its own limit."""
    part = Part(data=b"x" * 40_000, size=40_000, name="n" * 255)
    largest = letter(text="x" * TEXT_MAX_BYTES, parts=(part,), seen=(ID,) * 64, thread="t" * 257)
    assert decode_message(encode_message(largest, ENVELOPE), ENVELOPE) == largest
    with pytest.raises(LetterError, match=f"at most {PAYLOAD_MAX_BYTES} bytes"):
        decode_message(bytes(PAYLOAD_MAX_BYTES + 1), ENVELOPE)
