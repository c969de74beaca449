"""Mailboxes: telemetry, threads, and the views that a page shows."""

from __future__ import annotations

import pytest
from tests.messages.contents import conversations_of
from tests.messages.helpers import CREW, EARTH, JAY, LIGHT, MARS, MISSION, NANYOUNG, FakeSky, overhead_of

from starlight.bundle import build, onward
from starlight.bundle.eid import EndpointID
from starlight.dtntime import HOUR, MILLISECOND, MINUTE, SECOND
from starlight.errors import InputError
from starlight.mailboxes.mailbox import MailboxLimits
from starlight.messages.delivery import Certainty, DeliveryState
from starlight.messages.draft import Draft
from starlight.messages.first_format import encode_first
from starlight.messages.letter import Telemetry
from starlight.messages.urgency import Priority
from starlight.node.application import Submit
from starlight.postoffice.lifetimes import LETTER_LIFETIME
from starlight.postoffice.postoffice import PostOffice

ROVER = "ipn:20.30"


@pytest.fixture
def sky() -> FakeSky:
    sky = FakeSky()
    sky.open_all()
    sky.mars.ask(sky.mars.office.mailboxes.open(ROVER, "Rover", 0))
    return sky


def report(sky: FakeSky, **readings: float | str) -> None:
    sky.mars.ask(
        sky.mars.office.outbox.send_telemetry(
            ROVER, [NANYOUNG, JAY], sky.now, kind="rover", position=(-9.0, 239.0), readings=readings
        )
    )


def test_telemetry_reaches_base_and_earth(sky: FakeSky) -> None:
    """A vehicle posts to several addresses; each keeps the latest, with when it was known there."""
    sky.run(HOUR)
    report(sky, oxygen_percent=20.9, finding="organic marker")
    sky.run(sky.now + HOUR)
    measured = Telemetry(
        ROVER, HOUR, "rover", (-9.0, 239.0), {"oxygen_percent": 20.9, "finding": "organic marker"}
    )
    assert sky.mars.office.mailbox(NANYOUNG).telemetry.latest(ROVER) == (HOUR, measured)
    here = sky.earth.office.mailbox(JAY).telemetry.latest(ROVER)
    assert here is not None
    assert here[1] == measured
    assert here[0] > HOUR + LIGHT
    sky.earth.restart()
    assert sky.earth.office.mailbox(JAY).telemetry.latest(ROVER) == here
    assert sky.earth.office.mailbox(JAY).telemetry.latest("ipn:20.31") is None


def test_the_latest_is_the_last_measured(sky: FakeSky) -> None:
    """What was measured later is the latest, whatever came last; the same twice is kept once."""
    for time in (3, 1, 2, 3):
        payload = encode_first(Telemetry(ROVER, time, "rover", None, {}))
        sky.earth.arrive(JAY, ROVER, payload)
    readings = sky.earth.office.mailbox(JAY).telemetry.readings(ROVER)
    assert [telemetry.time for _, telemetry in readings] == [1, 2, 3]


def test_older_readings_make_room(sky: FakeSky) -> None:
    """A mailbox keeps the last N readings of a vehicle, in memory and in the store."""
    sky.earth.office = PostOffice(sky.earth.engine.forecaster, MailboxLimits(readings=4, vehicles=1))
    sky.earth.saves.clear()
    sky.open_all()
    for time in range(10):
        sky.earth.arrive(JAY, ROVER, encode_first(Telemetry(ROVER, time, "rover", None, {})))
    other = "ipn:20.31"
    sky.earth.arrive(JAY, other, encode_first(Telemetry(other, 0, "rover", None, {})))
    mailbox = sky.earth.office.mailbox(JAY)
    assert [telemetry.time for _, telemetry in mailbox.telemetry.readings(ROVER)] == [6, 7, 8, 9]
    assert mailbox.telemetry.vehicles() == [ROVER]
    assert len([key for _, key in sky.earth.saves if key.startswith("telemetry/")]) == 4
    assert sky.earth.trace[-1].kind == "message.refused"


def test_telemetry_in_another_name_is_refused(sky: FakeSky) -> None:
    """Nobody reports for somebody else's vehicle."""
    sky.earth.arrive(JAY, MISSION, encode_first(Telemetry(ROVER, 0, "rover", None, {})))
    assert sky.earth.office.mailbox(JAY).telemetry.vehicles() == []


def test_telemetry_has_limits(sky: FakeSky) -> None:
    """A vehicle hears what is wrong with what it wants to report."""
    office = sky.mars.office
    with pytest.raises(InputError, match="at most 64 readings"):
        office.outbox.send_telemetry(ROVER, [JAY], 0, kind="rover", readings={str(n): n for n in range(65)})
    with pytest.raises(InputError, match="1 to 16 addresses"):
        office.outbox.send_telemetry(ROVER, [], 0, kind="rover")
    with pytest.raises(InputError, match="nobody's address"):
        office.outbox.send_telemetry(ROVER, ["dtn:none"], 0, kind="rover")


def test_refused_telemetry_is_said(sky: FakeSky) -> None:
    """What a full node refuses of telemetry is gone, and the trace says so."""
    sky.refuse = lambda post: "the store is full"
    report(sky, oxygen_percent=20.9)
    assert [record.kind for record in sky.mars.trace[-2:]] == ["telemetry.rejected"] * 2
    assert sky.mars.office.next_wakeup() is None


