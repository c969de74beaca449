"""What was promised when a bundle was accepted, and what came of it.

A node that takes a bundle from an application promises when it reaches its destination's node. The
promises are judged by the trace alone, in three classes:

* *undisturbed*: nothing interfered on the way. The arrival is the promised one to the millisecond,
  neither later nor earlier.
* *competing*: on a contact of its way another bundle took time that it was promised, or the promise
  counted on what else would be under way further along. It comes later by at most one hundredth of
  its flight, or a later letter of higher priority explains it.
* *disturbed*: a link of a node on its way was cut, the plan of one was changed, or one was down, between
  acceptance and arrival. Nobody could have known; it is only counted.

The flight is the promised time between nodes: of each hop that from the first bit that leaves to the last
that arrives. To count the waits for windows as well, here or on the way, would allow more, for what says
nothing about the network. Where a hundredth is less than the millisecond of those that nothing disturbs,
that millisecond is allowed.

What explains a delay, exactly: at each node where the bundle was in time for what it was promised,
and yet left later or otherwise, a bundle that was accepted after it and is more urgent took that
time; or it took the time of another, which then stood in the way, and so on. What is not more urgent
explains nothing. That may be traffic of other nodes, or what has overtaken it on another road: its node
can't know of that, which is told as the cause, but the promise is broken. So it is where a less urgent
bundle was on the air further along, which nobody breaks off.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from typing import Literal, NamedTuple

import msgspec

from starlight.dtntime import MILLISECOND, SECOND, to_text
from starlight.node.stored import Stored, whole_key, whole_of
from starlight.node.trace_events import (
    BundleDelivered,
    BundleExpired,
    BundleFailed,
    BundleSent,
    BundleUnclaimed,
    BundleWithdrawn,
    PlanAdopted,
)
from starlight.routing import Hop
from starlight.sim.trace_events import LinkCut, LinkMended, NodeCrashed, NodeRestarted
from starlight.trace import Record

EXACT = MILLISECOND
"""How much an arrival may differ from the promise where nothing interferes, in ns."""

ALLOWED_PARTS = 100
"""Where queues compete, one of so many parts of the flight."""

Kind = Literal["undisturbed", "competing", "disturbed"]


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
    """What a node promised of a bundle that it took.

    Attributes:
        key: the bundle.
        node: who promised.
        order: counts acceptances in the world.
        time: of the acceptance, in ns.
        priority: of the bundle.
        arrives: when it was to reach its destination's node, in ns.
        ways: the promised transmissions, in order; of a bundle that was cut, those of each piece by its key.
    """

    key: str
    node: int
    order: int
    time: int
    priority: int
    arrives: int
    ways: dict[str, tuple[Slot, ...]]

    @property
    def slots(self) -> list[Slot]:
        """The promised transmissions of all pieces."""
        return [slot for way in self.ways.values() for slot in way]

    @property
    def flight(self) -> int:
        """The promised time between nodes, in ns; of the piece that needs longest."""
        times = [sum(slot.reaches - slot.leaves for slot in way) for way in self.ways.values()]
        return max(times, default=0)

    @property
    def allowance(self) -> int:
        """How much later than promised it may arrive where queues compete, in ns."""
        return max(EXACT, self.flight // ALLOWED_PARTS)


class Verdict(msgspec.Struct, frozen=True):
    """What came of a promise.

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


Done = dict[str, list[Slot]]
"""The transmissions that were made of each piece of a bundle, by its key, in order."""


class _Slip(NamedTuple):
    """Where a bundle was in time for what it was promised, and left later or otherwise.

    Attributes:
        promised, done: the transmissions; `done` is None where it has not left.
    """

    promised: Slot
    done: Slot | None

    @property
    def until(self) -> int:
        """Until when others may have kept it from what it was promised, in ns."""
        done, promised = self.done, self.promised
        if done is not None and done.contact == promised.contact:
            return max(promised.last_byte, done.leaves)
        return promised.last_byte


class _Blame(NamedTuple):
    """Who took the time that a bundle was promised: bundles by key.

    Attributes:
        urgent: a later one of higher priority, or nothing.
        unknown: those of which its node could not know that they were there then: of other nodes, or
            pushed there themselves.
        own: those that its own node had promised that time.
    """

    urgent: str
    unknown: list[str]
    own: list[str]


