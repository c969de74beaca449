"""A registration: one service number of a node, in the hands of a program (RFC 9171, 3.1)."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable
from typing import Any

from starlight.bundle import EndpointID
from starlight.errors import InputError, StoreError
from starlight.node.application import DataUnit, NotKept, Request, Submit, Take, Withdraw
from starlight.services.units import Arrival, Happened, News, SentUnit, UnitToSend

NEWS_MAX = 1_000
"""News kept for a program that does not ask for them; then the oldest go. Some 300 B each."""


class Registration:
    """The service number of a program, and what is kept for it there: what waits, and news.

    It holds no payloads, and lists no more than the claim of its endpoint asks for, so its size does not
    grow with what waits in the node.

    Args:
        endpoint: endpoint id as text.
        changed: called when there is more to receive or to be told.
        own: it is of a service of the node itself, from which no program takes it over.

    Attributes:
        endpoint, own: as given.
    """

    def __init__(self, endpoint: str, changed: Callable[[], object], own: bool) -> None:
        self.endpoint = endpoint
        self.own = own
        self._changed = changed
        self._waiting: OrderedDict[str, Arrival] = OrderedDict()
        self._news: deque[News] = deque(maxlen=NEWS_MAX)
        self._count = 0  # of arrivals and news
        self._sent = 0
        self._answers: dict[str, SentUnit | str] = {}

    def passed_on(self, changed: Callable[[], object]) -> Registration:
        """Return the registration of the program that takes this number over, with all that waits."""
        successor = Registration(self.endpoint, changed, own=False)
        successor._waiting, successor._news = self._waiting, self._news
        successor._count, successor._sent = self._count, self._sent
        self.wake()  # so that its program notices
        return successor

    def wake(self) -> None:
        """Let a program that waits look again."""
        self._changed()

    # What its program does.

    def send(self, outgoing: UnitToSend) -> tuple[str, list[Request]]:
        """Return a token for `answer`, and what sends a data unit.

        Raises:
            InputError: it can't be sent.
        """
        outgoing.check()
        self._sent += 1
        submit = Submit(
            f"{self.endpoint}/{self._sent}",
            self.endpoint,
            str(EndpointID.parse(outgoing.to)),
            outgoing.payload,
            outgoing.lifetime_ms,
            flags=outgoing.flags,
            priority=outgoing.priority,
            critical=outgoing.critical,
        )
        return submit.token, [submit]

    def answer(self, token: str) -> SentUnit:
        """Return the node's answer to what was sent, once.

        Raises:
            InputError: it was not taken, because it is too large or breaks a rule.
            StoreError: the store is full.
        """
        answer = self._answers.pop(token)
        if isinstance(answer, SentUnit):
            return answer
        if answer == NotKept.STORE_FULL:
            raise StoreError(f"the node takes nothing more: {answer}")
        raise InputError(f"it can't be sent: {answer}", where="bundle")

    def after(self, number: int) -> Arrival | None:
        """Return the first data unit that waits after a number, or None."""
        return next((each for each in self._waiting.values() if each.number > number), None)

    def acknowledge(self, id: str) -> list[Request]:
        """Take what was received; nothing, if it was taken before or has expired."""
        arrival = self._waiting.pop(id, None)
        return [] if arrival is None else [Take(arrival.keys)]

    def withdraw(self, id: str) -> list[Request]:
        """Ask for a data unit back; news tell whether it had departed.

        Raises:
            InputError: it is not one that was sent under this number.
        """
        if source_of(id) != self.endpoint:
            right = "Give the id that sending it returned"
            raise InputError(f"{id!r} was not sent from {self.endpoint}", where="id", right=right)
        return [Withdraw(id)]

    def news_after(self, number: int) -> list[News]:
        """Return the news after a number, the oldest first."""
        return [news for news in self._news if news.number > number]

    # What its node tells.

    def answered(self, token: str, answer: SentUnit | str) -> None:
        """Note that the node took what was sent, or the reason for which it did not."""
        self._answers[token] = answer

    def came(self, unit: DataUnit, now: int) -> None:
        """List a data unit that came at a time, in ns; the node keeps it."""
        # Offered again under the same identity, after a step that broke, it takes its old entry's place.
        self._count += 1
        self._waiting[unit.key] = Arrival(
            self._count, unit.key, unit.keys, unit.source, unit.created, unit.expires, len(unit.payload), now
        )
        self._changed()

    def gone(self, id: str) -> None:
        """Drop a data unit that the node does not keep any more."""
        self._waiting.pop(id, None)

    def happened(self, id: str, what: Happened, time: int, **facts: Any) -> None:
        """Note what happened to a data unit that was sent; `facts` are fields of `News`."""
        self._count += 1
        self._news.append(News(self._count, id, what, time, **facts))
        self._changed()


def source_of(id: str) -> str:
    """Return the endpoint that sent a data unit; it is in the identity of its bundle."""
    return id.rsplit("/", 2)[0]
