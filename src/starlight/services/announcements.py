"""The messages of a node's amendment service to other nodes: what they miss, what is held here, a greeting.

Theory of operation. Three causes send a message, and each has a deadline of its own. A node misses amendments
of this one: it is sent them, and again until it says that it holds them (`plan_versions.py`). An author has
sent some: it is told what is held here, a little later, for all that came together. A planner has never heard
of this node: it is greeted, so that it sends what a new or lost store misses.

Nothing counts as said before this node has taken the bundle that says it: a store that is full, or a step
that broke, costs an hour and no message.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from starlight.bundle import BULK, EXPEDITED, EndpointID
from starlight.dtntime import DAY, HOUR, MILLISECOND, SECOND, YEAR
from starlight.errors import StoreError
from starlight.node.application import Request, Save, Say, Submit, Withdraw
from starlight.services.amendment_format import (
    AMENDMENT_MAX_BYTES,
    Carried,
    Known,
    Message,
    encode,
    encoded_bytes,
)
from starlight.services.held_amendments import HeldAmendment, HeldAmendments
from starlight.services.plan_versions import LIFETIME, PlanVersions, WaitingBundles
from starlight.services.trace_events import VersionHeard
from starlight.trace import Record

NAME = "amendments"
"""The name of the application on its node, under which it keeps its records."""

SERVICE = 0x57A2
"""Its service number at every node, 22434: of the range for private use 0x0100 to 0x7FFF (RFC 9758, 9.3), as
it is no service that the whole community of BPv7 would look for; well above the small numbers of people."""

GATHER = 10 * SECOND
"""An answer waits so long for what else its author has on the way, and tells of all of it at once."""

SAID_AGAIN = HOUR
"""After which an answer or a greeting that this node did not take is given to it again."""

BATCH_MAX_BYTES = AMENDMENT_MAX_BYTES
"""Of the amendments in one bundle, so that each fits the contacts that a letter fits."""

GREETING_LIFETIME = YEAR
OTHERS_MAX = 64
"""Nodes of which a message tells what is known, the latest first: 20 bytes each."""

OTHERS_MAX_BYTES = 16 * 1024
"""Of all that a message tells of them. It is other nodes' word, passed on: without a bound, one of them could
blow up this node's messages until nobody takes them."""

PEER, GREETED = "peer/", "greeted"
"""The keys of the records that are kept here."""


