"""Two real nodes as their people see them: an open contact, outages, a killed peer, a long conversation."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect
from tests.pair.nodes import JAY, NAN, Pair, contacts, looks_well, real_pair, send

from starlight.dtntime import DAY, HOUR, SECOND, from_text, to_text
from starlight.live.clock import MissionClock

NOW = MissionClock.of_day(Fraction(1)).now() // SECOND * SECOND
"""Of the machine, in ns; the nodes count their mission time from it."""
LONG = "It is a long way to the pit, and we tell you all of it.\n" * 30


@pytest.fixture(scope="module")
def pair(context: BrowserContext, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """Run both nodes, in a gap of their plan."""
    plan = contacts(NOW, (-2 * HOUR, -HOUR), (3 * HOUR, 30 * DAY))
    with real_pair(tmp_path_factory.mktemp("pair"), context, plan=plan) as running:
        yield running


def letter(page: Page, text: str) -> Locator:
    """Return a letter on a page, by its words."""
    return page.get_by_role("article").filter(has=page.locator(".text", has_text=text))


def shown_moment(found: Locator) -> int:
    """Return the first moment that an element tells, in ns."""
    return from_text(found.locator("time").first.get_attribute("datetime") or "")


def closed_everywhere(pair: Pair, page: Page, until: int, letters: str) -> None:
    """Assert that Jay is told in all places that it is closed until a time, in ns, and what is safe."""
    banner = page.locator("#silence")
    expect(banner).to_contain_text("Closed until")
    expect(banner).to_contain_text(f"{letters} safe here.")
    assert 0 <= shown_moment(banner) - until < 60 * 10**9
    expect(page.locator("#reach")).to_contain_text("Closed until")
    expect(page.locator("#conversations .how.predicted")).to_contain_text("Kept safe, waiting")
    expect(page.locator("#ray.shut")).to_be_attached()
    assert shown_moment(page.locator("#prediction .forecast")) >= until
    told = f"Closed until {to_text(until).removesuffix('Z')}"
    for words in (("status",), ("inbox", "jay")):
        out = pair.control.run(*words).out
        assert told in out
        assert f"{letters} safe here." in out
    reach = pair.control.reach("jay", NAN)
    assert (reach["code"], from_text(reach["until"])) == ("shut", until)
    assert str(reach["letters_here"]) == letters.split()[0]


def test_a_gap_in_the_plan(pair: Pair) -> None:
    """Closed until when, everywhere, and what is written is safe here; it leaves when it opens."""
    jay, nan = pair.jay(), pair.nan()
    expect(nan.locator("#silence")).to_contain_text("Closed until")
    send(jay, "Is anybody there?")
    closed_everywhere(pair, jay, NOW + 3 * HOUR, "1 letter is")
    looks_well(jay)
    pair.opened()
    expect(jay.locator("#silence")).to_be_hidden()
    expect(letter(nan, "Is anybody there?")).to_be_visible()
    expect(letter(jay, "Is anybody there?").locator(".state.confirmed")).to_contain_text("confirmed")


def test_an_open_contact(pair: Pair) -> None:
    """An urgent letter is urgent there, its answer quotes it, and receipts confirm arrival and reading."""
    pair.opened()
    jay, nan = pair.jay(), pair.nan()
    expect(jay.locator("#silence")).to_be_hidden()
    expect(jay.locator("#reach")).to_contain_text("Open, 1 Mbit/s until")
    # The delay of the files is the only sky, and nothing of a demo is here.
    expect(jay.locator("#ray-words")).to_have_text("0.5 s")
    expect(jay.locator("svg#sky, #distance, #storm button, #pace button")).to_have_count(0)
    jay.locator("#text").fill("How much oxygen is left?")
    expect(jay.locator("#prediction .forecast")).to_contain_text("earliest answer")
    send(jay, "How much oxygen is left?", urgent=True)
    asked = letter(nan, "How much oxygen is left?")
    expect(asked.locator(".urgency")).to_have_text("Urgent")
    expect(letter(jay, "How much oxygen is left?").locator(".urgency")).to_have_text("Urgent")
    asked.locator("a.answer").click()
    expect(nan.locator("#answering-words")).to_contain_text("How much oxygen is left?")
    send(nan, "Nine hours.")
    for page in (jay, nan):
        expect(letter(page, "Nine hours.").locator("a.quote .words")).to_have_text("How much oxygen is left?")
    for page, text in ((jay, "How much oxygen is left?"), (nan, "Nine hours.")):
        # Nobody pressed a button: both letters are in view, and so they are read.
        expect(letter(page, text).locator(".state.confirmed")).to_contain_text("Read")
    sent = pair.control.letters("jay", NAN)["How much oxygen is left?"]
    assert (sent["state"], sent["standing"]) == ("read", "confirmed")
    looks_well(jay)


def test_a_planned_outage(pair: Pair) -> None:
    """Cut by a command while all runs: both sides say until when and why; it opens, and all leaves."""
    pair.opened()
    jay, nan = pair.jay(), pair.nan()
    now = from_text(pair.control.api.mission_time()) // SECOND * SECOND
    until = now + 2 * HOUR
    # A little ahead, so that word of it crosses before the link falls silent.
    pair.cut(now + 4 * SECOND, until, "Generator test")
    for page in (jay, nan):
        expect(page.locator("#silence")).to_contain_text("Closed until")
        expect(page.locator("#silence")).to_contain_text("Generator test")
    send(jay, "Kept in the outage, one")
    send(jay, "Kept in the outage, two")
    closed_everywhere(pair, jay, until, "2 letters are")
    looks_well(jay)
    assert not [text for text in pair.habitat.letters("nan", JAY) if text.startswith("Kept")]
    pair.opened()
    expect(letter(nan, "Kept in the outage, two")).to_be_visible()
    for text in ("Kept in the outage, one", "Kept in the outage, two"):
        expect(letter(jay, text).locator(".state.confirmed")).to_contain_text("confirmed")
    for page in (jay, nan):
        expect(page.locator("#silence")).to_be_hidden()


def test_a_killed_peer(pair: Pair) -> None:
    """No contact since when, letters safe here, predictions in doubt; back again, all arrives, confirmed.

    The page of the killed node opens without it, keeps a draft, and sends it once when the node is back.
    """
    pair.opened()
    jay, nan = pair.jay(), pair.nan()
    expect(jay.locator("#silence")).to_be_hidden()
    kept = "async () => Boolean(navigator.serviceWorker.controller && await caches.match('/people/nan/away'))"
    pair.habitat.until(lambda: nan.evaluate(kept), "her browser keeps the page")
    pair.habitat.kill()
    banner = jay.locator("#silence")
    expect(banner).to_contain_text("No contact with Habitat since")
    texts = ("Are you still there?", "We wait for you.")
    for text in texts:
        send(jay, text)
    expect(banner).to_contain_text("2 letters are safe here. They leave by themselves when the link answers.")
    expect(banner).to_contain_text("so what was predicted is in doubt")
    expect(jay.locator("#reach")).to_contain_text("No contact with Habitat since")
    listed = jay.locator("#conversations .how.doubted:not(.own)")
    expect(listed).to_contain_text("2 safe here, no contact")
    jay.locator("#text").fill("And now?")
    expect(jay.locator("#prediction.doubted")).to_contain_text("No contact with Habitat since")
    jay.locator("#text").fill("")
    reach = pair.control.reach("jay", NAN)
    assert (reach["code"], reach["letters_here"]) == ("no_contact", 2)
    why = pair.control.api.ask(f"/people/jay/why?to={NAN}")["first"]
    assert why[0].startswith("No contact with Habitat since")
    assert not [said for said in why if said.startswith("Nothing looks faster")]
    for words in (("status",), ("inbox", "jay")):
        out = pair.control.run(*words).out
        assert f"No contact with Habitat since {reach['since'][:19]}" in out
        assert "2 letters are safe here." in out
    for text in texts:
        expect(letter(jay, text).locator(".state")).to_contain_text("Safe here")
    looks_well(jay)
    # Her page has lost its node; what she writes is kept by her browser, and sent by itself.
    nan.locator("#text").fill("Written while all was dark")
    nan.locator("#send").click()
    expect(nan.get_by_role("alert")).to_contain_text("Kept here, will be sent when the node answers.")
    # Opened anew without its node, the page comes from her browser, with what she begins to write there.
    anew = nan.context.new_page()
    anew.goto(nan.url)
    expect(anew.get_by_role("heading", level=1)).to_have_text("Your node is away")
    expect(anew.locator("#unfinished")).to_contain_text("Written while all was dark")
    anew.get_by_label("Write").fill("Begun without a node")
    anew.reload()
    expect(anew.get_by_label("Write")).to_have_value("Begun without a node")
    looks_well(anew)
    pair.habitat.begin()
    pair.habitat.serve()
    expect(anew.get_by_role("heading", level=1)).to_have_text("Your node is back")
    anew.get_by_role("link", name="Open your letters").click()
    expect(anew.locator("#text")).to_have_value("Begun without a node")
    anew.locator("#send").click()
    expect(anew.locator("#text")).to_have_value("")
    for text in texts:
        expect(letter(nan, text)).to_be_visible()
        expect(letter(jay, text).locator(".state.confirmed")).to_contain_text("confirmed")
    expect(banner).to_be_hidden()
    answers = ("Written while all was dark", "Begun without a node")
    for text in answers:
        expect(letter(jay, text)).to_be_visible()
    for node, person, other in ((pair.habitat, "nan", JAY), (pair.control, "jay", NAN)):
        came = [each["text"] for each in node.api.letters(person, other)]
        assert [came.count(text) for text in (*texts, *answers)] == [1, 1, 1, 1]


def test_a_long_conversation(pair: Pair) -> None:
    """Seventy letters both ways over a restart of both nodes: all are there, once, in order, and get read."""
    pair.opened()
    written: list[str] = []
    both = ((pair.control, "jay", NAN), (pair.habitat, "nan", JAY))

    def write(start: int, count: int) -> None:
        """Write letters in turn; each seventh is long."""
        for number in range(start, start + count):
            node, person, to = both[number % 2]
            written.append(f"Number {number} of {person}.")
            node.api.write(person, to, written[-1] + ("\n" + LONG if number % 7 == 0 else ""))

    def there() -> bool:
        return all(
            [each["text"].split("\n")[0] for each in node.api.letters(person, to)].count(text) == 1
            for node, person, to in both
            for text in written
        )

    write(0, 40)
    pair.control.end()
    pair.habitat.kill()
    for node in (pair.control, pair.habitat):
        node.later(NOW, DAY)
        node.begin()
    for node in (pair.control, pair.habitat):
        node.serve()
    write(40, 30)
    for node in (pair.control, pair.habitat):
        node.until(there, "all letters")
    jay, nan = pair.jay(), pair.nan()
    for page in (jay, nan):
        expect(page.locator("li.day")).to_have_count(2)
        expect(page.get_by_role("link", name="Earlier letters")).to_be_visible()
    expect(nan.locator("#new")).to_contain_text("New")
    fold = letter(nan, "Number 56 of jay.")
    expect(fold.get_by_text("Read on")).to_be_visible()
    fold.get_by_text("Read on").click()
    expect(fold.get_by_text("Fold", exact=True)).to_be_visible()
    looks_well(jay)
    nan.get_by_role("button", name="Mark all").click()
    expect(nan.locator("article.unread")).to_have_count(0)
    expect(letter(jay, "Number 68 of jay.").locator(".state.confirmed")).to_contain_text("Read")
    order = jay.locator("article .text").all_inner_texts()
    assert [text.split("\n")[0] for text in order][-30:] == written[-30:]
    jay.get_by_role("link", name="Earlier letters").click()
    expect(letter(jay, "Number 0 of jay.")).to_be_visible()
    expect(jay.get_by_role("link", name="Back to the newest letters")).to_be_visible()
    shown = [each["text"].split("\n")[0] for each in pair.control.api.letters("jay", NAN)]
    assert [text for text in shown if text.startswith("Number")] == written


@pytest.fixture
def astray(context: BrowserContext, tmp_path: Path) -> Iterator[Pair]:
    """Run both nodes, the habitat two days ahead, in an open contact."""
    plan = contacts(NOW, (-DAY, 30 * DAY))
    ahead = f'[clock]\nmission = "{to_text(NOW + 2 * DAY + HOUR // 2)}"\nwall = "{to_text(NOW)}"\n'
    with real_pair(tmp_path, context, plan=plan, habitat=ahead) as running:
        yield running


def test_a_clock_two_days_off(astray: Pair) -> None:
    """Both nodes say so everywhere; nothing impossible is called confirmed, and the order does not jump."""
    both = ((astray.control, "jay", NAN), (astray.habitat, "nan", JAY))
    pages = [astray.jay(), astray.nan()]
    for (node, _, _), page, peer in zip(both, pages, (20, 10), strict=True):
        expect(page.locator("#silence .clocks").first).to_contain_text("2 d 0 h")
        assert "clock" in node.run("status").out
        node.until(lambda: "clock.differs" in node.log(), "the log says so")  # noqa: B023
        (found,) = [each for each in node.api.ask("/nodes")[0]["links"] if each["peer"] == peer]
        assert abs(found["clock_ahead_s"]) == pytest.approx(2 * 86_400 + 1_800, abs=10)
        assert found["clock_fault"] == "unknown"
    jay, nan = pages
    said = ("One, from Control.", "Two, from the habitat.", "Three, from Control.", "Four, from the habitat.")
    for text, here, there in zip(said, (jay, nan, jay, nan), (nan, jay, nan, jay), strict=True):
        if text != said[0]:
            letter(here, said[said.index(text) - 1]).locator("a.answer").click()
        send(here, text)
        expect(letter(there, text)).to_be_visible()
        expect(letter(here, text).locator(".state")).to_contain_text("Arrived")
    for page in pages:
        assert page.locator("article .text").all_inner_texts() == [*said]
        for text in said:
            expect(letter(page, text)).to_have_count(1)
    for node, person, to in both:
        for each in node.api.letters(person, to):
            told = {fact["what"]: fact for fact in each["facts"] if fact["standing"] == "confirmed"}
            times = [from_text(told[state]["at"]) for state in ("departed", "arrived") if state in told]
            assert times == sorted(times), each
    looks_well(jay)
    looks_well(nan)
