"""The nodes of the people of a group, and to which of them at each the bundles for all of them go.

A node gives a bundle to the mailbox of its destination; until somebody opens that it waits there, for the
others of the group too. So a bundle goes to one who is known to be there: at the own node one whose mailbox
is open, elsewhere one from whom something has come. Where nobody is known to be there, a letter goes to each
in turn as it is sent again (`resend.py`), and news of the group, which are small, to all of them at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from starlight.mailboxes.known_formats import KnownFormats
from starlight.mailboxes.mailbox import Mailbox
from starlight.messages.course import by_node


class NodeReaders(NamedTuple):
    """Those of some people who are at one node, and to which of them bundles go; and if that one is there."""

    to: str
    readers: tuple[str, ...]
    is_there: bool


class GroupNodes:
    """The nodes of the people whom the mailboxes of one node write to in groups.

    Args:
        mailboxes: of the own node.
        formats: of correspondents, of which one is known who has been heard from.
        node_of: gives the node of an address.
    """

    def __init__(
        self,
        mailboxes: Mapping[str, Mailbox],
        formats: KnownFormats,
        node_of: Callable[[str], int | None],
    ) -> None:
        self._mailboxes = mailboxes
        self._formats = formats
        self._node_of = node_of

    def of(self, author: str, people: Iterable[str]) -> list[NodeReaders]:
        """Return for each node those of some people who are there, as the mailbox of an author knows them."""
        found = []
        for first, readers in by_node(people, self._node_of):
            there = next((each for each in readers if self.is_there(author, each)), None)
            found.append(NodeReaders(there or first, readers, there is not None))
        return found

    def is_there(self, author: str, reader: str) -> bool:
        """Return whether a reader is known to take what comes, to the mailbox of an author."""
        mailbox = self._mailboxes.get(reader)
        if mailbox is not None:
            return mailbox.is_open
        return self._formats.known(author, reader) is not None

    def next_to_try(self, author: str, to: str, readers: tuple[str, ...]) -> str:
        """Return to whom of the readers at a node what went to one of them, unanswered, goes now."""
        if to not in readers or self.is_there(author, to):
            return to
        known = next((each for each in readers if self.is_there(author, each)), None)
        return known or readers[(readers.index(to) + 1) % len(readers)]
