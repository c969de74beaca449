"""Groups: who is in one, and what it is called, as values that converge wherever they are changed.

Theory of operation. Light lies between those who change a group, and a conjunction lasts for weeks; so nobody
can be asked first. A state is made of registers: one for the name, one for each person who is or was a
member. Each register says what its last change says, with a **number** and the address of who made it. A
change has a number that is greater by one than the greatest its author has seen in that group. Of two
registers the one with the greater ``(number, author)`` counts; should one author have used a number twice,
the greater value. So `joined` is commutative, associative and idempotent (a state-based CRDT of
last-writer-wins registers): states that know the same changes are equal, whatever came when, twice or by way
of others.

Two states that are within the limits may pass them together. Of more than 256 people those count whose last
changes are the greatest, by stamp and then address: as a change only ever makes a register greater, leaving
out the others first or last comes to the same, so states still meet. Of more than 64 who are to be in it, the
first so many by stamp and address are its members; the others wait until somebody leaves.

What that means to people: a change that was made in the knowledge of another counts over it. Of two that
crossed, the one of the address that sorts last counts, at all ends alike; whoever meant something else sees
it, and changes it again.

Numbers can be used up by one who lies: after the greatest that there is, nobody's change would count. So a
number counts only as far as changes can have been made, one a millisecond (`counted`); a value with a greater
one counts as if it had been there from the first. That bound moves on faster than anybody changes a group,
and each value is held to it where it comes: nothing is refused, and states meet as before.

Whoever is or was a member may change a group. Its id is a digest of its founder and a nonce, so nobody can
pass for the founder of another's. A group that is declared in a node's file has no founder: its id follows
from its name, the same at every node that declares it.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256

import msgspec
from msgspec.structs import replace

from starlight.bundle import EndpointID, cbor
from starlight.dtntime import DAY, MILLISECOND
from starlight.errors import InputError
from starlight.messages.letter import GROUP_ID_BYTES, MEMBERSHIP_BYTES, READERS_MAX
from starlight.messages.letter_keys import GROUP

MEMBERS_MAX = READERS_MAX
"""A letter names each reader."""

PEOPLE_MAX = 256
"""Those who have left too, as their leaving must be known: years of crews that come and go."""

NAME_MAX_BYTES = 255
"""A line on a page."""

NUMBER_MAX = 2**53
"""More changes than anybody can make, and a number that any program can count with."""

AHEAD = DAY
"""How much further than the clock of who takes it a number may be: 86 million changes."""

NEXT_FEW = 64
"""Changes after those that are known here, which count whatever the clock: that of who made them may be ahead
by a moment. Who would push numbers by such steps past the clock has to send sixteen bundles a second."""

FIRST_NUMBER = 0

NONCE_BYTES = 16


class Stamp(msgspec.Struct, frozen=True, order=True, gc=False):
    """The place of a change among all changes of one register.

    Attributes:
        number: greater by one than the greatest that its author had seen in the group.
        author: the address of who made it; empty of what a node's file declares.
    """

    number: int
    author: str


class GroupName(msgspec.Struct, frozen=True, order=True, gc=False):
    """The name of a group, and the change that gave it."""

    stamp: Stamp
    text: str


class Membership(msgspec.Struct, frozen=True, order=True, gc=False):
    """The standing of a person in a group, and the change that made it so."""

    stamp: Stamp
    is_member: bool


class Group(msgspec.Struct, frozen=True):
    """The state of a group, as far as it is known at one end.

    Attributes:
        id: ``group:`` and 32 hexadecimal digits.
        founder: the address of who founded it; empty of one that a node's file declares.
        nonce: 16 bytes, of which with the founder the id is made.
        name: what it is called.
        people: everyone who is or was a member, by address.
    """

    id: str
    founder: str
    nonce: bytes
    name: GroupName
    people: dict[str, Membership]

    @property
    def members(self) -> tuple[str, ...]:
        """Return the addresses of its members, sorted: no more than a letter can name."""
        return tuple(sorted(self._by_age()[:MEMBERS_MAX]))

    @property
    def waiting(self) -> tuple[str, ...]:
        """Return the addresses of those for whom there is no place, sorted: the last to be added."""
        return tuple(sorted(self._by_age()[MEMBERS_MAX:]))

    def _by_age(self) -> list[str]:
        """Return who is to be in it, those first who were added first."""
        wanted = ((each.stamp, address) for address, each in self.people.items() if each.is_member)
        return [address for _, address in sorted(wanted)]

    @property
    def digest(self) -> bytes:
        """Return 8 bytes that are the same for the same state, and unlike those of another."""
        rows = [[address, *_values(self.people[address])] for address in sorted(self.people)]
        said = cbor.dumps([self.id, self.name.text, *_stamp(self.name.stamp), rows])
        return sha256(said).digest()[:MEMBERSHIP_BYTES]

    @property
    def greatest_number(self) -> int:
        """Return the greatest number of a change that is known."""
        return max(self.name.stamp.number, *(each.stamp.number for each in self.people.values()))

    def next_stamp(self, author: str) -> Stamp:
        """Return the stamp of a change that is made now in the knowledge of all that is here."""
        return Stamp(self.greatest_number + 1, author)


def group_id(founder: str, nonce: bytes) -> str:
    """Return the id of the group that somebody founds with a nonce."""
    return GROUP + sha256(founder.encode() + b"\0" + nonce).digest()[:GROUP_ID_BYTES].hex()


def is_group(address: str) -> bool:
    """Return whether what could be an address is the id of a group."""
    return address.startswith(GROUP)


def founded(founder: str, nonce: bytes, name: str, members: Iterable[str]) -> Group:
    """Return a new group of its founder and others.

    Args:
        founder: an address.
        nonce: 16 random bytes.
        name: what it is called.
        members: addresses; the founder is one in any case.

    Raises:
        InputError: there are too many, one is no address of a person, or the name is none.
    """
    stamp = Stamp(1, founder)
    people = {member(each): Membership(stamp, True) for each in (founder, *members)}
    return _with_room(Group(group_id(founder, nonce), founder, nonce, GroupName(stamp, name), people))


def declared(name: str, members: Iterable[str]) -> Group:
    """Return the group that a file declares: the same, by its name, wherever it is declared.

    Raises:
        InputError: as in `founded`.
    """
    nonce, stamp = sha256(name.encode()).digest()[:NONCE_BYTES], Stamp(FIRST_NUMBER, "")
    people = {member(each): Membership(stamp, True) for each in members}
    return _with_room(Group(group_id("", nonce), "", nonce, GroupName(stamp, name), people))


def joined(one: Group, other: Group) -> Group:
    """Return all that two states of one group know, within the limits of people."""
    people = dict(one.people)
    for address, theirs in other.people.items():
        ours = people.get(address)
        people[address] = theirs if ours is None else max(ours, theirs)
    if len(people) > PEOPLE_MAX:
        latest = sorted(people, key=lambda address: (people[address], address), reverse=True)
        people = {address: people[address] for address in latest[:PEOPLE_MAX]}
    return replace(one, name=max(one.name, other.name), people=people)


def counted(group: Group, now: int, ahead: int = AHEAD, known: Group | None = None) -> Group:
    """Return a state in which values with numbers that nobody can have come to are as old as can be.

    Args:
        group: as it came, or is kept.
        now: by the clock of who looks, in ns since 2000.
        ahead: how far beyond that a number may be, in ns.
        known: the group as it is known where the state comes; its next few numbers count in any case.
    """
    most = (now + ahead) // MILLISECOND
    if known is not None:
        most = max(most, known.greatest_number + NEXT_FEW)
    if group.greatest_number <= most:
        return group
    first = Stamp(FIRST_NUMBER, "")
    name = group.name if group.name.stamp.number <= most else replace(group.name, stamp=first)
    people = {
        address: each if each.stamp.number <= most else replace(each, stamp=first)
        for address, each in group.people.items()
    }
    return replace(group, name=name, people=people)


def renamed(group: Group, author: str, name: str) -> Group:
    """Return a group with another name; InputError where its author may not, or the name is none."""
    check_author(group, author)
    return checked(replace(group, name=GroupName(group.next_stamp(author), name)))


def with_members(group: Group, author: str, added: Iterable[str], removed: Iterable[str]) -> Group:
    """Return a group that people were added to and removed from.

    Raises:
        InputError: its author may not, too many are in it, one is no address of a person, or somebody who is
            to be removed is no member.
    """
    check_author(group, author)
    stamp, people = group.next_stamp(author), dict(group.people)
    for address in map(member, added):
        if address not in people or not people[address].is_member:
            people[address] = Membership(stamp, True)
    for address in map(member, removed):
        if address not in people or not people[address].is_member:
            raise InputError(f"{address} is no member of {group.name.text!r}", where="members")
        people[address] = Membership(stamp, False)
    return _with_room(replace(group, people=people))


def check_author(group: Group, author: str) -> None:
    """Refuse a change by somebody who neither is a member nor was one.

    Raises:
        InputError: the author is neither.
    """
    if author not in group.people:
        raise InputError(f"{author} is no member of {group.name.text!r}", where="group")


def member(address: str) -> str:
    """Return the address of a person as the one text that means it.

    Raises:
        InputError: it is no endpoint id, or nobody's.
    """
    try:
        endpoint = EndpointID.parse(address)
    except InputError as error:
        raise InputError(error.what, where="members", right=error.right) from None
    if endpoint.is_null:
        raise InputError(
            f"{address} is nobody's address", where="members", right="Such are ipn:7.1, ipn:20.3"
        )
    return str(endpoint)


def checked(group: Group) -> Group:
    """Return a group that is within its limits.

    Raises:
        InputError: its id is not that of its founder, the name is none, or there are too many people.
            That more are to be in it than there is room for is no error: they wait.
    """
    if len(group.nonce) != NONCE_BYTES or group.id != group_id(group.founder, group.nonce):
        raise InputError("the id of a group is not that of its founder", where="group")
    try:
        size = len(group.name.text.encode())
    except UnicodeEncodeError:
        raise InputError(
            "the name of a group holds a character that UTF-8 can't carry", where="name"
        ) from None
    if not (1 <= size <= NAME_MAX_BYTES and group.name.text.strip()):
        right = f"It has 1 to {NAME_MAX_BYTES} bytes of UTF-8, not all blank"
        raise InputError(f"the name of a group has {size} bytes", where="name", right=right)
    if not 1 <= len(group.people) <= PEOPLE_MAX:
        right = f"At most {PEOPLE_MAX} are or were members of one; found another"
        raise InputError(f"a group of {len(group.people)} people", where="members", right=right)
    stamps = [group.name.stamp, *(each.stamp for each in group.people.values())]
    if not all(0 <= stamp.number <= NUMBER_MAX for stamp in stamps):
        raise InputError(f"a change has a number of 0 to {NUMBER_MAX}", where="number")
    return group


def _with_room(group: Group) -> Group:
    """Return a group that is within its limits after a change here: nobody is added to wait.

    Raises:
        InputError: as in `checked`, or there are too many members.
    """
    if group.waiting:
        count = len(group.members) + len(group.waiting)
        raise InputError(f"{count} members", where="members", right=f"A group has at most {MEMBERS_MAX}")
    return checked(group)


def _values(membership: Membership) -> list[cbor.Value]:
    return [*_stamp(membership.stamp), membership.is_member]


def _stamp(stamp: Stamp) -> tuple[int, str]:
    return stamp.number, stamp.author
