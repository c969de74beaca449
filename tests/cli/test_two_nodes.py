"""Two nodes in processes of their own exchange letters, and a foreign dissector reads what they said."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from tests.cli.helpers import Outcome, Running, command, running, wait_for
from tests.cli.relay import Relay
from tests.links.pcap import capture

from starlight import dtntime
from starlight.bundle import decode
from starlight.dtntime import MILLISECOND, SECOND
from starlight.links import TcpclConfig
from starlight.links.tcpcl_extensions import CLOCK_EXTENSION, GREETING_EXTENSION, GREETING_MAX
from starlight.node.config import NodeConfig
from starlight.postoffice.lifetimes import LETTER_LIFETIME

ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / "docs" / "reference" / "node-file.md"
LIGHT_TIME = 2 * SECOND
"""In the document's example."""
LONG = ("It is a long way. " * 500).strip()
"""9 kB: more than one packet of TCP."""


class Talk(NamedTuple):
    """What was said over the line, and what the command line showed at the ends.

    Attributes:
        said: pairs of whether the base spoke, who called, and the octets.
        question, answer, long: letters as `send --json` returned them.
        inboxes, statuses: what `inbox` and `status` printed and returned as JSON, by folder.
        ends: exit statuses of the nodes.
        records: of both nodes, for a replay.
    """

    said: list[tuple[bool, bytes]]
    question: dict[str, Any]
    answer: dict[str, Any]
    long: dict[str, Any]
    inboxes: dict[str, list[dict[str, Any]]]
    shown: str
    statuses: dict[str, Any]
    ends: list[int]
    records: list[Path]


def examples() -> tuple[str, str]:
    """Return the two node files of the document."""
    seoul, base, *_ = re.findall(r"```toml\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
    return seoul, base


def told(outcome: Outcome) -> Any:
    """Return the JSON that a command printed."""
    assert outcome.status == 0, outcome.err
    return json.loads(outcome.out)


def is_known(folder: Path, person: str, letter_id: str) -> bool | None:
    """Whether a person knows that a letter has arrived; None if not."""
    for letter in told(command("inbox", folder, person, "--json")):
        if letter["id"] == letter_id and letter["state"] in ("arrived", "read"):
            return True if letter["standing"] == "confirmed" else None
    return None


def exchange(folder: Path, seoul: Running, base: Running, relay: Relay) -> Talk:
    """Let Jay ask, Nan-young answer, and Jay write at length, all by the command line."""
    here, there = folder / "seoul-data", folder / "base-data"
    seoul.serving()
    base.serving()
    question = told(command("send", here, "jay", "ipn:20.1", "Can you hear me?", "--json"))
    wait_for(lambda: is_known(here, "jay", question["id"]), "the question is known to have arrived")
    asked = ["--reply-to", question["id"], "--json"]
    answer = told(command("send", there, "nan-young", "ipn:10.2", "-", *asked, stdin="들려요.".encode()))
    long = told(command("send", here, "jay", "ipn:20.1", "-", "--json", stdin=LONG.encode()))
    wait_for(lambda: is_known(there, "nan-young", answer["id"]), "the answer is known to have arrived")
    wait_for(lambda: is_known(here, "jay", long["id"]), "the long letter is known to have arrived")
    inboxes = {
        "jay": told(command("inbox", here, "jay", "--json")),
        "nan-young": told(command("inbox", there, "nan-young", "--with", "ipn:10.2", "--json")),
    }
    shown = command("inbox", there, "nan-young").out + command("status", there).out
    statuses = {each.name: told(command("status", each, "--json")) for each in (here, there)}
    ends = [base.end(), seoul.end()]
    return Talk(relay.said[0], question, answer, long, inboxes, shown, statuses, ends, [])


@pytest.fixture(scope="module")
def talk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Talk]:
    """Run the document's two nodes with a relay between them, on free ports."""
    folder = tmp_path_factory.mktemp("two")
    seoul_file, base_file = examples()
    free = re.compile(r"127\.0\.0\.1:842\d")
    assert free.search(seoul_file)
    text = free.sub("127.0.0.1:0", seoul_file).replace("127.0.0.1:4556", "127.0.0.1:0")
    (folder / "seoul.toml").write_text(text, encoding="utf-8")
    seoul_record, base_record = (folder / f"{name}.jsonl" for name in ("seoul", "base"))
    here: list[str | Path] = ["node", folder / "seoul.toml", "--record", seoul_record]
    there: list[str | Path] = ["node", folder / "base.toml", "--record", base_record]
    with running(*here, folder=folder / "seoul-data") as seoul:
        seoul.read_until("token=")
        found = re.search(r"listens on tcpcl://127\.0\.0\.1:(\d+)", seoul.said)
        assert found, seoul.said
        relay = Relay(int(found[1]))
        try:
            text = free.sub("127.0.0.1:0", base_file).replace("127.0.0.1:4556", f"127.0.0.1:{relay.port}")
            (folder / "base.toml").write_text(text, encoding="utf-8")
            with running(*there, folder=folder / "base-data") as base:
                talk = exchange(folder, seoul, base, relay)
            yield talk._replace(records=[seoul_record, base_record])
        finally:
            relay.close()


