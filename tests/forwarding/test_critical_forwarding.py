"""Critical bundles: a copy by every neighbour that a route leads over (CCSDS 734.3-B-1, 3.2.8.1.3)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec.structs import replace
from tests.engine.helpers import (
    HOUR,
    SECOND,
    USUAL_LIMITS,
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

from starlight.bundle import QualityOfService
from starlight.contacts.contact import Contact
from starlight.contacts.plan import ContactPlan
from starlight.node.actions import (
    Accepted,
    Acknowledge,
    Action,
    Departed,
    Expired,
    Fetch,
    NotWithdrawn,
    Persist,
    Refuse,
    Trace,
    Transmit,
    Update,
    Withdrawn,
)
from starlight.node.application import Submit, Withdraw
from starlight.node.events import LinkUp, PlanChanged, TransmissionAcknowledged, TransmissionFailed, Wakeup
from starlight.node.trace_events import BundleCopied, BundleDropped

CRITICAL = QualityOfService(2, True)


def diamond(*middle: int, start: int = HOUR, version: int = 0, light: float = 10.0) -> ContactPlan:
    """Return a plan from node 1 over others to node 9, the first of them the fastest, and back."""
    contacts: list[Contact] = []
    for number, node in enumerate(middle):
        begin = start + number * 60 * SECOND
        contacts.append(contact(10 * node, 1, node, begin, light_s=light))
        contacts.append(contact(10 * node + 1, node, 9, begin, light_s=light))
        contacts.append(contact(10 * node + 2, node, 1, begin, light_s=light))
    return plan(*contacts, version=version)


THREE = diamond(2, 3, 4)


def sender(
    contacts: ContactPlan = THREE, *, up: Iterable[int] = (1, 2, 3, 4), limits: NodeLimits = USUAL_LIMITS
) -> tuple[Fixture, str, list[Action]]:
    """Return a node that has sent something critical, its key, and what was done."""
    node = Fixture(1, contacts, up=up, limits=limits)
    actions = node.submit("ipn:9.1", critical=True)
    return node, of(actions, Accepted)[0].key, actions


def sent(actions: Sequence[Action]) -> list[tuple[str, int]]:
    return [(transmit.key, transmit.peer) for transmit in of(actions, Transmit)]


def relay(contacts: ContactPlan, number: int = 1) -> Fixture:
    return Fixture(number, contacts)


def critical(hops: int = 3) -> bytes:
    return made(to="ipn:9.1", source="ipn:8.1", service=CRITICAL, hops=(64, hops))


def test_a_copy_goes_to_every_neighbour_that_a_route_leads_over() -> None:
    """The best route is the one that was accepted; each copy has a body of its own, as critical as it."""
    node, key, actions = sender()
    assert list(node.bundles) == [key, f"{key}>3", f"{key}>4"]
    assert len({data for data, _ in node.bundles.values()}) == 1
    assert of(actions, Accepted)[0].leaves == T + HOUR
    made = [a.record.event for a in of(actions, Trace) if isinstance(a.record.event, BundleCopied)]
    assert made == [BundleCopied(key, (2, 3, 4))]
    assert sent(node.handle(Wakeup(), T + 2 * HOUR)) == [(key, 2), (f"{key}>3", 3), (f"{key}>4", 4)]


def test_what_is_not_critical_or_has_one_road_gets_no_copies() -> None:
    """Nothing is read, and nothing but the bundle is stored."""
    node = Fixture(1, THREE)
    assert of(node.submit("ipn:9.1"), Fetch) == []
    node, key, actions = sender(diamond(2))
    assert of(actions, Fetch) == []
    assert list(node.bundles) == [key]


def test_the_copies_are_of_one_commit() -> None:
    """A crash leaves the bundle alone, of which copies will be made, or all of them, made once."""
    node, _, actions = sender()
    writes = [type(a) for a in actions if isinstance(a, Persist | Update)]
    assert writes == [Persist, Update, Persist, Persist]
    again = node.restart(T + SECOND)
    actions = again.handle(Wakeup(), T + SECOND)
    assert of(actions, Fetch) == []
    assert again.states == ["QUEUED"] * 3
    assert len(sent(again.handle(Wakeup(), T + 2 * HOUR))) == 3


def test_the_others_still_go_when_one_is_acknowledged() -> None:
    """That is the point of them; and each is let go of by itself."""
    node, key, _ = sender()
    node.handle(Wakeup(), T + HOUR)
    node.handle(TransmissionAcknowledged(key, 2, T + HOUR + SECOND), T + HOUR + SECOND)
    assert list(node.bundles) == [f"{key}>3", f"{key}>4"]
    assert sent(node.handle(Wakeup(), T + 2 * HOUR)) == [(f"{key}>3", 3), (f"{key}>4", 4)]
    for peer in (3, 4):
        node.handle(TransmissionAcknowledged(f"{key}>{peer}", peer, T + 3 * HOUR), T + 3 * HOUR)
    assert not node.bundles


def test_the_application_hears_of_one_departure() -> None:
    """Of the first copy that leaves, a restart in between or not."""
    node, key, _ = sender()
    assert [a.key for a in of(node.handle(Wakeup(), T + HOUR), Departed)] == [key]
    again = node.restart(T + HOUR + SECOND)
    actions = again.handle(Wakeup(), T + 2 * HOUR)
    assert len(sent(actions)) == 3
    assert of(actions, Departed) == []


def test_all_copies_are_taken_back_or_none() -> None:
    """What is withdrawn has not left by any way."""
    node, key, _ = sender()
    assert of(node.handle(Withdraw(f"{key}>3")), NotWithdrawn)
    assert of(node.handle(Withdraw(key)), Withdrawn)
    assert not node.bundles
    node, key, _ = sender()
    node.handle(Wakeup(), T + HOUR)
    assert of(node.handle(Withdraw(key), T + HOUR), NotWithdrawn)
    assert len(node.bundles) == 3


def test_it_expires_with_its_last_copy_unless_one_was_handed_on() -> None:
    """Expired is told once, and never of a bundle that the next hop has."""
    end = T + 24 * HOUR
    node, key, _ = sender(up=())
    assert [a.key for a in of(node.handle(Wakeup(), end), Expired)] == [key]
    node, key, _ = sender(up=(2,))
    node.handle(Wakeup(), T + HOUR)
    node.handle(TransmissionAcknowledged(key, 2, T + HOUR + SECOND), T + HOUR + SECOND)
    again = node.restart(T + HOUR + SECOND)
    for late in (node, again):
        late.handle(Wakeup(), T + 2 * HOUR)
        assert of(late.handle(Wakeup(), end), Expired) == []
        assert not late.bundles


def test_a_copy_without_a_road_is_dropped_as_long_as_another_is_here() -> None:
    """The last one is freed, to go by any neighbour, or to wait."""
    node, key, _ = sender()
    actions = node.handle(PlanChanged(diamond(3, 4, version=1)))
    (dropped,) = [a.record.event for a in of(actions, Trace) if isinstance(a.record.event, BundleDropped)]
    assert dropped.neighbour == 2
    actions = node.handle(PlanChanged(diamond(5, version=2)))
    assert traces(actions).count("bundle.dropped") == 1
    assert list(node.bundles) == [f"{key}>4"]
    assert node.node.stored[f"{key}>4"].meta.via is None
    node.handle(LinkUp(5))
    assert sent(node.handle(Wakeup(), T + 2 * HOUR)) == [(f"{key}>4", 5)]
    back = node.restart(T + SECOND)  # with its first plan, which has three neighbours
    actions = back.handle(Wakeup(), T + 2 * HOUR)
    assert sorted(peer for _, peer in sent(actions)) == [2, 3, 4]


SILENCE = plan(version=7)


def neighbours_reached(node: Fixture) -> list[int]:
    """Return the neighbours that get the bundle when their windows are open, each as often as it gets it."""
    return sorted(peer for _, peer in sent(node.handle(Wakeup(), T + 2 * HOUR)))


def test_after_a_silence_it_goes_by_every_neighbour_again() -> None:
    """One copy stays while no route is left, and is copied anew when routes are back, restart or not."""
    node, key, _ = sender(up=())
    node.handle(PlanChanged(SILENCE))
    assert list(node.bundles) == [f"{key}>4"]
    assert node.states == ["WAITING"]
    node.config = replace(node.config, plan=SILENCE)
    again = node.restart(T + SECOND)
    for silent in (node, again):
        actions = silent.handle(PlanChanged(diamond(2, 3, 4, version=8)), T + SECOND)
        assert [set(each.neighbours) for each in copied(actions)] == [{2, 3, 4}]
        assert silent.states == ["QUEUED"] * 3
        for number in (2, 3, 4):
            silent.handle(LinkUp(number), T + SECOND)
        assert neighbours_reached(silent) == [2, 3, 4]


def test_a_silence_that_a_restart_falls_into_changes_nothing() -> None:
    """The copies are read back without a route: one is left, which is copied when routes are back."""
    node, _, _ = sender()
    node.config = replace(node.config, plan=SILENCE)
    back = node.restart(T + SECOND)
    back.handle(Wakeup(), T + SECOND)
    assert len(back.bundles) == 1
    back.handle(PlanChanged(THREE), T + SECOND)
    assert len(back.bundles) == 3
    assert neighbours_reached(back) == [2, 3, 4]


def test_what_was_stored_during_a_silence_goes_by_every_neighbour() -> None:
    """Whether all routes come back at once or one after the other, as plans of other nodes come in."""
    for plans in ([THREE], [diamond(2), diamond(2, 3), THREE], [diamond(4), THREE]):
        node, _, _ = sender(SILENCE)
        assert node.states == ["WAITING"]
        for version, each in enumerate(plans, 8):
            node.handle(PlanChanged(plan(*each.contacts, version=version)))
        for number in (2, 3, 4):
            node.handle(LinkUp(number))
        assert neighbours_reached(node) == [2, 3, 4]


def test_the_copy_that_is_left_is_copied_by_neighbours_that_come_back() -> None:
    """Two routes go, and come back one after the other, before the third has its window."""
    node, _, _ = sender(diamond(2, 3))
    node.handle(PlanChanged(diamond(2, version=1)))
    assert len(node.bundles) == 1
    node.handle(PlanChanged(diamond(2, 3, version=2)))
    assert neighbours_reached(node) == [2, 3]
    # The neighbour that is new in the very plan that takes the others away gets one as well.
    node, _, _ = sender(diamond(2, 3), up=(2, 3, 5))
    node.handle(PlanChanged(diamond(3, 5, version=1)))
    assert neighbours_reached(node) == [3, 5]


def test_a_new_neighbour_gets_one_copy_and_who_has_got_one_none() -> None:
    """However often the plan changes, as long as a copy is here."""
    node, key, _ = sender(up=(2,))
    node.handle(Wakeup(), T + HOUR)
    node.handle(TransmissionAcknowledged(key, 2, T + HOUR + SECOND), T + HOUR + SECOND)
    now = T + HOUR + SECOND
    for version, neighbours in enumerate(((2, 3, 4, 5), (2, 3, 4, 5, 6), (2, 3, 4, 5, 6)), 1):
        node.handle(PlanChanged(diamond(*neighbours, version=version)), now)
        assert {stored.meta.via for stored in node.node.stored.values()} == set(neighbours) - {2}
    assert len(node.bundles) == 4


def test_the_key_of_a_copy_that_changed_its_neighbour_is_no_hindrance() -> None:
    """The one that is left may be named by a neighbour that comes back when it has gone to another."""
    node, key, _ = sender()
    node.handle(PlanChanged(diamond(5, 6, version=1)))
    assert sorted(node.bundles) == [f"{key}>4", f"{key}>6"]
    node.handle(PlanChanged(diamond(5, 6, 4, version=2)))
    assert sorted(node.bundles) == [f"{key}>04", f"{key}>4", f"{key}>6"]
    for number in (4, 5, 6):
        node.handle(LinkUp(number))
    assert neighbours_reached(node) == [4, 5, 6]


def test_a_step_that_breaks_while_it_is_copied_anew_copies_it_later() -> None:
    """The copy that was left stands for the bundle, though its key is not the bundle's."""
    node, key, _ = sender()
    node.handle(PlanChanged(SILENCE))
    actions = node.node.handle(PlanChanged(THREE), T)
    node.node.undo([a for a in actions if isinstance(a, Fetch)], T)
    left = node.node.stored[f"{key}>4"].meta
    assert (left.via, left.copied) == (None, False)
    node.handle(PlanChanged(diamond(2, 3, 4, version=9)))
    assert len(node.bundles) == 3


