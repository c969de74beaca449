"""The view of an expedition: pictures of what has come, when it was known here, and nothing more."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from msgspec.structs import replace
from playwright.sync_api import Browser, BrowserContext, expect
from tests.web.conftest import TOKEN, Serving, accessible
from tests.web.fake_backend import START
from tests.web.fake_expedition import everything, room, runs, search

from starlight.dtntime import DAY, HOUR
from starlight.figures.air_figure import air_figure
from starlight.figures.plot_ticks import number_ticks, percent
from starlight.figures.run_figure import run_figure
from starlight.figures.search_figure import search_figure
from starlight.views.expedition import AirPoint, ExpeditionView, RoomView, SearchMapView, SearchMoment
from starlight.views.robot_runs import VerdictView

LOOKS = ({"width": 1280, "height": 900}, {"width": 360, "height": 740})


def opened(browser: Browser, serving: Serving, *, script: bool = True, wide: int = 1280) -> BrowserContext:
    """Return a context in which the page may be seen."""
    context = browser.new_context(viewport={"width": wide, "height": 800}, java_script_enabled=script)
    context.new_page().goto(f"{serving.url}/people/jay?token={TOKEN}")
    return context


def test_it_stands_in_the_navigation_only_where_something_was_told(
    serving: Serving, browser: Browser
) -> None:
    """Without, the page says in one sentence what would stand there; with it, each view leads to it."""
    context = opened(browser, serving)
    page = context.pages[0]
    expect(page.locator("#view-queue")).to_be_attached()
    expect(page.locator("#view-expedition")).to_have_count(0)
    page.goto(f"{serving.url}/people/jay/expedition")
    expect(page.locator("main")).to_contain_text("what it tells stands here as pictures")
    expect(page.locator("#view-expedition")).to_have_count(0)
    serving.on_loop(lambda: setattr(serving.backend.fake_expedition, "known", everything(START)))
    for path in ("", "/queue"):
        page.goto(f"{serving.url}/people/jay{path}")
        expect(page.locator("#view-expedition")).to_be_attached()
    page.locator("#view-expedition").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Expedition")
    context.close()


def test_what_is_told_says_since_when_it_is_known_here(serving: Serving, browser: Browser) -> None:
    """Each thing has its words: the first limit, made-up ground, overdue and not yet knowable, p; no life."""
    serving.backend.fake_expedition.known = everything(START)
    context = opened(browser, serving)
    page = context.pages[0]
    page.goto(f"{serving.url}/people/jay/expedition")
    air = page.get_by_role("region", name="The air")
    expect(air).to_contain_text("First limit: carbon dioxide above 3.04 kPa, 11 Apr, 16:21, in 9 d 2 h")
    expect(air).to_contain_text("known here since 1 Apr, 14:40")
    expect(air).to_contain_text("computed from the air as it was measured, 31 Mar, 14:21")
    looked_for = page.get_by_role("region", name="The search", exact=True)
    expect(looked_for).to_contain_text("SYNTHETIC, made up")
    expect(looked_for).to_contain_text("overdue it could have been known there since 11:21")
    expect(looked_for).to_contain_text("not yet knowable its silence says nothing before 15:21")
    finds = page.get_by_role("region", name="The robot's finds")
    expect(finds).to_contain_text("An organic marker stands above the background, p = 0.0031.")
    expect(finds).to_contain_text("the whole run (20 kB of 118 kB have come)")
    expect(finds).to_contain_text("Nothing stands above the background, p = 0.27.")
    assert " life" not in page.locator("main").inner_text().lower()
    for section in (air, looked_for, finds):
        expect(section).to_contain_text("For research and training, not a safety device.")
    unread = page.get_by_role("region", name="Came, and can't be read")
    expect(unread).to_contain_text("part 1 can't be read: <b>no map</b>")
    context.close()


def test_a_slider_chooses_the_moment_by_keyboard(serving: Serving, browser: Browser) -> None:
    """One map at a time, whose moment and P(alive) are said; each arrow key is an hour."""
    serving.backend.fake_expedition.known = everything(START)
    context = opened(browser, serving)
    page = context.pages[0]
    page.goto(f"{serving.url}/people/jay/expedition")
    slider = page.get_by_role("slider", name="Moment")
    expect(slider).to_have_attribute("aria-valuetext", "13:21, P(alive) 92 %")
    expect(page.locator(".moment:visible")).to_have_count(1)
    slider.focus()
    page.keyboard.press("ArrowRight")
    expect(slider).to_have_attribute("aria-valuetext", "14:21, P(alive) 83 %")
    expect(page.locator(".moment:visible figcaption")).to_contain_text("14:21")
    page.keyboard.press("End")
    expect(page.locator(".moment:visible figcaption")).to_contain_text("20:21")
    assert page.locator("output").inner_text().startswith("20:21")
    context.close()


@pytest.mark.parametrize("wide", [1280, 360])
def test_without_a_script_all_moments_stand_there(serving: Serving, browser: Browser, wide: int) -> None:
    """Each with its label; nothing is wider than the screen."""
    serving.backend.fake_expedition.known = everything(START)
    context = opened(browser, serving, script=False, wide=wide)
    page = context.pages[0]
    page.goto(f"{serving.url}/people/jay/expedition")
    expect(page.locator(".moment:visible")).to_have_count(8)
    expect(page.get_by_role("slider")).to_have_count(0)
    expect(page.locator(".moment figcaption").nth(3)).to_contain_text("16:21 P(alive) 61 %")
    for figure in page.locator("figure svg[role=img]").all():
        assert len(figure.get_attribute("aria-label") or "") > 20
    context.close()


@pytest.mark.parametrize("look", LOOKS, ids=["1280", "360"])
@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_it_is_for_everyone(serving: Serving, browser: Browser, look: dict[str, int], scheme: str) -> None:
    """axe finds nothing with all that can be told open, in either theme, also on a phone."""
    serving.backend.fake_expedition.known = everything(START)
    context = browser.new_context(viewport=look, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"{serving.url}/people/jay/expedition?token={TOKEN}")
    page.locator("details > summary").first.click()
    accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    context.close()


def test_something_new_is_said_and_nothing_moves(serving: Serving, browser: Browser) -> None:
    """What comes while the page is open is a line that leads to it."""
    serving.backend.fake_expedition.known = everything(START)
    context = opened(browser, serving)
    page = context.pages[0]
    page.goto(f"{serving.url}/people/jay/expedition")
    expect(page.locator("#changed")).to_be_hidden()
    newer = replace(everything(START), runs=())
    serving.on_loop(lambda: setattr(serving.backend.fake_expedition, "known", newer))
    with serving.client() as client:
        client.post("/api/people/jay/letters", json={"to": "ipn:21.1", "text": "News"})
    expect(page.locator("#changed")).to_be_visible()
    assert page.locator(".run").count() == 2
    page.locator("#changed").click()
    expect(page.locator(".run")).to_have_count(0)
    context.close()


def test_the_api_tells_the_same(serving: Serving) -> None:
    """JSON has the values, times in UTC."""
    serving.backend.fake_expedition.known = everything(START)
    with serving.client() as client:
        told = client.get("/api/people/jay/expedition").json()
    assert told["searches"][0]["moments"][0]["at"] == "2051-04-02T04:21:00.000Z"
    assert len(told["searches"][0]["moments"][0]["chances"]) == 24 * 36
    assert told["runs"][0]["coming"] == [{"piece": "run", "here_bytes": 20480, "size_bytes": 118000}]
    assert told["readings"][0]["readings"]["o2_kpa"] == 20.4


def _flat(view: RoomView) -> RoomView:
    return replace(view, samples=(AirPoint(view.since, 0.0, 0.0, 0.0, 0.0, 0.0),) * 2, limits=())


def _old(view: RoomView) -> RoomView:
    return replace(view, samples=view.samples[:2], limits=view.limits[:1])


def _long(view: SearchMapView) -> SearchMapView:
    moment = SearchMoment(view.at, (0,) * 4_096, 1.0, 0.0)
    return replace(view, rows=1, columns=4_096, moments=(moment,), cell_m=1e6, plan=view.plan * 10)


def _tall(view: SearchMapView) -> SearchMapView:
    moment = SearchMoment(2**63 - 1, (1, 9_999) * 2_048, 0.0, 1.0)
    return replace(view, rows=4_096, columns=1, moments=(moment,), cell_m=1e-3, synthetic=False)


@pytest.mark.parametrize("air", [_flat, _old], ids=["flat", "over"])
@pytest.mark.parametrize("ground", [_long, _tall], ids=["long", "tall"])
def test_whatever_peers_say_is_drawn(
    serving: Serving,
    air: Callable[[RoomView], RoomView],
    ground: Callable[[SearchMapView], SearchMapView],
) -> None:
    """Flat air, air of a time that is over, maps without a chance and of one row, an answer that is none."""
    none = VerdictView(runs(START)[0].verdict.told, False, False, 1.0, 0.0, 0.001, 25, 25)  # type: ignore[union-attr]
    first = runs(START)[0]
    dark = replace(first.thumbnail, steps=(0,) * 2_100)  # type: ignore[type-var]
    serving.backend.fake_expedition.known = ExpeditionView(
        START,
        rooms=(air(replace(room(START, measured=False), name="")),),
        searches=(ground(search(START, synthetic=False)),),
        runs=(replace(first, verdict=none, thumbnail=dark, window=replace(first.window, ions=())),),  # type: ignore[type-var]
    )
    with serving.client() as client:
        answer = client.get("/people/jay/expedition", headers={"accept": "text/html"})
    assert answer.status_code == 200
    assert "SYNTHETIC" not in answer.text
    assert "No answer: the run could not be compared" in answer.text
    if air is _old:
        assert "whether it was crossed, nobody here can know" not in answer.text
        assert "This outlook ended" in answer.text


def test_a_limit_is_drawn_where_the_line_crosses_it() -> None:
    """The level is the line's at that moment; of a limit of water there is none in the figure of a gas."""
    figure = air_figure(room(START), START)
    oxygen, carbon = figure.gases
    assert [mark.limit.name for mark in oxygen.marks] == ["o2"]
    assert [mark.limit.name for mark in carbon.marks] == ["co2", "death_co2"]
    assert oxygen.now_kpa == pytest.approx(20.98 - 2 * 0.29)
    assert 0 < carbon.marks[1].y < carbon.marks[0].y < 100
    assert figure.now is not None
    assert air_figure(room(START), START + 60 * DAY).now is None


