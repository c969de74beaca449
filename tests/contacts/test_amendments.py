"""Amendments as values, and the plan that a set of them makes."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from tests.contacts.shapes import contacts, plans

from starlight.contacts.amended_plan import amended, revised
from starlight.contacts.amendments import (
    Amendment,
    AmendmentId,
    Change,
    MissionFact,
    NewContacts,
    NotUnderstood,
    Outage,
    Removed,
    Retracted,
    VersionVector,
    check_amendment,
    digest,
    facts,
    version_of,
)
from starlight.contacts.contact import Contact, constant_light
from starlight.contacts.plan import ContactPlan, Notice
from starlight.dtntime import SECOND
from starlight.errors import InputError

SETTINGS = settings(deadline=None, derandomize=True, max_examples=60)
LINKS = st.permutations([1, 2, 3]).map(lambda nodes: (nodes[0], nodes[1]))
TIMES = st.integers(-10, 4_000).map(lambda second: second * SECOND)
NAMES = st.tuples(st.integers(1, 3), st.integers(1, 5))


@st.composite
def outages(draw: st.DrawFn) -> Outage:
    """Draw an outage of one to three links."""
    start = draw(TIMES)
    links = tuple(draw(st.lists(LINKS, min_size=1, max_size=3, unique=True)))
    return Outage(
        links, start, start + draw(st.integers(0, 3_000)) * SECOND, draw(st.sampled_from(["", "dust"]))
    )


CHANGES: st.SearchStrategy[Change] = st.one_of(
    outages(),
    st.lists(contacts(limited=True), min_size=1, max_size=3).map(lambda found: NewContacts(tuple(found))),
    st.builds(lambda link, time: Removed(link[0], link[1], time), LINKS, TIMES),
    st.builds(MissionFact, st.sampled_from(["epoch", "site"]), st.integers(0, 9)),
    NAMES.map(lambda name: Retracted(*name)),
    st.just(NotUnderstood(77, b"\x01")),
)


@st.composite
def sets(draw: st.DrawFn) -> list[Amendment]:
    """Draw up to eight amendments of three authors, whose times say little about their numbers."""
    names = draw(st.lists(NAMES, max_size=8, unique=True))
    times = st.integers(0, 4)
    return [
        Amendment(author, number, draw(times), tuple(draw(st.lists(CHANGES, min_size=1, max_size=3))))
        for author, number in names
    ]


def contact(id: int, start: int, end: int, from_node: int = 1, to_node: int = 2) -> Contact:
    """Return a contact of 8 bit/s between two seconds."""
    start *= SECOND
    return Contact(id, from_node, to_node, start, end * SECOND, ((start, 8),), constant_light(start, 1))


def spans(plan: ContactPlan, from_node: int = 1, to_node: int = 2) -> list[tuple[int, int]]:
    """Return the contacts of a link as intervals in ns."""
    return [(each.start, each.end) for each in plan.between(from_node, to_node)]


def outage(start: int, end: int, *links: tuple[int, int], text: str = "dust") -> Outage:
    """Return an outage between two seconds, of the link from 1 to 2 unless others are named."""
    return Outage(links or ((1, 2),), start * SECOND, end * SECOND, text)


BASE = ContactPlan.of([contact(4, 0, 100), contact(9, 200, 300)], version=3)


@SETTINGS
@given(plans(), sets(), st.randoms(use_true_random=False))
def test_the_same_set_in_any_order_of_arrival_gives_the_same_plan(
    base: ContactPlan, held: list[Amendment], random: object
) -> None:
    """However amendments come, with duplicates, the plan, its facts and its digest are the same."""
    again = [*held, *held[:2]]
    getattr(random, "shuffle")(again)  # noqa: B009 (hypothesis types its own Random as object)
    once = {each.id: each for each in again}.values()
    # Two plans of equal value: what was folded before for the very same base is not simply given again.
    other = ContactPlan(base.contacts, base.notices, base.version)
    assert amended(other, once) == amended(base, held)
    assert facts(once) == facts(held)
    assert digest(once) == digest(held)
    assert version_of(once) == version_of(held)


@SETTINGS
@given(plans(), sets())
def test_a_folded_plan_is_a_plan(base: ContactPlan, held: list[Amendment]) -> None:
    """Contacts are in order, their ids unique, and no link carries anything during an outage of it."""
    plan = amended(base, held)
    assert list(plan.contacts) == sorted(plan.contacts, key=lambda c: (c.start, c.id))
    assert len({each.id for each in plan.contacts}) == len(plan.contacts)
    assert plan.version == base.version + len(held)
    gone = {AmendmentId(c.author, c.number) for a in held for c in a.changes if isinstance(c, Retracted)}
    for amendment in held:
        for change in amendment.changes:
            if isinstance(change, Outage) and amendment.id not in gone:
                for link in change.links:
                    assert all(b < change.start or a > change.end for a, b in spans(plan, *link))


@SETTINGS
@given(plans(overlaps=False), outages())
def test_an_outage_alone_cuts_as_a_plan_is_cut(base: ContactPlan, one: Outage) -> None:
    """An outage leaves of each contact what `ContactPlan.cut` leaves of it."""
    plan = amended(base, [Amendment(1, 1, 0, (one,))])
    cut = base.cut(one.links, one.start, one.end)

    def shape(of: ContactPlan) -> list[Contact]:
        return sorted((replace(each, id=0) for each in of.contacts), key=repr)

    assert shape(plan) == shape(cut)


@SETTINGS
@given(plans(), sets())
def test_ids_do_not_move_when_another_amendment_comes(base: ContactPlan, held: list[Amendment]) -> None:
    """A contact that is the same before and after another amendment has the same id."""
    if not held:
        return
    before, after = amended(base, held[:-1]), amended(base, held)
    names: dict[Contact, set[int]] = {}
    for each in before.contacts:
        names.setdefault(replace(each, id=0), set()).add(each.id)
    last = {c for change in held[-1].changes if isinstance(change, NewContacts) for c in change.contacts}
    fresh = {replace(each, id=0) for each in last}
    for each in after.contacts:
        known = names.get(replace(each, id=0))
        # What an amendment adds may equal a part that an outage left: then it is another contact.
        assert known is None or each.id in known or replace(each, id=0) in fresh or len(known) > 1


def test_overlapping_outages_are_one_silence() -> None:
    """Overlapping outages leave what neither covers; the part that begins with its contact has its id."""
    held = [
        Amendment(1, 1, 5, (outage(10, 30),)),
        Amendment(2, 1, 4, (outage(20, 40, (1, 2), (2, 1)), outage(60, 70))),
    ]
    plan = amended(BASE, held)
    assert spans(plan) == [
        (0, 10 * SECOND - 1),
        (40 * SECOND + 1, 60 * SECOND - 1),
        (70 * SECOND + 1, 100 * SECOND),
        (200 * SECOND, 300 * SECOND),
    ]
    assert plan.contacts[0].id == 4
    assert all(2**52 <= each.id < 2**53 for each in plan.contacts[1:3])
    assert plan.contacts[-1] is BASE.contacts[-1]


def test_an_outage_is_revised_by_one_amendment() -> None:
    """A storm is first believed to last until its forecast; then its true end is known, in any order."""
    forecast = Amendment(1, 1, 10, (outage(10, 400),))
    changes = revised(outage(10, 50), [forecast])
    assert changes == (Retracted(1, 1), outage(10, 50))
    ended = Amendment(1, 2, 50, changes)
    for held in permutations([forecast, ended]):
        plan = amended(BASE, held)
        assert spans(plan) == [
            (0, 10 * SECOND - 1),
            (50 * SECOND + 1, 100 * SECOND),
            (200 * SECOND, 300 * SECOND),
        ]
        assert plan.notices == (Notice(10 * SECOND, 50 * SECOND, (1, 2), "dust"),)
    # Who hears of the end alone believes it, and what it retracts changes nothing when it comes.
    assert spans(amended(BASE, [ended])) == spans(amended(BASE, [ended, forecast]))
    assert revised(outage(10, 50), [forecast, ended]) == ()


def test_a_revision_keeps_what_else_was_said() -> None:
    """What an amendment says besides the outage that is revised is said again; so is nothing else."""
    both = Amendment(1, 1, 10, (outage(10, 400), MissionFact("epoch", 3), Retracted(2, 9)))
    other = Amendment(2, 1, 11, (outage(10, 300), outage(10, 300, (2, 1))))
    changes = revised(outage(10, 50), [both, other])
    assert changes == (
        Retracted(1, 1),
        Retracted(2, 1),
        MissionFact("epoch", 3),
        outage(10, 300, (2, 1)),
        outage(10, 50),
    )


def test_the_outage_of_a_contact_that_is_added_later_holds() -> None:
    """A contact that an amendment adds after an outage of its link is silent during it all the same."""
    held = [
        Amendment(1, 1, 5, (outage(400, 450),)),
        Amendment(2, 1, 9, (NewContacts((contact(0, 420, 500),)),)),
    ]
    assert spans(amended(BASE, held))[-1] == (450 * SECOND + 1, 500 * SECOND)


def test_a_contact_that_both_ends_announce_is_there_once() -> None:
    """What two authors add, or what the base plan has already, is added once."""
    new = contact(0, 400, 500)
    held = [Amendment(author, 1, 5, (NewContacts((new, contact(77, 0, 100))),)) for author in (1, 2)]
    assert spans(amended(BASE, held)) == [*spans(BASE), (400 * SECOND, 500 * SECOND)]


def test_a_contact_is_removed_by_link_and_time() -> None:
    """A contact that does not take place is named by its link and a time in it, whoever planned it."""
    added = Amendment(1, 1, 5, (NewContacts((contact(0, 400, 500),)),))
    gone = Amendment(2, 1, 1, (Removed(1, 2, 250 * SECOND), Removed(1, 2, 450 * SECOND), Removed(2, 1, 0)))
    assert spans(amended(BASE, [added, gone])) == [(0, 100 * SECOND)]


def test_what_is_retracted_stays_so() -> None:
    """A retraction holds before and after what it retracts has come, and cannot be retracted."""
    wrong = Amendment(1, 1, 5, (outage(10, 30), MissionFact("epoch", 1)))
    back = Amendment(2, 1, 1, (Retracted(1, 1), outage(60, 70)))
    again = Amendment(1, 2, 9, (Retracted(2, 1),))
    for held in permutations([wrong, back, again]):
        assert amended(BASE, held).contacts == BASE.contacts
        assert facts(held) == {}
    assert spans(amended(BASE, [back, wrong]))[:2] == [(0, 60 * SECOND - 1), (70 * SECOND + 1, 100 * SECOND)]


def test_the_last_writer_of_a_fact_wins() -> None:
    """Of several values the one that is last by time, author and number holds, and who said it is known."""
    held = [
        Amendment(2, 1, 7, (MissionFact("epoch", "b"),)),
        Amendment(1, 2, 7, (MissionFact("epoch", "a"), MissionFact("site", 1.5))),
        Amendment(3, 1, 6, (MissionFact("epoch", "c"),)),
    ]
    for order in permutations(held):
        found = facts(order)
        assert found["epoch"].value == "b"
        assert found["epoch"].said_by.id == (2, 1)
        assert found["site"].value == 1.5


def test_a_vector_tells_gaps() -> None:
    """A vector is runs of numbers, from which what is missing can be told."""
    vector = VersionVector.of(AmendmentId(a, n) for a, n in [(20, 1), (10, 1), (10, 2), (10, 4), (10, 2)])
    assert vector.runs == {10: ((1, 2), (4, 4)), 20: ((1, 1),)}
    assert vector.text() == "10:1-2,4 20:1"
    assert [n for n in range(6) if AmendmentId(10, n) in vector] == [1, 2, 4]
    assert AmendmentId(30, 1) not in vector
    assert (vector.latest(10), vector.latest(30)) == (4, 0)
    assert not VersionVector()


@given(st.sets(NAMES))
def test_a_vector_holds_the_names_that_it_is_made_of(names: set[tuple[int, int]]) -> None:
    """A vector has exactly the names that it was made of."""
    ids = {AmendmentId(*name) for name in names}
    vector = VersionVector.of(ids)
    assert {i for a in range(5) for n in range(8) if (i := AmendmentId(a, n)) in vector} == ids


def test_a_digest_tells_sets_apart() -> None:
    """The digest is that of the names and times, eight hex digits; it knows a number that was used twice."""
    one, other = Amendment(1, 1, 5, (outage(1, 2),)), Amendment(1, 1, 6, (outage(1, 2),))
    assert len(digest([one])) == 8
    assert len({digest([]), digest([one]), digest([other]), digest([one, other])}) == 4


@pytest.mark.parametrize(
    "change",
    [
        Outage((), 0, 1),
        Outage(((1, 1),), 0, 1),
        Outage(((0, 1),), 0, 1),
        Outage(((1, 2),), 5, 1),
        Outage(((1, 2),), 0, 2**63),
        Outage(((1, 2),), 0, 1, "x" * 1_001),
        NewContacts(()),
        NewContacts((replace(contact(1, 0, 5), end=-1),)),
        NewContacts((replace(contact(1, 0, 5), rates=()),)),
        NewContacts((replace(contact(1, 0, 5), rates=((1, 8),)),)),
        NewContacts((replace(contact(1, 0, 5), rates=((0, 8), (0, 9))),)),
        NewContacts((replace(contact(1, 0, 5), rates=((0, -8),)),)),
        NewContacts((replace(contact(1, 0, 5), light=()),)),
        NewContacts((replace(contact(1, 0, 5), light=constant_light(1, 1)),)),
        NewContacts((replace(contact(1, 0, 5), light=constant_light(0, float("nan"))),)),
        NewContacts((replace(contact(1, 0, 5), confidence=0.0),)),
        Removed(1, 1, 5),
        MissionFact("", 1),
        MissionFact("x", float("inf")),
        MissionFact("x", "y" * 5_000),
        MissionFact("x", 2**64),
        Retracted(0, 1),
        Retracted(1, 0),
    ],
    ids=repr,
)
def test_what_no_plan_could_take_is_refused(change: Change) -> None:
    """A change with a number, time, text or contact that is none is refused, and says where."""
    with pytest.raises(InputError):
        check_amendment(Amendment(1, 1, 0, (change,)))


def test_what_is_right_is_taken() -> None:
    """An amendment of every kind passes; without changes, or with a number below 1, none does."""
    good = (
        outage(1, 2),
        NewContacts((contact(0, 1, 3_600),)),
        Removed(1, 2, 0),
        MissionFact("a", True),
        Retracted(1, 9),
    )
    check_amendment(Amendment(1, 1, 0, (*good, NotUnderstood(9, b"x"))))
    for wrong in (Amendment(1, 1, 0, ()), Amendment(1, 0, 0, good), Amendment(0, 1, 0, good)):
        with pytest.raises(InputError):
            check_amendment(wrong)
