"""How `starlight status` tells of the links of a node."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

import msgspec
import pytest
from tests.cli.helpers import DEADLINE_S, STARLIGHT, running
from tests.cli.test_commands import NODE

from starlight.cli.status import show_link
from starlight.dtntime import HOUR, from_text
from starlight.neighbours.link_status import LinkStatus

TIME = from_text("2051-04-02T10:00:00Z")
UDP = LinkStatus(
    peer=30,
    protocol="udpcl",
    address="udpcl://[::1]:4556",
    up=True,
    since=TIME,
    heard=TIME,
    acknowledges=False,
    transfer_max=1232,
    sent=3,
    acknowledged=0,
    failed=1,
    received=2,
    error="Permission denied",
    error_at=TIME,
    ordered=False,
    session=False,
    sent_bytes_per_s=1_500.0,
    queued=4,
    queued_bytes=2_000_000,
    plan_open=True,
    plan_until=TIME + HOUR,
    kept_out={"bundle_bytes": 2, "sources": 7},
)
TCP = msgspec.structs.replace(
    UDP, protocol="tcpcl", address="", acknowledges=True, ordered=True, session=True, error="", error_at=None
)
NEVER = LinkStatus(20, "", "", False, None, None, None, None, 0, 0, 0, 0, "", None)


def test_a_link_that_does_not_acknowledge_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    """What has left over it is not known to have come; and what went wrong last is told."""
    show_link(UDP)
    assert capsys.readouterr().out.splitlines() == [
        "  peer 30 (udpcl://[::1]:4556): up since 2051-04-02T10:00:00.000Z, "
        "last heard 2051-04-02T10:00:00.000Z, 3 sent, 0 acknowledged, 1 failed, 2 received",
        "    udpcl: no session, bundles may overtake each other, "
        "does not acknowledge: what has left is not known to have come",
        "    now 1.5 kB/s out, 0 B/s in, queue 4 bundles, 2 MB",
        "    plan open until 2051-04-02T11:00:00.000Z",
        "    kept out by policy: 2 by bundle_bytes, 7 by sources",
        "    last error 2051-04-02T10:00:00.000Z: Permission denied",
    ]


def test_a_session_tells_what_it_promises(capsys: pytest.CaptureFixture[str]) -> None:
    """A link that acknowledges and keeps order is told by what it promises, in a line of its own."""
    show_link(TCP)
    assert capsys.readouterr().out.splitlines()[1] == "    tcpcl: a session, keeps order, acknowledges"


def test_a_peer_that_has_never_called_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """A peer without an address calls us; until it does there is nothing but that to say."""
    show_link(NEVER)
    assert capsys.readouterr().out.splitlines() == [
        "  peer 20 (it calls us): never up, last heard never, 0 sent, 0 acknowledged, 0 failed, 0 received",
        "    no contact planned",
    ]


def test_a_plan_that_is_shut_is_told_with_until_when(capsys: pytest.CaptureFixture[str]) -> None:
    """So a link that is down, or up and silent, is told from one that is not to be used now."""
    show_link(msgspec.structs.replace(NEVER, plan_open=False, plan_until=TIME))
    assert capsys.readouterr().out.splitlines()[-1] == "    plan shut until 2051-04-02T10:00:00.000Z"


def test_watching_prints_a_line_for_each_link_until_it_is_interrupted(tmp_path: Path) -> None:
    """Where no terminal is redrawn each state is a line; Ctrl-C ends it as a success, without a word."""
    file, data = tmp_path / "base.toml", tmp_path / "base-data"
    file.write_text(NODE)
    with running("node", file, folder=data) as node:
        node.serving()
        watching = subprocess.Popen(
            [STARLIGHT, "status", data, "--watch", "--interval", "0.1"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert watching.stdout is not None
        lines = [watching.stdout.readline().decode() for _ in range(3)]
        watching.send_signal(signal.SIGINT)
        _, errors = watching.communicate(timeout=DEADLINE_S)
    assert all(
        " node 20 peer 10: never up, last heard never, 0 B/s out" in line and ", plan open until 2" in line
        for line in lines
    )
    assert (watching.returncode, errors) == (0, b"")
