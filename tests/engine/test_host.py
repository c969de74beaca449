"""A node and the application on it, driven as one step; and the record of a node."""

from __future__ import annotations

import pytest
from tests.engine.helpers import ROAD, SECOND, T, came, made, of, plan, traces
from tests.engine.office import POST, Office, host_of

from starlight.bundle import BundleFlags, ReasonCode, decode_report, payload_of
from starlight.dtntime import MILLISECOND
from starlight.engine.host import Host
from starlight.engine.node import Node
from starlight.engine.record import Recorder, replay
from starlight.errors import InputError, StoreError
from starlight.node.actions import Acknowledge, Forget, Persist, Trace, Transmit
from starlight.node.application import (
    ChangePlan,
    Claim,
    DataUnit,
    Declined,
    Request,
    Save,
    Say,
    Submit,
    Take,
    Unclaim,
    Untaken,
    Withdraw,
)
from starlight.node.config import NodeConfig
from starlight.node.events import LinkUp, PlanChanged, Restored, Wakeup
from starlight.node.trace_events import BundleExpired
from starlight.trace import Record


def test_what_an_application_keeps_is_committed_with_what_the_engine_keeps() -> None:
    """A letter is either wholly accepted or not at all: its record is in the same step."""
    host, office = host_of(1)
    office.answers["accepted"] = [Save("jay", "letter/1", b"queued")]
    office.answers["departed"] = [Save("jay", "letter/1", b"departed")]
    step = host.ask([Save("jay", "letter/1", b"written"), POST], T)
    assert [type(write).__name__ for write in step.writes] == ["Save", "Persist", "Save"]
    (name, token, _, leaves, arrives, now) = office.told[-1]
    assert (name, token, leaves, now) == ("accepted", "letter/1", T, T)
    assert isinstance(arrives, int)
    step = host.step([LinkUp(2)], T)
    assert [type(write).__name__ for write in step.writes] == ["Update", "Save"]
    assert len(of(step.outward, Transmit)) == 1


def test_a_delivery_is_forgotten_in_the_step_in_which_it_is_kept() -> None:
    """The engine lets go of a bundle in the same commit in which the application keeps its content."""
    host, office = host_of(3)
    host.step([Claim("ipn:3.1")], T)
    office.answers["delivered"] = [Save("nan", "came/1", b"words")]
    step = host.step([came(made())], T)
    assert ("delivered", "ipn:3.1", "ipn:9.1", b"words", T) in office.told
    assert [type(write) for write in step.writes] == [Persist, Save, Forget]
    assert len(of(step.outward, Acknowledge)) == 1


def test_what_an_application_does_not_hold_yet_stays_until_it_takes_it() -> None:
    """Nothing is let go of, or reported delivered, before the application has asked to take it."""
    host, office = host_of(3)
    host.step([Claim("ipn:3.1")], T)
    office.answers["delivered"] = [Untaken()]
    step = host.step([came(made())], T)
    assert [type(write) for write in step.writes] == [Persist]
    assert "bundle.delivered" not in traces(step.outward)
    (key,) = host.node.stored
    step = host.ask([Take((key,))], T)
    assert [type(write) for write in step.writes] == [Forget]
    assert "bundle.delivered" in traces(step.outward)
    assert not host.node.stored


def test_all_fragments_of_a_unit_that_is_taken_later_count_as_delivered() -> None:
    """Each of them is delivered, reported and known afterwards, as of a unit that is taken at once."""
    host, office = host_of(3)
    host.step([Claim("ipn:3.1")], T)
    office.answers["delivered"] = [Untaken()]
    parts = [made(payload=b"wor", fragment=(0, 5)), made(payload=b"ds", fragment=(3, 5))]
    host.step([came(part) for part in parts], T)
    keys = tuple(host.node.stored)
    step = host.ask([Take(keys)], T)
    assert traces(step.outward).count("bundle.delivered") == len(keys) == 2
    assert not host.node.stored


