"""What of a mailbox is on its way: each figure is that of its forecast; what nobody knows is not told."""

from __future__ import annotations

import pytest
from tests.messages.helpers import (
    CREW,
    EARTH,
    FATHER,
    FOREVER,
    JAY,
    LIGHT,
    MARS,
    NANYOUNG,
    RELAY,
    FakeNode,
    FakeSky,
    contact,
)

from starlight.contacts import Notice
from starlight.contacts.plan import ContactPlan
from starlight.dtntime import DAY, HOUR, MINUTE, SECOND
from starlight.errors import InputError
from starlight.mailboxes.mailbox import Mailbox
from starlight.messages.delivery import Certainty, DeliveryState
from starlight.messages.draft import Attachment, Draft
from starlight.messages.flight import Flight, FlightHop, Track, spot_of
from starlight.messages.reach import ReachCode
from starlight.node.events import LinkDown, LinkUp
from starlight.node.forecast import ForecastDoubtCode
from starlight.postoffice.flights import TRACKS_MAX

NOON = 12 * HOUR


@pytest.fixture
def sky() -> FakeSky:
    sky = FakeSky(noons())
    sky.open_all()
    sky.earth.engine.handle(LinkUp(MARS), 0)
    return sky


def noons() -> ContactPlan:
    """Return a plan in which Earth sends for an hour after noon, and Mars at any time."""
    return ContactPlan.of(
        [contact(1, EARTH, MARS, NOON, NOON + HOUR, bps=8_000), contact(2, MARS, EARTH, 0, 10 * DAY)]
    )


def write(sky: FakeSky, draft: Draft) -> str:
    letter, requests = sky.earth.office.outbox.write(JAY, draft, sky.now)
    sky.earth.ask(requests)
    return letter.id


def flight(sky: FakeSky, number: int = EARTH, address: str = JAY) -> Flight:
    return sky.nodes[number].office.flights.of(address, sky.now)


def only(sky: FakeSky) -> Track:
    (track,) = flight(sky).tracks
    return track


