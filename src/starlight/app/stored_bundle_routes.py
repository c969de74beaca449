"""The routes of stored bundles in the local API: listed with why they wait, and dropped."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from starlight.app.plan_routes import daemon_of
from starlight.bundle import EndpointID
from starlight.live.daemon import Daemon
from starlight.live.stored_bundles import LISTED_MAX
from starlight.live.stored_view import StoredBundle
from starlight.node.holding import Holding
from starlight.web.answers import json_answer
from starlight.web.body import read_body
from starlight.web.query import NoQuery, read_query
from starlight.words.holding import holding


class DropOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Bundles that are to be dropped.

    Attributes:
        ids: their keys, or the identities of such as are kept in fragments or copies; one at least.
        deliverable: also such as may still get to where they go.
        node: whose they are; needed where the process has several nodes.
    """

    ids: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)]
    deliverable: bool = False
    node: int | None = None


class ListQuery(msgspec.Struct, frozen=True):
    """The question which bundles are stored; as `StoredBundles.page`, at one node of several."""

    node: int | None = None
    after: str = ""
    limit: int = LISTED_MAX
    stuck: bool = False


class StoredBundleRoutes:
    """Handlers of what concerns stored bundles.

    Args:
        daemons: the nodes of this process.
    """

    def __init__(self, daemons: Sequence[Daemon]) -> None:
        self._daemons = {daemon.config.node.number: daemon for daemon in daemons}

    def routes(self) -> list[Route]:
        """Return the addresses and what answers them."""
        return [Route("/api/bundles", self.list), Route("/api/bundles/drop", self.drop, methods=["POST"])]

    async def list(self, request: Request) -> Response:
        """List what a node stores."""
        asked = read_query(request, ListQuery)
        page = daemon_of(self._daemons, asked.node).held.page(asked.after, asked.limit, stuck=asked.stuck)
        return json_answer(msgspec.structs.replace(page, bundles=[_told(each) for each in page.bundles]))

    async def drop(self, request: Request) -> Response:
        """Drop bundles; they are durably gone when this answers with what they were."""
        read_query(request, NoQuery)
        draft = await read_body(request, DropOrder)
        held = daemon_of(self._daemons, draft.node).held
        dropped = await held.drop(draft.ids, deliverable=draft.deliverable)
        return json_answer([_told(each) for each in dropped])


def _told(bundle: StoredBundle) -> StoredBundle:
    """Return a bundle with why it waits in words."""
    view = bundle.held
    held = Holding(view.code, view.stuck, view.peer, view.until)
    node = EndpointID.parse(bundle.destination).node_number
    return msgspec.structs.replace(bundle, text=holding(held, bundle.destination, node, {}).text())
