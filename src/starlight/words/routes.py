"""The text of routes: hop by hop, and why one that looks faster was refused."""

from __future__ import annotations

import re

from starlight.dtntime import from_text
from starlight.errors import InputError
from starlight.routing import Refusal, Route
from starlight.words.sentence import Moment, Names, Sentence

_TIMES = re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{3})?Z")


def hops(route: Route, names: Names) -> tuple[Sentence, ...]:
    """Return a sentence for each hop of a route: until when it waits and why, leaves, arrives."""
    return tuple(_timed(text) for text in route.explain(names))


def headline(refusal: Refusal) -> Sentence:
    """Return in a line which route was refused."""
    return _timed(refusal.headline)


def refused(refusal: Refusal, names: Names) -> tuple[Sentence, ...]:
    """Return a sentence for each contact of a refused route, up to the one that decides."""
    return tuple(_timed(text) for text in refusal.explain(names))


def _timed(text: str) -> Sentence:
    """Return the router's own words as a sentence, the times in them as moments."""
    parts: list[str | Moment] = []
    end = 0
    for match in _TIMES.finditer(text):
        try:
            at = from_text(match[0])
        except InputError:
            continue
        parts += [text[end : match.start()], Moment(at)]
        end = match.end()
    return Sentence((*parts, text[end:]))
