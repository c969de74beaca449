"""A distress call between two real nodes: asked for, raised, told on every page there, answered, over."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from tests.pair.nodes import JAY, NAN, Pair, looks_well, real_pair
from tests.web.conftest import accessible

ADA = "ipn:10.2"
WORDS = "I am in the cave below the pit."
AT_CONTROL = '[[person]]\nid = "ada"\nname = "Ada"\nservice = 2\n'
AT_HABITAT = f'[[address]]\naddress = "{ADA}"\nname = "Ada"\nplace = "Control"\nworld = "earth"\n'


@pytest.fixture(scope="module")
def pair(context: BrowserContext, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """Run both nodes, always in contact, with two people at Control."""
    folder: Path = tmp_path_factory.mktemp("pair")
    with real_pair(folder, context, control=AT_CONTROL, habitat=AT_HABITAT) as running:
        yield running


def heard(pair: Pair, person: str = "jay") -> list[dict[str, Any]]:
    """Return the calls of which a person at Control is told."""
    return list(pair.control.api.ask(f"/people/{person}/distress")["heard"])


def own(pair: Pair) -> dict[str, Any]:
    """Return Nan-young's call."""
    return dict(pair.habitat.api.ask("/people/nan/distress")["own"])


def raised(nan: Page, words: str) -> None:
    """Raise a call from the page: one gesture, the words, and the confirmation."""
    nan.get_by_role("link", name="Distress").click()
    expect(nan.get_by_role("heading", level=1)).to_have_text("Call for help over every route?")
    expect(nan.locator("main")).to_contain_text("Jay")
    nan.get_by_label("Your words, if any").fill(words)
    accessible(nan)
    nan.get_by_role("button", name="Call for help now").click()


def test_a_call_is_told_to_each_person_until_that_one_answers(pair: Pair) -> None:
    """It stands over each page there; who answered is told to others quietly, and to its author by name."""
    jay, nan = pair.jay(), pair.nan()
    raised(nan, WORDS)
    expect(nan.locator("h1")).to_contain_text("Your call is")
    call = jay.locator(".distress-call")
    expect(call).to_contain_text("Nan-young calls for help")
    expect(call).to_contain_text(WORDS)
    expect(call).to_contain_text("They can know at")
    expect(jay).to_have_title("Distress: Nan-young · Jay · Starlight")
    expect(jay.get_by_role("alert")).to_have_text("Nan-young calls for help.")
    jay.get_by_role("button", name="Quiet for one minute").click()
    expect(jay.get_by_role("button", name="Let it sound here")).to_be_visible()
    looks_well(jay)
    jay.goto(jay.url.split("?")[0] + "/search")
    expect(jay.locator("a.distress-call")).to_contain_text(WORDS)
    jay.locator("a.distress-call").click()
    call.get_by_role("textbox").fill("We hear you. Stay there.")
    call.get_by_role("button", name="I have read this. Tell them").click()
    expect(jay.locator(".distress-call")).to_have_count(0)
    ada = pair.open(pair.control, "ada", NAN)
    quiet = ada.locator(".distress-call.answered")
    expect(quiet).to_contain_text("Jay has answered")
    expect(ada).to_have_title("Ada · Starlight")
    ada.set_viewport_size({"width": 360, "height": 740})
    accessible(ada)
    expect(quiet).to_be_in_viewport()
    quiet.get_by_role("button", name="I know. Close this").click()
    expect(ada.locator(".distress-call")).to_have_count(0)
    pair.habitat.until(lambda: own(pair)["state"] == "acknowledged", "answered")
    nan.reload()
    expect(nan.locator("h1")).to_have_text("Jay has heard your call")
    expect(nan.locator(".course-of-call li", has_text="Jay")).to_contain_text("Answered")
    expect(nan.locator(".course-of-call li", has_text="Ada")).not_to_contain_text("Answered")
    nan.set_viewport_size({"width": 360, "height": 740})
    accessible(nan)


def test_a_call_is_cancelled_visibly(pair: Pair) -> None:
    """Raised and cancelled on the command line: told there, then told as over, in letters that stay."""
    out = pair.habitat.run("distress", "raise", "nan", "--yes", "--text", "The door is stuck.").out
    assert "your call: raised" in out
    again = pair.habitat.run("distress", "raise", "nan", "--yes", "--text", "Twice").out
    assert "The door is stuck." in again
    pair.control.until(lambda: [each["text"] for each in heard(pair)] == ["The door is stuck."], "told")
    assert "Nan-young calls for help" in pair.control.run("distress", "list", "jay").out
    pair.habitat.run("distress", "cancel", "nan", "--yes", "--text", "It is open again.")
    pair.control.until(lambda: not heard(pair) and not heard(pair, "ada"), "over for everybody")
    assert pair.control.letters("jay", NAN)["It is open again."]["distress"] == "cancelled"


def test_one_answer_is_for_one_person_on_the_command_line_too(pair: Pair) -> None:
    """Ada answers: Jay is told by whom, and dismisses it; before that nobody can wave it away."""
    pair.habitat.run("distress", "raise", "nan", "--yes")
    pair.control.until(lambda: heard(pair) and heard(pair, "ada"), "told to both")
    call = {"caller": NAN, "call": heard(pair)[0]["call"]}
    with pytest.raises(AssertionError, match="nobody here has answered this call"):
        pair.control.api.ask("/people/jay/distress/dismiss", call)
    assert "can know that you have heard" in pair.control.run("distress", "acknowledge", "ada").out
    assert "Ada has answered" in pair.control.run("distress", "list", "jay").out
    assert "Ada has answered Nan-young" in pair.control.run("distress", "dismiss", "jay").out
    assert heard(pair) == heard(pair, "ada") == []
    pair.habitat.until(lambda: own(pair)["acknowledged_by"] == ADA, "answered")


def test_a_call_over_a_dead_link_is_safe_here_and_outlives_its_node(pair: Pair) -> None:
    """With the other node gone it is safe here, also over a crash; it comes when both are back."""
    pair.control.kill()
    pair.habitat.run("distress", "raise", "nan", "--yes", "--text", "Can anybody hear me?")
    assert not any(each["arrival_confirmed"] for each in own(pair)["courses"])
    assert {each["to"] for each in own(pair)["courses"]} == {JAY, ADA}
    pair.habitat.kill()
    for node in (pair.control, pair.habitat):
        node.begin()
    for node in (pair.control, pair.habitat):
        node.serve()
    assert own(pair)["state"] == "raised"
    pair.control.until(lambda: [each["text"] for each in heard(pair)] == ["Can anybody hear me?"], "told")
