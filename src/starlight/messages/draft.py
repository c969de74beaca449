"""A letter that is being written, from the form, the API or the command line to the post office.

A draft is checked once, when it is made: whoever is handed one need not ask again whether its address
is one. It may still be empty, because what it would take to arrive is asked for before the first word;
only who sends it asks for words (`require_text`).
"""

from __future__ import annotations

import re
from typing import Annotated

import msgspec
from msgspec.structs import force_setattr

from starlight.bundle import EndpointID
from starlight.errors import InputError
from starlight.json_time import Time
from starlight.messages.awaited_name import awaited, is_name
from starlight.messages.letter import Act, MediaTime
from starlight.messages.parts import OCTETS, PartKind
from starlight.messages.premiere import check_mode
from starlight.messages.urgency import check_priority
from starlight.routing import Priority

KEY_MAX_CHARACTERS = 255
"""A UUID has 36; some programs name what they send by its path."""


_GROUP = re.compile(r"group:[0-9a-f]{32}")


def destination(address: str) -> str:
    """Return an address or a group that something can be sent to, as the one text that means it.

    Raises:
        InputError: it is no endpoint id, or the null endpoint, which nobody can have (RFC 9171, 4.2.5.1.1).
    """
    if _GROUP.fullmatch(address):
        return address
    try:
        endpoint = EndpointID.parse(address)
    except InputError as error:
        raise InputError(error.what, where="to", right=error.right) from None
    if endpoint.is_null:
        raise InputError(f"{address} is nobody's address", where="to", right="Such are ipn:7.1, ipn:20.3")
    return str(endpoint)


def recipient(address: str) -> str:
    """Return whom a letter can be written to: as `destination`, or ``name:Ada``, who has no address yet.

    Raises:
        InputError: it is none of these.
    """
    return awaited(address) if is_name(address) else destination(address)


def check_key(key: str) -> None:
    """Refuse what is no key; an empty one, as a form sends it, is none at all.

    Raises:
        InputError: it is too long, or holds what a header can't.
    """
    if len(key) > KEY_MAX_CHARACTERS or not (key.isascii() and key.isprintable()):
        right = f"1 to {KEY_MAX_CHARACTERS} printable ASCII characters, such as a UUID"
        raise InputError(f"{key[: KEY_MAX_CHARACTERS + 1]!r} is no key", where="key", right=right)


def check_kind(kind: str) -> None:
    """Refuse a word that is no kind of part.

    Raises:
        InputError: it is none; the error names those that are.
    """
    if kind.upper() not in PartKind.__members__:
        known = ", ".join(PartKind.__members__).lower()
        raise InputError(f"{kind!r} is no kind of part", where="kind", right=f"Such are {known}")


def check_act(word: str) -> None:
    """Refuse a word that is no act of a letter.

    Raises:
        InputError: it is none; the error names those that are.
    """
    if word.upper() not in Act.__members__:
        known = ", ".join(Act.__members__).lower()
        raise InputError(f"{word!r} is no act of a letter", where="act", right=f"Such are {known}")


EACH_CLOCK = "each_clock"
"""The way to begin together where none is told."""

ABOUT_ANOTHER = ("copy", "obsolete", "withdrawn")
"""Acts about the letter that is answered, which need no words."""

Address = Annotated[str, msgspec.Meta(extra={"check": destination})]
"""Where something goes."""
Recipient = Annotated[str, msgspec.Meta(extra={"check": recipient})]
"""Whom a letter is for."""
ClientKey = Annotated[str, msgspec.Meta(extra={"check": check_key})]
PartWord = Annotated[str, msgspec.Meta(extra={"check": check_kind})]
ModeWord = Annotated[str, msgspec.Meta(extra={"check": check_mode})]
ActWord = Annotated[str, msgspec.Meta(extra={"check": check_act})]
Count = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
"""Milliseconds or pixels; no more than any program can count with."""


