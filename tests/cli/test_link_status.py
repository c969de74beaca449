"""How `starlight status` tells of the links of a node."""

from __future__ import annotations

import msgspec
import pytest

from starlight.cli.node import _show_link
from starlight.dtntime import from_text
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
)
TCP = msgspec.structs.replace(
    UDP, protocol="tcpcl", address="", acknowledges=True, ordered=True, session=True, error="", error_at=None
)
NEVER = LinkStatus(20, "", "", False, None, None, None, None, 0, 0, 0, 0, "", None)


def test_a_link_that_does_not_acknowledge_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    """What has left over it is not known to have come; and what went wrong last is told."""
    _show_link(UDP)
    assert capsys.readouterr().out.splitlines() == [
        "  peer 30 (udpcl://[::1]:4556): up since 2051-04-02T10:00:00.000Z, "
        "last heard 2051-04-02T10:00:00.000Z, 3 sent, 0 acknowledged, 1 failed, 2 received",
        "    udpcl: no session, bundles may overtake each other, "
        "does not acknowledge: what has left is not known to have come",
        "    last error 2051-04-02T10:00:00.000Z: Permission denied",
    ]


def test_a_session_tells_what_it_promises(capsys: pytest.CaptureFixture[str]) -> None:
    """A link that acknowledges and keeps order is told by what it promises, in a line of its own."""
    _show_link(TCP)
    assert capsys.readouterr().out.splitlines()[1:] == ["    tcpcl: a session, keeps order, acknowledges"]


def test_a_peer_that_has_never_called_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """A peer without an address calls us; until it does there is nothing but that to say."""
    _show_link(NEVER)
    assert capsys.readouterr().out.splitlines() == [
        "  peer 20 (it calls us): never up, last heard never, 0 sent, 0 acknowledged, 0 failed, 0 received"
    ]
