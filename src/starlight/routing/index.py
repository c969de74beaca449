"""A contact plan, indexed for routing: links between pairs of nodes, and what leaves or reaches a node.

A plan that differs from one that is indexed in a few contacts costs what these do: it shares every
link and chain that they do not touch.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Sequence
from enum import StrEnum
from typing import TypeVar

from starlight.contacts import Contact, ContactPlan, by_start
from starlight.routing.contact_ids import Ids
from starlight.routing.link_contacts import (
    NEVER,
    Chains,
    LinkContacts,
    SearchContact,
    chained,
    with_contact,
    without,
)

MAX_CHANGED_PARTS = 64
"""A plan of which more than a 64th has changed is indexed anew: that costs about as much."""


_Held = TypeVar("_Held", bound=Sequence[object])


class Unusable(StrEnum):
    """The reasons for which a contact can never carry anything."""

    ENDS_BEFORE_START = "ends_before_start"
    TO_ITSELF = "to_itself"
    NO_RATE = "no_rate"
    NO_RANGE = "no_range"


class PlanIndex:
    """The links of a plan by the node that they leave and by the node that they reach.

    Args:
        contacts: of the plan.
        with_margin: light is taken to need its margin more.

    Attributes:
        leaving, reaching: links by node, each list in the order of the other node's number.
        fans, sources: for each node what leaves it, whoever it leads to, and what reaches it, in chains.
        unusable: contacts that can carry nothing and are left out, with the reason.
        ids: of all contacts.
        first_start, last_end: about when the first contact begins and the last ends, in ns.
    """

    __slots__ = (
        "_arrivals",
        "_ends",
        "_remaining",
        "fans",
        "first_start",
        "ids",
        "last_end",
        "leaving",
        "reaching",
        "sources",
        "unusable",
        "with_margin",
    )

    def __init__(self, contacts: Iterable[Contact], with_margin: bool = False) -> None:
        pairs: dict[tuple[int, int], list[SearchContact]] = {}
        leaving: dict[int, list[SearchContact]] = {}
        reaching: dict[int, list[SearchContact]] = {}
        self.unusable: dict[int, tuple[Contact, Unusable]] = {}
        contacts = by_start(contacts)
        for contact in contacts:
            if reason := why_unusable(contact):
                self.unusable[contact.id] = (contact, reason)
                continue
            found = SearchContact(contact, with_margin)
            pairs.setdefault((contact.from_node, contact.to_node), []).append(found)
            leaving.setdefault(contact.from_node, []).append(found)
            reaching.setdefault(contact.to_node, []).append(found)
        self.ids = Ids([contact.id for contact in contacts])
        self.with_margin = with_margin
        self.leaving: dict[int, list[LinkContacts]] = {}
        self.reaching: dict[int, list[LinkContacts]] = {}
        for (from_node, to_node), some in sorted(pairs.items(), key=lambda item: item[0]):
            link = LinkContacts.of(from_node, to_node, chained(some))
            self.leaving.setdefault(from_node, []).append(link)
            self.reaching.setdefault(to_node, []).append(link)
        self.fans: dict[int, Chains] = {node: chained(some) for node, some in leaving.items()}
        self.sources: dict[int, Chains] = {node: chained(some) for node, some in reaching.items()}
        self.first_start = min([chains[0].starts[0] for chains in self.fans.values()], default=0)
        self.last_end = max([chains[0].ends[-1] for chains in self.fans.values()], default=0)
        self._remaining: dict[int, tuple[int, int, dict[int, int], dict[int, int]]] = {}
        self._ends: dict[int, tuple[list[int], list[int]]] = {}
        self._arrivals: dict[tuple[int, int], int] = {}
        for node in self.reaching:
            self._sources(node)

    @property
    def pace(self) -> int:
        """Return about how long it takes until four more contacts of a node have begun, in ns."""
        return 4 * (self.last_end - self.first_start) * len(self.leaving) // max(1, len(self.ids)) + 1

    def search_contact(self, contact: Contact) -> SearchContact:
        """Return a contact of the plan as the search sees it: that of its link, as to make one takes time."""
        link = self.link(contact.from_node, contact.to_node)
        for chain in () if link is None else link.chains:
            begins = bisect_left(chain.starts, contact.start)
            for found in chain.contacts[begins : bisect_right(chain.starts, contact.start)]:
                if found.id == contact.id:
                    return found
        return SearchContact(contact, self.with_margin)

    def link(self, from_node: int, to_node: int) -> LinkContacts | None:
        """Return the contacts from one node to another; None where there is none that can carry anything."""
        links = self.leaving.get(from_node, ())
        place = bisect_left(links, to_node, key=_to_node)
        return links[place] if place < len(links) and links[place].to_node == to_node else None

    def neighbours(self, node: int) -> frozenset[int]:
        """Return the nodes to which links lead from a node."""
        return frozenset([link.to_node for link in self.leaving.get(node, ())])

    def last_arrival(self) -> int:
        """Return a time by which all that the plan can carry has arrived, in ns; 0 where that is nothing."""
        known = self._arrivals
        for here, links in self.leaving.items():
            for link in links:
                if (here, link.to_node) not in known:
                    known[here, link.to_node] = link.last_arrival()
        return max(known.values(), default=0)

    def amended(self, add: Collection[Contact], remove: Collection[Contact]) -> PlanIndex:
        """Return the index of the plan with some contacts less and some more; it shares all other links.

        Args:
            add: the contacts that are then in it anew.
            remove: the contacts that it has no more.
        """
        # Lists and chains are replaced, never changed: the index before serves whoever still holds its plan.
        other = PlanIndex((), self.with_margin)
        other.ids = self.ids.changed([one.id for one in add], [one.id for one in remove])
        other.unusable = dict(self.unusable)
        other.leaving, other.reaching = dict(self.leaving), dict(self.reaching)
        other.fans, other.sources = dict(self.fans), dict(self.sources)
        other.first_start, other.last_end = self.first_start, self.last_end
        # A contact moves the end of its link, which only the node that it reaches looks up.
        touched = {contact.to_node for contact in (*add, *remove)}
        other._ends = {node: ends for node, ends in self._ends.items() if node not in touched}
        changed = {(contact.from_node, contact.to_node) for contact in (*add, *remove)}
        other._arrivals = {link: time for link, time in self._arrivals.items() if link not in changed}
        for contact in remove:
            if other.unusable.pop(contact.id, None) is None:
                other._change(contact, None)
        for contact in add:
            if reason := why_unusable(contact):
                other.unusable[contact.id] = (contact, reason)
            else:
                other._change(contact, SearchContact(contact, self.with_margin))
                other.first_start = min(other.first_start, contact.start)
                other.last_end = max(other.last_end, contact.end)
        return other

    def _change(self, contact: Contact, found: SearchContact | None) -> None:
        """Put a contact into the links and chains that it belongs to; take it out where `found` is None."""

        def changed(chains: Chains) -> Chains:
            return without(chains, contact) if found is None else with_contact(chains, found)

        here, there = contact.from_node, contact.to_node
        links = self.leaving.get(here, [])
        place = bisect_left(links, there, key=_to_node)
        known = place < len(links) and links[place].to_node == there
        chains = changed(links[place].chains if known else ())
        new = [LinkContacts.of(here, there, chains)] if chains else []
        _put(self.leaving, here, [*links[:place], *new, *links[place + known :]])
        links = self.reaching.get(there, [])
        place = bisect_left(links, here, key=_from_node)
        _put(self.reaching, there, [*links[:place], *new, *links[place + known :]])
        _put(self.fans, here, changed(self.fans.get(here, ())))
        _put(self.sources, there, changed(self.sources.get(there, ())))

    def _sources(self, node: int) -> tuple[list[int], list[int]]:
        """Return, by when their last contact with a node ends, those ends and the nodes that reach it."""
        found = self._ends.get(node)
        if found is None:
            pairs = sorted([(link.last_end, link.from_node) for link in self.reaching.get(node, ())])
            found = self._ends[node] = [end for end, _ in pairs], [peer for _, peer in pairs]
        return found

    def latest(self, node: int) -> int:
        """Return when the last contact with a node ends, in ns; 0 when there is none."""
        ends, _ = self._sources(node)
        return ends[-1] if ends else 0

    def remaining_hops(self, destination: int, now: int, source: int | None = None) -> dict[int, int]:
        """Return, for each node from which a route may lead on, the fewest hops that it can take.

        Only links with a contact that has not ended count; the order of contacts in time does
        not. So a node that is missing is certain not to reach the destination, or is no part of a
        route: who hears and is heard by one node only passes nothing on.

        Args:
            destination, now: where to, and from when on, in ns.
            source: a node that is in it even if it has one neighbour only.
        """
        _, _, hops, ends = self._hops_known(destination, now)
        return {**hops, source: ends[source]} if source in ends else hops

    def leads(self, source: int, destination: int, now: int) -> bool:
        """Return whether links with a contact that has yet to end, at a time, lead from a node to another."""
        _, _, hops, ends = self._hops_known(destination, now)
        return source in hops or source in ends

    def _hops_known(self, destination: int, now: int) -> tuple[int, int, dict[int, int], dict[int, int]]:
        known = self._remaining.get(destination)
        if known is None or not known[0] <= now <= known[1]:
            known = self._remaining[destination] = self._hops_to(destination, now)
        return known

    def _hops_to(self, destination: int, now: int) -> tuple[int, int, dict[int, int], dict[int, int]]:
        """Return from when to when it holds, the fewest hops, and those of nodes with one neighbour."""
        hops = {destination: 0}
        ends: dict[int, int] = {}
        holds_until = NEVER
        # Breadth first from the destination, by what reaches each node: a node counts as long as one contact
        # of the link has not ended. So the result holds from now until the first of these last contacts ends.
        edge = [destination]
        while edge and len(hops) + len(ends) <= len(self.fans):
            further: dict[int, int] = {}
            for node in edge:
                last_ends, peers = self._sources(node)
                alive = bisect_left(last_ends, now)
                if alive < len(last_ends):
                    holds_until = min(holds_until, last_ends[alive])
                    for peer in peers[alive:]:
                        if peer in hops:
                            continue
                        if self._passes_nothing_on(peer):
                            ends.setdefault(peer, hops[node] + 1)
                        else:
                            hops[peer] = further[peer] = hops[node] + 1
            edge = list(further)
        return now, holds_until, hops, ends

    def _passes_nothing_on(self, node: int) -> bool:
        there, here = self.leaving.get(node, ()), self.reaching.get(node, ())
        return len(there) == 1 and (not here or (len(here) == 1 and here[0].from_node == there[0].to_node))


def _put(found: dict[int, _Held], node: int, what: _Held) -> None:
    if what:
        found[node] = what
    else:
        found.pop(node, None)


def _to_node(link: LinkContacts) -> int:
    return link.to_node


def _from_node(link: LinkContacts) -> int:
    return link.from_node


def why_unusable(contact: Contact) -> Unusable | None:
    """Return why a contact can never carry anything; None when it may."""
    if contact.end < contact.start:
        return Unusable.ENDS_BEFORE_START
    if contact.from_node == contact.to_node:
        return Unusable.TO_ITSELF
    if not contact.rates:
        return Unusable.NO_RATE
    return None if contact.light else Unusable.NO_RANGE


_recent: list[tuple[ContactPlan, PlanIndex]] = []


def index_of(plan: ContactPlan, with_margin: bool = False) -> PlanIndex:
    """Return the index of a plan, the same one to all who hold the same plan object.

    A rehearsal hands one plan to every node. Four are kept: the plan in force and the next, with
    and without margin. From those a plan is amended that differs in a few contacts.
    """
    for known, index in _recent:
        if known is plan and index.with_margin == with_margin:
            return index
    index = _amended(plan, with_margin) or PlanIndex(plan.contacts, with_margin)
    remember(plan, index)
    return index


def remember(plan: ContactPlan, index: PlanIndex) -> None:
    """Keep the index of a plan for others who hold the same plan object."""
    _recent.insert(0, (plan, index))
    del _recent[4:]


def amended_index(
    plan: ContactPlan, before: PlanIndex, add: Collection[Contact], remove: Collection[Contact]
) -> PlanIndex:
    """Return the index of a plan that differs little from an indexed one, the same to all who hold the plan.

    Args:
        plan: the plan.
        before: the index of the other.
        add, remove: the contacts that only the one has, and only the other.
    """
    for known, index in _recent:
        if known is plan and index.with_margin == before.with_margin:
            return index
    index = before.amended(add, remove)
    remember(plan, index)
    return index


def _amended(plan: ContactPlan, with_margin: bool) -> PlanIndex | None:
    most = len(plan.contacts) // MAX_CHANGED_PARTS
    for known, index in _recent:
        if index.with_margin == with_margin and len(index.ids) == len(known.contacts):
            changes = difference(known.contacts, plan.contacts, most)
            if changes is not None:
                found = index.amended(*changes)
                if len(found.ids) == len(plan.contacts):  # Else two have one id.
                    return found
    return None


def difference(
    before: Sequence[Contact], after: Sequence[Contact], most: int
) -> tuple[list[Contact], list[Contact]] | None:
    """Return the contacts that are only in one tuple and only in another; None when they are many.

    What both share is compared in runs, which costs next to nothing where it is the same objects.

    Args:
        before, after: contacts, by start and id.
        most: how many may differ.

    Returns:
        What came, and what went; of tuples that are not in order, some contacts may be in both.
    """
    came: list[Contact] = []
    went: list[Contact] = []
    here = there = 0
    while here < len(before) and there < len(after):
        run = 1
        while run and here < len(before) and there < len(after):
            # Of the same objects a comparison costs a pointer each. Where a run differs it is halved, so that
            # a change is found in as many steps as the run's length has binary digits.
            if before[here : here + run] == after[there : there + run]:
                here, there, run = here + run, there + run, 2 * run
            else:
                run //= 2
        if here >= len(before) or there >= len(after):
            break
        one, other = before[here], after[there]
        old, new = (one.start, one.id), (other.start, other.id)
        if old <= new:
            went.append(one)
            here += 1
        if new <= old:
            came.append(other)
            there += 1
        if len(came) + len(went) > most:
            return None
    went += before[here:]
    came += after[there:]
    return (came, went) if len(came) + len(went) <= most else None
