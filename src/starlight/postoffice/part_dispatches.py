"""Parts that leave in bundles of their own, a few chunks at a time.

A letter goes first. Then the node is given a few chunks of its parts, in their order; as one leaves, it is
given the next, so that a film neither fills the node's store nor stands in memory, and a small picture is not
held up by the large one that follows it. What the node refuses or loses is offered again; what the reader
misses, it asks for, by chunk.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from starlight.dtntime import DAY, MILLISECOND
from starlight.mailboxes.mailbox import Mailbox
from starlight.messages.delivery import FINAL, DeliveryState, Happening, after
from starlight.messages.dispatch import Copy, Dispatch, Sent
from starlight.messages.doubt import Trouble, TroubleCode
from starlight.messages.format import encode_message
from starlight.messages.letter import Letter, MissingChunks, ReceiptFact, RefusedPart
from starlight.messages.parts import Chunk
from starlight.messages.trace_events import PartEnded, say
from starlight.messages.wire_values import Envelope
from starlight.node.application import NotKept, Request, Submit, Withdraw
from starlight.postoffice.open_letters import OpenLetters
from starlight.postoffice.resend import lifetime_ms_of, offered_later

AHEAD = 4
"""Chunks of the parts of one letter that wait at the node: a megabyte, two seconds of a link of 4 Mbit/s, so
that the next is always there when one has left."""

REFUSED_AGAIN_AFTER = 7 * DAY
"""After so long without being asked, a part that had no room goes on: the asking may have been lost."""

PAUSE = 200 * MILLISECOND
"""Where chunks leave the moment they are given, by a contact without a rate or a very fast one, the next few
follow so much later: 5 MB/s are more than most radios have, and all of a film at once would stand in memory,
until the link has it, and in one commit."""

TIMES_OVER_MAX = 4
"""How many times over the chunks of a part are sent at most: a link that loses more than three of four is
none, and a reader who always asks again must not have the whole link."""


class PartDispatches:
    """The parts of letters written at one node that travel on their own.

    Args:
        node: its number.
        letters: those that are open.
    """

    def __init__(self, node: int, letters: OpenLetters) -> None:
        self._node = node
        self._letters = letters
        self._given: dict[str, int] = {}  # bundles that the node has just taken, and when
        # Submitted in this very step, and not answered by the node yet: mailbox, course, part, chunk.
        self._offered: set[tuple[str, str, int, int]] = set()

    def go_on(self, mailbox: Mailbox, letter: Letter, sent: Sent, now: int) -> list[Request]:
        """Return the submissions of the chunks that are next, as many as may wait at the node.

        A part that can't become whole any more, because its time is over or its bytes can't be read, ends.
        """
        ended = sent.dispatch.state in (DeliveryState.WITHDRAWN, DeliveryState.EXPIRED)
        if ended or sent.held is not None:
            return []
        requests: list[Request] = []
        room = AHEAD - sum(self._at_node(mailbox, letter, sent, each) for each in sent.parts)
        for dispatch in sent.parts:
            if not dispatch.is_on_its_way or (_is_refused(dispatch) and now < sent.expires_at):
                continue
            following = list(self._next(mailbox, letter, sent, dispatch))
            if now >= sent.expires_at:
                # Of what has left, a receipt can still come after the letter's time.
                lapses = bool(following) and not _waits(dispatch)
                trouble, posts = Trouble(TroubleCode.NOT_KEPT, NotKept.LIFETIME_EXPIRED), []
            else:
                made = [
                    self._submission(mailbox, letter, sent, dispatch, number, now)
                    for number in following[: max(0, room)]
                ]
                posts = [each for each in made if each is not None]
                lapses, trouble = len(posts) < len(made), Trouble(TroubleCode.DAMAGED)
            if lapses:
                sent = sent.having(_ended(dispatch, trouble, now))
                requests += self._tell_end(mailbox, letter, sent, dispatch, trouble, now)
            else:
                requests += posts
                room -= len(posts)
        return requests

    def accepted(
        self, mailbox: Mailbox, course: str, part: int, number: int, key: str, now: int
    ) -> list[Request]:
        """Take note of the bundle that carries a chunk; `course` is the id of its letter's course."""
        self._given = {each: at for each, at in self._given.items() if now - at < PAUSE} | {key: now}
        self._offered.discard((mailbox.address, course, part, number))
        sent = mailbox.sent(course)
        dispatch = None if sent is None else _dispatch_of(sent, part)
        if sent is None or dispatch is None:
            return []  # It was set aside.
        queued_at = dispatch.confirmed.queued_at
        taken = replace(
            dispatch,
            state=after(dispatch.state, Happening.ACCEPTED),
            copies=(*dispatch.copies, Copy(key, chunk=number)),
            confirmed=replace(dispatch.confirmed, queued_at=now if queued_at is None else queued_at),
            trouble=None,
        )
        saves = self._letters.put(mailbox, course, sent.having(taken))
        return [*saves, *_withdrawals(taken)]

    def rejected(
        self, mailbox: Mailbox, course: str, part: int, number: int, reason: str, now: int
    ) -> list[Request]:
        """Take note that the node refused a chunk: the part goes on later."""
        self._offered.discard((mailbox.address, course, part, number))
        sent = mailbox.sent(course)
        dispatch = None if sent is None else _dispatch_of(sent, part)
        if sent is None or dispatch is None or not dispatch.is_on_its_way:
            return []  # It was set aside, or is over.
        if dispatch.attempts.due is not None:
            return []  # Of the few that were offered together, one refusal counts.
        later = offered_later(dispatch, Trouble(TroubleCode.NOT_KEPT, reason), now)
        return [*self._letters.put(mailbox, course, sent.having(later))]

    def departed(
        self, mailbox: Mailbox, letter: Letter, sent: Sent, dispatch: Dispatch, key: str, now: int
    ) -> list[Request]:
        """Keep that a chunk has left in a bundle, by its key, and let the next follow."""
        given_at = self._given.pop(key, None)
        at_once = given_at is not None and now - given_at < PAUSE
        if at_once and dispatch.is_on_its_way and list(self._next(mailbox, letter, sent, dispatch)):
            # A record, so that a start in between goes on as well.
            sent = sent.having(dispatch.due_at(now + PAUSE))
            return [*self._letters.put(mailbox, letter.id, sent)]
        saves = self._letters.put(mailbox, letter.id, sent)
        return [*saves, *self.go_on(mailbox, letter, sent, now)]

    def gone(
        self, mailbox: Mailbox, letter: Letter, sent: Sent, part: int, trouble: Trouble, now: int
    ) -> list[Request]:
        """Keep that a chunk is gone; it is offered again later, while the letter is worth carrying."""
        dispatch = _dispatch_of(sent, part)
        if now >= sent.expires_at:
            saves = self._letters.put(mailbox, letter.id, sent)
            return [*saves, *self.go_on(mailbox, letter, sent, now)]
        if dispatch is not None and dispatch.is_on_its_way:
            sent = sent.having(offered_later(dispatch, trouble, now))
        return [*self._letters.put(mailbox, letter.id, sent)]

    def arrived(
        self,
        mailbox: Mailbox,
        letter: Letter,
        sent: Sent,
        fact: ReceiptFact,
        source: str,
        now: int,
        *,
        from_future: bool,
    ) -> list[Request]:
        """Take note that a part has arrived whole; what of it still waits here need not leave.

        Args:
            mailbox, letter, sent: whose part, and what is known of its letter.
            fact: the arrival, as a receipt tells it.
            source: whose receipt.
            now: in ns.
            from_future: the receipt names a time that has not come here.
        """
        dispatch = _dispatch_of(sent, fact.part)
        if dispatch is None or dispatch.confirmed.arrived_at is not None or source in dispatch.told_by:
            return []
        if sent.readers:
            dispatch = replace(dispatch, told_by=(*dispatch.told_by, source))
            # One may have had no room for it, and asks for it later: it is there when all of them have it.
            if not set(sent.readers) <= set(dispatch.told_by):
                return [*self._letters.put(mailbox, letter.id, sent.having(dispatch))]
        times = replace(
            dispatch.confirmed,
            arrived_at=min(fact.time, now),
            arrival_known_at=now,
            ended_at=None,
            from_future=from_future,
        )
        known = replace(
            dispatch, state=after(dispatch.state, Happening.ARRIVAL_KNOWN), confirmed=times, doubtful=None
        )
        known = replace(known, trouble=None).due_at(None)
        sent = sent.having(known)
        following = self.go_on(mailbox, letter, sent, now)
        return [*self._letters.put(mailbox, letter.id, sent), *_withdrawals(known), *following]

    def asked(
        self, mailbox: Mailbox, letter: Letter, sent: Sent, asked: MissingChunks, now: int
    ) -> list[Request]:
        """Send again the chunks that a reader misses and that have left; those that wait here come anyway."""
        dispatch = before = _dispatch_of(sent, asked.part)
        if dispatch is None or not dispatch.is_on_its_way:
            return []
        if _is_refused(dispatch):
            dispatch = replace(dispatch, trouble=None).due_at(None)  # There is room again.
        chunks = letter.parts[dispatch.part or 0].chunks
        if len(dispatch.copies) > TIMES_OVER_MAX * chunks:
            return []
        # As bits, because ranges that overlap may name each chunk hundreds of times.
        wanted = 0
        for first, count in asked.ranges:
            wanted |= ((1 << count) - 1) << first
        copies = tuple(
            replace(copy, gone=True) if wanted >> copy.chunk & 1 and copy.departed_at is not None else copy
            for copy in dispatch.copies
        )
        if copies == dispatch.copies and dispatch is before:
            return []  # Nothing of it has left; a reader can't make us write a record for that.
        again = dispatch.attempts.resends + 1
        sent = sent.having(
            replace(dispatch, copies=copies, attempts=replace(dispatch.attempts, resends=again))
        )
        saves = self._letters.put(mailbox, letter.id, sent)
        return [*saves, *self.go_on(mailbox, letter, sent, now)]

    def refused(
        self, mailbox: Mailbox, letter: Letter, sent: Sent, refused: RefusedPart, now: int
    ) -> list[Request]:
        """Take note that there is no room for a part: it waits until its reader asks, or for a week."""
        dispatch = _dispatch_of(sent, refused.part)
        if dispatch is None or not dispatch.is_on_its_way or _is_refused(dispatch):
            return []
        waits = replace(dispatch, trouble=Trouble(TroubleCode.NO_ROOM))
        waits = waits.due_at(min(now + REFUSED_AGAIN_AFTER, sent.expires_at))
        sent = sent.having(waits)
        saves = self._letters.put(mailbox, letter.id, sent)
        back = [Withdraw(copy.key) for copy in dispatch.copies if _is_waiting(copy)]
        # The parts after it need not wait for its room.
        return [*saves, *back, *self.go_on(mailbox, letter, sent, now)]

    def _tell_end(
        self, mailbox: Mailbox, letter: Letter, sent: Sent, ended: Dispatch, trouble: Trouble, now: int
    ) -> list[Request]:
        """Keep that a part has come to its end, take back what of it still waits, and say so."""
        assert ended.part is not None, "a part's dispatch names it"
        course = (mailbox.address, sent.id_of(letter.id), ended.part)
        self._offered = {each for each in self._offered if each[:3] != course}
        said = PartEnded(mailbox.address, letter.id, ended.part, trouble.reason or trouble.code.value)
        waiting = [Withdraw(copy.key) for copy in ended.copies if _is_waiting(copy)]
        return [*self._letters.put(mailbox, letter.id, sent), say(now, self._node, said), *waiting]

    def _next(self, mailbox: Mailbox, letter: Letter, sent: Sent, dispatch: Dispatch) -> Iterator[int]:
        """Yield the chunks to be given to the node now: the first that nothing carries."""
        assert dispatch.part is not None, "a part's dispatch names it"
        at = (mailbox.address, sent.id_of(letter.id), dispatch.part)
        count = letter.parts[dispatch.part].chunks
        carried = {copy.chunk for copy in dispatch.copies if not copy.gone}
        offered = {number for number in range(count) if (*at, number) in self._offered}
        waiting = sum(map(_is_waiting, dispatch.copies))
        room = AHEAD - waiting - len(offered)
        for number in range(count):
            if room <= 0:
                return
            if number not in carried and number not in offered:
                room -= 1
                yield number

    def _at_node(self, mailbox: Mailbox, letter: Letter, sent: Sent, dispatch: Dispatch) -> int:
        """Return how many chunks of a part wait at the node, but for those that are taken back."""
        if not dispatch.is_on_its_way or _is_refused(dispatch):
            return 0
        at = (mailbox.address, sent.id_of(letter.id), dispatch.part)
        return sum(map(_is_waiting, dispatch.copies)) + sum(each[:3] == at for each in self._offered)

    def _submission(
        self, mailbox: Mailbox, letter: Letter, sent: Sent, dispatch: Dispatch, number: int, now: int
    ) -> Submit | None:
        """Return the submission of a chunk, or None where what is kept of it can't be read."""
        part = dispatch.part
        assert part is not None, "a part's dispatch names it"
        state = mailbox.parts.get(letter.id, part)
        found = None if state is None else mailbox.bodies.sound_chunk(state.reference, number)
        if found is None:
            return None
        self._offered.add((mailbox.address, sent.id_of(letter.id), part, number))
        data, path = found
        priority, critical = sent.precedence(dispatch)
        chunk = Chunk(letter.id, part, number, data, path)
        return Submit(
            f"part/{letter.sender} {part} {number} {sent.id_of(letter.id)}",
            letter.sender,
            letter.to,
            encode_message(chunk, Envelope(letter.sender, letter.to, now)),
            lifetime_ms_of(sent, now),
            priority=priority,
            critical=critical,
        )


