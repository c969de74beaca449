"""A mailbox: one person, or one vehicle, at one address, with all that it wrote and received.

It keeps its own copy of every letter that it wrote, always, whatever becomes of the bundles.
Each change returns the `Save` that makes it durable; restoring those, in any order, rebuilds
the mailbox. A letter's text is saved once; what is known about its way, at each change.
"""

from __future__ import annotations

import msgspec

from starlight.errors import InputError, LetterError, StoreError
from starlight.messages.delivery import Received, Sent
from starlight.messages.earlier import decode_sent
from starlight.messages.letter import Letter, Telemetry, decode_message
from starlight.messages.letter_view import LetterView, letter_view
from starlight.messages.threads import in_order
from starlight.node.application import Save


class MailboxLimits(msgspec.Struct, frozen=True):
    """What a post office and its mailboxes hold.

    Attributes:
        mailboxes: on one node: a base, its vehicles and the whole crew, ten times over.
        letters: in one mailbox: twenty a day for fifty years come to 365 000.
        letter_bytes: of text in one mailbox, which lies in memory: what a small computer can spare.
        vehicles: whose telemetry one mailbox keeps.
        readings: of one vehicle: at one every ten minutes, almost two days. Older ones make room.
    """

    mailboxes: int = 256
    letters: int = 400_000
    letter_bytes: int = 256 * 2**20
    vehicles: int = 64
    readings: int = 256


class KeptTelemetry(msgspec.Struct, frozen=True):
    """Telemetry as a mailbox keeps it.

    Attributes:
        number: counts the readings of its vehicle.
        received_at: when it was known here, in ns.
        payload: the telemetry as it came.
    """

    number: int
    received_at: int
    payload: bytes


class _Card(msgspec.Struct, frozen=True):
    """Who a mailbox belongs to, as it is saved."""

    person: str
    opened_at: int
    is_open: bool