class Promises:
    """Follows promises along a trace.

    Attributes:
        unpromised: bundles taken for which no road was known.
    """

    def __init__(self) -> None:
        self.unpromised = 0
        self._promises: dict[str, Promise] = {}
        self._order = 0
        self._done: dict[str, dict[str, list[Slot]]] = {}  # by bundle, by piece
        self._on: dict[int, list[tuple[int, int, str]]] = {}  # by contact: leaves, last byte, bundle
        self._reached: dict[str, int] = {}
        self._withdrawn: set[str] = set()
        self._troubles: dict[int, list[tuple[int, int]]] = {}  # by node: from when until when
        self._open: dict[tuple[int, int], int] = {}  # by node and peer, itself for a crash: since when
        self._failures: dict[str, str] = {}

    def accept(
        self,
        key: str,
        node: int,
        now: int,
        arrives: int | None,
        pieces: Iterable[Stored],
    ) -> None:
        """Take note of a promise.

        Args:
            key: the bundle.
            node: who took it.
            now: in ns.
            arrives: as the application was told; None when no road is known.
            pieces: what the node has stored of it, with the routes that are booked.
        """
        self._order += 1
        if arrives is None:
            self.unpromised += 1
            return
        ways: dict[str, tuple[Slot, ...]] = {}
        priority = 0
        for stored in pieces:
            priority = stored.meta.priority
            ways[stored.key] = tuple(map(_booked, stored.route.hops)) if stored.route else ()
        self._promises[key] = Promise(key, node, self._order, now, priority, arrives, ways)

    def take(self, record: Record) -> None:
        """Take the next record of the trace."""
        node = record.node
        match record.event:
            case BundleSent(key, contact, leaves, last_byte, peer, reaches):
                whole = self._whole(key)
                slot = Slot(contact, node, peer, leaves, last_byte, reaches)
                self._done.setdefault(whole, {}).setdefault(key, []).append(slot)
                self._on.setdefault(contact, []).append((leaves, last_byte, whole))
            case BundleDelivered(key) | BundleUnclaimed(key):
                self._reached.setdefault(self._whole(key), record.time)
            case BundleWithdrawn(key):
                self._withdrawn.add(key)
            case BundleFailed(key, peer, reason):
                told = f"its transfer from node {node} to node {peer} failed: {reason}"
                self._failures[self._whole(key)] = told
            case BundleExpired(key):
                self._failures[self._whole(key)] = f"it expired at node {node}"
            case PlanAdopted():
                self._troubles.setdefault(node, []).append((record.time, record.time))
            case LinkCut(peer):
                self._open[node, peer] = record.time
            case NodeCrashed():
                self._open[node, node] = record.time
            case LinkMended(peer):
                self._trouble(node, peer, record.time)
            case NodeRestarted():
                self._trouble(node, node, record.time)

    def _trouble(self, node: int, peer: int, until: int) -> None:
        since = self._open.pop((node, peer), None)
        if since is not None:
            for end in dict.fromkeys((node, peer)):
                self._troubles.setdefault(end, []).append((since, until))

    def _whole(self, key: str) -> str:
        """Return the bundle that was promised: of a fragment the whole, of a copy the original."""
        key = key.partition(">")[0]
        whole = whole_of(key)
        return whole if key not in self._promises and whole in self._promises else key

    # At the end.

    def judge(self, end: int) -> Iterator[Verdict]:
        """Yield what came of each promise that was due by the end, in the order of acceptance.

        Args:
            end: of the run, in ns; nothing is taken after it.
        """
        for node, peer in list(self._open):
            self._trouble(node, peer, end)
        for sent in self._on.values():
            sent.sort()
        self._promises = {key: self._completed(promise) for key, promise in self._promises.items()}
        for key, promise in self._promises.items():
            actual = self._reached.get(key)
            if key not in self._withdrawn and (actual is not None or promise.arrives <= end):
                yield self._verdict(promise, actual, end)

    def _completed(self, promise: Promise) -> Promise:
        """Return a promise with the hops that were done in the very step in which it was made.

        Those are not booked any more when the application is told. They left at once, as promised.
        """
        done = self._done.get(promise.key, {})
        ways = dict(promise.ways)
        for key, way in ways.items():
            first = done.get(key, [None])[0]
            begins = way[0].node if way else None
            if first is not None and first.node == promise.node != begins and first.leaves <= promise.time:
                ways[key] = (first, *way)
        return msgspec.structs.replace(promise, ways=ways)

    def _verdict(self, promise: Promise, actual: int | None, end: int) -> Verdict:
        came = end if actual is None else actual
        late = came - promise.arrives
        done = self._done.get(promise.key, {})
        if self._is_disturbed(promise, done, max(promise.arrives, came)):
            return Verdict(promise, actual, late, "disturbed", True)
        if not self._competes(promise, done):
            holds = actual is not None and abs(late) <= EXACT
            cause = "" if holds else self._cause(promise, done, [])
            return Verdict(promise, actual, late, "undisturbed", holds, cause=cause)
        if actual is not None and late <= promise.allowance:
            return Verdict(promise, actual, late, "competing", True)
        blames = [self._blame(promise, slip) for slip in _slips(promise, done)]
        if blames and all(blame.urgent for blame in blames):
            return Verdict(promise, actual, late, "competing", True, blames[0].urgent)
        unforeseen = bool(blames) and all(
            blame.urgent or (blame.unknown and not blame.own) for blame in blames
        )
        cause = self._cause(promise, done, blames)
        return Verdict(promise, actual, late, "competing", False, "", unforeseen, cause)

    def _is_disturbed(self, promise: Promise, done: Done, until: int) -> bool:
        nodes = {promise.node: None}
        for slot in (*promise.slots, *(slot for slots in done.values() for slot in slots)):
            nodes.update({slot.node: None, slot.peer: None})
        return any(
            since <= until and over >= promise.time
            for node in nodes
            for since, over in self._troubles.get(node, ())
        )

    def _competes(self, promise: Promise, done: Done) -> bool:
        if any(slot.queued for way in promise.ways.values() for slot in way[1:]):
            return True
        taken = [(slot.contact, slot.leaves, slot.last_byte) for slot in promise.slots]
        for key, slots in done.items():
            booked = {slot.node: slot for slot in promise.ways.get(key, ())}
            ready = promise.time
            for slot in slots:
                promised = booked.get(slot.node)
                if promised is None or (slot.contact, slot.leaves) != (promised.contact, promised.leaves):
                    taken.append((slot.contact, ready, slot.leaves))
                    if promised is not None:
                        taken.append((promised.contact, ready, promised.last_byte))
                ready = slot.reaches
        return any(next(self._others(promise.key, *each), None) is not None for each in taken)

    def _others(self, key: str, contact: int, since: int, until: int) -> Iterator[str]:
        """Yield the other bundles that were transmitted on a contact in a time, in ns."""
        sent = self._on.get(contact, [])
        for index in range(bisect_right(sent, since, key=_ends), len(sent)):
            leaves, last_byte, other = sent[index]
            if leaves >= max(until, since + 1):
                return
            if other != key and last_byte > since:
                yield other

    def _blame(self, promise: Promise, slip: _Slip) -> _Blame:
        """Return who took the time that was promised, or that of who took it, and so on."""
        unknown: list[str] = []
        own: list[str] = []
        seen = {promise.key}
        promised = [slip, *_beyond(promise, slip)]
        edge = list(promised)
        while edge:
            here = edge.pop()
            contact = here.promised.contact
            for key in self._others(promise.key, contact, here.promised.leaves, here.until):
                if key in seen:
                    continue
                seen.add(key)
                other = self._promises.get(key)
                if other is None:
                    (own if _source(key) == promise.node else unknown).append(key)
                    continue
                if other.order > promise.order and other.priority > promise.priority:
                    return _Blame(key, unknown, own)
                done = self._done.get(key, {})
                if other.node != promise.node or not _as_promised(other, done, contact):
                    unknown.append(key)
                elif here in promised:
                    own.append(key)
                for pushed in _slips(other, done):
                    edge += [pushed, *_beyond(other, pushed)]
        return _Blame("", unknown, own)

    def _cause(self, promise: Promise, done: Done, blames: list[_Blame]) -> str:
        """Say at which hop an arrival began to differ, and who was in the way there."""
        failure = self._failures.get(promise.key, "")
        slips = _slips(promise, done)
        if not slips:
            what = _otherwise(promise, done)
            return (
                f"{what}; {failure}" if what and failure else what or failure or "every hop was as promised"
            )
        place = next((i for i, blame in enumerate(blames) if not blame.urgent), 0)
        slip = slips[place]
        promised = slip.promised
        told = (
            f"at node {promised.node} it was to leave for node {promised.peer} "
            f"at {to_text(promised.leaves, 3)}, and {_instead(slip)}"
        )
        if not blames or not (blames[place].own or blames[place].unknown):
            return f"{told}; {failure}" if failure else told
        blame = blames[place]
        others = blame.own or blame.unknown
        first = self._promises.get(others[0])
        on_air = first is not None and first.priority < promise.priority
        told += f": {others[0]} {'was on the air, though less urgent' if on_air else 'took its time'}"
        if len(others) > 1:
            told += f", and {len(others) - 1} more"
        if not blame.own:
            told += f"; node {promise.node} could not know of that"
        return told


