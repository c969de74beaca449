"""The letters of one mailbox that brought something which programs made for programs, such as a map.

A view draws what came last of these, among a hundred thousand letters that it need not look through. So which
they are is a record of its own, written with the letter; it names letters, and the mailbox has the last word.
"""

from __future__ import annotations

from collections import Counter

from starlight.mailboxes import stored_format
from starlight.mailboxes.decoded import DecodedRecords
from starlight.mailboxes.records import PROGRAMS
from starlight.messages.announced import Announced
from starlight.messages.letter import Letter
from starlight.messages.parts import is_of_program
from starlight.node.application import Save

OF_ONE_AUTHOR = 64
"""Kept of one author: a robot's runs of a season. Who sends without end displaces only their own."""

KEPT_MAX = 256
"""Of all authors: more than a page shows. Each stays a letter of its conversation in any case."""


class ProgramLetters:
    """The letters of one mailbox that came with parts of programs.

    Args:
        address: of the mailbox.
        records: of all mailboxes of the node.
    """

    def __init__(self, address: str, records: DecodedRecords) -> None:
        self._address = address
        self._decoded = records

    def latest(self) -> list[str]:
        """Return the ids of those that were noted, what came last first; some may have been erased since."""
        return [each.letter for each in reversed(self._kept())]

    def note(self, letter: Letter) -> list[Save]:
        """Keep that a letter brought such a part, if it did and came from elsewhere."""
        if letter.sender == self._address or not any(is_of_program(part.media_type) for part in letter.parts):
            return []
        of_author: Counter[str] = Counter()
        kept: list[Announced] = []
        for each in (Announced(letter.id, letter.sender), *reversed(self._kept())):
            of_author[each.author] += 1
            if of_author[each.author] <= OF_ONE_AUTHOR and len(kept) < KEPT_MAX:
                kept.append(each)
        save = Save(self._address, PROGRAMS, stored_format.ANNOUNCED.encode(tuple(reversed(kept))))
        self._decoded.records.put(save)
        return [save]

    def _kept(self) -> tuple[Announced, ...]:
        return self._decoded.read(self._address, PROGRAMS, stored_format.ANNOUNCED) or ()
