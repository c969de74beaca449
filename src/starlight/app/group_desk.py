"""One person's groups as the page shows and changes them, over the groups of their node."""

from __future__ import annotations

from msgspec.structs import replace

from starlight.app.address_book import AddressBook
from starlight.live.group_service import GroupService
from starlight.messages.group import Group
from starlight.views.groups import GroupChange, GroupFounding, GroupView, MemberView


class NodeGroupDesk:
    """The groups of one person.

    Args:
        address: of the mailbox.
        groups: of the node that it is at.
        book: what people are called.
    """

    def __init__(self, address: str, groups: GroupService, book: AddressBook) -> None:
        self._address = address
        self._groups = groups
        self._book = book

    async def all(self) -> tuple[GroupView, ...]:
        """Return the groups that the person is or was in, by name."""
        return tuple(self._view(each) for each in self._groups.all(self._address))

    async def found(self, order: GroupFounding) -> GroupView:
        """Found a group of the person and others."""
        return self._view(await self._groups.found(self._address, order.name, order.members))

    async def change(self, group: str, order: GroupChange) -> GroupView:
        """Rename a group, add people to it, or remove some."""
        changed = await self._groups.change(self._address, group, order.name, order.add, order.remove)
        return self._view(changed)

    def _view(self, group: Group) -> GroupView:
        waiting = set(group.waiting)
        people = [
            replace(self._member(group, address), is_member=False, waits=True)
            if address in waiting
            else self._member(group, address)
            for address in group.people
        ]
        return GroupView(
            group.id,
            group.name.text,
            self._address in group.members,
            group.founder,
            tuple(sorted(people, key=lambda each: (not each.is_member, each.name, each.address))),
            group.digest.hex(),
        )

    def _member(self, group: Group, address: str) -> MemberView:
        name, place = self._book.name_and_place(address)
        membership = group.people[address]
        by, number = membership.stamp.author, membership.stamp.number
        by_name = self._book.name_and_place(by)[0] if by else ""
        version = self._groups.version_of(self._address, group.id, address).hex()
        return MemberView(address, name, place, membership.is_member, by, by_name, number, version)
