"""The letters that were written in one mailbox: what is known of their courses, and which bundles carry them.

A letter to one person has one course, one to a group one to each node (`messages/course.py`). Here each goes
by its course id, which for the first is the letter's.

Each step of a node asks for what is open, so the course of an open letter is kept in memory whole; that of
all others is read when it is shown.
"""

from __future__ import annotations

from msgspec.structs import replace

from starlight.errors import StoreError
from starlight.mailboxes.decoded import DecodedRecords
from starlight.mailboxes.mailbox_index import MailboxIndex
from starlight.mailboxes.records import CARRIER
from starlight.messages.course import course_id, letter_of_course
from starlight.messages.delivery import DeliveryState
from starlight.messages.dispatch import Sent
from starlight.messages.letter import Letter
from starlight.node.application import Erase, Save


class OutgoingLetters:
    """The course of the letters that were written in one mailbox.

    Args:
        index: of the mailbox.
        records: of all mailboxes of the node.
    """

    def __init__(self, index: MailboxIndex, records: DecodedRecords) -> None:
        self._index = index
        self._mailbox = index.address
        self._decoded = records
        self._records = records.records
        self._open: dict[str, tuple[str, Sent]] = {}  # courses of which something is still foreseen

    def load(self) -> None:
        """Take up those that are open, from the index."""
        for entry in self._records.marked(self._mailbox, "open"):
            for sent in self.courses(entry.id):
                if sent.is_open:
                    self._open[sent.id_of(entry.id)] = (entry.correspondent, sent)

    def put(self, letter_id: str, sent: Sent) -> list[Save]:
        """Keep what is known about a course of a letter that was written here; the id is the letter's."""
        id = sent.id_of(letter_id)
        before = self.get(id)
        known = {copy.key for copy in before.copies} if before else set()
        saves = [self._decoded.put_sent(self._mailbox, id, sent)]
        # What the node tells, it tells of a bundle, perhaps years later: so its letter is found by that.
        for copy in sent.copies:
            if copy.key not in known:
                carrier = Save(self._mailbox, CARRIER + copy.key, id.encode())
                self._records.put(carrier)
                saves.append(carrier)
        entry = self._index.entry(letter_id)
        if sent.is_open:
            self._open[id] = (entry.correspondent, sent)
        else:
            self._open.pop(id, None)
        is_open = sent.is_open or self._is_open(letter_id, sent)
        return saves + self._index.change(entry, replace(entry, number=sent.number, open=is_open))

    def get(self, id: str) -> Sent | None:
        """Return what is known about a course, or None when no such letter was written here."""
        open_one = self._open.get(id)
        return open_one[1] if open_one else self._decoded.sent(self._mailbox, id)

    def courses(self, letter_id: str) -> list[Sent]:
        """Return what is known about all courses of a letter; none when it was not written here."""
        first = self.get(letter_id)
        if first is None:
            return []
        further = (self.get(course_id(letter_id, number)) for number in range(1, first.courses))
        return [first, *(sent for sent in further if sent is not None)]

    def is_withdrawn(self, letter_id: str) -> bool:
        """Return whether a letter was written here and taken back, from each node that it went to."""
        courses = self.courses(letter_id)
        return bool(courses) and all(each.dispatch.state is DeliveryState.WITHDRAWN for each in courses)

    def written(self, id: str) -> tuple[Letter, Sent] | None:
        """Return a letter that was written here as it goes by a course, and what is known of it, or None."""
        letter, sent = self._decoded.letter(self._mailbox, letter_of_course(id)), self.get(id)
        if letter is None or sent is None:
            return None
        return (replace(letter, to=sent.to, readers=sent.readers) if sent.to else letter), sent

    def written_to(self, letter_id: str, reader: str) -> tuple[Letter, Sent] | None:
        """Return a letter as it goes to one of those whom it is for, and what is known of that course.

        None where it was not written here, or is not for that reader.
        """
        for sent in self.courses(letter_id):
            written = self.written(sent.id_of(letter_id))
            if written is not None and reader in (written[0].to, *sent.readers):
                return written
        return None

    def course(self, id: str) -> Sent:
        """Return what is known about a course of a letter that was written here.

        Raises:
            StoreError: nothing is, as it was not, or as that was set aside.
        """
        sent = self.get(id)
        if sent is None:
            raise StoreError(f"{self._mailbox} sent/{id}: no such letter was written here")
        return sent

    def open(self) -> list[tuple[str, str, Sent]]:
        """Return the courses of which something is still foreseen: id, correspondent, what is known."""
        return [(id, correspondent, sent) for id, (correspondent, sent) in self._open.items()]

    def _is_open(self, letter_id: str, changed: Sent) -> bool:
        """Return whether another course of a letter than the one that has changed is open."""
        first = self.get(letter_id)
        count = 1 if first is None else first.courses
        return any(
            course_id(letter_id, number) in self._open for number in range(count) if number != changed.course
        )

    def of_bundle(self, bundle: str) -> str | None:
        """Return the id of the course that a bundle belongs to, or None when it is none of this mailbox."""
        data = self._records.get(self._mailbox, CARRIER + bundle)
        try:
            return None if data is None else data.decode()
        except UnicodeDecodeError as error:
            self._decoded.set_aside(self._mailbox, CARRIER + bundle, str(error))
            return None

    def erase(self, letter_id: str) -> list[Erase]:
        """Erase what is known of all courses of a letter, and which bundles carried it; nothing if it has
        none."""
        erased = []
        for sent in self.courses(letter_id):
            id = sent.id_of(letter_id)
            self._open.pop(id, None)
            erased += [self._decoded.erase(self._mailbox, CARRIER + copy.key) for copy in sent.copies]
            erased.append(self._decoded.erase(self._mailbox, f"sent/{id}"))
        return erased

    def was_set_aside(self, id: str) -> None:
        """Let go of a course that can't be read any more, or whose letter can't."""
        self._open.pop(id, None)
