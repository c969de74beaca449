"""The text of the contact plan's amendments on the page: what was changed, by whom, and who else knows."""

from __future__ import annotations

from collections.abc import Sequence

from starlight.contacts import (
    Change,
    MissionFact,
    NewContacts,
    NotUnderstood,
    Outage,
    Removed,
    Retracted,
)
from starlight.words.language import _
from starlight.words.sentence import Moment, Names, Sentence, fill, name_of

HEADING = "Changes of the plan"
SUMMARY = "Version {digest}: {count} held here"
OTHERS_HEADING = "What other places are known to hold"

OUTAGE = "No contact between {links} from {start} to {end}"
NEW_CONTACTS = "New contacts between {links} from {start} to {end}."
REMOVED = "The contact between {links} at {time} does not take place."
FACT = "{name} is {value}."
RETRACTED = "Change {number} by {author} no longer counts."
NOT_UNDERSTOOD = "A change that only a newer Starlight understands; it is kept."
"""In English, by kind of change."""

MADE = "{author}, {at}: {changes}"
NO_LONGER = "{author}, {at}: no longer counts."
DOUBTFUL = "The clock of {author} is doubtful."
SAME = "{node}: the same, as of {as_of}."
OTHER = "{node}: another version, as of {as_of}."

LINKS_MAX = 3
"""Links that a sentence names; of more it says how many."""


def summary(digest: str, count: int) -> str:
    """Return how many amendments are held, and what all who hold the same call them."""
    return _(SUMMARY, digest=digest, count=count)


def made(
    author: int, at: int, changes: Sequence[Change], names: Names, *, counts: bool, doubtful: bool
) -> Sentence:
    """Return what an amendment says.

    Args:
        author, at: who made it, and when by the author's clock, in ns.
        changes: what it changes.
        names: what people call the nodes.
        counts: no other one retracts it.
        doubtful: the author's clock can't be right.
    """
    who = name_of(author, names)
    told = Sentence(())
    for each in changes:
        told = told + change(each, names)
    found = fill(MADE if counts else NO_LONGER, author=who, at=Moment(at), changes=told)
    return found + fill(DOUBTFUL, author=who) if doubtful else found


def change(change: Change, names: Names) -> Sentence:
    """Return what a change says."""
    match change:
        case Outage(links, start, end, text):
            found = fill(OUTAGE, links=_links(links, names), start=Moment(start), end=Moment(end))
            return Sentence((*found.parts, f": {text}." if text else "."))
        case NewContacts(contacts):
            between = [(each.from_node, each.to_node) for each in contacts]
            start, end = min(each.start for each in contacts), max(each.end for each in contacts)
            return fill(NEW_CONTACTS, links=_links(between, names), start=Moment(start), end=Moment(end))
        case Removed(from_node, to_node, time):
            return fill(REMOVED, links=_links([(from_node, to_node)], names), time=Moment(time))
        case MissionFact(name, value):
            return fill(FACT, name=name, value=str(value))
        case Retracted(author, number):
            return fill(RETRACTED, number=number, author=name_of(author, names))
        case NotUnderstood():
            return fill(NOT_UNDERSTOOD)


def other(node: int, as_of: int, names: Names, *, same: bool) -> Sentence:
    """Return what is known of another node: whether it held the same, and when, in ns."""
    return fill(SAME if same else OTHER, node=name_of(node, names), as_of=Moment(as_of))


def _links(links: Sequence[tuple[int, int]], names: Names) -> str:
    # Both directions of a link are one to people.
    pairs = dict.fromkeys(tuple(sorted(link)) for link in links)
    told = [
        _("{one} and {other}", one=name_of(a, names), other=name_of(b, names))
        for a, b in list(pairs)[:LINKS_MAX]
    ]
    if len(pairs) > LINKS_MAX:
        told.append(_("{count} more", count=len(pairs) - LINKS_MAX))
    return "; ".join(told)
