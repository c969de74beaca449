"""The text of a letter's state, with predicted and confirmed apart in every sentence."""

from __future__ import annotations

import msgspec

from starlight.messages.delivery import Certainty, DeliveryState, Fact, TimeDoubt
from starlight.messages.letter import Content, DistressState
from starlight.messages.letter_view import THERE, LetterView
from starlight.messages.quote import Quote
from starlight.messages.urgency import Priority
from starlight.words import later
from starlight.words.language import _
from starlight.words.sentence import Moment, Sentence, fill


class StateText(msgspec.Struct, frozen=True):
    """The state of a letter for people.

    Attributes:
        headline: such as ``In flight``.
        detail: what is expected next or how we know; may say nothing.
        certainty: decides the look.
        known: the headline is confirmed, although the detail is not.
        since: when what the headline says began, where it says so.
    """

    headline: str
    detail: Sentence
    certainty: Certainty = Certainty.CONFIRMED
    known: bool = False
    since: int | None = None


STEPS: dict[tuple[DeliveryState, Certainty], str] = {
    (DeliveryState.WRITTEN, Certainty.CONFIRMED): "written",
    (DeliveryState.WRITTEN, Certainty.PREDICTED): "to be written",
    (DeliveryState.QUEUED, Certainty.CONFIRMED): "kept, waiting to leave",
    (DeliveryState.QUEUED, Certainty.PREDICTED): "expected to wait",
    (DeliveryState.DEPARTED, Certainty.CONFIRMED): "left",
    (DeliveryState.DEPARTED, Certainty.PREDICTED): "expected to leave",
    (DeliveryState.IN_FLIGHT, Certainty.CONFIRMED): "in flight",
    (DeliveryState.IN_FLIGHT, Certainty.PREDICTED): "expected in flight",
    (DeliveryState.ARRIVED, Certainty.CONFIRMED): "arrived",
    (DeliveryState.ARRIVED, Certainty.PREDICTED): "expected to arrive",
    (DeliveryState.READ, Certainty.CONFIRMED): "read",
    (DeliveryState.READ, Certainty.PREDICTED): "expected to be read",
    (DeliveryState.EXPIRED, Certainty.CONFIRMED): "expired",
    (DeliveryState.EXPIRED, Certainty.PREDICTED): "would expire",
    (DeliveryState.WITHDRAWN, Certainty.CONFIRMED): "withdrawn",
    (DeliveryState.WITHDRAWN, Certainty.PREDICTED): "to be withdrawn",
    (DeliveryState.WRITTEN, Certainty.IN_DOUBT): "written, it says,",
    (DeliveryState.ARRIVED, Certainty.IN_DOUBT): "arrived, it is said,",
    (DeliveryState.READ, Certainty.IN_DOUBT): "read, it is said,",
}
"""In English, each step in the course of a letter, by what it is and how sure it is."""

WERE_EXPECTED = {
    DeliveryState.QUEUED: "was expected to wait",
    DeliveryState.DEPARTED: "was expected to leave",
    DeliveryState.IN_FLIGHT: "was expected in flight",
    DeliveryState.ARRIVED: "was expected to arrive",
    DeliveryState.READ: "was expected to be read",
}
"""In English, each step that was predicted before contact was lost."""

SET_ASIDE = "1 record of this mailbox can't be read and is set aside. {command} lists it."
SEVERAL_SET_ASIDE = "{count} records of this mailbox can't be read and are set aside. {command} lists them."
"""In English, what is told where records were damaged, or are a newer Starlight's."""

REFUSED = "1 message that came was refused, and is kept apart. {command} lists it, and says why."
SEVERAL_REFUSED = (
    "{count} messages that came were refused, and are kept apart. {command} lists them, and says why."
)
"""In English, what is told where messages came in another's name, or broke a rule."""

CRITICAL = "Critical"
URGENCY = {Priority.BULK: "Not urgent", Priority.NORMAL: "", Priority.EXPEDITED: "Urgent"}
"""In English, the mark of a letter by its priority, where it is not as all others."""


def set_aside(count: int, folder: str = "DATA") -> str:
    """Return what is told of records that are set aside; empty where there are none.

    Args:
        count: how many there are.
        folder: where the node keeps its data, as the command line is told it.
    """
    return _kept_apart(count, folder, SET_ASIDE, SEVERAL_SET_ASIDE)


