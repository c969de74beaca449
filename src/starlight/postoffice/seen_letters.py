"""The letters that an author had read when another was written, as that letter tells them.

Light lies between writing and reading: a letter that seems to pass over another was written before that one
came. So a letter names the last ones of its conversation that its author had read, and its reader sees what
it could answer to. Each costs 17 bytes of a thin link; so there are a few at most, and only those that no
letter of the same author has told of: none where nothing was read since, nor the one that is answered, as
that one is named anyway.
"""

from __future__ import annotations

from starlight.mailboxes.author_ids import id_of_author
from starlight.mailboxes.known_formats import OLDEST
from starlight.mailboxes.mailbox import Mailbox
from starlight.messages.delivery import DeliveryState

TOLD_AT_MOST = 4
"""Letters that one letter names: 68 bytes, a few seconds of the thinnest link here."""

UNTOLD = (DeliveryState.WITHDRAWN, DeliveryState.EXPIRED)
"""The ends of a letter by which it may have told nobody anything."""

LOOKED_AT = 32
"""Letters of the conversation that are looked through, so that to write costs the same in the longest one."""


def last_read(mailbox: Mailbox, correspondent: str, answered: str | None) -> tuple[str, ...]:
    """Return the ids, as their author knows them, of the last letters read that no letter has told of yet.

    Args:
        mailbox: of who writes.
        correspondent: to whom.
        answered: the id of the letter that is answered, which is not told again.
    """
    if correspondent == mailbox.address:
        return ()
    letters = mailbox.page(correspondent, limit=LOOKED_AT).letters
    told_at = -1
    for letter in letters:
        sent = mailbox.sent(letter.id)
        # What was taken back, or expired here, may have told nobody; and format 1 has no place for it.
        if sent is not None and letter.format > OLDEST and sent.dispatch.state not in UNTOLD:
            told_at = max(told_at, sent.written_at)
    found: list[tuple[int, str]] = []
    for letter in letters:
        received = mailbox.received(letter.id)
        read_at = received.read_at if received is not None else None
        if read_at is not None and read_at > told_at and letter.id != answered:
            found.append((read_at, letter.id))
    return tuple(id_of_author(mailbox, id) for _, id in sorted(found)[-TOLD_AT_MOST:])
