"""The bytes of a part of a letter, wherever they lie: in the letter itself, or in chunks beside it."""

from __future__ import annotations

from collections.abc import Iterator

from starlight.errors import InputError
from starlight.mailboxes.mailbox import Mailbox
from starlight.messages.parts import Part


def part_bytes(mailbox: Mailbox, letter_id: str, number: int) -> tuple[Part, Iterator[bytes]]:
    """Return a part of a letter in a mailbox, and its bytes, a chunk at a time.

    Raises:
        InputError: there is no such part, or it is not here whole.
    """
    letter = mailbox.letter(letter_id)
    if letter is None or not 0 <= number < len(letter.parts):
        raise InputError(f"no part {number} of letter {letter_id!r} here", where="part")
    part = letter.parts[number]
    if part.data is not None:
        return part, iter((part.data,))
    state = mailbox.parts.get(letter_id, number)
    if state is None or state.arrived_at is None:
        here = state.bytes_here if state else 0
        raise InputError(f"{here} of its {part.size} bytes are here", where="part", right="Wait for the rest")
    return part, mailbox.bodies.read(state.reference, state.chunks)
