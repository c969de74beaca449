"""The layouts of RFC 9174, octet by octet, derived by hand from its figures.

What the tests of this folder quote of RFC 9174 is the wording of draft-ietf-dtn-tcpclv4-27, the
text of its authors before the RFC editor's pass; section and table numbers are the RFC's.
"""

import pytest
from tests.links.helpers import octets

from starlight.errors import LinkError
from starlight.links import tcpcl_extensions as extensions
from starlight.links import tcpcl_messages as wire

LIMITS = {"max_node_id": 1024, "max_items": 4096}

CONTACT = octets("64 74 6e 21 ; magic: the octet sequence 0x64 0x74 0x6E 0x21\n 04 ; version\n 00 ; flags")
SESS_INIT = octets(
    """
    07                        ; message header
    00 3c                     ; keepalive interval (U16)
    00 00 00 00 00 01 00 00   ; segment MRU (U64)
    00 00 00 00 00 10 00 00   ; transfer MRU (U64)
    00 07                     ; node id length (U16)
    69 70 6e 3a 37 2e 30      ; node id data: ipn:7.0
    00 00 00 07               ; session extension items length (U32)
    01 80 01 00 02 ab cd      ; an item: flags, type (U16), length (U16), value
    """
)
SEGMENT_START = octets(
    """
    01                        ; message header
    02                        ; message flags: START
    00 00 00 00 00 00 00 05   ; transfer id (U64)
    00 00 00 0d               ; transfer extension items length (U32), only for START
    00 00 01 00 08 00 00 00 00 00 00 27 10  ; Transfer Length of 10 000
    00 00 00 00 00 00 00 03   ; data length (U64)
    """
)
SEGMENT_END = octets("01 01 00 00 00 00 00 00 00 05 00 00 00 00 00 00 00 04")
ACK = octets("02 03 00 00 00 00 00 00 00 05 00 00 00 00 00 00 07 08")
REFUSE = octets("03 04 00 00 00 00 00 00 00 05")
TERM = octets("05 01 03")
REJECT = octets("06 02 07")

WHOLE = [
    (SESS_INIT, wire.SessInit(60, 65536, 2**20, b"ipn:7.0", octets("01 80 01 00 02 ab cd"), len(SESS_INIT))),
    (SEGMENT_START, wire.XferSegment(2, 5, SEGMENT_START[14:27], 3, len(SEGMENT_START))),
    (SEGMENT_END, wire.XferSegment(1, 5, b"", 4, 18)),
    (ACK, wire.XferAck(3, 5, 1800)),
    (REFUSE, wire.XferRefuse(4, 5)),
    (b"\x04", wire.Keepalive()),
    (TERM, wire.SessTerm(1, 3)),
    (REJECT, wire.MsgReject(2, 7)),
    (b"\x00", wire.UnknownMessage(0)),
    (b"\xf0", wire.UnknownMessage(0xF0)),
]


@pytest.mark.parametrize(("data", "message"), WHOLE)
def test_a_message_is_read_from_its_layout(data: bytes, message: wire.Message) -> None:
    """All messages are "identified by a one-octet header" (RFC 9174, 4.5) and have the fields of their
    figures."""
    assert wire.read_message(data, 0, **LIMITS) == message
    assert wire.read_message(b"\x04\x04" + data + b"garbage", 2, **LIMITS) == message
    assert message.size == len(data)


@pytest.mark.parametrize(("data", "message"), WHOLE)
def test_what_is_needed_is_never_more_than_the_message(data: bytes, message: wire.Message) -> None:
    """A cut message says how many octets are needed, more than there are, never more than it has."""
    for have in range(1, len(data)):
        need = wire.read_message(data[:have], 0, **LIMITS)
        assert isinstance(need, int)
        assert have < need <= len(data)


def test_writing_gives_the_layouts() -> None:
    """What is written is what the figures of RFC 9174 draw."""
    extension = extensions.write_items((extensions.Extension(0x8001, b"\xab\xcd", critical=True),))
    assert wire.contact_header() == CONTACT
    assert wire.sess_init(60, 65536, 2**20, b"ipn:7.0", extension) == SESS_INIT
    length = extensions.write_items((extensions.transfer_length(10_000),))
    assert wire.segment_head(wire.START, 5, 3, length) == SEGMENT_START
    assert wire.segment_head(wire.END, 5, 4) == SEGMENT_END
    assert wire.xfer_ack(3, 5, 1800) == ACK
    assert wire.xfer_refuse(wire.RefuseReason.NOT_ACCEPTABLE, 5) == REFUSE
    assert wire.keepalive() == b"\x04"
    assert wire.sess_term(wire.TermReason.BUSY, reply=True) == TERM
    assert wire.sess_term(wire.TermReason.BUSY) == octets("05 00 03")
    assert wire.msg_reject(wire.RejectReason.UNSUPPORTED, 7) == REJECT


