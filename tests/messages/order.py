"""The order of a conversation by its rule, from all letters at once: what order keys are held against."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator

from starlight.messages.letter import Letter


def in_order(letters: Iterable[Letter]) -> list[Letter]:
    """Return letters, each once: of all whose parent has had its turn, the smallest comes next."""
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
