"""The view of an expedition: what its programs have told the person, as pictures that can be opened.

It shows what has come here, when it was computed there, and since when it is known here; never more.
"""

from __future__ import annotations

import hashlib
from functools import partial

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from starlight.figures.air_figure import air_figure, time_ticks
from starlight.figures.plot_ticks import percent
from starlight.figures.run_figure import run_figure
from starlight.figures.search_figure import search_figure
from starlight.views.backend import PageBackend
from starlight.views.expedition import ExpeditionView, ReadingsView
from starlight.web.answers import json_answer, wants_json
from starlight.web.visit import Visit

KINDS = {"greenhouse": "air", "search-report": "search", "organics": "finds"}
"""The section in which telemetry of a kind is told."""


class ExpeditionRoutes:
    """The handler of the view; it answers as JSON and as HTML.

    Args:
        backend: what stands behind the page.
    """

    def __init__(self, backend: PageBackend) -> None:
        self._backend = backend

    def routes(self) -> list[Route]:
        """Return the address and what answers it."""
        return [Route("/people/{person}/expedition", self.expedition, methods=["GET"])]

    async def expedition(self, request: Request) -> Response:
        """Tell what programs have told."""
        visit = await Visit.of(self._backend, request)
        found = await self._backend.expeditions(visit.person.id).expedition()
        if wants_json(request):
            return json_answer(found)
        unread = (await visit.letters.mailbox(limit=1)).unread
        reader = await visit.reader()
        page = reader.view(
            "expedition",
            unread=unread,
            found=found,
            version=_version(found),
            rooms=[air_figure(each, found.now) for each in found.rooms],
            searches=[search_figure(each) for each in found.searches],
            runs=[run_figure(each) for each in found.runs],
            readings=_by_section(found),
            time_ticks=partial(time_ticks, clock=reader.clock, world=visit.person.world),
            percent=percent,
        )
        return HTMLResponse(page)


def _version(found: ExpeditionView) -> str:
    """Return what differs once something else has come, for the page's script."""
    shown: list[object] = [(each.told.letter, each.told.here_since) for each in found.rooms]
    shown += [(each.told.letter, each.told.here_since) for each in found.searches]
    shown += [(each.name, each.here_since, each.coming) for each in found.runs]
    shown += [(each.vehicle, each.here_since) for each in found.readings]
    shown += [found.coming, found.unread]
    return hashlib.sha256(repr(shown).encode()).hexdigest()[:12]


def _by_section(found: ExpeditionView) -> dict[str, list[ReadingsView]]:
    """Return telemetry by the section in which it is told."""
    told: dict[str, list[ReadingsView]] = {section: [] for section in KINDS.values()}
    for each in found.readings:
        told[KINDS[each.kind]].append(each)
    return told
