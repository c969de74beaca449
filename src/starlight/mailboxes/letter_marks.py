"""Marks of letters: what others do to one, and what its reader has noted: replaced, obsolete, copied.

An act may come before the letter that it is about. So what is told of a letter is kept under its id, with who
told it, and believed only when the letter is here and says whose it is.
"""

from __future__ import annotations

from msgspec.structs import replace

from starlight.errors import InputError
from starlight.mailboxes import stored_format
from starlight.mailboxes.decoded import DecodedRecords
from starlight.messages.letter import Act, Letter
from starlight.messages.marks import Claim, CopiedBy, LetterMarks
from starlight.node.application import Erase, Save

COPIES_MAX = 64
"""Who have read and understood a letter: everyone in a group."""

CLAIMS_MAX = 64
"""Authors who say that they replaced a letter: only its own is believed, and a group has so many others."""

PINNED_MAX = 128
"""Letters shown at moments of one letter's parts: a thought every two seconds of a song. A page reads them
all; one beyond that is an answer like any other."""

REMINDERS_MAX = 256
"""In one mailbox: more than anybody can be reminded of."""

MARK = "mark/"
REMINDERS = "reminders"


class Marks:
    """The marks of the letters in one mailbox.

    Args:
        address: of the mailbox.
        records: of all mailboxes of the node.
    """

    def __init__(self, address: str, records: DecodedRecords) -> None:
        self._address = address
        self._decoded = records
        self._reminders: dict[str, int] | None = None

    def get(self, letter_id: str) -> LetterMarks:
        """Return what is told of a letter, here or not."""
        return self._decoded.read(self._address, MARK + letter_id, stored_format.MARKS) or LetterMarks()

    def note(self, letter: Letter, *, is_copy: bool) -> list[Save]:
        """Keep what a letter does to another; nothing where it does nothing.

        Args:
            letter: that came, or was written here.
            is_copy: it says that its author has read and understood the other, and may.
        """
        saves: list[Save] = []
        if letter.replaces is not None:
            known = self.get(letter.replaces)
            claim = Claim(letter.sender, letter.id, letter.written_at)
            claimed = known.with_claim(claim, CLAIMS_MAX)
            if claimed != known:
                saves.append(self._put(letter.replaces, claimed))
        if letter.reply_to is None:
            return saves
        known = self.get(letter.reply_to)
        if letter.act == Act.OBSOLETE and letter.sender not in known.obsolete_of:
            said_by = (*known.obsolete_of, letter.sender)[:COPIES_MAX]
            saves.append(self._put(letter.reply_to, replace(known, obsolete_of=said_by)))
        copiers = {each.address for each in known.copied}
        if is_copy and letter.sender not in copiers and len(copiers) < COPIES_MAX:
            copied = (*known.copied, CopiedBy(letter.sender, letter.written_at))
            saves.append(self._put(letter.reply_to, replace(known, copied=copied)))
        if letter.media_time is not None:
            known = self.get(letter.reply_to)
            if letter.id not in known.pinned and len(known.pinned) < PINNED_MAX:
                saves.append(self._put(letter.reply_to, replace(known, pinned=(*known.pinned, letter.id))))
        return saves

    def reminders(self) -> dict[str, int]:
        """Return when the mailbox's owner wants to be reminded of which letters, in ns, by id."""
        return dict(self._noted())

    def reminder(self, letter_id: str) -> int | None:
        """Return when the owner wants to be reminded of a letter, in ns; None for not at all."""
        return self._noted().get(letter_id)

    def remind(self, letter_id: str, at: int | None) -> Save:
        """Set when the owner wants to be reminded of a letter, in ns; None for no more.

        Raises:
            InputError: there are too many.
        """
        found = {id: time for id, time in self._noted().items() if id != letter_id}
        if at is not None:
            if len(found) >= REMINDERS_MAX:
                right = f"Take one of {REMINDERS_MAX} back"
                raise InputError("there are too many reminders", where="at", right=right)
            found[letter_id] = at
        save = Save(self._address, REMINDERS, stored_format.REMINDERS.encode(found))
        self._decoded.records.put(save)
        self._reminders = found
        return save

    def erase(self, letter_id: str) -> list[Save | Erase]:
        """Erase what is told and noted of a letter; return what makes that durable."""
        erased: list[Save | Erase] = []
        if self._decoded.records.get(self._address, MARK + letter_id) is not None:
            erased.append(self._decoded.erase(self._address, MARK + letter_id))
        if letter_id in self._noted():
            erased.append(self.remind(letter_id, None))
        return erased

    def _noted(self) -> dict[str, int]:
        # Read once: each letter that a page shows asks for its own.
        if self._reminders is None:
            kept = self._decoded.read(self._address, REMINDERS, stored_format.REMINDERS)
            self._reminders = kept or {}
        return self._reminders

    def _put(self, letter_id: str, marks: LetterMarks) -> Save:
        save = Save(self._address, MARK + letter_id, stored_format.MARKS.encode(marks))
        self._decoded.records.put(save)
        return save
