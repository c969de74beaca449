"""Make one plan of the contacts that a file lists: what can't be is refused, what is twice is once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from starlight.contacts.contact import Contact
from starlight.contacts.report import ImportReport, Where
from starlight.dtntime import SECOND

MAX_TIME = 2**62
"""Times within 146 years of 2000, so that any sum of two fits 64 bits."""

MAX_NODE = 2**64 - 1
"""Node numbers are 64-bit: an allocator and a node of 32 bits each (RFC 9758)."""

OUT_OF_ORDER = "contact that starts before another of its direction above it"
NEGATIVE = "contact that ends before it starts"
NO_LENGTH = "contact without length"
TO_ITSELF = "contact of a node with itself"
DUPLICATE = "contact that is listed twice"
OVERLAP = "contact at the same time as another of the same direction"
NODE_NUMBER = "node number that is none"
TIME = "time that is none"
RATE = "rate that is none"
LIGHT = "light time that is none"


def settle(
    found: Sequence[tuple[Where, Contact]], report: ImportReport, *, own_ids: bool = False
) -> list[Contact]:
    """Return the contacts that make a plan, with ids, and report about the others.

    Args:
        found: contacts in the order of the file, each with its place.
        own_ids: the contacts have ids of their own; otherwise they get 1, 2, ... by start, link and
            end, so that the order of the lines is in no id, nor in anything that an id decides.

    A contact without length or that ends before it starts is refused, one of a node with itself
    ignored. Of duplicates one is kept. Contacts of one direction at the same time are kept:
    some plans mean two antennas.
    """
    kept: list[tuple[Where, Contact]] = []
    seen: dict[tuple[int, int, int, int], list[int]] = {}  # places in `kept`
    above: dict[tuple[int, int], int] = {}
    for where, contact in found:
        start, end = contact.start, contact.end
        link = (contact.from_node, contact.to_node)
        if end <= start:
            report.add("refused", NO_LENGTH if end == start else NEGATIVE, describe(contact), where)
            continue
        if link[0] == link[1]:
            text = f"{describe(contact)}; nobody needs a contact to be at home"
            report.add("ignored", TO_ITSELF, text, where)
            continue
        # Compared only with those of the same link and interval: a plan of 300 000 contacts must not be
        # compared pair by pair.
        alike = seen.setdefault((*link, start, end), [])
        twin = next((place for place in alike if _same(contact, kept[place][1])), None)
        if twin is not None:
            report.add("ignored", DUPLICATE, f"{describe(contact)}; they are one contact", where)
            if contact.id < kept[twin][1].id:  # The smaller id, whichever line is the first.
                kept[twin] = (kept[twin][0], contact)
            continue
        alike.append(len(kept))
        # Order is judged by the line above of the same link, as the author wrote it, not by what was kept.
        if start < above.get(link, start):
            report.add("repaired", OUT_OF_ORDER, f"{describe(contact)}; put in order", where)
        above[link] = start
        kept.append((where, contact))
    note_overlaps(kept, report)
    contacts = [contact for _, contact in kept]
    # Sorted by content first, so that the ids that are given, and every tie that ids decide, don't depend
    # on the order in which somebody listed the contacts.
    return contacts if own_ids and _distinct(contacts, report) else numbered(sorted(contacts, key=_content))


def note_overlaps(found: Sequence[tuple[Where, Contact]], report: ImportReport) -> None:
    """Report contacts that begin while another of their direction is under way."""
    until: dict[tuple[int, int], int] = {}
    for where, contact in sorted(found, key=lambda item: item[1].start):
        link = (contact.from_node, contact.to_node)
        busy = until.get(link)
        if busy is not None and contact.start < busy:
            report.add("kept", OVERLAP, f"{describe(contact)}; both can be used at once", where)
        # The longest so far, not the last: a short contact inside a long one must not hide a third.
        until[link] = contact.end if busy is None else max(busy, contact.end)


def numbered(contacts: Iterable[Contact], first: int = 1) -> list[Contact]:
    """Return contacts with the ids `first`, `first` + 1, ... in their order."""
    return [
        contact if contact.id == id else msgspec.structs.replace(contact, id=id)
        for id, contact in enumerate(contacts, first)
    ]


def _content(contact: Contact) -> tuple[object, ...]:
    light = [msgspec.structs.astuple(piece) for piece in contact.light]
    link = (contact.from_node, contact.to_node)
    return (contact.start, *link, contact.end, contact.rates, light, contact.one_way, contact.confidence)


def describe(contact: Contact) -> str:
    """Return the link and the interval of a contact, in s since 2000, which fits any time."""
    start, end = contact.start / SECOND, contact.end / SECOND
    return f"{contact.from_node} to {contact.to_node} from {start:.12g} to {end:.12g} s"


def _same(one: Contact, other: Contact) -> bool:
    return msgspec.structs.replace(one, id=other.id) == other


def _distinct(contacts: list[Contact], report: ImportReport) -> bool:
    if len({contact.id for contact in contacts}) == len(contacts):
        return True
    report.add("repaired", "contact numbers that are not distinct", "all contacts were numbered anew from 1")
    return False
