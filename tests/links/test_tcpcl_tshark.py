"""A foreign dissector reads a session between two of ours, and finds every field and nothing malformed."""

from __future__ import annotations

import shutil
import subprocess
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from tests.links.helpers import Pair
from tests.links.pcap import capture

from starlight.links import Flight, Refusal, TcpclConfig
from starlight.links.tcpcl_messages import TermReason

pytestmark = pytest.mark.skipif(
    shutil.which("tshark") is None, reason="tshark is missing: apt-get install tshark"
)

LONG = bytes(range(256)) * 10
DEPARTURE = 1_234_567_890_123_456_789
Fields = list[tuple[str, str]]


def dissected(said: list[tuple[bool, bytes]], folder: Path) -> list[Fields]:
    """Return tshark's TCPCL messages in order, each as names and shown values; fail on what is malformed."""
    path = folder / "session.pcap"
    path.write_bytes(capture(said))
    # What we carry here is no bundle, so its dissector is left out; in two passes a segment finds its ack.
    command = ["tshark", "-2", "-r", str(path), "-T", "pdml", "-o", "tcpcl.decode_bundle:FALSE"]
    command += ["-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE"]
    text = subprocess.run(command, capture_output=True, check=True).stdout.decode()
    assert "_ws.malformed" not in text
    assert "checksum.bad" not in text
    messages = [
        field
        for proto in ET.fromstring(text).iter("proto")
        if proto.get("name") == "tcpcl"
        for field in proto.iter("field")
        if field.get("name") in ("tcpcl.contact_hdr", "tcpcl.v4.mhdr")
    ]
    return [
        [
            (name.removeprefix("tcpcl.").removeprefix("v4."), field.get("show", ""))
            for field in message.iter("field")
            if (name := field.get("name", "")).startswith("tcpcl.") and field is not message
        ]
        for message in messages
    ]


def only(fields: Fields, *names: str) -> list[str]:
    """Return the values of some fields, in the order in which they stand."""
    return [value for name, value in fields if name in names]


@pytest.fixture(scope="module")
def messages(tmp_path_factory: pytest.TempPathFactory) -> list[Fields]:
    """What tshark sees of a session with transfers both ways, a refusal, a rejection, keepalives and an
    end."""
    pair = Pair(
        active=TcpclConfig("ipn:977000.7.0", keepalive_s=30, segment_mru=1000, transfer_mru=100_000),
        passive=TcpclConfig("ipn:1.0", keepalive_s=45, segment_mru=2000, transfer_mru=200_000),
        acknowledge=False,
    ).run()
    pair.active.send(LONG, 0, Flight(0, DEPARTURE, 0))
    pair.active.send(b"small", 0)
    pair.active.send(LONG, 0)  # of two segments, since of one the dissector can't find what is refused
    pair.passive.send(b"back", 0)
    pair.run()
    pair.passive.acknowledge(0, 0)
    pair.passive.acknowledge(1, 0)
    pair.passive.refuse(2, Refusal.NOT_ACCEPTABLE, 0)
    pair.active.acknowledge(0, 0)
    pair.run().pass_time(30)
    pair.passive.receive_data(b"\x05\x01\x00", pair.now)  # a SESS_TERM out of place, which is rejected
    pair.run()
    pair.active.terminate(TermReason.BUSY, pair.now)
    pair.run()
    return dissected(
        [(speaker is pair.active, octets) for speaker, octets in pair.wire],
        tmp_path_factory.mktemp("capture"),
    )


def of_type(messages: list[Fields], kind: int) -> list[Fields]:
    """Return the messages of a type."""
    return [fields for fields in messages if ("mhdr.type", f"{kind:#04x}") in fields]


def test_contact_headers(messages: list[Fields]) -> None:
    """Two contact headers of version 4 without CAN_TLS; TLS is not negotiated (RFC 9174, 4.2 and 4.3)."""
    names = (
        "contact_hdr.magic",
        "contact_hdr.version",
        "chdr.flags",
        "chdr.flags.can_tls",
        "negotiated.use_tls",
    )
    for header in messages[:2]:
        assert only(header, *names) == ["64:74:6e:21", "4", "0x00", "0", "0"]


def test_sess_init(messages: list[Fields]) -> None:
    """Both SESS_INIT field by field, and the negotiated keepalive (RFC 9174, 4.6 and 4.7)."""
    names = ("keepalive", "seg_mru", "xfer_mru", "nodeid_len", "nodeid_data", "extlist_len")
    shown = [only(fields, *(f"sess_init.{name}" for name in names)) for fields in of_type(messages, 7)]
    assert shown == [
        ["30", "1000", "100000", "14", "ipn:977000.7.0", "0"],
        ["45", "2000", "200000", "7", "ipn:1.0", "0"],
    ]
    assert [only(fields, "negotiated.keepalive") for fields in of_type(messages, 7)] == [["30"], ["30"]]


