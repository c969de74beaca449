"""The three reports of the expedition in a browser: by axe, on a phone, by keys, without scripts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from click.testing import CliRunner
from playwright.sync_api import Browser, Page, expect
from tests.organics import made_up
from tests.organics.reference import spiked
from tests.web.conftest import accessible

from starlight.cli.main import starlight
from starlight.organics import calibration
from starlight.organics.judgement import judge
from starlight.organics.reference_spectra import shipped
from starlight.reports.organics_report import organics_page

LOST = Path(__file__).parents[1] / "search" / "files" / "lost.toml"
HOSTILE = "</script><img src=x onerror=alert(1)>"
FLOWERS = """
title = "Flowers"
days = 6
[room]
volume_m3 = 60
[people]
count = 1
[[bed]]
crop = "lettuce"
m2 = 4
age_days = 20
proxy_for = "Amur adonis"
"""
UNNAMED = """[...document.querySelectorAll("table:not(.u-legend)")].filter((table) =>
  !table.closest("[role=region][tabindex='0'][aria-label]")).length"""
"""Counts tables that stand in no box which has a name and is reached by keys."""
PATHS = """(map) =>
  [...map.querySelectorAll(".shade, .half, .most")].map((path) => path.getAttribute("d"))"""
"""Returns the sectors of each shade and the outlines of both regions."""


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a page of each report; one of the searchers has a hostile name."""
    folder = tmp_path_factory.mktemp("pages")
    text = LOST.read_text(encoding="utf-8").replace("rover team", HOSTILE)
    (folder / "lost.toml").write_text(text, encoding="utf-8")
    (folder / "flowers.toml").write_text(FLOWERS, encoding="utf-8")
    for asked in (
        ["search", str(folder / "lost.toml"), "--at", "2051-04-02T14:30Z"],
        ["greenhouse", str(folder / "flowers.toml"), "--samples", "3", "--sweep", "m2=5:80:75"],
    ):
        asked += ["--report", str(folder / f"{asked[0]}.html")]
        CliRunner().invoke(starlight, asked, catch_exceptions=False)
    alkane = next(each for each in shipped() if each.accession == "MSBNK-MSSJ-MSJ00076")
    lab = calibration.calibrate([made_up.run(seed) for seed in range(140)], shipped(), "lab")
    runs = [spiked(made_up.run(1001), alkane, np.random.default_rng(1), 0.02)]
    drawn = organics_page(runs, judge(runs, lab), lab)
    (folder / "organics.html").write_text(drawn, encoding="utf-8")
    return folder


def opened(browser: Browser, file: Path, width: int = 1280) -> tuple[Page, list[str]]:
    """Open a page; return it and the list of all that goes wrong in it or is asked for besides it."""
    tab = browser.new_context(viewport={"width": width, "height": 800}, color_scheme="light").new_page()
    wrong: list[str] = []
    tab.on("console", lambda message: wrong.append(message.text))
    tab.on("pageerror", lambda error: wrong.append(str(error)))
    tab.on("dialog", lambda dialog: wrong.append(dialog.message))
    tab.on("request", lambda asked: wrong.append(asked.url) if asked.url != file.as_uri() else None)
    tab.goto(file.as_uri())
    return tab, wrong


@pytest.mark.parametrize("name", ["search", "greenhouse", "organics"])
@pytest.mark.parametrize("width", [360, 1280])
def test_a_report_is_accessible_and_fits(browser: Browser, pages: Path, name: str, width: int) -> None:
    """axe finds nothing, by day or in the dark; nothing is wider than the screen; tables scroll in boxes that
    keys reach and that have a name; each drawing says in words what it shows; the page asks for nothing."""
    tab, wrong = opened(browser, pages / f"{name}.html", width)
    for folded in tab.locator("details").all():
        folded.evaluate("(folded) => { folded.open = true; }")
    accessible(tab)
    # The dark changes colours alone, and looking for everything again takes seconds.
    tab.emulate_media(color_scheme="dark")
    contrast = Axe().run(tab, options={"runOnly": ["color-contrast"]})
    assert contrast.violations_count == 0, contrast.generate_report()
    assert contrast.response["passes"]
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    assert tab.evaluate(UNNAMED) == 0
    drawings = tab.locator("[role=img]").all()
    assert len(drawings) >= 2
    for drawing in drawings:
        told = drawing.get_attribute("aria-label") or ""
        # The figures themselves, not just a title.
        assert len(told) > 60, told
        assert any(letter.isdigit() for letter in told), told
    assert tab.locator(".chart").count() == tab.locator(".chart canvas").count() > 0
    assert wrong == []
    tab.context.close()


