"""What a dish and a transmitter can carry: link budgets, channel codes, terminals.

* `Link` joins two `Terminal`s in a band: `Link.rate_bps` for arrays of moments, `Link.table` for one.
* `budget_from_reference` computes a published budget from its inputs; `compare` sets the results beside it.
* `control_table` computes any `Budget`.
"""

from starlight.radio.budget import Budget, Carrier, Entry, control_table
from starlight.radio.codes import LADDER_BPS, MODEMS, Code, Modem, Rung, code, codes
from starlight.radio.link import MARGIN_DB, WEATHER, Link
from starlight.radio.noise import Climate, climates
from starlight.radio.reference import Comparison, budget_from_reference, compare, read_case
from starlight.radio.table import Line, Table, Tolerance
from starlight.radio.terminals import (
    Band,
    Receiver,
    Terminal,
    Transmitter,
    terminal,
    terminal_from,
    terminals,
)

__all__ = [
    "LADDER_BPS",
    "MARGIN_DB",
    "MODEMS",
    "WEATHER",
    "Band",
    "Budget",
    "Carrier",
    "Climate",
    "Code",
    "Comparison",
    "Entry",
    "Line",
    "Link",
    "Modem",
    "Receiver",
    "Rung",
    "Table",
    "Terminal",
    "Tolerance",
    "Transmitter",
    "budget_from_reference",
    "climates",
    "code",
    "codes",
    "compare",
    "control_table",
    "read_case",
    "terminal",
    "terminal_from",
    "terminals",
]
