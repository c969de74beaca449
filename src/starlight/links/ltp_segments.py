"""LTP's segments as far as the space hop speaks them: bytes to values and values to bytes (RFC 5326, 3).

A block travels whole, in one data segment. Red data are a checkpoint at the same time and are answered by one
report segment that claims them all, or by one segment that cancels the session; green data are answered by
nothing. `read_segment` rejects the other segments of RFC 5326. Extensions, which a foreign engine may add,
are skipped (3.1.4). Section numbers without a name are RFC 5326's.
"""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

from starlight.errors import LinkError

BUNDLES = 1
"""The client service of the bundle protocol (IANA's registry of LTP client service identifiers)."""

_RED, _GREEN, _REPORT, _CANCEL = 3, 7, 8, 14  # segment type codes (3.1.2)
_SDNV_BYTES = 10  # of 7 bits each: engines and sessions are counted in 64 bits


class CancelReason(IntEnum):
    """Reason codes of a cancel segment (3.2.4)."""

    USR_CNCLD = 0
    UNREACH = 1
    RLEXC = 2
    MISCOLORED = 3
    SYS_CNCLD = 4
    RXMTCYCEXC = 5


class DataSegment(NamedTuple):
    """A block.

    Attributes:
        engine, session: the sender's engine, and its number of the session.
        data: all of the block.
        checkpoint: serial number of the checkpoint, which a report repeats; 0 of green data, which has none.
        service: the client service that it is for.
    """

    engine: int
    session: int
    data: bytes
    checkpoint: int
    service: int = BUNDLES


class ReportSegment(NamedTuple):
    """A receiver's word about what it has of a block.

    Attributes:
        engine, session: of the block, so the engine is that of its sender.
        checkpoint: serial number of the checkpoint that is answered.
        size: how many bytes of the block the report is about, from its beginning.
        whole: all of them have come.
    """

    engine: int
    session: int
    checkpoint: int
    size: int
    whole: bool = True


class CancelSegment(NamedTuple):
    """A receiver's word that it does not take a block.

    Attributes:
        engine, session: of the block.
        reason: a `CancelReason`, or a number that RFC 5326 reserves.
    """

    engine: int
    session: int
    reason: int


Segment = DataSegment | ReportSegment | CancelSegment


def write_data(segment: DataSegment) -> bytes:
    """Return a data segment: red with a checkpoint, else green; end of the block in both cases (3.2.1)."""
    kind, serials = _GREEN, b""
    if segment.checkpoint:
        kind = _RED
        # No report has asked for the checkpoint: the report serial number is zero (3.2.1).
        serials = _sdnv(segment.checkpoint) + b"\0"
    head = _head(kind, segment.engine, segment.session) + _sdnv(segment.service)
    return b"".join((head, b"\0", _sdnv(len(segment.data)), serials, segment.data))


def write_report(segment: ReportSegment) -> bytes:
    """Return a report segment that claims the whole block; `whole` is for what others write (3.2.2)."""
    head = _head(_REPORT, segment.engine, segment.session)
    # A session has one report, the first: its serial number is 1.
    bounds = b"\1" + _sdnv(segment.checkpoint) + _sdnv(segment.size) + b"\0"
    # "A reception claim's length shall never be less than 1": of an empty block nothing is claimed.
    return head + bounds + (b"\1\0" + _sdnv(segment.size) if segment.size else b"\0")


def write_cancel(segment: CancelSegment) -> bytes:
    """Return a cancel segment from the receiver of a block (3.2.4)."""
    return _head(_CANCEL, segment.engine, segment.session) + bytes((segment.reason,))


