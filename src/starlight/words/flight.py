"""The state of something on its way, told in the words of a letter's own state."""

from __future__ import annotations

from starlight.dtntime import SECOND
from starlight.messages.delivery import Certainty, DeliveryState
from starlight.messages.flight import Track, TrackGroup
from starlight.words import later
from starlight.words.durations import duration_words
from starlight.words.language import _, ngettext
from starlight.words.letters import (
    EXPECTED_THERE,
    EXPECTED_TO_LEAVE,
    IN_FLIGHT,
    LEFT,
    NEVER_CONFIRMED,
    NOTHING_EXPECTED,
    SAFE,
    SHOULD_BE_THERE,
    STAYS_HERE,
    WAITING,
    WAITING_AT,
    WAS_EXPECTED,
    WHEN_IN_CONTACT,
    WORD_MISSED,
    WORD_TO_COME,
    StateText,
)
from starlight.words.sentence import Moment, Names, Sentence, fill, name_of

NO_ROUTE = "no route is planned"
NOT_KNOWABLE = "What {name} has written since {since} can't be known here yet: light takes {duration}."


def state(track: Track, now: int, names: Names) -> StateText:
    """Return what to say of something on its way at a time in ns; names are those of the nodes."""
    if track.is_here:
        return _here(track, now)
    if track.certainty is Certainty.IN_DOUBT or track.arrives is None:
        said = _dated(WAS_EXPECTED, track.arrives) or fill(NOTHING_EXPECTED)
        return StateText(_(LEFT), said, Certainty.IN_DOUBT, known=track.departed, since=track.left)
    if track.state is DeliveryState.ARRIVED:
        if track.word_at is None:
            return StateText(_(SHOULD_BE_THERE), _dated(NEVER_CONFIRMED, track.arrives), Certainty.PREDICTED)
        template = WORD_TO_COME if track.word_at > now else WORD_MISSED
        return StateText(_(SHOULD_BE_THERE), _dated(template, track.word_at), Certainty.PREDICTED)
    leaves = next((hop.leaves for hop in track.hops if hop.leaves > now), None)
    if track.at_node is not None and leaves is not None:
        place = name_of(track.at_node, names)
        return StateText(_(WAITING_AT, place=place), _dated(EXPECTED_TO_LEAVE, leaves), Certainty.PREDICTED)
    return StateText(_(IN_FLIGHT), _dated(EXPECTED_THERE, track.arrives), Certainty.PREDICTED)


def _here(track: Track, now: int) -> StateText:
    """Return what to say of what has not left: it is safe here, and that is known."""
    if track.held is not None:
        return StateText(_(STAYS_HERE), later.held(track.held), known=True)
    if track.in_doubt:
        return StateText(_(SAFE), fill(WHEN_IN_CONTACT), Certainty.IN_DOUBT, known=True)
    if track.left is None:
        return StateText(_(WAITING), fill(NO_ROUTE), Certainty.IN_DOUBT, known=True)
    # A moment that has passed without a departure is no longer expected, so it is not told.
    said = _dated(EXPECTED_TO_LEAVE, track.left if track.left > now else None)
    return StateText(_(WAITING), said, Certainty.PREDICTED, known=True)


GROUP_STATES = {
    DeliveryState.WRITTEN: WAITING,
    DeliveryState.QUEUED: WAITING,
    DeliveryState.DEPARTED: LEFT,
    DeliveryState.IN_FLIGHT: IN_FLIGHT,
    DeliveryState.ARRIVED: SHOULD_BE_THERE,
}
"""In English, what holds of all of a group, by its state."""


def group(found: TrackGroup) -> str:
    """Return in words how many letters and parts are told together, and what holds of them."""
    count = ngettext("{count} more letter or part", "{count} more letters and parts", found.count)
    return f"{count}: {_(STAYS_HERE if found.held else GROUP_STATES[found.state])}"


def not_knowable(name: str, light_time_s: float, now: int) -> Sentence:
    """Return what nobody here can know of a correspondent, a light time in s away, at a time in ns."""
    light = round(light_time_s * SECOND)
    return fill(NOT_KNOWABLE, name=name, since=Moment(now - light), duration=duration_words(light))


def _dated(template: str, at: int | None) -> Sentence:
    """Return a detail with its moment; nothing where the moment is not known."""
    return Sentence(()) if at is None else fill(template, at=Moment(at))
