"""The view of one person's queue: what leaves next and in which order, what is held, and what opens later."""

from __future__ import annotations

from itertools import groupby

import msgspec
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from starlight.figures.window_figure import next_window
from starlight.messages.queue import HoldOrder, MoveOrder, QueueEntry, QueueView
from starlight.views.backend import PageBackend
from starlight.web.answers import is_of_api, json_answer, wants_json
from starlight.web.body import read_body
from starlight.web.local_moment import moment_of, require_ahead
from starlight.web.visit import Visit


class Neighbours(msgspec.Struct, frozen=True):
    """The places that a letter of the queue can be moved to.

    Attributes:
        up: the id of the letter that it would leave before; None where it is the first of its kind.
        down: the same, where it gives way to the next; empty for behind all; None where it is the last.
    """

    up: str | None
    down: str | None


class HoldForm(HoldOrder, frozen=True, forbid_unknown_fields=True):
    """The form that holds a letter, as `HoldOrder`; a page has the clock of its reader.

    Attributes:
        day, time: until when, by the reader's clock (`local_moment.py`); empty for `until`.
    """

    day: str = ""
    time: str = ""


class QueueRoutes:
    """Handlers of the queue; each answers as JSON and as HTML.

    Args:
        backend: what stands behind the page.
    """

    def __init__(self, backend: PageBackend) -> None:
        self._backend = backend

    def routes(self) -> list[Route]:
        """Return the addresses and what answers them."""
        queue, letter = "/people/{person}/queue", "/people/{person}/letters/{letter:path}"
        return [
            Route(queue, self.queue, methods=["GET"]),
            Route(f"{queue}/move", self.move, methods=["POST"]),
            Route(f"{letter}/hold", self.hold, methods=["POST"]),
            Route(f"{letter}/let-go", self.let_go, methods=["POST"]),
            Route(f"{letter}/take-back", self.take_back, methods=["POST"]),
        ]

    async def queue(self, request: Request) -> Response:
        """Tell what waits, what is held, what has just left, and what opens later."""
        visit = await Visit.of(self._backend, request)
        queue = await self._backend.queues(visit.person.id).queue()
        if wants_json(request):
            return json_answer(queue)
        unread = (await visit.letters.mailbox(limit=1)).unread
        reader = await visit.reader()
        window = next_window(queue.waiting, reader.clock.now)
        page = reader.view("queue", unread=unread, queue=queue, moves=_moves(queue), window=window)
        return HTMLResponse(page)

    async def move(self, request: Request) -> Response:
        """Let a letter leave before another."""
        visit = await Visit.of(self._backend, request)
        order = await read_body(request, MoveOrder)
        return await _done(visit, await self._backend.queues(visit.person.id).move(order))

    async def hold(self, request: Request) -> Response:
        """Hold a letter that waits, until a moment or until it is let go."""
        visit = await Visit.of(self._backend, request)
        if is_of_api(request):
            order = await read_body(request, HoldOrder)
        else:
            form = await read_body(request, HoldForm)
            clock = await self._backend.clock()
            until = moment_of(clock, visit.person.world, form.day, form.time, "day")
            require_ahead(clock, until, "day")
            order = HoldOrder(form.until if until is None else until)
        desk = self._backend.queues(visit.person.id)
        return await _done(visit, await desk.hold(request.path_params["letter"], order))

    async def let_go(self, request: Request) -> Response:
        """Let a letter go that is held."""
        visit = await Visit.of(self._backend, request)
        desk = self._backend.queues(visit.person.id)
        return await _done(visit, await desk.let_go(request.path_params["letter"]))

    async def take_back(self, request: Request) -> Response:
        """Take back a letter that has left and has not opened there."""
        visit = await Visit.of(self._backend, request)
        desk = self._backend.queues(visit.person.id)
        return await _done(visit, await desk.take_back(request.path_params["letter"]))


async def _done(visit: Visit, result: object) -> Response:
    """Answer an act: back to the letters where it was asked for among them, else to the queue."""
    if wants_json(visit.request) or "with" in visit.request.query_params:
        return await visit.done(result)
    return RedirectResponse(f"/people/{visit.person.id}/queue", 303)


def _moves(queue: QueueView) -> dict[str, Neighbours]:
    """Return where each letter that waits can be moved to, by its id."""
    letters = [each for each in queue.waiting if each.part is None and not each.fixed]
    found: dict[str, Neighbours] = {}
    for _, same in groupby(letters, _urgency):
        ids = list(dict.fromkeys(each.letter for each in same))
        for place, id in enumerate(ids):
            up = ids[place - 1] if place else None
            after = ids[place + 2] if place + 2 < len(ids) else ""
            found[id] = Neighbours(up, after if place + 1 < len(ids) else None)
    return found


def _urgency(entry: QueueEntry) -> tuple[bool, int]:
    return entry.critical, entry.priority
