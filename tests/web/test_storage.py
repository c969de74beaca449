"""The view of the room that letters and media take: it says what it does before it does it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, expect
from tests.web.conftest import TOKEN, Serving, accessible
from tests.web.test_page import Visitor

from starlight.messages.storage import ReleaseOrder

NAN = "ipn:21.1"


@pytest.fixture(params=[1280, 360])
def context(browser: Browser, request: pytest.FixtureRequest) -> Iterator[BrowserContext]:
    opened = browser.new_context(
        viewport={"width": request.param, "height": 740}, java_script_enabled=request.param == 1280
    )
    yield opened
    opened.close()


def test_media_are_let_go_only_when_asked(context: BrowserContext, serving: Serving) -> None:
    """It shows the room; one button only tells, the other does it; both are forms without a script."""
    page = context.new_page()
    page.goto(f"{serving.url}/people/jay/storage?token={TOKEN}")
    expect(page.locator("#media-kept")).to_contain_text("310.0 of 4\u202f000.0 MB")
    expect(page.locator("main")).to_contain_text("3 of them (7.4 MB) could go now")
    page.get_by_role("button", name="See what would go").click()
    expect(page.get_by_role("status")).to_have_text("Nothing is that old.")
    page.locator("#days").fill("7")
    page.get_by_role("button", name="See what would go").click()
    expect(page.get_by_role("status")).to_have_text("3 of them, 7.4 MB, would be let go.")
    page.get_by_role("button", name="Let go of them").click()
    expect(page.get_by_role("status")).to_have_text("3 of them, 7.4 MB, were let go.")
    assert serving.backend.room.orders == [
        ReleaseOrder(365, try_only=True),
        ReleaseOrder(7, try_only=True),
        ReleaseOrder(7),
    ]


def test_a_conversation_is_erased_only_for_sure(context: BrowserContext, serving: Serving) -> None:
    """It says what goes and what stays elsewhere, and asks for a tick; then it tells what is gone."""
    with serving.client() as client:
        client.post("/api/people/jay/letters", json={"to": NAN, "text": "Hello"})
        unsure = client.post("/api/people/jay/storage/erase", json={"of": NAN})
        assert (unsure.status_code, unsure.json()["where"]) == (422, "sure")
    page = context.new_page()
    page.goto(f"{serving.url}/people/jay/storage?token={TOKEN}")
    page.locator("#of").select_option(NAN)
    page.locator("#erase").click()
    assert serving.backend.room.erased == []  # The browser wants the tick.
    page.get_by_label("Yes, erase them for good").check()
    page.locator("#erase").click()
    expect(page.get_by_role("status")).to_have_text("5 letters were erased. 1 stay for now.")
    assert serving.backend.room.erased == [NAN]


def test_the_view_is_for_everyone(browser: Browser, serving: Serving) -> None:
    """No violation of accessibility, and nothing wider than a phone."""
    opened = browser.new_context(viewport={"width": 360, "height": 740})
    try:
        page = Visitor(opened, serving).open("jay")
        page.goto(f"{serving.url}/people/jay/storage")
        accessible(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    finally:
        opened.close()


def test_the_api_tells_and_refuses(serving: Serving) -> None:
    """JSON has the same, and what is wrong in an order is told by its key."""
    with serving.client() as client:
        assert client.get("/api/people/jay/storage").json()["releasable_parts"] == 3
        done = client.post("/api/people/jay/storage/release", json={"older_than_days": 1})
        assert done.json() == {"parts": 3, "bytes": 7_400_000}
        wrong = client.post("/api/people/jay/storage/release", json={"older_than_days": -1})
        assert (wrong.status_code, wrong.json()["where"]) == (422, "older_than_days")
