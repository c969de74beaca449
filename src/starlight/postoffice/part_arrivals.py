"""Parts that come in bundles of their own: chunks, checked and kept in any order; the missing are asked for.

A chunk is believed only from the author of its letter, and used only if its hash is the one that the letter
tells. One that comes before its letter is left with the node, which offers it again when the letter is
there: so nobody can fill a mailbox with parts of letters that never were.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice

from msgspec.structs import replace

from starlight.dtntime import DAY, MILLISECOND
from starlight.mailboxes.author_ids import id_of_author, letter_from
from starlight.mailboxes.known_formats import LATEST
from starlight.mailboxes.mailbox import Mailbox
from starlight.messages.delivery import Received
from starlight.messages.format import encode_message
from starlight.messages.letter import RANGES_MAX, Letter, MissingChunks, Receipt
from starlight.messages.part_state import has_chunk, is_whole, missing, nothing_here, with_chunk
from starlight.messages.parts import Chunk, is_true
from starlight.messages.trace_events import MessageRefused, PartArrived, say
from starlight.messages.wire_values import Envelope
from starlight.node.application import Claim, Request, Submit, Unclaim, Untaken
from starlight.postoffice.receipts import Receipts
from starlight.routing import Priority

ASK_AFTER = DAY
"""Chunks that follow each other come by the same contacts; after a day without one, some are lost, or a storm
has begun, in which asking costs nothing that anybody else could use."""

ASKS_MAX = 6
"""Each time the wait doubles, so the last is a month later: longer than a solar conjunction."""


class PartArrivals:
    """The parts that are on their way to the mailboxes of one node.

    Args:
        node: its number.
        mailboxes: by address; shared with the post office.
        receipts: those that the mailboxes owe.
    """

    def __init__(self, node: int, mailboxes: Mapping[str, Mailbox], receipts: Receipts) -> None:
        self._node = node
        self._mailboxes = mailboxes
        self._receipts = receipts
        self._asks: dict[tuple[str, str], int] = {}

    def resume(self, mailbox: Mailbox, letter_id: str, received: Received) -> None:
        """Go on waiting for the parts of a letter, after a start."""
        self._wait(mailbox, letter_id, received)

    def expect(self, mailbox: Mailbox, letter: Letter, received: Received, now: int) -> Received:
        """Return what is known of a letter that has just come, waiting for its parts if there are any."""
        if not any(part.chunks for part in letter.parts) or not letter.receipt_wanted:
            return received
        self._asks[mailbox.address, letter.id] = now + ASK_AFTER
        return replace(received, ask_at=now + ASK_AFTER)

    def early_ones(self, mailbox: Mailbox, letter: Letter) -> list[Request]:
        """Return the requests to be offered the chunks again that came before a letter that is now here."""
        if not any(part.chunks for part in letter.parts):
            return []
        return [Unclaim(mailbox.address), Claim(mailbox.address)]

    def chunk_came(self, mailbox: Mailbox, source: str, chunk: Chunk, now: int) -> list[Request]:
        """Take a chunk of a part, if it is true and its letter is here."""
        letter = letter_from(mailbox, source, chunk.letter_id)
        if letter is None:
            return [Untaken()]
        part = letter.parts[chunk.part] if chunk.part < len(letter.parts) else None
        if part is None or not is_true(chunk, part):
            rule = f"chunk {chunk.number} of part {chunk.part} is not what letter {letter.id} says"
            return [say(now, self._node, MessageRefused(mailbox.address, source, rule))]
        state = mailbox.parts.get(letter.id, chunk.part) or nothing_here(letter.id, chunk.part, part)
        if has_chunk(state, chunk.number):
            return self._again(mailbox, letter, chunk.part, now) if state.arrived_at is not None else []
        if not mailbox.has_room():
            refused = MessageRefused(mailbox.address, source, "the mailbox is full")
            return [Untaken(), say(now, self._node, refused)]
        state = with_chunk(state, chunk.number)
        came_whole = is_whole(state)
        if came_whole:
            state = replace(state, arrived_at=now)
        requests: list[Request] = [
            mailbox.bodies.put_chunk(state.reference, chunk.number, chunk.data),
            mailbox.parts.put(letter.id, chunk.part, state),
            *mailbox.index.count_bytes(letter.id, len(chunk.data)),
        ]
        if came_whole:
            whole = PartArrived(mailbox.address, letter.id, chunk.part, part.size)
            requests.append(say(now, self._node, whole))
        return [*requests, *self._came(mailbox, letter, chunk.part if came_whole else None, now)]

    def next_wakeup(self) -> int | None:
        """Return when `handle_timer` has something to ask for."""
        return min(self._asks.values(), default=None)

    def handle_timer(self, now: int) -> list[Request]:
        """Ask for the chunks that have not come for a while."""
        requests: list[Request] = []
        for (address, letter_id), ask_at in list(self._asks.items()):
            if ask_at <= now:
                requests += self._ask(self._mailboxes[address], letter_id, now)
        return requests

    def _came(self, mailbox: Mailbox, letter: Letter, whole: int | None, now: int) -> list[Request]:
        """Keep that a chunk came, with which a part may be whole, and wait for the next."""
        received, wanted = mailbox.received(letter.id), letter.receipt_wanted
        if received is None:
            return []  # It was set aside.
        if whole is not None and wanted:
            received = replace(received, untold_parts=(*received.untold_parts, whole))
        waits = wanted and (whole is None or bool(self._missing(mailbox, letter)))
        received = replace(received, ask_at=now + ASK_AFTER if waits else None, asked=0)
        self._wait(mailbox, letter.id, received)
        self._receipts.owe(mailbox.address, letter.id, received, now)
        return [*mailbox.incoming.put(letter.id, received)]

    def _again(self, mailbox: Mailbox, letter: Letter, part: int, now: int) -> list[Request]:
        """Tell once more that a part is here: its author missed the receipt."""
        received = mailbox.received(letter.id)
        if received is None or not letter.receipt_wanted or part in received.untold_parts:
            return []
        received = replace(received, untold_parts=(*received.untold_parts, part))
        self._receipts.owe(mailbox.address, letter.id, received, now)
        return [*mailbox.incoming.put(letter.id, received)]

    def _ask(self, mailbox: Mailbox, letter_id: str, now: int) -> list[Request]:
        received, letter = mailbox.received(letter_id), mailbox.letter(letter_id)
        if received is None or letter is None:  # It was set aside.
            del self._asks[mailbox.address, letter_id]
            return []
        wanted, asked = tuple(self._missing(mailbox, letter)), received.asked + 1
        ends = not wanted or asked >= ASKS_MAX
        received = replace(received, ask_at=None if ends else now + (ASK_AFTER << asked), asked=asked)
        self._wait(mailbox, letter_id, received)
        saves = mailbox.incoming.put(letter_id, received)
        if not wanted:
            return [*saves]
        receipt = Receipt((), wanted, format=LATEST)
        payload = encode_message(receipt, Envelope(mailbox.address, letter.sender, now))
        # When the next is asked, this one need not be on its way any more.
        lifetime_ms = (ASK_AFTER << asked) // MILLISECOND
        token, to = f"ask/{letter_id}", letter.sender
        return [*saves, Submit(token, mailbox.address, to, payload, lifetime_ms, priority=Priority.NORMAL)]

    def _missing(self, mailbox: Mailbox, letter: Letter) -> list[MissingChunks]:
        """Return what has not come of a letter's parts, as far as one receipt tells it."""
        found: list[MissingChunks] = []
        room, id = RANGES_MAX, id_of_author(mailbox, letter.id)
        for number, part in enumerate(letter.parts):
            if not part.chunks:
                continue
            state = mailbox.parts.get(letter.id, number) or nothing_here(letter.id, number, part)
            ranges = tuple(islice(missing(state), room))
            room -= len(ranges)
            if ranges:
                found.append(MissingChunks(id, number, ranges))
        return found

    def _wait(self, mailbox: Mailbox, letter_id: str, received: Received) -> None:
        if received.ask_at is None:
            self._asks.pop((mailbox.address, letter_id), None)
        else:
            self._asks[mailbox.address, letter_id] = received.ask_at