def test_a_copy_whose_transfer_fails_is_sent_again_to_its_neighbour() -> None:
    """Each way is tried as an only one would be."""
    node, key, _ = sender()
    node.handle(Wakeup(), T + 2 * HOUR)
    node.handle(TransmissionFailed(f"{key}>3", 3, "cut"), T + 2 * HOUR)
    assert sent(node.handle(Wakeup(), T + 2 * HOUR + SECOND)) == [(f"{key}>3", 3)]


def test_a_copy_that_its_neighbour_keeps_refusing_is_dropped() -> None:
    """It may have one from elsewhere; the last copy is freed, and asks again later."""
    node, key, _ = sender()
    now = T + 2 * HOUR
    dropped: list[str] = []
    for _ in range(12):
        for name, peer in sent(node.handle(Wakeup(), now)):
            if peer != 3:
                continue
            actions = node.handle(TransmissionFailed(name, peer, "no resources", True), now)
            dropped += [name] * traces(actions).count("bundle.dropped")
        now += 10 * SECOND
    assert dropped == [f"{key}>3"]
    assert list(node.bundles) == [key, f"{key}>4"]
    for name, peer in ((key, 2),):
        node.handle(TransmissionAcknowledged(name, peer, now), now)
    last = node.node.stored[f"{key}>4"]
    last.failures = 3
    actions = node.handle(TransmissionFailed(f"{key}>4", 4, "no resources", True), now)
    assert sent(actions) == [(f"{key}>4", 2)]
    assert last.meta.via is None