def refused(count: int, folder: str = "DATA") -> str:
    """Return what is told of messages that were refused; as `set_aside`."""
    return _kept_apart(count, folder, REFUSED, SEVERAL_REFUSED)


def _kept_apart(count: int, folder: str, one: str, several: str) -> str:
    if not count:
        return ""
    command = f"starlight store list {folder} --quarantined"
    return _(one if count == 1 else several).format(count=count, command=command)


def urgency(letter: LetterView) -> str:
    """Return the mark of a letter by its urgency; empty for one that is as all others."""
    return _(CRITICAL if letter.critical else URGENCY[letter.priority])


IN_ANSWER = "In answer to {name}: “{words}”"
IN_ANSWER_WITHOUT_WORDS = "In answer to a letter from {name}"
IN_ANSWER_ELSEWHERE = "In answer to a letter that is not here"
"""In English, what stands above a letter that answers another."""

CONTENTS = {
    Content.LETTER: "",
    Content.NEWER: "From a newer Starlight; this one can't read its {size_bytes} bytes yet, and keeps them.",
    Content.FOREIGN: "Not a letter: {size_bytes} bytes from {source}, kept as they came.",
}
"""What stands in the place of a letter, by what came; of a letter, nothing."""

SAYS_MORE = "It says more than this Starlight understands; all of it is kept."

DISTRESS = {
    DistressState.RAISED: "Distress",
    DistressState.CANCELLED: "Distress is over",
    DistressState.ACKNOWLEDGED: "Distress heard",
}
"""The mark of a letter that calls for help, or of what becomes of such a call."""

ANSWERED_BY = "Distress answered by {name}"


def in_answer(quote: Quote) -> str:
    """Return what stands above a letter that answers another: whose, and its first words."""
    if not quote.here:
        return _(IN_ANSWER_ELSEWHERE)
    template = IN_ANSWER if quote.text else IN_ANSWER_WITHOUT_WORDS
    return _(template, name=quote.from_name or quote.from_address, words=quote.text)


def content(letter: LetterView) -> Sentence:
    """Return what there is to say of what came; nothing of a letter that is understood whole."""
    if letter.content is Content.LETTER:
        return fill(SAYS_MORE) if letter.says_more else Sentence(())
    return fill(CONTENTS[letter.content], size_bytes=str(letter.payload_bytes), source=letter.from_address)


def distress(letter: LetterView) -> str:
    """Return the mark of a letter that calls for help, or of what becomes of the call; empty for others."""
    if letter.distress is None:
        return ""
    if letter.distress_by:
        return _(ANSWERED_BY, name=letter.distress_by_name or letter.distress_by)
    return _(DISTRESS[DistressState[letter.distress.upper()]])


TIMES_IN_DOUBT = {
    TimeDoubt.FROM_FUTURE: "by a clock that was ahead of the one here",
    TimeDoubt.BEFORE_DEPARTURE: "by a clock that can't be right: that is before it left",
    TimeDoubt.BEFORE_ARRIVAL: "by a clock that can't be right: that is before it arrived",
}
"""In English, why a time that another's clock tells is not confirmed; it follows the time."""

ENDS = {
    DeliveryState.ARRIVED: ("Arrived", "{at}, confirmed"),
    DeliveryState.READ: ("Read", "{at}, confirmed"),
    DeliveryState.EXPIRED: ("Expired", "{at}"),
    DeliveryState.WITHDRAWN: ("Withdrawn", "{at}"),
}
"""In English, headline and detail of a letter that has come to an end of its course, confirmed."""

STAYS_HERE = "Stays here"
SHOULD_BE_THERE = "Should be there"
NO_RECEIPT = "expected {at}; no receipt can come from there, so this will never be confirmed"
NEVER_CONFIRMED = "expected {at}; no route back to confirm it"
PLAIN_UNCONFIRMED = "expected {at}; it went as plain text, so no receipt can come"
WORD_TO_COME = "word of it expected {at}"
WORD_MISSED = "no word of it yet; it was expected {at}"
LEFT, WAS_EXPECTED = "Left", "was expected there {at}, in doubt"
NOTHING_EXPECTED = "in doubt whether it is there"
SAFE, WHEN_IN_CONTACT = "Safe here", "leaves when there is contact"
WAITING_AT = "Waiting at {place}"
IN_FLIGHT, EXPECTED_THERE = "In flight", "expected there {at}"
WAITING, EXPECTED_TO_LEAVE = "Kept safe, waiting", "expected to leave {at}"


