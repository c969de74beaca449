"""The page and its JSON twin as one ASGI application.

Every address answers both ways: as HTML to a browser, as JSON under ``/api`` or when the
Accept header asks for it. A form works without JavaScript (then it leads back to the page);
htmx only spares the reload.
"""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles

from starlight.errors import StarlightError
from starlight.views.backend import PageBackend
from starlight.web.answers import tell, tell_http, tell_nobody
from starlight.web.archive import ArchiveRoutes
from starlight.web.contacts import ContactRoutes
from starlight.web.distress import DistressRoutes
from starlight.web.expedition import ExpeditionRoutes
from starlight.web.flight import FlightRoutes
from starlight.web.groups import GroupRoutes
from starlight.web.guard import LOOPBACK_HOSTS, Guard
from starlight.web.installable import InstallRoutes
from starlight.web.letters import LetterRoutes
from starlight.web.media import MediaRoutes
from starlight.web.pages import PageRoutes
from starlight.web.parts import PartRoutes
from starlight.web.queue import QueueRoutes
from starlight.web.render import HERE
from starlight.web.search import SearchRoutes
from starlight.web.settings import SettingsRoutes
from starlight.web.storage import StorageRoutes
from starlight.web.stream import PageStreams
from starlight.web.topics import TopicRoutes


def make_app(backend: PageBackend, *, token: str, hosts: tuple[str, ...] = LOOPBACK_HOSTS) -> Starlette:
    """Return the application that serves a backend.

    Args:
        backend: what the page shows and does.
        token: the secret that opens it: ``/?token=TOKEN`` in a browser, ``Authorization: Bearer
            TOKEN`` for a program.
        hosts: names that the Host header may have, without port.
    """
    pages = PageRoutes(backend)
    twins = [
        *pages.routes(),
        *MediaRoutes(backend).routes(),
        *ArchiveRoutes(backend).routes(),
        *StorageRoutes(backend).routes(),
        *SettingsRoutes(backend).routes(),
        *PartRoutes(backend).routes(),
        *QueueRoutes(backend).routes(),
        *FlightRoutes(backend).routes(),
        *ExpeditionRoutes(backend).routes(),
        *LetterRoutes(backend).routes(),
        *TopicRoutes(backend).routes(),
        *GroupRoutes(backend).routes(),
        *ContactRoutes(backend).routes(),
        *DistressRoutes(backend).routes(),
        *SearchRoutes(backend).routes(),
        WebSocketRoute("/people/{person}/stream", PageStreams(backend).serve),
    ]
    return Starlette(
        routes=[
            *InstallRoutes(backend).routes(),
            Mount("/static", StaticFiles(directory=HERE / "static")),
            Route("/api", pages.people),  # Before the mount, which would lead on to "/api/".
            Mount("/api", routes=twins),
            *twins,
        ],
        middleware=[Middleware(Guard, token=token, hosts=hosts)],
        exception_handlers={StarlightError: tell, HTTPException: tell_http, ClientDisconnect: tell_nobody},
    )
