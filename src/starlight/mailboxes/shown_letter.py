"""A letter as its mailbox shows it: its course, its parts, what others do to it, what its reader noted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from starlight.errors import InputError
from starlight.mailboxes.copies import copies_of
from starlight.mailboxes.reactions import reactions_to
from starlight.mailboxes.replaced_letters import claims_too_much, former_of, former_view, replacement_of
from starlight.messages.course_view import course_view
from starlight.messages.dispatch import Sent
from starlight.messages.later_view import held_view, opens_view
from starlight.messages.letter import Letter
from starlight.messages.letter_view import CopiedView, LetterView, letter_view
from starlight.messages.part_view import part_view
from starlight.messages.quote import pinned, quoted
from starlight.messages.standing import least_far, least_far_part

if TYPE_CHECKING:
    from starlight.mailboxes.mailbox import Mailbox


def shown_letter(mailbox: Mailbox, letter_id: str, now: int) -> LetterView:
    """Return a letter of a mailbox as it stands at a time in ns.

    Raises:
        InputError: no such letter here.
    """
    letter = mailbox.letter(letter_id)
    if letter is None:
        raise InputError(f"no letter {letter_id!r} here", where="letter")
    courses = mailbox.outgoing.courses(letter_id)
    sent = least_far(courses) if courses else None
    received = mailbox.received(letter_id)
    view = letter_view(letter, sent, received, now)
    held, opens = held_view(sent, mailbox.letter), opens_view(letter, sent, received)
    view = replace(view, held=held, opens=opens)
    view = _with_marks(view, mailbox, letter)
    if letter.group:
        view = _with_group(view, mailbox, courses, now)
    # Where its course is not known, that may be set aside; whose letter it is, it says itself.
    mine = sent is not None or letter.sender == mailbox.address
    words_at = received.arrived_at if received else None
    if sent is not None:
        words_at = sent.dispatch.confirmed.arrived_at or sent.dispatch.expected.arrives
    parts = tuple(
        part_view(
            number,
            part,
            mailbox.parts.get(letter_id, number),
            least_far_part(courses, number),
            mine=mine,
            words_at=words_at,
        )
        for number, part in enumerate(letter.parts)
    )
    reply_to = mailbox.index.entry(letter_id).reply_to
    about = None if reply_to is None else mailbox.letter(reply_to)
    answers = None if reply_to is None else quoted(reply_to, about)
    moment = pinned(letter, about)
    return replace(view, mine=mine, parts=parts, reply_to=reply_to, answers=answers, media_time=moment)


def _with_marks(view: LetterView, mailbox: Mailbox, letter: Letter) -> LetterView:
    """Return a letter with what others do to it, its topic, and what its reader noted."""
    marks, entry = mailbox.marks.get(letter.id), mailbox.index.entry(letter.id)
    copied = copies_of(mailbox, letter, marks.copied)
    stands, former = replacement_of(mailbox, letter), former_of(mailbox, letter)
    return replace(
        view,
        replaces=None if claims_too_much(mailbox, letter) else letter.replaces,
        replaced_by=None if stands is None else stands.id,
        replaced_at=None if stands is None else stands.written_at,
        former=None if former is None else former_view(former),
        obsolete=marks.is_obsolete(letter.sender),
        copied_by=tuple(CopiedView(each.address, each.at) for each in copied),
        topic=entry.thread,
        topic_name=mailbox.topics.name(entry.thread) if entry.thread else "",
        starred=entry.starred,
        open_question=entry.asks,
        remind_at=mailbox.marks.reminder(letter.id),
        reactions=reactions_to(mailbox, letter, marks.pinned),
    )


def _with_group(view: LetterView, mailbox: Mailbox, courses: list[Sent], now: int) -> LetterView:
    group = mailbox.groups.get(view.group)
    return replace(
        view,
        group_name="" if group is None else group.name.text,
        outside=view.from_address != mailbox.address
        and (group is None or view.from_address not in group.people),
        courses=tuple(course_view(sent, now) for sent in courses),
    )
