"""`send --to-name` and `address`: letters for somebody without an address, at a real node that is killed."""

from __future__ import annotations

import json
import signal
from pathlib import Path

from tests.cli.helpers import Api, command
from tests.cli.test_retries import node

ADDRESS = "ipn:99.1"


def test_what_was_recorded_waits_over_a_crash_and_leaves_once(tmp_path: Path) -> None:
    """Words and a file stay under the name; the address sends them in order, once, also asked again."""
    data, song = tmp_path / "data", tmp_path / "song.ogg"
    song.write_bytes(b"OggS" * 1000)
    with node(tmp_path) as running:
        first = command("send", data, "jay", "--to-name", "Ada", "One")
        assert first.status == 0, first.err
        assert "It stays here until Ada has an address" in first.out
        second = command("send", data, "jay", "name:Ada", "Two", "--file", song, "--json")
        letter = json.loads(second.out)
        assert (letter["to_address"], letter["held"]["awaits"]) == ("name:Ada", "name:Ada")
        running.end(signal.SIGKILL)
    with node(tmp_path) as running:
        told = command("queue", data, "jay").out
        assert told.count("until Ada has an address") == 3  # The file is told as well.
        refused = command("queue", data, "jay", "--let-go", letter["id"])
        assert "Ada has no address yet" in refused.err
        given = command("address", data, "jay", "Ada", ADDRESS)
        assert given.out == f"Ada has the address {ADDRESS}.\n  Letters that waited for it: 2.\n", given.err
        running.end(signal.SIGKILL)
    with node(tmp_path):
        again = json.loads(command("address", data, "jay", "Ada", ADDRESS, "--json").out)
        assert again == {"name": "name:Ada", "to": ADDRESS, "sent": 0}
        kept = Api(data).ask(f"/people/jay/mailbox?with={ADDRESS}")
        assert [each["text"] for each in kept["letters"]] == ["One", "Two"]
        assert {each["state"] for each in kept["letters"]} == {"queued"}
        assert [each["to_name"] for each in kept["letters"]] == ["Ada", "Ada"]


def test_what_is_wrong_is_told(tmp_path: Path) -> None:
    """A name that is none, one that nothing waits for, an address that is none, two readers at once."""
    data = tmp_path / "data"
    with node(tmp_path):
        for arguments, told in (
            (("send", data, "jay", "--to-name", " ", "x"), "is no name"),
            (("send", data, "jay", "--to-name", "n" * 10_000, "x"), "a name of 10000 characters is too long"),
            (("send", data, "jay", ADDRESS, "x", "--to-name", "Ada"), "both ADDRESS and --to-name are given"),
            (("send", data, "jay", "x", "--to-name", "Ada", "--to-group", "F"), "Give one of them"),
            (("address", data, "jay", "Bo", ADDRESS), "nothing was recorded for 'Bo'"),
            (("address", data, "jay", "Bo", "nonsense"), "ADDRESS: 'nonsense' is not an endpoint id"),
        ):
            found = command(*arguments)
            assert (found.status, told in found.err) == (2, True), found.err
