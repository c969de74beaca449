"""The story of a demo happens while one watches: storm, call, answers; and a restart repeats none of it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec
from tests.app.test_demo import BASE, JAY, NAN_YOUNG, QUICK, SEOUL, answers_to, live, until
from tests.messages.contents import received_of

from starlight import dtntime
from starlight.app.demo import Demo
from starlight.app.demo_folder import DemoFolder, DemoState
from starlight.app.demo_nodes import DemoNodes
from starlight.app.demo_plans import StormTurn
from starlight.app.demo_story import DemoStory
from starlight.dtntime import MINUTE, SECOND
from starlight.live.clock import MissionClock
from starlight.messages.draft import Draft
from starlight.rehearsal.script import Opening
from starlight.scenario.reading import load

MOUNTAIN, FACILITY, ROVER = 15, 21, "ipn:40.100"
BEGUN = dtntime.from_text("2051-04-07T10:05:00Z")
STORM, OVER = dtntime.from_text("2051-04-08T01:30:00Z"), dtntime.from_text("2051-04-09T18:00:00Z")


def test_the_story_happens_while_one_watches(begun: Path) -> None:
    """The storm comes and goes by itself; Jay's call from the mountain is heard by the old receiver when the
    rehearsal says so; her answer reaches Seoul; what waits for Nan-young at the base nobody reads for her."""

    async def watch(demo: Demo) -> None:
        base = demo.daemons[BASE]
        await until(demo, lambda: bool(base.node.router.plan.notices))
        assert STORM <= demo.clock.now() < OVER
        storm = (await demo.backend.status("jay")).storm
        assert storm is not None
        assert storm.active
        assert storm.since is not None
        assert storm.since >= STORM
        asked = await demo.backend.correspondence("jay").write(Draft(NAN_YOUNG, "Did you reach the cave?"))
        seoul = demo.daemons[SEOUL].office.mailbox(JAY)
        await until(demo, lambda: any(each.text.startswith("I hear you.") for each in seoul.inbox()))
        facility = demo.daemons[FACILITY].office.mailbox("ipn:21.1")
        (call,) = [each for each in facility.inbox() if "this is Jay, on the mountain" in each.text]
        heard = received_of(facility)[call.id].arrived_at
        assert abs(heard - dtntime.from_text("2051-04-09T11:49:03Z")) < MINUTE
        storm = (await demo.backend.status("jay")).storm
        assert storm is not None
        assert not storm.active
        await until(demo, lambda: asked.id in received_of(base.office.mailbox(NAN_YOUNG)))
        received = received_of(base.office.mailbox(NAN_YOUNG))
        assert received[asked.id].read_at is None
        assert answers_to(demo, asked.id) == []
        assert sum(daemon.status().defects for daemon in demo.daemons.values()) == 0

    live(begun, watch, speed=QUICK)


def test_a_program_answers_as_well(begun: Path) -> None:
    """Whoever writes to the rover hears from it, after light and its own short while."""

    async def ask(demo: Demo) -> None:
        jay = demo.backend.correspondence("jay")
        assert ROVER in {each.address for each in (await jay.mailbox()).conversations}
        asked = await jay.write(Draft(ROVER, "Where are you?"))
        await until(demo, lambda: bool(answers_to(demo, asked.id)))
        (answer,) = answers_to(demo, asked.id)
        assert answer.sender == ROVER
        assert answer.text.startswith("Position")
        assert answer.written_at - asked.written_at > 1_000 * SECOND

    live(begun, ask, speed=QUICK)


class Noting(DemoNodes):
    """Nodes that note which mailboxes are turned."""

    def __init__(self) -> None:
        self.turned: list[Opening] = []

    async def turn_mailbox(self, opening: Opening) -> None:
        """Note it."""
        self.turned.append(opening)


def caught_up(tmp_path: Path, now: str, played: int | None) -> tuple[Noting, list[StormTurn], DemoState]:
    """Return what a story turns that starts again at a time."""
    scenario = load("lost-in-starlight")
    state = DemoState("lost-in-starlight", BEGUN, played=played)
    nodes, turns = Noting(), list[StormTurn]()

    async def turn(storm: StormTurn) -> None:
        turns.append(storm)

    clock = MissionClock(dtntime.from_text(now), standing=True)
    folder = DemoFolder(tmp_path, scenario, lambda line: None)
    asyncio.run(DemoStory(scenario, folder, state, nodes, clock, turn).catch_up())
    kept = msgspec.json.decode((tmp_path / "demo.json").read_bytes(), type=DemoState)
    assert kept == state
    return nodes, turns, state


def test_a_restart_makes_up_for_what_it_missed(tmp_path: Path) -> None:
    """A storm that came while the demo was down blows; mailboxes that opened are open."""
    nodes, turns, state = caught_up(tmp_path, "2051-04-08T16:00:00Z", STORM - SECOND)
    assert [(turn.storm, turn.believed) for turn in turns] == [(0, dtntime.from_text("2051-04-10T12:00:00Z"))]
    assert [(each.address, each.person) for each in nodes.turned] == [("ipn:21.1", "Joo Nan-young")]
    assert state.played == dtntime.from_text("2051-04-08T16:00:00Z")


def test_a_restart_repeats_nothing(tmp_path: Path) -> None:
    """A storm that has come before does not come again: a visitor may have ended it. Nor does one that an
    earlier version, which played none, has let pass. A mailbox that closed stays closed."""
    for played in (STORM, None):
        nodes, turns, _ = caught_up(tmp_path, "2051-04-08T02:00:00Z", played)
        assert (turns, nodes.turned) == ([], [])
    nodes, _, _ = caught_up(tmp_path, "2051-04-10T07:00:00Z", OVER)
    assert {each.address: each.person for each in nodes.turned}["ipn:21.1"] is None