def read_segment(message: bytes) -> Segment:
    """Return what a message says.

    Raises:
        LinkError: it is no segment, is cut off, has something behind it, or is none that a space hop speaks.
    """
    if not message:
        raise LinkError("an empty message is no segment (3.1)")
    if message[0] >> 4:
        raise LinkError(f"version {message[0] >> 4} is not 0 (3.1)")
    kind = message[0] & 0x0F
    engine, at = _read_sdnv(message, 1)
    session, at = _read_sdnv(message, at)
    if at >= len(message):
        raise LinkError("the segment ends before its extensions field (3.1.4)")
    before, behind = message[at] >> 4, message[at] & 0x0F
    at = _skip_extensions(message, at + 1, before)
    segment: Segment
    if kind in (_RED, _GREEN):
        segment, at = _read_data(message, at, engine, session, red=kind == _RED)
    elif kind == _REPORT:
        segment, at = _read_report(message, at, engine, session)
    elif kind == _CANCEL:
        if at >= len(message):
            raise LinkError("a cancel segment ends before its reason code (3.2.4)")
        segment, at = CancelSegment(engine, session, message[at]), at + 1
    else:
        raise LinkError(f"segments of type {kind} are not for a space hop (3.1.2)")
    if _skip_extensions(message, at, behind) != len(message):
        raise LinkError(f"{len(message)} bytes are more than the segment has (3)")
    return segment


def _read_data(message: bytes, at: int, engine: int, session: int, *, red: bool) -> tuple[DataSegment, int]:
    service, at = _read_sdnv(message, at)
    offset, at = _read_sdnv(message, at)
    length, at = _read_sdnv(message, at)
    checkpoint = 0
    if red:
        checkpoint, at = _read_sdnv(message, at)
        _, at = _read_sdnv(message, at)
        if not checkpoint:
            raise LinkError("the checkpoint serial number MUST NOT be zero (3.2.1)")
    if offset:
        raise LinkError(f"a block whose end begins at {offset} did not come in one segment (3.2.1)")
    # Compared, not sliced first: a length that a peer makes up must not become an allocation.
    if length > len(message) - at:
        raise LinkError(f"{length} bytes of data are announced, {len(message) - at} are there (3.2.1)")
    return DataSegment(engine, session, message[at : at + length], checkpoint, service), at + length


def _read_report(message: bytes, at: int, engine: int, session: int) -> tuple[ReportSegment, int]:
    _, at = _read_sdnv(message, at)
    checkpoint, at = _read_sdnv(message, at)
    upper, at = _read_sdnv(message, at)
    lower, at = _read_sdnv(message, at)
    claims, at = _read_sdnv(message, at)
    if claims > len(message) - at:  # each takes two bytes at least: a count is not believed, it is looked at
        raise LinkError(f"{claims} claims are announced in {len(message) - at} bytes (3.2.2)")
    covered = lower
    for _ in range(claims):
        offset, at = _read_sdnv(message, at)
        length, at = _read_sdnv(message, at)
        if lower + offset == covered:
            covered += length
    return ReportSegment(engine, session, checkpoint, upper, whole=not lower and covered == upper), at


def _head(kind: int, engine: int, session: int) -> bytes:
    return bytes((kind,)) + _sdnv(engine) + _sdnv(session) + b"\0"


def _skip_extensions(message: bytes, at: int, count: int) -> int:
    for _ in range(count):
        length, at = _read_sdnv(message, at + 1)
        at += length
    if at > len(message):
        raise LinkError("the segment ends in its extensions (3.1.4)")
    return at


def _sdnv(value: int) -> bytes:
    """Return a self-delimiting numeric value (2): 7 bits a byte, all but the last with the top bit set."""
    if value < 0x80:
        return bytes((value,))
    parts = [value & 0x7F]
    while value := value >> 7:
        parts.append(value & 0x7F | 0x80)
    return bytes(reversed(parts))


def _read_sdnv(message: bytes, at: int) -> tuple[int, int]:
    """Return the value at an offset, and the offset behind it."""
    if at < len(message) and message[at] < 0x80:
        return message[at], at + 1  # as most are
    value = 0
    for index in range(at, min(at + _SDNV_BYTES, len(message))):
        byte = message[index]
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            if value >> 64:
                raise LinkError("a number of more than 64 bits counts nothing here (2)")
            return value, index + 1
    raise LinkError("a number has no end (2)")