def test_two_nodes_exchange_letters_both_ways(talk: Talk) -> None:
    """Two `starlight node` processes on loopback exchange letters over TCPCLv4."""
    words = {"Can you hear me?", "들려요.", LONG}
    for name, mine in (("jay", "Jay"), ("nan-young", "Joo Nan-young")):
        letters = talk.inboxes[name]
        assert [letter["id"] for letter in letters] == [
            talk.question["id"],
            talk.answer["id"],
            talk.long["id"],
        ]
        assert {letter["text"] for letter in letters} <= words
        assert [letter["from_name"] == mine for letter in letters] == [letter["mine"] for letter in letters]
        assert all(letter["standing"] == "confirmed" for letter in letters)
    assert talk.answer["reply_to"] == talk.question["id"]


def test_a_letter_needs_its_light_time(talk: Talk) -> None:
    """Light time is imposed: the letter arrives one light time after it left, to the millisecond, and is
    predicted so."""

    def at(letter: dict[str, Any], what: str) -> int:
        return dtntime.from_text(next(fact["at"] for fact in letter["facts"] if fact["what"] == what))

    predicted = next(fact for fact in talk.question["facts"] if fact["what"] == "arrived")
    assert predicted["standing"] in ("predicted", "in_doubt"), "in doubt as long as the link is not up"
    (known,) = (letter for letter in talk.inboxes["jay"] if letter["id"] == talk.question["id"])
    (came,) = (letter for letter in talk.inboxes["nan-young"] if letter["id"] == talk.question["id"])
    assert at(known, "arrived") == at(came, "arrived")
    assert LIGHT_TIME <= at(came, "arrived") - at(known, "written") < LIGHT_TIME + SECOND
    assert abs(dtntime.from_text(predicted["at"]) - at(came, "arrived")) < SECOND


def test_status_and_inbox_tell_a_person_what_they_tell_a_program(talk: Talk) -> None:
    """`inbox` and `status` print for people; with --json what a program would read."""
    assert "Jay to Joo Nan-young  [arrived]\n    Can you hear me?\n" in talk.shown
    assert re.search(r"node 20: \d+ bundles stored, .* links up: \[10\]", talk.shown)
    address = r"tcpcl://127\.0\.0\.1:\d+"
    assert re.search(rf"  peer 10 \({address}\): up since 20.*Z, last heard 20.*Z, \d sent", talk.shown)
    (status,) = talk.statuses["base-data"]
    assert status["node"] == 20
    (link,) = status["links"]
    assert (link["peer"], link["protocol"], link["up"], link["acknowledges"]) == (10, "tcpcl", True, True)
    assert (link["ordered"], link["session"]) == (True, True)
    assert link["since"] <= link["heard"] <= status["time"]
    assert status["up"] == [10]
    assert status["refused"] == status["defects"] == 0
    assert status["received"] >= 3  # two letters and a receipt


