"""The page in the system's Chromium, as a person uses it."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from typing import Literal
from urllib.parse import quote, urlsplit

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Locator,
    Page,
    Route,
    WebSocketRoute,
    expect,
)
from tests.web.conftest import TOKEN, Serving, accessible
from tests.web.fake_backend import LIGHT, START

from starlight.dtntime import DAY, MINUTE, SECOND
from starlight.messages.urgency import Priority
from starlight.views.page_status import TelemetryView
from starlight.views.sky import ConjunctionView
from starlight.web import localtime, wire

NASTY = "<script>document.title='caught'</script><img src=x onerror=alert(1)> & <b>bold</b> {{ 7*7 }}"


class Visitor:
    """One person's browser: opens pages, and notes what it should not have to."""

    def __init__(
        self,
        context: BrowserContext,
        serving: Serving,
        *,
        reads_by_sight: bool = False,
        has_worker: bool = False,
    ) -> None:
        self.context = context
        if not has_worker:
            # It loads files of its own accord, also when the test ends and its server with it.
            context.add_init_script("delete Navigator.prototype.serviceWorker")
        if not reads_by_sight:
            # Letters that are in view are read after some seconds; most tests want to say when.
            context.add_init_script("delete window.IntersectionObserver")
        self.serving = serving
        self.outside: list[str] = []
        self.complaints: list[str] = []
        context.route(re.compile(".*"), self._watch)
        context.on("console", lambda message: self._complain(message.type, message.text))
        context.on("weberror", lambda error: self.complaints.append(str(error.error)))

    def _watch(self, route: Route) -> None:
        if urlsplit(route.request.url).netloc == f"127.0.0.1:{self.serving.port}":
            route.continue_()
        else:
            self.outside.append(route.request.url)
            route.abort()

    def _complain(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.complaints.append(text)

    def open(self, person: str, with_: str = "") -> Page:
        """Open a person's page as the terminal's address does, and wait until it is alive."""
        page = self.context.new_page()
        chosen = f"with={quote(with_, safe='')}&" if with_ else ""
        page.goto(f"{self.serving.url}/people/{person}?{chosen}token={TOKEN}")
        assert page.url == f"{self.serving.url}/people/{person}?{chosen}".rstrip("?&")
        expect(page.locator("body")).to_have_class("live")
        return page


@pytest.fixture
def visitor(browser: Browser, serving: Serving) -> Iterator[Visitor]:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, color_scheme="dark")
    visiting = Visitor(context, serving)
    yield visiting
    context.close()
    assert visiting.outside == []
    assert visiting.complaints == []


def letter(page: Page, text: str) -> Locator:
    return page.get_by_role("article").filter(has_text=text)


