"""Explain why a bundle came otherwise than it was promised: who took its time, and at which hop.

A bundle that leaves late may have been kept back by one that was kept back itself. So the search goes from
the time that was promised to the bundles that had it, from these to what they had been promised in turn,
and so on, until it meets a bundle that may overtake, or has seen all.
"""

from __future__ import annotations

from typing import NamedTuple

from starlight.dtntime import SECOND, to_text
from starlight.sim.observations import EXACT, Done, Observations, Promise, Slot


class Deviation(NamedTuple):
    """A hop for which a bundle was in time, and at which it left later or otherwise than promised.

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


class Blame(NamedTuple):
    """The bundles, by key, that took the time that another was promised.

    Attributes:
        urgent: a later one of higher priority, or nothing.
        unknown: those of which its node could not know that they were there then: of other nodes, or
            pushed there themselves.
        own: those that its own node had promised that time.
    """

    urgent: str
    unknown: list[str]
    own: list[str]


def deviations(promise: Promise, done: Done) -> list[Deviation]:
    """Return where a bundle was in time for what it was promised, and left later or otherwise."""
    found = []
    for key, route in promise.routes.items():
        # By node: when the bundle was first there, and how it first left. A return to a node is no excuse.
        ready = {promise.node: promise.time}
        first: dict[int, Slot] = {}
        for slot in done.get(key, ()):
            ready.setdefault(slot.peer, slot.reaches)
            first.setdefault(slot.node, slot)
        for promised in route:
            came, left = ready.get(promised.node), first.get(promised.node)
            if came is None or came > promised.leaves + EXACT:
                continue  # It took another route, or was late already: the cause is not here.
            if left is None or left.contact != promised.contact or left.reaches > promised.reaches + EXACT:
                found.append(Deviation(promised, left))
    return found


def blame(observed: Observations, promise: Promise, deviation: Deviation) -> Blame:
    """Return who took the time that was promised, or that of who took it, and so on."""
    unknown: list[str] = []
    own: list[str] = []
    seen = {promise.key}
    promised = [deviation, *_beyond(promise, deviation)]
    edge = list(promised)
    while edge:
        here = edge.pop()
        contact = here.promised.contact
        for key in observed.others(promise.key, contact, here.promised.leaves, here.until):
            if key in seen:
                continue
            seen.add(key)
            other = observed.promises.get(key)
            if other is None:  # a receipt or report of an engine, or a bundle for which no route was known
                (own if _source(key) == promise.node else unknown).append(key)
                continue
            # Accepted later and more urgent: only this may take time that was promised, so it explains all.
            if other.order > promise.order and other.priority > promise.priority:
                return Blame(key, unknown, own)
            done = observed.done(key)
            if other.node != promise.node or not _as_promised(other, done, contact):
                unknown.append(key)
            elif here in promised:
                own.append(key)
            # It may be there only because it was itself kept from its own time: look who has that.
            for pushed in deviations(other, done):
                edge += [pushed, *_beyond(other, pushed)]
    return Blame("", unknown, own)


def cause(observed: Observations, promise: Promise, blames: list[Blame]) -> str:
    """Return at which hop an arrival began to differ, and who was in the way there, in words.

    Args:
        observed: what happened.
        promise: that was not kept.
        blames: of each of the deviations, in order; none where nobody competes.
    """
    done = observed.done(promise.key)
    failure = observed.failures.get(promise.key, "")
    found = deviations(promise, done)
    if not found:
        differs = _otherwise(promise, done)
        return "; ".join(part for part in (differs, failure) if part) or "every hop was as promised"
    place = next((i for i, blame in enumerate(blames) if not blame.urgent), 0)
    promised = found[place].promised
    told = (
        f"at node {promised.node} it was to leave for node {promised.peer} "
        f"at {to_text(promised.leaves, 3)}, and {_instead(found[place])}"
    )
    if blames and (blames[place].own or blames[place].unknown):
        return told + _in_the_way(observed, promise, blames[place])
    return f"{told}; {failure}" if failure else told


def _in_the_way(observed: Observations, promise: Promise, blame: Blame) -> str:
    others = blame.own or blame.unknown
    first = observed.promises.get(others[0])
    on_air = first is not None and first.priority < promise.priority
    told = f": {others[0]} {'was on the air, though less urgent' if on_air else 'took its time'}"
    if len(others) > 1:
        told += f", and {len(others) - 1} more"
    if not blame.own:
        told += f"; node {promise.node} could not know of that"
    return told


def _beyond(promise: Promise, deviation: Deviation) -> list[Deviation]:
    """Return, where a bundle left otherwise, what it was promised further along: that may be why."""
    promised, done = deviation
    if done is None or done.contact == promised.contact:
        return []
    route = next(route for route in promise.routes.values() if promised in route)
    return [Deviation(slot, None) for slot in route if slot.leaves > promised.leaves]


def _as_promised(promise: Promise, done: Done, contact: int) -> bool:
    """Return whether a bundle used a contact when it was promised to."""
    used = [slot.leaves for slots in done.values() for slot in slots if slot.contact == contact]
    booked = [slot.leaves for slot in promise.slots if slot.contact == contact]
    return any(abs(leaves - time) <= EXACT for leaves in used for time in booked)


def _instead(deviation: Deviation) -> str:
    """Return what a bundle did in place of what it was promised, in words."""
    promised, done = deviation
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
    """Return how the first hop that is not as promised differs, in words; nothing where all are."""
    for key, slots in done.items():
        booked = {slot.node: slot for slot in promise.routes.get(key, ())}
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