def test_a_relay_floods_but_not_back() -> None:
    """A copy goes to every neighbour with a road but the one that it came from."""
    ring = plan(*diamond(2, 3, 4).contacts)
    node = relay(ring)
    actions = node.handle(came(critical(), peer=2))
    assert [each.neighbours for each in copied(actions)] == [(3, 4)]
    alone = relay(diamond(2))
    alone.handle(came(critical(), peer=2))
    assert alone.states == ["QUEUED"]


def copied(actions: Sequence[Action]) -> list[BundleCopied]:
    return [a.record.event for a in of(actions, Trace) if isinstance(a.record.event, BundleCopied)]


def test_a_copy_that_comes_by_another_way_is_a_duplicate() -> None:
    """While any copy is here, and after all have been handed on, restart or not."""
    node = relay(THREE)
    node.handle(came(critical(), peer=8))
    assert len(node.bundles) == 3
    key = "ipn:8.1/1609437600000/0"
    assert traces(node.handle(came(critical(), peer=7))) == ["bundle.duplicate"]
    node.handle(Wakeup(), T + 2 * HOUR)
    node.handle(TransmissionAcknowledged(key, 2, T + 2 * HOUR), T + 2 * HOUR)
    assert traces(node.handle(came(critical(), peer=7), T + 2 * HOUR)) == ["bundle.duplicate"]
    again = node.restart(T + 2 * HOUR)
    assert traces(again.handle(came(critical(), peer=7), T + 2 * HOUR))[-1] == "bundle.duplicate"


