"""The view of what is in flight: its figures against the forecasts, and what it says and never says."""

from __future__ import annotations

import asyncio
import re
from itertools import pairwise

import httpx
import pytest
from msgspec.structs import replace
from tests.web.fake_backend import START, FakeBackend
from tests.web.fake_flight import BASE, DISH, JAY, LIGHT, RELAY, FakeFlight, flight_at, over_relay, track

from starlight.dtntime import DAY, HOUR, MINUTE, SECOND, from_text
from starlight.figures.flight_axis import MARGIN, TICK_APART, Axis
from starlight.figures.flight_figure import LANES_MAX, Form, lanes, time_line
from starlight.messages.delivery import Certainty, DeliveryState
from starlight.views.flight import FlightView
from starlight.views.sky import CivilFace, CountedFace
from starlight.web.app import make_app
from starlight.web.flight import next_moment

SEOUL = CivilFace("Earth", "Seoul", "KST", 9 * 3600)
ARSIA = CountedFace("Mars", "Arsia Mons", "LMST", "Sol", from_text("2051-01-30T07:12:13Z"), 88775.244)


class Backend(FakeBackend):
    """A fake in which the flight is what a test says."""

    view: FlightView | None = None

    def flights(self, person: str) -> FakeFlight:
        return super().flights(person) if self.view is None else FakeFlight(self.view)


def ask(
    path: str, view: FlightView | None = None, *, language: str = "en", accept: str = "*/*"
) -> httpx.Response:
    """Return the answer of the page's application to a request."""
    headers = {"Authorization": "Bearer token", "Accept-Language": language, "Accept": accept}
    backend = Backend()
    backend.view = view

    async def asked() -> httpx.Response:
        transport = httpx.ASGITransport(app=make_app(backend, token="token"))
        client = httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1")
        async with client as api:
            return await api.get(path, headers=headers)

    return asyncio.run(asked())


def page(view: FlightView | None = None, language: str = "en") -> str:
    return ask("/people/jay/flight", view, language=language, accept="text/html").text


# ---- the axis


def test_the_axis_is_even_where_nothing_is_broken() -> None:
    """From margin to margin, each moment lies where its share of the time is."""
    axis = Axis([0, 10 * MINUTE, 40 * MINUTE, HOUR])
    assert not axis.breaks
    assert (axis.x(0), axis.x(HOUR)) == (MARGIN, 100 - MARGIN)
    assert axis.x(30 * MINUTE) == pytest.approx(50)
    assert axis.x(15 * MINUTE) == pytest.approx(MARGIN + (100 - 2 * MARGIN) / 4)
    assert (axis.x(-HOUR), axis.x(DAY)) == (MARGIN, 100 - MARGIN)


def test_weeks_in_which_nothing_happens_are_broken() -> None:
    """Twenty minutes of light stay visible beside twelve days of waiting, and order is kept."""
    moments = [0, LIGHT, 2 * LIGHT, 12 * DAY, 12 * DAY + LIGHT]
    axis = Axis(moments, LIGHT)
    (gap,) = axis.breaks
    assert (gap.start, gap.end) == (2 * LIGHT, 12 * DAY)
    assert axis.x(LIGHT) - axis.x(0) > 15
    assert gap.right - gap.left < 50
    places = [axis.x(at) for at in range(0, 12 * DAY + LIGHT, HOUR)]
    assert all(before <= after for before, after in pairwise(places))


def test_a_flight_is_never_broken() -> None:
    """However much longer it takes than all else: to a ship far out, light takes a day."""
    assert not Axis([0, SECOND, DAY], DAY).breaks


@pytest.mark.parametrize("face", [SEOUL, ARSIA])
def test_ticks_are_round_on_the_readers_clock(face: CivilFace | CountedFace) -> None:
    """Each is a whole minute there, none is too near to the next, and each lies where the axis has it."""
    axis = Axis([START, START + 3 * HOUR, START + 20 * DAY, START + 20 * DAY + HOUR], LIGHT)
    ticks = axis.ticks(face)
    assert len(ticks) >= 2
    minute = MINUTE if isinstance(face, CivilFace) else face.day_s * SECOND / 1440
    zero = 0 if isinstance(face, CivilFace) else face.day_zero
    for tick in ticks:
        assert abs((tick.at - zero) / minute - round((tick.at - zero) / minute)) < 1e-6
        assert tick.x == axis.x(tick.at)
    assert all(after.x - before.x >= TICK_APART for before, after in pairwise(ticks))


