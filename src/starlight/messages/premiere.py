"""Premieres: a piece that was delivered ahead begins at an agreed instant, at both ends.

Each end begins by its own node's clock: at the same moment of mission time, or, at the reader's end, one
light time later, when they could have heard the first begin. Nothing travels in that instant, so nothing can
be late but the piece itself: one that would not be there in time is not sent (`postoffice/premieres.py`).
"""

from __future__ import annotations

import msgspec

from starlight.dtntime import MILLISECOND
from starlight.errors import InputError
from starlight.json_time import Time
from starlight.messages.parts import Premiere, PremiereCode


class PremiereView(msgspec.Struct, frozen=True):
    """The moment at which a piece begins, as its mailbox shows it; times in ns.

    Attributes:
        starts: here.
        starts_there: at the other end.
        is_late: it is, or is foreseen to be, whole where it is read only after it begins there.
    """

    starts: Time
    starts_there: Time
    is_late: bool = False


def premiere_view(premiere: Premiere, whole_at: int | None, *, mine: bool) -> PremiereView:
    """Return when a piece begins, as its mailbox shows it.

    Args:
        premiere: what its letter says.
        whole_at: when it is whole where it is read, known or foreseen, in ns; None where nobody knows.
        mine: it was written here.
    """
    written, read = premiere.time, premiere.time + premiere.later_ms * MILLISECOND
    is_late = whole_at is not None and whole_at > read
    return PremiereView(written, read, is_late) if mine else PremiereView(read, written, is_late)


def check_mode(word: str) -> None:
    """Refuse a word that is no way to begin together; an empty one, as a form sends it, is the usual one.

    Raises:
        InputError: it is none; the error names those that are.
    """
    if word and word.upper() not in PremiereCode.__members__:
        known = ", ".join(PremiereCode.__members__).lower()
        raise InputError(
            f"{word!r} is no way to begin together", where="premiere_mode", right=f"Such are {known}"
        )