def test_both_nodes_end_in_order(talk: Talk) -> None:
    """SIGTERM ends a node cleanly, with status 0."""
    assert talk.ends == [0, 0]


def test_the_record_of_each_node_replays_to_the_same_actions(talk: Talk) -> None:
    """A record of a live node replays to the same actions."""
    for record in talk.records:
        found = told(command("replay", record, "--json"))
        assert found["events"] > 10
        assert found["differences"] == []


# What a foreign dissector finds.


class Seen(NamedTuple):
    """What tshark made of the capture.

    Attributes:
        messages: of TCPCL in order, each the names and shown values of its fields.
        bundles: likewise of BPv7.
        text: the whole dissection.
    """

    messages: list[list[tuple[str, str]]]
    bundles: list[list[tuple[str, str]]]
    text: str


@pytest.fixture(scope="module")
def seen(talk: Talk, tmp_path_factory: pytest.TempPathFactory) -> Seen:
    """Write the capture and let tshark dissect it."""
    if shutil.which("tshark") is None:
        pytest.skip("tshark is missing: apt-get install tshark")
    path = tmp_path_factory.mktemp("capture") / "two-nodes.pcap"
    path.write_bytes(capture(talk.said))
    command = ["tshark", "-2", "-r", str(path), "-T", "pdml"]
    command += ["-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE"]
    text = subprocess.run(command, capture_output=True, check=True).stdout.decode()
    tree = ET.fromstring(text)
    return Seen(
        [
            shown(field)
            for proto in tree.iter("proto")
            if proto.get("name") == "tcpcl"
            for field in proto.iter("field")
            if field.get("name") in ("tcpcl.contact_hdr", "tcpcl.v4.mhdr")
        ],
        [shown(proto) for proto in tree.iter("proto") if proto.get("name") == "bpv7"],
        text,
    )


def shown(part: ET.Element) -> list[tuple[str, str]]:
    """Return the names and shown values of all fields of a part of the dissection."""
    return [(field.get("name", ""), field.get("show", "")) for field in part.iter("field")]


def values(fields: list[tuple[str, str]], name: str) -> list[str]:
    """Return all values of a field, in the order of the wire."""
    return [value for field, value in fields if field == name]


def of_type(seen: Seen, kind: int) -> list[list[tuple[str, str]]]:
    """Return the TCPCL messages of a type (RFC 9174, table 2)."""
    return [fields for fields in seen.messages if values(fields, "tcpcl.v4.mhdr.type") == [f"{kind:#04x}"]]


def test_nothing_is_malformed(seen: Seen) -> None:
    """tshark dissects the capture of TCPCL and BPv7 with nothing malformed, and complains of nothing but
    that it does not know our private extensions of sessions and transfers."""
    assert "_ws.malformed" not in seen.text
    assert "checksum.bad" not in seen.text
    fields = [field for part in (*seen.messages, *seen.bundles) for field in part]
    assert set(values(fields, "_ws.expert.message")) == {
        "Session Extension type is unknown",
        "Transfer Extension type is unknown",
    }
    assert len(seen.bundles) == 6  # three letters, and a receipt for each


def test_tshark_finds_both_contact_headers(seen: Seen) -> None:
    """The contact header is the magic string, version 4 and flags (RFC 9174, 4.2)."""
    for header in seen.messages[:2]:
        assert values(header, "tcpcl.contact_hdr.magic") == ["64:74:6e:21"]  # dtn!
        assert values(header, "tcpcl.contact_hdr.version") == ["4"]
        assert values(header, "tcpcl.v4.chdr.flags") == ["0x00"]
        assert values(header, "tcpcl.v4.chdr.flags.can_tls") == ["0"]