def test_threads_are_equal_at_both_ends(sky: FakeSky) -> None:
    """A reply continues the thread of the letter that it answers, and both ends show one order."""
    first = sky.write(EARTH, JAY, NANYOUNG, "a song", thread="songs")
    sky.write(EARTH, JAY, NANYOUNG, "something else")
    sky.run(HOUR)
    answer = sky.write(MARS, NANYOUNG, JAY, "lovely", reply_to=first)
    sky.run(HOUR + SECOND)
    crossing = sky.write(EARTH, JAY, NANYOUNG, "another song", thread="songs")
    sky.run(2 * HOUR)
    here = conversations_of(sky.earth.office.mailbox(JAY))[NANYOUNG]
    there = conversations_of(sky.mars.office.mailbox(NANYOUNG))[JAY]
    assert here == there
    assert [letter.id for letter in here if letter.thread == "songs"] == [first, answer, crossing]


def test_nobody_writes_into_the_thread_of_two_others(sky: FakeSky) -> None:
    """A thread is told apart by its correspondent: each conversation has its own."""
    sky.earth.ask(sky.earth.office.mailboxes.open(CREW, "Hong", 0))
    sky.write(EARTH, JAY, NANYOUNG, "between us", thread="ours")
    sky.write(EARTH, CREW, NANYOUNG, "me too", thread="ours")
    sky.run(HOUR)
    mailbox = sky.mars.office.mailbox(NANYOUNG)
    shown = conversations_of(mailbox)
    assert {address: [letter.text for letter in letters] for address, letters in shown.items()} == {
        JAY: ["between us"],
        CREW: ["me too"],
    }


def test_a_letter_is_shown_as_it_stands(sky: FakeSky) -> None:
    """A letter's view says what holds now, and how that is known, at both ends."""
    id = sky.write(EARTH, JAY, NANYOUNG, "<b>안녕</b>")
    sky.run(MINUTE)
    here = sky.earth.office.mailbox(JAY).letter_view(id, sky.now)
    assert (here.id, here.to_address, here.text) == (id, NANYOUNG, "<b>안녕</b>")
    assert (here.state, here.certainty) == (DeliveryState.IN_FLIGHT, Certainty.PREDICTED)
    assert (here.mine, here.withdrawable, here.unread) == (True, False, False)
    leaves, arrives = here.last_fact(DeliveryState.DEPARTED), here.last_fact(DeliveryState.ARRIVED)
    assert leaves is not None
    assert arrives is not None
    assert here.receipt_at is not None
    assert here.receipt_at > arrives.time > leaves.time == 0
    sky.run(HOUR)
    there = sky.mars.office.mailbox(NANYOUNG).letter_view(id, sky.now)
    assert (there.state, there.certainty) == (DeliveryState.ARRIVED, Certainty.CONFIRMED)
    assert (there.mine, there.withdrawable, there.unread) == (False, False, True)
    assert (there.priority, there.receipt_at, there.on_its_way) == (Priority.NORMAL, None, False)
    with pytest.raises(InputError, match="no letter"):
        sky.earth.office.mailbox(JAY).letter_view("ipn:7.1/0/77", 0)


def test_reading_is_of_what_came(sky: FakeSky) -> None:
    """Only a letter that came can be read; again changes nothing."""
    id = sky.write(EARTH, JAY, NANYOUNG, "hello")
    with pytest.raises(InputError, match="came here"):
        sky.mars.office.inbox.mark_read(NANYOUNG, id, sky.now)
    sky.run(HOUR)
    sky.read(MARS, NANYOUNG, id)
    assert sky.mars.office.inbox.mark_read(NANYOUNG, id, sky.now) == []


def test_the_bundle_of_a_letter(sky: FakeSky) -> None:
    """A post names both endpoints, the payload and a lifetime of fifty years."""
    sky.write(EARTH, JAY, NANYOUNG, "hello")
    (post,) = sky.earth.posts
    assert post == Submit(post.token, JAY, NANYOUNG, post.payload, 1_577_880_000_000)


def test_what_a_bundle_adds() -> None:
    """A prediction before sending reckons with the size of the bundle as a node sends it."""
    source = EndpointID.parse(JAY)
    bundle = build(
        source,
        EndpointID.parse(NANYOUNG),
        bytes(300),
        creation=(1_600_000_000_000, 1),
        lifetime_ms=LETTER_LIFETIME // MILLISECOND,
        hop_limit=32,
    )
    sent = onward(bundle, node=source.node_id)
    assert sent is not None
    assert len(sent) == 300 + overhead_of(now=1_600_000_000_000 * MILLISECOND)


def test_a_mailbox_is_full_by_bytes_of_text_not_by_characters() -> None:
    """`MailboxLimits.letter_bytes` bounds memory: most of the world's letters take more than a byte each."""
    sky = FakeSky()
    office = PostOffice(
        sky.earth.engine.forecaster, MailboxLimits(letter_bytes=8), entropy=sky.earth.random.randbytes
    )
    office.mailboxes.open(JAY, "Jay", 0)
    office.outbox.write(JAY, Draft(NANYOUNG, "\u5929\u95ee\u4e00"), 0)
    with pytest.raises(InputError, match="full"):
        office.outbox.write(JAY, Draft(NANYOUNG, "?"), 0)


def test_conversations_of_one_moment_are_in_the_order_of_their_addresses(sky: FakeSky) -> None:
    """The latest comes first; of two that are as late none jumps about, whichever was written to first."""
    for to in (MISSION, NANYOUNG):
        sky.write(EARTH, JAY, to, "at once")
    sky.run(HOUR)
    mailbox = sky.earth.office.mailbox(JAY)
    assert [each.correspondent for each in mailbox.conversations()] == [NANYOUNG, MISSION]
    sky.write(EARTH, JAY, MISSION, "later")
    assert [each.correspondent for each in mailbox.conversations()] == [MISSION, NANYOUNG]
