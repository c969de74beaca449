"""Topics and marks on two real nodes: begun on one page, seen on the other, copied, starred, listed."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from tests.pair.nodes import JAY, NAN, Pair, contacts, looks_well, real_pair, send

from starlight.dtntime import DAY, HOUR, SECOND
from starlight.live.clock import MissionClock

NOW = MissionClock.of_day(Fraction(1)).now() // SECOND * SECOND


@pytest.fixture
def pair(context: BrowserContext, tmp_path: Path) -> Iterator[Pair]:
    """Run both nodes in an open contact."""
    with real_pair(tmp_path, context, plan=contacts(NOW, (-HOUR, 30 * DAY))) as running:
        yield running


def topics_of(pair: Pair, page: Page) -> None:
    """Open the view of topics by its link in the navigation."""
    page.get_by_role("link", name="Topics").click()
    expect(page.get_by_role("heading", name="Topics", exact=True)).to_be_visible()


def test_a_topic_a_question_and_a_copy(pair: Pair) -> None:
    """Both pages show the topic and the open question; a copy is a mark on both, and a star is one's own."""
    jay = pair.jay()
    jay.get_by_text("Topic and question").click()
    jay.get_by_label("Begin a topic").fill("<i>The garden</i>")
    jay.get_by_label("Question: it stays open").check()
    looks_well(jay)
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
    looks_well(nan)
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
