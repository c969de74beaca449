"""The own letters that not all of their readers have read: those that another letter can wait for."""

from __future__ import annotations

from collections.abc import Callable

from starlight.mailboxes.mailbox import Mailbox
from starlight.messages.delivery import DeliveryState
from starlight.messages.later_view import OwnLetter
from starlight.messages.quote import quoted

CONVERSATIONS, LETTERS, SHOWN = 8, 5, 12
"""Of so many conversations so many letters each are looked at, and so many told: what one just wrote."""

_OVER = (DeliveryState.WITHDRAWN, DeliveryState.EXPIRED)


def unread_there(box: Mailbox, called: Callable[[str], str]) -> tuple[OwnLetter, ...]:
    """Return the latest own letters of a mailbox that not all have read, the last first.

    Args:
        box: the mailbox.
        called: returns what people call a correspondent, by address or group.
    """
    found = []
    for conversation in box.conversations()[:CONVERSATIONS]:
        for letter in box.page(conversation.correspondent, limit=LETTERS).letters:
            courses = box.outgoing.courses(letter.id)
            waited_for = [each for each in courses if each.dispatch.state not in _OVER]
            # Of plain text nobody ever hears that it was read.
            if not waited_for or not all(each.receipt_wanted for each in waited_for):
                continue
            if any(each.read_at is None for each in waited_for):
                words = quoted(letter.id, letter).text
                found.append(
                    OwnLetter(letter.id, called(conversation.correspondent), words, letter.written_at)
                )
    return tuple(sorted(found, key=lambda each: -each.written_at)[:SHOWN])
