"""Two nodes over UDP: letters both ways, what is known of them, and what others make of the datagrams."""

from __future__ import annotations

import shutil
import socket
import subprocess
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from pyd3tn import bundle7
from tests.links.pcap import capture_datagrams
from tests.live.helpers import START, both_ways, run, until

from starlight.dtntime import to_wire
from starlight.links.udpcl import KEEPALIVE, PORT, UNFRAGMENTED
from starlight.live.clock import MissionClock
from starlight.live.daemon import Daemon, DaemonConfig, Resident
from starlight.messages.draft import Draft
from starlight.neighbours.address import LinkAddress
from starlight.neighbours.link_driver import Tap
from starlight.neighbours.peer import PeerConfig
from starlight.node.config import NodeConfig
from starlight.node.forecast import ForecastDoubtCode, Outgoing

EARTH, MARS = 1, 2
JAY, NAN_YOUNG = "ipn:1.1", "ipn:2.1"
PLAN = both_ways((EARTH, MARS, 300.0))
RATE = 6000  # light crosses in 50 ms of the wall


def free_address() -> LinkAddress:
    """Return an address of this machine at which nobody listens."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return LinkAddress("udpcl", *probe.getsockname())


def daemons(folder: Path, tap: Tap | None = None) -> tuple[Daemon, Daemon]:
    """Return Earth and Mars, which know each other's UDP addresses."""
    clock = MissionClock(START, RATE)
    addresses = {EARTH: free_address(), MARS: free_address()}
    residents = {EARTH: Resident(JAY, "Jay"), MARS: Resident(NAN_YOUNG, "Nan-young")}
    here, there = (
        Daemon(
            DaemonConfig(
                node=NodeConfig(node, PLAN),
                data=str(folder / str(node)),
                peers=(PeerConfig(other, addresses[other]),),
                listen=(addresses[node],),
                residents=(residents[node],),
            ),
            clock,
            tap=tap,
        )
        for node, other in ((EARTH, MARS), (MARS, EARTH))
    )
    return here, there


def texts(daemon: Daemon, address: str) -> list[str]:
    """Return the words of all letters that came to a mailbox, in order."""
    return [letter.text for letter in daemon.mail.mailbox(address).inbox()]


def test_letters_cross_both_ways_and_receipts_confirm_them(tmp_path: Path) -> None:
    """A bundle is released when it was sent, as such a link can do no more; that it came is known by the
    receipt alone."""

    async def test() -> None:
        here, there = daemons(tmp_path)
        await here.start()
        await there.start()
        await until(here, lambda: here.status().up == [MARS])
        await until(there, lambda: there.status().up == [EARTH])
        letter = await here.mail.write(JAY, Draft(NAN_YOUNG, "Can you hear me?"))
        await until(there, lambda: texts(there, NAN_YOUNG) == ["Can you hear me?"])
        await there.mail.write(NAN_YOUNG, Draft(JAY, "I hear you"))
        await until(here, lambda: texts(here, JAY) == ["I hear you"])

        def confirmed() -> bool:
            view = here.mail.mailbox(JAY).letter_view(letter.id, here.clock.now())
            return (view.state, view.certainty) == ("arrived", "confirmed")

        await until(here, confirmed)
        for daemon in (here, there):
            await until(daemon, lambda: daemon.status().stored["bundles"] == 0)  # noqa: B023 (awaited here)
            assert daemon.status().defects == 0
            assert (daemon.status().acknowledged, daemon.status().refused) == (0, 0)
        (link,) = here.status().links
        assert (link.protocol, link.acknowledges, link.acknowledged) == ("udpcl", False, 0)
        assert (link.sent, link.received) == (here.status().sent, here.status().received)
        await here.stop()
        await there.stop()

    run(test())


def test_what_a_node_expects_of_such_a_link_is_doubtful(tmp_path: Path) -> None:
    """What the node foresees says that what leaves over it is not known to have come, and cuts to what it
    takes."""

    async def test() -> None:
        here, there = daemons(tmp_path)
        await here.start()
        await there.start()
        await until(here, lambda: here.status().up == [MARS])
        asked = Outgoing(JAY, NAN_YOUNG, 3000, 86_400_000)
        forecast = here.node.forecaster.forecast(asked, here.clock.now())
        doubts = {doubt.code: doubt for doubt in forecast.doubts}
        assert doubts[ForecastDoubtCode.UNACKNOWLEDGED].peer == MARS
        assert doubts[ForecastDoubtCode.PEER_TAKES].takes_bytes == UNFRAGMENTED
        assert len(forecast.fragments) > 2
        assert all(part.bundle_bytes <= UNFRAGMENTED for part in forecast.fragments)
        await here.stop()
        await there.stop()

    run(test())


