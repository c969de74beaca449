"""The WebSocket of an open page: the status as it moves, and word that a mailbox changed.

A message is JSON: ``{"changed": bool, "status": ...}``, the status as ``/api/status`` gives it;
`changed` says that letters, what is in transit, silence or storm are no longer as the page has them.
Changes that come while a message is on its way are merged into the next, so a slow
browser never makes a queue. Without any change a status goes out every few seconds, so that
the clocks of page and mission stay together.
"""

from __future__ import annotations

import asyncio
import contextlib

from starlette.websockets import WebSocket, WebSocketDisconnect

from starlight.errors import StarlightError
from starlight.views.backend import PageBackend
from starlight.web import wire

BEAT_S = 2.0
"""Real seconds between two statuses without a change; at 600 times life's speed the worlds
move by less than the width of a line in that."""

GATHER_S = 0.04
"""Real seconds that changes are gathered for; a letter's way at 600 times is about a second."""

MAX_STREAMS = 64
"""Open streams at most: each costs a status every beat, and a person has a handful of tabs."""

TRY_AGAIN_LATER = 1013  # RFC 6455 registry of close codes


class PageStreams:
    """Serves the WebSockets of all pages.

    Args:
        backend: whose changes to tell.
    """

    def __init__(self, backend: PageBackend) -> None:
        self._backend = backend
        self._open = 0

    async def serve(self, socket: WebSocket) -> None:
        """Push to one page until it leaves."""
        person = str(socket.path_params["person"])
        if person not in {one.id for one in await self._backend.people()}:
            await socket.close(1008, "no such person")
            return
        if self._open >= MAX_STREAMS:
            await socket.close(TRY_AGAIN_LATER, "too many pages are open")
            return
        await socket.accept()
        self._open += 1
        try:
            await _Pushing(self._backend, socket, person, socket.query_params.get("with", "")).run()
        finally:
            self._open -= 1


class _Pushing:
    """One page's stream: what changed since the last message, and the tasks that find out."""

    def __init__(self, backend: PageBackend, socket: WebSocket, person: str, to: str) -> None:
        self._backend = backend
        self._socket = socket
        self._person = person
        self._to = to
        self._changed = False
        self._something = asyncio.Event()

    async def run(self) -> None:
        # Whichever ends first ends the others: the page has left, or sending has failed.
        tasks = [asyncio.create_task(work()) for work in (self._listen, self._push, self._until_left)]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        for task in done:
            with contextlib.suppress(WebSocketDisconnect):
                task.result()

    async def _listen(self) -> None:
        async for change in self._backend.changes(self._person):
            if change.status or self._person in change.people:
                self._changed = True
                self._something.set()

    async def _push(self) -> None:
        while True:
            # Cleared before it is read: what changes from here on wakes the next round, and none is missed.
            self._something.clear()
            changed, self._changed = self._changed, False
            message: dict[str, object] = {"changed": changed}
            # A table may end (RangeError) while letters still move; the page then keeps its last sky.
            try:
                message["status"] = await self._backend.status(self._person, self._to)
            except StarlightError as error:
                message["error"] = str(error)
            await self._socket.send_text(wire.dumps(message).decode())
            # Without a change the beat goes on. After the first one, more that belong together may follow at
            # once, as a letter's departure and its bundle's do.
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._something.wait(), BEAT_S)
                await asyncio.sleep(GATHER_S)

    async def _until_left(self) -> None:
        # A page says nothing of itself; reading is how its leaving is heard.
        while True:
            message = await self._socket.receive()
            if message["type"] == "websocket.disconnect":
                return
