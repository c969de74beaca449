"""Players: what is written, reported, read and answered, once each, whatever happens to their memory."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, partial

import msgspec
import pytest
from tests.messages.contents import received_of
from tests.sim.helpers import START, both
from tests.sim.test_crashes import Point, dying_at

from starlight.contacts.plan import ContactPlan
from starlight.dtntime import DAY, HOUR, MILLISECOND, MINUTE
from starlight.engine.host import Host
from starlight.engine.node import Node
from starlight.mailboxes.mailbox import Mailbox
from starlight.messages.correspondent import Act, Desk, Maker, SendTelemetry, Write
from starlight.messages.draft import Draft
from starlight.messages.letter import Letter
from starlight.node.application import Request
from starlight.node.config import NodeConfig
from starlight.postoffice.postoffice import PostOffice
from starlight.rehearsal.answers import Answers
from starlight.rehearsal.player import ANSWERS_PER_DAY, LOOK_AGAIN, READING_SPREAD, Player, Routine
from starlight.rehearsal.series import Dates, Interval, Series
from starlight.scenario.happenings import AnswerSpec
from starlight.scenario.reading import load
from starlight.scenario.scenario import LetterSpec, MailboxSpec, PersonSpec, Scenario
from starlight.sim.entropy import entropy
from starlight.sim.virtual_node import Interrupt, NodeSetup
from starlight.sim.world import VirtualWorld

JAY, NAN_YOUNG = "ipn:1.2", "ipn:3.1"
PLAN = ContactPlan.of([*both(1, 1, 2, 0, 20 * DAY), *both(3, 2, 3, 0, 20 * DAY, light_s=700.0)])
ANSWER_AFTER = 20 * MINUTE


def writes(to: str, *texts: str) -> Series:
    """Return a series of letters ten minutes apart, from a minute and some ns after START on."""
    moments = Dates(START + MINUTE + 7 + number * 10 * MINUTE for number in range(len(texts)))
    return Series(moments, lambda number, desk: [Write(Draft(to, texts[number]))])


def reports(to: str) -> Series:
    """Return a report every ten minutes, without end."""

    def act(number: int, desk: Desk) -> Sequence[Act]:
        return [SendTelemetry((to,), "rover", readings={"number": number})]

    return Series(Interval(START + MINUTE, 10 * MINUTE), act)


@cache
def scenario_of_the_story() -> Scenario:
    """Return the built-in scenario, read once."""
    return load("lost-in-starlight")


def answers(person: str, *texts: str) -> Answers:
    """Return what someone of a small scenario answers; the story has written one letter."""
    story = scenario_of_the_story()
    scenario = msgspec.structs.replace(
        story,
        node=[
            msgspec.structs.replace(story.node_named("seoul"), number=1),
            msgspec.structs.replace(story.node_named("base"), number=3),
        ],
        person=[
            PersonSpec("jay", "Jay", 2, [MailboxSpec("seoul")]),
            PersonSpec("nan-young", "Nan-young", 1, [MailboxSpec("base")]),
        ],
        letter=[LetterSpec("2051-01-01", "jay@seoul", "nan-young@base", "As the story has it.")],
        pulse=[LetterSpec("2051-01-01", "jay@seoul", "nan-young@base", ["All well."], every_days=1)],
        answer=[AnswerSpec(person, list(texts))],
    )
    return Answers(scenario, person)


class World:
    """Jay at node 1, a relay, Nan-young at node 3, in virtual time.

    Args:
        jay, nan_young: make who lives there, if anyone does.
        interrupt: kills nodes.
    """

    def __init__(
        self,
        jay: Maker | None = None,
        nan_young: Maker | None = None,
        interrupt: Interrupt | None = None,
    ) -> None:
        self._makers = {1: [jay] if jay else [], 3: [nan_young] if nan_young else []}
        self._random = {number: entropy(1, str(number)) for number in (1, 2, 3)}
        setups = [NodeSetup(NodeConfig(number, PLAN), self._office) for number in (1, 2, 3)]
        self.world = VirtualWorld(PLAN, setups, start=START, interrupt=interrupt)
        for node, address in ((1, JAY), (3, NAN_YOUNG)):
            # Twice, because a node may die in the step that opens it, before that is committed.
            for time in (START, START + 8 * MINUTE):
                self.world.call(time, node, partial(self._open, address))

    def _office(self, node: Node) -> PostOffice:
        makers = self._makers.get(node.number, [])
        return PostOffice(
            node.forecaster,
            booked=node.booked,
            correspondents=makers,
            entropy=self._random[node.number],
        )

    def _open(self, address: str, host: Host, now: int) -> list[Request]:
        return office_of(host).mailboxes.open(address, "", now)

    def write(self, time: int, address: str, text: str, to: str) -> None:
        """Let a visitor write by hand, `time` after START."""
        node = 1 if address == JAY else 3
        self.world.call(
            START + time,
            node,
            lambda host, now: office_of(host).outbox.write(address, Draft(to, text), now)[1],
        )

    def run(self, time: int) -> World:
        self.world.run(START + time)
        return self

    def box(self, address: str) -> Mailbox:
        host = self.world.host(1 if address == JAY else 3)
        assert host is not None
        return office_of(host).mailbox(address)

    def written(self, address: str, to: str) -> list[Letter]:
        """Return what was written at an address, as its own mailbox has it."""
        return [each for each in self.box(address).page(to, limit=500).letters if each.sender == address]

    def texts(self, address: str, to: str) -> list[str]:
        return [letter.text for letter in self.written(address, to)]


def office_of(host: Host) -> PostOffice:
    assert isinstance(host.application, PostOffice)
    return host.application


def player(address: str, *series: Series, routine: Routine | None = None, until: int | None = None) -> Maker:
    return partial(Player, address, series, routine, START, until)


def answering(*texts: str, visited: list[bool] | None = None) -> Maker:
    """Return who reads after ten minutes and answers as Nan-young."""
    is_visited = (lambda: bool(visited)) if visited is not None else (lambda: False)
    return player(NAN_YOUNG, routine=Routine(10 * MINUTE, 0, answers("nan-young", *texts), is_visited))


# Writing and reporting.


def test_a_series_is_written_once_each_to_the_minute() -> None:
    """Each letter is written at its moment, in order, and comes."""
    world = World(player(JAY, writes(NAN_YOUNG, "one", "two", "three"))).run(2 * HOUR)
    written = world.written(JAY, NAN_YOUNG)
    assert [letter.text for letter in written] == ["one", "two", "three"]
    # A letter tells when it was written in whole milliseconds.
    assert [letter.written_at - START for letter in written] == [MINUTE, 11 * MINUTE, 21 * MINUTE]
    assert [letter.text for letter in world.box(NAN_YOUNG).inbox()] == ["one", "two", "three"]


def test_nothing_is_done_before_its_time_or_from_its_end_on() -> None:
    """What a series says before `since` is not done, nor at `until`."""
    series = writes(NAN_YOUNG, "one", "two", "three")
    maker = partial(Player, JAY, [series], None, START + 2 * MINUTE, START + 21 * MINUTE + 7)
    assert World(maker).run(2 * HOUR).texts(JAY, NAN_YOUNG) == ["two"]


def test_a_crash_at_every_instant_leaves_each_letter_written_once() -> None:
    """Whichever node dies in the middle of whichever step: each letter of the script is there once, each that
    came is read, and each that is answered is answered once."""
    points: list[Point] = []

    def live(interrupt: Interrupt) -> World:
        # To Nan-young these are by hand, for they are not of her scenario.
        world = World(player(JAY, writes(NAN_YOUNG, "one", "two")), answering("Yes."), interrupt)
        return world.run(2 * HOUR)

    def note(node: int, step: int, stage: int) -> None:
        points.append((node, step, stage))

    live(note)
    assert len(points) > 60
    for point in points:
        died: list[Point] = []
        world = live(dying_at(point, died))
        assert died, point
        assert world.texts(JAY, NAN_YOUNG) == ["one", "two"], point
        assert sorted(letter.text for letter in world.box(NAN_YOUNG).inbox()) == ["one", "two"], point
        assert world.box(NAN_YOUNG).unread() == [], point
        answered = [letter.reply_to for letter in world.written(NAN_YOUNG, JAY)]
        assert len(answered) == len(set(answered)) == 2, point
        assert [letter.text for letter in world.box(JAY).inbox()] == ["Yes.", "Yes."], point


def test_who_lost_their_state_does_not_write_again_what_their_mailbox_has() -> None:
    """A state that is damaged costs what fell due meanwhile at most; nothing is written twice."""
    world = World(player(JAY, writes(NAN_YOUNG, "one", "two", "three"))).run(15 * MINUTE)
    store = world.world.store(1)
    kept = {(mailbox, key): data for mailbox, key, data in store.saves()}
    assert kept[JAY, "correspondent"]
    damaged = [
        msgspec.structs.replace(save, data=b"\xc1")
        for save in store.writes()
        if getattr(save, "key", "") == "correspondent"
    ]
    store.commit(damaged)
    world.world.crash(1, START + 16 * MINUTE, START + 17 * MINUTE)
    assert world.run(2 * HOUR).texts(JAY, NAN_YOUNG) == ["one", "two", "three"]


def test_a_vehicle_that_was_off_goes_on_with_its_latest_report() -> None:
    """Reports that fell due while the node was down are not made up for, but for the latest."""
    world = World(nan_young=player(NAN_YOUNG, reports(JAY)))
    world.world.crash(3, START + 15 * MINUTE, START + 45 * MINUTE)
    readings = world.run(2 * HOUR).box(JAY).telemetry.readings(NAN_YOUNG)
    times = [(report.time - START) // MINUTE for _, report in readings]
    assert times[:6] == [1, 11, 45, 51, 61, 71]
    assert [report.readings["number"] for _, report in readings][:4] == [0, 1, 4, 5]


# Reading.


def test_a_letter_is_read_by_routine_after_its_time() -> None:
    """It is read after the routine's time and its jitter, once, and the receipt says so."""
    world = World(player(JAY, writes(NAN_YOUNG, "one")), player(NAN_YOUNG, routine=Routine(10 * MINUTE, 0)))
    (letter,) = world.run(2 * HOUR).box(NAN_YOUNG).inbox()
    received = received_of(world.box(NAN_YOUNG))[letter.id]
    assert received.read_at is not None
    assert 10 * MINUTE <= received.read_at - received.arrived_at < 10 * MINUTE + READING_SPREAD
    assert world.box(JAY).letter_view(letter.id, world.world.now).state == "read"


