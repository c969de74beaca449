"""Numbers for the nodes of plans that call them by names.

Names that are numbers keep them (``7`` and ``ipn:7.0`` are node 7); the others get the lowest numbers that
are free, by the order of the names, so that no line's place in a file is in any number.
"""

from __future__ import annotations

from collections.abc import Iterable

from starlight.contacts import settle as rules
from starlight.contacts.report import ImportReport, shown

NAMED = "node with a name, which got a number"

MAX_NAME = 200
"""Characters of a name that are kept; more is no name, and every page would have to show it."""


class NodeNames:
    """Numbers for the nodes of one plan.

    Args:
        nodes: all that the plan calls its nodes, in any order, as often as it likes.

    Attributes:
        given: the names that got a number, by number.
    """

    def __init__(self, nodes: Iterable[str]) -> None:
        self.given: dict[int, str] = {}
        self._numbers: dict[str, int] = {}
        every = dict.fromkeys(nodes)
        for node in every:
            number = own_number(node)
            if number is not None:
                self._numbers[node] = number
        taken = set(self._numbers.values())
        free = 1
        for node in sorted(every):
            if node not in self._numbers:
                while free in taken:
                    free += 1
                taken.add(free)
                self._numbers[node] = free
                self.given[free] = printable(node)

    def number(self, node: str) -> int:
        """Return the number of a node of the plan."""
        return self._numbers[node]

    def note(self, report: ImportReport) -> None:
        """Say in a report which number each name got."""
        for number, name in self.given.items():
            report.add("kept", NAMED, f"{shown(name)} is node {number}")


def own_number(node: str) -> int | None:
    """Return the number that a name is, or None where it is a name."""
    text = node
    if node.startswith("ipn:"):
        text = node[4:].partition(".")[0]
    if not text.isascii() or not text.isdigit() or len(text) > 20 or int(text) > rules.MAX_NODE:
        return None
    # "07" is a name of its own beside "7".
    return int(text) if str(int(text)) == text else None


def is_name(value: object) -> bool:
    """Return whether a value can be meant as a node's name: text that begins with a letter.

    What begins with a digit or a sign was meant as a number; a slip in it must not become a node of its own.
    """
    return isinstance(value, str) and value[:1].isalpha()


def printable(name: str) -> str:
    """Return a name of a foreign file as it may be shown on any terminal."""
    # Control characters would write into the terminal; overrides of the writing direction would hide there.
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in name[:MAX_NAME])
