"""A pair of real nodes and others: software that is no Starlight, and nodes that are heard later."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect
from pyd3tn import bundle7
from tests.pair.nodes import JAY, NAN, Pair, free_port, real_pair

from starlight.messages.first_format import encode_first
from starlight.messages.letter import Letter

GROUND = """
[[peer]]
number = 30
name = "Ground"
node_id = "dtn://ground/"
address = "udpcl://127.0.0.3:{port}"
foreign = true
keepalive_s = 0
light_time_s = 0.0
"""
ROVERS = """
[[address]]
address = "ipn:40.1"
name = "Zoe"
place = "Rover"
[[address]]
address = "ipn:50.1"
name = "Zoe"
place = "Depot"
"""
LATER = "".join(
    f'[[contact]]\nfrom = {a}\nto = {b}\nstart = "2060-01-01"\nend = "2061-01-01"\n'
    for a, b in ((20, 40), (40, 20))
)
"""The rover is heard at the habitat when all who wrote this are gone."""
CAMERA, DESK, NODE = "ipn:30.1", "dtn://ground/desk", "ipn:30.0"
REPORTS = 0x020000 | 0x040000
"""Of delivery and of deletion (RFC 9171, 4.2.3); pyD3TN has another bit for the second."""
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(64))


class Ground:
    """The node of another implementation: pyD3TN's bundles in datagrams.

    Attributes:
        port: at which it is reached.
    """

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.3", 0))
        self._socket.settimeout(60)
        self.port = self._socket.getsockname()[1]
        self.peer = ("127.0.0.1", 0)
        self._made = 0

    def close(self) -> None:
        """Take nothing any more."""
        self._socket.close()

    def send(self, to: str, payload: bytes, *, source: str = CAMERA, flags: int = 0) -> None:
        """Send a payload in a bundle of its own."""
        self._made += 1
        made = bundle7.Bundle(
            bundle7.PrimaryBlock(
                bundle_proc_flags=flags,
                destination=to,
                source=source,
                report_to=NODE,
                creation_time=bundle7.CreationTimestamp(datetime.now(UTC), self._made),
            ),
            bundle7.PayloadBlock(payload),
        )
        self._socket.sendto(bytes(made), self.peer)

    def receive(self) -> bundle7.Bundle:
        """Return the next bundle that comes."""
        return bundle7.Bundle.parse(self._socket.recv(65_536))

    def report(self) -> bundle7.BundleStatusReport:
        """Return the next bundle that comes, which is a status report."""
        record = bundle7.Bundle.parse_administrative_record(bytes(self.receive().payload_block.data))
        return bundle7.BundleStatusReport.from_cbor([record["record_type"], record["record_data"]])


@pytest.fixture(scope="module")
def ground() -> Iterator[Ground]:
    node = Ground()
    yield node
    node.close()


@pytest.fixture(scope="module")
def pair(context: BrowserContext, tmp_path_factory: pytest.TempPathFactory, ground: Ground) -> Iterator[Pair]:
    """Run both nodes; Ground is a neighbour of Control alone."""
    udp = free_port("127.0.0.1", socket.SOCK_DGRAM)
    ground.peer = ("127.0.0.1", udp)
    links = [(10, 20), (20, 10), (10, 30), (30, 10)]
    plan = "".join(f"[[contact]]\nfrom = {a}\nto = {b}\n" for a, b in links)
    folder = tmp_path_factory.mktemp("foreign")
    more = GROUND.format(port=ground.port) + ROVERS
    with real_pair(folder, context, plan=plan + LATER, control=more, udp=udp) as running:
        running.opened()
        yield running


def letter(page: Page, text: str) -> Locator:
    """Return a letter on a page, by its words."""
    return page.get_by_role("article").filter(has=page.locator(".text", has_text=text))


def forged(number: int) -> bytes:
    """Return a letter in Jay's name, as anybody can make one."""
    made = Letter(
        id=f"{JAY}/0/{number}", thread="t", sender=JAY, to=NAN, written_at=0, text="Open the airlock."
    )
    return encode_first(made)


def test_a_foreign_payload_is_shown_as_text_or_file(pair: Pair, ground: Ground, tmp_path: Path) -> None:
    """By a command or of another implementation, it is there to be read or saved, and only then delivered."""
    text, picture = tmp_path / "report.txt", tmp_path / "sol.png"
    text.write_text("Pressure 7.1 hPa, rising.")
    picture.write_bytes(PNG)
    for file in (text, picture):
        pair.control.run("bundle", "send", file, "--to", NAN, "--service", "40")
    nan = pair.open(pair.habitat, "nan", "ipn:10.40")
    expect(letter(nan, "Pressure 7.1 hPa, rising.")).to_contain_text("Not a letter")
    with nan.expect_download() as saved:
        nan.locator("article .parts a").click()
    assert saved.value.path().read_bytes() == PNG

    ground.send(NAN, "Dust at 12 m/s — camera.".encode(), flags=REPORTS)
    report = ground.report()
    assert (report.is_delivered, report.is_deleted) == (True, False)
    nan = pair.open(pair.habitat, "nan", CAMERA)
    expect(letter(nan, "Dust at 12 m/s — camera.")).to_contain_text(f"bytes from {CAMERA}")


