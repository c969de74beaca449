"""The contact plan of a live node, for who amends it: each act is durable on return."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from starlight.contacts import (
    Amendment,
    Change,
    ContactPlan,
    MissionFact,
    Outage,
    Removed,
    difference,
    in_force,
    outages,
)
from starlight.errors import InputError
from starlight.live.plan_view import PlanView, plan_view
from starlight.node.application import Request
from starlight.services.amendments import AmendmentService
from starlight.services.fact_rules import check_amended


class PlanService:
    """Lets people and programs amend the plan, and look at it.

    Args:
        service: the node's amendments; an attribute, for reading.
        moment: handles what has happened so far; returns mission time. Raises StoreError where the node
            does not run.
        carry_out: carries out requests made at a mission time; done once they are durable.

    Attributes:
        file_trouble: why the plan's file, which has changed, is not taken; empty where it is.
    """

    def __init__(
        self,
        service: AmendmentService,
        moment: Callable[[], int],
        carry_out: Callable[[Sequence[Request], int], Awaitable[None]],
    ) -> None:
        self.service = service
        self.file_trouble = ""
        self._moment = moment
        self._carry_out = carry_out

    async def amend(self, changes: Sequence[Change], also: Sequence[Request] = ()) -> Amendment:
        """Amend the plan; when this returns the change is in force here, durable, and on its way to all.

        Args:
            changes: one at least.
            also: carried out in the same commit.

        Raises:
            InputError: this node is no planner, or no plan could take the changes, or nothing would come of
                a fact among them.
            StoreError: the disk refused.
        """
        for index, change in enumerate(changes):
            if isinstance(change, MissionFact):
                check_amended(change.name, change.value, f"changes[{index}]")
        now = self._moment()
        amendment, requests = self.service.amend(changes, now)
        await self._carry_out([*requests, *also], now)
        return amendment

    async def keep(self, records: Sequence[Request]) -> None:
        """Keep records in the store; when this returns they are durable."""
        await self._carry_out(records, self._moment())

    async def change_to(
        self, old: ContactPlan, new: ContactPlan, also: Sequence[Request] = ()
    ) -> Amendment | None:
        """Amend the plan by what makes a new one of an old one, from now on; None where they are the same.

        Args:
            old, new: the plans.
            also: carried out in the same commit, also where they are the same.

        Raises:
            InputError: this node is no planner, or it is too much for an amendment.
            StoreError: the disk refused.
        """
        now = self._moment()
        held = in_force(self.service.held.amendments())
        removed = [change for each in held for change in each.changes if isinstance(change, Removed)]
        changes = difference(old, new, removed, now)
        if changes:
            return await self.amend(changes, also)
        if also:
            await self.keep(also)
        return None

    async def set(self, new: ContactPlan) -> Amendment | None:
        """Amend the plan so that its contacts are another plan's; outages that were told stay.

        As `change_to`.
        """
        return await self.change_to(self.service.held.unsilenced(), new)

    def check_known(self, changes: Sequence[Change]) -> None:
        """Refuse outages of links that the plan has no contact on while they last.

        Raises:
            InputError: there is such a link.
        """
        contacts = self.service.held.unsilenced().contacts
        for outage in (change for change in changes if isinstance(change, Outage)):
            for a, b in outage.links:
                there = (c for c in contacts if (c.from_node, c.to_node) == (a, b))
                if not any(c.start <= outage.end and c.end >= outage.start for c in there):
                    links = dict.fromkeys(f"{c.from_node} to {c.to_node}" for c in contacts)
                    right = f"It has contacts from {', '.join(list(links)[:12])}" if links else "It is empty"
                    told = f"the plan has no contact from {a} to {b} then"
                    raise InputError(told, where="links", right=right)

    async def revise(self, outage: Outage) -> Amendment | None:
        """Amend the plan by an outage, in place of what was said of it before; None where that says it all.

        Raises:
            InputError: this node is no planner, or no plan could take the outage.
            StoreError: the disk refused.
        """
        now = self._moment()
        amendment, requests = self.service.revise(outage, now)
        await self._carry_out(requests, now)
        return amendment

    async def change_base(self, plan: ContactPlan) -> None:
        """Put another base plan in force, with all that is held on top; it is not kept itself."""
        now = self._moment()
        await self._carry_out(self.service.set_base(plan), now)

    def outages(self) -> list[Outage]:
        """Return the outages that are held and not retracted, in canonical order."""
        return outages(self.service.held.amendments())

    def view(self) -> PlanView:
        """Return the plan as it is shown."""
        return plan_view(self.service)
