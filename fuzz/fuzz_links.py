"""Fuzz the link machines: ``python fuzz/fuzz_links.py [--seconds N] [--seed S]``.

Each round lets a made-up peer talk to a TCPCL session in both roles: sessions of well-formed
messages in odd orders, some of their octets flipped, cut, doubled or left out, in random pieces
and at random times. The session must not raise, must tell the same whole or in pieces, must not
hold more than its limits, and must end exactly once with a fate for each of its transfers. A UDPCL link
then hears and sends datagrams at random times, and must keep the same.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
import traceback
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.links.helpers import CONTACT, KEEPALIVE, ack, item, refuse, reject, segment, sess_init, term

from starlight.dtntime import SECOND
from starlight.links import (
    LinkEnded,
    LinkEvent,
    Refusal,
    TcpclConfig,
    TcpclSession,
    TransferAcknowledged,
    TransferFailed,
    TransferReceived,
    TransferRefused,
    TransferSent,
    UdpclConfig,
    UdpclLink,
)
from starlight.links.tcpcl_messages import TermReason
from starlight.links.tcpcl_state import SessionState

CONFIG = TcpclConfig(
    "ipn:1.0",
    segment_mru=200,
    transfer_mru=500,
    segment_size=50,
    write_size=200,
    max_transfers_under_way=8,
    max_unanswered=4,
    max_items=80,
    max_node_id=40,
    max_answers_held=64,
    idle_session_s=500,
)


def a_message(rng: random.Random) -> bytes:
    """Return a message that a peer may send, well-formed by itself."""
    number = rng.choice([rng.randrange(4), rng.randrange(12), rng.getrandbits(64)])
    body = rng.randbytes(rng.choice([0, 1, 50, rng.randrange(300)]))
    items = b"".join(
        item(
            rng.choice([1, 1, 2, 0x8A57, 0x9000]),
            rng.choice([len(body), rng.randrange(600)]).to_bytes(8, "big")[: rng.choice([8, 8, 8, 3])],
            critical=rng.random() < 0.2,
        )
        for _ in range(rng.choice([0, 0, 1, 2]))
    )
    flags = rng.choice([0, 0, 0x80])
    choices = [
        segment(number, body, items=items, flags=flags),
        segment(number, body, start=rng.random() < 0.5, end=rng.random() < 0.5, items=items),
        ack(number, rng.choice([50, len(body), rng.getrandbits(64)]), start=True, end=rng.random() < 0.7),
        refuse(number, rng.randrange(9)),
        KEEPALIVE,
        term(rng.randrange(8), reply=rng.random() < 0.5),
        reject(rng.randrange(5), rng.choice([2, 3, 4, 5, 6, 1, 7])),
        sess_init(node_id="ipn:2." + "0" * rng.randrange(40), items=items),
        rng.randbytes(rng.randrange(4)),
    ]
    return rng.choices(choices, weights=[9, 6, 6, 3, 3, 1, 1, 1, 1])[0]


def a_session(rng: random.Random) -> list[bytes]:
    """Return what a peer says from the beginning to the end, perhaps with faults, message by message."""
    init = sess_init(
        keepalive=rng.choice([0, 5, 60]),
        segment_mru=rng.choice([64, 100, 2**64 - 1, rng.randrange(200)]),
        transfer_mru=rng.choice([256, 2**20, rng.randrange(600)]),
    )
    said = [CONTACT if rng.random() < 0.97 else rng.randbytes(8), init]
    said += [a_message(rng) for _ in range(rng.randrange(40))]
    for _ in range(rng.choice([0, 0, 1, 3])):
        at = rng.randrange(len(said))
        message = bytearray(said[at] or b"d")
        spot = rng.randrange(len(message))
        fault = rng.randrange(3)
        if fault == 0:
            message[spot] ^= 1 << rng.randrange(8)
        elif fault == 1:
            del message[spot : spot + rng.randrange(20)]
        else:
            message[spot:spot] = message[spot : spot + rng.randrange(40)]
        said[at] = bytes(message)
    return said


def heard(data: bytes, cuts: list[int], *, passive: bool) -> tuple[list[LinkEvent], bytes, SessionState]:
    """Return what a session tells, says and is after octets in pieces."""
    session = TcpclSession(CONFIG, passive=passive, now=0)
    events: list[LinkEvent] = []
    at = 0
    for cut in [*cuts, len(data)]:
        events += session.receive_data(data[at:cut], 0)
        at = cut
    said = b"".join(iter(session.data_to_send, b""))
    return events, said, session.state


def live(said: list[bytes], rng: random.Random, counts: Counter[str]) -> None:
    """Let a session live with a driver that sends, answers, waits and ends; check its events."""
    session = TcpclSession(CONFIG, passive=rng.random() < 0.5, now=0)
    events: list[LinkEvent] = []
    waiting: list[int] = []
    sent: list[int] = []
    sizes: dict[int, int] = {}
    now = 0
    if rng.random() < 0.3:
        said = [message[at : at + 7] for message in said for at in range(0, len(message), 7)]
    for piece in said:
        fresh = session.receive_data(piece, now)
        now += rng.choice([0, 0, SECOND, 20 * SECOND])
        fresh += session.handle_timer(now)
        waiting += [event.transfer for event in fresh if isinstance(event, TransferReceived)]
        events += fresh
        if (
            sizes
            and not session.backlog_bytes
            and not session._reactions.reader.held
            and not session._transfers.incoming.left
            and rng.random() < 0.3
        ):
            number, whole = sizes.popitem()  # a peer that means well, between two messages
            events += session.receive_data(ack(number, whole, start=whole <= 50), now)
        if session.free_transfers and session.transfer_max and rng.random() < 0.4:
            body = rng.randbytes(rng.randrange(min(session.transfer_max, 300)))
            sent.append(session.send(body, now))
            sizes[sent[-1]] = len(body)
        if waiting and rng.random() < 0.5:
            number = waiting.pop(rng.randrange(len(waiting)))
            if rng.random() < 0.8:
                session.acknowledge(number, now)
            else:
                session.refuse(number, rng.choice(list(Refusal)), now)
        if rng.random() < 0.5:
            assert len(session.data_to_send()) < 200 + 64 * 18 + 100 * (50 + 80)
        if rng.random() < 0.01:
            session.terminate(TermReason.UNKNOWN, now)
        assert session._reactions.reader.held < 200
        assert session.unanswered <= 4
    events += session.receive_eof(now)
    events += session.handle_timer(now + 10**15)
    end = events[-1]
    assert isinstance(end, LinkEnded)
    counts[f"state {type(end).__name__} clean={end.clean}"] += 1
    counts.update(type(event).__name__ for event in events)
    assert sum(isinstance(event, LinkEnded) for event in events) == 1
    assert session.next_wakeup() is None
    outcomes = TransferAcknowledged | TransferRefused | TransferFailed
    fates = [event.transfer for event in events if isinstance(event, outcomes)]
    assert sorted(fates) == sent


def datagrams(rng: random.Random, counts: Counter[str]) -> None:
    """Let a UDPCL link hear, send, wait and end; check that each transfer has one outcome."""
    config = UdpclConfig(
        keepalive_s=rng.choice([0, 15, 60]), rate_bps=rng.choice([None, 100, 10**6]), max_waiting=8
    )
    link = UdpclLink(config, now=0)
    events: list[LinkEvent] = []
    sent: list[int] = []
    now = 0
    for _ in range(rng.randrange(60)):
        now += rng.choice([0, 0, SECOND, 20 * SECOND, 90 * SECOND])
        events += link.handle_timer(now)
        if rng.random() < 0.6:
            events += link.receive_datagram(
                rng.choice([bytes(4), b"", rng.randbytes(rng.randrange(80))]), now
            )
        if link.free_transfers and rng.random() < 0.6:
            sent.append(link.send(rng.randbytes(rng.randrange(config.datagram_max + 1)), now))
        for datagram in link.datagrams_to_send():
            assert len(datagram.data) <= config.datagram_max
            if rng.random() < 0.2:
                events += link.not_sent(datagram, "no buffer space", now)
    link.close(now)
    events += link.handle_timer(now)
    assert [type(event) for event in events].count(LinkEnded) == 1
    assert isinstance(events[-1], LinkEnded)
    assert link.next_wakeup() is None
    counts.update(f"datagrams {type(event).__name__}" for event in events)
    fates = [event.transfer for event in events if isinstance(event, TransferSent | TransferFailed)]
    assert sorted(fates) == sent


def main() -> int:
    """Fuzz for a while and print one line; return 1 on a finding."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    until = time.monotonic() + arguments.seconds
    counts: Counter[str] = Counter()
    rounds = octets = 0
    while time.monotonic() < until:
        rng = random.Random(f"{arguments.seed}/{rounds}")
        said = a_session(rng)
        data = b"".join(said)
        try:
            passive = rng.random() < 0.5
            cuts = sorted(rng.randrange(len(data)) for _ in range(rng.randrange(30)))
            whole = heard(data, [], passive=passive)
            assert heard(data, cuts, passive=passive) == whole, "cuts show"
            live(said, rng, counts)
            datagrams(rng, counts)
        except Exception:
            traceback.print_exc()
            sys.stdout.write(
                f"links: FOUND with seed {arguments.seed}, round {rounds}, octets {data.hex()}\n"
            )
            return 1
        rounds += 1
        octets += len(data)
    told = ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))
    sys.stdout.write(
        f"links: {rounds} sessions, {octets} octets, seed {arguments.seed}, nothing found ({told})\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
