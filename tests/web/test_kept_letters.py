"""Letters and drafts that the browser keeps: over a server that is down, a reload, another day; never two."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from tests.web.conftest import Serving, accessible
from tests.web.fake_backend import FakeBackend, FakeCorrespondence
from tests.web.test_page import Visitor, letter

from starlight.dtntime import MINUTE
from starlight.errors import StarlightError
from starlight.messages.draft import Draft
from starlight.messages.letter_view import LetterView

KEPT = "Kept here, will be sent when the node answers."


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    opened = browser.new_context(viewport={"width": 1280, "height": 700})
    yield opened
    opened.close()


@pytest.fixture
def serving() -> Iterator[Serving]:
    """Return a server that the test stops and starts; it is stopped at the end in any case."""
    running = Serving(FakeBackend())
    yield running
    running.stop()


def cut_off(page: Page, serving: Serving) -> None:
    """Stop the server, and wait until the page has noticed."""
    serving.stop()
    expect(page.locator("body")).to_have_class("cut-off")


def send(page: Page, text: str) -> None:
    """Write a letter and press the button."""
    page.get_by_label("Write to Nan-young").fill(text)
    page.get_by_role("button", name="Send").click()


def texts(serving: Serving) -> list[str]:
    """Return what the server was given, in order."""
    return [kept.text for kept in serving.backend.kept]


def kept_here(page: Page) -> list[str]:
    """Return what waits in the browser for the correspondent that is shown."""
    return page.locator("#kept .text").all_inner_texts()


def test_what_is_sent_while_the_server_is_down_is_sent_once_when_it_answers(
    context: BrowserContext, serving: Serving
) -> None:
    """It says so at the button, shows the letters in their order, and each is sent once, in that order."""
    jay = Visitor(context, serving).open("jay")
    cut_off(jay, serving)
    for text in ("First", "Second", "Third"):
        send(jay, text)
        expect(jay.get_by_role("alert")).to_have_text(KEPT)
        expect(jay.get_by_label("Write to Nan-young")).to_have_value("")
    assert kept_here(jay) == ["First", "Second", "Third"]
    expect(letter(jay, "First").locator(".state")).to_have_text(
        "Kept here will be sent when the node answers"
    )
    expect(jay.get_by_role("link", name="Nan-young")).to_contain_text("3 kept here, will be sent")
    accessible(jay)
    serving.start()
    expect(jay.locator("#kept article")).to_have_count(0)
    expect(jay.locator("#letters article")).to_have_count(3)
    assert texts(serving) == ["First", "Second", "Third"]
    expect(jay.get_by_role("alert")).to_be_hidden()
    expect(jay.get_by_role("link", name="Nan-young")).not_to_contain_text("kept here")


def test_a_letter_of_which_only_the_answer_was_lost_is_not_sent_twice(
    context: BrowserContext, serving: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The node took it, the browser could not know: sent again under the same key, there is one."""
    write, asked = FakeCorrespondence.write, []

    async def answer_is_lost_once(letters: FakeCorrespondence, draft: Draft) -> LetterView:
        asked.append(draft.key)
        written = await write(letters, draft)
        if len(asked) == 1:
            raise StarlightError("the answer is lost")
        return written

    monkeypatch.setattr(FakeCorrespondence, "write", answer_is_lost_once)
    jay = Visitor(context, serving).open("jay")
    send(jay, "Only once")
    expect(jay.get_by_label("Write to Nan-young")).to_have_value("")
    expect(jay.locator("#kept article")).to_have_count(0)
    expect(jay.locator("#letters article")).to_have_count(1)
    assert len(asked) == 2
    assert asked[0] == asked[1]
    assert texts(serving) == ["Only once"]


