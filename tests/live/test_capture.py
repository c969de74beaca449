"""A foreign dissector reads what two daemons said to each other: TCPCL, and BPv7 inside it."""

from __future__ import annotations

import shutil
import subprocess
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from tests.links.pcap import capture
from tests.live.helpers import START, both_ways, run, tcpcl, until

from starlight.dtntime import MILLISECOND
from starlight.live.clock import MissionClock
from starlight.live.daemon import Daemon, DaemonConfig, Resident
from starlight.messages.draft import Draft
from starlight.messages.letter import Letter
from starlight.neighbours.peer import PeerConfig
from starlight.node.config import NodeConfig
from starlight.postoffice.lifetimes import LETTER_LIFETIME

pytestmark = pytest.mark.skipif(
    shutil.which("tshark") is None, reason="tshark is missing: apt-get install tshark"
)

Said = list[tuple[bool, bytes]]
Fields = list[tuple[str | None, str | None]]
Seen = tuple[Letter, Fields, list[str]]
PLAN = both_ways((1, 2, 4.0))
XFER_SEGMENT, XFER_ACK, SESS_TERM, SESS_INIT = 1, 2, 5, 7  # RFC 9174, table 2


def conversation(tmp_path: Path) -> tuple[Letter, Said]:
    """Return the letter that went from node 1 to node 2, and all octets: whether node 1 spoke, and what."""

    async def talk() -> tuple[Letter, Said]:
        clock = MissionClock(START, 6000)
        said: Said = []
        there = Daemon(
            DaemonConfig(
                NodeConfig(2, PLAN),
                str(tmp_path / "2"),
                (PeerConfig(1),),
                residents=(Resident("ipn:2.1", "N"),),
            ),
            clock,
        )
        await there.start()
        here = Daemon(
            DaemonConfig(
                NodeConfig(1, PLAN),
                str(tmp_path / "1"),
                (PeerConfig(2, tcpcl(there.port)),),
                residents=(Resident("ipn:1.1", "J"),),
            ),
            clock,
            tap=lambda source, destination, data: said.append((destination[1] == there.port, data)),
        )
        await here.start()
        letter = await here.mail.write("ipn:1.1", Draft("ipn:2.1", "Can you hear me?"))

        def known() -> bool:
            now = here.mail.mailbox("ipn:1.1").letter_view(letter.id, clock.now())
            return (now.state, now.certainty) == ("arrived", "confirmed")

        await until(here, known)
        await here.stop()
        await there.stop()
        return letter, said

    return run(talk())


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Seen:
    """Give the letter, and what tshark made of the capture: names and shown values of fields, in order."""
    folder = tmp_path_factory.mktemp("capture")
    letter, said = conversation(folder)
    path = folder / "live.pcap"
    path.write_bytes(capture(said))
    command = ["tshark", "-2", "-r", str(path), "-T", "pdml"]
    text = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    fields = [(field.get("name"), field.get("show")) for field in ET.fromstring(text).iter("field")]
    protocols = [str(proto.get("name")) for proto in ET.fromstring(text).iter("proto")]
    return letter, fields, protocols


def values(fields: Fields, name: str) -> list[str]:
    """Return all values of a field, in the order of the wire."""
    return [str(value) for field, value in fields if field == name]


def test_nothing_is_malformed(seen: Seen) -> None:
    """tshark dissects the capture of TCPCL and BPv7 with nothing malformed."""
    _, fields, protocols = seen
    assert not [name for name in protocols if "malformed" in name]
    assert not [name for name, _ in fields if name and ("malformed" in name or "expert.error" in name)]
    assert {"tcpcl", "bpv7"} <= set(protocols)


def test_tshark_finds_the_messages_of_the_session(seen: Seen) -> None:
    """Contact header, SESS_INIT, segments with their acknowledgements, SESS_TERM: each once a side."""
    _, fields, _ = seen
    assert values(fields, "tcpcl.contact_hdr.version") == ["4", "4"]
    assert values(fields, "tcpcl.v4.sess_init.nodeid_data") == ["ipn:1.0", "ipn:2.0"]
    kinds = [int(value, 0) for value in values(fields, "tcpcl.v4.mhdr.type")]
    assert sorted(kinds) == sorted([SESS_INIT, XFER_SEGMENT, XFER_ACK, SESS_TERM] * 2)
    assert values(fields, "tcpcl.v4.xferext.type") == ["0x8a57", "0x8a57"]


def test_tshark_finds_the_fields_of_the_letters_bundle(seen: Seen) -> None:
    """The expected fields of the first bundle, asserted one by one."""
    letter, fields, _ = seen
    expected = {
        "bpv7.bundle_head": "9f",
        "bpv7.primary.version": "7",
        "bpv7.primary.bundle_flags": "0x0000000000000000",
        "bpv7.primary.dst_uri": "ipn:2.1",
        "bpv7.primary.src_uri": "ipn:1.1",
        "bpv7.primary.report_uri": "dtn:none",
        "bpv7.time.dtntime": str(letter.written_at // MILLISECOND),
        "bpv7.create_ts.seqno": "0",
        "bpv7.primary.lifetime": str(LETTER_LIFETIME // MILLISECOND),
        "bpv7.previous_node.uri": "ipn:1.0",
        "bpv7.hop_count.limit": str(NodeConfig(1).hop_limit),
        "bpv7.hop_count.current": "1",
        "bpv7.bundle_break": "ff",
    }
    assert {name: values(fields, name)[0] for name in expected} == expected
    previous_node, hop_count, payload = "6", "10", "1"
    assert values(fields, "bpv7.canonical.type_code")[:3] == [previous_node, hop_count, payload]
    assert set(values(fields, "bpv7.crc_type")) == {"2"}
    assert set(values(fields, "bpv7.crc_status")) == {"1"}  # good


def test_the_receipt_is_a_bundle_like_any_other(seen: Seen) -> None:
    """The mailbox answers with a receipt, a bundle like any other, the other way on the same session."""
    _, fields, _ = seen
    assert values(fields, "bpv7.primary.src_uri") == ["ipn:1.1", "ipn:2.1"]
    assert values(fields, "bpv7.primary.dst_uri") == ["ipn:2.1", "ipn:1.1"]
