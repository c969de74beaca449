"""The letters in one mailbox that have come and are hidden from its reader until they open.

They stand beside the mailbox and not in it: no index, no list, no count, no search and no export knows them
before they open, as there is nothing of them there. What their author takes back before is erased, and its
place remembers that, as a further copy may be on its way; a withdrawal that comes before its letter waits
here for it in the same way.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
from msgspec.structs import replace

from starlight.errors import StoreError
from starlight.mailboxes import stored_format
from starlight.mailboxes.decoded import DecodedRecords
from starlight.mailboxes.records import UNOPENED
from starlight.mailboxes.stored_format import StoredLetter, Unopened
from starlight.node.application import Save

UNOPENED_MAX = 1_024
"""Letters for every birthday and feast of a crew and their families, for years."""

OF_ONE_MAX = 256
"""Of one author, so that nobody takes the places of all others."""

BYTES_MAX = 64 * 2**20
"""Of their words and inline parts; what is larger travels apart, and waits at the node."""


class UnopenedLetters:
    """The hidden letters of one mailbox, and withdrawals of such.

    Args:
        address: of the mailbox.
        records: of all mailboxes of the node.
    """

    def __init__(self, address: str, records: DecodedRecords) -> None:
        self._address = address
        self._decoded = records
        self._kept: dict[int, Unopened] | None = None  # by place, without their messages

    def load(self) -> None:
        """Take up what the records hold."""
        self._loaded()

    def waiting(self) -> Iterator[tuple[str, Unopened]]:
        """Give the letters that have not opened and were not taken back: the name of each, what is known."""
        for number, each in list(self._loaded().items()):
            if not each.withdrawn:
                yield UNOPENED + str(number), each

    def owing(self) -> list[tuple[str, Unopened]]:
        """Return those of which their author has not been told that they came, by name."""
        found = self._loaded().items()
        return [
            (UNOPENED + str(n), each) for n, each in found if each.received and each.received.owes_receipt
        ]

    def find(self, sender: str, id: str) -> tuple[str, Unopened] | None:
        """Return what is known here of a letter by its author and the id that this gave it, or None."""
        for number, each in self._loaded().items():
            if (each.sender, each.id) == (sender, id):
                return UNOPENED + str(number), each
        return None

    def get(self, name: str) -> Unopened | None:
        """Return what is known under a name, or None."""
        number = name.removeprefix(UNOPENED)
        return self._loaded().get(int(number)) if name != number and number.isdigit() else None

    def message(self, name: str) -> StoredLetter | None:
        """Return a hidden letter as it came; None where it was taken back, or can't be read."""
        kept = self._decoded.read(self._address, name, stored_format.UNOPENED)
        return None if kept is None else kept.message

    def has_room(self, sender: str, size: int) -> bool:
        """Return whether another letter of so many bytes can be kept for an author."""
        kept = self._loaded().values()
        of_one = sum(each.sender == sender for each in kept)
        return (
            len(kept) < UNOPENED_MAX
            and of_one < OF_ONE_MAX
            and sum(each.size_bytes for each in kept) + size <= BYTES_MAX
        )

    def add(self, kept: Unopened) -> tuple[str, list[Save]]:
        """Keep a letter, or that one was taken back; return its name and the saves."""
        places = self._loaded()
        number = next(number for number in range(len(places) + 1) if number not in places)
        name = UNOPENED + str(number)
        return name, self.put(name, kept)

    def put(self, name: str, kept: Unopened) -> list[Save]:
        """Keep what is known now under a name; its message stays as it is, unless it was taken back."""
        if kept.message is None and not kept.withdrawn:
            kept = replace(kept, message=self.message(name))
        self._loaded()[int(name.removeprefix(UNOPENED))] = replace(kept, message=None)
        return [self._save(name, kept)]

    def drop(self, name: str) -> list[Save]:
        """Let go of what is under a name: it has opened, and is a letter like any other."""
        self._loaded().pop(int(name.removeprefix(UNOPENED)), None)
        return [self._save(name, None)]

    def _save(self, name: str, kept: Unopened | None) -> Save:
        save = Save(self._address, name, stored_format.UNOPENED.encode(kept))
        self._decoded.records.put(save)
        return save

    def _loaded(self) -> dict[int, Unopened]:
        if self._kept is None:
            self._kept = {}
            for name, data in self._decoded.records.of_kind(self._address, UNOPENED):
                try:
                    kept = stored_format.UNOPENED.decode(data)
                    number = int(name.removeprefix(UNOPENED))
                except (StoreError, ValueError, msgspec.ValidationError) as error:
                    self._decoded.set_aside(self._address, name, str(error))
                    continue
                if kept is not None:  # An empty place.
                    self._kept[number] = replace(kept, message=None)
        return self._kept
