"""Letters out of a mailbox and into another, on whole nodes: all of each, once, and nothing is sent."""

from __future__ import annotations

import hashlib
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace
from tests.live.helpers import run, until
from tests.live.test_daemon import EARTH, JAY, NAN_YOUNG, config, texts, two, view
from tests.live.test_letter_search import find

from starlight.archive.imported import ImportOutcome
from starlight.archive.kept_letter import NOT_KNOWN, KeptLetter
from starlight.errors import InputError
from starlight.live.clock import MissionClock
from starlight.live.daemon import Daemon
from starlight.mailboxes.part_reading import part_bytes
from starlight.messages.delivery import DeliveryState
from starlight.messages.draft import Attachment, Draft

SONG = hashlib.shake_128(b"song").digest(300_000)


async def pieces(data: bytes) -> AsyncIterator[bytes]:
    """Give bytes a piece at a time."""
    for at in range(0, len(data), 50_000):
        yield data[at : at + 50_000]


def as_file(letters: list[KeptLetter]) -> list[KeptLetter]:
    """Return letters as they come back from the lines of an export."""
    return [msgspec.json.decode(msgspec.json.encode(each), type=KeptLetter) for each in letters]


async def alone(folder: Path) -> Daemon:
    """Start a node of its own."""
    daemon = Daemon(config(folder, EARTH), MissionClock(0))
    await daemon.start()
    return daemon


def test_letters_move_to_another_mailbox_whole(tmp_path: Path) -> None:
    """Words, course, coming, answers and a song; read again they are the same, and a second time nothing
    new."""

    async def scene() -> None:
        async with two(tmp_path) as (here, there):
            upload = await here.mail.upload(JAY, pieces(SONG))
            song = Attachment(upload, "song.ogg", "audio/ogg", "voice", transcript="la la")
            first = await here.mail.write(JAY, Draft(NAN_YOUNG, "화성온실", parts=(song,)))
            await until(there, lambda: texts(there, NAN_YOUNG) == ["화성온실"])
            answer = await there.mail.write(NAN_YOUNG, Draft(JAY, "Yes", reply_to=first.id))
            await until(here, lambda: texts(here, JAY) == ["Yes"])
            await here.mail.mark_read(JAY, answer.id)
            await until(here, lambda: view(here, JAY, first).parts[0].arrived is not None)
            await until(here, lambda: view(here, JAY, first).state is DeliveryState.ARRIVED)
            kept = as_file(here.archive.letters(JAY, NAN_YOUNG, None, 50))
            bytes_of_song = b"".join(part_bytes(here.mail.mailbox(JAY), first.id, 0)[1])
        new = await alone(tmp_path / "new")
        try:
            outcomes = await new.archive.import_letters(JAY, kept)
            assert [(each.outcome, each.parts) for each in outcomes] == [
                (ImportOutcome.ADDED, (0,)),
                (ImportOutcome.ADDED, ()),
            ]
            with pytest.raises(InputError, match="not those that the letter describes"):
                await new.archive.import_part(JAY, first.id, 0, pieces(bytes(len(SONG))))
            with pytest.raises(InputError, match="more than"):
                await new.archive.import_part(JAY, first.id, 0, pieces(SONG + b"?"))
            await new.archive.import_part(JAY, first.id, 0, pieces(bytes_of_song))
            assert b"".join(part_bytes(new.mail.mailbox(JAY), first.id, 0)[1]) == SONG
            with pytest.raises(InputError, match="are here"):
                await new.archive.import_part(JAY, first.id, 0, pieces(SONG))
            again = as_file(new.archive.letters(JAY, NAN_YOUNG, None, 50))
            assert again == kept
            assert {each.outcome for each in await new.archive.import_letters(JAY, kept)} == {
                ImportOutcome.HERE
            }
            assert view(new, JAY, answer).answers is not None
            assert view(new, JAY, first).mine
            assert new.mail.mailbox(JAY).unread() == []
            assert new.status().stored["bundles"] == 0
        finally:
            await new.stop()

    run(scene())


