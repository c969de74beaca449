"""Forecasts of letters, as people ask for them: of a draft before it is sent, of a letter under way.

Nothing is changed by asking. How a dispatch is predicted again as it goes its way is in `reprediction.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec.structs import replace

from starlight.dtntime import MILLISECOND
from starlight.errors import InputError
from starlight.messages.awaited_name import is_name
from starlight.messages.correspondent import ContactRoom
from starlight.messages.course import by_node
from starlight.messages.delivery import DeliveryState
from starlight.messages.draft import Draft
from starlight.messages.forecast import MessageForecaster, Prediction
from starlight.messages.format import payload_of
from starlight.messages.group import is_group
from starlight.messages.lateness import LateMessage, Lateness
from starlight.messages.lateness_search import LatenessSearch
from starlight.messages.legs import legs_of
from starlight.messages.parts import sending_order
from starlight.messages.reach import Reach, ReachCode
from starlight.messages.standing import least_far
from starlight.messages.wire_values import ID_BYTES
from starlight.node.forecast import ForecastDoubt, Outgoing
from starlight.postoffice.addresses import canonical
from starlight.postoffice.composer import Composer
from starlight.postoffice.lifetimes import LETTER_LIFETIME
from starlight.postoffice.node_mailboxes import NodeMailboxes
from starlight.postoffice.open_letters import OpenLetters
from starlight.postoffice.part_forecasts import PartForecast, PartForecasts, PartSize
from starlight.postoffice.resend import outgoing_of
from starlight.routing import Route

_WORSE = (
    ReachCode.HERE,
    ReachCode.OPEN,
    ReachCode.SHUT,
    ReachCode.NO_CONTACT,
    ReachCode.NEVER_HEARD,
    ReachCode.NO_ROUTE,
)


class LetterForecasts:
    """The forecasts for the letters of one node's mailboxes.

    Args:
        mailboxes: of the node.
        composer: makes the letter that a draft would become.
        forecaster: foresees what becomes of messages from there.
        letters: those that are open.
        booked: gives what the node has booked for a bundle of its own, by key.
    """

    def __init__(
        self,
        mailboxes: NodeMailboxes,
        composer: Composer,
        forecaster: MessageForecaster,
        letters: OpenLetters,
        booked: Callable[[str], Sequence[Route]],
    ) -> None:
        self._mailboxes = mailboxes
        self._composer = composer
        self._forecaster = forecaster
        self._search = LatenessSearch(forecaster)
        self._parts = PartForecasts(forecaster)
        self._letters = letters
        self._booked = booked

    def predict(self, address: str, draft: Draft, now: int) -> Prediction:
        """Return what to expect of a letter sent now, or left here until its moment.

        Args:
            address: the mailbox that would write.
            draft: what it would write; it may be blank.
            now: in ns.

        Raises:
            InputError: no such mailbox, or the draft answers a letter that is not in it.
        """
        # One that is held until a moment is foreseen from then on.
        leaves = max(now, draft.leave_at or now)
        outgoing = self._outgoing(address, draft, now)
        if is_name(outgoing[0].destination):
            # Nobody knows where that will be, so nothing is foreseen of it.
            return Prediction(None, None, None, None, None, outgoing[0].payload_bytes)
        found = [self._forecaster.predict(each, leaves) for each in outgoing]
        return max(found, key=lambda each: _when(each.arrives))

    def room(self, address: str, draft: Draft, now: int) -> ContactRoom | None:
        """Return what the next contact on the way of a letter sent now still carries.

        Of a group it is the way on which the least is free. Arguments and errors as in `predict`.

        Returns:
            None where it stays at this node, or no way is known.
        """
        outgoing = self._outgoing(address, draft, now)
        if any(is_name(each.destination) for each in outgoing):
            return None
        found = [room for each in outgoing if (room := self._forecaster.room(each, now)) is not None]
        return min(map(ContactRoom._make, found), key=lambda room: room.bytes, default=None)

    def predict_parts(
        self, address: str, draft: Draft, now: int, more: Sequence[PartSize] = ()
    ) -> tuple[PartForecast, ...]:
        """Return what to expect of each part of a letter sent now, as they leave after it (`sending_order`).

        Args:
            address, draft, now: as in `predict`.
            more: sizes of parts that it would have besides those that it names.

        Raises:
            InputError: as `predict`.
        """
        letter = self._composer.compose(self._mailboxes.at(address), draft, bytes(ID_BYTES), now)
        order = [*sending_order(letter.parts), *range(len(letter.parts), len(letter.parts) + len(more))]
        sizes = [*(PartSize.of(part) for part in letter.parts), *more]
        leaves = max(now, draft.leave_at or now)
        leaving = [sizes[number] for number in order]
        found = [
            self._parts.arrivals(each, leaving, leaves, bulk=draft.bulk_parts)
            for each in self._outgoing(address, draft, now)
        ]
        # Of a group, each part as it is where it comes last.
        latest = [max(parts, key=lambda each: _when(each.arrives)) for parts in zip(*found, strict=True)]
        return tuple(latest[order.index(number)] for number in range(len(sizes)))

    def is_plain(self, address: str, draft: Draft) -> bool:
        """Return whether a draft of a mailbox goes as its words alone, which other software reads.

        Raises:
            InputError: no such mailbox.
        """
        return self._composer.is_plain(self._mailboxes.at(address), draft)

    def reach(self, address: str, to: str, now: int) -> Reach:
        """Return the state of the way from a mailbox to a correspondent.

        Raises:
            InputError: no such mailbox, or no address.
        """
        mailbox = self._mailboxes.at(address)
        group = mailbox.groups.at(to) if is_group(to) else None
        if is_name(to):
            return Reach(ReachCode.NO_ROUTE, letters_here=self._letters.letters_here(mailbox.address, to))
        to = to if group is not None else canonical(to)
        letters_here = self._letters.letters_here(mailbox.address, to)
        others = () if group is None else [each for each in group.members if each != mailbox.address]
        nodes = [there for there, _ in by_node(others, self._forecaster.node_of)]
        ways = (
            [self._forecaster.reach(mailbox.address, each, now, letters_here) for each in nodes or [to]]
            if group is None or nodes
            else [Reach(ReachCode.HERE)]
        )
        # Of a group the way to those who are worst to reach: nothing said of it is too good for anyone.
        return max(ways, key=lambda each: (_WORSE.index(each.code), _when(each.arrives)))

    def why_late(self, address: str, draft: Draft, now: int) -> Lateness:
        """Return why a letter sent now would not be there sooner; arguments and errors as in `predict`."""
        ways = [(each, self._forecaster.forecast(each, now)) for each in self._outgoing(address, draft, now)]
        outgoing, found = max(ways, key=lambda way: _when(way[1].arrives))
        legs = legs_of(found.route) if found.route else ()
        return self._search.lateness(LateMessage(outgoing, None, legs, found.parts), now)

    def why_letter_late(self, address: str, letter_id: str, now: int) -> Lateness:
        """Return why a letter that waits or is on its way is not there sooner, as of now.

        Of a letter that has left, it tells about the route from the node where it is, or is next.

        Raises:
            InputError: there is no such letter, or it has come to its end.
        """
        mailbox = self._mailboxes.at(address)
        courses = mailbox.outgoing.courses(letter_id)
        if not courses:
            raise InputError(f"no letter {letter_id!r} was written here", where="letter")
        sent = least_far(courses)
        dispatch, expected = sent.dispatch, sent.dispatch.expected
        if not dispatch.is_on_its_way:
            state = dispatch.state.value
            raise InputError(f"the letter is on its way no more: it is {state}", where="letter")
        left = dispatch.state is DeliveryState.DEPARTED
        passed = [leg for leg in expected.legs if left and leg.leaves <= now]
        ahead = expected.legs[len(passed) :]
        source, at = self._forecaster.node, now
        if passed:
            source, at = passed[-1].to_node, max(now, passed[-1].arrives)
        to = sent.to or mailbox.index.entry(letter_id).correspondent
        if passed and source == self._forecaster.node_of(to):
            return Lateness(now, dispatch.size_bytes, last_hop=passed[-1])
        booked = [
            route
            for copy in dispatch.copies
            for route in self._booked(copy.key) or self._letters.booked_when_left(copy.key)
        ]
        message = LateMessage(
            outgoing_of(mailbox.address, to, sent, dispatch, now),
            sent.expires_at,
            ahead,
            expected.fragments if not passed else 1,
        )
        return self._search.lateness(message, now, at, source, booked)

    def doubts(self, address: str, letter_id: str, now: int) -> tuple[ForecastDoubt, ...]:
        """Return what speaks now against what is predicted of a letter, while it or a part is on its way."""
        courses = self._mailboxes.at(address).outgoing.courses(letter_id)
        under_way = [each for each in least_far(courses).dispatches if each.is_on_its_way] if courses else []
        if not under_way:
            return ()
        # The letter's own where it can be; parts take the same way, and leave after it.
        expected, left = under_way[0].expected, under_way[0].state is DeliveryState.DEPARTED
        due = expected.arrives if expected.receipt_at is None else expected.receipt_at
        return self._forecaster.doubts(expected.legs, now, due if left else None)

    def _outgoing(self, address: str, draft: Draft, now: int) -> list[Outgoing]:
        """Return how the letter that a draft would become is submitted: once, or to each node of a group."""
        # Nothing is drawn for it, so that asking does not change what is written.
        mailbox = self._mailboxes.at(address)
        letter = self._composer.compose(mailbox, draft, bytes(ID_BYTES), now)
        plain_text = self._composer.is_plain(mailbox, draft)
        nodes = by_node(letter.readers, self._forecaster.node_of) if letter.group else [(letter.to, ())]
        return [
            Outgoing(
                letter.sender,
                to,
                len(payload_of(replace(letter, to=to, readers=readers), now, plain_text=plain_text)),
                LETTER_LIFETIME // MILLISECOND,
                priority=draft.priority,
                critical=draft.critical,
            )
            for to, readers in nodes
        ]


def _when(arrives: int | None) -> int:
    """Return an arrival to be compared, in ns: none is later than any."""
    return 2**63 if arrives is None else arrives
