"""The media process: whatever is in a file costs its own task, and nothing else."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from starlight.errors import InputError
from starlight.media import extra, process
from starlight.media.process import MediaProcess
from starlight.media.tasks import IN_MAX_BYTES

SPEECH = (Path(__file__).parents[1] / "authorities" / "voice" / "speech_16k.flac").read_bytes()

MISBEHAVING = {
    "dies": "import sys; sys.exit(1)",
    "hangs": "import sys, time; sys.stdin.buffer.read(4); time.sleep(600)",
    "does not read": "import time; time.sleep(600)",
    "floods": "import sys\nwhile True: sys.stdout.buffer.write(b'\\xff' * 65536)",
    "stops short": "import sys; sys.stdout.buffer.write(b'\\0\\0\\1\\0abc'); sys.stdout.flush(); sys.exit(0)",
    "babbles": "import sys; sys.stdout.buffer.write(b'\\0\\0\\0\\3abc'); sys.stdout.flush()",
    "says nothing": "import sys; sys.stdout.buffer.write(bytes(4)); sys.stdout.flush()",
}


@pytest.fixture(scope="module")
def media() -> Iterator[MediaProcess]:
    """Return the media process as a node has it."""
    made = MediaProcess()
    yield made
    made.close()


@pytest.mark.parametrize("how", MISBEHAVING)
def test_a_child_that_misbehaves_costs_its_task_alone(how: str) -> None:
    """One that dies, hangs, floods or babbles ends in clear words, and leaves no process behind."""
    broken = MediaProcess((sys.executable, "-c", MISBEHAVING[how]), wall_max_s=1.0)
    # More than a pipe holds, so that a child that does not read would block its node.
    with pytest.raises(InputError, match="broke the process"):
        broken.show(bytes(200_000), 100)
    assert broken._child is None
    broken.close()


def test_after_a_child_has_died_the_next_task_finds_another(media: MediaProcess) -> None:
    """A task after one whose child died is done as if nothing had been."""
    before = media.measure(SPEECH)
    child = media._child
    assert child is not None
    child.kill()
    child.wait()
    assert media.measure(SPEECH) == before
    assert media._child is not child


def test_one_child_does_many_tasks(media: MediaProcess) -> None:
    """A child lives on, also after what it refuses in words, and tasks of several threads do not mix."""
    media.measure(SPEECH)
    child = media._child
    with pytest.raises(InputError, match=r"picture: it is no picture.*as a file"):
        media.steps(b"nothing of the kind")
    with ThreadPoolExecutor(4) as threads:
        made = list(threads.map(lambda _: media.encode(SPEECH, "codec2-700c"), range(4)))
    assert len({each.data for each in made}) == 1
    assert media._child is child


def test_a_child_may_write_no_file_and_has_bounded_memory(media: MediaProcess) -> None:
    """The limits that the child sets itself are in force: no file, no core, so much memory."""
    if not sys.platform.startswith("linux"):
        pytest.skip("limits of another process are read from /proc")
    media.measure(SPEECH)
    assert media._child is not None
    limits = Path(f"/proc/{media._child.pid}/limits").read_text(encoding="ascii")
    rows = {line[:26].strip(): line[26:].split()[0] for line in limits.splitlines()[1:]}
    assert rows["Max file size"] == rows["Max core file size"] == "0"
    assert int(rows["Max address space"]) <= 4 * 2**30
    assert int(rows["Max cpu time"]) <= 60


def test_what_is_too_large_never_reaches_the_child(media: MediaProcess) -> None:
    """A recording of more bytes than a task may carry is refused before it is sent."""
    with pytest.raises(InputError, match="at most 64 MB"):
        media.measure(bytes(IN_MAX_BYTES + 1))


def test_more_than_a_few_tasks_do_not_wait(monkeypatch: pytest.MonkeyPatch, media: MediaProcess) -> None:
    """Where as many wait as may, another is told to come again."""
    monkeypatch.setattr(process, "WAITING_MAX", 0)
    with pytest.raises(InputError, match="Try again"):
        media.measure(SPEECH)


def test_without_its_libraries_it_says_how_they_come(monkeypatch: pytest.MonkeyPatch) -> None:
    """A node without the extra refuses each task with the words to install it, and starts nothing."""
    monkeypatch.setattr(extra, "LIBRARIES", ("no_such_library",))
    extra.available.cache_clear()
    bare = MediaProcess()
    try:
        with pytest.raises(InputError, match=r"starlight-dtn\[media\]"):
            bare.measure(SPEECH)
        assert bare._child is None
    finally:
        extra.available.cache_clear()
