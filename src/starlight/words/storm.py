"""The text of the storm that a visitor of the page can let loose."""

from __future__ import annotations

from starlight.words.sentence import Moment, Sentence, fill

HAS_CUT, HAS_CUT_SINCE = "It has cut {what}.", "Since {at} it has cut {what}."


def storm_cut(what: str, since: int | None) -> Sentence:
    """Return what a storm has cut, and since when, in ns, where that is known."""
    return fill(HAS_CUT, what=what) if since is None else fill(HAS_CUT_SINCE, what=what, at=Moment(since))
