"""Correspondents and topics by the names that people call them, for commands about letters."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from starlight.errors import InputError, did_you_mean

if TYPE_CHECKING:
    from starlight.client.client import Client, TopicView

_ID = re.compile(r"[0-9a-f]{32}")
"""The id of a topic; nobody calls one so."""


class Meant(NamedTuple):
    """One of those that a name may mean.

    Attributes:
        id: by which it can be named for sure: an address, or the id of a group or of a topic.
        name: what people call it.
        where: what else tells it apart: a place, a conversation; empty for nothing.
    """

    id: str
    name: str
    where: str = ""


def correspondent_named(client: Client, person: str, wanted: str, *, where: str) -> str:
    """Return the address or group of a correspondent by address, id or name, a group's or a person's.

    Args:
        client: of the node.
        person: in whose mailbox, by id.
        wanted: what was given.
        where: which argument that was.

    Raises:
        InputError: nobody is called so, or several are; it lists those that there are.
    """
    if ":" in wanted:
        return client.address(wanted, where=where)
    mailbox = client.mailbox(person)
    known = [Meant(one.address, one.name, one.place) for one in (*mailbox.conversations, *mailbox.hidden)]
    listed = {each.id for each in known}
    known += [Meant(one.id, one.name) for one in client.groups(person) if one.id not in listed]
    return _the_one(wanted, known, "correspondent", where).id


def topic_named(client: Client, person: str, wanted: str, correspondent: str | None) -> TopicView:
    """Return a topic by its id or name, in one conversation or, without one, in all.

    Raises:
        InputError: none is called so, or several are; it lists those that there are.
    """
    topics = _topics(client, person, correspondent)
    known = [Meant(each.id, each.name, f"with {each.correspondent_name}") for each in topics]
    found = _the_one(wanted, known, "topic", "--topic")
    return next(each for each in topics if each.id == found.id)


def topic_to_write_in(client: Client, person: str, wanted: str, correspondent: str) -> str | None:
    """Return the id of the topic of a conversation that is called so; None for one that is to be begun.

    Raises:
        InputError: several are called so, or it is an id of none.
    """
    topics = _topics(client, person, correspondent)
    if not _ID.fullmatch(wanted) and all(each.name != wanted for each in topics):
        return None
    return topic_named(client, person, wanted, correspondent).id


def _topics(client: Client, person: str, correspondent: str | None) -> list[TopicView]:
    return [each for each in client.topics(person) if correspondent in (None, each.correspondent)]


def _the_one(wanted: str, known: list[Meant], kind: str, where: str) -> Meant:
    """Return the one that a name means.

    Raises:
        InputError: it means none, or several.
    """
    found = [each for each in known if wanted == each.id] or [each for each in known if wanted == each.name]
    found = found or [each for each in known if wanted.casefold() == each.name.casefold()]
    if len(found) == 1:
        return found[0]
    if found:
        ids = ", ".join(f"{each.id} ({each.where})" if each.where else each.id for each in found)
        what = f"{len(found)} {kind}s are called {wanted!r}"
        raise InputError(what, where=where, right=f"Give one of {ids}")
    names = [each.name for each in known if each.name]
    there = f"There are {', '.join(map(repr, dict.fromkeys(names)))}" if names else f"There is no {kind} yet"
    there += "; or give an address such as ipn:NODE.SERVICE" if kind == "correspondent" else ""
    right = f"{did_you_mean(wanted, names)} {there}".strip()
    raise InputError(f"no {kind} is called {wanted!r}", where=where, right=right)