def test_an_application_is_told_when_a_data_unit_was_created() -> None:
    """The creation time of the bundle, which its source may not know, comes with the payload."""
    units: list[DataUnit] = []

    class Keeps(Office):
        def delivered(self, unit: DataUnit, now: int) -> list[Request]:
            units.append(unit)
            return []

    host = Host(Node(NodeConfig(3, ROAD)), Keeps(), lambda key: b"")
    host.step([Claim("ipn:3.1")], T)
    host.step([came(made()), came(made(zero_time=True, sequence=7, age_ms=0))], T)
    known, unknown = units
    assert known.created is not None
    assert known.key == f"ipn:9.1/{known.created // MILLISECOND}/0"
    assert (unknown.created, unknown.key) == (None, "ipn:9.1/0/7")


def test_an_application_can_put_a_plan_in_force() -> None:
    """The engine adopts it in the same step, and the application is told as of any other new plan."""
    host, office = host_of(1)
    host.ask([ChangePlan(plan())], T)
    assert host.node.plan == plan()
    assert ("plan_changed", T) in office.told


def test_fragments_reach_the_application_as_one() -> None:
    """The application is given the whole data unit."""
    host, office = host_of(3)
    host.step([Claim("ipn:3.1")], T)
    parts = [made(payload=b"wor", fragment=(0, 5)), made(payload=b"ds", fragment=(3, 5))]
    host.step([came(part) for part in parts], T)
    assert ("delivered", "ipn:3.1", "ipn:9.1", b"words", T) in office.told


def test_fragments_that_contradict_each_other_are_traced_and_dropped() -> None:
    """Fragments whose totals differ can't become whole by waiting."""
    host, office = host_of(3)
    host.step([Claim("ipn:3.1")], T)
    parts = [made(payload=b"wor", fragment=(0, 9)), made(payload=b"ds", fragment=(3, 5))]
    step = host.step([came(part) for part in parts], T)
    assert "bundle.unreadable" in traces(step.outward)
    assert not host.node.stored
    assert not [call for call in office.told if call[0] == "delivered"]


def test_requests_of_every_kind_are_taken() -> None:
    """The engine's events Submit, Withdraw, Claim and Unclaim, and Save and Say for the driver."""
    host, office = host_of(1, plan())
    record = Record(T, 1, BundleExpired("any"))
    step = host.ask([Claim("ipn:1.1"), Unclaim("ipn:1.1"), POST, Say(record)], T)
    assert Trace(record) in step.outward
    (key,) = host.node.stored
    host.ask([Withdraw(key), Withdraw(key)], T)
    assert ("withdrawn", key, T) in office.told
    assert ("not_withdrawn", key, T) in office.told
    with pytest.raises(TypeError, match="no request"):
        host.ask([object()], T)  # type: ignore[list-item]  # none of the requests


def test_a_post_that_asks_for_reports_has_them_sent_to_its_node() -> None:
    """Reports come back to the node's own administrative endpoint."""
    host, _ = host_of(1)
    host.ask([Submit("t", "ipn:1.1", "ipn:3.1", b"x", 1000, flags=0x20000), POST], T)
    assert [stored.meta.report_to for stored in host.node.stored.values()] == ["ipn:1.0", "dtn:none"]


def test_the_application_is_told_of_rejections_expiry_plans_and_time() -> None:
    """Everything that happens to what it posted, and what it waits for."""
    host, office = host_of(1, plan())
    host.ask([Submit("t", "ipn:2.1", "ipn:3.1", b"x", 1000)], T)
    assert office.told[-1][:2] == ("rejected", "t")
    host.ask([POST], T)
    (key,) = host.node.stored
    host.step([PlanChanged(plan(version=2))], T)
    assert office.told[-1] == ("plan_changed", T)
    office.due = T + SECOND
    assert host.next_wakeup() == T + SECOND
    office.answers["handle_timer"] = [Say(Record(T, 1, BundleExpired("any")))]
    assert traces(host.step([], T + SECOND).outward) == ["bundle.expired"]
    end = T + 86_400 * SECOND
    assert host.next_wakeup() == end
    host.step([], end)
    assert ("expired", key, "lifetime expired", end) in office.told


def test_a_host_without_application_only_passes_on() -> None:
    """A relay has nobody on it."""

    def body(key: str) -> bytes:
        raise AssertionError(key)

    host = Host(Node(NodeConfig(2, ROAD)), None, body)
    host.resume([], T)
    step = host.step([LinkUp(3), came(made())], T)
    assert len(of(step.outward, Transmit)) == 1


