"""The text of facts on which nodes of a mission disagree: which fact, both values, which file says what."""

from __future__ import annotations

from starlight.contacts import FactDisagreement, Said
from starlight.words.language import _, ngettext
from starlight.words.sentence import Names, Sentence, fill, name_of

DIFFERS = "{fact} is {ours} {here}, and {theirs} {there}."
OURS_HOLDS = "Here {ours} holds, until both say the same."
AMENDMENT_HOLDS = "The amendment holds; let this node's file say the same."
NOT_AMENDED = "An amendment can't change that while a node runs; the file holds."

ONE_DIFFERS = "A fact of the mission is told differently elsewhere"
MORE_DIFFER = "{count} facts of the mission are told differently elsewhere"

CALLED = {
    "clock.rate": "The rate of mission time",
    "clock.mission": "Mission time",
    "mars_longitude_deg": "The longitude of the clock on Mars",
    "landing": "The day of sol 0 on Mars",
    "timezone": "The time zone on Earth",
    "world": "The clock of the world {of}",
    "light_time_s": "The light time in seconds from {of}",
}
"""In English, what a fact is, by its name or how that begins."""

KEYED = "{called} ({key})"
LINK = "{sender} to {receiver}"
NAMED = "The {key} of {of}"
"""Of nodes and people."""

HERE = {
    "file": "in this node's file",
    "default": "here, as this node's file says nothing",
    "plan": "by this node's plan",
    "amendment": "by an amendment of {author}",
    "peer": "here as {author} tells it",
}
"""In English, where this node has a value from."""

THERE = {
    "file": "in the file of {peer}",
    "default": "at {peer}, whose file says nothing",
    "plan": "by the plan of {peer}",
    "amendment": "at {peer} by an amendment of {author}",
    "peer": "at {peer} as {author} tells it",
}
"""In English, where a peer has a value from."""


def differs(found: FactDisagreement, names: Names) -> Sentence:
    """Return what differs, where each value stands, and which holds; names are those of the nodes."""
    ours = str(found.ours.value)
    said = fill(
        DIFFERS,
        fact=_called(found.name, names),
        ours=ours,
        here=_source(HERE, found.ours, None, names),
        theirs=str(found.theirs.value),
        there=_source(HERE if found.peer is None else THERE, found.theirs, found.peer, names),
    )
    if found.peer is not None:
        return said + fill(OURS_HOLDS, ours=ours)
    return said + fill(NOT_AMENDED if found.holds else AMENDMENT_HOLDS)


def summary(count: int) -> str:
    """Return how many facts differ, for the line behind which they stand; one at least."""
    return ngettext(ONE_DIFFERS, MORE_DIFFER, count)


def _called(name: str, names: Names) -> Sentence:
    """Return what a fact is, with the key by which it stands in a node's file."""
    kind, _dot, of = name.partition(".")
    if name in CALLED:
        return fill(KEYED, called=_(CALLED[name]), key=name)
    if kind in ("node", "address"):
        of, _dot, key = of.rpartition(".")
        # By its number: what it is called may be what they differ about.
        return fill(NAMED, key=key, of=_("node {number}", number=of) if kind == "node" else of)
    if kind == "light_time_s":
        sender, receiver = (name_of(int(node), names) for node in of.split("."))
        of = fill(LINK, sender=sender, receiver=receiver).text()
    return fill(KEYED, called=fill(CALLED[kind], of=of), key=kind)


def _source(catalogue: dict[str, str], said: Said, peer: int | None, names: Names) -> Sentence:
    kind, _space, who = said.source.partition(" ")
    author = int(who.partition(":")[0]) if who else None
    return fill(catalogue[kind], author=name_of(author, names), peer=name_of(peer, names))
