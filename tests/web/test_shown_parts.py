"""The parts of a letter as its page shows them, whatever their author says of them."""

from __future__ import annotations

from msgspec.structs import replace
from tests.web.fake_backend import START

from starlight.messages.delivery import Certainty, DeliveryState
from starlight.messages.letter_view import LetterView
from starlight.messages.part_view import PartView
from starlight.web.shown_parts import shown_parts

PREVIEW = PartView(number=0, kind="picture", media_type="", name="", size_bytes=9, here_bytes=0, smaller_of=1)
FULL = PartView(number=1, kind="picture", media_type="", name="ridge", size_bytes=90, here_bytes=0)


def letter(*parts: PartView) -> LetterView:
    """Return a letter with parts."""
    return LetterView(
        id="1",
        thread="t",
        from_address="a",
        to_address="b",
        text="",
        written_at=START,
        mine=False,
        state=DeliveryState.ARRIVED,
        certainty=Certainty.CONFIRMED,
        facts=(),
        parts=parts,
    )


def test_a_picture_is_shown_once_in_the_best_step_that_is_here() -> None:
    """First its preview, then the small one, then the whole; what is to come is told of until it is here."""
    small = replace(PREVIEW, preview_bytes=5)
    (first,) = shown_parts(letter(small, FULL), decoded=True)
    assert (first.part, first.picture, first.preview, first.waiting) == (FULL, None, 0, (small, FULL))
    here = replace(small, here_bytes=9)
    (second,) = shown_parts(letter(here, FULL), decoded=True)
    assert (second.picture, second.preview, second.waiting) == (0, None, (FULL,))
    (third,) = shown_parts(letter(small, replace(FULL, here_bytes=90)), decoded=True)
    assert (third.picture, third.preview, third.waiting) == (1, None, ())


def test_its_author_is_told_of_each_step() -> None:
    """What is here because it was written here is still told of while it travels."""
    state = DeliveryState.QUEUED
    mine = [replace(each, here_bytes=each.size_bytes, state=state) for each in (PREVIEW, FULL)]
    (shown,) = shown_parts(letter(*mine), decoded=True)
    assert (shown.picture, len(shown.waiting)) == (1, 2)


def test_what_leads_nowhere_or_in_a_circle_is_shown_by_itself() -> None:
    """A part that names one that is not there, itself, or one that names it back, is never lost."""
    for one, other in ((7, None), (0, None), (1, 0)):
        parts = replace(PREVIEW, smaller_of=one), replace(FULL, smaller_of=other)
        shown = shown_parts(letter(*parts), decoded=True)
        assert sorted(each.number for some in shown for each in some.steps) == [0, 1]


def test_without_media_libraries_each_part_is_a_file() -> None:
    """Where nothing can be drawn, each step is told of by itself, to be saved."""
    shown = shown_parts(letter(replace(PREVIEW, preview_bytes=5), FULL), decoded=False)
    assert [(each.part.number, each.picture, each.preview) for each in shown] == [
        (0, None, None),
        (1, None, None),
    ]
