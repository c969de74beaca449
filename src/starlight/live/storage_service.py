"""The room that the mailboxes of a live node take, and what is let go of them on request; durable on
return."""

from __future__ import annotations

from starlight.dtntime import DAY
from starlight.errors import InputError
from starlight.live.open_office import OpenOffice
from starlight.messages.storage import Erased, EraseOrder, Released, ReleaseOrder, Storage
from starlight.postoffice.erasure import batches
from starlight.postoffice.media_release import releasable, release

AT_ONCE = 64
"""Parts that are let go in one commit, so that letters go on between."""


class StorageService:
    """Tells the room of mailboxes, and lets go of media.

    Args:
        open_office: the mailboxes of the node.
    """

    def __init__(self, open_office: OpenOffice) -> None:
        self._office, self._moment, self._carry_out = open_office

    def storage(self, address: str) -> Storage:
        """Return the room that a mailbox takes.

        Raises:
            InputError: no such mailbox.
        """
        mailbox = self._office.mailbox(address)
        sizes = [each.state.size for each in releasable(mailbox, self._moment())]
        return Storage(
            letters=mailbox.index.letters(),
            letters_max=mailbox.limits.letters,
            text_bytes=mailbox.index.text_bytes(),
            text_max_bytes=mailbox.limits.letter_bytes,
            media_bytes=mailbox.part_room.used,
            media_max_bytes=mailbox.part_room.total,
            releasable_parts=len(sizes),
            releasable_bytes=sum(sizes),
        )

    async def erase(self, address: str, order: EraseOrder) -> Erased:
        """Erase the letters of a mailbox with a correspondent.

        Those that wait, are on their way, or whose author has not been told yet stay for now.

        Raises:
            InputError: no such mailbox or conversation, or the order is not sure.
            StoreError: the disk refused; a part of them may be gone.
        """
        mailbox = self._office.mailbox(address)
        if not order.sure:
            right = "Nothing brings them back; say `sure` if it is meant"
            raise InputError("letters are erased for good", where="sure", right=right)
        if not mailbox.index.has_correspondent(order.of):
            raise InputError(f"there are no letters with {order.of[:128]!r} here", where="of")
        erased = stay = 0
        for ids, staying in batches(mailbox, order.of):
            now = self._moment()
            # A step in between may have changed what may be erased, but for those none that may.
            await self._carry_out([each for id in ids for each in mailbox.erase(id)], now)
            erased, stay = erased + len(ids), stay + staying
        return Erased(erased, stay)

    async def release(self, address: str, order: ReleaseOrder) -> Released:
        """Let go of media that both ends had, of letters that are old enough.

        Args:
            address: of the mailbox.
            order: how old, by the node's clock.

        Raises:
            InputError: no such mailbox.
            StoreError: the disk refused.
        """
        now, mailbox = self._moment(), self._office.mailbox(address)
        parts = list(releasable(mailbox, now - round(order.older_than_days * DAY)))
        for first in range(0, 0 if order.try_only else len(parts), AT_ONCE):
            now = self._moment()
            batch = parts[first : first + AT_ONCE]
            await self._carry_out([save for each in batch for save in release(mailbox, each, now)], now)
        return Released(len(parts), sum(each.state.size for each in parts))
