"""What a node does with bundles that come: keeps, hides, delivers, refuses, deletes, reports."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.bundle import wire
from tests.engine.helpers import (
    HOUR,
    ROAD,
    SECOND,
    Fixture,
    NodeLimits,
    T,
    came,
    contact,
    made,
    of,
    plan,
    traces,
)

from starlight import bundle as bp
from starlight.bundle.blocks import CanonicalBlock
from starlight.bundle.codec import replaced
from starlight.bundle.report import ReasonCode, StatusReport, decode_report
from starlight.engine.node import Node
from starlight.errors import StoreError
from starlight.node.actions import (
    Acknowledge,
    Action,
    Deliver,
    Forget,
    Persist,
    Refuse,
    Reported,
    Transmit,
)
from starlight.node.application import Claim, Unclaim
from starlight.node.config import NodeConfig
from starlight.node.events import (
    Delivered,
    PlanChanged,
    Restored,
    TransmissionAcknowledged,
    TransmissionFailed,
    Wakeup,
)
from starlight.node.stored import KNOWN_ON

FORWARD_REPORTS = 0x4000 | 0x10000 | 0x20000 | 0x40000 | 0x40


def key_of(data: bytes) -> str:
    return bp.decode(data).id


def test_a_bundle_is_persisted_before_it_is_acknowledged_and_sent_on() -> None:
    """Persist before you acknowledge, and before you transmit."""
    node = Fixture(2)
    kinds = [type(action) for action in node.handle(came(made()))]
    assert kinds.index(Persist) < kinds.index(Acknowledge) < kinds.index(Transmit)


def test_what_is_stored_is_what_will_be_sent_on() -> None:
    """The stored bytes name this node as the previous one, and count the hop."""
    node = Fixture(2)
    (persist,) = of(node.handle(came(made(hops=(64, 3)))), Persist)
    onward = bp.decode(persist.data)
    assert str(onward.previous_node) == "ipn:2.0"
    assert onward.hop_count == (64, 4)


@pytest.mark.parametrize("data", [b"", b"\x9f", b"\xff", b"garbage", bytes(1000), made()[:-1], made() + b"x"])
def test_bytes_that_are_no_bundle_are_refused(data: bytes) -> None:
    """Input from a peer can raise only the documented errors; here it is answered."""
    node = Fixture(2)
    actions = node.handle(came(data))
    assert of(actions, Refuse) == [Refuse(1, 7, "not acceptable")]
    assert traces(actions) == ["bundle.refused"]
    assert not node.bundles


@settings(deadline=None, derandomize=True, max_examples=150)
@given(st.integers(0, 200), st.binary(min_size=1, max_size=8))
def test_mutated_bundles_never_raise(position: int, patch: bytes) -> None:
    """Input from a peer never ends the process: each transfer is answered exactly once."""
    data = bytearray(made(flags=FORWARD_REPORTS))
    data[position : position + len(patch)] = patch
    node = Fixture(2)
    actions = node.handle(came(bytes(data)))
    assert len(of(actions, Acknowledge)) + len(of(actions, Refuse)) == 1


@settings(deadline=None, derandomize=True, max_examples=150)
@given(
    st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1)
)
def test_the_largest_numbers_never_raise(creation: int, sequence: int, lifetime: int, age: int) -> None:
    """Every number of a primary block may have 64 bits."""
    built = bp.build(
        bp.EndpointID.parse("ipn:9.1"), bp.EndpointID.parse("ipn:3.1"), b"x", creation=(creation, sequence),
        lifetime_ms=lifetime, age_ms=age, flags=FORWARD_REPORTS, report_to=bp.EndpointID.parse("ipn:1.0"),
    )  # fmt: skip
    node = Fixture(2)
    actions = node.handle(came(bp.encode(built)))
    assert len(of(actions, Acknowledge)) == 1
    node.restart(T).handle(Wakeup())
    for transmit in of(actions, Transmit):
        bp.with_age(node.bundles[transmit.key][0], transmit.age_ms or 0)


def test_a_duplicate_is_acknowledged_and_dropped() -> None:
    """Every receiver removes duplicates by bundle id."""
    node = Fixture(2, up=())
    node.handle(came(made()))
    actions = node.handle(came(made(), transfer=8))
    assert actions[0] == Acknowledge(1, 8)
    assert traces(actions) == ["bundle.duplicate"]


def test_a_bundle_is_hidden_until_light_brings_it() -> None:
    """The receiver commits and acknowledges at once, and hides the bundle until it would have arrived."""
    node = Fixture(3)
    node.handle(Claim("ipn:3.1"))
    actions = node.handle(came(made(), arrives=T + 300 * SECOND))
    assert of(actions, Acknowledge)
    assert not of(actions, Deliver)
    assert node.node.next_wakeup() == T + 300 * SECOND
    assert not of(node.handle(Wakeup(), T + 300 * SECOND - 1), Deliver)
    assert of(node.handle(Wakeup(), T + 300 * SECOND), Deliver)


def test_a_hidden_bundle_stays_hidden_after_a_restart() -> None:
    """A crash of the receiver neither loses what is in flight nor hastens it."""
    node = Fixture(3)
    node.handle(came(made(), arrives=T + 300 * SECOND))
    again = node.restart(T + 100 * SECOND)
    again.handle(Claim("ipn:3.1"), T + 100 * SECOND)
    assert again.states == ["HIDDEN"]
    assert of(again.handle(Wakeup(), T + 300 * SECOND), Deliver)


def test_a_hidden_bundle_is_not_sent_on_before_it_is_here() -> None:
    """A relay forwards what light has brought, not before."""
    node = Fixture(2)
    assert not of(node.handle(came(made(), arrives=T + SECOND)), Transmit)
    (transmit,) = of(node.handle(Wakeup(), T + SECOND), Transmit)
    assert transmit.leaves == T + SECOND


def test_a_duplicate_of_a_hidden_bundle_does_not_move_it() -> None:
    """The first to arrive counts."""
    node = Fixture(3)
    node.handle(Claim("ipn:3.1"))
    node.handle(came(made(), arrives=T + 300 * SECOND))
    node.handle(came(made(), transfer=8, arrives=T + 900 * SECOND))
    assert len(of(node.handle(Wakeup(), T + 300 * SECOND), Deliver)) == 1
    assert not of(node.handle(Wakeup(), T + 900 * SECOND), Deliver)


def test_what_nobody_has_claimed_waits_and_comes_in_order_of_arrival() -> None:
    """Claim delivers everything that waits, in the order in which light brought it, a restart or not."""
    node = Fixture(3)
    first, second, third = (made(sequence=n) for n in range(3))
    node.handle(came(third, arrives=T + 30 * SECOND))
    node.handle(came(first, arrives=T))
    node.handle(came(second, arrives=T + 20 * SECOND))
    node.handle(Wakeup(), T + 60 * SECOND)
    assert node.states == ["LOCAL"] * 3
    again = node.restart(T + HOUR)
    again.handle(Wakeup(), T + HOUR)
    delivered = of(again.handle(Claim("ipn:3.1"), T + HOUR), Deliver)
    assert [deliver.keys for deliver in delivered] == [(key_of(d),) for d in (first, second, third)]
    assert {deliver.source for deliver in delivered} == {"ipn:9.1"}


def test_a_delivered_bundle_is_forgotten_and_known_as_a_duplicate() -> None:
    """It is kept until an application holds it; its identity longer, over a restart too."""
    node = Fixture(3)
    node.handle(Claim("ipn:3.1"))
    (deliver,) = of(node.handle(came(made())), Deliver)
    assert node.bundles
    (forget,) = of(node.handle(Delivered(deliver.keys)), Forget)
    assert forget.remember_until == T + 86_400 * SECOND + KNOWN_ON
    assert not node.bundles
    for receiver in (node, node.restart(T + HOUR)):
        actions = receiver.handle(came(made(), transfer=8), T + HOUR)
        assert of(actions, Acknowledge)
        assert traces(actions) == ["bundle.duplicate"]


def test_a_delivery_that_was_not_confirmed_is_repeated_after_a_restart() -> None:
    """What no application said to hold is delivered again: the store still has it."""
    node = Fixture(3)
    node.handle(Claim("ipn:3.1"))
    (deliver,) = of(node.handle(came(made())), Deliver)
    again = node.restart(T)
    assert of(again.handle(Claim("ipn:3.1")), Deliver) == [deliver]


def test_an_unclaimed_endpoint_makes_letters_wait_again() -> None:
    """Unclaim: what is addressed to the endpoint waits again."""
    node = Fixture(3)
    node.handle(Claim("ipn:3.1"))
    node.handle(Unclaim("ipn:3.1"))
    assert not of(node.handle(came(made())), Deliver)
    assert of(node.handle(Claim("ipn:3.1")), Deliver)


def test_a_node_answers_to_its_name_too() -> None:
    """A dtn name that the configuration gives to this node is an endpoint here."""
    node = Fixture(3, names={"mars": 3})
    node.handle(Claim("dtn://mars/letters"))
    (deliver,) = of(node.handle(came(made(to="dtn://mars/letters"))), Deliver)
    assert deliver.endpoint == "dtn://mars/letters"


def test_fragments_are_delivered_as_a_whole_once_all_are_here() -> None:
    """Reassembly at the destination: fragments in order of offset, duplicates and overlaps allowed."""
    node = Fixture(3)
    node.handle(Claim("ipn:3.1"))
    parts = {offset: made(payload=b"x" * 40, fragment=(offset, 100)) for offset in (0, 30, 60)}
    assert not of(node.handle(came(parts[60])), Deliver)
    assert not of(node.handle(came(parts[0])), Deliver)
    assert not of(node.handle(came(parts[0])), Deliver)
    again = node.restart(T)
    again.handle(Claim("ipn:3.1"))
    (deliver,) = of(again.handle(came(parts[30])), Deliver)
    assert deliver.keys == tuple(key_of(parts[offset]) for offset in (0, 30, 60))
    again.handle(Delivered(deliver.keys))
    assert not again.bundles
    assert traces(again.handle(came(parts[30]))) == ["bundle.duplicate"]
    other = made(payload=b"x" * 50, fragment=(50, 100))
    assert traces(again.handle(came(other))) == ["bundle.duplicate"]


def test_too_large_a_bundle_is_refused() -> None:
    """Everything has a limit: the size of a bundle."""
    node = Fixture(2, limits=NodeLimits(bundle_bytes=500))
    assert of(node.handle(came(made(payload=bytes(1000)))), Refuse) == [Refuse(1, 7, "no resources")]


@pytest.mark.parametrize("limits", [NodeLimits(bundles=2), NodeLimits(store_bytes=250)])
def test_a_full_store_refuses(limits: NodeLimits) -> None:
    """Everything has a limit: what is stored. What is there stays."""
    node = Fixture(2, up=(), limits=limits)
    for sequence in range(2):
        assert of(node.handle(came(made(sequence=sequence))), Acknowledge)
    assert of(node.handle(came(made(sequence=2))), Refuse) == [Refuse(1, 7, "no resources")]
    assert len(node.bundles) == 2


def test_a_lifetime_ends_at_its_last_instant() -> None:
    """What light brings at the very instant at which its lifetime ends is deleted, and not delivered."""
    for early, delivered in ((0, 0), (1, 1)):
        node = Fixture(3)
        node.handle(Claim("ipn:3.1"))
        ends = T + 60 * SECOND
        at = ends - early  # its age when it was sent is all that it knows; light takes the rest
        data = made(lifetime_s=60, age_ms=60_000 if not early else 59_999)
        actions = node.handle(came(data, arrives=at), at)
        assert len(of(actions, Deliver)) == delivered
        assert ("bundle.deleted" in traces(actions)) == (not delivered)


def test_an_expired_bundle_is_not_stored() -> None:
    """A bundle whose lifetime has ended by its age is deleted (RFC 9171, 5.5)."""
    node = Fixture(2)
    actions = node.handle(came(made(lifetime_s=99, age_ms=100_000)))
    assert of(actions, Acknowledge)
    assert not node.bundles
    assert traces(actions) == ["bundle.deleted"]


def test_a_bundle_expires_in_the_store() -> None:
    """It is kept until its lifetime has ended, and is then the next deadline."""
    node = Fixture(2, up=())
    node.handle(came(made(lifetime_s=50)))
    assert node.node.next_wakeup() == T + 50 * SECOND
    assert traces(node.handle(Wakeup(), T + 50 * SECOND)) == ["bundle.expired"]
    assert not node.bundles
    assert node.node.next_wakeup() in (None, T + 10 * HOUR + 1)


def test_the_hop_limit_deletes() -> None:
    """A bundle whose hop count exceeds its hop limit is deleted (RFC 9171, 4.4.3)."""
    node = Fixture(2)
    actions = node.handle(came(made(hops=(5, 5), flags=0x40000)))
    assert of(actions, Acknowledge)
    assert "bundle.deleted" in traces(actions)
    assert [report.reason for report in reports_in(actions)] == [ReasonCode.HOP_LIMIT_EXCEEDED]


def test_a_bundle_without_clock_ages() -> None:
    """A bundle whose creation time is zero lives by its age; light time counts (RFC 9171, 4.4.2)."""
    node = Fixture(2, plan(contact(3, 2, 3, 100, 200 * SECOND, light_s=10.0)))
    node.handle(came(made(zero_time=True, age_ms=5_000, lifetime_s=86_400, sequence=1)))
    (transmit,) = of(node.handle(Wakeup(), T + 100), Transmit)
    assert transmit.age_ms == 5_000 + (transmit.reaches - T) // 1_000_000
    assert next(iter(node.node.stored.values())).meta.expires == T + (86_400 - 5) * SECOND


def test_anonymous_bundles_are_told_apart_by_content() -> None:
    """A bundle of dtn:none has no unique identity (RFC 9171, 4.2.3); two of them are not one."""
    node = Fixture(3)
    for payload in (b"one", b"two", b"two"):
        node.handle(came(made(source="dtn:none", report_to="dtn:none", payload=payload)))
    assert len(node.bundles) == 2


def reports_in(actions: Sequence[Action]) -> list[StatusReport]:
    """Return the status reports among what is persisted."""
    bundles = [bp.decode(persist.data) for persist in of(actions, Persist)]
    return [decode_report(b.payload) for b in bundles if b.is_admin]


def statuses(actions: Sequence[Action]) -> list[str]:
    return [name for report in reports_in(actions) for name, _ in report.assertions]


def test_status_reports_are_made_when_asked_for() -> None:
    """Reception, forwarding, delivery and deletion are reported, with the time, if the bundle asks."""
    back = plan(*ROAD.contacts, contact(11, 2, 9), contact(12, 3, 2), contact(13, 9, 2))
    data = made(flags=FORWARD_REPORTS)
    relay = Fixture(2, back, up=(1, 3, 9))
    actions = relay.handle(came(data))
    (received,) = reports_in(actions)
    assert statuses(actions) == ["received"]
    assert received.received.time_ms == T // 1_000_000
    assert received.subject_id == key_of(data)
    end = Fixture(3, back)
    end.handle(came(data))
    (deliver,) = of(end.handle(Claim("ipn:3.1")), Deliver)
    assert statuses(end.handle(Delivered(deliver.keys))) == ["delivered"]
    deaf = Fixture(2, back, up=())
    deaf.handle(came(made(flags=0x40000, lifetime_s=60)))
    assert statuses(deaf.handle(Wakeup(), T + HOUR)) == ["deleted"]


def test_forwarding_is_reported_when_the_next_hop_has_it() -> None:
    """The forwarding report says that the next hop has taken it over."""
    relay = Fixture(2)
    data = made(flags=0x10000)
    relay.handle(came(data))
    actions = relay.handle(TransmissionAcknowledged(key_of(data), 3, T + SECOND), T + SECOND)
    assert statuses(actions) == ["forwarded"]


def test_a_reception_is_reported_once_over_a_restart() -> None:
    """A restart does not repeat a report."""
    node = Fixture(2, up=())
    assert statuses(node.handle(came(made(flags=0x4000)))) == ["received"]
    assert statuses(node.restart(T).handle(Wakeup())) == []


def test_there_are_no_reports_about_reports() -> None:
    """No status report is made about an administrative record (RFC 9171, 6.1.1), so none can storm."""
    node = Fixture(2, up=())
    actions = node.handle(came(made(flags=0x02, payload=b"\x82\x01\x80", lifetime_s=60)))
    actions += node.handle(Wakeup(), T + HOUR)
    assert len(of(actions, Persist)) == 1


def test_a_block_that_cant_be_processed_is_treated_as_its_flags_say() -> None:
    """Report, delete or discard, as the block's flags say (RFC 9171, 5.6, step 4)."""
    node = Fixture(2)
    actions = node.handle(came(made(private=0x02)))
    (report,) = reports_in(actions)
    assert report.reason == ReasonCode.BLOCK_UNSUPPORTED
    assert report.received.asserted
    node = Fixture(2)
    actions = node.handle(came(made(private=0x04, flags=0x40000)))
    assert "bundle.deleted" in traces(actions)
    assert [report.reason for report in reports_in(actions)] == [ReasonCode.BLOCK_UNSUPPORTED]
    for flags, kept in ((0x00, True), (0x10, False)):
        (persist,) = of(Fixture(2).handle(came(made(private=flags))), Persist)
        assert (b"private" in persist.data) is kept


