"""The bundle API of a running node: clients, commands, services, and what a kill can't undo."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from tests.cli.helpers import DEADLINE_S, Api, Running, running, starlight, wait_for

from starlight.client.access import ACCESS_FILE, Access
from starlight.client.bundle_client import AsyncBundleClient, BundleClient
from starlight.client.local_api import LocalApi, Question
from starlight.errors import InputError, StarlightError
from starlight.services.units import Happened, ReceivedUnit, Report, UnitToSend

DOCUMENT = Path(__file__).parents[2] / "docs" / "reference" / "local-api.md"
NODE = """
number = 20
name = "Base"
data = "base-data"
listen = ""
page = "127.0.0.1:0"

[[peer]]
number = 10

[[person]]
id = "nan-young"
name = "Joo Nan-young"
service = 1

[[service]]
kind = "echo"

[[service]]
kind = "sink"
number = 8
folder = "came"
"""


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Run a node with a person, an echo and a sink, and give its data folder."""
    folder = tmp_path_factory.mktemp("bundles")
    (folder / "base.toml").write_text(NODE)
    with running("node", folder / "base.toml", folder=folder / "base-data") as node:
        node.serving()
        yield folder / "base-data"


def received(client: BundleClient) -> ReceivedUnit:
    """Return the next data unit."""
    found = client.receive(DEADLINE_S)
    assert found is not None
    return found


# Clients.


def test_a_program_sends_receives_and_acknowledges(base: Path) -> None:
    """An echo answers; what was not acknowledged is given again at the next registration, under its id."""
    with BundleClient(base, 30) as client:
        assert client.address == "ipn:20.30"
        sent = client.send(UnitToSend("ipn:20.2047", bytes(range(256)), lifetime_s=60, priority=2))
        came = received(client)
        assert (came.source, came.payload) == ("ipn:20.2047", bytes(range(256)))
        assert sent.id != came.id
        assert client.receive(0) is None
    with BundleClient(base, 30) as client:
        again = received(client)
        assert (again.id, again.created, again.payload) == (came.id, came.created, came.payload)
        client.acknowledge(again.id)
        client.acknowledge(again.id)
    with BundleClient(base, "ipn:20.30") as client:
        assert client.receive(0) is None
    with BundleClient(base, "ipn:20.any") as client:
        assert client.address.startswith("ipn:20.65")


def test_an_asynchronous_program_does_the_same(base: Path) -> None:
    """It holds nothing up while it waits: one task receives what another sends."""

    async def test() -> None:
        async with AsyncBundleClient(base, 31) as receiver, AsyncBundleClient(base) as sender:
            waiting = asyncio.create_task(receiver.receive(DEADLINE_S))
            await asyncio.sleep(0)
            sent = await sender.send(UnitToSend("ipn:20.31", b"words"))
            came = await waiting
            assert came is not None
            assert (came.id, came.source, came.payload) == (sent.id, sender.address, b"words")
            await receiver.acknowledge(came.id)
            away = await sender.send(UnitToSend("ipn:10.9", b"words", reports=(Report.DELIVERY,)))
            await sender.withdraw(away.id)
            (news,) = await sender.news(0, DEADLINE_S)
            assert (news.id, news.what) == (away.id, Happened.WITHDRAWN)
            assert await sender.news(news.number, 0) == []

    asyncio.run(test())


def test_what_a_program_may_not_do_is_told(base: Path) -> None:
    """A number that is taken and by whom, a takeover, what can't be sent."""
    with pytest.raises(InputError, match=r"ipn:20\.1 is taken by a mailbox"):
        BundleClient(base, 1)
    with pytest.raises(InputError, match="taken by the application 'echo-2047'"):
        BundleClient(base, 2047)
    with pytest.raises(InputError, match="taken by a service of the node"):
        BundleClient(base, 8)
    with pytest.raises(InputError, match="0 is no service number"):
        BundleClient(base, 0)
    with BundleClient(base, 32) as first, BundleClient(base, 32) as second:
        with pytest.raises(InputError, match="registered by another program since"):
            first.receive(0)
        assert second.receive(0) is None
        with pytest.raises(InputError, match="was not sent from"):
            second.withdraw("ipn:20.1/5/0")
    with pytest.raises(InputError, match="is not registered"):
        second.receive(0)


