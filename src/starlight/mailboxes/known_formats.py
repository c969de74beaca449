"""The formats that correspondents read, learnt from what they write.

An earlier Starlight throws away what it can't read, without a word to who wrote it. So whoever has not been
heard from is written to in the oldest format that may be read there, and what a message says of its
author's Starlight is kept (`docs/reference/letter-format.md`, "Whose Starlight reads what").

Anybody can make up senders, one for each bundle. So there are only so many records, each in a slot of its
own, and one of whom nothing is known yet takes the slot of the one that has been silent for longest; to be
forgotten costs no more than to be written to in the oldest format once more.
"""

from __future__ import annotations

from starlight.dtntime import DAY
from starlight.errors import StoreError
from starlight.mailboxes import stored_format
from starlight.mailboxes.records import FORMAT, Records
from starlight.mailboxes.stored_format import KnownFormat
from starlight.messages.first_format import reads_format_2
from starlight.messages.format import Message
from starlight.messages.letter import Letter, Receipt, Telemetry
from starlight.node.application import Save

OLDEST = 1
LATEST = 2

CORRESPONDENTS_MAX = 1024
"""Correspondents of one mailbox whose format is kept: more than one person writes to in a lifetime, and with
256 mailboxes still a small part of a node's memory."""


class KnownFormats:
    """The formats of the correspondents of a node's mailboxes.

    Args:
        records: where they are kept.
        oldest: the format in which those are written to who have not been heard from.
        most: of how many correspondents it is kept, for each mailbox.
    """

    def __init__(self, records: Records, oldest: int = OLDEST, most: int = CORRESPONDENTS_MAX) -> None:
        self._records = records
        self._oldest = oldest
        self._most = most
        self._slots: dict[str, dict[str, tuple[int, KnownFormat]]] = {}  # by mailbox and correspondent

    def known(self, mailbox: str, address: str) -> int | None:
        """Return the latest format that an address is known to read; None where nothing was heard."""
        found = self._get(mailbox, address)
        return found.version if found else None

    def to_write(self, mailbox: str, address: str) -> int:
        """Return the format in which a mailbox writes to an address."""
        return self.known(mailbox, address) or self._oldest

    def heard(self, mailbox: str, source: str, message: Message, created: int) -> list[Save]:
        """Learn from a message that the mailbox has taken what its source reads; return the saves.

        Args:
            mailbox: to which it came.
            source: who sent it.
            message: what came.
            created: when its bundle was made: what a late one says was true once.
        """
        version = format_told(message)
        before = self._get(mailbox, source)
        if version is None or (before is not None and created <= before.heard_at):
            return []
        # The time moves on by days, because each message would else cost a record.
        if before is not None and version == before.version and created < before.heard_at + DAY:
            return []
        slots = self._loaded(mailbox)
        slot = slots[source][0] if source in slots else self._free(slots)
        known = KnownFormat(version, created, source)
        slots[source] = (slot, known)
        save = Save(mailbox, f"{FORMAT}{slot}", stored_format.FORMAT.encode(known))
        self._records.put(save)
        return [save]

    def _free(self, slots: dict[str, tuple[int, KnownFormat]]) -> int:
        """Return a slot for another correspondent: an unused one, or that of who was silent for longest."""
        if len(slots) >= self._most:
            silent = min(slots, key=lambda address: slots[address][1].heard_at)
            return slots.pop(silent)[0]
        used = {slot for slot, _ in slots.values()}
        return next(slot for slot in range(self._most) if slot not in used)

    def _get(self, mailbox: str, address: str) -> KnownFormat | None:
        _, known = self._loaded(mailbox).get(address, (0, None))
        # Earlier versions kept a record for each address; it is read as long as nothing newer is known.
        return known or _decoded(self._records.get(mailbox, FORMAT + address))

    def _loaded(self, mailbox: str) -> dict[str, tuple[int, KnownFormat]]:
        if mailbox not in self._slots:
            slots = self._slots[mailbox] = {}
            for key, data in self._records.of_kind(mailbox, FORMAT):
                slot, known = key.removeprefix(FORMAT), _decoded(data)
                if known is not None and slot.isdecimal() and int(slot) < self._most:
                    slots[known.address] = (int(slot), known)
        return self._slots[mailbox]


def _decoded(data: bytes | None) -> KnownFormat | None:
    try:
        return None if data is None else stored_format.FORMAT.decode(data)
    except StoreError:
        return None  # It is learnt anew with the next message.


def format_told(message: Message) -> int | None:
    """Return the latest format that the author of a message reads, as far as the message tells; or None."""
    if isinstance(message, Letter):
        return LATEST if message.format == LATEST or reads_format_2(message.id) else OLDEST
    if isinstance(message, Receipt) and message.format == OLDEST:
        # Who reads format 2 answers in it to a letter whose id says that its author does, too.
        return OLDEST if any(reads_format_2(fact.letter_id) for fact in message.facts) else None
    if isinstance(message, Telemetry) and message.format == OLDEST:
        return None
    return LATEST
