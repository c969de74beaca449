"""The index of a plan that changes: it answers like one made anew, and its chains stay few."""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import pairwise

import msgspec
import pytest
from tests.routing.plans import large_plan, random_contact, random_plan

from starlight.contacts.contact import Contact, constant_light
from starlight.contacts.plan import ContactPlan
from starlight.dtntime import HOUR, SECOND
from starlight.errors import InputError
from starlight.routing import Router, RouteRequest, contact_ids
from starlight.routing import index as indexing
from starlight.routing.contact_ids import Ids
from starlight.routing.index import PlanIndex, difference, index_of
from starlight.routing.link_contacts import Chains, every_contact


def contact(id: int, start: int, end: int, from_node: int = 1, to_node: int = 2) -> Contact:
    """Return a contact of 8 bit/s between two times in s."""
    return Contact(
        id, from_node, to_node, start * SECOND, end * SECOND, ((start * SECOND, 8),), constant_light(start, 1)
    )


def edited(rng: random.Random, plan: ContactPlan, nodes: int) -> tuple[list[Contact], list[Contact]]:
    """Return contacts to add and to remove: new ones, nested ones, and ones of an id that goes."""
    remove = rng.sample(plan.contacts, min(len(plan.contacts), rng.choice((0, 1, 1, 3))))
    ids = {one.id for one in plan.contacts} - {one.id for one in remove}
    add: list[Contact] = []
    for _ in range(rng.choice((0, 1, 1, 3)) or not remove):
        if rng.random() < 0.3 and remove:
            id = remove[0].id
        else:
            id = rng.randrange(1000)
        if id in ids:
            continue
        ids.add(id)
        add.append(random_contact(rng, id, nodes))
    return add, remove


def check_chains(chains: Chains) -> None:
    """Fail unless starts and ends ascend in each, and the longest-lasting comes first."""
    for chain in chains:
        assert chain.starts == tuple(contact.start for contact in chain.contacts)
        assert chain.ends == tuple(contact.end for contact in chain.contacts)
        assert all((a.start, a.id) < (b.start, b.id) and a.end <= b.end for a, b in pairwise(chain.contacts))
        assert chain.floor <= min(contact.floor for contact in chain.contacts)
    assert all(a.ends[-1] >= b.ends[-1] for a, b in pairwise(chains))


def check_same(index: PlanIndex, fresh: PlanIndex) -> None:
    """Fail unless an index holds what one of the same plan does."""
    assert index.unusable == fresh.unusable
    assert index.last_arrival() == fresh.last_arrival()
    assert index.link(1, 10**6) is None
    assert len(index.ids) == len(fresh.ids)
    for which in ("fans", "sources"):
        found, expected = getattr(index, which), getattr(fresh, which)
        assert found.keys() == expected.keys()
        for node, chains in found.items():
            check_chains(chains)
            assert {contact.id for contact in every_contact(chains)} == {
                s.id for s in every_contact(expected[node])
            }
            assert len(chains) <= 2 * len(expected[node]) + 40
    for which in ("leaving", "reaching"):
        found, expected = getattr(index, which), getattr(fresh, which)
        assert found.keys() == expected.keys()
        for node, links in found.items():
            assert [(a.from_node, a.to_node) for a in links] == [
                (a.from_node, a.to_node) for a in expected[node]
            ]
            for link, other in zip(links, expected[node], strict=True):
                check_chains(link.chains)
                assert (link.first_start, link.last_end) == (other.first_start, other.last_end)
                assert link.one_way == other.one_way
                assert {s.id for s in every_contact(link.chains)} == {
                    s.id for s in every_contact(other.chains)
                }
                assert index.link(link.from_node, link.to_node) is link