def test_what_the_api_is_not_meant_for_is_told(base: Path) -> None:
    """Errors of the query name what it may say."""
    api = LocalApi(base)
    registration = {}

    def keep(answer: object) -> None:
        registration.update(msgspec.json.decode(answer.body))  # type: ignore[attr-defined]

    api.ask(Question("POST", "/services/33", keep))
    mine = ("registration", registration["registration"])
    for method, path, query, words in (
        (
            "GET",
            "/services/33/bundles",
            (mine, ("timeout_s", "61")),
            "timeout_s: 61 does not fit. It is a number >= 0 and <= 60",
        ),
        (
            "GET",
            "/services/33/bundles",
            (mine, ("befor", "1")),
            "The keys there are registration, after, timeout_s",
        ),
        ("GET", "/services/33/bundles", (), "registration"),
        ("POST", "/services/33/bundles", (mine,), "to: it is missing"),
        ("POST", "/services/33/bundles", (mine, ("to", "nobody")), "Write it as ipn:NODE.SERVICE"),
        (
            "POST",
            "/services/33/bundles",
            (mine, ("to", "ipn:1.1"), ("priority", "high")),
            "Allowed: bulk, normal, expedited",
        ),
        (
            "POST",
            "/services/33/bundles",
            (mine, ("to", "ipn:1.1"), ("report", "all")),
            "report[0]: 'all' does not fit",
        ),
        ("POST", "/services/33/bundles", (mine, ("to", "ipn:1.1"), ("lifetime_s", "nan")), "lifetime"),
        ("POST", "/services/ipn:99.1", (), "not at a node of this process"),
        ("POST", "/services/nobody", (), "Write it as ipn:NODE.SERVICE"),
        ("POST", "/services/ipn:99.any", (), "not at a node of this process"),
        ("POST", "/services/many", (), "service: "),
    ):
        with pytest.raises(InputError, match=re.escape(words)):
            api.ask(Question(method, path, lambda answer: None, query))
    with pytest.raises(InputError, match="at most"):
        api.ask(Question("POST", "/services/33/bundles", keep, (mine, ("to", "ipn:1.1")), bytes(65 << 20)))


def test_a_wrong_token_and_a_stopped_node_are_told(base: Path, tmp_path: Path) -> None:
    """The client says which folder's node refuses it, or does not answer."""
    access = msgspec.json.decode((base / ACCESS_FILE).read_bytes(), type=Access)
    wrong = msgspec.structs.replace(access, token="wrong" * 8)
    (tmp_path / ACCESS_FILE).write_bytes(msgspec.json.encode(wrong))
    with pytest.raises(InputError, match=f"{re.escape(str(tmp_path))}: the node refuses the token"):
        BundleClient(tmp_path, 9)
    gone = msgspec.structs.replace(access, url="http://127.0.0.1:1")
    (tmp_path / ACCESS_FILE).write_bytes(msgspec.json.encode(gone))
    with pytest.raises(StarlightError, match=re.escape("does not answer at http://127.0.0.1:1")):
        BundleClient(tmp_path, 9)
    with pytest.raises(InputError, match="no running node is known there"):
        BundleClient(tmp_path / "nowhere", 9)