def test_a_letter_crosses(visitor: Visitor, serving: Serving) -> None:
    """Jay is told when his letter will leave, arrive and be answered; so it goes, and a receipt returns."""
    jay, nan = visitor.open("jay"), visitor.open("nan-young")
    jay.get_by_label("Write to Nan-young").press_sequentially("Do you hear the rain?")
    prediction = jay.locator("#prediction")
    expect(prediction).to_contain_text("leaves 14:23, arrives 14:42, earliest answer 15:01")
    accessible(jay)
    jay.get_by_role("button", name="Send").click()

    sent = letter(jay, "Do you hear the rain?")
    expect(sent.locator(".state.predicted")).to_contain_text("expected to leave 14:23")
    expect(jay.get_by_label("Write to Nan-young")).to_have_value("")
    expect(jay.get_by_label("Write to Nan-young")).to_be_focused()

    serving.advance(2 * MINUTE + LIGHT // 2)
    expect(sent.locator(".state.predicted")).to_contain_text("expected there 14:42")
    expect(sent.get_by_role("timer")).to_have_text(["in 10 min", "in 29 min"])
    expect(jay.locator("#ray-marks .letter.earth")).to_have_count(1)
    jay.locator("#sky-open > summary").click()
    mark = jay.locator("#crossing-marks .crossing.letter.from-earth")
    expect(mark).to_have_count(1)
    expect(jay.locator("#in_transit")).to_contain_text("Letter from Jay to Nan-young")
    box, earth, mars = (
        jay.locator(what).bounding_box() for what in ("use.crossing", "#earth-body", "#mars-body")
    )
    assert earth
    assert box
    assert mars
    assert earth["y"] > box["y"] > mars["y"]
    expect(letter(nan, "Do you hear the rain?")).to_have_count(0)
    accessible(jay)

    serving.advance(LIGHT - LIGHT // 2)
    received = letter(nan, "Do you hear the rain?")
    expect(received).to_contain_text("New")
    expect(nan).to_have_title("(1) Nan-young · Starlight")
    expect(nan.locator("#announcer")).to_have_text("New letter from Jay.")
    expect(sent.locator(".state.predicted")).to_contain_text("Should be there")
    accessible(nan)

    received.get_by_role("button", name="Mark the letter from Jay as read").click()
    expect(received.locator(".state.confirmed")).to_contain_text("Read")
    expect(nan).to_have_title("Nan-young · Starlight")
    expect(jay.locator("#crossing-marks .crossing.receipt.from-mars")).to_have_count(2)
    serving.advance(LIGHT)
    expect(sent.locator(".state.confirmed")).to_contain_text("Read")
    expect(sent.locator(".state.confirmed")).to_contain_text("14:42, confirmed")
    expect(jay.locator("#ray-marks > *")).to_have_count(0)
    expect(jay.locator("#announcer")).to_contain_text("Your letter:")
    expect(jay.locator("#crossing-marks .crossing")).to_have_count(0)
    accessible(jay)


def test_predicted_and_confirmed_look_different(visitor: Visitor, serving: Serving) -> None:
    """Predicted is dashed and slanted, confirmed is solid and upright."""
    jay = visitor.open("jay")
    jay.get_by_label("Write to Nan-young").fill("Hello")
    jay.get_by_role("button", name="Send").click()
    look = "el => [getComputedStyle(el).borderTopStyle, getComputedStyle(el).fontStyle]"
    word = letter(jay, "Hello").locator(".state-word")
    colour = "el => getComputedStyle(el).color"
    foreseen = word.evaluate(colour)
    assert word.evaluate(look) == ["dashed", "italic"]
    serving.advance(2 * MINUTE + 2 * LIGHT)
    expect(word).to_have_text("Arrived")
    assert word.evaluate(look)[1] == "normal"  # It is over: words alone, without a border.
    assert word.evaluate(look)[0] != "dashed"
    assert word.evaluate(colour) != foreseen
    letter(jay, "Hello").get_by_text("Its course").click()
    expect(letter(jay, "Hello").locator(".course .confirmed")).to_have_count(3)
    accessible(jay)
    serving.advance(MINUTE)  # A swap leaves open what was opened.
    jay.get_by_label("Write to Nan-young").fill("Again")
    jay.get_by_role("button", name="Send").click()
    expect(letter(jay, "Again")).to_have_count(1)
    expect(letter(jay, "Hello").locator("details[id$=-course]")).to_have_attribute("open", "")


def test_storm_and_silence(visitor: Visitor, serving: Serving) -> None:
    """The storm is asked for twice, explains itself on both worlds, keeps letters, and is mended."""
    jay, nan = visitor.open("jay"), visitor.open("nan-young")
    jay.get_by_text("Let a storm come up").click()
    expect(jay.get_by_text("It will cut both relays")).to_be_visible()
    accessible(jay)
    jay.get_by_role("button", name="Yes, cut both relays").click()
    for page in (jay, nan):
        silence = page.get_by_role("region", name="Closed until")
        expect(silence).to_contain_text("A dust storm over Arsia Mons has cut both relays.")
        expect(page.locator("#announcer")).to_contain_text("Closed until")
    expect(jay.locator("#silence time")).to_have_text("3 Apr, 14:21")
    expect(jay.locator("#window-label")).to_have_text("Opens")
    expect(jay.locator("#window")).to_have_text("3 Apr, 14:21")
    expect(jay.locator("#storm")).to_be_focused()
    jay.get_by_label("Write to Nan-young").fill("Are you there?")
    expect(jay.locator("#prediction")).to_contain_text("It will be kept here")
    jay.get_by_role("button", name="Send").click()
    expect(letter(jay, "Are you there?").locator(".state")).to_contain_text("Kept safe")
    accessible(jay)
    accessible(nan)
    jay.get_by_role("button", name="Mend both relays").click()
    expect(jay.locator("#reach")).to_have_text(re.compile("Open, 209 bit/s until 17:21"))
    expect(letter(jay, "Are you there?").locator(".state")).to_contain_text("expected to leave")
    serving.advance(2 * MINUTE + LIGHT)
    expect(letter(nan, "Are you there?")).to_be_visible()


def test_a_conjunction_is_announced_with_the_last_safe_departure(visitor: Visitor, serving: Serving) -> None:
    """A superior conjunction has a banner, with the last safe departure while there is one."""
    near = ConjunctionView(START + 3 * DAY, START + 12 * DAY, 1.0, START + 3 * DAY - LIGHT)
    serving.on_loop(lambda: setattr(serving.backend, "conjunction", near))
    nan = visitor.open("nan-young")
    banner = nan.locator(".conjunction")
    expect(banner).to_contain_text("The Sun comes between the worlds")
    expect(banner).to_contain_text("1.0 degrees")
    expect(banner).to_contain_text("Last safe departure from here")
    accessible(nan)
    serving.advance(3 * DAY)
    expect(banner).to_contain_text("The Sun stands between the worlds")
    expect(banner).not_to_contain_text("Last safe departure")


def test_text_is_text(visitor: Visitor, serving: Serving) -> None:
    """A letter with markup shows as it was written, on both sides, and runs nothing."""
    jay, nan = visitor.open("jay"), visitor.open("nan-young")
    jay.get_by_label("Write to Nan-young").fill(NASTY)
    jay.get_by_role("button", name="Send").click()
    expect(jay.locator("article .text")).to_have_text(NASTY)
    serving.advance(2 * MINUTE + LIGHT)
    for page in (jay, nan):
        expect(page.locator("article .text")).to_have_text(NASTY)
        expect(page.locator("article .text *")).to_have_count(0)
    nan.reload()
    expect(nan.locator("article .text")).to_have_text(NASTY)
    expect(nan).to_have_title("(1) Nan-young · Starlight")
    nan.get_by_role("link", name="Answer the letter from Jay").click()
    expect(nan.locator("#answering-words")).to_contain_text("<script>")
    expect(nan.locator("#answering-words *")).to_have_count(0)


def test_sending_while_the_prediction_is_asked_for(visitor: Visitor, serving: Serving) -> None:
    """A letter can be sent while its prediction is still on its way."""
    jay = visitor.open("jay")
    asked: list[Route] = []
    jay.route(re.compile("/predict$"), lambda route: asked.append(route))  # Answered late.
    with jay.expect_request(re.compile("/predict$")):
        jay.get_by_label("Write to Nan-young").fill("In a hurry")
    expect(jay.get_by_role("button", name="Send")).to_be_enabled()
    jay.get_by_role("button", name="Send").click()
    expect(letter(jay, "In a hurry")).to_be_visible()
    with jay.expect_response(re.compile("/predict$")):
        for route in asked:
            route.continue_()


def test_keyboard_alone(visitor: Visitor, serving: Serving) -> None:
    """Everything can be done by keyboard, the focus is always seen and never lost."""
    jay = visitor.open("jay")
    jay.keyboard.press("Tab")
    expect(jay.get_by_role("link", name="Skip to the letters")).to_be_focused()
    jay.keyboard.press("Enter")
    jay.keyboard.press("Tab")
    expect(jay.locator("#scroll")).to_be_focused()
    walk_to(jay, "#text")
    jay.keyboard.type("By keyboard")
    expect(jay.locator("#prediction")).to_contain_text("leaves 14:23")
    jay.keyboard.press("Control+Enter")
    expect(letter(jay, "By keyboard")).to_be_visible()
    expect(jay.locator("#text")).to_be_focused()
    walk_to(jay, "article button")
    expect(jay.get_by_role("button", name="Withdraw the letter to Nan-young")).to_be_focused()
    serving.advance(SECOND)  # Pushes a status; the focus stays.
    expect(jay.get_by_role("button", name="Withdraw the letter to Nan-young")).to_be_focused()
    jay.keyboard.press("Enter")
    expect(letter(jay, "By keyboard").locator(".state")).to_contain_text("Withdrawn")
    expect(letter(jay, "By keyboard")).to_be_focused()
    walk_to(jay, "#storm summary")
    jay.keyboard.press("Enter")
    jay.keyboard.press("Tab")
    outline = jay.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"
    jay.keyboard.press("Enter")
    expect(jay.get_by_role("region", name="Closed until")).to_be_visible()
    walk_to(jay, "#storm-mend")
    jay.keyboard.press("Space")
    expect(jay.locator("#reach")).to_contain_text("Open")


def walk_to(page: Page, selector: str) -> None:
    """Press Tab until an element that matches has the focus."""
    for _ in range(40):
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
        page.keyboard.press("Tab")
    pytest.fail(f"Tab never reached {selector}")


def test_answer_names_the_letter(visitor: Visitor, serving: Serving) -> None:
    """An answer carries the id of the letter that it answers."""
    with serving.client() as client:
        client.post("/api/people/jay/letters", json={"to": "ipn:21.1", "text": "First"})
    serving.advance(2 * MINUTE + LIGHT)
    nan = visitor.open("nan-young")
    nan.get_by_role("link", name="Answer the letter from Jay").click()
    expect(nan.get_by_text("In answer to “First”")).to_be_visible()
    accessible(nan)
    nan.get_by_label("Write to Jay").fill("Second")
    nan.get_by_role("button", name="Send").click()
    expect(letter(nan, "Second")).to_be_visible()
    expect(nan.locator("#answering")).to_be_hidden()
    assert serving.backend.kept[1].reply_to == serving.backend.kept[0].id


def test_a_refusal_is_said(visitor: Visitor) -> None:
    """What the backend refuses is told in its words beside the text, which stays."""
    jay = visitor.open("jay")
    jay.get_by_label("Write to Nan-young").fill("a" * 10_001)
    jay.get_by_role("button", name="Send").click()
    said = "Not sent: 10001 characters. At most 10000. Your words stay here"
    expect(jay.get_by_role("alert")).to_contain_text(said)
    expect(jay.get_by_label("Write to Nan-young")).to_have_value("a" * 10_001)
    accessible(jay)
    visitor.complaints = [said for said in visitor.complaints if "422" not in said]


def test_clocks_agree_with_the_server(visitor: Visitor, serving: Serving) -> None:
    """The script reads any moment as the server does, on both worlds."""
    jay = visitor.open("jay")
    asked = serving.backend.clock()
    try:
        asked.send(None)  # The browser's loop runs in this thread, so there can be no other.
    except StopIteration as told:
        clock = told.value
    moments = [
        START,
        START + DAY,
        START - 100 * DAY,
        START - 9_000 * DAY,
        clock.worlds["mars"].day_zero + 7 * SECOND,
    ]
    script = """async ([clock, moments]) => {
        const { MissionClock } = await import('/static/clock.js');
        const mission = new MissionClock(clock);
        return moments.map((at) => ['earth', 'mars'].map((world) => mission.when(world, at)));
    }"""
    iso = [946_684_800_000 + at // 1_000_000 for at in moments]
    said = jay.evaluate(script, [wire.jsonable(clock), iso])
    assert said == [[localtime.when(clock, world, at) for world in ("earth", "mars")] for at in moments]
    expect(jay.locator("#clock-earth [data-clock=time]")).to_have_text("14:21")
    expect(jay.locator("#clock-earth [data-clock=day]")).to_have_text("2 Apr")
    expect(jay.locator("#clock-mars [data-clock=day]")).to_have_text(re.compile(r"Sol 6\d"))
    expect(jay.locator("#utc")).to_have_text("2051-04-02 05:21 UTC")
    expect(jay.locator("#light")).to_have_text("19 min 00 s")
    expect(jay.locator("#distance")).to_have_text("341.8 million km")
    serving.advance(MINUTE)
    expect(jay.locator("#utc")).to_have_text("2051-04-02 05:22 UTC")


def test_why_so_late_before_sending(visitor: Visitor, serving: Serving) -> None:
    """Opened, it asks once, tells times as the page does, and asks again when the draft changes."""
    jay = visitor.open("jay")
    asked: list[str] = []
    jay.on("request", lambda request: asked.append(request.url) if request.url.endswith("/why") else None)
    jay.get_by_label("Write to Nan-young").fill("Hello")
    expect(jay.locator("#prediction")).to_contain_text("leaves 14:23")
    why = jay.locator("#prediction-why")
    because = why.locator(".because")
    why.locator("summary").click()
    expect(because).to_contain_text("As of 14:21, for 5 bytes:")
    expect(because).to_contain_text("It waits 2 min for the dish")
    expect(because).to_contain_text("What looks faster, with an arrival at 14:40:00:")
    late = "contact 7 ends at 14:23:00, 3.0 s before it is there."
    missed = f"It comes too late from Seoul to the <b>relay</b>: {late}"
    expect(because.locator("li")).to_have_text(missed)
    expect(because.locator("b")).to_have_count(0)
    assert because.locator("li time").get_attribute("datetime") == "2051-04-02T05:23:00.000Z"
    expect(jay.get_by_label("Write to Nan-young")).to_have_value("Hello")
    accessible(jay)
    assert len(asked) == serving.backend.explained == 1
    serving.advance(SECOND)  # What is foreseen moves on with time; the explanation says as of when it is.
    with jay.expect_response(re.compile("/predict$")):
        jay.evaluate("htmx.trigger('#text', 'predict')")
    expect(because).to_contain_text("for 5 bytes:")
    assert len(asked) == 1
    jay.get_by_label("Write to Nan-young").fill("Hello again")
    expect(because).to_contain_text("for 11 bytes:")
    assert len(asked) == 2
    why.locator("summary").click()
    with jay.expect_response(re.compile("/why$")):
        why.locator("summary").click()
    assert len(asked) == serving.backend.explained == 3


def test_focus_stays_on_an_open_question_while_the_prediction_moves_on(
    visitor: Visitor, serving: Serving
) -> None:
    """What is swapped in under a reader's focus has the focus at the same place, and nothing scrolls."""
    jay = visitor.open("jay")
    jay.get_by_label("Write to Nan-young").fill("Hello")
    summary = jay.locator("#prediction-why summary")
    summary.focus()
    summary.press("Enter")
    expect(jay.locator("#prediction-why .because")).to_contain_text("for 5 bytes:")
    scrolled = jay.evaluate("scrollY")
    serving.advance(SECOND)
    with jay.expect_response(re.compile("/predict$")):
        jay.evaluate("document.querySelector('#prediction').dataset.before = ''")
        jay.evaluate("htmx.trigger('#text', 'predict')")
    expect(jay.locator("#prediction[data-before]")).to_have_count(0)
    expect(summary).to_be_focused()
    assert jay.evaluate("scrollY") == scrolled
    expect(jay.locator("#prediction-why")).to_have_attribute("open", "")


def test_a_slow_prediction_is_asked_for_less_often(visitor: Visitor, serving: Serving) -> None:
    """A forecast that costs the server long, and is stale at once, keeps it busy for a tenth of the time."""
    serving.backend.delay = 0
    jay = visitor.open("jay")
    asked: list[str] = []

    def slowly(route: Route) -> None:
        asked.append(route.request.url)
        time.sleep(0.7)
        route.continue_()

    jay.route("**/predict", slowly)
    jay.get_by_label("Write to Nan-young").fill("Hello")
    with jay.expect_response(re.compile("/predict$")):
        pass
    serving.advance(MINUTE)
    jay.wait_for_timeout(3_500)
    assert len(asked) == 1
    jay.get_by_label("Write to Nan-young").fill("Hello again")
    with jay.expect_response(re.compile("/predict$")):
        pass
    assert len(asked) == 2


def test_why_so_late_of_a_letter(visitor: Visitor, serving: Serving) -> None:
    """A letter that waits or is in flight can be asked; what was explained outlives a swap."""
    jay = visitor.open("jay")
    jay.get_by_label("Write to Nan-young").fill("Hello")
    jay.get_by_role("button", name="Send").click()
    sent = letter(jay, "Hello")
    because = sent.locator(".because")
    sent.get_by_text("Why so late?").click()
    expect(because).to_contain_text("It comes too late")
    assert serving.backend.explained == 1
    accessible(jay)
    serving.advance(2 * MINUTE + LIGHT // 2)
    expect(sent.locator(".state")).to_contain_text("In flight")
    expect(because).to_contain_text("It comes too late")
    expect(because).to_contain_text("As of 14:21")
    assert serving.backend.explained == 1
    sent.get_by_text("Why so late?").click()
    sent.get_by_text("Why so late?").click()
    expect(because).to_contain_text("As of 14:32")
    assert serving.backend.explained == 2
    serving.advance(LIGHT)
    expect(sent.locator(".state")).to_contain_text("Should be there")
    expect(because).to_have_count(0)


def test_why_so_late_in_a_storm(visitor: Visitor, serving: Serving) -> None:
    """What is said of a silence comes first."""
    serving.on_loop(lambda: setattr(serving.backend, "storm_since", START))
    jay = visitor.open("jay")
    jay.locator("#prediction-why summary").click()
    said = jay.locator("#prediction-why .because p")
    expect(said.nth(1)).to_have_text("A dust storm over Arsia Mons has cut both relays.")
    accessible(jay)


def test_an_urgent_letter(visitor: Visitor, serving: Serving) -> None:
    """The box changes what is foreseen, goes with the letter, marks it, and is empty for the next."""
    jay, nan = visitor.open("jay"), visitor.open("nan-young")
    box = jay.get_by_label("Urgent: goes before other letters")
    jay.get_by_label("Write to Nan-young").fill("Now!")
    expect(jay.locator("#prediction")).to_contain_text("leaves 14:23")
    box.focus()
    jay.keyboard.press("Space")
    expect(box).to_be_checked()
    expect(jay.locator("#prediction")).to_contain_text("leaves 14:22")
    accessible(jay)
    jay.get_by_role("button", name="Send").click()
    sent = letter(jay, "Now!")
    expect(sent.locator(".urgency")).to_have_text("Urgent")
    expect(box).not_to_be_checked()
    expect(jay.locator("#prediction")).to_contain_text("leaves 14:23")
    assert serving.backend.kept[0].priority is Priority.EXPEDITED
    jay.get_by_label("Write to Nan-young").fill("No hurry")
    jay.get_by_role("button", name="Send").click()
    expect(letter(jay, "No hurry")).to_be_visible()
    expect(jay.locator(".urgency")).to_have_count(1)
    accessible(jay)
    serving.advance(2 * MINUTE + LIGHT)
    expect(letter(nan, "Now!")).to_be_visible()
    expect(nan.locator(".urgency")).to_have_text(["Urgent"])  # The letter says how urgent it was.


def test_a_letter_in_fragments(visitor: Visitor) -> None:
    """Before it is sent, the page says that no contact carries it whole."""
    jay = visitor.open("jay")
    jay.get_by_label("Write to Nan-young").fill("a" * 6_000)
    expect(jay.locator("#prediction")).to_contain_text(
        "so it travels in 2 fragments; it is there when the last one arrives"
    )
    expect(jay.locator("#prediction-route summary")).to_have_text("The route of the last fragment")
    accessible(jay)


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_small_and_light(
    visitor: Visitor, serving: Serving, browser: Browser, scheme: Literal["dark", "light"]
) -> None:
    """At 360 pixels nothing sticks out, in either colour scheme, and axe finds no violation."""
    with serving.client() as client:
        for text in ("Hello", "x" * 400, "둘이 걷던 길\n\nand a line after a gap"):
            client.post("/api/people/jay/letters", json={"to": "ipn:21.1", "text": text})
    serving.advance(2 * MINUTE + LIGHT)
    heard = TelemetryView(
        "suit", "Suit", START, START + LIGHT, -9.1, -120.3, 83.0, ("Organic markers",), "Late"
    )
    serving.on_loop(lambda: serving.backend.report(heard))
    context = browser.new_context(viewport={"width": 360, "height": 740}, color_scheme=scheme)
    visiting = Visitor(context, serving)
    listed = visiting.open("nan-young")
    expect(listed.get_by_role("region", name="Last heard")).to_contain_text("9.100° S 120.300° W")
    expect(listed.get_by_role("article")).to_have_count(0)
    assert listed.evaluate("document.documentElement.scrollWidth") == 360
    accessible(listed)
    listed.locator("#you summary").click()
    accessible(listed)
    listed.locator("#you summary").click()
    listed.get_by_role("link", name="Jay").click()
    expect(listed).to_have_url(re.compile("with=ipn%3A7.1#new$"))
    nan = visiting.open("nan-young", "ipn:7.1")
    expect(nan.locator("body")).to_have_class("live")
    assert nan.evaluate("document.documentElement.scrollWidth") == 360
    strip = nan.locator(".strip").bounding_box()
    assert strip
    assert strip["height"] <= 56
    accessible(nan)
    nan.locator("#sky-open > summary").click()
    accessible(nan)
    nan.locator("#sky-open > summary").click()
    nan.locator("summary", has_text="Its course").first.click()
    accessible(nan)
    nan.get_by_label("Write to Jay").fill("Urgent, and why so late?")
    nan.get_by_label("Urgent: goes before other letters").check()
    composer = nan.locator("#send").bounding_box()
    assert composer
    assert composer["y"] + composer["height"] < 740
    nan.locator("#prediction-why summary").click()
    expect(nan.locator("#prediction-why .because")).to_contain_text("It comes too late")
    assert nan.evaluate("document.documentElement.scrollWidth") == 360
    # Whatever is open in the composer, letters stay to be read, and what is written to be sent.
    for panel in ("Topic and kind", "For later"):
        nan.locator("summary", has_text=panel).click()
    letters = nan.locator("#scroll").bounding_box()
    assert letters
    assert letters["height"] >= 200
    nan.locator("#prediction-why .because").evaluate("(because) => because.scrollIntoView()")
    expect(nan.locator("#send")).to_be_in_viewport(ratio=1)
    accessible(nan)
    context.close()


def test_reduced_motion(browser: Browser, serving: Serving) -> None:
    """With reduced motion the storm's ring stands still, and letters are still shown in flight."""
    context = browser.new_context(reduced_motion="reduce")
    jay = Visitor(context, serving).open("jay")
    jay.get_by_label("Write to Nan-young").fill("Slowly")
    jay.get_by_role("button", name="Send").click()
    expect(letter(jay, "Slowly")).to_be_visible()
    serving.advance(5 * MINUTE)
    expect(jay.locator("#in_transit")).to_contain_text("Letter from Jay")
    jay.reload()
    expect(jay.locator("#crossing-marks .crossing.letter")).to_have_count(1)
    assert jay.locator("#earth-body .halo").evaluate("el => el.getAnimations().length") == 0
    context.close()


def test_server_lost_and_found(visitor: Visitor, serving: Serving) -> None:
    """The page says that it has lost its server, comes back by itself and shows what it missed."""
    jay = visitor.context.new_page()
    sockets: list[WebSocketRoute] = []

    def pass_on(socket: WebSocketRoute) -> None:
        socket.connect_to_server()
        sockets.append(socket)

    jay.route_web_socket(re.compile(r"/stream(\?|$)"), pass_on)
    jay.goto(f"{serving.url}/people/jay?token={TOKEN}")
    expect(jay.locator("body")).to_have_class("live")
    sockets[0].close()
    expect(jay.locator("body")).to_have_class("cut-off")
    expect(jay.get_by_role("status")).to_contain_text("lost its server")
    accessible(jay)
    with serving.client() as client:
        client.post("/api/people/jay/letters", json={"to": "ipn:21.1", "text": "Meanwhile"})
    expect(jay.locator("body")).to_have_class("live")
    expect(letter(jay, "Meanwhile")).to_be_visible()
    assert len(sockets) == 2
