"""Copies of a letter, read and understood: believed of those whom it went to, and of nobody else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlight.messages.letter import Act, Letter
from starlight.messages.marks import CopiedBy

if TYPE_CHECKING:
    from starlight.mailboxes.mailbox import Mailbox


def copies_of(mailbox: Mailbox, letter: Letter, copied: tuple[CopiedBy, ...]) -> tuple[CopiedBy, ...]:
    """Return those who have read and understood a letter, of those who say so.

    Args:
        mailbox: where it is.
        letter: that they speak of.
        copied: who say so (`LetterMarks.copied`).
    """
    return tuple(each for each in copied if _is_reader(mailbox, letter, each.address))


def counts_as_copy(mailbox: Mailbox, letter: Letter) -> bool:
    """Return whether a letter may be a copy of the one that it answers; one that is not here may be any."""
    about = None if letter.reply_to is None else mailbox.letter(letter.reply_to)
    return letter.act == Act.COPY and (about is None or _is_reader(mailbox, about, letter.sender))


def _is_reader(mailbox: Mailbox, letter: Letter, address: str) -> bool:
    if address == letter.sender:
        return False
    if not letter.group:
        return address in (letter.readers or (letter.to,))
    # As it came, a letter to a group names its readers at this node alone; the others are those of the group.
    group = mailbox.groups.get(letter.group)
    return address in letter.readers or (group is not None and address in group.people)
