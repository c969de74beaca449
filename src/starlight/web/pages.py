"""The routes of what is looked at: people, pages, the sky; of the storm and the clock, which change it."""

from __future__ import annotations

import msgspec
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from starlight.messages.draft import Draft
from starlight.views.backend import PageBackend
from starlight.web.answers import is_of_api, json_answer, wants_json
from starlight.web.body import read_body
from starlight.web.query import NoQuery, read_query
from starlight.web.visit import MailboxQuery, PersonQuery, StatusQuery, Visit, WithQuery


class StormOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body that lets the storm loose or ends it."""

    active: bool


class RateOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body that changes how fast mission time goes: seconds a second, 0 to let it stand."""

    rate: float


class PageRoutes:
    """Handlers of what a person looks at; each answers as JSON and as HTML.

    Args:
        backend: what stands behind the page.
    """

    def __init__(self, backend: PageBackend) -> None:
        self._backend = backend

    def routes(self) -> list[Route]:
        """Return the addresses and what answers them."""
        person = "/people/{person}"
        return [
            Route("/", self.people),
            Route("/people", self.people),
            Route(person, self.page),
            Route(f"{person}/mailbox", self.mailbox),
            Route(f"{person}/parts", self.parts),
            Route(f"{person}/unread", self.unread),
            Route(f"{person}/status", self.status),
            Route(f"{person}/storm", self.storm, methods=["POST"]),
            Route(f"{person}/clock", self.rate, methods=["POST"]),
            Route(f"{person}/clock/next", self.go_on, methods=["POST"]),
            Route("/sky", self.sky),
            Route("/orbits", self.orbits),
            Route("/status", self.status),
            Route("/storm", self.storm, methods=["POST"]),
            Route("/clock", self.rate, methods=["POST"]),
            Route("/clock/next", self.go_on, methods=["POST"]),
        ]

    async def people(self, request: Request) -> Response:
        """Tell who is here; a browser is led to the first one's page."""
        if is_of_api(request):
            read_query(request, NoQuery)
        people = await self._backend.people()
        if wants_json(request):
            return json_answer(people)
        # Led on rather than shown here, so that a page's address always says whose it is.
        return RedirectResponse(f"/people/{people[0].id}", 303)

    async def page(self, request: Request) -> Response:
        """Show a person's page."""
        visit = await Visit.of(self._backend, request, MailboxQuery)
        view = await visit.page()
        if wants_json(request):
            return json_answer({"mailbox": view.mailbox, "status": view.status})
        to = view.mailbox.correspondent
        # Before the first word is written, the page already says when one would arrive.
        prediction = await visit.letters.predict(Draft(to, "")) if to else None
        own = await visit.letters.unread_there()
        return HTMLResponse(view.page(await self._backend.orbits(), prediction, own))

    async def parts(self, request: Request) -> Response:
        """Show what changes of a page while it is open."""
        visit = await Visit.of(self._backend, request, MailboxQuery)
        view = await visit.page()
        if wants_json(request):
            return json_answer({"mailbox": view.mailbox, "status": view.status})
        return HTMLResponse(view.parts())

    async def mailbox(self, request: Request) -> Response:
        """Tell the letters with one correspondent, and all conversations."""
        visit = await Visit.of(self._backend, request, MailboxQuery)
        return json_answer(await visit.mailbox())

    async def unread(self, request: Request) -> Response:
        """Tell whose letters are unread: all that a view without letters has to know of them."""
        visit = await Visit.of(self._backend, request)
        return json_answer((await visit.letters.mailbox(limit=1)).unread_from)

    async def status(self, request: Request) -> Response:
        """Tell what moves besides letters, as a person's place knows it."""
        visit = await Visit.of(self._backend, request, _by_person(request, StatusQuery, WithQuery))
        asked = read_query(request, WithQuery, lenient=True)
        return json_answer(await self._backend.status(visit.person.id, asked.with_))

    async def sky(self, request: Request) -> Response:
        """Tell clocks, positions, distance and the window."""
        read_query(request, NoQuery, lenient=not is_of_api(request))
        return json_answer(await self._backend.sky())

    async def orbits(self, request: Request) -> Response:
        """Tell the lines of the orbits."""
        read_query(request, NoQuery, lenient=not is_of_api(request))
        return json_answer(await self._backend.orbits())

    async def storm(self, request: Request) -> Response:
        """Let the storm loose, or end it."""
        visit = await Visit.of(self._backend, request, _by_person(request, PersonQuery, NoQuery))
        order = await read_body(request, StormOrder)
        return await visit.done(await self._backend.set_storm(order.active))

    async def rate(self, request: Request) -> Response:
        """Let mission time go at another rate, or stand."""
        visit = await Visit.of(self._backend, request, _by_person(request, PersonQuery, NoQuery))
        order = await read_body(request, RateOrder)
        return await visit.done(await self._backend.set_rate(visit.person.id, order.rate))

    async def go_on(self, request: Request) -> Response:
        """Hurry on to what comes next in the story."""
        visit = await Visit.of(self._backend, request, _by_person(request, PersonQuery, NoQuery))
        return await visit.done(await self._backend.go_on(visit.person.id))


def _by_person(
    request: Request, elsewhere: type[msgspec.Struct], below: type[msgspec.Struct]
) -> type[msgspec.Struct]:
    """Return what an address may ask for, which names its person in its path or else behind the ?."""
    return below if "person" in request.path_params else elsewhere
