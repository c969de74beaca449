"""The letters that go as plain text: their words alone, in UTF-8, as other software reads them.

Other software shows a letter of ours as bytes and never answers with a receipt. So it is written to in plain
text wherever it can be told: a draft says so, or the node's file says so of the address, or the address is at
a neighbour that the file calls foreign, or all that ever came from there was no letter.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from starlight.mailboxes.mailbox import Mailbox
from starlight.messages.awaited_name import is_name
from starlight.messages.draft import Draft
from starlight.messages.group import is_group
from starlight.messages.letter import Content

LOOKED_AT = 20
"""Letters of a conversation, from the latest: one by a Starlight among them tells that there is one."""


class PlainText:
    """The choice of plain text at one node.

    Args:
        addresses: what the node's file says of addresses, in their canonical text.
        nodes: the numbers of the nodes that run other software.
        node_of: returns the number of the node that an address is at; None where it is not known.
    """

    def __init__(
        self,
        addresses: Mapping[str, bool],
        nodes: Collection[int],
        node_of: Callable[[str], int | None],
    ) -> None:
        self._addresses = dict(addresses)
        self._nodes = frozenset(nodes)
        self._node_of = node_of

    def is_for(self, mailbox: Mailbox, draft: Draft) -> bool:
        """Return whether a draft in a mailbox goes as its words alone."""
        if is_group(draft.to):
            return False
        if draft.plain_text is not None:
            return draft.plain_text
        if is_name(draft.to):
            return False
        said = self._addresses.get(draft.to)
        if said is not None:
            return said
        return self._node_of(draft.to) in self._nodes or _only_foreign(mailbox, draft.to)


def _only_foreign(mailbox: Mailbox, correspondent: str) -> bool:
    """Return whether something came from a correspondent, and nothing of it was a letter of ours."""
    if not mailbox.index.has_correspondent(correspondent):
        return False
    letters = mailbox.page(correspondent, limit=LOOKED_AT).letters
    theirs = [letter.content for letter in letters if letter.sender == correspondent]
    return bool(theirs) and all(content is Content.FOREIGN for content in theirs)
