"""The pace of a demo on the page and in the API: for all pages at once, by keyboard, without JavaScript."""

from __future__ import annotations

import msgspec
import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from tests.web.conftest import TOKEN, Serving, accessible
from tests.web.fake_backend import START

from starlight.dtntime import HOUR
from starlight.views.page_status import OutlookView, PaceView

PACE = PaceView(120.0, (0.0, 1.0, 60.0, 120.0, 600.0, 3600.0), can_go_on=True)
COMING = OutlookView(START + 7 * HOUR, "Nan-young sets out for the cave.")


def play(serving: Serving, pace: PaceView | None = PACE) -> None:
    """Let the backend be a demo's, or a real node's."""

    def become() -> None:
        serving.backend.pace = pace
        serving.backend.rate = pace.rate if pace else 1.0

    serving.on_loop(become)


def open_page(browser: Browser, serving: Serving, person: str = "jay", *, javascript: bool = True) -> Page:
    """Open a person's page."""
    page = browser.new_context(java_script_enabled=javascript, service_workers="block").new_page()
    page.goto(f"{serving.url}/people/{person}?token={TOKEN}")
    return page


def rate(page: Page, name: str) -> Locator:
    """Return the button of a rate."""
    return page.locator("#pace").get_by_role("button", name=name, exact=True)


MINUTE_A_SECOND = "A second is a minute of the mission, 60×"
AT_FIRST = "A second is 2 minutes of the mission, 120×"


def test_a_rate_is_chosen_with_the_keyboard_and_other_pages_follow(
    browser: Browser, serving: Serving
) -> None:
    """A rate is pressed, keeps the focus, and shows as chosen on every open page; the clocks go by it."""
    play(serving)
    jay, nan = open_page(browser, serving), open_page(browser, serving, "nan-young")
    for page in (jay, nan):
        expect(page.locator("body")).to_have_class("live")
        expect(rate(page, AT_FIRST)).to_have_attribute("aria-pressed", "true")
    rate(jay, MINUTE_A_SECOND).focus()
    jay.keyboard.press("Enter")
    for page in (jay, nan):
        expect(rate(page, MINUTE_A_SECOND)).to_have_attribute("aria-pressed", "true")
        expect(page.locator("#pace [aria-pressed=true]")).to_have_count(1)
        expect(page.locator("#rate")).to_have_text("×60")
    expect(rate(jay, MINUTE_A_SECOND)).to_be_focused()
    accessible(jay)
    jay.keyboard.press("Shift+Tab")
    jay.keyboard.press("Shift+Tab")
    jay.keyboard.press("Space")
    for page in (jay, nan):
        expect(rate(page, "Pause")).to_have_attribute("aria-pressed", "true")
        expect(page.locator("#rate")).to_have_text("paused")
    jay.context.close()
    nan.context.close()


@pytest.mark.parametrize("width", [360, 768, 960, 1280])
def test_the_panel_stays_in_its_column(browser: Browser, serving: Serving, width: int) -> None:
    """On a phone, a tablet and a desk no rate and no button is cut off or reaches out of the panel."""
    play(serving)
    page = browser.new_context(viewport={"width": width, "height": 900}, service_workers="block").new_page()
    page.goto(f"{serving.url}/people/jay?token={TOKEN}")
    panel = page.locator("#pace").bounding_box()
    assert panel is not None
    column = page.locator("#pace").evaluate("panel => panel.parentElement.getBoundingClientRect().right")
    assert panel["x"] + panel["width"] <= column
    for button in page.locator("#pace button").all():
        box = button.bounding_box()
        assert box is not None
        assert panel["x"] <= box["x"]
        assert box["x"] + box["width"] <= panel["x"] + panel["width"]
        assert button.evaluate("button => button.scrollWidth <= button.clientWidth")


def test_what_comes_is_told_and_gone_on_to(browser: Browser, serving: Serving) -> None:
    """The panel says what this person knows to be coming, and hurries on to what comes next."""
    play(serving, msgspec.structs.replace(PACE, coming=COMING))
    page = open_page(browser, serving)
    panel = page.locator("#pace")
    expect(panel).to_contain_text(COMING.text)
    expect(panel.locator("time")).to_have_attribute("datetime", "2051-04-02T12:21:00.000Z")
    panel.get_by_role("button", name="Go on to what comes next").click()
    expect(panel).to_contain_text("Going on to what comes next…")
    expect(panel.get_by_role("button", name="Go on to what comes next")).to_have_count(0)
    page.context.close()


def test_the_pace_is_chosen_without_javascript(browser: Browser, serving: Serving) -> None:
    """The buttons are forms: they work in a browser that runs nothing, and lead back to the letters."""
    play(serving)
    page = open_page(browser, serving, javascript=False)
    rate(page, "Pause").click()
    expect(rate(page, "Pause")).to_have_attribute("aria-pressed", "true")
    assert page.url.partition("?")[0] == f"{serving.url}/people/jay"
    page.get_by_role("button", name="Go on to what comes next").click()
    expect(page.locator("#pace")).to_contain_text("Going on to what comes next…")
    page.context.close()


def test_a_real_node_has_no_pace(browser: Browser, serving: Serving) -> None:
    """At a real node there is no panel, and the API refuses to turn its clock."""
    play(serving, None)
    page = open_page(browser, serving)
    expect(page.locator("#pace")).to_be_hidden()
    assert page.locator("#pace button").count() == 0
    page.context.close()
    with serving.client() as client:
        assert client.get("/api/status").json()["pace"] is None
        assert client.post("/api/clock", json={"rate": 60}).status_code == 422


def test_programs_turn_the_clock(serving: Serving) -> None:
    """The API takes a rate and answers with the pace; the status then says the same."""
    play(serving)
    with serving.client() as client:
        answer = client.post("/api/clock", json={"rate": 600})
        assert (answer.status_code, answer.json()["rate"]) == (200, 600.0)
        status = client.get("/api/status").json()
        assert (status["pace"]["rate"], status["sky"]["clock"]["rate"]) == (600.0, 600.0)
        assert client.post("/api/clock/next").json()["goes_on"] is True


@pytest.mark.parametrize(
    "body", [{"rate": -1}, {"rate": 3601}, {"rate": "60"}, {}, {"rate": 60, "from": 1}, []]
)
def test_what_is_no_rate_is_refused(serving: Serving, body: object) -> None:
    """What is no rate changes nothing, and the answer says what would be one."""
    play(serving)
    with serving.client() as client:
        answer = client.post("/api/clock", json=body)
        assert answer.status_code == 422
        assert answer.json()["right"]
        assert client.get("/api/status").json()["pace"]["rate"] == 120.0


def test_strangers_do_not_turn_the_clock(serving: Serving) -> None:
    """It is guarded like all that changes something: by the token, and against other sites."""
    play(serving)
    with serving.client() as client:
        for path in ("/api/clock", "/api/clock/next", "/people/jay/clock", "/people/jay/clock/next"):
            assert client.post(path, json={"rate": 0}, headers={"authorization": ""}).status_code in (
                401,
                403,
            )
            strange = {"origin": "http://evil.example"}
            assert client.post(path, json={"rate": 0}, headers=strange).status_code == 403
        assert client.get("/api/status").json()["pace"] == {
            "rate": 120.0,
            "rates": [0.0, 1.0, 60.0, 120.0, 600.0, 3600.0],
            "goes_on": False,
            "can_go_on": True,
            "coming": None,
            "until": None,
        }
