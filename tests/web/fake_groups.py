"""The groups of the fake: kept in memory, known by everybody at once."""

from __future__ import annotations

from starlight.errors import InputError
from starlight.views.groups import GroupChange, GroupDesk, GroupFounding, GroupView, MemberView


class FakeGroups(GroupDesk):
    """The groups of anybody; a name stands for an address."""

    def __init__(self) -> None:
        self.known: dict[str, GroupView] = {}

    async def all(self) -> tuple[GroupView, ...]:
        return tuple(self.known.values())

    async def found(self, order: GroupFounding) -> GroupView:
        if not order.name:
            raise InputError("the name of a group has 0 bytes", where="name", right="It has 1 to 255")
        id = f"group:{len(self.known):032x}"
        return self._keep(id, order.name, ("ipn:7.1", *order.members))

    async def change(self, group: str, order: GroupChange) -> GroupView:
        if group not in self.known:
            raise InputError(f"no group {group!r} here", where="group")
        before = self.known[group]
        left = [each.address for each in before.members if each.address not in order.remove]
        return self._keep(group, order.name or before.name, (*left, *order.add))

    def _keep(self, id: str, name: str, members: tuple[str, ...]) -> GroupView:
        people = tuple(MemberView(each, each, "", True, "ipn:7.1", "Jay", 1) for each in members)
        self.known[id] = GroupView(id, name, True, "ipn:7.1", people, "00" * 8)
        return self.known[id]
