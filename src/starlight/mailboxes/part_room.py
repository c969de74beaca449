"""The room that parts take in one mailbox, apart from that of letters: those come when a film has filled it.

Counted are the bytes of parts that are here, whoever wrote them, and for each correspondent the sizes of the
parts of which some chunks are here and others are not. Both are records, so a start counts nothing.
"""

from __future__ import annotations

from starlight.mailboxes import stored_format
from starlight.mailboxes.decoded import DecodedRecords
from starlight.mailboxes.records import ROOM
from starlight.node.application import Save


class PartRoom:
    """The room of one mailbox for parts.

    Args:
        address: of the mailbox.
        records: of all mailboxes of the node.
        total: bytes of parts that may be here.
        unfinished: bytes of the parts that one correspondent may have begun and not ended.
    """

    def __init__(self, address: str, records: DecodedRecords, total: int, unfinished: int) -> None:
        self.total = total
        self._address = address
        self._decoded = records
        self._unfinished = unfinished

    @property
    def used(self) -> int:
        """Return how many bytes of parts are here."""
        return self._count(ROOM)

    def has_room(self, count: int) -> bool:
        """Return whether so many bytes more can be kept."""
        return self.used + count <= self.total

    def may_begin(self, correspondent: str, size: int) -> bool:
        """Return whether a correspondent may begin a part of a size, besides those that are not whole yet.

        It is counted at its whole size from its first chunk on: else several that come at a time would all
        stop before their end, each for want of the room that the others take.
        """
        begun = self._count(f"{ROOM}/{correspondent}")
        return begun + size <= self._unfinished

    def keep(self, count: int) -> Save:
        """Count bytes that are kept from now on; fewer than none for those that are let go."""
        return self._set(ROOM, self._count(ROOM) + count)

    def begin(self, correspondent: str, size: int) -> Save:
        """Count a part that a correspondent has begun; less than nothing when it is whole, or given up."""
        key = f"{ROOM}/{correspondent}"
        return self._set(key, self._count(key) + size)

    def _count(self, key: str) -> int:
        # A count that is damaged begins anew: too much may be kept for once, and nothing is refused for ever.
        return self._decoded.read(self._address, key, stored_format.ROOM) or 0

    def _set(self, key: str, count: int) -> Save:
        # Parts of which an earlier version counted nothing may end now, so it could fall below nothing.
        save = Save(self._address, key, stored_format.ROOM.encode(max(0, count)))
        self._decoded.records.put(save)
        return save
