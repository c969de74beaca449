"""The view of the room that one person's letters and media take, and of what can be let go."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from starlight.messages.storage import Released, ReleaseOrder
from starlight.web.answers import json_answer, wants_json
from starlight.web.backend import PageBackend
from starlight.web.body import read_body
from starlight.web.visit import Visit


class StorageRoutes:
    """Handlers of the room; each answers as JSON and as HTML.

    Args:
        backend: what stands behind the page.
    """

    def __init__(self, backend: PageBackend) -> None:
        self._backend = backend

    def routes(self) -> list[Route]:
        """Return the addresses and what answers them."""
        storage = "/people/{person}/storage"
        return [
            Route(storage, self.storage),
            Route(f"{storage}/release", self.release, methods=["POST"]),
        ]

    async def storage(self, request: Request) -> Response:
        """Tell the room that letters and media take."""
        visit = await Visit.of(self._backend, request)
        if wants_json(request):
            return json_answer(await self._backend.storage(visit.person.id).storage())
        return await self._page(visit, None, None)

    async def release(self, request: Request) -> Response:
        """Let go of media that both ends had, or only tell what would be."""
        visit = await Visit.of(self._backend, request)
        order = await read_body(request, ReleaseOrder)
        released = await self._backend.storage(visit.person.id).release(order)
        return json_answer(released) if wants_json(request) else await self._page(visit, order, released)

    async def _page(self, visit: Visit, order: ReleaseOrder | None, released: Released | None) -> Response:
        """Answer with the page; after an order, with what became of it."""
        storage = await self._backend.storage(visit.person.id).storage()
        conversations = (await visit.letters.mailbox(limit=1)).conversations
        unread = sum(each.unread for each in conversations)
        reader = await visit.reader()
        page = reader.view("storage", unread=unread, storage=storage, order=order, released=released)
        return HTMLResponse(page)