@pytest.mark.parametrize("number", [0, 1])
def test_the_documents_programs_work(number: int, base: Path) -> None:
    """The examples of docs/reference/local-api.md run as they stand, in the folder of a node."""
    programs = re.findall(r"```python\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
    done = subprocess.run(
        [sys.executable, "-c", programs[number]],
        cwd=base.parent,
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
    )
    assert (done.stdout, done.stderr) == ("ipn:20.9 Is anybody there?\n", "")


def test_the_documents_node_of_ones_own_works(tmp_path: Path) -> None:
    """The example of a program that is a node itself."""
    *_, program = re.findall(r"```python\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, timeout=DEADLINE_S
    )
    assert (done.stdout, done.stderr) == ("ipn:20.9 Is anybody there?\n", "")


# Commands.


def test_a_file_is_sent_and_received_by_commands(base: Path, tmp_path: Path) -> None:
    """`send` prints the id and what is predicted; `receive` writes a file, or to standard output."""
    (tmp_path / "photo.jpg").write_bytes(bytes(range(256)) * 400)
    sent = starlight("bundle", "send", base, tmp_path / "photo.jpg", "--to", "ipn:20.40", "--service", "41")
    assert sent.status == 0, sent.err
    id, *predicted = sent.out.splitlines()
    assert id.startswith("ipn:20.41/")
    assert [line.split()[0] for line in predicted] == ["leaves", "arrives"]
    into = tmp_path / "into"
    came = starlight("bundle", "receive", base, "--service", "40", "--into", into, "--count", "1", "--json")
    assert came.status == 0, came.err
    told = json.loads(came.out)
    assert (told["id"], told["source"], told["size_bytes"]) == (id, "ipn:20.41", 102_400)
    (file,) = into.iterdir()
    assert str(file) == told["file"]
    assert file.read_bytes() == (tmp_path / "photo.jpg").read_bytes()
    words = starlight("bundle", "send", base, "-", "--to", "ipn:20.40", "--json", stdin=b"words")
    assert json.loads(words.out)["id"]
    assert starlight("bundle", "receive", base, "--service", "40").out == "words"
    none = starlight("bundle", "receive", base, "--service", "40", "--into", into, "--wait", "0")
    assert (none.status, none.out) == (0, "")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["send", "nothing.jpg", "--to", "ipn:7.9"], "nothing.jpg: can't be read"),
        (["send", "-", "--to", "seven"], "Write it as ipn:NODE.SERVICE"),
        (["send", "-", "--to", "dtn:none"], "is nobody"),
        (["send", "-", "--to", "ipn:7.9", "--priority", "high"], "It is bulk, normal or expedited"),
        (["send", "-", "--to", "ipn:7.9", "--lifetime", "0"], "0.0 is out of bounds. It is 0.001 or more"),
        (["send", "-", "--to", "ipn:7.9", "--service", "1"], "taken by a mailbox"),
        (["send", "-"], "Missing option '--to'"),
        (["receive", "--service", "nine"], "service: "),
        (["receive", "--service", "8"], "taken by a service of the node"),
        (["receive", "--service", "9", "--json"], "Give --into FOLDER"),
        (["receive", "--service", "9", "--count", "2"], "Give --into FOLDER"),
        (["receive"], "Missing option '--service'"),
        (["receive", "--service", "9", "--into", "/proc/nowhere"], "/proc/nowhere: can't be used"),
    ],
)
def test_a_wrong_argument_is_told_in_a_line(arguments: list[str], words: str, base: Path) -> None:
    """What is wrong, where, and what would be right; status 2."""
    outcome = starlight("bundle", arguments[0], base, *arguments[1:])
    assert outcome.status == 2
    assert words in outcome.err
    assert outcome.err.count("\n") == 1


# Services.


@pytest.mark.parametrize("what", ["bundles", "news"])
def test_who_waits_for_long_does_not_hold_up_the_end(what: str, tmp_path: Path) -> None:
    """A program that waits for a bundle, or for news, is answered that there is none, without a traceback."""
    (tmp_path / "base.toml").write_text(NODE)
    folder = tmp_path / "base-data"
    with running("node", tmp_path / "base.toml", folder=folder) as node:
        node.serving()
        client = BundleClient(folder, 9)
        access = msgspec.json.decode((folder / ACCESS_FILE).read_bytes(), type=Access)
        host, _, port = access.url.removeprefix("http://").partition(":")
        with socket.create_connection((host, int(port)), DEADLINE_S) as waiting:
            query = f"registration={client._questions._registration[1]}&timeout_s=60"
            head = f"GET /api/services/9/{what}?{query} HTTP/1.1\r\nHost: {host}\r\n"
            waiting.sendall(f"{head}Authorization: Bearer {access.token}\r\n\r\n".encode())
            # Answered after the one that waits has come: both are handled in the order in which they come.
            Api(folder).ask("/nodes")
            assert node.end(signal.SIGTERM) == 0
            assert waiting.recv(1024).startswith(b"HTTP/1.1 204" if what == "bundles" else b"HTTP/1.1 200")
    assert "Traceback" not in (tmp_path / "base-data.err").read_text()


