"""The formats that correspondents read, learnt from what they write.

An earlier Starlight throws away what it can't read, without a word to who wrote it. So whoever has not been
heard from is written to in the oldest format that may be read there, and what a message says of its
author's Starlight is kept, one record a correspondent (`docs/reference/letter-format.md`, "Whose Starlight
reads what").
"""

from __future__ import annotations

from starlight.dtntime import DAY
from starlight.errors import StoreError
from starlight.mailboxes import stored_format
from starlight.mailboxes.records import FORMAT, Records
from starlight.mailboxes.stored_format import KnownFormat
from starlight.messages.first_format import reads_format_2
from starlight.messages.letter import Letter, Message, Receipt, Telemetry
from starlight.node.application import Save

OLDEST = 1
LATEST = 2


class KnownFormats:
    """The formats of the correspondents of a node's mailboxes.

    Args:
        records: where they are kept.
        oldest: the format in which those are written to who have not been heard from.
    """

    def __init__(self, records: Records, oldest: int = OLDEST) -> None:
        self._records = records
        self._oldest = oldest

    def known(self, mailbox: str, address: str) -> int | None:
        """Return the latest format that an address is known to read; None where nothing was heard."""
        found = self._get(mailbox, address)
        return found.version if found else None

    def to_write(self, mailbox: str, address: str) -> int:
        """Return the format in which a mailbox writes to an address."""
        return self.known(mailbox, address) or self._oldest

    def heard(self, mailbox: str, source: str, message: Message, created: int) -> list[Save]:
        """Learn from a message what its source reads; return the saves.

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
        record = stored_format.FORMAT.encode(KnownFormat(version, created))
        save = Save(mailbox, FORMAT + source, record)
        self._records.put(save)
        return [save]

    def _get(self, mailbox: str, address: str) -> KnownFormat | None:
        data = self._records.get(mailbox, FORMAT + address)
        if data is None:
            return None
        try:
            return stored_format.FORMAT.decode(data)
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
