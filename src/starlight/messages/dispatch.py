"""The course of a letter that was written here: a `Dispatch` for itself, and for each part that goes apart.

`Sent` holds what all of them share. A part's bytes go in bundles of their own, and each may be
somewhere else: so where something is, what is expected of it, what is confirmed and what was tried
belong to a dispatch. All are values; a step replaces them, and the mailbox saves the whole.
"""

from __future__ import annotations

import msgspec
from msgspec.structs import replace

from starlight.messages.course import ReadBy, course_id
from starlight.messages.delivery import (
    FINAL,
    DeliveryState,
    Leg,
)
from starlight.messages.doubt import Doubt, Trouble
from starlight.messages.held import Held
from starlight.messages.urgency import Precedence, Priority


class Copy(msgspec.Struct, frozen=True, gc=False):
    """One bundle that carries a letter, or a part.

    Attributes:
        key: the bundle's id.
        departed_at: when it left this node, in ns, or None.
        gone: it expired, was deleted or was recalled, and will not arrive.
        chunk: which chunk of a part.
    """

    key: str
    departed_at: int | None = None
    gone: bool = False
    chunk: int = 0


class Expected(msgspec.Struct, frozen=True, omit_defaults=True):
    """The course that is foreseen of a dispatch now; times in ns.

    Attributes:
        leaves, arrives: departure from this node, and arrival; None where no route is planned.
        receipt_at: when the news of the arrival is here; None where none can come.
        legs: the route; in fragments, that of the one that arrives last.
        fragments: in how many it travels, as no contact carries it whole.
        displaced: it is later than it was, because something more urgent goes first.
    """

    leaves: int | None = None
    arrives: int | None = None
    receipt_at: int | None = None
    legs: tuple[Leg, ...] = ()
    fragments: int = 1
    displaced: bool = False


