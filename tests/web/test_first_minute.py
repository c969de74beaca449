"""The first minute of a demo: one writes, sees the letter cross, and sees the receipt confirm it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from tests.web.conftest import PATIENCE_MS, accessible
from tests.web.test_demo_page import Demo, fact

from starlight import dtntime
from starlight.app.demo_pace import START
from starlight.dtntime import SECOND

TEXT = "Is it still quiet where you are?"
MINUTE = round(60 * SECOND * START)
"""A minute of the wall as mission time, by which it is measured: a slow machine writes late, but no letter is
slower on it."""
WRITING = MINUTE // 3
"""What is left for finding the page and writing a line."""

WATCH = """
text => {
  window.seen = [];
  const look = () => {
    const letters = [...document.querySelectorAll("article.letter")];
    const letter = letters.find(one => one.textContent.includes(text));
    const state = letter?.querySelector(".state")?.textContent.replace(/\\s+/g, " ").trim();
    if (state && window.seen.at(-1) !== state) window.seen.push(state);
  };
  const what = {subtree: true, childList: true, characterData: true};
  new MutationObserver(look).observe(document.body, what);
}
"""
"""Notes each state of a letter that the page shows, so that the test sees what a person would."""


@pytest.fixture
def demo(begun: Path) -> Iterator[Demo]:
    running = Demo(begun)
    yield running
    running.stop()


def test_in_its_first_minute_one_writes_sees_it_cross_and_sees_it_confirmed(
    browser: Browser, demo: Demo
) -> None:
    """From the first word to the receipt no more passes than a minute at the demo's own pace; the letter is
    seen in flight, and then confirmed; nothing else is forced into that minute."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.goto(f"{demo.url}/?token={demo.token}")
    expect(page.locator("body")).to_have_class("live")
    opened = demo.api.get("/people/jay/status").json()
    assert opened["pace"]["rate"] == START
    page.evaluate(WATCH, TEXT)
    page.get_by_label("Write to Joo Nan-young").fill(TEXT)
    page.get_by_role("button", name="Send").click()
    sent = page.locator("article.letter").filter(has_text=TEXT)
    expect(sent).to_have_attribute("data-state", "arrived")
    expect(sent).to_have_attribute("data-standing", "confirmed")
    states = page.evaluate("window.seen")
    assert any("flight" in state for state in states), states
    assert "Arrived" in states[-1]

    letter = demo.letter("jay", TEXT)
    written = dtntime.from_text(str(letter["written_at"]))
    confirmed = dtntime.from_text(fact(letter, "arrived")["known_at"])
    assert confirmed - written <= MINUTE - WRITING
    status = demo.api.get("/people/jay/status").json()
    assert not status["storm"]["active"]
    assert status["reach"]["code"] == "open"
    begun = dtntime.from_text("2051-04-07T10:05:00Z")
    assert dtntime.from_text(status["reach"]["until"]) > begun + MINUTE
    accessible(page)
    context.close()
