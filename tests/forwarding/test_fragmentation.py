"""Bundles that no route carries whole (CCSDS 734.3-B-1, 3.2.8.1.4 b; RFC 9171, 5.8)."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.engine.helpers import HOUR, SECOND, Fixture, NodeLimits, T, came, contact, made, of, plan, traces
from tests.engine.office import host_of

from starlight import bundle as bp
from starlight.bundle import BundleFlags, EndpointID
from starlight.bundle.blocks import CanonicalBlock
from starlight.bundle.fragmentation import overhead_bound, reassemble
from starlight.contacts.plan import ContactPlan
from starlight.forwarding import fragmentation as cutting
from starlight.forwarding.fragmentation import RELAY_BYTES
from starlight.node.actions import (
    Accepted,
    Acknowledge,
    Action,
    Deliver,
    Departed,
    Expired,
    Fetch,
    Forget,
    NotWithdrawn,
    Persist,
    Reported,
    Trace,
    Transmit,
    Withdrawn,
)
from starlight.node.application import Claim, Submit, Withdraw
from starlight.node.events import (
    Delivered,
    Fetched,
    PlanChanged,
    TransmissionAcknowledged,
    TransmissionFailed,
    Wakeup,
)
from starlight.node.trace_events import BundleFragmented, ReportMade
from starlight.routing import Fragment, Router, RouteRequest, split
from starlight.routing.fragments import MAX_FRAGMENTS

WORDS = bytes(range(256)) * 12_000  # 3 MB
LINK = contact(91, 2, 3), contact(92, 3, 2), contact(93, 2, 1)


def windows(*starts: int, seconds: float = 1.0, first: int = 1, version: int = 0) -> ContactPlan:
    """Return a plan in which node 1 hears of node 2 in windows of so many MB, and 2 of 3 always."""
    each = [
        contact(first + n, 1, 2, start, start + int(seconds * SECOND), light_s=10.0)
        for n, start in enumerate(starts)
    ]
    return plan(*each, *LINK, version=version)


FOUR = windows(HOUR, 2 * HOUR, 3 * HOUR, 4 * HOUR)


def extents_of(node: Fixture) -> list[tuple[int, int]]:
    """Return the offset and total length of each stored bundle, all of which are fragments."""
    extents = [stored.meta.fragment for stored in node.node.stored.values()]
    known = [extent for extent in extents if extent is not None]
    assert len(known) == len(extents)
    return known


def pieces_of(actions: Sequence[Action]) -> list[str]:
    """Return the keys of the pieces of the one bundle that was cut."""
    (cut,) = [a.record.event for a in of(actions, Trace) if isinstance(a.record.event, BundleFragmented)]
    return list(cut.pieces)


def bodies(node: Fixture) -> list[bytes]:
    return [data for data, _ in node.bundles.values()]


def run_to(node: Fixture, until: int, *, acknowledge: bool = True) -> list[Action]:
    """Let time pass, and let every transfer be acknowledged as it arrives."""
    actions: list[Action] = []
    flying: list[Transmit] = []
    while True:
        dues = [transmit.reaches for transmit in flying[:1]]
        due = min(dues + [due for due in (node.node.next_wakeup(),) if due is not None], default=until + 1)
        if due > until:
            return actions
        if dues == [due]:
            landed = flying.pop(0)
            step = node.handle(TransmissionAcknowledged(landed.key, landed.peer, due), due)
        else:
            step = node.handle(Wakeup(), due)
        actions += step
        flying += of(step, Transmit) if acknowledge else []
        flying.sort(key=lambda transmit: transmit.reaches)


def test_a_bundle_too_large_for_every_contact_is_cut_where_routing_says() -> None:
    """Proactive fragmentation: its pieces fill the contacts that there are, and are stored in its place."""
    node = Fixture(1, FOUR)
    actions = node.submit(payload=WORDS)
    (accepted,) = of(actions, Accepted)
    pieces = pieces_of(actions)
    assert len(pieces) == 4
    assert list(node.bundles) == pieces
    assert node.states == ["QUEUED"] * 4
    assert node.seen[accepted.key] == T
    assert reassemble(bodies(node)) == WORDS
    for stored in node.node.stored.values():
        assert stored.route is not None
        assert stored.meta.size == len(node.bundles[stored.key][0])
        assert stored.meta.own
    # The first three take all of their window but for what a longer way might add.
    sizes = [stored.meta.size for stored in node.node.stored.values()]
    assert all(1_000_000 - RELAY_BYTES - 20 <= size <= 1_000_000 for size in sizes[:3])


def test_the_application_knows_the_whole_and_what_becomes_of_it() -> None:
    """Accepted has the first leaving and the last arrival; it departs once, with the last to be there."""
    node = Fixture(1, FOUR)
    (accepted,) = of(node.submit(payload=WORDS), Accepted)
    actions = run_to(node, T + 9 * HOUR)
    sent = of(actions, Transmit)
    assert len(sent) == 4
    (departed,) = of(actions, Departed)
    assert accepted.key == departed.key == "/".join(sent[0].key.split("/")[:-1])
    assert accepted.leaves == departed.leaves == sent[0].leaves == T + HOUR
    assert departed.last_byte == sent[-1].last_byte
    assert departed.reaches == sent[-1].reaches
    assert accepted.arrives is not None
    assert accepted.arrives > departed.reaches > T + 4 * HOUR
    assert not node.bundles


def test_a_crash_leaves_the_whole_or_all_pieces() -> None:
    """The writes of the pieces and the end of the whole are of one step, the pieces first."""
    host, _ = host_of(1, FOUR)
    step = host.ask([Submit("t", "ipn:1.1", "ipn:3.1", WORDS, 86_400_000)], T)
    kinds = [type(write) for write in step.writes]
    assert kinds == [Persist] + [Persist] * 4 + [Forget]
    assert step.writes[-1].key == step.writes[0].key


def test_pieces_survive_a_restart() -> None:
    """Restored, they still are one bundle to the application."""
    node = Fixture(1, FOUR)
    (accepted,) = of(node.submit(payload=WORDS), Accepted)
    again = node.restart(T + SECOND)
    run_to(again, T + SECOND)
    assert again.states == ["QUEUED"] * 4
    actions = run_to(again, T + HOUR + 60 * SECOND)
    assert [action.key for action in of(actions, Departed)] == [accepted.key]
    late = again.restart(T + HOUR + 60 * SECOND)
    assert of(late.handle(Withdraw(accepted.key), T + HOUR + 60 * SECOND), NotWithdrawn)
    assert of(run_to(late, T + 9 * HOUR), Departed) == []
    assert not late.bundles


def test_all_pieces_are_taken_back_or_none() -> None:
    """Withdraw takes the whole; a piece is nothing that an application knows."""
    node = Fixture(1, FOUR)
    actions = node.submit(payload=WORDS)
    key = of(actions, Accepted)[0].key
    assert of(node.handle(Withdraw(pieces_of(actions)[1])), NotWithdrawn)
    assert of(node.handle(Withdraw(key)), Withdrawn) == [Withdrawn(key)]
    assert not node.bundles
    assert not node.node.stored
    assert of(node.submit(payload=WORDS), Accepted)[0].leaves == T + HOUR  # their room was given back


def test_it_expires_once() -> None:
    """When one piece has expired here, the whole has, and nobody is told again, after a restart neither."""
    node = Fixture(1, FOUR, up=())
    key = of(node.submit(payload=WORDS, lifetime_ms=5 * 3_600_000), Accepted)[0].key
    end = T + 5 * HOUR
    assert [a.key for a in of(run_to(node, end), Expired)] == [key]
    node = Fixture(1, FOUR)
    node.submit(payload=WORDS, lifetime_ms=5 * 3_600_000)
    sent = of(run_to(node, T + 4 * HOUR + 60 * SECOND, acknowledge=False), Transmit)
    assert len(sent) == 4
    node.handle(TransmissionFailed(sent[1].key, 2, "cut"), end)
    assert len(of(node.handle(TransmissionFailed(sent[0].key, 2, "cut"), end), Expired)) == 0
    again = node.restart(end)
    assert of(run_to(again, end + HOUR), Expired) == []


def test_what_must_not_be_fragmented_waits_whole() -> None:
    """RFC 9171, 4.2.3: "bundle must not be fragmented"."""
    node = Fixture(1, FOUR)
    actions = node.submit(payload=WORDS, flags=int(BundleFlags.MUST_NOT_FRAGMENT))
    assert of(actions, Fetch) == []
    assert node.states == ["WAITING"]
    assert of(actions, Accepted)[0].leaves is None


def test_what_does_not_even_go_in_pieces_waits_until_the_plan_has_room() -> None:
    """It is looked at again when the plan changes; then the letter that waits is cut."""
    node = Fixture(1, windows(HOUR, 2 * HOUR))
    actions = node.submit(payload=WORDS)
    assert of(actions, Fetch) == []
    assert node.states == ["WAITING"]
    actions = node.handle(PlanChanged(windows(HOUR, 2 * HOUR, 3 * HOUR, 4 * HOUR, version=1)))
    assert len(pieces_of(actions)) == 4
    assert of(actions, Accepted) == []


def test_room_that_is_given_back_is_taken_by_pieces() -> None:
    """A letter behind one that is withdrawn is looked at again when a contact closes."""
    node = Fixture(1, FOUR)
    first = of(node.submit(payload=WORDS), Accepted)[0].key
    second = of(node.submit(payload=WORDS[:2_500_000]), Accepted)[0]
    assert second.leaves is None
    node.handle(Withdraw(first))
    node.submit(payload=b"small")
    actions = run_to(node, T + HOUR + 60 * SECOND)
    assert len(pieces_of(actions)) == 3
    run_to(node, T + 9 * HOUR)
    assert not node.bundles


def test_a_relay_cuts_what_comes_and_fragments_of_it_too() -> None:
    """Fragments are bundles and may be fragmented; each piece says where it belongs in the whole."""
    relay = Fixture(
        2, plan(contact(1, 1, 2), *(contact(n, 2, 3, n * HOUR, n * HOUR + SECOND) for n in (2, 3, 4)))
    )
    part = made(payload=WORDS[:2_500_000], fragment=(500_000, len(WORDS)))
    actions = relay.handle(came(part))
    assert len(of(actions, Acknowledge)) == 1
    pieces = pieces_of(actions)
    assert len(pieces) == 3
    extents = extents_of(relay)
    assert extents[0] == (500_000, len(WORDS))
    assert {total for _, total in extents} == {len(WORDS)}
    last = relay.node.stored[pieces[-1]]
    assert last.meta.fragment is not None
    assert last.meta.fragment[0] + last.meta.payload_bytes == 3_000_000
    assert not of(actions, Departed)
    assert not of(actions, Accepted)
    # A copy of the same comes again: it is a duplicate of what was cut.
    again = relay.handle(came(part))
    assert traces(again) == ["bundle.duplicate"]
    assert len(relay.bundles) == 3


def test_pieces_are_put_together_at_the_destination() -> None:
    """What one node cuts, another delivers whole."""
    node, there = Fixture(1, FOUR), Fixture(3)
    there.handle(Claim("ipn:3.1"))
    node.submit(payload=WORDS)
    delivered = [there.handle(came(data, transfer=n)) for n, data in enumerate(bodies(node))]
    assert "bundle.delivered" not in [what for actions in delivered[:-1] for what in traces(actions)]
    (deliver,) = of(delivered[-1], Deliver)
    assert reassemble([there.bundles[key][0] for key in deliver.keys]) == WORDS


def test_the_whole_and_its_pieces_at_the_destination_are_one() -> None:
    """Whichever is complete first is delivered; what waits of the other is dropped with it."""
    node, there = Fixture(1, FOUR), Fixture(3)
    whole = of(node.submit(payload=WORDS), Persist)[0].data
    parts = bodies(node)
    there.handle(came(parts[0]))
    there.handle(came(whole))
    (deliver,) = of(there.handle(Claim("ipn:3.1")), Deliver)
    there.handle(Delivered(deliver.keys))
    assert not there.bundles
    assert traces(there.handle(came(parts[1]))) == ["bundle.duplicate"]
    later = Fixture(3)
    later.handle(came(whole))
    for part in parts:
        later.handle(came(part))
    assert len(of(later.handle(Claim("ipn:3.1")), Deliver)) == 1
    assert len(later.bundles) == 1


def test_a_report_about_a_piece_reaches_the_application_as_one_about_the_whole() -> None:
    """Each fragment is reported by its own identity (RFC 9171, 6.1.1); the sender knows the whole."""
    node = Fixture(1, FOUR)
    asked = int(BundleFlags.REPORT_FORWARDING)
    actions = node.submit(payload=WORDS, flags=asked, report_to="ipn:1.0")
    key = of(actions, Accepted)[0].key
    relay = Fixture(2)
    (sent,) = of(relay.handle(came(bodies(node)[1])), Transmit)
    reports = relay.handle(TransmissionAcknowledged(sent.key, 3, sent.reaches), sent.reaches)
    about = [a.record.event.about for a in of(reports, Trace) if isinstance(a.record.event, ReportMade)]
    assert about == [pieces_of(actions)[1]]
    (report,) = of(reports, Persist)
    heard = node.handle(came(report.data, peer=2))
    assert [(r.key, r.status) for r in of(heard, Reported)] == [(key, "forwarded")]


def test_a_store_without_room_for_the_pieces_keeps_the_whole() -> None:
    """It says so, and looks again after an hour."""
    node = Fixture(1, FOUR, limits=NodeLimits(bundles=3))
    actions = node.submit(payload=WORDS)
    assert node.states == ["WAITING"]
    assert "bundle.uncut" in traces(actions)
    assert of(actions, Accepted)[0].leaves is None
    assert "bundle.uncut" in traces(run_to(node, T + HOUR))


def test_a_body_that_cannot_be_read_waits_whole() -> None:
    """The disk may be mended: it is looked at again after an hour."""
    node = Fixture(1, windows(HOUR, 2 * HOUR))
    node.submit(payload=WORDS)
    node.read = lambda key: None  # type: ignore[method-assign]  # a disk that fails
    actions = node.handle(PlanChanged(windows(*(n * HOUR for n in range(2, 7)), version=1)))
    assert traces(actions).count("bundle.uncut") == 1
    assert node.states == ["WAITING"]
    del node.read
    assert len(pieces_of(run_to(node, T + HOUR))) == 4


def test_what_is_protected_by_a_block_instead_of_a_checksum_is_not_cut() -> None:
    """RFC 9171, 4.3.1: the integrity block would not hold for the fragments' primary blocks."""
    block = CanonicalBlock(11, 2, 0, 0, b"\x81\x00\x01\x00\x82\x02\x82\x09\x01\x80")
    whole = bp.build(
        EndpointID.parse("ipn:9.1"), EndpointID.parse("ipn:3.1"), WORDS, creation=(T // 1_000_000, 0),
        lifetime_ms=10**8, extra_blocks=[block],
    )  # fmt: skip
    bare = msgspec.structs.replace(whole, primary=msgspec.structs.replace(whole.primary, crc_type=0))
    relay = Fixture(1, FOUR)
    actions = relay.handle(came(bp.encode(bare)))
    assert "bundle.uncut" in traces(actions)
    assert relay.states == ["WAITING"]
    assert "bundle.uncut" not in traces(relay.handle(PlanChanged(FOUR)))


def test_a_plan_with_contacts_that_are_too_small_is_no_reason_for_dust() -> None:
    """At most so many pieces are made at a time."""
    starts = [n * HOUR // 200 for n in range(MAX_FRAGMENTS + 50)]
    node = Fixture(1, windows(*starts, seconds=0.01, first=1000))
    node.submit(payload=WORDS)
    assert node.states == ["WAITING"]
    assert len(pieces_of(node.submit(payload=WORDS[:2_000_000]))) <= MAX_FRAGMENTS


def test_pieces_cut_again_stay_one_bundle_to_the_application() -> None:
    """A plan that shrinks the windows makes smaller pieces of the pieces; the whole still departs once."""
    node = Fixture(1, FOUR)
    key = of(node.submit(payload=WORDS), Accepted)[0].key
    actions = node.handle(PlanChanged(windows(*(n * HOUR for n in range(1, 9)), seconds=0.5, version=1)))
    assert traces(actions).count("bundle.cut") == 3
    assert min(extents_of(node)) == (0, len(WORDS))
    assert reassemble(bodies(node)) == WORDS
    actions = run_to(node, T + 9 * HOUR)
    assert [a.key for a in of(actions, Departed)] == [key]
    assert not node.bundles


def test_no_more_bodies_are_read_at_once_than_fit_into_memory() -> None:
    """Of many that a new plan lets go in pieces, one body of the largest size is read at an instant."""
    node = Fixture(1, windows(HOUR), limits=NodeLimits(bundle_bytes=3_200_000))
    for _ in range(3):
        node.submit(payload=WORDS)
    assert node.states == ["WAITING"] * 3
    actions = node.handle(PlanChanged(windows(*(n * HOUR // 2 for n in range(1, 15)), version=1)))
    assert len(of(actions, Fetch)) == 1
    node.handle(Wakeup(), T + SECOND)
    actions = run_to(node, T + 2 * SECOND)
    assert "WAITING" not in node.states


def test_a_bundle_without_road_is_not_asked_for_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Routing is asked to split when a bundle is queued and when something has changed, not at wake-ups."""
    asked: list[RouteRequest] = []

    def noted(router: Router, request: RouteRequest, overhead: int) -> list[Fragment] | None:
        asked.append(request)
        return split(router, request, overhead)

    monkeypatch.setattr(cutting, "split", noted)
    node = Fixture(1, windows(HOUR))
    for _ in range(50):
        node.submit(payload=WORDS)
    assert len(asked) == 1
    for second in range(1_000):
        node.handle(Wakeup(), T + second * SECOND)
    assert len(asked) == 1
    node.handle(PlanChanged(windows(HOUR, version=1)), T + 1_000 * SECOND)
    assert len(asked) == 2


def test_nothing_of_a_cut_in_a_broken_step_is_lost() -> None:
    """What an application has posted stands, in pieces."""
    host, office = host_of(1, FOUR)
    office.due = T
    office.defects["handle_timer"] = RuntimeError()
    with pytest.raises(RuntimeError):
        host.ask([Submit("t", "ipn:1.1", "ipn:3.1", WORDS, 86_400_000)], T)
    office.defects.clear()
    office.due = None
    step = host.step([], T)
    persists = [write for write in step.writes if isinstance(write, Persist)]
    assert reassemble([write.data for write in persists]) == WORDS
    assert len(host.node.stored) == 4
    key = "/".join(persists[0].key.split("/")[:-1])
    withdrawn = host.ask([Withdraw(key)], T)
    assert sum(isinstance(write, Forget) for write in withdrawn.writes) == 4


def test_a_step_that_breaks_before_the_body_is_read_is_made_up_for() -> None:
    """The bundle is cut in the next step, and only then accepted."""
    node = Fixture(1, FOUR)
    submitted = node.node.handle(Submit("t", "ipn:1.1", "ipn:3.1", WORDS, 86_400_000), T)
    assert len(of(submitted, Fetch)) == 1
    persist = of(submitted, Persist)[0]
    node.bundles[persist.key] = persist.data, persist.meta
    node.node.undo([a for a in submitted if not isinstance(a, Persist)], T)
    actions = node.handle(Wakeup(), T + SECOND)
    assert len(pieces_of(actions)) == 4
    assert len(of(actions, Accepted)) == 1


def test_an_answer_that_nobody_asked_for_changes_nothing() -> None:
    """A body that comes for a bundle that is not to be cut, or is gone, is ignored."""
    node = Fixture(1, FOUR)
    assert node.handle(Fetched("nothing", b"x")) == []
    key = of(node.submit(payload=b"short"), Accepted)[0].key
    assert node.handle(Fetched(key, b"x")) == []
    assert node.states == ["QUEUED"]


@settings(deadline=None, derandomize=True, max_examples=200)
@given(
    st.integers(2, 400),
    st.lists(st.integers(1, 200), min_size=1, max_size=12),
    st.integers(0, 70_000),
    st.booleans(),
    st.sampled_from([None, 0, 30, 10**10]),
    st.sampled_from([1, 2]),
    st.sampled_from(["ipn:9.1", "ipn:4294967290.1", "dtn://a-rather-long-name/inbox"]),
)
def test_no_piece_is_larger_than_what_was_routed_for(
    length: int, sizes: list[int], shift: int, is_part: bool, age: int | None, crc: int, source: str
) -> None:
    """The overhead of a fragment is an upper bound of what its encoding adds; of those of fragments too."""
    payload = bytes(length)
    bundle = bp.build(
        EndpointID.parse(source), EndpointID.parse("ipn:3.1"), payload, creation=(5, 1), lifetime_ms=10**9,
        crc=crc, hop_limit=64, age_ms=age, fragment=(shift, shift + length + 9) if is_part else None,
        extra_blocks=[
            CanonicalBlock(200, 40, 0, crc, b"once"), CanonicalBlock(201, 41, 1, 0, b"always"),
        ],
    )  # fmt: skip
    onward = bp.onward(bp.decode(bp.encode(bundle)), node=EndpointID.ipn(7, 0))
    assert onward is not None
    whole = bp.decode(onward)
    lengths: list[int] = []
    for size in sizes:
        left = length - sum(lengths)
        if left > size:
            lengths.append(size)
    lengths.append(length - sum(lengths))
    total = whole.primary.total_length or length
    bound = overhead_bound(len(onward), length, total)
    pieces = [bp.encode(piece) for piece in bp.cut(whole, lengths)]
    assert [len(bp.decode(piece).payload) for piece in pieces] == lengths
    for piece, part in zip(pieces, lengths, strict=True):
        assert len(piece) <= part + bound
        assert bp.decode(piece).previous_node == EndpointID.ipn(7, 0)


def test_the_reception_of_a_fragment_is_that_of_its_whole() -> None:
    """A report that had no room when the whole came is not made for each fragment after a restart."""
    node = Fixture(1, plan(*LINK), limits=NodeLimits(bundles=3))
    for sequence in (1, 2):
        node.handle(came(made(to="ipn:5.1", sequence=sequence, lifetime_s=60), peer=9))
    asks = BundleFlags.REPORT_RECEPTION.value
    whole = made(sequence=3, flags=asks, payload=WORDS[:1_500_000])
    assert not [
        a for a in of(node.handle(came(whole, peer=9)), Trace) if isinstance(a.record.event, ReportMade)
    ]
    node.handle(PlanChanged(windows(HOUR, 2 * HOUR)), T + 61 * SECOND)
    assert len(extents_of(node)) == 2
    again = node.restart(T + 120 * SECOND)
    again.handle(Wakeup(), T + 120 * SECOND)
    assert len(extents_of(again)) == 2, "no report beside them"


def test_no_arrival_is_promised_as_long_as_a_fragment_has_no_route() -> None:
    """What is on the air since before the plan changed may take the place that a fragment was cut for."""
    before, after = contact(1, 1, 2, 0, 4 * SECOND), contact(11, 1, 2, 0, 4 * SECOND)
    later = contact(12, 1, 2, HOUR, HOUR + 2 * SECOND)
    node = Fixture(1, plan(before, later, *LINK))
    assert of(node.submit(payload=WORDS), Transmit)  # three seconds
    node.handle(PlanChanged(plan(after, later, *LINK, version=1)))
    (accepted,) = of(node.submit(payload=(WORDS * 2)[:5_000_000]), Accepted)
    assert sorted(node.states) == ["QUEUED", "UNDER_WAY", "WAITING"]
    assert (accepted.leaves, accepted.arrives) == (None, None)


def test_what_rested_and_was_booked_meanwhile_is_not_booked_twice() -> None:
    """It was to be looked at again for want of room for its fragments; a new plan carries it whole."""
    node = Fixture(1, windows(2 * HOUR, 3 * HOUR, 4 * HOUR, 5 * HOUR), limits=NodeLimits(bundles=1))
    node.submit(payload=WORDS)
    assert node.states == ["WAITING"]
    node.handle(PlanChanged(plan(contact(50, 1, 2, 6 * HOUR), *LINK, version=1)), T + SECOND)
    booked = node.node.router.bookings.on(50)
    assert node.states == ["QUEUED"]
    node.handle(Wakeup(), T + 2 * HOUR)
    assert node.node.router.bookings.on(50) == booked
    (only,) = node.node.stored.values()
    assert booked == [(T + 6 * HOUR, T + 6 * HOUR + only.meta.size * 1_000)]
