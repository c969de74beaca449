"""Reading on the page in Chromium: where it opens, what is read by being seen, and what a failure leaves."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from tests.web.conftest import Serving, accessible
from tests.web.fake_backend import LIGHT, FakeBackend
from tests.web.test_page import Visitor, letter

from starlight.dtntime import MINUTE
from starlight.views.page_status import LinkView, PageStatus
from starlight.words.sentence import fill


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    opened = browser.new_context(viewport={"width": 1280, "height": 700})
    yield opened
    opened.close()


def written(serving: Serving, *texts: str) -> None:
    """Let letters of Jay reach Nan-young."""
    with serving.client() as client:
        for text in texts:
            client.post("/api/people/jay/letters", json={"to": "ipn:21.1", "text": text})
    serving.advance(2 * MINUTE + LIGHT)


def is_in_view(page: Page, selector: str) -> bool:
    """Return whether an element is where the letters can be seen."""
    found = page.evaluate(
        """(selector) => {
            const box = document.querySelector(selector).getBoundingClientRect();
            const view = document.querySelector('#scroll').getBoundingClientRect();
            return box.top >= view.top - 1 && box.bottom <= view.bottom + 1;
        }""",
        selector,
    )
    return bool(found)


def test_it_opens_at_the_first_unread_letter(context: BrowserContext, serving: Serving) -> None:
    """Of twenty letters of which ten are new the first new one is in view, under the line that says so."""
    written(serving, *(f"Old {number}" for number in range(10)))
    with serving.client() as client:
        client.post("/api/people/nan-young/read", json={"of": "ipn:7.1"})
    written(serving, *(f"Fresh {number}" for number in range(10)))
    nan = Visitor(context, serving).open("nan-young")
    expect(nan.locator("#new")).to_contain_text("New")
    assert is_in_view(nan, "#new")
    assert not is_in_view(nan, "article.letter:not(.unread)")
    order = nan.get_by_role("article").locator(".text").all_inner_texts()
    assert order == [f"Old {number}" for number in range(10)] + [f"Fresh {number}" for number in range(10)]
    nan.get_by_role("button", name="Mark all 10 as read").click()
    expect(nan.locator("article.unread")).to_have_count(0)
    expect(nan).to_have_title("Nan-young · Starlight")
    accessible(nan)


def test_a_letter_is_read_when_it_was_seen(context: BrowserContext, serving: Serving) -> None:
    """A letter whose end is in view is marked as read by itself; a folded one is not."""
    written(serving, "Short", "Long\n" * 40)
    nan = Visitor(context, serving, reads_by_sight=True).open("nan-young")
    expect(letter(nan, "Short").locator(".state")).to_contain_text("Read")
    assert [kept.read is not None for kept in serving.backend.kept] == [True, False]
    letter(nan, "Long").get_by_text("Read on").click()
    letter(nan, "Long").locator("footer").scroll_into_view_if_needed()
    expect(letter(nan, "Long").locator(".state")).to_contain_text("Read")


def test_reading_can_be_taken_back(context: BrowserContext, serving: Serving) -> None:
    """Between being seen and being marked the button keeps a letter unread; then it stays so."""
    written(serving, "Not yet")
    visitor = Visitor(context, serving, reads_by_sight=True)
    context.clock.install()
    nan = visitor.open("nan-young")
    # From here on the page's timers run only as the test says.
    context.clock.pause_at(nan.evaluate("Date.now() + 1"))
    context.clock.run_for(2_000)
    keep = nan.get_by_role("button", name=re.compile("Keep unread|Mark"))
    expect(keep).to_have_text("Keep unread")
    keep.click()
    expect(keep).to_have_text("Mark as read")
    context.clock.run_for(20_000)
    assert serving.backend.kept[0].read is None
    expect(letter(nan, "Not yet")).to_have_class(re.compile("unread"))


def test_what_was_predicted_is_greyed_when_the_node_does_not_answer(
    context: BrowserContext, serving: Serving
) -> None:
    """With the server gone a send says so at the button and is kept, and the prediction is in doubt."""
    jay = Visitor(context, serving).open("jay")
    jay.get_by_label("Write to Nan-young").fill("Are you there?")
    expect(jay.locator("#prediction.predicted")).to_contain_text("leaves 14:23")
    serving.stop()
    jay.get_by_role("button", name="Send").click()
    expect(jay.get_by_role("alert")).to_contain_text("Kept here, will be sent when the node answers.")
    expect(letter(jay, "Are you there?").locator(".state")).to_contain_text("Kept here")
    jay.evaluate("htmx.trigger('#text', 'predict')")
    expect(jay.locator("#prediction.doubted")).to_contain_text("as of 14:21, in doubt")
    accessible(jay)
    serving.start()
    expect(jay.locator("#letters").get_by_role("article")).to_contain_text("Are you there?")
    expect(jay.get_by_role("alert")).to_be_hidden()
    assert len(serving.backend.kept) == 1


def test_an_answer_quotes_and_leads_to_what_it_answers(context: BrowserContext, serving: Serving) -> None:
    """Both sides see the words that were answered, as a link to it; it works without a script too."""
    written(serving, "How deep is it?")
    question = serving.backend.kept[0].id
    with serving.client() as client:
        page = client.get("/people/nan-young", params={"with": "ipn:7.1", "answer": question}).text
        assert f'name="reply_to" value="{question}"' in page
        client.post(
            "/api/people/nan-young/letters", json={"to": "ipn:7.1", "text": "Deep.", "reply_to": question}
        )
    serving.advance(2 * MINUTE + LIGHT)
    visitor = Visitor(context, serving)
    for person in ("jay", "nan-young"):
        page_ = visitor.open(person)
        quote = letter(page_, "Deep.").locator("a.quote")
        expect(quote).to_contain_text("How deep is it?")
        quote.click()
        assert page_.evaluate("document.querySelector('article:target .text').textContent") == (
            "How deep is it?"
        )


def test_what_comes_waits_below_a_reading_eye(context: BrowserContext, serving: Serving) -> None:
    """Scrolled up, the letter under the eye stays where it is, and a button tells how many are new below."""
    written(serving, *(f"Old {number}" for number in range(12)))
    with serving.client() as client:
        client.post("/api/people/nan-young/read", json={"of": "ipn:7.1"})
    nan = Visitor(context, serving).open("nan-young")
    letter(nan, "Old 3").scroll_into_view_if_needed()
    before = letter(nan, "Old 3").bounding_box()
    written(serving, "Fresh 1", "Fresh 2")
    below = nan.get_by_role("button", name="2 new")
    expect(below).to_be_visible()
    assert letter(nan, "Old 3").bounding_box() == before
    below.click()
    expect(below).to_be_hidden()
    expect(letter(nan, "Fresh 2").locator("footer")).to_be_in_viewport()


def test_above_a_keyboard_the_composer_and_what_was_just_sent_are_in_view(
    browser: Browser, serving: Serving
) -> None:
    """On a phone whose keyboard takes half the screen one writes, sends, and sees one's letter."""
    written(serving, *(f"Old {number}" for number in range(6)))
    small = browser.new_context(viewport={"width": 360, "height": 400})
    nan = Visitor(small, serving).open("nan-young", "ipn:7.1")
    nan.get_by_label("Write to Jay").fill("On my way")
    send = nan.locator("#send").bounding_box()
    assert send
    assert send["y"] + send["height"] <= 400
    nan.locator("#send").click()
    sent = letter(nan, "On my way")
    expect(sent).to_be_visible()
    expect(sent.locator(".text")).to_be_in_viewport()
    expect(nan.locator("#send")).to_be_in_viewport()
    accessible(nan)
    small.close()