def test_tshark_finds_both_sess_init(seen: Seen) -> None:
    """SESS_INIT has keepalive, segment and transfer MRU, the node id, and extensions (RFC 9174, 4.6)."""
    calling, called = of_type(seen, 7)
    assert values(calling, "tcpcl.v4.sess_init.nodeid_data") == ["ipn:20.0"]
    assert values(called, "tcpcl.v4.sess_init.nodeid_data") == ["ipn:10.0"]
    ours = TcpclConfig("ipn:10.0", transfer_mru=NodeConfig(10).limits.bundle_bytes)
    for message in (calling, called):
        assert values(message, "tcpcl.v4.sess_init.nodeid_len") == ["8"]
        assert values(message, "tcpcl.v4.sess_init.keepalive") == [str(ours.keepalive_s)]
        assert values(message, "tcpcl.v4.negotiated.keepalive") == [str(ours.keepalive_s)]
        assert values(message, "tcpcl.v4.sess_init.seg_mru") == [str(ours.segment_mru)]
        assert values(message, "tcpcl.v4.sess_init.xfer_mru") == [str(ours.transfer_mru)]
        # The time of the sender's clock, and what its file says of the mission; neither is critical.
        assert values(message, "tcpcl.v4.sessext.type") == [
            f"{CLOCK_EXTENSION:#06x}",
            f"{GREETING_EXTENSION:#06x}",
        ]
        assert values(message, "tcpcl.v4.sessext.flags.critical") == ["0", "0"]
        clock, greeting = map(int, values(message, "tcpcl.v4.sessext.len"))
        assert clock == 8
        assert 0 < greeting <= GREETING_MAX
        assert values(message, "tcpcl.v4.sess_init.extlist_len") == [str(5 + clock + 5 + greeting)]


def test_tshark_finds_every_segment(seen: Seen) -> None:
    """XFER_SEGMENT has flags, transfer id, extensions in the first segment, length and data (RFC 9174,
    5.2.2)."""
    segments = of_type(seen, 1)
    ids = [int(values(segment, "tcpcl.v4.xfer_id")[0], 16) for segment in segments]
    assert sorted(ids) == [0, 0, 1, 1, 2, 2]  # three transfers each way
    for segment in segments:
        assert values(segment, "tcpcl.v4.xfer_flags") == ["0x03"]  # START and END
        assert values(segment, "tcpcl.v4.xfer_flags.start") == ["1"]
        assert values(segment, "tcpcl.v4.xfer_flags.end") == ["1"]
        assert values(segment, "tcpcl.v4.xfer_segment.extlist_len") == ["13"]
        assert values(segment, "tcpcl.v4.xferext.flags.critical") == ["0"]
        assert values(segment, "tcpcl.v4.xferext.type") == ["0x8a57"]  # when the last byte left
        assert values(segment, "tcpcl.v4.xferext.len") == ["8"]
        (length,) = values(segment, "tcpcl.v4.xfer_segment.data_len")
        assert len(octets(segment)) == int(length)
    for text in ("Can you hear me?", "들려요.", LONG):
        assert sum(text.encode() in octets(segment) for segment in segments) == 1


def octets(segment: list[tuple[str, str]]) -> bytes:
    """Return the data of a segment."""
    return bytes.fromhex(values(segment, "tcpcl.v4.xfer_segment.data")[0].replace(":", ""))


def test_tshark_pairs_every_segment_with_its_acknowledgement(seen: Seen) -> None:
    """Each XFER_ACK repeats flags and transfer id, and says how many octets it acknowledges (RFC 9174,
    5.2.3)."""

    def named(messages: list[list[tuple[str, str]]], length: str) -> list[list[str]]:
        names = ("tcpcl.v4.xfer_flags", "tcpcl.v4.xfer_id", length)
        return sorted([value for name in names for value in values(message, name)] for message in messages)

    segments, acknowledgements = of_type(seen, 1), of_type(seen, 2)
    assert named(segments, "tcpcl.v4.xfer_segment.data_len") == named(
        acknowledgements, "tcpcl.v4.xfer_ack.ack_len"
    )
    assert all(values(each, "tcpcl.v4.xfer_segment.related_ack") for each in segments)
    assert all(values(each, "tcpcl.v4.xfer_ack.related_seg") for each in acknowledgements)


