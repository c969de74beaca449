"""A mailbox refuses what it can't take: it is never reported delivered, and is kept apart with the rule."""

from __future__ import annotations

import pytest
from tests.messages.helpers import JAY, MARS, MISSION, NANYOUNG, FakeSky, unit
from tests.postoffice.test_parts import SONG, chunks_of, send

from starlight.bundle import ReasonCode
from starlight.dtntime import HOUR
from starlight.mailboxes import stored_format
from starlight.mailboxes.mailbox import MailboxLimits
from starlight.messages.first_format import encode_first
from starlight.messages.format import encode_message
from starlight.messages.letter import Letter, Receipt, ReceiptFact, Telemetry
from starlight.messages.wire_values import Envelope
from starlight.node.application import Declined, Request, Untaken
from starlight.postoffice.postoffice import PostOffice

HEX = "ab" * 16


@pytest.fixture
def sky() -> FakeSky:
    sky = FakeSky()
    sky.open_all()
    return sky


def come(sky: FakeSky, source: str, payload: bytes) -> list[Request]:
    """Give a payload to Nan-young's post office as her node does; return the answer, which is performed."""
    answer = sky.mars.office.delivered(unit(NANYOUNG, source, payload, 0), sky.now)
    sky.mars.ask(answer)
    return answer


STRAY = encode_first(Letter(id=f"{JAY}/0/1", thread="t", sender=JAY, to=MISSION, written_at=0, text="x"))
"""A letter that is to another than its bundle."""


def letter(source: str = JAY) -> bytes:
    """Return a letter of Jay's as the payload of a bundle from `source` to Nan-young."""
    written = Letter(id=HEX, thread="t", sender=JAY, to=NANYOUNG, written_at=0, text="Believe me.", format=2)
    return encode_message(written, Envelope(source, NANYOUNG, 0))


def forged_receipt(sky: FakeSky) -> bytes:
    """Return a receipt for a letter that Nan-young wrote to Jay."""
    fact = ReceiptFact(sky.write(MARS, NANYOUNG, JAY, "for Jay alone"), "arrived", 0)
    return encode_message(Receipt((fact,), format=2), Envelope(MISSION, NANYOUNG, 0))


def test_what_is_in_another_name_is_declined_and_kept(sky: FakeSky) -> None:
    """A letter to another, telemetry of another, a receipt of a letter to another: each with its rule."""
    readings = encode_message(Telemetry(JAY, 0, "rover", format=2), Envelope(MISSION, NANYOUNG, 0))
    false = [(JAY, STRAY), (MISSION, readings), (MISSION, forged_receipt(sky))]
    for number, (source, payload) in enumerate(false, 1):
        assert Declined(ReasonCode.BLOCK_UNINTELLIGIBLE) in come(sky, source, payload)
        assert len(sky.mars.office.mailbox(NANYOUNG).refused) == number
    kept = [stored_format.REFUSED.decode(sky.mars.saves[NANYOUNG, f"refused/{n}"]) for n in range(3)]
    assert [(each.message.source, each.message.payload) for each in kept] == false
    assert [each.at for each in kept] == [sky.now] * 3
    assert [each.why.partition(" from ")[0].partition(" of ")[0] for each in kept] == [
        "a letter",
        "telemetry",
        "a receipt",
    ]


def test_a_false_chunk_is_declined_and_kept(sky: FakeSky) -> None:
    """A chunk that is not what its letter says; the true one that comes after is taken all the same."""
    send(sky, SONG)
    sky.run(HOUR)
    before = len(sky.mars.office.mailbox(NANYOUNG).refused)
    true = chunks_of(sky)[0].payload
    assert Declined() in come(sky, JAY, true[:-1] + bytes([true[-1] ^ 1]))
    assert len(sky.mars.office.mailbox(NANYOUNG).refused) == before + 1
    assert Declined() not in come(sky, JAY, true)


def test_what_is_shown_to_a_person_is_delivered(sky: FakeSky) -> None:
    """A letter, a duplicate, an unreadable payload, a receipt for a letter unknown here: all are taken."""
    unknown = encode_message(
        Receipt((ReceiptFact("cd" * 16, "arrived", 0),), format=2), Envelope(MISSION, NANYOUNG, 0)
    )
    for source, payload in ((JAY, letter()), (JAY, letter()), (JAY, b"\xff\x00broken"), (MISSION, unknown)):
        assert not [each for each in come(sky, source, payload) if isinstance(each, Declined | Untaken)]
    assert len(sky.mars.office.mailbox(NANYOUNG).refused) == 0


def test_refused_messages_are_bounded_and_outlive_a_restart(sky: FakeSky) -> None:
    """By number and by bytes; beyond, a message is declined all the same and only not kept."""
    size = len(STRAY)
    for limits, most in (
        (MailboxLimits(refused=3), 3),
        (MailboxLimits(refused_bytes=5 * size + 1), 5),
    ):
        office = PostOffice(sky.mars.engine.forecaster, limits, entropy=bytes)
        office.mailboxes.open(NANYOUNG, "Nan-young", 0)
        for _ in range(8):
            assert Declined() in office.delivered(unit(NANYOUNG, JAY, STRAY), 0)
        assert len(office.mailbox(NANYOUNG).refused) == most
    come(sky, JAY, STRAY)
    sky.mars.restart()
    come(sky, JAY, STRAY)
    assert len(sky.mars.office.mailbox(NANYOUNG).refused) == 2
    assert {key for of, key in sky.mars.saves if key.startswith("refused/")} == {"refused/0", "refused/1"}


def test_a_damaged_refused_message_costs_itself_alone(sky: FakeSky) -> None:
    """It is set aside like any record, and the next gets a place of its own."""
    for _ in range(2):
        come(sky, JAY, STRAY)
    sky.mars.saves[NANYOUNG, "refused/0"] = b"\xc1"
    sky.mars.restart()
    assert len(sky.mars.office.mailbox(NANYOUNG).refused) == 1
    come(sky, JAY, STRAY)
    sky.run(sky.now + HOUR)
    assert (NANYOUNG, "refused/0") in sky.mars.aside
    assert (NANYOUNG, "refused/2") in sky.mars.saves


def test_a_refused_letter_owes_nothing(sky: FakeSky) -> None:
    """Neither receipt nor place in the conversation, and its true author can still write under its id."""
    come(sky, MISSION, letter(MISSION))
    sky.run(sky.now + HOUR)
    assert sky.mars.posts == []
    come(sky, JAY, letter())
    assert [each.text for each in sky.mars.office.mailbox(NANYOUNG).inbox()] == ["Believe me."]