class Mailbox:
    """One person at one address.

    Args:
        address: the endpoint id as text.
        limits: what it holds.
    """

    def __init__(self, address: str, limits: MailboxLimits) -> None:
        self.address = address
        self.person = ""
        self.opened_at: int | None = None
        self.is_open = False
        self.letters: dict[str, Letter] = {}
        self.sent: dict[str, Sent] = {}
        self.received: dict[str, Received] = {}
        self.counter = 0
        self.letter_bytes = 0
        self._limits = limits
        self._telemetry: dict[str, dict[int, tuple[KeptTelemetry, Telemetry]]] = {}
        self._order: dict[str, list[Letter]] = {}

    # Changes.

    def set_card(self, person: str, opened_at: int, is_open: bool) -> Save:
        """Set whose it is, since when, and whether it takes what is addressed to it."""
        self.person, self.opened_at, self.is_open = person, opened_at, is_open
        return self._save("mailbox", _Card(person, opened_at, is_open))

    def put_letter(self, letter: Letter) -> Save:
        """Keep a letter, written or received."""
        self._keep_letter(letter)
        return Save(self.address, f"letter/{letter.id}", letter.encode())

    def put_sent(self, letter_id: str, sent: Sent) -> Save:
        """Keep what is known about the way of a letter that was written here."""
        self.sent[letter_id] = sent
        self.counter = max(self.counter, sent.number)
        return self._save(f"sent/{letter_id}", sent)

    def put_received(self, letter_id: str, received: Received) -> Save:
        """Keep what is known about a letter that came here."""
        self.received[letter_id] = received
        return self._save(f"received/{letter_id}", received)

    def put_telemetry(self, telemetry: Telemetry, payload: bytes, now: int) -> Save | None:
        """Keep telemetry in place of the vehicle's oldest; None when it is here already.

        Raises:
            InputError: no room for another vehicle.
        """
        kept = self._telemetry.get(telemetry.vehicle, {})
        if any((t.time, t.kind) == (telemetry.time, telemetry.kind) for _, t in kept.values()):
            return None
        if not kept and len(self._telemetry) >= self._limits.vehicles:
            raise InputError(f"telemetry of {self._limits.vehicles} vehicles is kept, not of more")
        number = max((k.number for k, _ in kept.values()), default=0) + 1
        record = KeptTelemetry(number, now, payload)
        slot = number % self._limits.readings
        self._telemetry.setdefault(telemetry.vehicle, {})[slot] = (record, telemetry)
        return self._save(f"telemetry/{slot}/{telemetry.vehicle}", record)

    def restore(self, key: str, data: bytes) -> None:
        """Take back what was saved under a key; in any order.

        Raises:
            StoreError: it is not what a mailbox saves.
        """
        kind, _, rest = key.partition("/")
        try:
            if kind == "mailbox":
                card = msgspec.msgpack.decode(data, type=_Card)
                self.person, self.opened_at, self.is_open = card.person, card.opened_at, card.is_open
            elif kind == "letter":
                letter = decode_message(data)
                if not isinstance(letter, Letter):
                    raise StoreError(f"{self.address} {key}: not a letter")
                self._keep_letter(letter)
            elif kind == "sent":
                self.put_sent(rest, decode_sent(data))
            elif kind == "received":
                self.received[rest] = msgspec.msgpack.decode(data, type=Received)
            elif kind == "telemetry":
                slot, _, vehicle = rest.partition("/")
                record = msgspec.msgpack.decode(data, type=KeptTelemetry)
                telemetry = decode_message(record.payload)
                if not isinstance(telemetry, Telemetry):
                    raise StoreError(f"{self.address} {key}: not telemetry")
                self._telemetry.setdefault(vehicle, {})[int(slot)] = (record, telemetry)
            else:
                raise StoreError(f"{self.address} {key}: no such kind of record")
        except (msgspec.DecodeError, LetterError, ValueError) as error:
            raise StoreError(f"{self.address} {key}: {error}") from error

    def _keep_letter(self, letter: Letter) -> None:
        if letter.id not in self.letters:
            self.letter_bytes += len(letter.text.encode())
        self.letters[letter.id] = letter
        self._order.pop(self.correspondent(letter), None)

    def _save(self, key: str, record: msgspec.Struct) -> Save:
        return Save(self.address, key, msgspec.msgpack.encode(record))

    # Reading.

    def correspondent(self, letter: Letter) -> str:
        """Return the other end of a letter."""
        return letter.to if letter.sender == self.address else letter.sender

    def has_room(self) -> bool:
        """Return whether another letter can be kept."""
        return len(self.letters) < self._limits.letters and self.letter_bytes < self._limits.letter_bytes

    def correspondents(self) -> list[str]:
        """Return every address that letters went to or came from, in order of their first letter here."""
        return list(dict.fromkeys(self.correspondent(letter) for letter in self.letters.values()))

    def with_correspondent(self, address: str) -> list[Letter]:
        """Return all letters to and from an address, in the order in which both ends show them."""
        order = self._order.get(address)
        if order is None:
            found = (letter for letter in self.letters.values() if self.correspondent(letter) == address)
            order = self._order[address] = in_order(found)
        return list(order)

    def threads(self) -> dict[tuple[str, str], list[Letter]]:
        """Return letters in order by correspondent and thread.

        A thread is told apart by its correspondent too, so that nobody can write into the
        thread of two others.
        """
        found: dict[tuple[str, str], list[Letter]] = {}
        for letter in self.letters.values():
            found.setdefault((self.correspondent(letter), letter.thread), []).append(letter)
        return {key: in_order(found[key]) for key in sorted(found)}

    def inbox(self) -> list[Letter]:
        """Return the letters received, in order."""
        return in_order(self.letters[id] for id in self.received if id in self.letters)

    def unread(self) -> list[str]:
        """Return the ids of the letters received and not yet read, in order."""
        return [letter.id for letter in self.inbox() if self.received[letter.id].read_at is None]

    def vehicles(self) -> list[str]:
        """Return the vehicles whose telemetry is here."""
        return sorted(self._telemetry)

    def readings(self, vehicle: str) -> list[tuple[int, Telemetry]]:
        """Return what is kept of a vehicle, by time of measurement, each with when it was known here."""
        kept = self._telemetry.get(vehicle, {}).values()
        return sorted(
            ((record.received_at, telemetry) for record, telemetry in kept),
            key=lambda pair: (pair[1].time, pair[0]),
        )

    def latest(self, vehicle: str) -> tuple[int, Telemetry] | None:
        """Return the newest measurement of a vehicle and when it was known here; None if there is none."""
        readings = self.readings(vehicle)
        return readings[-1] if readings else None

    def letter_view(self, letter_id: str, now: int) -> LetterView:
        """Return a letter as it stands at a time in ns.

        Raises:
            InputError: no such letter here.
        """
        letter = self.letters.get(letter_id)
        if letter is None:
            raise InputError(f"no letter {letter_id!r} here", where="letter")
        return letter_view(letter, self.sent.get(letter_id), self.received.get(letter_id), now)
