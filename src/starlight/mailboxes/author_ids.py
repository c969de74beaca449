"""The ids by which the authors of letters know them, which need not be those of a mailbox.

Whoever has seen an id on its way could write a letter of his own with it. So an id tells apart only the
letters of one author; where two authors use the same, the letter that comes second has its author's address
before its id here, and to its author it is told of by the id without.
"""

from __future__ import annotations

from msgspec.structs import replace

from starlight.mailboxes.mailbox import Mailbox
from starlight.messages.letter import Content, Letter


def under_own_id(mailbox: Mailbox, letter: Letter) -> Letter:
    """Return a letter that comes with an id that is its own in a mailbox."""
    here = mailbox.letter(letter.id)
    if here is None or here.sender == letter.sender:
        return letter
    return replace(letter, id=f"{letter.sender}/{letter.id}")


def letter_from(mailbox: Mailbox, author: str, id: str) -> Letter | None:
    """Return the letter that its author knows by an id, or None when it is not in a mailbox."""
    for name in (id, f"{author}/{id}"):
        letter = mailbox.letter(name)
        if letter is not None and letter.sender == author and letter.content is Content.LETTER:
            return letter
    return None


def id_of_author(mailbox: Mailbox, letter_id: str) -> str:
    """Return the id by which the author of a letter in a mailbox knows it."""
    letter = mailbox.letter(letter_id)
    # In format 1 an id begins with the author's address for everyone.
    if letter is None or letter.format == 1:
        return letter_id
    return letter_id.removeprefix(f"{letter.sender}/")
