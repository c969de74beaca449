"""The routes of distress calls: raised with a gesture and a confirmation, cancelled, acknowledged."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from starlight.views.backend import PageBackend
from starlight.views.distress import CallAnswer, CallDismissal, CallWords
from starlight.web.answers import json_answer, wants_json
from starlight.web.body import read_body
from starlight.web.render import render
from starlight.web.visit import Visit


class DistressRoutes:
    """Handlers of distress calls; they answer as JSON and as HTML.

    Args:
        backend: what stands behind the page.
    """

    def __init__(self, backend: PageBackend) -> None:
        self._backend = backend

    def routes(self) -> list[Route]:
        """Return the addresses and what answers them."""
        distress = "/people/{person}/distress"
        return [
            Route(distress, self.show, methods=["GET"]),
            Route(distress, self.call, methods=["POST"]),
            Route(f"{distress}/cancel", self.cancel, methods=["POST"]),
            Route(f"{distress}/acknowledge", self.acknowledge, methods=["POST"]),
            Route(f"{distress}/dismiss", self.dismiss, methods=["POST"]),
        ]

    async def show(self, request: Request) -> Response:
        """Tell of the person's call and of those of others; as a page, ask before one is raised."""
        visit = await Visit.of(self._backend, request)
        view = await self._backend.calls(visit.person.id).view()
        if wants_json(request):
            return json_answer(view)
        reader = await visit.reader()
        context = reader.context(distress=view, swap="", version="")
        return HTMLResponse(render("distress_page.html", context))

    async def call(self, request: Request) -> Response:
        """Raise a call; it is durable when this answers."""
        visit = await Visit.of(self._backend, request)
        order = await read_body(request, CallWords)
        own = await self._backend.calls(visit.person.id).call(order)
        return json_answer(own, 201) if wants_json(request) else _back(visit)

    async def cancel(self, request: Request) -> Response:
        """End the person's call."""
        visit = await Visit.of(self._backend, request)
        order = await read_body(request, CallWords)
        own = await self._backend.calls(visit.person.id).cancel(order)
        return json_answer(own) if wants_json(request) else _back(visit)

    async def acknowledge(self, request: Request) -> Response:
        """Tell a caller that a person has heard; a form leads to the letters with them."""
        visit = await Visit.of(self._backend, request)
        order = await read_body(request, CallAnswer)
        view = await self._backend.calls(visit.person.id).acknowledge(order)
        return json_answer(view) if wants_json(request) else RedirectResponse(visit.back(order.caller), 303)

    async def dismiss(self, request: Request) -> Response:
        """Take a call off the person's page that somebody else has answered."""
        visit = await Visit.of(self._backend, request)
        order = await read_body(request, CallDismissal)
        view = await self._backend.calls(visit.person.id).dismiss(order)
        return json_answer(view) if wants_json(request) else RedirectResponse(visit.back(order.caller), 303)


def _back(visit: Visit) -> Response:
    """Return the way back to the page that shows where the call is."""
    return RedirectResponse(f"/people/{visit.person.id}/distress", 303)
