"""The keys of the state of a group, a message of kind 4, from values and back.

A message with no state in it asks for one: who was written to as a member of a group that it does not know
answers with that.
"""

from __future__ import annotations

from enum import IntEnum

import msgspec

from starlight.bundle import cbor
from starlight.errors import InputError
from starlight.messages.group import PEOPLE_MAX, Group, GroupName, Membership, Stamp, checked, member
from starlight.messages.letter import ADDRESS_MAX_BYTES, Keys
from starlight.messages.letter_keys import GROUP, VERSION, Key
from starlight.messages.wire_values import array, integer, octets, own_id, text, truth, unknown

ROW = 4
"""Values for each person: address, number, author, whether a member."""


class GroupKey(IntEnum):
    """The keys of a group's state, besides version, kind and id."""

    FOUNDER = 3
    NONCE = 4
    NAME = 5
    PEOPLE = 6


class GroupNews(msgspec.Struct, frozen=True, gc=False):
    """A message about a group.

    Attributes:
        group: its id, as in `Group`.
        state: as far as its sender knows it; None asks for one.
        unknown: keys that this version does not know, and their values.
    """

    group: str
    state: Group | None
    unknown: Keys = {}


def group_news_keys(news: GroupNews, kind: int) -> Keys:
    """Return the keys of a message about a group."""
    keys: Keys = dict(news.unknown)
    keys |= {Key.VERSION: VERSION, Key.KIND: kind, Key.ID: bytes.fromhex(news.group.removeprefix(GROUP))}
    state = news.state
    if state is None:
        return keys
    rows: list[cbor.Value] = []
    for address in sorted(state.people):
        each = state.people[address]
        rows += [address, each.stamp.number, each.stamp.author, each.is_member]
    name: list[cbor.Value] = [state.name.text, state.name.stamp.number, state.name.stamp.author]
    keys |= {GroupKey.FOUNDER: state.founder, GroupKey.NONCE: state.nonce}
    keys |= {GroupKey.NAME: name, GroupKey.PEOPLE: rows}
    return keys


def group_news_of(keys: Keys) -> GroupNews:
    """Return the message about a group that decoded keys are; InputError where they are none."""
    id = GROUP + own_id(keys, Key.ID)
    more = unknown(keys, (*GroupKey, Key.VERSION, Key.KIND, Key.ID))
    if not any(key in keys for key in GroupKey):
        return GroupNews(id, None, more)
    name = array(keys.get(GroupKey.NAME), "the name of a group")
    if len(name) != 3:
        raise InputError("the name of a group is a text, a number and an author", where="name")
    words, number, author = name
    state = Group(
        id,
        _address(keys.get(GroupKey.FOUNDER)),
        octets(keys.get(GroupKey.NONCE), "nonce"),
        GroupName(_stamp(number, author), text(words, "name")),
        dict(_people(array(keys.get(GroupKey.PEOPLE), "people"))),
    )
    return GroupNews(id, checked(state), more)


def _people(flat: list[object]) -> list[tuple[str, Membership]]:
    if len(flat) % ROW or len(flat) > ROW * PEOPLE_MAX:
        raise InputError(
            f"of each person of a group {ROW} values are told, of {PEOPLE_MAX} at most", where="people"
        )
    found = []
    for at in range(0, len(flat), ROW):
        address, number, author, is_member = flat[at : at + ROW]
        told = _address(address)
        # In any other text the same person would be in it twice.
        if member(told) != told:
            raise InputError(f"{told!r} is not the one text of its address", where="people")
        found.append((told, Membership(_stamp(number, author), truth(is_member, "whether a member"))))
    return found


def _stamp(number: object, author: object) -> Stamp:
    return Stamp(integer(number, "number"), _address(author))


def _address(value: object) -> str:
    address = text(value, "an address")
    if len(address.encode()) > ADDRESS_MAX_BYTES:
        raise InputError(f"an address has at most {ADDRESS_MAX_BYTES} bytes", where="address")
    return address
