"""The plan of a node: its base plan with the amendments that it holds, its own and those that it believes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from starlight.contacts import MAX_TIME, Amendment, Change, ContactPlan, check_amendment
from starlight.errors import InputError
from starlight.node.application import ChangePlan, Request, Save, Say
from starlight.services.amendment_format import AMENDMENT_MAX_BYTES, Carried, Message, encode_amendment
from starlight.services.announcements import NAME
from starlight.services.held_amendments import HeldAmendment, HeldAmendments, NotTaken, record_of
from starlight.services.trace_events import AmendmentMade, AmendmentRefused, AmendmentTaken
from starlight.trace import Record, TraceEvent

HELD = "held/"
"""The records of amendments: ``held/AUTHOR/NUMBER``."""


class NodePlan:
    """The plan that a node goes by.

    Args:
        node: its number.
        base: the plan that is amended.
        planners: the numbers of the nodes whose amendments are believed.
        fixed_light_s: light times in s that hold by directed link, whatever an amendment says.

    Attributes:
        held: the amendments.
    """

    def __init__(
        self,
        node: int,
        base: ContactPlan,
        planners: frozenset[int],
        fixed_light_s: Mapping[tuple[int, int], float],
    ) -> None:
        self._node = node
        self._planners = planners
        self.held = HeldAmendments(base, fixed_light_s)
        self._in_force = base  # at the node

    def restore(self, key: str, data: bytes) -> None:
        """Take back a record of an amendment.

        Raises:
            StoreError: it can't be read.
            ValueError: its key can't.
        """
        author, _, number = key.removeprefix(HELD).partition("/")
        self.held.restore(int(author), int(number), data)

    def put_in_force(self) -> list[Request]:
        """Ask for the plan as it now is, unless it is in force."""
        plan = self.held.fold()
        if plan is self._in_force:
            return []
        self._in_force = plan
        return [ChangePlan(plan)]

    def last_number(self) -> int:
        """Return the number of this node's last amendment, 0 where it made none."""
        own = self.held.of(self._node)
        return own[-1].amendment.number if own else 0

    def amend(self, changes: Sequence[Change], above: int, now: int) -> tuple[Amendment, list[Request]]:
        """Make an amendment of this node, and put it in force.

        Args:
            changes: one at least.
            above: it has a number above this and all that are held here.
            now: in ns.

        Raises:
            InputError: this node is no planner, or no plan could take the changes.
        """
        if self._node not in self._planners:
            right = "Name it in `planners` of each node's file"
            raise InputError(f"node {self._node} is no planner", where="planners", right=right)
        own = self.held.of(self._node)
        # A clock that was set back must not make a later change lose against an earlier one of the same hand.
        at = max([now, *(min(held.amendment.at + 1, MAX_TIME) for held in own[-1:])])
        amendment = Amendment(self._node, max(above, self.last_number()) + 1, at, tuple(changes))
        check_amendment(amendment)
        data = encode_amendment(amendment)
        if len(data) > AMENDMENT_MAX_BYTES:
            right = f"It has at most {AMENDMENT_MAX_BYTES}; make it several"
            raise InputError(f"an amendment of {len(data)} bytes", where="changes", right=right)
        held = self.held.take(Carried(amendment, data), now)
        if not isinstance(held, HeldAmendment):
            raise InputError(str(held), where="changes")
        made = AmendmentMade(self._node, amendment.number, self.held.digest())
        return amendment, [_saved(held), self._say(made, now), *self.put_in_force()]

    def believe(self, author: int, source: str, message: Message, now: int) -> list[Request]:
        """Take the amendments of a message that are new, and put them in force together.

        Args:
            author: the planner that sent it.
            source: its endpoint, as text.
            message: what it says.
            now: in ns.
        """
        requests: list[Request] = []
        taken: list[HeldAmendment] = []
        for carried in message.amendments:
            held = self.held.take(carried, now)
            if isinstance(held, NotTaken):
                requests.append(self.refuse(source, str(held), now, carried.amendment.number))
            elif held is not None:
                taken.append(held)
        if not taken:
            return requests
        version, doubts = self.held.digest(), self.held.clock_doubts()
        for held in taken:
            amendment = held.amendment
            told = AmendmentTaken(*amendment.id, amendment.at, version, str(doubts.get(amendment.id, "")))
            requests += [_saved(held), self._say(told, now)]
        return [*requests, *self.put_in_force()]

    def refuse(self, source: str, reason: str, now: int, number: int = 0) -> Say:
        """Say in the trace that something was not believed, or not taken."""
        return self._say(AmendmentRefused(source, reason, number), now)

    def _say(self, event: TraceEvent, now: int) -> Say:
        return Say(Record(now, self._node, event))


def _saved(held: HeldAmendment) -> Save:
    author, number = held.amendment.id
    return Save(NAME, f"{HELD}{author}/{number}", record_of(held))
