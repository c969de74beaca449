"""A call for help in a rehearsal, through a storm: the first to leave, again until a person answers."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import pytest
from msgspec.structs import replace

from starlight import dtntime
from starlight.dtntime import DAY, HOUR, MINUTE
from starlight.engine.node import Node
from starlight.messages.distress import OwnCall
from starlight.messages.letter import DistressState
from starlight.messages.trace_events import CallRepeated, LetterArrived
from starlight.node.bundle_state import BundleState
from starlight.node.stored import Meta, Stored, identity_of_key
from starlight.node.trace_events import BundleSent
from starlight.rehearsal.outcome import RehearsalReport
from starlight.rehearsal.rehearsal import Rehearsal, office_of
from starlight.routing import Route, RouteRequest
from starlight.scenario.happenings import DistressSpec
from starlight.scenario.kernels import open_sky
from starlight.scenario.reading import load
from starlight.scenario.scenario import GroupSpec
from starlight.trace import Record, TraceEvent

NAN_YOUNG, JAY, CONTROL, BASE, SEOUL = "nan-young@base", "jay@seoul", "control@seoul", 20, 10
RAISED = dtntime.from_text("2051-04-08T06:00:00Z")
STORM_ENDS = dtntime.from_text("2051-04-09T18:00:00Z")
CALL = DistressSpec(
    at="2051-04-08T06:00:00Z",
    from_=NAN_YOUNG,
    to=[JAY, "Mission"],
    text="The hatch does not open.",
    answered_by=JAY,
    answered_after_min=40.0,
)


class Storm(NamedTuple):
    """The days of the storm, with a call in them.

    Attributes:
        run: the rehearsal.
        report: of it.
        records: what was traced of letters, calls and transmissions.
    """

    run: Rehearsal
    report: RehearsalReport
    records: list[Record]

    def of(self, kind: type[TraceEvent], node: int) -> list[Record]:
        """Return the records of a kind at a node."""
        return [each for each in self.records if isinstance(each.event, kind) and each.node == node]


def lived(call: DistressSpec) -> Storm:
    """Live through the storm with a call."""
    group = GroupSpec("Mission", [NAN_YOUNG, CONTROL])
    scenario = load("lost-in-starlight")
    scenario = replace(scenario, distress=[call], group=[*scenario.group, group])
    start, end = dtntime.from_text("2051-04-08T05:00:00Z"), dtntime.from_text("2051-04-10T02:00:00Z")
    run = Rehearsal(scenario, open_sky(), start, end)
    records: list[Record] = []
    take = run.world.trace
    assert take is not None

    def both(record: Record) -> None:
        take(record)
        if isinstance(record.event, BundleSent | CallRepeated | LetterArrived):
            records.append(record)

    run.world.trace = both
    return Storm(run, run.run(), records)


@pytest.fixture(scope="module")
def storm() -> Storm:
    """Live through it once."""
    return lived(CALL)


def own_of(storm: Storm) -> OwnCall:
    host = storm.run.world.host(BASE)
    assert host is not None
    own = office_of(host).mailbox(storm.run.scenario.address(NAN_YOUNG)).calls.own
    assert own is not None
    return own


def test_a_call_in_a_storm_keeps_all_that_is_promised_of_it(storm: Storm) -> None:
    """Nothing less urgent left before it, no copy was hasty, nothing is lost or shown twice."""
    assert storm.report.errors == []
    assert storm.report.shown_twice == storm.report.lost == 0


def test_a_call_waits_once_in_the_storm_and_is_repeated_until_the_answer_is_known(storm: Storm) -> None:
    """Until the first has left no copies pile up; then they follow each other until Jay's answer is there."""
    own = own_of(storm)
    assert own.state is DistressState.ACKNOWLEDGED
    assert own.acknowledged is not None
    assert own.acknowledged.by == storm.run.scenario.address(JAY)
    times = [each.time for each in storm.of(CallRepeated, BASE)]
    assert times
    assert all(first_out(storm) < at < own.acknowledged.known_at for at in times)
    assert len(times) == own.repeats
    assert all(later - before >= 5 * MINUTE for before, later in pairwise(times))


