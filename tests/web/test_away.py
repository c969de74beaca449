"""The page and its settings in a browser: in another language, quiet, and open while the node is away."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from msgspec.structs import replace
from playwright.sync_api import Browser, BrowserContext, Page, expect
from tests.web.conftest import TOKEN, Serving, accessible
from tests.web.fake_backend import LIGHT, QUEUE, FakeBackend
from tests.web.test_page import Visitor

from starlight.dtntime import HOUR, MINUTE, SECOND
from starlight.web.installable import KEPT_FILES, version
from starlight.web.render import HERE

NAN, TOPIC = "ipn:21.1", "ab" * 16
COUNT_NOTES = """
window.notes = 0;
const made = AudioContext.prototype.createOscillator;
AudioContext.prototype.createOscillator = function () { window.notes += 1; return made.call(this); };
"""


@pytest.fixture
def serving() -> Iterator[Serving]:
    """Return a server that the test stops and starts; it is stopped at the end in any case."""
    running = Serving(FakeBackend())
    yield running
    running.stop()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    opened = browser.new_context(viewport={"width": 360, "height": 740}, color_scheme="light")
    yield opened
    opened.close()


def write_to_jay(serving: Serving, text: str, priority: str = "normal") -> None:
    """Let a letter of Nan-young's come to Jay."""
    with serving.client() as client:
        draft = {"to": "ipn:7.1", "text": text, "priority": priority}
        assert client.post("/api/people/nan-young/letters", json=draft).status_code == 201
    serving.advance(2 * MINUTE + LIGHT)


def fits(page: Page) -> None:
    """Fail where the page is wider than the phone, or not for everyone."""
    accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def until(page: Page, condition: str) -> None:
    """Wait until a script's condition holds; the page's policy forbids Playwright's own way."""
    asked = f"for (let tries = 0; !({condition}); tries++)"
    asked += (
        "{ if (tries > 2000) throw new Error('in vain'); await new Promise((go) => setTimeout(go, 30)); }"
    )
    page.evaluate(f"async () => {{ {asked} }}")


def picture(page: Page, name: str) -> None:
    """Keep a picture of the page in the folder that the environment names, if any."""
    folder = os.environ.get("STARLIGHT_PICTURES")
    if folder:
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def test_language_and_theme_are_chosen(context: BrowserContext, serving: Serving) -> None:
    """The page comes in what was chosen, whatever browser and device ask for, and says that it is kept."""
    page = Visitor(context, serving).open("jay")
    page.goto(f"{serving.url}/people/jay/settings")
    ground = "getComputedStyle(document.body).backgroundColor"
    by_day = page.evaluate(ground)
    fits(page)
    picture(page, "settings-light")
    page.get_by_label("한국어").check()
    page.get_by_label("Dark", exact=True).check()
    page.locator("#keep").click()
    expect(page.locator("h1")).to_have_text("설정")
    expect(page.get_by_role("status")).to_contain_text("저장했습니다")
    assert page.evaluate(ground) != by_day
    fits(page)
    picture(page, "settings-ko-dark")
    page.goto(f"{serving.url}/people/jay")
    assert page.evaluate("document.documentElement.lang") == "ko"
    assert page.evaluate(ground) != by_day


