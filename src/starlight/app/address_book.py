"""The address book: who can be written to, and what people call those whose letters come."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import msgspec

from starlight.messages.awaited_name import is_name, name_in
from starlight.views.mailbox import Recipient


class Entry(msgspec.Struct, frozen=True):
    """Someone at an address.

    Attributes:
        name: such as ``Joo Nan-young``.
        place: such as ``Base, Arsia Mons``; may be empty.
        world: the name of the one whose clock they live by; empty where nobody knows.
    """

    name: str
    place: str
    world: str


class AddressBook:
    """Names by address.

    Args:
        entries: everyone who can be written to, in the order to show.
        elsewhere: other addresses of the same people, whose letters may be in a mailbox.
    """

    def __init__(
        self, entries: Mapping[str, Entry], elsewhere: Mapping[str, Entry] = MappingProxyType({})
    ) -> None:
        self._entries = entries
        self._elsewhere = elsewhere

    def addresses(self) -> tuple[str, ...]:
        """Return the addresses that can be written to."""
        return tuple(self._entries)

    def lists(self, address: str) -> bool:
        """Return whether somebody at an address can be written to."""
        return address in self._entries

    def entry(self, address: str) -> Entry:
        """Return who is at an address; a stranger is called by it."""
        if is_name(address):
            return Entry(name_in(address), "", "")
        # Whoever can be written to first: a mailbox that has moved is shown where it is now.
        return self._entries.get(address) or self._elsewhere.get(address) or Entry(address, "", "")

    def correspondent(self, address: str) -> Recipient | None:
        """Return who is at an address, as the page shows them; None where nobody knows."""
        found = self._entries.get(address) or self._elsewhere.get(address)
        return Recipient(address, found.name, found.place, found.world) if found else None

    def name_and_place(self, address: str) -> tuple[str, str]:
        """Return what people call someone, and where they are."""
        found = self.entry(address)
        return found.name, found.place
