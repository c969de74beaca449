"""The contact plan: every contact that is foreseen, and why some are not.

A plan is a value. A change makes a new plan with a higher version, which a node
takes as an event; so what a node believed at any time can be replayed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

import msgspec

from starlight.contacts.contact import Contact, by_start


class Notice(msgspec.Struct, frozen=True):
    """A notice to people: why contacts are missing or were changed.

    Attributes:
        start, end: the interval that it speaks of, in ns.
        nodes: the nodes that it touches.
        text: the reason, such as ``dust storm over Arsia Mons``.
    """

    start: int
    end: int
    nodes: tuple[int, ...]
    text: str


class ContactPlan(msgspec.Struct, frozen=True):
    """Contacts by start then id, the notices that explain gaps, and a version.

    Attributes:
        contacts: ordered by ``(start, id)``; ids are unique.
        notices: what people are told about silence.
        version: grows with each change.
    """

    contacts: tuple[Contact, ...] = ()
    notices: tuple[Notice, ...] = ()
    version: int = 0

    @classmethod
    def of(cls, contacts: Iterable[Contact], notices: Iterable[Notice] = (), version: int = 0) -> ContactPlan:
        """Return the plan of these contacts, put in order."""
        return cls(tuple(by_start(contacts)), tuple(notices), version)

    def nodes(self) -> list[int]:
        """Return every node number that a contact names, ascending."""
        return sorted({n for c in self.contacts for n in (c.from_node, c.to_node)})

    def between(self, from_node: int, to_node: int) -> list[Contact]:
        """Return the contacts of one direction of a link, by start."""
        return [c for c in self.contacts if c.from_node == from_node and c.to_node == to_node]

    def cut(
        self, links: Collection[tuple[int, int]], start: int, end: int, notice: Notice | None = None
    ) -> ContactPlan:
        """Return a plan in which directed links carry nothing between two times.

        Args:
            links: pairs ``(from node, to node)``.
            start, end: the silent interval in ns, both ends in it; what lies inside it is taken
                out, and a contact that sticks out of it keeps what sticks out. An interval that
                ends before it starts cuts nothing.
            notice: why, for people.
        """
        wanted = set(links)
        # A contact that is cut in two needs a second id, and no id may be used again for something else:
        # bookings, traces and reports name contacts by it.
        fresh = max((c.id for c in self.contacts), default=0) + 1
        kept: list[Contact] = []
        for contact in self.contacts:
            if (
                (contact.from_node, contact.to_node) not in wanted
                or end < start
                or contact.end < start
                or contact.start > end
            ):
                kept.append(contact)
                continue
            before = contact.start < start
            if before:
                # Ends are closed, and the silent interval keeps both of its own: what is left ends one ns
                # before it.
                kept.append(clipped(contact, contact.id, contact.start, start - 1))
            if contact.end > end:
                kept.append(clipped(contact, fresh if before else contact.id, end + 1, contact.end))
                fresh += before
        notices = (*self.notices, notice) if notice else self.notices
        return ContactPlan(tuple(by_start(kept)), notices, self.version + 1)


def clipped(contact: Contact, id: int, start: int, end: int) -> Contact:
    """Return the part of a contact between two times inside it, in ns, under an id."""
    rates = [(max(begin, start), rate) for begin, rate in contact.rates if begin <= end]
    # Of pieces that now begin together, the last is the one that holds at the start.
    while len(rates) > 1 and rates[1][0] <= start:
        rates.pop(0)
    return msgspec.structs.replace(contact, id=id, start=start, end=end, rates=tuple(rates))
