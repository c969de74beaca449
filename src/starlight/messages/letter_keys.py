"""The keys of a letter in format 2, of its parts and of a distress call, from values and back."""

from __future__ import annotations

from enum import IntEnum

from starlight.dtntime import MILLISECOND
from starlight.errors import InputError
from starlight.messages.conversation_order import thread_of
from starlight.messages.letter import (
    GROUP_ID_BYTES,
    Act,
    Distress,
    DistressState,
    Keys,
    Letter,
    MediaTime,
    Opening,
)
from starlight.messages.parts import CHUNK_BYTES, OCTETS, Part, PartKind, Premiere, PremiereCode
from starlight.messages.wire_values import (
    Envelope,
    array,
    id_of,
    id_value,
    integer,
    integer_at,
    ms,
    octets,
    own_id,
    position,
    readings,
    text,
    text_at,
    time_at,
    told,
    truth,
    typed,
    unknown,
)

GROUP = "group:"
"""The beginning of a group's name in programs, where an address could stand too."""

VERSION = 2
"""The version of the format."""


class Key(IntEnum):
    """The keys of a message; those from `TEXT` on are a letter's, and some are other kinds' too.

    Who does not know a negative one must not show the letter: it would be read too early, or twice.
    """

    VERSION = 0
    KIND = 1
    ID = 2
    TEXT = 3
    WRITTEN_AT = 4
    AUTHOR = 5
    READERS = 6
    THREAD = 7
    THREAD_NAME = 8
    REPLY_TO = 9
    PRIORITY = 10
    DISTRESS = 11
    PARTS = 12
    SEEN = 13
    RECEIPT_WANTED = 14
    CRITICAL = 15
    SIGNATURE = 16
    SEALED = 17
    ACT = 18
    GROUP = 19
    MEMBERSHIP = 20
    MEDIA_TIME = 21
    OPENS = -1
    REPLACES = -2


class PartKey(IntEnum):
    """The keys of a part."""

    KIND = 0
    MEDIA_TYPE = 1
    DATA = 2
    HASH = 3
    SIZE = 4
    DURATION = 5
    PREVIEW = 6
    NAME = 7
    WIDTH = 8
    HEIGHT = 9
    TRANSCRIPT = 10
    CHUNK_SIZE = 11
    PREVIEW_TYPE = 12
    SMALLER_OF = 13
    PREMIERE = 14


class OpeningKey(IntEnum):
    """The keys of the moment until which a letter is hidden."""

    TIME = 0
    EVENT = 1
    UNLESS_BACK = 2


class PremiereKey(IntEnum):
    """The keys of a premiere."""

    TIME = 0
    CODE = 1
    LATER = 2


class DistressKey(IntEnum):
    """The keys of a distress call."""

    STATE = 0
    POSITION = 1
    READINGS = 2
    BY = 3
    BY_AT = 4


def letter_keys(letter: Letter, envelope: Envelope) -> Keys:
    """Return the keys of a letter that travels in an envelope."""
    created, written = ms(envelope.created), ms(letter.written_at)
    default_thread = _usual_thread(letter.sender, envelope.destination, letter.group)
    # First, so that nothing that was kept without being understood overrides what is.
    keys: Keys = dict(letter.unknown)
    keys |= {Key.VERSION: VERSION, Key.ID: bytes.fromhex(letter.id)}
    keys |= told(
        (Key.TEXT, letter.text, ""),
        (Key.WRITTEN_AT, written, created),
        (Key.AUTHOR, letter.sender, envelope.source),
        (Key.READERS, list(letter.readers), []),
        (Key.THREAD, id_value(letter.thread), id_value(default_thread)),
        (Key.THREAD_NAME, letter.thread_name, ""),
        (Key.REPLY_TO, None if letter.reply_to is None else id_value(letter.reply_to), None),
        (Key.PRIORITY, letter.priority, 1),
        (Key.DISTRESS, None if letter.distress is None else _distress_keys(letter.distress), None),
        (Key.PARTS, [_part_keys(part) for part in letter.parts], []),
        (Key.SEEN, [id_value(id) for id in letter.seen], []),
        (Key.RECEIPT_WANTED, letter.receipt_wanted, True),
        (Key.CRITICAL, letter.critical, False),
        (Key.SIGNATURE, letter.signature, None),
        (Key.SEALED, letter.sealed, None),
        (Key.ACT, letter.act, Act.WORDS),
        (Key.GROUP, bytes.fromhex(letter.group.removeprefix(GROUP)), b""),
        (Key.MEMBERSHIP, letter.membership, b""),
        (Key.OPENS, None if letter.opens is None else _opening_keys(letter.opens), None),
        (Key.REPLACES, None if letter.replaces is None else id_value(letter.replaces), None),
    )
    if letter.media_time is not None:
        keys[Key.MEDIA_TIME] = [letter.media_time.part, letter.media_time.at_ms]
    return keys


