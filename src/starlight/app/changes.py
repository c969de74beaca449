"""Word that something which pages show has changed at the nodes of this process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from functools import partial

from starlight.live.daemon import Daemon
from starlight.views.page_status import PageChange


async def changes(
    daemons: Mapping[int, Daemon],
    people_at: Callable[[int], Iterable[str]],
    besides: Callable[[Callable[[], None]], Callable[[], None]] | None = None,
) -> AsyncIterator[PageChange]:
    """Yield whenever something changed; what changes faster than it is read is merged.

    So a page that reads slowly never makes a queue: however much happens, there is one change to yield.

    Args:
        daemons: by node number.
        people_at: gives the ids of the people whose mailboxes are at a node.
        besides: calls a listener when something else has changed that all pages show; returns what ends that.
    """
    woken = asyncio.Event()
    people: dict[str, None] = {}  # in the order in which they changed

    def note(node: int) -> None:
        people.update(dict.fromkeys(people_at(node)))
        woken.set()

    ends = [daemon.subscribe(partial(note, number)) for number, daemon in daemons.items()]
    ends += [besides(woken.set)] if besides else []
    try:
        while True:
            await woken.wait()
            # Nothing is awaited from here to the yield, so no change can come in between and be lost.
            woken.clear()
            changed = tuple(people)
            people.clear()
            yield PageChange(people=changed, status=True)
    finally:
        for end in ends:
            end()
