"""The text of the state of the way to a correspondent: a headline, and what it means for what one writes."""

from __future__ import annotations

from functools import reduce
from operator import add

from starlight.dtntime import SECOND, YEAR
from starlight.messages.reach import Reach, ReachCode
from starlight.words.durations import duration_words
from starlight.words.sentence import Moment, Names, Sentence, closed, fill, name_of

HEADLINES = {
    ReachCode.HERE: "At this node",
    ReachCode.OPEN: "Open{rate}{until}",
    ReachCode.SHUT: "Closed until {until}",
    ReachCode.NO_CONTACT: "No contact with {peer} since {since}",
    ReachCode.NEVER_HEARD: "Never heard from {peer}",
    ReachCode.NO_ROUTE: "No route is known",
}
"""In English, the state of the way in a line, without a full stop."""

UNTIL, RATE = " until {until}", ", {rate}"

AT_ONCE = "What is written is there at once."
LIGHT = "Light takes {light}."
STAYS_OPEN = "Then another contact follows."
CLOSES = "Then it is closed until {reopens}."
ENDS = "Then no contact is planned."
ONE_SAFE, MORE_SAFE = "1 letter is safe here.", "{count} letters are safe here."
ONE_WAITS, MORE_WAIT = "It leaves by itself", "They leave by themselves"
WRITTEN_WAITS = "What is written leaves by itself"
WHEN_ANSWERS, WHEN_OPEN, WHEN_PLANNED = (
    "{it_leaves} when the link answers.",
    "{it_leaves} at {leaves}.",
    "{it_leaves} once a route is planned.",
)
FURTHER = "What is written travels as far as {place} and waits there until {until}."
PLANNED_OPEN = "The plan says open until {until}, so what was predicted is in doubt."
IN_DOUBT = "The plan says open, so what was predicted is in doubt."
UNKNOWN_NODE = "No node of that name is known here."
NO_ROUTE_TO = "No route to {node} is planned here."


def headline(reach: Reach, names: Names) -> Sentence:
    """Return the state of the way in a line; names are those of the nodes."""
    rate = "" if reach.rate_bps is None else fill(RATE, rate=rate_text(reach.rate_bps))
    until = Moment(reach.until or 0)
    return fill(
        HEADLINES[reach.code],
        rate=rate,
        until=until if reach.code is ReachCode.SHUT else fill(UNTIL, until=until) if _ends(reach) else "",
        peer=name_of(reach.peer, names),
        since=Moment(reach.since or 0),
    )


def detail(reach: Reach, names: Names) -> Sentence:
    """Return what the state of the way means, in a few sentences; names are those of the nodes."""
    notices = reduce(add, map(closed, reach.notices), Sentence(()))
    match reach.code:
        case ReachCode.HERE:
            said = [fill(AT_ONCE)]
        case ReachCode.OPEN:
            said = [_light(reach), _then(reach), _safe(reach)]
        case ReachCode.SHUT:
            said = [notices, _further(reach, names), _safe(reach), _leaves(reach)]
        case ReachCode.NO_CONTACT | ReachCode.NEVER_HEARD:
            said = [notices, _safe(reach), _by_itself(reach, WHEN_ANSWERS), _planned(reach)]
        case ReachCode.NO_ROUTE:
            said = [notices, _unknown(reach, names), _safe(reach), _by_itself(reach, WHEN_PLANNED)]
    return reduce(add, said, Sentence(()))


def rate_text(rate_bps: int) -> str:
    """Return a rate with its unit, to three figures, such as ``209 bit/s`` or ``12.5 Mbit/s``."""
    for unit, size in (("Gbit/s", 10**9), ("Mbit/s", 10**6), ("kbit/s", 10**3)):
        if rate_bps >= size:
            return f"{float(f'{rate_bps / size:.3g}'):g} {unit}"
    return f"{rate_bps} bit/s"


def _ends(reach: Reach) -> bool:
    """Return whether it is of use to say when it closes: not of a contact that is planned for good."""
    return reach.until is not None and reach.leaves is not None and reach.until - reach.leaves < YEAR


def _light(reach: Reach) -> Sentence:
    if not reach.light_time_s:
        return Sentence(())
    return fill(LIGHT, light=duration_words(round(reach.light_time_s * SECOND)))


def _then(reach: Reach) -> Sentence:
    if not _ends(reach) or reach.until is None:
        return Sentence(())
    if reach.reopens is None:
        return fill(ENDS)
    # A second after, as a contact that follows begins at the very end, and a letter needs its turn.
    if reach.reopens <= reach.until + SECOND:
        return fill(STAYS_OPEN)
    return fill(CLOSES, reopens=Moment(reach.reopens))


def _safe(reach: Reach) -> Sentence:
    if not reach.letters_here:
        return Sentence(())
    return fill(ONE_SAFE) if reach.letters_here == 1 else fill(MORE_SAFE, count=reach.letters_here)


def _by_itself(reach: Reach, when: str, **facts: Moment) -> Sentence:
    count = reach.letters_here
    who = WRITTEN_WAITS if not count else ONE_WAITS if count == 1 else MORE_WAIT
    return fill(when, it_leaves=fill(who), **facts)


def _waits_here(reach: Reach) -> bool:
    # When it opens; what is written now may have to wait for its turn then.
    return reach.until is not None and reach.leaves is not None and reach.leaves >= reach.until


def _further(reach: Reach, names: Names) -> Sentence:
    if _waits_here(reach) or reach.until is None:
        return Sentence(())
    return fill(FURTHER, place=name_of(reach.waits_at, names), until=Moment(reach.until))


def _leaves(reach: Reach) -> Sentence:
    if not _waits_here(reach) or reach.leaves is None:
        return Sentence(())
    return _by_itself(reach, WHEN_OPEN, leaves=Moment(reach.leaves))


def _unknown(reach: Reach, names: Names) -> Sentence:
    return fill(UNKNOWN_NODE) if reach.node is None else fill(NO_ROUTE_TO, node=name_of(reach.node, names))


def _planned(reach: Reach) -> Sentence:
    return fill(PLANNED_OPEN, until=Moment(reach.until or 0)) if _ends(reach) else fill(IN_DOUBT)