def _usual_thread(sender: str, to: str, group: str) -> str:
    """Return the thread of a letter that names none: its group's, or that of the two addresses."""
    # Every end makes the same of what is there anyway, so that a usual letter need not carry it.
    return group or thread_of(sender, to)


def _part_keys(part: Part) -> Keys:
    keys: Keys = dict(part.unknown)
    keys |= told(
        (PartKey.KIND, part.kind, PartKind.FILE),
        (PartKey.MEDIA_TYPE, part.media_type, OCTETS),
        (PartKey.DATA, part.data, None),
        (PartKey.HASH, part.hash, None),
        (PartKey.SIZE, part.size, None if part.data is None else len(part.data)),
        (PartKey.DURATION, part.duration_ms, None),
        (PartKey.PREVIEW, part.preview, None),
        (PartKey.NAME, part.name, ""),
        (PartKey.WIDTH, part.width, None),
        (PartKey.HEIGHT, part.height, None),
        (PartKey.TRANSCRIPT, part.transcript, ""),
        (PartKey.CHUNK_SIZE, part.chunk_size, CHUNK_BYTES),
        (PartKey.PREVIEW_TYPE, part.preview_type, ""),
        (PartKey.SMALLER_OF, part.smaller_of, None),
        (PartKey.PREMIERE, None if part.premiere is None else _premiere_keys(part.premiere), None),
    )
    return keys


def _premiere_keys(premiere: Premiere) -> Keys:
    keys: Keys = dict(premiere.unknown)
    keys |= told(
        (PremiereKey.TIME, ms(premiere.time), None),
        (PremiereKey.CODE, premiere.code, PremiereCode.EACH_CLOCK),
        (PremiereKey.LATER, premiere.later_ms, 0),
    )
    return keys


def _opening_keys(opening: Opening) -> Keys:
    keys: Keys = dict(opening.unknown)
    keys |= told(
        (OpeningKey.TIME, None if opening.time is None else ms(opening.time), None),
        (OpeningKey.EVENT, opening.event, ""),
        (OpeningKey.UNLESS_BACK, opening.unless_back, False),
    )
    return keys


def _distress_keys(distress: Distress) -> Keys:
    keys: Keys = dict(distress.unknown)
    where = None if distress.position is None else [float(part) for part in distress.position]
    keys |= told(
        (DistressKey.STATE, distress.state, DistressState.RAISED),
        (DistressKey.POSITION, where, None),
        (DistressKey.READINGS, dict(distress.readings), {}),
        (DistressKey.BY, distress.by, ""),
        (DistressKey.BY_AT, None if distress.by_at is None else ms(distress.by_at), None),
    )
    return keys


def letter_of(keys: Keys, envelope: Envelope) -> Letter:
    """Return the letter of decoded keys; InputError where a value is of the wrong type."""
    sender = text_at(keys, Key.AUTHOR, envelope.source)
    readers = tuple(text(each, "a reader") for each in array(keys.get(Key.READERS, []), "readers"))
    distress = keys.get(Key.DISTRESS)
    thread, reply_to = keys.get(Key.THREAD), keys.get(Key.REPLY_TO)
    group = _group_id(keys)
    return Letter(
        id=own_id(keys, Key.ID),
        thread=_usual_thread(sender, envelope.destination, group)
        if thread is None
        else id_of(thread, "thread"),
        sender=sender,
        to=envelope.destination,
        written_at=time_at(keys, Key.WRITTEN_AT, envelope),
        text=text_at(keys, Key.TEXT, ""),
        reply_to=None if reply_to is None else id_of(reply_to, "reply to"),
        receipt_wanted=truth(keys.get(Key.RECEIPT_WANTED, True), "receipt wanted"),
        # Written out or left out, the same readers are the same value: two copies of a letter are equal.
        readers=() if readers == (envelope.destination,) else readers,
        thread_name=text_at(keys, Key.THREAD_NAME, ""),
        priority=integer(keys.get(Key.PRIORITY, 1), "priority"),
        critical=truth(keys.get(Key.CRITICAL, False), "critical"),
        distress=None if distress is None else _distress(typed(distress, dict, "distress is a map")),
        parts=tuple(_part(each) for each in array(keys.get(Key.PARTS, []), "parts")),
        seen=tuple(id_of(each, "seen") for each in array(keys.get(Key.SEEN, []), "seen")),
        signature=keys.get(Key.SIGNATURE),
        sealed=keys.get(Key.SEALED),
        unknown=unknown(keys, Key),
        format=VERSION,
        act=integer(keys.get(Key.ACT, Act.WORDS.value), "act"),
        group=group,
        membership=octets(keys.get(Key.MEMBERSHIP, b""), "membership"),
        # Not even null stands for their absence: the letter would be shown too early, or twice.
        opens=_opening(typed(keys[Key.OPENS], dict, "opens is a map")) if Key.OPENS in keys else None,
        replaces=id_of(keys[Key.REPLACES], "replaces") if Key.REPLACES in keys else None,
        media_time=_media_time(keys[Key.MEDIA_TIME]) if Key.MEDIA_TIME in keys else None,
    )