def test_letters_of_a_group_move_and_are_found(tmp_path: Path) -> None:
    """At either end they are of the group's conversation, before and after; search calls the group by its
    name."""

    async def scene() -> None:
        async with two(tmp_path) as (here, there):
            group = await here.mail.groups.found(JAY, "The crew", [NAN_YOUNG])
            await here.mail.write(JAY, Draft(group.id, "화성온실, all of you"))
            await until(there, lambda: there.mail.mailbox(NAN_YOUNG).page(group.id).letters)
            found = await find(there, "온실", NAN_YOUNG)
            assert [each.name for each in found.people] == ["The crew"]
            assert (await find(here, "crew")).named == (group.id,)
            letters = [
                as_file(daemon.archive.letters(address, group.id, None, 50))
                for daemon, address in ((here, JAY), (there, NAN_YOUNG))
            ]
        assert [len(each) for each in letters] == [1, 1]
        new = await alone(tmp_path / "new")
        for number, kept in enumerate(letters):
            await new.mail.open(f"ipn:1.7{number}", "Somebody")
            await new.archive.import_letters(f"ipn:1.7{number}", kept)
            again = as_file(new.archive.letters(f"ipn:1.7{number}", group.id, None, 50))
            assert [(each.id, each.payload, each.came) for each in again] == [
                (each.id, each.payload, each.came) for each in kept
            ]
        await new.stop()

    run(scene())


def test_a_letter_on_its_way_is_not_sent_from_where_it_is_imported(tmp_path: Path) -> None:
    """It is at its end there, and says why; a restart changes nothing of that."""

    async def scene() -> None:
        old = await alone(tmp_path / "old")
        letter = await old.mail.write(JAY, Draft(NAN_YOUNG, "Waiting"))
        kept = as_file(old.archive.letters(JAY, NAN_YOUNG, None, 50))
        await old.stop()
        for again in (False, True):
            new = await alone(tmp_path / "new")
            if not again:
                await new.archive.import_letters(JAY, kept)
            shown = view(new, JAY, letter)
            assert (shown.state, shown.withdrawable) == (DeliveryState.EXPIRED, False)
            assert shown.trouble is not None
            assert shown.trouble.reason == NOT_KNOWN
            assert new.status().stored["bundles"] == 0
            await new.stop()

    run(scene())


def test_letters_of_another_address_keep_their_other_end(tmp_path: Path) -> None:
    """A mailbox that has moved takes its old letters: they stand with the same person, own ones as own."""

    async def scene() -> None:
        old = await alone(tmp_path / "old")
        letter = await old.mail.write(JAY, Draft(NAN_YOUNG, "From my old place"))
        kept = as_file(old.archive.letters(JAY, NAN_YOUNG, None, 50))
        await old.mail.open("ipn:1.77", "Jay, moved")
        await old.archive.import_letters("ipn:1.77", kept)
        box = old.mail.mailbox("ipn:1.77")
        assert [each.text for each in box.page(NAN_YOUNG).letters] == ["From my old place"]
        assert box.letter_view(letter.id, 0).mine
        await old.stop()

    run(scene())


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"payload": "!"}, "not base64"),
        ({"payload": "AAAA"}, "does not say"),
        ({"text": "Something else"}, "does not say the words"),
        ({"author": "ipn:9.9"}, "not of the author"),
        ({"sent": None}, "neither written nor received"),
        ({"created": "yesterday"}, "yesterday"),
        ({"placed_at": "1999-01-01T00:00:00Z"}, "2000"),
        ({"id": ""}, "bytes"),
        ({"correspondent": "x" * 1000}, "bytes"),
    ],
)
def test_a_damaged_letter_is_refused(tmp_path: Path, change: dict[str, object], told: str) -> None:
    """What is wrong is said with the letter's place; those before it are kept, and nothing of it."""

    async def scene() -> None:
        daemon = await alone(tmp_path)
        for text in ("One", "Two"):
            await daemon.mail.write(JAY, Draft(NAN_YOUNG, text))
        good, bad = as_file(daemon.archive.letters(JAY, NAN_YOUNG, None, 50))
        await daemon.mail.open("ipn:1.77", "Another")
        wrong = replace(bad, **change)
        with pytest.raises(InputError) as refused:
            await daemon.archive.import_letters("ipn:1.77", [good, wrong])
        assert told in refused.value.what + refused.value.where
        assert refused.value.where.startswith("letters[1]")
        assert daemon.mail.mailbox("ipn:1.77").index.letters() == 1
        await daemon.stop()

    run(scene())


def test_another_letter_with_the_same_id_stays(tmp_path: Path) -> None:
    """What is here is never overwritten."""

    async def scene() -> None:
        daemon = await alone(tmp_path)
        mine = await daemon.mail.write(JAY, Draft(NAN_YOUNG, "Mine"))
        (kept,) = as_file(daemon.archive.letters(JAY, NAN_YOUNG, None, 50))
        payload = b64encode(b64decode(kept.payload).replace(b"Mine", b"Fine")).decode()
        (outcome,) = await daemon.archive.import_letters(JAY, [replace(kept, payload=payload, text="Fine")])
        assert outcome.outcome is ImportOutcome.DIFFERS
        assert view(daemon, JAY, mine).text == "Mine"
        await daemon.stop()

    run(scene())
