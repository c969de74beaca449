"""The routes of voices and pictures: to make parts of them before they are sent, and to play and show them.

What a browser is given here was decoded and encoded anew by this node, never the bytes that somebody sent;
those are a file to be saved (`parts.py`).
"""

from __future__ import annotations

from typing import Annotated

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from starlight.errors import InputError
from starlight.messages.parts import NAME_MAX_BYTES
from starlight.views.backend import PageBackend
from starlight.views.media_backend import MediaBackend
from starlight.web.answers import json_answer
from starlight.web.body import octets
from starlight.web.draft_form import read_draft
from starlight.web.parts import part_number
from starlight.web.query import NoQuery, read_query
from starlight.web.ranges import ranged
from starlight.web.visit import Visit

SOURCE_MAX_BYTES = 64 * 2**20
"""Of a recording or a picture that is sent here to be encoded: half an hour of 16-kHz samples."""

DURATION_MAX_MS = 24 * 3_600_000
"""A day: of what is longer nobody asks when it arrives."""

SANDBOX = {"Content-Security-Policy": "default-src 'none'; sandbox", "Content-Disposition": "inline"}
"""Of what is opened by its own address: it may load and do nothing."""


class ChoiceQuery(msgspec.Struct, frozen=True):
    """The question to encode a recording in the way of a choice, or in that suggested for an address."""

    choice: str = ""
    to: str = ""


class DurationQuery(msgspec.Struct, frozen=True):
    """The question for the ways to send a recording of so many milliseconds."""

    duration_ms: Annotated[int, msgspec.Meta(ge=0, le=DURATION_MAX_MS)]


class PictureQuery(msgspec.Struct, frozen=True):
    """The question to make the steps of a picture."""

    name: str = ""
    keep: bool = False


class MediaRoutes:
    """Handlers of voices and pictures.

    Args:
        backend: what stands behind the page.
    """

    def __init__(self, backend: PageBackend) -> None:
        self._backend = backend

    def routes(self) -> list[Route]:
        """Return the addresses and what answers them; before those of letters, which would take them too."""
        person, part = "/people/{person}", "/people/{person}/letters/{letter:path}/parts/{part}"
        return [
            Route(f"{person}/voice/choices", self.choices, methods=["POST"]),
            Route(f"{person}/voice", self.make_voice, methods=["POST"]),
            Route(f"{person}/picture", self.make_picture, methods=["POST"]),
            Route(f"{part}/sound", self.hear),
            Route(f"{part}/picture", self.see),
            Route(f"{part}/preview", self.see_preview),
        ]

    async def choices(self, request: Request) -> Response:
        """Tell the ways to send a recording with a draft, each with its size and its arrival."""
        visit = await Visit.of(self._backend, request, DurationQuery)
        asked = read_query(request, DurationQuery, lenient=True)
        draft = await read_draft(visit)
        return json_answer(await self._media(visit).voice_offer(draft, asked.duration_ms))

    async def make_voice(self, request: Request) -> Response:
        """Encode the recording that is the body of a request; answer what a draft says of it."""
        visit = await Visit.of(self._backend, request, ChoiceQuery)
        asked = read_query(request, ChoiceQuery, lenient=True)
        if not (asked.choice or asked.to):
            right = "Name one, or with `to` the address that it goes to"
            raise InputError("no way to encode it is chosen", where="choice", right=right)
        recording = await octets(request, SOURCE_MAX_BYTES, "a recording")
        made = await self._media(visit).make_voice(recording, asked.choice, asked.to)
        return json_answer(made, status=201)

    async def make_picture(self, request: Request) -> Response:
        """Make the steps of the picture that is the body of a request; answer what a draft says of them."""
        visit = await Visit.of(self._backend, request, PictureQuery)
        asked = read_query(request, PictureQuery, lenient=True)
        if len(asked.name.encode()) > NAME_MAX_BYTES:
            right = f"It has at most {NAME_MAX_BYTES} bytes"
            raise InputError("the name of the picture is too long", where="name", right=right)
        picture = await octets(request, SOURCE_MAX_BYTES, "a picture")
        made = await self._media(visit).make_picture(picture, asked.name, keep=asked.keep)
        return json_answer(made, status=201)

    async def hear(self, request: Request) -> Response:
        """Give a voice, as far as it is here, in a form that every browser plays."""
        visit = await Visit.of(self._backend, request)
        number = part_number(request)
        heard = await self._media(visit).hear(request.path_params["letter"], number)
        told = {"Starlight-Duration-Ms": str(heard.duration_ms), "Starlight-Whole": str(int(heard.is_whole))}
        return ranged(request, heard.data, heard.media_type, SANDBOX | told)

    async def see(self, request: Request) -> Response:
        """Give a picture that is here whole, drawn anew."""
        return await self._picture(request, preview=False)

    async def see_preview(self, request: Request) -> Response:
        """Give the preview of a picture, drawn anew."""
        return await self._picture(request, preview=True)

    async def _picture(self, request: Request, *, preview: bool) -> Response:
        visit = await Visit.of(self._backend, request, NoQuery)
        number = part_number(request)
        seen = await self._media(visit).see(request.path_params["letter"], number, preview=preview)
        return Response(seen.data, media_type=seen.media_type, headers=SANDBOX)

    def _media(self, visit: Visit) -> MediaBackend:
        return self._backend.media(visit.person.id)
