"""Topics and marks on two real nodes, and letters for later: begun on one page, seen on the other."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from urllib.parse import quote

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect
from tests.pair.nodes import JAY, NAN, Pair, contacts, looks_well, real_pair, send

from starlight.dtntime import DAY, HOUR, SECOND, to_text
from starlight.live.clock import MissionClock

NOW = MissionClock.of_day(Fraction(1)).now() // SECOND * SECOND


@pytest.fixture(scope="module")
def pair(context: BrowserContext, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """Run both nodes in an open contact."""
    folder = tmp_path_factory.mktemp("pair")
    with real_pair(folder, context, plan=contacts(NOW, (-HOUR, 30 * DAY))) as running:
        yield running


def topics_of(pair: Pair, page: Page) -> None:
    """Open the view of topics by its link in the navigation."""
    page.get_by_role("link", name="Topics").click()
    expect(page.get_by_role("heading", name="Topics", exact=True)).to_be_visible()


def test_a_topic_a_question_and_a_copy(pair: Pair) -> None:
    """Both pages show the topic and the open question; a copy is a mark on both, and a star is one's own."""
    jay = pair.jay()
    jay.get_by_text("Topic and kind").click()
    jay.get_by_label("Begin a topic").fill("<i>The garden</i>")
    jay.get_by_label("Question: it stays open").check()
    send(jay, "Which <b>fern</b> first?")
    expect(jay.get_by_label("Begin a topic")).to_be_hidden()
    (asked,) = pair.control.letters("jay", NAN).values()
    assert (asked["act"], asked["topic_name"]) == ("question", "<i>The garden</i>")
    pair.habitat.until(lambda: pair.habitat.letters("nan", JAY), "it comes")
    nan = pair.nan()
    letter = nan.get_by_role("article").filter(has_text="Which <b>fern</b> first?")
    expect(letter.locator(".marks")).to_contain_text("<i>The garden</i>")
    expect(letter.locator(".marks")).to_contain_text("Question, open")
    letter.get_by_role("button", name="Copy: read and understood").click()
    expect(letter.locator(".marks")).to_contain_text("Copied by you")
    letter.get_by_role("button", name="Star the letter").click()
    expect(letter.locator(".marks")).to_contain_text("Starred")
    letter.locator(".remind summary").click()
    letter.get_by_label("When to be reminded").select_option("in a day")
    letter.get_by_role("button", name="Remind me then").click()
    expect(letter.locator(".marks")).to_contain_text("Reminder for")
    mine = jay.get_by_role("article").filter(has_text="Which <b>fern</b> first?")
    expect(mine.locator(".marks")).to_contain_text("Copied by Nan-young")
    expect(mine.locator(".marks")).not_to_contain_text("Starred")
    expect(jay.get_by_role("article")).to_have_count(1)
    topics_of(pair, nan)
    expect(nan.locator(".topics-list li")).to_contain_text("<i>The garden</i>")
    expect(nan.locator(".topics-list li")).to_contain_text("1 open question")
    expect(nan.get_by_role("region", name="Starred").locator("li")).to_have_count(1)
    looks_well(nan)
    nan.locator(".topics-list a").click()
    expect(nan.get_by_role("article")).to_have_count(1)
    expect(nan.locator(".in-topic")).to_contain_text("<i>The garden</i>")
    send(nan, "And moss beside it.")
    expect(nan.locator("#letters article")).to_have_count(2)
    pair.habitat.api.ask("/people/nan/letters", {"to": JAY, "text": "The tall one.", "reply_to": asked["id"]})
    expect(mine.locator(".marks").first).to_contain_text("Question, answered")
    assert [each["questions"] for each in pair.control.api.ask("/people/jay/topics")] == [0]


def article(page: Page, text: str) -> Locator:
    """Return a letter on a page, by its words."""
    return page.get_by_role("article").filter(has=page.locator(".text", has_text=text))


def write_for_later(page: Page, text: str, **fields: str) -> Locator:
    """Write a letter with fields for later, by their ids; return it as it is shown."""
    page.locator(".later summary").click()
    for id, value in fields.items():
        field = page.locator(f"#{id.replace('_', '-')}")
        if id == "after":
            field.select_option(label=value)
        else:
            field.fill(value)
    send(page, text)
    expect(page.locator("details.later")).not_to_have_attribute("open", "")
    return article(page, text)