@pytest.mark.parametrize("seed", range(60))
def test_an_amended_plan_answers_like_a_new_one(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """After any number of changes routes, tables and refusals of changes are those of the plan made anew."""
    monkeypatch.setattr(contact_ids, "MAX_LAYER", 8)
    rng = random.Random(seed)
    plan = (large_plan if seed % 6 == 0 else random_plan)(rng)
    nodes = 20 if seed % 6 == 0 else 7
    router = Router(plan)
    for _ in range(25):
        add, remove = edited(rng, router.plan, nodes)
        if rng.random() < 0.5:
            router.amend(add, remove)
        else:
            gone = {one.id for one in remove}
            kept = [one for one in router.plan.contacts if one.id not in gone]
            if rng.random() < 0.3:  # As when it comes over a wire.
                kept = msgspec.json.decode(msgspec.json.encode(kept), type=list[Contact])
            monkeypatch.setattr(indexing, "MAX_CHANGED_PARTS", rng.choice((1, 64)))
            router.set_plan(ContactPlan.of([*kept, *add]))
        fresh = PlanIndex(router.plan.contacts, True)
        check_same(router.index, fresh)
        with monkeypatch.context() as patch:
            patch.setattr(indexing, "_recent", [])
            other = Router(ContactPlan.of(router.plan.contacts))
            for _ in range(5):
                source, destination = rng.sample(range(1, nodes + 1), 2)
                now = rng.randrange(0, 12) * SECOND
                assert router.route(RouteRequest(source, destination, now, 2)) == other.route(
                    RouteRequest(source, destination, now, 2)
                )


def test_chains_stay_few_after_many_changes() -> None:
    """Contacts that nest in every way, added and removed in any order, take few chains more than needed."""
    rng = random.Random(3)
    router = Router(ContactPlan.of([contact(0, 0, 1)]))
    held: list[Contact] = []
    most = 0
    for id in range(1, 1500):
        start = rng.randrange(1000)
        one = contact(id, start, start + rng.choice((1, 5, 50)))
        router.amend([one])
        held.append(one)
        if len(held) > 200:
            router.amend((), [held.pop(rng.randrange(len(held)))])
        (link,) = router.index.leaving[1]
        fresh = PlanIndex(router.plan.contacts).leaving[1][0]
        check_chains(link.chains)
        most = max(most, len(link.chains) - 2 * len(fresh.chains))
    assert most <= 6


def test_the_difference_of_two_plans() -> None:
    """What came and what went is found, whatever is equal, the same, or not in order."""
    rng = random.Random(4)
    for _ in range(2000):
        before = [contact(id, rng.randrange(9), 20) for id in rng.sample(range(40), rng.randrange(20))]
        after = [one for one in before if rng.random() < 0.9]
        after += [contact(id, rng.randrange(9), 20) for id in range(50, 50 + rng.randrange(3))]
        after = [contact(one.id, one.start // SECOND, 20 + (rng.random() < 0.1)) for one in after]
        ordered = rng.random() < 0.8
        if ordered:
            before = list(ContactPlan.of(before).contacts)
            after = list(ContactPlan.of(after).contacts)
        else:
            rng.shuffle(after)
        found = difference(tuple(before), tuple(after), 1000)
        assert found is not None
        came, went = found
        left = list(before)
        for one in went:
            left.remove(one)
        assert sorted([*left, *came], key=repr) == sorted(after, key=repr)
        assert not ordered or not set(came) & set(went)
        changes = len(came) + len(went)
        assert changes == 0 or difference(tuple(before), tuple(after), changes - 1) is None


def test_a_plan_that_changed_a_little_is_not_indexed_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """A plan with a cut of one link costs the links that it touches; one with two ids alike is made anew."""
    found = [
        contact(id, id * 10, id * 10 + 5, 1 + id % 7, 1 + (id + 1 + id // 7 % 5) % 7) for id in range(2000)
    ]
    plan = ContactPlan.of([one for one in found if one.from_node != one.to_node])
    router = Router(plan)
    made: list[int] = []
    init = PlanIndex.__init__

    def noted(index: PlanIndex, contacts: Sequence[Contact], margin: bool = False) -> None:
        made.append(len(contacts))
        init(index, contacts, margin)

    monkeypatch.setattr(PlanIndex, "__init__", noted)
    router.set_plan(plan.cut([(1, 3)], 100 * SECOND, HOUR))
    assert router.plan.contacts != plan.contacts
    assert max(made, default=0) == 0
    twice = (*plan.contacts, msgspec.structs.replace(plan.contacts[5], end=10**15))
    index_of(ContactPlan(twice), True)
    assert max(made) == len(twice)


def test_the_ids_of_a_plan_follow_its_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ids that come, go and come again are known, however many layers there are."""
    monkeypatch.setattr(contact_ids, "MAX_LAYER", 6)
    rng = random.Random(5)
    expected = set(range(50))
    ids = Ids(expected)
    for _ in range(300):
        less = rng.sample(sorted(expected), min(len(expected), rng.randrange(3)))
        expected -= set(less)
        more = {rng.randrange(100) for _ in range(rng.randrange(3))} - expected
        expected |= more
        ids = ids.changed(more, less)
        assert len(ids) == len(expected)
        assert [id for id in range(100) if id in ids] == sorted(expected)


def test_changes_that_do_not_fit_the_plan_are_refused() -> None:
    """A contact that is not in the plan can't be taken out, nor one come whose id is there."""
    one, two = contact(1, 0, 10), contact(2, 0, 10)
    router = Router(ContactPlan.of([one, two]))
    with pytest.raises(InputError, match="is not in the plan"):
        router.amend((), [contact(1, 0, 11)])
    with pytest.raises(InputError, match="has a contact 2 already"):
        router.amend([contact(2, 5, 6)])
    with pytest.raises(InputError, match="has a contact 7 already"):
        router.amend([contact(7, 5, 6), contact(7, 5, 7)])
    assert router.amend([contact(2, 5, 6)], [two]).contacts == (one, contact(2, 5, 6))