def test_regions_hold_what_they_say_of_all_chances() -> None:
    """The fewest sectors with half of all; where so much is outside the map, there is no such region."""
    one = search(START)
    moments = (
        SearchMoment(one.at, (4_000, 2_000, 1_000, 1_000), 0.2, 1.0),
        SearchMoment(one.at + HOUR, (1_000, 1_000, 1_000, 1_000), 0.6, 1.0),
        SearchMoment(one.at + 2 * HOUR, (1, 1, 1, 1), 0.0, 1.0),
    )
    first, second, third = search_figure(replace(one, rows=2, columns=2, moments=moments)).moments
    assert [(each.name, each.sectors) for each in first.regions] == [("half", 2)]
    assert second.regions == ()
    # Rounding has lost most of it, and what is left is all that there is.
    assert [(each.name, each.sectors) for each in third.regions] == [("half", 2), ("most", 4)]
    assert first.regions[0].path.count("M") == 6
    assert (first.east_m, first.north_m) == (one.west_m + 125, one.north_m - 125)


def test_a_plan_stands_on_the_map_where_its_sectors_are() -> None:
    """In percent of the drawing, numbered as in the list; what is outside is in the list alone."""
    one = search(START)
    figure = search_figure(replace(one, plan=(*one.plan, replace(one.plan[0], east_m=1e6))))
    assert [mark.number for mark in figure.marks] == [1, 2, 3]
    left, top, width, height = figure.view_box
    mark = figure.marks[0]
    assert one.west_m + (left + mark.x * width / 100) * one.cell_m == pytest.approx(400.0, abs=2)
    assert one.north_m - (top + mark.y * height / 100) * one.cell_m == pytest.approx(120.0, abs=2)
    assert [course.searcher for course in figure.courses] == ["Rover", "Drone"]


def test_the_picture_of_a_run_names_what_is_most() -> None:
    """The strongest m/z with their temperatures, for who does not see it; the ions of the reference apart."""
    figure = run_figure(runs(START)[0])
    assert figure.picture is not None
    assert figure.sticks is not None
    assert (18, 400) in figure.picture.strongest
    assert [ion.mz for ion in figure.sticks.named] == [43, 57, 71, 85]
    assert figure.sticks.strongest[0].mz == 18


def test_numbers_are_round_and_short() -> None:
    """Ticks at round numbers with a true minus sign; nothing between is told as all or nothing."""
    assert [(tick.place, tick.text) for tick in number_ticks(-1.0, 1.0, 4)] == [
        (0.0, "−1.0"),
        (25.0, "−0.5"),
        (50.0, "0.0"),
        (75.0, "0.5"),
        (100.0, "1.0"),
    ]
    told = [percent(each) for each in (0.0, 1e-9, 0.0031, 0.41, 0.99999, 1.0)]
    assert told == ["0 %", "< 0.01 %", "0.31 %", "41 %", "> 99.9 %", "100 %"]
