"""The routes of the contact plan in the local API: to look at it and to amend it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from starlight.app.amendment_drafts import AmendmentDraft, check
from starlight.contacts import Amendment, from_json
from starlight.errors import InputError
from starlight.live.daemon import Daemon
from starlight.web.answers import json_answer
from starlight.web.body import octets, read_body
from starlight.web.query import NoQuery, read_query

PLAN_MAX_BYTES = 64 << 20
"""Of a plan as JSON: what `contacts.plan_json` reads in a few seconds."""


class NodeQuery(msgspec.Struct, frozen=True):
    """The question about one of several nodes."""

    node: Annotated[int, msgspec.Meta(ge=1, le=2**63 - 1)] | None = None


class PlanRoutes:
    """Handlers of what concerns the contact plan.

    Args:
        daemons: the nodes of this process.
    """

    def __init__(self, daemons: Sequence[Daemon]) -> None:
        self._daemons = {daemon.config.node.number: daemon for daemon in daemons}

    def routes(self) -> list[Route]:
        """Return the addresses and what answers them."""
        return [
            Route("/api/plan", self.show),
            Route("/api/plan", self.set, methods=["PUT"]),
            Route("/api/amendments", self.amend, methods=["POST"]),
        ]

    async def show(self, request: Request) -> Response:
        """Tell which amendments each node holds, and what it knows of others; of one with ``?node=N``."""
        asked = read_query(request, NodeQuery)
        if asked.node is None:
            return json_answer([daemon.plan.view() for daemon in self._daemons.values()])
        return json_answer([self._daemon(asked.node).plan.view()])

    async def amend(self, request: Request) -> Response:
        """Amend the plan; the change is in force at this node and durable when this answers."""
        read_query(request, NoQuery)
        draft = await read_body(request, AmendmentDraft, check)
        daemon = self._daemon(draft.node)
        changes = draft.made()
        if draft.known_links:
            daemon.plan.check_known(changes)
        return _told(daemon, await daemon.plan.amend(changes))

    async def set(self, request: Request) -> Response:
        """Amend the plan so that its contacts are those of the body, a plan in Starlight's JSON."""
        daemon = self._daemon(read_query(request, NodeQuery).node)
        made = await daemon.plan.set(from_json(await octets(request, PLAN_MAX_BYTES, "a plan")))
        return json_answer(None) if made is None else _told(daemon, made)

    def _daemon(self, node: int | None) -> Daemon:
        return daemon_of(self._daemons, node)


def daemon_of(daemons: Mapping[int, Daemon], node: int | None) -> Daemon:
    """Return a node of this process; without a number the only one.

    Raises:
        InputError: it is none of them, or there are several.
    """
    found = next(iter(daemons.values())) if node is None and len(daemons) == 1 else None
    found = found or daemons.get(node or 0)
    if found is None:
        right = f"Such are {', '.join(map(str, daemons))}"
        told = "there are several nodes" if node is None else f"node {node} is not of this process"
        raise InputError(told, where="node", right=right)
    return found


def _told(daemon: Daemon, made: Amendment) -> Response:
    view = daemon.plan.view()
    return json_answer(next(each for each in view.amendments if (each.author, each.number) == made.id), 201)
