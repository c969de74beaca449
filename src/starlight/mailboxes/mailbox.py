"""A mailbox: one person, or one vehicle, at one address, with all that it wrote and received.

It keeps its own copy of every letter that it wrote, always, whatever becomes of the bundles.
A letter's text is saved once; what is known about its course, at each change: of those written here in
`outgoing_letters.py`, of those that came in `incoming_letters.py`. Letters lie in the store and are found by
its index (`records.py`); in memory are the letters that are open, a line for each correspondent, and the
telemetry.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import msgspec
from msgspec.structs import replace

from starlight.errors import InputError
from starlight.mailboxes import stored_format
from starlight.mailboxes.announcements import Announcements
from starlight.mailboxes.bodies import Bodies
from starlight.mailboxes.client_keys import ClientKeys
from starlight.mailboxes.copies import counts_as_copy
from starlight.mailboxes.decoded import DecodedRecords
from starlight.mailboxes.distress_calls import DistressCalls
from starlight.mailboxes.given_addresses import GivenAddresses
from starlight.mailboxes.hidden_correspondents import HiddenCorrespondents
from starlight.mailboxes.incoming_letters import IncomingLetters
from starlight.mailboxes.kept_settings import KeptSettings
from starlight.mailboxes.known_groups import KnownGroups, LettersOutside
from starlight.mailboxes.letter_marks import Marks
from starlight.mailboxes.mailbox_index import MailboxIndex
from starlight.mailboxes.opening_letters import OpeningLetters
from starlight.mailboxes.outgoing_letters import OutgoingLetters
from starlight.mailboxes.part_room import PartRoom
from starlight.mailboxes.part_states import PartStates
from starlight.mailboxes.program_letters import ProgramLetters
from starlight.mailboxes.records import INDEX, PART
from starlight.mailboxes.refused_messages import RefusedMessages
from starlight.mailboxes.shown_letter import shown_letter
from starlight.mailboxes.stored_format import Card, StoredLetter
from starlight.mailboxes.telemetry_log import TelemetryLog
from starlight.mailboxes.topics import Topics
from starlight.mailboxes.unnamed_uploads import UnnamedUploads
from starlight.mailboxes.unopened_letters import UnopenedLetters
from starlight.messages.conversation import Conversation, Page, correspondent_of
from starlight.messages.delivery import Received
from starlight.messages.dispatch import Sent
from starlight.messages.group import Group
from starlight.messages.letter import Letter
from starlight.messages.letter_view import LetterView
from starlight.node.application import Erase, Save


class MailboxLimits(msgspec.Struct, frozen=True):
    """Limits of what a post office and its mailboxes hold.

    Attributes:
        mailboxes: on one node: a base, its vehicles and the whole crew, ten times over.
        letters: in one mailbox: twenty a day for fifty years come to 365 000.
        letter_bytes: of text in one mailbox: what a small computer's disk can spare.
        vehicles: whose telemetry one mailbox keeps.
        readings: of one vehicle: at one every ten minutes, almost two days. Older ones make room.
        part_bytes: of parts beside letters in one mailbox: sixteen films as large as may be. Letters have
            room of their own.
        unfinished_bytes: of parts that one correspondent has begun and not ended: two films at a time.
        uploads: to one mailbox that no letter names yet: a day's pictures.
        refused: messages that were not taken and are kept: more than a person looks at.
        refused_bytes: of them in one mailbox: a few of the largest that there are, and all the others.
        part_bytes_of: by address, of parts in one mailbox where that is set (the node's file).
    """

    mailboxes: int = 256
    letters: int = 400_000
    letter_bytes: int = 256 * 2**20
    vehicles: int = 64
    readings: int = 256
    part_bytes: int = 4 * 2**30
    unfinished_bytes: int = 512 * 2**20
    uploads: int = 64
    refused: int = 256
    refused_bytes: int = 16 * 2**20
    part_bytes_of: Mapping[str, int] = {}


class Mailbox:
    """One person at one address.

    Each change returns the saves that make it durable; what is changed can be read at once.

    Args:
        address: the endpoint id as text.
        limits: what it holds.
        records: of all mailboxes of the node.
        groups: that the node's file declares, by id.

    Attributes:
        address, person: whose it is, for nodes and for people.
        opened_at, is_open: since when it is there, in ns, or None; and whether it takes what comes.
        index: its letters' entries.
        outgoing, incoming: what is known of the letters that were written here, and of those that came.
        parts, bodies: what is here of parts that travel on their own, and their bytes.
        telemetry: the last readings of vehicles.
        keys: under which clients wrote letters here.
        refused: what came and was not taken.
        given: the addresses of those whom letters were recorded for before they had one.
        opening: what was written here and opens later at its readers' end.
        unopened: what came and is hidden from its reader until it opens.
        groups: that are known here.
        topics: named threads in its conversations.
        marks: what letters do to others, and reminders.
        announcements: those that have not been read.
        programs: letters that brought what programs made.
        hidden: who is not in the list of correspondents, until something new comes.
        settings: what its owner has chosen for the pages that show it.
    """

    def __init__(
        self,
        address: str,
        limits: MailboxLimits,
        records: DecodedRecords,
        groups: Mapping[str, Group] = MappingProxyType({}),
    ) -> None:
        self.address = address
        self.person = ""
        self.opened_at: int | None = None
        self.is_open = False
        self.telemetry = TelemetryLog(address, records, limits.vehicles, limits.readings)
        self._limits = limits
        self._decoded = records
        self._records = records.records
        self.index = MailboxIndex(address, self._records)
        self.outgoing = OutgoingLetters(self.index, records)
        self.incoming = IncomingLetters(self.index, records)
        self.bodies = Bodies(address, records)
        self.parts = PartStates(address, records)
        room = limits.part_bytes_of.get(address, limits.part_bytes)
        self.part_room = PartRoom(address, records, room, min(room, limits.unfinished_bytes))
        self.uploads = UnnamedUploads(address, records, self.bodies, self.part_room, limits.uploads)
        self.keys = ClientKeys(address, records)
        self.given = GivenAddresses(address, records)
        self.opening = OpeningLetters(address, records)
        self.unopened = UnopenedLetters(address, records)
        self.hidden = HiddenCorrespondents(address, records)
        self.groups = KnownGroups(address, records, groups)
        self.outside = LettersOutside(address, records)
        self.topics = Topics(address, records)
        self.marks = Marks(address, records)
        self.announcements = Announcements(address, self.index, records)
        self.programs = ProgramLetters(address, records)
        self.calls = DistressCalls(address, records)
        self.settings = KeptSettings(address, records)
        self.refused = RefusedMessages(address, records, limits.refused, limits.refused_bytes)
        records.asides.watch(address, self._was_set_aside)

    def load(self) -> None:
        """Take up what the records hold, from the index: no letter is read.

        Raises:
            StoreError: the disk can't be read.
        """
        card = self._decoded.read(self.address, "mailbox", stored_format.CARD)
        # Where it is damaged: closed and without a name, until somebody opens it; its letters are all there.
        if card is not None:
            self.person, self.opened_at, self.is_open = card.person, card.opened_at, card.is_open
        self.telemetry.load()
        self.groups.load()
        self.unopened.load()
        self.index.load()
        self.outgoing.load()

    # Changes.

    def set_card(self, person: str, opened_at: int, is_open: bool) -> Save:
        """Set whose it is, since when, and whether it takes what is addressed to it."""
        self.person, self.opened_at, self.is_open = person, opened_at, is_open
        card = Save(self.address, "mailbox", stored_format.CARD.encode(Card(person, opened_at, is_open)))
        self._records.put(card)
        return card

    def put_letter(
        self, letter: Letter, stored: StoredLetter, now: int, *, correspondent: str = ""
    ) -> list[Save]:
        """Keep a letter, written or received, as it travels.

        Args:
            letter, stored: what it means, and as it travels.
            now: by our clock, in ns.
            correspondent: the other end, of a letter from another mailbox of the same person, or to a group
                by somebody who is not known to be in it; else as it says.
        """
        saves = [self._decoded.put_letter(self.address, letter, stored)]
        if not self.index.has(letter.id):
            saves += self.index.add(letter, now, correspondent)
            # Who is not in a group names none of its topics.
            if letter.group and correspondent == letter.sender != self.address:
                saves.append(self.outside.note(letter))
            else:
                saves += self.topics.note(letter, self.index.entry(letter.id).written_at)
            saves += self.marks.note(letter, is_copy=counts_as_copy(self, letter))
            saves += self.announcements.note(letter)
            saves += self.programs.note(letter)
            saves += self.hidden.show(correspondent or correspondent_of(letter, self.address))
        return saves

    def readdress(self, letter: Letter, stored: StoredLetter) -> list[Save]:
        """Keep a letter that was recorded for a name, now that it has an address, in that conversation."""
        saves = [self._decoded.put_letter(self.address, letter, stored)]
        saves += self.index.move(letter, letter.written_at, correspondent_of(letter, self.address))
        return saves + self.hidden.show(correspondent_of(letter, self.address))

    def move_to_group(self, letter: Letter) -> list[Save | Erase]:
        """Put a letter that stands with its author into the group that it was written to."""
        received = self.received(letter.id)
        came_at = letter.written_at if received is None else received.arrived_at
        requests: list[Save | Erase] = [*self.index.move(letter, came_at, letter.group)]
        requests += self.topics.note(letter, self.index.entry(letter.id).written_at)
        requests += self.outside.forget(letter)
        return [*requests, *self.hidden.show(letter.group)]

    def erase(self, letter_id: str) -> list[Save | Erase]:
        """Erase a letter with all that is known of it, and its parts; return what makes that durable.

        When it came stays: a copy that comes later is known by that, and not taken for a new letter.
        """
        letter, entry = self.letter(letter_id), self.index.entry(letter_id)
        requests: list[Save | Erase] = []
        for number in range(len(letter.parts) if letter is not None else 0):
            state = self.parts.get(letter_id, number)
            if state is not None:
                requests += self.bodies.erase(state.reference, state.chunks)
                requests.append(self.part_room.keep(-state.bytes_here))
                requests.append(self._decoded.erase(self.address, f"{PART}{letter_id}/{number}"))
        requests += self.outside.forget(letter) if letter is not None else []
        requests += self.outgoing.erase(letter_id)
        self.index.remove(entry)
        requests.append(self._decoded.erase(self.address, f"letter/{letter_id}"))
        requests.append(self._decoded.erase(self.address, INDEX + letter_id))
        requests += self.marks.erase(letter_id)
        if entry.thread and not self._records.page(self.address, entry.correspondent, None, 1, entry.thread):
            requests += self.topics.erase(entry.thread)
        return requests

    # Reading.

    def letter(self, letter_id: str) -> Letter | None:
        """Return a letter, or None when it is not here, or can't be read and is set aside.

        Raises:
            StoreError: the disk can't be read, here and wherever letters are read.
        """
        return self._decoded.letter(self.address, letter_id)

    def stored(self, letter_id: str) -> StoredLetter | None:
        """Return a letter as it travelled, or None when it is not here."""
        return self._decoded.read(self.address, f"letter/{letter_id}", stored_format.LETTER)

    def sent(self, letter_id: str) -> Sent | None:
        """Return what is known about the course of a letter, or None when it was not written here."""
        return self.outgoing.get(letter_id)

    def received(self, letter_id: str) -> Received | None:
        """Return what is known about a letter that came here, or None when it did not."""
        return self.incoming.get(letter_id)

    def has_room(self) -> bool:
        """Return whether another letter can be kept."""
        room = self.index.text_bytes() < self._limits.letter_bytes
        return room and self.index.letters() < self._limits.letters

    @property
    def limits(self) -> MailboxLimits:
        """Return what it holds at most."""
        return self._limits

    @property
    def set_aside(self) -> int:
        """Return how many of its records can't be read, and are set aside."""
        return self._records.asides(self.address)

    def conversations(self) -> list[Conversation]:
        """Return the conversations with everyone whom letters went to or came from, the latest first."""
        return self.index.conversations()

    def page(
        self,
        correspondent: str,
        before: str | None = None,
        limit: int = 50,
        *,
        through: str | None = None,
        topic: str | None = None,
    ) -> Page:
        """Return letters to and from an address, in the order in which both ends show them.

        Args:
            correspondent: the address.
            before: the id of a letter in this conversation; those before it are returned. None for the last.
            limit: how many at most.
            through: the id of a letter in this conversation; it, and those before it, are returned.
            topic: the id of a topic; letters of others are left out. None for all.

        Raises:
            InputError: no such letter in this conversation.
        """
        end = None
        for where, last in (("before", before), ("through", through)):
            if last is None:
                continue
            entry = self._records.entry(self.address, last)
            if entry is None or entry.correspondent != correspondent:
                raise InputError(f"no letter {last!r} in this conversation", where=where)
            # Its own key and a zero byte: no bytes sort between the two.
            end = entry.order if where == "before" else entry.order + b"\x00"
        entries = self._records.page(self.address, correspondent, end, limit + 1, topic)
        shown = entries[-limit:] if limit > 0 else []
        letters = [self.letter(entry.id) for entry in shown]
        return Page([letter for letter in letters if letter is not None], len(entries) > len(shown))

    def unread(self) -> list[str]:
        """Return the ids of the letters received and not yet read, in order."""
        return self.incoming.unread()

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
        return shown_letter(self, letter_id, now)

    def _was_set_aside(self, key: str) -> None:
        """Let go of a letter that can't be read; of one whose course can't be read, the letter stays."""
        kind, _, letter_id = key.partition("/")
        if kind not in ("letter", "sent", "received"):
            return
        self.outgoing.was_set_aside(letter_id)
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
        self._decoded.asides.entry_changed(self.address, letter_id)
