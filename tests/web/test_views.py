"""Every view that the navigation lists: by axe, on a phone, in the other language."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect
from tests.web.conftest import TOKEN, Serving, accessible
from tests.web.fake_backend import START
from tests.web.fake_expedition import everything

from starlight.views.topics import TopicView
from starlight.web.navigation import VIEWS

LOOKS = (
    {"locale": "en-GB", "color_scheme": "light", "viewport": {"width": 1280, "height": 900}},
    {"locale": "ko-KR", "color_scheme": "dark", "viewport": {"width": 360, "height": 740}},
)
TOPICS = tuple(TopicView(each * 32, each, "ipn:21.1", "Nan-young", 3, 1, 1, START) for each in "ab")
MARKUP = "<b onclick=alert(1)>Write</b>"


@pytest.mark.parametrize("look", LOOKS, ids=[str(each["locale"]) for each in LOOKS])
def test_every_view_is_accessible_and_fits(
    serving: Serving, browser: Browser, look: dict[str, object]
) -> None:
    """axe finds nothing in any view, the reader's long name stands there whole, and nothing is wider than
    the screen; markup in what was written is text."""
    serving.backend.fake_topics.known = TOPICS
    serving.backend.fake_expedition.known = everything(START)
    with serving.client() as client:
        for text in (MARKUP, "word" * 100):
            draft = {"to": "ipn:21.1", "text": text, "topic_name": MARKUP, "act": "question"}
            assert client.post("/api/people/jay/letters", json=draft).status_code == 201
    context = browser.new_context(**look, service_workers="block")  # type: ignore[arg-type]
    page = context.new_page()
    thrown: list[str] = []
    page.on("pageerror", lambda error: thrown.append(str(error)))
    page.goto(f"{serving.url}/people/jay?token={TOKEN}")
    page.goto(f"{serving.url}/people/jay?with=ipn:21.1&topic={TOPICS[0].id}")
    page.locator("#text").fill("Not finished <i>yet</i>")
    for path in [*(view.path for view in VIEWS), "/distress"]:
        answer = page.goto(f"{serving.url}/people/jay{path}")
        assert answer is not None
        assert answer.status == 200, path
        expect(page.locator("html")).to_have_attribute("lang", str(look["locale"])[:2])
        expect(
            page.get_by_role("heading", level=1).or_(page.get_by_role("heading", level=2)).first
        ).to_be_visible()
        # A name is told whole, also where it needs a second line.
        for name in page.locator(".you .cut:visible").all():
            name.evaluate("(name) => { name.textContent = 'Misha A. Kuznetsov-Baikal' }")
            assert name.evaluate("(name) => name.scrollHeight <= name.clientHeight + 1"), path
        # Whoever needs help finds the call on whichever view is open.
        assert page.locator("a.call-for-help").count() == (path != "/distress"), path
        if path == "/topics":
            # What is unfinished is this browser's own, so its script marks the topic, and that one alone.
            drafts = page.locator("a[data-topic] .unfinished")
            expect(drafts.first.locator(".words")).to_have_text("Not finished <i>yet</i>")
            expect(drafts.last).to_be_hidden()
        accessible(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        assert page.locator("b[onclick]").count() == 0, path
    assert thrown == []
    context.close()
