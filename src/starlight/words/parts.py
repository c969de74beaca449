"""The text of where a part of a letter is: a voice, a picture or a file, which travels on its own."""

from __future__ import annotations

import msgspec

from starlight.messages.delivery import Certainty, DeliveryState
from starlight.messages.part_view import PartView
from starlight.messages.premiere import PremiereView
from starlight.words import doubt
from starlight.words.language import _
from starlight.words.letters import TIMES_IN_DOUBT
from starlight.words.sentence import Moment, Sentence, fill

ARRIVED, ARRIVED_IN_DOUBT = "arrived {at}, confirmed", "arrived {at}, {why}"
ENDED = {DeliveryState.EXPIRED: "ended {at}", DeliveryState.WITHDRAWN: "withdrawn {at}"}
SAFE_HERE = "safe here, leaves when there is contact"
WAITS, WAITS_UNTIL = "waits here", "waits here, expected to leave {at}"
EXPECTED, SHOULD_BE_THERE = "expected there {at}", "should be there since {at}"
WAS_EXPECTED, ON_ITS_WAY = "was expected there {at}, in doubt", "on its way"
LEFT_SO_FAR = "{left} of {size} bytes have left, {rest}"
REST_COMES = "{here} of {size} bytes are here, the rest is to come"
BEGINS, BEGAN = "begins {at}", "began {at}"
BOTH, THERE = "here and there", "here, and there {at}"
LET_GO = "let go here {at}; an export or its other end may have it"
REST_IN_DOUBT = "{here} of {size} bytes are here; the rest is asked for no more, but may come yet"


class PartText(msgspec.Struct, frozen=True):
    """The state of a part for people.

    Attributes:
        said: where it is; nothing of one that is here whole.
        certainty: decides the look.
        why: why it waits or has ended; may say nothing.
    """

    said: Sentence
    certainty: Certainty = Certainty.CONFIRMED
    why: Sentence = Sentence(())


def part_text(part: PartView, now: int) -> PartText:
    """Return where a part is at a time, in ns, and why it waits or has ended."""
    if part.let_go is not None:
        return PartText(fill(LET_GO, at=Moment(part.let_go)))
    if part.state is None:
        return _received(part)
    why = Sentence(()) if part.trouble is None else doubt.trouble(part.trouble)
    if part.state in ENDED:
        at = Sentence(()) if part.ended is None else fill(ENDED[part.state], at=Moment(part.ended))
        return PartText(at, why=why)
    if part.state in (DeliveryState.ARRIVED, DeliveryState.READ):
        return _arrived(part)
    said, certainty = _under_way(part, now)
    if 0 < part.left_bytes < part.size_bytes:
        said = fill(LEFT_SO_FAR, left=_number(part.left_bytes), size=_number(part.size_bytes), rest=said)
    return PartText(said, certainty, why)


def premiere_text(premiere: PremiereView, now: int) -> Sentence:
    """Return when a piece begins here, and there where that is another moment, as of a time in ns."""
    here = fill(BEGINS if premiere.starts > now else BEGAN, at=Moment(premiere.starts))
    if premiere.starts == premiere.starts_there:
        return here + fill(BOTH)
    return here + fill(THERE, at=Moment(premiere.starts_there))


def _received(part: PartView) -> PartText:
    if part.is_here:
        return PartText(Sentence(()))
    template = REST_IN_DOUBT if part.given_up else REST_COMES
    said = fill(template, here=_number(part.here_bytes), size=_number(part.size_bytes))
    return PartText(said, Certainty.IN_DOUBT if part.given_up else Certainty.PREDICTED)


def _arrived(part: PartView) -> PartText:
    if part.arrived is None:
        return PartText(Sentence(()))
    if part.doubt is None:
        return PartText(fill(ARRIVED, at=Moment(part.arrived)))
    said = fill(ARRIVED_IN_DOUBT, at=Moment(part.arrived), why=_(TIMES_IN_DOUBT[part.doubt]))
    return PartText(said, Certainty.IN_DOUBT)


def _under_way(part: PartView, now: int) -> tuple[Sentence, Certainty]:
    """Return what is foreseen of a part that waits or travels."""
    waits = part.state in (DeliveryState.WRITTEN, DeliveryState.QUEUED)
    if waits:
        if part.in_doubt:
            return fill(SAFE_HERE), Certainty.IN_DOUBT
        # A moment that has passed without a departure is no longer expected, so it is not told.
        if part.leaves is None or part.leaves <= now:
            return fill(WAITS), Certainty.PREDICTED
        return fill(WAITS_UNTIL, at=Moment(part.leaves)), Certainty.PREDICTED
    if part.expected is None:
        return fill(ON_ITS_WAY), Certainty.IN_DOUBT if part.in_doubt else Certainty.PREDICTED
    if part.in_doubt:
        return fill(WAS_EXPECTED, at=Moment(part.expected)), Certainty.IN_DOUBT
    template = EXPECTED if part.expected > now else SHOULD_BE_THERE
    return fill(template, at=Moment(part.expected)), Certainty.PREDICTED


def _number(count: int) -> str:
    # A narrow no-break space, so that no line ends inside a number (SI Brochure, 5.4.4).
    return f"{count:,}".replace(",", "\u202f")
