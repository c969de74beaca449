"""Uploads to one mailbox that no letter names yet, as a record: so that what is never named can be let go."""

from __future__ import annotations

from msgspec.structs import replace

from starlight.mailboxes import stored_format
from starlight.mailboxes.bodies import Bodies
from starlight.mailboxes.decoded import DecodedRecords
from starlight.mailboxes.part_room import PartRoom
from starlight.mailboxes.records import UPLOADS
from starlight.mailboxes.stored_format import UnnamedUpload
from starlight.node.application import Save


class UnnamedUploads:
    """The uploads to one mailbox that are under way, or wait for the letter that has them.

    Args:
        address: of the mailbox.
        records: of all mailboxes of the node.
        bodies: the bytes of its parts.
        room: that they take.
        most: how many there may be.
    """

    def __init__(
        self, address: str, records: DecodedRecords, bodies: Bodies, room: PartRoom, most: int
    ) -> None:
        self.most = most
        self._address = address
        self._decoded = records
        self._bodies = bodies
        self._room = room

    def all(self) -> tuple[UnnamedUpload, ...]:
        """Return them, the oldest first."""
        return self._decoded.read(self._address, UPLOADS, stored_format.UPLOADS) or ()

    def begin(self, reference: str, now: int) -> Save:
        """Note an upload that begins, before its first byte is kept; time in ns."""
        return self._put((*self.all(), UnnamedUpload(reference, now)))

    def finish(self, reference: str, now: int) -> Save:
        """Note that an upload is whole; from now on a letter may name it. Time in ns."""
        return self._put(
            tuple(
                replace(each, finished_at=now) if each.reference == reference else each for each in self.all()
            )
        )

    def name(self, reference: str) -> list[Save]:
        """Take note that a letter has named an upload: it stays as long as the letter."""
        left = tuple(each for each in self.all() if each.reference != reference)
        return [self._put(left)] if len(left) < len(self.all()) else []

    def drop(self, reference: str) -> list[Save]:
        """Let go of the bytes of an upload that no letter names; nothing where there is none."""
        saves = self.name(reference)
        # Where it waits for no letter its bytes may be a letter's by now.
        if not saves:
            return []
        emptied, freed = self._bodies.empty(reference)
        return [*saves, *emptied, self._room.keep(-freed)]

    def _put(self, uploads: tuple[UnnamedUpload, ...]) -> Save:
        save = Save(self._address, UPLOADS, stored_format.UPLOADS.encode(uploads))
        self._decoded.records.put(save)
        return save
