"""Groups as a person sees them, and the orders that found and change them."""

from __future__ import annotations

from typing import Protocol

import msgspec

from starlight.errors import InputError
from starlight.messages.group import MEMBERS_MAX, member


class MemberView(msgspec.Struct, frozen=True):
    """Someone who is or was a member of a group.

    Attributes:
        address, name, place: who it is, as far as that is known here.
        is_member: whether they are in it now.
        waits: it was full when two changes of it met, and they were the last to be added: they are in it as
            soon as somebody leaves.
        changed_by, changed_by_name: who added or removed them last; empty where the node's file names them.
        number: of that change, among all changes of the group.
        version: of the group, that they were last known to have; empty where nothing was heard from them.
    """

    address: str
    name: str
    place: str
    is_member: bool
    changed_by: str
    changed_by_name: str
    number: int
    version: str = ""
    waits: bool = False


class GroupView(msgspec.Struct, frozen=True):
    """A group, as far as it is known in a mailbox.

    Attributes:
        id: what a letter to it is addressed to.
        name: what it is called.
        is_member: whether the owner of the mailbox is in it now.
        founder: the address of who founded it; empty of one that the node's file declares.
        people: who is in it, then who was, by name.
        version: a digest of its state; equal where the same is known of it.
    """

    id: str
    name: str
    is_member: bool
    founder: str
    people: tuple[MemberView, ...]
    version: str

    @property
    def members(self) -> tuple[MemberView, ...]:
        """Return who is in it now."""
        return tuple(each for each in self.people if each.is_member)


class GroupFounding(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body that founds a group: its name, and the addresses of its members besides its founder."""

    name: str
    members: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Check the addresses, which a field of a form may hold in a line."""
        msgspec.structs.force_setattr(self, "members", _addresses(self.members))


class GroupChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body that changes a group.

    Attributes:
        name: another name; None, or empty as a form sends it, keeps the one that it has.
        add, remove: addresses; one's own to leave.
    """

    name: str | None = None
    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Check the addresses; an empty name is none."""
        msgspec.structs.force_setattr(self, "name", self.name or None)
        msgspec.structs.force_setattr(self, "add", _addresses(self.add))
        msgspec.structs.force_setattr(self, "remove", _addresses(self.remove))


class GroupDesk(Protocol):
    """The groups of one person."""

    async def all(self) -> tuple[GroupView, ...]:
        """Return the groups that the person is or was in, by name."""
        ...

    async def found(self, order: GroupFounding) -> GroupView:
        """Found a group; InputError where the name or a member is none, or there are too many."""
        ...

    async def change(self, group: str, order: GroupChange) -> GroupView:
        """Rename a group, add or remove people; InputError as in `found`, or where there is no such group."""
        ...


def _addresses(texts: tuple[str, ...]) -> tuple[str, ...]:
    """Return addresses as the texts that mean them; of a form's field, which may be empty, those in it."""
    found = [each for text in texts for each in text.replace(",", " ").split()]
    if len(found) > MEMBERS_MAX:
        right = f"A group has at most {MEMBERS_MAX} members"
        raise InputError(f"{len(found)} addresses", where="members", right=right)
    return tuple(dict.fromkeys(map(member, found)))
