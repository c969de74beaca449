"""Which letters of a mailbox brought what programs made: the latest, some of each author."""

from __future__ import annotations

from starlight.mailboxes.decoded import DecodedRecords
from starlight.mailboxes.mailbox import Mailbox, MailboxLimits
from starlight.mailboxes.program_letters import KEPT_MAX, OF_ONE_AUTHOR, ProgramLetters
from starlight.mailboxes.records import MemoryRecords, is_known
from starlight.messages.letter import Letter
from starlight.messages.parts import PROGRAM_TYPES, Part, is_of_program

OWNER, ROVER = "ipn:7.1", "ipn:21.1"


def letter(number: int, sender: str = ROVER, media_type: str = f"{PROGRAM_TYPES}search-map") -> Letter:
    """Return a letter with one part."""
    part = Part(media_type=media_type, data=b"x", size=1)
    return Letter(
        id=f"{number:032x}", thread="t", sender=sender, to=OWNER, written_at=number, text="", parts=(part,)
    )


def noted(records: MemoryRecords) -> ProgramLetters:
    return ProgramLetters(OWNER, DecodedRecords(records))


def test_letters_with_such_parts_are_noted_and_no_others() -> None:
    """The latest first; not what has pictures, and not what was written here. A new start knows them."""
    records = MemoryRecords()
    programs = noted(records)
    assert programs.latest() == []
    for each in (letter(1), letter(2, media_type="image/png"), letter(3, sender=OWNER), letter(4)):
        assert len(programs.note(each)) == (each.id in (letter(1).id, letter(4).id))
    assert noted(records).latest() == [letter(4).id, letter(1).id]
    assert is_known("programs")


def test_who_sends_without_end_displaces_only_their_own() -> None:
    """Of one author so many are kept, and of all so many; the latest."""
    programs = noted(MemoryRecords())
    programs.note(letter(1, "ipn:22.1"))
    for number in range(2, OF_ONE_AUTHOR + 12):
        programs.note(letter(number))
    assert len(programs.latest()) == OF_ONE_AUTHOR + 1
    assert programs.latest()[-1] == letter(1).id
    assert programs.latest()[0] == letter(OF_ONE_AUTHOR + 11).id
    for number in range(1_000, 1_000 + KEPT_MAX):
        programs.note(letter(number, f"ipn:{number}.1"))
    assert len(programs.latest()) == KEPT_MAX


def test_a_record_that_is_damaged_is_set_aside() -> None:
    """Then nothing is noted, and what comes next is noted anew."""
    records = MemoryRecords()
    box = Mailbox(OWNER, MailboxLimits(), DecodedRecords(records))
    (save,) = box.programs.note(letter(1))
    records.put(type(save)(save.mailbox, save.key, b"damaged"))
    assert box.programs.latest() == []
    assert box.set_aside == 1
    box.programs.note(letter(2))
    assert box.programs.latest() == [letter(2).id]


def test_a_media_type_is_told_by_how_it_begins() -> None:
    """As RFC 6838 says, capitals do not matter; another vendor's is another's."""
    assert is_of_program("Application/vnd.Starlight.run-verdict")
    assert not is_of_program("application/vnd.starlightyear")
