"""Letters as they are made of drafts: with an id, a thread and a format that their reader has.

Nothing is kept or sent here, so a forecast can ask for the letter that a draft would become.
"""

from __future__ import annotations

from msgspec.structs import replace

from starlight.dtntime import MILLISECOND
from starlight.errors import InputError
from starlight.mailboxes.known_formats import LATEST, OLDEST, KnownFormats
from starlight.mailboxes.mailbox import Mailbox
from starlight.messages.awaited_name import is_name, name_in
from starlight.messages.conversation import correspondent_of
from starlight.messages.conversation_order import thread_of
from starlight.messages.draft import Attachment, Draft
from starlight.messages.forecast import MessageForecaster
from starlight.messages.group import Group, is_group
from starlight.messages.letter import Act, Distress, Letter, MediaTime, Opening
from starlight.messages.limits import check
from starlight.messages.parts import CHUNK_BYTES, PREVIEW_MAX_BYTES, Part, PartKind, Premiere
from starlight.postoffice.group_nodes import GroupNodes, NodeReaders
from starlight.postoffice.plain_text import PlainText
from starlight.postoffice.premiere_terms import VOICE, premiere_of
from starlight.postoffice.seen_letters import last_read
from starlight.routing import Priority

INLINE_UP_TO = 1024
"""Bytes of a part that goes in its letter: in a bundle of its own it would cost a tenth more."""


class Composer:
    """Makes letters of drafts, at one node.

    Args:
        forecaster: knows whether an answer can come.
        formats: in which correspondents are written to.
        plain_text: tells which drafts go as their words alone.
        nodes: of groups.
    """

    def __init__(
        self,
        forecaster: MessageForecaster,
        formats: KnownFormats,
        plain_text: PlainText,
        nodes: GroupNodes,
    ) -> None:
        self._forecaster = forecaster
        self._nodes = nodes
        self._formats = formats
        self._plain_text = plain_text

    def addressed(self, mailbox: Mailbox, draft: Draft) -> Draft:
        """Return a draft to a name that was given an address with that; any other as it is.

        Raises:
            InputError: it is to be held by hand though its reader has no address.
        """
        given = mailbox.given.get(draft.to) if is_name(draft.to) else None
        if given is not None:
            return replace(draft, to=given)
        if is_name(draft.to) and draft.hold:
            right = "Leave it out: nothing leaves before the address is given"
            raise InputError(f"{name_in(draft.to)} has no address yet", where="hold", right=right)
        return draft

    def nodes_of(self, letter: Letter) -> list[NodeReaders]:
        """Return to whom a letter leaves, once for each node that a group's has readers at."""
        if not letter.group:
            return [NodeReaders("", (), is_there=True)]
        return self._nodes.of(letter.sender, letter.readers)

    def is_plain(self, mailbox: Mailbox, draft: Draft) -> bool:
        """Return whether a draft goes as its words alone."""
        return self._plain_text.is_for(mailbox, draft)

    def reads_calls(self, mailbox: Mailbox, to: str) -> bool:
        """Return whether a distress call can be told to an address as one, and not in words alone."""
        if self._plain_text.is_for(mailbox, Draft(to, "")):
            return False
        return self._formats.known(mailbox.address, to) != OLDEST

    def compose(
        self,
        mailbox: Mailbox,
        draft: Draft,
        drawn: bytes,
        now: int,
        thread: str | None = None,
        distress: Distress | None = None,
    ) -> Letter:
        """Return a letter of a mailbox, which nothing keeps yet.

        Args:
            mailbox: who writes.
            draft: what is written.
            drawn: 16 bytes, of which its id is made.
            now: in ns.
            thread: its thread, where it is not that of the letter answered or of the two people.
            distress: the call that it raises, answers or ends.

        Raises:
            InputError: it passes a limit, answers a letter that is not in the mailbox, or is to a group that
                the mailbox is not in, or that nobody else is in.
        """
        draft = self.addressed(mailbox, draft)
        group = mailbox.groups.at(draft.to) if is_group(draft.to) else None
        readers = () if group is None else _readers(mailbox, group)
        to = draft.to if group is None else self._nodes.of(mailbox.address, readers)[0].to
        plain_text = self.is_plain(mailbox, draft)
        if plain_text:
            _check_has_words_alone(draft, to)
        answered = _answered(mailbox, draft)
        premiere = premiere_of(draft, mailbox.address, self._forecaster, now)
        letter = Letter(
            id=drawn.hex(),
            thread=thread or _thread_of(mailbox, draft, answered, drawn),
            sender=mailbox.address,
            to=to,
            # To the millisecond, as it travels, so that both ends keep it in the same place.
            written_at=now - now % MILLISECOND,
            text=draft.text,
            reply_to=draft.reply_to,
            receipt_wanted=not plain_text and self._forecaster.answers_can_come(self._forecaster.node_of(to)),
            priority=draft.priority,
            critical=draft.critical,
            distress=distress,
            parts=tuple(_part(mailbox, each, premiere) for each in draft.parts),
            opens=_opening(draft),
            seen=() if plain_text else last_read(mailbox, draft.to, draft.reply_to),
            readers=readers,
            thread_name=draft.topic_name,
            act=Act[draft.act.upper()],
            replaces=_replaced(mailbox, draft),
            media_time=_pinned(draft, answered),
            group="" if group is None else group.id,
            membership=b"" if group is None else group.digest,
            format=LATEST,
        )
        if not plain_text:
            letter = self._in_format(letter)
        check(letter)
        return letter

    def _in_format(self, letter: Letter) -> Letter:
        """Return a letter in the format that its correspondent reads.

        Raises:
            InputError: what is in it has no place there.
        """
        address, to = letter.sender, letter.to
        if is_name(to):
            return letter  # As whoever it will reach reads, nobody knows yet.
        old = [each for each in letter.readers or (to,) if self._formats.known(address, each) == OLDEST]
        if letter.needs_format_2 and old:
            raise InputError(
                f"{old[0]} has an earlier Starlight, which can't read this",
                where="parts",
                right="Send words alone",
            )
        if letter.needs_format_2 or self._formats.to_write(address, to) == LATEST:
            return letter
        # By the form of its id, who reads it knows that its author reads format 2. What was seen has no place
        # there, so its own copy does not say it either; how urgent it is its bundle says, and a critical one
        # is as urgent as there is.
        urgency = Priority.EXPEDITED if letter.critical else letter.priority
        id = f"{address}/{letter.id}"
        return replace(letter, id=id, priority=urgency, critical=False, seen=(), format=OLDEST)


