"""Taking a correspondent off the list on the page: asked first, without a script's alert, and undone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, expect
from tests.web.conftest import TOKEN, Serving, accessible
from tests.web.test_page import Visitor

NAN = "ipn:21.1"


@pytest.fixture(params=[1280, 360])
def context(browser: Browser, request: pytest.FixtureRequest) -> Iterator[BrowserContext]:
    opened = browser.new_context(viewport={"width": request.param, "height": 740})
    yield opened
    opened.close()


def test_an_entry_is_removed_after_asking_and_put_back(context: BrowserContext, serving: Serving) -> None:
    """The control opens a question; its answer removes the entry, and the list still leads to it."""
    jay = Visitor(context, serving).open("jay")
    jay.goto(f"{serving.url}/people/jay?with={NAN}")
    jay.locator("#hide-entry > summary").click()
    expect(jay.locator("#hide-entry")).to_contain_text("Letters stay")
    accessible(jay)
    jay.get_by_role("button", name="Remove from the list", exact=True).click()
    expect(jay.locator(f'.person[data-address="{NAN}"]')).to_have_count(0)
    assert serving.backend.hidden == {("jay", NAN): False}
    jay.locator("#taken-off summary").click()
    accessible(jay)
    jay.locator("#taken-off a").click()
    jay.get_by_role("button", name="Put back into the list").click()
    expect(jay.locator(f'.person[data-address="{NAN}"]')).to_have_count(1)
    assert serving.backend.hidden == {}


def test_what_has_not_left_is_withdrawn_where_that_is_chosen(browser: Browser, serving: Serving) -> None:
    """The second answer also takes letters back, and works without any script."""
    with serving.client() as client:
        client.post("/api/people/jay/letters", json={"to": NAN, "text": "Too early"})
    plain = browser.new_context(java_script_enabled=False)
    try:
        page = plain.new_page()
        page.goto(f"{serving.url}/people/jay?with={NAN}&token={TOKEN}")
        page.locator("#hide-entry > summary").click()
        page.get_by_role("button", name="Withdraw what has not left, and remove").click()
        expect(page.locator(f'.person[data-address="{NAN}"]')).to_have_count(0)
        assert serving.backend.hidden == {("jay", NAN): True}
    finally:
        plain.close()


def test_the_api_says_what_became_of_it(serving: Serving) -> None:
    """The order's answer counts, and what is wrong in it is told by its key."""
    with serving.client() as client:
        answer = client.post("/api/people/jay/hide", json={"of": NAN, "withdraw": True})
        assert answer.json() == {"of": NAN, "hidden": True, "withdrawn": 1, "waiting": 0}
        box = client.get("/api/people/jay/mailbox").json()
        assert [each["address"] for each in box["hidden"]] == [NAN]
        assert NAN not in [each["address"] for each in box["conversations"]]
        wrong = client.post("/api/people/jay/hide", json={"off": NAN})
        assert wrong.status_code == 422