def refused_at(pair: Pair) -> list[dict[str, Any]]:
    """Return what Habitat's store has set aside of what was refused, as `starlight store list` tells it."""
    (listed,) = json.loads(pair.habitat.run("store", "list", "--quarantined", "--json").out)
    return [each for each in listed["quarantined"] if each["key"].startswith("refused/")]


def test_a_letter_in_another_name_is_never_delivered(pair: Pair, ground: Ground, tmp_path: Path) -> None:
    """Its bundle is reported deleted as unintelligible; it is shown to nobody, counted, and kept apart."""
    ground.send(NAN, forged(1), flags=REPORTS)
    report = ground.report()
    assert (report.is_delivered, report.is_deleted, report.reason_code) == (False, True, 8)
    file = tmp_path / "forged"
    file.write_bytes(forged(2))
    pair.control.run("bundle", "send", file, "--to", NAN, "--service", "40", "--report", "delivery")
    pair.habitat.until(
        lambda: pair.habitat.api.ask("/people/nan/mailbox")["refused"] == 2, "both are counted as refused"
    )
    # It is counted as soon as it came, and another program reads what is committed: a moment later.
    pair.habitat.until(lambda: len(refused_at(pair)) == 2, "both are kept apart")
    kept = refused_at(pair)
    assert [each["mailbox"] for each in kept] == [NAN, NAN]
    assert "a letter from ipn:10.1 to ipn:20.1 in a bundle from ipn:30.1" in kept[0]["why"]
    assert "2 messages that came were refused" in pair.habitat.run("inbox", "nan").out
    assert "message.refused" in pair.habitat.log()
    nan = pair.nan()
    expect(nan.locator("#conversations")).to_contain_text("2 messages that came were refused")
    expect(letter(nan, "Open the airlock.")).to_have_count(0)
    assert "Open the airlock." not in pair.habitat.run("inbox", "nan").out


def test_a_foreign_receiver_gets_plain_text(pair: Pair, ground: Ground) -> None:
    """Though not listed: words alone, no receipt can come, and a delivery report confirms the arrival."""
    sent = pair.control.run("send", "jay", DESK, "Please turn the dish.").out
    assert "plain text" in sent
    came = ground.receive()
    assert bytes(came.payload_block.data) == b"Please turn the dish."
    assert came.primary_block.bundle_proc_flags & bundle7.BundleProcFlag.REPORT_DELIVERY
    jay = pair.open(pair.control, "jay", DESK)
    state = letter(jay, "Please turn the dish.").locator(".state")
    expect(state).to_contain_text("it went as plain text, so no receipt can come")
    assert "no receipt can come" in pair.control.run("inbox", "jay", "--with", DESK).out
    primary = came.primary_block
    report = bundle7.BundleStatusReport(
        bundle7.StatusCode.DELIVERED_BUNDLE,
        bundle7.ReasonCode.NO_INFO,
        primary.source,
        primary.creation_time,
    )
    ground.send(
        str(primary.report_to),
        report.data,
        source="dtn://ground/",
        flags=bundle7.BundleProcFlag.ADMINISTRATIVE_RECORD,
    )
    expect(state).to_contain_text("confirmed")
    told = pair.control.letters("jay", DESK)["Please turn the dish."]
    assert (told["state"], told["standing"], told["plain_text"]) == ("arrived", "confirmed", True)


def test_a_receiver_that_never_sent_a_letter_gets_plain_text(pair: Pair) -> None:
    """Whoever sent Nan-young only foreign payloads is a program, and is answered in words alone."""
    predicted = pair.habitat.api.ask("/people/nan/predict", {"to": "ipn:10.40", "text": "Thank you."})
    assert predicted["plain_text"]
    predicted = pair.habitat.api.ask("/people/nan/predict", {"to": JAY, "text": "Thank you."})
    assert predicted["plain_text"] is None


def test_a_letter_waits_on_its_way(pair: Pair) -> None:
    """What has left and waits at another node names that place, and of two people of one name which."""
    pair.control.run("send", "jay", "ipn:40.1", "Turn back.")
    jay = pair.open(pair.control, "jay", "ipn:40.1")
    expect(letter(jay, "Turn back.").locator(".state")).to_contain_text("Waiting at Habitat")
    told = pair.control.run("inbox", "jay").out
    assert "Jay to Zoe, Rover  [waiting at Habitat, leaves 2060-01-01" in told
    assert "Zoe, Rover: Closed until 2060-01-01" in told
    assert "Zoe, Depot: No route is known." in told
