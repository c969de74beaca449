"""What holds for whatever a peer sends, and however the wire cuts it."""

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.links import strategies
from tests.links.helpers import CONTACT, Pair, drain, sess_init

from starlight.dtntime import SECOND
from starlight.links import (
    LinkEnded,
    LinkEvent,
    TcpclConfig,
    TcpclSession,
    TransferAcknowledged,
    TransferFailed,
    TransferReceived,
    TransferRefused,
)
from starlight.links.tcpcl_messages import TermReason
from starlight.links.tcpcl_state import SessionState

CONFIG = TcpclConfig(
    "ipn:1.0",
    transfer_mru=100,
    segment_mru=60,
    max_unanswered=3,
    max_rejects=4,
    max_answers_held=20,
    max_items=60,
)


def heard(octets: bytes, cuts: list[int], *, passive: bool) -> tuple[list[LinkEvent], bytes, SessionState]:
    """Feed octets cut at some places; return all events, all that was said, and the state, transfers
    answered."""
    session = TcpclSession(CONFIG, passive=passive, now=0)
    events: list[LinkEvent] = []
    at = 0
    for cut in [*sorted(cuts), len(octets)]:
        events += session.receive_data(octets[at:cut], 0)
        at = max(at, cut)
    return events, drain(session), session.state


@settings(deadline=None, derandomize=True, max_examples=300)
@given(octets=strategies.sessions, cuts=st.lists(st.integers(0, 300), max_size=20), passive=st.booleans())
def test_the_cuts_of_the_wire_do_not_show(octets: bytes, cuts: list[int], passive: bool) -> None:
    """The same octets give the same events, answers and state however they are cut."""
    whole = heard(octets, [], passive=passive)
    assert heard(octets, [cut for cut in cuts if cut < len(octets)], passive=passive) == whole
    assert heard(octets, list(range(len(octets))), passive=passive) == whole


@settings(deadline=None, derandomize=True, max_examples=300)
@given(
    octets=st.one_of(st.binary(max_size=200), strategies.sessions),
    flips=st.lists(st.tuples(st.integers(0, 400), st.integers(1, 255)), max_size=4),
    passive=st.booleans(),
)
def test_nothing_that_a_peer_sends_raises(octets: bytes, flips: list[tuple[int, int]], passive: bool) -> None:
    """Random and mutated octets never raise; the session ends at most once, and after the end tells
    nothing."""
    data = bytearray(octets)
    for at, flip in flips:
        if data:
            data[at % len(data)] ^= flip
    session = TcpclSession(CONFIG, passive=passive, now=0)
    events = []
    for at in range(0, len(data), 7):
        fresh = session.receive_data(bytes(data[at : at + 7]), at * SECOND)
        fresh += session.handle_timer(at * SECOND)
        for event in fresh:
            if isinstance(event, TransferReceived) and event.transfer % 2:
                session.acknowledge(event.transfer, at * SECOND)
        events += fresh
        if session.free_transfers > 1000:
            session.send(b"ours", at * SECOND)
        if at % 3 == 0:
            drain(session)
        wakeup = session.next_wakeup()
        assert wakeup is not None or session.state in (SessionState.CLOSED, SessionState.ESTABLISHED)
    events += session.receive_eof(10**12)
    ends = [event for event in events if isinstance(event, LinkEnded)]
    assert len(ends) == 1
    assert events[-1] is ends[0]
    assert session.state is SessionState.CLOSED
    drain(session)
    assert session.next_wakeup() is None


@settings(deadline=None, derandomize=True, max_examples=60)
@given(
    bodies=st.lists(st.binary(max_size=300), min_size=1, max_size=12),
    mru=st.sampled_from([64, 100, 10_000]),
    step=st.integers(1, 400),
    stop=st.integers(0, 12),
)
def test_every_transfer_has_one_fate(bodies: list[bytes], mru: int, step: int, stop: int) -> None:
    """Each transfer of ours is acknowledged, refused or failed: in exactly one of them, whatever ends the
    session."""
    config = TcpclConfig("ipn:1.0", segment_mru=mru)
    pair = Pair(step=step, active=config, passive=config).run()
    ids = []
    for i, body in enumerate(bodies):
        if i == stop:
            pair.passive.terminate(TermReason.BUSY, pair.now)
            pair.run()
        if pair.active.free_transfers:
            ids.append(pair.active.send(body, pair.now))
            pair.active.data_to_send() if i == stop - 1 else pair.run()
    pair.pass_time(500)
    for session in (pair.active, pair.passive):
        pair.hear(session, session.receive_eof(pair.now))
    outcomes = TransferAcknowledged | TransferRefused | TransferFailed
    fates = [event.transfer for event in pair.heard[pair.active] if isinstance(event, outcomes)]
    assert sorted(fates) == ids


def test_a_dribbled_head_is_held_in_little() -> None:
    """An unfinished message holds no more than its head: a length field alone reserves nothing."""
    session = TcpclSession(TcpclConfig("ipn:1.0"), passive=True, now=0)
    session.receive_data(CONTACT + sess_init(), 0)
    session.receive_data(b"\x01\x02" + bytes(8) + b"\x00\x00\x10\x00" + bytes(4000), 0)
    assert session._reactions.reader.held < 4200
