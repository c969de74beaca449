"""The view of the queue: what it tells, and the orders that its forms give."""

from __future__ import annotations

import asyncio
import re

import httpx
from tests.web.fake_backend import FakeBackend

from starlight.dtntime import MINUTE
from starlight.web.app import make_app


def ask(backend: FakeBackend, method: str, path: str, **more: object) -> httpx.Response:
    """Return the answer of the page's application to a request."""

    async def asked() -> httpx.Response:
        transport = httpx.ASGITransport(app=make_app(backend, token="token"))
        headers = {"Authorization": "Bearer token"}
        async with httpx.AsyncClient(
            transport=transport, base_url="http://127.0.0.1", headers=headers
        ) as api:
            return await api.request(method, path, **more)  # type: ignore[arg-type]

    return asyncio.run(asked())


def test_the_view_tells_all_four_lists() -> None:
    """What waits, is held, opens later and has left stands there, with what can be done, and why no more."""
    page = ask(FakeBackend(), "GET", "/people/jay/queue", headers={"Accept": "text/html"}).text
    for told in ("First", "Second", "Held", "Birthday", "Gone", "Take it back", "a link may have taken it"):
        assert told in page


def test_orders_reach_the_node() -> None:
    """A form moves, holds, lets go and takes back; a letter that has left is refused in words."""
    backend = FakeBackend()
    for path, body in (
        ("queue/move", {"letter": "b", "before": "a"}),
        ("letters/a/hold", {}),
        ("letters/h/let-go", {}),
        ("letters/o/take-back", {}),
    ):
        assert ask(backend, "POST", f"/api/people/jay/{path}", json=body).status_code == 200
    assert backend.fake_queue.orders == [("b", "a"), ("a", "hold"), ("h", "let go"), ("o", "take back")]
    refused = ask(backend, "POST", "/api/people/jay/letters/gone/hold", json={})
    assert refused.status_code == 422
    assert "does not wait here any more" in refused.text


def test_a_departure_that_did_not_come_true_is_in_doubt() -> None:
    """What was to leave by now, and waits, is told as overdue: nothing past is shown as foreseen."""
    backend = FakeBackend()
    headers = {"Accept": "text/html"}
    assert "was to leave" not in ask(backend, "GET", "/people/jay/queue", headers=headers).text
    backend.advance(2 * MINUTE)
    page = ask(backend, "GET", "/people/jay/queue", headers=headers).text
    assert "was to leave" in page
    assert "in doubt" in page


def test_the_next_window_is_drawn_and_told() -> None:
    """How much of the window is taken stands there in words, and how long each takes; the bar is besides."""
    page = ask(FakeBackend(), "GET", "/people/jay/queue", headers={"Accept": "text/html"}).text
    for told in ("The next window, over Madrid", "1 min 00 s of 10 min 00 s taken", "1 min 00 s on the link"):
        assert told in page
    assert '<rect class="usual" x="0.0" width="100.0"' in page
    # What is foreseen is told a minute later rather than sooner than it comes.
    row = page[page.index('id="waiting-title"') :]
    assert re.findall(r">(\d\d:\d\d)</time>", row)[:2] == ["14:22", "14:23"]
    assert page.count('<span class="hidden">Voice</span>') == 1