def _readers(mailbox: Mailbox, group: Group) -> tuple[str, ...]:
    """Return whom a letter to a group is for: its members, but for its author.

    Raises:
        InputError: its author is not in it, or nobody else is.
    """
    if mailbox.address in group.waiting:
        what = f"the group {group.name.text!r} is full, and you were the last to be added"
        raise InputError(what, where="to", right="You are in it as soon as somebody leaves")
    if mailbox.address not in group.members:
        right = "A member can add you again"
        raise InputError(f"you are not in the group {group.name.text!r}", where="to", right=right)
    readers = tuple(each for each in group.members if each != mailbox.address)
    if not readers:
        raise InputError(f"nobody else is in the group {group.name.text!r}", where="to", right="Add somebody")
    return readers


def _check_has_words_alone(draft: Draft, to: str) -> None:
    """Raise InputError where a draft has what plain text has no place for."""
    if draft.parts:
        what = f"{to} is written to in plain text, which has no place for files"
        raise InputError(what, where="parts", right="Send words alone")
    if draft.is_hidden:
        what = f"{to} is written to in plain text, which its reader sees at once"
        raise InputError(what, where="open_at", right="Hold it here instead, until it leaves")


def _thread_of(mailbox: Mailbox, draft: Draft, answered: Letter | None, drawn: bytes) -> str:
    """Return the thread of a letter; the id of one that begins a topic is that of the topic as well."""
    if draft.topic is not None:
        if not draft.topic or not mailbox.topics.has(draft.to, draft.topic):
            right = "Give topic_name alone to begin one"
            raise InputError(f"no topic {draft.topic!r} with {draft.to}", where="topic", right=right)
        return draft.topic
    if draft.topic_name:
        return drawn.hex()
    if answered is not None:
        return answered.thread
    former = mailbox.letter(draft.replaces) if draft.replaces is not None else None
    if former is not None:
        return former.thread
    return draft.to if is_group(draft.to) else thread_of(mailbox.address, draft.to)


