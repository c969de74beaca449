"""A contact plan, indexed for routing: lanes between pairs of nodes.

A lane holds the contacts of one direction of a link. Windows mostly follow one another, so
their ends ascend with their starts and one bisection finds the first that has not ended. Where
contacts lie inside one another (25 years beside eight hours) the lane is split into chains in
each of which that holds; there are as many as contacts are nested deep, and finding what is
alive never scans what has ended.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Iterable, Iterator

from starlight.contacts.contact import Contact, LightPiece, by_start
from starlight.contacts.plan import ContactPlan
from starlight.dtntime import SECOND
from starlight.routing.bookings import Bookings
from starlight.routing.volume import margin

NEVER = 2**200
"""Later than every time: nothing arrives."""

Busy = dict[int, Bookings]
"""Bookings by the id of their contact."""


class Span:
    """A contact as the search sees it.

    Args:
        contact: what carries bundles.
        with_margin: light is taken to need its margin more.

    Attributes:
        light: the light time in ns, with its margin, where it does not change, else None.
        floor: no light time during the contact is shorter, in ns.
    """

    __slots__ = ("contact", "end", "floor", "from_node", "id", "light", "start", "to_node", "with_margin")

    def __init__(self, contact: Contact, with_margin: bool = False) -> None:
        self.contact = contact
        self.id = contact.id
        self.from_node = contact.from_node
        self.to_node = contact.to_node
        self.start = contact.start
        self.end = contact.end
        self.with_margin = with_margin
        pieces = contact.light
        self.light: int | None = None
        if len(pieces) == 1 and len(pieces[0].coefficients_s) == 1:
            self.light = contact.light_time(contact.start)
            if with_margin:
                self.light += margin(self.light)
            self.floor = max(0, self.light)
        else:
            self.floor = _light_floor(pieces, contact.start, contact.end)

    def timing(self, ready: int, size: int, busy: Busy) -> tuple[int, int, int] | None:
        """Return ``(leaves, last_byte, arrives)`` of a bundle, or None when this contact can't carry it.

        Args:
            ready: when the bundle is at the transmitter, in ns.
            size: in bytes.
            busy: what is booked.

        What would arrive before it left (a negative light time) is not carried.
        """
        leaves: int = ready if ready > self.start else self.start
        booked = busy.get(self.id)
        if booked is not None:
            fit = booked.first_fit(self.contact, leaves, size)
            if fit is None:
                return None
            leaves, last_byte = fit
        else:
            done = self.contact.last_byte(leaves, size)
            if done is None:
                return None
            last_byte = done
        light = self.light
        if light is None:
            light = self.contact.light_time(last_byte)
            if self.with_margin:
                light += margin(light)
        return None if light < 0 else (leaves, last_byte, last_byte + light)


class Chain:
    """Contacts whose ends ascend with their starts.

    Attributes:
        starts, ends, spans: of each.
        floor: no light time during any of them is shorter, in ns.
    """

    __slots__ = ("ends", "floor", "spans", "starts")

    def __init__(self) -> None:
        self.starts: list[int] = []
        self.ends: list[int] = []
        self.spans: list[Span] = []
        self.floor = NEVER

    def between(self, ready: int, until: int) -> tuple[int, int]:
        """Return the place of the first that has not ended, and of the first that has not begun."""
        return bisect_left(self.ends, ready), bisect_left(self.starts, until)

    def append(self, span: Span) -> None:
        self.starts.append(span.start)
        self.ends.append(span.end)
        self.spans.append(span)
        self.floor = min(self.floor, span.floor)


def chained(spans: Iterable[Span]) -> list[Chain]:
    """Return contacts, which come by their starts, in chains, the one that lasts longest first."""
    tails: list[int] = []  # The last end of each chain, ascending.
    chains: list[Chain] = []
    for span in spans:
        place = bisect_right(tails, span.end) - 1
        if place < 0:
            place = 0
            tails.insert(0, span.end)
            chains.insert(0, Chain())
        tails[place] = span.end
        chains[place].append(span)
    return chains[::-1]


class Lane:
    """The contacts from one node to another.

    Args:
        from_node, to_node: node numbers.
        spans: the contacts in the order of their starts, not none.
    """

    __slots__ = ("_chains", "first_start", "from_node", "last_end", "to_node")

    def __init__(self, from_node: int, to_node: int, spans: Iterable[Span]) -> None:
        self.from_node = from_node
        self.to_node = to_node
        self._chains = chained(spans)
        self.last_end = max(chain.ends[-1] for chain in self._chains)
        self.first_start = min(chain.starts[0] for chain in self._chains)

    def earliest(self, ready: int, size: int, before: int, busy: Busy, banned: Collection[int]) -> int:
        """Return the earliest arrival that is earlier than `before`, or `before`.

        Args:
            ready: when the bundle is at the transmitter, in ns.
            size: in bytes.
            before: in ns; what does not arrive before it is of no interest.
            busy: what is booked.
            banned: ids of contacts not to be used.
        """
        best = before
        for chain in self._chains:
            ends = chain.ends
            if ends[-1] < ready:
                break  # Chains come by falling last end.
            starts, spans, floor = chain.starts, chain.spans, chain.floor
            for index in range(bisect_left(ends, ready), len(ends)):
                begin = starts[index]
                if begin < ready:
                    begin = ready
                if begin + floor >= best:
                    break
                span = spans[index]
                if begin + span.floor >= best or (banned and span.id in banned):
                    continue
                timing = span.timing(ready, size, busy)
                if timing is not None and timing[2] < best:
                    best = timing[2]
        return best

    def spans(self) -> Iterator[Span]:
        """Yield the contacts."""
        for chain in self._chains:
            yield from chain.spans

    def alive(self, ready: int, until: int) -> Iterator[Span]:
        """Yield the contacts that have not ended at `ready` and could bring something by `until`, in ns."""
        for chain in self._chains:
            ends = chain.ends
            if ends[-1] < ready:
                break
            starts, spans, floor = chain.starts, chain.spans, chain.floor
            for index in range(bisect_left(ends, ready), len(ends)):
                begin = max(ready, starts[index])
                if begin + floor > until:
                    break
                if begin + spans[index].floor <= until:
                    yield spans[index]


class PlanIndex:
    """The lanes of a plan by the node that they leave and by the node that they reach.

    Args:
        contacts: of the plan.
        with_margin: light is taken to need its margin more.

    Attributes:
        leaving, reaching: lanes by node, each list in the order of the other node's number.
        fans, sources: for each node what leaves it, whoever it leads to, and what reaches it, in chains.
        pace: about how long it takes until four more contacts of a node have begun, in ns.
        unusable: contacts that can carry nothing and are left out, with the reason for people.
        ids: of all contacts.
    """

    __slots__ = (
        "_ends",
        "_remaining",
        "fans",
        "ids",
        "leaving",
        "pace",
        "reaching",
        "sources",
        "unusable",
        "with_margin",
    )

    def __init__(self, contacts: Iterable[Contact], with_margin: bool = False) -> None:
        pairs: dict[tuple[int, int], list[Contact]] = {}
        self.unusable: dict[int, tuple[Contact, str]] = {}
        self.ids: set[int] = set()
        for contact in by_start(contacts):
            self.ids.add(contact.id)
            if reason := why_unusable(contact):
                self.unusable[contact.id] = (contact, reason)
            else:
                pairs.setdefault((contact.from_node, contact.to_node), []).append(contact)
        self.with_margin = with_margin
        self.leaving: dict[int, list[Lane]] = {}
        self.reaching: dict[int, list[Lane]] = {}
        for (from_node, to_node), found in sorted(pairs.items(), key=lambda item: item[0]):
            lane = Lane(from_node, to_node, [Span(contact, with_margin) for contact in found])
            self.leaving.setdefault(from_node, []).append(lane)
            self.reaching.setdefault(to_node, []).append(lane)
        self.fans = {node: _fan(lanes) for node, lanes in self.leaving.items()}
        self.sources = {node: _fan(lanes) for node, lanes in self.reaching.items()}
        first = min((lane.first_start for lanes in self.leaving.values() for lane in lanes), default=0)
        last = max((lane.last_end for lanes in self.leaving.values() for lane in lanes), default=0)
        self.pace = 4 * (last - first) * len(self.leaving) // max(1, len(self.ids)) + 1
        self._remaining: dict[int, tuple[int, int, dict[int, int]]] = {}
        self._ends: dict[int, tuple[list[int], list[int]]] = {}

    def span(self, contact: Contact) -> Span:
        """Return a contact of the plan as the search sees it."""
        return Span(contact, self.with_margin)

    def amended(self, add: Collection[Contact], remove: Collection[Contact], ids: set[int]) -> PlanIndex:
        """Return the index of the plan with some contacts more and some less; it shares all other lanes.

        Args:
            add, remove: the contacts.
            ids: of all contacts then.
        """
        other = PlanIndex((), self.with_margin)
        other.ids = ids
        touched = {contact.to_node for contact in (*add, *remove)}
        other.unusable = dict(self.unusable)
        other.leaving, other.reaching = dict(self.leaving), dict(self.reaching)
        other.fans, other.sources, other.pace = dict(self.fans), dict(self.sources), self.pace
        other._ends = {node: ends for node, ends in self._ends.items() if node not in touched}
        changed: dict[tuple[int, int], tuple[list[Contact], set[int]]] = {}
        for contact in remove:
            if other.unusable.pop(contact.id, None) is None:
                pair = (contact.from_node, contact.to_node)
                changed.setdefault(pair, ([], set()))[1].add(contact.id)
        for contact in add:
            if reason := why_unusable(contact):
                other.unusable[contact.id] = (contact, reason)
            else:
                pair = (contact.from_node, contact.to_node)
                changed.setdefault(pair, ([], set()))[0].append(contact)
        for (from_node, to_node), (more, less) in changed.items():
            old = [lane for lane in other.leaving.get(from_node, ()) if lane.to_node == to_node]
            spans = [span for lane in old for span in lane.spans() if span.id not in less]
            spans += [Span(contact, self.with_margin) for contact in more]
            spans.sort(key=_order)
            new = [Lane(from_node, to_node, spans)] if spans else []
            _replace(other.leaving, from_node, old, new, lambda lane: lane.to_node)
            _replace(other.reaching, to_node, old, new, lambda lane: lane.from_node)
            other.fans[from_node] = _fan(other.leaving.get(from_node, []))
            other.sources[to_node] = _fan(other.reaching.get(to_node, []))
        return other

    def _sources(self, node: int) -> tuple[list[int], list[int]]:
        """Return, by when their last contact with a node ends, those ends and the nodes that reach it."""
        found = self._ends.get(node)
        if found is None:
            lanes = sorted(self.reaching.get(node, ()), key=lambda lane: lane.last_end)
            found = self._ends[node] = [lane.last_end for lane in lanes], [lane.from_node for lane in lanes]
        return found

    def remaining_hops(self, destination: int, now: int) -> dict[int, int]:
        """Return, for each node from which a way may lead on, the fewest hops that it can take.

        Only lanes with a contact that has not ended count; the order of contacts in time does
        not. So a node that is missing is certain not to reach the destination.
        """
        known = self._remaining.get(destination)
        if known and known[0] <= now <= known[1]:
            return known[2]
        hops = {destination: 0}
        holds_until = NEVER
        edge = [destination]
        while edge and len(hops) <= len(self.fans):
            further: dict[int, int] = {}
            for node in edge:
                ends, peers = self._sources(node)
                alive = bisect_left(ends, now)
                if alive < len(ends):
                    holds_until = min(holds_until, ends[alive])
                    for peer in peers[alive:]:
                        if peer not in hops:
                            hops[peer] = further[peer] = hops[node] + 1
            edge = list(further)
        self._remaining[destination] = (now, holds_until, hops)
        return hops


def _replace(
    lanes: dict[int, list[Lane]], node: int, old: list[Lane], new: list[Lane], order: Callable[[Lane], int]
) -> None:
    found = sorted([*(lane for lane in lanes.get(node, ()) if lane not in old), *new], key=order)
    if found:
        lanes[node] = found
    else:
        del lanes[node]


def _fan(lanes: list[Lane]) -> list[Chain]:
    spans = [span for lane in lanes for span in lane.spans()]
    spans.sort(key=_order)
    return chained(spans)


def _order(span: Span) -> tuple[int, int]:
    return span.start, span.id


def why_unusable(contact: Contact) -> str:
    """Return why a contact can never carry anything, for people; nothing when it may."""
    if contact.end < contact.start:
        return "it ends before it starts"
    if contact.from_node == contact.to_node:
        return "it leads to its own transmitter"
    if not contact.rates:
        return "no rate is given for it"
    if not contact.light:
        return "no range is given for it"
    return ""


_recent: list[tuple[ContactPlan, PlanIndex]] = []


def index_of(plan: ContactPlan, with_margin: bool = False) -> PlanIndex:
    """Return the index of a plan, the same one to all who hold the same plan object.

    A rehearsal hands one plan to every node. Four are kept: the plan in force and the next, with
    and without margin.
    """
    for known, index in _recent:
        if known is plan and index.with_margin == with_margin:
            return index
    index = PlanIndex(plan.contacts, with_margin)
    remember(plan, index)
    return index


def remember(plan: ContactPlan, index: PlanIndex) -> None:
    """Keep the index of a plan for others who hold the same plan object."""
    _recent.insert(0, (plan, index))
    del _recent[4:]


def _light_floor(pieces: tuple[LightPiece, ...], start: int, end: int) -> int:
    """Return a lower bound, in ns, of the light time between two times: Horner's rule on intervals."""
    floor = NEVER
    for index, piece in enumerate(pieces):
        # The first piece also holds before it begins, each until the next.
        begin = max(start, piece.start) if index else start
        finish = min(end, pieces[index + 1].start) if index + 1 < len(pieces) else end
        if begin > finish:
            continue
        left, right = (begin - piece.start) / piece.span, (finish - piece.start) / piece.span
        low = high = 0.0
        for coefficient in reversed(piece.coefficients_s):
            corners = (low * left, low * right, high * left, high * right)
            low, high = min(corners) + coefficient, max(corners) + coefficient
        # A nanosecond and a trillionth below, for the rounding of floats.
        floor = min(floor, int(low * SECOND - abs(low) * 1e-3) - 1)
    return max(0, floor)
