"""Letters, receipts and telemetry, which people and vehicles send each other, as CBOR.

A payload is one CBOR array ``[mark, version, kind, ...]``:

======  =====================================================================================
kind    the rest of the array
======  =====================================================================================
1       id, thread, from, to, written at, text, reply to or null, receipt wanted
2       ``[[letter id, 1 arrived | 2 read, time], ...]``
3       vehicle, time, kind, ``[latitude, longitude]`` or null, ``{text: number or text}``
======  =====================================================================================

The mark tells our payloads from whatever else may be addressed to the same endpoint; a
version that we don't know is refused as a whole, because half of a letter is no letter.
Times are integer nanoseconds since 2000-01-01T00:00:00Z. Decoding raises LetterError only.
"""

from __future__ import annotations

import math
from typing import Literal, TypeVar

import msgspec

from starlight.bundle import cbor
from starlight.errors import CborError, InputError, LetterError

MARK = 0x57A2
VERSION = 1

TEXT_MAX_BYTES = 1_000_000
"""A megabyte is a long novel, and takes 11 hours at the 200 bit/s of a thin link."""

ADDRESS_MAX_BYTES = 128
"""The longest ``ipn:`` address has 45 characters; names of ``dtn:`` nodes get room to be readable."""

ID_MAX_BYTES = ADDRESS_MAX_BYTES + 32
"""A letter's id is its author's address, the second (11 digits until 2200) and a counter."""

THREAD_MAX_BYTES = 2 * ADDRESS_MAX_BYTES + 1
"""Two people's thread is named after both addresses."""

RECEIPT_FACTS_MAX = 256
"""About 10 kB of facts: a receipt for a year's letters still fits any contact that carried them."""

READINGS_MAX = 64
"""More than any vehicle here measures; a page can still show them all."""

READING_KEY_MAX_BYTES = 64
READING_TEXT_MAX_BYTES = 1_000
"""A finding is a sentence or a few; what is longer belongs into a letter."""

KIND_MAX_BYTES = 64

PAYLOAD_MAX_BYTES = TEXT_MAX_BYTES + 8_192
"""The longest text, with all else at its own limit."""

TIME_MAX = 2**63 - 1
"""The year 2292: times fit a signed 64-bit integer everywhere, in SQLite as well."""

Reading = int | float | str
Position = tuple[float, float]
What = Literal["arrived", "read"]

_T = TypeVar("_T")
_LETTER, _RECEIPT, _TELEMETRY = 1, 2, 3
_WHAT: dict[int, What] = {1: "arrived", 2: "read"}
_WHAT_CODE: dict[What, int] = {"arrived": 1, "read": 2}