# ---- the figures


def test_each_bar_is_its_forecast() -> None:
    """Departure, arrival and earliest word stand where the axis has the moments of the track; now is one
    for all."""
    view = flight_at(START)
    line = time_line(view)
    assert line.now == line.axis.x(START)
    for bar, each in zip(line.bars, view.tracks, strict=True):
        assert bar.track is each
        for place, at in ((bar.left, each.left), (bar.arrives, each.arrives), (bar.word, each.word_at)):
            assert place == (None if at is None else line.axis.x(at))
        assert bar.now == line.now
        if each.arrives is not None:
            assert bar.left is not None
            assert bar.arrives is not None
            assert bar.word is not None
            assert bar.left < bar.arrives < bar.word


def test_waits_and_windows_are_those_of_the_hops() -> None:
    """What waits here waits from now on, and at a relay from its arrival there; a window is its contact."""
    hops = over_relay(START + HOUR, stay=40 * MINUTE)
    waiting = track("w", "Waits", hops, DeliveryState.QUEUED, at_node=JAY)
    line = time_line(replace(flight_at(START), tracks=(waiting,)))
    (bar,) = line.bars
    x = line.axis.x
    assert bar.waits == ((x(START), x(hops[0].leaves)), (x(hops[1].arrives), x(hops[2].leaves)))
    for hop, (left, right) in zip(hops, bar.windows, strict=True):
        assert hop.opens is not None
        assert (left, right) == (x(hop.opens), x(hop.closes))


def test_gaps_lie_where_they_touch_the_axis() -> None:
    """A storm that began before it begins at its edge; one that is over is not drawn."""
    view = flight_at(START)
    line = time_line(view)
    storm, sun = line.gaps
    assert (storm.left, storm.right) == (MARGIN, line.axis.x(START + 20 * MINUTE))
    assert (sun.left, sun.right) == (line.axis.x(START + DAY), line.axis.x(START + 11 * DAY))
    over = replace(view.gaps[0], start=START - 9 * DAY, end=START - 8 * DAY)
    assert not time_line(replace(view, gaps=(over,))).gaps