class Announcements:
    """The messages of one node about its plan.

    Args:
        node: its number.
        planners: the nodes that are greeted, and whose word of others is believed.
        held: the amendments that are held here.
        greets: planners that never heard of this node are told that it is here.

    Attributes:
        versions: what is known of other nodes.
    """

    def __init__(self, node: int, planners: frozenset[int], held: HeldAmendments, *, greets: bool) -> None:
        self._node = node
        self._planners = planners
        self._held = held
        self._greets = greets
        self.versions = PlanVersions(node)
        self._waiting = WaitingBundles()
        self._answers: dict[int, int] = {}  # by author: when it is told what is held here
        self._greeted: set[int] = set()
        self._greetings: dict[int, int] = {}  # by planner: when one that was not taken is given again

    def restore(self, key: str, data: bytes) -> None:
        """Take back a record; one of another key is of a newer version, and stays as it is.

        Raises:
            StoreError: it can't be read.
            ValueError: its key can't.
        """
        if key.startswith(PEER):
            self.versions.restore(int(key.removeprefix(PEER)), data)
        elif key == GREETED:
            # Earlier versions greeted all at once, and kept no more than that they had.
            self._greeted |= set(_numbers(data)) if data else self._planners

    def send(self, now: int) -> list[Request]:
        """Send every node what it misses of this node's own amendments, and greet whom it has not."""
        own = self._held.of(self._node)
        requests: list[Request] = []
        if own:
            numbers = [held.amendment.number for held in own]
            self.versions.settle(numbers)
            for node in sorted(self._held.nodes()):
                if node != self._node and self.versions.missing(node, numbers):
                    requests += self._send_to(node, own, now)
        return [*self._peers(), *requests, *self._greet(now)]

    def state(self, node: int, facts: bytes) -> Submit:
        """Return the request to tell a node a statement of the mission's facts, for a day."""
        message = Message((), self._held.version(), {}, facts=facts)
        destination, lifetime = endpoint_of(node), DAY // MILLISECOND
        return Submit(f"facts/{node}", endpoint_of(self._node), destination, encode(message), lifetime)

    def answer(self, author: int, now: int) -> None:
        """Tell an author soon what is held here."""
        self._answers.setdefault(author, now + GATHER)

    def hear(self, node: int, known: Known, now: int, *, directly: bool) -> list[Request]:
        """Take note of what a node holds.

        Args:
            node: which one.
            known: what, and as of when.
            now: in ns.
            directly: the node says so itself; else a planner does.
        """
        if node not in self._held.nodes() and node not in self._planners:
            return []  # Anybody could name nodes without end; the plan bounds how many are remembered.
        if not self.versions.heard(node, known, directly=directly):
            return []
        return [Say(Record(now, self._node, VersionHeard(node, known.version.text(), known.as_of)))]

    def accepted(self, token: str, key: str, arrives: int | None, now: int) -> list[Request]:
        """Take note when what was sent will be there."""
        match token.split("/"):
            case ["send", node, before]:
                self._waiting.add(int(node), key, int(before))
                self.versions.accepted(int(node), int(before), arrives, now)
                return self._peers()
            case ["greet", node]:
                self._greetings.pop(int(node), None)
                self._greeted.add(int(node))
                # With the bundle, in one commit: the one is not kept without the other.
                return [Save(NAME, GREETED, msgspec.msgpack.encode(sorted(self._greeted)))]
        return []

    def rejected(self, token: str, now: int) -> None:
        """Answer later where this node did not take it; all else is said again unless it is accepted."""
        kind, node, *_ = token.split("/")
        if kind == "answer":
            self._answers.setdefault(int(node), now + SAID_AGAIN)

    def gone(self, key: str) -> None:
        """Take note that a bundle has left or has expired here, and can't be taken back any more."""
        self._waiting.gone(key)

    def next_wakeup(self) -> int | None:
        """Return when `handle_timer` has something to do, in ns, or None."""
        dues = [*self._answers.values(), *self._greetings.values()]
        if (again := self.versions.next_wakeup()) is not None:
            dues.append(again)
        return min(dues, default=None)

    def handle_timer(self, now: int) -> list[Request]:
        """Answer authors, and say again what others still miss."""
        self.versions.take_due(now)
        for planner in [planner for planner, due in self._greetings.items() if due <= now]:
            del self._greetings[planner]
        requests = self.send(now)
        for author in sorted(author for author, due in self._answers.items() if due <= now):
            del self._answers[author]
            requests.append(self._submit(f"answer/{author}", author, (), LIFETIME, priority=BULK))
        return requests

    def _greet(self, now: int) -> list[Request]:
        if not self._greets:
            return []
        # Also one that a later plan names first, and whom no earlier greeting could reach.
        known = (self._planners & self._held.nodes()) - {self._node}
        planners = sorted(known - self._greeted - self._greetings.keys())
        self._greetings.update(dict.fromkeys(planners, now + SAID_AGAIN))
        return [self._submit(f"greet/{planner}", planner, (), GREETING_LIFETIME) for planner in planners]

    def _send_to(self, node: int, own: Sequence[HeldAmendment], now: int) -> list[Request]:
        waiting = self._waiting.take_back(node)
        requests: list[Request] = [Withdraw(key) for key in waiting]
        for before in waiting.values():
            self.versions.taken_back(node, before)
        missing = set(self.versions.missing(node, [held.amendment.number for held in own]))
        for batch in _batches(held for held in own if held.amendment.number in missing):
            token = f"send/{node}/{self.versions.sent_to(node)}"
            self.versions.sent(node, batch[-1].amendment.number, now)
            requests.append(self._submit(token, node, batch, LIFETIME))
        return requests

    def _submit(
        self, token: str, node: int, batch: Sequence[Carried], lifetime: int, *, priority: int = EXPEDITED
    ) -> Submit:
        """Return the request to send a message, which also tells what is held and known here."""
        # Others are told of where amendments travel anyway: an answer is small, and goes to who knows them.
        others = self._others(node) if batch else {}
        payload = encode(Message(tuple(batch), self._held.version(), others))
        source, destination = endpoint_of(self._node), endpoint_of(node)
        return Submit(token, source, destination, payload, lifetime // MILLISECOND, priority=priority)

    def _others(self, reader: int) -> dict[int, Known]:
        """Return what a node is told of the others: the latest, as much as there is room for."""
        known = self.versions.known()
        latest = sorted((node for node in known if node != reader), key=lambda n: (-known[n].as_of, n))
        told: dict[int, Known] = {}
        room = OTHERS_MAX_BYTES
        for node in latest[:OTHERS_MAX]:
            size = encoded_bytes(known[node].version)
            if size <= room:
                told[node] = known[node]
                room -= size
        return told

    def _peers(self) -> list[Request]:
        return [Save(NAME, f"{PEER}{node}", record) for node, record in self.versions.take_changed()]


def endpoint_of(node: int) -> str:
    """Return the endpoint of a node's amendment service, as text."""
    return str(EndpointID.ipn(node, SERVICE))


def _numbers(record: bytes) -> list[int]:
    try:
        return msgspec.msgpack.decode(record, type=list[int])
    except msgspec.DecodeError as error:
        raise StoreError(f"who was greeted: {error}") from error


def _batches(own: Iterable[HeldAmendment]) -> Iterator[list[Carried]]:
    """Yield amendments by number, in as many messages as they need."""
    batch: list[Carried] = []
    size = 0
    for held in own:
        if batch and size + len(held.data) > BATCH_MAX_BYTES:
            yield batch
            batch, size = [], 0
        batch.append(Carried(held.amendment, held.data))
        size += len(held.data)
    if batch:
        yield batch
