"""The view of a search: results as text with the words marked, by conversation, with and without script."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, expect
from tests.web.conftest import TOKEN, Serving, accessible
from tests.web.test_page import Visitor

from starlight.lookup.question import Standing
from starlight.words import searching

NAN, FATHER = "ipn:21.1", "ipn:8.1"


@pytest.fixture(params=[1280, 360])
def context(browser: Browser, request: pytest.FixtureRequest) -> Iterator[BrowserContext]:
    opened = browser.new_context(viewport={"width": request.param, "height": 740})
    yield opened
    opened.close()


@pytest.fixture
def letters(serving: Serving) -> Serving:
    """Return a page with letters to search in."""
    with serving.client() as client:
        for text in ("화성온실에서 만나요", "Red soil <b>everywhere</b>", "The greenhouse at night"):
            client.post("/api/people/jay/letters", json={"to": NAN, "text": text})
    return serving


def test_words_are_found_and_marked(context: BrowserContext, letters: Serving) -> None:
    """A word inside a longer one is marked; the result leads to its letter; keys go through results."""
    page = Visitor(context, letters).open("jay")
    page.goto(f"{letters.url}/people/jay/search")
    accessible(page)
    page.locator("#q").fill("온실")
    page.keyboard.press("Enter")
    expect(page.locator("mark")).to_have_text("온실")
    accessible(page)
    page.locator("#q").focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator("a.hit").first).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("article.letter:target")).to_contain_text("화성온실에서 만나요")
    expect(page.locator("article.letter").last).to_contain_text("화성온실에서 만나요")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_markup_is_shown_as_it_was_written(context: BrowserContext, letters: Serving) -> None:
    """Neither a letter nor a question can put anything into the page but text."""
    page = Visitor(context, letters).open("jay")
    page.goto(f"{letters.url}/people/jay/search?q=everywhere <i>")
    expect(page.locator("#q")).to_have_value("everywhere <i>")
    expect(page.locator(".empty")).to_contain_text("“everywhere <i>”")
    page.goto(f"{letters.url}/people/jay/search?q=everywhere")
    expect(page.locator(".hit .words")).to_have_text("Red soil <b>everywhere</b>")
    assert page.locator(".hit b").count() == 1  # who wrote it


def test_it_works_without_a_script(browser: Browser, letters: Serving) -> None:
    """The question is a form, narrowed by a correspondent; what is behind is said."""
    letters.on_loop(lambda: setattr(letters.backend, "behind", searching.incomplete(Standing(True, 3))))
    plain = browser.new_context(java_script_enabled=False)
    try:
        page = plain.new_page()
        page.goto(f"{letters.url}/people/jay/search?token={TOKEN}")
        page.locator("#q").fill("greenhouse")
        page.locator(".filters summary").click()
        page.locator("#with").select_option(FATHER)
        page.get_by_role("button", name="Search").click()
        expect(page.locator(".empty")).to_be_visible()
        page.locator("#with").select_option(NAN)
        page.get_by_role("button", name="Search").click()
        expect(page.locator("mark")).to_have_text("greenhouse")
        expect(page.locator(".note")).to_have_text(
            "The search is still being prepared: 3 letters are not in it yet."
        )
    finally:
        plain.close()


def test_the_api_finds_and_goes_on(letters: Serving) -> None:
    """JSON has what the page shows, a page at a time; what is wrong with a filter is told by its key."""
    with letters.client() as client:
        found = client.get("/api/people/jay/search", params={"q": "온실"}).json()
        assert [piece for piece in found["letters"][0]["excerpt"] if piece["marked"]] == [
            {"text": "온실", "marked": True}
        ]
        assert found["letters"][0]["with_address"] == NAN
        first = client.get("/api/people/jay/search", params={"with": NAN, "limit": 2}).json()
        rest = client.get(
            "/api/people/jay/search", params={"with": NAN, "limit": 2, "before": first["more"]}
        ).json()
        assert (len(first["letters"]), len(rest["letters"]), rest["more"]) == (2, 1, None)
        for odd in ('"', "*", "soil OR", "\0", "a" * 5000, "NEAR("):
            assert client.get("/api/people/jay/search", params={"q": odd}).status_code == 200
        for key, value in (("from", "yesterday"), ("before", "x"), ("has", "smell"), ("limit", "0")):
            wrong = client.get("/api/people/jay/search", params={"q": "a", key: value})
            assert (wrong.status_code, wrong.json()["where"].partition("[")[0]) == (422, key)


def test_days_are_whole(letters: Serving) -> None:
    """From and to are days with all that they hold."""
    with letters.client() as client:
        for day, count in (("2051-04-02", 3), ("2051-04-03", 0)):
            asked = {"with": NAN, "from": day, "to": day}
            assert len(client.get("/api/people/jay/search", params=asked).json()["letters"]) == count
