"""The distress calls of the people at a live node: raised, cancelled and acknowledged, durably on return."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from starlight.live.open_office import OpenOffice
from starlight.messages.distress import HeardCall, OwnCall, to_tell
from starlight.messages.letter import Distress


class DistressService:
    """Raises, cancels and acknowledges calls.

    Args:
        open_office: the mailboxes of the node.
        require_room: lets in so many bytes; raises DiskFullError where they have no room.
    """

    def __init__(self, open_office: OpenOffice, require_room: Callable[[int], None]) -> None:
        self._office, self._moment, self._carry_out = open_office
        self._require_room = require_room

    def own(self, address: str) -> OwnCall | None:
        """Return the last call that a mailbox's owner raised; InputError without such a mailbox."""
        return self._office.mailbox(address).calls.own

    def heard(self, address: str) -> list[HeardCall]:
        """Return the calls that a mailbox's owner must hear of, the oldest first; InputError without it."""
        box = self._office.mailbox(address)
        return to_tell(box.calls.heard, box.address)

    def known_of(self, vehicle: str) -> Distress:
        """Return what would go with a call now of whoever is in a suit or vehicle, by its address."""
        return self._office.distress.known_of(vehicle, self._moment())

    async def call(self, address: str, text: str, to: Sequence[str], vehicle: str) -> OwnCall:
        """Raise a call, as `DistressDesk.raise_call`.

        Raises:
            InputError: nobody can be called, or the words are too many.
            DiskFullError: there is no room for it: nothing of it is kept, and it is not raised.
            StoreError: the disk refused.
        """
        now = self._moment()
        # Before anything of it is in memory: a call that stands here alone would be one that nobody hears of.
        self._require_room(len(text.encode()) * max(1, len(to)))
        own, requests = self._office.distress.raise_call(address, text, to, now, vehicle=vehicle)
        await self._carry_out(requests, now)
        return own

    async def cancel(self, address: str, text: str) -> OwnCall:
        """End the owner's call; errors as of `call`, or that there is none."""
        now = self._moment()
        own, requests = self._office.distress.cancel(address, text, now)
        await self._carry_out(requests, now)
        return own

    async def dismiss(self, address: str, caller: str, call: str) -> None:
        """Tell a person no more of a call that somebody else has answered; InputError where nobody has."""
        now = self._moment()
        await self._carry_out(self._office.distress.dismiss(address, caller, call), now)

    async def acknowledge(self, address: str, caller: str, call: str, text: str) -> None:
        """Tell a caller that a person has heard; errors as of `call`, or that no such call is here."""
        now = self._moment()
        _, requests = self._office.distress.acknowledge(address, caller, call, text, now)
        await self._carry_out(requests, now)