def test_kept_letters_and_drafts_outlive_the_browser(browser: Browser, serving: Serving) -> None:
    """Closed while the server was down and opened on another day, it sends what was kept, once."""
    context = browser.new_context()
    jay = Visitor(context, serving).open("jay", "ipn:21.1")
    cut_off(jay, serving)
    jay.get_by_label("Urgent: goes before other letters").check()
    send(jay, "From yesterday")
    expect(letter(jay, "From yesterday").locator(".urgency")).to_have_text("Urgent")
    jay.get_by_label("Write to Nan-young").fill("Unfinished")
    stored = context.storage_state()
    context.close()
    serving.start()
    again = browser.new_context(storage_state=stored)
    jay = Visitor(again, serving).open("jay", "ipn:21.1")
    expect(jay.locator("#letters article")).to_have_count(1)
    expect(jay.locator("#kept article")).to_have_count(0)
    assert [(kept.text, kept.priority.name) for kept in serving.backend.kept] == [
        ("From yesterday", "EXPEDITED")
    ]
    expect(jay.get_by_label("Write to Nan-young")).to_have_value("Unfinished")
    again.close()


def test_letters_kept_for_one_person_are_not_anothers(context: BrowserContext, serving: Serving) -> None:
    """What Jay's page keeps, the page of somebody else neither shows nor sends."""
    visitor = Visitor(context, serving)
    jay = visitor.open("jay")
    cut_off(jay, serving)
    send(jay, "From Jay alone")
    assert kept_here(jay) == ["From Jay alone"]
    jay.close()
    serving.start()
    father = visitor.open("father", "ipn:21.1")
    assert kept_here(father) == []
    assert texts(serving) == []
    visitor.open("jay")
    expect(father.locator("#letters article")).to_have_count(0)
    assert [kept.author.id for kept in serving.backend.kept] == ["jay"]


def test_two_pages_of_one_person_send_what_is_kept_once(context: BrowserContext, serving: Serving) -> None:
    """Both show what waits, and both find the server again; one letter is one."""
    visitor = Visitor(context, serving)
    pages = [visitor.open("jay"), visitor.open("jay")]
    cut_off(pages[0], serving)
    send(pages[0], "From the first")
    expect(letter(pages[1], "From the first")).to_be_visible()
    send(pages[1], "From the second")
    expect(letter(pages[0], "From the second")).to_be_visible()
    serving.start()
    for page in pages:
        expect(page.locator("#kept article")).to_have_count(0)
        expect(page.locator("#letters article")).to_have_count(2)
    assert texts(serving) == ["From the first", "From the second"]


def test_a_kept_letter_is_withdrawn_or_changed(context: BrowserContext, serving: Serving) -> None:
    """What was withdrawn is never sent, and what was taken back is sent as it was changed."""
    jay = Visitor(context, serving).open("jay")
    cut_off(jay, serving)
    for text in ("Stays", "Never mind", "Helo"):
        send(jay, text)
    letter(jay, "Never mind").get_by_role("button", name="Withdraw").click()
    expect(letter(jay, "Never mind")).to_have_count(0)
    letter(jay, "Helo").get_by_role("button", name="Edit").click()
    expect(jay.get_by_label("Write to Nan-young")).to_have_value("Helo")
    letter(jay, "Stays").get_by_role("button", name="Edit").click()
    expect(jay.get_by_role("alert")).to_have_text("Send or clear what you are writing here first.")
    send(jay, "Hello")
    assert kept_here(jay) == ["Stays", "Hello"]
    serving.start()
    expect(jay.locator("#letters article")).to_have_count(2)
    assert texts(serving) == ["Stays", "Hello"]


def test_a_refusal_is_shown_at_its_letter(context: BrowserContext, serving: Serving) -> None:
    """The node's words stand at the letter that it refused, the text stays, and the next one is sent."""
    jay = Visitor(context, serving).open("jay")
    cut_off(jay, serving)
    send(jay, "a" * 10_001)
    send(jay, "Short enough")
    serving.start()
    expect(jay.locator("#letters article")).to_have_count(1)
    refused = jay.locator("#kept article")
    expect(refused.locator(".state")).to_have_text("Not sent 10001 characters. At most 10000.")
    expect(jay.get_by_role("link", name="Nan-young")).to_contain_text("1 not sent")
    accessible(jay)
    jay.reload()
    expect(jay.locator("#kept .text")).to_have_text("a" * 10_001)
    jay.get_by_role("button", name="Edit").click()
    send(jay, "Cut short")
    expect(jay.locator("#letters article")).to_have_count(2)
    expect(jay.locator("#kept article")).to_have_count(0)
    assert texts(serving) == ["Short enough", "Cut short"]


