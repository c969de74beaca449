"""The view of what a person has chosen for their pages: language, theme, sounds, hours of quiet."""

from __future__ import annotations

import re

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from starlight.faults import Faults
from starlight.messages.settings import BY_BROWSER, Settings
from starlight.views.backend import PageBackend
from starlight.web.answers import json_answer, wants_json
from starlight.web.body import read_body
from starlight.web.visit import Visit
from starlight.words.language import LANGUAGES

_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")


class SettingsRoutes:
    """Handlers of the settings; each answers as JSON and as HTML.

    Args:
        backend: what stands behind the page.
    """

    def __init__(self, backend: PageBackend) -> None:
        self._backend = backend

    def routes(self) -> list[Route]:
        """Return the addresses and what answers them."""
        settings = "/people/{person}/settings"
        return [Route(settings, self.settings), Route(settings, self.choose, methods=["POST"])]

    async def settings(self, request: Request) -> Response:
        """Tell what is chosen."""
        visit = await Visit.of(self._backend, request)
        if wants_json(request):
            return json_answer(await self._backend.settings(visit.person.id).settings())
        unread = (await visit.letters.mailbox(limit=1)).unread
        reader = await visit.reader()
        saved = "saved" in request.query_params
        return HTMLResponse(reader.view("settings", unread=unread, languages=LANGUAGES, saved=saved))

    async def choose(self, request: Request) -> Response:
        """Keep what is chosen; what is left out is as at first."""
        visit = await Visit.of(self._backend, request)
        settings = await read_body(request, Settings, check)
        await self._backend.settings(visit.person.id).choose(settings)
        if wants_json(request):
            return json_answer(settings)
        # Led back, so that the page comes in the language and the theme that are chosen now.
        return RedirectResponse(f"/people/{visit.person.id}/settings?saved=yes", 303)


def check(settings: Settings, faults: Faults) -> None:
    """Note what is wrong with settings besides their types."""
    tags = (BY_BROWSER, *(each.tag for each in LANGUAGES))
    if settings.language not in tags:
        right = f"There are: {', '.join(tags)}"
        faults.add("language", f"there is no language {settings.language[:40]!r} here", right)
    hours = {"quiet_from": settings.quiet_from, "quiet_to": settings.quiet_to}
    for key, hour in hours.items():
        if hour and not _TIME.fullmatch(hour):
            faults.add(key, f"{hour[:40]!r} is no time of day", "Write it as 22:30, from 00:00 to 23:59")
    empty = [key for key, hour in hours.items() if not hour]
    if len(empty) == 1:
        faults.add(empty[0], "the hours of quiet have only one end", "Give both, or neither for no quiet")
    if settings.quiet_from and settings.quiet_from == settings.quiet_to:
        right = "Give two times, or neither for no quiet"
        faults.add("quiet_to", "the hours of quiet end when they begin", right)
