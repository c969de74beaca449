"""One person's letters as the page shows and writes them, over the mail service of their node."""

from __future__ import annotations

from collections.abc import AsyncIterable, Callable, Iterator, Mapping, Sequence

import msgspec
from msgspec.structs import replace

from starlight.app.address_book import AddressBook
from starlight.app.conversation_list import ConversationList
from starlight.app.unread_there import unread_there
from starlight.bundle import EndpointID
from starlight.live.clock import MissionClock
from starlight.live.mail_service import MailService
from starlight.mailboxes.mailbox import Mailbox
from starlight.mailboxes.part_reading import part_bytes
from starlight.messages.awaited_name import AddressOrder, GivenAddress, awaited, is_name
from starlight.messages.conversation import HiddenEntry, HideOrder, correspondent_of
from starlight.messages.crossed import with_crossings
from starlight.messages.draft import Draft, destination
from starlight.messages.later_view import HeldView, OwnLetter
from starlight.messages.letter_view import LetterView, named, without_contact
from starlight.messages.part_view import PartView
from starlight.messages.quote import quoted
from starlight.messages.reach import Reach, out_of_contact
from starlight.node.clock_offsets import Disagreement
from starlight.views.forecasts import (
    LatenessView,
    PartPrediction,
    PredictionView,
    ReachView,
    lateness_view,
    prediction_view,
    reach_view,
)
from starlight.views.mailbox import MailboxView, Person
from starlight.words import clocks, doubt, forecasts, later, letters
from starlight.words.sentence import Sentence

ANNOUNCEMENTS_SHOWN = 3
"""Above all letters; of more, the latest are shown and the rest counted, so that none buries the page."""


class Inhabitant(msgspec.Struct, frozen=True):
    """A person whom the page can be.

    Attributes:
        person: who it is.
        node: the number of the node that the mailbox is at.
        distress_to: addresses and ids of groups that a distress call goes to; empty for everybody in the
            conversations.
        vehicle: the address of the suit or vehicle that the person is in; empty where nobody knows.
    """

    person: Person
    node: int
    distress_to: tuple[str, ...] = ()
    vehicle: str = ""


