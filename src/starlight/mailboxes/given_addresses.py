"""The addresses that were given to those who had none: by name, in one mailbox."""

from __future__ import annotations

from starlight.errors import InputError
from starlight.mailboxes import stored_format
from starlight.mailboxes.decoded import DecodedRecords
from starlight.mailboxes.records import GIVEN
from starlight.node.application import Save

GIVEN_MAX = 1_024
"""Names whose addresses one mailbox remembers: all whom a family will ever wait for; saved whole."""


class GivenAddresses:
    """The addresses of those whom letters were recorded for before they had one.

    Args:
        address: of the mailbox.
        records: of all mailboxes of the node.
    """

    def __init__(self, address: str, records: DecodedRecords) -> None:
        self._address = address
        self._decoded = records

    def all(self) -> dict[str, str]:
        """Return them: addresses by ``name:Ada``."""
        return self._decoded.read(self._address, GIVEN, stored_format.GIVEN) or {}

    def get(self, name: str) -> str | None:
        """Return the address of a name, or None as long as there is none."""
        return self.all().get(name)

    def called(self, address: str) -> str | None:
        """Return the name for which an address was given, or None."""
        return next((name for name, known in self.all().items() if known == address), None)

    def give(self, name: str, address: str) -> list[Save]:
        """Keep the address of a name.

        Raises:
            InputError: there are too many.
        """
        known = self.all()
        if len(known) >= GIVEN_MAX and name not in known:
            raise InputError(f"{GIVEN_MAX} names have an address already", where="name")
        save = Save(self._address, GIVEN, stored_format.GIVEN.encode(known | {name: address}))
        self._decoded.records.put(save)
        return [save]