def _dispatch_of(sent: Sent, part: int | None) -> Dispatch | None:
    """Return the dispatch of a part, or None where the letter has no such part that travels on its own."""
    return next((each for each in sent.parts if each.part == part), None)


def _waits(dispatch: Dispatch) -> bool:
    """Return whether a chunk of a part waits at this node, as far as is known."""
    return any(map(_is_waiting, dispatch.copies))


def _is_waiting(copy: Copy) -> bool:
    return copy.departed_at is None and not copy.gone


def _is_refused(dispatch: Dispatch) -> bool:
    """Return whether a part waits until there is room for it where it goes to."""
    refused = dispatch.trouble is not None and dispatch.trouble.code is TroubleCode.NO_ROOM
    return refused and dispatch.attempts.due is not None


def _ended(dispatch: Dispatch, trouble: Trouble, now: int) -> Dispatch:
    ended = replace(dispatch.confirmed, ended_at=now)
    state = after(dispatch.state, Happening.GONE)
    return replace(dispatch, state=state, confirmed=ended, trouble=trouble).due_at(None)


def _withdrawals(dispatch: Dispatch) -> list[Withdraw]:
    if dispatch.state not in FINAL | {DeliveryState.ARRIVED}:
        return []
    return [Withdraw(copy.key) for copy in dispatch.copies if _is_waiting(copy)]