class FirstExpected(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """The departure and the arrival that were first foreseen, in ns; kept to compare with what came true."""

    leaves: int | None = None
    arrives: int | None = None


class Confirmed(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """The times that are known of a dispatch, in ns.

    Attributes:
        queued_at, departed_at: by the own node.
        ended_at: when it expired or was withdrawn, by the own node.
        arrived_at: by the other's clock, as a receipt says.
        arrival_known_at: when that receipt came here.
        given_at: when it left, as long as no link has said that it took it.
        from_future: that receipt named a time that had not come here; `arrived_at` is when it came instead.
    """

    queued_at: int | None = None
    departed_at: int | None = None
    ended_at: int | None = None
    arrived_at: int | None = None
    arrival_known_at: int | None = None
    given_at: int | None = None
    from_future: bool = False


class Attempts(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """The attempts to get a dispatch across.

    Attributes:
        due: when the mailbox has to act, in ns: offer it again, or miss its receipt; None: not at all.
        tries: how many times the node refused it.
        resends: how often it was sent again because no receipt came.
        overdue: a receipt is missing, and no route there and back was planned to send it again.
    """

    due: int | None = None
    tries: int = 0
    resends: int = 0
    overdue: bool = False


class Dispatch(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """All that a mailbox knows about where a letter, or one of its parts, is.

    Attributes:
        part: which part of the letter; None for the letter itself.
        size_bytes: of the payload.
        state: what is confirmed.
        copies: the bundles that carried it, oldest first.
        expected: what is foreseen now.
        first: what was foreseen first.
        confirmed: the times that are known.
        attempts: what was done, and is due, because it did not get across.
        doubtful: why what is foreseen is uncertain, or None.
        trouble: what else went wrong, or None.
        told_by: of a part of a letter to a group: who of its readers have told that it is there whole.
    """

    part: int | None = None
    size_bytes: int
    state: DeliveryState = DeliveryState.WRITTEN
    copies: tuple[Copy, ...] = ()
    expected: Expected = Expected()
    first: FirstExpected = FirstExpected()
    confirmed: Confirmed = Confirmed()
    attempts: Attempts = Attempts()
    doubtful: Doubt | None = None
    trouble: Trouble | None = None
    told_by: tuple[str, ...] = ()

    @property
    def is_carried(self) -> bool:
        """Return whether a bundle still carries it, as far as is known here."""
        return any(not copy.gone for copy in self.copies)

    @property
    def is_on_its_way(self) -> bool:
        """Return whether it waits or travels still, as far as is known here."""
        return not (self.state in FINAL or self.state is DeliveryState.ARRIVED)

    @property
    def is_open(self) -> bool:
        """Return whether the mailbox may have to act on it yet: something is foreseen of it, or due."""
        return self.is_on_its_way or self.attempts.due is not None

    def expecting(self, expected: Expected) -> Dispatch:
        """Return the same with another expectation, which is the first one if there was none before."""
        first = self.first
        return replace(
            self,
            expected=expected,
            first=FirstExpected(
                expected.leaves if first.leaves is None else first.leaves,
                expected.arrives if first.arrives is None else first.arrives,
            ),
        )

    def due_at(self, time: int | None) -> Dispatch:
        """Return the same with another time at which the mailbox has to act, in ns; None for none."""
        return replace(self, attempts=replace(self.attempts, due=time))


def part_priority(priority: int, *, bulk: bool) -> Priority:
    """Return how urgent the parts of a letter are: however urgent its words, at most as usual letters.

    A film must not hold up the words of others; nor is it worth a copy for every neighbour.

    Args:
        priority: of the letter.
        bulk: its author wants them to fill only what nothing else needs.
    """
    return Priority.BULK if bulk else Priority(min(priority, Priority.NORMAL))


class Sent(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """All that a mailbox knows about a course of a letter that it wrote; times in ns.

    Attributes:
        number: the counter in the id of a letter of an earlier version; else 0.
        written_at, expires_at: when it was written, and when nobody carries it any further.
        receipt_wanted: receipts can come back, so what is predicted can be confirmed.
        priority: how urgent it is: 0 bulk, 1 normal, 2 expedited.
        critical: a copy goes over every neighbour, as urgent as there is.
        read_at: when it was read, by the other's clock, as a receipt says.
        reading_known_at: when that receipt came here.
        read_from_future: that receipt named a time that had not come here; `read_at` is when it came instead.
        dispatch: of the letter itself.
        parts: the dispatches of the parts that travel in bundles of their own.
        plain_text: it travels as its words alone, which other software reads.
        course: which course of the letter this is, from 0 (`course.py`).
        courses: how many there are; told by the first.
        to: the address that it goes to, of a letter to a group; empty where that is the letter's own.
        readers: for whom it is there, of a letter to a group.
        read_by: who of them has read it; `read_at` is when all had.
        held: why nothing of it is submitted, though it is written; None where nothing holds it.
        bulk_parts: its parts go as bulk, however urgent the words are.
    """

    number: int = 0
    written_at: int
    expires_at: int
    receipt_wanted: bool
    priority: int = 1
    critical: bool = False
    read_at: int | None = None
    reading_known_at: int | None = None
    dispatch: Dispatch
    parts: tuple[Dispatch, ...] = ()
    plain_text: bool = False
    read_from_future: bool = False
    course: int = 0
    courses: int = 1
    to: str = ""
    readers: tuple[str, ...] = ()
    read_by: tuple[ReadBy, ...] = ()
    held: Held | None = None
    bulk_parts: bool = False

    def id_of(self, letter_id: str) -> str:
        """Return the id of this course, of the letter with an id."""
        return course_id(letter_id, self.course)

    @property
    def dispatches(self) -> tuple[Dispatch, ...]:
        """Return the letter's own dispatch, then those of its parts."""
        return (self.dispatch, *self.parts)

    @property
    def copies(self) -> tuple[Copy, ...]:
        """Return all bundles that carried the letter or its parts."""
        return tuple(copy for each in self.dispatches for copy in each.copies)

    @property
    def is_open(self) -> bool:
        """Return whether the mailbox may have to act on it, or on a part of it."""
        return any(each.is_open for each in self.dispatches)

    @property
    def due(self) -> int | None:
        """Return when the mailbox first has to act, in ns, or None."""
        return min(
            (each.attempts.due for each in self.dispatches if each.attempts.due is not None), default=None
        )

    def precedence(self, dispatch: Dispatch) -> Precedence:
        """Return the precedence of one of its dispatches: the letter's own, or at most the normal one."""
        if dispatch.part is None:
            return Precedence(self.priority, self.critical)
        return Precedence(part_priority(self.priority, bulk=self.bulk_parts), critical=False)

    def carried_by(self, bundle: str) -> Dispatch:
        """Return the dispatch of which a bundle is a copy; KeyError if it carries nothing of this letter."""
        for each in self.dispatches:
            if any(copy.key == bundle for copy in each.copies):
                return each
        raise KeyError(bundle)

    def having(self, dispatch: Dispatch) -> Sent:
        """Return the same with a dispatch in place of the one of the same part."""
        if dispatch.part is None:
            return replace(self, dispatch=dispatch)
        return replace(
            self, parts=tuple(dispatch if each.part == dispatch.part else each for each in self.parts)
        )

    def ended_with(self, ended: Dispatch) -> Sent:
        """Return the same with the letter's own dispatch ended, and with it all parts still on their way.

        Args:
            ended: the letter's own, which has come to its end.
        """
        ended = ended.due_at(None)
        end = ended.confirmed.ended_at
        parts = tuple(
            replace(each, state=ended.state, confirmed=replace(each.confirmed, ended_at=end)).due_at(None)
            if each.is_on_its_way
            else each
            for each in self.parts
        )
        return replace(self, dispatch=ended, parts=parts)
