"""The view of what is in flight: where each letter is by its forecast, drawn and on a time line."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from starlight.dtntime import to_text
from starlight.figures.flight_figure import lanes, time_line
from starlight.views.backend import PageBackend
from starlight.views.flight import FlightView
from starlight.web.answers import json_answer, wants_json
from starlight.web.visit import Visit


class FlightRoutes:
    """The handler of the view; it answers as JSON and as HTML.

    Args:
        backend: what stands behind the page.
    """

    def __init__(self, backend: PageBackend) -> None:
        self._backend = backend

    def routes(self) -> list[Route]:
        """Return the address and what answers it."""
        return [Route("/people/{person}/flight", self.flight, methods=["GET"])]

    async def flight(self, request: Request) -> Response:
        """Tell what is on its way, and where it is by its forecast."""
        visit = await Visit.of(self._backend, request)
        flight = await self._backend.flights(visit.person.id).flight()
        if wants_json(request):
            return json_answer(flight)
        unread = (await visit.letters.mailbox(limit=1)).unread
        reader = await visit.reader()
        line = time_line(flight)
        page = reader.view(
            "flight",
            unread=unread,
            flight=flight,
            lanes=lanes(flight),
            line=line,
            ticks=line.axis.ticks(reader.clock.worlds[visit.person.world]),
            knots=[(to_text(at, 3), round(x, 3)) for at, x in line.axis.knots],
            next_moment=next_moment(flight),
        )
        return HTMLResponse(page)


def next_moment(flight: FlightView) -> int | None:
    """Return when what is told changes next by the passing of time alone, in ns; None where nothing does."""
    moments = [at for track in flight.tracks for at in (track.left, track.arrives, track.word_at)]
    moments += [at for track in flight.tracks for hop in track.hops for at in (hop.leaves, hop.arrives)]
    return min((at for at in moments if at is not None and at > flight.now), default=None)
