"""The table of the states of a bundle, and that nothing moves one but by it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from tests.engine.helpers import T
from tests.engine.test_memory import Storm

from starlight.dtntime import HOUR, SECOND
from starlight.node import ledger as ledgers
from starlight.node.bundle_state import TABLE, BundleState, Cause, after
from starlight.node.config import NodeLimits
from starlight.node.ledger import Ledger
from starlight.node.stored import Meta, Stored

S, C = BundleState, Cause
EXPECTED = {
    S.HIDDEN: "BOOKED>QUEUED UNROUTED>WAITING EXPIRED>GONE SURPLUS>GONE UNDONE>GONE ACKNOWLEDGED>HANDED "
    "FOR_HERE>LOCAL HEARD>GONE REPLACED>GONE DROPPED>GONE",
    S.WAITING: "BOOKED>QUEUED UNROUTED>WAITING EXPIRED>GONE SURPLUS>GONE UNDONE>GONE ACKNOWLEDGED>HANDED "
    "HANDED_ON>GONE WITHDRAWN>GONE FRAGMENTED>GONE REPLACED>GONE DROPPED>GONE",
    S.QUEUED: "BOOKED>QUEUED UNROUTED>WAITING EXPIRED>GONE SURPLUS>GONE UNDONE>GONE ACKNOWLEDGED>HANDED "
    "HANDED_ON>GONE SENT>UNDER_WAY WITHDRAWN>GONE REPLACED>GONE DROPPED>GONE",
    S.UNDER_WAY: "BOOKED>QUEUED UNROUTED>WAITING EXPIRED>GONE SURPLUS>GONE UNDONE>GONE ACKNOWLEDGED>HANDED "
    "HANDED_ON>GONE",
    S.HANDED: "HANDED_ON>GONE REPLACED>GONE UNDONE>GONE",
    S.LOCAL: "OFFERED>DELIVERING COVERED>GONE EXPIRED>GONE DROPPED>GONE UNDONE>GONE",
    S.DELIVERING: "OFFERED>DELIVERING LEFT>LOCAL DELIVERED>GONE DECLINED>GONE UNDONE>GONE",
    S.GONE: "",
}
"""Written down a second time, in the order of the table, so that a slip in one of them shows."""


def entry(key: str = "ipn:1.1/0/0") -> tuple[Ledger, Stored]:
    """Return a ledger with one bundle."""
    ledger = Ledger(1, NodeLimits())
    meta = Meta(0, T, T + HOUR, 5, "ipn:1.1", "ipn:3.1", "dtn:none", 0, (0, 0), 5)
    return ledger, ledger.persist(key, meta, 3, b"words")


@pytest.mark.parametrize("state", BundleState)
@pytest.mark.parametrize("cause", Cause)
def test_each_cause_moves_a_bundle_of_each_state_as_the_table_says_or_not_at_all(
    state: BundleState, cause: Cause
) -> None:
    """What the table does not hold is a defect, and leaves the bundle where it is."""
    moves = dict(move.split(">") for move in EXPECTED[state].split())
    ledger, stored = entry()
    stored.state = state
    if state is S.WAITING:
        ledger.waiting[stored.key] = stored
    if cause.name in moves:
        ledger.move(stored, cause)
        assert stored.state.name == moves[cause.name]
    else:
        with pytest.raises(ValueError, match=f"a bundle that is {state.name} is not to be moved because"):
            ledger.move(stored, cause)
        assert stored.state is state
    assert (stored.key in ledger.waiting) == (stored.state is S.WAITING)


def test_every_state_is_reached_and_from_each_a_bundle_can_go() -> None:
    """Nothing is kept for ever by its state, and what is gone stays gone."""
    reached = {S.HIDDEN}
    for _ in BundleState:
        reached |= {new for state in reached for new in TABLE[state].values()}
    assert reached == set(BundleState)
    assert all(S.GONE in moves.values() for state, moves in TABLE.items() if state is not S.GONE)
    assert not TABLE[S.GONE]
    assert {cause for moves in TABLE.values() for cause in moves} == set(Cause)


def test_a_bundle_that_may_be_elsewhere_is_not_withdrawn_cut_or_replaced() -> None:
    """Its next hop may hold it, and the end of what is here would not be its end."""
    for state in (S.UNDER_WAY, S.HANDED):
        for cause in (C.WITHDRAWN, C.FRAGMENTED):
            assert cause not in TABLE[state]
    assert C.REPLACED not in TABLE[S.UNDER_WAY]
    assert C.EXPIRED not in TABLE[S.HANDED]


def test_only_the_ledger_moves_a_bundle() -> None:
    """No other module of the engine sets a state, so no move goes around the table."""
    folder = Path(ledgers.__file__).parent
    setters = set()
    for path in folder.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                if any(isinstance(target, ast.Attribute) and target.attr == "state" for target in targets):
                    setters.add(path.stem)
    assert setters == {"ledger", "stored"}  # an entry begins as HIDDEN


def test_what_waits_stands_in_the_order_in_which_it_came_to_wait() -> None:
    """One that is looked at again and waits on goes behind the others."""
    ledger, first = entry("a")
    second = ledger.persist("b", Meta(0, T, T, 5, "", "", "", 0, (0, 1), 5), 3, b"words")
    for stored in (first, second):
        ledger.move(stored, C.UNROUTED)
    assert list(ledger.waiting) == ["a", "b"]
    ledger.move(first, C.UNROUTED)
    assert list(ledger.waiting) == ["b", "a"]
    ledger.forget(second, C.EXPIRED, T)
    assert list(ledger.waiting) == ["a"]


def test_a_storm_makes_the_moves_of_a_node_that_sends_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """The table is no wider than life: what is sent on makes nearly every move that it has for that."""
    made: set[tuple[BundleState, Cause]] = set()

    def noted(state: BundleState, cause: Cause) -> BundleState:
        made.add((state, cause))
        return after(state, cause)

    monkeypatch.setattr(ledgers, "after", noted)
    for seed in range(12):
        storm = Storm(seed)
        while storm.now < T + 60 * SECOND:
            storm.happen()
    foreseen = {
        (state, cause)
        for state in (S.WAITING, S.QUEUED, S.UNDER_WAY)
        for cause in TABLE[state]
        if cause not in (C.UNDONE, C.SURPLUS, C.REPLACED, C.HANDED_ON, C.DROPPED)
    }
    assert foreseen - made <= {(S.WAITING, C.ACKNOWLEDGED), (S.QUEUED, C.ACKNOWLEDGED)}
