"""Format 1 of messages: what the first releases write, and read; it is read for ever.

A payload is one CBOR array ``[mark, version, kind, ...]``:

======  =====================================================================================
kind    the rest of the array
======  =====================================================================================
1       id, thread, from, to, written at, text, reply to or null, receipt wanted
2       ``[[letter id, 1 arrived | 2 read, time], ...]``
3       vehicle, time, kind, ``[latitude, longitude]`` or null, ``{text: number or text}``
======  =====================================================================================

Times are integer nanoseconds since 2000-01-01T00:00:00Z. A letter's id is its author's address, a slash and
what the author chose: once the second of writing, a slash and a counter; since there is format 2, 32
hexadecimal digits, by which its reader knows that its author reads that.
"""

from __future__ import annotations

import re

from starlight.bundle import cbor
from starlight.errors import InputError
from starlight.messages.letter import RECEIPT_FACTS_MAX, Letter, Receipt, ReceiptFact, Telemetry, What
from starlight.messages.wire_values import array, integer, position, readings, text, truth

MARK = 0x57A2
VERSION = 1

_LETTER, _RECEIPT, _TELEMETRY = 1, 2, 3
_WHAT: dict[int, What] = {1: "arrived", 2: "read"}
_WHAT_CODE: dict[What, int] = {"arrived": 1, "read": 2}
_SINCE_FORMAT_2 = re.compile(r".*/[0-9a-f]{32}", re.DOTALL)


def encode_first(message: Letter | Receipt | Telemetry) -> bytes:
    """Return a message as a payload of format 1, which has no place for what format 2 added."""
    if isinstance(message, Letter):
        return _encode_letter(message)
    if isinstance(message, Receipt):
        facts: list[cbor.Value] = [
            [fact.letter_id, _WHAT_CODE[fact.what], fact.time] for fact in message.facts if fact.part is None
        ]
        return cbor.dumps([MARK, VERSION, _RECEIPT, facts])
    table: dict[int | str, cbor.Value] = dict(message.readings.items())
    where = [float(part) for part in message.position] if message.position else None
    return cbor.dumps(
        [MARK, VERSION, _TELEMETRY, message.vehicle, message.time, message.kind, where, table],
    )


def decode_first(items: list[object]) -> Letter | Receipt | Telemetry:
    """Return the message of a decoded array.

    Raises:
        InputError: it breaks a rule of the format, which the error says.
    """
    if len(items) < 3 or items[0] != MARK or items[1:2] != [VERSION]:
        raise InputError(f"a message begins with {MARK}, version {VERSION} and its kind")
    kind, rest = items[2], items[3:]
    if kind == _LETTER and len(rest) == 8:
        return _letter(rest)
    if kind == _RECEIPT and len(rest) == 1:
        facts = array(rest[0], "what a receipt tells")
        # One more than there may be, so that whoever checks the limits sees that there are too many.
        return Receipt(tuple(_receipt_fact(fact) for fact in facts[: RECEIPT_FACTS_MAX + 1]))
    if kind == _TELEMETRY and len(rest) == 5:
        return _telemetry(rest)
    raise InputError("a message is a letter of 11 items, a receipt of 4 or telemetry of 8")


def reads_format_2(id: str) -> bool:
    """Return whether the id of a letter in format 1 tells that its author reads format 2."""
    return _SINCE_FORMAT_2.fullmatch(id) is not None


def _encode_letter(letter: Letter) -> bytes:
    return cbor.dumps(
        [
            MARK,
            VERSION,
            _LETTER,
            letter.id,
            letter.thread,
            letter.sender,
            letter.to,
            letter.written_at,
            letter.text,
            letter.reply_to,
            letter.receipt_wanted,
        ]
    )


def _letter(rest: list[object]) -> Letter:
    id, thread, sender, to, written_at, words, reply_to, receipt_wanted = rest
    return Letter(
        id=text(id, "id"),
        thread=text(thread, "thread"),
        sender=text(sender, "from"),
        to=text(to, "to"),
        written_at=integer(written_at, "written at"),
        text=text(words, "text"),
        reply_to=None if reply_to is None else text(reply_to, "reply to"),
        receipt_wanted=truth(receipt_wanted, "receipt wanted"),
        format=1,
    )


def _receipt_fact(value: object) -> ReceiptFact:
    items = array(value, "a fact of a receipt")
    if len(items) != 3:
        raise InputError("a fact of a receipt has three items")
    what = _WHAT.get(integer(items[1], "what"))
    if what is None:
        raise InputError("a receipt says arrived (1) or read (2)")
    return ReceiptFact(text(items[0], "letter id"), what, integer(items[2], "time"))


def _telemetry(rest: list[object]) -> Telemetry:
    vehicle, time, kind, where, table = rest
    return Telemetry(
        text(vehicle, "vehicle"),
        integer(time, "time"),
        text(kind, "kind"),
        None if where is None else position(where),
        readings(table),
    )