def test_the_slider_moves_the_map_by_keys(browser: Browser, pages: Path) -> None:
    """It begins at the moment asked about; arrows, Page, Home and End move it; the moment is announced with
    P(alive), the words and the map are that moment's, and searchers are drawn where they are then."""
    tab, wrong = opened(browser, pages / "search.html")
    slider = tab.get_by_role("slider", name="Moment")
    assert str(slider.get_attribute("aria-valuetext")).startswith("2051-04-02T14:30:00Z, 4 h 30 min after")
    start, end = int(slider.input_value()), int(str(slider.get_attribute("max")))
    drawn = tab.locator(".still").first.evaluate(PATHS)
    slider.press("ArrowRight")
    assert str(slider.get_attribute("aria-valuetext")).startswith("2051-04-02T14:35:00Z")
    slider.press("ArrowLeft")
    assert tab.locator(".still").first.evaluate(PATHS) == drawn
    slider.press("PageUp")
    assert start + 1 < int(slider.input_value()) < end
    slider.press("End")
    assert int(slider.input_value()) == end
    told = str(slider.get_attribute("aria-valuetext"))
    assert told.startswith("2051-04-02T19:00:00Z")
    assert tab.locator(".still").first.evaluate(PATHS) != drawn
    expect(tab.locator(".facts dd").first).to_have_text(told.rsplit(" ", 1)[1])
    expect(tab.locator(".searchers text")).to_have_text(["1", "2"])
    expect(tab.locator(".where li").last).to_have_text("walkers: has ended the plan")
    slider.press("Home")
    assert str(slider.get_attribute("aria-valuetext")).startswith("2051-04-02T10:00:00Z, 0 h 00 min")
    # Where searchers were before the moment asked about, the file does not tell; nothing was searched yet.
    assert tab.locator(".searchers text").count() == 0
    expect(tab.locator(".still:not([hidden]) .area")).to_be_hidden()
    tab.get_by_role("button", name="Moment asked about").click()
    assert int(slider.input_value()) == start
    expect(tab.locator(".searchers text")).to_have_text(["1, 2"])
    assert wrong == []
    tab.context.close()


def test_a_sector_is_read_where_it_is_pointed_at(browser: Browser, pages: Path) -> None:
    """The likeliest sector, told in words, is told again with about that probability where it is tapped."""
    tab, _ = opened(browser, pages / "search.html", 360)
    place, chance = tab.locator(".likeliest li").first.inner_text().rsplit(": ", 1)
    east, north = (float(each.split()[1]) for each in place.split(", "))
    tab.locator(".still:not([hidden]) .ground").scroll_into_view_if_needed()
    box = tab.locator(".still:not([hidden]) .ground").bounding_box()
    assert box is not None
    # The ground is 10 km x 10 km from 0, 0.
    tab.mouse.click(box["x"] + box["width"] * east / 1e4, box["y"] + box["height"] * (1 - north / 1e4))
    read = tab.locator(".under").inner_text()
    assert read.startswith(f"Sector at {place}: ")
    least, most = read.removesuffix(" %").rsplit(": ", 1)[1].replace(" %", "").split(" to ")
    assert float(least) * 0.98 <= float(chance.rstrip("%")) <= float(most) * 1.02
    tab.context.close()


def test_a_name_stays_text(browser: Browser, pages: Path) -> None:
    """A searcher whose name is markup is shown by it, and neither script nor picture comes of it."""
    tab, wrong = opened(browser, pages / "search.html")
    expect(tab.locator(".where li").first).to_contain_text(HOSTILE)
    assert tab.locator("img").count() == 0
    assert wrong == []
    text = (pages / "search.html").read_text(encoding="utf-8")
    assert HOSTILE not in text
    assert text.count("</script>") == text.count("<script")
    tab.context.close()


def test_without_a_script_three_labelled_maps_stand_there(browser: Browser, pages: Path) -> None:
    """They have their moments as headings and no slider; the script draws the very same sectors and regions
    as the first of them."""
    context = browser.new_context(java_script_enabled=False)
    still = context.new_page()
    still.goto((pages / "search.html").as_uri())
    titles = [f"Where they may be at 2051-04-02T{hour}:30:00Z" for hour in (14, 15, 16)]
    expect(still.locator(".still h3")).to_have_text(titles)
    for title in titles:
        expect(still.get_by_role("heading", name=title)).to_be_visible()
    assert still.locator(".still svg.map:visible").count() == 3
    expect(still.locator("#moment")).to_be_hidden()
    tab, _ = opened(browser, pages / "search.html")
    assert tab.locator(".still svg.map:visible").count() == 1
    without = still.locator(".still svg.map").first.evaluate(PATHS)
    assert len(without) == 10
    assert tab.locator(".still svg.map").first.evaluate(PATHS) == without
    context.close()
    tab.context.close()
