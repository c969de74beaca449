"""The command line in this process and in others, and the local API of what runs there."""

from __future__ import annotations

import contextlib
import http.client
import io
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, TypeVar
from urllib.parse import urlencode

import pytest

from starlight.cli.main import main

STARLIGHT = str(Path(sys.executable).with_name("starlight"))
DEADLINE_S = 240.0
"""For any one thing to happen; a machine under heavy load, or with a slow disk, may need it."""
ASK_AGAIN_S = 0.02

Found = TypeVar("Found")

NODE = """
number = 10
name = "Seoul"
data = "data"
listen = ""
page = "127.0.0.1:0"

[[person]]
id = "jay"
name = "Jay"
service = 1

[[peer]]
number = 20
"""
"""A node of one person, whose peer is at no address."""


class Outcome(NamedTuple):
    """What a command left: its exit status and what it printed."""

    status: int
    out: str
    err: str


def starlight(*arguments: str | Path, stdin: bytes = b"") -> Outcome:
    """Run a command in a process of its own until it ends."""
    done = subprocess.run(
        [STARLIGHT, *map(str, arguments)],
        input=stdin,
        capture_output=True,
        timeout=DEADLINE_S,
    )
    return Outcome(done.returncode, done.stdout.decode(), done.stderr.decode())


def command(*arguments: str | Path, stdin: bytes = b"") -> Outcome:
    """Run a command in this process: what it prints and how it ends, without what a process costs."""
    given, out, err = (io.TextIOWrapper(io.BytesIO(data), encoding="utf-8") for data in (stdin, b"", b""))
    status: object = 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["starlight", *map(str, arguments)])
        for name, stream in (("stdin", given), ("stdout", out), ("stderr", err)):
            patch.setattr(sys, name, stream)
        try:
            main()
        except SystemExit as left:
            status = left.code
    assert isinstance(status, int)
    return Outcome(status, *(_written(stream) for stream in (out, err)))


def _written(stream: io.TextIOWrapper) -> str:
    stream.flush()
    stream.seek(0)
    return stream.read()


def wait_for(
    what: Callable[[], Found | None],
    of: str | Callable[[], str],
    within_s: float = DEADLINE_S,
    every_s: float = ASK_AGAIN_S,
) -> Found:
    """Ask again and again until there is an answer that is not None."""
    deadline = time.monotonic() + within_s
    while (found := what()) is None:
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {within_s:.0f} s: {of if isinstance(of, str) else of()}")
        time.sleep(every_s)
    return found


class Api:
    """The local API of a running node; a connection of its own for each question, as a program's."""

    def __init__(self, folder: Path) -> None:
        access = json.loads((folder / "access.json").read_text())
        self.address = access["url"].removeprefix("http://")
        self._token = access["token"]

    def ask(self, path: str, body: object = None) -> Any:
        """Return the JSON at a path, or what posting `body` there answers; `OSError` when nobody is there."""
        connection = http.client.HTTPConnection(self.address, timeout=DEADLINE_S)
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        try:
            connection.request("GET" if body is None else "POST", f"/api{path}", data, headers)
            answer = connection.getresponse()
            text = answer.read()
        except http.client.HTTPException as error:  # it died in the middle of its answer
            raise ConnectionError(str(error)) from None
        finally:
            connection.close()
        assert answer.status in (200, 201), f"{path}: {answer.status} {text.decode()}"
        return json.loads(text)

    def write(self, person: str, to: str, text: str) -> str:
        """Write a letter and return its id, once it is accepted."""
        return str(self.ask(f"/people/{person}/letters", {"to": to, "text": text})["id"])

    def letters(self, person: str, correspondent: str) -> list[dict[str, Any]]:
        """Return all letters that a person's mailbox shows with a correspondent, page by page."""
        query: dict[str, str] = {"with": correspondent, "limit": "200"}
        found: list[dict[str, Any]] = []
        while True:
            view = self.ask(f"/people/{person}/mailbox?{urlencode(query)}")
            found = view["letters"] + found
            if not view["earlier"]:
                return found
            query["before"] = view["letters"][0]["id"]

    def mission_time(self) -> str:
        """Return mission time as text."""
        return str(self.ask("/sky")["clock"]["now"])


class Running:
    """A `starlight demo` or `starlight node` in a process of its own.

    Args:
        arguments: of the command.
        folder: its data folder.
    """

    def __init__(self, *arguments: str | Path, folder: Path, errors: Path) -> None:
        self.folder = folder
        self._errors = errors
        with errors.open("ab") as file:
            self.process = subprocess.Popen(
                [STARLIGHT, *map(str, arguments)], stdout=subprocess.PIPE, stderr=file
            )
        self.said = ""

    def read_until(self, word: str, within_s: float = DEADLINE_S) -> bool:
        """Read what it says until a word comes; False when time is up before."""
        stream = self.process.stdout
        assert stream is not None
        deadline = time.monotonic() + within_s
        while word not in self.said:
            ready, _, _ = select.select([stream], [], [], max(0.0, deadline - time.monotonic()))
            if not ready:
                return False
            part = os.read(stream.fileno(), 65_536)
            assert part, f"it ended: {self.said}{self._errors.read_text()}"
            self.said += part.decode()
        return True

    def serving(self) -> Api:
        """Return its API once it is served."""
        assert self.read_until("token="), f"not up: {self.said}{self._errors.read_text()}"
        path = self.folder / "access.json"

        def ours() -> Api | None:
            with contextlib.suppress(FileNotFoundError):
                if json.loads(path.read_text())["pid"] == self.process.pid:
                    return Api(self.folder)
            return None

        return wait_for(ours, "access.json")

    def end(self, with_signal: int = signal.SIGTERM) -> int:
        """Send a signal, and return the exit status once it has ended."""
        if self.process.poll() is None:
            self.process.send_signal(with_signal)
        status = self.process.wait(DEADLINE_S)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return status


@contextlib.contextmanager
def running(*arguments: str | Path, folder: Path) -> Iterator[Running]:
    """Run a demo or node and kill it at the end, if it has not ended before."""
    started = Running(*arguments, folder=folder, errors=folder.with_name(folder.name + ".err"))
    try:
        yield started
    finally:
        started.end(signal.SIGKILL)


def demo(folder: Path, *more: str | Path) -> contextlib.AbstractContextManager[Running]:
    """Run the demo on a folder, on a free port."""
    return running("demo", "--no-browser", "--port", "0", "--data", folder, *more, folder=folder)