def test_two_reception_reports_where_two_are_asked_for() -> None:
    """Step 2 reports the reception, step 4 each kind of thing that a block asks about (RFC 9171, 5.6).

    Several blocks that ask have one report together: it names no block, so more would say no more.
    """
    node = Fixture(2, up=())
    one = CanonicalBlock(201, 8, 0x02, 2, b"another")
    asking = bp.decode(made(private=0x02, flags=0x4000))
    data = bp.encode(replaced(asking, (one, *asking.blocks)))
    reports = reports_in(node.handle(came(data)))
    assert [report.reason for report in reports] == [0, ReasonCode.BLOCK_UNSUPPORTED]
    assert all(report.received.asserted for report in reports)
    assert reports_in(node.restart(T).handle(Wakeup())) == []


def test_what_is_deleted_at_reception_was_received_all_the_same() -> None:
    """The reception report of step 2 precedes a deletion by step 4, or for another reason."""
    reports = reports_in(Fixture(2).handle(came(made(private=0x06, flags=0x44000))))
    assert [(report.assertions[0][0], report.reason) for report in reports] == [
        ("received", 0),
        ("received", ReasonCode.BLOCK_UNSUPPORTED),
        ("deleted", ReasonCode.BLOCK_UNSUPPORTED),
    ]
    reports = reports_in(Fixture(2).handle(came(made(hops=(1, 1), flags=0x44000))))
    assert [(report.assertions[0][0], report.reason) for report in reports] == [
        ("received", 0),
        ("deleted", ReasonCode.HOP_LIMIT_EXCEEDED),
    ]


