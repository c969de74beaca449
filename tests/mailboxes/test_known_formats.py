"""Whose Starlight reads what: learnt from what comes, kept, and never from what is older."""

from __future__ import annotations

import pytest
from tests.messages.helpers import JAY, NANYOUNG

from starlight.dtntime import DAY, SECOND
from starlight.mailboxes import stored_format
from starlight.mailboxes.known_formats import KnownFormats, format_told
from starlight.mailboxes.records import FORMAT, MemoryRecords
from starlight.mailboxes.stored_format import KnownFormat
from starlight.messages.format import Message
from starlight.messages.letter import Letter, Newer, Receipt, ReceiptFact, Telemetry
from starlight.messages.parts import Chunk
from starlight.node.application import Save

HEX = "a0" * 16
OLD_LETTER = Letter(id=f"{NANYOUNG}/5/1", thread="t", sender=NANYOUNG, to=JAY, written_at=0)
NEW_ID = f"{NANYOUNG}/{HEX}"


@pytest.mark.parametrize(
    ("message", "told"),
    [
        (Letter(id=HEX, thread="t", sender=NANYOUNG, to=JAY, written_at=0, format=2), 2),
        (Letter(id=NEW_ID, thread="t", sender=NANYOUNG, to=JAY, written_at=0), 2),
        (OLD_LETTER, 1),
        (Letter(id=f"{NANYOUNG}/{'1' * 31}", thread="t", sender=NANYOUNG, to=JAY, written_at=0), 1),
        (Receipt((ReceiptFact(HEX, "arrived", 0),), format=2), 2),
        (Receipt((ReceiptFact(f"{JAY}/{HEX}", "arrived", 0),)), 1),
        (Receipt((ReceiptFact(f"{JAY}/5/1", "arrived", 0),)), None),
        (Telemetry(NANYOUNG, 0, "rover", format=2), 2),
        (Telemetry(NANYOUNG, 0, "rover"), None),
        (Chunk(HEX, 0, 0, b"x"), 2),
        (Newer(3, 0, None), 2),
    ],
)
def test_what_a_message_tells(message: Message, told: int | None) -> None:
    """Format 2, or an id of its form in a letter of format 1, tells of 2; the opposite tells of 1."""
    assert format_told(message) == told


def test_nobody_is_written_to_in_what_they_may_not_read() -> None:
    """Who has not been heard from is written to in the oldest format that the node is told of."""
    assert KnownFormats(MemoryRecords()).to_write(JAY, NANYOUNG) == 1
    assert KnownFormats(MemoryRecords(), 2).to_write(JAY, NANYOUNG) == 2
    formats = KnownFormats(MemoryRecords(), 2)
    formats.heard(JAY, NANYOUNG, OLD_LETTER, 5)
    assert formats.to_write(JAY, NANYOUNG) == 1
    assert formats.known("ipn:7.2", NANYOUNG) is None


def test_what_was_learnt_is_kept() -> None:
    """What is known outlives a restart; a record that can't be read is learnt anew."""
    records = MemoryRecords()
    (save,) = KnownFormats(records).heard(JAY, NANYOUNG, Newer(3, 0, None), 5)
    again = MemoryRecords()
    again.put(save)
    assert KnownFormats(again).known(JAY, NANYOUNG) == 2
    again.put(type(save)(save.mailbox, save.key, b"?"))
    assert KnownFormats(again).known(JAY, NANYOUNG) is None
    assert KnownFormats(again).heard(JAY, NANYOUNG, Newer(3, 0, None), 5)


def test_what_is_older_changes_nothing() -> None:
    """A letter that was on its way for years says what its author's Starlight was then."""
    formats = KnownFormats(MemoryRecords())
    assert formats.heard(JAY, NANYOUNG, Newer(3, 0, None), 9 * DAY)
    assert formats.heard(JAY, NANYOUNG, OLD_LETTER, 8 * DAY) == []
    assert formats.known(JAY, NANYOUNG) == 2
    assert formats.heard(JAY, NANYOUNG, OLD_LETTER, 10 * DAY)
    assert formats.known(JAY, NANYOUNG) == 1


def test_not_every_message_costs_a_record() -> None:
    """The same again within a day is not saved; a day later it is, so that what is older is known."""
    formats = KnownFormats(MemoryRecords())
    assert formats.heard(JAY, NANYOUNG, OLD_LETTER, DAY)
    assert formats.heard(JAY, NANYOUNG, OLD_LETTER, 2 * DAY - SECOND) == []
    assert formats.heard(JAY, NANYOUNG, OLD_LETTER, 2 * DAY)


def test_ever_new_senders_leave_only_so_many_records() -> None:
    """One of whom nothing is known takes the slot of who was silent for longest, also after a restart."""
    records = MemoryRecords()
    formats = KnownFormats(records, most=3)
    for number in range(50):
        formats.heard(JAY, f"ipn:{30 + number}.1", Newer(3, 0, None), number)
        formats.heard(JAY, NANYOUNG, Newer(3, 0, None), (1 + number) * DAY)
    for known in (formats, KnownFormats(records, most=3)):
        assert known.known(JAY, NANYOUNG) == 2, "she was never silent for long"
        assert [known.known(JAY, f"ipn:{30 + number}.1") for number in (46, 47, 48, 49)] == [None, None, 2, 2]
    assert len(records.of_kind(JAY, FORMAT)) == 3


def test_a_record_of_an_earlier_version_is_read() -> None:
    """Records under the address of the correspondent are read until something newer is heard."""
    records = MemoryRecords()
    records.put(Save(JAY, FORMAT + NANYOUNG, stored_format.FORMAT.encode(KnownFormat(2, 5))))
    formats = KnownFormats(records)
    assert formats.known(JAY, NANYOUNG) == 2
    assert formats.heard(JAY, NANYOUNG, OLD_LETTER, 4) == []
    assert formats.heard(JAY, NANYOUNG, OLD_LETTER, 6)
    assert formats.known(JAY, NANYOUNG) == KnownFormats(records).known(JAY, NANYOUNG) == 1
