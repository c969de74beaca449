"""Parts that come in bundles of their own: chunks, checked and kept in any order; the missing are asked for.

A chunk is believed only from the author of its letter, and used only if its hash is the one that the letter
tells. One that comes before its letter is left with the node, which offers it again when the letter is
there: so nobody can fill a mailbox with parts of letters that never were.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import islice

from msgspec.structs import replace

from starlight.bundle import ReasonCode
from starlight.dtntime import DAY, MILLISECOND
from starlight.mailboxes.author_ids import id_of_author, letter_from
from starlight.mailboxes.known_formats import LATEST
from starlight.mailboxes.mailbox import Mailbox
from starlight.messages.delivery import Received
from starlight.messages.format import encode_message
from starlight.messages.letter import RANGES_MAX, Letter, MissingChunks, Receipt, RefusedPart
from starlight.messages.part_state import has_chunk, is_whole, missing, nothing_here, with_chunk
from starlight.messages.parts import Chunk, is_true
from starlight.messages.trace_events import MessageRefused, PartArrived, say
from starlight.messages.wire_values import Envelope
from starlight.node.application import Claim, Declined, Request, Save, Submit, Unclaim, Untaken
from starlight.postoffice.receipts import Receipts
from starlight.routing import Priority

ASK_AFTER = DAY
"""Chunks that follow each other come by the same contacts; after a day without one, some are lost, or a storm
has begun, in which asking costs nothing that anybody else could use."""

ASKS_MAX = 6
"""Each time the wait doubles, so the last is a month later: longer than a solar conjunction."""

TOLD_MAX = 4096
"""Parts of which it is remembered that their authors were told; beyond, some are told once more."""


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
        # Until when the author of a part need not be told again that there is no room.
        self._told: dict[tuple[str, str, int], int] = {}
        self._watchers: list[Callable[[str, Letter, int, int], None]] = []

    def watch(self, came: Callable[[str, Letter, int, int], None]) -> None:
        """Tell a watcher of each part that is whole: in which mailbox, of which letter, its number, when."""
        self._watchers.append(came)

    def resume(self, mailbox: Mailbox, letter_id: str, received: Received) -> None:
        """Go on waiting for the parts of a letter, after a start."""
        self._wait(mailbox, letter_id, received)

    def expect(self, mailbox: Mailbox, letter: Letter, received: Received, now: int) -> Received:
        """Return what is known of a letter that has just come, waiting for its parts if there are any."""
        if not any(part.chunks for part in letter.parts):
            return received
        self._asks[mailbox.address, letter.id] = now + ASK_AFTER
        return replace(received, ask_at=now + ASK_AFTER)

    def awaited(self, address: str) -> list[str]:
        """Return the letters of a mailbox of which parts are missing, by id, the latest last."""
        return [letter_id for mailbox, letter_id in self._asks if mailbox == address]

    def early_ones(self, mailbox: Mailbox, letter: Letter) -> list[Request]:
        """Return the requests to be offered the chunks again that came before a letter that is now here."""
        if not any(part.chunks for part in letter.parts):
            return []
        return [Unclaim(mailbox.address), Claim(mailbox.address)]

    def contradiction(self, mailbox: Mailbox, source: str, chunk: Chunk) -> str:
        """Return how a chunk contradicts its letter, in words; empty where it does not, or none is here."""
        letter = letter_from(mailbox, source, chunk.letter_id)
        if letter is None or (chunk.part < len(letter.parts) and is_true(chunk, letter.parts[chunk.part])):
            return ""
        return f"chunk {chunk.number} of part {chunk.part} is not what letter {letter.id} says"

    def chunk_came(
        self, mailbox: Mailbox, source: str, chunk: Chunk, now: int, *, is_taken: bool = False
    ) -> list[Request]:
        """Take a chunk of a part, if its letter is here; `contradiction` has found none.

        Args:
            mailbox, source, chunk, now: for whom it came, from whom, and when in ns.
            is_taken: of a part of a letter to a group: another reader at this node has taken it.
        """
        letter = letter_from(mailbox, source, chunk.letter_id)
        if letter is None:
            return [Untaken()]
        part = letter.parts[chunk.part]
        known = mailbox.parts.get(letter.id, chunk.part)
        if known is not None and known.let_go_at is not None:
            return self._again(mailbox, letter, chunk.part, now)  # It was here whole.
        begins = known is None or known.given_up
        state = replace(known, given_up=False) if known else nothing_here(letter.id, chunk.part, part)
        if has_chunk(state, chunk.number):
            return self._again(mailbox, letter, chunk.part, now) if state.arrived_at is not None else []
        room = mailbox.part_room
        if not room.has_room(len(chunk.data)) or (begins and not room.may_begin(source, part.size)):
            return self._no_room(mailbox, letter, chunk.part, now, is_taken=is_taken)
        state = with_chunk(state, chunk.number)
        came_whole = is_whole(state)
        if came_whole:
            state = replace(state, arrived_at=now)
        requests: list[Request] = [
            mailbox.bodies.put_chunk(state.reference, chunk.number, chunk.data),
            mailbox.parts.put(letter.id, chunk.part, state),
            room.keep(len(chunk.data)),
        ]
        if begins != came_whole:
            requests.append(room.begin(source, part.size if begins else -part.size))
        if came_whole:
            whole = PartArrived(mailbox.address, letter.id, chunk.part, part.size)
            requests.append(say(now, self._node, whole))
            for came in self._watchers:
                came(mailbox.address, letter, chunk.part, now)
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
        waits = whole is None or bool(self._missing(mailbox, letter))
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
        fitting = tuple(
            each
            for each in wanted
            if self._fits(mailbox, letter, each.part) and not self._first_asks(mailbox, letter, each.part)
        )
        if wanted and not fitting:
            asked = 0  # Looked at again each day, which costs nobody anything.
        ends = not wanted or asked >= ASKS_MAX
        received = replace(received, ask_at=None if ends else now + (ASK_AFTER << asked), asked=asked)
        self._wait(mailbox, letter_id, received)
        saves = mailbox.incoming.put(letter_id, received)
        if ends:
            saves += self._give_up(mailbox, letter)
        if not fitting or not letter.receipt_wanted:
            return [*saves]
        receipt = Receipt((), fitting, format=LATEST)
        # When the next is asked, this one need not be on its way any more.
        return [*saves, self._asking(mailbox, letter, receipt, ASK_AFTER << asked, now)]

    def _no_room(
        self, mailbox: Mailbox, letter: Letter, part: int, now: int, *, is_taken: bool
    ) -> list[Request]:
        """Drop a chunk for which there is no room, and tell its author, who keeps it until it is asked."""
        said = say(now, self._node, MessageRefused(mailbox.address, letter.sender, "no room for more parts"))
        received = mailbox.received(letter.id)
        if received is None or not letter.receipt_wanted:
            # Nobody could ask for it again, so it stays with the node, and is offered at the next claim.
            return [Untaken(), said]
        # It is gone here, so nobody is told that it was delivered, unless others have it.
        requests: list[Request] = [said] if is_taken else [Declined(ReasonCode.DEPLETED_STORAGE), said]
        if received.ask_at is None:
            received = replace(received, ask_at=now + ASK_AFTER, asked=0)
            self._wait(mailbox, letter.id, received)
            requests += mailbox.incoming.put(letter.id, received)
        at = (mailbox.address, letter.id, part)
        # It was under way when its author was told; or others took it, and this one asks when there is room.
        if is_taken or now < self._told.get(at, now):
            return requests
        if len(self._told) >= TOLD_MAX:
            self._told.clear()
        self._told[at] = now + ASK_AFTER
        refused = RefusedPart(id_of_author(mailbox, letter.id), part)
        receipt = Receipt((), format=LATEST, refused=(refused,))
        return [*requests, self._asking(mailbox, letter, receipt, ASK_AFTER * ASKS_MAX, now)]

    def _asking(self, mailbox: Mailbox, letter: Letter, receipt: Receipt, lifetime: int, now: int) -> Submit:
        """Return the submission of a receipt about the parts of a letter; times in ns."""
        payload = encode_message(receipt, Envelope(mailbox.address, letter.sender, now))
        token, lifetime_ms = f"ask/{letter.id}", lifetime // MILLISECOND
        to = letter.sender
        return Submit(token, mailbox.address, to, payload, lifetime_ms, priority=Priority.NORMAL)

    def _fits(self, mailbox: Mailbox, letter: Letter, number: int) -> bool:
        """Return whether there is room for what is missing of a part."""
        part, state = letter.parts[number], mailbox.parts.get(letter.id, number)
        left = part.size - (state.bytes_here if state else 0)
        begun = state is not None and not state.given_up
        room = mailbox.part_room
        return room.has_room(left) and (begun or room.may_begin(letter.sender, part.size))

    def _first_asks(self, mailbox: Mailbox, letter: Letter, number: int) -> bool:
        """Return whether the one whom a group's letter went to here asks for a part, which comes for all."""
        first = self._mailboxes.get(letter.to)
        if first is None or first is mailbox:
            return False
        theirs = letter_from(first, letter.sender, id_of_author(mailbox, letter.id))
        if theirs is None or theirs.parts != letter.parts or (first.address, theirs.id) not in self._asks:
            return False
        state = first.parts.get(theirs.id, number)
        return (state is None or state.arrived_at is None) and self._fits(first, theirs, number)

    def _give_up(self, mailbox: Mailbox, letter: Letter) -> list[Save]:
        """Count parts as begun no more that are not asked for any more; what is missing may still come."""
        saves: list[Save] = []
        for number, part in enumerate(letter.parts):
            state = mailbox.parts.get(letter.id, number) if part.chunks else None
            if state is not None and not state.given_up and state.arrived_at is None:
                saves.append(mailbox.parts.put(letter.id, number, replace(state, given_up=True)))
                saves.append(mailbox.part_room.begin(letter.sender, -part.size))
        return saves

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
