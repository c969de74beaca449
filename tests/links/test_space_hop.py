"""The space hop: LTP's contract for whole bundles, between two ends in virtual time."""

from __future__ import annotations

from collections.abc import Iterator
from heapq import heappop, heappush

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from starlight.dtntime import MINUTE, SECOND
from starlight.links import ltp_segments as ltp
from starlight.links.link import (
    Datagram,
    Flight,
    LinkEnded,
    LinkEstablished,
    LinkEvent,
    MessageRejected,
    Promises,
    Refusal,
    TransferAcknowledged,
    TransferFailed,
    TransferReceived,
    TransferRefused,
    TransferSent,
)
from starlight.links.space import SpaceLink

LIGHT = 1004 * SECOND  # about Earth to Mars on 2050-01-01
NEVER = 10**18


def always(reaches: int) -> int:
    """Return when the report is due over a link whose other direction is always open."""
    return reaches + LIGHT


def end(engine: int = 1, peer: int = 2, **limits: int) -> SpaceLink:
    """Return an end that has told that transfers can begin."""
    link = SpaceLink(engine, peer, always, now=0, **limits)
    assert link.next_wakeup() == 0
    assert link.handle_timer(0) == [LinkEstablished("", None)]
    return link


class Hop:
    """Two ends a light time apart, and what is between them.

    Args:
        answers: what the node at the other end does with the transfers that come, in order: it takes them,
            refuses them, or, None, dies over them.
        near: the end that sends. [default: a new one]
    """

    def __init__(self, answers: Iterator[Refusal | bool | None], near: SpaceLink | None = None) -> None:
        self.near = near or end()
        self.far = end(2, 1)
        self._answers = answers
        self._air: list[tuple[int, int, SpaceLink, bytes]] = []
        self._sent = 0

    def flush(self, now: int) -> list[Datagram]:
        """Let leave what the ends want sent; return it."""
        said = []
        for link, other in ((self.near, self.far), (self.far, self.near)):
            for datagram in link.datagrams_to_send():
                said.append(datagram)
                arrives = datagram.flight.reaches if datagram.flight else now + LIGHT
                self._sent += 1
                heappush(self._air, (arrives, self._sent, other, datagram.data))
        return said

    def run(self, until: int = NEVER) -> list[tuple[int, LinkEvent]]:
        """Let time pass; return what the sending end tells, and what comes to the other, with the times."""
        told: list[tuple[int, LinkEvent]] = []
        self.flush(0)
        while True:
            due = self.near.next_wakeup()
            now = min(NEVER if due is None else due, self._air[0][0] if self._air else NEVER)
            if now >= until:
                return told
            while self._air and self._air[0][0] == now:
                _, _, link, data = heappop(self._air)
                events = link.receive_datagram(data, now)
                told += [(now, event) for event in events]
                if link is self.far:
                    self._answer(events, now)
            told += [(now, event) for event in self.near.handle_timer(now)]
            self.flush(now)

    def _answer(self, events: list[LinkEvent], now: int) -> None:
        for event in events:
            if not isinstance(event, TransferReceived) or not event.answerable:
                continue
            answer = next(self._answers)
            if isinstance(answer, Refusal):
                self.far.refuse(event.transfer, answer, now)
            elif answer:
                self.far.acknowledge(event.transfer, now)


def answering(*answers: Refusal | bool | None) -> Iterator[Refusal | bool | None]:
    """Return answers, the last for ever."""
    yield from answers
    while True:
        yield answers[-1]


def flight(leaves: int, last_byte: int, *, one_way: bool = False, light: int = LIGHT) -> Flight:
    """Return when a transfer is on the air."""
    return Flight(leaves, last_byte, last_byte + light, one_way)


def test_it_promises_answers_and_no_more() -> None:
    """Each transfer is answered; order is not kept, and no session is needed."""
    link = end()
    assert link.promises == Promises(acknowledged=True, ordered=False, session=False)
    assert link.transfer_max is None
    assert link.free_transfers == 100_000


def test_there_and_back_takes_two_light_times() -> None:
    """Data arrive when their last byte reaches the receiver; the acknowledgement one light time after
    that."""
    hop = Hop(answering(True))
    number = hop.near.send(b"a", 10, flight(10, 20))
    arrives = 20 + LIGHT
    assert hop.run() == [
        (arrives, TransferReceived(0, b"a")),
        (arrives + LIGHT, TransferAcknowledged(number)),
    ]
    assert hop.near.next_wakeup() is None


