"""The mailboxes of a live node, for the people and vehicles at it: each act is durable on return."""

from __future__ import annotations

from collections.abc import AsyncIterable, Callable, Mapping, Sequence

from starlight.errors import InputError
from starlight.live.awaited_service import AwaitedService
from starlight.live.clock import MissionClock
from starlight.live.correspondent_list import CorrespondentList
from starlight.live.distress_service import DistressService
from starlight.live.group_service import GroupService
from starlight.live.open_office import OpenOffice
from starlight.live.queue_service import QueueService
from starlight.mailboxes.mailbox import Mailbox
from starlight.messages.delivery import DeliveryState
from starlight.messages.draft import Draft
from starlight.messages.forecast import Prediction
from starlight.messages.lateness import Lateness
from starlight.messages.letter import Letter, Position, Reading
from starlight.messages.letter_view import LetterView
from starlight.messages.parts import CHUNK_BYTES
from starlight.messages.reach import Reach
from starlight.node.forecast import ForecastDoubt
from starlight.postoffice.part_forecasts import PartForecast, PartSize


class MailService:
    """Lets people write, read and ask.

    Args:
        open_office: the mailboxes of the node.
        clock: mission time.
        require_room: lets in so many bytes; raises DiskFullError where they have no room.

    Attributes:
        correspondents: whom the lists of the mailboxes show.
        groups: of the mailboxes.
        queues: what of the mailboxes waits to leave.
        awaited: people who have no address yet.
        distress: the calls for help of the people at them.
    """

    def __init__(
        self,
        open_office: OpenOffice,
        clock: MissionClock,
        require_room: Callable[[int], None],
    ) -> None:
        self._office, self._moment, self._carry_out = open_office
        self._clock = clock
        self.correspondents = CorrespondentList(open_office)
        self.groups = GroupService(open_office)
        self.queues = QueueService(open_office)
        self.awaited = AwaitedService(open_office)
        self.distress = DistressService(open_office, require_room)
        self._require_room = require_room

    async def write(self, address: str, draft: Draft) -> Letter:
        """Write a letter from a mailbox; when this returns it is durable, also one that is asked for again.

        Raises:
            InputError: no such mailbox, or a draft that can't be sent.
            DiskFullError: there is no room for it; nothing of it is kept.
            StoreError: the disk refused.
        """
        now = self._moment()
        # Before anything of it is in memory; what is there already needs no room.
        if draft.key is None or not self.is_written(address, draft.key):
            self._require_room(len(draft.text.encode()))
        letter, requests = self._office.outbox.write(address, draft, now)
        await self._carry_out(requests, now)
        return letter

    def is_written(self, address: str, key: str) -> bool:
        """Return whether a letter was written from a mailbox under a client's key.

        Raises:
            InputError: no such mailbox.
        """
        return self._office.mailbox(address).keys.find(key, self._clock.now()) is not None

    async def upload(self, address: str, pieces: AsyncIterable[bytes], chunk_size: int = CHUNK_BYTES) -> str:
        """Keep the bytes of a part that a letter will have; when this returns they are durable.

        Args:
            address: of the mailbox.
            pieces: the bytes, in order.
            chunk_size: bytes of each bundle in which they will travel.

        Returns:
            What a draft calls it (`Attachment.upload`).

        Raises:
            InputError: no such mailbox, it has no room, or the part is too large.
            DiskFullError: the disk has no room for it; nothing of it is kept.
            StoreError: the disk refused.
        """
        uploads, mailbox = self._office.uploads, self._office.mailbox(address)
        now = self._moment()
        reference, begun = uploads.begin(mailbox, now, chunk_size)
        try:
            await self._carry_out(begun, now)
            async for piece in pieces:
                self._require_room(len(piece))
                # Each chunk is on the disk before the next is asked for: so much is in memory, and no more.
                saves = uploads.add(reference, piece)
                if saves:
                    await self._carry_out(saves, self._moment())
            now = self._moment()
            await self._carry_out(uploads.finish(reference, now), now)
        finally:
            # Nothing where it has come to its end.
            dropped = uploads.drop(reference)
            if dropped:
                await self._carry_out(dropped, self._moment())
        return reference

    async def withdraw(self, address: str, letter_id: str) -> LetterView:
        """Withdraw a letter that has not departed; return how it stands now, as `Mailbox.letter_view`.

        Raises:
            InputError: it has departed, or there is no such letter.
        """
        now = self._moment()
        await self._carry_out(self._office.outbox.withdraw(address, letter_id, now), now)
        # Looked at once the engine has answered: it may have left in the moment before.
        view = self.mailbox(address).letter_view(letter_id, self._clock.now())
        if view.state is not DeliveryState.WITHDRAWN:
            raise InputError("it could not be withdrawn: it had left already", where="letter")
        return view

    async def mark_read(self, address: str, letter_id: str) -> None:
        """Mark a letter that came as read, which sends the receipt.

        Raises:
            InputError: there is no such letter.
        """
        now = self._moment()
        await self._carry_out(self._office.inbox.mark_read(address, letter_id, now), now)

    async def star(self, address: str, letter_id: str, *, starred: bool) -> None:
        """Put a star to a letter of a mailbox, or take it away; InputError where there is no such letter."""
        now, box = self._moment(), self._with_letter(address, letter_id)
        await self._carry_out(box.index.mark(letter_id, starred=starred), now)

    async def remind(self, address: str, letter_id: str, at: int | None) -> None:
        """Set when to be reminded of a letter, in ns, None for no more.

        Raises:
            InputError: there is no such letter, or there are too many reminders.
        """
        now, box = self._moment(), self._with_letter(address, letter_id)
        await self._carry_out([box.marks.remind(letter_id, at)], now)

    def _with_letter(self, address: str, letter_id: str) -> Mailbox:
        box = self.mailbox(address)
        if not box.index.has(letter_id):
            raise InputError(f"no letter {letter_id!r} here", where="letter")
        return box

    async def send_telemetry(
        self,
        vehicle: str,
        to: Sequence[str],
        *,
        kind: str,
        position: Position | None = None,
        readings: Mapping[str, Reading] | None = None,
    ) -> None:
        """Send what a vehicle measured now, as `Outbox.send_telemetry`; durable on return."""
        now = self._moment()
        requests = self._office.outbox.send_telemetry(
            vehicle, to, now, kind=kind, position=position, readings=readings
        )
        await self._carry_out(requests, now)

    async def open(self, address: str, person: str) -> None:
        """Open a mailbox: what waits for its address is delivered now."""
        now = self._moment()
        await self._carry_out(self._office.mailboxes.open(address, person, now), now)

    async def close(self, address: str) -> None:
        """Close a mailbox: it keeps what it has, and what comes for its address waits at the node."""
        now = self._moment()
        await self._carry_out(self._office.mailboxes.close(address, now), now)

    def mailbox(self, address: str) -> Mailbox:
        """Return a mailbox, for reading.

        Raises:
            InputError: no such mailbox here.
        """
        return self._office.mailbox(address)

    def doubts(self, address: str, letter: str) -> tuple[ForecastDoubt, ...]:
        """Return what speaks now against what is predicted of a letter."""
        return self._office.forecasts.doubts(address, letter, self._clock.now())

    def is_plain(self, address: str, draft: Draft) -> bool:
        """Return whether a draft goes as its words alone, which other software reads."""
        return self._office.forecasts.is_plain(address, draft)

    def predict(self, address: str, draft: Draft) -> Prediction:
        """Return when a letter sent now would leave and arrive."""
        return self._office.forecasts.predict(address, draft, self._clock.now())

    def predict_parts(
        self, address: str, draft: Draft, more: Sequence[PartSize] = ()
    ) -> tuple[PartForecast, ...]:
        """Return when each part of a letter sent now would leave and arrive, one after the other.

        Args:
            address: of the mailbox.
            draft: what is written.
            more: sizes of parts that it would have besides those that it names.
        """
        return self._office.forecasts.predict_parts(address, draft, self._clock.now(), more)

    def reach(self, address: str, to: str) -> Reach:
        """Return the state of the way from a mailbox to a correspondent."""
        return self._office.forecasts.reach(address, to, self._clock.now())

    def why_late(self, address: str, draft: Draft) -> Lateness:
        """Return why a letter sent now would not be there sooner; a search that may take some 10 ms."""
        return self._office.forecasts.why_late(address, draft, self._clock.now())

    def why_letter_late(self, address: str, letter_id: str) -> Lateness:
        """Return why a letter that waits or is on its way is not there sooner, as `LetterForecasts`'."""
        return self._office.forecasts.why_letter_late(address, letter_id, self._clock.now())
