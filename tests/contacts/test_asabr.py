"""A-SABR's own contact plans."""

from __future__ import annotations

import pytest

from starlight.contacts import formats
from starlight.contacts.report import Imported
from starlight.dtntime import SECOND

PLAN = """
# Node entry with no management: node <id> <name>
node 0 node1
node 1 node2
enode 5 node6
vnode 8 gateways [ 0 1 ]

contact 0 1 60 7260 eto 10000 10
contact 1 5 60 7260 20000 20 3 2 1
contact 0 5 60 7260 seg rate 60 3660 10000 rate 3660 7260 15000 delay 60 7260 12
# Line ends are spaces like any other.
contact 1 0 60 7260 seg
delay 60 3660 10
delay 3660 7260 15
rate 60 3000 10000
"""


def read(text: str, name: str = "plan.txt") -> Imported:
    """Read a plan, whose form is told by its content."""
    return formats.read(text.encode(), name=name)


def test_contacts_of_asabr() -> None:
    """Rates and delays, of the whole contact or by intervals; names; where no rate is, nothing goes."""
    imported = read(PLAN)
    assert (imported.format, imported.names) == ("asabr", {0: "node1", 1: "node2", 5: "node6"})
    found = {(c.from_node, c.to_node): c for c in imported.plan.contacts}
    assert found[0, 1].rates == ((60 * SECOND, 10_000),)
    assert found[0, 1].light_time(60 * SECOND) == 10 * SECOND
    assert found[0, 5].rates == ((60 * SECOND, 10_000), (3660 * SECOND, 15_000))
    assert found[1, 0].rates == ((60 * SECOND, 10_000), (3000 * SECOND, 0))
    assert [found[1, 0].light_time(t * SECOND) // SECOND for t in (60, 3659, 3660)] == [10, 10, 15]
    assert {(each.act, each.kind, each.count) for each in imported.counts} == {
        ("ignored", "virtual node, which stands for several", 1),
        ("ignored", "budgets of priorities, which contacts here have not", 1),
        ("kept", "interval of a contact without a rate, in which it carries nothing", 1),
    }


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("contact 0 1 60 7260", "contact that is none"),
        ("contact 0 1 60 7260 10000", "contact that is none"),
        ("contact 0 1 60 60 10000 1", "contact without length"),
        ("contact 0 x 60 7260 10000 1", "node number that is none"),
        ("contact 0 1 noon 7260 10000 1", "time that is none"),
        ("contact 0 1 60 7260 -1 1", "rate that is none"),
        ("contact 0 1 60 7260 rate 60 7260 1", "light time that is none"),
        ("contact 0 1 60 7260 delay 60 rate", "contact that is none"),
        ("contact 0 1 0 9 delay [0 9 4] poly [10, 0, 3] 0", "time that is none"),
        ("node 7", "node that is none"),
    ],
)
def test_what_asabr_can_not_mean_is_refused(words: str, kind: str) -> None:
    """A wrong element is refused with the line on which it begins; the others are read."""
    imported = read(f"contact 3 4 0 9 8 1\n{words}\ncontact 4 3 0 9 8 1\n")
    (refused,) = [remark for remark in imported.report if remark.act == "refused"]
    assert (refused.kind, refused.line) == (kind, 2)
    assert len(imported.plan.contacts) == 2
