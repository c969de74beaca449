"""The bundle API of a live node: programs register service numbers, send, receive and acknowledge.

    endpoint = await daemon.bundles.register(9)
    await endpoint.send(UnitToSend("ipn:20.9", b"Is anybody there?"))
    async for received in endpoint:
        print(received.source, received.payload)
        await endpoint.acknowledge(received.id)

Each act is durable on return. What is received stays stored in the node until it is acknowledged, and is
given again, under the same id, to the program that registers the number next; what was acknowledged never is.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Sequence
from types import TracebackType
from typing import TypeVar

from starlight.errors import BundleError, InputError, StoreError
from starlight.node.application import Request
from starlight.services.registration import Registration
from starlight.services.registry import Registry
from starlight.services.units import News, ReceivedUnit, SentUnit, UnitToSend

T = TypeVar("T")

_LOG = logging.getLogger(__name__)

BUNDLES = "bundles"
"""The name of the programs among the applications of a node."""


class BundleService:
    """Lets programs register service numbers.

    Args:
        registry: their registrations.
        moment: handles what has happened so far; returns mission time. Raises StoreError where the node does
            not run.
        carry_out: carries out requests made at a mission time; done once they are durable.
        payload: returns the payload of a stored data unit by its keys.
        require_room: lets in so many bytes; raises DiskFullError where they have no room.

    Attributes:
        is_ending: nobody is let wait any more.
    """

    def __init__(
        self,
        registry: Registry,
        moment: Callable[[], int],
        carry_out: Callable[[Sequence[Request], int], Awaitable[None]],
        payload: Callable[[Sequence[str]], bytes],
        require_room: Callable[[int], None],
    ) -> None:
        self.is_ending = False
        self._registry = registry
        self._moment = moment
        self._carry_out = carry_out
        self._payload = payload
        self.require_room = require_room

    async def register(self, number: int | None = None, *, own: bool = False) -> BundleEndpoint:
        """Register a service number, or take it over from the program that had it.

        Args:
            number: the number; None for any that is free.
            own: for a service of the node itself, from which no program takes it over.

        Raises:
            InputError: there is no such number, or a mailbox or another service has it.
            StoreError: the node does not run.
        """
        if number is not None:
            return await self._register(number, own)
        *others, last = self._registry.free()
        for free in others:
            # It may be that of a mailbox or of a service, of which the registry does not know.
            with contextlib.suppress(InputError):
                return await self._register(free, own)
        return await self._register(last, own)

    async def _register(self, number: int, own: bool) -> BundleEndpoint:
        now, bell = self._moment(), asyncio.Event()
        registration, requests = self._registry.register(number, bell.set, own=own)
        try:
            await self._carry_out(requests, now)
        except Exception:
            # Without its claim it would be a registration to which nothing ever comes.
            self._registry.end(registration)
            raise
        return BundleEndpoint(self, registration, bell)

    def wake(self) -> None:
        """Let every program that waits look again, as when the node stops."""
        self._registry.wake()

    def stop_waiting(self) -> None:
        """Answer now whoever waits for so long, with nothing where there is nothing: the node is to end."""
        self.is_ending = True
        self.wake()

    async def carry_out(self, registration: Registration, ask: Callable[[], Sequence[Request]]) -> None:
        """Carry out what a program asks for, after all that has happened so far; once done it is durable.

        Args:
            registration: the program's.
            ask: returns the requests; called only where the registration holds.

        Raises:
            InputError: its registration is none any more.
            StoreError: the disk refused, or the node does not run.
        """
        now = self._moment()
        self._registry.check(registration)
        await self._carry_out(ask(), now)

    async def end(self, registration: Registration) -> None:
        """Give up a registration; again changes nothing."""
        now = self._moment()
        await self._carry_out(self._registry.end(registration), now)

    def read(self, registration: Registration, after: int) -> ReceivedUnit | None:
        """Return the first data unit that waits after a number, with its payload; None where none does."""
        while (arrival := registration.after(after)) is not None:
            try:
                payload = self._payload(arrival.keys)
            except (BundleError, StoreError) as error:
                # It stays stored and may be read another time; until then it must not hold up the others.
                _LOG.error("%s can't be given to %s: %s", arrival.id, registration.endpoint, error)
                registration.gone(arrival.id)
                continue
            source, created, expires = arrival.source, arrival.created, arrival.expires
            return ReceivedUnit(
                arrival.number, arrival.id, source, created, expires, payload, arrival.arrived
            )
        return None


class BundleEndpoint:
    """An endpoint of a node in the hands of a program.

    Used with `async with`, it gives its number up at the end; `async for` waits for each data unit.

    Args:
        service: the node's.
        registration: what is kept for the program.
        bell: set when there is more to receive or to be told.
    """

    def __init__(self, service: BundleService, registration: Registration, bell: asyncio.Event) -> None:
        self._service = service
        self._registration = registration
        self._bell = bell
        self._last = 0

    async def __aenter__(self) -> BundleEndpoint:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # A node that has stopped has given all numbers up.
        with contextlib.suppress(StoreError):
            await self.end()

    def __aiter__(self) -> BundleEndpoint:
        return self

    async def __anext__(self) -> ReceivedUnit:
        received = await self.receive()
        assert received is not None  # without a timeout it waits for one
        return received

    @property
    def address(self) -> str:
        """Return its endpoint id."""
        return self._registration.endpoint

    async def send(self, outgoing: UnitToSend) -> SentUnit:
        """Send a data unit from this endpoint; when this returns, it is stored.

        Raises:
            InputError: it can't be sent, or another program has registered the number since.
            DiskFullError: there is no room for it; nothing of it is kept.
            StoreError: the node takes nothing more, or does not run.
        """
        self._service.require_room(len(outgoing.payload))
        # The node answers within the step that stores it, so the answer is there once that is durable.
        token, requests = self._registration.send(outgoing)
        await self._service.carry_out(self._registration, lambda: requests)
        return self._registration.answer(token)

    async def receive(self, timeout_s: float | None = None) -> ReceivedUnit | None:
        """Wait for the next data unit; None where none came in time.

        Args:
            timeout_s: seconds of the wall; None for as long as it takes.

        Raises:
            InputError: another program has registered the number since.
            StoreError: the node does not run any more.
        """
        received = await self.receive_after(self._last, timeout_s)
        if received is not None:
            self._last = received.number
        return received

    async def receive_after(self, number: int, timeout_s: float | None = None) -> ReceivedUnit | None:
        """Wait for the first data unit after a number (`ReceivedUnit.number`); all else as in `receive`."""
        return await self._wait_for(lambda: self._service.read(self._registration, number), timeout_s)

    async def acknowledge(self, id: str) -> None:
        """Take a data unit: the node lets go of it, and reports it delivered where that was asked for.

        One that was taken before, or whose lifetime has ended, changes nothing.

        Args:
            id: `ReceivedUnit.id`.

        Raises:
            InputError, StoreError: as in `receive`; then it is given again.
        """
        await self._service.carry_out(self._registration, lambda: self._registration.acknowledge(id))

    async def withdraw(self, id: str) -> None:
        """Take back a data unit that has not departed; news tell whether it had.

        Args:
            id: `SentUnit.id`.

        Raises:
            InputError: it is not one that was sent from here, or as in `receive`.
            StoreError: as in `receive`.
        """
        await self._service.carry_out(self._registration, lambda: self._registration.withdraw(id))

    async def news(self, after: int = 0, timeout_s: float | None = None) -> list[News]:
        """Wait for news of what was sent from here; none where none came in time.

        Args:
            after: the number of the last that is known.
            timeout_s: as in `receive`.

        Raises:
            InputError, StoreError: as in `receive`.
        """
        return await self._wait_for(lambda: self._registration.news_after(after) or None, timeout_s) or []

    async def end(self) -> None:
        """Give the number up; what was not acknowledged waits for who registers it next."""
        await self._service.end(self._registration)

    async def _wait_for(self, look: Callable[[], T | None], timeout_s: float | None) -> T | None:
        """Look until there is something, and it is durable; None when time is up before."""
        loop = asyncio.get_running_loop()
        end = None if timeout_s is None else loop.time() + timeout_s
        while True:
            self._bell.clear()
            # What is given to a program must be safe: nothing of it may be undone by a crash.
            await self._service.carry_out(self._registration, list)
            found = look()
            left = None if end is None else end - loop.time()
            if found is not None or (left is not None and (left <= 0 or self._service.is_ending)):
                return found
            # Nothing is awaited between the look and this, so no ringing is missed.
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._bell.wait(), left)
