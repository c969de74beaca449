"""The bytes of a part of a letter, wherever they lie: in the letter itself, or in chunks beside it."""

from __future__ import annotations

from collections.abc import Iterator

from starlight.errors import InputError
from starlight.mailboxes.mailbox import Mailbox
from starlight.messages.part_state import has_chunk
from starlight.messages.parts import Part

WAIT = "Wait for the rest"


def part_bytes(mailbox: Mailbox, letter_id: str, number: int) -> tuple[Part, Iterator[bytes]]:
    """Return a part of a letter in a mailbox, and its bytes, a chunk at a time.

    Raises:
        InputError: there is no such part, or it is not here whole.
    """
    part = _part_of(mailbox, letter_id, number)
    if part.data is not None:
        return part, iter((part.data,))
    state = mailbox.parts.get(letter_id, number)
    if state is None or state.arrived_at is None:
        here = state.bytes_here if state else 0
        raise InputError(f"{here} of its {part.size} bytes are here", where="part", right=WAIT)
    return part, mailbox.bodies.read(state.reference, state.chunks)


def whole_part(mailbox: Mailbox, letter_id: str, number: int, most: int) -> bytes:
    """Return all bytes of a part of a letter in a mailbox.

    Args:
        mailbox: whose letter.
        letter_id, number: which part of it.
        most: how large it may be, in bytes, to stand in memory.

    Raises:
        InputError: there is no such part, it is not here whole, or it is larger.
    """
    part, pieces = part_bytes(mailbox, letter_id, number)
    if part.size > most:
        raise InputError(
            f"the part has {part.size} bytes", where="part", right=f"Here at most {most} are read"
        )
    return b"".join(pieces)


def beginning(mailbox: Mailbox, letter_id: str, number: int, most: int) -> tuple[Part, bytes]:
    """Return a part of a letter in a mailbox, and all of its bytes that are here without a gap.

    Args:
        mailbox: whose letter.
        letter_id, number: which part of it.
        most: how large it may be, in bytes, to stand in memory.

    Raises:
        InputError: there is no such part, nothing of its beginning is here, or it is larger.
    """
    part = _part_of(mailbox, letter_id, number)
    if part.size > most:
        right = f"Save it; here at most {most} are decoded"
        raise InputError(f"the part has {part.size} bytes", where="part", right=right)
    if part.data is not None:
        return part, part.data
    state = mailbox.parts.get(letter_id, number)
    if state is None or not (state.arrived_at is not None or has_chunk(state, 0)):
        raise InputError(f"nothing of the beginning of part {number} is here", where="part", right=WAIT)
    chunks = state.chunks
    if state.arrived_at is None:
        chunks = next(
            each for each in range(state.chunks + 1) if each == chunks or not has_chunk(state, each)
        )
    return part, b"".join(mailbox.bodies.read(state.reference, chunks))


def _part_of(mailbox: Mailbox, letter_id: str, number: int) -> Part:
    letter = mailbox.letter(letter_id)
    if letter is None or not 0 <= number < len(letter.parts):
        raise InputError(f"no part {number} of letter {letter_id!r} here", where="part")
    return letter.parts[number]


def preview_of(mailbox: Mailbox, letter_id: str, number: int) -> bytes:
    """Return the preview that came with the words of a letter.

    Raises:
        InputError: there is no such part, or it has none.
    """
    preview = _part_of(mailbox, letter_id, number).preview
    if not preview:
        raise InputError(f"part {number} of letter {letter_id!r} has no preview", where="part")
    return preview
