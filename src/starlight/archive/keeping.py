"""The letters of a mailbox as an export keeps them."""

from __future__ import annotations

from starlight import dtntime
from starlight.archive.kept_letter import (
    KeptComing,
    KeptLetter,
    KeptPart,
    base64_of,
    kept_sending,
    text_of,
)
from starlight.mailboxes.mailbox import Mailbox
from starlight.messages.letter import Letter
from starlight.messages.part_view import part_view


def kept_letters(mailbox: Mailbox, correspondent: str, before: str | None, limit: int) -> list[KeptLetter]:
    """Return the last letters of a conversation, or those before one, as an export keeps them.

    A letter that can't be read is set aside, and not among them.

    Args:
        mailbox: in which they are.
        correspondent: with whom.
        before: the id of a letter of the conversation; None for the last.
        limit: how many at most.

    Raises:
        InputError: no such letter is in this conversation.
    """
    page = mailbox.page(correspondent, before, limit)
    return [kept for letter in page.letters if (kept := _kept(mailbox, correspondent, letter)) is not None]


def _kept(mailbox: Mailbox, correspondent: str, letter: Letter) -> KeptLetter | None:
    stored, sent, received = mailbox.stored(letter.id), mailbox.sent(letter.id), mailbox.received(letter.id)
    if stored is None:
        return None
    coming = None
    if received is not None:
        arrived_at = dtntime.to_text(received.arrived_at, 9)
        coming = KeptComing(arrived_at, text_of(received.read_at))
    entry = mailbox.index.entry(letter.id)
    return KeptLetter(
        id=letter.id,
        correspondent=correspondent,
        payload=base64_of(stored.payload),
        source=stored.source,
        destination=stored.destination,
        # A record of the first version has no envelope, and its payload says all.
        created=dtntime.to_text(stored.created, 9) if stored.source else "",
        bundle_priority=stored.priority,
        placed_at=dtntime.to_text(entry.written_at, 9),
        author=letter.sender,
        to=letter.to,
        written_at=dtntime.to_text(letter.written_at, 9),
        text=letter.text,
        thread=letter.thread,
        topic=letter.thread_name,
        answers=entry.reply_to or "",
        sent=None if sent is None else kept_sending(sent),
        came=coming,
        parts=tuple(_kept_part(mailbox, letter, number) for number in range(len(letter.parts))),
    )


def _kept_part(mailbox: Mailbox, letter: Letter, number: int) -> KeptPart:
    view = part_view(number, letter.parts[number], mailbox.parts.get(letter.id, number), None)
    return KeptPart(
        number=number,
        kind=view.kind,
        media_type=view.media_type,
        size_bytes=view.size_bytes,
        name=view.name,
        transcript=view.transcript,
        duration_ms=view.duration_ms,
        here=view.is_here,
    )
