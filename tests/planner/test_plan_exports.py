"""A year of contacts, planned and allocated, goes to ION and HDTN and comes back as the same contacts."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from itertools import pairwise

import pytest
from tests.contacts.ion_admin import IonAdmin

from starlight import dtntime
from starlight.contacts import formats
from starlight.contacts.contact import Contact
from starlight.contacts.plan import ContactPlan
from starlight.dtntime import SECOND
from starlight.planner import planner
from starlight.scenario import kernels, reading

STILL = 3 * SECOND
"""What a contact may lose at its ends: a second each, and one where ION's range changes right there."""


MOTION = dtntime.MILLISECOND
"""More than the light time between the worlds moves within a second."""


@pytest.fixture(scope="module")
def year() -> ContactPlan:
    """Give the year of Nan-young's expedition: Yeoju and the DSN, the base, two relays, and the rest."""
    spec = reading.load("lost-in-starlight")
    sky = kernels.open_sky()
    start, end = (dtntime.from_text(text) for text in ("2051-01-20", "2052-01-20"))
    return planner.make_plan(spec, sky, start, end).plan()


@pytest.fixture(scope="module")
def files(year: ContactPlan) -> dict[str, bytes]:
    """Give the year in the forms of ION and HDTN."""
    return {form: formats.write(year, form).data for form in ("ion", "hdtn")}


def pieces_of(plan: ContactPlan, back: ContactPlan) -> Iterator[tuple[Contact, list[Contact]]]:
    """Yield each contact with the pieces of it that came back; every piece belongs to one."""
    links: dict[tuple[int, int], list[Contact]] = {}
    for contact in plan.contacts:
        links.setdefault((contact.from_node, contact.to_node), []).append(contact)
    found: dict[int, list[Contact]] = {contact.id: [] for contact in plan.contacts}
    for piece in back.contacts:
        near = links[piece.from_node, piece.to_node]
        whole = near[bisect_right(near, piece.start, key=lambda contact: contact.start) - 1]
        assert whole.start <= piece.start
        assert piece.end <= whole.end
        found[whole.id].append(piece)
    for contact in plan.contacts:
        yield contact, found[contact.id]


@pytest.mark.parametrize("form", ["ion", "hdtn"])
def test_a_year_comes_back_as_the_same_contacts(
    year: ContactPlan, files: dict[str, bytes], form: str
) -> None:
    """Exported and read back: same contacts, in pieces; light time never below, and less than 1 s above."""
    found = formats.read(files[form], name="year", format=form)
    assert found.counts == (), "our own validator has nothing to say"
    volume = 0
    for contact, pieces in pieces_of(year, found.plan):
        assert pieces[0].start - contact.start < STILL
        assert contact.end - pieces[-1].end < STILL
        gap = SECOND if form == "ion" else 0
        for one, other in pairwise(pieces):
            assert 0 <= other.start - one.end <= gap
        for piece in pieces:
            shown = piece.light_time(piece.start)
            for time in (piece.start, (piece.start + piece.end) // 2, piece.end):
                assert shown - SECOND - MOTION < contact.light_time(time) <= shown
                assert piece.rates[0][1] <= contact.rate_bps(time) or time == piece.end
            volume += piece.rates[0][1] * (piece.end - piece.start)
    planned = sum(contact.volume(contact.start, contact.end) for contact in year.contacts) * 8 * SECOND
    assert 0.999 * planned < volume <= planned


def test_ions_own_rules_accept_the_year(files: dict[str, bytes]) -> None:
    """ION's published grammar and its rules take every line; it would use the light time that is meant."""
    ion = IonAdmin().load(files["ion"].decode("ascii"))
    back = formats.read(files["ion"], name="year.ionrc").plan
    assert sum(map(len, ion.contacts.values())) == len(back.contacts)
    for link, contacts in ion.contacts.items():
        for contact, ours in zip(contacts, back.between(*link), strict=True):
            light_s = ion.light_s(link, contact)
            assert (contact.start * SECOND, contact.rate * 8) == (ours.start, ours.rates[0][1])
            assert light_s is not None
            assert light_s * SECOND == ours.light_time(ours.start) == ours.light_time(ours.end)
