"""The mailboxes of one node, by address: opened, closed, and taken up again from their records.

A mailbox is there for good once it was opened; closing it stops what is addressed to it at the node, where it
waits. Whoever lives at one can watch them open and close.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import msgspec

from starlight.errors import InputError
from starlight.mailboxes.decoded import DecodedRecords
from starlight.mailboxes.mailbox import Mailbox, MailboxLimits
from starlight.mailboxes.records import UNKNOWN, is_known
from starlight.messages.group import Group
from starlight.messages.trace_events import MailboxClosed, MailboxOpened, say
from starlight.node.application import Claim, Request, Save, Unclaim
from starlight.postoffice.addresses import Addresses, canonical


class NodeMailboxes(Mapping[str, Mailbox]):
    """The mailboxes of one node, by canonical address.

    Args:
        addresses: of the node.
        limits: what they hold.
        records: where they keep theirs.
        groups: that the node's file declares.
    """

    def __init__(
        self,
        addresses: Addresses,
        limits: MailboxLimits,
        records: DecodedRecords,
        groups: Sequence[Group] = (),
    ) -> None:
        self._groups = {group.id: group for group in groups}
        self.records = records
        self._addresses = addresses
        self._limits = limits
        self._mailboxes: dict[str, Mailbox] = {}
        self._watchers: list[Callable[[], None]] = []

    def __getitem__(self, address: str) -> Mailbox:
        """Return the mailbox of an address in its canonical text; KeyError where there is none."""
        return self._mailboxes[address]

    def __iter__(self) -> Iterator[str]:
        """Give their addresses, sorted."""
        return iter(sorted(self._mailboxes))

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._mailboxes)

    def at(self, address: str) -> Mailbox:
        """Return the mailbox of an address, in any text that means it.

        Raises:
            InputError: nobody has opened it.
        """
        mailbox = self._mailboxes.get(canonical(address))
        if mailbox is None:
            raise InputError(f"nobody has opened a mailbox at {address}", where="address")
        return mailbox

    def open(self, address: str, person: str, now: int) -> list[Request]:
        """Open a mailbox, or open it again; whatever waited for it at this node is delivered.

        Args:
            address: an endpoint of this node, as text.
            person: the name of whose it is.
            now: in ns.

        Raises:
            InputError: no address of this node, or too many mailboxes.
        """
        address, node = canonical(address), self._addresses.node
        if not self._addresses.is_own(address):
            raise InputError(
                f"{address} is not an address of node {node}",
                where="address",
                right=f"Such are ipn:{node}.1, ipn:{node}.2",
            )
        mailbox = self._mailboxes.get(address)
        # As at each start: nothing is new about it, but the claim ended with the process.
        if mailbox and mailbox.is_open and mailbox.person == person:
            return [Claim(address)]
        if mailbox is None:
            if len(self._mailboxes) >= self._limits.mailboxes:
                raise InputError(f"a node has at most {self._limits.mailboxes} mailboxes", where="address")
            mailbox = self._made(address)
        card = self._turned(mailbox, person, now, is_open=True)
        return [card, Claim(address), say(now, node, MailboxOpened(address, person))]

    def of_reader(self, address: str) -> Mailbox | None:
        """Return the mailbox of a reader of this node, by the one text of the address; None without room.

        Letters to a group come for all its members here at once; for one who has not opened a mailbox they
        are kept in a closed one. Those take half of what a node may have, so that a stranger who names many
        readers leaves room for whoever comes.
        """
        mailbox = self._mailboxes.get(address)
        if mailbox is None and len(self._mailboxes) < self._limits.mailboxes // 2:
            mailbox = self._made(address)
        return mailbox

    def close(self, address: str, now: int) -> list[Request]:
        """Take no more letters at an address; they wait at the node again. The mailbox keeps what it has.

        Raises:
            InputError: nobody has opened it.
        """
        mailbox, node = self.at(address), self._addresses.node
        card = self._turned(mailbox, mailbox.person, now, is_open=False)
        closed = MailboxClosed(mailbox.address, mailbox.person)
        return [card, Unclaim(mailbox.address), say(now, node, closed)]

    def watch(self, turned: Callable[[], None]) -> None:
        """Tell a watcher each time that one of them was opened or closed."""
        self._watchers.append(turned)

    def restore(self, mailbox: str, key: str, data: bytes) -> None:
        """Take back a record that a `Save` made durable, in any order, before anything else happens."""
        if not is_known(key):
            self.records.set_aside(mailbox, key, UNKNOWN)
            return
        try:
            self.records.records.put(Save(mailbox, key, data))
        except msgspec.DecodeError as error:
            self.records.set_aside(mailbox, key, str(error))

    def load(self) -> list[Mailbox]:
        """Take up the mailboxes that the records hold; return those that were not here yet.

        What can't be read is set aside.

        Raises:
            StoreError: the disk can't be read.
        """
        found = []
        for address in self.records.records.mailboxes():
            # What the node's other applications keep is under their names, which are no addresses.
            if address in self._mailboxes or ":" not in address:
                continue
            mailbox = self._made(address)
            mailbox.load()
            found.append(mailbox)
        return found

    def _made(self, address: str) -> Mailbox:
        mailbox = self._mailboxes[address] = Mailbox(address, self._limits, self.records, self._groups)
        return mailbox

    def _turned(self, mailbox: Mailbox, person: str, now: int, *, is_open: bool) -> Save:
        """Return the save of a mailbox's card after it was opened or closed."""
        # Since it was opened first: what it holds is older than its last opening.
        since = now if mailbox.opened_at is None else mailbox.opened_at
        card = mailbox.set_card(person, since, is_open)
        for turned in self._watchers:
            turned()
        return card
