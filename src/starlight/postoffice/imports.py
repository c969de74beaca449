"""Letters that come back into a mailbox from an export, and the bytes of parts that are not here any more.

What is here stays as it is: a letter with an id that is here already is passed over. Nothing of what is
imported is sent, and nobody is told of it.
"""

from __future__ import annotations

from starlight.archive.imported import ImportedLetter, ImportOutcome
from starlight.archive.kept_letter import KeptLetter, received_of, sent_of, time_of
from starlight.errors import InputError, StoreError
from starlight.mailboxes.decoded import decode_letter
from starlight.mailboxes.mailbox import Mailbox
from starlight.mailboxes.stored_format import LETTER, Body
from starlight.messages.letter import Letter
from starlight.messages.limits import check_address, check_id
from starlight.messages.part_state import PartState, all_here, has_chunk
from starlight.messages.parts import Part
from starlight.node.application import Save


def import_letter(mailbox: Mailbox, kept: KeptLetter, now: int) -> tuple[ImportedLetter, list[Save]]:
    """Take a letter of an export into a mailbox, at a time in ns; return what became of it, and the saves.

    Raises:
        InputError: it is damaged, is no letter of the conversation that it names, or there is no room.
    """
    check_id(kept.id)
    check_address(kept.correspondent)
    stored = kept.stored()
    try:
        letter = decode_letter(LETTER.encode(stored), kept.id)
    except StoreError as error:
        raise InputError(f"it can't be read: {error}", where="payload") from None
    here = mailbox.stored(kept.id)
    if here is not None:
        same = here.payload == stored.payload
        wanted = _wanted(mailbox, letter) if same else ()
        return ImportedLetter(kept.id, ImportOutcome.HERE if same else ImportOutcome.DIFFERS, wanted), []
    _check(kept, letter)
    if not mailbox.has_room():
        raise InputError("the mailbox is full", where="mailbox")
    # Before anything is kept, as they may be refused.
    sent = None if kept.sent is None else sent_of(kept.sent, letter, now)
    received = None if kept.came is None else received_of(kept.came)
    placed_at = time_of(kept.placed_at, "placed_at")
    saves = mailbox.put_letter(letter, stored, placed_at, correspondent=kept.correspondent)
    if sent is not None:
        saves += mailbox.outgoing.put(letter.id, sent)
    if received is not None:
        saves += mailbox.incoming.put(letter.id, received)
    return ImportedLetter(letter.id, ImportOutcome.ADDED, _wanted(mailbox, letter)), saves


def part_to_restore(mailbox: Mailbox, letter_id: str, number: int) -> Part:
    """Return a part of a letter that is here, whose bytes are not.

    Raises:
        InputError: there is no such part, or its bytes are here.
    """
    letter = mailbox.letter(letter_id)
    if letter is None or not 0 <= number < len(letter.parts):
        raise InputError(f"no part {number} of letter {letter_id!r} here", where="part")
    if number not in _wanted(mailbox, letter):
        raise InputError("its bytes are here", where="part")
    return letter.parts[number]


def restore_part(mailbox: Mailbox, letter_id: str, number: int, reference: str, now: int) -> list[Save]:
    """Take an upload as a part of a letter; return the saves.

    Args:
        mailbox, letter_id, number: which part.
        reference: of an upload that is whole.
        now: in ns.

    Raises:
        InputError: it is not the part that the letter describes; the upload is to be dropped.
    """
    part, body = part_to_restore(mailbox, letter_id, number), mailbox.bodies.body(reference)
    if body is None or not _is_of(body, part):
        right = "Take the file from the export that the letter is of"
        raise InputError("its bytes are not those that the letter describes", where="part", right=right)
    before = mailbox.parts.get(letter_id, number)
    saves = [] if before is None else _emptied(mailbox, before)
    saves.append(mailbox.parts.put(letter_id, number, all_here(reference, part, now)))
    return [*saves, *mailbox.uploads.name(reference)]


def _is_of(body: Body, part: Part) -> bool:
    return (body.size, body.chunk_size, body.hash) == (part.size, part.chunk_size, part.hash)


def _wanted(mailbox: Mailbox, letter: Letter) -> tuple[int, ...]:
    """Return the numbers of the parts of a letter that travel alone and are not here whole."""
    found = []
    for number, part in enumerate(letter.parts):
        state = mailbox.parts.get(letter.id, number) if part.chunks else None
        if part.chunks and (state is None or state.arrived_at is None):
            found.append(number)
    return tuple(found)


def _emptied(mailbox: Mailbox, state: PartState) -> list[Save]:
    """Let go of the chunks of a part that are here, when all of it is here again; return the saves."""
    numbers = [number for number in range(state.chunks) if has_chunk(state, number)]
    saves = [mailbox.bodies.put_chunk(state.reference, number, b"") for number in numbers]
    return [*saves, mailbox.part_room.keep(-state.bytes_here)] if numbers else []


def _check(kept: KeptLetter, letter: Letter) -> None:
    """Refuse a letter that says something else than what is told of it."""
    if (letter.sender, letter.to) != (kept.author, kept.to):
        raise InputError("its payload is not of the author and the reader that are told", where="payload")
    if letter.text != kept.text:
        raise InputError("its payload does not say the words that are told", where="text")
    if kept.sent is None and kept.came is None:
        raise InputError("it was neither written nor received", where="came")