def _pinned(draft: Draft, about: Letter | None) -> MediaTime | None:
    """Return the moment to which a draft is pinned, in a part of the letter that it answers.

    Raises:
        InputError: there is no such part, or no such moment in it.
    """
    moment = draft.media_time
    if moment is None:
        return None
    if about is None or not 0 <= moment.part < len(about.parts):
        what = f"no part {moment.part} in the letter that is answered"
        raise InputError(
            what, where="media_time", right="Give `reply_to`, and a part of it that plays, from 0"
        )
    lasts = about.parts[moment.part].duration_ms
    if moment.at_ms < 0 or (lasts is not None and moment.at_ms > lasts):
        told = "whose length is not known" if lasts is None else f"which lasts {lasts} ms"
        raise InputError(f"no moment {moment.at_ms} ms in a part {told}", where="media_time")
    return moment


def _answered(mailbox: Mailbox, draft: Draft) -> Letter | None:
    """Return the letter that a draft answers; None where it answers none.

    Raises:
        InputError: it is not in the mailbox, or what the draft does can't be done to it.
    """
    reply_to = draft.reply_to
    answered = mailbox.letter(reply_to) if reply_to is not None else None
    if reply_to is not None and answered is None:
        raise InputError(f"no letter {reply_to!r} here to answer", where="reply_to")
    _check_act(mailbox, draft, answered)
    return answered


def _check_act(mailbox: Mailbox, draft: Draft, about: Letter | None) -> None:
    """Refuse an act about a letter of the wrong hand: its reader would take it for words alone.

    Raises:
        InputError: another's letter is to be obsolete, or an own one was read and understood.
    """
    is_own = about is not None and about.sender == mailbox.address
    if draft.act == "obsolete" and not is_own:
        what = f"the letter {draft.reply_to!r} was not written here"
        raise InputError(what, where="act", right="Only its author says that a letter no longer holds")
    if draft.act == "copy" and is_own:
        what = f"the letter {draft.reply_to!r} was written here"
        raise InputError(
            what, where="act", right="A copy says that one has read and understood another's letter"
        )


def _replaced(mailbox: Mailbox, draft: Draft) -> str | None:
    """Return the id of the letter that a draft is to replace.

    Raises:
        InputError: it is not here, is by another hand, or went to others.
    """
    if draft.replaces is None:
        return None
    before = mailbox.letter(draft.replaces)
    if before is None or before.sender != mailbox.address:
        raise InputError(f"no letter {draft.replaces!r} was written here", where="replaces")
    if correspondent_of(before, mailbox.address) != draft.to:
        raise InputError(f"the letter {draft.replaces!r} did not go to {draft.to}", where="replaces")
    return before.id


def _opening(draft: Draft) -> Opening | None:
    """Return until when a letter is hidden from its reader, in whole milliseconds, as it travels."""
    if not draft.is_hidden:
        return None
    time = draft.open_at
    return Opening(None if time is None else time - time % MILLISECOND, draft.open_on, draft.unless_back)


def _part(mailbox: Mailbox, attachment: Attachment, premiere: Premiere | None) -> Part:
    """Return a part as its letter describes it; a small one is in the letter.

    Args:
        mailbox: of who writes.
        attachment: what the draft says of it.
        premiere: when what plays begins at both ends, or None.

    Raises:
        InputError: nothing was uploaded under its reference.
    """
    body = mailbox.bodies.body(attachment.upload)
    if body is None:
        raise InputError(f"no upload {attachment.upload!r} is here", where="parts", right="Upload it first")
    inline = body.size <= INLINE_UP_TO
    return Part(
        kind=PartKind[attachment.kind.upper()],
        media_type=attachment.media_type,
        data=mailbox.bodies.chunk(attachment.upload, 0) if inline else None,
        hash=None if inline else body.hash,
        size=body.size,
        duration_ms=attachment.duration_ms,
        name=attachment.name,
        width=attachment.width,
        height=attachment.height,
        transcript=attachment.transcript,
        chunk_size=CHUNK_BYTES if inline else body.chunk_size,
        preview=_preview(mailbox, attachment.preview) if attachment.preview else None,
        preview_type=attachment.preview_type,
        smaller_of=attachment.smaller_of,
        premiere=premiere if attachment.kind == VOICE else None,
    )


def _preview(mailbox: Mailbox, reference: str) -> bytes:
    """Return the bytes of a preview, which go with the words.

    Raises:
        InputError: nothing was uploaded under its reference, or it is too large to go with words.
    """
    body = mailbox.bodies.body(reference)
    if body is None:
        raise InputError(f"no upload {reference!r} is here", where="preview", right="Upload it first")
    if body.size > PREVIEW_MAX_BYTES:
        right = f"It has at most {PREVIEW_MAX_BYTES}"
        raise InputError(f"a preview of {body.size} bytes", where="preview", right=right)
    return mailbox.bodies.chunk(reference, 0)