def test_what_comes_is_heard_once_and_not_in_quiet_hours(context: BrowserContext, serving: Serving) -> None:
    """Two notes for a letter, three for an urgent one; in quiet hours none, and the count does not grow."""
    with serving.client() as client:
        chosen = {"letter_sound": True, "urgent_sound": True}
        client.post("/api/people/jay/settings", json=chosen)
        context.add_init_script(COUNT_NOTES)
        page = Visitor(context, serving).open("jay", NAN)
        page.locator("#text").click()  # A browser lets a page sound once somebody has touched it.
        write_to_jay(serving, "Hello")
        expect(page).to_have_title("(1) Jay · Starlight")
        until(page, "notes === 2")
        # The lock that lets one tab sound is held for a moment.
        until(page, "!(await navigator.locks.query()).held.some((one) => one.name === 'starlight sound')")
        write_to_jay(serving, "Hurry", "expedited")
        expect(page).to_have_title("(2) Jay · Starlight")
        until(page, "notes === 5")
        # Seoul reads 15:03 now.
        client.post("/api/people/jay/settings", json=chosen | {"quiet_from": "15:00", "quiet_to": "16:30"})
        write_to_jay(serving, "In the night", "expedited")
        expect(page.locator("article.unread")).to_have_count(3)
        until(page, "document.querySelector('[data-settings]').dataset.settings.includes('16:30')")
        expect(page).to_have_title("(2) Jay · Starlight")
        serving.advance(2 * HOUR)
        expect(page).to_have_title("(3) Jay · Starlight")
        assert page.evaluate("notes") == 5

        # The same holds on a view that shows no letters, for somebody who is about to type there.
        page.goto(f"{serving.url}/people/jay/search")
        words, listed = page.locator("input[name=q]"), page.locator("#unread-number")
        words.click()
        words.press_sequentially("green")
        write_to_jay(serving, "While you search", "expedited")
        expect(page).to_have_title(re.compile(r"^\(4\) "))
        expect(listed).to_have_text("4")
        until(page, "notes === 3")
        client.post("/api/people/jay/settings", json=chosen | {"quiet_from": "17:00", "quiet_to": "20:00"})
        write_to_jay(serving, "And in the evening", "expedited")
        expect(listed).to_have_text("5")
        expect(page).to_have_title(re.compile(r"^\(4\) "))
        assert page.evaluate("notes") == 3
        words.press_sequentially("house")
        expect(words).to_have_value("greenhouse")
        expect(words).to_be_focused()
        client.post("/api/people/jay/read", json={"of": NAN})
        expect(listed).to_be_hidden()
        expect(page).not_to_have_title(re.compile(r"\("))


def test_the_queue_is_shown_as_it_is_and_moves_under_nobody(
    context: BrowserContext, serving: Serving
) -> None:
    """What leaves goes from an open queue by itself; while somebody is in it a line says that it changed."""
    page = Visitor(context, serving).open("jay")
    page.goto(f"{serving.url}/people/jay/queue")
    rows, changed = page.locator("ol.lines > li"), page.locator("#changed")
    expect(rows).to_have_count(3)
    queue = serving.backend.fake_queue
    page.mouse.move(2, 2)
    queue.known = replace(QUEUE, waiting=QUEUE.waiting[:1])
    serving.advance(SECOND)
    expect(rows).to_have_count(1)
    expect(changed).to_be_hidden()
    hold = page.get_by_role("button", name="Hold: First")
    hold.focus()
    place = hold.bounding_box()
    queue.known = QUEUE
    serving.advance(SECOND)
    expect(changed).to_be_visible()
    expect(rows).to_have_count(1)
    expect(hold).to_be_focused()
    assert hold.bounding_box() == place
    fits(page)
    picture(page, "queue-changed")
    changed.get_by_role("link").click()
    expect(rows).to_have_count(3)
    expect(changed).to_be_hidden()


def test_a_draft_survives_the_absence_of_the_node_and_is_sent_once(
    context: BrowserContext, serving: Serving
) -> None:
    """The page opens without the node, says so, shows no letter, keeps what is typed, and sends it once."""
    write_to_jay(serving, "A letter that only the node has")
    page = Visitor(context, serving, has_worker=True).open("jay", NAN)
    until(page, "await caches.match('/people/jay/away')")
    until(page, "navigator.serviceWorker.controller")
    page.locator("#text").fill("To you")
    page.goto(f"{serving.url}/people/jay?with={NAN}&topic={TOPIC}")
    expect(page.locator("#text")).to_have_value("")  # A topic has a draft of its own.
    page.locator("#text").fill("Of the greenhouse")
    serving.stop()
    page.goto(f"{serving.url}/people/jay?with={NAN}")
    expect(page.get_by_role("heading", level=1)).to_have_text("Your node is away")
    assert "only the node has" not in page.content()
    expect(page.get_by_label("Write")).to_have_value("To you")
    expect(page.locator("#unfinished li")).to_have_count(1)
    expect(page.locator("#unfinished")).to_contain_text("Of the greenhouse")
    fits(page)
    picture(page, "away-light")
    page.get_by_label("Write").press_sequentially(", my child")
    page.get_by_role("button", name="Go on writing").click()
    expect(page.get_by_label("Write")).to_have_value("Of the greenhouse")
    page.get_by_label("Write").fill("Of the greenhouse, more")
    page.reload()
    expect(page.get_by_label("Write")).to_have_value("To you, my child")
    serving.start()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your node is back")
    expect(page.locator("#gone")).to_be_hidden()
    fits(page)
    assert [kept.text for kept in serving.backend.kept] == ["A letter that only the node has"]
    page.get_by_role("link", name="Open your letters").click()
    expect(page.locator("body")).to_have_class("live")
    expect(page.locator("#text")).to_have_value("To you, my child")
    page.locator("#send").click()
    expect(page.locator("#letters article.mine")).to_have_count(1)
    expect(page.locator("#text")).to_have_value("")
    page.goto(f"{serving.url}/people/jay?with={NAN}&topic={TOPIC}")
    expect(page.locator("#text")).to_have_value("Of the greenhouse, more")
    assert [kept.text for kept in serving.backend.kept][1:] == ["To you, my child"]


