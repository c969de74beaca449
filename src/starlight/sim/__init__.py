"""Virtual time: the world, its channel, faults and checkers."""

from starlight.sim.store import MemoryStore
from starlight.sim.world import Site, Stage, World

__all__ = ["MemoryStore", "Site", "Stage", "World"]
