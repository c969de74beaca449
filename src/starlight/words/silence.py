"""The text of a silence: why nothing gets across, and what is safe meanwhile."""

from __future__ import annotations

from functools import reduce
from operator import add

from starlight.messages.silence import Silence, SilenceCause
from starlight.words.durations import duration_words
from starlight.words.language import _
from starlight.words.sentence import Moment, Names, Sentence, closed, fill, name_of

CAUSES = {
    SilenceCause.NOTICE: "{notices}",
    SilenceCause.NOT_HEARD: (
        "For now {here} can't be heard at {there}: they don't see each other, or the time is given to others."
    ),
    SilenceCause.NO_ROUTE: "No route from {here} to {there} is planned.",
    SilenceCause.TOO_LARGE: "It is too large for every route that is planned, whole and in fragments.",
}
"""In English, why nothing gets across."""

SUN_BETWEEN = "The Sun stands between the worlds"
SUN_COMES_BETWEEN = "The Sun comes between the worlds"
SUN_INTERVAL = "From {enter} to {leave} nothing gets past it; Mars comes as near to it as {angle} degrees."
LAST_SAFE_DEPARTURE = "Last safe departure from here: {departure}."

SAFE_WITHOUT_ROUTE = "What you write is kept at {here} and leaves by itself as soon as a route is planned."
SAFE_HERE = "What you write is kept at {here} and goes on by itself at {leaves}."
SAFE_FURTHER_ON = (
    "What you write travels as far as it can now; it is kept at {here} and goes on by itself at {leaves}."
)


NO_WORD = "No word for {time}."


def no_word(time: int) -> Sentence:
    """Return what is said of somebody who has not been heard for a time, in ns, during a silence."""
    return fill(NO_WORD, time=duration_words(time))


def why(silence: Silence, names: Names) -> Sentence:
    """Return why nothing gets across, in one or a few sentences; names are those of the nodes."""
    # What is silent is the hop before which it waits, which may be far from where the letter is written.
    waiting = silence.waiting
    here = waiting.from_node if waiting else silence.node
    there = waiting.to_node if waiting else silence.destination
    return fill(
        CAUSES[silence.cause],
        here=name_of(here, names),
        there=name_of(there, names),
        notices=reduce(add, map(closed, silence.notices), Sentence(())),
    )


def safe(silence: Silence, names: Names) -> tuple[Sentence, ...]:
    """Return what is safe and where, a sentence each; names are those of the nodes."""
    waiting = silence.waiting
    if waiting is None:
        return (fill(SAFE_WITHOUT_ROUTE, here=name_of(silence.node, names)),)
    # People fear most for what has left their own place already, so where it will be kept is named.
    template = SAFE_HERE if waiting.from_node == silence.node else SAFE_FURTHER_ON
    return (fill(template, here=name_of(waiting.from_node, names), leaves=Moment(waiting.leaves)),)


def sun_interval(enter: int, leave: int, min_angle_deg: float) -> Sentence:
    """Return from when to when, in ns, the Sun lets nothing past, and how near to it the world comes."""
    return fill(SUN_INTERVAL, enter=Moment(enter), leave=Moment(leave), angle=f"{min_angle_deg:.1f}")


def last_safe_departure(departure: int) -> Sentence:
    """Return until when, in ns, what leaves still gets past the Sun."""
    return fill(LAST_SAFE_DEPARTURE, departure=Moment(departure))


def disk_full(why: str) -> str:
    """Return what to tell people of a disk that wants something, as its words say."""
    told = _("Letters that have no room are refused; those that are stored are read and sent on")
    return f"{why[:1].upper()}{why[1:]}. {told}."
