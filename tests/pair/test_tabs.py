"""Two tabs of one person on one conversation: each shows each letter once, whatever comes and gets lost."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect
from tests.pair.nodes import JAY, NAN, Pair, contacts, real_pair, send

from starlight.dtntime import DAY, HOUR, SECOND
from starlight.live.clock import MissionClock

NOW = MissionClock.of_day(Fraction(1)).now() // SECOND * SECOND
"""Of the machine, in ns; the nodes count their mission time from it."""
ARRIVALS = 40


@pytest.fixture(scope="module")
def pair(context: BrowserContext, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """Run both nodes, in a gap of their plan."""
    plan = contacts(NOW, (-2 * HOUR, -HOUR), (3 * HOUR, 30 * DAY))
    with real_pair(tmp_path_factory.mktemp("tabs"), context, plan=plan) as running:
        yield running


def shown(page: Page) -> list[str]:
    """Return the first lines of all letters that a page shows, those that its browser keeps too."""
    return [text.split("\n")[0] for text in page.locator("article.letter .text").all_inner_texts()]


def test_forty_arrivals_at_once_are_shown_once_in_each_tab(pair: Pair) -> None:
    """Forty letters that come with one contact stand once, in the same order, in both tabs and at home."""
    tabs = [pair.nan(), pair.nan()]
    written = [f"Letter {number} of a full day" for number in range(ARRIVALS)]
    for text in written:
        pair.control.api.write("jay", NAN, text)
    assert shown(tabs[0]) == []
    pair.opened()
    for tab in tabs:
        expect(tab.locator("article.letter")).to_have_count(ARRIVALS)
        assert shown(tab) == written
    jay = pair.jay()
    expect(jay.locator("article.letter .state.confirmed")).to_have_count(ARRIVALS)
    assert shown(jay) == written


def test_an_answer_that_was_lost_makes_no_second_letter(pair: Pair) -> None:
    """The node took it, its answer was lost: sent again by whichever tab is first, it is one letter."""
    pair.opened()
    tabs = [pair.nan(), pair.nan()]
    lost: list[str] = []

    def lose_the_answer(route: Route) -> None:
        if lost or route.request.method != "POST":
            route.continue_()
            return
        lost.append(route.fetch().text())  # The node has it.
        route.abort("connectionreset")

    tabs[0].route("**/people/nan/letters", lose_the_answer)
    send(tabs[0], "Written once")
    for tab in tabs:
        expect(tab.locator("#letters article .text", has_text="Written once")).to_have_count(1)
        expect(tab.locator("#kept article")).to_have_count(0)
    pair.control.until(lambda: "Written once" in pair.control.letters("jay", NAN), "it comes")
    for node, person, other in ((pair.habitat, "nan", JAY), (pair.control, "jay", NAN)):
        assert [each["text"] for each in node.api.letters(person, other)].count("Written once") == 1
    assert lost


def test_two_tabs_that_write_at_once_lose_nothing(pair: Pair) -> None:
    """What is written in both tabs at the same time is sent from both, once, and each shows all of it."""
    pair.opened()
    tabs = [pair.nan(), pair.nan()]
    for number, tab in enumerate(tabs):
        tab.locator("#text").fill(f"From tab {number}")
    for tab in tabs:
        tab.locator("#send").click(no_wait_after=True)
    for tab in tabs:
        for number in range(len(tabs)):
            expect(tab.locator("#letters article .text", has_text=f"From tab {number}")).to_have_count(1)
    came = [each["text"] for each in pair.habitat.api.letters("nan", JAY)]
    assert sorted(text for text in came if text.startswith("From tab")) == ["From tab 0", "From tab 1"]
