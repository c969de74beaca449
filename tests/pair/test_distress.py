"""A distress call between two real nodes: asked for, raised, told on every page there, answered."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from tests.pair.nodes import NAN, Pair, looks_well, real_pair
from tests.web.conftest import accessible

WORDS = "I am in the cave below the pit."


@pytest.fixture(scope="module")
def pair(context: BrowserContext, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """Run both nodes, always in contact."""
    with real_pair(tmp_path_factory.mktemp("pair"), context) as running:
        yield running


def raised(nan: Page, words: str) -> None:
    """Raise a call from the page: one gesture, the words, and the confirmation."""
    nan.get_by_role("link", name="Distress").click()
    expect(nan.get_by_role("heading", level=1)).to_have_text("Call for help over every route?")
    expect(nan.locator("main")).to_contain_text("Jay")
    nan.get_by_label("Your words, if any").fill(words)
    accessible(nan)
    nan.get_by_role("button", name="Call for help now").click()


def test_a_call_is_told_at_the_other_end_until_a_person_answers(pair: Pair) -> None:
    """The call stands over each page there, its author sees where it is, and then who has heard it."""
    jay, nan = pair.jay(), pair.nan()
    raised(nan, WORDS)
    expect(nan.locator("h1")).to_contain_text("Your call is")
    expect(nan.locator(".course-of-call")).to_contain_text("A person has read it: not yet knowable")
    call = jay.locator(".distress-call")
    expect(call).to_contain_text("Nan-young calls for help")
    expect(call).to_contain_text(WORDS)
    expect(call).to_contain_text("They can know at")
    expect(jay).to_have_title("Distress: Nan-young · Jay · Starlight")
    expect(jay.get_by_role("alert")).to_have_text("Nan-young calls for help.")
    jay.get_by_role("button", name="Quiet for one minute").click()
    expect(jay.get_by_role("button", name="Let it sound here")).to_be_visible()
    looks_well(jay)
    other = jay.context.new_page()
    other.goto(jay.url.split("?")[0] + "/search")
    expect(other.locator("a.distress-call")).to_contain_text(WORDS)
    assert "Nan-young calls for help" in pair.control.run("distress", "list", "jay").out
    call.get_by_role("textbox").fill("We hear you. Stay there.")
    call.get_by_role("button", name="I have read this. Tell them").click()
    expect(jay.locator(".distress-call")).to_have_count(0)
    expect(jay).to_have_title("Jay · Starlight")
    nan.reload()
    expect(nan.locator("h1")).to_have_text("Jay has heard your call")
    accessible(nan)


def test_a_call_is_cancelled_visibly(pair: Pair) -> None:
    """Raised and cancelled on the command line: told there, then told as over, in letters that stay."""
    jay = pair.jay()
    out = pair.habitat.run("distress", "raise", "nan", "--yes", "--text", "The door is stuck.").out
    assert "your call: raised" in out
    expect(jay.locator(".distress-call")).to_contain_text("The door is stuck.")
    again = pair.habitat.run("distress", "raise", "nan", "--yes", "--text", "Twice").out
    assert "The door is stuck." in again
    pair.habitat.run("distress", "cancel", "nan", "--yes", "--text", "It is open again.")
    expect(jay.locator(".distress-call")).to_have_count(0)
    expect(jay.get_by_role("article").filter(has_text="It is open again.")).to_contain_text(
        "Distress is over"
    )


def test_a_call_over_a_dead_link_is_safe_here(pair: Pair) -> None:
    """With the other node gone its author is told that it is safe here; it comes when that is back."""
    nan = pair.nan()
    pair.control.kill()
    raised(nan, "Can anybody hear me?")
    expect(nan.locator(".course-of-call")).to_contain_text("Kept here")
    expect(nan.locator(".course-of-call")).not_to_contain_text("Is there since")
    nan.set_viewport_size({"width": 360, "height": 740})
    accessible(nan)
    pair.control.begin()
    pair.control.serve()
    jay = pair.jay()
    expect(jay.locator(".distress-call")).to_contain_text("Can anybody hear me?")
    jay.set_viewport_size({"width": 360, "height": 740})
    looks_well(jay)
    assert NAN in pair.control.run("distress", "list", "jay").out
