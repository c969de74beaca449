"""Format 2 of messages: a CBOR map with integer keys (`docs/reference/letter-format.md`).

What a bundle says already, its source, its destination and its creation time (the `Envelope`), is left out
of the payload where it is the same, and so is whatever has its default; a short letter has 24 bytes besides
its words.

The keys 0 (version), 1 (kind) and 2 (id) mean the same in all versions, for ever. No key ever changes its
meaning; later versions add some. Who does not know a key passes over it and keeps it, unless it is negative:
then the message must not be shown by who does not know the key. Such a message, one of a later version and
one of an unknown kind are `Newer`. Who takes messages keeps their payloads as they came, so that a version
that knows more reads more.

Encoding is core deterministic (RFC 8949, 4.2.1). Decoding takes nothing else, raises LetterError only, and
its memory is bounded by the limits of `letter.py` and `parts.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from hashlib import sha256

from starlight.bundle import VALUE_LIMITS, cbor
from starlight.dtntime import MILLISECOND
from starlight.errors import CborError, InputError, LetterError
from starlight.messages.conversation_order import thread_of
from starlight.messages.file_signatures import media_type_of, text_in
from starlight.messages.first_format import decode_first, encode_first
from starlight.messages.group_keys import GroupNews, group_news_keys, group_news_of
from starlight.messages.letter import (
    RECEIPT_FACTS_MAX,
    Content,
    Keys,
    Letter,
    MissingChunks,
    Newer,
    Receipt,
    ReceiptFact,
    RefusedPart,
    Telemetry,
    What,
)
from starlight.messages.letter_keys import VERSION, Key, PartKey, letter_keys, letter_of
from starlight.messages.limits import check
from starlight.messages.parts import Chunk, Part, PartKind
from starlight.messages.wire_values import (
    ID_BYTES,
    Envelope,
    array,
    id_of,
    id_value,
    integer,
    ms,
    octets,
    own_id,
    position,
    readings,
    text,
    text_at,
    time_at,
    told,
    typed,
    unknown,
)

PAYLOAD_MAX_BYTES = VALUE_LIMITS.size
"""The longest text, some parts, and all else at its own limit."""


NEGATIVE_KEYS = (Key.OPENS, Key.REPLACES)
"""Those of a letter that this version knows."""


Message = Letter | Receipt | Telemetry | Chunk | GroupNews | Newer
"""Whatever a payload may be, as a value."""


class Kind(IntEnum):
    """The kinds of messages."""

    LETTER = 0
    RECEIPT = 1
    TELEMETRY = 2
    CHUNK = 3
    GROUP = 4


class ReceiptKey(IntEnum):
    """The keys of a receipt, besides version and kind; each holds one flat array of rows."""

    ARRIVED = 3
    READ = 4
    PARTS = 5
    MISSING = 6
    REFUSED = 7


class TelemetryKey(IntEnum):
    """The keys of telemetry; `TIME` and `VEHICLE` are where a letter has its time and author."""

    READINGS = 3
    TIME = 4
    VEHICLE = 5
    KIND = 6
    POSITION = 7


class ChunkKey(IntEnum):
    """The keys of a chunk; its id is that of the letter whose part it is."""

    DATA = 3
    PART = 6
    NUMBER = 7
    PATH = 8


def encode_message(message: Letter | Receipt | Telemetry | Chunk | GroupNews, envelope: Envelope) -> bytes:
    """Return a message as a payload of a bundle, in its format; format 2 cuts times to the millisecond.

    Args:
        message: within its limits (`limits.check`).
        envelope: of the bundle that will carry it.
    """
    if isinstance(message, GroupNews):
        return cbor.dumps(group_news_keys(message, Kind.GROUP))
    if not isinstance(message, Chunk) and message.format < VERSION:
        return encode_first(message)
    if isinstance(message, Letter):
        return cbor.dumps(letter_keys(message, envelope))
    if isinstance(message, Receipt):
        return cbor.dumps(_receipt_keys(message, envelope))
    if isinstance(message, Telemetry):
        return cbor.dumps(_telemetry_keys(message, envelope))
    return cbor.dumps(_chunk_keys(message))


def payload_of(letter: Letter, created: int, *, plain_text: bool) -> bytes:
    """Return a letter as the payload of a bundle that its author makes at a time, in ns.

    Args:
        letter: of any format.
        created: when.
        plain_text: its words alone, as other software reads them.
    """
    if plain_text:
        return letter.text.encode()
    return encode_message(letter, Envelope(letter.sender, letter.to, created))


def decode_message(payload: bytes, envelope: Envelope) -> Message:
    """Return the message that a payload is, in format 1 or 2.

    Raises:
        LetterError: it is none of ours, or passes a limit.
    """
    if len(payload) > PAYLOAD_MAX_BYTES:
        raise LetterError(PAYLOAD_MAX_BYTES, f"a message has at most {PAYLOAD_MAX_BYTES} bytes")
    try:
        value = cbor.loads(payload)
    except CborError as error:
        raise LetterError(error.offset, error.rule) from None
    try:
        message = decode_first(value) if isinstance(value, list) else _from_map(value, envelope)
        if not isinstance(message, Newer | GroupNews):
            check(message)
    except InputError as error:
        raise LetterError(0, error.what) from None
    return message


def stand_in(payload: bytes, envelope: Envelope, newer: Newer | None) -> Letter:
    """Return what has a letter's place in a mailbox for a payload that can't be read here.

    Args:
        payload, envelope: as they came.
        newer: what is known of it; None of what is no message.
    """
    # A letter is a letter in every version, so its author may be told that it is here, under its id.
    is_letter = newer is not None and newer.kind == Kind.LETTER and newer.id is not None
    id = newer.id if newer and newer.id and is_letter else _digest(payload, envelope)
    words = "" if newer else text_in(payload)
    is_file = newer is None and bool(payload) and not words
    return Letter(
        id=id,
        thread=thread_of(envelope.source, envelope.destination),
        sender=envelope.source,
        to=envelope.destination,
        written_at=envelope.created,
        text=words,
        receipt_wanted=is_letter,
        format=VERSION,
        content=Content.NEWER if newer else Content.FOREIGN,
        payload_bytes=len(payload),
        parts=(_as_file(payload, id),) if is_file else (),
    )


def _digest(payload: bytes, envelope: Envelope) -> str:
    """Return an id for what has none: the same for the same bundle, and unlike any that is drawn."""
    said = cbor.dumps([envelope.source, envelope.created, payload])
    return sha256(said).digest()[:ID_BYTES].hex()


def _as_file(payload: bytes, id: str) -> Part:
    """Return a payload that is no text as a part that is here whole, a file to be saved."""
    media_type, ending = media_type_of(payload)
    return Part(
        kind=PartKind.FILE,
        media_type=media_type,
        data=payload,
        size=len(payload),
        name=f"payload-{id[:8]}.{ending}",
    )


# From values to keys.


def _receipt_keys(receipt: Receipt, envelope: Envelope) -> Keys:
    created = ms(envelope.created)

    def ago(time: int) -> int:
        return max(0, created - ms(time))  # A clock that was put back does not make news of tomorrow.

    rows: dict[ReceiptKey, list[cbor.Value]] = {key: [] for key in ReceiptKey}
    for fact in receipt.facts:
        if fact.part is not None:
            rows[ReceiptKey.PARTS] += [id_value(fact.letter_id), fact.part, ago(fact.time)]
        else:
            rows[_WHAT[fact.what]] += [id_value(fact.letter_id), ago(fact.time)]
    for each in receipt.missing:
        ranges: list[cbor.Value] = [number for pair in each.ranges for number in pair]
        rows[ReceiptKey.MISSING] += [id_value(each.letter_id), each.part, ranges]
    for refused in receipt.refused:
        rows[ReceiptKey.REFUSED] += [id_value(refused.letter_id), refused.part, refused.code]
    keys: Keys = dict(receipt.unknown)
    keys |= {Key.VERSION: VERSION, Key.KIND: Kind.RECEIPT}
    keys |= {key: row for key, row in rows.items() if row}
    return keys


def _telemetry_keys(telemetry: Telemetry, envelope: Envelope) -> Keys:
    where = None if telemetry.position is None else [float(part) for part in telemetry.position]
    keys: Keys = {Key.VERSION: VERSION, Key.KIND: Kind.TELEMETRY}
    keys |= told(
        (TelemetryKey.READINGS, dict(telemetry.readings), {}),
        (TelemetryKey.TIME, ms(telemetry.time), ms(envelope.created)),
        (TelemetryKey.VEHICLE, telemetry.vehicle, envelope.source),
        (TelemetryKey.KIND, telemetry.kind, None),
        (TelemetryKey.POSITION, where, None),
    )
    return keys


def _chunk_keys(chunk: Chunk) -> Keys:
    keys: Keys = {Key.VERSION: VERSION, Key.KIND: Kind.CHUNK, Key.ID: bytes.fromhex(chunk.letter_id)}
    keys |= told(
        (ChunkKey.DATA, chunk.data, None),
        (ChunkKey.PART, chunk.part, 0),
        (ChunkKey.NUMBER, chunk.number, 0),
        (ChunkKey.PATH, list(chunk.path), []),
    )
    return keys


# From keys to values.


def _from_map(value: object, envelope: Envelope) -> Message:
    keys: Keys = typed(value, dict, "a message is a map, or an array of format 1")
    version, kind, id = keys.get(Key.VERSION), keys.get(Key.KIND, Kind.LETTER.value), keys.get(Key.ID)
    if type(version) is not int or version < VERSION:
        raise InputError(f"a message says its version, {VERSION} or later, under key {Key.VERSION.value}")
    decoder = _DECODERS.get(integer(kind, "kind")) if version == VERSION else None
    if decoder is None or _needs_newer(keys):
        known_id = id.hex() if isinstance(id, bytes) and len(id) == ID_BYTES else None
        return Newer(version, integer(kind, "kind"), known_id)
    return decoder(keys, envelope)


def _needs_newer(keys: Keys) -> bool:
    """Return whether a key forbids to read a message without knowing the key: each that is negative."""
    is_letter = keys.get(Key.KIND, Kind.LETTER.value) == Kind.LETTER
    maps: list[object] = []
    if is_letter:
        parts = keys.get(Key.PARTS)
        listed = parts if isinstance(parts, list) else []
        premieres = (each.get(PartKey.PREMIERE) for each in listed if isinstance(each, dict))
        maps = [keys.get(Key.DISTRESS), keys.get(Key.OPENS), *listed, *premieres]
    known = NEGATIVE_KEYS if is_letter else ()
    inside = (key for each in maps if isinstance(each, dict) for key in each)
    forbidding = [*(key for key in keys if key not in known), *inside]
    return any(isinstance(key, int) and key < 0 for key in forbidding)


def _receipt(keys: Keys, envelope: Envelope) -> Receipt:
    facts = [
        ReceiptFact(id_of(id, "letter id"), what, _before(envelope, ago))
        for what, key in _WHAT.items()
        for id, ago in _rows(keys, key, 2)
    ]
    facts += [
        ReceiptFact(id_of(id, "letter id"), "arrived", _before(envelope, ago), integer(part, "part"))
        for id, part, ago in _rows(keys, ReceiptKey.PARTS, 3)
    ]
    missing = tuple(
        MissingChunks(id_of(id, "letter id"), integer(part, "part"), _ranges(ranges))
        for id, part, ranges in _rows(keys, ReceiptKey.MISSING, 3)
    )
    refused = tuple(
        RefusedPart(id_of(id, "letter id"), integer(part, "part"), integer(code, "code"))
        for id, part, code in _rows(keys, ReceiptKey.REFUSED, 3)
    )
    more = unknown(keys, (*ReceiptKey, Key.VERSION, Key.KIND))
    return Receipt(tuple(facts), missing, more, VERSION, refused)


def _rows(keys: Keys, key: ReceiptKey, width: int) -> list[list[object]]:
    """Return the rows of a flat array; one more than there may be, so that too many are seen to be."""
    flat = array(keys.get(key, []), "what a receipt tells")
    if len(flat) % width:
        raise InputError(f"key {key.value} of a receipt has {width} values for each fact")
    end = min(len(flat), width * (RECEIPT_FACTS_MAX + 1))
    return [flat[at : at + width] for at in range(0, end, width)]


def _ranges(value: object) -> tuple[tuple[int, int], ...]:
    flat = [integer(each, "a chunk") for each in array(value, "missing chunks")]
    if len(flat) % 2:
        raise InputError("a range of chunks is the first and how many")
    return tuple(zip(flat[::2], flat[1::2], strict=True))


def _before(envelope: Envelope, ago: object) -> int:
    return (ms(envelope.created) - integer(ago, "time")) * MILLISECOND


def _telemetry(keys: Keys, envelope: Envelope) -> Telemetry:
    where = keys.get(TelemetryKey.POSITION)
    return Telemetry(
        text_at(keys, TelemetryKey.VEHICLE, envelope.source),
        time_at(keys, TelemetryKey.TIME, envelope),
        text(keys.get(TelemetryKey.KIND), "kind"),
        None if where is None else position(where),
        readings(keys.get(TelemetryKey.READINGS, {})),
        VERSION,
    )


def _chunk(keys: Keys, envelope: Envelope) -> Chunk:
    return Chunk(
        own_id(keys, Key.ID),
        integer(keys.get(ChunkKey.PART, 0), "part"),
        integer(keys.get(ChunkKey.NUMBER, 0), "chunk"),
        octets(keys.get(ChunkKey.DATA), "the data of a chunk"),
        tuple(octets(each, "a step of a path") for each in array(keys.get(ChunkKey.PATH, []), "path")),
    )


_WHAT: dict[What, ReceiptKey] = {"arrived": ReceiptKey.ARRIVED, "read": ReceiptKey.READ}
_DECODERS: dict[int, Callable[[Keys, Envelope], Message]] = {
    Kind.LETTER: letter_of,
    Kind.RECEIPT: _receipt,
    Kind.TELEMETRY: _telemetry,
    Kind.CHUNK: _chunk,
    Kind.GROUP: lambda keys, envelope: group_news_of(keys),
}
