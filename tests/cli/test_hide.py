"""`starlight hide`: an entry leaves the list of a real node and is still gone after it was killed."""

from __future__ import annotations

import json
import signal
from pathlib import Path

from tests.cli.helpers import Api, command
from tests.cli.test_retries import node

NOBODY = "ipn:999.1"


def listed(folder: Path) -> list[str]:
    """Return the addresses in Jay's list."""
    return [each["address"] for each in Api(folder).ask("/people/jay/mailbox")["conversations"]]


def test_a_mistyped_address_is_said_before_sending_and_taken_off_the_list(tmp_path: Path) -> None:
    """`send` says first that no route is known; `hide` takes entry and letter back; `--show` undoes it."""
    data = tmp_path / "data"
    with node(tmp_path) as running:
        sent = command("send", data, "jay", NOBODY, "Anyone?")
        lines = sent.out.splitlines()
        assert lines[0].startswith("  No route is known.")
        assert "queued" in lines[1]
        assert f"starlight hide {data} jay {NOBODY} --withdraw" in sent.out
        assert listed(data) == [NOBODY]
        kept = command("hide", data, "jay", NOBODY)
        assert kept.status == 0
        assert "Letters that wait here to leave: 1; --withdraw takes them back." in kept.out
        assert listed(data) == []
        told = command("inbox", data, "jay").out
        assert f"{NOBODY} is not in the list (1 letter, by --with {NOBODY})." in told
        assert "Anyone?" not in told
        assert "Anyone?" in command("inbox", data, "jay", "--with", NOBODY).out
        running.end(signal.SIGKILL)
    with node(tmp_path):
        assert listed(data) == []
        found = json.loads(command("hide", data, "jay", NOBODY, "--withdraw", "--json").out)
        assert found == {"of": NOBODY, "hidden": True, "withdrawn": 1, "waiting": 0}
        assert command("hide", data, "jay", NOBODY, "--show").out == f"{NOBODY} is in the list.\n"
        assert listed(data) == [NOBODY]


def test_wrong_orders_are_told_what_would_be_right(tmp_path: Path) -> None:
    """An address that is none, one that nobody has, both options, an unknown person."""
    data = tmp_path / "data"
    with node(tmp_path):
        for arguments, told in (
            (("jay", "nonsense"), "ADDRESS: 'nonsense' is not an endpoint id"),
            (("jay", "ipn:5.5"), "nobody of the address 'ipn:5.5' is in the list"),
            (("nobody", NOBODY), "nobody here is called 'nobody'"),
            (("jay", NOBODY, "--show", "--withdraw"), "Give one of them"),
        ):
            found = command("hide", data, *arguments)
            assert (found.status, told in found.err) == (2, True), found.err
