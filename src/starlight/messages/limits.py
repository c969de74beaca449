"""The limits of messages, checked: of what a person writes, and of what a peer sends."""

from __future__ import annotations

import math
import re

from starlight.errors import InputError
from starlight.messages import parts
from starlight.messages.hash_tree import HASH_BYTES
from starlight.messages.letter import (
    ADDRESS_MAX_BYTES,
    CODE_MAX,
    EVENT_MAX_BYTES,
    ID_MAX_BYTES,
    KIND_MAX_BYTES,
    MEMBERSHIP_BYTES,
    RANGES_MAX,
    READERS_MAX,
    READING_KEY_MAX_BYTES,
    READING_TEXT_MAX_BYTES,
    READINGS_MAX,
    RECEIPT_FACTS_MAX,
    SEEN_MAX,
    TEXT_MAX_BYTES,
    THREAD_MAX_BYTES,
    THREAD_NAME_MAX_BYTES,
    TIME_MAX,
    Letter,
    Opening,
    Position,
    Reading,
    Receipt,
    Telemetry,
)
from starlight.messages.parts import Chunk, Part

PREMIERE_LATER_MAX_MS = 86_400_000
"""A day: light takes 6 hours to Pluto."""

GROUP_ID = re.compile(r"group:[0-9a-f]{32}")


def check(message: Letter | Receipt | Telemetry | Chunk) -> None:
    """Check a message against the limits of `letter.py` and `parts.py`.

    Raises:
        InputError: it passes one; the error's words are meant for people.
    """
    if isinstance(message, Letter):
        _check_letter(message)
    elif isinstance(message, Receipt):
        _check_receipt(message)
    elif isinstance(message, Chunk):
        _check_chunk(message)
    else:
        _check_telemetry(message)


def check_id(id: str) -> None:
    """Check that a text can be the id of a letter; raises InputError."""
    _check_text("id", id, ID_MAX_BYTES)


def check_address(address: str) -> None:
    """Check that a text is as long as an address or a group may be; raises InputError."""
    _check_text("address", address, ADDRESS_MAX_BYTES)


def _check_letter(letter: Letter) -> None:
    _check_text("sender", letter.sender, ADDRESS_MAX_BYTES)
    _check_text("to", letter.to, ADDRESS_MAX_BYTES)
    _check_text("id", letter.id, ID_MAX_BYTES)
    _check_text("thread", letter.thread, THREAD_MAX_BYTES)
    _check_text("thread_name", letter.thread_name, THREAD_NAME_MAX_BYTES, least=0)
    _check_text("text", letter.text, TEXT_MAX_BYTES, least=0)
    if letter.reply_to is not None:
        _check_text("reply_to", letter.reply_to, ID_MAX_BYTES)
    _check_time("written_at", letter.written_at)
    if letter.format == 1 and not letter.id.startswith(letter.sender + "/"):
        # In format 2 nobody can guess an id; in format 1 nobody may use up somebody else's next one.
        raise InputError("a letter's id begins with its sender's address", where="id")
    _check_count("readers", letter.readers, READERS_MAX)
    for reader in letter.readers:
        _check_text("readers", reader, ADDRESS_MAX_BYTES)
    _check_count("seen", letter.seen, SEEN_MAX)
    for id in letter.seen:
        _check_text("seen", id, ID_MAX_BYTES)
    _check_code("priority", letter.priority)
    if letter.distress is not None:
        _check_code("distress", letter.distress.state)
        _check_position(letter.distress.position)
        _check_readings(letter.distress.readings)
        _check_text("by", letter.distress.by, ADDRESS_MAX_BYTES, least=0)
        if letter.distress.by_at is not None:
            _check_time("by_at", letter.distress.by_at)
    _check_count("parts", letter.parts, parts.PARTS_MAX)
    for number, part in enumerate(letter.parts):
        _check_part(part)
        if part.smaller_of == number:
            raise InputError("a part is a smaller version of another, not of itself", where="parts")
    _check_relations(letter)