def test_many_are_in_flight_in_order() -> None:
    """Transfers follow each other without waiting for acknowledgements."""
    hop = Hop(answering(True), end(max_in_flight=100))
    numbers = [hop.near.send(b"%d" % i, i, flight(i, i + 1)) for i in range(100)]
    assert hop.near.free_transfers == 0
    told = hop.run()
    assert [event.data for _, event in told if isinstance(event, TransferReceived)] == [
        b"%d" % i for i in range(100)
    ]
    assert [event.transfer for _, event in told if isinstance(event, TransferAcknowledged)] == numbers
    assert hop.near.free_transfers == 100


def test_a_sender_gives_up_when_the_report_is_overdue() -> None:
    """Data that were lost, or whose receiver died before it stored them, are never reported."""
    hop = Hop(answering(None))
    number = hop.near.send(b"a", 0, flight(0, 20))
    overdue = TransferFailed(number, "no acknowledgement came in time")
    assert hop.run()[1:] == [(20 + 2 * LIGHT + MINUTE, overdue)]
    lost = end(patience=3)
    lost.send(b"b", 0, flight(0, 20))
    assert lost.handle_timer(20 + 2 * LIGHT + 2) == []
    assert lost.handle_timer(20 + 2 * LIGHT + 3) == [overdue]


def test_a_sender_waits_as_the_plan_says() -> None:
    """RFC 5326 suspends its timers while a link is closed (6.5, 6.6); without a way back none is due."""
    for report, due in ((100 * LIGHT, 100 * LIGHT + MINUTE), (None, LIGHT + MINUTE)):
        asked: list[int] = []

        def report_due(reaches: int, report: int | None = report, asked: list[int] = asked) -> int | None:
            asked.append(reaches)
            return report

        link = SpaceLink(1, 2, report_due, now=0)
        link.handle_timer(0)
        link.send(b"a", 0, flight(0, 0))
        assert asked == [LIGHT]
        assert link.next_wakeup() == due


def test_a_refusal_takes_light_time_too() -> None:
    """What the receiver does not want is refused, one light time later, with what LTP has for its reason."""
    hop = Hop(answering(Refusal.NOT_ACCEPTABLE, Refusal.NO_RESOURCES, Refusal.RETRY))
    for _ in range(3):
        hop.near.send(b"a", 0, flight(0, 0))
    reasons = [event.reason for _, event in hop.run() if isinstance(event, TransferRefused)]
    assert reasons == [Refusal.NOT_ACCEPTABLE, Refusal.NO_RESOURCES, Refusal.NO_RESOURCES]
    assert hop.near.free_transfers == 100_000


def test_what_is_there_already_is_as_good_as_received() -> None:
    """A receiver that has the bundle reports it, so the sender may let go of it."""
    hop = Hop(answering(Refusal.COMPLETED))
    number = hop.near.send(b"a", 0, flight(0, 0))
    assert hop.run()[-1] == (2 * LIGHT, TransferAcknowledged(number))


def test_a_report_in_time_counts_and_a_later_one_does_not() -> None:
    """An answer that comes before the sender gives up ends the transfer; one after it is no news."""
    for answered_at, news in ((LIGHT + MINUTE, True), (3 * LIGHT, False)):
        near, far = end(), end(2, 1)
        number = near.send(b"a", 0, flight(0, 0))
        (segment,) = near.datagrams_to_send()
        (received,) = far.receive_datagram(segment.data, LIGHT)
        assert isinstance(received, TransferReceived)
        if not news:
            assert len(near.handle_timer(answered_at)) == 1
        far.acknowledge(received.transfer, answered_at)
        (report,) = far.datagrams_to_send()
        assert report.flight is None  # it leaves when the way back is next open
        known = near.receive_datagram(report.data, answered_at + LIGHT)
        assert known == ([TransferAcknowledged(number)] if news else [])
        assert near.next_wakeup() is None


def test_where_nothing_comes_back_data_are_green() -> None:
    """Over such a contact "sent" is all that is ever known; the data arrive all the same, unanswered."""
    hop = Hop(answering(True))
    number = hop.near.send(b"a", 0, flight(0, 5, one_way=True))
    assert hop.run() == [(5, TransferSent(number)), (5 + LIGHT, TransferReceived(0, b"a", answerable=False))]
    assert hop.far.unanswered == 0
    with pytest.raises(ValueError, match="has not arrived, or has had its answer"):
        hop.far.acknowledge(0, 5 + LIGHT)
    assert hop.near.free_transfers == 100_000
    # Nobody can answer green data: who does so all the same is not believed.
    number = hop.near.send(b"b", 10, flight(10, 20, one_way=True))
    assert hop.near.receive_datagram(ltp.write_report(ltp.ReportSegment(1, number, 1, 1)), 11) == []
    assert hop.near.receive_datagram(ltp.write_cancel(ltp.CancelSegment(1, number, 0)), 11) == []