def mangled(data: bytes) -> bytes:
    """Return a bundle with a flipped bit in its payload, which its CRC shows."""
    at = data.rindex(b"words")
    return data[:at] + b"w\xefrds" + data[at + 5 :]


@pytest.mark.parametrize("spoil", [mangled, lambda data: data[:-1], lambda data: data + b"x"])
def test_the_deletion_of_an_unintelligible_bundle_is_reported(spoil: Callable[[bytes], bytes]) -> None:
    """If any block is malformed or its CRC differs: "Block unintelligible" (RFC 9171, 5.6, step 3)."""
    data = spoil(made(flags=0x44000))
    node = Fixture(2, up=())
    actions = node.handle(came(data))
    assert of(actions, Refuse) == [Refuse(1, 7, "not acceptable")]
    reports = reports_in(actions)
    assert [(report.assertions[0][0], report.reason) for report in reports] == [
        ("received", 0),
        ("deleted", ReasonCode.BLOCK_UNINTELLIGIBLE),
    ]
    assert {report.subject_id for report in reports} == {key_of(made())}
    assert len(node.bundles) == 2
    assert reports_in(Fixture(2).handle(came(spoil(made())))) == []


def test_nothing_is_reported_about_what_is_not_certain() -> None:
    """A primary block that is damaged, or has no CRC; a fragment of unknown length; a bundle held whole."""
    sent = bytearray(mangled(made(flags=0x44000)))
    sent[10] ^= 1
    assert reports_in(Fixture(2).handle(came(bytes(sent)))) == []
    part = mangled(made(flags=0x44000, fragment=(0, 9)))
    assert reports_in(Fixture(2).handle(came(part))) == []
    data = bp.decode(made(flags=0x44000))
    bare = msgspec.structs.replace(data.primary, crc_type=0, start=0, end=0)
    assert reports_in(Fixture(2).handle(came(bp.encode(msgspec.structs.replace(data, primary=bare))))) == []
    node = Fixture(2, up=())
    node.handle(came(made(flags=0x44000)))
    assert reports_in(node.handle(came(mangled(made(flags=0x44000))))) == []