def _check_relations(letter: Letter) -> None:
    """Check what a letter does, when it opens, and the group and the letters that it names."""
    _check_code("act", letter.act)
    if letter.group and not GROUP_ID.fullmatch(letter.group):
        raise InputError(f"{letter.group!r} is no group", where="group", right="group: and 32 hex digits")
    if len(letter.membership) not in (0, MEMBERSHIP_BYTES):
        raise InputError(f"a digest of a membership has {MEMBERSHIP_BYTES} bytes", where="membership")
    if letter.replaces is not None:
        _check_text("replaces", letter.replaces, ID_MAX_BYTES)
    if letter.media_time is not None:
        _check_place("part", letter.media_time.part, parts.PARTS_MAX)
        _check_moment("media_time", letter.media_time.at_ms)
    if letter.opens is not None:
        _check_opening(letter.opens)


def _check_opening(opens: Opening) -> None:
    if opens.time is not None:
        _check_time("opens", opens.time)
    _check_text("event", opens.event, EVENT_MAX_BYTES, least=0)
    if opens.time is None and not (opens.event or opens.unknown):
        # It could never be read.
        raise InputError("a letter opens at a time or an event", where="opens")


def _check_part(part: Part) -> None:
    _check_code("kind of a part", part.kind)
    _check_text("media_type", part.media_type, parts.MEDIA_TYPE_MAX_BYTES)
    _check_text("name", part.name, parts.NAME_MAX_BYTES, least=0)
    _check_text("transcript", part.transcript, parts.TRANSCRIPT_MAX_BYTES, least=0)
    _check_text("preview_type", part.preview_type, parts.MEDIA_TYPE_MAX_BYTES, least=0)
    if len(part.preview or b"") > parts.PREVIEW_MAX_BYTES:
        raise InputError(f"a preview has at most {parts.PREVIEW_MAX_BYTES} bytes", where="preview")
    for where, number in (("duration", part.duration_ms), ("width", part.width), ("height", part.height)):
        if number is not None:
            _check_moment(where, number)
    if part.smaller_of is not None:
        _check_place("smaller_of", part.smaller_of, parts.PARTS_MAX)
    if part.premiere is not None:
        _check_time("premiere", part.premiere.time)
        _check_code("premiere", part.premiere.code)
        if not 0 <= part.premiere.later_ms <= PREMIERE_LATER_MAX_MS:
            right = f"It is 0 to {PREMIERE_LATER_MAX_MS} ms, a day"
            raise InputError(f"a light time of {part.premiere.later_ms} ms", where="premiere", right=right)
    if part.data is not None:
        if len(part.data) > parts.INLINE_MAX_BYTES or part.size != len(part.data):
            right = f"It has its size, at most {parts.INLINE_MAX_BYTES}"
            raise InputError(f"a part in its letter has {part.size} bytes", where="parts", right=right)
        return
    if part.hash is None or len(part.hash) != HASH_BYTES:
        raise InputError(f"a part that travels on its own has a hash of {HASH_BYTES} bytes", where="parts")
    if not 1 <= part.size <= parts.PART_MAX_BYTES:
        raise InputError(
            f"a part has {part.size} bytes", where="parts", right=f"It has 1 to {parts.PART_MAX_BYTES} bytes"
        )
    if not parts.CHUNK_MIN_BYTES <= part.chunk_size <= parts.CHUNK_MAX_BYTES:
        right = f"It has {parts.CHUNK_MIN_BYTES} to {parts.CHUNK_MAX_BYTES} bytes"
        raise InputError(f"a chunk of {part.chunk_size} bytes", where="parts", right=right)
    # Known from the letter alone, before a chunk comes: what each chunk then costs its reader is bounded.
    if part.chunks > parts.CHUNKS_MAX:
        right = f"A part has at most {parts.CHUNKS_MAX} chunks"
        raise InputError(f"a part of {part.chunks} chunks", where="parts", right=right)


