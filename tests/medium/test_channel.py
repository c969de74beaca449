"""The medium between two nodes: what leaves is in flight, what waits is asked again, and what befalls it."""

from __future__ import annotations

from collections import Counter

import pytest
from tests.sim.helpers import HOUR, MINUTE, SECOND, START, contact

from starlight.contacts.contact import UNLIMITED_BPS
from starlight.contacts.plan import ContactPlan
from starlight.links import Flight
from starlight.medium.channel import Channel, WireMessage
from starlight.medium.impairments import Impairments
from starlight.medium.octet_channel import OctetChannel
from starlight.medium.true_contacts import TrueContacts

LINK = (1, 2)
LIGHT = 300 * SECOND
NEVER = START + 1000 * HOUR


def truth(*windows: tuple[int, int], rate: int = UNLIMITED_BPS) -> TrueContacts:
    """Return contacts of the link in some windows, in ns from START."""
    return TrueContacts(
        ContactPlan.of(
            [contact(n, *LINK, *window, light_s=300.0, rate=rate) for n, window in enumerate(windows, 1)]
        )
    )


def flight(leaves: int, last_byte: int) -> Flight:
    """Return when a message is on the air, in ns from START."""
    return Flight(START + leaves, START + last_byte, START + last_byte + LIGHT)


def arrivals(channel: Channel, until: int = NEVER) -> list[tuple[int, bytes]]:
    """Return what arrives and when, in ns from START."""
    found = []
    while (due := channel.next_due()) is not None and due <= until:
        found += [(due - START, message.data) for message in channel.arrived(due)]
    return found


def test_what_is_sent_arrives_when_light_brings_its_last_byte() -> None:
    """A message with a time of its own arrives then; one without leaves at once if the way is open."""
    channel = Channel(LINK, truth((0, HOUR)))
    channel.carry(WireMessage(b"booked"), flight(10, 20), START)
    channel.carry(WireMessage(b"report"), None, START + 15)
    assert channel.arrived(START + LIGHT) == []
    assert arrivals(channel) == [(15 + LIGHT, b"report"), (20 + LIGHT, b"booked")]


@pytest.mark.parametrize(
    ("cut", "eaten"),
    [
        ((0, 9), False),
        ((0, 10), True),
        ((12, 13), True),
        ((20, 99), True),
        ((21, 10**15), False),
        ((0, 99), True),
    ],
)
@pytest.mark.parametrize("before", [True, False])
def test_a_cut_eats_what_leaves_during_it(cut: tuple[int, int], eaten: bool, before: bool) -> None:
    """ "What has left is in flight": a cut after the last byte stops nothing; both its ends belong to it."""
    true = truth((0, HOUR))
    channel = Channel(LINK, true)
    start, end = START + cut[0], START + cut[1]

    def befall() -> None:
        true.cut(LINK, start, end)
        channel.cut(start, end)

    if before:
        befall()
    channel.carry(WireMessage(b"x"), flight(10, 20), START)
    if not before:
        befall()
    assert arrivals(channel) == ([] if eaten else [(20 + LIGHT, b"x")])


def test_a_message_without_a_time_waits_until_the_direction_is_open() -> None:
    """It leaves when the direction is next open; never, where it never is again."""
    channel = Channel(LINK, truth((HOUR, 2 * HOUR)))
    channel.carry(WireMessage(b"early"), None, START)
    channel.carry(WireMessage(b"late"), None, START + 2 * HOUR + 1)
    assert channel.next_due() == START + HOUR
    assert arrivals(channel) == [(HOUR + LIGHT, b"early")]
    nowhere = Channel((2, 1), truth((0, HOUR)))
    nowhere.carry(WireMessage(b"x"), None, START)
    assert nowhere.next_due() is None


def test_a_direction_that_closes_meanwhile_is_asked_again() -> None:
    """What is due to leave asks the contacts anew, since a storm may have come between."""
    true = truth((HOUR, 2 * HOUR))
    channel = Channel(LINK, true)
    channel.carry(WireMessage(b"report"), None, START)
    true.cut(LINK, START + HOUR, START + HOUR + MINUTE - 1)
    channel.cut(START + HOUR, START + HOUR + MINUTE - 1)
    assert arrivals(channel) == [(HOUR + MINUTE + LIGHT, b"report")]


