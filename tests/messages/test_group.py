"""States of groups converge: joining them is commutative, associative and idempotent, and forgets nothing."""

from __future__ import annotations

from collections.abc import Sequence
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from starlight.dtntime import DAY, MILLISECOND
from starlight.errors import InputError
from starlight.messages import group
from starlight.messages.group import (
    AHEAD,
    MEMBERS_MAX,
    NUMBER_MAX,
    Group,
    GroupName,
    Membership,
    Stamp,
    checked,
    counted,
    declared,
    founded,
    joined,
    renamed,
    with_members,
)

ADA, BEN, EVE = "ipn:1.1", "ipn:2.1", "ipn:3.1"
quick = settings(deadline=None, derandomize=True, max_examples=200)
Step = tuple[str, str, str]
steps = st.lists(
    st.tuples(st.sampled_from([ADA, BEN, EVE]), st.sampled_from(["add", "remove", "name", "meet"]),
              st.sampled_from([ADA, BEN, EVE, "ipn:4.1", "ipn:5.1"])),
    max_size=25,
)  # fmt: skip


addresses = st.sampled_from([f"ipn:{number}.1" for number in range(1, 8)])
memberships = st.builds(
    lambda number, author, is_member: Membership(Stamp(number, author), is_member),
    st.integers(0, 5),
    st.sampled_from([ADA, BEN, EVE]),
    st.booleans(),
)


def lived(steps: Sequence[Step]) -> dict[str, Group]:
    """Return the states at three ends that change a group, and now and then hear from another."""
    start = founded(ADA, b"n" * 16, "Us", [BEN, EVE])
    ends = dict.fromkeys((ADA, BEN, EVE), start)
    for who, act, whom in steps:
        here = ends[who]
        if act == "add":
            ends[who] = with_members(here, who, [whom], [])
        elif act == "remove" and whom in here.members:
            ends[who] = with_members(here, who, [], [whom])
        elif act == "name":
            ends[who] = renamed(here, who, f"Us by {whom}")
        elif act == "meet" and whom in ends:
            ends[who] = joined(here, ends[whom])
    return ends


@quick
@given(steps, st.permutations([ADA, BEN, EVE]))
def test_in_whatever_order_states_meet_the_end_is_the_same(steps: list[Step], order: list[str]) -> None:
    """Any order, twice or by way of others: whoever knows the same changes has the same state and digest."""
    ends = lived(steps)
    first, second, third = (ends[who] for who in order)
    one = joined(joined(first, second), third)
    other = joined(third, joined(second, joined(first, second)))
    assert one == other
    assert one.digest == other.digest
    assert joined(one, one) == one
    assert joined(one, first) == one
    assert checked(one) == one


@quick
@given(steps)
def test_digests_differ_where_states_do(steps: list[Step]) -> None:
    """Two states have the same digest only where they are the same."""
    ends = list(lived(steps).values())
    for one in ends:
        for other in ends:
            assert (one.digest == other.digest) is (one == other)


NOW = 1_600_000_000_000 * MILLISECOND
BOUND = (NOW + AHEAD) // MILLISECOND
lies = st.lists(
    st.tuples(
        st.sampled_from([3, BOUND - 1, BOUND, BOUND + 1, NUMBER_MAX - 1, NUMBER_MAX]),
        st.sampled_from([ADA, BEN, EVE, "ipn:4.1"]),
        st.booleans(),
    ),
    min_size=1,
    max_size=4,
)


def lied(group: Group, lie: Sequence[tuple[int, str, bool]]) -> Group:
    """Return a state as one who lies tells it, whose address sorts behind all others."""
    stamps = [Stamp(number, "ipn:99.1") for number, _, _ in lie]
    told = {whom: Membership(stamp, is_in) for stamp, (_, whom, is_in) in zip(stamps, lie, strict=True)}
    return replace(group, name=GroupName(max(stamps), "Mine"), people=group.people | told)


@quick
@given(steps, lies, st.lists(st.tuples(st.sampled_from([ADA, BEN, EVE]), st.integers(0, 5)), max_size=12))
def test_a_liar_uses_up_no_numbers(
    steps: list[Step], lie: list[tuple[int, str, bool]], meetings: list[tuple[str, int]]
) -> None:
    """Lies reach some ends first, twice or never; later changes count, and all who meet are of one mind."""
    ends, now = lived(steps), NOW
    told = lied(ends[BEN], lie)
    for who, what in meetings:
        now += MILLISECOND
        heard = told if what > 2 else ends[(ADA, BEN, EVE)[what]]
        ends[who] = joined(ends[who], counted(heard, now))
    # Whatever was taken in, a change that is made afterwards is one that all ends take, and counts.
    now += DAY
    for who in (BEN, EVE):
        ends[ADA] = joined(ends[ADA], counted(ends[who], now))
    changed = renamed(counted(ends[ADA], now, 2 * AHEAD), ADA, "Us again")
    changed = with_members(changed, ADA, [] if EVE in changed.members else [EVE], [])
    assert counted(changed, now) == changed == checked(changed)
    ends[ADA] = changed
    for first in (ADA, BEN, EVE, ADA, BEN, EVE):
        for second in (BEN, EVE, ADA):
            ends[second] = joined(ends[second], counted(ends[first], now))
    assert ends[ADA] == ends[BEN] == ends[EVE]
    assert ends[EVE].greatest_number < NUMBER_MAX
    assert ends[BEN].name.text == "Us again"
    assert EVE in ends[BEN].members


