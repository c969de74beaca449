"""Status reports (RFC 9171, 6.1)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyd3tn import bundle7
from tests.bundle import wire
from tests.bundle.test_eid import ENDPOINTS

from starlight.bundle import (
    Assertion,
    BundleFlags,
    EndpointID,
    ReasonCode,
    StatusReport,
    build,
    decode_report,
    encode_report,
)
from starlight.bundle.fragmentation import fragment
from starlight.bundle.report import reason_text, record_type, report_about
from starlight.errors import BundleError

SOURCE = EndpointID.parse("ipn:7.1")
TIMES = st.none() | st.integers(0, 2**64 - 1)
ASSERTIONS = st.just(Assertion()) | st.builds(Assertion, st.just(True), TIMES)
EXTENTS = st.none() | st.tuples(st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1))
REPORTS = st.builds(
    StatusReport,
    received=ASSERTIONS,
    forwarded=ASSERTIONS,
    delivered=ASSERTIONS,
    deleted=ASSERTIONS,
    reason=st.integers(0, 300),
    source=ENDPOINTS,
    creation_ms=st.integers(0, 2**64 - 1),
    sequence=st.integers(0, 2**64 - 1),
    fragment=EXTENTS,
)
# [1, [[[true, 5], [false], [false], [false]], 0, [2, [7, 1]], [5, 3]]]
PLAIN = bytes.fromhex("8201" + "84" + "8482f50581f481f481f4" + "00" + "8202820701" + "820503")


@settings(deadline=None, derandomize=True, max_examples=150)
@given(REPORTS)
def test_reports_survive(report: StatusReport) -> None:
    """All four assertions, times and reason codes come back as they were."""
    payload = encode_report(report)
    assert decode_report(payload) == report
    assert record_type(payload) == 1


@settings(deadline=None, derandomize=True, max_examples=300)
@given(st.binary(max_size=60), st.integers(0, 60), st.integers(0, 255))
def test_hostile_reports(junk: bytes, at: int, byte: int) -> None:
    """Whatever the bytes, only BundleError is raised."""
    for data in (junk, PLAIN[:at] + bytes((byte,)) + PLAIN[at + 1 :], PLAIN[:at]):
        for read in (decode_report, record_type):
            error = wire.refusal(read, data)
            assert error is None or 0 <= error.offset <= len(data)


def test_the_form() -> None:
    """Each bundle status report SHALL be represented as a CBOR array [of] 6 or 4 [elements]."""
    report = decode_report(PLAIN)
    assert report == StatusReport(received=Assertion(True, 5), source=SOURCE, creation_ms=5, sequence=3)
    assert encode_report(report) == PLAIN
    assert report.assertions == (("received", Assertion(True, 5)),)
    assert report.subject_id == "ipn:7.1/5/3"
    fragmentary = bytes.fromhex("8201" + "86" + PLAIN[3:].hex() + "0a14")
    assert decode_report(fragmentary).subject_id == "ipn:7.1/5/3/10+20"


def test_indefinite_arrays() -> None:
    """Indefinite-length items are not prohibited, in records neither."""
    data = bytes.fromhex(
        "9f01" + "9f" + "9f9ff505ff9ff4ff81f481f4ff" + "00" + "8202820701" + "820503" + "ffff"
    )
    assert decode_report(data) == decode_report(PLAIN)
    data = bytes.fromhex(
        "9f01" + "9f" + "8482f50581f481f481f4" + "00" + "8202820701" + "820503" + "0a14" + "ffff"
    )
    assert decode_report(data).fragment == (10, 20)


def test_more_than_four_statuses() -> None:
    """Status information is an array of at least four elements: what is new is passed over."""
    for head, stop in (("85", ""), ("9f", "ff")):
        data = bytes.fromhex("820184" + head + "82f50581f481f481f481f5" + stop + "008202820701820503")
        assert decode_report(data) == decode_report(PLAIN)


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        ("00", "array belongs here"),
        ("820200", "record type 1 is a status report, not 2"),
        ("8301848482f50581f481f481f400820282070182050300", "array of two items"),
        ("8201858482f50581f481f481f400820282070182050300", "either 6 or 4"),
        ("8201848382f50581f481f400820282070182050300", "array belongs here"),
        ("8201848482f40581f481f481f4008202820701820503", "a status item has 2 elements"),
        ("8201848481f50581f481f481f4008202820701820503", "array belongs here"),
        ("8201848483f5050581f481f481f4008202820701820503", "a status item has 2 elements"),
        ("82018484820105 81f481f481f4008202820701820503".replace(" ", ""), "Boolean belongs here"),
        ("8201848482f50581f481f481f420820282070182050300", "an unsigned integer"),
        ("8201848482f50581f481f481f400820282070182050300", "nothing may follow"),
        ("8201849f82f50581f481f481f4008202820701820503", "ends inside|array|status"),
        ("8201848482f52081f481f481f4008202820701820503", "an unsigned integer"),
    ],
)
def test_broken_rules(data: str, rule: str) -> None:
    """A record that breaks 6.1 or 6.1.1 is refused by name."""
    with pytest.raises(BundleError, match=rule):
        decode_report(bytes.fromhex(data))


def test_reports_about_bundles() -> None:
    """The second element is there if "Report status time" was set in the bundle's flags."""
    plain = build(SOURCE, EndpointID.parse("ipn:9.2"), bytes(50), creation=(5, 3), lifetime_ms=9)
    assert report_about(plain, "deleted", 77, ReasonCode.LIFETIME_EXPIRED) == StatusReport(
        deleted=Assertion(True), reason=1, source=SOURCE, creation_ms=5, sequence=3
    )
    timed = build(
        SOURCE,
        EndpointID.parse("ipn:9.2"),
        bytes(50),
        creation=(5, 3),
        lifetime_ms=9,
        flags=BundleFlags.STATUS_TIME,
    )
    piece = fragment(timed, 30)[1]
    report = report_about(piece, "delivered", 77)
    assert report.delivered == Assertion(True, 77)
    assert report.subject_id == piece.id == "ipn:7.1/5/3/30+20"
    with pytest.raises(ValueError, match="lost"):
        report_about(plain, "lost", 77)


def test_reason_codes() -> None:
    """IANA, "Bundle Status Report Reason Codes": values and meanings."""
    assert ReasonCode(9) is ReasonCode.HOP_LIMIT_EXCEEDED
    assert ReasonCode(11) is ReasonCode.BLOCK_UNSUPPORTED
    assert reason_text(6) == "no known route to destination from here"
    assert reason_text(200) == "reason 200"


def test_reports_of_pyd3tn() -> None:
    """Another implementation's status report is understood, and ours by it."""
    theirs = bundle7.BundleStatusReport(
        bundle7.StatusCode.RECEIVED_BUNDLE | bundle7.StatusCode.DELETED_BUNDLE,
        bundle7.ReasonCode.HOP_LIMIT_EXCEEDED,
        bundle7.EID("ipn:7.1"),
        bundle7.CreationTimestamp(datetime(2050, 1, 1, tzinfo=UTC), 3),
    )
    report = decode_report(theirs.data)
    assert [name for name, _ in report.assertions] == ["received", "deleted"]
    assert (report.reason, report.source, report.sequence) == (9, SOURCE, 3)
    assert report.creation_ms == 1577923200000
    read = bundle7.Bundle.parse_administrative_record(encode_report(report))
    assert read["record_type"] == 1
    assert read["record_data"][0] == [[True], [False], [False], [True]]
