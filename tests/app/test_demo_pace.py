"""The pace of a demo: what was promised holds whatever is turned; going on stops before the story turns."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from tests.app.test_demo import BASE, JAY, NAN_YOUNG, SEOUL, live, until
from tests.messages.contents import arrival_of

from starlight import dtntime
from starlight.app.demo import Demo
from starlight.app.demo_pace import FASTEST, LEAD_S, RATES, START, Pace
from starlight.dtntime import HOUR, SECOND
from starlight.errors import InputError
from starlight.live.clock import MissionClock
from starlight.messages.delivery import Certainty, DeliveryState
from starlight.messages.draft import Draft
from starlight.scenario.reading import load

BEGUN = dtntime.from_text("2051-04-07T10:05:00Z")


def paced(now: int = BEGUN, start: float = START) -> tuple[Pace, MissionClock]:
    """Return a pace whose clock stands at a time, and that clock."""
    clock = MissionClock(now, start, standing=True, fastest=FASTEST)
    return Pace(load("lost-in-starlight"), BEGUN, clock, start), clock


def test_a_letter_in_flight_arrives_as_promised_after_changes_of_the_pace(begun: Path) -> None:
    """Slower, paused, faster: the letter arrives, and its receipt is here, at the mission times that were
    promised."""

    async def turn(demo: Demo) -> None:
        jay = demo.backend.correspondence("jay")
        letter = await jay.write(Draft(NAN_YOUNG, "Whatever they do to the clock."))
        promised = letter.last_fact(DeliveryState.ARRIVED)
        assert promised is not None
        assert letter.receipt_at is not None
        for rate in (600, 0, 60):
            view = await demo.backend.set_rate("jay", rate)
            assert view.rate == float(demo.clock.rate) == rate
            assert demo.clock.now() < promised.time
        await demo.backend.set_rate("jay", FASTEST)
        here, there = demo.daemons[SEOUL].office.mailbox(JAY), demo.daemons[BASE].office.mailbox(NAN_YOUNG)
        await until(demo, lambda: any(each.id == letter.id for each in there.inbox()))
        assert abs(arrival_of(there, letter.id).arrived_at - promised.time) <= SECOND
        await until(
            demo,
            lambda: (
                here.letter_view(letter.id, demo.clock.now()).certainty is Certainty.CONFIRMED
                and here.letter_view(letter.id, demo.clock.now()).state is DeliveryState.ARRIVED
            ),
        )
        confirmed = here.letter_view(letter.id, demo.clock.now()).last_fact(DeliveryState.ARRIVED)
        assert confirmed is not None
        assert abs(confirmed.time - promised.time) <= SECOND
        assert demo.clock.now() >= letter.receipt_at - SECOND

    live(begun, turn, speed=1)


def test_going_on_stops_shortly_before_the_story_turns(begun: Path) -> None:
    """It hurries to a little before what comes next, and goes on at the pace of before; pages are told."""

    async def go_on(demo: Demo) -> None:
        told: list[tuple[float, int]] = []
        turned = asyncio.Event()

        def note() -> None:
            told.append((float(demo.clock.rate), demo.clock.now()))
            if told[-1][0] == 600:
                turned.set()

        demo._pace.subscribe(note)
        view = await demo.backend.go_on("jay")
        assert (view.rate, view.goes_on) == (FASTEST, True)
        await turned.wait()
        before = dtntime.from_text("2051-04-07T22:00:00Z") - round(LEAD_S * SECOND * 600)
        rates = [rate for rate, _ in told]
        assert rates[0] == FASTEST
        assert rates == sorted(rates, reverse=True)
        # Early by what it brakes, or late by what a loaded machine is: it has not run into what comes.
        stopped = told[-1][1]
        assert before - HOUR <= stopped < before + round(LEAD_S * SECOND * 600)
        status = await demo.backend.status("jay")
        assert status.pace is not None
        assert not status.pace.goes_on

    live(begun, go_on, speed=600)


def test_the_first_minute_holds_a_round_trip_and_nothing_else() -> None:
    """At the pace with which a demo begins a letter and its receipt need less than half a minute, and the
    story turns only later."""
    pace, _ = paced()
    minute = round(60 * SECOND * START)
    round_trip = 2 * 1_010 * SECOND
    assert round_trip < minute // 2
    point = pace._next(BEGUN)
    assert point is not None
    assert point > BEGUN + 5 * minute


def test_people_are_told_what_they_can_know() -> None:
    """Nan-young knows that she sets out at dawn, Jay only when her letter has told him; later neither hears
    of it any more."""
    dawn = dtntime.from_text("2051-04-07T22:00:00Z")
    for now, knowing in ((BEGUN, ["nan-young"]), (BEGUN + HOUR, ["jay", "nan-young"]), (dawn, [])):
        pace, _ = paced(now)
        views = {who: pace.view(who).coming for who in ("jay", "nan-young")}
        assert [who for who, coming in views.items() if coming and coming.at == dawn] == knowing
    pace, _ = paced()
    view = pace.view("jay")
    # When Jay's page has to be asked again: her letter comes.
    assert view.until == dtntime.from_text("2051-04-07T10:10:00Z")
    assert (view.rates, view.rate) == (RATES, START)


def test_a_pace_of_ones_own_is_offered_as_well() -> None:
    """A demo that was started at another speed offers that too, in its place."""
    pace, _ = paced(start=300.0)
    assert pace.view("jay").rates == (0.0, 1.0, 60.0, 120.0, 300.0, 600.0, 3600.0)


def test_after_the_end_of_the_story_there_is_nothing_to_go_on_to() -> None:
    """Where nothing comes the page offers nothing, and asking is an error that says so."""
    pace, clock = paced(dtntime.from_text("2053-02-01T00:00:00Z"))
    assert not pace.view("jay").can_go_on
    with pytest.raises(InputError, match="nothing more comes"):
        pace.go_on()
    assert clock.rate == START


@pytest.mark.parametrize("rate", [-1.0, 3601.0, float("nan")])
def test_a_pace_that_is_none_changes_nothing(rate: float) -> None:
    """A rate that the clock can't take is refused, and the mission goes on as it did."""
    pace, clock = paced()
    with pytest.raises(InputError, match="at most 3600"):
        pace.turn(rate)
    assert clock.rate == START
