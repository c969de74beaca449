"""LTP's segments: as RFC 5326 and a foreign dissector have them, and whatever else may come."""

from __future__ import annotations

import contextlib
import shutil
import struct
import subprocess
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from starlight.errors import LinkError
from starlight.links import ltp_segments as ltp
from starlight.links.ltp_segments import CancelSegment, DataSegment, ReportSegment, Segment

LARGE = 0x4234
"""One of the RFC's own examples of numbers (2, SDNV), which is encoded as 10000001 10000100 00110100."""


def written(segment: Segment) -> bytes:
    """Return a segment as its bytes."""
    if isinstance(segment, DataSegment):
        return ltp.write_data(segment)
    return ltp.write_report(segment) if isinstance(segment, ReportSegment) else ltp.write_cancel(segment)


@pytest.mark.parametrize(
    ("segment", "octets"),
    [
        # Version 0 and type; engine; session; no extensions; service, offset, length; serial numbers; data.
        (DataSegment(7, LARGE, b"bundle", 1), "03 07 818434 00 01 00 06 01 00 62756e646c65"),
        (DataSegment(7, LARGE, b"bundle", 0), "07 07 818434 00 01 00 06 62756e646c65"),
        # Report and checkpoint serial numbers, upper and lower bound, one claim of all.
        (ReportSegment(7, LARGE, 1, 6), "08 07 818434 00 01 01 06 00 01 00 06"),
        (ReportSegment(7, 0, 1, 0), "08 07 00 00 01 01 00 00 00"),
        # The other examples: 0xABC, 0x1234 and 0x7F.
        (CancelSegment(0xABC, 0x1234, ltp.CancelReason.SYS_CNCLD), "0e 953c a434 00 04"),
        (CancelSegment(0x7F, 0x80, ltp.CancelReason.USR_CNCLD), "0e 7f 8100 00 00"),
    ],
)
def test_a_segment_is_what_the_rfc_draws(segment: Segment, octets: str) -> None:
    """Header, content and numbers stand as in RFC 5326, 3.1 to 3.2.4, and are read as they were written."""
    assert written(segment) == bytes.fromhex(octets)
    assert ltp.read_segment(bytes.fromhex(octets)) == segment


def test_extensions_are_skipped() -> None:
    """Header and trailer may have extensions of tag, length and value (3.1.4), of which we know none."""
    octets = bytes.fromhex("03 07 05 21 c003aabbcc 0000 01 00 02 01 00 6869 00 01 ff")
    assert ltp.read_segment(octets) == DataSegment(7, 5, b"hi", 1)


def test_a_report_that_claims_less_is_not_of_the_whole() -> None:
    """Claims with a gap, or a scope that begins later, do not tell that all has come (3.2.2)."""
    for scope, whole in (("0600 02 0003 0303", True), ("0600 02 0002 0303", False), ("0603 01 0003", False)):
        read = ltp.read_segment(bytes.fromhex("08070500 0101" + scope))
        assert read == ReportSegment(7, 5, 1, 6, whole=whole)


@pytest.mark.parametrize(
    ("octets", "rule"),
    [
        ("", "empty"),
        ("13070500", "version 1"),
        ("0907050001", "type 9"),
        ("030705", "extensions field"),
        ("0307", "no end"),
        ("03 ffffffffffffffffffff", "no end"),
        ("03 ffffffffffffffffff7f", "64 bits"),
        ("03070500 01 05 02 01 00 6869", "begins at 5"),
        ("03070500 01 00 7f 01 00 6869", "127 bytes of data"),
        ("03070500 01 00 02 00 00 6869", "MUST NOT be zero"),
        ("03070500 01 00 02 01 00 686921", "more than"),
        ("08070500 01 01 06 00 7f 00 06", "127 claims"),
        ("0e070500", "reason code"),
        ("0e070501 00 c007", "extensions"),
    ],
)
def test_what_is_no_segment_is_refused(octets: str, rule: str) -> None:
    """What is cut off, too long, out of range or not for a space hop is refused, with the rule it breaks."""
    with pytest.raises(LinkError, match=rule):
        ltp.read_segment(bytes.fromhex(octets))


numbers = st.integers(0, 2**64 - 1)


@settings(deadline=None, derandomize=True)
@given(
    st.one_of(
        st.builds(DataSegment, numbers, numbers, st.binary(max_size=300), numbers, numbers),
        st.builds(ReportSegment, numbers, numbers, numbers, numbers, st.just(True)),
        st.builds(CancelSegment, numbers, numbers, st.integers(0, 255)),
    )
)
def test_what_is_written_is_read(segment: Segment) -> None:
    """Any segment comes back as it was, and none of its beginnings is one."""
    octets = written(segment)
    assert ltp.read_segment(octets) == segment
    for end in range(min(len(octets), 60)):
        with pytest.raises(LinkError):
            ltp.read_segment(octets[:end])


@settings(deadline=None, derandomize=True, max_examples=500)
@given(st.binary(max_size=60))
def test_nothing_else_is_raised(octets: bytes) -> None:
    """Whatever comes is a segment or a LinkError."""
    with contextlib.suppress(LinkError):
        ltp.read_segment(octets)


@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is missing: apt-get install tshark")
def test_a_foreign_dissector_reads_them(tmp_path: Path) -> None:
    """Tshark finds every field of every kind of segment, and nothing malformed."""
    said: list[Segment] = [
        DataSegment(7, LARGE, b"opaque", 1),
        DataSegment(7, 2**32 + 1, b"green", 0),
        ReportSegment(7, LARGE, 1, 6),
        CancelSegment(7, 3, ltp.CancelReason.USR_CNCLD),
    ]
    path = tmp_path / "segments.pcap"
    frames = [_frame(written(segment)) for segment in said]
    packets = b"".join(
        struct.pack("<IIII", 0, at, len(each), len(each)) + each for at, each in enumerate(frames)
    )
    path.write_bytes(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65_535, 101) + packets)
    # What we carry here is no bundle: only the segments are looked at.
    command = ["tshark", "-r", str(path), "-T", "pdml", "--disable-protocol", "bundle"]
    text = subprocess.run(command, capture_output=True, check=True).stdout.decode()
    segments = [proto for proto in ET.fromstring(text).iter("proto") if proto.get("name") == "ltp"]
    seen = [{field.get("name"): field.get("show") for field in each.iter("field")} for each in segments]
    assert [(each["ltp.type"], each["ltp.session.orig"], each["ltp.session.number"]) for each in seen] == [
        ("0x03", "7", str(LARGE)),
        ("0x07", "7", str(2**32 + 1)),
        ("0x08", "7", str(LARGE)),
        ("0x0e", "7", "3"),
    ]
    assert (seen[0]["ltp.data.length"], seen[0]["ltp.data.chkp"]) == ("6", "1")
    assert (seen[2]["ltp.rpt.chkp"], seen[2]["ltp.rpt.ub"], seen[2]["ltp.rpt.clm.cnt"]) == ("1", "6", "1")
    assert seen[3]["ltp.cancel.code"] == "0x00"


def _frame(data: bytes) -> bytes:
    """Return a segment in UDP to LTP's port, in IPv4 (RFC 768, RFC 791), without checksums."""
    udp = struct.pack("!HHHH", 49_152, 1_113, 8 + len(data), 0) + data
    here, there = bytes((127, 0, 0, 1)), bytes((127, 0, 0, 2))
    return struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0) + here + there + udp