def test_a_doubled_block_is_handed_on_once_while_it_waits() -> None:
    """While a block waits for its answer another copy of it says nothing; later it is a transfer like any."""
    near, far = end(), end(2, 1)
    near.send(b"a", 0, flight(0, 0))
    (segment,) = near.datagrams_to_send()
    assert far.receive_datagram(segment.data, 1) == [TransferReceived(0, b"a")]
    assert far.receive_datagram(segment.data, 2) == []
    assert far.unanswered == 1
    far.acknowledge(0, 3)
    assert far.receive_datagram(segment.data, 4) == [TransferReceived(1, b"a")]
    far.refuse(1, Refusal.NOT_ACCEPTABLE, 5)
    report, cancel = far.datagrams_to_send()
    assert near.receive_datagram(report.data, 6) == [TransferAcknowledged(0)]
    assert near.receive_datagram(cancel.data, 7) == []


def test_a_next_life_takes_no_report_for_a_former_one() -> None:
    """Numbers are not used again, so an answer to what a former life has sent is told from one to this."""
    former, far = end(), end(2, 1)
    former.send(b"a", 0, flight(0, 0))
    (segment,) = former.datagrams_to_send()
    (received,) = far.receive_datagram(segment.data, LIGHT)
    assert isinstance(received, TransferReceived)
    far.acknowledge(received.transfer, LIGHT)
    (report,) = far.datagrams_to_send()
    later = end(first=2**32)
    number = later.send(b"b", LIGHT, flight(LIGHT, LIGHT))
    assert number == 2**32
    assert later.receive_datagram(report.data, 2 * LIGHT) == []
    assert later.free_transfers == 99_999


@pytest.mark.parametrize(
    ("message", "told"),
    [
        (b"", "no segment"),
        (b"\x13", "version 1"),
        (ltp.write_data(ltp.DataSegment(3, 0, b"x", 1)), "engine 3"),
        (ltp.write_data(ltp.DataSegment(2, 0, b"x", 1, service=2)), "client service 2"),
        (ltp.write_report(ltp.ReportSegment(2, 0, 1, 1)), "engine 2"),
        (ltp.write_report(ltp.ReportSegment(1, 0, 2, 1)), "session 0"),
        (ltp.write_report(ltp.ReportSegment(1, 0, 1, 2)), "session 0"),
        (ltp.write_report(ltp.ReportSegment(1, 0, 1, 1))[:-3] + b"\0", "session 0"),
    ],
)
def test_what_a_peer_must_not_say_is_told_and_does_nothing(message: bytes, told: str) -> None:
    """A segment that is none, is for another, or reports what was not sent ends no transfer."""
    link = end()
    link.send(b"a", 0, flight(0, 0))
    (event,) = link.receive_datagram(message, 1)
    assert isinstance(event, MessageRejected)
    assert told in event.reason
    assert link.free_transfers == 99_999
    assert link.unanswered == 0


def test_red_data_for_another_service_are_cancelled() -> None:
    """What no client service here takes is cancelled as unreachable, if an answer can reach the sender."""
    link = end()
    link.receive_datagram(ltp.write_data(ltp.DataSegment(2, 7, b"x", 0, service=2)), 1)
    assert link.datagrams_to_send() == []
    link.receive_datagram(ltp.write_data(ltp.DataSegment(2, 7, b"x", 1, service=2)), 1)
    (cancel,) = link.datagrams_to_send()
    assert ltp.read_segment(cancel.data) == ltp.CancelSegment(2, 7, ltp.CancelReason.UNREACH)
    other = end(2, 1)
    other.send(b"", 0, flight(0, 0))
    unknown = ltp.write_cancel(ltp.CancelSegment(2, 0, 99))
    assert other.receive_datagram(unknown, 1) == [TransferRefused(0, Refusal.UNKNOWN)]


def test_a_peer_cannot_fill_it() -> None:
    """Of blocks that wait for their answers there is a limit; what comes beyond is dropped."""
    link = end(max_unanswered=2)
    blocks = [ltp.write_data(ltp.DataSegment(2, session, b"x", 1)) for session in range(3)]
    told = [link.receive_datagram(block, 1)[0] for block in blocks]
    assert [type(event) for event in told] == [TransferReceived, TransferReceived, MessageRejected]
    assert link.unanswered == 2
    link.acknowledge(0, 2)
    assert link.receive_datagram(blocks[2], 3) == [TransferReceived(2, b"x")]


