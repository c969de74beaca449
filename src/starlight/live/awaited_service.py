"""People without an address at a live node: given one, durably on return."""

from __future__ import annotations

from starlight.live.open_office import OpenOffice
from starlight.messages.awaited_name import awaited


class AwaitedService:
    """Gives those an address whom letters were recorded for.

    Args:
        open_office: the mailboxes of the node.
    """

    def __init__(self, open_office: OpenOffice) -> None:
        self._office, self._moment, self._carry_out = open_office

    async def give(self, address: str, name: str, to: str) -> int:
        """Give a name an address; return how many letters waited for it. Errors of `AwaitedPeople.give`."""
        now = self._moment()
        mailbox = self._office.mailbox(address)
        waiting = [
            sent
            for _, correspondent, sent in mailbox.outgoing.open()
            if correspondent == awaited(name) and sent.held is not None
        ]
        await self._carry_out(self._office.awaited.give(address, name, to, now), now)
        return len(waiting)
