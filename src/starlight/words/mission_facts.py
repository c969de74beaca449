"""The text of facts on which nodes of a mission disagree: which fact, both values, which file says what."""

from __future__ import annotations

from starlight.contacts import FactDisagreement, Said
from starlight.words.sentence import Names, Sentence, fill, name_of

DIFFERS = "{fact} is {ours} {here} and {theirs} {there}."
OURS_HOLDS = "Here {ours} holds, until both say the same."
AMENDMENT_HOLDS = "The amendment holds; let this node's file say the same."
NOT_AMENDED = "An amendment can't change that while a node runs; the file holds."

HERE = {
    "file": "in this node's file",
    "default": "here, as this node's file says nothing",
    "plan": "by this node's plan",
    "amendment": "by an amendment of {author}",
    "peer": "as {author} tells it",
}
"""In English, where this node has a value from."""

THERE = {
    "file": "in the file of {peer}",
    "default": "at {peer}, whose file says nothing",
    "plan": "by the plan of {peer}",
    "amendment": "at {peer} by an amendment of {author}",
}
"""In English, where a peer has a value from."""


def differs(found: FactDisagreement, names: Names) -> Sentence:
    """Return what differs, where each value stands, and which holds; names are those of the nodes."""
    ours, theirs = str(found.ours.value), str(found.theirs.value)
    there = HERE if found.peer is None else THERE
    said = fill(
        DIFFERS,
        fact=found.name,
        ours=ours,
        here=_source(HERE, found.ours, found.peer, names),
        theirs=theirs,
        there=_source(there, found.theirs, found.peer, names),
    )
    if found.peer is not None:
        return said + fill(OURS_HOLDS, ours=ours)
    return said + Sentence((NOT_AMENDED if found.holds else AMENDMENT_HOLDS,))


def _source(catalogue: dict[str, str], said: Said, peer: int | None, names: Names) -> Sentence:
    kind, _, who = said.source.partition(" ")
    author = int(who.partition(":")[0]) if who else None
    return fill(catalogue[kind], author=name_of(author, names), peer=name_of(peer, names))
