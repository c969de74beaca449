"""The folder sink and its folder: safe names, whole files, and a disk that is full."""

from __future__ import annotations

import asyncio
import errno
import os
import resource
from pathlib import Path

import pytest
from tests.live.helpers import PATIENCE_S, START, run

from starlight.app.folder_sink import FolderSink
from starlight.app.payload_folder import PayloadFolder
from starlight.errors import InputError, StoreError
from starlight.live.clock import MissionClock
from starlight.live.daemon import Daemon, DaemonConfig
from starlight.node.config import NodeConfig
from starlight.services.units import ReceivedUnit, UnitToSend


def came(id: str = "ipn:10.9/5/0", source: str = "ipn:10.9", created: int | None = START) -> ReceivedUnit:
    """Return a data unit."""
    return ReceivedUnit(1, id, source, created, START, b"words", START)


def test_a_payload_is_a_file_that_tells_when_it_was_sent_and_from_where(tmp_path: Path) -> None:
    """The same data unit has the same name, so given again it is there once; others never share a name."""
    folder = PayloadFolder(tmp_path / "made" / "here")
    path = folder.keep(came())
    assert path.parent == tmp_path / "made" / "here"
    assert path.name.startswith("2051-04-02T100000.000Z_ipn-10.9_")
    assert path.read_bytes() == b"words"
    assert folder.keep(came()) == path
    assert folder.keep(came("ipn:10.9/5/1")) != path
    assert folder.keep(came(created=None)).name.startswith("undated_ipn-10.9_")
    assert len(list(path.parent.iterdir())) == 3


@pytest.mark.parametrize(
    "source",
    [
        "dtn://../../etc/passwd",
        "dtn://ground/" + "x" * 900,
        "dtn://ground/a/b\\c:d*e?f|g<h>",
        "dtn://.hidden/~",
        "dtn:none",
    ],
)
def test_no_address_of_a_stranger_leads_out_of_the_folder(source: str, tmp_path: Path) -> None:
    """Of an address only what is safe in the name of a file is kept."""
    path = PayloadFolder(tmp_path).keep(came(f"{source}/5/0", source))
    assert list(tmp_path.iterdir()) == [path]
    assert len(path.name) < 150
    assert all(letter.isascii() and (letter.isalnum() or letter in ".-_") for letter in path.name)


def test_what_the_disk_refuses_leaves_nothing_behind(tmp_path: Path) -> None:
    """A file is whole under its name, or not there."""
    folder = PayloadFolder(tmp_path)
    path = folder.keep(came())
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2, hard))
    try:
        with pytest.raises(OSError, match="File too large"):
            folder.keep(came())
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert list(tmp_path.iterdir()) == [path]
    assert path.read_bytes() == b"words"


def test_a_folder_that_cannot_be_used_is_refused(tmp_path: Path) -> None:
    """The error names it, at the start."""
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(InputError, match="file: can't be used"):
        PayloadFolder(tmp_path / "file")


class FullDisk(PayloadFolder):
    """A folder on a disk that is full for a while.

    Attributes:
        refusals: how often it is yet to refuse.
    """

    refusals = 2

    def keep(self, received: ReceivedUnit) -> Path:
        """Refuse as often as it is to."""
        if self.refusals:
            self.refusals -= 1
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return super().keep(received)


def test_a_full_disk_leaves_it_in_the_node(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """It is written again later, and only then taken; the log says so."""

    async def test() -> None:
        daemon = Daemon(DaemonConfig(NodeConfig(1), str(tmp_path / "store")), MissionClock(START, 1))
        await daemon.start()
        sender = await daemon.bundles.register()
        folder = FullDisk(tmp_path / "came")
        sink = FolderSink(await daemon.bundles.register(9, own=True), folder, retry_s=0.0)
        sent = [await sender.send(UnitToSend("ipn:1.9", b"%d" % number)) for number in range(3)]
        assert all(each.id in daemon.node.stored for each in sent)
        gone = asyncio.Event()
        daemon.subscribe(lambda: None if daemon.node.stored else gone.set())
        running = asyncio.create_task(sink.run())
        await asyncio.wait_for(gone.wait(), PATIENCE_S)
        assert sorted(path.read_bytes() for path in (tmp_path / "came").iterdir()) == [b"0", b"1", b"2"]
        running.cancel()
        await daemon.stop()

    run(test())
    assert caplog.text.count("stays in the node") == 2
    assert "No space left on device" in caplog.text


def test_a_node_that_does_not_let_go_does_not_end_the_sink(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """What was not acknowledged is said, and acknowledged later; what comes after it is taken, too."""

    async def test() -> None:
        daemon = Daemon(DaemonConfig(NodeConfig(1), str(tmp_path / "store")), MissionClock(START, 1))
        await daemon.start()
        sender = await daemon.bundles.register()
        endpoint = await daemon.bundles.register(9, own=True)
        refusals = [StoreError("no space left"), RuntimeError("a defect")]
        acknowledge = endpoint.acknowledge

        async def reluctant(id: str) -> None:
            if refusals:
                raise refusals.pop(0)
            await acknowledge(id)

        endpoint.acknowledge = reluctant  # type: ignore[method-assign]  # a node that refuses for a while
        for number in range(2):
            await sender.send(UnitToSend("ipn:1.9", b"%d" % number))
        gone = asyncio.Event()
        daemon.subscribe(lambda: None if daemon.node.stored else gone.set())
        running = asyncio.create_task(FolderSink(endpoint, PayloadFolder(tmp_path / "came"), 0.0).run())
        await asyncio.wait_for(gone.wait(), PATIENCE_S)
        assert sorted(path.read_bytes() for path in (tmp_path / "came").iterdir()) == [b"0", b"1"]
        await daemon.stop()
        await asyncio.wait_for(running, PATIENCE_S)

    run(test())
    for refusal in ("no space left", "a defect"):
        assert f"stays in the node, which does not let go of it: {refusal}" in caplog.text
    assert "the sink at ipn:1.9 takes nothing more: node 1 is not running" in caplog.text


def test_a_sink_is_not_taken_over(tmp_path: Path) -> None:
    """Its number belongs to the node itself."""

    async def test() -> None:
        daemon = Daemon(DaemonConfig(NodeConfig(1), str(tmp_path / "store")), MissionClock(START, 1))
        await daemon.start()
        await FolderSink.at(daemon, 9, tmp_path / "came")
        with pytest.raises(InputError, match=r"ipn:1\.9 is taken by a service of the node"):
            await daemon.bundles.register(9)
        await daemon.stop()

    run(test())
