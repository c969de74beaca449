"""What is visible becomes feasible: an antenna holds at most so many contacts, with time to turn between."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from starlight import dtntime
from starlight.contacts.contact import Contact, constant_light
from starlight.dtntime import DAY, HOUR, MINUTE, SECOND
from starlight.planner.allocation import SHORTEST, Allocation, LinkDirection, allocate
from starlight.scenario.network import AntennaSpec

T0 = dtntime.from_text("2051-03-01")
LIGHT_S = 900.0
NODES = ["yeoju", "madrid", "areo", "polar"]
TITLES = {name: name.title() for name in NODES}
LINKS = [("yeoju", "areo"), ("yeoju", "polar"), ("madrid", "areo"), ("madrid", "polar")]
ROUNDING = 10
"""ns by which the two ends' clocks may differ, light time being rounded."""


def contact(way: int, start: int, end: int) -> Contact:
    """Return a contact of a way."""
    light = constant_light(start, LIGHT_S)
    return Contact(way * 10**11 + start // SECOND, 1 + way, 9, start, end, ((start, 1000),), light)


def one_way(link: int, spans: list[tuple[float, float]], priority: int = 0) -> LinkDirection:
    """Return the way out of a link that is visible between hours after T0."""
    a, b = LINKS[link]
    found = [contact(link, T0 + round(s * HOUR), T0 + round(e * HOUR)) for s, e in spans]
    return LinkDirection(link, priority, a, b, tuple(found))


def both_ways(link: int, spans: list[tuple[float, float]], priority: int = 0) -> list[LinkDirection]:
    """Return both directions of a link, the far end seen when its light comes in."""
    out = one_way(link, spans, priority)
    light = round(LIGHT_S * SECOND)
    back = tuple(contact(10 + link, c.start - light, c.end - light) for c in out.contacts)
    return [out, LinkDirection(link, priority, out.to_node, out.from_node, back)]


def hours(allocation: Allocation, way: int) -> list[tuple[float, float]]:
    """Return what is left of a way, in hours after T0."""
    return [
        (round((c.start - T0) / HOUR, 4), round((c.end - T0) / HOUR, 4)) for c in allocation.contacts[way]
    ]


def test_without_antennas_everything_is_held() -> None:
    """A node without antennas holds all it sees, and nothing is reported."""
    ways = [one_way(0, [(0, 5)]), one_way(1, [(2, 9)])]
    allocation = allocate(ways, {}, TITLES)
    assert [list(way.contacts) for way in ways] == [list(kept) for kept in allocation.contacts]
    assert allocation.changes == ()


def test_the_longer_contact_gets_the_antenna() -> None:
    """Of two contacts of equal priority the longest is whole; the other keeps what is free, and says why."""
    ways = [one_way(0, [(0, 5)]), one_way(1, [(2, 9)])]
    allocation = allocate(ways, {"yeoju": [AntennaSpec(name="35 m dish")]}, TITLES)
    assert hours(allocation, 1) == [(2, 9)]
    assert hours(allocation, 0) == [(0, 2)]
    (change,) = allocation.changes
    assert change.what == "shortened"
    assert change.sentence(TITLES) == (
        "Yeoju to Areo, 2051-03-01T00:00:00Z to 2051-03-01T05:00:00Z: shortened, 2.0 h kept. "
        "Yeoju's 35 m dish holds 1 contact at once: Yeoju - Polar is longer (7.0 h over 5.0 h)."
    )


def test_priority_goes_before_length() -> None:
    """A contact of higher priority gets the antenna, however short; what is covered by it is dropped."""
    ways = [one_way(0, [(3, 4)], priority=2), one_way(1, [(3, 4)]), one_way(3, [(0, 9)])]
    antennas = {"yeoju": [AntennaSpec()], "polar": [AntennaSpec()]}
    allocation = allocate(ways, antennas, TITLES)
    assert hours(allocation, 0) == [(3, 4)]
    assert hours(allocation, 1) == []
    assert hours(allocation, 2) == [(0, 9)]
    assert [change.what for change in allocation.changes] == ["dropped"]
    assert "has priority 2 over 0" in allocation.changes[0].why[0]


def test_slew_and_setup_lie_between_two_contacts() -> None:
    """Between two contacts of an antenna with other nodes lies the time to slew and set up."""
    antenna = AntennaSpec(slew_s=600, setup_s=1200)
    ways = [one_way(0, [(0, 5)]), one_way(1, [(5, 12)])]
    allocation = allocate(ways, {"yeoju": [antenna]}, TITLES)
    assert hours(allocation, 0) == [(0, 4.5)]
    assert hours(allocation, 1) == [(5, 12)]


def test_a_receiver_is_busy_in_its_own_time() -> None:
    """At the far end a contact lies one light time later, and there it meets others."""
    ways = [one_way(0, [(0, 6)]), one_way(2, [(6, 8)])]
    assert hours(allocate(ways, {"areo": [AntennaSpec()]}, TITLES), 1) == [(6, 8)]
    early = LinkDirection(5, 0, "areo", "madrid", (contact(5, T0 + 6 * HOUR, T0 + 8 * HOUR),))
    (kept,) = allocate([ways[0], early], {"areo": [AntennaSpec()]}, TITLES).contacts[1]
    assert kept.start == T0 + 6 * HOUR + 15 * MINUTE + 1


def test_both_directions_are_one_pass() -> None:
    """Both directions of a link need one contact of an antenna, not two."""
    allocation = allocate(both_ways(0, [(0, 5)]), {"yeoju": [AntennaSpec()], "areo": [AntennaSpec()]}, TITLES)
    assert allocation.changes == ()


def test_an_antenna_works_in_its_hours_and_serves_whom_it_serves() -> None:
    """Opening hours cut a contact, over midnight too; an antenna that serves others is not asked."""
    night = AntennaSpec(name="old dish", hours=["22:00-02:00"], serves=["areo"])
    allocation = allocate(
        [one_way(0, [(1, 30)]), one_way(1, [(0, 3)])], {"yeoju": [night, AntennaSpec()]}, TITLES
    )
    assert hours(allocation, 0) == [(1, 30)], "the antenna with most time left takes it"
    allocation = allocate([one_way(0, [(1, 30)])], {"yeoju": [night]}, TITLES)
    assert hours(allocation, 0) == [(1, 2), (22, 26)]
    assert allocation.changes[0].why == ("Yeoju's old dish works 22:00-02:00 UTC.",)


def test_two_at_once() -> None:
    """An antenna for two contacts holds two; the third, the shortest, gives way."""
    ways = [
        one_way(0, [(0, 5)]),
        one_way(1, [(0, 6)]),
        LinkDirection(9, 0, "yeoju", "madrid", one_way(0, [(0, 4)]).contacts),
    ]
    allocation = allocate(ways, {"yeoju": [AntennaSpec(contacts=2)]}, TITLES)
    assert [len(kept) for kept in allocation.contacts] == [1, 1, 0]


spans = st.lists(st.tuples(st.integers(0, 300), st.integers(1, 60)), max_size=6)


@settings(deadline=None, derandomize=True, max_examples=60)
@given(
    st.lists(st.tuples(spans, st.integers(-1, 1)), min_size=4, max_size=4),
    st.integers(1, 2),
    st.sampled_from([0, 300, 1800]),
)
def test_a_plan_is_feasible(rows: list[tuple[list[tuple[int, int]], int]], many: int, gap_s: int) -> None:
    """At no time does an antenna hold more than it can, slewing included, at either end; what is left was
    visible; and the same input gives the same plan."""
    ways: list[LinkDirection] = []
    for link, (found, priority) in enumerate(rows):
        visible: list[tuple[float, float]] = []
        for start, length in sorted(found):
            if not visible or start / 6 > visible[-1][1]:
                visible.append((start / 6, (start + length) / 6))
        ways += both_ways(link, visible, priority)
    antennas = {name: [AntennaSpec(contacts=many, slew_s=gap_s)] for name in NODES}
    allocation = allocate(ways, antennas, TITLES)
    assert allocation == allocate(ways, antennas, TITLES)
    light = round(LIGHT_S * SECOND)
    for node in NODES:
        held: list[tuple[int, int, str]] = []
        for way, kept in zip(ways, allocation.contacts, strict=True):
            assert all(any(c.start <= k.start and k.end <= c.end for c in way.contacts) for k in kept), (
                "only what is visible"
            )
            assert all(a.end < b.start for a, b in pairwise(kept))
            assert all(k in way.contacts or k.end - k.start >= SHORTEST for k in kept)
            if way.from_node == node:
                held += [(k.start, k.end, way.to_node) for k in kept]
            elif way.to_node == node:
                held += [(k.start + light, k.end + light, way.from_node) for k in kept]
        gap = gap_s * SECOND
        for start, _, _ in held:
            assert len(_busy_with(held, start - gap, gap)) <= many


def _busy_with(held: list[tuple[int, int, str]], time: int, gap: int) -> set[str]:
    """Return with whom an antenna is busy just after a time, turning to them included."""
    return {peer for start, end, peer in held if start - gap <= time + ROUNDING < end - ROUNDING}


def test_a_year_is_given_out_quickly() -> None:
    """A year of four links, three passes a day each, both ways: every pass is whole, shortened or dropped."""
    ways = []
    for link in range(4):
        ways += both_ways(
            link,
            [(day * 24 + 8 * k + link, day * 24 + 8 * k + link + 5) for day in range(365) for k in range(3)],
        )
    allocation = allocate(ways, {name: [AntennaSpec(slew_s=300)] for name in NODES}, TITLES)
    whole = sum(len(way.contacts) for way in ways)
    touched = {(c.from_node, c.to_node, c.start) for c in allocation.changes}
    assert len(touched) == len(allocation.changes)
    unchanged = sum(
        k in set(w.contacts) for w, kept in zip(ways, allocation.contacts, strict=True) for k in kept
    )
    assert unchanged + len(touched) == whole
    assert allocation.contacts[0][-1].end < T0 + 366 * DAY
