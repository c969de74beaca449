"""The outbox of a node: all that its mailboxes have written, and what has become of it.

A letter is posted as a bundle; the node's acceptance brings the first prediction, its
departure the first confirmation, receipts the rest. What is due (a letter that the node refused or
lost, a receipt that is overdue) is in `resend.py`, what a new plan changes in `prediction_updates.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from msgspec.structs import replace

from starlight.dtntime import SECOND, to_text
from starlight.errors import InputError
from starlight.messages.conversation_order import thread_of
from starlight.messages.delivery import (
    FINAL,
    WITHDRAWABLE,
    Copy,
    DeliveryState,
    Happening,
    Leg,
    Sent,
    after,
)
from starlight.messages.doubt import Trouble, TroubleCode
from starlight.messages.draft import Draft
from starlight.messages.forecast import RECEIPT_BYTES, Forecaster
from starlight.messages.itinerary import legs_of
from starlight.messages.lateness import LateMessage, Lateness
from starlight.messages.letter import Letter, ReceiptFact, check
from starlight.messages.mailbox import Mailbox
from starlight.messages.trace_events import (
    ArrivalConfirmed,
    LetterDeparted,
    LetterNotWithdrawn,
    LetterQueued,
    LetterRejected,
    LetterWithdrawn,
    LetterWritten,
    ReadingConfirmed,
    ReceiptRefused,
    about,
    say,
)
from starlight.node.application import Request, Withdraw
from starlight.postoffice import reprediction
from starlight.postoffice.open_letters import OpenLetters, author_of
from starlight.postoffice.prediction_updates import PredictionUpdates
from starlight.postoffice.resend import Resends, is_carried, offered_later, submission
from starlight.routing import Route


class Outbox:
    """The letters that were written at one node.

    Args:
        node: its number.
        forecaster: foresees what becomes of messages from there.
        mailboxes: by address; shared with the post office.
        node_of: gives the node of an address, or None.
        booked: gives what the node has booked for a bundle of its own, by key.
        letters: those that are open.
        resends: sees to what is due.
        updates: predicts again what was accepted before something more urgent.
    """

    def __init__(
        self,
        node: int,
        forecaster: Forecaster,
        mailboxes: Mapping[str, Mailbox],
        node_of: Callable[[str], int | None],
        booked: Callable[[str], Sequence[Route]],
        letters: OpenLetters,
        resends: Resends,
        updates: PredictionUpdates,
    ) -> None:
        self._node = node
        self._forecaster = forecaster
        self._mailboxes = mailboxes
        self._node_of = node_of
        self._booked = booked
        self._letters = letters
        self._resends = resends
        self._updates = updates

    # What its author does.

    def compose(self, mailbox: Mailbox, draft: Draft, now: int, thread: str | None = None) -> Letter:
        """Return the next letter of a mailbox, which nothing keeps yet.

        Args:
            mailbox: who writes.
            draft: what is written.
            now: in ns.
            thread: its thread, where it is not that of the letter answered or of the two people.

        Raises:
            InputError: it passes a limit, or answers a letter that is not in the mailbox.
        """
        to, reply_to = draft.to, draft.reply_to
        answered = mailbox.letter(reply_to) if reply_to is not None else None
        if reply_to is not None and answered is None:
            raise InputError(f"no letter {reply_to!r} here to answer", where="reply_to")
        number = mailbox.index.counter + 1
        while mailbox.index.has(id := f"{mailbox.address}/{now // SECOND}/{number}"):
            number += 1  # Somebody sent a letter in this mailbox's own name.
        letter = Letter(
            id=id,
            thread=thread or (answered.thread if answered else thread_of(mailbox.address, to)),
            sender=mailbox.address,
            to=to,
            written_at=now,
            text=draft.text,
            reply_to=reply_to,
            receipt_wanted=self._forecaster.answers_can_come(self._node_of(to)),
        )
        check(letter)
        return letter

    def post(self, mailbox: Mailbox, letter: Letter, draft: Draft, lifetime: int, now: int) -> list[Request]:
        """Keep a letter that was made of a draft, and post it; times in ns."""
        size, destination = len(letter.encode()), self._node_of(letter.to)
        sent = Sent(
            number=int(letter.id.rsplit("/", 1)[1]),
            written_at=now,
            expires_at=now + lifetime,
            size_bytes=size,
            receipt_wanted=letter.receipt_wanted,
            priority=draft.priority,
            critical=draft.critical,
        )
        found = self._forecaster.itinerary(self._node, destination, now, size, sent.expires_at, sent.urgency)
        if found is not None:
            sent = replace(
                sent,
                leaves=found.leaves,
                arrives=found.arrival,
                receipt_at=self._forecaster.back(destination, found.arrival, RECEIPT_BYTES),
                legs=legs_of(found.route),
                fragments=found.fragments,
            )
        return [
            *mailbox.put_letter(letter),
            *self._letters.put(mailbox, letter.id, sent),
            submission(letter, sent, now),
            say(now, self._node, LetterWritten(*about(letter), size_bytes=size)),
        ]

    def withdraw(self, mailbox: Mailbox, letter_id: str, now: int) -> list[Request]:
        """Take back a letter that has not departed.

        Raises:
            InputError: it has, or there is no such letter.
        """
        sent = mailbox.sent(letter_id)
        if sent is None:
            raise InputError(f"no letter {letter_id!r} was written here", where="letter")
        if sent.state not in WITHDRAWABLE:
            left = f"; it left at {to_text(sent.departed_at)}" if sent.departed_at is not None else ""
            raise InputError(f"the letter can't be withdrawn: it is {sent.state.value}{left}", where="letter")
        keys = [copy.key for copy in sent.copies if not copy.gone]
        if keys:
            return [Withdraw(key) for key in keys]
        return self._taken_back(mailbox, mailbox.written(letter_id)[0], sent, now)

    # What the node tells.

    def accepted(
        self, letter_id: str, key: str, leaves: int | None, arrives: int | None, now: int
    ) -> list[Request]:
        """Take note of the bundle that carries a letter, and of the node's own prediction."""
        mailbox = self._mailboxes[author_of(letter_id)]
        letter, sent = mailbox.written(letter_id)
        foreseen = leaves is not None and arrives is not None
        booked = self._booked(key)
        fragments, legs = sent.fragments, sent.legs
        if booked and not sent.critical:  # Of that there are copies.
            fragments, legs = len(booked), legs_of(max(booked, key=lambda route: route.arrival))
        sent = replace(
            sent,
            state=after(sent.state, Happening.ACCEPTED),
            copies=(*sent.copies, Copy(key)),
            queued_at=now if sent.queued_at is None else sent.queued_at,
            leaves=leaves,
            arrives=arrives,
            receipt_at=sent.receipt_at if foreseen else None,
            legs=legs if foreseen else (),
            fragments=fragments,
            first_leaves=leaves if sent.first_leaves is None else sent.first_leaves,
            first_arrives=arrives if sent.first_arrives is None else sent.first_arrives,
            due=None,
            trouble=None,
        )
        queued = LetterQueued(*about(letter), leaves=leaves, arrives=arrives, bundle=key)
        said = say(now, self._node, queued)
        put = self._letters.put(mailbox, letter_id, sent)
        return [*put, said, *_withdrawals(sent), *self._updates.displaced_by(sent.urgency, now)]

    def rejected(self, letter_id: str, reason: str, now: int) -> list[Request]:
        """Take note that the node refused a letter: it is offered again later."""
        mailbox = self._mailboxes[author_of(letter_id)]
        letter, sent = mailbox.written(letter_id)
        sent = offered_later(sent, Trouble(TroubleCode.NOT_KEPT, reason), now)
        rejected = LetterRejected(*about(letter), reason=reason)
        said = say(now, self._node, rejected)
        return [*self._letters.put(mailbox, letter_id, sent), said]

    def departed(
        self, key: str, peer: int, leaves: int, last_byte: int, reaches: int, now: int
    ) -> list[Request]:
        """Take note that a bundle has left this node."""
        found = self._letters.of_bundle(key)
        if found is None:
            return []
        mailbox, letter, sent = found
        copies = tuple(
            replace(copy, departed_at=leaves) if copy.key == key and copy.departed_at is None else copy
            for copy in sent.copies
        )
        booked = tuple(self._booked(key))
        self._letters.note_booked(key, booked)
        first_time = sent.departed_at is None
        sent = replace(
            sent,
            state=after(sent.state, Happening.LEFT),
            copies=copies,
            departed_at=leaves if first_time else sent.departed_at,
        )
        if sent.state is DeliveryState.DEPARTED:
            end = sent.legs[0].contact_end if sent.legs else last_byte
            leg = Leg(self._node, peer, leaves, last_byte, reaches, end)
            sent = reprediction.departed(self._forecaster, sent, self._node_of(letter.to), leg, booked)
        departed = LetterDeparted(
            *about(letter),
            peer=peer,
            leaves=leaves,
            reaches=reaches,
            arrives=sent.arrives,
            resends=sent.resends,
        )
        return [*self._letters.put(mailbox, letter.id, sent), say(now, self._node, departed)]

    def withdrawn(self, key: str, now: int) -> list[Request]:
        """Take note that the node gave a bundle back before it departed."""
        found = self._letters.of_bundle(key)
        if found is None:
            return []
        mailbox, letter, sent = found
        sent = _without(sent, key)
        if sent.state in WITHDRAWABLE and not is_carried(sent):
            return self._taken_back(mailbox, letter, sent, now)
        return [*self._letters.put(mailbox, letter.id, sent)]

    def not_withdrawn(self, key: str, now: int) -> list[Request]:
        """Take note that a bundle could not be taken back."""
        found = self._letters.of_bundle(key)
        if found is None or found[2].state not in WITHDRAWABLE | {DeliveryState.DEPARTED}:
            return []
        mailbox, letter, sent = found
        sent = replace(sent, trouble=Trouble(TroubleCode.NOT_WITHDRAWN))
        said = say(now, self._node, LetterNotWithdrawn(*about(letter)))
        return [*self._letters.put(mailbox, letter.id, sent), said]

    def gone(self, key: str, trouble: Trouble, now: int) -> list[Request]:
        """Take note that a bundle is gone: by age the letter has expired, otherwise it is offered again."""
        found = self._letters.of_bundle(key)
        if found is None:
            return []
        mailbox, letter, sent = found
        sent = _without(sent, key)
        if is_carried(sent) or sent.state is DeliveryState.ARRIVED or sent.state in FINAL:
            return [*self._letters.put(mailbox, letter.id, sent)]
        if now < sent.expires_at:
            return [*self._letters.put(mailbox, letter.id, offered_later(sent, trouble, now))]
        return self._resends.expired(mailbox, letter, sent, trouble.reason or trouble.code, now)

    def learnt(
        self, mailbox: Mailbox, letter_id: str, fact: ReceiptFact, source: str, now: int
    ) -> list[Request]:
        """Take note of what a receipt, or a status report, says about a letter written here.

        What is said by another than whom the letter went to is not believed, nor about the future.
        """
        letter, sent = mailbox.letter(letter_id), mailbox.sent(letter_id)
        if letter is None or sent is None or letter.to != source or sent.state is DeliveryState.WITHDRAWN:
            return [say(now, self._node, ReceiptRefused(*about(letter), source=source))] if letter else []
        time = min(fact.time, now)
        if fact.what == "arrived":
            if sent.arrived_at is not None:
                return []
            known = replace(sent, arrived_at=time, arrival_known_at=now)
            happening = Happening.ARRIVAL_KNOWN
        else:
            if sent.read_at is not None:
                return []
            known = replace(sent, read_at=time, reading_known_at=now)
            happening = Happening.READING_KNOWN
        known = replace(
            known,
            state=after(sent.state, happening),
            ended_at=None,
            due=None,
            overdue=False,
            doubtful=None,
            trouble=None,
        )
        confirmed = ArrivalConfirmed if fact.what == "arrived" else ReadingConfirmed
        told = confirmed(*about(letter), at=time, predicted=sent.first_arrives, resends=sent.resends)
        return [
            *self._letters.put(mailbox, letter_id, known),
            say(now, self._node, told),
            *_withdrawals(known),
        ]

    def why_late(self, mailbox: Mailbox, letter_id: str, now: int) -> Lateness:
        """Return why a letter that waits or is on its way is not there sooner, as of now.

        Of a letter that has left, it tells about the route from the node where it is, or is next.

        Raises:
            InputError: there is no such letter, or it has come to its end.
        """
        sent = mailbox.sent(letter_id)
        if sent is None:
            raise InputError(f"no letter {letter_id!r} was written here", where="letter")
        if sent.state in FINAL or sent.state is DeliveryState.ARRIVED:
            raise InputError(f"the letter is on its way no more: it is {sent.state.value}", where="letter")
        passed = [leg for leg in sent.legs if sent.state is DeliveryState.DEPARTED and leg.leaves <= now]
        ahead = sent.legs[len(passed) :]
        source, at = (passed[-1].to_node, max(now, passed[-1].arrives)) if passed else (self._node, now)
        destination = self._node_of(mailbox.written(letter_id)[0].to)
        if passed and source == destination:
            return Lateness(now, sent.size_bytes, last_hop=passed[-1])
        booked = [
            route
            for copy in sent.copies
            for route in self._booked(copy.key) or self._letters.booked_when_left(copy.key)
        ]
        message = LateMessage(
            destination,
            sent.size_bytes,
            sent.urgency,
            sent.expires_at,
            ahead,
            sent.fragments if not passed else 1,
        )
        return self._forecaster.lateness(message, now, at, source, booked)

    def letter_of(self, key: str) -> tuple[Mailbox, Letter] | None:
        """Return the mailbox and the letter that a bundle carries, or None."""
        found = self._letters.of_bundle(key)
        return found[:2] if found else None

    def _taken_back(self, mailbox: Mailbox, letter: Letter, sent: Sent, now: int) -> list[Request]:
        sent = replace(
            sent, state=after(sent.state, Happening.RECALLED), ended_at=now, due=None, trouble=None
        )
        return [
            *self._letters.put(mailbox, letter.id, sent),
            say(now, self._node, LetterWithdrawn(*about(letter))),
        ]


def _without(sent: Sent, key: str) -> Sent:
    copies = tuple(replace(copy, gone=True) if copy.key == key else copy for copy in sent.copies)
    return replace(sent, copies=copies)


def _withdrawals(sent: Sent) -> list[Withdraw]:
    """Return the requests to take back copies that need not leave, because the letter has arrived."""
    if sent.state not in (DeliveryState.ARRIVED, DeliveryState.READ):
        return []
    return [Withdraw(copy.key) for copy in sent.copies if copy.departed_at is None and not copy.gone]
