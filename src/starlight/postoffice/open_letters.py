"""The letters of a node that are open: written there, and something is still foreseen of them.

This is what has to be found without reading a mailbox: when the plan changes, when time passes, and when
the node tells of a bundle. It is kept in memory, and taken up at the start from the index of the records.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from starlight.mailboxes.mailbox import Mailbox
from starlight.messages.course import letter_of_course
from starlight.messages.delivery import WITHDRAWABLE, DeliveryState
from starlight.messages.dispatch import Sent
from starlight.messages.letter import Letter
from starlight.node.application import Save
from starlight.routing import Route


class OpenLetter(NamedTuple):
    """A course of an open letter: the mailbox that wrote it, the course's id, to whom, and what is known."""

    mailbox: Mailbox
    id: str
    to: str
    sent: Sent


class OpenLetters:
    """The open letters of all mailboxes of one node; every change of what is known passes through here.

    Args:
        mailboxes: by address; shared with the post office.
    """

    def __init__(self, mailboxes: Mapping[str, Mailbox]) -> None:
        self._mailboxes = mailboxes
        # By mailbox and course id (`messages/course.py`), to whom.
        self._open: dict[tuple[str, str], str] = {}
        self._queued: dict[tuple[str, str], str] = {}  # those of them of which something waits at this node
        self._held: dict[tuple[str, str], str] = {}  # those that do not leave yet
        # Asked for each correspondent whenever a page is shown, so it is counted as letters go.
        self._here: dict[
            tuple[str, str], set[str]
        ] = {}  # mailbox and correspondent: those that have not left
        # A heap, because the next deadline is asked for after each step; `_due_at` says which still holds.
        self._due: list[tuple[int, str, str]] = []
        self._due_at: dict[tuple[str, str], int] = {}
        # What was booked, in the plan in force, for a bundle that has left, further along its route.
        self._left: dict[str, tuple[Route, ...]] = {}

    def load(self, mailbox: Mailbox) -> None:
        """Follow the open letters of a mailbox that was loaded."""
        for id, correspondent, sent in mailbox.outgoing.open():
            self._follow(mailbox, id, correspondent, sent)

    def put(self, mailbox: Mailbox, letter_id: str, sent: Sent) -> list[Save]:
        """Keep what is known about a course of a letter, by the id of either; follow it while it is open."""
        letter_id = letter_of_course(letter_id)
        saves = mailbox.outgoing.put(letter_id, sent)
        correspondent = mailbox.index.entry(letter_id).correspondent
        self._follow(mailbox, sent.id_of(letter_id), correspondent, sent)
        return saves

    def every(self, address: str | None = None) -> list[OpenLetter]:
        """Return all of them, or those of a mailbox, in the order in which they were first followed."""
        if address is None:
            return self._found(self._open)
        return self._found({at: to for at, to in self._open.items() if at[0] == address})

    def queued(self) -> list[OpenLetter]:
        """Return those of which something waits at this node."""
        return self._found(self._queued)

    def held(self, address: str) -> list[OpenLetter]:
        """Return those of a mailbox that are held."""
        return self._found({at: to for at, to in self._held.items() if at[0] == address})

    def moved(self, address: str, letter_id: str, before: str) -> None:
        """Follow a letter of a mailbox no more as one to the correspondent that it was to before."""
        for at, to in list(self._held.items()):
            if at[0] == address and letter_of_course(at[1]) == letter_id and to == before:
                for known in (self._held, self._open, self._queued):
                    known.pop(at, None)
        self._here.get((address, before), set()).discard(letter_id)

    def letters_here(self, address: str, to: str) -> int:
        """Return how many letters of a mailbox to a correspondent are kept here and have not left."""
        return len({letter_of_course(id) for id in self._here.get((address, to), ())})

    def of_bundle(self, key: str) -> tuple[Mailbox, Letter, Sent] | None:
        """Return the letter that a bundle carries, as it goes by its course, open or not; or None."""
        mailbox = self._mailboxes.get(_source_of(key))
        id = mailbox.outgoing.of_bundle(key) if mailbox else None
        written = mailbox.outgoing.written(id) if mailbox and id is not None else None
        if mailbox is None or written is None:
            return None
        # A damaged record may name another letter: what is told then concerns none.
        letter, sent = written
        return (mailbox, letter, sent) if any(copy.key == key for copy in sent.copies) else None

    def next_due(self) -> int | None:
        """Return when the next of them is due, in ns, or None."""
        due = self._due
        while due and self._due_at.get(due[0][1:]) != due[0][0]:
            heapq.heappop(due)
        return due[0][0] if due else None

    def take_due(self, now: int) -> tuple[Mailbox, str] | None:
        """Return one that is due, by mailbox and course id, and have it due no more; None when none is."""
        due = self.next_due()
        if due is None or due > now:
            return None
        _, address, letter_id = heapq.heappop(self._due)
        del self._due_at[address, letter_id]
        return self._mailboxes[address], letter_id

    def note_booked(self, key: str, routes: Sequence[Route]) -> None:
        """Keep what is booked for a bundle that has just left."""
        self._left[key] = tuple(routes)

    def booked_when_left(self, key: str) -> tuple[Route, ...]:
        """Return what was booked for a bundle when it left, as long as the plan has not changed since."""
        return self._left.get(key, ())

    def forget_booked(self) -> None:
        """Forget what was booked: a new plan has no bookings but of what waits here."""
        self._left.clear()

    def _found(self, which: Mapping[tuple[str, str], str]) -> list[OpenLetter]:
        found = []
        for (address, letter_id), to in which.items():
            mailbox = self._mailboxes[address]
            sent = mailbox.sent(letter_id)
            if sent is not None:  # It may have been set aside since.
                found.append(OpenLetter(mailbox, letter_id, to, sent))
        return found

    def _follow(self, mailbox: Mailbox, id: str, correspondent: str, sent: Sent) -> None:
        at = (mailbox.address, id)
        to = sent.to or correspondent
        if any(each.state is DeliveryState.QUEUED for each in sent.dispatches):
            self._queued[at] = to
        else:
            self._queued.pop(at, None)
        if sent.held is not None and sent.dispatch.state in WITHDRAWABLE:
            self._held[at] = to
        else:
            self._held.pop(at, None)
        if sent.is_open:
            self._open[at] = to
        else:
            self._open.pop(at, None)
            for copy in sent.copies:
                self._left.pop(copy.key, None)
        here = self._here.setdefault((mailbox.address, correspondent), set())
        if sent.dispatch.state in WITHDRAWABLE:
            here.add(id)
        else:
            here.discard(id)
        due = sent.due
        if due is None:
            self._due_at.pop(at, None)
        else:
            self._due_at[at] = due
            heapq.heappush(self._due, (due, *at))


def _source_of(bundle: str) -> str:
    """Return the address in the key of a bundle: that is its source, its creation time and a number."""
    return bundle.rsplit("/", 2)[0]
