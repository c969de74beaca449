"""The parts of the page's backend that need no running node: the address book, the storm button, changes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable

import msgspec

from starlight.app.address_book import AddressBook, Entry
from starlight.app.changes import changes
from starlight.app.storm import StormControl
from starlight.dtntime import MILLISECOND
from starlight.live.config import DaemonStatus
from starlight.live.daemon import Daemon
from starlight.views.mailbox import Recipient
from starlight.views.page_status import PageChange, StormView
from starlight.web import wire

JAY, NAN_YOUNG, ABROAD, STRANGER = "ipn:7.1", "ipn:20.1", "ipn:50.1", "ipn:99.9"


class FakeDaemon(Daemon):
    """Tells whoever subscribes; that is all there is of it."""

    def __init__(self) -> None:
        self.listeners: list[Callable[[], None]] = []

    def subscribe(self, listener: Callable[[], None]) -> Callable[[], None]:
        self.listeners.append(listener)
        return lambda: self.listeners.remove(listener)

    def tell(self) -> None:
        for listener in self.listeners:
            listener()


def test_an_address_book_knows_more_people_than_can_be_written_to() -> None:
    """Letters come from addresses that their people have left; a stranger is called by the address."""
    entries = {JAY: Entry("Jay", "Seoul", "earth"), NAN_YOUNG: Entry("Nan-young", "Base", "mars")}
    book = AddressBook(entries, {ABROAD: Entry("Nan-young", "Ship", "ship")})
    assert book.addresses() == (JAY, NAN_YOUNG)
    assert (book.lists(JAY), book.lists(ABROAD)) == (True, False)
    assert book.name_and_place(ABROAD) == ("Nan-young", "Ship")
    assert book.correspondent(ABROAD) == Recipient(ABROAD, "Nan-young", "Ship", "ship")
    assert book.name_and_place(STRANGER) == (STRANGER, "")
    assert book.correspondent(STRANGER) is None


def test_the_storm_button_is_turned_once() -> None:
    """Two pages may press it at once; the second finds it done."""
    turned: list[bool] = []

    async def turn(active: bool) -> None:
        turned.append(active)
        storm.active, storm.since = active, 5

    storm = StormControl(active=False, since=None, cuts="the relays", set_active=turn)
    asyncio.run(storm.turn(True))
    asyncio.run(storm.turn(True))
    assert turned == [True]
    assert storm.view() == StormView(True, 5, "the relays")


def test_changes_that_come_faster_than_they_are_read_are_merged() -> None:
    """However much happens, a slow page finds one change, with everyone whom it concerns, each once."""
    here, there = FakeDaemon(), FakeDaemon()
    people = {7: ["jay", "father"], 20: ["nan-young"]}

    async def read() -> list[PageChange]:
        found = changes({7: here, 20: there}, people.__getitem__)
        first = asyncio.ensure_future(anext(found))
        await asyncio.sleep(0)  # So that it has subscribed.
        there.tell()
        seen = [await first]
        for _ in range(3):
            here.tell()
        there.tell()
        seen.append(await anext(found))
        assert isinstance(found, AsyncGenerator)
        await found.aclose()
        return seen

    assert asyncio.run(read()) == [
        PageChange(("nan-young",), status=True),
        PageChange(("jay", "father", "nan-young"), status=True),
    ]
    assert here.listeners == there.listeners == []


def test_the_status_of_a_node_is_read_back_as_it_was_told() -> None:
    """`starlight status` reads what the API tells as the daemon's own struct, its time to the millisecond."""
    status = DaemonStatus(
        node=7,
        time=5 * MILLISECOND,
        rate=600.0,
        port=None,
        up=[20],
        connected=[],
        stored={"bundles": 1},
        syncs=1,
        commits=2,
        received=3,
        sent=4,
        acknowledged=5,
        refused=6,
        defects=0,
        plan_version=8,
    )
    told = msgspec.json.decode(wire.dumps([status]))
    assert told[0]["time"] == "2000-01-01T00:00:00.005Z"
    assert told[0]["stored"] == {"bundles": 1}
    assert wire.read(told, list[DaemonStatus]) == [status]