def test_who_is_visited_reads_and_answers_only_once_the_visitor_has_left() -> None:
    """While a page is open as somebody, their routine waits; then it goes on, within half an hour."""
    visited = [True]
    world = World(nan_young=answering("Yes.", visited=visited))
    world.write(MINUTE, JAY, "Are you there?", NAN_YOUNG)
    world.run(3 * HOUR)
    assert world.box(NAN_YOUNG).unread()
    visited.clear()
    world.run(3 * HOUR + LOOK_AGAIN + ANSWER_AFTER + MINUTE)
    assert world.box(NAN_YOUNG).unread() == []
    assert world.texts(NAN_YOUNG, JAY) == ["Yes."]


# Answering.


def test_a_visitors_letter_is_answered_once_and_as_its_answer() -> None:
    """The answer is written after the letter was read, replies to it, and comes under the same light time."""
    world = World(nan_young=answering("Yes.", "Still yes."))
    world.write(MINUTE, JAY, "Are you there?", NAN_YOUNG)
    world.write(2 * HOUR, JAY, "Are you still there?", NAN_YOUNG)
    world.run(5 * HOUR)
    asked = world.written(JAY, NAN_YOUNG)
    answered = world.box(JAY).inbox()
    assert [(letter.text, letter.reply_to) for letter in answered] == [
        ("Yes.", asked[0].id),
        ("Still yes.", asked[1].id),
    ]
    for letter, question in zip(answered, asked, strict=True):
        read_at = received_of(world.box(NAN_YOUNG))[question.id].read_at
        assert 0 <= (read_at or 0) + ANSWER_AFTER - letter.written_at < MILLISECOND
        assert received_of(world.box(JAY))[letter.id].arrived_at - letter.written_at >= 700 * 10**9


