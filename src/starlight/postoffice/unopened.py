"""Letters that came and are hidden from their readers until a date, or an event of the mission.

Its author is told at once that it has arrived, as of any letter; nobody else learns of it before it opens.
Then it is filed like a letter that comes in that moment. Its author, and nobody else, can take it back as
long as it has not opened here: whatever of the two comes first. Time is that of this node's clock, and what
has opened stays open.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from starlight import dtntime
from starlight.errors import InputError, LetterError
from starlight.mailboxes.decoded import with_urgency
from starlight.mailboxes.mailbox import Mailbox
from starlight.mailboxes.stored_format import StoredLetter, Unopened
from starlight.messages.delivery import Received
from starlight.messages.format import decode_message
from starlight.messages.letter import Act, Letter, Opening
from starlight.messages.trace_events import LetterArrived, LetterDuplicate, LetterTakenBack, about, say
from starlight.node.application import Request, Untaken
from starlight.postoffice.node_mailboxes import NodeMailboxes
from starlight.postoffice.receipts import Receipts

Fact = bool | int | float | str
_NOT_YET = ("", "no", "false", "0")


class UnopenedMail:
    """The hidden letters at all mailboxes of one node.

    Args:
        node: its number.
        mailboxes: of the node.
        receipts: those that the mailboxes owe.
        fact: returns what is said of the mission under a name in the amended plan, or None.
    """

    def __init__(
        self, node: int, mailboxes: NodeMailboxes, receipts: Receipts, fact: Callable[[str], Fact | None]
    ) -> None:
        self._node = node
        self._mailboxes = mailboxes
        self._receipts = receipts
        self._fact = fact
        # Asked for after each step, so it is known without a walk over all mailboxes.
        self._waiting: dict[tuple[str, str], Opening] = {}

    def resume(self) -> None:
        """Take up what is hidden in the mailboxes, and what is owed for it."""
        for mailbox in self._mailboxes.values():
            for name, kept in mailbox.unopened.waiting():
                self._waiting[mailbox.address, name] = Opening(kept.opens, kept.event)
            for name, kept in mailbox.unopened.owing():
                self._receipts.owe(mailbox.address, name, kept.received, 0)

    def is_open(self, opening: Opening | None, now: int) -> bool:
        """Return whether a letter that says when it opens has opened; time in ns."""
        if opening is None or (opening.time is None and not opening.event):
            return True
        at = self.opens_at(opening)
        return at is not None and at <= now

    def hides(self, mailbox: Mailbox, letter: Letter, now: int) -> bool:
        """Return whether a letter that comes is not to be shown: it has not opened, or was taken back."""
        if letter.opens is None or letter.sender == mailbox.address:
            return False
        known = mailbox.unopened.find(letter.sender, letter.id)
        return known is not None or not self.is_open(letter.opens, now)

    def came(self, mailbox: Mailbox, stored: StoredLetter, letter: Letter, now: int) -> list[Request]:
        """Keep a letter that is hidden, and owe its author word that it came; one taken back, drop it."""
        opens, size = letter.opens or Opening(), len(stored.payload)
        tells = letter.receipt_wanted and letter.to == mailbox.address
        known = mailbox.unopened.find(letter.sender, letter.id)
        if known is not None:
            # Its sender missed the receipt, so it is told again.
            name, kept = known
            kept = replace(kept, received=replace(kept.received, told_arrival=not tells))
            saves = mailbox.unopened.put(name, kept)
            said = say(now, self._node, LetterDuplicate(*about(letter)))
        elif not mailbox.unopened.has_room(letter.sender, size):
            return [Untaken()]
        else:
            received = Received(arrived_at=now, told_arrival=not tells)
            kept = Unopened(letter.id, letter.sender, stored, size, opens.time, opens.event, received)
            name, saves = mailbox.unopened.add(kept)
            self._waiting[mailbox.address, name] = Opening(opens.time, opens.event)
            said = say(now, self._node, LetterArrived(*about(letter)))
        self._receipts.owe(mailbox.address, name, kept.received, now)
        return [*saves, said]

    def withdrawal_came(self, mailbox: Mailbox, letter: Letter, now: int) -> list[Request] | None:
        """Take a withdrawal; None of what is none, or has words for a reader and comes too late.

        Args:
            mailbox: where it came.
            letter: the withdrawal, which its author's address came with.
            now: in ns.
        """
        of = letter.reply_to
        if letter.act != Act.WITHDRAWN or of is None:
            return None
        done = mailbox.unopened.find(letter.sender, letter.id)
        is_late = self._is_open_here(mailbox, letter.sender, of)
        if is_late and letter.text:
            return None
        # That it was heeded is told as its reading; one that came too late only arrives.
        read_at = None if is_late else now
        received = Received(arrived_at=now, read_at=read_at) if done is None else done[1].received
        received = replace(received, told_arrival=False, told_reading=False)
        requests: list[Request] = []
        known = mailbox.unopened.find(letter.sender, of)
        if is_late or (known is not None and known[1].withdrawn):
            pass  # There is nothing to take back, or it is done.
        elif known is not None:
            name, kept = known
            self._waiting.pop((mailbox.address, name), None)
            erased = replace(kept, message=None, size_bytes=0, withdrawn=True)
            requests += mailbox.unopened.put(name, erased)
        elif mailbox.unopened.has_room(letter.sender, 0):
            # It was faster than what it takes back, whose arrival will be told when it comes.
            gone = Unopened(of, letter.sender, None, 0, None, "", _told(received), withdrawn=True)
            requests += mailbox.unopened.add(gone)[1]
        else:
            return [Untaken()]
        own = Unopened(letter.id, letter.sender, None, 0, None, "", received, withdrawn=True)
        if done is not None:
            name, requests = done[0], [*requests, *mailbox.unopened.put(done[0], own)]
        else:
            name, saves = mailbox.unopened.add(own)
            requests += saves
        if letter.receipt_wanted:
            self._receipts.owe(mailbox.address, name, received, now)
        said = [] if is_late else [say(now, self._node, LetterTakenBack(*about(letter)))]
        return [*requests, *said]

    def next_wakeup(self) -> int | None:
        """Return when the next of them opens, in ns, or None."""
        found = (self.opens_at(each) for each in self._waiting.values())
        return min((at for at in found if at is not None), default=None)

    def opened(self, now: int) -> list[tuple[Mailbox, StoredLetter, Letter, Received, list[Request]]]:
        """Return the letters that open now, which are hidden no more, and what lets go of their places."""
        found: list[tuple[Mailbox, StoredLetter, Letter, Received, list[Request]]] = []
        for (address, name), opening in list(self._waiting.items()):
            if not self.is_open(opening, now):
                continue
            del self._waiting[address, name]
            mailbox = self._mailboxes[address]
            kept, stored = mailbox.unopened.get(name), mailbox.unopened.message(name)
            letter = None if stored is None else _letter(stored)
            if kept is None or stored is None or letter is None:
                continue  # It was set aside.
            received = replace(kept.received, opened_at=now)
            found.append((mailbox, stored, letter, received, [*mailbox.unopened.drop(name)]))
        return found

    def _is_open_here(self, mailbox: Mailbox, sender: str, id: str) -> bool:
        for name in (id, f"{sender}/{id}"):
            letter = mailbox.letter(name)
            if letter is not None and letter.sender == sender:
                return True
        return False

    def opens_at(self, opening: Opening) -> int | None:
        """Return when a letter opens, in ns; None as long as only an event can open it that has not been."""
        event = _moment(self._fact(opening.event)) if opening.event else None
        return min((at for at in (opening.time, event) if at is not None), default=None)


def _moment(said: Fact | None) -> int | None:
    """Return when what is said of the mission has happened, in ns: at a moment that it names, or before."""
    if said is None or said is False or str(said).lower() in _NOT_YET:
        return None
    try:
        return dtntime.from_text(said) if isinstance(said, str) else 0
    except InputError:
        return 0


def _told(received: Received) -> Received:
    return replace(received, told_arrival=True, told_reading=True)


def _letter(stored: StoredLetter) -> Letter | None:
    try:
        message = decode_message(stored.payload, stored.envelope)
    except LetterError:
        return None
    return with_urgency(message, stored.priority) if isinstance(message, Letter) else None