def recorded() -> list[str]:
    """Return the record of a few events."""
    lines: list[str] = []
    config = NodeConfig(3, ROAD, names={"mars": 3})
    recorder, node = Recorder(config, lines.append), Node(config)
    for event in (Claim("ipn:3.1"), came(made()), Wakeup(), PlanChanged(plan(version=4))):
        recorder(T, event, node.handle(event, T))
    return lines


def test_a_record_is_replayed() -> None:
    """A recorded run replays in virtual time, bit for bit."""
    assert replay(recorded()) == (4, [])


def test_a_record_may_be_cut_off_by_a_crash() -> None:
    """The last line of a record may be half a line."""
    lines = recorded()
    assert replay([*lines, lines[1][:20]]) == (4, [])


@pytest.mark.parametrize(
    ("lines", "where"),
    [
        ([], ""),
        (["nonsense"], "line 1"),
        (['{"starlight_record": 9, "config": {"number": 1}}'], "line 1"),
        ([recorded()[0], "nonsense", recorded()[1]], "line 2"),
    ],
)
def test_what_is_no_record_is_an_input_error(lines: list[str], where: str) -> None:
    """An error names the line."""
    with pytest.raises(InputError) as caught:
        replay(lines)
    assert caught.value.where == where


def test_a_difference_names_its_line_and_what_was_answered() -> None:
    """The first differences are told with line numbers."""
    lines = recorded()
    del lines[1]  # nobody claims: then nothing is delivered
    differences = replay(lines).differences
    assert differences[0].line == 2
    assert "recorded Persist, Acknowledge, Trace, Deliver" in str(differences[0])


def test_an_unreadable_body_is_traced_and_stays() -> None:
    """What the store can't read now is not said to be delivered; a start is not stopped by it."""

    def body(key: str) -> bytes:
        raise StoreError(f"the body of {key} is damaged")

    first, _ = host_of(3)
    (persist,) = of(first.step([came(made())], T).writes, Persist)
    office = Office()
    office.answers["resume"] = [Claim("ipn:3.1")]
    host = Host(Node(NodeConfig(3, ROAD)), office, body)
    step = host.resume([Restored(persist.key, persist.meta)], T)
    assert "bundle.unreadable" in traces(step.outward)
    assert not step.writes
    assert list(host.node.stored) == [persist.key]
    assert not [call for call in office.told if call[0] == "delivered"]


def test_what_an_application_declines_is_deleted_and_never_reported_delivered() -> None:
    """Its node lets go of it, reports the deletion with the reason, and does not take it again."""
    host, office = host_of(3)
    host.step([Claim("ipn:3.1")], T)
    office.answers["delivered"] = [Declined(ReasonCode.BLOCK_UNINTELLIGIBLE), Save("nan", "refused/0", b"x")]
    asks = BundleFlags.REPORT_DELIVERY | BundleFlags.REPORT_DELETION
    step = host.step([came(made(flags=asks))], T)
    assert "bundle.declined" in traces(step.outward)
    assert "bundle.delivered" not in traces(step.outward)
    assert [type(write) for write in step.writes] == [Persist, Save, Forget, Persist]
    (report,) = host.node.stored
    written = next(write for write in of(step.writes, Persist) if write.key == report)
    told = decode_report(payload_of(written.data))
    assert (told.deleted.asserted, told.delivered.asserted, told.received.asserted) == (True, False, False)
    assert told.reason == ReasonCode.BLOCK_UNINTELLIGIBLE
    again = host.step([came(made(flags=asks))], T)
    assert again.writes == []
    assert [name for name, *_ in office.told].count("delivered") == 1


def test_a_unit_in_fragments_is_declined_whole() -> None:
    """None of its fragments counts as delivered, and what was left for later may be declined as well."""
    host, office = host_of(3)
    host.step([Claim("ipn:3.1")], T)
    office.answers["delivered"] = [Declined()]
    parts = [made(payload=b"wor", fragment=(0, 5)), made(payload=b"ds", fragment=(3, 5))]
    step = host.step([came(part) for part in parts], T)
    assert traces(step.outward).count("bundle.declined") == 2
    assert "bundle.delivered" not in traces(step.outward)
    assert not host.node.stored
