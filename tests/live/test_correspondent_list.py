"""Hiding a correspondent on whole nodes: nothing is lost, what is new brings it back, a restart keeps it."""

from __future__ import annotations

from pathlib import Path

from tests.live.helpers import run, until
from tests.live.test_daemon import EARTH, JAY, NAN_YOUNG, config, texts, two, view

from starlight.app.address_book import AddressBook, Entry
from starlight.app.conversation_list import ConversationList
from starlight.live.clock import MissionClock
from starlight.live.daemon import Daemon
from starlight.messages.conversation import HiddenEntry, HideOrder
from starlight.messages.delivery import DeliveryState
from starlight.messages.draft import Draft

NOBODY = "ipn:999.1"
BOOK = AddressBook({NAN_YOUNG: Entry("Nan-young", "Base", "mars")})


def listed(daemon: Daemon, address: str = JAY) -> ConversationList:
    """Return the list of a person's conversations, whose book has Nan-young."""
    office = daemon.mail.mailbox(address)
    return ConversationList(
        address, daemon.mail, BOOK, {}, lambda id: office.letter_view(id, daemon.clock.now())
    )


def shown(daemon: Daemon) -> list[str]:
    """Return the addresses in Jay's list."""
    return [each.address for each in listed(daemon).shown()]


def test_an_entry_is_hidden_until_something_new_comes_either_way(tmp_path: Path) -> None:
    """A letter that comes and one that is written bring it back; receipts and resends do not."""

    async def scene() -> None:
        async with two(tmp_path) as (here, there):
            first = await here.mail.write(JAY, Draft(NAN_YOUNG, "Hello"))
            assert (await listed(here).hide(HideOrder(NAN_YOUNG))).hidden
            assert shown(here) == []
            assert [each.address for each in listed(here).hidden()] == [NAN_YOUNG]
            await until(there, lambda: texts(there, NAN_YOUNG) == ["Hello"])
            # Its receipt is kept as ever, and is no letter.
            await until(here, lambda: view(here, JAY, first).certainty == "confirmed")
            assert shown(here) == []
            await there.mail.write(NAN_YOUNG, Draft(JAY, "Here I am"))
            await until(here, lambda: shown(here) == [NAN_YOUNG])
            assert texts(here, JAY) == ["Here I am"]
            await listed(here).hide(HideOrder(NAN_YOUNG))
            await here.mail.write(JAY, Draft(NAN_YOUNG, "Hello again"))
            assert shown(here) == [NAN_YOUNG]

    run(scene())


def test_what_never_left_is_withdrawn_by_the_same_act_where_that_is_asked(tmp_path: Path) -> None:
    """Letters that wait stay and are told of; with `withdraw` they are taken back; others' are untouched."""

    async def scene() -> None:
        daemon = Daemon(config(tmp_path, EARTH), MissionClock(0))
        await daemon.start()
        try:
            lost = [await daemon.mail.write(JAY, Draft(NOBODY, text)) for text in ("One", "Two")]
            kept = await daemon.mail.write(JAY, Draft(NAN_YOUNG, "Mine"))
            assert await listed(daemon).hide(HideOrder(NOBODY)) == HiddenEntry(NOBODY, True, 0, 2)
            assert view(daemon, JAY, lost[0]).state is DeliveryState.QUEUED
            found = await listed(daemon).hide(HideOrder(NOBODY, withdraw=True))
            assert found == HiddenEntry(NOBODY, True, 2, 0)
            assert {view(daemon, JAY, each).state for each in lost} == {DeliveryState.WITHDRAWN}
            assert view(daemon, JAY, kept).state is DeliveryState.QUEUED
            assert daemon.status().stored["bundles"] == 1
            assert (await listed(daemon).hide(HideOrder(NOBODY, hidden=False))).hidden is False
            assert NOBODY in shown(daemon)
        finally:
            await daemon.stop()

    run(scene())


def test_hidden_stays_hidden_over_a_restart(tmp_path: Path) -> None:
    """What was hidden is so after the next start, with its letters; also one who has none yet."""

    async def scene(*, again: bool) -> None:
        daemon = Daemon(config(tmp_path, EARTH), MissionClock(0))
        await daemon.start()
        try:
            if not again:
                await daemon.mail.write(JAY, Draft(NOBODY, "Anyone?"))
                await listed(daemon).hide(HideOrder(NOBODY))
                await listed(daemon).hide(HideOrder(NAN_YOUNG))
            assert shown(daemon) == []
            assert {each.address: each.letters for each in listed(daemon).hidden()} == {
                NOBODY: 1,
                NAN_YOUNG: 0,
            }
        finally:
            await daemon.stop()

    run(scene(again=False))
    run(scene(again=True))


def test_a_letter_from_one_who_was_hidden_before_a_restart_is_shown(tmp_path: Path) -> None:
    """The other end writes while this node is down; its letter brings the entry back."""

    async def scene() -> None:
        async with two(tmp_path) as (here, there):
            await listed(here).hide(HideOrder(NAN_YOUNG))
            assert shown(here) == []
        async with two(tmp_path) as (here, there):
            assert shown(here) == []
            await there.mail.write(NAN_YOUNG, Draft(JAY, "News"))
            await until(here, lambda: shown(here) == [NAN_YOUNG])

    run(scene())
