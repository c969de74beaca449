"""The page served over loopback from a thread, with a backend whose clock the test moves."""

from __future__ import annotations

import asyncio
import gc
import socket
import threading
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright
from tests.web.fake_backend import FakeBackend

from starlight.web.app import make_app

TOKEN = "a-secret-that-only-the-test-knows"
CHROMIUM = Path("/usr/bin/chromium")
PATIENCE_MS = 60_000
"""How long the browser waits for what must come; a loaded machine is slow, never wrong."""
expect.set_options(timeout=PATIENCE_MS)


class Serving:
    """A running server and its backend.

    Attributes:
        backend: call its handles through `on_loop`.
        url: such as ``http://127.0.0.1:40001``.
    """

    def __init__(self, backend: FakeBackend) -> None:
        self.backend = backend
        self.port = 0
        self.start()
        self.url = f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Serve, at the port that it had if it was stopped before."""
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self.port = self._listener.getsockname()[1]
        config = uvicorn.Config(
            make_app(self.backend, token=TOKEN), log_level="error", lifespan="off", ws="websockets-sansio"
        )
        self._server = uvicorn.Server(config)
        self._up = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        self._up.wait()

    def _run(self) -> None:
        async def serve() -> None:
            self._loop = asyncio.get_running_loop()
            self._up.set()  # The listener queues what comes before uvicorn accepts.
            await self._server.serve([self._listener])

        asyncio.run(serve())

    def on_loop(self, act: Callable[[], object]) -> None:
        """Do something to the backend where the page reads it."""
        done = threading.Event()

        def do() -> None:
            act()
            done.set()

        self._loop.call_soon_threadsafe(do)
        done.wait()

    def advance(self, duration: int) -> None:
        self.on_loop(lambda: self.backend.advance(duration))

    def client(self) -> httpx.Client:
        """Return a program's client with the token."""
        headers = {"authorization": f"Bearer {TOKEN}"}
        return httpx.Client(base_url=self.url, headers=headers, trust_env=False, timeout=60)

    def stop(self) -> None:
        self._server.should_exit = True
        self._server.force_exit = True
        self._thread.join()
        self._listener.close()
        # A worker of the page may have been loading files, which are cut off here in the middle.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)
            gc.collect()


@pytest.fixture
def serving() -> Iterator[Serving]:
    running = Serving(FakeBackend())
    yield running
    running.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.skip("the page's tests need a browser: apt-get install chromium")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield running
        running.close()


def accessible(page: Page) -> None:
    """Fail with axe's own words when it finds a violation."""
    results = Axe().run(page)
    assert results.violations_count == 0, results.generate_report()
