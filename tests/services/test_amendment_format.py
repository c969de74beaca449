"""Amendments on the wire: vectors, exact round trips, what newer versions say, and hostile bytes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from tests.contacts.test_amendments import sets

from starlight.bundle import cbor
from starlight.contacts.amendments import (
    Amendment,
    AmendmentId,
    MissionFact,
    NewContacts,
    NotUnderstood,
    Outage,
    Removed,
    Retracted,
    VersionVector,
)
from starlight.contacts.contact import UNLIMITED_BPS, Contact, LightPiece
from starlight.dtntime import MILLISECOND, SECOND, from_text
from starlight.errors import AmendmentError
from starlight.services.amendment_format import (
    AMENDMENT_MAX_BYTES,
    Carried,
    Known,
    Message,
    decode,
    decode_amendment,
    encode,
    encode_amendment,
)

DOCUMENT = Path(__file__).parents[2] / "docs" / "reference" / "plan-amendments.md"
SETTINGS = settings(deadline=None, derandomize=True, max_examples=100)
NOON = from_text("2051-04-08T12:00:00Z")

STORM = Amendment(20, 1, NOON, (Outage(((20, 30), (30, 20)), NOON, NOON + 3_600 * SECOND, "dust storm"),))
ENDED = Amendment(20, 2, NOON + SECOND, (Retracted(20, 1),))
ALL = Amendment(
    10,
    7,
    NOON,
    (
        NewContacts(
            (
                Contact(
                    0,
                    10,
                    20,
                    NOON,
                    NOON + 60 * SECOND,
                    ((NOON, 256_000), (NOON + 30 * SECOND, UNLIMITED_BPS)),
                    (LightPiece(NOON, 3_600 * SECOND, (751.25, 0.5)),),
                ),
            )
        ),
        Removed(10, 20, NOON),
        MissionFact("epoch", 3),
    ),
)


def carried(amendment: Amendment) -> Carried:
    """Return an amendment with its bytes."""
    return Carried(amendment, encode_amendment(amendment))


VECTORS = {
    "the start of a storm": Message((carried(STORM),), VersionVector({20: ((1, 1),)}), {}),
    "an answer": Message((), VersionVector({10: ((1, 4), (6, 6)), 20: ((1, 1),)}), {}),
    "a retraction, with what is known of others": Message(
        (carried(ENDED),),
        VersionVector({20: ((1, 2),)}),
        {10: Known(NOON // MILLISECOND * MILLISECOND, VersionVector({20: ((1, 1),)}))},
    ),
    "a contact, a removal and a fact": Message((carried(ALL),), VersionVector({10: ((1, 7),)}), {}),
}


def documented() -> dict[str, bytes]:
    """Return the vectors of the reference: a heading each, and the hex below it."""
    text = DOCUMENT.read_text(encoding="utf-8").partition("## Vectors")[2]
    found = re.findall(r"^### ([^\n]+)\n+```\n(.*?)```", text, re.M | re.S)
    return {name: bytes.fromhex("".join(hexed.split())) for name, hexed in found}


@pytest.mark.parametrize("name", VECTORS)
def test_the_vectors_of_the_reference_are_what_is_written_and_read(name: str) -> None:
    """Each vector of docs/reference/plan-amendments.md is the message that it says, byte by byte."""
    message = VECTORS[name]
    author = message.amendments[0].amendment.author if message.amendments else 1
    assert documented().keys() == VECTORS.keys()
    assert documented()[name].hex() == encode(message).hex()
    assert decode(documented()[name], author) == message


@SETTINGS
@given(sets())
def test_an_amendment_comes_as_it_went(found: list[Amendment]) -> None:
    """Whatever an amendment says, its bytes say it, and decode to it exactly; a contact's id says nothing."""
    for amendment in found:
        changes = tuple(
            NewContacts(tuple(replace(each, id=0) for each in change.contacts))
            if isinstance(change, NewContacts)
            else NotUnderstood(77, cbor.dumps([77, 1]))
            if isinstance(change, NotUnderstood)
            else change
            for change in amendment.changes
        )
        plain = replace(amendment, changes=changes)
        data = encode_amendment(plain)
        assert decode_amendment(data, amendment.author) == plain
        assert encode_amendment(decode_amendment(data, amendment.author)) == data


def test_what_a_newer_version_says_is_kept_as_it_came() -> None:
    """Changes of unknown kinds, and known kinds with more to them, are not understood and not destroyed."""
    changes: cbor.Value = [[9, "tides", [1, 2]], [3, "epoch", 5, "a reason"], [3, "site", {1: 2}], [4, 20, 1]]
    data = cbor.dumps({0: 1, 1: NOON, 2: changes, 17: "more"})
    amendment = decode_amendment(data, 10)
    assert [type(change).__name__ for change in amendment.changes] == [
        *(["NotUnderstood"] * 3),
        "Retracted",
    ]
    again = cbor.loads(encode_amendment(amendment))
    assert isinstance(again, dict)
    assert again[2] == changes
    # The whole of it, with the key that is not known here, is what travels and is kept.
    message = decode(cbor.dumps({0: 2, 1: [cbor.loads(data)], 2: {}, 8: "new"}), 10)
    assert message.amendments[0].data == data
    told = cbor.loads(encode(message))
    assert isinstance(told, dict)
    assert told[1] == [cbor.loads(data)]


