"""Letters that are due: offered again, sent again because a receipt is lost, or at the end of their time.

What the node refused, or lost, is offered again after a while. A letter whose receipt is overdue may be
lost with a relay's store, or only its receipt is; the two look alike from here. So it is sent again, on a
later contact, but a few times at most, and only where a route there and back is planned: without a way
back no receipt could tell that the first one arrived, and each copy would cost the thin link for nothing.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from starlight.bundle import BundleFlags
from starlight.dtntime import DAY, HOUR, MILLISECOND
from starlight.mailboxes.mailbox import Mailbox
from starlight.messages.course import course_id
from starlight.messages.delivery import Happening, after
from starlight.messages.dispatch import Dispatch, Expected, Sent
from starlight.messages.doubt import Doubt, DoubtCode, Trouble
from starlight.messages.forecast import MessageForecaster
from starlight.messages.format import payload_of
from starlight.messages.letter import Letter
from starlight.messages.trace_events import LetterExpired, LetterResent, about, say
from starlight.node.application import NotKept, Request, Submit
from starlight.node.forecast import Outgoing
from starlight.postoffice.group_nodes import GroupNodes
from starlight.postoffice.open_letters import OpenLetters
from starlight.postoffice.reprediction import RESENDS_MAX, expected_of

RETRY_AFTER = HOUR
RETRY_AFTER_MAX = DAY
"""A letter that the node refused (its store is full) is offered again an hour later, then after two, four,
and so on, at last each day."""


class Resends:
    """The letters written at one node that are due to be offered or sent again.

    Args:
        node: its number.
        forecaster: foresees what becomes of messages from there.
        letters: those that are open.
        go_on: gives the submissions of the chunks of a letter's parts that are next.
        nodes: of groups.
        release: lets a course go that was held until now, by its id.
    """

    def __init__(
        self,
        node: int,
        forecaster: MessageForecaster,
        letters: OpenLetters,
        go_on: Callable[[Mailbox, Letter, Sent, int], list[Request]],
        nodes: GroupNodes,
        release: Callable[[Mailbox, str, int], list[Request]],
    ) -> None:
        self._nodes = nodes
        self._node = node
        self._forecaster = forecaster
        self._letters = letters
        self._go_on = go_on
        self._release = release

    def next_wakeup(self) -> int | None:
        """Return when `handle_timer` has something to look after."""
        return self._letters.next_due()

    def handle_timer(self, now: int) -> list[Request]:
        """Look after the letters that are due."""
        requests: list[Request] = []
        while (due := self._letters.take_due(now)) is not None:
            mailbox, letter_id = due
            written = mailbox.outgoing.written(letter_id)
            if written is None:
                continue  # It was set aside.
            requests += self._parts_due(mailbox, *written, now)
            # Read once more, as letting its parts go on has changed it.
            letter, sent = written[0], mailbox.outgoing.course(letter_id)
            own = sent.dispatch.attempts.due
            if own is not None and own <= now:
                requests += self._look_after(mailbox, letter, sent.having(sent.dispatch.due_at(None)), now)
        return requests

    def _parts_due(self, mailbox: Mailbox, letter: Letter, sent: Sent, now: int) -> list[Request]:
        """Let the parts of a letter go on that the node could not take before."""
        due = [each for each in sent.parts if each.attempts.due is not None and each.attempts.due <= now]
        for each in due:
            sent = sent.having(each.due_at(None))
        if not due:
            return []
        return [*self._letters.put(mailbox, letter.id, sent), *self._go_on(mailbox, letter, sent, now)]

    def expired(self, mailbox: Mailbox, letter: Letter, sent: Sent, reason: str, now: int) -> list[Request]:
        """End a letter whose time is over, and which nothing carries any more."""
        dispatch = sent.dispatch
        ended = replace(
            dispatch,
            state=after(dispatch.state, Happening.GONE),
            confirmed=replace(dispatch.confirmed, ended_at=now),
        )
        said = say(now, self._node, LetterExpired(*about(letter), reason=reason))
        return [*self._letters.put(mailbox, letter.id, sent.ended_with(ended)), said]

    def _look_after(self, mailbox: Mailbox, letter: Letter, sent: Sent, now: int) -> list[Request]:
        if now >= sent.expires_at:
            # What a bundle carries may have arrived: its receipt can still come, after the letter's time.
            if sent.dispatch.is_carried:
                return [*self._letters.put(mailbox, letter.id, sent)]
            return self.expired(mailbox, letter, sent, NotKept.LIFETIME_EXPIRED, now)
        if sent.held is not None:
            return self._release(mailbox, sent.id_of(letter.id), now)
        if not sent.dispatch.is_carried:
            return [*self._letters.put(mailbox, letter.id, sent), submission(letter, sent, now)]
        return self._receipt_overdue(mailbox, letter, sent, now)

    def _receipt_overdue(self, mailbox: Mailbox, letter: Letter, sent: Sent, now: int) -> list[Request]:
        dispatch, attempts = sent.dispatch, sent.dispatch.attempts
        if attempts.resends >= RESENDS_MAX:
            given_up = replace(
                dispatch,
                attempts=replace(attempts, overdue=False),
                doubtful=Doubt(DoubtCode.GIVEN_UP, times=attempts.resends + 1),
            )
            return [*self._letters.put(mailbox, letter.id, sent.having(given_up))]
        outgoing = outgoing_of(letter.sender, letter.to, sent, dispatch, now)
        # By the plan as it is now: the way back that there was may be gone, or there is one at last.
        found = self._forecaster.forecast(outgoing, now)
        expected = expected_of(self._forecaster, outgoing, found) if found.arrives is not None else Expected()
        if expected.receipt_at is None:
            # It stays overdue: the next plan that has a way back makes it due at once.
            waits = replace(
                dispatch,
                attempts=replace(attempts, overdue=True),
                doubtful=Doubt(DoubtCode.WAITS_FOR_RETURN),
            )
            return [*self._letters.put(mailbox, letter.id, sent.having(waits))]
        again = replace(
            dispatch,
            attempts=replace(attempts, resends=attempts.resends + 1, overdue=False),
            doubtful=Doubt(DoubtCode.SENT_AGAIN, at=now),
            expected=expected,
        )
        if sent.readers:
            to = self._nodes.next_to_try(letter.sender, letter.to, sent.readers)
            letter, sent = replace(letter, to=to), replace(sent, to=to)
        return [
            *self._letters.put(mailbox, letter.id, sent.having(again)),
            submission(letter, sent, now),
            say(now, self._node, LetterResent(*about(letter), resends=again.attempts.resends)),
        ]


def outgoing_of(sender: str, to: str, sent: Sent, dispatch: Dispatch, now: int) -> Outgoing:
    """Return how a dispatch of a letter is submitted, with what is left of the letter's lifetime."""
    priority, critical = sent.precedence(dispatch)
    size, lifetime_ms = dispatch.size_bytes, lifetime_ms_of(sent, now)
    return Outgoing(sender, to, size, lifetime_ms, priority=priority, critical=critical)


