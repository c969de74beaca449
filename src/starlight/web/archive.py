"""The routes of exports and imports: letters as they are kept, and the bytes of parts that are not here any
more."""

from __future__ import annotations

from typing import Annotated

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from starlight.errors import InputError
from starlight.views.archive import ImportOrder
from starlight.views.backend import PageBackend
from starlight.web.answers import json_answer
from starlight.web.body import octets
from starlight.web.parts import part_number
from starlight.web.query import read_query
from starlight.web.visit import Visit

KEPT_SHOWN = 20
"""Letters in an answer that does not say how many."""

KEPT_MAX = 50
"""Letters in one answer at most: of the longest, fifty megabytes."""

IMPORT_MAX_BYTES = 4 * 2**20
"""A letter of a megabyte, told twice, and the same once more in base64."""


class KeptQuery(msgspec.Struct, frozen=True, rename={"with_": "with"}):
    """The question for the letters with one correspondent, as an export keeps them."""

    with_: str
    before: str = ""
    limit: Annotated[int, msgspec.Meta(ge=1, le=KEPT_MAX)] = KEPT_SHOWN


class ArchiveRoutes:
    """Handlers of exports and imports; they answer as JSON alone.

    Args:
        backend: what stands behind the page.
    """

    def __init__(self, backend: PageBackend) -> None:
        self._backend = backend

    def routes(self) -> list[Route]:
        """Return the addresses and what answers them; before those of letters, which would take them too."""
        person = "/people/{person}"
        part = f"{person}/letters/{{letter:path}}/parts/{{part}}"
        return [
            Route(f"{person}/archive", self.letters),
            Route(f"{person}/archive", self.take, methods=["POST"]),
            Route(part, self.take_part, methods=["PUT"]),
        ]

    async def letters(self, request: Request) -> Response:
        """Tell the letters with one correspondent as an export keeps them."""
        visit = await Visit.of(self._backend, request, KeptQuery)
        asked = read_query(request, KeptQuery, lenient=True)
        archivist = self._backend.archivist(visit.person.id)
        return json_answer(await archivist.letters(asked.with_, asked.before or None, asked.limit))

    async def take(self, request: Request) -> Response:
        """Take letters of an export; what is here already stays as it is."""
        visit = await Visit.of(self._backend, request)
        body = await octets(request, IMPORT_MAX_BYTES, "an import")
        try:
            order = msgspec.json.decode(body, type=ImportOrder)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            right = "Give letters as an export has them"
            raise InputError(f"the letters can't be read: {error}", where="letters", right=right) from None
        return json_answer(await self._backend.archivist(visit.person.id).take(order.letters))

    async def take_part(self, request: Request) -> Response:
        """Take the bytes of a part that is not here whole as the body of a request."""
        visit = await Visit.of(self._backend, request)
        number = part_number(request)
        archivist = self._backend.archivist(visit.person.id)
        await archivist.take_part(request.path_params["letter"], number, request.stream())
        return Response(status_code=204)