def test_what_has_not_left_is_lost_with_its_sender() -> None:
    """A sender's death stops what still leaves, or waits; not what has left."""
    channel = Channel(LINK, truth((0, HOUR), (2 * HOUR, 3 * HOUR)))
    channel.carry(WireMessage(b"gone"), flight(0, 10), START)
    channel.carry(WireMessage(b"said"), None, START + 10)
    channel.carry(WireMessage(b"going"), flight(0, 11), START)
    channel.carry(WireMessage(b"waits"), None, START + HOUR + 1)
    channel.sender_died(START + 10)
    assert arrivals(channel) == [(10 + LIGHT, b"gone"), (10 + LIGHT, b"said")]


def test_as_the_world_ends_what_waits_is_as_good_as_sent() -> None:
    """What is booked and has not left stays with its sender; a report that waits for the way does not."""
    channel = Channel(LINK, truth((0, HOUR), (2 * HOUR, 3 * HOUR)))
    channel.carry(WireMessage(b"waits"), None, START + HOUR + 1)
    channel.carry(WireMessage(b"going"), flight(0, HOUR), START)
    channel.world_ends(START + HOUR - 1)
    assert arrivals(channel) == [(2 * HOUR + LIGHT, b"waits")]


def test_nothing_befalls_messages_by_default_and_what_does_is_drawn_from_the_seed() -> None:
    """The rates hold; the same seed draws the same, and each direction has draws of its own."""
    rates = Impairments(7, loss=0.2, duplication=0.1, reordering=0.3, delay_max=MINUTE)

    def carried(link: tuple[int, int], impairments: Impairments | None) -> list[tuple[int, bytes]]:
        channel = Channel(link, truth((0, HOUR)), impairments)
        for number in range(5_000):
            channel.carry(WireMessage(b"%d" % number), flight(number, number), START)
        return arrivals(channel)

    assert carried(LINK, None) == [(number + LIGHT, b"%d" % number) for number in range(5_000)]
    came = carried(LINK, rates)
    assert came == carried(LINK, rates)
    assert came != carried((2, 1), rates)
    times = Counter(data for _, data in came)
    assert len(times) == pytest.approx(5_000 * 0.8, rel=0.05)
    assert sum(count == 2 for count in times.values()) == pytest.approx(5_000 * 0.8 * 0.1, rel=0.2)
    late = [at - int(data) - LIGHT for at, data in came if at != int(data) + LIGHT]
    assert len(late) == pytest.approx(5_000 * 0.8 * (0.3 + 0.1), rel=0.1)
    assert 0 < min(late) <= max(late) <= MINUTE
    assert [int(data) for _, data in came] != sorted(int(data) for _, data in came)


def test_octets_leave_as_fast_as_the_contacts_carry_them() -> None:
    """They follow each other at the contact's rate, wait for the next window, and are cut where one ends."""
    channel = OctetChannel(LINK, truth((0, 10 * SECOND), (MINUTE, HOUR), rate=8_000))
    channel.carry_octets(bytes(4_000), 1, START)
    channel.carry_octets(bytes(7_000), 1, START)
    channel.carry_octets(b"", 1, START)
    came = [(at, len(data)) for at, data in arrivals(channel)]
    assert came == [
        (4 * SECOND + LIGHT, 4_000),
        (10 * SECOND + LIGHT, 6_000),
        (MINUTE + SECOND + LIGHT, 1_000),
        (MINUTE + SECOND + LIGHT, 0),
    ]
    channel.carry_octets(b"x", 1, START + 2 * HOUR)
    assert channel.next_due() is None


def test_octets_keep_their_order_whatever_befalls_their_packets() -> None:
    """A transport sends again what is lost: it comes a round trip later, and what is behind it waits."""
    rates = Impairments(3, loss=0.2, duplication=0.2, reordering=0.2)
    channel = OctetChannel(LINK, truth((0, HOUR)), rates)
    said = [b"%d" % number for number in range(1_000)]
    for number, data in enumerate(said):
        channel.carry_octets(data, 1, START + number * SECOND)
    came = arrivals(channel)
    assert [data for _, data in came] == said
    assert [at for at, _ in came] == sorted(at for at, _ in came)
    assert any(at >= number * SECOND + 3 * LIGHT for number, (at, _) in enumerate(came))


def test_a_stream_has_no_gap_as_the_world_ends() -> None:
    """Once octets were lost that had not left, none are carried that would come after them."""
    channel = OctetChannel(LINK, truth((0, HOUR), rate=8_000))
    channel.carry_octets(b"first", 1, START)
    channel.carry_octets(bytes(4_000), 1, START)
    channel.world_ends(START + SECOND)
    channel.carry_octets(b"answer", 1, START + MINUTE)
    assert [data for _, data in arrivals(channel)] == [b"first"]
