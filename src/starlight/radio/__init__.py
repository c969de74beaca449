"""Link budgets, channel codes and terminals: what a dish and a transmitter can carry.

* `RadioLink` joins two `Terminal`s in a band: `rate_bps` for arrays of moments, `table` for one.
* `budget_from_reference` computes a published budget from its inputs; `compare` sets the results beside it.
"""

from starlight.radio.limits import RateLimit
from starlight.radio.link import RadioLink, equipment_limit
from starlight.radio.noise import climates
from starlight.radio.reference import budget_from_reference, compare
from starlight.radio.table import Table
from starlight.radio.terminals import Terminal, terminal, terminal_from, terminals

__all__ = [
    "RadioLink",
    "RateLimit",
    "Table",
    "Terminal",
    "budget_from_reference",
    "climates",
    "compare",
    "equipment_limit",
    "terminal",
    "terminal_from",
    "terminals",
]
