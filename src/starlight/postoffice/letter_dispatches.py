"""Letters that travel, each as a dispatch: accepted by the node, departed, lost, arrived, read.

The node's acceptance of a bundle brings the first prediction that holds, its departure the first
confirmation, receipts the rest (`receipt_news.py`). What concerns a part that travels on its own is passed on
to `part_dispatches.py`. What is due (a letter that the node refused or lost, a receipt that is overdue) is in
`resend.py`, what a new plan changes in `prediction_updates.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from msgspec.structs import replace

from starlight.bundle import EndpointID
from starlight.mailboxes.mailbox import Mailbox
from starlight.messages.delivery import WITHDRAWABLE, DeliveryState, Happening, Leg, after
from starlight.messages.dispatch import Copy, Dispatch, Expected, Sent
from starlight.messages.doubt import Trouble, TroubleCode
from starlight.messages.forecast import MessageForecaster
from starlight.messages.legs import legs_of
from starlight.messages.letter import Letter, ReceiptFact
from starlight.messages.trace_events import (
    LetterDeparted,
    LetterNotWithdrawn,
    LetterQueued,
    LetterRejected,
    LetterWithdrawn,
    about,
    say,
)
from starlight.node.application import Request
from starlight.postoffice import reprediction
from starlight.postoffice.holds import Holds
from starlight.postoffice.open_letters import OpenLetters
from starlight.postoffice.part_dispatches import PartDispatches
from starlight.postoffice.prediction_updates import PredictionUpdates
from starlight.postoffice.receipt_news import ReceiptNews, needless_copies
from starlight.postoffice.resend import Resends, offered_later, outgoing_of
from starlight.routing import Route

COPIES_KEPT = 64
"""Copies of a letter of which each is known: a distress call that nobody answers makes 20 a day without end.
By then those before have left, and what is known of the letter is known of all of them."""


class LetterDispatches:
    """The letters written at one node, as the node and receipts tell what becomes of them.

    Args:
        node: its number.
        forecaster: foresees what becomes of messages from there.
        mailboxes: by address; shared with the post office.
        booked: gives what the node has booked for a bundle of its own, by key.
        letters: those that are open.
        parts: those of them that travel on their own.
        resends: sees to what is due.
        updates: predicts again what was accepted before something more urgent.
        news: what receipts and reports tell.
        holds: those that do not leave yet.
    """

    def __init__(
        self,
        node: int,
        forecaster: MessageForecaster,
        mailboxes: Mapping[str, Mailbox],
        booked: Callable[[str], Sequence[Route]],
        letters: OpenLetters,
        parts: PartDispatches,
        resends: Resends,
        updates: PredictionUpdates,
        news: ReceiptNews,
        holds: Holds,
    ) -> None:
        self._node = node
        self._forecaster = forecaster
        self._mailboxes = mailboxes
        self._booked = booked
        self._letters = letters
        self._parts = parts
        self._resends = resends
        self._updates = updates
        self._news = news
        self._holds = holds

    def accepted(
        self, address: str, course: str, key: str, leaves: int | None, arrives: int | None, now: int
    ) -> list[Request]:
        """Take note of the bundle that carries a letter by a course, and of the node's own prediction."""
        mailbox = self._mailboxes[address]
        written = mailbox.outgoing.written(course)
        if written is None:
            return []  # It was set aside.
        letter, sent = written
        dispatch = sent.dispatch
        queued_at = dispatch.confirmed.queued_at
        dispatch = dispatch.expecting(self._as_accepted(sent, dispatch, key, leaves, arrives))
        dispatch = replace(
            dispatch,
            state=after(dispatch.state, Happening.ACCEPTED),
            copies=(*dispatch.copies, Copy(key))[-COPIES_KEPT:],
            # A letter that is offered again was kept here from the first time on.
            confirmed=replace(dispatch.confirmed, queued_at=now if queued_at is None else queued_at),
            trouble=None,
        )
        # Taken back in this very step, it is held all the same.
        sent = sent.having(dispatch.due_at(None if sent.held is None else sent.held.until))
        queued = LetterQueued(*about(letter), leaves=leaves, arrives=arrives, bundle=key)
        said = say(now, self._node, queued)
        put = self._letters.put(mailbox, letter.id, sent)
        # What is more urgent takes the time that others were promised, so those are predicted again.
        urgency = sent.precedence(dispatch).urgency
        return [*put, said, *needless_copies(letter, sent), *self._updates.displaced_by(urgency, now)]

    def rejected(self, address: str, course: str, reason: str, now: int) -> list[Request]:
        """Take note that the node refused a letter by a course: it is offered again later."""
        mailbox = self._mailboxes[address]
        written = mailbox.outgoing.written(course)
        if written is None:
            return []  # It was set aside.
        letter, sent = written
        sent = sent.having(offered_later(sent.dispatch, Trouble(TroubleCode.NOT_KEPT, reason), now))
        rejected = LetterRejected(*about(letter), reason=reason)
        said = say(now, self._node, rejected)
        return [*self._letters.put(mailbox, letter.id, sent), said]

    def departed(
        self, key: str, peer: int, leaves: int, last_byte: int, reaches: int, now: int
    ) -> list[Request]:
        """Take note that a bundle leaves this node; that a link has taken it, `taken` tells."""
        found = self._letters.of_bundle(key)
        if found is None:
            return []
        mailbox, letter, sent = found
        dispatch = sent.carried_by(key)
        copies = tuple(
            replace(copy, departed_at=leaves) if copy.key == key and copy.departed_at is None else copy
            for copy in dispatch.copies
        )
        booked = tuple(self._booked(key))
        self._letters.note_booked(key, booked)
        known = dispatch.confirmed
        dispatch = replace(
            dispatch,
            state=after(dispatch.state, Happening.LEFT),
            copies=copies,
            confirmed=replace(known, given_at=leaves) if known.departed_at is None else known,
        )
        if dispatch.part is not None:
            return self._parts.departed(mailbox, letter, sent.having(dispatch), dispatch, key, now)
        # What an earlier copy has brought there already is predicted no more by a later one.
        if dispatch.state is DeliveryState.DEPARTED:
            legs = dispatch.expected.legs
            leg = Leg(
                self._node, peer, leaves, last_byte, reaches, legs[0].contact_end if legs else last_byte
            )
            outgoing = outgoing_of(letter.sender, letter.to, sent, dispatch, now)
            dispatch = reprediction.departed(self._forecaster, sent, dispatch, outgoing, leg, booked)
        sent = sent.having(dispatch)
        departed = LetterDeparted(
            *about(letter),
            peer=peer,
            leaves=leaves,
            reaches=reaches,
            arrives=dispatch.expected.arrives,
            resends=dispatch.attempts.resends,
        )
        return [*self._letters.put(mailbox, letter.id, sent), say(now, self._node, departed)]

    def taken(self, key: str, now: int) -> list[Request]:
        """Take note that a link has taken a bundle: what was predicted of its departure is confirmed."""
        found = self._letters.of_bundle(key)
        if found is None:
            return []
        mailbox, letter, sent = found
        dispatch = sent.carried_by(key)
        known = dispatch.confirmed
        if known.given_at is None:
            return []
        # The first copy that is taken tells when the letter left; later ones are for safety alone.
        departed_at = known.given_at if known.departed_at is None else known.departed_at
        known = replace(known, departed_at=departed_at, given_at=None)
        return [*self._letters.put(mailbox, letter.id, sent.having(replace(dispatch, confirmed=known)))]

    def returned(self, key: str, now: int) -> list[Request]:
        """Take note that a bundle waits here again, as no link has taken it; predict it by its booking."""
        found = self._letters.of_bundle(key)
        if found is None:
            return []
        mailbox, letter, sent = found
        dispatch = sent.carried_by(key)
        if dispatch.state is not DeliveryState.DEPARTED or dispatch.confirmed.given_at is None:
            return []
        outgoing = outgoing_of(letter.sender, letter.to, sent, dispatch, now)
        dispatch = replace(
            dispatch,
            state=after(dispatch.state, Happening.RETURNED),
            confirmed=replace(dispatch.confirmed, given_at=None),
        )
        dispatch = reprediction.booked(self._forecaster, dispatch, outgoing, self._booked(key), now)
        return [*self._letters.put(mailbox, letter.id, sent.having(dispatch.due_at(None)))]

    def withdrawn(self, key: str, now: int) -> list[Request]:
        """Take note that the node gave a bundle back before it departed."""
        found = self._letters.of_bundle(key)
        if found is None:
            return []
        mailbox, letter, sent = found
        sent = _without(sent, key)
        if sent.held is not None and sent.dispatch.state in WITHDRAWABLE:
            return self._holds.came_back(mailbox, letter, sent, now)
        # Copies and chunks come back one by one; the letter is withdrawn with the last of them.
        if sent.dispatch.state in WITHDRAWABLE and not sent.dispatch.is_carried:
            return self.taken_back(mailbox, letter, sent, now)
        # Where the letter itself had left already, its parts go on.
        going_on = self._parts.go_on(mailbox, letter, sent, now)
        return [*self._letters.put(mailbox, letter.id, sent), *going_on]

    def not_withdrawn(self, key: str, now: int) -> list[Request]:
        """Take note that a bundle could not be taken back."""
        found = self._letters.of_bundle(key)
        if found is None or found[2].carried_by(key).part is not None:
            return []
        mailbox, letter, sent = found
        if sent.held is not None:
            return self._holds.left(mailbox, letter, sent, now)
        if sent.dispatch.state not in WITHDRAWABLE | {DeliveryState.DEPARTED}:
            return []
        sent = sent.having(replace(sent.dispatch, trouble=Trouble(TroubleCode.NOT_WITHDRAWN)))
        said = say(now, self._node, LetterNotWithdrawn(*about(letter)))
        return [*self._letters.put(mailbox, letter.id, sent), said]

    def gone(self, key: str, trouble: Trouble, now: int) -> list[Request]:
        """Take note that a bundle is gone: by age the letter has expired, otherwise it is offered again."""
        found = self._letters.of_bundle(key)
        if found is None:
            return []
        mailbox, letter, sent = found
        sent = _without(sent, key)
        part = sent.carried_by(key).part
        if part is not None:
            return self._parts.gone(mailbox, letter, sent, part, trouble, now)
        dispatch = sent.dispatch
        if dispatch.is_carried or not dispatch.is_on_its_way:
            return [*self._letters.put(mailbox, letter.id, sent)]
        if now < sent.expires_at:
            later = sent.having(offered_later(dispatch, trouble, now))
            return [*self._letters.put(mailbox, letter.id, later)]
        return self._resends.expired(mailbox, letter, sent, trouble.reason or trouble.code, now)

    def reported(
        self, key: str, reporter: str, status: str, time: int | None, reason: int, now: int
    ) -> list[Request]:
        """Take note of a status report: a delivery counts as an arrival, a deletion as a loss."""
        found = self._letters.of_bundle(key)
        if found is None:
            return []
        mailbox, letter, sent = found
        if status == "deleted":
            deleted = Trouble(TroubleCode.DELETED, reporter=reporter, report_reason=reason)
            return self.gone(key, deleted, now)
        # Any node may report; that it was delivered only the one whom it went to can know.
        if status != "delivered" or reporter != str(EndpointID.parse(letter.to).node_id):
            return []
        if sent.carried_by(key).part is not None:
            return []  # One chunk is no whole part, and no letter.
        fact = ReceiptFact(letter.id, "arrived", now if time is None else time)
        return self._news.learnt(mailbox, letter.id, fact, letter.to, now)

    def carries_letter(self, bundle: str) -> bool:
        """Return whether a bundle, by its identity, carries a letter that was written here."""
        return self._letters.of_bundle(bundle) is not None

    def taken_back(self, mailbox: Mailbox, letter: Letter, sent: Sent, now: int) -> list[Request]:
        """End a letter that was taken back, of which nothing waits here any more."""
        dispatch = sent.dispatch
        withdrawn = replace(
            dispatch,
            state=after(dispatch.state, Happening.RECALLED),
            confirmed=replace(dispatch.confirmed, ended_at=now),
            trouble=None,
        )
        return [
            *self._letters.put(mailbox, letter.id, sent.ended_with(withdrawn)),
            say(now, self._node, LetterWithdrawn(*about(letter))),
        ]

    def _as_accepted(
        self, sent: Sent, dispatch: Dispatch, key: str, leaves: int | None, arrives: int | None
    ) -> Expected:
        """Return what is expected of a dispatch that the node has accepted, by its own prediction."""
        before, booked = dispatch.expected, self._booked(key)
        fragments, legs = before.fragments, before.legs
        if booked and not sent.critical:  # Of that there are copies.
            fragments, legs = len(booked), legs_of(max(booked, key=lambda route: route.arrival))
        if leaves is None or arrives is None:
            return replace(
                before, leaves=leaves, arrives=arrives, receipt_at=None, legs=(), fragments=fragments
            )
        return replace(before, leaves=leaves, arrives=arrives, legs=legs, fragments=fragments)


def _without(sent: Sent, key: str) -> Sent:
    dispatch = sent.carried_by(key)
    copies = tuple(replace(copy, gone=True) if copy.key == key else copy for copy in dispatch.copies)
    return sent.having(replace(dispatch, copies=copies))
