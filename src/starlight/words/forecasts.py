"""The text of what speaks against a forecast: links that are down or silent, and what peers take."""

from __future__ import annotations

from functools import reduce
from operator import add

from starlight.messages.silence import SilenceCause
from starlight.node.forecast import ForecastDoubt, ForecastDoubtCode
from starlight.words.sentence import Moment, Names, Sentence, bytes_text, closed, fill, name_of
from starlight.words.silence import CAUSES

DOUBTS = {
    ForecastDoubtCode.LINK_DOWN: (
        "No contact with {peer}{since}, although the plan has it open: what is predicted is in doubt."
    ),
    ForecastDoubtCode.NOT_HEARD: (
        "Answers of {peer} are overdue; the last word from there came at {at}: what is predicted is in doubt."
    ),
    ForecastDoubtCode.NEVER_HEARD: (
        "Answers of {peer} are overdue, and no word ever came from there: what is predicted is in doubt."
    ),
    ForecastDoubtCode.UNACKNOWLEDGED: (
        "The link to {peer} does not acknowledge: what has left is not known to have come."
    ),
    ForecastDoubtCode.PEER_TAKES: "It is too large for {peer}, which takes {takes} as one transfer.",
    ForecastDoubtCode.NO_ROUTE: "No route is planned.",
    ForecastDoubtCode.TOO_LARGE: CAUSES[SilenceCause.TOO_LARGE],
    ForecastDoubtCode.STORE_FULL: "The store of this node is full: it can't be kept now.",
    ForecastDoubtCode.UNKNOWN_NODE: "No node of that name is known here.",
    ForecastDoubtCode.NOTICE: "{texts}",
}
"""In English, why what is expected may not come."""

PLAIN_TEXT = "It goes as plain text, for other software: no receipt can come."
ANSWER_IS_LEFT_OUT = "It will not say there which letter it answers."
"""In English, what a letter in plain text leaves out."""

SINCE, YET = " since {at}", " yet"


def doubt(found: ForecastDoubt, names: Names) -> Sentence:
    """Return in a sentence what speaks against a forecast; names are those of the nodes."""
    at = Moment(found.since or 0)
    return fill(
        DOUBTS[found.code],
        peer=name_of(found.peer, names),
        at=at,
        since=fill(YET) if found.since is None else fill(SINCE, at=at),
        takes=bytes_text(found.takes_bytes),
        texts=reduce(add, map(closed, found.texts), Sentence(())),
    )


def plain_text(*, is_answer: bool) -> Sentence:
    """Return what there is to say of a letter that goes as its words alone."""
    return fill(PLAIN_TEXT) + (fill(ANSWER_IS_LEFT_OUT) if is_answer else Sentence(()))
