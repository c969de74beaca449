"""Letters pinned to moments of what another brought: which of them are shown there.

Any letter can say that it is pinned to a moment of any part, and may come before the one that it answers. It
is shown there only when both are here, in one conversation, and the part has such a moment; else it is an
answer like any other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlight.messages.letter import Letter, MediaTime
from starlight.messages.quote import pinned, quoted
from starlight.messages.reaction_view import ReactionView

if TYPE_CHECKING:
    from starlight.mailboxes.mailbox import Mailbox


def reactions_to(mailbox: Mailbox, letter: Letter, pinned_to: tuple[str, ...]) -> tuple[ReactionView, ...]:
    """Return the letters that are pinned to a letter's parts, by part and moment, of those that say so.

    Args:
        mailbox: where it is.
        letter: whose parts.
        pinned_to: the ids of letters that say they are pinned to it (`LetterMarks.pinned`).
    """
    found = []
    for id in pinned_to:
        answer = mailbox.letter(id)
        at = None if answer is None else _moment(mailbox, answer, letter)
        if answer is None or at is None or mailbox.outgoing.is_withdrawn(id):
            continue
        words = quoted(answer.id, answer).text
        found.append(ReactionView(answer.id, at.part, at.at_ms, answer.sender, text=words))
    return tuple(sorted(found, key=lambda each: (each.part, each.at_ms, each.id)))


def _moment(mailbox: Mailbox, answer: Letter, letter: Letter) -> MediaTime | None:
    """Return to which moment of a letter another is pinned; None where that may not say so, or to none."""
    index = mailbox.index
    if not index.has(answer.id):
        return None
    if index.entry(answer.id).correspondent != index.entry(letter.id).correspondent:
        return None
    return pinned(answer, letter)
