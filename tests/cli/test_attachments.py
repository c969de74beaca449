"""Files that go with a letter: looked at first, sent a piece at a time, and every error in plain words."""

from __future__ import annotations

import os
import socket
import threading
import tracemalloc
from pathlib import Path

import msgspec
import pytest

from starlight.client.access import ACCESS_FILE, Access
from starlight.client.attached_file import PIECE_BYTES, AttachedFile
from starlight.client.client import Client
from starlight.errors import InputError, StarlightError
from starlight.messages.parts import PART_MAX_BYTES


class FakeApi:
    """A local API that answers one question and counts what came of it.

    Args:
        folder: where its access is written.
        answer: its bytes.
        after: of the question, so many bytes are read before it answers.
    """

    def __init__(self, folder: Path, answer: bytes, after: int) -> None:
        self.came = 0
        self._answer, self._after = answer, after
        self._listener = socket.create_server(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        (folder / ACCESS_FILE).write_bytes(msgspec.json.encode(Access(url, "t", 1)))
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        connection, _ = self._listener.accept()
        with connection:
            while self.came < self._after and (data := connection.recv(1 << 16)):
                self.came += len(data)
            if self.came >= self._after:
                connection.sendall(self._answer)
            # As a node does that refuses: it reads no more, and waits for the other end to close.
            self.rest = 0
            connection.shutdown(socket.SHUT_WR)
            while data := connection.recv(1 << 16):
                self.rest += len(data)

    def close(self) -> None:
        """Wait for the end of the exchange."""
        self._thread.join()
        self._listener.close()


def answer(status: str, body: bytes) -> bytes:
    """Return an answer of HTTP."""
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """Return a file of 40 MB, which takes no room on the disk."""
    path = tmp_path / "film.mp4"
    path.touch()
    os.truncate(path, 40_000_000)
    return path


def test_a_large_file_is_sent_a_piece_at_a_time(tmp_path: Path, large: Path) -> None:
    """Whatever its size, a few pieces of a file are in memory; who waits is told how far it is."""
    api = FakeApi(tmp_path, answer("201 Created", b'{"upload": "u", "duration_ms": 125000}'), 40_000_000)
    told: list[int] = []
    tracemalloc.start()
    attachment = Client(tmp_path).upload("jay", AttachedFile(large), told.append)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    api.close()
    assert (attachment.upload, attachment.kind, attachment.media_type) == ("u", "video", "video/mp4")
    assert attachment.duration_ms == 125_000
    assert sum(told) == 40_000_000
    assert peak < 20 * PIECE_BYTES


def test_an_early_refusal_ends_the_sending_and_is_told(tmp_path: Path, large: Path) -> None:
    """A node that has no room says so in the middle: its words come, and the rest is not sent."""
    refused = answer("422 Unprocessable", b'{"error": "no room for more parts", "where": "parts"}')
    api = FakeApi(tmp_path, refused, 1_000_000)
    with pytest.raises(InputError, match="no room for more parts"):
        Client(tmp_path).upload("jay", AttachedFile(large), lambda count: None)
    api.close()
    assert api.came + api.rest < 40_000_000


def test_an_empty_file_is_a_part_as_well(tmp_path: Path) -> None:
    """Nothing at all can be attached, and is asked of the node like any other."""
    path = tmp_path / "empty.txt"
    path.touch()
    api = FakeApi(tmp_path, answer("201 Created", b'{"upload": "u"}'), 1)
    assert Client(tmp_path).upload("jay", AttachedFile(path), lambda count: None).name == "empty.txt"
    api.close()


def test_what_is_no_file_to_attach_is_told_before_anything_is_sent(tmp_path: Path) -> None:
    """No file, a folder, a device, a pipe, too large: each has its words, and none is opened."""
    os.mkfifo(tmp_path / "pipe")
    huge = tmp_path / "huge"
    huge.touch()
    os.truncate(huge, PART_MAX_BYTES + 1)
    for path, words in (
        (tmp_path / "none", "can't be read: No such file"),
        (tmp_path, "is a folder"),
        (Path("/dev/zero"), "is no regular file"),
        (tmp_path / "pipe", "is no regular file"),
        (huge, f"has {PART_MAX_BYTES + 1} bytes"),
    ):
        with pytest.raises(InputError, match=words) as caught:
            AttachedFile(path)
        assert caught.value.where == "--file"
        assert caught.value.right


@pytest.mark.parametrize("size", [0, 100, 2 * PIECE_BYTES, 3 * PIECE_BYTES + 1])
def test_a_file_that_changes_while_it_is_read_is_told(tmp_path: Path, size: int) -> None:
    """One that shrinks, grows, or is written to is not sent as if it were whole."""
    path = tmp_path / "song.ogg"
    path.write_bytes(bytes(2 * PIECE_BYTES + 5))
    file = AttachedFile(path)
    os.truncate(path, size)
    with pytest.raises(InputError, match="changed while it was read"):
        list(file.pieces())
    path.write_bytes(b"x" * file.size)
    os.utime(path, ns=(1, 1))
    with pytest.raises(InputError, match="changed while it was read"):
        list(file.pieces())


def test_a_file_that_vanishes_or_may_not_be_read_is_told(tmp_path: Path) -> None:
    """What can't be opened any more says why."""
    path = tmp_path / "song.ogg"
    path.write_bytes(b"la")
    file = AttachedFile(path)
    path.unlink()
    with pytest.raises(InputError, match="can't be read: No such file"):
        list(file.pieces())


def test_a_changed_file_ends_the_question_and_not_as_a_silent_node(tmp_path: Path, large: Path) -> None:
    """The error of the file is what is told; the node sees a body that broke off."""
    api = FakeApi(tmp_path, b"", 50_000_000)
    file = AttachedFile(large)
    os.truncate(large, 10_000_000)
    with pytest.raises(StarlightError, match="changed while it was read"):
        Client(tmp_path).upload("jay", file, lambda count: None)
    api.close()
    assert api.came < 20_000_000
