"""The contacts that there truly are between the nodes of a virtual world, and the cuts in them."""

from __future__ import annotations

from bisect import bisect_left

from starlight.contacts import Contact, ContactPlan

Direction = tuple[int, int]
"""One direction of a link: from which node to which."""


class _Windows:
    """The contacts of one direction by their ends, and from each on the earliest start."""

    def __init__(self, contacts: list[Contact]) -> None:
        self.contacts = sorted(contacts, key=lambda contact: (contact.end, contact.start, contact.id))
        self.ends = [contact.end for contact in self.contacts]
        # Contacts of a direction may overlap, so ends alone do not say when to stop looking; this does.
        self.earliest = [contact.start for contact in self.contacts]
        for index in range(len(self.earliest) - 2, -1, -1):
            self.earliest[index] = min(self.earliest[index], self.earliest[index + 1])


class TrueContacts:
    """The contacts that there are and the cuts in them: the truth, whatever nodes believe.

    Args:
        plan: the contacts.
    """

    def __init__(self, plan: ContactPlan) -> None:
        self._cuts: dict[Direction, list[tuple[int, int]]] = {}
        self.set_plan(plan)

    def set_plan(self, plan: ContactPlan) -> None:
        """Replace the contacts; cuts stay."""
        self.plan = plan
        self._pairs: dict[Direction, _Windows] = {}
        pairs: dict[Direction, list[Contact]] = {}
        for contact in plan.contacts:
            pairs.setdefault((contact.from_node, contact.to_node), []).append(contact)
        for pair, contacts in pairs.items():
            self._pairs[pair] = _Windows(contacts)

    def cut(self, link: Direction, start: int, end: int) -> None:
        """Let one direction of a link carry nothing from one time to another, both included."""
        self._cuts.setdefault(link, []).append((start, end))
        self._cuts[link].sort()

    def is_cut(self, link: Direction, start: int, end: int) -> bool:
        """Tell whether a cut lies anywhere between two times, both included."""
        return any(start <= over and began <= end for began, over in self._cuts.get(link, ()))

    def opening(self, link: Direction, time: int) -> tuple[int, int] | None:
        """Return when a short signal can leave at or after a time, and when it arrives; None for never."""
        window = self.window(link, time)
        return None if window is None else (window[0], window[0] + window[1].light_time(window[0]))

    def window(self, link: Direction, time: int) -> tuple[int, Contact] | None:
        """Return when a direction is next open, at or after a time, and the contact; None for never."""
        windows = self._pairs.get(link)
        if windows is None:
            return None
        best: tuple[int, Contact] | None = None
        for index in range(bisect_left(windows.ends, time), len(windows.ends)):
            if best is not None and windows.earliest[index] >= best[0]:
                break
            contact = windows.contacts[index]
            leaves = self._uncut(link, max(time, contact.start))
            if leaves <= contact.end and (best is None or leaves < best[0]):
                best = leaves, contact
        return best

    def contact(self, link: Direction, leaves: int, last_byte: int, id: int) -> Contact | None:
        """Return the contact that a transmission lies in, cut or not; None where there is none.

        Args:
            link: from which node to which.
            leaves, last_byte: of the transmission, in ns.
            id: of the contact that is meant where there are several.
        """
        windows = self._pairs.get(link)
        if windows is None:
            return None
        found: Contact | None = None
        for index in range(bisect_left(windows.ends, last_byte), len(windows.ends)):
            if windows.earliest[index] > leaves:
                break
            contact = windows.contacts[index]
            # Where contacts overlap several may hold it, with light times of their own.
            if contact.start <= leaves and (found is None or contact.id == id):
                found = contact
        return found

    def _uncut(self, link: Direction, time: int) -> int:
        # By their starts: the end of one cut may lie in a later one, never in one that was passed.
        for start, end in self._cuts.get(link, ()):
            if start <= time <= end:
                time = end + 1
        return time
