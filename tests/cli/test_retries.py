"""A client whose answer is lost asks again: one letter, whatever happened in between, on a real node."""

from __future__ import annotations

import json
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.cli.helpers import NODE, Api, Running, command, running

TO = "ipn:20.1"


@contextmanager
def node(folder: Path) -> Iterator[Running]:
    """Run the node until it is killed."""
    (folder / "node.toml").write_text(NODE, encoding="utf-8")
    with running("node", folder / "node.toml", folder=folder / "data") as started:
        started.serving()
        yield started


def ask(folder: Path, body: dict[str, object], key: str, *, hear: bool) -> tuple[int, dict[str, str]]:
    """Post a letter with a key in the header, and hear the answer or hang up before it comes."""
    access = json.loads((folder / "access.json").read_text())
    host, port = access["url"].removeprefix("http://").rsplit(":", 1)
    data = json.dumps(body).encode()
    head = (
        f"POST /api/people/jay/letters HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n"
        f"Authorization: Bearer {access['token']}\r\nContent-Type: application/json\r\n"
        f"Idempotency-Key: {key}\r\nContent-Length: {len(data)}\r\n\r\n"
    )
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(head.encode() + data)
        if not hear:
            return 0, {}
        answer = b"".join(iter(lambda: connection.recv(65_536), b""))
    top, _, told = answer.partition(b"\r\n\r\n")
    return int(top.split()[1]), json.loads(told)


def kept(folder: Path) -> list[str]:
    return [letter["text"] for letter in Api(folder).letters("jay", TO)]


def test_a_letter_whose_answer_is_lost_is_written_once(tmp_path: Path) -> None:
    """The client hangs up, asks again, the node is killed in between: one letter, and always the same."""
    body: dict[str, object] = {"to": TO, "text": "retry me"}
    data = tmp_path / "data"
    with node(tmp_path) as running_node:
        ask(data, body, "7f3a", hear=False)
        status, first = ask(data, body, "7f3a", hear=True)
        assert status in (200, 201)
        assert ask(data, body, "7f3a", hear=True)[0] == 200
        # Killed while an answer is on its way: the letter may be there or not, and never without its key.
        for number in range(3):
            ask(data, body | {"text": f"killed {number}"}, f"kill-{number}", hear=False)
        running_node.process.send_signal(signal.SIGKILL)
        running_node.process.wait()
    with node(tmp_path):
        status, again = ask(data, body, "7f3a", hear=True)
        assert (status, again["id"]) == (200, first["id"])
        for number in range(3):
            status, _ = ask(data, body | {"text": f"killed {number}"}, f"kill-{number}", hear=True)
            assert status in (200, 201)
        status, refused = ask(data, body | {"text": "something else"}, "7f3a", hear=True)
        assert (status, refused["where"]) == (422, "key")
        assert sorted(kept(data)) == ["killed 0", "killed 1", "killed 2", "retry me"]


def test_send_with_a_key_is_one_letter(tmp_path: Path) -> None:
    """`send --key` again prints the same letter; with other words it ends with status 2 and says why."""
    with node(tmp_path):
        data = tmp_path / "data"
        sent = [command("send", data, "jay", TO, "Are you there?", "--key", "a-uuid") for _ in range(2)]
        assert [each.status for each in sent] == [0, 0]
        assert sent[0].out.split()[0] == sent[1].out.split()[0]
        other = command("send", data, "jay", TO, "And now?", "--key", "a-uuid")
        assert other.status == 2
        assert other.err.startswith("starlight: key: another letter was written under the key 'a-uuid'")
        assert kept(data) == ["Are you there?"]
