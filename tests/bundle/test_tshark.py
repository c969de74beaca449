"""Wireshark's dissector reads our bundles field by field, and finds nothing malformed."""

from __future__ import annotations

import json
import shutil
import struct
import subprocess
from pathlib import Path
from typing import Any

import pytest

from starlight.bundle import Bundle, BundleFlags, EndpointID, build, decode, encode, encode_report, onward
from starlight.bundle.blocks import CanonicalBlock
from starlight.bundle.crc import CRC16
from starlight.bundle.fragmentation import fragment
from starlight.bundle.report import report_about

needs_tshark = pytest.mark.skipif(
    shutil.which("tshark") is None, reason="tshark is missing: apt-get install tshark"
)
BUNDLE_PORT = 4556  # UDPCL (RFC 7122): one datagram is one bundle
FAULTS = ["_ws.malformed", "_ws.expert.message"]


def pcap(datagrams: list[bytes]) -> bytes:
    """Write a capture file of UDP datagrams between two hosts (link type 101, raw IP)."""
    parts = [struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101)]
    for number, data in enumerate(datagrams):
        udp = struct.pack(">HHHH", BUNDLE_PORT, BUNDLE_PORT, 8 + len(data), 0) + data
        addresses = bytes((10, 0, 0, 1, 10, 0, 0, 2))
        ip = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(udp), number, 0, 64, 17, 0) + addresses + udp
        parts += [struct.pack("<IIII", 1_700_000_000 + number, 0, len(ip), len(ip)), ip]
    return b"".join(parts)


def dissect(path: Path, datagrams: list[bytes], fields: list[str]) -> list[dict[str, list[str]]]:
    """Return the fields of each datagram as tshark shows them."""
    path.write_bytes(pcap(datagrams))
    command = ["tshark", "-r", str(path), "-T", "json"]
    for field in [*fields, *FAULTS]:
        command += ["-e", field]
    run = subprocess.run(command, capture_output=True, check=True, timeout=240)
    return [packet["_source"]["layers"] for packet in json.loads(run.stdout)]


def made(payload: bytes, **more: Any) -> Bundle:
    arguments: dict[str, Any] = {
        "creation": (725846400123, 42),
        "lifetime_ms": 86_400_000,
        "hop_limit": 30,
        **more,
    }
    return build(
        EndpointID.parse("ipn:7.1"),
        EndpointID.parse("dtn://mars/inbox"),
        payload,
        report_to=EndpointID.parse("ipn:7.2"),
        **arguments,
    )


# One field after the other, of a bundle with every kind of block that we write, after one hop.
EXPECTED = {
    "bpv7.bundle_head": ["9f"],
    "bpv7.primary.version": ["7"],
    "bpv7.primary.bundle_flags": ["0x0000000000034064"],
    "bpv7.primary.bundle_flags.is_fragment": ["0"],
    "bpv7.primary.bundle_flags.payload_admin": ["0"],
    "bpv7.primary.bundle_flags.no_fragment": ["1"],
    "bpv7.primary.bundle_flags.user_app_ack": ["1"],
    "bpv7.primary.bundle_flags.req_status_time": ["1"],
    "bpv7.primary.bundle_flags.reception_report": ["1"],
    "bpv7.primary.bundle_flags.forwarding_report": ["1"],
    "bpv7.primary.bundle_flags.delivery_report": ["1"],
    "bpv7.primary.bundle_flags.deletion_report": ["0"],
    "bpv7.crc_type": ["2", "2", "2", "2", "1", "2"],
    "bpv7.primary.dst_uri": ["dtn://mars/inbox"],
    "bpv7.primary.src_uri": ["ipn:7.1"],
    "bpv7.primary.report_uri": ["ipn:7.2"],
    "bpv7.create_ts.seqno": ["42"],
    "bpv7.time.dtntime": ["725846400123"],
    "bpv7.primary.lifetime": ["86400000"],
    "bpv7.canonical.type_code": ["6", "10", "7", "193", "1"],
    "bpv7.canonical.block_num": ["4", "2", "3", "9", "1"],
    "bpv7.canonical.block_flags": [f"0x{flags:016x}" for flags in (0, 1, 1, 0x10, 0)],
    "bpv7.previous_node.uri": ["ipn:8.0"],
    "bpv7.hop_count.limit": ["30"],
    "bpv7.hop_count.current": ["1"],
    "bpv7.bundle_age.time": ["1500"],
    "bpv7.crc_status": ["1", "1", "1", "1", "1", "1"],
    "bpv7.bundle_break": ["ff"],
}