def state_text(letter: LetterView, now: int) -> StateText:
    """Return what to say of a letter at a time in ns, as the person whose mailbox it is in."""
    return _received(letter) if not letter.mine else _sent(letter, now)


def _received(letter: LetterView) -> StateText:
    # Of a letter that came, all is known here: nothing about it is ever predicted.
    read = letter.last_fact(DeliveryState.READ)
    if read is not None and not letter.unread:
        return StateText(_("Read"), _dated("{at}", read.time))
    arrived = letter.last_fact(DeliveryState.ARRIVED)
    return StateText(_("Arrived"), _dated("{at}", arrived.time if arrived else None))


def step_text(fact: Fact) -> str:
    """Return a step in the course of a letter in words; its time follows them."""
    if fact.certainty is Certainty.IN_DOUBT and fact.doubt is None:
        return _(WERE_EXPECTED[fact.state])
    return _(STEPS[fact.state, fact.certainty])


def _without_contact(letter: LetterView) -> StateText | None:
    """Return what to say of a letter whose course is in doubt because contact is lost; None for others."""
    if not any(fact.certainty is Certainty.IN_DOUBT and fact.doubt is None for fact in letter.facts):
        return None
    left = letter.last_fact(DeliveryState.DEPARTED)
    if letter.state is not DeliveryState.DEPARTED or left is None:
        return StateText(_(SAFE), fill(WHEN_IN_CONTACT), Certainty.IN_DOUBT, known=True)
    arrives = letter.last_fact(DeliveryState.ARRIVED)
    said = fill(NOTHING_EXPECTED) if arrives is None else _dated(WAS_EXPECTED, arrives.time)
    known = left.certainty is Certainty.CONFIRMED
    return StateText(_(LEFT), said, Certainty.IN_DOUBT, known=known, since=left.time)


def _sent(letter: LetterView, now: int) -> StateText:
    if letter.held is not None:
        # It was decided here, so no contact is in doubt for it, and nothing is predicted.
        return StateText(_(STAYS_HERE), later.held(letter.held))
    lost = _without_contact(letter)
    if lost is not None:
        return lost
    current = letter.last_fact(letter.state)
    at = current.time if current else None
    if letter.certainty is not Certainty.PREDICTED and letter.state in ENDS:
        headline, detail = ENDS[letter.state]
        if current is not None and current.doubt is not None:
            said = fill("{at}, {why}", at=Moment(current.time), why=_(TIMES_IN_DOUBT[current.doubt]))
            return StateText(_(headline), said, Certainty.IN_DOUBT)
        return StateText(_(headline), _dated(detail, at))
    if letter.state in THERE:
        # Only a receipt turns this into knowledge, so what is told is when the receipt is expected.
        if not letter.receipt_can_come:
            template = PLAIN_UNCONFIRMED if letter.plain_text else NO_RECEIPT
            return _foreseen(_(SHOULD_BE_THERE), template, at)
        if letter.receipt_at is None:
            return _foreseen(_(SHOULD_BE_THERE), NEVER_CONFIRMED, at)
        template = WORD_TO_COME if letter.receipt_at > now else WORD_MISSED
        return _foreseen(_(SHOULD_BE_THERE), template, letter.receipt_at)
    stop = letter.stop_at(now)
    if stop is not None and letter.state in (DeliveryState.DEPARTED, DeliveryState.IN_FLIGHT):
        return _foreseen(_(WAITING_AT, place=stop.place), EXPECTED_TO_LEAVE, stop.leaves)
    if letter.state in (DeliveryState.DEPARTED, DeliveryState.IN_FLIGHT):
        arrives = letter.last_fact(DeliveryState.ARRIVED)
        return _foreseen(_(IN_FLIGHT), EXPECTED_THERE, arrives.time if arrives else None)
    leaves = letter.last_fact(DeliveryState.DEPARTED)
    # A moment that has passed without a departure is no longer expected, so it is not told.
    return _foreseen(_(WAITING), EXPECTED_TO_LEAVE, leaves.time if leaves and leaves.time > now else None)


def _foreseen(headline: str, template: str, at: int | None) -> StateText:
    return StateText(headline, _dated(template, at), Certainty.PREDICTED)


def _dated(template: str, at: int | None) -> Sentence:
    """Return a detail with its moment; nothing where the moment is not known."""
    return Sentence(()) if at is None else fill(template, at=Moment(at))
