"""The page as something to install: its worker, its manifest, and the page that the worker shows alone.

The worker's script begins with the version of the page, a digest of all its files, and the files that it
keeps; so another version is another script, which a browser takes at once and which begins anew.
"""

from __future__ import annotations

import hashlib
import json
from functools import cache

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from starlight.views.backend import PageBackend
from starlight.web.render import HERE, render
from starlight.web.visit import Visit
from starlight.words.language import spoken

KEPT_FILES = (
    "away.css",
    "away.js",
    "light.css",
    "outbox.js",
    "page.css",
    "shelf.js",
    "star.svg",
    "stars.svg",
    "texts.js",
)
"""All that the page which is shown while the node is away loads, of ``static/``."""

_WORKER_POLICY = "default-src 'none'; connect-src 'self'"
"""The worker fetches from its own origin; it runs nothing but its own script."""


class InstallRoutes:
    """Handlers of what a browser asks for to install the page, and to open it without its node.

    Args:
        backend: what stands behind the page.
    """

    def __init__(self, backend: PageBackend) -> None:
        self._backend = backend

    def routes(self) -> list[Route]:
        """Return the addresses and what answers them; they are asked for by browsers alone."""
        person = "/people/{person}"
        return [
            # Below the static files, as it is no secret: a browser that lost its cookie gets a new one, too.
            Route("/static/worker.js", self.worker),
            Route(f"{person}/away", self.away),
            Route(f"{person}/manifest.webmanifest", self.manifest),
        ]

    async def worker(self, request: Request) -> Response:
        """Return the script of the worker, for all addresses of this origin."""
        files = [f"/static/{name}" for name in KEPT_FILES]
        head = f"const VERSION = {json.dumps(version())};\nconst ASSETS = {json.dumps(files)};\n"
        script = (HERE / "static" / "worker.js").read_text(encoding="utf-8")
        headers = {"service-worker-allowed": "/", "content-security-policy": _WORKER_POLICY}
        return Response(head + script, media_type="text/javascript", headers=headers)

    async def away(self, request: Request) -> Response:
        """Return the page for while the node is away: names to write to, and no letters."""
        visit = await Visit.of(self._backend, request)
        mailbox = await visit.letters.mailbox(limit=1)
        reader = await visit.reader()
        page = render("away.html", reader.context(everyone=mailbox.conversations))
        return HTMLResponse(page, headers={"starlight-version": version()})

    async def manifest(self, request: Request) -> Response:
        """Return what an installed page is called, begins at and looks like."""
        visit = await Visit.of(self._backend, request)
        base = f"/people/{visit.person.id}"
        told = {
            "id": base,
            "name": f"Starlight · {visit.person.name}",
            "short_name": "Starlight",
            "lang": spoken(),
            "start_url": base,
            "scope": "/",
            "display": "standalone",
            "background_color": "#080d1c",
            "theme_color": "#10182d",
            "icons": [
                {"src": f"/static/icon-{side}.png", "sizes": f"{side}x{side}", "type": "image/png"}
                | {"purpose": "any maskable"}
                for side in (192, 512)
            ]
            + [{"src": "/static/star.svg", "sizes": "any", "type": "image/svg+xml"}],
        }
        return Response(json.dumps(told), media_type="application/manifest+json")


@cache
def version() -> str:
    """Return the version of the page: a digest of all its files and templates."""
    digest = hashlib.sha256()
    for folder in ("static", "templates"):
        for path in sorted((HERE / folder).rglob("*")):
            if path.is_file():
                digest.update(path.relative_to(HERE).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]
