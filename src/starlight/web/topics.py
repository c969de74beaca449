"""The routes of topics, open questions, stars and reminders."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from starlight.web.answers import json_answer
from starlight.web.backend import PageBackend
from starlight.web.body import read_body
from starlight.web.topic_view import ReminderOrder, StarOrder
from starlight.web.visit import Visit


class TopicRoutes:
    """Handlers of topics and marks.

    Args:
        backend: what stands behind the page.
    """

    def __init__(self, backend: PageBackend) -> None:
        self._backend = backend

    def routes(self) -> list[Route]:
        """Return the addresses and what answers them."""
        letter = "/people/{person}/letters/{letter:path}"
        return [
            Route("/people/{person}/topics", self.all),
            Route("/people/{person}/marked", self.marked),
            Route(f"{letter}/star", self.star, methods=["POST"]),
            Route(f"{letter}/remind", self.remind, methods=["POST"]),
        ]

    async def all(self, request: Request) -> Response:
        """Tell the topics of all conversations."""
        visit = await Visit.of(self._backend, request)
        return json_answer(await self._backend.topics(visit.person.id).all())

    async def marked(self, request: Request) -> Response:
        """Tell open questions, starred letters and reminders."""
        visit = await Visit.of(self._backend, request)
        return json_answer(await self._backend.topics(visit.person.id).marked())

    async def star(self, request: Request) -> Response:
        """Put a star to a letter, or take it away."""
        visit = await Visit.of(self._backend, request)
        order = await read_body(request, StarOrder)
        letter = request.path_params["letter"]
        return await visit.done(await self._backend.topics(visit.person.id).star(letter, order))

    async def remind(self, request: Request) -> Response:
        """Set when to be reminded of a letter."""
        visit = await Visit.of(self._backend, request)
        order = await read_body(request, ReminderOrder)
        letter = request.path_params["letter"]
        return await visit.done(await self._backend.topics(visit.person.id).remind(letter, order))
