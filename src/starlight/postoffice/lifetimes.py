"""For how long what a mailbox posts is worth carrying, in ns."""

from __future__ import annotations

from starlight.dtntime import DAY, YEAR

LETTER_LIFETIME = 50 * YEAR
"""A letter may wait for someone who is not born yet; twice the twenty-four years of the facility."""

LIFETIME_MAX = 100 * YEAR
"""Longer than anyone's life; and times stay far below 63 bits."""

TELEMETRY_LIFETIME = 30 * DAY
"""Old positions and readings are of no use to those who act on them."""
