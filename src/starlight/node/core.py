"""The core of an engine: what all its parts work with.

Each part is handed the core and, by name, the parts below it that it calls. So a constructor says what a part
depends on, and not once more what every part has.
"""

from __future__ import annotations

from typing import NamedTuple

from starlight.node.config import NodeConfig
from starlight.node.deadlines import Deadlines
from starlight.node.duplicate_filter import DuplicateFilter
from starlight.node.ledger import Ledger
from starlight.node.links import Links
from starlight.node.source_clocks import SourceClocks


class Core(NamedTuple):
    """The state that the parts of an engine share.

    Attributes:
        config: who the node is, and what it may take on.
        ledger: its stored bundles, and the actions of the step under way.
        deadlines: the calls that are due at times.
        duplicates: the bundles that have been here.
        links: the links to its peers.
        clocks: what the bundles of its peers say of their clocks.
    """

    config: NodeConfig
    ledger: Ledger
    deadlines: Deadlines
    duplicates: DuplicateFilter
    links: Links
    clocks: SourceClocks

    @classmethod
    def of(cls, config: NodeConfig) -> Core:
        """Return the core of an engine that has just started."""
        limits = config.limits
        ledger, duplicates = Ledger(config.number, limits), DuplicateFilter(limits.remembered)
        return cls(config, ledger, Deadlines(), duplicates, Links(), SourceClocks())
