"""Which fragments are here, and when they are enough (RFC 9171, 5.9)."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.engine.helpers import SECOND, Fixture, NodeLimits, T, came, made, of

from starlight.engine import reassembly
from starlight.engine.reassembly import Reassembly
from starlight.node.actions import Acknowledge, Deliver, Refuse
from starlight.node.application import Claim
from starlight.node.events import Delivered, Wakeup
from starlight.node.stored import Meta, Stored


def fragment(offset: int, length: int, total: int) -> Stored:
    meta = Meta(
        0, T, T + 1, length, "ipn:9.1", "ipn:3.1", "dtn:none", 1, (5, 0), length, fragment=(offset, total)
    )
    return Stored(f"ipn:9.1/5/0/{offset}+{length}", meta, 3)


def enough(parts: list[Stored]) -> bool:
    """Tell, byte by byte, whether fragments leave no gap up to the end of the last one's whole."""
    if not parts:
        return False
    covered = 0
    extents = [(s.meta.fragment[0], -s.meta.payload_bytes) for s in parts if s.meta.fragment is not None]
    assert len(extents) == len(parts)
    for offset, length in sorted(extents):
        if offset > covered:
            return False
        covered = max(covered, offset - length)
    return covered >= 24


@settings(deadline=None, derandomize=True, max_examples=300)
@given(st.lists(st.tuples(st.booleans(), st.integers(0, 24), st.integers(0, 12)), max_size=40))
def test_fragments_in_any_order_make_a_whole_exactly_when_no_byte_is_missing(
    doings: list[tuple[bool, int, int]],
) -> None:
    """Duplicates, overlaps, empty fragments, and fragments that expired in between."""
    kept: dict[str, Stored] = {}
    group = Reassembly(1000)
    for comes, offset, length in doings:
        part = fragment(offset, min(length, 24 - offset), 24)
        if comes:
            kept[part.key] = part
            cover = group.add(part)
            assert (cover is not None) == enough(list(kept.values()))
            at = 0
            for stored in cover or ():
                assert stored.meta.fragment is not None
                assert stored.meta.fragment[0] <= at
                at = stored.meta.fragment[0] + stored.meta.payload_bytes
        elif part.key in kept:
            group.drop(kept.pop(part.key))


def test_the_length_of_the_whole_is_what_the_last_fragment_here_says() -> None:
    """A fragment that said otherwise and expired no longer counts."""
    group = Reassembly(9)
    false = fragment(1, 1, 9)
    assert group.add(false) is None
    group.drop(false)
    first, second = fragment(0, 1, 2), fragment(1, 1, 2)
    assert group.add(first) is None
    assert group.add(second) == (first, second)
    late = Reassembly(9)
    assert late.add(first) is None
    assert late.add(false) is None
    late.drop(false)
    assert late.add(second) == (first, second)


def test_a_fragment_costs_no_look_at_all_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """The cost of a group grows about as its number of fragments, not as its square."""
    looks = 0
    span = reassembly._span

    def counted(stored: Stored) -> tuple[int, int, str]:
        nonlocal looks
        looks += 1
        return span(stored)

    monkeypatch.setattr(reassembly, "_span", counted)
    parts = [fragment(offset, 1, 4000) for offset in range(4000)]
    Random(1).shuffle(parts)
    group = Reassembly(8000)
    covers = [group.add(part) for part in parts]
    assert covers[:-1] == [None] * 3999
    assert len(covers[-1] or ()) == 4000
    more = [fragment(offset, 2, 4000) for offset in range(3999)]
    assert all(group.add(part) == covers[-1] for part in more)
    assert looks <= 6 * 4000


def test_a_bundle_in_too_many_fragments_is_refused() -> None:
    """Everything has a limit: the fragments of one bundle; those that are here already are known."""
    node = Fixture(3, limits=NodeLimits(fragments=2))
    node.handle(Claim("ipn:3.1"))
    parts = [made(payload=b"x", fragment=(offset, 4)) for offset in (0, 1, 3)]
    for part in parts[:2]:
        assert of(node.handle(came(part)), Acknowledge)
    assert of(node.handle(came(parts[2])), Refuse) == [Refuse(1, 7, "no resources")]
    assert of(node.handle(came(parts[0])), Acknowledge)
    whole = made(sequence=1, payload=b"y", fragment=(0, 1))
    assert of(node.handle(came(whole)), Deliver)


def test_a_whole_that_was_delivered_in_fragments_is_known_after_a_restart() -> None:
    """Another relay may have cut it otherwise, or not at all: it is not delivered a second time."""
    node = Fixture(3)
    node.handle(Claim("ipn:3.1"))
    deliver = [
        action
        for offset in (0, 2)
        for action in of(node.handle(came(made(payload=b"xx", fragment=(offset, 4)))), Deliver)
    ]
    node.handle(Delivered(deliver[0].keys))
    again = node.restart(T + 1)
    again.handle(Claim("ipn:3.1"), T + 1)
    others = [
        made(payload=b"x", fragment=(0, 4)),
        made(payload=b"xxx", fragment=(1, 4)),
        made(payload=b"x" * 4),
    ]
    for other in others:
        actions = again.handle(came(other), T + 1)
        assert of(actions, Acknowledge)
        assert of(actions, Deliver) == []
    assert again.states == []


def test_a_whole_in_fragments_that_expired_is_not_offered() -> None:
    """Nobody had claimed its endpoint while it lived; who claims it later is given nothing."""
    node = Fixture(3)
    for offset in (0, 2):
        node.handle(came(made(payload=b"xx", fragment=(offset, 4), lifetime_s=60)))
    assert node.states == ["LOCAL", "LOCAL"]
    node.handle(Wakeup(), T + 61 * SECOND)
    assert node.states == []
    assert node.handle(Claim("ipn:3.1"), T + 61 * SECOND) == []
