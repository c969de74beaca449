"""A part of a letter as its mailbox shows it: what it is, how much of it is here, and when it arrived."""

from __future__ import annotations

import msgspec

from starlight.json_time import Time
from starlight.messages.delivery import TimeDoubt
from starlight.messages.dispatch import Dispatch, part_arrival_doubt
from starlight.messages.part_state import PartState
from starlight.messages.parts import Part, PartKind


class PartView(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a letter as the person of a mailbox sees it.

    Attributes:
        number: which one, from 0.
        kind: ``file``, ``voice``, ``picture`` or ``video``; a kind that nobody here knows is a file.
        media_type: such as ``audio/ogg``; as its author says, and never looked into here.
        name: of the file; may be empty.
        size_bytes: of it.
        here_bytes: how much of it is here.
        duration_ms: how long it plays, or None.
        transcript: what is said in it.
        arrived: when it was whole where it goes to, or None.
        expected: when it is foreseen to be whole at the other end, or None.
        doubt: why `arrived` can't be right, by another's clock, or None.
    """

    number: int
    kind: str
    media_type: str
    name: str
    size_bytes: int
    here_bytes: int
    duration_ms: int | None = None
    transcript: str = ""
    arrived: Time | None = None
    expected: Time | None = None
    doubt: TimeDoubt | None = None

    @property
    def is_here(self) -> bool:
        """Return whether all of it is here."""
        return self.here_bytes >= self.size_bytes


def part_view(number: int, part: Part, state: PartState | None, dispatch: Dispatch | None) -> PartView:
    """Return a part of a letter as its mailbox shows it.

    Args:
        number, part: which one, as its letter describes it.
        state: what is here of it, if it travels on its own and something is.
        dispatch: what is known about its course, if it was written here.
    """
    here = part.size if part.data is not None else state.bytes_here if state else 0
    known = part.kind in PartKind.__members__.values()
    arrived = state.arrived_at if state else None
    return PartView(
        number=number,
        kind=(PartKind(part.kind) if known else PartKind.FILE).name.lower(),
        media_type=part.media_type,
        name=part.name,
        size_bytes=part.size,
        here_bytes=here,
        duration_ms=part.duration_ms,
        transcript=part.transcript,
        arrived=dispatch.confirmed.arrived_at if dispatch else arrived,
        expected=dispatch.expected.arrives if dispatch else None,
        doubt=part_arrival_doubt(dispatch) if dispatch else None,
    )
