"""The plan that a base plan and a set of amendments make, the same one whatever the order of arrival.

Theory of operation. A plan is folded in three passes, each in canonical order: first the contacts that
amendments add, then those that they remove, last the outages. So an outage also silences a contact that
somebody adds later without knowing of it: a storm does not ask. The outages of a link are united before
anything is cut, which makes overlaps, and two authors who saw the same storm, harmless.

Ids must be the same at every node, must not move when another amendment comes (bookings and traces name
contacts by them), and must not meet those of the base plan. So the id of an added contact is drawn from
its author, number and place by a hash, that of the later part of a contact that is cut from the contact's
id and the part's start; both lie between 2**52 and 2**53, above what planners use and still exact in the
numbers of JavaScript.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from itertools import chain

from msgspec.structs import replace

from starlight.contacts.amendments import (
    Amendment,
    Change,
    Link,
    NewContacts,
    Outage,
    Removed,
    Retracted,
    in_force,
    in_order,
    outages,
)
from starlight.contacts.contact import Contact
from starlight.contacts.plan import ContactPlan, Notice, clipped

Span = tuple[int, int]

_KEPT = 8
_recent: list[tuple[ContactPlan, tuple[Amendment, ...], ContactPlan]] = []


def amended(base: ContactPlan, amendments: Iterable[Amendment]) -> ContactPlan:
    """Return a base plan with amendments folded into it.

    Its version is the base plan's and one for each amendment. Contacts that nothing touches stay the same
    objects. The last few plans are kept, and given again for the same base and set: in a rehearsal all nodes
    hold the same one, and whoever indexes plans finds it by its identity.
    """
    held = tuple(in_order(amendments))
    if not held:
        return base
    for known, of, plan in _recent:
        if known is base and of == held:
            return plan
    plan = _folded(base, held)
    _recent.insert(0, (base, held, plan))
    del _recent[_KEPT:]
    return plan


def _folded(base: ContactPlan, held: Sequence[Amendment]) -> ContactPlan:
    valid = in_force(held)
    changes = list(chain.from_iterable(amendment.changes for amendment in valid))
    contacts = [*base.contacts, *_added(base.contacts, valid)]
    contacts = _without_removed(contacts, [each for each in changes if isinstance(each, Removed)])
    silent = outages(held)
    contacts = _silenced(contacts, _silences(silent))
    notices = dict.fromkeys((*base.notices, *(notice for notice in map(_notice, silent) if notice.text)))
    return ContactPlan.of(contacts, notices, base.version + len(held))


def _added(contacts: Sequence[Contact], valid: Iterable[Amendment]) -> list[Contact]:
    """Return the contacts that amendments add, with ids; what is there already is not added again."""
    added: list[Contact] = []
    # Both ends of a new link may tell of it; taken twice it would carry twice.
    seen: set[Contact] | None = None
    taken: set[int] = set()
    for amendment in valid:
        for place, change in enumerate(amendment.changes):
            if not isinstance(change, NewContacts):
                continue
            # Most amendments add nothing, and to look through all contacts costs as much as they are.
            if seen is None:
                seen = {replace(contact, id=0) for contact in contacts}
                taken = {contact.id for contact in contacts}
            for count, contact in enumerate(change.contacts):
                plain = replace(contact, id=0)
                if plain not in seen:
                    seen.add(plain)
                    named = f"added {amendment.author} {amendment.number} {place} {count}"
                    added.append(replace(contact, id=_id(named, taken)))
    return added


def _without_removed(contacts: list[Contact], removed: Sequence[Removed]) -> list[Contact]:
    if not removed:
        return contacts
    times: dict[Link, list[int]] = {}
    for each in removed:
        times.setdefault((each.from_node, each.to_node), []).append(each.time)
    return [
        contact
        for contact in contacts
        if not any(
            contact.start <= time <= contact.end
            for time in times.get((contact.from_node, contact.to_node), ())
        )
    ]


def _silences(silent: Iterable[Outage]) -> dict[Link, list[Span]]:
    """Return when links carry nothing: of each, spans in order that neither overlap nor touch."""
    spans: dict[Link, list[Span]] = {}
    for outage in silent:
        for link in outage.links:
            spans.setdefault(link, []).append((outage.start, outage.end))
    return {link: _united(each) for link, each in spans.items()}


def _united(spans: Iterable[Span]) -> list[Span]:
    found: list[Span] = []
    for first, last in sorted(spans):
        # Both ends belong to a span, so one that begins a nanosecond after another goes on with it.
        if found and first <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(found[-1][1], last))
        else:
            found.append((first, last))
    return found


def _silenced(contacts: list[Contact], silences: dict[Link, list[Span]]) -> list[Contact]:
    if not silences:
        return contacts
    begins = min([spans[0][0] for spans in silences.values()])
    ends = max([spans[-1][1] for spans in silences.values()])
    taken: set[int] = set()
    kept: list[Contact] = []
    for contact in contacts:
        # A storm of weeks touches few of the contacts of decades: most need not even be looked up by link.
        if contact.start > ends or contact.end < begins:
            kept.append(contact)
            continue
        spans = silences.get((contact.from_node, contact.to_node), ())
        if any(first <= contact.end and last >= contact.start for first, last in spans):
            # Ids of all others are needed only where a contact is cut, and its parts get new ones.
            taken = taken or {each.id for each in contacts}
            kept += _parts(contact, spans, taken)
        else:
            kept.append(contact)
    return kept


def _parts(contact: Contact, spans: Iterable[Span], taken: set[int]) -> list[Contact]:
    """Return what sticks out of silent spans, whose ends both belong to them."""
    found: list[Contact] = []
    start = contact.start

    def keep(end: int) -> None:
        if end < start:
            return
        # By the part's own start, not by its place: another outage before it must not rename it.
        id = contact.id if start == contact.start else _id(f"part {contact.id} {start}", taken)
        found.append(clipped(contact, id, start, end))

    for first, last in spans:
        if last >= start and first <= contact.end:
            keep(first - 1)
            start = last + 1
    keep(contact.end)
    return found


def _notice(outage: Outage) -> Notice:
    nodes = tuple(sorted({node for link in outage.links for node in link}))
    return Notice(outage.start, outage.end, nodes, outage.text)


def _id(named: str, taken: set[int]) -> int:
    """Return an id that no contact has, from the name of a contact."""
    id = 2**52 + int.from_bytes(hashlib.sha256(named.encode()).digest()[:8], "big") % 2**52
    # Names are taken in canonical order, so the same one moves on at every node.
    while id in taken:
        id += 1
    taken.add(id)
    return id


def revised(outage: Outage, held: Sequence[Amendment]) -> tuple[Change, ...]:
    """Return the changes by which an outage takes the place of what is held about the same one.

    The same outage has the same links, start and text; only its end is another. What tells of it is
    retracted, whoever said it, and whatever else that said is said again. Nothing is returned where what
    is held says already what the outage says.
    """
    before = [each for each in in_force(held) if any(_same(outage, c) for c in each.changes)]
    if any(outage in each.changes for each in before) and len(before) == 1:
        return ()
    kept = (c for each in before for c in each.changes if not isinstance(c, Retracted))
    # Each once, in order: two authors may have said the same.
    others = dict.fromkeys(change for change in kept if not _same(outage, change))
    return (*(Retracted(*each.id) for each in before), *others, outage)


def _same(outage: Outage, other: Change) -> bool:
    return isinstance(other, Outage) and replace(other, end=outage.end) == outage
