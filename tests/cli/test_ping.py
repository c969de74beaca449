"""`starlight ping` over real nodes: measured beside expected, shut plans, no route, and odd echoes."""

from __future__ import annotations

import contextlib
import json
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.cli.helpers import DEADLINE_S, STARLIGHT, command, running, wait_for

from starlight.client.bundle_client import BundleClient
from starlight.client.stored_bundles import StoredBundlesClient
from starlight.errors import StarlightError
from starlight.services.units import UnitToSend

NODE = """
number = {number}
name = "node"
data = "{number}-data"
listen = "{listen}"
page = "127.0.0.1:0"

[clock]
rate = {rate}
mission = "2051-04-02T10:00:00Z"
wall = "{wall}"

[[peer]]
number = {other}
{address}

[[service]]
kind = "echo"
{contacts}
"""
CONTACT = """
[[contact]]
from = {a}
to = {b}
light_time_s = {light_s}
{more}
"""


@contextlib.contextmanager
def two_nodes(
    folder: Path, *, rate: float = 1.0, light_s: float = 0.0, there: str = "", back: str | None = ""
) -> Iterator[Path]:
    """Run nodes 10 and 20, and give the data folder of 10; the plan's contacts have more keys."""
    wall = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    contacts = CONTACT.format(a=10, b=20, light_s=light_s, more=there)
    if back is not None:
        contacts += CONTACT.format(a=20, b=10, light_s=light_s, more=back)
    with contextlib.ExitStack() as nodes:
        for number, other, listen, address in (
            (10, 20, f"tcpcl://127.0.0.1:{port}", ""),
            (20, 10, "", f'address = "tcpcl://127.0.0.1:{port}"'),
        ):
            facts = {"number": number, "other": other, "listen": listen, "address": address}
            file = folder / f"{number}.toml"
            file.write_text(NODE.format(**facts, rate=rate, wall=wall, contacts=contacts))
            nodes.enter_context(running("node", file, folder=folder / f"{number}-data")).serving()
        yield folder / "10-data"


def pinged(folder: Path, *arguments: str) -> tuple[int, dict[str, Any]]:
    """Return the status of a ping and its JSON."""
    done = command("ping", folder, *arguments, "--json")
    return done.status, json.loads(done.out)


def test_answers_are_measured_in_mission_time_beside_what_the_plan_expects(tmp_path: Path) -> None:
    """At sixty times the pace of life 30 s of light one way are a minute there and back."""
    with two_nodes(tmp_path, rate=60, light_s=30.0) as folder:
        status, told = pinged(folder, "20", "--count", "2", "--interval", "5", "--timeout", "3600")
        assert status == 0
        assert (told["sent"], told["answered"], told["lost"], told["expected"]["rate"]) == (2, 2, 0, 60.0)
        for number, answer in enumerate(told["answers"], 1):
            assert (answer["kind"], answer["sequence"], answer["source"]) == ("answer", number, "ipn:20.2047")
            assert answer["expected_s"] == pytest.approx(60, abs=0.01)
            assert answer["round_trip_s"] >= 60 - 0.01
        text = command("ping", folder, "ipn:20.2047", "--count", "1", "--timeout", "3600").out
        assert "times are mission time, which goes 60 times as fast as the wall's" in text
        assert "expected back after 60.000 s (1 min 00 s)" in text
        assert "ipn:20.2047: 1 after " in text
        assert "1 sent, 1 answered, 0% lost" in text


def test_a_shut_plan_is_told_before_anything_is_waited_for(tmp_path: Path) -> None:
    """Until when, and when the answer is expected then. Who ends it has what has not left taken back."""
    with two_nodes(tmp_path, there='start = "2051-05-03T00:00:00Z"') as folder:
        asked = [STARLIGHT, "ping", str(folder), "20", "--count", "1"]
        with subprocess.Popen(asked, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            lines = iter(process.stdout.readline, "")
            told = [next(lines) for _ in range(3)]
            assert told[1] == "  the plan is shut: it waits at node 10 until 2051-05-03T00:00:00.000Z\n"
            assert told[2].startswith("  expected back after ")
            assert told[2].endswith(", at 2051-05-03T00:00:00.000Z\n")
            stored = StoredBundlesClient(folder)
            wait_for(lambda: [*stored.stored()] or None, "the ping")
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=DEADLINE_S)
        assert "1 sent, 0 answered, 100% lost" in out
        assert "no answer to 1: it has not left; it is taken back" in out
        assert process.returncode == 1
        assert "no answer came from ipn:20.2047" in err
        assert [*stored.stored()] == []


def test_without_a_route_nothing_is_sent_and_without_a_way_back_that_is_told(tmp_path: Path) -> None:
    """At once, with status 1 where nothing came back; what is no address is refused."""
    with two_nodes(tmp_path, back=None) as folder:
        none = command("ping", folder, "99")
        assert none.status == 1
        assert "No route is planned." in none.out
        assert "nothing was sent to ipn:99.2047: no route to it is planned" in none.err
        assert pinged(folder, "99")[1]["sent"] == 0
        odd = command("ping", folder, "tsukuba")
        assert (odd.status, odd.out) == (2, "")
        assert "NODE: 'tsukuba' is not an endpoint id" in odd.err
        done = command("ping", folder, "ipn:20.77", "--count", "1", "--timeout", "0.2")
        assert done.status == 1
        assert "no way back is planned: an answer is not to be expected" in done.out
        assert "no answer to 1: it has" in done.out
        assert "no answer came from ipn:20.77" in done.err


def test_answers_of_other_software_are_judged_by_their_bytes_alone(tmp_path: Path) -> None:
    """An echo that answers twice, changes what it returns, or says something else is told as such."""
    with two_nodes(tmp_path) as folder:
        ready = threading.Event()

        def echo() -> None:
            with contextlib.suppress(StarlightError), BundleClient(tmp_path / "20-data", 7) as client:
                ready.set()
                for came in client:
                    for payload in (b"hello", came.payload[:-1], came.payload, came.payload):
                        client.send(UnitToSend(came.source, payload))
                    client.acknowledge(came.id)

        thread = threading.Thread(target=echo, daemon=True)
        thread.start()
        assert ready.wait(60)
        status, told = pinged(folder, "ipn:20.7", "--count", "2", "--service", "70", "--timeout", "3600")
        assert (status, told["answered"]) == (0, 2)
        assert told["altered"] >= 1
        assert told["other"] >= 1
        assert told["duplicates"] >= 1
        with BundleClient(folder, 70) as client:
            left = client.receive(60)
            assert left is not None
            assert left.payload == b"hello"  # it was not the ping's to take
