"""The demo's nodes in this process: what its folder remembers, how it plans on, what a storm tells whom."""

from __future__ import annotations

import asyncio
import re
import shutil
from collections.abc import AsyncGenerator, Awaitable, Callable
from importlib import resources
from pathlib import Path

import pytest
from tests.messages.contents import arrival_of, conversations_of, received_of

from starlight import dtntime
from starlight.app import demo_plans
from starlight.app.demo import Demo
from starlight.dtntime import DAY, HOUR, MINUTE, SECOND
from starlight.errors import InputError
from starlight.messages.delivery import Certainty, DeliveryState
from starlight.messages.draft import Draft
from starlight.messages.letter import Letter
from starlight.planner.planner import PlannedChannel, plan_channels
from starlight.scenario.scenario import Scenario
from starlight.sky import Sky

SEOUL, BASE, RELAY = 10, 20, 30
JAY, NAN_YOUNG, JI_YOUNG = "ipn:10.2", "ipn:20.1", "ipn:21.4"


def made(folder: Path, speed: float = 600.0) -> Demo:
    return Demo("lost-in-starlight", folder, lambda line: None, speed=speed)


@pytest.fixture(autouse=True)
def plans_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the plan from which demos begin once: it follows from its arguments, which most have in common."""
    monkeypatch.setattr(demo_plans, "plan_channels", made_once)


PLANS: list[tuple[object, list[PlannedChannel]]] = []
"""For which scenario, and which start and end in ns, a plan was made; and its channels."""


def made_once(scenario: Scenario, sky: Sky, start: int, end: int) -> list[PlannedChannel]:
    """Return the channels of a plan as `plan_channels` does."""
    asked = (scenario, start, end)
    for known, channels in PLANS:
        if known == asked:
            return channels
    channels = plan_channels(scenario, sky, start, end)
    PLANS.append((asked, channels))
    return channels


async def until(demo: Demo, holds: Callable[[], bool]) -> None:
    """Wait for something to hold, looking again at each change of a node."""
    changed = asyncio.Event()
    ends = [daemon.subscribe(changed.set) for daemon in demo.daemons.values()]
    while not holds():
        changed.clear()
        await changed.wait()
    for end in ends:
        end()


def live(folder: Path, act: Callable[[Demo], Awaitable[None]], speed: float = 600.0) -> Demo:
    """Start a demo, do something, stop it."""

    async def run() -> Demo:
        demo = made(folder, speed)
        try:
            await demo.start()
            await act(demo)
        finally:
            await demo.stop()
        return demo

    return asyncio.run(run())


def test_it_opens_on_letters_that_were_exchanged_and_some_in_flight(tmp_path: Path) -> None:
    """It opens on a living scene: letters already exchanged, some in flight, the rover reporting."""

    async def look(demo: Demo) -> None:
        jay = demo.daemons[SEOUL].office.mailbox(JAY)
        assert len(conversations_of(jay)[NAN_YOUNG]) >= 6
        in_transit = (await demo.backend.status("jay")).in_transit
        assert sum(crossing.kind == "letter" for crossing in in_transit) >= 2
        telemetry = (await demo.backend.status("jay")).telemetry
        assert [vehicle.name for vehicle in telemetry] == ["Rover", "The rover's laboratory"]
        assert telemetry[0].findings[-1].startswith("abandoned rover")

    demo = live(tmp_path / "d", look, speed=0.001)
    assert dtntime.to_text(demo.clock.now()).startswith("2051-04-07T10:05:00")


def test_what_was_in_flight_when_it_opened_arrives_when_it_was_said_to(begun: Path) -> None:
    """The letter that left at 09:57 in the days lived through arrives one light time later, live."""

    async def wait(demo: Demo) -> None:
        box = demo.daemons[BASE].office.mailbox(NAN_YOUNG)
        await until(demo, lambda: any("Go carefully" in letter.text for letter in box.inbox()))
        letter = next(letter for letter in box.inbox() if "Go carefully" in letter.text)
        sent = demo.daemons[SEOUL].office.mailbox(JAY).outgoing.course(letter.id)
        arrived = arrival_of(box, letter.id).arrived_at
        assert sent.dispatch.first.arrives is not None
        assert abs(arrived - sent.dispatch.first.arrives) < SECOND
        assert 1_000 * SECOND < arrived - letter.written_at < 1_010 * SECOND

    live(begun, wait)


def test_mission_time_and_the_storm_go_on_where_they_stopped(begun: Path) -> None:
    """Mission time is kept in the data directory and stops when the demo stops; so is the storm."""

    began: list[int | None] = []

    async def storm(demo: Demo) -> None:
        began.append((await demo.backend.set_storm(True)).since)

    async def nothing(demo: Demo) -> None:
        storm = (await demo.backend.status("jay")).storm
        assert storm is not None
        assert storm.active
        # The base has noticed it, and knows so still; whether word of it has come to Earth is another matter.
        status = await demo.backend.status("nan-young")
        assert status.silence is not None
        assert status.silence.why.text().startswith(
            "Dust storm with a tornado over Arsia Mons. What is written"
        )
        assert status.reach is not None
        assert status.reach.code == "shut"
        assert status.plan is not None
        assert "dust storm" in status.plan.latest[0].text()

    first = live(begun, storm, speed=100)
    stopped = first.clock.now()
    second = live(begun, nothing, speed=0.001)
    # What passes while it stops is still the mission's; it lasts as long as the disk needs.
    assert began[0] is not None
    assert began[0] <= second.clock.now() < stopped + SECOND


def test_the_base_knows_of_a_storm_at_once_and_earth_not_yet(begun: Path) -> None:
    """While the mission all but stands still, the base knows why it is silent, and Seoul does not."""

    async def storm(demo: Demo) -> None:
        await demo.backend.set_storm(True)
        assert demo.daemons[BASE].node.router.plan.notices
        assert not demo.daemons[SEOUL].node.router.plan.notices

    live(begun, storm, speed=0.001)


def test_earth_hears_of_a_storm_one_light_time_later(begun: Path) -> None:
    """Seoul learns by light why the base is silent; the end of the storm is known at the base at once."""

    async def storm(demo: Demo) -> None:
        # Counted from the storm's own beginning: a slow machine returns from the call later.
        began = (await demo.backend.set_storm(True)).since
        assert began is not None
        await until(demo, lambda: bool(demo.daemons[SEOUL].node.router.plan.notices))
        assert demo.clock.now() - began > 1_000 * SECOND
        await demo.backend.set_storm(False)
        over = [notice.end for notice in demo.daemons[BASE].node.router.plan.notices]
        assert max(over) <= demo.clock.now()

    live(begun, storm)


def test_it_plans_further_before_the_plan_runs_out(begun: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The plan is made anew when less than half of it is left, without end; here of two days."""
    assert demo_plans.PLAN_AGAIN == demo_plans.PLAN_AHEAD // 2
    monkeypatch.setattr(demo_plans, "PLAN_AHEAD", 2 * DAY)
    monkeypatch.setattr(demo_plans, "PLAN_AGAIN", DAY)

    async def wait(demo: Demo) -> None:
        router = demo.daemons[SEOUL].node.router

        def end() -> int:
            return max(contact.end for contact in router.plan.contacts)

        for _ in range(2):
            known = end()
            await until(demo, lambda known=known: end() > known)  # type: ignore[misc]
            assert demo.clock.now() >= known - DAY - HOUR

    live(begun, wait, speed=50_000)


