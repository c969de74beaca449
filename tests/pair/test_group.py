"""A group over two real nodes: founded by a command, written to from both, changed on a page."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from tests.cli.helpers import command
from tests.pair.nodes import NAN, Pair, looks_well, real_pair, send

CREW = """
[[person]]
id = "ben"
name = "Ben"
service = 2
"""
KNOWN = """
[[address]]
address = "ipn:20.2"
name = "Ben"
place = "Habitat"
world = "mars"
"""
BEN = "ipn:20.2"


@pytest.fixture(scope="module")
def pair(context: BrowserContext, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """Run both nodes, with two people at Habitat."""
    with real_pair(tmp_path_factory.mktemp("group"), context, control=KNOWN, habitat=CREW) as running:
        running.opened()
        founded = running.control.run("group", "create", "jay", "The crew", NAN, BEN)
        assert "The crew" in founded.out
        running.habitat.until(lambda: running.habitat.api.ask("/people/ben/groups"), "the group is known")
        yield running


def opened_at(pair: Pair, page: Page, name: str) -> Page:
    """Open the conversation with a group by its name in the list."""
    page.locator("nav.people a").filter(has_text=name).click()
    expect(page.locator("#correspondence-heading")).to_contain_text(name)
    return page


def test_a_group_of_three_at_two_nodes(pair: Pair) -> None:
    """A letter reaches both at Habitat, says who it is by, and its author sees who has read it."""
    pair.opened()
    sent = pair.control.run("send", "jay", "--to-group", "The crew", "Supper is ready")
    assert "no route" not in sent.out
    nan = opened_at(pair, pair.nan(), "The crew")
    letter = nan.locator("article.letter").filter(has_text="Supper is ready")
    expect(letter.locator(".by")).to_have_text("Jay")
    send(nan, "Coming, both of us")
    ben = opened_at(pair, pair.open(pair.habitat, "ben", NAN), "The crew")
    expect(ben.locator("article.letter")).to_have_count(2)
    expect(ben.locator("article.letter .by").nth(1)).to_have_text("Nan-young")
    jay = opened_at(pair, pair.jay(), "The crew")
    own = jay.locator("article.letter").filter(has_text="Supper is ready")
    expect(own.locator(".courses")).to_contain_text("Nan-young")
    expect(own.locator(".courses")).to_contain_text("read by Ben")
    looks_well(jay)
    looks_well(nan)


def test_a_change_on_a_page_is_known_at_the_other_node(pair: Pair) -> None:
    """Nan-young renames the group by a form; Jay's contacts show the name, and who changed it is told."""
    pair.opened()
    page = pair.nan()
    page.locator("#view-contacts").click()
    page.get_by_text("Change it").click()
    page.get_by_label("Name").first.fill("Supper club")
    page.get_by_role("button", name="Rename").click()
    expect(page.locator("article.card h3")).to_have_text("Supper club")
    looks_well(page)
    pair.control.until(
        lambda: pair.control.api.ask("/people/jay/groups")[0]["name"] == "Supper club", "the name is known"
    )
    page.get_by_text("Change it").click()
    page.locator(f"input[name=remove][value='{BEN}']").check()
    page.get_by_role("button", name="Remove from the group").click()
    expect(page.locator(".members .gone")).to_contain_text("removed by you")

    def members() -> int:
        (group,) = pair.control.api.ask("/people/jay/groups")
        return sum(each["is_member"] for each in group["people"])

    pair.control.until(lambda: members() == 2, "the removal is known")
    assert "Supper club" in pair.control.run("group", "list", "jay").out


def test_errors_of_commands_say_what_would_be_right(pair: Pair) -> None:
    """A group that is not there, and an address beside one, are refused with what would be right."""
    pair.habitat.run("group", "create", "ben", "Gardeners")
    for words, told in (
        (("ben", "--to-group", "Gardener", "x"), "Gardeners"),
        (("ben", NAN, "x", "--to-group", "Gardeners"), "both ADDRESS and --to-group"),
        (("ben", NAN), "no TEXT"),
    ):
        done = command("send", pair.habitat.folder, *words)
        assert done.status != 0
        assert told in done.err
