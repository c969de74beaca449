"""The groups that one mailbox knows, each as a record: who is in it, as far as is known here.

And the letters to a group by those who are not known to be in it, by group and author: once one is in it,
only these are read to put them to the others, however many letters of that author there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from starlight.errors import InputError
from starlight.mailboxes import stored_format
from starlight.mailboxes.decoded import DecodedRecords
from starlight.mailboxes.records import GROUP, OUTSIDE, VERSIONS
from starlight.mailboxes.stored_format import MetVersion
from starlight.messages.group import Group, is_group
from starlight.messages.letter import Letter
from starlight.messages.letter_keys import GROUP as PREFIX
from starlight.node.application import Erase, Save

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
        self._met: dict[str, dict[str, MetVersion]] = {}

    def load(self) -> None:
        """Take up what the records hold; what is damaged is set aside, and told again by other members."""
        for key, data in self._decoded.records.of_kind(self._address, GROUP):
            group = self._decoded.understood(self._address, key, data, stored_format.GROUP.decode)
            if group is not None and key == _key(group.id):
                self._groups[group.id] = group
        for key, data in self._decoded.records.of_kind(self._address, VERSIONS):
            met = self._decoded.understood(self._address, key, data, stored_format.VERSIONS.decode)
            if met is not None:
                self._met[PREFIX + key.removeprefix(VERSIONS)] = met

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

    def people_of(self, to: Iterable[str]) -> list[str]:
        """Return addresses with those who are in a group now in its place; one not known here has nobody."""
        found: dict[str, None] = {}
        for each in to:
            group = self.get(each) if is_group(each) else None
            found |= dict.fromkeys([each] if not is_group(each) else group.members if group else ())
        return list(found)

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

    def version_of(self, id: str, address: str) -> bytes:
        """Return the digest of the state that somebody was last known to have; empty where none was told."""
        if address == self._address:
            group = self.get(id)
            return group.digest if group else b""
        met = self._met.get(id, {}).get(address)
        return met.digest if met else b""

    def met(self, group: Group, address: str, digest: bytes, told_at: int) -> list[Save]:
        """Keep which state somebody has told to have; what is told late, or by none of them, changes nothing.

        Args:
            group: as it is known here.
            address: of who told it.
            digest: of that state.
            told_at: when, in ns.
        """
        known = self._met.get(group.id, {})
        before = known.get(address)
        if not digest or address not in group.people:
            return []
        # Told anew with every letter: what changes nothing costs no record.
        if before is not None and (before.digest == digest or told_at <= before.told_at):
            return []
        # No more than the people of the group as it is now.
        kept = {each: version for each, version in known.items() if each in group.people}
        self._met[group.id] = kept | {address: MetVersion(digest, told_at)}
        record = stored_format.VERSIONS.encode(self._met[group.id])
        save = Save(self._address, VERSIONS + group.id.removeprefix(PREFIX), record)
        self._decoded.records.put(save)
        return [save]


class LettersOutside:
    """The letters of one mailbox to groups that their authors are not known to be in.

    Args:
        address: of the mailbox.
        records: of all mailboxes of the node.
    """

    def __init__(self, address: str, records: DecodedRecords) -> None:
        self._address = address
        self._decoded = records

    def note(self, letter: Letter) -> Save:
        """Keep that a letter stands with its author instead of in its group."""
        save = Save(self._address, _outside(letter.group, letter.sender) + letter.id, b"")
        self._decoded.records.put(save)
        return save

    def ids(self, group: str, author: str) -> list[str]:
        """Return the ids of an author's letters that stand outside a group, in any order."""
        prefix = _outside(group, author)
        found = self._decoded.records.of_kind(self._address, prefix)
        return [key.removeprefix(prefix) for key, _ in found]

    def forget(self, letter: Letter) -> list[Erase]:
        """Forget a letter that stands in its group now, or is erased."""
        key = _outside(letter.group, letter.sender) + letter.id
        if not letter.group or self._decoded.records.get(self._address, key) is None:
            return []
        return [self._decoded.erase(self._address, key)]


def _outside(group: str, author: str) -> str:
    return f"{OUTSIDE}{group}/{author}/"


def _key(id: str) -> str:
    return GROUP + id.removeprefix(PREFIX)