def test_a_number_beyond_its_time_is_as_old_as_can_be() -> None:
    """What comes with it is known, and whatever else is known of the same counts over it."""
    start = founded(ADA, b"n" * 16, "Us", [BEN])
    taken = counted(lied(start, [(NUMBER_MAX, BEN, False), (NUMBER_MAX, EVE, True)]), NOW)
    assert joined(start, taken).members == (ADA, BEN, EVE)
    assert joined(start, taken).name == start.name
    assert counted(start, NOW) is start


def test_a_change_that_knew_another_counts_over_it() -> None:
    """Ada removes Ben, Eve hears of it and adds him again: he is in, whatever comes last."""
    start = founded(ADA, b"n" * 16, "Us", [BEN, EVE])
    without = with_members(start, ADA, [], [BEN])
    again = with_members(joined(start, without), EVE, [BEN], [])
    for one, other in ((without, again), (again, without)):
        assert BEN in joined(one, other).members


def test_of_two_that_crossed_the_later_address_counts() -> None:
    """Neither knew of the other: the rule decides, alike at both ends."""
    start = founded(ADA, b"n" * 16, "Us", [BEN])
    one, other = renamed(start, ADA, "By Ada"), renamed(start, BEN, "By Ben")
    assert joined(one, other).name.text == joined(other, one).name.text == "By Ben"
    assert renamed(joined(one, other), ADA, "Us").name.stamp == Stamp(3, ADA)


def test_a_declared_group_is_the_same_everywhere() -> None:
    """Its id follows from its name; what its files say of it is changed like any other."""
    assert declared("Crew", [ADA, BEN]) == declared("Crew", [BEN, ADA])
    assert declared("Crew", [ADA]).id != declared("Family", [ADA]).id
    assert with_members(declared("Crew", [ADA]), ADA, [BEN], []).members == (ADA, BEN)


def test_nobody_passes_for_the_founder() -> None:
    """An id that is not that of its founder and nonce is none."""
    group = founded(ADA, b"n" * 16, "Us", [BEN])
    forged = Group(group.id, BEN, group.nonce, group.name, group.people)
    with pytest.raises(InputError, match="founder"):
        checked(forged)


@pytest.mark.parametrize("act", ["change", "rename"])
def test_a_stranger_changes_nothing(act: str) -> None:
    """Who never was a member may not add, remove or rename; who was may come back."""
    group = with_members(founded(ADA, b"n" * 16, "Us", [BEN]), BEN, [], [BEN])
    with pytest.raises(InputError, match="no member"):
        with_members(group, EVE, [EVE], []) if act == "change" else renamed(group, EVE, "Mine")
    assert BEN in with_members(group, BEN, [BEN], []).members


@quick
@given(st.lists(st.dictionaries(addresses, memberships, min_size=1, max_size=7), min_size=3, max_size=3))
def test_states_that_pass_the_limit_together_meet_all_the_same(
    states: list[dict[str, Membership]],
) -> None:
    """However three states of too many people are joined, the same are left, as many as there may be."""
    start = founded(ADA, b"n" * 16, "Us", [])
    with patch.object(group, "PEOPLE_MAX", 4):
        one, two, three = (
            joined(replace(start, people=people), replace(start, people=people)) for people in states
        )
        found = joined(joined(one, two), three)
        assert found == joined(one, joined(two, three)) == joined(three, joined(two, joined(two, one)))
        assert len(found.people) <= 4
        # Nothing was left out that is greater than what is kept.
        union = dict[str, Membership]()
        for people in states:
            for address, each in people.items():
                union[address] = max(each, union.get(address, each))
        latest = sorted(union, key=lambda address: (union[address], address))[-4:]
        assert found.people == {address: union[address] for address in latest}


def test_who_was_added_last_waits_for_a_place() -> None:
    """Two changes that crossed fill a group beyond its room: the same wait at both ends, and then come in."""
    start = founded(ADA, b"n" * 16, "Us", [BEN, *(f"ipn:9.{number}" for number in range(2, MEMBERS_MAX - 1))])
    assert len(start.members) == MEMBERS_MAX - 1
    first, second = (with_members(start, who, [f"ipn:{who[4]}.7"], []) for who in (ADA, BEN))
    met = joined(first, second)
    assert met == joined(second, first)
    assert (len(met.members), met.waiting) == (MEMBERS_MAX, ("ipn:2.7",))
    assert checked(met) == met
    left = with_members(met, ADA, [], ["ipn:9.5"])
    assert (left.waiting, "ipn:2.7" in left.members) == ((), True)
    with pytest.raises(InputError, match="66 members"):
        with_members(met, ADA, ["ipn:9.999"], [])


def test_no_more_members_than_a_letter_can_name() -> None:
    """The 65th is refused with the limit."""
    group = founded(ADA, b"n" * 16, "Us", [f"ipn:9.{number}" for number in range(1, MEMBERS_MAX)])
    with pytest.raises(InputError, match="65 members"):
        with_members(group, ADA, ["ipn:9.999"], [])
