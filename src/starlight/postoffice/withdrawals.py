"""Letters that are taken back after they have left: those that have not opened where they went to.

A withdrawal is a letter of its own. It is offered only while it is foreseen to arrive before the other opens;
that it was heeded, a receipt tells: it counts as read then, and one that came too late as arrived alone.
"""

from __future__ import annotations

from collections.abc import Callable

from starlight.dtntime import MINUTE, to_text
from starlight.errors import InputError
from starlight.mailboxes.mailbox import Mailbox
from starlight.messages.delivery import WITHDRAWABLE, DeliveryState
from starlight.messages.draft import Draft
from starlight.messages.letter import Act, Letter, Opening
from starlight.messages.urgency import Priority
from starlight.messages.withdrawal import Withdrawal
from starlight.node.application import Request
from starlight.postoffice.letter_forecasts import LetterForecasts
from starlight.postoffice.node_mailboxes import NodeMailboxes
from starlight.postoffice.outbox import Outbox

KNOWN_MAX = 1_024
"""Last safe moments that are remembered: as many as letters of one mailbox may open later."""

STEPS_MAX = 32
"""Forecasts that one search for the last safe moment asks for: enough to find a minute in 50 years."""


class Withdrawals:
    """The withdrawals of letters that were written at one node and have left.

    Args:
        mailboxes: of the node.
        outbox: writes them.
        forecasts: foresee them.
        opens_at: returns when a letter opens, as far as is known here, in ns, or None.
    """

    def __init__(
        self,
        mailboxes: NodeMailboxes,
        outbox: Outbox,
        forecasts: LetterForecasts,
        opens_at: Callable[[Opening], int | None],
    ) -> None:
        self._mailboxes = mailboxes
        self._outbox = outbox
        self._forecasts = forecasts
        self._opens_at = opens_at
        # Each costs a search, and every look at a letter asks for it.
        self._safe: dict[tuple[str, str, int], int] = {}

    def plan_changed(self) -> None:
        """Forget what was foreseen by the plan before."""
        self._safe.clear()

    def of(self, address: str, letter_id: str, now: int) -> Withdrawal | None:
        """Return how a letter that has left can be taken back; None of one that is never hidden.

        Args:
            address: of the mailbox that wrote it.
            letter_id: of the letter.
            now: in ns.

        Raises:
            InputError: there is no such mailbox.
        """
        mailbox = self._mailboxes.at(address)
        letter, courses = mailbox.letter(letter_id), mailbox.outgoing.courses(letter_id)
        if letter is None or letter.opens is None or not courses:
            return None
        opens = self._opens_at(letter.opens)
        sent = withdrawal_of(mailbox, letter_id)
        if sent is not None:
            answers = mailbox.outgoing.courses(sent)
            heeded = all(each.read_at is not None for each in answers)
            told = all(each.dispatch.state is DeliveryState.ARRIVED for each in answers)
            return Withdrawal(opens, sent=True, heeded=heeded, late=told and not heeded)
        if all(each.dispatch.state in WITHDRAWABLE for each in courses):
            return Withdrawal(opens)  # It has not left: it is withdrawn here.
        arrives = self._arrives(mailbox, letter, now)
        offered = arrives is not None and (opens is None or arrives < opens)
        until = self._last_safe(mailbox, letter, opens, now) if offered and opens is not None else None
        return Withdrawal(opens, arrives, until, offered)

    def send(self, address: str, letter_id: str, now: int) -> tuple[Letter, list[Request]]:
        """Send the withdrawal of a letter that has left; asked again, return the one that there is.

        Raises:
            InputError: it would come too late, the letter is none that opens later, or there is none.
        """
        mailbox = self._mailboxes.at(address)
        found, letter = self.of(address, letter_id, now), mailbox.letter(letter_id)
        if found is None or letter is None:
            what = f"no letter {letter_id!r} that opens later was written here"
            raise InputError(what, where="letter", right="Only what is hidden from its reader is taken back")
        before = withdrawal_of(mailbox, letter_id)
        known = None if before is None else mailbox.letter(before)
        if known is not None:
            return known, []
        if not found.offered:
            raise InputError(_too_late(found), where="letter", right="Write to its reader instead")
        return self._outbox.write(address, _draft(mailbox, letter), now, takes_back=True)

    def _arrives(self, mailbox: Mailbox, letter: Letter, leaves: int) -> int | None:
        return self._forecasts.predict(mailbox.address, _draft(mailbox, letter), leaves).arrives

    def _last_safe(self, mailbox: Mailbox, letter: Letter, opens: int, now: int) -> int:
        """Return the last moment at which a withdrawal is in time: what leaves later comes no sooner."""
        asked = (mailbox.address, letter.id, opens)
        if self._safe.get(asked, now) > now:
            return self._safe[asked]
        safe, late = now, opens
        for _ in range(STEPS_MAX):
            if late - safe <= MINUTE:
                break
            middle = (safe + late) // 2
            arrives = self._arrives(mailbox, letter, middle)
            safe, late = (middle, late) if arrives is not None and arrives < opens else (safe, middle)
        if len(self._safe) >= KNOWN_MAX:
            self._safe.clear()
        self._safe[asked] = safe
        return safe


def withdrawal_of(mailbox: Mailbox, letter_id: str) -> str | None:
    """Return the id of the withdrawal of an own letter that was written here, or None."""
    for entry in mailbox.index.answers(letter_id):
        answer = mailbox.letter(entry.id)
        if answer is not None and answer.act == Act.WITHDRAWN and answer.sender == mailbox.address:
            return entry.id
    return None


def _draft(mailbox: Mailbox, letter: Letter) -> Draft:
    to = mailbox.index.entry(letter.id).correspondent
    return Draft(to, "", letter.id, Priority.EXPEDITED, act="withdrawn")


def _too_late(found: Withdrawal) -> str:
    if found.arrives is None:
        return "a withdrawal would not arrive"
    opens = "" if found.opens is None else f", and the letter opens at {to_text(found.opens)}"
    return f"a withdrawal would arrive at {to_text(found.arrives)}{opens}"