def test_it_is_closed_in_order() -> None:
    """Once closed it takes no more; it has ended when each of its transfers has."""
    link = end()
    number = link.send(b"a", 0, flight(0, 0))
    link.receive_datagram(ltp.write_data(ltp.DataSegment(2, 5, b"x", 1)), 1)
    link.close(2)
    assert link.free_transfers == 0
    assert link.next_wakeup() == 2 * LIGHT + MINUTE
    failed, ended = link.handle_timer(2 * LIGHT + MINUTE)
    assert failed == TransferFailed(number, "no acknowledgement came in time")
    assert ended == LinkEnded("closed", by_peer=False, clean=False, unanswered=(0,))
    assert link.next_wakeup() is None
    link.acknowledge(0, NEVER)
    link.refuse(0, Refusal.UNKNOWN, NEVER)
    assert link.receive_datagram(b"", NEVER) == []
    idle = end()
    idle.close(7)
    assert idle.next_wakeup() == 7
    assert idle.handle_timer(7) == [LinkEnded("closed", by_peer=False, clean=True, unanswered=())]


def test_what_the_wire_did_not_take() -> None:
    """Green data that have not left fail; red data, and answers, are as good as lost on the way."""
    link = end()
    green = link.send(b"a", 0, flight(0, 5, one_way=True))
    link.send(b"b", 0, flight(0, 0))
    link.receive_datagram(ltp.write_data(ltp.DataSegment(2, 5, b"x", 1)), 1)
    link.acknowledge(0, 1)
    told = [link.not_sent(datagram, "no wire", 1) for datagram in link.datagrams_to_send()]
    assert told == [[TransferFailed(green, "no wire")], [], []]
    assert link.handle_timer(5) == []


def test_what_we_do_wrong_raises() -> None:
    """Times out of order, too many in flight, and answers to what has not arrived are our own faults."""
    link = end(max_in_flight=1)
    for times in ((2, 1, 3), (1, 3, 2)):
        with pytest.raises(ValueError, match="leaves"):
            link.send(b"a", 0, Flight(*times))
    link.send(b"a", 0)
    with pytest.raises(RuntimeError, match="in flight"):
        link.send(b"b", 0)
    with pytest.raises(ValueError, match="has not arrived"):
        link.acknowledge(0, 0)
    link.receive_datagram(ltp.write_data(ltp.DataSegment(2, 5, b"x", 1)), 1)
    link.acknowledge(0, 1)
    with pytest.raises(ValueError, match="has had its answer"):
        link.refuse(0, Refusal.UNKNOWN, 1)


times = st.integers(0, 1000)
few = st.integers(0, 3)
segments = st.one_of(
    st.binary(max_size=40),
    st.builds(ltp.DataSegment, few, times, st.binary(max_size=9), few, st.integers(1, 2)).map(ltp.write_data),
    st.builds(ltp.ReportSegment, few, st.integers(0, 9), few, few, st.just(True)).map(ltp.write_report),
    st.builds(ltp.CancelSegment, few, st.integers(0, 9), st.integers(0, 255)).map(ltp.write_cancel),
)


@settings(deadline=None, derandomize=True, max_examples=300)
@given(
    sends=st.lists(st.tuples(times, st.integers(0, 50), st.booleans()), max_size=10),
    said=st.lists(st.tuples(segments, st.sampled_from([None, True, False])), max_size=25),
)
def test_whatever_a_peer_says_every_transfer_has_one_end(
    sends: list[tuple[int, int, bool]], said: list[tuple[bytes, bool | None]]
) -> None:
    """Nothing that comes raises, and each transfer ends exactly once; green data in nothing but "sent"."""
    link = end(max_unanswered=4)
    greens = {
        link.send(b"abc"[: size % 4], 0, Flight(leaves, leaves + size, leaves + size, green)): green
        for leaves, size, green in sends
    }
    told: list[LinkEvent] = []
    for now, (message, answer) in enumerate(said):
        happened = link.receive_datagram(message, now)
        told += happened
        for event in happened:
            if isinstance(event, TransferReceived) and event.answerable and answer is not None:
                link.acknowledge(event.transfer, now) if answer else link.refuse(
                    event.transfer, Refusal.UNKNOWN, now
                )
        assert link.unanswered <= 4
    while (due := link.next_wakeup()) is not None:
        told += link.handle_timer(max(due, len(said)))
    ends: dict[int, list[LinkEvent]] = {number: [] for number in greens}
    for event in told:
        if isinstance(event, TransferSent | TransferAcknowledged | TransferRefused | TransferFailed):
            ends[event.transfer].append(event)
    for number, green in greens.items():
        (only,) = ends[number]
        assert isinstance(only, TransferSent) == green