def _group_id(keys: Keys) -> str:
    if Key.GROUP not in keys:
        return ""
    id = octets(keys[Key.GROUP], "group")
    if len(id) != GROUP_ID_BYTES:
        raise InputError(f"the id of a group has {GROUP_ID_BYTES} bytes", where="group")
    return GROUP + id.hex()


def _media_time(value: object) -> MediaTime:
    pair = array(value, "media time")
    if len(pair) != 2:
        raise InputError("a media time is a part and a moment of it")
    return MediaTime(integer(pair[0], "part"), integer(pair[1], "media time"))


def _opening(keys: Keys) -> Opening:
    time = integer_at(keys, OpeningKey.TIME)
    return Opening(
        None if time is None else time * MILLISECOND,
        text_at(keys, OpeningKey.EVENT, ""),
        truth(keys.get(OpeningKey.UNLESS_BACK, False), "unless back"),
        unknown(keys, OpeningKey),
    )


def _part(value: object) -> Part:
    keys: Keys = typed(value, dict, "a part is a map")
    data, hash, preview = (keys.get(key) for key in (PartKey.DATA, PartKey.HASH, PartKey.PREVIEW))
    inline = None if data is None else octets(data, "the data of a part")
    return Part(
        kind=integer(keys.get(PartKey.KIND, PartKind.FILE.value), "the kind of a part"),
        media_type=text_at(keys, PartKey.MEDIA_TYPE, OCTETS),
        data=inline,
        hash=None if hash is None else octets(hash, "the hash of a part"),
        size=integer(keys.get(PartKey.SIZE, 0 if inline is None else len(inline)), "the size of a part"),
        duration_ms=integer_at(keys, PartKey.DURATION),
        preview=None if preview is None else octets(preview, "a preview"),
        preview_type=text_at(keys, PartKey.PREVIEW_TYPE, ""),
        name=text_at(keys, PartKey.NAME, ""),
        width=integer_at(keys, PartKey.WIDTH),
        height=integer_at(keys, PartKey.HEIGHT),
        transcript=text_at(keys, PartKey.TRANSCRIPT, ""),
        chunk_size=integer(keys.get(PartKey.CHUNK_SIZE, CHUNK_BYTES), "the size of a chunk"),
        unknown=unknown(keys, PartKey),
        smaller_of=integer_at(keys, PartKey.SMALLER_OF),
        premiere=_premiere(keys[PartKey.PREMIERE]) if PartKey.PREMIERE in keys else None,
    )


def _premiere(value: object) -> Premiere:
    keys: Keys = typed(value, dict, "a premiere is a map")
    return Premiere(
        integer(keys.get(PremiereKey.TIME), "the time of a premiere") * MILLISECOND,
        integer(keys.get(PremiereKey.CODE, PremiereCode.EACH_CLOCK.value), "the code of a premiere"),
        unknown(keys, PremiereKey),
        integer(keys.get(PremiereKey.LATER, 0), "the light time of a premiere"),
    )


def _distress(keys: Keys) -> Distress:
    where, by_at = keys.get(DistressKey.POSITION), integer_at(keys, DistressKey.BY_AT)
    return Distress(
        integer(keys.get(DistressKey.STATE, DistressState.RAISED.value), "the state of distress"),
        None if where is None else position(where),
        readings(keys.get(DistressKey.READINGS, {})),
        unknown(keys, DistressKey),
        text_at(keys, DistressKey.BY, ""),
        None if by_at is None else by_at * MILLISECOND,
    )
