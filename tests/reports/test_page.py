"""The pages about a plan, the sky and a link: whole in themselves, and drawn by a browser."""

from __future__ import annotations

import hashlib
import json
import re
from importlib import resources
from pathlib import Path

from playwright.sync_api import Browser

from starlight.dtntime import DAY, from_text
from starlight.reports.page import Bar, Chart, ChartLine, Gantt, Grid, Part, page

STATIC = resources.files("starlight.reports").joinpath("static")
T0 = from_text("2051-04-07")
PARTS: list[Part] = [
    Gantt("Windows", "When.", T0, T0 + DAY, [("a </script> b", [Bar((T0, T0 + DAY // 2), "held", "x & y")])]),
    Chart(
        "Rate", "How fast.", "kbit/s", [0.0, 60.0, 120.0], [ChartLine("a<b", [1.0, None, 3.0], steps=True)]
    ),
    Chart(
        "Margin", "How sure.", "dB", [1.0, 2.0],
        [ChartLine("low", [1, 2], band=True), ChartLine("high", [3, 4], band=True)],
        time=False, x_label="au", bands=[(2, 1)],
    ),
    Grid("Table", "What.", ("a", "b"), [["</td>", 1.5], ["x", 2000]]),
]  # fmt: skip


def test_vendored_files_are_what_their_readme_says() -> None:
    """uPlot is vendored unchanged, with its licence; the README names version and sums."""
    text = STATIC.joinpath("vendor", "README.md").read_text(encoding="utf-8")
    sums = re.findall(r"\| `([^`]+)` \|.*`([0-9a-f]{64})`", text)
    assert [name for name, _ in sums] == ["uPlot.iife.min.js", "uPlot.min.css"]
    for name, wanted in sums:
        assert hashlib.sha256(STATIC.joinpath("vendor", name).read_bytes()).hexdigest() == wanted
    assert "MIT" in STATIC.joinpath("vendor", "uPlot.LICENSE").read_text(encoding="utf-8")


def test_text_is_set_as_text() -> None:
    """Whatever a scenario calls its nodes, it is shown as text and never as HTML."""
    text = page("<b>title</b>", ["<i>lead</i>"], PARTS)
    assert "<b>" not in text
    assert "<i>" not in text
    assert "a &lt;/script&gt; b" in text
    assert "&lt;/td&gt;" in text
    (first, _) = re.findall(r'<script type="application/json">(.*?)</script>', text)
    assert json.loads(first)["series"][0]["label"] == "a<b"


def test_a_page_is_whole_in_itself(browser: Browser, tmp_path: Path) -> None:
    """A page draws its charts from a file, asks for nothing, and reports no error."""
    file = tmp_path / "report.html"
    file.write_text(page("A plan", ["Seven days."], PARTS), encoding="utf-8")
    tab = browser.new_page()
    asked: list[str] = []
    wrong: list[str] = []
    tab.on("request", lambda request: asked.append(request.url))
    tab.on("console", lambda message: wrong.append(message.text))
    tab.on("pageerror", lambda error: wrong.append(str(error)))
    tab.goto(file.as_uri())
    tab.wait_for_selector(".u-over")
    assert tab.locator("canvas").count() == 2
    assert tab.locator("svg rect").count() == 1
    assert asked == [file.as_uri()]
    assert wrong == []
    tab.close()
