"""The groups of the people at a live node: founded and changed, durably on return."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from starlight.messages.group import Group
from starlight.node.application import Request
from starlight.postoffice.postoffice import PostOffice


class GroupService:
    """Founds and changes groups.

    Args:
        office: the mailboxes.
        moment: as of `MailService`.
        carry_out: as of `MailService`.
    """

    def __init__(
        self,
        office: PostOffice,
        moment: Callable[[], int],
        carry_out: Callable[[Sequence[Request], int], Awaitable[None]],
    ) -> None:
        self._office = office
        self._moment = moment
        self._carry_out = carry_out

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