def test_a_mark_on_a_route_is_where_light_should_be() -> None:
    """A third of the way in time is a third of the hop; what waits stands at its node, what is lost at none
    but the last that is known."""
    third = track(
        "third", "", over_relay(START - MINUTE - LIGHT // 3), DeliveryState.IN_FLIGHT, on=1, departed=True
    )
    (lane,) = lanes(replace(flight_at(START), tracks=(third,)))
    assert [stop.name for stop in lane.stops] == ["Seoul", "Yeoju dish", "Relay orbiter", "Base, Arsia Mons"]
    (mark,) = lane.marks
    assert mark.form is Form.MOVES
    assert (mark.left, mark.right) == (lane.stops[1].x, lane.stops[2].x)
    assert mark.x == pytest.approx(mark.left + (mark.right - mark.left) / 3, abs=0.01)
    light = max(lane.spans, key=lambda span: span.right - span.left)
    assert (light.light, light.takes) == (True, LIGHT)

    view = flight_at(START)
    route, none = lanes(view)
    marks = {each.letter: mark for lane in (route, none) for mark in lane.marks for each in mark.tracks}
    assert (marks["there"].form, marks["there"].x) == (Form.THERE, route.stops[-1].x)
    assert (marks["waits"].form, marks["waits"].x) == (Form.WAITS, route.stops[0].x)
    assert (marks["lost"].form, marks["lost"].x) == (Form.DOUBT, route.stops[0].x)
    assert [span.form for span in none.spans] == ["none"]
    assert (route.count, none.count) == (6, 2)


def test_more_routes_than_anybody_looks_at_are_not_drawn() -> None:
    """Those with most on them are; the time line has all."""
    kind = flight_at(START).tracks[-1]
    tracks = tuple(replace(kind, letter=str(n), there=f"ipn:{n}.1") for n in range(20))
    view = replace(flight_at(START), tracks=tracks)
    assert len(lanes(view)) == LANES_MAX
    assert len(time_line(view).bars) == 20


def test_the_page_comes_anew_when_something_is_foreseen() -> None:
    """That is the first moment of all that is yet to come, be it at a hop; none where nothing is."""
    view = flight_at(START)
    assert next_moment(view) == START + 6 * MINUTE
    assert next_moment(replace(view, tracks=view.tracks[-1:])) is None


# ---- the page


def test_what_is_known_foreseen_and_in_doubt_is_told_apart_in_words() -> None:
    """Each with its own state and class; nothing that is foreseen is told as known."""
    text = page()
    rows = {
        row[0]: row[1] for row in re.findall(r'<li class="track".*?data-text="(.*?)">(.*?)</li>', text, re.S)
    }
    assert len(rows) == 8
    there, wave, lost = rows["Good night from Seoul"], rows["plum-tree.avif"], rows["Are you warm enough?"]
    assert "Should be there" in there
    assert "word of it expected" in there
    assert "In flight" in wave
    assert "confirmed" in wave.partition("left")[0].rpartition("<span")[2]
    assert "was expected there" in lost
    assert "The link with Yeoju dish went down at" in lost
    assert 'class="bar doubtful"' in lost
    assert 'class="star' not in lost
    assert 'class="star' in wave
    assert "no route is planned" in rows["Whenever there is a way"]
    assert "Stays here" in rows["For your birthday"]
    assert "4993 more letters and parts" in text
    assert "What Nan-young has written since" in text
    assert "2 parts are not here yet: 40 kB of 100 kB have come" in text


def test_each_track_leads_to_its_letter() -> None:
    """In its conversation, up to it; it works without any script, and no inline style or handler is there."""
    text = page()
    assert 'href="/people/jay?with=ipn%3A21.1&amp;through=wave#l' in text
    assert "style=" not in text
    assert not re.search(r"\son\w+=", text)
    assert text.count('role="log"') == 1


def test_nothing_in_flight_is_said() -> None:
    """No drawing of nothing, and what can't be known is still told."""
    text = page(replace(flight_at(START), tracks=(), groups=()))
    assert "Nothing of yours is on its way, as far as this node knows." in text
    assert 'class="bar' not in text
    assert "What Nan-young has written since" in text


def test_words_of_people_stay_words() -> None:
    """Markup in a letter, a name or a notice is text on the page, and in the attributes for the script."""
    bad = '"><script>alert(1)</script>'
    view = flight_at(START)
    first = replace(view.tracks[0], text=bad, to_name=bad)
    place = replace(view.places[0], name=bad)
    text = page(replace(view, tracks=(first,), places=(place, *view.places[1:])))
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)" in text


def test_the_page_speaks_korean() -> None:
    """Headings, states and times; the API stays English."""
    text = page(language="ko")
    assert "당신에게 오는 것" in text
    assert "계획된 경로 없음" in text
    told = ask("/api/people/jay/flight", language="ko").json()
    assert told["gaps"][0]["text"].startswith("Dust")


def test_the_twin_tells_the_same() -> None:
    """Tracks with hops and places as JSON, times in UTC, no secret field."""
    told = ask("/api/people/jay/flight").json()
    assert (told["now"], told["node"]) == ("2051-04-02T05:21:00.000Z", JAY)
    assert [place["node"] for place in told["places"]] == [JAY, DISH, RELAY, BASE]
    wave = told["tracks"][1]
    assert (wave["state"], wave["certainty"], wave["hop"], wave["at_node"]) == (
        "in_flight",
        "predicted",
        1,
        None,
    )
    assert [hop["to_node"] for hop in wave["hops"]] == [DISH, RELAY, BASE]
    assert wave["left"] == "2051-04-02T05:12:00.000Z"
    assert not {"doubts", "doubtful", "trouble"} & set(wave)
    assert told["tracks"][3]["certainty"] == Certainty.IN_DOUBT
    assert told["groups"][0]["count"] == 4_993
    assert told["ways"][0]["reach"]["light_time_s"] == 1140.0


def test_nobody_has_no_flight() -> None:
    """Of a person who is not here, 404 in both forms."""
    assert ask("/api/people/nobody/flight").status_code == 404
    assert ask("/people/nobody/flight", accept="text/html").status_code == 404
