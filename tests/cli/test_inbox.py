"""`starlight inbox --search` and `--follow` on a real node."""

from __future__ import annotations

import json
import signal
from pathlib import Path

from tests.cli.helpers import NODE, Running, command, running, wait_for

HAMA = "ipn:10.2"
TWO = NODE + '\n[[person]]\nid = "hama"\nname = "Hama"\nservice = 2\n'


def test_letters_are_found_by_words(tmp_path: Path) -> None:
    """What is found is printed with the words marked, or as JSON; wrong options are told."""
    (tmp_path / "node.toml").write_text(TWO, encoding="utf-8")
    data = tmp_path / "data"
    with running("node", tmp_path / "node.toml", folder=data) as node:
        node.serving()
        for text in ("화성온실에서 만나요", "Red soil", "Red rock"):
            command("send", data, "jay", HAMA, text)

        def whole() -> str | None:
            found = command("inbox", data, "hama", "--search", "온실").out
            return found if "prepared" not in found and "화성" in found else None

        found = wait_for(whole, "the index")
        assert "    화성«온실»에서 만나요" in found
        assert "With Jay (ipn:10.1):" in found
        assert "  Jay  " in found
        two = command("inbox", data, "hama", "--search", "red", "--json")
        assert [letter["with_address"] for letter in json.loads(two.out)["letters"]] == ["ipn:10.1"] * 2
        assert command("inbox", data, "hama", "--search", "red", "--with", HAMA).out == "Nothing was found.\n"
        assert "Hama (ipn:10.2)" in command("inbox", data, "jay", "--search", "hama").out
        begun = command("send", data, "jay", HAMA, "Ferns", "--topic", "Garden")
        assert "It begins the topic 'Garden'." in begun.out
        assert "topic" not in command("send", data, "jay", HAMA, "Moss", "--topic", "Garden").out
        letters = json.loads(
            command("inbox", data, "hama", "--with", "jay", "--topic", "Garden", "--json").out
        )
        assert [each["text"] for each in letters] == ["Ferns", "Moss"]
        for arguments, told in (
            (("--topic", "Gardn"), "There are 'Garden'"),
            (("--topic", "Garden", "--search", "red"), "--topic"),
            (("--before", "5"), "--before"),
            (("--follow", "--search", "red"), "--follow"),
            (("--search", "red", "--before", "x"), "before"),
        ):
            wrong = command("inbox", data, "jay", *arguments)
            assert (wrong.status, told in wrong.err) == (2, True), wrong.err


def test_letters_are_followed_over_a_restart(tmp_path: Path) -> None:
    """Each letter that comes is a line, once; the node's end and its return are said; own letters are not."""
    (tmp_path / "node.toml").write_text(TWO, encoding="utf-8")
    data, errors = tmp_path / "data", tmp_path / "follow.err"

    def start() -> Running:
        node = Running("node", tmp_path / "node.toml", folder=data, errors=tmp_path / "node.err")
        node.serving()
        return node

    node = start()
    command("send", data, "jay", HAMA, "before")
    follow = Running("inbox", data, "hama", "--follow", "--json", folder=data, errors=errors)
    try:
        wait_for(lambda: "until Ctrl-C" in errors.read_text() or None, "the follower")
        command("send", data, "hama", "ipn:10.1", "own")
        command("send", data, "jay", HAMA, "first")
        assert follow.read_until('"first"')
        node.end(signal.SIGKILL)
        wait_for(lambda: "does not answer" in errors.read_text() or None, "the end of the node")
        node = start()
        command("send", data, "jay", HAMA, "second")
        assert follow.read_until('"second"')
        assert "The node answers again." in errors.read_text()
        command("send", data, "jay", HAMA, "third")
        assert follow.read_until('"third"')
        told = [json.loads(line)["text"] for line in follow.said.splitlines() if line.endswith("}")]
        assert told == ["first", "second", "third"]
        assert errors.read_text().count("does not answer") == 1
    finally:
        status = follow.end(signal.SIGINT)
        node.end(signal.SIGKILL)
    assert status == 130