@pytest.mark.parametrize("text", ["As the story has it.", "All well.", "Yes."])
def test_what_the_story_says_is_not_answered(text: str) -> None:
    """Letters of the script, everyday ones and answers are only read; so nobody answers an answer."""
    world = World(nan_young=answering("Yes."))
    world.write(MINUTE, JAY, text, NAN_YOUNG)
    world.run(5 * HOUR)
    assert world.box(NAN_YOUNG).unread() == []
    assert world.texts(NAN_YOUNG, JAY) == []


def test_two_who_answer_visitors_do_not_answer_each_other() -> None:
    """Of two people with answers one letter by hand makes one answer."""
    jay = player(JAY, routine=Routine(10 * MINUTE, 0, answers("jay", "I hear you.")))
    world = World(
        jay, player(NAN_YOUNG, routine=Routine(10 * MINUTE, 0, answers("nan-young", "I hear you.")))
    )
    world.write(MINUTE, JAY, "By hand.", NAN_YOUNG)
    world.run(2 * DAY)
    assert world.texts(NAN_YOUNG, JAY) == ["I hear you."]
    assert world.texts(JAY, NAN_YOUNG) == ["By hand."]


def test_who_wrote_by_hand_is_the_visitors_for_a_day() -> None:
    """For a day after a visitor wrote as somebody, that one neither reads nor answers by routine."""
    world = World(nan_young=answering("Yes."))
    world.write(MINUTE, NAN_YOUNG, "A visitor is me.", JAY)
    world.write(30 * MINUTE, JAY, "Are you there?", NAN_YOUNG)
    world.run(DAY)
    assert len(world.box(NAN_YOUNG).unread()) == 1
    assert world.texts(NAN_YOUNG, JAY) == ["A visitor is me."]
    world.run(DAY + 2 * HOUR)
    assert world.box(NAN_YOUNG).unread() == []
    assert world.texts(NAN_YOUNG, JAY) == ["A visitor is me.", "Yes."]