def test_tshark_finds_the_end_of_the_session(seen: Seen) -> None:
    """A SESS_TERM is answered by a SESS_TERM with the REPLY flag (RFC 9174, 6.1)."""
    ends = of_type(seen, 5)
    assert [values(end, "tcpcl.v4.sess_term.flags.reply") for end in ends] == [["0"], ["1"]]
    assert {kind for message in seen.messages[2:] for kind in values(message, "tcpcl.v4.mhdr.type")} == {
        "0x07", "0x01", "0x02", "0x05",
    }  # fmt: skip


def test_tshark_finds_the_fields_of_the_first_letters_bundle(seen: Seen, talk: Talk) -> None:
    """The expected fields of the bundle, asserted one by one."""
    bundle = seen.bundles[0]
    written = dtntime.from_text(talk.question["written_at"])
    expected = {
        "bpv7.bundle_head": ["9f"],
        "bpv7.primary.version": ["7"],
        "bpv7.primary.bundle_flags": ["0x0000000000000000"],
        "bpv7.primary.bundle_flags.is_fragment": ["0"],
        "bpv7.primary.bundle_flags.payload_admin": ["0"],
        "bpv7.crc_type": ["2", "2", "2", "2"],  # CRC-32C: primary, previous node, hop count, payload
        "bpv7.primary.dst_uri": ["ipn:20.1"],
        "bpv7.primary.src_uri": ["ipn:10.2"],
        "bpv7.primary.report_uri": ["dtn:none"],
        "bpv7.time.dtntime": [str(written // MILLISECOND)],
        "bpv7.create_ts.seqno": ["0"],
        "bpv7.primary.lifetime": [str(LETTER_LIFETIME // MILLISECOND)],
        "bpv7.canonical.type_code": ["6", "10", "1"],
        "bpv7.canonical.block_num": ["3", "2", "1"],
        "bpv7.previous_node.uri": ["ipn:10.0"],
        "bpv7.hop_count.limit": [str(NodeConfig(10).hop_limit)],
        "bpv7.hop_count.current": ["1"],
        "bpv7.crc_status": ["1", "1", "1", "1"],  # good
        "bpv7.bundle_break": ["ff"],
    }
    assert {name: values(bundle, name) for name in expected} == expected
    *_, payload = values(bundle, "bpv7.canonical.data")
    letter = next(data for data in map(octets, of_type(seen, 1)) if b"Can you hear me?" in data)
    assert decode(letter).payload.endswith(b"pCan you hear me?\xf6\xf5")  # text, no reply to, receipt wanted
    assert len(decode(letter).payload) == int(payload)


def test_tshark_finds_all_six_bundles(seen: Seen, talk: Talk) -> None:
    """Letters and receipts go both ways, all with good CRCs, created when they were written."""
    ways = sorted(
        (values(bundle, "bpv7.primary.src_uri")[0], values(bundle, "bpv7.primary.dst_uri")[0])
        for bundle in seen.bundles
    )
    assert ways == [("ipn:10.2", "ipn:20.1")] * 3 + [("ipn:20.1", "ipn:10.2")] * 3
    assert all(set(values(bundle, "bpv7.crc_status")) == {"1"} for bundle in seen.bundles)
    times = {values(bundle, "bpv7.time.dtntime")[0] for bundle in seen.bundles}
    for letter in (talk.question, talk.answer, talk.long):
        assert str(dtntime.from_text(letter["written_at"]) // MILLISECOND) in times
