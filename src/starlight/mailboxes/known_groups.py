"""The groups that one mailbox knows, each as a record: who is in it, as far as is known here."""

from __future__ import annotations

from collections.abc import Mapping

from starlight.errors import InputError
from starlight.mailboxes import stored_format
from starlight.mailboxes.decoded import DecodedRecords
from starlight.mailboxes.records import GROUP
from starlight.messages.group import Group
from starlight.messages.letter_keys import GROUP as PREFIX
from starlight.node.application import Save

GROUPS_MAX = 256
"""In one mailbox: more than anybody can tell apart."""


class KnownGroups:
    """The groups of one mailbox, by id.

    Args:
        address: of the mailbox.
        records: of all mailboxes of the node.
        declared: those that the node's file declares, as they are until somebody changes them.
    """

    def __init__(self, address: str, records: DecodedRecords, declared: Mapping[str, Group]) -> None:
        self._declared = declared
        self._address = address
        self._decoded = records
        self._groups: dict[str, Group] = {}

    def load(self) -> None:
        """Take up what the records hold; what is damaged is set aside, and told again by other members."""
        for key, data in self._decoded.records.of_kind(self._address, GROUP):
            group = self._decoded.understood(self._address, key, data, stored_format.GROUP.decode)
            if group is not None and key == _key(group.id):
                self._groups[group.id] = group

    def get(self, id: str) -> Group | None:
        """Return a group, or None where it is not known here."""
        return self._groups.get(id) or self._declared.get(id)

    def at(self, id: str) -> Group:
        """Return a group.

        Raises:
            InputError: it is not known here.
        """
        group = self.get(id)
        if group is None:
            known = ", ".join(f"{each.id} ({each.name.text})" for each in self.all()[:10])
            right = f"Known are {known}" if known else "None is known here"
            raise InputError(f"no group {id!r} here", where="group", right=right)
        return group

    def all(self) -> list[Group]:
        """Return all of which the owner of the mailbox is or was a member, by name."""
        found = {**self._declared, **self._groups}.values()
        return sorted(
            (each for each in found if self._address in each.people),
            key=lambda each: (each.name.text, each.id),
        )

    def put(self, group: Group) -> Save:
        """Keep a group as it is now.

        Raises:
            InputError: it is one too many.
        """
        if group.id not in self._groups and len(self._groups) >= GROUPS_MAX:
            raise InputError(f"{GROUPS_MAX} groups are known here", where="group", right="Use one of them")
        self._groups[group.id] = group
        save = Save(self._address, _key(group.id), stored_format.GROUP.encode(group))
        self._decoded.records.put(save)
        return save


def _key(id: str) -> str:
    return GROUP + id.removeprefix(PREFIX)
