"""The promises that nodes have made of bundles, and what became of them, as the trace tells it.

Only the trace is looked at: a promise must not be judged by what the node that made it goes on to believe.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import msgspec

from starlight.dtntime import MILLISECOND
from starlight.medium.trace_events import LinkCut, LinkMended
from starlight.node.stored import whole_of
from starlight.node.trace_events import (
    BundleDeclined,
    BundleDelivered,
    BundleExpired,
    BundleFailed,
    BundleSent,
    BundleUnclaimed,
    BundleWithdrawn,
    PlanAdopted,
)
from starlight.services.trace_events import AmendmentMade, AmendmentTaken
from starlight.sim.trace_events import NodeCrashed, NodeRestarted
from starlight.trace import Record

EXACT = MILLISECOND
"""An arrival may differ from the promise by so much where nothing interferes, in ns."""

ALLOWED_PARTS = 100
"""An arrival may be late by one of so many parts of its transit time where queues compete."""


class Slot(NamedTuple):
    """A transmission, promised or done; times in ns.

    Attributes:
        contact: the id of what carries it.
        node, peer: from where to where.
        leaves, last_byte, reaches: its first bit, its last bit, and that at the other end.
        queued: it was promised to wait for what was booked before it.
    """

    contact: int
    node: int
    peer: int
    leaves: int
    last_byte: int
    reaches: int
    queued: bool = False


class Promise(msgspec.Struct, frozen=True):
    """The promise that a node made of a bundle when it took it.

    Attributes:
        key: the bundle.
        node: who promised.
        order: counts acceptances in the world.
        time: of the acceptance, in ns.
        priority: of the bundle.
        arrives: when it was to reach its destination's node, in ns.
        routes: the promised transmissions, in order; of a bundle that was cut, those of each
            fragment, by its key.
        version: of the plan by which it was promised: the digest of the amendments that its node held.
    """

    key: str
    node: int
    order: int
    time: int
    priority: int
    arrives: int
    routes: dict[str, tuple[Slot, ...]]
    version: str = ""

    @property
    def slots(self) -> list[Slot]:
        """The promised transmissions of all fragments."""
        return [slot for route in self.routes.values() for slot in route]

    @property
    def transit_time(self) -> int:
        """The promised time between nodes, in ns; of the fragment that needs longest."""
        times = [sum(slot.reaches - slot.leaves for slot in route) for route in self.routes.values()]
        return max(times, default=0)

    @property
    def allowance(self) -> int:
        """The time by which it may arrive later than promised where queues compete, in ns."""
        return max(EXACT, self.transit_time // ALLOWED_PARTS)


Done = dict[str, list[Slot]]
"""The transmissions that were made of each fragment of a bundle, by its key, in order."""


class Observations:
    """Bundles by their keys, as the trace goes by.

    Attributes:
        promises: of each bundle, in the order of acceptance.
        reached: when a bundle was first whole at its destination's node, in ns.
        withdrawn: which bundles were taken back.
        failures: the last mishap of a bundle, for people.
    """

    def __init__(self) -> None:
        self.promises: dict[str, Promise] = {}
        self.reached: dict[str, int] = {}
        self.withdrawn: set[str] = set()
        self.failures: dict[str, str] = {}
        self._done: dict[str, Done] = {}
        self._on: dict[int, list[tuple[int, int, str]]] = {}  # by contact: leaves, last byte, bundle
        self._troubles: dict[int, list[tuple[int, int]]] = {}  # by node: from when until when
        self._open: dict[tuple[int, int], int] = {}  # by node and peer, itself for a crash: since when
        self._versions: dict[int, list[tuple[int, str]]] = {}  # by node: since when, which digest

    def take(self, record: Record) -> None:
        """Take the next record of the trace."""
        node = record.node
        match record.event:
            case BundleSent(key, contact, leaves, last_byte, peer, reaches):
                whole = self._whole(key)
                slot = Slot(contact, node, peer, leaves, last_byte, reaches)
                self._done.setdefault(whole, {}).setdefault(key, []).append(slot)
                self._on.setdefault(contact, []).append((leaves, last_byte, whole))
            case BundleDelivered(key) | BundleDeclined(key) | BundleUnclaimed(key):
                self.reached.setdefault(self._whole(key), record.time)
            case BundleWithdrawn(key):
                self.withdrawn.add(key)
            case BundleFailed(key, peer, reason):
                told = f"its transfer from node {node} to node {peer} failed: {reason}"
                self.failures[self._whole(key)] = told
            case BundleExpired(key):
                self.failures[self._whole(key)] = f"it expired at node {node}"
            case PlanAdopted():
                self._troubles.setdefault(node, []).append((record.time, record.time))
            case AmendmentMade(version=version) | AmendmentTaken(version=version):
                self._versions.setdefault(node, []).append((record.time, version))
            case LinkCut(peer):
                self._open[node, peer] = record.time
            case NodeCrashed():
                self._open[node, node] = record.time
            case LinkMended(peer):
                self._over(node, peer, record.time)
            case NodeRestarted():
                self._over(node, node, record.time)

    def close(self, end: int) -> None:
        """End at a time in ns: what is not mended or restarted by then lasts until then."""
        for node, peer in list(self._open):
            self._over(node, peer, end)
        for sent in self._on.values():
            sent.sort()  # by time, as `others` searches it
        self.promises = {key: self._completed(promise) for key, promise in self.promises.items()}

    def done(self, key: str) -> Done:
        """Return the transmissions that were made of a bundle."""
        return self._done.get(key, {})

    def others(self, key: str, contact: int, since: int, until: int) -> Iterator[str]:
        """Yield the bundles but one that were transmitted on a contact in a time, in ns."""
        sent = self._on.get(contact, [])
        for index in range(bisect_right(sent, since, key=_last_byte), len(sent)):
            leaves, last_byte, other = sent[index]
            if leaves >= max(until, since + 1):
                return
            if other != key and last_byte > since:
                yield other

    def is_troubled(self, nodes: Iterable[int], since: int, until: int) -> bool:
        """Tell whether any node was down, had a link cut or got another plan in a time, in ns."""
        return any(
            began <= until and over >= since for node in nodes for began, over in self._troubles.get(node, ())
        )

    def version(self, node: int) -> str:
        """Return the version of the plan at a node now; nothing where it never held an amendment."""
        held = self._versions.get(node)
        return held[-1][1] if held else ""

    def goes_by_another(self, nodes: Iterable[int], version: str, since: int, until: int) -> bool:
        """Tell whether any node held other amendments than those of a version, in a time in ns.

        What one of them knew and the other did not is nobody's broken promise: word of it was on its way.
        """
        for node in nodes:
            held = self._versions.get(node, [])
            first = bisect_right(held, since, key=lambda each: each[0]) - 1
            last = bisect_right(held, until, key=lambda each: each[0])
            versions = [each[1] for each in held[max(first, 0) : last]]
            if first < 0:
                versions.append("")
            if any(each != version for each in versions):
                return True
        return False

    def _over(self, node: int, peer: int, until: int) -> None:
        since = self._open.pop((node, peer), None)
        if since is not None:
            for end in dict.fromkeys((node, peer)):
                self._troubles.setdefault(end, []).append((since, until))

    def _whole(self, key: str) -> str:
        """Return the bundle that was promised: of a fragment the whole, of a copy the original."""
        key = key.partition(">")[0]
        whole = whole_of(key)
        return whole if key not in self.promises and whole in self.promises else key

    def _completed(self, promise: Promise) -> Promise:
        """Return a promise with the hops that were done in the very step in which it was made.

        Those are not booked any more when the application is told. They left at once, as promised.
        """
        done = self.done(promise.key)
        routes = dict(promise.routes)
        for key, route in routes.items():
            first = done.get(key, [None])[0]
            begins = route[0].node if route else None
            if first is not None and first.node == promise.node != begins and first.leaves <= promise.time:
                routes[key] = (first, *route)
        return msgspec.structs.replace(promise, routes=routes)


def _last_byte(sent: tuple[int, int, str]) -> int:
    return sent[1]
