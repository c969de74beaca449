"""The amendment service: the application of a node that makes, takes and sends on changes of the plan.

Theory of operation. A planner's node amends: the change is in force there at once, saved, and sent to the
same service of every other node of the plan, in a bundle for each. A node believes an amendment only if its
author is one of the planners that its own configuration names, and the bundle's source is that author's
node; it saves it, puts the amended plan in force, and soon tells the author all that it holds. From that the
author knows what to send again. What is lost on the way, or waits out a conjunction, so comes in the end,
and as a set of amendments means one plan (`contacts/amended_plan.py`), all nodes come to the same one.

A message also says what its sender knows of others, so that each planner, and each node that a planner
writes to, can show which versions are in force elsewhere, as of when.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from types import MappingProxyType

from starlight.bundle import EndpointID
from starlight.contacts import Amendment, Change, ContactPlan, Outage, revised
from starlight.errors import AmendmentError, StoreError
from starlight.node.application import Claim, DataUnit, Declined, Request, SetAside
from starlight.services.amendment_format import Known, Message, decode
from starlight.services.announcements import NAME, Announcements, endpoint_of
from starlight.services.fact_statements import TOLD, FactsTold
from starlight.services.held_amendments import HELD_MAX
from starlight.services.node_plan import HELD, NodePlan
from starlight.services.service import Service

PLAN_FILE = "plan file/"
"""The records of a plan file that is watched (`app.kept_plan`), kept in the commits of its amendments."""


class AmendmentService(Service):
    """The amendments of one node.

    Args:
        node: its number.
        base: the plan that they amend; `set_base` changes it.
        planners: the numbers of the nodes whose amendments are believed.
        greets: it tells planners that have never heard of this node that it is here and what it holds; once
            in the life of its store. So a node that is new, or has lost its store, is sent what it misses.
        peers: the nodes whose statements of the mission's facts are kept.
        fixed_light_s: light times in s that are imposed here by directed link, so that they hold in what an
            amendment adds, too.

    Attributes:
        node, planners: as given.
        held: the amendments that are held here.
        versions: what is known of those that other nodes hold.
        told: what peers have told of the mission's facts.
    """

    def __init__(
        self,
        node: int,
        base: ContactPlan,
        planners: Collection[int],
        *,
        greets: bool = False,
        peers: Collection[int] = (),
        fixed_light_s: Mapping[tuple[int, int], float] = MappingProxyType({}),
    ) -> None:
        self.node = node
        self.planners = frozenset(planners)
        self._plan = NodePlan(node, base, self.planners, fixed_light_s)
        self.held = self._plan.held
        self._announcements = Announcements(node, self.planners, self.held, greets=greets)
        self.versions = self._announcements.versions
        self.told = FactsTold(node, peers)
        self._damaged: list[tuple[str, str]] = []

    @property
    def plan(self) -> ContactPlan:
        """Return the base plan with all that is held folded in."""
        return self.held.plan

    # What is done here.

    def amend(self, changes: Sequence[Change], now: int) -> tuple[Amendment, list[Request]]:
        """Make an amendment, put it in force here, and send it to all.

        Args:
            changes: one at least.
            now: in ns.

        Raises:
            InputError: this node is no planner, or no plan could take the changes.
        """
        # A planner that lost its store must not give a number again that others hold. A number that is out of
        # reach of any honest history is no word of that: it would leave no number to amend with.
        reach = self._plan.last_number() + HELD_MAX
        told_of = self.versions.highest_of(self.node, at_most=reach)
        amendment, requests = self._plan.amend(changes, told_of, now)
        return amendment, [*requests, *self._announcements.send(now)]

    def set_base(self, base: ContactPlan) -> list[Request]:
        """Amend another base plan from now on, which is put in force with all that is held."""
        self.held.set_base(base)
        return self._plan.put_in_force()

    def revise(self, outage: Outage, now: int) -> tuple[Amendment | None, list[Request]]:
        """Amend the plan by an outage, in place of what was said of it before; its end may be another.

        Returns:
            The amendment, None where all of that is known already; and what to ask of the node.

        Raises:
            InputError: as `amend`.
        """
        changes = revised(outage, self.held.amendments())
        return self.amend(changes, now) if changes else (None, [])

    # What the node tells; see `node.application.Application`.

    def state_facts(self, peer: int, statement: bytes) -> Request:
        """Return the request to tell a peer of them in a bundle, where its link has no sessions."""
        return self._announcements.state(peer, statement)

    def restore(self, mailbox: str, key: str, data: bytes) -> None:
        """Take back a record; one that can't be read is set aside, and its author sends it again."""
        try:
            if key.startswith(HELD):
                self._plan.restore(key, data)
            elif key.startswith(PLAN_FILE):
                pass  # It is whose who reads the file.
            elif key.startswith(TOLD):
                self.told.restore(key, data)
            else:
                self._announcements.restore(key, data)
        except (StoreError, ValueError) as error:
            self._damaged.append((key, str(error)))

    def resume(self, now: int) -> list[Request]:
        """Put in force what is held, claim the endpoint, and send on what is still missing elsewhere."""
        requests: list[Request] = [SetAside(NAME, *damaged) for damaged in self._damaged]
        self._damaged.clear()
        requests += self._plan.put_in_force()
        return [*requests, Claim(endpoint_of(self.node)), *self._announcements.send(now)]

    def delivered(self, unit: DataUnit, now: int) -> list[Request]:
        """Take what another node's service says."""
        author = _author(unit.source)
        if author is None:
            why = "it is not from the amendment service of a node"
            return [Declined(), self._plan.refuse(unit.source, why, now)]
        if author == self.node:
            # Believed, it would put words into this node's own mouth, and use up its numbers and times.
            return [Declined(), self._plan.refuse(unit.source, "this node itself did not send it", now)]
        try:
            message = decode(unit.payload, author)
        except AmendmentError as error:
            return [Declined(), self._plan.refuse(unit.source, str(error), now)]
        requests: list[Request] = [self._plan.refuse(unit.source, why, now) for why in message.refused]
        if message.facts:
            requests += self.told.hear(author, message.facts, now, in_a_session=False)
        if message.amendments and author in self.planners:
            self._announcements.answer(author, now)
            requests += self._plan.believe(author, unit.source, message, now)
        elif message.amendments:
            # Once for all of them: a stranger must not fill the trace.
            number = message.amendments[0].amendment.number
            requests.append(self._plan.refuse(unit.source, f"node {author} is no planner here", now, number))
        # What a node says of itself is as old as the bundle; a clock that is ahead makes it no younger.
        as_of = now if unit.created is None else min(unit.created, now)
        for node, known in self._said(author, message, as_of):
            bounded = Known(min(known.as_of, now), known.version)
            requests += self._announcements.hear(node, bounded, now, directly=node == author)
        return [*requests, *self._announcements.send(now)]

    def accepted(
        self, token: str, key: str, leaves: int | None, arrives: int | None, now: int
    ) -> list[Request]:
        """Take note when what was sent will be there."""
        return self._announcements.accepted(token, key, arrives, now)

    def departed(
        self, key: str, peer: int, leaves: int, last_byte: int, reaches: int, now: int
    ) -> list[Request]:
        """Take note that a bundle can't be taken back any more."""
        self._announcements.gone(key)
        return []

    def expired(self, key: str, reason: str, now: int) -> list[Request]:
        """Take note that a bundle waits no more; what it carried is sent again when that is due."""
        self._announcements.gone(key)
        return []

    def rejected(self, token: str, reason: str, now: int) -> list[Request]:
        """Send again later what this node did not take."""
        self._announcements.rejected(token, now)
        return []

    def plan_changed(self, now: int) -> list[Request]:
        """Send what is in force to nodes that the plan did not name before."""
        return self._announcements.send(now)

    def next_wakeup(self) -> int | None:
        """Return when an answer is due, or something is to be sent again."""
        return self._announcements.next_wakeup()

    def handle_timer(self, now: int) -> list[Request]:
        """Answer authors, and send again what others still miss."""
        return self._announcements.handle_timer(now)

    def _said(self, author: int, message: Message, as_of: int) -> Iterator[tuple[int, Known]]:
        """Yield what a message says of nodes: of its author, and, where that is a planner, of others."""
        yield author, Known(as_of, message.holds)
        if author in self.planners:
            yield from ((node, known) for node, known in message.others.items() if node != author)


def _author(source: str) -> int | None:
    """Return the node whose amendment service a source is; None for any other endpoint."""
    node = EndpointID.parse(source).node_number
    return node if node is not None and source == endpoint_of(node) else None
