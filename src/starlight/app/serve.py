"""Serve a page over daemons of this process, until someone ends it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from starlight.app.access import token_of, write_private
from starlight.app.plan_routes import PlanRoutes
from starlight.app.service_routes import ServiceRoutes
from starlight.app.stored_bundle_routes import StoredBundleRoutes
from starlight.client.access import ACCESS_FILE, Access
from starlight.errors import InputError
from starlight.live.daemon import Daemon
from starlight.views.backend import PageBackend
from starlight.web.answers import json_answer
from starlight.web.app import make_app
from starlight.web.query import NoQuery, read_query


class _Server(uvicorn.Server):
    """uvicorn, leaving the signals to us: the daemons must end in order before the process does."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class _UntilTheEnd:
    """Tells an application that its client is gone once the server ends.

    Who has sent half of a request would else hold the end up, until the server breaks the request off.

    Args:
        app: the application.
        ending: set when the server begins to end.
    """

    def __init__(self, app: ASGIApp, ending: asyncio.Event) -> None:
        self._app = app
        self._ending = ending

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def until_the_end() -> Message:
            ended = asyncio.ensure_future(self._ending.wait())
            message = asyncio.ensure_future(receive())
            try:
                await asyncio.wait((message, ended), return_when=asyncio.FIRST_COMPLETED)
                return message.result() if message.done() else {"type": "http.disconnect"}
            finally:
                ended.cancel()
                message.cancel()

        await self._app(scope, until_the_end, send)


def bind(host: str, port: int, *, fall_back: bool) -> socket.socket:
    """Return a socket that is bound to a port, or to any free one when that is taken and we may.

    Raises:
        InputError: the address can't be had.
    """
    # Bound but not yet listening: nobody is let in before there is something to show.
    for attempt in (port, 0) if fall_back else (port,):
        listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
        # Else a restart would find the port taken by connections of the run before, in TIME_WAIT. Not of a
        # port that the system chooses: it would give one that another process has bound in the same way.
        if attempt:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, attempt))
        except OSError as error:
            listener.close()
            reason = error.strerror
            continue
        return listener
    raise _taken(f"{host} port {port}", reason)


def listen(listener: socket.socket, backlog: int) -> None:
    """Let connections in.

    Raises:
        InputError: another process, which had bound the port as well, listens already.
    """
    try:
        listener.listen(backlog)
    except OSError as error:
        raise _taken(address_of(listener), error.strerror) from None


def _taken(what: str, reason: str | None) -> InputError:
    return InputError(f"can't serve on {what}: {reason}", where="page", right="Choose another port")


def address_of(listener: socket.socket) -> str:
    """Return the address of what is served on a socket, ``http://host:port``."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def application(backend: PageBackend, daemons: Sequence[Daemon], token: str) -> Starlette:
    """Return the page and the whole of the local API, that of the nodes too.

    Args:
        backend: what stands behind the page.
        daemons: the nodes of this process.
        token: the secret that opens it.
    """
    app = make_app(backend, token=token)
    # The page knows no nodes, so the routes to theirs are added here, before the mount at /api hides them.
    services = ServiceRoutes({daemon.config.node.number: daemon for daemon in daemons})
    nodes = [_status_route(daemons), *PlanRoutes(daemons).routes(), *StoredBundleRoutes(daemons).routes()]
    app.router.routes[:0] = [*nodes, *services.routes()]
    return app


async def serve(
    backend: PageBackend,
    daemons: Sequence[Daemon],
    listener: socket.socket,
    folder: Path,
    *,
    log: bool = False,
) -> None:
    """Serve a backend until SIGINT or SIGTERM comes or a daemon stops.

    The daemons run before and after. How to reach the page stands in `folder` as long as it is served.

    Raises:
        StoreError: a daemon stopped because its disk refused.
    """
    access = Access(address_of(listener), token_of(folder), os.getpid())
    app = application(backend, daemons, access.token)
    ending = asyncio.Event()
    config = uvicorn.Config(
        _UntilTheEnd(app, ending),
        log_level="info" if log else "error",
        access_log=log,
        ws="websockets-sansio",
        # The daemons outlive the page, so the application has nothing of its own to start or end.
        lifespan="off",
        # An open page holds its WebSocket for ever.
        timeout_graceful_shutdown=2,
    )
    server = _Server(config)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, _ask_to_end, server, ending, daemons)
    listen(listener, config.backlog)  # Whoever reads the file is let in, also before the server accepts.
    write_private(folder / ACCESS_FILE, msgspec.json.encode(access))
    page = loop.create_task(server.serve(sockets=[listener]))
    ends = [loop.create_task(daemon.wait()) for daemon in daemons]
    # A daemon ends by itself only when its disk refuses; then the page ends too, and the error is raised.
    try:
        done, _ = await asyncio.wait([page, *ends], return_when=asyncio.FIRST_COMPLETED)
        server.should_exit = True
        ending.set()
        await page
        for task in done:
            task.result()
    finally:
        for task in ends:
            task.cancel()
        with contextlib.suppress(FileNotFoundError):
            (folder / ACCESS_FILE).unlink()


def _status_route(daemons: Sequence[Daemon]) -> Route:
    """Return what answers ``/api/nodes``: how each node is doing, for `starlight status`."""

    async def nodes(request: Request) -> Response:
        read_query(request, NoQuery)
        return json_answer([daemon.status() for daemon in daemons])

    return Route("/api/nodes", nodes)


def _ask_to_end(server: uvicorn.Server, ending: asyncio.Event, daemons: Sequence[Daemon]) -> None:
    ending.set()
    # Else the server would wait for those who wait, and then break them off.
    for daemon in daemons:
        daemon.bundles.stop_waiting()
    server.force_exit = server.should_exit  # A second signal ends open connections too.
    server.should_exit = True
