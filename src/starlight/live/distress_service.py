"""The distress calls of the people at a live node: raised, cancelled and acknowledged, durably on return."""

from __future__ import annotations

from collections.abc import Sequence

from starlight.live.open_office import OpenOffice
from starlight.messages.distress import HeardCall, OwnCall, to_tell
from starlight.messages.letter import Distress


class DistressService:
    """Raises, cancels and acknowledges calls.

    Args:
        open_office: the mailboxes of the node.
    """

    def __init__(self, open_office: OpenOffice) -> None:
        self._office, self._moment, self._carry_out = open_office

    def own(self, address: str) -> OwnCall | None:
        """Return the last call that a mailbox's owner raised; InputError without such a mailbox."""
        return self._office.mailbox(address).calls.own

    def heard(self, address: str) -> list[HeardCall]:
        """Return the calls that a mailbox's owner must hear of, the oldest first; InputError without it."""
        return to_tell(self._office.mailbox(address).calls.heard)

    def known_of(self, vehicle: str) -> Distress:
        """Return what would go with a call now of whoever is in a suit or vehicle, by its address."""
        return self._office.distress.known_of(vehicle, self._moment())

    async def call(self, address: str, text: str, to: Sequence[str], vehicle: str) -> OwnCall:
        """Raise a call, as `DistressDesk.raise_call`.

        Raises:
            InputError: nobody can be called, or the words are too many.
            StoreError: the disk refused.
        """
        now = self._moment()
        own, requests = self._office.distress.raise_call(address, text, to, now, vehicle=vehicle)
        await self._carry_out(requests, now)
        return own

    async def cancel(self, address: str, text: str) -> OwnCall:
        """End the owner's call; errors as of `call`, or that there is none."""
        now = self._moment()
        own, requests = self._office.distress.cancel(address, text, now)
        await self._carry_out(requests, now)
        return own

    async def acknowledge(self, address: str, caller: str, call: str, text: str) -> None:
        """Tell a caller that a person has heard; errors as of `call`, or that no such call is here."""
        now = self._moment()
        _, requests = self._office.distress.acknowledge(address, caller, call, text, now)
        await self._carry_out(requests, now)
