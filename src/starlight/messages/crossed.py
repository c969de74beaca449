"""Letters that crossed: which own letter was not there yet when one was written that came here."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from starlight.messages.delivery import Certainty, DeliveryState
from starlight.messages.letter_view import LetterView


def with_crossings(letters: Sequence[LetterView]) -> tuple[LetterView, ...]:
    """Return letters of one conversation, each that came with the last own one that it crossed with."""
    own = [each for each in letters if each.mine and each.state is not DeliveryState.WITHDRAWN]
    return tuple(each if each.mine else _with_crossing(each, own) for each in letters)


def _with_crossing(letter: LetterView, own: list[LetterView]) -> LetterView:
    crossed = _crossed(letter, own)
    return letter if crossed is None else replace(letter, crossed_with=crossed.id)


def _crossed(letter: LetterView, own: list[LetterView]) -> LetterView | None:
    """Return the last own letter that its author could not have read when they wrote, or None.

    It was written before the other came here, and reached, or reaches, them after they wrote. A time of which
    a clock is in doubt tells nothing.
    """
    came, written = letter.last_fact(DeliveryState.ARRIVED), letter.last_fact(DeliveryState.WRITTEN)
    if came is None or written is None or written.certainty is Certainty.IN_DOUBT:
        return None
    for each in reversed(own):
        there = each.last_fact(DeliveryState.ARRIVED)
        if (
            there is not None
            and there.certainty is not Certainty.IN_DOUBT
            and each.written_at < came.time
            and each.id not in (*letter.seen, letter.reply_to)
        ):
            # Those before it arrived no later.
            return each if there.time > written.time else None
    return None
