"""The departures from one node's mailboxes: what waits, in which order, and what a person changes of it.

The order is that of the node: by what it has booked, and of what leaves at once what is more urgent, then
what was submitted first. Nothing is estimated here.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from starlight.dtntime import DAY, HOUR
from starlight.errors import InputError
from starlight.mailboxes.mailbox import Mailbox
from starlight.messages.course import letter_of_course
from starlight.messages.delivery import WITHDRAWABLE, DeliveryState
from starlight.messages.dispatch import Copy, Dispatch, Sent
from starlight.messages.letter import Letter
from starlight.messages.queue import (
    Fixed,
    HiddenThere,
    QueueEntry,
    QueueView,
    entry_kind,
    first_words,
    part_words,
)
from starlight.messages.urgency import Priority
from starlight.node.application import Request
from starlight.postoffice.holds import Holds
from starlight.postoffice.node_mailboxes import NodeMailboxes
from starlight.postoffice.open_letters import OpenLetter, OpenLetters
from starlight.postoffice.withdrawals import Withdrawals

LEFT_SHOWN = HOUR
"""For so long what has left stands in the queue, with why it can't be withdrawn."""

REMINDED_BEFORE = DAY
"""So long before a letter can't be taken back safely any more its author is reminded."""

NEVER = 2**63


class Departures:
    """The departures from the mailboxes of one node.

    Args:
        mailboxes: of the node.
        letters: those that are open.
        holds: those of them that do not leave yet.
        withdrawals: of those that have left.
    """

    def __init__(
        self, mailboxes: NodeMailboxes, letters: OpenLetters, holds: Holds, withdrawals: Withdrawals
    ) -> None:
        self._mailboxes = mailboxes
        self._letters = letters
        self._holds = holds
        self._withdrawals = withdrawals

    def queue(self, address: str, now: int) -> QueueView:
        """Return what of a mailbox waits, is held, has just left, or opens later; time in ns.

        Raises:
            InputError: no such mailbox.
        """
        mailbox = self._mailboxes.at(address)
        waiting, held, left = [], [], []
        for each in self._letters.every(mailbox.address):
            written = mailbox.outgoing.written(each.id)
            if written is None:
                continue  # It was set aside.
            for dispatch, entry in _entries(each, written[0], now):
                if entry.fixed is Fixed.LEFT:
                    left.append(entry)
                elif entry.held is not None:
                    held.append(entry)
                else:
                    waiting.append((_turn(each.sent, dispatch), entry))
        waiting.sort(key=lambda one: one[0])
        ordered = [replace(entry, position=place) for place, (_, entry) in enumerate(waiting, 1)]
        held.sort(key=lambda entry: (entry.leaves or NEVER, entry.held.since if entry.held else 0))
        left.sort(key=lambda entry: -(entry.leaves or 0))
        return QueueView(tuple(ordered), tuple(held), tuple(left), tuple(self._later(mailbox, now)))

    def move(self, address: str, letter_id: str, before: str, now: int) -> list[Request]:
        """Let a letter leave before another; before none, behind all that are as urgent.

        Raises:
            InputError: one of them does not wait here, or the other is more urgent, or less.
        """
        order = [each.letter for each in self.queue(address, now).waiting if each.part is None]
        order = list(dict.fromkeys(order))
        for id, where in ((letter_id, "letter"), (before, "before")):
            if id and id not in order:
                right = "Ask for the queue: it may have left"
                raise InputError(f"no letter {id!r} waits here", where=where, right=right)
        if letter_id == before:
            return []
        mailbox = self._mailboxes.at(address)
        equals = [id for id in order if _urgency(mailbox, id) == _urgency(mailbox, letter_id)]
        if before and before not in equals:
            right = "What is more urgent leaves first; move it among those that are as urgent"
            raise InputError(f"the letter {before!r} is not as urgent", where="before", right=right)
        wanted = [id for id in equals if id != letter_id]
        wanted.insert(wanted.index(before) if before else len(wanted), letter_id)
        # Up to the first that changes its place all stay as they are; what is behind it is submitted again.
        kept = next((n for n, (old, new) in enumerate(zip(equals, wanted, strict=True)) if old != new), None)
        return [] if kept is None else self._holds.reorder(address, wanted[kept:], now)

    def _later(self, mailbox: Mailbox, now: int) -> Iterator[HiddenThere]:
        """Give the letters that open later, the first to open first."""
        found = []
        for id in mailbox.opening.all():
            letter, courses = mailbox.letter(id), mailbox.outgoing.courses(id)
            withdrawal = self._withdrawals.of(mailbox.address, id, now)
            if letter is None or letter.opens is None or withdrawal is None:
                continue
            is_over = withdrawal.opens is not None and withdrawal.opens <= now
            if is_over or all(each.dispatch.state is DeliveryState.WITHDRAWN for each in courses):
                continue
            until, back = withdrawal.until, letter.opens.unless_back
            found.append(
                HiddenThere(
                    letter=id,
                    to=mailbox.index.entry(id).correspondent,
                    text=first_words(letter),
                    event=letter.opens.event,
                    unless_back=back,
                    arrived=all(each.dispatch.confirmed.arrived_at is not None for each in courses),
                    remind=back and until is not None and until - REMINDED_BEFORE <= now,
                    withdrawal=withdrawal,
                )
            )
        yield from sorted(found, key=lambda each: each.withdrawal.opens or NEVER)


