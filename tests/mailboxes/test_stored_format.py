"""Stored records: a version before each, older ones read for ever, newer and damaged ones refused as such."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from tests.messages.helpers import JAY, NANYOUNG

from starlight.errors import StoreError
from starlight.mailboxes import stored_format
from starlight.mailboxes.decoded import decode_letter
from starlight.mailboxes.stored_format import Card, ClientKey, KeptTelemetry, RecordKind, StoredLetter
from starlight.messages.delivery import Received
from starlight.messages.dispatch import Dispatch, Sent
from starlight.messages.first_format import encode_first
from starlight.messages.letter import Letter

TEXT = Letter(id=f"{JAY}/0/1", thread="t", sender=JAY, to=NANYOUNG, written_at=0, text="words")
SENT = Sent(number=1, written_at=0, expires_at=9, receipt_wanted=True, dispatch=Dispatch(size_bytes=5))
KINDS: list[tuple[RecordKind[Any], object]] = [
    (stored_format.CARD, Card("Jay", 5, True)),
    (stored_format.LETTER, StoredLetter(JAY, NANYOUNG, 7, b"\x00whatever came")),
    (stored_format.SENT, SENT),
    (stored_format.RECEIVED, Received(arrived_at=5, told_arrival=True)),
    (stored_format.CLIENT_KEY, ClientKey("7f3a", "0" * 32, b"\x00" * 32, 5)),
    (stored_format.TELEMETRY, KeptTelemetry(3, 9, b"payload", 7)),
]


@pytest.mark.parametrize(("kind", "value"), KINDS)
def test_a_record_comes_back_as_it_was(kind: RecordKind[Any], value: object) -> None:
    """Each kind is framed by its version; a payload is kept byte for byte, whatever it is."""
    data = kind.encode(value)
    assert msgspec.msgpack.decode(data)[0] == kind.version
    assert kind.decode(data) == value


@pytest.mark.parametrize(("kind", "value"), KINDS)
def test_a_newer_record_is_refused_as_that(kind: RecordKind[Any], value: object) -> None:
    """Whatever a newer version put into the frame, its number is told and nothing of it is taken."""
    for newer, inside in ((kind.version + 1, value), (200, "anything"), (70_000, None)):
        with pytest.raises(StoreError, match=f"version {newer}; this Starlight reads 1 to {kind.version}"):
            kind.decode(msgspec.msgpack.encode((newer, inside)))


@pytest.mark.parametrize(("kind", "value"), KINDS)
def test_a_cut_record_is_damaged(kind: RecordKind[Any], value: object) -> None:
    """A record that ends early, or goes on, is none; only a letter of version 1 is told by its payload."""
    data = kind.encode(value)
    for damaged in (data[:2], data[:-1], data + b"\x00", b"\x92", b"\x92\xc1"):
        with pytest.raises(StoreError):
            kind.decode(damaged)


def test_a_letter_of_version_1_is_the_payload_alone() -> None:
    """What was saved before there was a frame is read as what it is, by what it says itself."""
    assert decode_letter(encode_first(TEXT), TEXT.id) == TEXT
    framed = stored_format.LETTER.encode(StoredLetter(JAY, NANYOUNG, 3, encode_first(TEXT)))
    assert decode_letter(framed, TEXT.id) == TEXT
    for wrong in (b"", b"\xc1", b"\x00"):
        with pytest.raises(StoreError):
            decode_letter(wrong, TEXT.id)


def test_maps_of_version_1_are_read() -> None:
    """Cards, arrivals and readings were maps."""
    card = msgspec.msgpack.encode({"person": "Jay", "opened_at": 5, "is_open": False})
    assert stored_format.CARD.decode(card) == Card("Jay", 5, False)
    assert stored_format.RECEIVED.decode(msgspec.msgpack.encode({"arrived_at": 5})) == Received(arrived_at=5)
    kept = msgspec.msgpack.encode({"number": 1, "received_at": 2, "payload": b"x"})
    assert stored_format.TELEMETRY.decode(kept) == KeptTelemetry(1, 2, b"x")