def test_a_copy_that_crosses_one_of_ours_is_refused_until_that_is_answered() -> None:
    """It may be our own, coming back: to say that we hold it might lose it."""
    node = relay(THREE)
    node.handle(came(critical(), peer=8))
    node.handle(Wakeup(), T + 2 * HOUR)
    for hops in (3, 5):
        assert [type(a) for a in node.handle(came(critical(hops), peer=3), T + 2 * HOUR)] == [Refuse, Trace]
    # What comes from elsewhere is a duplicate; but then ours may be the only ones, so no late answer counts.
    node.handle(came(critical(), peer=8), T + 2 * HOUR)
    assert all(stored.returned for stored in node.node.stored.values())


def test_what_comes_back_goes_on_by_one_way() -> None:
    """A higher hop count says that it may be the only copy left: it is taken, but not copied again."""
    node = relay(THREE)
    node.handle(came(critical(), peer=8))
    node.handle(Wakeup(), T + 2 * HOUR)
    key = "ipn:8.1/1609437600000/0"
    for name, peer in ((key, 2), (f"{key}>3", 3), (f"{key}>4", 4)):
        node.handle(TransmissionAcknowledged(name, peer, T + 2 * HOUR), T + 2 * HOUR)
    assert not node.bundles
    for again in (node, node.restart(T + 2 * HOUR)):
        actions = again.handle(came(critical(5), peer=2), T + 2 * HOUR)
        assert len(of(actions, Acknowledge)) == 1
        assert len(sent(actions)) == 1
        assert of(actions, Fetch) == []
        assert list(again.bundles) == [key]