def test_a_contact_header_is_six_octets() -> None:
    """The contact header is "dtn!", a version and a flags octet (RFC 9174, 4.2)."""
    assert wire.read_contact(CONTACT, 0) == wire.ContactHeader(4, 0)
    assert wire.read_contact(b"x" + b"dtn!\x03\x01", 1) == wire.ContactHeader(3, 1)
    for have in range(6):
        assert wire.read_contact(CONTACT[:have], 0) == 6


@pytest.mark.parametrize("data", [b"x", b"dX", b"dtnx", b"GET / HTTP/1.1\r\n", b"dtn?\x04\x00"])
def test_a_wrong_magic_is_known_from_its_first_wrong_octet(data: bytes) -> None:
    """If "the magic string is not present or is not valid, the connection MUST be terminated" (RFC 9174,
    4.3)."""
    with pytest.raises(LinkError, match="dtn!"):
        wire.read_contact(data, 0)


def test_limits_are_known_from_the_length_field() -> None:
    """A length field that passes a limit is refused before what it announces is waited for."""
    with pytest.raises(LinkError, match="limit of 6") as fault:
        wire.read_message(SESS_INIT[:21], 0, max_node_id=6, max_items=4096)
    assert fault.value.code == wire.TermReason.CONTACT_FAILURE
    with pytest.raises(LinkError, match="limit of 6") as fault:
        wire.read_message(SESS_INIT[:32], 0, max_node_id=7, max_items=6)
    assert fault.value.code == wire.TermReason.CONTACT_FAILURE
    with pytest.raises(LinkError, match="limit of 12") as fault:
        wire.read_message(SEGMENT_START[:14], 0, max_node_id=7, max_items=12)
    assert fault.value.code == wire.TermReason.RESOURCE_EXHAUSTION


def test_items_are_type_length_value() -> None:
    """Each item "SHALL be encoded in an identical Type-Length-Value (TLV) container form" (RFC 9174,
    5.2.5)."""
    octet_form = octets("00 00 01 00 01 aa  ff 80 02 00 00")  # reserved flag bits "SHALL be ignored"
    assert extensions.read_items(octet_form) == (
        extensions.Extension(1, b"\xaa"),
        extensions.Extension(0x8002, b"", critical=True),
    )
    assert extensions.read_items(b"") == ()


@pytest.mark.parametrize("data", ["00", "00 00 01 00", "00 00 01 00 02 aa", "00 00 01 00 00 00"])
def test_items_that_disagree_with_their_list_are_a_fault(data: str) -> None:
    """Items that claim "more octets than are present" make the reception fail (RFC 9174, 4.6 and 5.2.2)."""
    with pytest.raises(LinkError):
        extensions.read_items(octets(data))


def test_the_departure_is_a_u64_of_private_use() -> None:
    """0x8000-0xFFFF is "Private/Experimental Use" (RFC 9174, 8.4); ours carries u64 ns and is not
    critical."""
    item = extensions.departure(0x0102030405060708)
    assert extensions.write_items((item,)) == octets("00 8a57 0008 0102030405060708")
    assert extensions.u64(item) == 0x0102030405060708
    with pytest.raises(LinkError, match="8 octets"):
        extensions.u64(extensions.Extension(extensions.DEPARTURE_EXTENSION, b"\x00"))


def test_codes_are_the_tables() -> None:
    """The codes are those of RFC 9174's tables 2, 4, 6 and 9."""
    assert [t.name for t in sorted(wire.MessageType)] == [
        "XFER_SEGMENT", "XFER_ACK", "XFER_REFUSE", "KEEPALIVE", "SESS_TERM", "MSG_REJECT", "SESS_INIT",
    ]  # fmt: skip
    assert min(wire.MessageType) == 1
    assert [r.name for r in sorted(wire.RefuseReason)] == [
        "UNKNOWN", "COMPLETED", "NO_RESOURCES", "RETRANSMIT", "NOT_ACCEPTABLE", "EXTENSION_FAILURE",
        "SESSION_TERMINATING",
    ]  # fmt: skip
    assert [r.name for r in sorted(wire.TermReason)] == [
        "UNKNOWN", "IDLE_TIMEOUT", "VERSION_MISMATCH", "BUSY", "CONTACT_FAILURE", "RESOURCE_EXHAUSTION",
    ]  # fmt: skip
    assert (wire.RejectReason.TYPE_UNKNOWN, wire.RejectReason.UNSUPPORTED, wire.RejectReason.UNEXPECTED) == (
        1,
        2,
        3,
    )
