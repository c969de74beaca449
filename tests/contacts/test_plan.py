"""The contact plan: order, changes, cuts."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.contacts.shapes import contacts, many

from starlight.contacts.contact import Contact, constant_light
from starlight.contacts.plan import ContactPlan, Notice, clipped
from starlight.dtntime import SECOND

SETTINGS = settings(deadline=None, derandomize=True, max_examples=200)
LINKS = st.sets(st.tuples(st.integers(1, 3), st.integers(1, 3)))
TIMES = st.integers(-10 * SECOND, 45 * SECOND) | st.integers(-10, 45).map(lambda second: second * SECOND)


def contact(id: int, start: int, end: int, from_node: int = 1, to_node: int = 2) -> Contact:
    """Return a contact of 8 bit/s between two seconds."""
    start *= SECOND
    return Contact(id, from_node, to_node, start, end * SECOND, ((start, 8),), constant_light(start, 1))


def carried(plan: ContactPlan, link: tuple[int, int], time: int) -> list[tuple[int, int, bool]]:
    """Return what each contact of a link offers to one who transmits at a time."""
    live = [c for c in plan.between(*link) if c.start <= time <= c.end]
    return sorted((c.rate_bps(time), c.light_time(time), c.one_way) for c in live)


@SETTINGS
@given(many(), LINKS, TIMES, TIMES, st.lists(TIMES, max_size=8))
def test_a_cut_takes_what_lies_inside_and_nothing_else(
    found: list[Contact], links: set[tuple[int, int]], start: int, end: int, times: list[int]
) -> None:
    """A cut link carries nothing between two times; volumes outside the cut are unchanged."""
    plan = ContactPlan.of(found)
    notice = Notice(start, end, (1,), "dust")
    cut = plan.cut(links, start, end, notice)
    assert cut.version == plan.version + 1
    assert cut.notices == (notice,)
    assert len({c.id for c in cut.contacts}) == len(cut.contacts)
    assert list(cut.contacts) == sorted(cut.contacts, key=lambda c: (c.start, c.id))
    edges = [start - 1, start, start + 1, end - 1, end, end + 1]
    for from_node in (1, 2, 3):
        for to_node in (1, 2, 3):
            link = (from_node, to_node)
            for time in times + edges:
                silent = link in links and start <= time <= end
                assert carried(cut, link, time) == ([] if silent else carried(plan, link, time))


@SETTINGS
@given(many(), TIMES, TIMES)
def test_volumes_before_and_after_a_cut_are_unchanged(found: list[Contact], start: int, end: int) -> None:
    """The bytes that can leave before and after a cut are as many as without it."""
    if end < start:
        start, end = end, start
    plan = ContactPlan.of(found)
    for original in plan.contacts:
        link = (original.from_node, original.to_node)
        alone = ContactPlan.of([original]).cut([link], start, end)
        assert all(not start <= time <= end for c in alone.contacts for time in (c.start, c.end))
        assert all(c.rates[0][0] == c.start and c.start <= c.end for c in alone.contacts)
        before = sum(c.volume(c.start, c.end) for c in alone.contacts if c.end < start)
        after = sum(c.volume(c.start, c.end) for c in alone.contacts if c.start > end)
        assert before == original.volume(original.start, start - 1)
        assert after == original.volume(max(end + 1, original.start), original.end)


@SETTINGS
@given(contacts(limited=True), st.integers(0, 20 * SECOND), st.integers(0, 20 * SECOND), st.integers(0, 9))
def test_a_clipped_contact_is_the_part_of_it(one: Contact, begin: int, length: int, size: int) -> None:
    """A part carries what the whole carries between its ends, at the same rate and light time."""
    start = min(one.start + begin, one.end)
    end = min(start + length, one.end)
    part = clipped(one, 77, start, end)
    assert (part.id, part.start, part.end) == (77, start, end)
    assert part.rates[0][0] == start
    assert part.volume(start, end) == one.volume(start, end)
    for time in (start, (start + end) // 2, end):
        assert part.rate_bps(time) == one.rate_bps(time)
        assert part.light_time(time) == one.light_time(time)
        whole = one.last_byte(time, size)
        assert part.last_byte(time, size) == (whole if whole is not None and whole <= end else None)


def test_a_cut_in_the_middle_gives_the_later_part_a_new_id() -> None:
    """Ids stay unique: the first part keeps the id, the later one takes the next free."""
    cut = ContactPlan.of([contact(4, 0, 10), contact(9, 0, 10)]).cut([(1, 2)], 3 * SECOND, 5 * SECOND)
    parts = [(c.id, c.start, c.end) for c in cut.contacts]
    assert parts == [
        (4, 0, 3 * SECOND - 1),
        (9, 0, 3 * SECOND - 1),
        (10, 5 * SECOND + 1, 10 * SECOND),
        (11, 5 * SECOND + 1, 10 * SECOND),
    ]


def test_nodes_and_links_of_a_plan() -> None:
    """Every node that a contact names is one of the plan's; a link is one direction."""
    plan = ContactPlan.of([contact(2, 3, 9, 5, 1), contact(1, 0, 5, 1, 2)])
    assert plan.nodes() == [1, 2, 5]
    assert [c.id for c in plan.between(5, 1)] == [2]
    assert plan.between(1, 5) == []
