"""One person's distress calls as the page shows and makes them, over the calls of their node."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from starlight.app.address_book import AddressBook
from starlight.live.clock import MissionClock
from starlight.live.mail_service import MailService
from starlight.messages.awaited_name import is_name
from starlight.messages.delivery import Certainty, DeliveryState
from starlight.messages.distress import RECIPIENTS_MAX, CallLetter, HeardCall, OwnCall
from starlight.messages.draft import Draft
from starlight.messages.group import is_group
from starlight.messages.letter import Distress
from starlight.messages.urgency import Priority
from starlight.views.distress import (
    CallAnswer,
    CallCourseView,
    CallDismissal,
    CallWords,
    DistressView,
    HeardCallView,
    OwnCallView,
)


class NodeCallDesk:
    """The calls of one person.

    Args:
        address: of the mailbox.
        mail: of the node that it is at.
        book: what people are called.
        clock: mission time.
        calls: the addresses and ids of groups that a call goes to; empty for everybody in the conversations.
        vehicle: the address of the suit or vehicle that the person is in; empty where nobody knows.
    """

    def __init__(
        self,
        address: str,
        mail: MailService,
        book: AddressBook,
        clock: MissionClock,
        calls: Sequence[str],
        vehicle: str,
    ) -> None:
        self._address = address
        self._mail = mail
        self._book = book
        self._clock = clock
        self._calls = calls
        self._vehicle = vehicle

    async def view(self) -> DistressView:
        """Return all that is to be known of calls now."""
        own = self._mail.distress.own(self._address)
        known = self._mail.distress.known_of(self._vehicle)
        return DistressView(
            None if own is None else self._own(own),
            tuple(self._heard(each) for each in self._mail.distress.heard(self._address)),
            tuple(self._book.name_and_place(each)[0] for each in self._to()),
            known.position,
            known.readings,
        )

    async def call(self, order: CallWords) -> OwnCallView:
        """Raise a call."""
        own = await self._mail.distress.call(self._address, order.text.strip(), self._to(), self._vehicle)
        return self._own(own)

    async def cancel(self, order: CallWords) -> OwnCallView:
        """End the person's call."""
        return self._own(await self._mail.distress.cancel(self._address, order.text.strip()))

    async def acknowledge(self, order: CallAnswer) -> DistressView:
        """Tell a caller that a person has heard."""
        await self._mail.distress.acknowledge(self._address, order.caller, order.call, order.text.strip())
        return await self.view()

    async def dismiss(self, order: CallDismissal) -> DistressView:
        """Tell the person no more of a call that somebody else has answered."""
        await self._mail.distress.dismiss(self._address, order.caller, order.call)
        return await self.view()

    def _to(self) -> tuple[str, ...]:
        """Return who a call goes to: as the node's file says, or everybody in the conversations.

        Where the file names groups alone that nobody else is in now, it is everybody: a call always goes.
        """
        box = self._mail.mailbox(self._address)
        named = self._but_self(box.groups.people_of(self._calls))
        if named:
            return named
        everybody = [each.correspondent for each in box.conversations()] + list(self._book.addresses())
        # A group is called as its members: each of them gets a letter, and may be the one who answers.
        members = [each for group in box.groups.all() for each in sorted(group.members)]
        return self._but_self(
            each for each in (*everybody, *members) if not (is_group(each) or is_name(each))
        )

    def _but_self(self, people: Iterable[str]) -> tuple[str, ...]:
        others = [each for each in dict.fromkeys(people) if each != self._address]
        return tuple(others[:RECIPIENTS_MAX])

    def _own(self, own: OwnCall) -> OwnCallView:
        courses = tuple(self._course(each, own) for each in own.letters)
        there = [each.arrives for each in courses if each.arrives is not None and each.arrival_confirmed]
        foreseen = [each.arrives for each in courses if each.arrives is not None]
        word = own.acknowledged
        return OwnCallView(
            call=own.call,
            state=own.state.name.lower(),
            raised_at=own.raised_at,
            text=own.text,
            position=own.position,
            readings=own.readings,
            courses=courses,
            heard_at=min(there or foreseen, default=None),
            heard_confirmed=bool(there),
            answer_at=min((each.answer_at for each in courses if each.answer_at is not None), default=None),
            acknowledged_by="" if word is None else word.by,
            acknowledged_by_name="" if word is None else self._book.name_and_place(word.by)[0],
            acknowledged_at=None if word is None else word.at,
            known_at=None if word is None else word.known_at,
            cancelled_at=own.cancelled_at,
            repeats=own.repeats,
            repeated_at=own.copies[-1] if own.repeats and own.copies else None,
        )

    def _course(self, course: CallLetter, own: OwnCall) -> CallCourseView:
        letter = self._mail.mailbox(self._address).letter_view(course.letter, self._clock.now())
        name, place = self._book.name_and_place(course.to)
        left, there = (letter.last_fact(each) for each in (DeliveryState.DEPARTED, DeliveryState.ARRIVED))
        seen, word = letter.last_fact(DeliveryState.READ), own.answer_of(course.to)
        confirmed = there is not None and there.certainty is Certainty.CONFIRMED
        return CallCourseView(
            course.to,
            name,
            place,
            course.letter,
            letter.state,
            letter.certainty,
            None if left is None else left.time,
            None if there is None else there.time,
            confirmed,
            letter.receipt_at,
            None if seen is None or seen.certainty is not Certainty.CONFIRMED else seen.time,
            None if word is None else word.at,
            None if word is None else word.known_at,
        )

    def _heard(self, call: HeardCall) -> HeardCallView:
        letter = self._mail.mailbox(self._address).letter(call.letter)
        distress = (None if letter is None else letter.distress) or Distress()
        who, place = self._book.entry(call.caller), self._book.name_and_place(call.caller)[1]
        answer = Draft(call.caller, "", priority=Priority.EXPEDITED, critical=True)
        return HeardCallView(
            call=call.call,
            caller=call.caller,
            name=who.name,
            place=place,
            world=who.world,
            letter=call.letter,
            text="" if letter is None else letter.text,
            raised_at=call.raised_at,
            arrived_at=call.arrived_at,
            copies=call.copies,
            position=distress.position,
            readings=distress.readings,
            known_at=self._mail.predict(self._address, answer).arrives,
            answered_by="" if call.acknowledged is None else call.acknowledged.by,
            answered_by_name=(
                "" if call.acknowledged is None else self._book.name_and_place(call.acknowledged.by)[0]
            ),
            answered_at=None if call.acknowledged is None else call.acknowledged.at,
        )