def test_nobody_sees_the_page_of_another_while_the_node_is_away(
    context: BrowserContext, serving: Serving
) -> None:
    """The worker keeps the page of whoever was here, and has none for others."""
    page = Visitor(context, serving, has_worker=True).open("jay")
    until(page, "await caches.match('/people/jay/away')")
    until(page, "navigator.serviceWorker.controller")
    serving.stop()
    page.goto(serving.url)
    expect(page.locator("main")).to_contain_text("Jay")
    with pytest.raises(Exception, match="ERR_"):
        page.goto(f"{serving.url}/people/father")


def test_a_node_of_another_version_brings_another_worker(
    context: BrowserContext, serving: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the last one kept is let go, and the page for while the node is away is kept anew."""
    page = Visitor(context, serving, has_worker=True).open("jay")
    until(page, "await caches.match('/people/jay/away')")
    assert page.evaluate("caches.keys()") == [f"starlight {version()}"]
    monkeypatch.setattr("starlight.web.installable.version", lambda: "another")
    page.reload()
    until(page, "(await caches.keys()).join() === 'starlight another'")
    until(page, "await caches.match('/people/jay/away')")
    assert page.evaluate("caches.match('/static/away.js').then((kept) => kept.ok)")


def test_the_worker_is_of_one_version_and_strict(serving: Serving) -> None:
    """Its script begins with the version of all files, runs nothing else, and may show any page."""
    with serving.client() as client:
        answer = client.get("/static/worker.js", headers={"authorization": ""})
        away = client.get("/people/jay/away", headers={"accept": "text/html"})
    assert answer.text.startswith(f'const VERSION = "{version()}";')
    assert answer.headers["service-worker-allowed"] == "/"
    assert answer.headers["content-security-policy"] == "default-src 'none'; connect-src 'self'"
    assert answer.headers["cache-control"] == "no-cache"
    assert away.headers["starlight-version"] == version()


def test_what_the_page_loads_while_the_node_is_away_is_kept(serving: Serving) -> None:
    """Each file of it, and each that those import, is among those that the worker keeps, and is there."""
    with serving.client() as client:
        away = client.get("/people/jay/away", headers={"accept": "text/html"}).text
        for name in KEPT_FILES:
            assert client.get(f"/static/{name}").status_code == 200
    scripts = [(HERE / "static" / name).read_text() for name in KEPT_FILES if name.endswith(".js")]
    styles = [(HERE / "static" / name).read_text() for name in KEPT_FILES if name.endswith(".css")]
    wanted = {
        *re.findall(r'(?:href|src)="/static/([\w.-]+\.(?:js|css|svg))"', away),
        *re.findall(r'from "\./([\w.-]+)"', "".join(scripts)),
        *re.findall(r"url\(([\w.-]+)\)", "".join(styles)),
    }
    assert wanted == set(KEPT_FILES)


def test_the_page_can_be_installed(serving: Serving) -> None:
    """Its manifest begins at the person's page, and its icons are there in the sizes that it says."""
    with serving.client() as client:
        page = client.get("/people/jay", headers={"accept": "text/html"}).text
        assert 'rel="manifest" href="/people/jay/manifest.webmanifest" crossorigin="use-credentials"' in page
        answer = client.get("/people/jay/manifest.webmanifest")
        told = answer.json()
        assert answer.headers["content-type"] == "application/manifest+json"
        assert (told["start_url"], told["scope"]) == ("/people/jay", "/")
        for icon in told["icons"]:
            image = client.get(icon["src"])
            if icon["type"] == "image/png":
                side = int.from_bytes(image.content[16:20], "big")
                assert icon["sizes"] == f"{side}x{side}"
            else:
                assert image.text.startswith("<svg")


def test_the_cookie_outlives_the_browser(serving: Serving) -> None:
    """An installed page opens on another day without its key."""
    answer = httpx.get(f"{serving.url}/people/jay?token={TOKEN}", trust_env=False, timeout=60)
    assert "Max-Age=34560000" in answer.headers["set-cookie"]
