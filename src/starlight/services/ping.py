"""Ping: payloads that an echo sends back, told apart, and what is known of each (the echo: `services.echo`).

A payload names its ping by a text, a number of the run and one of its own, and is filled up to a size. Any
echo that returns payloads as they came answers it, also of other software: only its bytes are looked at.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from starlight.errors import InputError
from starlight.json_time import Time

HEAD = b"starlight ping "
SMALLEST = len(HEAD) + 16
"""Bytes of a payload at least: its head, eight bytes that name the run, eight that number it."""


class Wait(msgspec.Struct, frozen=True):
    """A wait that is foreseen on the way there or back, because the plan is shut.

    Attributes:
        node: where.
        until: until when.
        back: it is on the way back.
    """

    node: int
    until: Time
    back: bool


class RoundTrip(msgspec.Struct, frozen=True):
    """The expected course of a ping that is sent now: by the node's forecast there, and by its plan back.

    Attributes:
        at: as of when.
        rate: seconds of mission time per second of the wall.
        leaves, arrives: of the question; None where no route is planned.
        returns: when the answer is here; None where no route back is planned.
        waits: where the plan makes it wait for more than a second.
        doubts: what speaks against that, in words.
    """

    at: Time
    rate: float
    leaves: Time | None
    arrives: Time | None
    returns: Time | None
    waits: tuple[Wait, ...]
    doubts: tuple[str, ...]


class AnswerKind(StrEnum):
    """The kinds of what comes back."""

    ANSWER = "answer"
    LATE = "late"  # it came when it was not waited for any more
    DUPLICATE = "duplicate"  # there was an answer to the same ping before
    ALTERED = "altered"  # it begins as a ping of this run does, and is not what was sent
    OTHER = "other"  # it is no ping of this run


class PingAnswer(msgspec.Struct, frozen=True):
    """Something that came to the address of a ping.

    Attributes:
        kind: what it is.
        sequence: the number of the ping, from 1; None where it is of none.
        source: the endpoint that sent it.
        arrived: when it was here.
        size_bytes: of its payload.
        round_trip_s: what it took, in s of mission time; None where it is of no ping.
        expected_s: what it was expected to take when its ping was sent; None where no answer was expected.
    """

    kind: AnswerKind
    sequence: int | None
    source: str
    arrived: Time
    size_bytes: int
    round_trip_s: float | None = None
    expected_s: float | None = None


class SentPing(msgspec.Struct, frozen=True):
    """A ping that was sent.

    Attributes:
        sequence: its number, from 1.
        id: the identity of its bundle.
        sent: when, by mission time.
        expected: when its answer was expected then; None where none was.
        deadline: until when it is waited for.
    """

    sequence: int
    id: str
    sent: Time
    expected: Time | None
    deadline: Time


class PingRun:
    """The pings of one run, and what became of each.

    Args:
        name: eight bytes that no other run has.
        size: of a payload, in bytes.

    Attributes:
        pings: those that were sent.
        answers: all that came.

    Raises:
        InputError: a payload of that size has no room for what tells it apart.
    """

    def __init__(self, name: bytes, size: int) -> None:
        if size < SMALLEST:
            right = f"It is {SMALLEST} at least"
            raise InputError(f"a payload of {size} bytes", where="--size", right=right)
        self._head = HEAD + name
        self._size = size
        self.pings: list[SentPing] = []
        self.answers: list[PingAnswer] = []
        self._answered: set[int] = set()

    def payload(self, sequence: int) -> bytes:
        """Return the payload of a ping."""
        head = self._head + sequence.to_bytes(8)
        # Not zeros alone: a link that compresses would tell another time than that of so many bytes.
        filling = bytes((index * 151 + sequence) % 256 for index in range(256))
        return (head + filling * (self._size // 256 + 1))[: self._size]

    def take(self, payload: bytes, source: str, arrived: int) -> PingAnswer:
        """Take what came, and return what it is."""
        answer = self._judged(payload, source, arrived)
        self.answers.append(answer)
        return answer

    @property
    def missing(self) -> list[SentPing]:
        """Return the pings that nothing answered, not even late."""
        return [ping for ping in self.pings if ping.sequence not in self._answered]

    def waits_until(self) -> int | None:
        """Return until when an answer that is out is waited for; None where none is."""
        return max((ping.deadline for ping in self.missing), default=None)

    def _judged(self, payload: bytes, source: str, arrived: int) -> PingAnswer:
        size = len(payload)
        number = int.from_bytes(payload[len(self._head) : len(self._head) + 8])
        if not payload.startswith(self._head) or not 1 <= number <= len(self.pings):
            return PingAnswer(AnswerKind.OTHER, None, source, arrived, size)
        if payload != self.payload(number):
            return PingAnswer(AnswerKind.ALTERED, number, source, arrived, size)
        ping = self.pings[number - 1]
        kind = AnswerKind.LATE if arrived > ping.deadline else AnswerKind.ANSWER
        if number in self._answered:
            kind = AnswerKind.DUPLICATE
        self._answered.add(number)
        expected = None if ping.expected is None else _seconds(ping.expected - ping.sent)
        taken = _seconds(max(arrived - ping.sent, 0))
        return PingAnswer(kind, number, source, arrived, size, taken, expected)


def _seconds(nanoseconds: int) -> float:
    return round(nanoseconds / 10**9, 3)
