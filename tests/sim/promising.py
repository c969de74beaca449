"""Worlds in which promises are heard and nodes are looked at, as in a rehearsal."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from tests.sim.helpers import START

from starlight.contacts.plan import ContactPlan
from starlight.engine.node import Node
from starlight.node.application import Request
from starlight.node.config import NodeConfig
from starlight.sim.checkers import Witness
from starlight.sim.promises import PromiseTrail, Verdict, parts_of
from starlight.sim.referee import Referee
from starlight.sim.virtual_node import NodeSetup
from starlight.sim.world import VirtualWorld
from starlight.trace import Record


class Heard(Witness):
    """A witness whose node's promises are heard."""

    def __init__(self, node: Node, promises: PromiseTrail) -> None:
        super().__init__(node)
        self._engine, self._promises = node, promises

    def accepted(
        self, token: str, key: str, leaves: int | None, arrives: int | None, now: int
    ) -> list[Request]:
        engine = self._engine
        self._promises.accept(key, engine.number, now, arrives, parts_of(engine.stored, key))
        return super().accepted(token, key, leaves, arrives, now)


class Watched(NamedTuple):
    """A world, what its nodes have promised, and who looks at them."""

    world: VirtualWorld
    promises: PromiseTrail
    referee: Referee

    def verdicts(self) -> list[Verdict]:
        """Return what came of the promises until now."""
        return list(self.promises.judge(self.world.now))


def watched(plan: ContactPlan, believed: Callable[[int], ContactPlan] | None = None) -> Watched:
    """Return a world with a witness on every node.

    Args:
        plan: what is true.
        believed: returns what a node believes, by its number. [default: the truth]
    """
    promises = PromiseTrail()

    def take(record: Record) -> None:
        promises.take(record)
        referee.take(record)

    setups = [
        NodeSetup(
            NodeConfig(number, plan if believed is None else believed(number)),
            lambda node: Heard(node, promises),
        )
        for number in plan.nodes()
    ]
    world = VirtualWorld(plan, setups, start=START, trace=take)
    referee = Referee(world)
    return Watched(world, promises, referee)