def carries_a_call(storm: Storm, sent: BundleSent) -> bool:
    """Tell whether what was sent is a bundle of the call, or a copy of one."""
    return identity_of_key(sent.bundle) in storm.run.calls.bundles


def first_out(storm: Storm) -> int:
    """Return when the base first sends the call, in ns."""
    sent = [each.event for each in storm.of(BundleSent, BASE) if isinstance(each.event, BundleSent)]
    return next(each.leaves for each in sent if carries_a_call(storm, each))


def test_a_call_that_waits_in_the_storm_takes_a_link_that_the_plan_gets_meanwhile(storm: Storm) -> None:
    """Its copies wait for relays that are away until the storm ends; a new dish is there on that day."""
    assert RAISED + 3 * HOUR < first_out(storm) < RAISED + 6 * HOUR
    assert first_out(storm) < STORM_ENDS - DAY


def test_a_call_is_the_first_to_leave_over_each_neighbour(storm: Storm) -> None:
    """From when it is raised, nothing at all leaves before it over the new dishes and over the relay."""
    first: dict[int, BundleSent] = {}
    for each in storm.of(BundleSent, BASE):
        if isinstance(each.event, BundleSent) and each.time >= RAISED:
            first.setdefault(each.event.peer, each.event)
    assert len(first) >= 3
    assert all(carries_a_call(storm, sent) for sent in first.values())


def test_each_of_those_called_sees_each_letter_once(storm: Storm) -> None:
    """However many copies came, each mailbox has one letter of the call."""
    letters = {each.letter: each.to for each in own_of(storm).letters}
    address = storm.run.scenario.address
    assert list(letters.values()) == [address(JAY), address(CONTROL)]  # of the group all but the caller
    came = [
        each.event.letter for each in storm.of(LetterArrived, SEOUL) if isinstance(each.event, LetterArrived)
    ]
    assert sorted(each for each in came if each in letters) == sorted(letters)


def test_what_goes_against_the_promises_is_found(storm: Storm) -> None:
    """A copy after the answer, one too soon, and something less urgent that left first are told each."""
    own, calls = own_of(storm), storm.run.calls
    caller, at = storm.run.scenario.address(NAN_YOUNG), storm.run.end
    found = len(calls.missteps)
    calls.take(Record(at, BASE, CallRepeated(caller, own.call, 99, 1)))
    calls.take(Record(at + MINUTE, BASE, CallRepeated(caller, own.call, 100, 1)))
    told = [each.text for each in calls.missteps[found:]]
    assert sum("though it is acknowledged" in each for each in told) == 2
    assert sum("so soon after" in each for each in told) == 1
    host = storm.run.world.host(BASE)
    assert host is not None
    other = put_in(host.node, "ipn:20.5/1/1", critical=False)
    waiting = put_in(host.node, min(calls.bundles), critical=True)
    assert waiting.route is not None
    hop = waiting.route.hops[0]
    peer = hop.contact.to_node
    sent = BundleSent(other.key, hop.contact.id, hop.leaves, hop.last_byte, peer, hop.arrives)
    calls.take(Record(at, BASE, sent))
    assert calls.missteps[-1].what == "overtaken"
    assert other.key in calls.missteps[-1].text


def put_in(node: Node, key: str, *, critical: bool) -> Stored:
    """Put a bundle into a node's index that waits for the first contact of a route to Seoul."""
    route = node.router.route(RouteRequest(BASE, SEOUL, STORM_ENDS + DAY, 500))
    assert isinstance(route, Route)
    ends = ("ipn:20.1", "ipn:10.2", "dtn:none")
    stored = Stored(key, Meta(0, 0, 2**62, 500, *ends, 0, (1, 1), 400, critical=critical), SEOUL)
    stored.state, stored.route = BundleState.QUEUED, route
    index = node.stored
    assert isinstance(index, dict)
    index[key] = stored
    return stored