def test_a_node_may_make_no_reports() -> None:
    """Reports are a node's choice (RFC 9171, 5.1)."""
    node = Fixture(2, reports=False)
    assert statuses(node.handle(came(made(flags=FORWARD_REPORTS)))) == []


def test_a_report_that_comes_back_is_told() -> None:
    """A status report about a bundle submitted here goes to the application, and is forgotten."""
    source = Fixture(1)
    actions = source.submit(flags=0x4000 | 0x40, report_to="ipn:1.0")
    (submitted,) = of(actions, Persist)
    relay = Fixture(2)
    answer = relay.handle(came(submitted.data), T + SECOND)
    (report,) = [p for p in of(answer, Persist) if bp.decode(p.data).is_admin]
    actions = source.handle(came(report.data, peer=2, arrives=T + 400 * SECOND), T + 2 * SECOND)
    assert not of(actions, Reported)
    actions = source.handle(Wakeup(), T + 400 * SECOND)
    assert of(actions, Reported) == [
        Reported(submitted.key, "ipn:2.0", "received", (T + SECOND) // 1_000_000 * 1_000_000, 0)
    ]
    assert report.key not in source.bundles


def test_a_record_that_is_no_report_is_deleted() -> None:
    """An administrative record that can't be read is traced and dropped."""
    node = Fixture(3)
    actions = node.handle(came(made(to="ipn:3.0", flags=0x02, payload=b"\x82\x18\x63\x00")))
    assert of(actions, Acknowledge)
    assert traces(actions) == ["bundle.deleted"]


def test_a_retransmission_after_a_lost_acknowledgement_is_not_sent_on_twice() -> None:
    """A copy with the hop count of the one that was handed on is a duplicate."""
    node = Fixture(2)
    node.handle(came(made(hops=(64, 1))))
    node.handle(TransmissionAcknowledged(key_of(made()), 3, T), T)
    assert traces(node.handle(came(made(hops=(64, 1)), transfer=8))) == ["bundle.duplicate"]


@pytest.mark.parametrize("hidden", [False, True])
def test_a_bundle_that_comes_back_is_taken_again(hidden: bool) -> None:
    """A copy that has come further than the one handed on may be the only one left: it is kept."""
    node = Fixture(2)
    node.handle(came(made(hops=(64, 1))))
    node.handle(TransmissionAcknowledged(key_of(made()), 3, T + HOUR if hidden else T), T)
    assert node.states == (["HANDED"] if hidden else [])
    actions = node.handle(came(made(hops=(64, 3)), peer=3, transfer=8), T + SECOND)
    assert of(actions, Persist)
    assert of(actions, Acknowledge)
    assert len(node.node.stored) == 1
    node.handle(Wakeup(), T + 2 * HOUR)
    assert len(node.node.stored) == 1  # the old acknowledgement does not let go of the new copy


def test_a_copy_that_crosses_its_own_answer_is_taken_later() -> None:
    """A copy from the peer whose answer is still out is refused for now: to keep neither would lose it."""
    node = Fixture(2)
    node.handle(came(made(hops=(64, 1))))
    actions = node.handle(came(made(hops=(64, 3)), peer=3, transfer=8))
    assert of(actions, Refuse) == [Refuse(3, 8, "no resources")]
    node.handle(TransmissionFailed(key_of(made()), 3, "cut"), T + SECOND)
    assert of(node.handle(came(made(hops=(64, 3)), peer=3, transfer=9), T + SECOND), Persist)


def test_a_bundle_that_keeps_coming_back_rests_longer_each_time() -> None:
    """Nodes whose plans disagree do not pass a bundle to and fro at the speed of the link."""
    node = Fixture(2)
    now, waits = T, []
    for turn in range(6):
        actions = node.handle(came(made(hops=(255, 2 * turn)), peer=3, transfer=turn, arrives=now), now)
        while not (sent := of(actions, Transmit)):
            due = node.node.next_wakeup()
            assert due is not None
            actions = node.handle(Wakeup(), due)
        waits.append((sent[0].leaves - now) // SECOND)
        now = sent[0].leaves
        node.handle(TransmissionAcknowledged(sent[0].key, 3, now), now)
    assert waits == [0, 1, 2, 4, 8, 16]


def test_the_first_plan_may_be_empty() -> None:
    """Without a plan everything waits; a plan moves it."""
    node = Fixture(2, plan())
    node.handle(came(made()))
    assert node.states == ["WAITING"]
    assert of(node.handle(PlanChanged(ROAD)), Transmit)


def test_letters_that_nobody_claims_expire() -> None:
    """What waits for an application waits as long as its lifetime, and is gone from there then."""
    node = Fixture(3)
    node.handle(came(made(lifetime_s=50)))
    node.handle(came(made(sequence=1)))
    node.handle(came(made(payload=b"part", fragment=(0, 90), lifetime_s=50, sequence=2)))
    node.handle(Wakeup(), T + HOUR)
    assert len(node.bundles) == 1
    assert len(of(node.handle(Claim("ipn:3.1"), T + HOUR), Deliver)) == 1


def test_fragments_that_were_not_needed_are_dropped_with_the_others() -> None:
    """A fragment inside another takes no room once the whole was delivered."""
    node = Fixture(3)
    parts = [made(payload=b"x" * 20, fragment=(0, 60)), made(payload=b"x" * 10, fragment=(30, 60))]
    parts.append(made(payload=b"x" * 50, fragment=(10, 60)))
    for part in parts:
        node.handle(came(part))
    (deliver,) = of(node.handle(Claim("ipn:3.1")), Deliver)
    assert deliver.keys == (key_of(parts[0]), key_of(parts[2]))
    node.handle(Delivered(deliver.keys))
    assert not node.bundles


def test_a_record_in_the_store_that_is_not_ours_is_a_store_error() -> None:
    """The disk holds what we did not write."""
    node = Fixture(3)
    with pytest.raises(StoreError, match="not one of ours"):
        node.node.handle(Restored("ipn:1.1/1/1", b"nonsense"), T)


def test_claims_of_what_is_not_here_change_nothing() -> None:
    """Only endpoints of this node can be claimed, each once."""
    node = Fixture(3)
    for endpoint in ("ipn:3.1", "ipn:3.1", "ipn:4.1", "nonsense", "dtn:none"):
        assert node.handle(Claim(endpoint)) == []
    assert node.node.summary()["claims"] == ["ipn:3.1"]
    node.handle(Unclaim("nonsense"))
    assert node.handle(Delivered(("ipn:9.1/1/1",))) == []


def test_the_memory_of_identities_is_bounded() -> None:
    """Everything has a limit: of delivered bundles, the oldest is let go first."""
    node = Fixture(3, limits=NodeLimits(remembered=2))
    node.handle(Claim("ipn:3.1"))
    for sequence in range(3):
        (deliver,) = of(node.handle(came(made(sequence=sequence))), Deliver)
        node.handle(Delivered(deliver.keys))
    assert len(node.node._core.duplicates) == 2
    assert traces(node.handle(came(made(sequence=2)))) == ["bundle.duplicate"]
    assert of(node.handle(came(made(sequence=0))), Deliver)


def test_room_that_was_given_back_is_used_when_a_contact_ends() -> None:
    """What found every contact full is tried again when a contact ends and room was given back."""
    narrow = plan(
        contact(3, 2, 3, 0, SECOND),
        contact(4, 2, 3, HOUR, HOUR + SECOND, rate=8_000),
        contact(5, 3, 2),
    )
    node = Fixture(2, narrow, up=())
    node.handle(came(made(payload=bytes(700), lifetime_s=7200), transfer=1))
    assert node.states == ["QUEUED"]
    node.handle(Wakeup(), T + SECOND + 1)
    node.handle(came(made(payload=bytes(700), sequence=1), transfer=2), T + 2 * SECOND)
    assert node.states == ["QUEUED", "WAITING"]
    node.handle(Wakeup(), T + HOUR + SECOND + 1)
    assert node.states == ["WAITING", "WAITING"]


def test_a_peer_may_leave_out_the_crc_where_its_policy_says_so() -> None:
    """A bundle without a CRC in its primary block is refused (RFC 9171, 4.3.1), but from a peer that is known
    to send such."""
    data = wire.bundle(wire.primary(crc=0, to=b"\x82\x02\x82\x02\x01"), wire.PAYLOAD)
    arrives = bp.decode(data, bp.Policy(missing_primary_crc=True)).expires_at(T, None) - SECOND // 1_000
    config = NodeConfig(2, ROAD, without_crc=(1,))
    for peer, taken in ((1, True), (3, False)):
        answer = Node(config).handle(came(data, peer, arrives=arrives), arrives)
        assert bool(of(answer, Persist)) == taken
        assert bool(of(answer, Refuse)) != taken