def pieces(stored: Mapping[str, Stored], key: str) -> list[Stored]:
    """Return what a node has stored of a bundle that it takes: itself, or the pieces that it was cut into.

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


def _slips(promise: Promise, done: Done) -> list[_Slip]:
    """Return where a bundle was in time for what it was promised, and left later or otherwise."""
    slips = []
    for key, way in promise.ways.items():
        ready = {promise.node: promise.time}
        first: dict[int, Slot] = {}
        for slot in done.get(key, ()):
            ready.setdefault(slot.peer, slot.reaches)
            first.setdefault(slot.node, slot)
        for promised in way:
            came, left = ready.get(promised.node), first.get(promised.node)
            if came is None or came > promised.leaves + EXACT:
                continue  # It went another way, or was late already.
            if left is None or left.contact != promised.contact or left.reaches > promised.reaches + EXACT:
                slips.append(_Slip(promised, left))
    return slips


def _beyond(promise: Promise, slip: _Slip) -> list[_Slip]:
    """Return, where a bundle left otherwise, what it was promised further along: that may be why."""
    promised, done = slip
    if done is None or done.contact == promised.contact:
        return []
    way = next(way for way in promise.ways.values() if promised in way)
    return [_Slip(slot, None) for slot in way if slot.leaves > promised.leaves]


def _as_promised(promise: Promise, done: Done, contact: int) -> bool:
    """Return whether a bundle used a contact when it was promised to."""
    used = [slot.leaves for slots in done.values() for slot in slots if slot.contact == contact]
    booked = [slot.leaves for slot in promise.slots if slot.contact == contact]
    return any(abs(leaves - time) <= EXACT for leaves in used for time in booked)


def _instead(slip: _Slip) -> str:
    """Say what a bundle did in place of what it was promised."""
    promised, done = slip
    if done is None:
        return "has not left"
    left = f"left at {to_text(done.leaves, 3)}"
    if done.peer != promised.peer:
        return f"{left} for node {done.peer}"
    if done.contact != promised.contact:
        return f"{left} on another contact"
    if done.leaves == promised.leaves:
        return f"needed {(done.reaches - promised.reaches) / SECOND:.6f} s longer than foreseen"
    return left


def _otherwise(promise: Promise, done: Done) -> str:
    """Say how the first hop that is not as promised differs; nothing where all are."""
    for key, slots in done.items():
        booked = {slot.node: slot for slot in promise.ways.get(key, ())}
        for slot in slots:
            promised = booked.get(slot.node)
            if promised is None:
                return f"it was not to pass node {slot.node}"
            if promised.reaches != slot.reaches:
                by = (slot.reaches - promised.reaches) / SECOND
                return (
                    f"from node {slot.node} it reached node {slot.peer} {by:+.6f} s otherwise than promised"
                )
    return ""


def _source(key: str) -> int:
    """Return the node that a bundle comes from, by its key; 0 where that names none."""
    name = key.partition(":")[2].partition("/")[0].rpartition(".")[0].rpartition(".")[2]
    return int(name) if name.isdigit() else 0


def _ends(sent: tuple[int, int, str]) -> int:
    return sent[1]