def lifetime_ms_of(sent: Sent, now: int) -> int:
    """Return what is left of a letter's lifetime, in ms; 1 where it is over."""
    return max(1, (sent.expires_at - now) // MILLISECOND)


def submission(letter: Letter, sent: Sent, now: int) -> Submit:
    """Return the request to send a letter as a bundle, with what is left of its lifetime.

    Args:
        letter: as it goes by the course.
        sent: what is known of that.
        now: in ns.
    """
    priority, critical = sent.precedence(sent.dispatch)
    return Submit(
        letter_token(letter, sent.course),
        letter.sender,
        letter.to,
        payload_of(letter, now, plain_text=sent.plain_text),
        lifetime_ms_of(sent, now),
        flags=BundleFlags.REPORT_DELIVERY.value if sent.plain_text else 0,
        priority=priority,
        critical=critical,
    )


def letter_token(letter: Letter, course: int = 0) -> str:
    """Return the token under which a letter is submitted: its author's address and the id of its course."""
    return f"letter/{letter.sender} {course_id(letter.id, course)}"


def offered_later(dispatch: Dispatch, trouble: Trouble, now: int) -> Dispatch:
    """Return a dispatch that the node did not keep: when it is offered again, and why."""
    attempts = dispatch.attempts
    # Eight doublings pass the longest wait already; more would only make a large number.
    wait = min(RETRY_AFTER << min(attempts.tries, 8), RETRY_AFTER_MAX)
    return replace(
        dispatch, attempts=replace(attempts, tries=attempts.tries + 1, due=now + wait), trouble=trouble
    )
