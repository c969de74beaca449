"""A mailbox: one person, or one vehicle, at one address, with all that it wrote and received.

It keeps its own copy of every letter that it wrote, always, whatever becomes of the bundles.
A letter's text is saved once; what is known about its course, at each change. Letters lie in the store
and are found by its index (`records.py`); in memory are the letters that are open, a line for each
correspondent, and the telemetry.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
from msgspec.structs import replace

from starlight.errors import InputError, StoreError
from starlight.mailboxes import stored_format
from starlight.mailboxes.bodies import Bodies
from starlight.mailboxes.decoded import DecodedRecords
from starlight.mailboxes.mailbox_index import MailboxIndex
from starlight.mailboxes.part_states import PartStates
from starlight.mailboxes.records import CARRIER, INDEX
from starlight.mailboxes.stored_format import Card, StoredLetter
from starlight.mailboxes.telemetry_log import TelemetryLog
from starlight.messages.conversation import Conversation, Page
from starlight.messages.delivery import Received
from starlight.messages.dispatch import Sent
from starlight.messages.letter import Content, Letter
from starlight.messages.letter_view import LetterView, letter_view, part_view
from starlight.messages.parts import Part
from starlight.node.application import Save


class MailboxLimits(msgspec.Struct, frozen=True):
    """Limits of what a post office and its mailboxes hold.

    Attributes:
        mailboxes: on one node: a base, its vehicles and the whole crew, ten times over.
        letters: in one mailbox: twenty a day for fifty years come to 365 000.
        letter_bytes: of text in one mailbox: what a small computer's disk can spare.
        vehicles: whose telemetry one mailbox keeps.
        readings: of one vehicle: at one every ten minutes, almost two days. Older ones make room.
    """

    mailboxes: int = 256
    letters: int = 400_000
    letter_bytes: int = 256 * 2**20
    vehicles: int = 64
    readings: int = 256


class Mailbox:
    """One person at one address.

    Each change returns the saves that make it durable; what is changed can be read at once.

    Args:
        address: the endpoint id as text.
        limits: what it holds.
        records: of all mailboxes of the node.
    """

    def __init__(self, address: str, limits: MailboxLimits, records: DecodedRecords) -> None:
        self.address = address
        self.person = ""
        self.opened_at: int | None = None
        self.is_open = False
        self.telemetry = TelemetryLog(address, records, limits.vehicles, limits.readings)
        self._limits = limits
        self._decoded = records
        self._records = records.records
        self.index = MailboxIndex(address, self._records)
        self.bodies = Bodies(address, records)
        self.parts = PartStates(address, records)
        self._open: dict[str, tuple[str, Sent]] = {}  # letters of which something is still foreseen
        records.watch(address, self._was_set_aside)

    def load(self) -> None:
        """Take up what the records hold, from the index: no letter is read.

        Raises:
            StoreError: the disk can't be read.
        """
        data = self._records.get(self.address, "mailbox")
        if data is not None:
            try:
                card = stored_format.CARD.decode(data)
            except StoreError as error:
                # Closed and without a name, as long as nobody opens it again; its letters are all there.
                self._decoded.set_aside(self.address, "mailbox", str(error))
            else:
                self.person, self.opened_at, self.is_open = card.person, card.opened_at, card.is_open
        self.telemetry.load()
        self.index.load()
        for entry in self._records.marked(self.address, "open"):
            sent = self._decoded.sent(self.address, entry.id)
            if sent is not None:
                self._open[entry.id] = (entry.correspondent, sent)

    # Changes.

    def set_card(self, person: str, opened_at: int, is_open: bool) -> Save:
        """Set whose it is, since when, and whether it takes what is addressed to it."""
        self.person, self.opened_at, self.is_open = person, opened_at, is_open
        data = stored_format.CARD.encode(Card(person, opened_at, is_open))
        return self._put(Save(self.address, "mailbox", data))

    def put_letter(self, letter: Letter, stored: StoredLetter) -> list[Save]:
        """Keep a letter, written or received, as it travels."""
        saves = [self._decoded.put_letter(self.address, letter, stored)]
        if not self.index.has(letter.id):
            saves += self.index.add(letter)
        return saves

    def put_sent(self, letter_id: str, sent: Sent) -> list[Save]:
        """Keep what is known about the course of a letter that was written here."""
        before = self.sent(letter_id)
        known = {copy.key for copy in before.copies} if before else set()
        saves = [self._decoded.put_sent(self.address, letter_id, sent)]
        # What the node tells, it tells of a bundle, perhaps years later: so its letter is found by that.
        for copy in sent.copies:
            if copy.key not in known:
                saves.append(self._put(Save(self.address, CARRIER + copy.key, letter_id.encode())))
        entry = self.index.entry(letter_id)
        # Each step asks for what is open, so that is kept in memory whole; all else is read when it is shown.
        if sent.is_open:
            self._open[letter_id] = (entry.correspondent, sent)
        else:
            self._open.pop(letter_id, None)
        return saves + self.index.change(entry, replace(entry, number=sent.number, open=sent.is_open))

    def put_received(self, letter_id: str, received: Received) -> list[Save]:
        """Keep what is known about a letter that came here."""
        save = self._decoded.put_received(self.address, letter_id, received)
        entry = self.index.entry(letter_id)
        now = replace(entry, owed=received.is_waited_on, unread=received.read_at is None)
        return [save, *self.index.change(entry, now)]

    def _put(self, save: Save) -> Save:
        self._records.put(save)
        return save

    # Reading.

    def carried(self, bundle: str) -> str | None:
        """Return the id of the letter that a bundle carries, or None when it carries none of this mailbox."""
        data = self._records.get(self.address, CARRIER + bundle)
        try:
            return None if data is None else data.decode()
        except UnicodeDecodeError as error:
            self._decoded.set_aside(self.address, CARRIER + bundle, str(error))
            return None

    def letter(self, letter_id: str) -> Letter | None:
        """Return a letter, or None when it is not here, or can't be read and is set aside.

        Raises:
            StoreError: the disk can't be read, here and wherever letters are read.
        """
        return self._decoded.letter(self.address, letter_id)

    def letter_from(self, author: str, id: str) -> Letter | None:
        """Return the letter that its author knows by an id, or None when it is not here."""
        for name in (id, f"{author}/{id}"):
            letter = self.letter(name)
            if letter is not None and letter.sender == author and letter.content is Content.LETTER:
                return letter
        return None

    def part_bytes(self, letter_id: str, number: int) -> tuple[Part, Iterator[bytes]]:
        """Return a part of a letter, and its bytes, a chunk at a time.

        Raises:
            InputError: there is no such part, or it is not here whole.
        """
        letter = self.letter(letter_id)
        if letter is None or not 0 <= number < len(letter.parts):
            raise InputError(f"no part {number} of letter {letter_id!r} here", where="part")
        part = letter.parts[number]
        if part.data is not None:
            return part, iter((part.data,))
        state = self.parts.get(letter_id, number)
        if state is None or state.arrived_at is None:
            here = state.bytes_here if state else 0
            raise InputError(
                f"{here} of its {part.size} bytes are here", where="part", right="Wait for the rest"
            )
        return part, self.bodies.read(state.reference, state.chunks)

    def count_bytes(self, letter_id: str, count: int) -> list[Save]:
        """Count bytes of parts that lie beside a letter towards the mailbox's room."""
        entry = self.index.entry(letter_id)
        return self.index.change(entry, replace(entry, text_bytes=entry.text_bytes + count))

    def id_of_author(self, letter_id: str) -> str:
        """Return the id by which the author of a letter knows it, which may be taken in this mailbox."""
        letter = self.letter(letter_id)
        if letter is None or letter.format == 1:
            return letter_id
        return letter_id.removeprefix(f"{letter.sender}/")

    def sent(self, letter_id: str) -> Sent | None:
        """Return what is known about the course of a letter, or None when it was not written here."""
        open_one = self._open.get(letter_id)
        return open_one[1] if open_one else self._decoded.sent(self.address, letter_id)

    def received(self, letter_id: str) -> Received | None:
        """Return what is known about a letter that came here, or None when it did not."""
        return self._decoded.received(self.address, letter_id)

    def written(self, letter_id: str) -> tuple[Letter, Sent] | None:
        """Return a letter that was written here, and what is known about its course; None without either."""
        letter, sent = self.letter(letter_id), self.sent(letter_id)
        return (letter, sent) if letter is not None and sent is not None else None

    def delivery(self, letter_id: str) -> Sent:
        """Return what is known about the course of a letter that was written here."""
        sent = self.sent(letter_id)
        if sent is None:
            raise StoreError(f"{self.address} sent/{letter_id}: no such letter was written here")
        return sent

    def open_letters(self) -> list[tuple[str, str, Sent]]:
        """Return the letters of which something is still foreseen: id, correspondent, what is known."""
        return [(id, correspondent, sent) for id, (correspondent, sent) in self._open.items()]

    def owing(self) -> list[str]:
        """Return the ids of the letters for which a receipt is owed."""
        return [entry.id for entry in self._records.marked(self.address, "owed")]

    def correspondent(self, letter: Letter) -> str:
        """Return the other end of a letter."""
        return letter.to if letter.sender == self.address else letter.sender

    def has_room(self) -> bool:
        """Return whether another letter can be kept."""
        room = self.index.text_bytes() < self._limits.letter_bytes
        return room and self.index.letters() < self._limits.letters

    def conversations(self) -> list[Conversation]:
        """Return the conversations with everyone whom letters went to or came from, the latest first."""
        return self.index.conversations()

    def page(self, correspondent: str, before: str | None = None, limit: int = 50) -> Page:
        """Return letters to and from an address, in the order in which both ends show them.

        Args:
            correspondent: the address.
            before: the id of a letter in this conversation; those before it are returned. None for the last.
            limit: how many at most.

        Raises:
            InputError: no such letter in this conversation.
        """
        end = None
        if before is not None:
            entry = self._records.entry(self.address, before)
            if entry is None or entry.correspondent != correspondent:
                raise InputError(f"no letter {before!r} in this conversation", where="before")
            end = entry.order
        entries = self._records.page(self.address, correspondent, end, limit + 1)
        shown = entries[-limit:] if limit > 0 else []
        letters = [self.letter(entry.id) for entry in shown]
        return Page([letter for letter in letters if letter is not None], len(entries) > len(shown))

    def unread(self) -> list[str]:
        """Return the ids of the letters received and not yet read, in order."""
        return [entry.id for entry in self._records.marked(self.address, "unread")]

    def inbox(self) -> list[Letter]:
        """Return all letters received, one correspondent's after the other's; it reads them all."""
        return [
            letter
            for conversation in self.conversations()
            for letter in self.page(conversation.correspondent, limit=conversation.letters).letters
            if self.received(letter.id) is not None
        ]

    def letter_view(self, letter_id: str, now: int) -> LetterView:
        """Return a letter as it stands at a time in ns.

        Raises:
            InputError: no such letter here.
        """
        letter = self.letter(letter_id)
        if letter is None:
            raise InputError(f"no letter {letter_id!r} here", where="letter")
        sent = self.sent(letter_id)
        view = letter_view(letter, sent, self.received(letter_id), now)
        # Where its course is not known, that may be set aside; whose letter it is, it says itself.
        mine = sent is not None or letter.sender == self.address
        dispatches = {each.part: each for each in sent.parts} if sent is not None else {}
        parts = tuple(
            part_view(number, part, self.parts.get(letter_id, number), dispatches.get(number))
            for number, part in enumerate(letter.parts)
        )
        return replace(view, mine=mine, parts=parts, reply_to=self.index.entry(letter_id).reply_to)

    def _was_set_aside(self, key: str) -> None:
        """Let go of a letter that can't be read; of one whose course can't be read, the letter stays."""
        kind, _, letter_id = key.partition("/")
        if kind not in ("letter", "sent", "received"):
            return
        self._open.pop(letter_id, None)
        entry = self._records.entry(self.address, letter_id)
        if entry is None:
            return
        if kind == "letter":
            # Out of the index first, so that what is set aside with it finds nothing to change there. When it
            # can be read again, all of it comes back; when it comes once more, it is a new one.
            self.index.remove(entry)
            self._decoded.set_aside(self.address, INDEX + letter_id, "its letter is set aside")
            for other in ("sent", "received"):
                if self._records.get(self.address, f"{other}/{letter_id}") is not None:
                    self._decoded.set_aside(self.address, f"{other}/{letter_id}", "its letter is set aside")
            return
        unmarked = {"open": False} if kind == "sent" else {"owed": False, "unread": False}
        self.index.change(entry, replace(entry, **unmarked))
        self._decoded.entry_changed(self.address, letter_id)
