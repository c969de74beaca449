"""A cut at Mars is known on Earth when a bundle has brought it; until then nothing false is confirmed."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from tests.messages.contents import conversations_of

from starlight import dtntime
from starlight.contacts.plan import ContactPlan
from starlight.dtntime import MINUTE, SECOND
from starlight.engine.applications import MAIL, Applications
from starlight.engine.host import Host
from starlight.messages.delivery import Certainty, DeliveryState
from starlight.messages.draft import Draft
from starlight.messages.letter_view import LetterView
from starlight.messages.trace_events import LetterArrived
from starlight.node.application import Request
from starlight.node.trace_events import PlanAdopted
from starlight.rehearsal.rehearsal import Rehearsal, amendments_of, office_of
from starlight.scenario.kernels import open_sky
from starlight.scenario.reading import load
from starlight.trace import Record

SEOUL, BASE, RELAY = 10, 20, 30
JAY, NAN_YOUNG = "ipn:10.2", "ipn:20.1"
FALLS = dtntime.from_text("2051-04-08T01:30:00Z")
NOTICED = FALLS + 10 * MINUTE
RISES = dtntime.from_text("2051-04-09T18:00:00Z")
SENT = NOTICED + MINUTE
TEXT = "Are you under a roof?"
LIGHT = 1_005 * SECOND
"""A little less than light needs between the worlds in these days."""


class Days:
    """The days of the storm, looked at while they pass.

    Attributes:
        run: the rehearsal.
        adopted: when each node went by another plan, in ns.
        arrived: when each letter truly came, in ns, by id.
    """

    def __init__(self) -> None:
        start, end = dtntime.from_text("2051-04-06"), dtntime.from_text("2051-04-11")
        self.run = Rehearsal(load("lost-in-starlight"), open_sky(), start, end)
        self.adopted: dict[int, list[int]] = {}
        self.arrived: dict[str, int] = {}
        take = self.run.world.trace
        assert take is not None

        def both(record: Record) -> None:
            take(record)
            if isinstance(record.event, PlanAdopted):
                self.adopted.setdefault(record.node, []).append(record.time)
            elif isinstance(record.event, LetterArrived):
                self.arrived[record.event.letter] = record.time

        self.run.world.trace = both

    def silent(self, node: int) -> bool:
        """Return whether a node's plan has the storm."""
        host = self.run.world.host(node)
        assert host is not None
        plan: ContactPlan = host.node.plan
        return any(notice.start == FALLS for notice in plan.notices)

    def views(self, node: int, address: str) -> list[LetterView]:
        """Return how the letters that were written in a mailbox stand there now."""
        host = self.run.world.host(node)
        assert host is not None
        box = office_of(host).mailbox(address)
        letters = [letter for each in conversations_of(box).values() for letter in each]
        views = [box.letter_view(letter.id, self.run.world.now) for letter in letters]
        return [view for view in views if view.mine]

    def false_confirmations(self) -> list[str]:
        """Return the letters that a mailbox says have come for certain, and that have not."""
        false, now = [], self.run.world.now
        for node in self.run.world.nodes():
            host = self.run.world.host(node)
            assert host is not None
            for box in office_of(host).mailboxes.values():
                for view in self.views(node, box.address):
                    fact = view.last_fact(DeliveryState.ARRIVED)
                    confirmed = fact is not None and fact.certainty is Certainty.CONFIRMED
                    if confirmed and self.arrived.get(view.id, now + 1) > now:
                        false.append(view.id)
        return false


class Seen:
    """The moments, ten minutes apart, at which something was so, in ns.

    Attributes:
        storm: by node, when its plan had the storm.
        false: when a mailbox said for certain what was not so.
        jays: of the letter that Jay sends while only Mars knows: when, its arrival's certainty, and whether
            what was predicted was doubtful.
    """

    def __init__(self) -> None:
        self.storm: dict[int, list[int]] = {SEOUL: [], BASE: []}
        self.false: list[int] = []
        self.jays: list[tuple[int, Certainty, bool]] = []


