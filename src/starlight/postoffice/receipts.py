"""Receipts that are due: gathered, so that a full inbox answers with a handful of bundles.

What falls due in one instant for one correspondent goes in one bundle. A receipt is posted
whether or not a route back is open now: the node keeps it, for `RECEIPT_LIFETIME`. A letter that
says that no route back was planned when it was written gets none, and a receipt never gets one.
A receipt is of normal priority, whatever the letter's: one bundle answers many letters, and how urgent
a letter is does not travel with it. It must not be bulk, as a mailbox that misses it sends again.
What has been told is saved in the same commit in which the node takes the receipt, so after a
crash a receipt is sent once more rather than never.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from starlight.dtntime import HOUR, MILLISECOND, YEAR
from starlight.mailboxes.author_ids import id_of_author
from starlight.mailboxes.known_formats import KnownFormats
from starlight.mailboxes.mailbox import Mailbox
from starlight.messages.delivery import Received
from starlight.messages.format import encode_message
from starlight.messages.group import is_group
from starlight.messages.letter import RECEIPT_FACTS_MAX, Receipt, ReceiptFact
from starlight.messages.wire_values import Envelope
from starlight.node.application import Request, Save, Submit

RECEIPT_LIFETIME = YEAR
"""A receipt outlives a solar conjunction and a season of storms; afterwards nobody waits for it."""

RETRY_AFTER = HOUR
"""A receipt that the node has refused, because its store is full, is owed again after this time."""


class Receipts:
    """The receipts that the mailboxes of one node owe.

    Args:
        mailboxes: by address; shared with the post office.
        formats: in which correspondents are written to.
    """

    def __init__(self, mailboxes: Mapping[str, Mailbox], formats: KnownFormats) -> None:
        self._mailboxes = mailboxes
        self._formats = formats
        self._owed: dict[tuple[str, str], None] = {}  # mailbox and letter id, in the order of owing
        self._owed_at: int | None = None
        self._offered: dict[str, list[tuple[str, ReceiptFact]]] = {}
        self._count = 0

    def owe(self, mailbox: str, letter_id: str, received: Received, now: int) -> None:
        """Owe a receipt for what has not been told about a letter, or by its name about a hidden one."""
        if not received.owes_receipt:
            return
        self._owed[mailbox, letter_id] = None
        self._owed_at = now if self._owed_at is None else min(now, self._owed_at)

    def next_wakeup(self) -> int | None:
        """Return when `posts` has something to send."""
        return self._owed_at

    def posts(self, now: int) -> list[Request]:
        """Return the posts of all receipts owed."""
        if self._owed_at is None or self._owed_at > now:
            return []
        gathered: dict[tuple[str, str], list[ReceiptFact]] = {}
        for address, letter_id in self._owed:
            mailbox = self._mailboxes[address]
            received = _received(mailbox, letter_id)
            if received is None:
                continue  # It was set aside.
            sender = _author(mailbox, letter_id)
            facts = gathered.setdefault((address, sender), [])
            if not received.told_arrival:
                facts.append(ReceiptFact(letter_id, "arrived", received.arrived_at))
            if received.read_at is not None and not received.told_reading:
                facts.append(ReceiptFact(letter_id, "read", received.read_at))
            for part in received.untold_parts:
                state = mailbox.parts.get(letter_id, part)
                if state is not None and state.arrived_at is not None:
                    facts.append(ReceiptFact(letter_id, "arrived", state.arrived_at, part))
        self._owed.clear()
        self._owed_at = None
        return [
            self._post(address, sender, facts[start : start + RECEIPT_FACTS_MAX], now)
            for (address, sender), facts in gathered.items()
            for start in range(0, len(facts), RECEIPT_FACTS_MAX)
        ]

    def accepted(self, token: str) -> list[Request]:
        """Return the saves that say that what a receipt holds has been told."""
        requests: list[Request] = []
        for address, fact in self._offered.pop(token, []):
            mailbox = self._mailboxes[address]
            received = _received(mailbox, fact.letter_id)
            if received is None:
                continue
            if fact.part is not None:
                untold = tuple(part for part in received.untold_parts if part != fact.part)
                received = replace(received, untold_parts=untold)
            elif fact.what == "arrived":
                received = replace(received, told_arrival=True)
            else:
                received = replace(received, told_reading=True)
            requests += _kept(mailbox, fact.letter_id, received)
        return requests

    def rejected(self, token: str, now: int) -> None:
        """Owe again, later, what a refused receipt holds."""
        for address, fact in self._offered.pop(token, []):
            received = _received(self._mailboxes[address], fact.letter_id)
            if received is not None:
                self.owe(address, fact.letter_id, received, now + RETRY_AFTER)

    def _post(self, address: str, sender: str, facts: list[ReceiptFact], now: int) -> Submit:
        self._count += 1
        token = f"receipt/{self._count}"
        self._offered[token] = [(address, fact) for fact in facts]
        mailbox = self._mailboxes[address]
        told = tuple(replace(fact, letter_id=_id_there(mailbox, fact.letter_id)) for fact in facts)
        receipt = Receipt(told, format=self._formats.to_write(address, sender))
        payload = encode_message(receipt, Envelope(address, sender, now))
        return Submit(token, address, sender, payload, RECEIPT_LIFETIME // MILLISECOND)


def _author(mailbox: Mailbox, letter_id: str) -> str:
    """Return the address of who wrote a letter that came, to whom its receipts go."""
    hidden = mailbox.unopened.get(letter_id)
    if hidden is not None:
        return hidden.sender
    correspondent = mailbox.index.entry(letter_id).correspondent
    if not is_group(correspondent):
        return correspondent
    letter = mailbox.letter(letter_id)
    return correspondent if letter is None else letter.sender


def _received(mailbox: Mailbox, letter_id: str) -> Received | None:
    """Return what is known of the coming of a letter, or of one that is hidden, by its name."""
    hidden = mailbox.unopened.get(letter_id)
    return mailbox.received(letter_id) if hidden is None else hidden.received


def _kept(mailbox: Mailbox, letter_id: str, received: Received) -> list[Save]:
    hidden = mailbox.unopened.get(letter_id)
    if hidden is None:
        return mailbox.incoming.put(letter_id, received)
    return mailbox.unopened.put(letter_id, replace(hidden, received=received))


def _id_there(mailbox: Mailbox, letter_id: str) -> str:
    """Return the id by which its author knows a letter, or a hidden one by its name."""
    hidden = mailbox.unopened.get(letter_id)
    return id_of_author(mailbox, letter_id) if hidden is None else hidden.id
