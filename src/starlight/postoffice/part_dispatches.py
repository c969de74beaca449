"""Parts that leave in bundles of their own, a few chunks at a time.

A letter goes first. Then the node is given a few chunks of each part; as one leaves, it is given the next, so
that a film neither fills the node's store nor stands in memory. What the node refuses or loses is offered
again; what the reader misses, it asks for, by chunk.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from starlight.mailboxes.bodies import path_of
from starlight.mailboxes.mailbox import Mailbox
from starlight.messages.delivery import FINAL, DeliveryState, Happening, after
from starlight.messages.dispatch import Copy, Dispatch, Sent
from starlight.messages.doubt import Trouble, TroubleCode
from starlight.messages.format import encode_message
from starlight.messages.letter import Letter, MissingChunks, ReceiptFact
from starlight.messages.parts import Chunk
from starlight.messages.wire_values import Envelope
from starlight.node.application import Request, Submit, Withdraw
from starlight.postoffice.open_letters import OpenLetters
from starlight.postoffice.resend import lifetime_ms_of, offered_later

AHEAD = 4
"""Chunks of one part that wait at the node: a megabyte, two seconds of a link of 4 Mbit/s, so that the next
is always there when one has left."""


class PartDispatches:
    """The parts of letters written at one node that travel on their own.

    Args:
        letters: those that are open.
    """

    def __init__(self, letters: OpenLetters) -> None:
        self._letters = letters
        # Submitted in this very step, and not answered by the node yet: mailbox, letter, part, chunk.
        self._offered: set[tuple[str, str, int, int]] = set()

    def go_on(self, mailbox: Mailbox, letter: Letter, sent: Sent, now: int) -> list[Request]:
        """Return the submissions of the chunks that are next, as many as may wait at the node."""
        if sent.dispatch.state in (DeliveryState.WITHDRAWN, DeliveryState.EXPIRED) or now >= sent.expires_at:
            return []
        return [
            self._submission(mailbox, letter, sent, dispatch, number, now)
            for dispatch in sent.parts
            if dispatch.is_on_its_way
            for number in self._next(mailbox, letter, dispatch)
        ]

    def accepted(
        self, mailbox: Mailbox, letter_id: str, part: int, number: int, key: str, now: int
    ) -> list[Request]:
        """Take note of the bundle that carries a chunk."""
        self._offered.discard((mailbox.address, letter_id, part, number))
        sent = mailbox.delivery(letter_id)
        dispatch = sent.parts[_place(sent, part)]
        queued_at = dispatch.confirmed.queued_at
        taken = replace(
            dispatch,
            state=after(dispatch.state, Happening.ACCEPTED),
            copies=(*dispatch.copies, Copy(key, chunk=number)),
            confirmed=replace(dispatch.confirmed, queued_at=now if queued_at is None else queued_at),
            trouble=None,
        )
        saves = self._letters.put(mailbox, letter_id, sent.having(taken))
        return [*saves, *_withdrawals(taken)]

    def rejected(
        self, mailbox: Mailbox, letter_id: str, part: int, number: int, reason: str, now: int
    ) -> list[Request]:
        """Take note that the node refused a chunk: the part goes on later."""
        self._offered.discard((mailbox.address, letter_id, part, number))
        sent = mailbox.delivery(letter_id)
        dispatch = sent.parts[_place(sent, part)]
        if dispatch.attempts.due is not None:
            return []  # Of the few that were offered together, one refusal counts.
        later = offered_later(dispatch, Trouble(TroubleCode.NOT_KEPT, reason), now)
        return [*self._letters.put(mailbox, letter_id, sent.having(later))]

    def departed(self, mailbox: Mailbox, letter: Letter, sent: Sent, now: int) -> list[Request]:
        """Keep that a chunk has left, and let the next follow."""
        saves = self._letters.put(mailbox, letter.id, sent)
        return [*saves, *self.go_on(mailbox, letter, sent, now)]

    def gone(
        self, mailbox: Mailbox, letter: Letter, sent: Sent, part: int, trouble: Trouble, now: int
    ) -> list[Request]:
        """Keep that a chunk is gone; it is offered again later, while the letter is worth carrying."""
        dispatch = sent.parts[_place(sent, part)]
        if dispatch.is_on_its_way and now < sent.expires_at:
            sent = sent.having(offered_later(dispatch, trouble, now))
        return [*self._letters.put(mailbox, letter.id, sent)]

    def arrived(self, mailbox: Mailbox, sent: Sent, fact: ReceiptFact, now: int) -> list[Request]:
        """Take note that a part has arrived whole; what of it still waits here need not leave."""
        place = _place(sent, fact.part)
        if place < 0 or sent.parts[place].confirmed.arrived_at is not None:
            return []
        dispatch = sent.parts[place]
        times = replace(
            dispatch.confirmed, arrived_at=min(fact.time, now), arrival_known_at=now, ended_at=None
        )
        known = replace(
            dispatch, state=after(dispatch.state, Happening.ARRIVAL_KNOWN), confirmed=times, doubtful=None
        )
        known = replace(known, trouble=None).due_at(None)
        return [*self._letters.put(mailbox, fact.letter_id, sent.having(known)), *_withdrawals(known)]

    def asked(
        self, mailbox: Mailbox, letter: Letter, sent: Sent, asked: MissingChunks, now: int
    ) -> list[Request]:
        """Send again the chunks that a reader misses and that have left; those that wait here come anyway."""
        place = _place(sent, asked.part)
        if place < 0 or not sent.parts[place].is_on_its_way:
            return []
        dispatch = sent.parts[place]
        wanted = {first + n for first, count in asked.ranges for n in range(count)}
        copies = tuple(
            replace(copy, gone=True) if copy.chunk in wanted and copy.departed_at is not None else copy
            for copy in dispatch.copies
        )
        again = dispatch.attempts.resends + 1
        sent = sent.having(
            replace(dispatch, copies=copies, attempts=replace(dispatch.attempts, resends=again))
        )
        saves = self._letters.put(mailbox, letter.id, sent)
        return [*saves, *self.go_on(mailbox, letter, sent, now)]

    def _next(self, mailbox: Mailbox, letter: Letter, dispatch: Dispatch) -> Iterator[int]:
        """Yield the chunks to be given to the node now: the first that nothing carries."""
        assert dispatch.part is not None, "a part's dispatch names it"
        at = (mailbox.address, letter.id, dispatch.part)
        count = letter.parts[dispatch.part].chunks
        carried = {copy.chunk for copy in dispatch.copies if not copy.gone}
        offered = {number for number in range(count) if (*at, number) in self._offered}
        waiting = sum(not copy.gone and copy.departed_at is None for copy in dispatch.copies)
        room = AHEAD - waiting - len(offered)
        for number in range(count):
            if room <= 0:
                return
            if number not in carried and number not in offered:
                room -= 1
                yield number

    def _submission(
        self, mailbox: Mailbox, letter: Letter, sent: Sent, dispatch: Dispatch, number: int, now: int
    ) -> Submit:
        part = dispatch.part
        state = None if part is None else mailbox.parts.get(letter.id, part)
        body = None if state is None else mailbox.bodies.body(state.reference)
        assert part is not None, "a part's dispatch names it"
        assert state is not None, "a part is kept with its letter"
        assert body is not None, "and so are its hashes"
        self._offered.add((mailbox.address, letter.id, part, number))
        data = mailbox.bodies.chunk(state.reference, number)
        priority, critical = sent.precedence(dispatch)
        chunk = Chunk(letter.id, part, number, data, path_of(body, number))
        return Submit(
            f"part/{letter.sender} {letter.id} {part} {number}",
            letter.sender,
            letter.to,
            encode_message(chunk, Envelope(letter.sender, letter.to, now)),
            lifetime_ms_of(sent, now),
            priority=priority,
            critical=critical,
        )


def _place(sent: Sent, part: int | None) -> int:
    """Return where the dispatch of a part is among those of a letter; -1 where there is none."""
    return next((place for place, each in enumerate(sent.parts) if each.part == part), -1)


def _withdrawals(dispatch: Dispatch) -> list[Withdraw]:
    if dispatch.state not in FINAL | {DeliveryState.ARRIVED}:
        return []
    return [Withdraw(copy.key) for copy in dispatch.copies if copy.departed_at is None and not copy.gone]