def _entries(each: OpenLetter, letter: Letter, now: int) -> Iterator[tuple[Dispatch, QueueEntry]]:
    """Give what of a course of a letter waits here, is held, or has just left."""
    sent = each.sent
    for dispatch in sent.dispatches:
        copy = _waiting_copy(dispatch)
        left = dispatch.confirmed.departed_at or dispatch.confirmed.given_at
        has_left = dispatch.state is DeliveryState.DEPARTED and copy is None
        is_held = sent.held is not None and dispatch.state in WITHDRAWABLE
        waits = is_held or copy is not None or dispatch.state in WITHDRAWABLE
        if not waits and not (has_left and left is not None and left >= now - LEFT_SHOWN):
            continue
        precedence, first = sent.precedence(dispatch), next(iter(dispatch.expected.legs), None)
        yield (
            dispatch,
            QueueEntry(
                letter=letter_of_course(each.id),
                part=dispatch.part,
                to=letter.group or letter.to,
                text=first_words(letter) if dispatch.part is None else part_words(letter, dispatch.part),
                priority=Priority(precedence.priority),
                critical=precedence.critical,
                size_bytes=dispatch.size_bytes,
                leaves=left if has_left else dispatch.expected.leaves,
                arrives=dispatch.expected.arrives,
                by_node=None if first is None else first.to_node,
                window_ends=None if first is None else first.contact_end,
                held=sent.held if is_held else None,
                fixed=_fixed(sent, dispatch, has_left=has_left),
                kind=entry_kind(letter, dispatch.part),
                last_byte=None if first is None else first.last_byte,
            ),
        )


def _fixed(sent: Sent, dispatch: Dispatch, *, has_left: bool) -> Fixed:
    if has_left:
        return Fixed.LEFT
    if any(copy.departed_at is not None and not copy.gone for copy in sent.dispatch.copies):
        return Fixed.TAKEN if dispatch.part is None else Fixed.WORDS_LEFT
    return Fixed.NONE if sent.dispatch.state in WITHDRAWABLE else Fixed.WORDS_LEFT


def _waiting_copy(dispatch: Dispatch) -> Copy | None:
    """Return the copy of a dispatch that waits at the node and was submitted last, or None."""
    waiting = [copy for copy in dispatch.copies if not copy.gone and copy.departed_at is None]
    return waiting[-1] if waiting else None


def _turn(sent: Sent, dispatch: Dispatch) -> tuple[int, int, tuple[int, int], int]:
    """Return by what entries are put in order: when, how urgent, when submitted, and of which part."""
    copy = _waiting_copy(dispatch)
    leaves = dispatch.expected.leaves
    made = (NEVER, 0) if copy is None else _made(copy.key)
    part = -1 if dispatch.part is None else dispatch.part
    return (NEVER if leaves is None else leaves, -sent.precedence(dispatch).urgency, made, part)


def _made(key: str) -> tuple[int, int]:
    """Return the creation time and the sequence number in the key of a bundle."""
    _, time, number = key.rsplit("/", 2)
    return (int(time), int(number)) if time.isdigit() and number.isdigit() else (NEVER, 0)


def _urgency(mailbox: Mailbox, letter_id: str) -> int:
    sent = mailbox.outgoing.course(letter_id)
    return sent.precedence(sent.dispatch).urgency
