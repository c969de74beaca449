"""The view of contacts: people and groups, and the plain forms that found and change a group."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from tests.web.conftest import Serving, accessible
from tests.web.fake_backend import PEOPLE
from tests.web.test_page import Visitor

JAY, NAN = "ipn:7.1", "ipn:21.1"
MARKUP = "<b>Family</b>"


@pytest.fixture(params=[1280, 360])
def context(browser: Browser, request: pytest.FixtureRequest) -> Iterator[BrowserContext]:
    opened = browser.new_context(viewport={"width": request.param, "height": 740})
    yield opened
    opened.close()


@pytest.fixture
def contacts(context: BrowserContext, serving: Serving) -> Page:
    """Return the view of Jay, opened by its link on the page."""
    page = Visitor(context, serving).open("jay")
    page.goto(f"{serving.url}/people/jay/contacts")
    return page


def found(page: Page, name: str) -> None:
    """Found a group with the first two in the list, and somebody by the address."""
    page.locator("#name").fill(name)
    for box in page.locator("#found-one input[type=checkbox]").all()[:2]:
        box.check()
    page.locator("#more-members").fill("ipn:20.3, ipn:20.4")
    page.get_by_role("button", name="Found it").click()


def test_people_stand_with_their_address_and_the_way_there(contacts: Page) -> None:
    """Everybody is listed by name with address, place and way, and leads to their letters."""
    names = contacts.locator(".known .who bdi").all_text_contents()
    assert names == sorted((each.name for each in PEOPLE if each.id != "jay"), key=str.casefold)
    nan = contacts.locator(".known > li").filter(has_text=NAN)
    expect(nan).to_contain_text("Now")
    accessible(contacts)
    nan.locator("a").click()
    expect(contacts.locator("#correspondence-heading")).to_contain_text("Nan-young")


def test_a_group_is_founded_and_changed_by_plain_forms(contacts: Page, serving: Serving) -> None:
    """Founding, renaming, adding, removing and leaving are forms; markup in a name is text."""
    found(contacts, MARKUP)
    card = contacts.locator("article.card")
    expect(card.locator("h3")).to_have_text(MARKUP)
    assert card.locator("h3 b").count() == 0
    assert contacts.evaluate("location.hash.slice(1) === document.querySelector('article.card').id")
    expect(card.locator(".members li")).to_have_count(5)
    accessible(contacts)
    card.get_by_text("Change it").click()
    accessible(contacts)
    assert contacts.evaluate("document.documentElement.scrollWidth <= innerWidth")
    card.get_by_label("Name").fill("Family")
    card.get_by_role("button", name="Rename").click()
    expect(card.locator("h3")).to_have_text("Family")
    card.get_by_text("Change it").click()
    card.locator("input[name=remove][value='ipn:20.3']").check()
    card.locator("input[name=remove][value='ipn:20.4']").check()
    card.get_by_role("button", name="Remove from the group").click()
    expect(card.locator(".members li")).to_have_count(3)
    card.get_by_text("Change it").click()
    card.locator("input[name=add]:not([type=checkbox])").fill("ipn:20.9")
    card.get_by_role("button", name="Add to the group").click()
    expect(card.locator(".members li")).to_have_count(4)
    with serving.client() as client:
        told = client.get("/api/people/jay/contacts").json()
    assert [each["name"] for each in told["groups"]] == ["Family"]
    assert {each["address"] for each in told["people"]} == {each.address for each in PEOPLE} - {JAY}


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [("#more-members", "nowhere", "nowhere"), ("#more-members", "ipn:0.0", "nobody's address")],
)
def test_a_member_that_is_no_address_is_told(contacts: Page, field: str, value: str, told: str) -> None:
    """What is no address of a person is refused with words that name it."""
    contacts.locator("#name").fill("Crew")
    contacts.locator(field).fill(value)
    contacts.get_by_role("button", name="Found it").click()
    expect(contacts.locator("main")).to_contain_text(told)
    expect(contacts.locator("main")).to_contain_text("members")


def test_sixty_four_boxes_are_a_form(serving: Serving) -> None:
    """A form with as many members as a group may have is read; one more is refused with the limit."""
    with serving.client() as client:
        for count, status in ((64, 303), (65, 422)):
            fields = {"name": "Many", "members": [f"ipn:9.{number}" for number in range(1, count + 1)]}
            answer = client.post("/people/jay/groups", data=fields)
            assert answer.status_code == status
    assert "64" in answer.text