def test_a_track_is_its_forecast_at_each_time(sky: FakeSky) -> None:
    """It waits here until its contact, light carries it until its arrival, it should be there until word."""
    id = write(sky, Draft(NANYOUNG, "The plum tree is in flower"))
    expected = sky.earth.office.mailbox(JAY).outgoing.course(id).dispatch.expected
    assert (expected.leaves, expected.receipt_at is None) == (NOON, False)
    assert expected.arrives is not None

    waits = only(sky)
    assert (waits.letter, waits.to, waits.text) == (id, NANYOUNG, "The plum tree is in flower")
    assert (waits.state, waits.is_here, waits.departed) == (DeliveryState.QUEUED, True, False)
    assert (waits.at_node, waits.hop) == (EARTH, None)
    assert (waits.left, waits.arrives, waits.word_at) == (NOON, expected.arrives, expected.receipt_at)
    (hop,) = waits.hops
    assert (hop.from_node, hop.to_node, hop.opens, hop.closes) == (EARTH, MARS, NOON, NOON + HOUR)
    assert (hop.leaves, hop.arrives) == (NOON, expected.arrives)

    sky.run(NOON + LIGHT // 2)
    moves = only(sky)
    assert (moves.state, moves.certainty) == (DeliveryState.IN_FLIGHT, Certainty.PREDICTED)
    assert (moves.at_node, moves.hop, moves.departed, moves.left) == (None, 0, True, NOON)

    sky.run(expected.arrives + SECOND)
    there = only(sky)
    assert (there.state, there.certainty) == (DeliveryState.ARRIVED, Certainty.PREDICTED)
    assert (there.at_node, there.hop) == (MARS, None)
    assert there.word_at is not None
    sky.run(there.word_at + MINUTE)
    assert not flight(sky).tracks


def test_what_comes_is_not_known_before_it_is_here(sky: FakeSky) -> None:
    """At her end nothing is told of a letter to her, wherever it is; a letter of hers is told of course."""
    write(sky, Draft(NANYOUNG, "Are you there?"))
    sky.run(NOON + LIGHT // 2)
    hers = flight(sky, MARS, NANYOUNG)
    assert (hers.tracks, hers.groups, hers.coming) == ((), (), ())
    sky.write(MARS, NANYOUNG, JAY, "I am")
    assert [track.text for track in flight(sky, MARS, NANYOUNG).tracks] == ["I am"]
    assert [track.text for track in flight(sky).tracks] == ["Are you there?"]


def test_without_a_route_it_waits_and_says_why(sky: FakeSky) -> None:
    """A closed plan: no departure and no arrival are told, the way says that no route is planned."""
    sky.run(NOON + 2 * HOUR)
    write(sky, Draft(NANYOUNG, "Whenever there is a way"))
    found = flight(sky)
    (track,) = found.tracks
    assert (track.left, track.arrives, track.hops, track.at_node) == (None, None, (), EARTH)
    assert dict(found.ways)[NANYOUNG].code is ReachCode.NO_ROUTE


def test_a_dead_peer_puts_what_was_foreseen_in_doubt(sky: FakeSky) -> None:
    """Once contact is lost nobody says where it is, only that it left; what waits here is safe here."""
    write(sky, Draft(NANYOUNG, "On its way"))
    sky.run(NOON + 3 * MINUTE)
    sky.earth.engine.handle(LinkDown(MARS), sky.now)
    write(sky, Draft(NANYOUNG, "Too late"))
    left, waits = flight(sky).tracks
    assert (left.state, left.certainty, left.departed) == (DeliveryState.DEPARTED, Certainty.IN_DOUBT, True)
    assert (left.at_node, left.hop, left.in_doubt) == (None, None, True)
    assert [doubt.code for doubt in left.doubts] == [ForecastDoubtCode.LINK_DOWN]
    assert (waits.at_node, waits.in_doubt, waits.is_here) == (EARTH, True, True)


def test_a_storm_changes_the_forecast(sky: FakeSky) -> None:
    """A new plan with a notice: the track has the new times, and the notice is told with its reason."""
    write(sky, Draft(NANYOUNG, "Before the storm"))
    assert only(sky).left == NOON
    storm = Notice(NOON - HOUR, DAY, (EARTH, MARS), "Dust storm over Arsia Mons")
    later = contact(3, EARTH, MARS, NOON + DAY, NOON + DAY + HOUR, bps=8_000)
    sky.set_plan(ContactPlan.of([later, contact(2, MARS, EARTH, 0, 10 * DAY)], notices=[storm]))
    found = flight(sky)
    (track,) = found.tracks
    assert track.left is not None
    assert NOON + DAY <= track.left < NOON + DAY + SECOND
    assert found.notices == (storm,)
    assert track.hops[0].opens == NOON + DAY


def test_a_wrong_clock_moves_no_letter(sky: FakeSky) -> None:
    """Set back after it has left, the clock here is before its departure: it waits, and nothing breaks."""
    write(sky, Draft(NANYOUNG, "What time is it?"))
    sky.run(NOON + MINUTE)
    sky.now = NOON - 5 * HOUR
    track = only(sky)
    assert (track.at_node, track.hop, track.left) == (EARTH, None, NOON)
    sky.now = NOON + 30 * DAY
    late = only(sky)
    assert (late.state, late.certainty) == (DeliveryState.ARRIVED, Certainty.PREDICTED)


def test_what_is_held_waits_for_a_person(sky: FakeSky) -> None:
    """By hand it has no departure; until a moment, it leaves in the window after it;
    for who has no address yet, not before one is given."""
    write(sky, Draft(NANYOUNG, "Perhaps", hold=True))
    write(sky, Draft(NANYOUNG, "At noon", leave_at=NOON + MINUTE))
    write(sky, Draft("name:Ada", "Welcome"))
    found = flight(sky)
    held = {track.text: track for track in found.tracks}
    assert all(track.held is not None and track.at_node == EARTH for track in held.values())
    assert held["At noon"].left == NOON + MINUTE
    assert held["Welcome"].held is not None
    assert (held["Welcome"].held.awaits, held["Welcome"].left) == ("name:Ada", None)
    assert dict(found.ways)["name:Ada"].code is ReachCode.NO_ROUTE


def test_a_group_letter_has_a_track_for_each_node() -> None:
    """Each goes its own way to an address of its own, and both are told under the group."""
    pairs = [(EARTH, MARS), (MARS, EARTH), (EARTH, RELAY), (RELAY, EARTH), (MARS, RELAY), (RELAY, MARS)]
    sky = FakeSky(ContactPlan.of([contact(n, a, b, 0, FOREVER) for n, (a, b) in enumerate(pairs, 1)]))
    sky.nodes[RELAY] = FakeNode(sky, RELAY)
    sky.open_all()
    station = "ipn:15.1"
    sky.nodes[RELAY].ask(sky.nodes[RELAY].office.mailboxes.open(station, "Station", sky.now))
    group, requests = sky.earth.office.groups.found(JAY, "All", (NANYOUNG, station), sky.now)
    sky.earth.ask(list(requests))
    sky.run(HOUR)
    id = write(sky, Draft(group.id, "To all of you"))
    tracks = flight(sky).tracks
    assert {(track.letter, track.to) for track in tracks} == {(id, group.id)}
    assert {track.there: track.hops[-1].to_node for track in tracks} == {NANYOUNG: MARS, station: RELAY}


def test_parts_have_tracks_of_their_own_and_missing_ones_are_told_there() -> None:
    """A picture that goes apart is a track; at the other end what is missing of it is told once its letter
    is here."""
    sky = FakeSky(
        ContactPlan.of([contact(1, EARTH, MARS, 0, FOREVER, bps=8_000), contact(2, MARS, EARTH, 0, FOREVER)])
    )
    sky.open_all()
    box = sky.earth.office.mailbox(JAY)
    reference, saves = sky.earth.office.uploads.take(box, bytes(range(256)) * 1_000, sky.now)
    sky.earth.ask(list(saves))
    parts = (Attachment(reference, kind="picture", name="plum.avif"),)
    id = write(sky, Draft(NANYOUNG, "Look", parts=parts))
    words, picture = flight(sky).tracks
    assert (words.part, words.text, picture.part, picture.text) == (None, "Look", 0, "plum.avif")
    assert words.arrives is not None
    assert picture.arrives is not None
    assert picture.arrives > words.arrives
    assert picture.size_bytes == 256_000
    sky.run(words.arrives + SECOND)
    (coming,) = flight(sky, MARS, NANYOUNG).coming
    assert (coming.letter, coming.from_address, coming.text) == (id, JAY, "Look")
    assert (coming.parts, coming.here_bytes, coming.size_bytes) == (1, 0, 256_000)
    sky.run(picture.arrives + HOUR)
    assert not flight(sky, MARS, NANYOUNG).coming


def test_more_than_a_person_follows_is_counted(sky: FakeSky, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first to leave are told one by one, the rest as counts with sizes and times; of those no letter is
    read."""
    for number in range(TRACKS_MAX + 25):
        write(sky, Draft(NANYOUNG if number % 5 else FATHER, f"Letter {number}"))
    read: list[str] = []
    letter = Mailbox.letter

    def counting(self: Mailbox, letter_id: str) -> object:
        read.append(letter_id)
        return letter(self, letter_id)

    monkeypatch.setattr(Mailbox, "letter", counting)
    found = flight(sky)
    assert len(found.tracks) == TRACKS_MAX
    assert sum(group.count for group in found.groups) == 25
    assert {group.state for group in found.groups} <= {DeliveryState.QUEUED, DeliveryState.WRITTEN}
    assert all(group.size_bytes > 0 for group in found.groups)
    assert len(read) <= TRACKS_MAX


def test_a_mailbox_sees_its_own_alone(sky: FakeSky) -> None:
    """What others at the same node wrote is not told, and without a mailbox there is nothing to tell."""
    sky.earth.ask(sky.earth.office.mailboxes.open(CREW, "Crew", sky.now))
    write(sky, Draft(NANYOUNG, "Mine"))
    assert not flight(sky, EARTH, CREW).tracks
    with pytest.raises(InputError):
        flight(sky, EARTH, "ipn:7.99")


@pytest.mark.parametrize(
    ("now", "spot"),
    [(0, (1, None)), (10, (None, 0)), (19, (None, 0)), (20, (2, None)), (30, (None, 1)), (40, (3, None))],
)
def test_the_spot_of_what_has_left(now: int, spot: tuple[int | None, int | None]) -> None:
    """It waits until a hop leaves, is on it until it arrives, and stays where the last one leads."""
    hops = tuple(
        FlightHop(from_node=a, to_node=b, leaves=at, last_byte=at, arrives=at + 10, opens=at, closes=at)
        for a, b, at in ((1, 2, 10), (2, 3, 30))
    )
    assert spot_of(hops, now) == spot
    assert spot_of((), now) == (None, None)
