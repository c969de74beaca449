"""The space hop: LTP's contract (RFC 5326) for whole bundles over one direction of a link.

It stands for a radio link between worlds in virtual time. A transfer leaves over a
while, reaches the other end one light time after its last byte left, and its
acknowledgement comes back by the other direction, when that is open. The sender
learns what became of it only by that acknowledgement, or by its absence.

* All of a transfer is red-part data (RFC 5326, 2), so it arrives whole or not at all,
  and its checkpoint is its last segment: the report can leave when all has arrived and
  is safe, that is once `acknowledge` says so.
* "What has left is in flight": a cut eats the transfers of which a byte leaves while it
  lasts, both ends included; after the last byte has left nothing stops them.
* A report waits at the receiver while the return path is closed, as RFC 5326 suspends its
  timers with the link state (6.5, 6.6). When it is due to leave, the path is asked
  again, because a cut may have come between.
* The sender gives up when the report is overdue: after the time at which the plan of that
  moment would have brought it, and a patience (as the checkpoint timer of 6.2 counts). It does
  not retransmit what is missing (6.13); the node above sends the whole again by the way that
  is then best.

Every transfer ends for its sender in exactly one of `Acknowledged`, `Failed`, or, when it
is one-way, `LastByteLeft`. Times are ns since 2000-01-01T00:00:00Z in mission time.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from enum import IntEnum

import msgspec

from starlight.dtntime import MINUTE

ReturnPath = Callable[[int], tuple[int, int] | None]
"""Returns when a report that is ready at a time leaves, at or after it, and arrives; None for never."""


class _SpaceEvent(msgspec.Struct, frozen=True, tag=True, gc=False):
    """Something that happened to a transfer.

    Attributes:
        transfer: what `SpaceHop.send` returned.
        key: what the sender calls it.
        time: when it happened.
    """

    transfer: int
    key: str
    time: int


class Arrived(_SpaceEvent, frozen=True):
    """The last byte has reached the receiver, which answers with `acknowledge` or `refuse`."""


class LastByteLeft(_SpaceEvent, frozen=True):
    """The last byte of a one-way transfer has left; nothing more will be known."""


class Acknowledged(_SpaceEvent, frozen=True):
    """The report that the receiver has stored it has reached the sender."""


class Failed(_SpaceEvent, frozen=True):
    """The sender has given a transfer up.

    Attributes:
        reason: in words, for the trace.
        refused: the receiver does not want it, rather than the sky.
    """

    reason: str
    refused: bool = False


SpaceEvent = Arrived | LastByteLeft | Acknowledged | Failed


class _Step(IntEnum):
    """A step of a transfer that is due at a time.

    The order breaks ties: what was sent has left before it arrives, and a report that comes
    in the instant of giving up counts.
    """

    SENT = 0
    ARRIVE = 1
    REPORT_LEAVES = 2
    REPORT_ARRIVES = 3
    GIVE_UP = 4


class _Transfer:
    __slots__ = ("arrived", "eaten", "key", "last_byte", "leaves", "one_way", "refusal")

    def __init__(self, key: str, leaves: int, last_byte: int, one_way: bool) -> None:
        self.key = key
        self.leaves = leaves
        self.last_byte = last_byte
        self.one_way = one_way
        self.eaten = False
        self.arrived = False
        self.refusal: str | None = None


class _Agenda:
    """The steps to come, in order of time, then of kind, then of transfer: so equal runs are equal."""

    def __init__(self) -> None:
        self._due: list[tuple[int, _Step, int]] = []

    def add(self, time: int, step: _Step, number: int) -> None:
        """Plan a step of a transfer."""
        heapq.heappush(self._due, (time, step, number))

    def next_due(self) -> int | None:
        """Return when the next step is due, in ns."""
        return self._due[0][0] if self._due else None

    def take(self, now: int) -> Iterator[tuple[int, _Step, int]]:
        """Yield the steps that are due by now, among them those that are added meanwhile."""
        while self._due and self._due[0][0] <= now:
            yield heapq.heappop(self._due)


class SpaceHop:
    """One direction of a link, as both of its ends see it.

    Args:
        return_path: of the reports; asked again whenever one is about to leave.
        patience: how long, in ns, a report may be overdue. It covers what the receiver needs to
            store a bundle, and rounding of light time between the plan's pieces.
        max_in_flight: transfers that have not ended. At 1 Mbit/s and 45 min of round trip 100 000
            are bundles of 3 kB end to end; beyond it the sender should aggregate.
    """

    def __init__(
        self, return_path: ReturnPath, *, patience: int = MINUTE, max_in_flight: int = 100_000
    ) -> None:
        self._return_path = return_path
        self._patience = patience
        self._max_in_flight = max_in_flight
        self._transfers: dict[int, _Transfer] = {}
        self._next = 0
        self._open = 0
        self._agenda = _Agenda()
        self._cuts: list[tuple[int, int]] = []

    @property
    def in_flight(self) -> int:
        """Return how many transfers have not ended for their sender."""
        return self._open

    @property
    def free(self) -> int:
        """Return how many more transfers `send` takes."""
        return self._max_in_flight - self._open

    def send(self, key: str, leaves: int, last_byte: int, reaches: int, *, one_way: bool = False) -> int:
        """Let a transfer leave.

        Args:
            key: what the sender calls it.
            leaves, last_byte: when its first and last byte leave.
            reaches: when its last byte reaches the receiver.
            one_way: no report will come.

        Returns:
            The hop's number of the transfer.

        Raises:
            ValueError: the times are out of order.
            RuntimeError: too many are in flight; see `free`.
        """
        if not leaves <= last_byte <= reaches:
            raise ValueError("a transfer leaves, then its last byte leaves, then that reaches the receiver")
        if self.free <= 0:
            raise RuntimeError("too many transfers are in flight")
        number = self._next
        self._next += 1
        transfer = self._transfers[number] = _Transfer(key, leaves, last_byte, one_way)
        self._open += 1
        transfer.eaten = any(leaves <= end and start <= last_byte for start, end in self._cuts)
        self._agenda.add(reaches, _Step.ARRIVE, number)
        if one_way:
            self._agenda.add(last_byte, _Step.SENT, number)
        else:
            # Asked now, because a sender knows no more than the plan of the moment at which it sends.
            report = self._return_path(reaches)
            hoped = reaches if report is None else report[1]
            self._agenda.add(hoped + self._patience, _Step.GIVE_UP, number)
        return number

    def cut(self, start: int, end: int) -> None:
        """Let the link carry nothing from one time to another, both included.

        Transfers already handed over and later ones are eaten alike; what had left by then is not.
        """
        self._cuts.append((start, end))
        for transfer in self._transfers.values():
            if transfer.leaves <= end and start <= transfer.last_byte and not transfer.arrived:
                transfer.eaten = True

    def lose(self, transfer: int) -> None:
        """Let a transfer not arrive: its receiver is down, or noise swallowed it."""
        if transfer in self._transfers:
            self._transfers[transfer].eaten = True

    def is_eaten(self, transfer: int) -> bool:
        """Return whether a transfer under way will never arrive, because a cut or a fault ate it."""
        return transfer in self._transfers and self._transfers[transfer].eaten

    def acknowledge(self, transfer: int, now: int) -> None:
        """Send the report of an arrived transfer: it is safe at the receiver.

        Raises:
            ValueError: no such transfer has arrived and waits for its report.
        """
        self._report(transfer, now, None)

    def refuse(self, transfer: int, reason: str, now: int) -> None:
        """Send the report that the receiver does not take an arrived transfer (RFC 5326, 6.19).

        Raises:
            ValueError: no such transfer has arrived and waits for its report.
        """
        self._report(transfer, now, reason)

    def next_wakeup(self) -> int | None:
        """Return when `handle_timer` is due, in ns."""
        return self._agenda.next_due()

    def handle_timer(self, now: int) -> list[SpaceEvent]:
        """Return what has happened until now, in order of time."""
        events: list[SpaceEvent] = []
        for time, step, number in self._agenda.take(now):
            transfer = self._transfers.get(number)
            if transfer is not None:
                event = self._step(time, step, number, transfer)
                if event is not None:
                    events.append(event)
        return events

    def _step(self, time: int, step: _Step, number: int, transfer: _Transfer) -> SpaceEvent | None:
        if step is _Step.ARRIVE:
            return self._arrive(time, number, transfer)
        if step is _Step.REPORT_LEAVES:
            self._send_report(time, number)
            return None
        if step is _Step.SENT:
            self._open -= 1
            return LastByteLeft(number, transfer.key, time)
        self._open -= 1
        del self._transfers[number]
        if step is _Step.GIVE_UP:
            return Failed(number, transfer.key, time, "no acknowledgement came in time")
        if transfer.refusal is not None:
            return Failed(number, transfer.key, time, transfer.refusal, refused=True)
        return Acknowledged(number, transfer.key, time)

    def _arrive(self, time: int, number: int, transfer: _Transfer) -> Arrived | None:
        if transfer.one_way:
            del self._transfers[number]  # `LastByteLeft`, which is not later, has closed it
        if transfer.eaten:
            return None  # nobody learns of it but the sender, by the silence
        transfer.arrived = True
        return Arrived(number, transfer.key, time)

    def _report(self, number: int, now: int, refusal: str | None) -> None:
        transfer = self._transfers.get(number)
        if transfer is None:
            if 0 <= number < self._next:
                return  # one-way, or given up by the sender: nobody waits for it
            raise ValueError(f"there is no transfer {number}")
        if not transfer.arrived:
            raise ValueError(f"transfer {number} has not arrived, or has had its report")
        transfer.arrived = False
        transfer.refusal = refusal
        self._send_report(now, number)

    def _send_report(self, now: int, number: int) -> None:
        report = self._return_path(now)
        if report is None:
            return  # never: the sender will give up
        leaves, arrives = report
        if leaves > now:
            self._agenda.add(leaves, _Step.REPORT_LEAVES, number)
        else:
            self._agenda.add(arrives, _Step.REPORT_ARRIVES, number)
