"""The distress calls of one mailbox: the last one that its owner raised, and those that came from others.

All of it is one record, which is bounded, so what is known of a call
is committed with the letter that told it.
"""

from __future__ import annotations

import msgspec

from starlight.mailboxes import stored_format
from starlight.mailboxes.decoded import DecodedRecords
from starlight.mailboxes.records import DISTRESS
from starlight.mailboxes.stored_format import KeptCalls
from starlight.messages.distress import HeardCall, OwnCall
from starlight.node.application import Save


class DistressCalls:
    """The calls of one mailbox.

    Args:
        address: of the mailbox.
        records: of all mailboxes of the node.
    """

    def __init__(self, address: str, records: DecodedRecords) -> None:
        self._address = address
        self._decoded = records
        self._calls: KeptCalls | None = None

    @property
    def own(self) -> OwnCall | None:
        """Return the last call that the owner raised."""
        return self._loaded().own

    @property
    def needs_care(self) -> bool:
        """Return whether something is to be done about the owner's call."""
        own = self.own
        return own is not None and own.needs_care

    @property
    def heard(self) -> tuple[HeardCall, ...]:
        """Return the calls of others, oldest first."""
        return self._loaded().heard

    def put_own(self, own: OwnCall) -> list[Save]:
        """Keep the owner's call as it is now; nothing where that is known."""
        return self._put(msgspec.structs.replace(self._loaded(), own=own))

    def put_heard(self, heard: tuple[HeardCall, ...]) -> list[Save]:
        """Keep the calls of others as they are now; nothing where that is known."""
        return self._put(msgspec.structs.replace(self._loaded(), heard=heard))

    def _put(self, calls: KeptCalls) -> list[Save]:
        if calls == self._calls:
            return []
        self._calls = calls
        save = Save(self._address, DISTRESS, stored_format.DISTRESS.encode(calls))
        self._decoded.records.put(save)
        return [save]

    def _loaded(self) -> KeptCalls:
        if self._calls is None:
            # A damaged record is set aside; the letters are all there, and a copy that comes tells it again.
            kept = self._decoded.read(self._address, DISTRESS, stored_format.DISTRESS)
            self._calls = kept or KeptCalls()
        return self._calls
