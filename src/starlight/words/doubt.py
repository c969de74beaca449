"""The text of what is uncertain about a letter, and of what went wrong with it."""

from __future__ import annotations

from functools import reduce
from operator import add

from starlight.bundle import reason_text
from starlight.messages.doubt import Doubt, DoubtCode, Trouble, TroubleCode
from starlight.node.application import NotKept
from starlight.words.language import _
from starlight.words.sentence import Moment, Sentence, closed, fill

DOUBTS = {
    DoubtCode.NOTICE: "{texts}",
    DoubtCode.CUT: "The plan no longer has a contact of its route; where it is now is not known.",
    DoubtCode.NO_ONWARD_ROUTE: "No onward route is planned from where it should be now.",
    DoubtCode.SENT_AGAIN: "No receipt has come by {at}; it was sent again.",
    DoubtCode.WAITS_FOR_RETURN: (
        "No receipt has come; it is sent again once a route there and back is planned."
    ),
    DoubtCode.GIVEN_UP: "No receipt has come, although it was sent {times} times.",
    DoubtCode.OLDER: "{texts}",
}
"""In English, why what is predicted of a letter is uncertain."""

TROUBLES = {
    TroubleCode.NOT_KEPT: "The node could not keep it: {reason}.",
    TroubleCode.DELETED: "It was deleted at {reporter}: {reported}.",
    TroubleCode.NOT_WITHDRAWN: "It could not be withdrawn: it had left already.",
    TroubleCode.DAMAGED: "What this node has kept of it can't be read: it is set aside.",
    TroubleCode.NO_ROOM: "There is no room for it where it goes to; it goes on once there is.",
    TroubleCode.OLDER: "{reason}",  # Already a sentence.
}
"""In English, what went wrong with a letter."""

NOT_KEPT: dict[str, str] = {
    NotKept.STORE_FULL: "the store is full",
    NotKept.TOO_LARGE: "it is larger than a bundle may be",
    NotKept.LIFETIME_EXPIRED: "its lifetime is over",
    NotKept.DROPPED: "who runs the node dropped it",
}
"""In English, why a node did not keep a letter."""

DISPLACED = "Later than first foreseen: a more urgent letter went first."


def doubtful(doubt: Doubt) -> Sentence:
    """Return why what is predicted of a letter is uncertain."""
    texts = reduce(add, map(closed, doubt.texts), Sentence(()))
    return fill(DOUBTS[doubt.code], at=Moment(doubt.at), times=doubt.times, texts=texts)


def trouble(happened: Trouble) -> Sentence:
    """Return what went wrong with a letter."""
    # What an earlier version kept is a sentence of its own, also where it is the very text of a reason.
    told = NOT_KEPT if happened.code is TroubleCode.NOT_KEPT else {}
    return fill(
        TROUBLES[happened.code],
        reason=_(told.get(happened.reason, happened.reason)),
        reporter=happened.reporter,
        reported=_(reason_text(happened.report_reason)),
    )


def note(doubt: Doubt | None, happened: Trouble | None, *, displaced: bool) -> Sentence:
    """Return all that explains the state of a letter further; nothing where there is no need.

    Args:
        doubt: why what is predicted is uncertain, if it is.
        happened: what went wrong, if anything did.
        displaced: something more urgent has made it later.
    """
    # From what passes by itself to what somebody may have to act on.
    said = [fill(DISPLACED)] if displaced else []
    said += [doubtful(doubt)] if doubt else []
    said += [trouble(happened)] if happened else []
    return reduce(add, said, Sentence(()))
