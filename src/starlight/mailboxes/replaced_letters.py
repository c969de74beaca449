"""Letters that stand in the place of others: which of the claims that letters make are true in a mailbox.

Any letter can say that it replaces another. That is so only if both are here, in one conversation and by
one author; else it is a letter like any other, and what it claims is not shown. A replacement that its author
took back replaces nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlight.messages.former import FormerView
from starlight.messages.letter import Letter

if TYPE_CHECKING:
    from starlight.mailboxes.mailbox import Mailbox


def replacement_of(mailbox: Mailbox, letter: Letter) -> Letter | None:
    """Return the letter that its author has put in the place of one; None where there is none."""
    # Under the id that its author knows, which is another where somebody had used that up.
    for id in dict.fromkeys((letter.id, letter.id.removeprefix(f"{letter.sender}/"))):
        name = mailbox.marks.get(id).replacement(letter.sender)
        found = None if name is None else mailbox.letter(name)
        if (
            found is not None
            and _stands_for(mailbox, found, letter)
            and not mailbox.outgoing.is_withdrawn(found.id)
        ):
            return found
    return None


def former_of(mailbox: Mailbox, letter: Letter) -> Letter | None:
    """Return the letter that one says it replaces; None where it says so of none, or may not."""
    if letter.replaces is None:
        return None
    for id in (letter.replaces, f"{letter.sender}/{letter.replaces}"):
        found = mailbox.letter(id)
        if found is not None and found.sender == letter.sender:
            return found if _stands_for(mailbox, letter, found) else None
    return None


def claims_too_much(mailbox: Mailbox, letter: Letter) -> bool:
    """Return whether a letter says that it replaces one which is here, and may not."""
    return (
        letter.replaces is not None
        and mailbox.letter(letter.replaces) is not None
        and former_of(mailbox, letter) is None
    )


def former_view(former: Letter) -> FormerView:
    """Return the letter that was replaced, as it is shown with the one in its place."""
    return FormerView(former.id, former.written_at, former.text, len(former.parts))


def _stands_for(mailbox: Mailbox, new: Letter, old: Letter) -> bool:
    """Return whether two letters are by one author in one conversation."""
    index = mailbox.index
    here = new.id != old.id and index.has(new.id) and index.has(old.id)
    return (
        here
        and new.sender == old.sender
        and index.entry(new.id).correspondent == index.entry(old.id).correspondent
    )
