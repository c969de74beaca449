"""Rates of contacts come from the terminals at their ends: as pieces that never promise more than closes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from starlight import dtntime
from starlight.dtntime import DAY, SECOND
from starlight.errors import InputError, RangeError
from starlight.planner.places import place_of
from starlight.planner.planner import make_plan
from starlight.planner.radios import moments, radio_link
from starlight.reports import link_report as linkview
from starlight.scenario.kernels import open_sky
from starlight.scenario.reading import load

SCENARIO = load("lost-in-starlight")
SKY = open_sky()
START = dtntime.from_text("2051-04-05")


def fine_rate(a: str, b: str, band: str) -> Callable[[list[int]], list[int]]:
    """Return a function from times to the best rate, each time by itself."""
    link = radio_link(SCENARIO, a, b, band)
    here, there = (place_of(SKY, SCENARIO.node_named(name)) for name in (a, b))
    assert here is not None
    assert there is not None

    def rate(times: list[int]) -> list[int]:
        at = moments(SKY, here, there, np.array(times))
        found = link.rate_bps(at.range_km, at.elevation_tx_deg, at.elevation_rx_deg, at.sun_deg)
        return [int(each) for each in found]

    return rate


@pytest.mark.parametrize(
    ("a", "b", "band"),
    [("relay-areo", "yeoju", "X"), ("mountain", "facility", "X"), ("relay-polar", "base", "UHF")],
)
def test_volume_is_that_of_the_budget_to_one_percent(a: str, b: str, band: str) -> None:
    """A contact's pieces carry what the link budget does, looked at every 20 s, within 1 %; and at no
    moment more than closes."""
    planned = make_plan(SCENARIO, SKY, START, START + 3 * DAY)
    (channel,) = (c for c in planned.channels if (c.from_node, c.to_node) == (a, b))
    rate = fine_rate(a, b, band)
    contacts = [c for c in channel.contacts if c.end - c.start > 600 * SECOND]
    assert len(contacts) > 2
    for contact in contacts:
        times = list(range(contact.start, contact.end, 20 * SECOND))
        exact = rate(times)
        volume = sum(exact) * 20 / 8
        assert contact.volume(contact.start, contact.end) == pytest.approx(volume, rel=0.01)
        steps = [at for at, _ in contact.rates]
        for time, closes in zip(times, exact, strict=True):
            assert contact.rate_bps(time) <= closes or any(abs(time - at) < 3 * SECOND for at in steps)


def test_the_father_is_heard_at_a_few_hundred_bits_a_second() -> None:
    """Around 2 au a 3 m dish with 100 W carries some hundred bit/s to a dish of 1 m on Mars."""
    found = linkview.study(
        SCENARIO, SKY, "mountain", "facility", at=dtntime.from_text("2051-04-09T11:32:00Z")
    )
    view = linkview.link_view(SKY, found)
    assert 100 < view["rates"][0]["rate_bps"] < 1000
    assert view["table"]["title"] == "The father's radio, Bukhansan to The abandoned facility, X"
    assert found.table.value("margin_db") >= found.link.margin_db
    assert view["probability"] > 0.99
    assert view["light_time_s"] == pytest.approx(1014, abs=3)


def test_a_page_about_a_link_has_its_charts() -> None:
    """The page has the rate, the range, the margin with its band, a synodic cycle, and the table."""
    found = linkview.study(SCENARIO, SKY, "relay-areo", "yeoju", interval=(START, START + DAY))
    text = linkview.link_report(SKY, found)
    for part in ("Rate", "Range", "Margin at", "Rate over a synodic cycle", "Design control table"):
        assert f"<h2>{part}" in text
    assert "Free-space loss" in text


@pytest.mark.parametrize(
    ("a", "b", "at", "words"),
    [
        ("moon", "yeoju", None, ["'moon'", "relay-areo"]),
        ("seoul", "yeoju", None, ["seoul", "no terminal|no site|no antenna|terminal"]),
        ("mountain", "facility", "2051-04-09T00:00:00Z", ["can't hear", "next window", "2051-04-09T1"]),
        ("ship", "yeoju", "2051-04-09T00:00:00Z", ["can't hear|flight"]),
        ("rover", "suit", None, ["MHz"]),
    ],
)
def test_what_can_not_be_linked_is_named(a: str, b: str, at: str | None, words: list[str]) -> None:
    """A node that is not there, ends without a radio for each other, a time without a window: named."""
    with pytest.raises((InputError, RangeError)) as caught:
        linkview.study(SCENARIO, SKY, a, b, at=None if at is None else dtntime.from_text(at))
    for word in words:
        assert caught.match(word)


def test_conjunctions_silence_the_worlds() -> None:
    """Below two degrees from the Sun nothing is planned, and the plan's notice says why."""
    start = dtntime.from_text("2051-09-01")
    planned = make_plan(SCENARIO, SKY, start, start + 25 * DAY)
    plan = planned.plan()
    (notice,) = plan.notices
    assert "superior conjunction" in notice.text
    assert {11, 12, 13, 14, 20, 30, 31} <= set(notice.nodes)
    assert 5 * DAY < notice.end - notice.start < 15 * DAY
    earth = {10, 11, 12, 13, 14, 15}
    for contact in plan.contacts:
        if (contact.from_node in earth) != (contact.to_node in earth):
            at_earth = [contact.start, contact.end]
            if contact.to_node in earth:
                at_earth = [t + contact.light_time(t) for t in at_earth]
            assert at_earth[1] <= notice.start + SECOND or at_earth[0] >= notice.end - SECOND


def test_antennas_of_the_expedition_are_never_asked_too_much() -> None:
    """A relay's antenna to Earth talks with one station at a time."""
    planned = make_plan(SCENARIO, SKY, START, START + 5 * DAY)
    assert planned.changes
    held = []
    for channel in planned.channels:
        if channel.from_node == "relay-areo" and channel.to_node in (
            "yeoju",
            "goldstone",
            "madrid",
            "canberra",
        ):
            held += [(c.start, c.end, channel.to_node) for c in channel.contacts]
        if channel.to_node == "relay-areo" and channel.from_node in (
            "yeoju",
            "goldstone",
            "madrid",
            "canberra",
        ):
            held += [
                (c.start + c.light_time(c.start), c.end + c.light_time(c.end), channel.from_node)
                for c in channel.contacts
            ]
    held.sort()
    gap = 120 * SECOND
    for start, end, who in held:
        for start2, end2, who2 in held:
            assert who == who2 or end + gap <= start2 + 10 or end2 + gap <= start + 10


def test_antennas_are_given_out_alike_whatever_the_interval() -> None:
    """A plan made later, for other days, gives the same contacts where both reach."""
    first = make_plan(SCENARIO, SKY, START, START + 12 * DAY)
    later = make_plan(SCENARIO, SKY, START + 4 * DAY, START + 9 * DAY)
    seen = []
    for planned in (first, later):
        seen.append(
            [
                (channel.from_node, channel.to_node, contact.start, contact.end)
                for channel in planned.channels
                for contact in channel.contacts
                if contact.start > START + 4 * DAY and contact.end < START + 9 * DAY
            ]
        )
    assert len(seen[0]) == len(seen[1]) > 50
    for one, other in zip(*seen, strict=True):
        assert one[:2] == other[:2]
        assert abs(one[2] - other[2]) < SECOND
        assert abs(one[3] - other[3]) < SECOND