class NodeCorrespondence:
    """The letters of one person.

    Args:
        person: whose they are.
        mail: of the node that the mailbox is at.
        book: what people are called.
        titles: what nodes are called, by number.
        clock: mission time.
        disagreements: returns the peers whose clocks differ from that of the node.
    """

    def __init__(
        self,
        person: Person,
        mail: MailService,
        book: AddressBook,
        titles: Mapping[int, str],
        clock: MissionClock,
        disagreements: Callable[[], Sequence[Disagreement]],
    ) -> None:
        self.person = person
        self._mail = mail
        self._book = book
        self._titles = titles
        self._clock = clock
        self._disagreements = disagreements
        self._list = ConversationList(person.address, mail, book, titles, self.letter)

    async def mailbox(
        self,
        *,
        correspondent: str | None = None,
        before: str | None = None,
        limit: int = 50,
        through: str | None = None,
        topic: str | None = None,
    ) -> MailboxView:
        """Return the mailbox, opened at one correspondent."""
        box = self._box()
        conversations = self._list.shown()
        # Without a choice it opens at who wrote or was written to last, as people look there first.
        if correspondent is None:
            correspondent = conversations[0].address if conversations else ""
        announced, now = box.announcements.unread(), self._clock.now()
        reminders = box.marks.reminders().values()
        page = box.page(correspondent, before, limit, through=through, topic=topic)
        return MailboxView(
            person=self.person,
            conversations=conversations,
            correspondent=correspondent,
            letters=with_crossings([self.letter(letter.id) for letter in page.letters]),
            earlier=page.earlier,
            set_aside=box.set_aside,
            refused=len(box.refused),
            hidden=self._list.hidden(),
            announcements=tuple(self.letter(id) for id in announced[:ANNOUNCEMENTS_SHOWN]),
            more_announcements=max(0, len(announced) - ANNOUNCEMENTS_SHOWN),
            reminders_due=sum(at <= now for at in reminders),
            next_reminder=min((at for at in reminders if at > now), default=None),
        )

    async def hide(self, order: HideOrder) -> HiddenEntry:
        """Take a correspondent off the list, or put one back."""
        return await self._list.hide(order)

    async def write(self, draft: Draft) -> LetterView:
        """Write a letter; when this returns it is durable."""
        letter = await self._mail.write(self.person.address, draft)
        return self.letter(letter.id)

    async def is_written(self, key: str) -> bool:
        """Return whether a letter was written under a client's key."""
        return self._mail.is_written(self.person.address, key)

    async def upload(self, pieces: AsyncIterable[bytes]) -> str:
        """Keep the bytes of a part, a piece at a time; return what a draft calls it."""
        return await self._mail.upload(self.person.address, pieces)

    async def part(self, letter: str, number: int) -> tuple[PartView, Iterator[bytes]]:
        """Return a part of a letter that is here whole, and its bytes."""
        _, pieces = part_bytes(self._box(), letter, number)
        return self.letter(letter).parts[number], pieces

    async def withdraw(self, letter: str) -> LetterView:
        """Withdraw a letter that has not left."""
        await self._mail.withdraw(self.person.address, letter)
        return self.letter(letter)

    async def mark_read(self, letter: str) -> LetterView:
        """Mark a letter that came in as read."""
        await self._mail.mark_read(self.person.address, letter)
        return self.letter(letter)

    async def mark_all_read(self, correspondent: str) -> int:
        """Mark all letters of an address as read; return how many those were."""
        box = self._box()
        unread = [
            id
            for id in box.unread()
            if (letter := box.letter(id)) and correspondent_of(letter, box.address) == correspondent
        ]
        for id in unread:
            await self._mail.mark_read(self.person.address, id)
        return len(unread)

    async def predict(self, draft: Draft) -> PredictionView:
        """Return what to expect of a letter sent now."""
        found = prediction_view(self._mail.predict(self.person.address, draft), self._titles)
        found = replace(found, stays=self._stays(draft))
        if draft.parts:
            parts = self._mail.predict_parts(self.person.address, draft)
            found = replace(found, parts=tuple(PartPrediction(each.leaves, each.arrives) for each in parts))
        if not self._mail.is_plain(self.person.address, draft):
            return found
        left_out = forecasts.plain_text(is_answer=draft.reply_to is not None)
        return replace(found, plain_text=left_out)

    def _stays(self, draft: Draft) -> Sentence | None:
        """Return why a draft would stay here until nobody knows when; None of one that leaves by itself."""
        if is_name(draft.to) and self._box().given.get(draft.to) is None:
            return later.held(HeldView(0, awaits=draft.to))
        if draft.leave_at is not None or not draft.is_held:
            return None
        first = None if draft.after is None else self._box().letter(draft.after)
        view = HeldView(0, after=draft.after)
        if first is not None:
            to, words = first.group or first.to, quoted(first.id, first).text
            view = replace(view, after_words=words, after_to=to, after_name=self.called(to))
        return later.held(view)

    async def unread_there(self) -> tuple[OwnLetter, ...]:
        """Return the latest own letters that not all have read, for which another can wait."""
        return unread_there(self._box(), self.called)

    async def give_address(self, order: AddressOrder) -> GivenAddress:
        """Give somebody an address whom letters were recorded for, and send what waits."""
        name = awaited(order.name)
        sent = await self._mail.awaited.give(self.person.address, name, order.to)
        return GivenAddress(name, destination(order.to), sent)

    async def reach(self, to: str) -> ReachView:
        """Return the state of the way to an address, for people."""
        return reach_view(self.reach_of(to), self._titles)

    async def why_late(self, draft: Draft) -> LatenessView:
        """Return why a letter sent now would not be there sooner."""
        found = self._mail.why_late(self.person.address, draft)
        return lateness_view(found, self._titles, self.reach_of(draft.to))

    async def why_letter_late(self, letter: str) -> LatenessView:
        """Return why a letter that waits or is on its way is not there sooner."""
        found, told = self._mail.why_letter_late(self.person.address, letter), self.letter(letter)
        # What has left is on its way whatever becomes of the link.
        reach = self.reach_of(told.to_address) if told.withdrawable else None
        return lateness_view(found, self._titles, reach)

    def reach_of(self, to: str) -> Reach:
        """Return the state of the way to an address, with its codes."""
        return self._mail.reach(self.person.address, to)

    def opens_at(self) -> str:
        """Return the address of the correspondent whom the mailbox opens at; empty where there is nobody."""
        return self._list.opens_at()

    def called(self, correspondent: str) -> str:
        """Return what people call a correspondent, by address or group."""
        return self._list.called(correspondent)

    def _box(self) -> Mailbox:
        return self._mail.mailbox(self.person.address)

    def letter(self, letter_id: str) -> LetterView:
        """Return a letter of the mailbox for people; InputError where there is none."""
        view = self._box().letter_view(letter_id, self._clock.now())
        note = letters.content(view) + doubt.note(view.doubtful, view.trouble, displaced=view.displaced)
        clock = self._clock_note(view)
        note += clock
        against = self._mail.doubts(self.person.address, letter_id) if view.mine else ()
        if out_of_contact(against) is not None:
            view = without_contact(view)
        parts = tuple(
            replace(part, note=doubt.trouble(part.trouble).text()) if part.trouble else part
            for part in view.parts
        )
        view = self._with_later(replace(view, parts=parts))
        for each in against:
            note += forecasts.doubt(each, self._titles)
        shown = named(view, self._list.name_and_place, self._titles, note.text())
        return replace(shown, clock=clock.text())

    def _with_later(self, view: LetterView) -> LetterView:
        """Return a letter with who has to read another first, and how it can be taken back."""
        held, opens = view.held, view.opens
        if held is not None and held.after_to:
            view = replace(view, held=replace(held, after_name=self.called(held.after_to)))
        if view.mine and opens is not None:
            withdrawal = self._mail.queues.withdrawal(self.person.address, view.id)
            view = replace(view, opens=replace(opens, withdrawal=withdrawal))
        return view

    def _clock_note(self, view: LetterView) -> Sentence:
        """Return by whose clock a letter's impossible times are told, if that is known to differ."""
        if all(fact.doubt is None for fact in view.facts):
            return Sentence(())
        node = EndpointID.parse(view.to_address if view.mine else view.from_address).node_number
        found = next((each for each in self._disagreements() if each.peer == node), None)
        return Sentence(()) if found is None else clocks.of_times(found, self._titles)
