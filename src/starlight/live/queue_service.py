"""The queue of each mailbox of a live node: looked at and changed, durably on return."""

from __future__ import annotations

from starlight.errors import InputError
from starlight.live.open_office import OpenOffice
from starlight.messages.flight import Flight
from starlight.messages.queue import QueueView
from starlight.messages.withdrawal import Withdrawal


class QueueService:
    """Shows what waits and what is on its way, holds it, lets it go, moves it, takes back what has left.

    Args:
        open_office: the mailboxes of the node.
    """

    def __init__(self, open_office: OpenOffice) -> None:
        self._office, self._moment, self._carry_out = open_office

    def queue(self, address: str) -> QueueView:
        """Return the queue of a mailbox; InputError without one."""
        return self._office.departures.queue(address, self._moment())

    def flight(self, address: str) -> Flight:
        """Return what of a mailbox is on its way; InputError without one."""
        return self._office.flights.of(address, self._moment())

    async def move(self, address: str, letter: str, before: str) -> QueueView:
        """Let a letter leave before another, or before none; errors as of `Departures.move`."""
        now = self._moment()
        await self._carry_out(self._office.departures.move(address, letter, before, now), now)
        return self.queue(address)

    async def hold(self, address: str, letter: str, until: int | None) -> QueueView:
        """Hold a letter that waits; errors as of `Holds.hold`, and where it left in this moment."""
        now = self._moment()
        await self._carry_out(self._office.holds.hold(address, letter, now, until), now)
        # Looked at once the engine has answered: it may have left in the moment before.
        courses = self._office.mailbox(address).outgoing.courses(letter)
        if not any(sent.held is not None for sent in courses):
            raise InputError("it could not be held: it had left already", where="letter")
        return self.queue(address)

    async def let_go(self, address: str, letter: str) -> QueueView:
        """Let a letter go that is held; errors as of `Holds.let_go`."""
        now = self._moment()
        await self._carry_out(self._office.holds.let_go(address, letter, now), now)
        return self.queue(address)

    def withdrawal(self, address: str, letter: str) -> Withdrawal | None:
        """Return how a letter that opens later can be taken back; None of one that is never hidden."""
        return self._office.withdrawals.of(address, letter, self._moment())

    async def take_back(self, address: str, letter: str) -> Withdrawal:
        """Send the withdrawal of a letter that has left and opens later; errors as of `Withdrawals.send`."""
        now = self._moment()
        _, requests = self._office.withdrawals.send(address, letter, now)
        await self._carry_out(requests, now)
        return self.withdrawal(address, letter) or Withdrawal()
