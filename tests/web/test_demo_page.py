"""The demo as its first visitor sees it: real nodes, the real page, Chromium."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, expect
from tests.web.conftest import PATIENCE_MS, accessible

from starlight import dtntime
from starlight.dtntime import MINUTE, SECOND

TEXT = "Count to the light time with me."


class Demo:
    """A running demo: its process, its address and its API."""

    def __init__(self, folder: Path) -> None:
        command = [sys.executable, "-m", "starlight", "demo", "--data", str(folder), "--port", "0"]
        self.process = subprocess.Popen(
            [*command, "--no-browser"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        assert self.process.stdout is not None
        said = ""
        for line in self.process.stdout:
            said += line
            if found := re.search(r"(http://127\.0\.0\.1:\d+)/\?token=(\S+)", line):
                self.url, self.token = found[1], found[2]
                break
        else:
            raise AssertionError(f"the demo did not start: {said}")
        headers = {"authorization": f"Bearer {self.token}"}
        self.api = httpx.Client(base_url=f"{self.url}/api", headers=headers, trust_env=False, timeout=240)

    def letter(self, person: str, text: str) -> dict[str, object]:
        """Return a letter as a person's mailbox has it."""
        letters = self.api.get(f"/people/{person}/mailbox").json()["letters"]
        return next(letter for letter in letters if letter["text"] == text)

    def stop(self) -> None:
        self.api.close()
        self.process.send_signal(signal.SIGINT)
        assert self.process.wait() == 0
        assert self.process.stdout is not None
        self.process.stdout.close()


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    running = Demo(tmp_path / "data")
    yield running
    running.stop()


def fact(letter: dict[str, Any], what: str) -> dict[str, str]:
    found: list[dict[str, str]] = [fact for fact in letter["facts"] if fact["what"] == what]
    assert len(found) == 1, json.dumps(letter)
    return found[0]


def test_a_letter_crosses_a_storm_comes_and_goes(browser: Browser, demo: Demo) -> None:
    """Jay's letter reaches Nan-young at the predicted minute, her receipt comes back one light time later,
    and the states follow; the storm is explained on the page, and passes."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.add_init_script("delete window.IntersectionObserver")  # It is said here when a letter is read.
    context.set_default_timeout(PATIENCE_MS)
    outside: list[str] = []
    context.on("request", lambda request: outside.append(request.url))
    jay, nan = context.new_page(), context.new_page()
    jay.goto(f"{demo.url}/?token={demo.token}")
    assert jay.url == f"{demo.url}/people/jay"
    expect(jay.locator("body")).to_have_class("live")
    nan.goto(f"{demo.url}/people/nan-young")
    expect(nan.locator("body")).to_have_class("live")

    jay.get_by_label("Write to Joo Nan-young").fill(TEXT)
    expect(jay.locator("#prediction")).to_contain_text(
        re.compile(r"leaves \d\d:\d\d, arrives \d\d:\d\d, earliest answer \d\d:\d\d")
    )
    jay.locator("#prediction-why summary").click()
    expect(jay.locator("#prediction-why .because")).to_contain_text("ight takes 1")
    jay.get_by_label("Urgent: goes before other letters").check()
    accessible(jay)
    jay.get_by_role("button", name="Send").click()
    sent = jay.get_by_role("article").filter(has_text=TEXT)
    expect(sent).to_have_count(1)
    expect(sent.locator(".urgency")).to_have_text("Urgent")
    foreseen = demo.letter("jay", TEXT)
    assert foreseen["priority"] == "expedited"
    predicted = {what: dtntime.from_text(fact(foreseen, what)["at"]) for what in ("departed", "arrived")}

    came = nan.get_by_role("article").filter(has_text=TEXT)
    expect(came).to_contain_text("New")
    expect(sent.locator(".state.confirmed")).to_contain_text("Arrived")
    confirmed = demo.letter("jay", TEXT)
    arrived = fact(confirmed, "arrived")
    assert (confirmed["state"], confirmed["standing"]) == ("arrived", "confirmed")
    actual = dtntime.from_text(arrived["at"])
    assert abs(actual - predicted["arrived"]) <= SECOND
    light_time = actual - predicted["departed"]
    assert 16 * MINUTE < light_time < 18 * MINUTE
    assert 0 < dtntime.from_text(arrived["known_at"]) - actual < light_time + MINUTE

    came.get_by_role("button", name="Mark the letter from Jay as read").click()
    expect(sent.locator(".state.confirmed")).to_contain_text("Read")
    accessible(nan)

    expect(jay.locator("#reach")).not_to_contain_text("No contact")
    jay.get_by_text("Let a storm come up").click()
    jay.locator("#storm-cut").click()
    silence = jay.get_by_role("region", name="Closed until")
    expect(silence).to_contain_text("Dust storm with a tornado over Arsia Mons.")
    expect(silence).to_contain_text("What is written")
    accessible(jay)

    to = demo.api.get("/people/jay/mailbox").json()["correspondent"]
    demo.api.post("/people/jay/letters", json={"to": to, "text": "Through the storm."}).raise_for_status()
    flight = context.new_page()
    flight.set_viewport_size({"width": 360, "height": 740})
    flight.goto(f"{demo.url}/people/jay/flight")
    waits = flight.locator(".track", has_text="Through the storm.")
    expect(waits).to_contain_text("Waiting at Madrid expected to leave")
    expect(flight.locator(".gaps")).to_contain_text("Dust storm with a tornado over Arsia Mons.")
    accessible(flight)
    assert flight.evaluate("document.documentElement.scrollWidth") == 360

    jay.locator("#storm-mend").click()
    expect(jay.locator("#silence")).not_to_contain_text("Dust storm")
    # Without a reload: the stream tells that the plan has changed, and then light is on its way.
    expect(flight.locator(".gaps")).to_have_count(0)
    expect(flight.locator("#flight-log")).to_contain_text("Through the storm.")
    accessible(flight)
    assert all(url.startswith((demo.url, demo.url.replace("http", "ws"))) for url in outside)
    context.close()
