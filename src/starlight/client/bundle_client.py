"""The bundle API for programs beside a running node: one service number, in the hands of this program.

    with BundleClient(Path("seoul-data"), 9) as bundles:
        bundles.send(UnitToSend("ipn:20.9", b"Is anybody there?"))
        for received in bundles:
            print(received.source, received.payload)
            bundles.acknowledge(received.id)

`AsyncBundleClient` is the same with `async with`, `await` and `async for`. Each act is durable on return.
What is received stays stored in the node until it is acknowledged, and is given again, under the same id, to
the program that registers the number next: so acknowledge once what must not be lost is done, and
expect to see an id again that was not.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import TypeVar
from urllib.parse import quote

from starlight import dtntime
from starlight.client.local_api import LocalApi, Question, Reply, as_json
from starlight.errors import StarlightError
from starlight.messages.urgency import PRIORITIES
from starlight.services.ping import RoundTrip
from starlight.services.units import ANY, LIFETIME_S, News, ReceivedUnit, Registered, SentUnit, UnitToSend

T = TypeVar("T")

POLL_S = 30.0
"""How long one question for what is next waits; then it is asked again, so a node that hangs is noticed."""


class _Questions:
    """The questions of a registered program.

    Args:
        registered: the node's answer to its registration.
    """

    def __init__(self, registered: Registered) -> None:
        self._path = f"/services/{registered.address}"
        self._registration = ("registration", registered.registration)

    def send(self, outgoing: UnitToSend) -> Question[SentUnit]:
        query = (
            self._registration,
            ("to", outgoing.to),
            ("lifetime_s", repr(float(outgoing.lifetime_s))),
            ("priority", PRIORITIES[outgoing.priority]),
            ("critical", str(outgoing.critical).lower()),
            *(("report", report.value) for report in outgoing.reports),
        )
        return Question("POST", f"{self._path}/bundles", as_json(SentUnit), query, outgoing.payload)

    def receive(self, after: int, wait_s: float) -> Question[ReceivedUnit | None]:
        return Question("GET", f"{self._path}/bundles", _received, self._wait(after, wait_s), wait_s=wait_s)

    def news(self, after: int, wait_s: float) -> Question[list[News]]:
        query = self._wait(after, wait_s)
        return Question("GET", f"{self._path}/news", as_json(list[News]), query, wait_s=wait_s)

    def round_trip(self, to: str, size_bytes: int, lifetime_s: float) -> Question[RoundTrip]:
        query = (("to", to), ("size_bytes", str(size_bytes)), ("lifetime_s", repr(lifetime_s)))
        return Question("GET", f"{self._path}/round-trip", as_json(RoundTrip), query)

    def acknowledge(self, id: str) -> Question[None]:
        return self._act(f"bundles/{quote(id, safe='')}/acknowledge")

    def withdraw(self, id: str) -> Question[None]:
        return self._act(f"bundles/{quote(id, safe='')}/withdraw")

    def end(self) -> Question[None]:
        return self._act("end")

    def _act(self, what: str) -> Question[None]:
        return Question("POST", f"{self._path}/{what}", lambda answer: None, (self._registration,))

    def _wait(self, after: int, wait_s: float) -> tuple[tuple[str, str], ...]:
        return (self._registration, ("after", str(after)), ("timeout_s", repr(wait_s)))


class BundleClient:
    """A service number of a running node in the hands of this program.

    Used with `with`, it gives the number up at the end; `for` waits for each data unit.

    Args:
        folder: the data folder of the node.
        service: the service number; where several nodes run, as in a demo, the endpoint id as text, such as
            ``ipn:10.9`` or ``ipn:10.any``; None for any number that is free.

    Attributes:
        address: its endpoint id.

    Raises:
        InputError: no node runs there, it refuses the token, or something else has the number.
        StarlightError: it does not answer.
    """

    def __init__(self, folder: Path, service: int | str | None = None) -> None:
        self._api = LocalApi(folder)
        registered = self._api.ask(_register(service))
        self.address = registered.address
        self._questions = _Questions(registered)
        self._last = 0

    def __enter__(self) -> BundleClient:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # A node that has stopped has given all numbers up, and one that was taken over is not ours.
        with contextlib.suppress(StarlightError):
            self.end()

    def __iter__(self) -> BundleClient:
        return self

    def __next__(self) -> ReceivedUnit:
        received = self.receive()
        assert received is not None  # without a timeout it waits for one
        return received

    def send(self, outgoing: UnitToSend) -> SentUnit:
        """Send a data unit; it is stored in the node when this returns.

        Raises:
            InputError: it can't be sent, or another program has registered the number since.
            StarlightError: the node takes nothing more, or does not answer; then it may be stored or not.
        """
        outgoing.check()
        return self._api.ask(self._questions.send(outgoing))

    def receive(self, timeout_s: float | None = None) -> ReceivedUnit | None:
        """Wait for the next data unit; None where none came in time.

        Args:
            timeout_s: in s; None for as long as it takes.

        Raises:
            InputError: another program has registered the number since.
            StarlightError: the node does not answer.
        """
        for wait_s in _waits(timeout_s):
            # Asked by the number of the last: an answer that was lost on its way is given again.
            received = self._api.ask(self._questions.receive(self._last, wait_s))
            if received is not None:
                self._last = received.number
                return received
        return None

    def acknowledge(self, id: str) -> None:
        """Take a data unit: the node lets go of it, and reports it delivered where that was asked for.

        One that was taken before, or whose lifetime has ended, changes nothing.

        Args:
            id: `ReceivedUnit.id`.

        Raises:
            InputError, StarlightError: as in `receive`; it may then be given again.
        """
        self._api.ask(self._questions.acknowledge(id))

    def withdraw(self, id: str) -> None:
        """Take back a data unit that has not departed; news tell whether it had.

        Args:
            id: `SentUnit.id`.

        Raises:
            InputError: it was not sent from here, or as in `receive`.
            StarlightError: as in `receive`.
        """
        self._api.ask(self._questions.withdraw(id))

    def news(self, after: int = 0, timeout_s: float | None = None) -> list[News]:
        """Wait for news of what was sent from here; none where none came in time.

        Args:
            after: the number of the last that is known.
            timeout_s: as in `receive`.

        Raises:
            InputError, StarlightError: as in `receive`.
        """
        for wait_s in _waits(timeout_s):
            news = self._api.ask(self._questions.news(after, wait_s))
            if news:
                return news
        return []

    def round_trip(self, to: str, size_bytes: int, lifetime_s: float = LIFETIME_S) -> RoundTrip:
        """Return what is to be expected of a payload that is sent from here now to an echo, and back.

        Args:
            to: endpoint id of the echo.
            size_bytes: of the payload.
            lifetime_s: how long it is worth carrying.

        Raises:
            InputError: it can't be sent so.
            StarlightError: as in `receive`.
        """
        return self._api.ask(self._questions.round_trip(to, size_bytes, lifetime_s))

    def end(self) -> None:
        """Give the number up; what was not acknowledged waits for who registers it next.

        Raises:
            InputError, StarlightError: as in `receive`.
        """
        self._api.ask(self._questions.end())


class AsyncBundleClient:
    """A service number of a running node in the hands of this program, without holding up its other tasks.

    Enter it with `async with`, which registers the number and gives it up at the end. All else is as in
    `BundleClient`, and raises what that raises.

    Args:
        folder: the data folder of the node.
        service: the service number; where several nodes run, as in a demo, the endpoint id as text, such as
            ``ipn:10.9`` or ``ipn:10.any``; None for any number that is free.

    Attributes:
        address: its endpoint id, once it is entered.
    """

    def __init__(self, folder: Path, service: int | str | None = None) -> None:
        self._api = LocalApi(folder)
        self._service = service
        self._questions: _Questions
        self.address = ""
        self._last = 0

    async def __aenter__(self) -> AsyncBundleClient:
        registered = await self._api.ask_async(_register(self._service))
        self.address = registered.address
        self._questions = _Questions(registered)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(StarlightError):
            await self._api.ask_async(self._questions.end())

    def __aiter__(self) -> AsyncBundleClient:
        return self

    async def __anext__(self) -> ReceivedUnit:
        received = await self.receive()
        assert received is not None  # without a timeout it waits for one
        return received

    async def send(self, outgoing: UnitToSend) -> SentUnit:
        """Send a data unit; it is stored in the node when this returns."""
        outgoing.check()
        return await self._api.ask_async(self._questions.send(outgoing))

    async def receive(self, timeout_s: float | None = None) -> ReceivedUnit | None:
        """Wait for the next data unit; None where none came in time."""
        for wait_s in _waits(timeout_s):
            received = await self._api.ask_async(self._questions.receive(self._last, wait_s))
            if received is not None:
                self._last = received.number
                return received
        return None

    async def acknowledge(self, id: str) -> None:
        """Take a data unit: the node lets go of it."""
        await self._api.ask_async(self._questions.acknowledge(id))

    async def withdraw(self, id: str) -> None:
        """Take back a data unit that has not departed; news tell whether it had."""
        await self._api.ask_async(self._questions.withdraw(id))

    async def news(self, after: int = 0, timeout_s: float | None = None) -> list[News]:
        """Wait for news of what was sent from here; none where none came in time."""
        for wait_s in _waits(timeout_s):
            news = await self._api.ask_async(self._questions.news(after, wait_s))
            if news:
                return news
        return []


def _register(service: int | str | None) -> Question[Registered]:
    text = ANY if service is None else quote(str(service), safe=":")
    return Question("POST", f"/services/{text}", as_json(Registered))


def _waits(timeout_s: float | None) -> Iterator[float]:
    """Yield how long each question for what is next may wait, until time is up; one is asked at least."""
    end = None if timeout_s is None else time.monotonic() + timeout_s
    while True:
        left = POLL_S if end is None else min(end - time.monotonic(), POLL_S)
        yield max(left, 0.0)
        if end is not None and time.monotonic() >= end:
            return


def _received(answer: Reply) -> ReceivedUnit | None:
    if answer.status == 204:
        return None
    told, created = answer.headers, answer.headers.get("bundle-created")
    return ReceivedUnit(
        int(told["bundle-number"]),
        told["bundle-id"],
        told["bundle-source"],
        None if created is None else dtntime.from_text(created),
        dtntime.from_text(told["bundle-expires"]),
        answer.body,
        dtntime.from_text(told["bundle-arrived"]),
    )
