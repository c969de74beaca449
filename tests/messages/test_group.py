"""States of groups converge: joining them is commutative, associative and idempotent, and forgets nothing."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from starlight.errors import InputError
from starlight.messages.group import (
    MEMBERS_MAX,
    Group,
    Stamp,
    checked,
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
    assert one.next_stamp(ADA) == Stamp(3, ADA)


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


def test_no_more_members_than_a_letter_can_name() -> None:
    """The 65th is refused with the limit."""
    group = founded(ADA, b"n" * 16, "Us", [f"ipn:9.{number}" for number in range(1, MEMBERS_MAX)])
    with pytest.raises(InputError, match="65 members"):
        with_members(group, ADA, ["ipn:9.999"], [])