def test_an_amendment_that_is_none_costs_itself_alone() -> None:
    """What is beside a wrong amendment in a message is taken; the wrong one is named."""
    wrong = cbor.dumps({0: 1, 1: NOON, 2: [[0, [[1, 1]], 0, 5, ""]]})
    payload = cbor.dumps({0: 1, 1: [cbor.loads(wrong), cbor.loads(encode_amendment(STORM))], 2: {}})
    message = decode(payload, 20)
    assert [each.amendment for each in message.amendments] == [STORM]
    assert len(message.refused) == 1
    assert "node 1 to itself" in message.refused[0]


@pytest.mark.parametrize(
    "value",
    [
        [],
        {},
        {0: 0, 2: {}},
        {0: "1", 2: {}},
        {0: 1},
        {0: 1, 1: {}, 2: {}},
        {0: 1, 2: {20: []}},
        {0: 1, 2: {20: [1]}},
        {0: 1, 2: {20: [2, 1]}},
        {0: 1, 2: {20: [0, 1]}},
        {0: 1, 2: {20: [1, 2, 3, 4]}},
        {0: 1, 2: {20: [1, 2, 5, 2**63]}},
        {0: 1, 2: {"x": [1, 2]}},
        {0: 1, 2: {20: [1, True]}},
        {0: 1, 2: {}, 3: {10: [5]}},
        {0: 1, 2: {}, 3: {10: [-5, {}]}},
        {0: 1, 2: {}, 3: {10: [2**60, {}]}},
    ],
    ids=repr,
)
def test_what_is_no_message_is_refused(value: cbor.Value) -> None:
    """A payload of another shape is refused with an error, not taken for half a message."""
    with pytest.raises(AmendmentError):
        decode(cbor.dumps(value), 20)


@pytest.mark.parametrize(
    "changes",
    [
        7,
        [],
        [7],
        [[]],
        [["outage"]],
        [[0]],
        [[0, [], 1, 1, ""]],
        [[0, [[1]], 1, 1, ""]],
        [[0, [[1, 2]], 1, -1, ""]],
        [[0, [[1, 2]], 1, 1, 5]],
        [[1, [1, 2, 0, 5, [], [[0, 1, [0.0]]], False, 1.0]]],
        [[1, [1, 2, 0, 5, [[0]], [[0, 1, [0.0]]], False, 1.0]]],
        [[1, [1, 2, 0, 5, [[0, 8]], [[0, 0, [0.0]]], False, 1.0]]],
        [[1, [1, 2, 0, 5, [[0, 8]], [[0, 1, [1]]], False, 1.0]]],
        [[1, [1, 2, 0, 5, [[0, 8]], [[0, 1, [0.0]]], 0, 1.0]]],
        [[2, 1, 2]],
        [[2, 1, 2, "now"]],
        [[3, "epoch"]],
        [[3, 5, "epoch"]],
        [[4, 1]],
        [[4, 1, None]],
    ],
    ids=repr,
)
def test_a_change_that_is_none_is_refused(changes: cbor.Value) -> None:
    """A change of a known kind that lacks something, or has something of another type, is refused."""
    with pytest.raises(AmendmentError):
        decode_amendment(cbor.dumps({0: 1, 1: NOON, 2: changes}), 10)


def test_sizes_have_limits() -> None:
    """An amendment beyond its limit, and more amendments than a message may hold, are refused."""
    text = "x" * 4_000
    large = Amendment(
        10, 1, NOON, tuple(MissionFact(f"{n}", text) for n in range(AMENDMENT_MAX_BYTES // 4_000 + 1))
    )
    with pytest.raises(AmendmentError, match="65536 bytes"):
        decode_amendment(encode_amendment(large), 10)
    small = cbor.loads(encode_amendment(ENDED))
    with pytest.raises(AmendmentError, match="1024"):
        decode(cbor.dumps({0: 1, 1: [small] * 1_025, 2: {}}), 20)
    with pytest.raises(AmendmentError):
        decode(b"\x00" * 300_000, 20)


@SETTINGS
@given(st.sampled_from(sorted(VECTORS)), st.data())
def test_damaged_bytes_raise_nothing_else(name: str, data: st.DataObject) -> None:
    """Bytes that are cut short or changed are a message or an `AmendmentError`, never anything else."""
    payload = bytearray(encode(VECTORS[name]))
    for _ in range(data.draw(st.integers(1, 4))):
        payload[data.draw(st.integers(0, len(payload) - 1))] = data.draw(st.integers(0, 255))
    try:
        message = decode(bytes(payload[: data.draw(st.integers(0, len(payload)))]), 20)
    except AmendmentError:
        return
    assert all(each.amendment.id == AmendmentId(20, each.amendment.number) for each in message.amendments)