def test_segments(messages: list[Fields]) -> None:
    """Flags, transfer id, lengths and data of each XFER_SEGMENT (RFC 9174, 5.2.2)."""
    names = ("xfer_flags", "xfer_flags.start", "xfer_flags.end", "xfer_id", "xfer_segment.data_len")
    zero, one, two = (f"{number:#018x}" for number in range(3))
    segments = of_type(messages, 1)
    assert [only(fields, *names) for fields in segments] == [
        ["0x02", "1", "0", zero, "2000"],
        ["0x01", "0", "1", zero, "560"],
        ["0x03", "1", "1", one, "5"],
        ["0x02", "1", "0", two, "2000"],
        ["0x01", "0", "1", two, "560"],
        ["0x03", "1", "1", zero, "4"],  # the passive side's
    ]
    shown = [bytes.fromhex(only(fields, "xfer_segment.data")[0].replace(":", "")) for fields in segments]
    assert shown == [LONG[:2000], LONG[2000:], b"small", LONG[:2000], LONG[2000:], b"back"]


def test_transfer_extensions(messages: list[Fields]) -> None:
    """Transfer Length and the departure, only in a first segment, neither critical (RFC 9174, 5.2.5)."""
    names = ("xfer_segment.extlist_len", "xferext.flags.critical", "xferext.type", "xferext.len")
    assert [only(fields, *names) for fields in of_type(messages, 1)] == [
        ["26", "0", "0x0001", "8", "0", "0x8a57", "8"],
        [],
        ["0"],
        ["13", "0", "0x0001", "8"],
        [],
        ["0"],
    ]
    assert only(of_type(messages, 1)[0], "xferext.transfer_length.total_len") == ["2560"]


def test_acknowledgements(messages: list[Fields]) -> None:
    """Each XFER_ACK has its segment's flags, and the sum so far (RFC 9174, 5.2.3); tshark pairs each with
    it."""
    acks = of_type(messages, 2)
    shown = [only(fields, "xfer_flags", "xfer_id", "xfer_ack.ack_len") for fields in acks]
    zero, one, two = (f"{number:#018x}" for number in range(3))
    assert sorted(shown) == sorted(
        [
            ["0x02", zero, "2000"],
            ["0x01", zero, "2560"],
            ["0x03", one, "5"],
            ["0x02", two, "2000"],
            ["0x03", zero, "4"],
        ]
    )
    assert all(only(fields, "xfer_ack.related_seg") for fields in acks)


def test_refusal_rejection_keepalive_and_end(messages: list[Fields]) -> None:
    """XFER_REFUSE, MSG_REJECT, KEEPALIVE and both SESS_TERM, the second with REPLY (RFC 9174, 5.2.4, 5.1,
    6.1)."""
    (refusal,) = of_type(messages, 3)
    assert only(refusal, "xfer_refuse.reason", "xfer_id") == ["4", f"{2:#018x}"]
    assert only(refusal, "xfer_refuse.related_seg")
    (rejection,) = of_type(messages, 6)
    assert only(rejection, "msg_reject.reason", "msg_reject.head") == ["3", "0x05"]
    assert of_type(messages, 4) == [[("mhdr.type", "0x04")]] * 2
    names = ("sess_term.flags", "sess_term.flags.reply", "ses_term.reason")
    assert [only(fields, *names) for fields in of_type(messages, 5)] == [
        ["0x00", "0", "3"],
        ["0x01", "1", "3"],
    ]


def test_nothing_is_out_of_order(messages: list[Fields]) -> None:
    """tshark warns of nothing but what is meant: our private extension, and the refused end of a transfer."""
    warnings = (
        "unknown",
        "missing",
        "duplicate",
        "mismatch",
        "no_relation",
        "no_transfer",
        "over",
        "invalid",
        "error",
    )
    found = [
        (index, name)
        for index, fields in enumerate(messages)
        for name, _ in fields
        if any(word in name.replace("seg_over", "over") for word in warnings)
    ]
    refused_end = [i for i, fields in enumerate(messages) if ("xfer_flags", "0x01") in fields][1]
    first = next(i for i, fields in enumerate(messages) if ("xfer_flags", "0x02") in fields)
    assert sorted(found) == sorted([(first, "unknown_xferext_type"), (refused_end, "xfer_seg_no_relation")])
