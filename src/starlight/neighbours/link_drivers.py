"""All drivers of one node: written to in batches, held back, closed together."""

from __future__ import annotations

import asyncio

from starlight.links import Closing
from starlight.neighbours.link_driver import LinkDriver

GOODBYE_S = 1.0
"""How long a peer may take to answer the end of a session when this node stops: twice round the Earth, and a
busy peer's turn. One that does not answer loses nothing."""


class LinkDrivers:
    """Knows the drivers from when they are made until their wires are gone."""

    def __init__(self) -> None:
        # Dicts, because a set has no order, and the order in which peers are written to would show.
        self._alive: dict[LinkDriver, None] = {}
        self._open: dict[LinkDriver, None] = {}  # without those whose link has ended
        self._touched: dict[LinkDriver, None] = {}

    def add(self, driver: LinkDriver) -> None:
        """Know a driver."""
        self._alive[driver] = None
        self._open[driver] = None
        driver.ended.add_done_callback(lambda _: self._alive.pop(driver))

    def forget(self, driver: LinkDriver) -> None:
        """Write nothing more to a driver: its link has ended."""
        self._open.pop(driver, None)

    def touch(self, driver: LinkDriver) -> None:
        """Write to a driver at the next `flush`."""
        self._touched[driver] = None

    def flush(self) -> None:
        """Write to each driver what has come up for it, in one go."""
        touched, self._touched = self._touched, {}
        for driver in touched:
            if driver in self._open:
                driver.transmit()

    def pause_reading(self) -> None:
        """Read from no peer."""
        for driver in self._open:
            driver.pause_reading()

    def resume_reading(self) -> None:
        """Read from all peers again."""
        for driver in self._open:
            driver.resume_reading()

    def abort(self) -> None:
        """Break every wire off without a word, as a crash of the network would."""
        for driver in list(self._alive):
            driver.abort()

    async def close(self) -> None:
        """End every link in order, and break off what has not ended soon after."""
        for driver in list(self._open):
            driver.close(Closing.DONE)
        await self._all_ended()
        self.abort()
        await self._all_ended()

    async def _all_ended(self) -> None:
        await asyncio.sleep(0)  # what the system has accepted before becomes a connection in this turn
        if self._alive:
            await asyncio.wait([driver.ended for driver in self._alive], timeout=GOODBYE_S)
