"""The medium between the nodes in virtual time: space hops, the cuts in them, and the way back."""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from starlight.contacts import Contact, ContactPlan
from starlight.links import Acknowledged, Arrived, Failed, SpaceHop
from starlight.node.actions import Transmit
from starlight.node.events import BundleReceived, Event, TransferAcknowledged, TransferFailed, TransferSent

IN_TRANSIT_MAX = 10_000_000
"""Transfers in one direction of a link: what a rehearsal of years holds in memory, a kB each."""


class TransferInTransit(NamedTuple):
    """A transfer that has left.

    Attributes:
        key: the bundle.
        data: its bytes.
        life: which life of the sender's node sent it; a later one knows nothing of it.
        one_way: nobody answers.
        last_byte, reaches: when its last bit leaves, and reaches the peer, in ns.
    """

    key: str
    data: bytes
    life: int
    one_way: bool
    last_byte: int
    reaches: int


class Outcome(NamedTuple):
    """Something that a node is told about a transfer.

    Attributes:
        node: who is told.
        life: which life of the node it concerns; None for any.
        event: what it is told.
    """

    node: int
    life: int | None
    event: Event


class Direction:
    """One direction of a link: its space hop, and the bytes in transit.

    Args:
        from_node, to_node: node numbers.
        way_back: of the reports, as the space hop asks for it.
    """

    def __init__(
        self, from_node: int, to_node: int, way_back: Callable[[int], tuple[int, int] | None]
    ) -> None:
        self.from_node = from_node
        self.to_node = to_node
        self._way_back = way_back
        self.hop = SpaceHop(way_back, max_in_flight=IN_TRANSIT_MAX)
        self.armed: int | None = None
        self.cuts_open = 0
        self._in_transit: dict[int, TransferInTransit] = {}
        self._leaving: list[tuple[int, int]] = []
        self._unanswered: deque[tuple[int, int]] = deque()
        # What the receiver has is still in transit for the sender, until the report has come back.
        self._safe: set[int] = set()  # two-way transfers whose receiver has them
        self._landed: set[int] = set()  # told before their time, as the world ended

    def send(self, order: Transmit, data: bytes, life: int, now: int) -> None:
        """Let a bundle leave."""
        number = self.hop.send(order.key, order.leaves, order.last_byte, order.reaches, one_way=order.one_way)
        self._in_transit[number] = TransferInTransit(
            order.key, data, life, order.one_way, order.last_byte, order.reaches
        )
        if order.one_way:
            self._unanswered.append((order.reaches, number))
        if order.last_byte > now:
            # Only what still leaves can be lost with its sender; without this the list would grow for years.
            self._leaving = [entry for entry in self._leaving if entry[0] > now]
            self._leaving.append((order.last_byte, number))

    def sender_died(self, now: int) -> None:
        """Lose what has not wholly left; what has is in transit, whatever becomes of the sender."""
        for last_byte, number in self._leaving:
            if last_byte > now:
                self.hop.lose(number)
        self._leaving.clear()

    def one_way(self) -> list[bytes]:
        """Return the bundles in transit that nobody will answer."""
        return [sent.data for sent in self._in_transit.values() if sent.one_way]

    def acknowledge(self, transfer: int, now: int) -> None:
        """Take the receiver's word that a transfer is safe."""
        if transfer not in self._landed:
            self.hop.acknowledge(transfer, now)
        if transfer in self._in_transit:
            self._safe.add(transfer)

    def refuse(self, transfer: int, reason: str, now: int) -> None:
        """Take the receiver's word that it does not take a transfer."""
        if transfer not in self._landed:
            self.hop.refuse(transfer, reason, now)

    def land(self, now: int) -> list[Outcome]:
        """Return what the receiver would be told of what has wholly left, were light time imposed on it.

        It has a bundle at once, and hides it until it reaches.
        """
        told: list[Outcome] = []
        for number, sent in self._in_transit.items():
            # What has not wholly left stays with the sender; what a cut ate never arrives.
            if sent.last_byte <= now < sent.reaches and not self.hop.is_eaten(number):
                self._landed.add(number)
                transfer = None if sent.one_way else number
                received = BundleReceived(self.from_node, sent.data, transfer, sent.reaches)
                told.append(Outcome(self.to_node, None, received))
        return told

    def landed(self) -> list[Outcome]:
        """Return what the sender would be told of what the receiver has, and hides until light brings it."""
        told: list[Outcome] = []
        for number in sorted(self._safe):
            sent = self._in_transit[number]
            report = self._way_back(sent.reaches)
            # Without a way back nobody would ever tell it; the receiver has it, so the sender may let go.
            known = sent.reaches if report is None else report[1]
            answer = TransferAcknowledged(sent.key, self.to_node, known)
            told.append(Outcome(self.from_node, sent.life, answer))
        return told

    def outcomes(self, now: int) -> list[Outcome]:
        """Return what has become of transfers until now, in order of time."""
        told: list[Outcome] = []
        for event in self.hop.handle_timer(now):
            number = event.transfer
            sent = self._in_transit[number]
            if isinstance(event, Arrived):
                # Told in any life of the receiver: bits on their way know nothing of its crashes.
                transfer = None if sent.one_way else number
                received = BundleReceived(self.from_node, sent.data, transfer, event.time)
                told.append(Outcome(self.to_node, None, received))
                if sent.one_way:
                    del self._in_transit[number]
                continue
            answer: Event
            if isinstance(event, Acknowledged):
                answer = TransferAcknowledged(sent.key, self.to_node, event.time)
            elif isinstance(event, Failed):
                answer = TransferFailed(sent.key, self.to_node, event.reason, event.refused)
            else:
                answer = TransferSent(sent.key, self.to_node)
            if not sent.one_way:
                del self._in_transit[number]
                self._safe.discard(number)
            told.append(Outcome(self.from_node, sent.life, answer))
        while self._unanswered and self._unanswered[0][0] < now:
            self._in_transit.pop(self._unanswered.popleft()[1], None)  # still there: a cut ate it
        return told


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
        self._cuts: dict[tuple[int, int], list[tuple[int, int]]] = {}
        self.set_plan(plan)

    def set_plan(self, plan: ContactPlan) -> None:
        """Replace the contacts; cuts stay."""
        self.plan = plan
        self._pairs: dict[tuple[int, int], _Windows] = {}
        pairs: dict[tuple[int, int], list[Contact]] = {}
        for contact in plan.contacts:
            pairs.setdefault((contact.from_node, contact.to_node), []).append(contact)
        for pair, contacts in pairs.items():
            self._pairs[pair] = _Windows(contacts)

    def cut(self, link: tuple[int, int], start: int, end: int) -> None:
        """Let one direction of a link carry nothing from one time to another, both included."""
        self._cuts.setdefault(link, []).append((start, end))
        self._cuts[link].sort()

    def opening(self, link: tuple[int, int], time: int) -> tuple[int, int] | None:
        """Return when a short signal can leave at or after a time, and when it arrives; None for never."""
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
        if best is None:
            return None
        return best[0], best[0] + best[1].light_time(best[0])

    def contact(self, link: tuple[int, int], leaves: int, last_byte: int, id: int) -> Contact | None:
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

    def _uncut(self, link: tuple[int, int], time: int) -> int:
        # By their starts: the end of one cut may lie in a later one, never in one that was passed.
        for start, end in self._cuts.get(link, ()):
            if start <= time <= end:
                time = end + 1
        return time
