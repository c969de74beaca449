"""The memory that a part takes of its sender and its reader: two nodes over loopback, a link without a limit.

Each figure is the peak of the resident memory of a node's process (`VmHWM`), by how much it is above that of
the same node before; what grows with a part would grow without end with a film.
"""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from random import Random
from typing import Any

from machine import describe

SIZE_BYTES = 50_000_000
DEADLINE_S = 300.0

NODE = """
number = {number}
name = "node {number}"
world = "{world}"
data = "{folder}/{number}"
listen = "{listen}"
page = "127.0.0.1:0"

[[peer]]
number = {other}
name = "node {other}"
world = "{world}"
{address}

[[person]]
id = "p"
name = "P"
service = 1

[[contact]]
from = 10
to = 20
light_time_s = 0.0

[[contact]]
from = 20
to = 10
light_time_s = 0.0
"""


def start(folder: Path, number: int, other: int, port: int) -> subprocess.Popen[bytes]:
    """Start a node, and wait until it answers."""
    called = number == 10
    text = NODE.format(
        number=number,
        other=other,
        folder=folder,
        world="earth",
        listen=f"tcpcl://127.0.0.1:{port}" if called else "",
        address="" if called else f'address = "tcpcl://127.0.0.1:{port}"',
    )
    file = folder / f"{number}.toml"
    file.write_text(text)
    command = [sys.executable, "-m", "starlight", "node", str(file)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    wait(lambda: ask(folder, number, "status") is not None)
    return process


def ask(folder: Path, number: int, command: str, *more: str) -> Any:
    """Return what a command says of a node as JSON, or None where it fails."""
    line = [sys.executable, "-m", "starlight", command, str(folder / str(number)), *more, "--json"]
    done = subprocess.run(line, capture_output=True, check=False)
    return json.loads(done.stdout) if done.returncode == 0 else None


def wait(until: Any) -> None:
    """Wait until something is so."""
    end = time.monotonic() + DEADLINE_S
    while not until():
        if time.monotonic() > end:
            raise TimeoutError(f"not within {DEADLINE_S:.0f} s")
        time.sleep(0.2)


def peak_kb(process: subprocess.Popen[bytes]) -> int:
    """Return the peak of the resident memory of a process since it was last reset, in kB."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1])


def is_there(folder: Path) -> bool:
    """Return whether the part has come to its reader whole."""
    letters = ask(folder, 20, "inbox", "p") or []
    parts = [part for letter in letters for part in letter["parts"]]
    return bool(parts) and all(part["here_bytes"] == part["size_bytes"] for part in parts)


def main() -> None:
    """Send a part, and print what it took."""
    with tempfile.TemporaryDirectory() as name, socket.socket() as free:
        folder = Path(name)
        film = folder / "film.mp4"
        film.write_bytes(Random(1).randbytes(SIZE_BYTES))
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        nodes = {"sender": start(folder, 10, 20, port), "reader": start(folder, 20, 10, port)}
        try:
            # A first, small part: what is loaded and set up for parts once does not count.
            small = folder / "small"
            small.write_bytes(bytes(600_000))
            ask(folder, 10, "send", "p", "ipn:20.1", "first", "--attach", str(small))
            wait(lambda: is_there(folder))
            before = {who: peak_kb(process) for who, process in nodes.items()}
            began = time.monotonic()
            ask(folder, 10, "send", "p", "ipn:20.1", "film", "--attach", str(film))
            uploaded = {who: peak_kb(process) for who, process in nodes.items()}
            wait(lambda: len(ask(folder, 20, "inbox", "p")) == 2 and is_there(folder))
            took = time.monotonic() - began
            after = {who: peak_kb(process) for who, process in nodes.items()}
        finally:
            for process in nodes.values():
                process.send_signal(signal.SIGINT)
            for process in nodes.values():
                process.wait(30)
    figures = {
        "machine": describe(),
        "part_mb": SIZE_BYTES / 1e6,
        "seconds": round(took, 1),
        "before_mb": {who: round(kb / 1e3, 1) for who, kb in before.items()},
        "upload_grows_mb": {who: round((uploaded[who] - before[who]) / 1e3, 1) for who in before},
        "grows_mb": {who: round((after[who] - before[who]) / 1e3, 1) for who in before},
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
