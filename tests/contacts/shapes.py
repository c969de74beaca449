"""Hypothesis strategies for contacts."""

from __future__ import annotations

from hypothesis import strategies as st

from starlight.contacts.contact import UNLIMITED_BPS, Contact, LightPiece
from starlight.dtntime import SECOND

RATES_BPS = (0, 1, 7, 8, 800, 1_000_003, UNLIMITED_BPS)


@st.composite
def contacts(draw: st.DrawFn, id: int = 1, limited: bool = False) -> Contact:
    """Draw a contact of up to 20 s among nodes 1 to 3, with up to four rate pieces."""
    start = draw(st.integers(-5, 20)) * SECOND
    end = start + draw(st.integers(0, 20)) * SECOND
    bps = st.sampled_from([rate for rate in RATES_BPS if not limited or rate != UNLIMITED_BPS])
    rates = [(start, draw(bps))]
    for step in draw(st.lists(st.integers(1, 6 * SECOND), max_size=3)):
        rates.append((rates[-1][0] + step, draw(bps)))
    nodes = draw(st.permutations([1, 2, 3]))
    light = (LightPiece(start, SECOND, (draw(st.sampled_from([0.0, 1.5, 700.0])), 0.01)),)
    return Contact(id, nodes[0], nodes[1], start, end, tuple(rates), light, draw(st.booleans()))


@st.composite
def many(draw: st.DrawFn) -> list[Contact]:
    """Draw up to six contacts with ids of their own and limited rates."""
    return [draw(contacts(id=id, limited=True)) for id in range(draw(st.integers(0, 6)))]
