"""The order of a thread: the same at both ends, whatever arrived first.

A thread is ordered by ``(written_at, id)``, except that no letter comes before the one that
it answers: of all letters whose parent has had its turn, the smallest comes next. So the
order depends on nothing but the set of letters. Clocks may differ between worlds, and an
answer still follows its question. A parent that is not there holds nothing back, and a
circle of letters that answer each other (nobody honest writes one) is cut at its smallest.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator

from starlight.messages.letter import Letter


def thread_of(first: str, second: str) -> str:
    """Return the name of the thread between two addresses when nobody named another."""
    return "|".join(sorted((first, second)))


def in_order(letters: Iterable[Letter]) -> list[Letter]:
    """Return letters, each once, in the order in which both ends show them."""
    known = {letter.id: letter for letter in letters}
    waiting: dict[str, list[tuple[int, str]]] = {}
    ready: list[tuple[int, str]] = []
    for letter in known.values():
        place = (letter.written_at, letter.id)
        if letter.reply_to in known and letter.reply_to != letter.id:
            waiting.setdefault(letter.reply_to, []).append(place)
        else:
            ready.append(place)
    heapq.heapify(ready)
    order: list[Letter] = []
    placed: set[str] = set()
    circles: Iterator[tuple[int, str]] | None = None
    while len(order) < len(known):
        if not ready:
            circles = circles or iter(sorted((letter.written_at, letter.id) for letter in known.values()))
            ready.append(next(place for place in circles if place[1] not in placed))
        id = heapq.heappop(ready)[1]
        if id in placed:
            continue
        placed.add(id)
        order.append(known[id])
        for place in waiting.pop(id, ()):
            heapq.heappush(ready, place)
    return order
