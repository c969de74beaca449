"""A part of a letter as its mailbox shows it: what it is, how much of it is here, and when it arrived."""

from __future__ import annotations

from typing import Annotated

import msgspec

from starlight.json_time import Time
from starlight.messages.delivery import DeliveryState, TimeDoubt
from starlight.messages.dispatch import Dispatch
from starlight.messages.doubt import Trouble
from starlight.messages.part_state import PartState
from starlight.messages.parts import Part, PartKind
from starlight.messages.premiere import PremiereView, premiere_view
from starlight.messages.standing import part_arrival_doubt


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
        state: of one that was written here and travels on its own, what is confirmed of it; else None.
        leaves: when it is foreseen to leave, or None.
        left_bytes: how much of it has left.
        ended: when it expired or was withdrawn, or None.
        in_doubt: contact was lost with who takes it from here, so what is foreseen of it is in doubt.
        given_up: what is missing of one that came is not asked for any more.
        note: why it waits or has ended, in a sentence; may be empty.
        smaller_of: the part of the same letter of which this is a smaller version, or None.
        preview_bytes: the size of the preview that came with the words; 0 for none.
        width, height: in pixels, or None.
        let_go: when its bytes were let go here, on request; None while they were not.
        trouble: what went wrong with it, if anything did.
        premiere: when it begins at both ends; None for a part to be played at will.
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
    state: DeliveryState | None = None
    leaves: Time | None = None
    left_bytes: int = 0
    ended: Time | None = None
    in_doubt: bool = False
    given_up: bool = False
    note: str = ""
    smaller_of: int | None = None
    preview_bytes: int = 0
    width: int | None = None
    height: int | None = None
    let_go: Time | None = None
    trouble: Annotated[Trouble | None, msgspec.Meta(extra={"json": False})] = None
    premiere: PremiereView | None = None

    @property
    def is_on_its_way(self) -> bool:
        """Return whether it was written here, and waits or travels still."""
        return self.state in (DeliveryState.WRITTEN, DeliveryState.QUEUED, DeliveryState.DEPARTED)

    @property
    def is_here(self) -> bool:
        """Return whether all of it is here."""
        return self.here_bytes >= self.size_bytes


def part_view(
    number: int,
    part: Part,
    state: PartState | None,
    dispatch: Dispatch | None,
    *,
    mine: bool = False,
    words_at: int | None = None,
) -> PartView:
    """Return a part of a letter as its mailbox shows it.

    Args:
        number, part: which one, as its letter describes it.
        state: what is here of it, if it travels on its own and something is.
        dispatch: what is known about its course, if it was written here.
        mine: it was written here.
        words_at: when its letter arrived, or is foreseen to, in ns: a part that is in it is whole then.
    """
    here = part.size if part.data is not None else state.bytes_here if state else 0
    known = part.kind in PartKind.__members__.values()
    arrived = state.arrived_at if state else None
    if dispatch is not None:
        arrived = dispatch.confirmed.arrived_at
    expected = dispatch.expected.arrives if dispatch else None
    whole_at = words_at if part.data is not None else arrived or expected
    return PartView(
        number=number,
        kind=(PartKind(part.kind) if known else PartKind.FILE).name.lower(),
        media_type=part.media_type,
        name=part.name,
        size_bytes=part.size,
        here_bytes=here,
        duration_ms=part.duration_ms,
        transcript=part.transcript,
        arrived=arrived,
        expected=expected,
        doubt=part_arrival_doubt(dispatch) if dispatch else None,
        state=dispatch.state if dispatch else None,
        leaves=dispatch.expected.leaves if dispatch else None,
        left_bytes=_left_bytes(part, dispatch) if dispatch else 0,
        ended=dispatch.confirmed.ended_at if dispatch else None,
        given_up=state is not None and state.given_up and state.let_go_at is None,
        let_go=state.let_go_at if state else None,
        smaller_of=part.smaller_of,
        preview_bytes=len(part.preview or b""),
        width=part.width,
        height=part.height,
        trouble=dispatch.trouble if dispatch else None,
        premiere=None if part.premiere is None else premiere_view(part.premiere, whole_at, mine=mine),
    )


def _left_bytes(part: Part, dispatch: Dispatch) -> int:
    """Return how many bytes of a part have left in chunks that are not known to be lost."""
    left = {copy.chunk for copy in dispatch.copies if copy.departed_at is not None and not copy.gone}
    return sum(map(part.chunk_bytes, left))
