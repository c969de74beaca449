"""A part of a letter as its mailbox shows it: where it is, how much has left, why it has ended."""

from __future__ import annotations

from msgspec.structs import replace

from starlight.messages.delivery import Certainty, DeliveryState
from starlight.messages.dispatch import Confirmed, Copy, Dispatch, Expected
from starlight.messages.doubt import Trouble, TroubleCode
from starlight.messages.letter_view import LetterView, without_contact
from starlight.messages.part_state import nothing_here
from starlight.messages.part_view import PartView, part_view
from starlight.messages.parts import Part

PART = Part(kind=2, media_type="audio/ogg", hash=bytes(32), size=25, chunk_size=10)
"""Three chunks: of 10, 10 and 5 bytes."""


def seen(dispatch: Dispatch) -> PartView:
    return part_view(0, PART, None, dispatch)


def test_how_much_of_a_part_has_left() -> None:
    """Chunks that left count once, by their size; what is gone or waits does not."""
    copies = (
        Copy("a", departed_at=1, chunk=0),
        Copy("b", departed_at=2, gone=True, chunk=1),
        Copy("c", departed_at=3, chunk=2),
        Copy("d", departed_at=4, chunk=0),
        Copy("e", chunk=1),
    )
    under_way = Dispatch(
        part=0, size_bytes=25, state=DeliveryState.DEPARTED, copies=copies, expected=Expected(2, 9)
    )
    view = seen(under_way)
    assert (view.state, view.leaves, view.expected, view.left_bytes) == (DeliveryState.DEPARTED, 2, 9, 15)
    assert view.is_on_its_way


def test_why_a_part_has_ended() -> None:
    """That it ended, when, and what went wrong with it."""
    trouble = Trouble(TroubleCode.DAMAGED)
    ended = Dispatch(
        part=0,
        size_bytes=25,
        state=DeliveryState.EXPIRED,
        confirmed=Confirmed(ended_at=7),
        trouble=trouble,
    )
    view = seen(ended)
    assert (view.state, view.ended, view.trouble, view.is_on_its_way) == ("expired", 7, trouble, False)


def test_what_came_is_asked_for_or_no_more() -> None:
    """A part of a letter from elsewhere has no course of ours, but may be given up."""
    state = nothing_here("letter", 0, PART)
    assert not part_view(0, PART, state, None).given_up
    view = part_view(0, PART, replace(state, given_up=True), None)
    assert (view.state, view.here_bytes, view.given_up) == (None, 0, True)


def test_parts_are_in_doubt_without_contact_also_of_a_letter_that_is_there() -> None:
    """The words arrived and are known to have; what goes on after them is in doubt, what ended is not."""
    parts = tuple(
        seen(Dispatch(part=0, size_bytes=25, state=state))
        for state in (DeliveryState.QUEUED, DeliveryState.DEPARTED, DeliveryState.ARRIVED)
    )
    view = LetterView(
        id="1",
        thread="1",
        from_address="ipn:7.1",
        to_address="ipn:21.1",
        text="Listen",
        written_at=0,
        mine=True,
        state=DeliveryState.ARRIVED,
        certainty=Certainty.CONFIRMED,
        parts=parts,
    )
    lost = without_contact(view)
    assert [part.in_doubt for part in lost.parts] == [True, True, False]
    assert (lost.state, lost.certainty) == (DeliveryState.ARRIVED, Certainty.CONFIRMED)
