"""Letters that were recorded for people who have no address yet, and what gives them one.

Such a letter stands in its author's mailbox under the name of whom it is for, whole, and held. Once an
address is given, the conversation becomes that with the address, and what waits leaves in the order in which
it was written: all in one commit, with the address, so that after a crash either all is done or nothing.
"""

from __future__ import annotations

from msgspec.structs import replace

from starlight.errors import InputError
from starlight.mailboxes.index_entries import IndexEntry
from starlight.mailboxes.known_formats import OLDEST, KnownFormats
from starlight.mailboxes.mailbox import Mailbox
from starlight.mailboxes.stored_format import StoredLetter
from starlight.messages.awaited_name import awaited, name_in
from starlight.messages.conversation_order import thread_of
from starlight.messages.delivery import WITHDRAWABLE
from starlight.messages.dispatch import Sent
from starlight.messages.draft import destination
from starlight.messages.forecast import MessageForecaster
from starlight.messages.format import payload_of
from starlight.messages.group import is_group
from starlight.messages.held import Held
from starlight.messages.letter import Letter
from starlight.node.application import Request
from starlight.postoffice.holds import Holds
from starlight.postoffice.node_mailboxes import NodeMailboxes
from starlight.postoffice.open_letters import OpenLetters


class AwaitedPeople:
    """Those without an address whom the mailboxes of one node have letters for.

    Args:
        mailboxes: of the node.
        forecaster: foresees what becomes of messages from there.
        formats: in which correspondents are written to.
        letters: those that are open.
        holds: lets go of what waits.
    """

    def __init__(
        self,
        mailboxes: NodeMailboxes,
        forecaster: MessageForecaster,
        formats: KnownFormats,
        letters: OpenLetters,
        holds: Holds,
    ) -> None:
        self._mailboxes = mailboxes
        self._forecaster = forecaster
        self._formats = formats
        self._letters = letters
        self._holds = holds

    def give(self, address: str, name: str, to: str, now: int) -> list[Request]:
        """Give a name an address, and send what waits for it; given again, change nothing.

        Args:
            address: of the mailbox that has letters for it.
            name: such as ``name:Ada``.
            to: the address.
            now: in ns.

        Raises:
            InputError: nothing was recorded for that name, it has another address, or that is none.
        """
        mailbox, name, to = self._mailboxes.at(address), awaited(name), destination(to)
        if is_group(to) or to == mailbox.address:
            raise InputError(f"{to} is nobody else's address", where="to", right="Give that of one person")
        known = mailbox.given.get(name)
        if known is not None and known != to:
            what = f"{name_in(name)} has the address {known} already"
            raise InputError(what, where="to", right="Write to the new address itself")
        if known is not None:
            return []
        if not mailbox.index.has_correspondent(name):
            what = f"nothing was recorded for {name_in(name)!r}"
            raise InputError(what, where="name", right="The name is told as it was written to")
        self._require_format(mailbox, name, to)
        requests: list[Request] = [*mailbox.given.give(name, to)]
        waiting = []
        for entry in self._written_to(mailbox, name):
            letter, sent = mailbox.letter(entry.id), mailbox.sent(entry.id)
            if letter is None or sent is None:
                continue  # It was set aside.
            requests += self._readdress(mailbox, letter, to, now)
            if sent.held is not None and sent.dispatch.state in WITHDRAWABLE:
                waiting.append((entry.id, sent))
        # All stand under the address before the first is submitted.
        for id, sent in waiting:
            requests += self._let_go(mailbox, id, sent, now)
        return requests

    def _written_to(self, mailbox: Mailbox, name: str) -> list[IndexEntry]:
        """Return the entries of all letters to a name, in order; acts that are not shown are among them."""
        shown = mailbox.index.last(name, None, mailbox.index.letters())
        held = [each.id for each in self._letters.held(mailbox.address) if each.to == name]
        found = {each.id: each for each in (*shown, *map(mailbox.index.entry, held))}
        return sorted(found.values(), key=lambda each: each.order)

    def _require_format(self, mailbox: Mailbox, name: str, to: str) -> None:
        """Refuse an address where what was recorded can't be read."""
        if self._formats.known(mailbox.address, to) == OLDEST:
            what = f"{to} has an earlier Starlight, which can't read what was recorded for {name_in(name)}"
            raise InputError(what, where="to", right="Give the address once that is a newer one")

    def _readdress(self, mailbox: Mailbox, letter: Letter, to: str, now: int) -> list[Request]:
        """Put a letter into the conversation with an address."""
        thread = letter.thread
        if thread == thread_of(letter.sender, letter.to):
            thread = thread_of(letter.sender, to)
        wanted = self._forecaster.answers_can_come(self._forecaster.node_of(to))
        going = replace(letter, to=to, thread=thread, receipt_wanted=wanted)
        own = payload_of(going, now, plain_text=False)
        stored = StoredLetter(going.sender, to, now, own, going.priority)
        before = mailbox.index.entry(letter.id).correspondent
        saves = mailbox.readdress(going, stored)
        self._letters.moved(mailbox.address, letter.id, before)
        return [*saves]

    def _let_go(self, mailbox: Mailbox, id: str, sent: Sent, now: int) -> list[Request]:
        """Submit a letter that waited for its address, unless it waits for something else as well."""
        letter = mailbox.letter(id)
        wanted = letter is not None and letter.receipt_wanted and not sent.plain_text
        # It is worth carrying for as long as one that is written now.
        expires_at = now + (sent.expires_at - sent.written_at)
        held = replace(sent.held or Held(now), awaits=None)
        if held.until is not None and held.until <= now:
            held = replace(held, until=None)
        sent = replace(sent, receipt_wanted=wanted, expires_at=expires_at, held=held)
        if held.is_by_hand:
            return [*self._letters.put(mailbox, id, sent), *self._holds.release(mailbox, id, now)]
        sent = sent.having(sent.dispatch.due_at(held.until))
        sent = sent if letter is None else self._holds.foreseen(letter, sent, now)
        return [*self._letters.put(mailbox, id, sent), *self._holds.was_read(mailbox, now)]