def test_letters_for_later(pair: Pair) -> None:
    """One leaves at its day, one opens at its day, one when another was read; restarts lose none of them."""
    far = to_text(NOW + 20 * DAY).partition("T")[0]
    jay = pair.jay()
    send(jay, "It is a girl")
    pair.habitat.until(lambda: "It is a girl" in pair.habitat.letters("nan", JAY), "it comes")
    jay.reload()  # Now it is there to be waited for.
    expect(jay.locator("body")).to_have_class("live")
    held = write_for_later(jay, "Happy birthday", leave_day=far, leave_time="08:00")
    expect(held.locator(".state")).to_contain_text("Stays here until")
    hidden = write_for_later(jay, "If I am not back", open_day=far)
    expect(hidden.locator(".hides")).to_contain_text("Hidden from Nan-young until")
    expect(hidden.locator(".state.confirmed")).to_contain_text("Arrived")
    expect(hidden.get_by_role("button", name="Take it back")).to_be_visible()
    label = jay.locator("#after option", has_text="It is a girl").text_content() or ""
    waits = write_for_later(jay, "You are a great-aunt", after=label)
    expect(waits.locator(".state")).to_contain_text("until Nan-young has read “It is a girl”")
    jay.locator(".later summary").click()
    looks_well(jay)
    known = pair.control.letters("jay", NAN)
    assert known["Happy birthday"]["held"]["until"].startswith(far)
    assert known["If I am not back"]["opens"]["withdrawal"]["offered"]
    assert set(pair.habitat.letters("nan", JAY)) & set(known) >= {"It is a girl"}
    for text in ("Happy birthday", "If I am not back", "You are a great-aunt"):
        assert text not in pair.habitat.letters("nan", JAY)
    first = quote(pair.habitat.letters("nan", JAY)["It is a girl"]["id"], safe="")
    pair.habitat.api.ask(f"/people/nan/letters/{first}/read", {})
    pair.habitat.until(lambda: "You are a great-aunt" in pair.habitat.letters("nan", JAY), "it follows")
    for node in (pair.control, pair.habitat):
        node.kill()
        node.later(NOW, 21 * DAY)
        node.begin()
    for node in (pair.control, pair.habitat):
        node.serve()
    nan = pair.nan()
    expect(article(nan, "Happy birthday")).to_be_visible()
    opened = article(nan, "If I am not back")
    expect(opened.locator(".hides")).to_contain_text("To be opened")
    expect(opened.locator(".hides")).to_contain_text("It opened here")
    looks_well(nan)


def test_a_letter_for_somebody_without_an_address(pair: Pair) -> None:
    """It is begun among the contacts, stays under the name, and leaves once the address is told there."""
    jay = pair.jay()
    jay.get_by_role("link", name="Contacts").click()
    jay.get_by_text("Record for somebody").click()
    jay.get_by_label("Their name").fill("<b>Ada</b>")
    looks_well(jay)
    jay.get_by_role("button", name="Begin").click()
    expect(jay.locator("#correspondence-heading")).to_contain_text("<b>Ada</b>")
    expect(jay.locator("#prediction")).to_contain_text("Stays here until <b>Ada</b> has an address")
    send(jay, "For when you are born")
    expect(article(jay, "For when you are born").locator(".state")).to_contain_text("has an address")
    looks_well(jay)
    jay.get_by_role("link", name="Give an address").click()
    jay.get_by_label("Address of <b>Ada</b>").fill(NAN)
    jay.get_by_role("button", name="Give this address").click()
    expect(article(jay, "For when you are born")).to_be_visible()
    expect(article(pair.nan(), "For when you are born")).to_be_visible()


def test_a_letter_is_replaced_and_an_announcement_stays_above(pair: Pair) -> None:
    """What was read stays folded beside the letter in its place; an announcement waits to be read."""
    sent = pair.control.api.ask("/people/jay/letters", {"to": NAN, "text": "Meet at *nine* <b>sharp</b>"})
    nan, jay = pair.nan(), pair.jay()
    expect(nan.get_by_role("article").filter(has_text="Meet at").locator("em")).to_have_text("nine")
    article(jay, "Meet at").get_by_role("link", name="Replace the letter").click()
    expect(jay.locator("#replacing")).to_contain_text("In the place of “Meet at nine <b>sharp</b>”")
    expect(jay.locator("#text")).to_have_value("Meet at *nine* <b>sharp</b>")
    jay.locator("#text").fill("Meet at **ten**")
    jay.locator("#send").click()
    for page in (jay, nan):
        expect(page.locator("#letters .replaced")).to_contain_text("the letter in its place")
        new = page.locator("#letters article").filter(has_text="In the place of an earlier letter")
        expect(new.locator("strong")).to_have_text("ten")
        new.get_by_text("The former version").click()
        expect(new.locator(".former em")).to_have_text("nine")
    expect(jay.locator("#replaces")).to_have_value("")
    letters = pair.habitat.letters("nan", JAY)
    assert letters["Meet at **ten**"]["former"]["id"] == sent["id"]
    assert letters["Meet at *nine* <b>sharp</b>"]["former"] is None
    run = pair.control.run("send", "jay", NAN, "All hands: <i>water</i> at noon", "--announce")
    assert "no route" not in run.out
    expect(nan.locator("#announcements .announcement")).to_contain_text("All hands: <i>water</i> at noon")
    nan.get_by_text("Topic and kind").click()
    looks_well(nan)
    # Seen by now among the letters, and so read some seconds later.
    expect(nan.locator("#announcements .announcement")).to_have_count(0, timeout=30_000)
    expect(jay.locator("#announcements .announcement")).to_have_count(0)