def test_only_the_list_and_the_letters_scroll(
    context: BrowserContext, serving: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However much stands beside the letters, the page itself is as high as the window."""
    status, link = FakeBackend.status, LinkView("Relay", True, fill("Up"), (("Over", fill("tcpcl")),))

    async def linked(backend: FakeBackend, person: str, to: str = "") -> PageStatus:
        return msgspec.structs.replace(await status(backend, person, to), links=(link,) * 12)

    monkeypatch.setattr(FakeBackend, "status", linked)
    written(serving, *(f"Old {number}" for number in range(12)))
    nan = Visitor(context, serving).open("nan-young")
    nan.set_viewport_size({"width": 1280, "height": 500})
    nan.locator("#links-open > summary").click()
    assert nan.evaluate("document.documentElement.scrollHeight") == 500
    accessible(nan)


def test_countdowns_run_to_the_arrival_and_to_the_earliest_answer(
    context: BrowserContext, serving: Serving
) -> None:
    """Each is a timer, which a screen reader tells when asked: before sending, and at what is in flight."""
    jay = Visitor(context, serving).open("jay")
    answer = jay.locator("#prediction").get_by_role("timer")
    expect(answer).to_have_text("in 40 min")
    jay.get_by_label("Write to Nan-young").fill("Slowly")
    jay.get_by_role("button", name="Send").click()
    expect(letter(jay, "Slowly")).to_be_visible()
    serving.advance(5 * MINUTE)
    expect(letter(jay, "Slowly").get_by_role("timer")).to_have_text(["in 16 min", "in 35 min"])
