"""Promises kept and broken: whether a bundle arrived as its node had said when it took it.

A node that takes a bundle from an application promises when it reaches its destination's node. The
promises are judged by the trace alone, in three classes:

* *undisturbed*: nothing interfered on its route. The arrival is the promised one to the millisecond,
  neither later nor earlier.
* *competing*: on a contact of its route another bundle took time that it was promised, or the promise
  counted on what else would be under way further along. It comes later by at most one hundredth of
  its transit time, or a later letter of higher priority explains it.
* *disturbed*: the medium loses, doubles or delays messages, or between acceptance and arrival a link of a
  node on its route was cut, the plan of one was changed, one was down, or one held other amendments of the
  plan than the node that promised. Nobody could have known: a promise is judged by what its node knew. It is
  only counted.

The transit time is the promised time between nodes: of each hop that from the first bit that leaves to the
last that arrives. To count the waits for windows as well, here or on the way, would allow more, for what says
nothing about the network. Where a hundredth is less than the millisecond of those that nothing disturbs,
that millisecond is allowed.

What explains a delay, exactly: at each node where the bundle was in time for what it was promised,
and yet left later or otherwise, a bundle that was accepted after it and is more urgent took that
time; or it took the time of another, which then stood in the way, and so on. What is not more urgent
explains nothing. That may be traffic of other nodes, or what has overtaken it on another route: its node
can't know of that, which is told as the cause, but the promise is broken. So it is where a less urgent
bundle was on the air further along, which nobody breaks off.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

import msgspec

from starlight.node.stored import Stored, whole_key
from starlight.routing import Hop
from starlight.sim.explanation import blame, cause, deviations
from starlight.sim.observations import EXACT, Done, Observations, Promise, Slot
from starlight.trace import Record

Kind = Literal["undisturbed", "competing", "disturbed"]


class Verdict(msgspec.Struct, frozen=True):
    """A promise, judged.

    Attributes:
        promise: the promise.
        actual: when the bundle reached its destination's node, in ns; None when it has not.
        late: how much later than promised, in ns, negative when earlier; what has not come is late
            until the end.
        kind: the class.
        holds: the promise was kept, as its class asks.
        explained_by: the key of the more urgent bundle that explains why it came too late.
        unforeseen: it came too late because of what its node could not know of.
        cause: why it differs, for people; nothing where it holds.
    """

    promise: Promise
    actual: int | None
    late: int
    kind: Kind
    holds: bool
    explained_by: str = ""
    unforeseen: bool = False
    cause: str = ""


class PromiseTrail:
    """Follows along a trace what was promised, and judges it.

    Args:
        impaired: the medium loses, doubles or delays messages, which disturbs every promise.

    Attributes:
        unpromised: bundles taken for which no route was known.
    """

    def __init__(self, *, impaired: bool = False) -> None:
        self.unpromised = 0
        self._impaired = impaired
        self._observed = Observations()
        self._order = 0

    def accept(
        self,
        key: str,
        node: int,
        now: int,
        arrives: int | None,
        parts: Iterable[Stored],
    ) -> None:
        """Take note of a promise.

        Args:
            key: the bundle.
            node: who took it.
            now: in ns.
            arrives: as the application was told; None when no route is known.
            parts: what the node has stored of it, with the routes that are booked.
        """
        self._order += 1
        if arrives is None:
            self.unpromised += 1
            return
        routes: dict[str, tuple[Slot, ...]] = {}
        priority = 0
        for stored in parts:
            priority = stored.meta.priority
            routes[stored.key] = tuple(map(_booked, stored.route.hops)) if stored.route else ()
        version = self._observed.version(node)
        self._observed.promises[key] = Promise(
            key, node, self._order, now, priority, arrives, routes, version
        )

    def take(self, record: Record) -> None:
        """Take the next record of the trace."""
        self._observed.take(record)

    def judge(self, end: int) -> Iterator[Verdict]:
        """Yield what came of each promise that was due by the end, in the order of acceptance.

        Args:
            end: of the run, in ns; nothing is taken after it.
        """
        observed = self._observed
        observed.close(end)
        for key, promise in observed.promises.items():
            actual = observed.reached.get(key)
            if key not in observed.withdrawn and (actual is not None or promise.arrives <= end):
                yield self._verdict(promise, actual, end)

    def _verdict(self, promise: Promise, actual: int | None, end: int) -> Verdict:
        observed = self._observed
        came = end if actual is None else actual
        late = came - promise.arrives
        done = observed.done(promise.key)
        # The order matters: what a storm has met is not judged, whoever else was in the way.
        if self._impaired or self._is_disturbed(promise, done, max(promise.arrives, came)):
            return Verdict(promise, actual, late, "disturbed", True)
        if not self._competes(promise, done):
            holds = actual is not None and abs(late) <= EXACT
            why = "" if holds else cause(observed, promise, [])
            return Verdict(promise, actual, late, "undisturbed", holds, cause=why)
        if actual is not None and late <= promise.allowance:
            return Verdict(promise, actual, late, "competing", True)
        blames = [blame(observed, promise, deviation) for deviation in deviations(promise, done)]
        if blames and all(blame.urgent for blame in blames):
            return Verdict(promise, actual, late, "competing", True, blames[0].urgent)
        unforeseen = bool(blames) and all(
            blame.urgent or (blame.unknown and not blame.own) for blame in blames
        )
        why = cause(observed, promise, blames)
        return Verdict(promise, actual, late, "competing", False, "", unforeseen, why)

    def _is_disturbed(self, promise: Promise, done: Done, until: int) -> bool:
        nodes = {promise.node: None}
        for slot in (*promise.slots, *(slot for slots in done.values() for slot in slots)):
            nodes.update({slot.node: None, slot.peer: None})
        return self._observed.is_troubled(nodes, promise.time, until) or self._observed.goes_by_another(
            nodes, promise.version, promise.time, until
        )

    def _competes(self, promise: Promise, done: Done) -> bool:
        """Tell whether another bundle had any of the time that a bundle was promised, or took instead."""
        if any(slot.queued for route in promise.routes.values() for slot in route[1:]):
            return True
        taken = [(slot.contact, slot.leaves, slot.last_byte) for slot in promise.slots]
        for key, slots in done.items():
            booked = {slot.node: slot for slot in promise.routes.get(key, ())}
            ready = promise.time
            for slot in slots:
                # Where it left otherwise, the time that it waited counts, and that which it was promised.
                promised = booked.get(slot.node)
                if promised is None or (slot.contact, slot.leaves) != (promised.contact, promised.leaves):
                    taken.append((slot.contact, ready, slot.leaves))
                    if promised is not None:
                        taken.append((promised.contact, ready, promised.last_byte))
                ready = slot.reaches
        others = self._observed.others
        return any(next(others(promise.key, *each), None) is not None for each in taken)


def parts_of(stored: Mapping[str, Stored], key: str) -> list[Stored]:
    """Return what a node has stored of a bundle that it takes: itself, or the fragments that it was cut into.

    Of a critical bundle the best copy is promised, which is the first; the others come after.

    Args:
        stored: the node's index.
        key: the bundle's.
    """
    whole = stored.get(key)
    if whole is not None:
        return [whole]
    return [each for each in stored.values() if each.meta.fragment is not None and whole_key(each) == key]


def _booked(hop: Hop) -> Slot:
    contact, queued = hop.contact, hop.leaves > hop.waits_until
    ends = contact.from_node, contact.to_node
    return Slot(contact.id, *ends, hop.leaves, hop.last_byte, hop.arrives, queued)
