"""Hypothesis strategies for contacts."""

from __future__ import annotations

from hypothesis import strategies as st

from starlight.contacts.contact import UNLIMITED_BPS, Contact, LightPiece
from starlight.contacts.plan import ContactPlan
from starlight.dtntime import HOUR, SECOND

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


@st.composite
def plans(draw: st.DrawFn, *, overlaps: bool = True) -> ContactPlan:
    """Draw a plan as a sky makes it: contacts of minutes to hours whose light time moves, among nodes 1 to 3.

    Some are plain, some have several rates and pieces of light, some touch, and some begin and end
    within a second. No two are the same in all but their id.
    """
    found: list[Contact] = []
    free: dict[tuple[int, int], int] = {}
    for id in range(1, draw(st.integers(0, 6)) + 1):
        nodes = draw(st.permutations([1, 2, 3]))
        link = (nodes[0], nodes[1])
        earliest = 0 if overlaps else free.get(link, 0)
        grain = draw(st.sampled_from([SECOND, SECOND, 1_000_001]))
        start = earliest + draw(st.integers(0, 3_000)) * grain
        end = start + draw(st.sampled_from([SECOND, 90 * SECOND, 7_200 * SECOND, 2_000_000_001]))
        if any((c.from_node, c.to_node, c.start, c.end) == (*link, start, end) for c in found):
            continue
        free[link] = end
        found.append(
            Contact(
                id,
                *link,
                start,
                end,
                _rates(draw, start),
                _light(draw, start, end),
                draw(st.booleans()),
                draw(st.sampled_from([1.0, 0.9, 0.125])),
            )
        )
    return ContactPlan.of(found)


def _rates(draw: st.DrawFn, start: int) -> tuple[tuple[int, int], ...]:
    rates = [(start, draw(st.sampled_from(RATES_BPS)))]
    for step in draw(st.lists(st.sampled_from([SECOND, 1_500_000_000, 30 * SECOND]), max_size=3)):
        rates.append((rates[-1][0] + step, draw(st.sampled_from(RATES_BPS))))
    return tuple(rates)


def _light(draw: st.DrawFn, start: int, end: int) -> tuple[LightPiece, ...]:
    base = draw(st.sampled_from([0.0, 1.0, 20.0, 1.3, 700.0, 1334.9]))
    slope = draw(st.sampled_from([0.0, 0.0, 0.21, -0.21, 1.9]))
    curve = draw(st.sampled_from([0.0, 0.04, -0.02]))
    if base < 2:
        slope = curve = 0.0
    pieces = [LightPiece(start, HOUR, (base, slope, curve) if slope or curve else (base,))]
    if draw(st.booleans()) and end - start > 10 * SECOND:
        pieces.append(LightPiece(start + draw(st.integers(1, 10 * SECOND)), HOUR, (base + 0.5,)))
    return tuple(pieces)
