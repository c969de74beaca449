"""UDPCL, RFC 7122: bundles and keep-alives as datagrams, the pace, and the life of a link without a
session."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from starlight.dtntime import SECOND
from starlight.links.link import (
    Closing,
    Datagram,
    DatagramLink,
    Flight,
    LinkEnded,
    LinkEstablished,
    LinkEvent,
    MessageRejected,
    Refusal,
    TransferFailed,
    TransferReceived,
    TransferSent,
)
from starlight.links.udpcl import (
    KEEPALIVE,
    LARGEST_DATAGRAM,
    MISSED_KEEPALIVES,
    TOLD_REJECTS,
    UNFRAGMENTED,
    UdpclConfig,
    UdpclLink,
)

QUIET: dict[str, Any] = {"keepalive_s": 0}


def fresh(now: int = 0, **config: Any) -> UdpclLink:
    """Return a link of which nothing was asked yet."""
    return UdpclLink(UdpclConfig(**config), now=now)


def heard(now: int = 0, **config: Any) -> UdpclLink:
    """Return a link with keep-alives that has heard its peer and has answered."""
    link = fresh(now, **config)
    assert link.receive_datagram(KEEPALIVE, now) == [LinkEstablished("", link.transfer_max)]
    assert payloads(link) == [KEEPALIVE]
    return link


def up(**config: Any) -> UdpclLink:
    """Return a link without keep-alives, which is up at once."""
    link = fresh(**QUIET, **config)
    assert link.handle_timer(0) == [LinkEstablished("", link.transfer_max)]
    return link


def payloads(link: UdpclLink) -> list[bytes]:
    """Return what a link wants sent now."""
    return [datagram.data for datagram in link.datagrams_to_send()]


def test_it_is_a_link_that_promises_nothing() -> None:
    """UDP does not acknowledge, keeps no order and knows no session; nothing waits for an answer."""
    link: DatagramLink = up()
    assert (link.promises.acknowledged, link.promises.ordered, link.promises.session) == (False, False, False)
    assert link.unanswered == 0
    with pytest.raises(ValueError, match="waits for no answer"):
        link.acknowledge(0, 0)
    with pytest.raises(ValueError, match="waits for no answer"):
        link.refuse(0, Refusal.NO_RESOURCES, 0)


def test_every_datagram_contains_exactly_one_bundle() -> None:
    """ "every datagram MUST contain exactly one bundle or 4 octets of zero bits" (RFC 7122, 3.2)."""
    link = up()
    bundles = [b"bundle %d" % number for number in range(5)]
    assert [link.send(data, 0) for data in bundles] == [0, 1, 2, 3, 4]
    assert payloads(link) == bundles
    assert payloads(link) == []


def test_a_transfer_is_sent_once_the_wire_has_taken_it() -> None:
    """Nothing more will be known of it: that is all that such a link can tell."""
    link = up()
    link.send(b"a bundle", 5)
    assert link.next_wakeup() == 5
    assert link.handle_timer(5) == []
    flight = Flight(1, 2, 3)
    link.send(b"another", 6, flight)
    assert link.datagrams_to_send() == [Datagram(b"a bundle"), Datagram(b"another", flight)]
    assert link.next_wakeup() == 6
    assert link.handle_timer(6) == [TransferSent(0), TransferSent(1)]
    assert link.next_wakeup() is None


def test_a_datagram_that_the_wire_did_not_take_fails_its_transfer() -> None:
    """It has not left, so it is not sent; the others are."""
    link = up()
    for data in (b"one", b"two", b"two"):  # equal ones are told apart
        link.send(data + b" bytes", 0)
    _, _, last = link.datagrams_to_send()
    assert link.not_sent(last, "network is unreachable", 0) == [TransferFailed(2, "network is unreachable")]
    assert link.not_sent(last, "again", 0) == []
    assert link.handle_timer(0) == [TransferSent(0), TransferSent(1)]
    assert link.not_sent(Datagram(KEEPALIVE), "of a keep-alive", 0) == []


def test_a_datagram_is_a_whole_transfer_in_any_order() -> None:
    """Datagrams overtake each other and come twice; each is told as it comes, with a number of its own."""
    link = up()
    told: list[LinkEvent] = []
    for data in (b"second", b"first", b"first"):
        told += link.receive_datagram(data, 1)
    assert told == [
        TransferReceived(0, b"second"),
        TransferReceived(1, b"first"),
        TransferReceived(2, b"first"),
    ]


def test_a_keepalive_is_discarded() -> None:
    """ "The CL or transport receiving such a packet MUST discard this packet" (RFC 7122, 3.4), also a link
    that sends none itself."""
    assert up().receive_datagram(bytes(4), 0) == []
    assert heard().receive_datagram(bytes(4), 1) == []
    assert up().receive_datagram(bytes(5), 0) == [TransferReceived(0, bytes(5))]


@pytest.mark.parametrize("data", [b"", b"\0", b"\0\0\0", b"abcd"])
def test_what_is_neither_is_told_a_few_times(data: bytes) -> None:
    """A datagram too short for a bundle is told for the trace, which nobody can fill with such."""
    link = up()
    told = [event for _ in range(1000) for event in link.receive_datagram(data, 0)]
    assert len(told) == TOLD_REJECTS
    assert all(isinstance(event, MessageRejected) for event in told)


def test_keepalives_are_15_seconds_apart_while_nothing_is_sent() -> None:
    """ "Keep-alive intervals SHOULD be configurable, SHOULD default to 15 seconds" (RFC 7122, 3.4); they are
    sent "during extended idle periods"."""
    link = heard()
    spoken: list[int] = []
    for second in range(1, 46):
        link.receive_datagram(KEEPALIVE, second * SECOND)
        link.handle_timer(second * SECOND)
        spoken += [second] * len(link.datagrams_to_send())
    assert spoken == [15, 30, 45]
    link.send(b"a bundle", 50 * SECOND)
    assert payloads(link) == [b"a bundle"]
    link.handle_timer(64 * SECOND)
    assert payloads(link) == []
    assert link.next_wakeup() == 65 * SECOND
    link.handle_timer(65 * SECOND)
    assert payloads(link) == [KEEPALIVE]


def test_with_keepalives_it_rises_when_the_peer_is_heard() -> None:
    """A bundle is not sent to a peer that is switched off; whoever calls is answered at once."""
    link = fresh()
    assert link.next_wakeup() == 0
    assert link.handle_timer(0) == []
    assert payloads(link) == [KEEPALIVE]
    assert (link.free_transfers, link.transfer_max) == (0, 0)
    with pytest.raises(RuntimeError, match="free_transfers"):
        link.send(b"early", 0)
    assert link.next_wakeup() == 15 * SECOND
    events = link.receive_datagram(b"a bundle", 7 * SECOND)
    assert events == [LinkEstablished("", UNFRAGMENTED), TransferReceived(0, b"a bundle")]
    assert payloads(link) == [KEEPALIVE]
    assert link.free_transfers > 0


def test_a_silent_peer_ends_it() -> None:
    """After some missed keep-alives in a row it is over; what waits fails, and nothing more is said."""
    link = heard(keepalive_s=20, rate_bps=8_000)
    link.receive_datagram(b"the last word", SECOND)
    for _ in range(3):
        link.send(bytes(1000), SECOND)
    assert len(payloads(link)) == 1
    assert link.handle_timer(SECOND) == [TransferSent(0)]
    silent = (1 + (MISSED_KEEPALIVES + 1) * 20) * SECOND
    assert link.handle_timer(silent - 1) == []
    events = link.handle_timer(silent)
    said = "nothing was heard of the peer for 80 s"
    assert events == [
        TransferFailed(1, said),
        TransferFailed(2, said),
        LinkEnded(said, by_peer=True, clean=False, unanswered=()),
    ]
    assert link.next_wakeup() is None
    assert link.receive_datagram(b"too late for it", silent + 1) == []
    assert (link.free_transfers, link.transfer_max, payloads(link)) == (0, 0, [])


def test_without_keepalives_silence_says_nothing() -> None:
    """It is up as long as its driver is: a radio that is never answered has nothing to be heard."""
    link = up()
    assert link.next_wakeup() is None
    assert link.handle_timer(10**18) == []
    assert link.free_transfers > 0


def test_it_is_ended_in_order() -> None:
    """What waits for its turn fails, what the wire has taken is sent, and the end is told once."""
    link = up(rate_bps=8_000)
    for _ in range(2):
        link.send(bytes(1000), 0)
    assert len(payloads(link)) == 1
    link.close(0, Closing.BUSY)
    link.close(0)
    assert link.handle_timer(0) == [
        TransferSent(0),
        TransferFailed(1, "we ended it: busy"),
        LinkEnded("we ended it: busy", by_peer=False, clean=True, unanswered=()),
    ]
    assert link.handle_timer(1) == []
    assert link.next_wakeup() is None


def test_datagrams_leave_at_a_rate() -> None:
    """RFC 7122, 2, wants what is sent bounded; without a way back a rate is what can bound it."""
    link = up(rate_bps=1_000_000, datagram_max=LARGEST_DATAGRAM)
    for _ in range(100):
        link.send(bytes(1250), 0)  # 10 ms each
    left: list[int] = []
    now = 0
    while len(left) < 100:
        left += [now] * len(link.datagrams_to_send())
        link.handle_timer(now)
        due = link.next_wakeup()
        if due is not None:
            now = due
    assert left[:4] == [0, 0, SECOND // 100, 2 * SECOND // 100]
    assert left[-1] == 98 * SECOND // 100
    link.send(bytes(10), 10 * SECOND)  # a pause is no credit beyond the burst
    assert [link.send(bytes(1250), 10 * SECOND) for _ in range(5)]
    assert len(payloads(link)) == 2


def test_a_keepalive_leaves_while_a_bundle_waits_for_its_turn() -> None:
    """What waits says nothing to the peer, who would take the link for dead; no wake-up lies in the past."""
    link = heard(rate_bps=1)
    link.send(b"hello", 0)
    link.send(b"world", 0)
    assert payloads(link) == [b"hello"]
    link.receive_datagram(KEEPALIVE, 20 * SECOND)
    link.handle_timer(20 * SECOND)
    assert payloads(link) == [KEEPALIVE]
    due = link.next_wakeup()
    assert due is not None
    assert due > 20 * SECOND
    link.handle_timer(40 * SECOND)
    assert payloads(link) == [b"world"]


def test_what_waits_is_bounded() -> None:
    """Where the pace holds it back, a driver is told that there is no room."""
    link = up(rate_bps=1, max_waiting=3)
    for left in (2, 1, 0):
        link.send(b"hello", 0)
        assert link.free_transfers == left
    with pytest.raises(RuntimeError, match="free_transfers"):
        link.send(b"hello", 0)


def test_what_no_datagram_holds_is_not_taken() -> None:
    """Larger bundles "SHOULD be fragmented ... at the Bundle Protocol layer" (RFC 7122, 3.2), which is
    told."""
    link = up()
    assert link.transfer_max == UNFRAGMENTED == 1_232
    link.send(bytes(1_232), 0)
    with pytest.raises(ValueError, match="1233 bytes are more"):
        link.send(bytes(1_233), 0)
    large = up(datagram_max=LARGEST_DATAGRAM)
    large.send(bytes(65_507), 0)
    assert [len(data) for data in payloads(large)] == [65_507]


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        ({"datagram_max": 255}, "256 to 65507"),
        ({"datagram_max": 65_508}, "256 to 65507"),
        ({"keepalive_s": 14}, "at least 15 s"),
        ({"keepalive_s": -1}, "at least 15 s"),
        ({"rate_bps": 0}, "at least 1 bit"),
        ({"max_waiting": 0}, "at least 1 transfer"),
    ],
)
def test_a_config_that_the_rfc_does_not_allow_is_refused(bad: dict[str, Any], said: str) -> None:
    """Keep-alive intervals "MUST NOT be configured shorter than 15 seconds" (RFC 7122, 3.4)."""
    with pytest.raises(ValueError, match=said):
        UdpclConfig(**bad)


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("come"), st.binary(max_size=12)),
        st.tuples(st.just("send"), st.binary(min_size=5, max_size=40)),
        st.tuples(st.just("wait"), st.integers(0, 100)),
        st.tuples(st.just("fail"), st.just(0)),
    ),
    max_size=60,
)


@settings(deadline=None, derandomize=True, max_examples=300)
@given(steps=STEPS, keepalive_s=st.sampled_from([0, 15]), rate_bps=st.sampled_from([None, 50]))
def test_every_transfer_has_one_outcome(
    steps: list[tuple[str, Any]], keepalive_s: int, rate_bps: int | None
) -> None:
    """Whatever comes, waits and fails: each transfer is sent or failed, once, and the end is the last
    event."""
    link = UdpclLink(UdpclConfig(keepalive_s=keepalive_s, rate_bps=rate_bps), now=0)
    now, sent = 0, []
    events: list[LinkEvent] = []
    for step, value in steps:
        if step == "come":
            events += link.receive_datagram(value, now)
        elif step == "send" and link.free_transfers:
            sent.append(link.send(value, now))
        elif step == "wait":
            now += value * SECOND
        leaving = link.datagrams_to_send()
        if step == "fail" and leaving:
            events += link.not_sent(leaving[-1], "no buffer", now)
        events += link.handle_timer(now)
    link.close(now)
    events += link.handle_timer(now)
    fates = [event.transfer for event in events if isinstance(event, TransferSent | TransferFailed)]
    assert sorted(fates) == sent
    assert [isinstance(event, LinkEnded) for event in events].count(True) == 1
    assert isinstance(events[-1], LinkEnded)
    assert link.next_wakeup() is None