class Letter(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A letter from one address to another.

    Attributes:
        id: unique for all time: the author's address, the second of writing and a counter.
        thread: the name of the thread that it belongs to.
        sender, to: addresses (endpoint ids as text); `sender` is the *from* of the format.
        written_at: by the author's node, in ns.
        text: what was written.
        reply_to: the id of the letter that it answers.
        receipt_wanted: a route back was planned when it was written, so receipts make sense.
    """

    id: str
    thread: str
    sender: str
    to: str
    written_at: int
    text: str
    reply_to: str | None = None
    receipt_wanted: bool = True

    def encode(self) -> bytes:
        """Return the letter as the payload of a bundle."""
        return cbor.dumps(
            [
                MARK,
                VERSION,
                _LETTER,
                self.id,
                self.thread,
                self.sender,
                self.to,
                self.written_at,
                self.text,
                self.reply_to,
                self.receipt_wanted,
            ]
        )


class ReceiptFact(msgspec.Struct, frozen=True, gc=False):
    """An event in the life of one letter, by the clock of the one who got it.

    Attributes:
        letter_id: which letter.
        what: ``arrived`` or ``read``.
        time: in ns.
    """

    letter_id: str
    what: What
    time: int


class Receipt(msgspec.Struct, frozen=True, gc=False):
    """Events in the life of letters of the one whom it is sent to; at most RECEIPT_FACTS_MAX."""

    facts: tuple[ReceiptFact, ...]

    def encode(self) -> bytes:
        """Return the receipt as the payload of a bundle."""
        facts: list[cbor.Value] = [[fact.letter_id, _WHAT_CODE[fact.what], fact.time] for fact in self.facts]
        return cbor.dumps([MARK, VERSION, _RECEIPT, facts])


class Telemetry(msgspec.Struct, frozen=True):
    """Measurements of a vehicle or a suit.

    Attributes:
        vehicle: its address.
        time: when it was measured, in ns.
        kind: what sends it, such as ``rover`` or ``suit``.
        position: latitude and longitude in degrees, east positive; None when unknown.
        readings: names to numbers or short texts, such as ``oxygen_percent`` or ``finding``.
    """

    vehicle: str
    time: int
    kind: str
    position: Position | None = None
    readings: dict[str, Reading] = {}

    def encode(self) -> bytes:
        """Return the telemetry as the payload of a bundle."""
        readings: dict[int | str, cbor.Value] = dict(self.readings.items())
        position = [float(part) for part in self.position] if self.position else None
        return cbor.dumps([MARK, VERSION, _TELEMETRY, self.vehicle, self.time, self.kind, position, readings])


Message = Letter | Receipt | Telemetry


def decode_message(payload: bytes) -> Message:
    """Return the letter, receipt or telemetry that a payload is.

    Raises:
        LetterError: it is none, or passes a limit of this module.
    """
    if len(payload) > PAYLOAD_MAX_BYTES:
        raise LetterError(PAYLOAD_MAX_BYTES, f"a message has at most {PAYLOAD_MAX_BYTES} bytes")
    try:
        value = cbor.loads(payload)
    except CborError as error:
        raise LetterError(error.offset, error.rule) from None
    try:
        message = _from_items(value)
        check(message)
    except InputError as error:
        raise LetterError(0, error.what) from None
    return message


def check(message: Message) -> None:
    """Check a message against the limits of this module.

    Raises:
        InputError: it passes one; the error's words are meant for people.
    """
    if isinstance(message, Letter):
        _check_letter(message)
    elif isinstance(message, Receipt):
        _check_receipt(message)
    else:
        _check_telemetry(message)


def _check_letter(letter: Letter) -> None:
    _check_text("sender", letter.sender, ADDRESS_MAX_BYTES)
    _check_text("to", letter.to, ADDRESS_MAX_BYTES)
    _check_text("id", letter.id, ID_MAX_BYTES)
    _check_text("thread", letter.thread, THREAD_MAX_BYTES)
    _check_text("text", letter.text, TEXT_MAX_BYTES, least=0)
    if letter.reply_to is not None:
        _check_text("reply_to", letter.reply_to, ID_MAX_BYTES)
    _check_time("written_at", letter.written_at)
    if not letter.id.startswith(letter.sender + "/"):
        # Nobody can use up the id of somebody else's next letter.
        raise InputError("a letter's id begins with its sender's address", where="id")


def _check_receipt(receipt: Receipt) -> None:
    if not 1 <= len(receipt.facts) <= RECEIPT_FACTS_MAX:
        raise InputError(f"a receipt holds 1 to {RECEIPT_FACTS_MAX} facts", where="facts")
    for fact in receipt.facts:
        _check_text("letter_id", fact.letter_id, ID_MAX_BYTES)
        _check_time("time", fact.time)


def _check_telemetry(telemetry: Telemetry) -> None:
    _check_text("vehicle", telemetry.vehicle, ADDRESS_MAX_BYTES)
    _check_text("kind", telemetry.kind, KIND_MAX_BYTES)
    _check_time("time", telemetry.time)
    if telemetry.position is not None:
        latitude, longitude = telemetry.position
        if not (abs(latitude) <= 90.0 and abs(longitude) <= 360.0):
            raise InputError(f"({latitude}, {longitude}) is no latitude and longitude", where="position")
    if len(telemetry.readings) > READINGS_MAX:
        raise InputError(f"telemetry holds at most {READINGS_MAX} readings", where="readings")
    for key, value in telemetry.readings.items():
        _check_text("readings", key, READING_KEY_MAX_BYTES)
        if isinstance(value, str):
            _check_text(key, value, READING_TEXT_MAX_BYTES, least=0)
        elif not (abs(value) <= TIME_MAX and math.isfinite(value)):
            raise InputError("a reading is a finite number of at most 63 bits", where="readings")


def _check_text(where: str, text: str, most: int, *, least: int = 1) -> None:
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        raise InputError(f"{where} holds a character that UTF-8 can't carry", where=where) from None
    if not least <= size <= most:
        raise InputError(
            f"{where} has {size} bytes", where=where, right=f"It has {least} to {most} bytes of UTF-8"
        )


def _check_time(where: str, time: int) -> None:
    if not 0 <= time <= TIME_MAX:
        raise InputError(f"{where} {time} is not from 2000 to 2292", where=where)


def _from_items(value: object) -> Message:
    """Return the message of a decoded array; InputError says which rule it breaks."""
    items = _typed(value, list, "a message is an array")
    if len(items) < 3 or items[0] != MARK or items[1:2] != [VERSION]:
        raise InputError(f"a message begins with {MARK}, version {VERSION} and its kind")
    kind, rest = items[2], items[3:]
    if kind == _LETTER and len(rest) == 8:
        return _letter(rest)
    if kind == _RECEIPT and len(rest) == 1:
        facts = _typed(rest[0], list, "a receipt's facts are an array")
        return Receipt(tuple(_receipt_fact(fact) for fact in facts[: RECEIPT_FACTS_MAX + 1]))
    if kind == _TELEMETRY and len(rest) == 5:
        return _telemetry(rest)
    raise InputError("a message is a letter of 11 items, a receipt of 4 or telemetry of 8")


def _letter(rest: list[object]) -> Letter:
    id, thread, sender, to, written_at, text, reply_to, receipt_wanted = rest
    return Letter(
        id=_text(id, "id"),
        thread=_text(thread, "thread"),
        sender=_text(sender, "from"),
        to=_text(to, "to"),
        written_at=_integer(written_at, "written at"),
        text=_text(text, "text"),
        reply_to=None if reply_to is None else _text(reply_to, "reply to"),
        receipt_wanted=_typed(receipt_wanted, bool, "receipt wanted is true or false"),
    )


def _receipt_fact(value: object) -> ReceiptFact:
    items = _typed(value, list, "a fact of a receipt is an array")
    if len(items) != 3:
        raise InputError("a fact of a receipt has three items")
    what = _WHAT.get(_integer(items[1], "what"))
    if what is None:
        raise InputError("a receipt says arrived (1) or read (2)")
    return ReceiptFact(_text(items[0], "letter id"), what, _integer(items[2], "time"))


def _telemetry(rest: list[object]) -> Telemetry:
    vehicle, time, kind, position, readings = rest
    where: Position | None = None
    if position is not None:
        pair = _typed(position, list, "a position is an array")
        if len(pair) != 2:
            raise InputError("a position is latitude and longitude")
        where = (_float(pair[0]), _float(pair[1]))
    table = _typed(readings, dict, "readings are a map")
    for key, reading in table.items():
        if type(key) is not str or type(reading) not in (int, float, str):
            raise InputError("readings map text to numbers or text")
    return Telemetry(
        _text(vehicle, "vehicle"), _integer(time, "time"), _text(kind, "kind"), where, dict(table)
    )


def _typed(value: object, wanted: type[_T], rule: str) -> _T:
    if type(value) is not wanted:
        raise InputError(rule)
    return value


def _text(value: object, name: str) -> str:
    return _typed(value, str, f"{name} is text")


def _integer(value: object, name: str) -> int:
    return _typed(value, int, f"{name} is an integer")


def _float(value: object) -> float:
    return _typed(value, float, "latitude and longitude are floats")
