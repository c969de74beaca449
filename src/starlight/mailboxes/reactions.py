"""Letters pinned to moments of what another brought: which of them are shown there.

Any letter can say that it is pinned to a moment of any part, and may come before the one that it answers. It
is shown there only when both are here, in one conversation, and the part has such a moment; else it is an
answer like any other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlight.messages.delivery import DeliveryState
from starlight.messages.letter import Letter, MediaTime
from starlight.messages.quote import pinned, quoted
from starlight.messages.reaction_view import ReactionView

if TYPE_CHECKING:
    from starlight.mailboxes.mailbox import Mailbox


def reactions_to(mailbox: Mailbox, letter: Letter) -> tuple[ReactionView, ...]:
    """Return the letters that are pinned to a letter's parts, by part and moment."""
    if not letter.parts:
        return ()
    found = []
    for id in mailbox.marks.get(letter.id).pinned:
        answer = mailbox.letter(id)
        at = None if answer is None else _moment(mailbox, answer, letter)
        if answer is None or at is None or _is_withdrawn(mailbox, answer):
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


def _is_withdrawn(mailbox: Mailbox, letter: Letter) -> bool:
    sent = mailbox.sent(letter.id)
    return sent is not None and sent.dispatch.state is DeliveryState.WITHDRAWN
