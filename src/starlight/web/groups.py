"""The routes of groups: those that a person is in, and how they are founded and changed."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from starlight.views.backend import PageBackend
from starlight.views.groups import GroupChange, GroupFounding, GroupView
from starlight.web.answers import json_answer, wants_json
from starlight.web.body import read_body
from starlight.web.render import element_id
from starlight.web.visit import Visit


class GroupRoutes:
    """Handlers of groups; a form's answer leads to the group among the contacts.

    Args:
        backend: what stands behind the page.
    """

    def __init__(self, backend: PageBackend) -> None:
        self._backend = backend

    def routes(self) -> list[Route]:
        """Return the addresses and what answers them."""
        groups = "/people/{person}/groups"
        return [
            Route(groups, self.all, methods=["GET"]),
            Route(groups, self.found, methods=["POST"]),
            Route(f"{groups}/{{group}}", self.change, methods=["POST"]),
        ]

    async def all(self, request: Request) -> Response:
        """Tell the groups that a person is or was in."""
        visit = await Visit.of(self._backend, request)
        return json_answer(await self._backend.groups(visit.person.id).all())

    async def found(self, request: Request) -> Response:
        """Found a group; it is durable when this answers, and told to its members as the plan lets it."""
        visit = await Visit.of(self._backend, request)
        order = await read_body(request, GroupFounding)
        group = await self._backend.groups(visit.person.id).found(order)
        return _done(visit, group, 201)

    async def change(self, request: Request) -> Response:
        """Rename a group, add people to it, or remove some."""
        visit = await Visit.of(self._backend, request)
        order = await read_body(request, GroupChange)
        group = await self._backend.groups(visit.person.id).change(request.path_params["group"], order)
        return _done(visit, group, 200)


def _done(visit: Visit, group: GroupView, status: int) -> Response:
    if wants_json(visit.request):
        return json_answer(group, status)
    base = f"/people/{visit.person.id}/contacts"
    return RedirectResponse(f"{base}#{element_id(group.id)}", 303)
