"""Letters that are held at their author's node, let go, and put into another order.

A letter that is held is kept as written, and nothing of it is at the node. One that waits there already is
taken back first, bundle by bundle; what has left meanwhile goes on. The node sends what is equally urgent in
the order in which it was submitted, so another order is made by taking back all that change their place, and
submitting them again once all are back. Which place each has is saved with it: after a crash this goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

from msgspec.structs import replace

from starlight.dtntime import to_text
from starlight.errors import InputError
from starlight.mailboxes.mailbox import Mailbox
from starlight.messages.awaited_name import is_name, name_in
from starlight.messages.delivery import WITHDRAWABLE, DeliveryState, Happening, after
from starlight.messages.dispatch import Dispatch, Expected, Sent
from starlight.messages.draft import Draft
from starlight.messages.forecast import MessageForecaster
from starlight.messages.held import Held
from starlight.messages.letter import Letter
from starlight.node.application import Request, Withdraw
from starlight.postoffice import reprediction
from starlight.postoffice.open_letters import OpenLetters
from starlight.postoffice.part_forecasts import PartForecasts
from starlight.postoffice.recorded import require_room
from starlight.postoffice.resend import outgoing_of, submission

MOVED_MAX = 64
"""Letters that change their place at once: each is taken back and submitted again in one commit."""


class Holds:
    """The letters of one node's mailboxes that do not leave yet.

    Args:
        mailboxes: by address; shared with the post office.
        forecaster: foresees what becomes of messages from there.
        letters: those that are open.
        go_on: gives the submissions of the chunks of a letter's parts that are next.
    """

    def __init__(
        self,
        mailboxes: Mapping[str, Mailbox],
        forecaster: MessageForecaster,
        letters: OpenLetters,
        go_on: Callable[[Mailbox, Letter, Sent, int], list[Request]],
    ) -> None:
        self._mailboxes = mailboxes
        self._forecaster = forecaster
        self._parts = PartForecasts(forecaster)
        self._letters = letters
        self._go_on = go_on

    # A letter that is being written.

    def wanted(self, mailbox: Mailbox, draft: Draft, now: int) -> Held | None:
        """Return how a draft is to be held, or None; times in ns.

        Raises:
            InputError: it is to leave in the past, or after a letter that was not written here.
        """
        awaits = draft.to if is_name(draft.to) else None
        if awaits is not None:
            require_room(self._letters, mailbox.address, awaits)
        if not draft.is_held and awaits is None:
            return None
        if draft.leave_at is not None and draft.leave_at <= now:
            right = f"It is {to_text(now)} now: give a later moment, or none"
            raise InputError(f"{to_text(draft.leave_at)} has passed", where="leave_at", right=right)
        if draft.after is not None and not mailbox.outgoing.courses(draft.after):
            right = "Give the id of a letter that you wrote"
            raise InputError(f"no letter {draft.after!r} was written here", where="after", right=right)
        # What has been read by all lets go at once.
        after = None if self._was_read(mailbox, draft.after) else draft.after
        held = Held(now, draft.leave_at, after, awaits=awaits)
        return None if held.is_by_hand and not draft.hold else held

    def foreseen(self, letter: Letter, sent: Sent, now: int) -> Sent:
        """Return a course of a letter with what is foreseen of it: of one that is held, as far as it can be.

        One that leaves at a date is foreseen from then on; of one that waits for a person nothing is known.
        """
        at = now if sent.held is None else sent.held.due
        if at is None:
            return sent
        words = outgoing_of(letter.sender, letter.to, sent, sent.dispatch, now)
        found = self._forecaster.forecast(words, max(now, at))
        if found.arrives is not None:
            # What is first foreseen of the words is what the node says when it has them.
            expected = reprediction.expected_of(self._forecaster, words, found)
            sent = sent.having(replace(sent.dispatch, expected=expected))
        # Large ones arrive hours after the words that they belong to, each after those before it: as their
        # author was told before they were sent.
        told = self._parts.of_course(letter, sent, max(now, at))
        for each in sent.parts:
            part = told.get(each.part)
            if part is not None and part.arrives is not None:
                sent = sent.having(each.expecting(part))
        return sent

    # What a person orders.

    def hold(self, address: str, letter_id: str, now: int, until: int | None = None) -> list[Request]:
        """Hold a letter that has not left, until a moment in ns, or until a person lets it go.

        Raises:
            InputError: it has left, or there is no such letter, or the moment has passed.
        """
        mailbox = self._mailbox(address)
        if until is not None and until <= now:
            right = f"It is {to_text(now)} now: give a later moment, or none"
            raise InputError(f"{to_text(until)} has passed", where="until", right=right)
        requests: list[Request] = []
        for sent in self._here(mailbox, letter_id):
            held = Held(now, until, awaits=None if sent.held is None else sent.held.awaits)
            requests += self._take_back(mailbox, letter_id, sent, held, now)
        return requests

    def let_go(self, address: str, letter_id: str, now: int) -> list[Request]:
        """Let a letter go that is held.

        Raises:
            InputError: it is not held, or there is no such letter.
        """
        mailbox = self._mailbox(address)
        held = [sent for sent in self._here(mailbox, letter_id) if sent.held is not None]
        if not held:
            raise InputError("the letter is not held", where="letter", right="It leaves as soon as it can")
        awaits = held[0].held.awaits if held[0].held else None
        if awaits is not None:
            right = "Give it one: then what waits leaves"
            raise InputError(f"{name_in(awaits)} has no address yet", where="letter", right=right)
        requests: list[Request] = []
        for sent in held:
            requests += self.release(mailbox, sent.id_of(letter_id), now)
        return requests

    def reorder(self, address: str, order: Sequence[str], now: int) -> list[Request]:
        """Put letters that wait here into an order, by their ids: each leaves after the one before it.

        Raises:
            InputError: one of them does not wait here, a less urgent one would stand before a more urgent
                one, one is named twice, or there are too many.
        """
        mailbox = self._mailbox(address)
        if len(order) > MOVED_MAX or len(set(order)) < len(order):
            right = f"Name each once, and at most {MOVED_MAX}"
            raise InputError(f"an order of {len(order)} letters", where="order", right=right)
        courses = [sent for id in order for sent in self._waiting(mailbox, id)]
        urgency = [sent.precedence(sent.dispatch).urgency for sent in courses]
        if any(later > earlier for earlier, later in pairwise(urgency)):
            right = "What is more urgent leaves first; move it among those that are as urgent"
            raise InputError("a more urgent letter would stand behind another", where="order", right=right)
        requests: list[Request] = []
        for place, id in enumerate(order):
            for sent in self._waiting(mailbox, id):
                requests += self._take_back(mailbox, id, sent, Held(now, place=place), now)
        return requests

    # What follows.

    def came_back(self, mailbox: Mailbox, letter: Letter, sent: Sent, now: int) -> list[Request]:
        """Take note that a bundle of a letter that is held is back; time in ns."""
        if sent.dispatch.is_carried or any(_waits(each) for each in sent.parts):
            return [*self._letters.put(mailbox, letter.id, sent)]
        sent = self.foreseen(letter, _at_home(sent), now)
        saves = self._letters.put(mailbox, letter.id, sent)
        return [*saves, *self._in_order(mailbox, now)]

    def left(self, mailbox: Mailbox, letter: Letter, sent: Sent, now: int) -> list[Request]:
        """Hold a letter no more that left before it could be taken back; its parts go on. Time in ns."""
        sent = replace(sent, held=None)
        saves = self._letters.put(mailbox, letter.id, sent)
        return [*saves, *self._go_on(mailbox, letter, sent, now), *self._in_order(mailbox, now)]

    def release(self, mailbox: Mailbox, course: str, now: int) -> list[Request]:
        """Submit a course of a letter that was held, by its id; nothing where it is on its way back."""
        written = mailbox.outgoing.written(course)
        if written is None:
            return []  # It was set aside.
        letter, sent = written
        is_home = not any(_waits(each) for each in sent.dispatches)
        sent = replace(sent, held=None).having(sent.dispatch.due_at(None))
        if not is_home:
            # Its bundles are asked for and not back yet: whatever comes back is offered again at once.
            held = Held(now, until=now)
            sent = replace(sent, held=held).having(sent.dispatch.due_at(now))
            return [*self._letters.put(mailbox, letter.id, sent)]
        sent = self.foreseen(letter, sent, now)
        saves = self._letters.put(mailbox, letter.id, sent)
        return [*saves, submission(letter, sent, now), *self._go_on(mailbox, letter, sent, now)]

    def was_read(self, mailbox: Mailbox, now: int) -> list[Request]:
        """Let those go that waited until all readers of another letter had read it; time in ns."""
        requests: list[Request] = []
        for each in self._letters.held(mailbox.address):
            held = each.sent.held
            if held is not None and held.awaits is None and self._was_read(mailbox, held.after):
                requests += self.release(mailbox, each.id, now)
        return requests

    def _was_read(self, mailbox: Mailbox, letter_id: str | None) -> bool:
        """Return whether all readers of an own letter have read it, as receipts tell; False of none."""
        courses = [] if letter_id is None else mailbox.outgoing.courses(letter_id)
        return bool(courses) and all(sent.read_at is not None for sent in courses)

    def resume(self, now: int) -> list[Request]:
        """Go on with orders that a crash interrupted; time in ns."""
        requests: list[Request] = []
        for mailbox in list(self._mailboxes.values()):
            for each in self._letters.held(mailbox.address):
                copies = [copy for copy in each.sent.copies if not copy.gone and copy.departed_at is None]
                requests += [Withdraw(copy.key) for copy in copies]
            requests += self._in_order(mailbox, now)
        return requests

    def _in_order(self, mailbox: Mailbox, now: int) -> list[Request]:
        """Submit what changes its place, once all of it is back."""
        moving = [each for each in self._letters.held(mailbox.address) if _place(each.sent) is not None]
        if any(_waits(dispatch) for each in moving for dispatch in each.sent.dispatches):
            return []
        requests: list[Request] = []
        for each in sorted(moving, key=lambda each: _place(each.sent) or 0):
            requests += self.release(mailbox, each.id, now)
        return requests

    def _take_back(self, mailbox: Mailbox, letter_id: str, sent: Sent, held: Held, now: int) -> list[Request]:
        """Hold a course of a letter, and ask for its bundles that wait at the node."""
        sent = replace(sent, held=held).having(sent.dispatch.due_at(held.due))
        written = mailbox.outgoing.written(sent.id_of(letter_id))
        if written is None:
            return []  # It was set aside.
        keys = [copy.key for copy in sent.copies if not copy.gone and copy.departed_at is None]
        if not keys:
            sent = self.foreseen(written[0], _at_home(sent), now)
        return [*self._letters.put(mailbox, letter_id, sent), *map(Withdraw, keys)]

    def _here(self, mailbox: Mailbox, letter_id: str) -> list[Sent]:
        """Return the courses of a letter of which nothing has left.

        Raises:
            InputError: there are none.
        """
        courses = mailbox.outgoing.courses(letter_id)
        here = [sent for sent in courses if sent.dispatch.state in WITHDRAWABLE and not _is_taken(sent)]
        if here:
            return here
        if not courses:
            raise InputError(f"no letter {letter_id!r} was written here", where="letter")
        dispatch = courses[0].dispatch
        left = dispatch.confirmed.departed_at or dispatch.confirmed.given_at
        told = "" if left is None else f": it left at {to_text(left)}"
        raise InputError(f"the letter does not wait here any more{told}", where="letter")

    def _waiting(self, mailbox: Mailbox, letter_id: str) -> list[Sent]:
        """Return the courses of a letter that wait at the node, and that nothing holds; errors as above."""
        here = [sent for sent in self._here(mailbox, letter_id) if sent.held is None]
        if not here:
            right = "Let it go first"
            raise InputError(f"the letter {letter_id!r} is held", where="order", right=right)
        return here

    def _mailbox(self, address: str) -> Mailbox:
        mailbox = self._mailboxes.get(address)
        if mailbox is None:
            raise InputError(f"no mailbox {address!r} here", where="mailbox")
        return mailbox


def _at_home(sent: Sent) -> Sent:
    """Return a course of which nothing is at the node any more: all of it is only written again."""
    for each in sent.dispatches:
        if each.state is DeliveryState.QUEUED:
            known = replace(
                each,
                state=after(each.state, Happening.HELD_BACK),
                confirmed=replace(each.confirmed, queued_at=None),
                expected=Expected(),
            )
            sent = sent.having(known)
    return sent


def _waits(dispatch: Dispatch) -> bool:
    """Return whether a bundle of a dispatch is at the node, as far as is known here."""
    return any(not copy.gone and copy.departed_at is None for copy in dispatch.copies)


def _is_taken(sent: Sent) -> bool:
    """Return whether a link may have taken the letter itself, though it waits here again."""
    return any(copy.departed_at is not None and not copy.gone for copy in sent.dispatch.copies)


def _place(sent: Sent) -> int | None:
    return None if sent.held is None else sent.held.place