def test_a_visitor_who_answered_first_is_not_answered_over() -> None:
    """Where a visitor wrote after the letter came, the routine adds nothing, however much later it is due."""
    scripted = answers("nan-young", "Yes.")
    late = player(NAN_YOUNG, routine=Routine(2 * DAY, 0, scripted))
    world = World(nan_young=late)
    world.write(MINUTE, JAY, "Are you there?", NAN_YOUNG)
    world.write(HOUR, NAN_YOUNG, "I answer for myself.", JAY)
    world.run(3 * DAY)
    assert world.texts(NAN_YOUNG, JAY) == ["I answer for myself."]


def test_a_program_that_answers_every_answer_comes_to_an_end() -> None:
    """To one correspondent there are a day's answers at most."""

    class Talkative(Player):
        def letter_came(self, letter: Letter, desk: Desk) -> Sequence[Act]:
            return [Write(Draft(letter.sender, f"And then? {desk.now}"))]

    quick = player(NAN_YOUNG, routine=Routine(0, 0, answers("nan-young", "Yes.")))
    world = World(partial(Talkative, JAY, [writes(NAN_YOUNG, "Begin.")], None, START, None), quick)
    world.run(DAY)
    assert len(world.texts(NAN_YOUNG, JAY)) <= ANSWERS_PER_DAY
    assert len(world.texts(NAN_YOUNG, JAY)) > 10
