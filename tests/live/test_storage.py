"""The room of mailboxes on whole nodes: quotas hold, and media that both ends had are let go on request
alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace
from tests.live.helpers import run, until
from tests.live.test_archive_service import SONG, as_file, pieces
from tests.live.test_daemon import EARTH, JAY, NAN_YOUNG, config, texts, two, view

from starlight.errors import InputError
from starlight.live.clock import MissionClock
from starlight.live.config import Resident
from starlight.live.daemon import Daemon
from starlight.mailboxes.part_reading import part_bytes
from starlight.messages.draft import Attachment, Draft
from starlight.messages.storage import Erased, EraseOrder, Released, ReleaseOrder

NOW = ReleaseOrder(0)


def test_media_that_both_ends_had_are_let_go_and_come_back(tmp_path: Path) -> None:
    """At either end only its own bytes go; the letter stays and says so; an export brings them back."""

    async def scene() -> None:
        async with two(tmp_path) as (here, there):
            upload = await here.mail.upload(JAY, pieces(SONG))
            song = Attachment(upload, "song.ogg", "audio/ogg", "voice")
            letter = await here.mail.write(JAY, Draft(NAN_YOUNG, "A song", parts=(song,)))
            assert await here.storage.release(JAY, NOW) == Released(0, 0)  # It is not there yet.
            await until(there, lambda: texts(there, NAN_YOUNG) == ["A song"])
            await until(here, lambda: here.storage.storage(JAY).releasable_parts == 1)
            kept = as_file(here.archive.letters(JAY, NAN_YOUNG, None, 50))
            assert here.storage.storage(JAY).media_bytes == len(SONG)
            tried = await here.storage.release(JAY, ReleaseOrder(0, try_only=True))
            assert tried == Released(1, len(SONG))
            assert here.storage.storage(JAY).media_bytes == len(SONG)
            assert await here.storage.release(JAY, ReleaseOrder(1)) == Released(0, 0)
            assert await here.storage.release(JAY, NOW) == tried
            room = here.storage.storage(JAY)
            assert (room.media_bytes, room.releasable_parts) == (0, 0)
            shown = view(here, JAY, letter).parts[0]
            assert (shown.is_here, shown.given_up, shown.let_go is None) == (False, False, False)
            with pytest.raises(InputError):
                part_bytes(here.mail.mailbox(JAY), letter.id, 0)
            # Nothing of it is heard at the other end, which has it still.
            await here.settled()
            assert b"".join(part_bytes(there.mail.mailbox(NAN_YOUNG), letter.id, 0)[1]) == SONG
            await here.archive.import_letters(JAY, kept)
            await here.archive.import_part(JAY, letter.id, 0, pieces(SONG))
            assert b"".join(part_bytes(here.mail.mailbox(JAY), letter.id, 0)[1]) == SONG
            assert view(here, JAY, letter).parts[0].let_go is None
            assert here.storage.storage(JAY).media_bytes == len(SONG)
            await until(there, lambda: there.storage.storage(NAN_YOUNG).releasable_parts == 1)
            assert await there.storage.release(NAN_YOUNG, NOW) == tried
            assert there.storage.storage(NAN_YOUNG).media_bytes == 0
        async with two(tmp_path) as (here, there):
            assert there.storage.storage(NAN_YOUNG).media_bytes == 0
            assert there.mail.mailbox(NAN_YOUNG).letter_view(letter.id, 0).parts[0].let_go is not None
            assert here.storage.storage(JAY).media_bytes == len(SONG)

    run(scene())


def test_each_mailbox_has_its_own_room_for_media(tmp_path: Path) -> None:
    """One person's quota refuses a song that another's takes, and says so; letters have room of their own."""

    async def scene() -> None:
        both = (Resident(JAY, "Jay", 100_000), Resident("ipn:1.2", "Hama"))
        daemon = Daemon(replace(config(tmp_path, EARTH), residents=both), MissionClock(0))
        await daemon.start()
        with pytest.raises(InputError, match="no room"):
            await daemon.mail.upload(JAY, pieces(SONG))
        await daemon.mail.upload("ipn:1.2", pieces(SONG))
        await daemon.mail.write(JAY, Draft(NAN_YOUNG, "Words alone"))
        assert (daemon.storage.storage(JAY).media_bytes, daemon.storage.storage(JAY).media_max_bytes) == (
            0,
            100_000,
        )
        assert daemon.storage.storage("ipn:1.2").media_max_bytes == 4 * 2**30
        await daemon.stop()

    run(scene())


def test_a_conversation_is_erased_here_and_nowhere_else(tmp_path: Path) -> None:
    """Letters, song, search and file are rid of it, also after a restart; the other end has it, and may
    write."""

    async def scene() -> None:
        async with two(tmp_path) as (here, there):
            upload = await here.mail.upload(JAY, pieces(SONG))
            song = Attachment(upload, "song.ogg", "audio/ogg", "voice")
            await here.mail.write(JAY, Draft(NAN_YOUNG, "xylophonesecret", parts=(song,)))
            await until(there, lambda: texts(there, NAN_YOUNG) == ["xylophonesecret"])
            answer = await there.mail.write(NAN_YOUNG, Draft(JAY, "Yes, xylophonesecret"))
            with pytest.raises(InputError, match="for good"):
                await here.storage.erase(JAY, EraseOrder(NAN_YOUNG))
            with pytest.raises(InputError, match="no letters"):
                await here.storage.erase(JAY, EraseOrder("ipn:77.1", sure=True))
            box = here.mail.mailbox(JAY)
            await until(here, lambda: not box.outgoing.open() and box.index.letters() == 2)
            await until(here, lambda: not box.incoming.owing())
            payload = box.stored(answer.id)
            erased = await here.storage.erase(JAY, EraseOrder(NAN_YOUNG, sure=True))
            assert erased == Erased(2, 0)
            assert (box.index.letters(), box.conversations(), box.part_room.used) == (0, [], 0)
            assert box.set_aside == 0
            await here.search.whole()
            assert here.search.standing.is_whole
            assert texts(there, NAN_YOUNG) == ["xylophonesecret"]
            # Its author missed the receipt and sends it again: it is not taken for a new one.
            assert payload is not None
            assert box.received(answer.id) is not None
            await there.mail.write(NAN_YOUNG, Draft(JAY, "Are you there?"))
            await until(here, lambda: texts(here, JAY) == ["Are you there?"])
        for path in (tmp_path / "1").rglob("*"):
            assert not path.is_file() or b"xylophonesecret" not in path.read_bytes(), path
        async with two(tmp_path) as (here, there):
            assert texts(here, JAY) == ["Are you there?"]
            assert here.mail.mailbox(JAY).set_aside == 0

    run(scene())


def test_what_waits_is_not_erased(tmp_path: Path) -> None:
    """A letter that has not left stays until it is withdrawn; then it can be erased."""

    async def scene() -> None:
        daemon = Daemon(config(tmp_path, EARTH), MissionClock(0))
        await daemon.start()
        letter = await daemon.mail.write(JAY, Draft(NAN_YOUNG, "Waiting"))
        order = EraseOrder(NAN_YOUNG, sure=True)
        assert await daemon.storage.erase(JAY, order) == Erased(0, 1)
        await daemon.mail.withdraw(JAY, letter.id)
        assert await daemon.storage.erase(JAY, order) == Erased(1, 0)
        assert daemon.status().stored["bundles"] == 0
        await daemon.stop()

    run(scene())


@pytest.mark.parametrize("days", [-1, float("nan"), float("inf"), 1e9])
def test_an_order_names_a_number_of_days(days: float) -> None:
    """What is none is refused with what would be right."""
    with pytest.raises(InputError, match="days"):
        ReleaseOrder(days)
