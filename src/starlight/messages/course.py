"""The courses of a letter: one to a person has one; one to a group goes to each node apart, in a course each.

A letter to a group leaves in one bundle to each node that has members, addressed to one of them there. Each
has a prediction, a departure and receipts of its own, so what is known of each is kept like the
course of a letter to one person (`dispatch.py: Sent`), under a **course id**: the letter's id alone for the
first, the id, a space and a number for those that follow. No id of a letter that has several courses holds a
space: it is 32 hexadecimal digits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec


class ReadBy(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """The reading of a group's letter by one of those whom it is for, as a receipt told it; times in ns.

    Attributes:
        address: whose receipt.
        at: when it was read, by the reader's clock.
        known_at: when that receipt came here.
        from_future: that receipt named a time that had not come here; `at` is when it came instead.
    """

    address: str
    at: int
    known_at: int
    from_future: bool = False


def course_id(letter_id: str, number: int) -> str:
    """Return the id of a course of a letter: the letter's own for the first, 0."""
    return f"{letter_id} {number}" if number else letter_id


def letter_of_course(id: str) -> str:
    """Return the id of the letter that a course belongs to."""
    return id.partition(" ")[0]


def by_node(
    addresses: Iterable[str], node_of: Callable[[str], int | None]
) -> list[tuple[str, tuple[str, ...]]]:
    """Return for each node the one address of some that bundles go to, and all that are there.

    Args:
        addresses: of the people; in any order, the result is the same.
        node_of: gives the node of an address; one whose node is not known is a node of its own.
    """
    nodes: dict[int | str, list[str]] = {}
    for address in sorted(set(addresses)):
        node = node_of(address)
        nodes.setdefault(address if node is None else node, []).append(address)
    return [(there[0], tuple(there)) for there in nodes.values()]
