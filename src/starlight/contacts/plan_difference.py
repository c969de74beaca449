"""The changes that make one contact plan of another, for an amendment.

An amendment can add contacts, and remove the one that is open on a link at a time; it can't change one. A
removal also takes what is added later, if that is open at its time (`amended_plan`). So what takes the place
of a contact is added around the instant at which that is removed: a nanosecond later, where both begin
together.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from msgspec.structs import replace

from starlight.contacts.amendments import MAX_CONTACTS, Change, Link, NewContacts, Removed
from starlight.contacts.contact import Contact
from starlight.contacts.plan import ContactPlan, clipped
from starlight.dtntime import MILLISECOND

SAME = MILLISECOND
"""Contacts whose starts differ by less, in ns, are one: those that were added around an instant."""


def difference(
    old: ContactPlan, new: ContactPlan, removed: Collection[Removed], now: int
) -> tuple[Change, ...]:
    """Return the changes that make a new plan of an old one, from a time on.

    Args:
        old, new: the plans; ids say nothing.
        removed: the removals that are in force, which take what is added as well.
        now: in ns; what is over by then is left as it is.

    Returns:
        Removals, then what is added; nothing where the plans are the same.
    """
    before, after = (_by_link(plan.contacts, now) for plan in (old, new))
    times: list[Removed] = []
    added: list[Contact] = []
    for link in dict.fromkeys([*before, *after]):
        had, wanted = before.get(link, []), after.get(link, [])
        gone, _ = _parted(had, wanted)
        fresh, kept = _parted(wanted, had)
        here = [Removed(*link, _instant(contact, kept, fresh)) for contact in gone]
        times += here
        # A removal in force takes whatever is open at its time, what is added here too.
        holes = sorted({each.time for each in (*here, *removed) if (each.from_node, each.to_node) == link})
        added += [part for contact in fresh for part in _around(contact, holes)]
    parts = [tuple(added[at : at + MAX_CONTACTS]) for at in range(0, len(added), MAX_CONTACTS)]
    return (*times, *(NewContacts(part) for part in parts))


def _by_link(contacts: Iterable[Contact], now: int) -> dict[Link, list[Contact]]:
    found: dict[Link, list[Contact]] = {}
    for contact in contacts:
        # What is over can't be changed any more; to say so would only make the amendment large.
        if contact.end >= now:
            found.setdefault((contact.from_node, contact.to_node), []).append(replace(contact, id=0))
    return found


def _parted(contacts: Iterable[Contact], others: Sequence[Contact]) -> tuple[list[Contact], list[Contact]]:
    """Return the contacts that are not among others, and those that are."""
    # Mostly nothing has changed, and a set tells so at once.
    exact = set(others)
    apart: list[Contact] = []
    common: list[Contact] = []
    for contact in contacts:
        found = contact in exact or any(_same(contact, other) for other in others)
        (common if found else apart).append(contact)
    return apart, common


def _same(a: Contact, b: Contact) -> bool:
    """Tell whether two contacts differ by no more than the instant around which one was added."""
    start = max(a.start, b.start)
    if abs(a.start - b.start) >= SAME or a.end != b.end or start > a.end:
        return False
    return clipped(a, 0, start, a.end) == clipped(b, 0, start, b.end)


def _instant(gone: Contact, kept: Iterable[Contact], fresh: Iterable[Contact]) -> int:
    """Return a time at which to remove a contact: one at which none of those that stay is open, if it can be.

    Best where nothing that is added is open either; else its start, around which that is added.
    """
    ends = [contact.end + 1 for contact in (*kept, *fresh) if gone.start <= contact.end < gone.end]
    times = [gone.start, gone.end, *ends]
    for others in ((*kept, *fresh), tuple(kept)):
        for time in times:
            if not any(contact.start <= time <= contact.end for contact in others):
                return time
    return gone.start


def _around(contact: Contact, holes: Iterable[int]) -> list[Contact]:
    """Return a contact as parts that are open at none of some instants, ascending."""
    parts: list[Contact] = []
    start = contact.start
    for hole in holes:
        if start <= hole <= contact.end:
            if hole > start:
                parts.append(clipped(contact, 0, start, hole - 1))
            start = hole + 1
    if start == contact.start:
        return [contact]
    if start <= contact.end:
        parts.append(clipped(contact, 0, start, contact.end))
    return parts