def test_what_comes_back_while_copies_are_here_replaces_none_of_them() -> None:
    """The copies keep their ways; the one that came goes on by the best."""
    node = relay(THREE)
    node.handle(came(critical(), peer=8))
    actions = node.handle(came(critical(5), peer=2))
    assert len(of(actions, Acknowledge)) == 1
    assert len(node.bundles) == 3
    key = "ipn:8.1/1609437600000/0"
    assert node.node.stored[key].meta.via is None
    assert node.node.stored[f"{key}>3"].meta.via == 3


def test_a_full_store_makes_no_copies() -> None:
    """The bundle itself still goes."""
    node, key, _ = sender(limits=NodeLimits(bundles=2))
    assert list(node.bundles) == [key, f"{key}>3"]
    node, key, _ = sender(limits=NodeLimits(bundles=1))
    assert list(node.bundles) == [key]
    assert sent(node.handle(Wakeup(), T + HOUR)) == [(key, 2)]


def test_no_more_copies_are_made_at_once_than_fit_into_memory() -> None:
    """Of many that a new plan lets go, what is over waits a moment, and gets its copies then."""
    node = Fixture(1, plan(), limits=NodeLimits(bundle_bytes=40_000))
    for _ in range(3):
        node.submit("ipn:9.1", critical=True, payload=bytes(10_000))
    actions = node.handle(PlanChanged(diamond(2, 3, 4, version=1)))
    assert len(copied(actions)) == 1
    assert node.states.count("WAITING") == 2
    for _ in range(2):
        due = node.node.next_wakeup()
        assert due is not None
        node.handle(Wakeup(), due)
    assert len(node.bundles) == 9
    assert node.states == ["QUEUED"] * 9


def test_what_is_too_large_is_cut_and_not_flooded() -> None:
    """Copies of its pieces would take from each other the room that was too little for the whole."""
    windows = []
    for n in range(4):
        start = HOUR + n * 60 * SECOND
        windows.append(contact(20 + n, 1, 2, start, start + SECOND))
        windows.append(contact(30 + n, 1, 3, start, start + SECOND))
    node = Fixture(1, plan(*windows, contact(40, 2, 9), contact(41, 3, 9)))
    actions = node.submit("ipn:9.1", critical=True, payload=bytes(2_500_000))
    assert traces(actions).count("bundle.cut") == 1
    assert copied(actions) == []
    assert node.states == ["QUEUED"] * 3
    again = node.restart(T + SECOND)
    assert of(again.handle(Wakeup(), T + SECOND), Fetch) == []


def test_a_step_that_breaks_before_the_copies_are_made_makes_them_later() -> None:
    """The bundle goes by any road, and is flooded when it is queued again."""
    node = Fixture(1, THREE)
    submit = Submit("t", "ipn:1.1", "ipn:9.1", b"words", 86_400_000, critical=True)
    actions = node.node.handle(submit, T)
    persist = of(actions, Persist)[0]
    node.bundles[persist.key] = persist.data, persist.meta
    node.node.undo([a for a in actions if isinstance(a, Fetch)], T)
    assert node.node.stored[persist.key].meta.via is None
    node.handle(PlanChanged(diamond(2, 3, 4, version=1)))
    assert len(node.bundles) == 3


def test_a_copy_that_comes_back_after_a_restart_is_not_copied_again() -> None:
    """What was copied is remembered until it expires: its copies would be copied again, and theirs again."""
    node = relay(THREE)
    node.handle(came(critical(), peer=8))
    for key, peer in sent(node.handle(Wakeup(), T + 2 * HOUR)):
        node.handle(TransmissionAcknowledged(key, peer, T + 2 * HOUR), T + 2 * HOUR)
    assert not node.bundles
    again = node.restart(T + 3 * HOUR)
    again.handle(came(critical(hops=9), peer=2), T + 3 * HOUR)
    assert len(again.node.stored) == 1


def test_a_copy_goes_back_to_who_sent_it_where_that_is_its_destination() -> None:
    """Its sender has it and needs no copy; but the destination is where every copy goes."""
    node = relay(plan(*diamond(2).contacts, contact(90, 1, 9, 3 * HOUR)))
    node.handle(came(critical(), peer=9))
    assert sorted(stored.meta.via or 0 for stored in node.node.stored.values()) == [2, 9]
    node = relay(THREE)
    node.handle(came(critical(), peer=3))
    assert sorted(stored.meta.via or 0 for stored in node.node.stored.values()) == [2, 4]
