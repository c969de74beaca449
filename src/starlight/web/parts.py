"""The routes of parts: to upload the bytes of one before its letter, and to fetch one that is here whole.

Both ways the bytes pass a piece at a time. What is fetched is always a file to be saved: whatever its author
says that it is, no browser is to run it, draw it or guess at it.
"""

from __future__ import annotations

from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from starlight.errors import InputError
from starlight.messages.parts import PARTS_MAX
from starlight.views.backend import PageBackend
from starlight.views.mailbox import Upload
from starlight.web.answers import json_answer
from starlight.web.visit import Visit


class PartRoutes:
    """Handlers of parts.

    Args:
        backend: what stands behind the page.
    """

    def __init__(self, backend: PageBackend) -> None:
        self._backend = backend

    def routes(self) -> list[Route]:
        """Return the addresses and what answers them; before those of letters, which would take them too."""
        person = "/people/{person}"
        return [
            Route(f"{person}/parts", self.upload, methods=["POST"]),
            Route(f"{person}/letters/{{letter:path}}/parts/{{part}}", self.fetch),
        ]

    async def upload(self, request: Request) -> Response:
        """Take the bytes of a part as the body of a request; answer what a draft calls it."""
        visit = await Visit.of(self._backend, request)
        reference = await visit.letters.upload(request.stream())
        lasts = await self._backend.media(visit.person.id).playing_time(reference)
        return json_answer(Upload(reference, lasts), status=201)

    async def fetch(self, request: Request) -> Response:
        """Give the bytes of a part that is here whole."""
        visit = await Visit.of(self._backend, request)
        part, pieces = await visit.letters.part(request.path_params["letter"], part_number(request))
        name = quote(part.name or f"part-{part.number}", safe="")
        headers = {
            "Content-Disposition": f"attachment; filename*=UTF-8''{name}",
            "Content-Length": str(part.size_bytes),
            "X-Content-Type-Options": "nosniff",
        }
        return StreamingResponse(pieces, media_type="application/octet-stream", headers=headers)


def part_number(request: Request) -> int:
    """Return the number of the part that an address names.

    Raises:
        InputError: it names none.
    """
    number = str(request.path_params["part"])
    if not (number.isascii() and number.isdigit() and len(number) < 4):
        right = f"Parts are numbered from 0, and there are {PARTS_MAX} at most"
        raise InputError(f"{number[:40]!r} is no number of a part", where="part", right=right)
    return int(number)