def write(host: Host, now: int) -> Iterable[Request]:
    """Let Jay write to the base."""
    assert isinstance(host.application, Applications)
    _letter, requests = office_of(host).outbox.write(JAY, Draft(NAN_YOUNG, TEXT), now)
    return host.application.asked(MAIL, requests)


@pytest.fixture(scope="module")
def watched() -> tuple[Days, Seen]:
    """Let the days pass, and note every ten minutes what is believed, and what is falsely confirmed."""
    days, seen = Days(), Seen()
    world = days.run.world
    world.call(SENT, SEOUL, write)
    for time in range(days.run.start + 10 * MINUTE, days.run.end, 10 * MINUTE):
        world.run(time)
        for node, moments in seen.storm.items():
            if days.silent(node):
                moments.append(time)
        if days.false_confirmations():
            seen.false.append(time)
        for view in days.views(SEOUL, JAY):
            fact = view.last_fact(DeliveryState.ARRIVED)
            if view.text == TEXT and fact is not None:
                seen.jays.append((time, fact.certainty, view.doubtful is not None))
    return days, seen


def test_earth_knows_of_the_storm_when_light_has_brought_it(watched: tuple[Days, Seen]) -> None:
    """The base knows ten minutes after the fall, Seoul only when a bundle has crossed: a light time later."""
    days, seen = watched
    assert NOTICED in days.adopted[BASE]
    assert min(seen.storm[BASE]) == NOTICED
    first = next(time for time in days.adopted[SEOUL] if time > FALLS)
    assert NOTICED + LIGHT < first < NOTICED + LIGHT + 5 * SECOND
    assert min(seen.storm[SEOUL]) - first < 10 * MINUTE


def test_the_end_of_the_storm_is_known_likewise(watched: tuple[Days, Seen]) -> None:
    """The rise is noticed ten minutes later on Mars, known on Earth by bundle, and then all hold the same."""
    days, _ = watched
    for node in (SEOUL, BASE, RELAY):
        host = days.run.world.host(node)
        assert host is not None
        assert {notice.end for notice in host.node.plan.notices if notice.start == FALLS} == {RISES}
    assert RISES + 10 * MINUTE in days.adopted[BASE]
    assert next(time for time in days.adopted[SEOUL] if time > RISES) > RISES + 10 * MINUTE + LIGHT
    host = days.run.world.host(SEOUL)
    assert host is not None
    service = amendments_of(host)
    assert all(service.held.version().latest(node) == 2 for node in (BASE, RELAY))
    # What Seoul knows of the base is as of when that told of the end.
    assert service.versions.known()[BASE].version.latest(BASE) == 2
    assert service.versions.known()[BASE].as_of == RISES + 10 * MINUTE


def test_nothing_false_is_confirmed_meanwhile(watched: tuple[Days, Seen]) -> None:
    """From before the storm until after it no mailbox says for certain what has not happened."""
    days, seen = watched
    assert seen.false == []
    assert len(days.arrived) > 5


def test_a_letter_into_the_unknown_storm_is_predicted_then_doubtful_then_confirmed(
    watched: tuple[Days, Seen],
) -> None:
    """Jay writes while Earth does not know yet: the arrival is predicted, becomes doubtful with the news, and
    is confirmed only once the receipt of the true arrival has crossed."""
    days, seen = watched
    knows = next(time for time in days.adopted[SEOUL] if time > FALLS)
    (letter,) = [view for view in days.views(SEOUL, JAY) if view.text == TEXT]
    came = days.arrived[letter.id]
    assert came > knows
    before = [certainty for time, certainty, _ in seen.jays if time < came + LIGHT]
    assert set(before) == {Certainty.PREDICTED}
    assert not any(doubtful for time, _, doubtful in seen.jays if time < knows)
    assert any(doubtful for time, _, doubtful in seen.jays if knows < time < came)
    assert seen.jays[-1][1] is Certainty.CONFIRMED
