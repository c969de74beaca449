"""Two nodes and a fake sky between them, driven event by event."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from types import FrameType, MappingProxyType
from typing import Any, TypeVar

from starlight import bundle as bp
from starlight.bundle import EndpointID, QualityOfService
from starlight.bundle.blocks import CanonicalBlock
from starlight.bundle.quality_of_service import USUAL
from starlight.contacts.contact import Contact, constant_light
from starlight.contacts.plan import ContactPlan
from starlight.dtntime import HOUR, SECOND, YEAR
from starlight.engine.node import Node
from starlight.node.actions import Action, Fetch, Forget, Persist, Trace, Update
from starlight.node.application import Submit
from starlight.node.config import NodeConfig, NodeLimits
from starlight.node.events import BundleReceived, Event, Fetched, LinkUp, Remembered, Restored

T = 51 * YEAR
USUAL_LIMITS = NodeLimits()
A = TypeVar("A")


def contact(
    id: int,
    a: int,
    b: int,
    start: int = 0,
    end: int = 10 * HOUR,
    *,
    rate: int = 8_000_000,
    light_s: float = 300.0,
    one_way: bool = False,
) -> Contact:
    """Return a contact whose times count from T; at its rate a byte takes a microsecond."""
    begin = T + start
    return Contact(
        id, a, b, begin, T + end, ((begin, rate),), constant_light(begin, light_s), one_way=one_way
    )


def plan(*contacts: Contact, version: int = 0) -> ContactPlan:
    """Return a plan."""
    return ContactPlan.of(contacts, version=version)


ROAD = plan(contact(1, 1, 2), contact(2, 2, 1), contact(3, 2, 3), contact(4, 3, 2))


class Fixture:
    """A node with its store, driven by hand; asserts that no step breaks the order of the writes.

    Args:
        number: of the node.
        contacts: its plan.
        up: the neighbours whose links are up.
        limits, names, reports: of its config.
    """

    def __init__(
        self,
        number: int,
        contacts: ContactPlan = ROAD,
        *,
        up: Iterable[int] = (1, 2, 3, 4),
        limits: NodeLimits = USUAL_LIMITS,
        names: Mapping[str, int] = MappingProxyType({}),
        reports: bool = True,
    ) -> None:
        self.config = NodeConfig(number, contacts, limits, dict(names), reports)
        self.node = Node(self.config)
        self.up = tuple(up)
        self.bundles: dict[str, tuple[bytes, bytes]] = {}
        self.seen: dict[str, int] = {}
        for peer in self.up:
            self.node.handle(LinkUp(peer), T)

    def handle(self, event: Event, now: int = T) -> list[Action]:
        """Let the node handle an event, and keep its writes; a body that it asks for is read at once."""
        actions = self.node.handle(event, now)
        for action in actions:
            if isinstance(action, Persist):
                self.bundles[action.key] = action.data, action.meta
            elif isinstance(action, Update):
                self.bundles[action.key] = self.bundles[action.key][0], action.meta
            elif isinstance(action, Forget):
                self.bundles.pop(action.key, None)
                self.seen[action.key] = action.remember_until
        for action in of(actions, Fetch):
            actions += self.handle(Fetched(action.key, self.read(action.key)), now)
        return actions

    def read(self, key: str) -> bytes | None:
        """Return the body of a stored bundle."""
        return self.bundles[key][0]

    def restart(self, now: int) -> Fixture:
        """Return a fresh node on the same store, after a crash, its links up and nothing done yet."""
        again = Fixture(self.config.number, self.config.plan, up=())
        again.config = self.config
        again.node = Node(self.config)
        again.bundles, again.seen, again.up = dict(self.bundles), dict(self.seen), self.up
        for peer in self.up:
            again.node.handle(LinkUp(peer), now)
        for key, until in self.seen.items():
            assert again.node.handle(Remembered(key, until), now) == []
        for key, (_, meta) in self.bundles.items():
            assert again.node.handle(Restored(key, meta), now) == []
        return again

    def submit(
        self,
        to: str = "ipn:3.1",
        now: int = T,
        *,
        token: str = "t",
        source: str | None = None,
        payload: bytes = b"words",
        lifetime_ms: int = 86_400_000,
        report_to: str | None = None,
        flags: int = 0,
        priority: int = 1,
        critical: bool = False,
    ) -> list[Action]:
        """Submit a bundle; its source is the node's first service, unless it is given."""
        author = f"ipn:{self.config.number}.1" if source is None else source
        return self.handle(
            Submit(token, author, to, payload, lifetime_ms, report_to, flags, priority, critical), now
        )

    @property
    def states(self) -> list[str]:
        """The states of all that is stored, in order."""
        return [stored.state.name for stored in self.node.stored.values()]


def of(actions: Iterable[object], kind: type[A]) -> list[A]:
    """Return the actions of one kind."""
    return [action for action in actions if isinstance(action, kind)]


def traces(actions: Iterable[Action]) -> list[str]:
    """Return what the traces among the actions say happened."""
    return [action.record.kind for action in of(actions, Trace)]


def made(
    source: str = "ipn:9.1",
    to: str = "ipn:3.1",
    *,
    payload: bytes = b"words",
    at: int = T,
    sequence: int = 0,
    lifetime_s: int = 86_400,
    report_to: str = "ipn:9.0",
    flags: int = 0,
    hops: tuple[int, int] | None = (64, 0),
    age_ms: int | None = None,
    zero_time: bool = False,
    fragment: tuple[int, int] | None = None,
    private: int | None = None,
    service: QualityOfService = USUAL,
) -> bytes:
    """Return a bundle that another node made."""
    built = bp.build(
        EndpointID.parse(source),
        EndpointID.parse(to),
        payload,
        creation=(0 if zero_time else at // 1_000_000, sequence),
        lifetime_ms=lifetime_s * 1000,
        report_to=EndpointID.parse(report_to),
        flags=flags,
        hop_limit=None if hops is None else hops[0],
        age_ms=age_ms,
        fragment=fragment,
        service=service,
        extra_blocks=() if private is None else (CanonicalBlock(200, 9, private, 2, b"private"),),
    )
    data = bp.encode(built)
    for _ in range(0 if hops is None else hops[1]):
        onward = bp.onward(bp.decode(data), node=EndpointID.parse("ipn:9.0"))
        assert onward is not None
        data = onward
    return data


def came(data: bytes, peer: int | None = 1, transfer: int | None = 7, arrives: int = T) -> BundleReceived:
    """Return the event that a bundle came."""
    return BundleReceived(peer, data, transfer, arrives)


__all__ = [
    "HOUR",
    "ROAD",
    "SECOND",
    "Fixture",
    "NodeLimits",
    "T",
    "came",
    "contact",
    "made",
    "of",
    "plan",
    "traces",
]


def work(do: Callable[[], object]) -> int:
    """Return how many instructions of Python something takes, the same on any machine."""
    count = 0

    def look(frame: FrameType, event: str, _: object) -> Any:
        nonlocal count
        frame.f_trace_opcodes = True
        count += event == "opcode"
        return look

    before = sys.gettrace()
    sys.settrace(look)
    try:
        do()
    finally:
        sys.settrace(before)
    return count
