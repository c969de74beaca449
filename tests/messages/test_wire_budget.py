"""The bytes that a short letter and a receipt cost on the wire, in bundles that a real engine made."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from starlight import bundle as bp
from starlight.contacts import ContactPlan
from starlight.dtntime import DAY, MILLISECOND, YEAR, from_text
from starlight.engine.node import Node
from starlight.messages.conversation_order import thread_of
from starlight.messages.format import decode_message, encode_message
from starlight.messages.letter import Letter, Receipt, ReceiptFact
from starlight.messages.wire_values import Envelope
from starlight.node.actions import Persist
from starlight.node.application import Submit
from starlight.node.config import NodeConfig

NOW = from_text("2051-04-02T05:32:07.125Z")
WORDS = (
    "We saw the little red leaf today, so small under the lamp;"
    " it will be a tomato. Good night from all of us here, Jay"
)
PAIRS = [(20, 7), (7, 20), (255, 254), (24, 255)]


def bundle_of(envelope: Envelope, message: Letter | Receipt, lifetime: int) -> bytes:
    """Return the bundle that the engine of the source's node makes of a message, as it leaves."""
    number = int(envelope.source.removeprefix("ipn:").partition(".")[0])
    node = Node(NodeConfig(number, ContactPlan.of([])))
    payload = encode_message(message, envelope)
    submit = Submit("t", envelope.source, envelope.destination, payload, lifetime // MILLISECOND)
    (persisted,) = [action for action in node.handle(submit, NOW) if isinstance(action, Persist)]
    return persisted.data


def read_back(data: bytes, envelope: Envelope) -> object:
    """Return the message in a bundle, from what the bundle says."""
    bundle = bp.decode(data)
    created = bundle.primary.creation_ms * MILLISECOND
    assert (bundle.primary.source.text, bundle.primary.destination.text) == (
        envelope.source,
        envelope.destination,
    )
    return decode_message(bp.payload_of(data), replace(envelope, created=created))


@pytest.mark.parametrize(("here", "there"), PAIRS)
def test_a_letter_of_twenty_words_has_at_most_230_bytes(here: int, there: int) -> None:
    """A 20-word letter (at most 115 bytes of text, no reply, no seen-list) is at most 230 bytes of bundle."""
    assert len(WORDS.encode()) == 115
    envelope = Envelope(f"ipn:{here}.1", f"ipn:{there}.1", NOW)
    letter = Letter(
        id="a0" * 16,
        thread=thread_of(envelope.source, envelope.destination),
        sender=envelope.source,
        to=envelope.destination,
        written_at=NOW,
        text=WORDS,
        format=2,
    )
    data = bundle_of(envelope, letter, 50 * YEAR)
    assert len(data) <= 230
    assert read_back(data, envelope) == letter


@pytest.mark.parametrize(("here", "there"), PAIRS)
@pytest.mark.parametrize("ago", [0, 49 * DAY])
def test_a_receipt_for_one_letter_has_at_most_120_bytes(here: int, there: int, ago: int) -> None:
    """A receipt for one letter is at most 120 bytes of bundle, up to 49 days after what it tells."""
    envelope = Envelope(f"ipn:{here}.1", f"ipn:{there}.1", NOW)
    receipt = Receipt((ReceiptFact("a0" * 16, "arrived", NOW - ago),), format=2)
    data = bundle_of(envelope, receipt, YEAR)
    assert len(data) <= 120
    assert read_back(data, envelope) == receipt
