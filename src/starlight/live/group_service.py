"""The groups of the people at a live node: founded and changed, durably on return."""

from __future__ import annotations

from collections.abc import Sequence

from starlight.live.open_office import OpenOffice
from starlight.messages.group import Group


class GroupService:
    """Founds and changes groups.

    Args:
        open_office: the mailboxes of the node.
    """

    def __init__(self, open_office: OpenOffice) -> None:
        self._office, self._moment, self._carry_out = open_office

    def all(self, address: str) -> list[Group]:
        """Return the groups that the owner of a mailbox is or was in, by name; InputError without one."""
        return self._office.mailbox(address).groups.all()

    def version_of(self, address: str, group: str, member: str) -> bytes:
        """Return the digest of a group's state that a member was last known to have, in a mailbox."""
        return self._office.mailbox(address).groups.version_of(group, member)

    async def found(self, address: str, name: str, members: Sequence[str]) -> Group:
        """Found a group of a mailbox's owner and others.

        Raises:
            InputError: a name or a member that is none, or too many.
            StoreError: the disk refused.
        """
        now = self._moment()
        group, requests = self._office.groups.found(address, name, members, now)
        await self._carry_out(requests, now)
        return group

    async def change(
        self, address: str, group: str, name: str | None, add: Sequence[str], remove: Sequence[str]
    ) -> Group:
        """Rename a group, add people to it and remove some, in one act; errors as in `found`.

        Args:
            address: of the mailbox of who changes it.
            group: its id.
            name: the new one; None to keep it.
            add, remove: addresses.
        """
        now = self._moment()
        changed, requests = self._office.groups.change(address, group, name, add, remove, now)
        await self._carry_out(requests, now)
        return changed
