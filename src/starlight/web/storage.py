"""The view of the room that one person's letters and media take, and of what can be let go."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from starlight.messages.storage import Erased, EraseOrder, Released, ReleaseOrder
from starlight.views.backend import PageBackend
from starlight.web.answers import json_answer, wants_json
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
            Route(f"{storage}/erase", self.erase, methods=["POST"]),
        ]

    async def storage(self, request: Request) -> Response:
        """Tell the room that letters and media take."""
        visit = await Visit.of(self._backend, request)
        if wants_json(request):
            return json_answer(await self._backend.storage(visit.person.id).storage())
        return await self._page(visit)

    async def release(self, request: Request) -> Response:
        """Let go of media that both ends had, or only tell what would be."""
        visit = await Visit.of(self._backend, request)
        order = await read_body(request, ReleaseOrder)
        released = await self._backend.storage(visit.person.id).release(order)
        if wants_json(request):
            return json_answer(released)
        return await self._page(visit, order=order, released=released)

    async def erase(self, request: Request) -> Response:
        """Erase the letters with a correspondent here."""
        visit = await Visit.of(self._backend, request)
        order = await read_body(request, EraseOrder)
        erased = await self._backend.storage(visit.person.id).erase(order)
        return json_answer(erased) if wants_json(request) else await self._page(visit, erased=erased)

    async def _page(
        self,
        visit: Visit,
        *,
        order: ReleaseOrder | None = None,
        released: Released | None = None,
        erased: Erased | None = None,
    ) -> Response:
        """Answer with the page; after an order, with what became of it."""
        storage = await self._backend.storage(visit.person.id).storage()
        mailbox = await visit.letters.mailbox(limit=1)
        everyone = [each for each in (*mailbox.conversations, *mailbox.hidden) if each.letters]
        reader = await visit.reader()
        told = {"storage": storage, "order": order, "released": released, "erased": erased}
        return HTMLResponse(reader.view("storage", unread=mailbox.unread, everyone=everyone, **told))
