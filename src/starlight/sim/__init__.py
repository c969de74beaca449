"""Virtual time: the world, its channel, faults and checkers."""

from starlight.sim.store import MemoryStore
from starlight.sim.world import NodeSetup, Stage, VirtualWorld

__all__ = ["MemoryStore", "NodeSetup", "Stage", "VirtualWorld"]