def test_a_node_that_can_take_nothing_now_is_asked_again(
    context: BrowserContext, serving: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A 503 is no refusal: its words stand at the letter, which is sent by itself later."""
    write = FakeCorrespondence.write

    async def full(_: FakeCorrespondence, __: Draft) -> LetterView:
        raise StarlightError("the disk refused")

    monkeypatch.setattr(FakeCorrespondence, "write", full)
    jay = Visitor(context, serving).open("jay")
    send(jay, "Patience")
    expect(jay.locator("#kept .state")).to_contain_text("the node says: the disk refused. Try again later.")
    monkeypatch.setattr(FakeCorrespondence, "write", write)
    expect(jay.locator("#letters article")).to_have_count(1)
    expect(jay.locator("#kept article")).to_have_count(0)
    assert texts(serving) == ["Patience"]


def test_without_storage_the_words_stay_in_their_field(context: BrowserContext, serving: Serving) -> None:
    """A browser that keeps nothing promises nothing: the text stays, and is sent by hand."""
    context.add_init_script("Object.defineProperty(window, 'localStorage', {get() { throw new Error() }})")
    jay = Visitor(context, serving).open("jay")
    cut_off(jay, serving)
    send(jay, "Still here")
    expect(jay.get_by_role("alert")).to_have_text(
        "Not sent: The node does not answer, and this browser keeps nothing. "
        "Your words stay here; press Send to try again."
    )
    expect(jay.get_by_label("Write to Nan-young")).to_have_value("Still here")
    serving.start()
    expect(jay.locator("body")).to_have_class("live")
    jay.get_by_role("button", name="Send").click()
    expect(jay.locator("#letters article")).to_have_count(1)
    assert texts(serving) == ["Still here"]


def test_words_written_while_a_letter_is_being_sent_stay(context: BrowserContext, serving: Serving) -> None:
    """The answer empties the field of what was sent, not of what was written since."""
    jay = Visitor(context, serving).open("jay")
    jay.evaluate(
        """() => document.getElementById('compose').addEventListener('htmx:beforeRequest', ({ target }) => {
            // Not when the forecast is asked for, which comes first where the machine is slow.
            if (target.id === 'compose') document.getElementById('text').value = 'And more';
        })"""
    )
    send(jay, "Sent")
    expect(letter(jay, "Sent")).to_be_visible()
    expect(jay.get_by_label("Write to Nan-young")).to_have_value("And more")
    assert texts(serving) == ["Sent"]


def test_a_draft_is_kept_for_each_correspondent(context: BrowserContext, serving: Serving) -> None:
    """It survives a reload and a change of correspondent, with its answer, and stands in the list."""
    with serving.client() as client:
        client.post("/api/people/father/letters", json={"to": "ipn:7.1", "text": "Will you come?"})
    serving.advance(2 * MINUTE)
    jay = Visitor(context, serving).open("jay", "ipn:8.1")
    jay.get_by_role("link", name="Answer the letter from Father").click()
    jay.get_by_label("Write to Father").fill("Yes, on")
    listed = jay.get_by_role("navigation").get_by_role("link", name="Father")
    expect(listed).to_contain_text("Draft: Yes, on")
    jay.get_by_role("link", name="Nan-young").click()
    expect(jay.get_by_label("Write to Nan-young")).to_have_value("")
    expect(listed).to_contain_text("Draft: Yes, on")
    accessible(jay)
    listed.click()
    expect(jay.get_by_label("Write to Father")).to_have_value("Yes, on")
    jay.reload()
    expect(jay.get_by_label("Write to Father")).to_have_value("Yes, on")
    expect(jay.locator("#answering")).to_contain_text("Will you come?")
    jay.get_by_role("button", name="Send").click()
    expect(letter(jay, "Yes, on")).to_be_visible()
    expect(listed.locator(".draft")).to_be_hidden()
    assert serving.backend.kept[-1].reply_to == serving.backend.kept[0].id