def _check_receipt(receipt: Receipt) -> None:
    count = len(receipt.facts) + len(receipt.missing) + len(receipt.refused)
    # One that says something that only a newer version knows may say nothing else.
    if not (0 if receipt.unknown else 1) <= count <= RECEIPT_FACTS_MAX:
        raise InputError(f"a receipt holds 1 to {RECEIPT_FACTS_MAX} facts", where="facts")
    for fact in receipt.facts:
        _check_text("letter_id", fact.letter_id, ID_MAX_BYTES)
        _check_time("time", fact.time)
        if fact.part is not None:
            _check_place("part", fact.part, parts.PARTS_MAX)
    for refused in receipt.refused:
        _check_text("letter_id", refused.letter_id, ID_MAX_BYTES)
        _check_place("part", refused.part, parts.PARTS_MAX)
        _check_code("code", refused.code)
    if sum(len(each.ranges) for each in receipt.missing) > RANGES_MAX:
        raise InputError(f"a receipt asks for at most {RANGES_MAX} ranges of chunks", where="missing")
    for each in receipt.missing:
        _check_text("letter_id", each.letter_id, ID_MAX_BYTES)
        _check_place("part", each.part, parts.PARTS_MAX)
        for first, count in each.ranges:
            _check_place("chunk", first, parts.CHUNKS_MAX)
            _check_place("chunk", first + count - 1, parts.CHUNKS_MAX)
            if count < 1:
                raise InputError("a range of chunks holds one at least", where="missing")


def _check_chunk(chunk: Chunk) -> None:
    _check_text("id", chunk.letter_id, ID_MAX_BYTES)
    _check_place("part", chunk.part, parts.PARTS_MAX)
    _check_place("chunk", chunk.number, parts.CHUNKS_MAX)
    if not 1 <= len(chunk.data) <= parts.CHUNK_MAX_BYTES:
        raise InputError(f"a chunk has 1 to {parts.CHUNK_MAX_BYTES} bytes", where="chunk")
    if len(chunk.path) > parts.PATH_MAX or any(len(step) != HASH_BYTES for step in chunk.path):
        raise InputError(f"a chunk's path has at most {parts.PATH_MAX} hashes of 32 bytes", where="path")


def _check_telemetry(telemetry: Telemetry) -> None:
    _check_text("vehicle", telemetry.vehicle, ADDRESS_MAX_BYTES)
    _check_text("kind", telemetry.kind, KIND_MAX_BYTES)
    _check_time("time", telemetry.time)
    _check_position(telemetry.position)
    _check_readings(telemetry.readings)


def _check_position(position: Position | None) -> None:
    if position is not None:
        latitude, longitude = position
        if not (abs(latitude) <= 90.0 and abs(longitude) <= 360.0):
            raise InputError(f"({latitude}, {longitude}) is no latitude and longitude", where="position")


def _check_readings(readings: dict[str, Reading]) -> None:
    if len(readings) > READINGS_MAX:
        raise InputError(f"telemetry holds at most {READINGS_MAX} readings", where="readings")
    for key, value in readings.items():
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


def _check_moment(where: str, number: int) -> None:
    if not 0 <= number <= TIME_MAX:
        raise InputError(f"{number} is no {where} of a part", where=where)


def _check_count(where: str, values: tuple[object, ...], most: int) -> None:
    if len(values) > most:
        raise InputError(f"a letter has at most {most} {where}, not {len(values)}", where=where)


def _check_code(where: str, code: int) -> None:
    if not 0 <= code <= CODE_MAX:
        raise InputError(f"{where} {code} is not 0 to {CODE_MAX}", where=where)


def _check_place(where: str, place: int, count: int) -> None:
    if not 0 <= place < count:
        raise InputError(f"{where} {place} is not 0 to {count - 1}", where=where)
