"""All carriers of one node: written to in batches, held back, closed together."""

from __future__ import annotations

import asyncio

from starlight.links import Closing
from starlight.neighbours.carrier import Carrier

GOODBYE_S = 0.2
"""How long a peer may take to answer the end of a session when this node stops; on a wire it is two light
times of the ground, and a peer that does not answer loses nothing."""


class Carriers:
    """Knows the carriers from when they are made until their wires are gone."""

    def __init__(self) -> None:
        # Dicts, because a set has no order, and the order in which peers are written to would show.
        self._alive: dict[Carrier, None] = {}
        self._open: dict[Carrier, None] = {}  # without those whose link has ended
        self._touched: dict[Carrier, None] = {}

    def add(self, carrier: Carrier) -> None:
        """Know a carrier."""
        self._alive[carrier] = None
        self._open[carrier] = None
        carrier.ended.add_done_callback(lambda _: self._alive.pop(carrier))

    def forget(self, carrier: Carrier) -> None:
        """Write nothing more to a carrier: its link has ended."""
        self._open.pop(carrier, None)

    def touch(self, carrier: Carrier) -> None:
        """Write to a carrier at the next `flush`."""
        self._touched[carrier] = None

    def flush(self) -> None:
        """Write to each carrier what has come up for it, in one go."""
        touched, self._touched = self._touched, {}
        for carrier in touched:
            if carrier in self._open:
                carrier.transmit()

    def pause_reading(self) -> None:
        """Read from no peer."""
        for carrier in self._open:
            carrier.pause_reading()

    def resume_reading(self) -> None:
        """Read from all peers again."""
        for carrier in self._open:
            carrier.resume_reading()

    def abort(self) -> None:
        """Break every wire off without a word, as a crash of the network would."""
        for carrier in list(self._alive):
            carrier.abort()

    async def close(self) -> None:
        """End every link in order, and break off what has not ended soon after."""
        for carrier in list(self._open):
            carrier.close(Closing.DONE)
        await self._all_ended()
        self.abort()
        await self._all_ended()

    async def _all_ended(self) -> None:
        await asyncio.sleep(0)  # what the system has accepted before becomes a connection in this turn
        if self._alive:
            await asyncio.wait([carrier.ended for carrier in self._alive], timeout=GOODBYE_S)
