"""The answer to "why so late?": what a letter's time is spent on, and what looks faster."""

from __future__ import annotations

from starlight.dtntime import MINUTE
from starlight.messages.delivery import Leg
from starlight.messages.lateness import Lateness, TimeSpent
from starlight.messages.reach import Reach, ReachCode
from starlight.words import silence
from starlight.words.durations import duration_words
from starlight.words.reach import headline
from starlight.words.sentence import Names, Sentence, closed, fill, name_of

IN_FRAGMENTS = (
    "No contact carries it whole, so it travels in {count} fragments; it is there when the last one arrives."
)
SAME_NODE = "Both mailboxes are on the same node."
LAST_HOP = "It has left {here} for {there}: light takes {light}, nothing is faster."
NOTHING_FASTER = "Nothing looks faster: no other route arrives earlier, even for a bundle of no size."

WAITS_FOR_CONTACT = "it waits {time} at {here} for the contact with {there}"
WAITS_IN_QUEUE = "it waits {time} at {here} for what goes to {there} before it"
LIGHT = "light takes {time}"
SENDING = "sending it takes {time}"


def opening_sentences(lateness: Lateness, names: Names, reach: Reach | None = None) -> tuple[Sentence, ...]:
    """Return the sentences that come before all others.

    They say that a link does not answer, why it is silent, what the time is spent on, and whether nothing
    looks faster.

    Args:
        lateness: the facts.
        names: of the nodes.
        reach: the state of the way there, of what waits here; None of what has left.
    """
    if lateness.last_hop is not None:
        return (_on_its_last_hop(lateness.last_hop, names),)
    # A silence first: while nothing gets across, everything else about the letter follows from that.
    is_lost = reach is not None and reach.code in (ReachCode.NO_CONTACT, ReachCode.NEVER_HEARD)
    found = [Sentence((*headline(reach, names).parts, "."))] if reach is not None and is_lost else []
    if lateness.silence is not None:
        found.append(silence.why(lateness.silence, names))
    if lateness.fragments > 1:
        found.append(in_fragments(lateness.fragments))
    if lateness.spent is not None:
        found.append(spent(lateness.spent, names))
        # Only where it goes: without a route, or a link, that nothing looks faster would sound like progress.
        if not lateness.refusals and not is_lost:
            found.append(fill(NOTHING_FASTER))
    return tuple(found) or (fill(SAME_NODE),)


def in_fragments(count: int) -> Sentence:
    """Return what is said of a letter that travels in a number of fragments."""
    return fill(IN_FRAGMENTS, count=count)


def spent(time: TimeSpent, names: Names) -> Sentence:
    """Return what a route's time is spent on, in a sentence; but for light, what takes minutes."""
    here, there = name_of(time.from_node, names), name_of(time.to_node, names)
    # Below a minute a wait explains nothing that anyone asks about; light is told always, as it is the least
    # that any letter takes.
    parts = []
    if time.waits_for_contact >= MINUTE:
        parts.append((WAITS_FOR_CONTACT, time.waits_for_contact))
    if time.waits_in_queue >= MINUTE:
        parts.append((WAITS_IN_QUEUE, time.waits_in_queue))
    parts.append((LIGHT, time.light))
    if time.sending >= MINUTE:
        parts.append((SENDING, time.sending))
    said = (fill(text, time=duration_words(takes), here=here, there=there).text() for text, takes in parts)
    return closed(", ".join(said))


def _on_its_last_hop(leg: Leg, names: Names) -> Sentence:
    return fill(
        LAST_HOP,
        here=name_of(leg.from_node, names),
        there=name_of(leg.to_node, names),
        light=duration_words(leg.arrives - leg.last_byte),
    )