@needs_tshark
def test_every_field(tmp_path: Path) -> None:
    """Primary block, previous node, hop count, bundle age, a private block and the payload."""
    private = CanonicalBlock(193, 9, 0x10, CRC16, b"\x01")
    flags = 0x34064
    bundle = made(b"hello from Seoul", flags=flags, age_ms=1500, extra_blocks=[private])
    sent = onward(decode(encode(bundle)), node=EndpointID.parse("ipn:8.0"), processed={1, 6, 7, 10, 193})
    assert sent is not None
    (seen,) = dissect(tmp_path / "one.pcap", [sent], list(EXPECTED))
    for field, expected in EXPECTED.items():
        assert seen.get(field) == expected, field
    assert "_ws.malformed" not in seen


@needs_tshark
def test_fragments(tmp_path: Path) -> None:
    """Fragment offset and total length; the dissector puts the payload together again."""
    pieces = [encode(piece) for piece in fragment(made(bytes(range(200))), 90)]
    fields = ["bpv7.primary.frag_offset", "bpv7.primary.total_len", "bpv7.primary.bundle_flags.is_fragment"]
    seen = dissect(tmp_path / "fragments.pcap", pieces, fields)
    assert [packet["bpv7.primary.frag_offset"] for packet in seen] == [["0"], ["90"], ["180"]]
    assert all(packet["bpv7.primary.total_len"] == ["200"] for packet in seen)
    assert all(packet["bpv7.primary.bundle_flags.is_fragment"] == ["1"] for packet in seen)
    assert not any("_ws.malformed" in packet for packet in seen)


@needs_tshark
def test_status_report(tmp_path: Path) -> None:
    """A status report's assertion, time, reason and subject."""
    subject = made(b"x", flags=BundleFlags.STATUS_TIME)
    report = report_about(subject, "deleted", 725846500000, 1)
    admin = build(
        EndpointID.parse("ipn:8.0"),
        EndpointID.parse("ipn:7.2"),
        encode_report(report),
        creation=(725846500000, 0),
        lifetime_ms=1000,
        flags=BundleFlags.ADMIN_RECORD,
    )
    fields = {
        "bpv7.primary.bundle_flags.payload_admin": ["1"],
        "bpv7.admin_rec.type_code": ["1"],
        "bpv7.status_assert.val": ["0", "0", "0", "1"],
        "bpv7.status_rep.reason_code": ["1"],
        "bpv7.status_rep.subj_src_uri": ["ipn:7.1"],
        "bpv7.time.dtntime": ["725846500000", "725846500000", "725846400123"],
        "bpv7.create_ts.seqno": ["0", "42"],
    }
    (seen,) = dissect(tmp_path / "report.pcap", [encode(admin)], list(fields))
    for field, expected in fields.items():
        assert seen.get(field) == expected, field
    assert "_ws.malformed" not in seen


@needs_tshark
def test_the_dissector_would_tell(tmp_path: Path) -> None:
    """A wrong checksum is seen, so the absence of complaints above means something."""
    right = encode(made(b"hello"))
    wrong = right[:-3] + bytes((right[-3] ^ 1,)) + right[-2:]
    good, bad = dissect(tmp_path / "bad.pcap", [right, wrong], ["bpv7.crc_status"])
    assert good["bpv7.crc_status"] == ["1", "1", "1"]
    assert bad["bpv7.crc_status"] == ["1", "1", "0"]
    assert any("CRC" in message for message in bad["_ws.expert.message"])