def test_a_letter_waits_for_a_node_that_is_not_there_yet(tmp_path: Path) -> None:
    """With keep-alives nothing is sent, and so nothing lost, before the peer was heard."""

    async def test() -> None:
        here, there = daemons(tmp_path)
        await here.start()
        await here.mail.write(JAY, Draft(NAN_YOUNG, "for when you are there"))
        assert here.status().sent == 0
        assert here.status().stored["bundles"] == 1
        await there.start()
        await until(there, lambda: texts(there, NAN_YOUNG) == ["for when you are there"])
        await here.stop()
        await there.stop()

    run(test())


def test_bundles_of_another_implementation_are_taken(tmp_path: Path) -> None:
    """A datagram that holds a bundle of pyD3TN's is taken; one that holds anything else is refused, and
    neither it, nor a copy, nor a stranger costs more than itself."""

    async def test() -> None:
        here, there = daemons(tmp_path)
        raw = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        peer = there.config.listen[0]
        raw.bind((peer.host, peer.port))
        await here.start()
        made = bundle7.Bundle(
            bundle7.PrimaryBlock(
                destination="ipn:1.7",
                source="ipn:2.9",
                report_to="dtn:none",
                lifetime=86_400_000,
                creation_time=bundle7.CreationTimestamp(946_684_800 + to_wire(here.clock.now()) / 1000, 3),
            ),
            bundle7.PayloadBlock(b"not of ours"),
        )
        whole = bytes(made)
        where = (here.listening[0].host, here.listening[0].port)
        for data in (KEEPALIVE, whole, whole[:-1], b"\x9f" * 600, b"", whole):
            raw.sendto(data, where)
        stranger = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        stranger.sendto(whole, where)
        await until(here, lambda: here.status().received == 4)
        await here.settled()
        assert here.status().stored["bundles"] == 1
        assert (here.status().refused, here.status().acknowledged) == (0, 0)  # there is no word for it
        assert (here.status().strangers, here.status().defects) == (1, 0)
        await here.stop()
        there.store.close()
        for each in (raw, stranger):
            each.close()

    run(test())


def told(folder: Path, said: list[tuple[int, int, bytes]]) -> list[tuple[str, str]]:
    """Return what tshark makes of datagrams: names and shown values of fields, in order."""
    path = folder / "datagrams.pcap"
    path.write_bytes(capture_datagrams(said))
    command = ["tshark", "-r", str(path), "-T", "pdml", "-o", "udp.check_checksum:TRUE"]
    command += ["-d", f"udp.port=={PORT},bundle"]
    text = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    protocols = {str(proto.get("name")) for proto in ET.fromstring(text).iter("proto")}
    assert not [name for name in protocols if "malformed" in name]
    assert "checksum.bad" not in text
    return [(str(each.get("name")), str(each.get("show"))) for each in ET.fromstring(text).iter("field")]


@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is missing: apt-get install tshark")
def test_tshark_reads_the_datagrams_of_two_nodes(tmp_path: Path) -> None:
    """A foreign dissector finds exactly one whole bundle in each datagram but the keep-alives."""

    async def test() -> list[tuple[int, int, bytes]]:
        said: list[tuple[int, int, bytes]] = []
        here, there = daemons(
            tmp_path, lambda source, target, data: said.append((source[1], target[1], data))
        )
        await here.start()
        await there.start()
        await here.mail.write(JAY, Draft(NAN_YOUNG, "Can you hear me?"))
        await until(there, lambda: texts(there, NAN_YOUNG) == ["Can you hear me?"])
        await until(here, lambda: here.status().received == 1)
        await here.stop()
        await there.stop()
        mars = there.config.listen[0].port
        # Each is seen by both ends; as dissected, Mars has the registered port.
        return [(1024, PORT, data) if target == mars else (PORT, 1024, data) for _, target, data in said]

    said = run(test())
    bundles = [each for each in said if each[2] != KEEPALIVE]
    assert len(bundles) == 2 * 2
    assert KEEPALIVE in [data for _, _, data in said]
    fields = told(tmp_path, bundles)
    sources = [value for name, value in fields if name == "bpv7.primary.src_uri"]
    assert sorted(sources) == [JAY, JAY, NAN_YOUNG, NAN_YOUNG]
    assert {value for name, value in fields if name == "bpv7.crc_status"} == {"1"}


def test_a_letter_larger_than_a_datagram_goes_in_fragments(tmp_path: Path) -> None:
    """Bundles too large for a datagram "SHOULD be fragmented and reassembled at the Bundle Protocol layer"
    (RFC 7122, 3.2)."""

    async def test() -> None:
        here, there = daemons(tmp_path)
        await here.start()
        await there.start()
        await until(here, lambda: here.status().up == [MARS])
        long = "a word " * 1000
        await here.mail.write(JAY, Draft(NAN_YOUNG, long))
        await here.mail.write(JAY, Draft(NAN_YOUNG, "a short one"))
        await until(there, lambda: sorted(texts(there, NAN_YOUNG)) == sorted([long, "a short one"]))
        (link,) = here.status().links
        assert link.sent > 7000 // 1232
        assert link.failed == 0
        await here.stop()
        await there.stop()

    run(test())
