"""A node whose disk is full: it refuses what comes, goes on with what it has, and says so."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from tests.live.helpers import PATIENCE_S, run, until
from tests.live.test_daemon import JAY, NAN_YOUNG, two
from tests.messages.contents import letters_of

from starlight.errors import DiskFullError
from starlight.live import batch_commit
from starlight.messages.draft import Draft
from starlight.services.units import UnitToSend
from starlight.store import disk_space

ROOMY = (1 << 40, 1 << 40)


class Disk:
    """The free and all bytes of the disks of stores, by the name of their folder."""

    def __init__(self) -> None:
        self.of: dict[str, tuple[int, int]] = {}

    def free_of(self, folder: Path) -> tuple[int, int]:
        """Return what `disk_space.free_of` would on such disks."""
        return self.of.get(folder.name, ROOMY)


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    """Give the disks of all stores, which have room at first."""
    made = Disk()
    monkeypatch.setattr(disk_space, "free_of", made.free_of)
    return made


def test_a_letter_without_room_is_refused_whole_and_the_node_goes_on(tmp_path: Path, disk: Disk) -> None:
    """One sentence, nothing kept, no stop; what comes is refused with "no resources" and comes later."""

    async def test() -> None:
        async with two(tmp_path) as (earth, mars):
            disk.of["1"] = (0, 1 << 40)
            with pytest.raises(DiskFullError, match=r"/1 is full\. Nothing of it is kept: make room"):
                await earth.mail.write(JAY, Draft(NAN_YOUNG, "too late"))
            program = await earth.bundles.register(9)
            with pytest.raises(DiskFullError):
                await program.send(UnitToSend("ipn:2.9", b"too late"))
            assert not letters_of(earth.mail.mailbox(JAY))
            assert "is full" in earth.status().disk
            assert mars.status().disk == ""
            answer = await mars.mail.write(NAN_YOUNG, Draft(JAY, "are you there?"))
            async with asyncio.timeout(PATIENCE_S):
                while not earth.status().refused:  # of which nobody but the peer is told
                    await asyncio.sleep(0.001)
            assert not letters_of(earth.mail.mailbox(JAY))
            del disk.of["1"]
            await earth.mail.write(JAY, Draft(NAN_YOUNG, "now"))
            assert earth.status().disk == ""
            await until(earth, lambda: len(letters_of(earth.mail.mailbox(JAY))) == 2)
            assert answer.id in letters_of(earth.mail.mailbox(JAY))

    run(test())


def test_a_letter_that_is_larger_than_the_room_leaves_smaller_ones_in(tmp_path: Path, disk: Disk) -> None:
    """The refusal tells how much there is; what fits is taken, and a repeat of what is kept needs no room."""

    async def test() -> None:
        async with two(tmp_path) as (earth, _):
            disk.of["1"] = (disk_space.RESERVE_BYTES + 400_000, 1 << 40)
            with pytest.raises(DiskFullError, match="nearly full: it has room for 100 kB"):
                await earth.mail.write(JAY, Draft(NAN_YOUNG, "x" * 150_000))
            kept = await earth.mail.write(JAY, Draft(NAN_YOUNG, "short", key="k-1"))
            disk.of["1"] = (0, 1 << 40)
            assert (await earth.mail.write(JAY, Draft(NAN_YOUNG, "short", key="k-1"))).id == kept.id

    run(test())


def test_a_disk_that_is_filled_by_others_stalls_commits_and_ends_nothing(
    tmp_path: Path, disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who waits is told that it is in memory only; it is committed and sent once there is room."""
    monkeypatch.setattr(batch_commit, "RETRY_S", 0.001)

    async def test() -> None:
        async with two(tmp_path) as (earth, mars):
            commit = earth.store.commit

            def refuse(*facts: object, **more: object) -> None:
                raise DiskFullError("no room")

            monkeypatch.setattr(earth.store, "commit", refuse)
            with pytest.raises(DiskFullError, match="in memory only until there is room"):
                await earth.mail.write(JAY, Draft(NAN_YOUNG, "it waits"))
            assert "no room" in earth.status().disk
            with pytest.raises(DiskFullError, match="Nothing of it is kept"):
                await earth.mail.write(JAY, Draft(NAN_YOUNG, "refused"))
            monkeypatch.setattr(earth.store, "commit", commit)
            await until(mars, lambda: letters_of(mars.mail.mailbox(NAN_YOUNG)))
            (came,) = letters_of(mars.mail.mailbox(NAN_YOUNG)).values()
            assert came.text == "it waits"
            assert earth.status().disk == ""

    run(test())