class Attachment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A part of a letter that is being written: what was uploaded, and what there is to say of it.

    Attributes:
        upload: the reference of the upload.
        name: of the file.
        media_type: such as ``audio/ogg``.
        kind: ``file``, ``voice``, ``picture`` or ``video``.
        duration_ms: how long it plays.
        width, height: in pixels.
        transcript: what is said in it.
        preview: the reference of an upload of a kilobyte or so, a small picture that goes with the words.
        preview_type: the media type of the preview.
        smaller_of: the place in the draft of the part of which this is a smaller version, from 0.
    """

    upload: str
    name: str = ""
    media_type: str = OCTETS
    kind: PartWord = "file"
    duration_ms: Count | None = None
    width: Count | None = None
    height: Count | None = None
    transcript: str = ""
    preview: str = ""
    preview_type: str = ""
    smaller_of: Count | None = None

    def __post_init__(self) -> None:
        """Check the kind, which is a word."""
        check_kind(self.kind)


class Draft(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A letter before it is sent.

    Attributes:
        to: an address anywhere, in its canonical text; nobody needs to have opened it yet. Or a group that is
            known in the mailbox. Or ``name:Ada`` for somebody who has no address yet: it is held until one
            is given.
        text: the words.
        reply_to: the id of the letter that it answers, in the mailbox of who writes.
        priority: how urgent it is: what is more urgent goes before others.
        critical: must not be lost: a copy goes over every neighbour, as urgent as there is.
        parts: voices, pictures and files that go with it.
        key: a name that the client chose for it, so that to send it again is safe: under one key there is
            one letter, for 30 days. None where it will not be sent again.
        plain_text: whether it goes as its words alone, in UTF-8, which other software reads; None as the
            node's file says of the address.
        act: what it does besides saying its words, as a word (`letter.Act`).
        topic: the topic that it belongs to; None for that of the letter answered or replaced, else none.
        topic_name: another name for that topic; without a topic, the name of a new one that it begins.
        replaces: the id of an earlier letter of who writes, in whose place it stands.
        leave_at: when it leaves; it is held here until then. In ns.
        after: the id of an own letter that all its readers must have read before this one leaves.
        hold: it is held until a person lets it go.
        open_at: until when it is hidden from its reader, at the reader's end, in ns.
        open_on: the name of a fact of the mission that opens it, whichever is first.
        unless_back: it is not to be read if its author is back by `open_at`, who then withdraws it.
        bulk_parts: its parts that travel apart fill what capacity nothing else needs, after everything else.
        premiere_at: when the voice or song that goes with it begins at both ends, in ns.
        premiere_mode: how its reader's end begins, as a word (`parts.PremiereCode`): at the same moment, or
            one light time later.
        media_time: the moment of a voice or a song in the letter that it answers, to which it is pinned.

    Raises:
        InputError: `to` is no address that anybody can have, or `priority` or `key` is none.
    """

    to: Recipient
    text: str
    reply_to: str | None = None
    priority: Priority = Priority.NORMAL
    critical: bool = False
    parts: tuple[Attachment, ...] = ()
    key: ClientKey | None = None
    plain_text: bool | None = None
    act: ActWord = "words"
    topic: str | None = None
    topic_name: str = ""
    replaces: str | None = None
    leave_at: Time | None = None
    after: str | None = None
    hold: bool = False
    open_at: Time | None = None
    open_on: str = ""
    unless_back: bool = False
    bulk_parts: bool = False
    media_time: MediaTime | None = None
    premiere_at: Time | None = None
    premiere_mode: ModeWord = EACH_CLOCK

    def __post_init__(self) -> None:
        """Check what can be checked without a mailbox; the address becomes the one text that means it."""
        check_priority(self.priority)
        force_setattr(self, "to", recipient(self.to))
        force_setattr(self, "reply_to", self.reply_to or None)  # A form sends an empty field.
        force_setattr(self, "key", self.key or None)
        force_setattr(self, "topic", self.topic or None)
        force_setattr(self, "replaces", self.replaces or None)
        check_act(self.act)
        force_setattr(self, "premiere_mode", self.premiere_mode or EACH_CLOCK)
        check_mode(self.premiere_mode)
        force_setattr(self, "after", self.after or None)
        if self.key is not None:
            check_key(self.key)
        if self.unless_back and self.open_at is None:
            what = "a letter that is read unless its author is back needs a day"
            raise InputError(what, where="open_at", right="Say when it opens")

    @property
    def is_held(self) -> bool:
        """Return whether it does not leave at once."""
        return self.hold or self.leave_at is not None or self.after is not None

    @property
    def is_hidden(self) -> bool:
        """Return whether its reader does not see it when it is there."""
        return self.open_at is not None or bool(self.open_on)

    def require_text(self) -> None:
        """Refuse an empty letter.

        Raises:
            InputError: there are no words in it, and no parts.
        """
        if self.act in ABOUT_ANOTHER:
            if self.reply_to is None:
                raise InputError(f"{self.act} is about a letter", where="reply_to", right="Say which")
            return
        if not self.text.strip() and not self.parts:
            raise InputError("the letter is empty", where="text", right="Write a word or two")
