"""Files that people name: read with a bound, also where they are no files."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from starlight import input_files
from starlight.errors import InputError
from starlight.input_files import lines, read_bytes
from starlight.json_text import decode


def test_a_pipe_to_which_nobody_writes_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever opened it would wait for ever."""
    monkeypatch.setattr(input_files, "PIPE_S", 0.01)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match=r"pipe: it is a pipe, and in 0\.01 s nothing came"):
        read_bytes(tmp_path / "pipe", 100)
    with pytest.raises(InputError, match="it is a pipe"):
        list(lines(tmp_path / "pipe"))


def test_a_pipe_to_which_a_program_writes_is_read_to_its_end(tmp_path: Path) -> None:
    """Also where what it writes comes in parts."""
    os.mkfifo(tmp_path / "pipe")

    def write() -> None:
        with (tmp_path / "pipe").open("wb", buffering=0) as pipe:
            pipe.write(b"one\n")
            pipe.write(b"two\n")

    writer = threading.Thread(target=write)
    writer.start()
    assert read_bytes(tmp_path / "pipe", 100) == b"one\ntwo\n"
    writer.join()


def test_a_folder_and_an_endless_device_are_refused(tmp_path: Path) -> None:
    """With the system's words, or with the bound."""
    with pytest.raises(InputError, match=r"can't be read \(Is a directory\)"):
        read_bytes(tmp_path, 100)
    with pytest.raises(InputError, match="it has more than 100 bytes"):
        read_bytes(Path("/dev/zero"), 100)


@pytest.mark.parametrize("text", [b'{"a": 1, "a": 2}', b'{"l": [{"x": 1, "b": 2, "x": 3}]}'])
def test_a_key_that_stands_twice_in_json_is_refused(text: bytes) -> None:
    """Of two values one would be lost without a word."""
    with pytest.raises(
        InputError, match=r"plan: the key '[ax]' stands twice in one object. Keep one of them"
    ):
        decode(text, "plan")
    assert decode(b'[{"a": 1}, {"a": 2}]', "plan") == [{"a": 1}, {"a": 2}]
