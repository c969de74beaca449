"""The correspondents of a node: told of what comes to their mailboxes, and their acts performed.

Theory of operation. What comes is noted by the inbox and told in the timer's turn of the same step, so that
a correspondent finds its mailbox in order, and all that it does is in the step's one commit. In a turn
the correspondent is called (`hosted.py`), its acts are performed, each for itself, it is told of the letters
that it wrote, and last its state is saved. An act that can't be performed is refused, and costs no other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

from msgspec.structs import replace

from starlight.dtntime import HOUR
from starlight.errors import InputError
from starlight.mailboxes.part_reading import whole_part
from starlight.messages.correspondent import (
    Act,
    ContactRoom,
    Desk,
    Maker,
    MarkRead,
    Note,
    SendTelemetry,
    WithdrawLetter,
    Write,
)
from starlight.messages.draft import Attachment, Draft
from starlight.messages.forecast import Prediction
from starlight.messages.letter import Letter, Telemetry
from starlight.messages.trace_events import ActRefused, CorrespondentNoted, say
from starlight.node.application import Request
from starlight.postoffice.addresses import Addresses, canonical
from starlight.postoffice.hosted import Hosted
from starlight.postoffice.inbox import Inbox
from starlight.postoffice.letter_forecasts import LetterForecasts
from starlight.postoffice.node_mailboxes import NodeMailboxes
from starlight.postoffice.outbox import Outbox
from starlight.postoffice.uploads import Uploads

POSTS_PER_HOUR = 3_600
"""Letters and telemetry that one correspondent posts in an hour of the mission: one a second is more than
any vehicle here measures, and two that answer each other at once come to an end."""


class _WholePart(NamedTuple):
    letter: Letter
    number: int


class Correspondents:
    """The correspondents of one node.

    Args:
        makers: make them.
        addresses: of the node.
        mailboxes: of the node; their records hold the correspondents' states as well.
        outbox, inbox, forecasts, uploads: where their acts are performed.
        entropy: returns so many random bytes.

    Raises:
        InputError: one is at no address of this node, or two are at the same.
    """

    def __init__(
        self,
        makers: Sequence[Maker],
        addresses: Addresses,
        mailboxes: NodeMailboxes,
        outbox: Outbox,
        inbox: Inbox,
        forecasts: LetterForecasts,
        uploads: Uploads,
        entropy: Callable[[int], bytes],
    ) -> None:
        self._node = addresses.node
        self._outbox = outbox
        self._inbox = inbox
        self._forecasts = forecasts
        self._uploads = uploads
        self._mailboxes = mailboxes
        self._entropy = entropy
        self._hosted: dict[str, Hosted] = {}
        # Told only in the timer's turn: the inbox has not yet kept what it is in the middle of taking.
        self._came: list[tuple[Hosted, Letter | Telemetry | _WholePart]] = []
        self._came_at = 0
        self._next: int | None = None  # when the first of them is due; asked for after each step
        self._hour = 0
        self._posts: dict[str, int] = {}  # in that hour, by address
        for make in makers:
            address = canonical(make().address)
            if not addresses.is_own(address):
                told = f"a correspondent at {address} does not live at node {addresses.node}"
                raise InputError(told, where="address")
            if address in self._hosted:
                raise InputError(f"two correspondents at {address}", where="address")
            self._hosted[address] = Hosted(addresses.node, address, make, mailboxes.records.records)
        mailboxes.watch(self.mailbox_turned)
        inbox.watch(self.note)

    def resume(self, now: int) -> list[Request]:
        """Make them with the states that are kept, before anything else happens."""
        requests = [request for hosted in self._hosted.values() for request in hosted.resume(now)]
        self.mailbox_turned()
        return requests

    def note(self, address: str, message: Letter | Telemetry, now: int) -> None:
        """Take note of what came to a mailbox; it is told in this step's turn of the timer."""
        hosted = self._hosted.get(address)
        if hosted is not None:
            self._came.append((hosted, message))
            self._next = self._came_at = now

    def note_part(self, address: str, letter: Letter, number: int, now: int) -> None:
        """Take note of a part of a letter in a mailbox that is now whole; told as what comes is."""
        hosted = self._hosted.get(address)
        if hosted is not None:
            self._came.append((hosted, _WholePart(letter, number)))
            self._next = self._came_at = now

    def mailbox_turned(self) -> None:
        """Take note that a mailbox was opened or closed: who lives there acts as long as it is open."""
        due = [hosted.due for hosted in self._hosted.values() if self._is_there(hosted)]
        due += [self._came_at] if self._came else []
        self._next = min((time for time in due if time is not None), default=None)

    def next_wakeup(self) -> int | None:
        """Return when `handle_timer` has something to do, in ns, or None."""
        return self._next

    def handle_timer(self, now: int) -> list[Request]:
        """Tell what came, and call the timers that are due."""
        if self._next is None or self._next > now:
            return []
        requests: list[Request] = []
        # What comes while these are told, from one here to another, is told in the next turn.
        came, self._came = self._came, []
        for hosted, message in came:
            requests += self._tell(hosted, message, now)
        for hosted in self._hosted.values():
            if self._is_there(hosted) and hosted.due is not None and hosted.due <= now:
                requests += self._perform(hosted, *hosted.call_timer(self._desk(hosted, now), now), now)
        self.mailbox_turned()
        return requests

    def _is_there(self, hosted: Hosted) -> bool:
        mailbox = self._mailboxes.get(hosted.address)
        return mailbox is not None and mailbox.is_open

    def _desk(self, hosted: Hosted, now: int) -> Desk:
        address, forecasts = hosted.address, self._forecasts

        def forecast(draft: Draft) -> Prediction:
            return forecasts.predict(address, draft, now)

        def room(draft: Draft) -> ContactRoom | None:
            return forecasts.room(address, draft, now)

        mailbox = self._mailboxes[address]
        return Desk(now, mailbox, self._entropy, forecast, room, partial(whole_part, mailbox))

    def _tell(self, hosted: Hosted, message: Letter | Telemetry | _WholePart, now: int) -> list[Request]:
        desk = self._desk(hosted, now)
        match message:
            case Letter() as letter:
                answer = hosted.call("letter_came", lambda program: program.letter_came(letter, desk), now)
            case Telemetry() as told:
                answer = hosted.call(
                    "telemetry_came", lambda program: program.telemetry_came(told, desk), now
                )
            case _WholePart(letter, number):
                answer = hosted.call(
                    "part_came", lambda program: program.part_came(letter, number, desk), now
                )
        return self._perform(hosted, *answer, now)

    def _perform(
        self, hosted: Hosted, acts: Sequence[Act] | None, requests: list[Request], now: int
    ) -> list[Request]:
        """Perform what a correspondent asks for, and keep its state; `requests` come first."""
        letters: list[Letter] = []
        for act in acts or ():
            try:
                requests += self._performed(hosted.address, act, now, letters)
            # One act that is refused costs itself alone; the others of the same answer are performed.
            except InputError as error:
                requests.append(self._refused(hosted.address, act, error, now))
        if letters:
            requests += hosted.wrote(letters, now)
        return requests + hosted.keep()

    def _performed(self, address: str, act: Act, now: int, letters: list[Letter]) -> list[Request]:
        match act:
            case Write():
                self._count(address, now)
                return self._write(address, act, now, letters)
            case MarkRead(letter_id):
                return self._inbox.mark_read(address, letter_id, now)
            case WithdrawLetter(letter_id):
                return self._outbox.withdraw(address, letter_id, now)
            case Note(text):
                self._count(address, now)
                return [say(now, self._node, CorrespondentNoted(address, text))]
            case SendTelemetry():
                self._count(address, now)
                return self._outbox.send_telemetry(
                    address,
                    act.to,
                    now,
                    kind=act.kind,
                    position=act.position,
                    readings=act.readings,
                    priority=act.priority,
                    lifetime=act.lifetime,
                )

    def _write(self, address: str, act: Write, now: int, letters: list[Letter]) -> list[Request]:
        mailbox, requests, attached = self._mailboxes.at(address), list[Request](), list[Attachment]()
        try:
            for part in act.parts:
                reference, saves = self._uploads.take(mailbox, part.data, now)
                requests += saves
                attached.append(replace(part.about, upload=reference))
            draft = replace(act.draft, parts=(*act.draft.parts, *attached))
            letter, posted = self._outbox.write(address, draft, now, lifetime=act.lifetime)
            requests += posted
            letters.append(letter)
        except InputError as error:
            requests.append(self._refused(address, act, error, now))
        # Kept in the records already, so what no letter has named is let go there: parts of one that was
        # refused, or written before, and those that are in their letter.
        for each in attached:
            requests += mailbox.uploads.drop(each.upload)
        return requests

    def _refused(self, address: str, act: Act, error: InputError, now: int) -> Request:
        return say(now, self._node, ActRefused(address, type(act).__name__, str(error)))

    def _count(self, address: str, now: int) -> None:
        # In memory alone: a restart forgives the hour, and no commit has to carry it.
        if now // HOUR != self._hour:
            self._hour, self._posts = now // HOUR, {}
        self._posts[address] = self._posts.get(address, 0) + 1
        if self._posts[address] > POSTS_PER_HOUR:
            raise InputError(f"more than {POSTS_PER_HOUR} posts in an hour")
