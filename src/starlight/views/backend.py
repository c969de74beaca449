"""The page's backend: all that the page asks of the world behind it.

`app/page_backend.py` implements it over running daemons, the tests over a scripted clock. Every
method is awaited on the event loop that serves the page and must not block it: on a node that loop
carries the bundles too. The page keeps no state of its own, so any number of them may be open.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Iterator
from typing import Protocol

from starlight.messages.awaited_name import AddressOrder, GivenAddress
from starlight.messages.conversation import HiddenEntry, HideOrder
from starlight.messages.draft import Draft
from starlight.messages.later_view import OwnLetter
from starlight.messages.letter_view import LetterView
from starlight.messages.part_view import PartView
from starlight.views.archive import Archivist
from starlight.views.distress import CallDesk
from starlight.views.expedition import ExpeditionDesk
from starlight.views.flight import FlightDesk
from starlight.views.forecasts import LatenessView, PredictionView, ReachView
from starlight.views.groups import GroupDesk
from starlight.views.mailbox import MailboxView, Person, Recipient
from starlight.views.media_backend import MediaBackend
from starlight.views.page_status import PaceView, PageChange, PageStatus, StormView
from starlight.views.queue_backend import QueueBackend
from starlight.views.search import Finder
from starlight.views.settings_backend import SettingsBackend
from starlight.views.sky import Clock, Orbits, SkyPanel
from starlight.views.storage_backend import StorageBackend
from starlight.views.topics import TopicDesk


class Correspondence(Protocol):
    """One person's letters.

    Any method may raise InputError when what the person asked for is wrong (an unknown address, a letter
    that has left already, a text too long); the page shows its words.
    """

    async def mailbox(
        self,
        *,
        correspondent: str | None = None,
        before: str | None = None,
        limit: int = 50,
        through: str | None = None,
        topic: str | None = None,
    ) -> MailboxView:
        """Return the mailbox, opened at one correspondent.

        Args:
            correspondent: an address; None opens the one with the latest letter.
            before: only letters before the one with this id.
            limit: the most letters to return.
            through: only the letter with this id, and those before it.
            topic: only letters of this topic of the conversation.
        """
        ...

    async def write(self, draft: Draft) -> LetterView:
        """Write a letter and return it once it is kept safe; of a key that has one already, return that."""
        ...

    async def is_written(self, key: str) -> bool:
        """Return whether a letter was written under a client's key (`Draft.key`)."""
        ...

    async def upload(self, pieces: AsyncIterable[bytes]) -> str:
        """Keep the bytes of a part, a piece at a time; return what a draft calls it."""
        ...

    async def part(self, letter: str, number: int) -> tuple[PartView, Iterator[bytes]]:
        """Return a part of a letter that is here whole, and its bytes; InputError when it is not."""
        ...

    async def withdraw(self, letter: str) -> LetterView:
        """Withdraw a letter that has not left; InputError when it has."""
        ...

    async def mark_read(self, letter: str) -> LetterView:
        """Mark a letter that came in as read, which sends the receipt; again changes nothing."""
        ...

    async def mark_all_read(self, correspondent: str) -> int:
        """Mark all letters of an address as read, which sends their receipts; return how many those were."""
        ...

    async def hide(self, order: HideOrder) -> HiddenEntry:
        """Take an address off the list until something new comes, or put it back; InputError when it is in
        neither place, or what is put back is to be withdrawn.
        """
        ...

    async def predict(self, draft: Draft) -> PredictionView:
        """Return when a draft, sent now, would leave and arrive; asked for at each pause of who writes."""
        ...

    async def unread_there(self) -> tuple[OwnLetter, ...]:
        """Return the latest own letters that not all have read, for which another can wait."""
        ...

    async def give_address(self, order: AddressOrder) -> GivenAddress:
        """Give somebody an address who had none, and send what was recorded for them."""
        ...

    async def reach(self, to: str) -> ReachView:
        """Return the state of the way to an address; InputError when it is none."""
        ...

    async def why_late(self, draft: Draft) -> LatenessView:
        """Return why a draft, sent now, would not be there sooner."""
        ...

    async def why_letter_late(self, letter: str) -> LatenessView:
        """Return why a letter that waits or travels is not there sooner; InputError when it is there."""
        ...


class PageBackend(Protocol):
    """The people, their letters, the sky and the storm."""

    async def people(self) -> tuple[Person, ...]:
        """Return everyone whom the page can be, in the order to show; at least one."""
        ...

    def correspondence(self, person: str) -> Correspondence:
        """Return the letters of one of `people()`, by id: the page checks first that there is one."""
        ...

    def finder(self, person: str) -> Finder:
        """Return the search in the letters of one of `people()`, by id."""
        ...

    def topics(self, person: str) -> TopicDesk:
        """Return the topics and marks of one of `people()`, by id."""
        ...

    def groups(self, person: str) -> GroupDesk:
        """Return the groups of one of `people()`, by id."""
        ...

    def calls(self, person: str) -> CallDesk:
        """Return the distress calls of one of `people()`, by id."""
        ...

    def media(self, person: str) -> MediaBackend:
        """Return the voices and pictures of one of `people()`, by id."""
        ...

    def queues(self, person: str) -> QueueBackend:
        """Return what of the letters of one of `people()`, by id, waits to leave."""
        ...

    def flights(self, person: str) -> FlightDesk:
        """Return what of the letters of one of `people()`, by id, is in flight."""
        ...

    def expeditions(self, person: str) -> ExpeditionDesk:
        """Return what the programs of an expedition have told one of `people()`, by id."""
        ...

    def archivist(self, person: str) -> Archivist:
        """Return what gives and takes the letters of one of `people()`, by id, for exports and imports."""
        ...

    def storage(self, person: str) -> StorageBackend:
        """Return the room that letters and media of one of `people()` take, by id."""
        ...

    def settings(self, person: str) -> SettingsBackend:
        """Return what one of `people()`, by id, has chosen for their pages."""
        ...

    async def correspondent(self, address: str) -> Recipient | None:
        """Return who is at an address; None where nobody knows."""
        ...

    async def clock(self) -> Clock:
        """Return mission time, and how both worlds read it; asked for at each pause of who writes."""
        ...

    async def sky(self) -> SkyPanel:
        """Return clocks, positions, distance and the window."""
        ...

    async def orbits(self) -> Orbits:
        """Return the lines on which the worlds travel; asked for once a page."""
        ...

    async def status(self, person: str, to: str = "") -> PageStatus:
        """Return what moves besides letters, as the place of this person knows it.

        Args:
            person: an id of `people()`.
            to: whose way is told, by address; empty is the one whom the mailbox opens at.
        """
        ...

    async def set_rate(self, person: str, rate: float) -> PaceView:
        """Let mission time go at another rate, 0 to stand; InputError where that is not to be chosen."""
        ...

    async def go_on(self, person: str) -> PaceView:
        """Hurry on to what comes next in the story; InputError where there is none."""
        ...

    async def set_storm(self, active: bool) -> StormView:
        """Cut the relays, or mend them; setting what is set already changes nothing."""
        ...

    def changes(self, person: str) -> AsyncIterator[PageChange]:
        """Return an endless iterator that yields whenever something changed; one for each open page.

        As long as it is iterated, a page is open as that person.

        What follows from the passing of mission time alone (a foreseen arrival, the end of a
        silence) need not be told: the page knows those moments from the views.
        """
        ...