def test_a_letter_to_who_is_not_there_yet_stays_predicted(begun: Path) -> None:
    """By the father's radio there is no way back: the letter is predicted to arrive, and never confirmed."""

    async def write(demo: Demo) -> None:
        father = demo.backend.correspondence("father")
        view = await father.write(Draft(JI_YOUNG, "Next week at the same hour."))
        assert view.receipt_at is None
        arrival = view.last_fact(DeliveryState.ARRIVED)
        assert arrival is not None
        assert arrival.certainty is Certainty.PREDICTED
        await until(demo, lambda: demo.clock.now() > arrival.time)
        later = await father.mailbox(correspondent=JI_YOUNG)
        assert (later.letters[-1].state, later.letters[-1].certainty) == ("arrived", "predicted")
        waiting = demo.daemons[21].store.counts()["bundles"]
        assert waiting >= 1

    live(begun, write, speed=50_000)


def test_the_page_warns_of_a_conjunction(tmp_path: Path) -> None:
    """Sixty days before the Sun comes between the worlds the page says until when words still get past it."""
    at = dtntime.from_text("2051-08-20T09:00:00Z")
    # Of the months before, a day is lived through: their letters play no part here.
    builtin = Path(str(resources.files("starlight.scenario").joinpath("builtin", "lost-in-starlight.toml")))
    text = re.sub("(?m)^demo_since = .*", 'demo_since = "2051-08-19"', builtin.read_text(encoding="utf-8"))
    scenario = tmp_path / "late.toml"
    scenario.write_text(text, encoding="utf-8")
    shutil.copytree(builtin.parent / "programs", tmp_path / "programs")

    async def look() -> None:
        demo = Demo(str(scenario), tmp_path / "d", lambda line: None, speed=0.001, at=at)
        try:
            await demo.start()
            seen = {who: (await demo.backend.status(who)).conjunction for who in ("jay", "nan-young")}
        finally:
            await demo.stop()
        jay, nan = seen["jay"], seen["nan-young"]
        assert jay is not None
        assert nan is not None
        assert dtntime.to_text(jay.enter).startswith("2051-09-05T08:4")
        assert jay.last_departure == jay.enter
        assert 20 * 60 * SECOND < nan.enter - nan.last_departure < 23 * 60 * SECOND

    asyncio.run(look())


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    """The demo refuses a folder that holds what it did not make, and changes nothing there."""
    (tmp_path / "thesis.tex").write_text("ten years of work")
    with pytest.raises(InputError, match=r"thesis\.tex"):
        made(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


# People who write, read and answer by themselves.

CREW, CONTROL = "ipn:20.6", "ipn:10.5"
QUICK = 6_000.0
"""Mission seconds a second at which a question and its answer take a second or two."""


def answers_of(demo: Demo, person: str) -> set[str]:
    """Return all texts that someone of the scenario may answer."""
    return {text for spec in demo.scenario.answer if spec.from_ == person for text in spec.text}


def answers_to(demo: Demo, letter_id: str) -> list[Letter]:
    """Return the letters that came to Jay as answers to one."""
    inbox = demo.daemons[SEOUL].office.mailbox(JAY).inbox()
    return [letter for letter in inbox if letter.reply_to == letter_id]


def by_themselves(demo: Demo, node: int, address: str, to: str) -> list[Letter]:
    """Return what was written at an address since the demo began, as its own mailbox has it."""
    page = demo.daemons[node].office.mailbox(address).page(to, limit=500)
    begun = dtntime.from_text(demo.scenario.demo_at)
    return [each for each in page.letters if each.sender == address and each.written_at >= begun]


def test_people_answer_what_a_visitor_writes(begun: Path) -> None:
    """Nan-young reads what Jay's visitor wrote, and answers in the scenario's words under the light time; the
    answer shows as the reply, and nobody answers for the visitor."""

    async def ask(demo: Demo) -> None:
        jay = demo.backend.correspondence("jay")
        asked = await jay.write(Draft(NAN_YOUNG, "Did you hear the new song? Be careful."))
        await until(demo, lambda: bool(answers_to(demo, asked.id)))
        (answer,) = answers_to(demo, asked.id)
        assert (answer.sender, answer.to) == (NAN_YOUNG, JAY)
        assert answer.text in answers_of(demo, "nan-young")
        came = received_of(demo.daemons[BASE].office.mailbox(NAN_YOUNG))[asked.id]
        assert came.read_at is not None
        assert came.arrived_at + 30 * MINUTE <= came.read_at < answer.written_at
        arrived = received_of(demo.daemons[SEOUL].office.mailbox(JAY))[answer.id].arrived_at
        assert arrived - answer.written_at > 1_000 * SECOND
        shown = (await jay.mailbox(correspondent=NAN_YOUNG)).letters
        assert next(view.reply_to for view in shown if view.id == answer.id) == asked.id
        # Time enough for Jay's routine to have read it, and answered it if that were its habit.
        await until(demo, lambda: demo.clock.now() > arrived + 2 * HOUR)
        assert [each.id for each in by_themselves(demo, SEOUL, JAY, NAN_YOUNG)] == [asked.id]
        assert len(answers_to(demo, asked.id)) == 1

    live(begun, ask, speed=QUICK)


def test_an_answer_comes_once_after_restarts(begun: Path) -> None:
    """What was asked before a restart is answered after it, and not again after the next one; everyday
    letters go on at their hours, each written once."""
    asked: list[str] = []

    async def ask(demo: Demo) -> None:
        asked.append(
            (await demo.backend.correspondence("jay").write(Draft(CREW, "Is all well up there?"))).id
        )

    async def hear(demo: Demo) -> None:
        await until(demo, lambda: bool(answers_to(demo, asked[0])))

    async def wait(demo: Demo) -> None:
        began = demo.clock.now()
        await until(demo, lambda: demo.clock.now() > began + 3 * HOUR)
        (answer,) = answers_to(demo, asked[0])
        assert answer.text in answers_of(demo, "crew")
        everyday = [
            spec for spec in demo.scenario.pulse if (spec.from_, spec.to) == ("crew@base", "control@seoul")
        ]
        spec = everyday[0]  # the one that goes on now
        # A loaded machine may be late with one, or leave one out, but writes none twice.
        first, step = dtntime.from_text(spec.at), 90 * MINUTE
        hours = [(each.written_at - first) // step for each in by_themselves(demo, BASE, CREW, CONTROL)]
        assert hours == sorted(set(hours))
        assert len(hours) >= 2

    live(begun, ask, speed=QUICK)
    live(begun, hear, speed=QUICK)
    live(begun, wait, speed=QUICK)


def test_whom_a_page_is_open_as_does_not_answer(begun: Path) -> None:
    """While a page is open as Nan-young a visitor is her: her routine neither reads nor answers; once it is
    closed, it does."""

    async def visit(demo: Demo) -> None:
        page = demo.backend.changes("nan-young")
        assert isinstance(page, AsyncGenerator)
        first = asyncio.ensure_future(anext(page))
        asked = await demo.backend.correspondence("jay").write(Draft(NAN_YOUNG, "Who are you today?"))
        await first
        assert demo.backend.is_visited("nan-young")
        assert not demo.backend.is_visited("jay")
        await until(demo, lambda: demo.clock.now() > asked.written_at + 4 * HOUR)
        assert received_of(demo.daemons[BASE].office.mailbox(NAN_YOUNG))[asked.id].read_at is None
        await page.aclose()
        await until(demo, lambda: bool(answers_to(demo, asked.id)))

    live(begun, visit, speed=QUICK)