def test_a_sink_writes_what_comes_to_a_folder(base: Path) -> None:
    """Each payload is a file, and the node lets go of it."""
    folder = base.parent / "came"
    before = set(folder.iterdir())
    with BundleClient(base) as client:
        sent = [client.send(UnitToSend("ipn:20.8", b"%d" % number)) for number in range(3)]
        wait_for(lambda: True if len(set(folder.glob("*.bin")) - before) == 3 else None, "three files")
        assert {path.read_bytes() for path in set(folder.iterdir()) - before} == {b"0", b"1", b"2"}
        assert len({each.id for each in sent}) == 3
        wait_for(
            lambda: True if not Api(base).ask("/nodes")[0]["stored"]["bundles"] else None, "all is taken"
        )


# Kills.


class Program(threading.Thread):
    """A program that receives and notes what it did, until its node is killed.

    Attributes:
        given: ids, in the order in which they were given.
        acknowledged: ids whose acknowledgement was answered.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.given: list[str] = []
        self.acknowledged: list[str] = []
        self._folder = folder

    def run(self) -> None:
        """Receive and acknowledge."""
        try:
            with BundleClient(self._folder, 9) as client:
                for came in client:
                    self.given.append(came.id)
                    client.acknowledge(came.id)
                    self.acknowledged.append(came.id)
        except StarlightError:
            return  # its node was killed


def test_what_a_program_received_survives_kills_of_the_node(tmp_path: Path) -> None:
    """Between delivery, work and acknowledgement: never lost, at most given again with the same id."""
    (tmp_path / "base.toml").write_text(NODE)
    data = tmp_path / "base-data"
    sent: list[str] = []
    given: list[str] = []
    acknowledged: list[str] = []
    for number in range(4):
        with running("node", tmp_path / "base.toml", folder=data) as node:
            node.serving()
            program = Program(data)
            program.start()
            sent += sending(data, node, kill_after=5 * number + 1)
            program.join(DEADLINE_S)
            assert not program.is_alive()
            assert not set(program.given) & set(acknowledged), "what was acknowledged is never given again"
            given += program.given
            acknowledged += program.acknowledged
    with running("node", tmp_path / "base.toml", folder=data) as node:
        node.serving()
        with BundleClient(data, 9) as client:
            while (came := client.receive(0)) is not None:
                assert came.id not in acknowledged
                given.append(came.id)
                client.acknowledge(came.id)
    assert len(sent) == 4 * 1 + 5 * (1 + 2 + 3)
    assert set(sent) <= set(given)


def sending(data: Path, node: Running, kill_after: int) -> list[str]:
    """Send to number 9 so many times, then kill the node; return the ids of what it accepted."""
    accepted: list[str] = []
    with BundleClient(data) as client:
        for number in range(kill_after):
            accepted.append(client.send(UnitToSend("ipn:20.9", b"%d" % number)).id)
        node.end(signal.SIGKILL)
    return accepted


def test_what_a_sink_was_given_survives_kills_of_the_node(tmp_path: Path) -> None:
    """Between delivery, the file and the acknowledgement: each payload is a file in the end, and only one."""
    (tmp_path / "base.toml").write_text(NODE)
    data, folder = tmp_path / "base-data", tmp_path / "came"
    accepted = 0
    for count in (1, 7, 13):
        with running("node", tmp_path / "base.toml", folder=data) as node:
            node.serving()
            with BundleClient(data) as client:
                for _ in range(count):
                    client.send(UnitToSend("ipn:20.8", b"%d" % accepted))
                    accepted += 1
                node.end(signal.SIGKILL)
    with running("node", tmp_path / "base.toml", folder=data) as node:
        api = node.serving()
        wait_for(lambda: True if not api.ask("/nodes")[0]["stored"]["bundles"] else None, "all is taken")
    payloads = sorted(int(path.read_bytes()) for path in folder.glob("*.bin"))
    assert payloads == list(range(accepted))
