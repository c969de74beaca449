"""Read records of letters as earlier versions kept them.

The course of a letter was one flat map then, and doubts and troubles were English sentences. Only here is a
sentence taken apart, once, when its record is read; what is saved from then on is the code.
A sentence that nobody knows (a notice of a plan, mostly) keeps its words under the code `OLDER`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import msgspec

from starlight.dtntime import from_text
from starlight.errors import InputError
from starlight.messages.delivery import DeliveryState, Leg
from starlight.messages.dispatch import Attempts, Confirmed, Copy, Dispatch, Expected, FirstExpected, Sent
from starlight.messages.doubt import Doubt, DoubtCode, Trouble, TroubleCode

_DOUBTS = {
    "The plan no longer has a contact of its way; where it is now is not known.": DoubtCode.CUT,
    "No onward way is planned from where it should be now.": DoubtCode.NO_ONWARD_ROUTE,
    "No receipt has come; it is sent again once a way there and back is planned.": DoubtCode.WAITS_FOR_RETURN,
}
_SENT_AGAIN = re.compile(r"No receipt has come by (\S+); it was sent again\.")
_GIVEN_UP = re.compile(r"No receipt has come, although it was sent (\d{1,6}) times\.")
_NOT_WITHDRAWN = "It could not be withdrawn: it had left already."
_DELETED = re.compile(r"The node could not keep it: deleted at (\S+) for reason (\d{1,3})\.")
_NOT_KEPT = re.compile(r"The node could not keep it: (.*)\.", re.DOTALL)


class _SentBefore(msgspec.Struct, frozen=True, kw_only=True):
    """The course of a letter as version 1 kept it: the fields of a `Sent` and of its one dispatch."""

    number: int
    state: DeliveryState = DeliveryState.WRITTEN
    written_at: int
    expires_at: int
    size_bytes: int
    receipt_wanted: bool
    priority: int = 1
    critical: bool = False
    copies: tuple[Copy, ...] = ()
    queued_at: int | None = None
    departed_at: int | None = None
    ended_at: int | None = None
    leaves: int | None = None
    arrives: int | None = None
    receipt_at: int | None = None
    first_leaves: int | None = None
    first_arrives: int | None = None
    legs: tuple[Leg, ...] = ()
    pieces: int = 1
    displaced: bool = False
    arrived_at: int | None = None
    read_at: int | None = None
    arrival_known_at: int | None = None
    reading_known_at: int | None = None
    due: int | None = None
    tries: int = 0
    resends: int = 0
    overdue: bool = False
    doubtful: Doubt | None = None
    trouble: Trouble | None = None

    def sent(self) -> Sent:
        """Return the same by dispatches."""
        dispatch = Dispatch(
            size_bytes=self.size_bytes,
            state=self.state,
            copies=self.copies,
            expected=Expected(
                self.leaves, self.arrives, self.receipt_at, self.legs, self.pieces, self.displaced
            ),
            first=FirstExpected(self.first_leaves, self.first_arrives),
            confirmed=Confirmed(
                self.queued_at, self.departed_at, self.ended_at, self.arrived_at, self.arrival_known_at
            ),
            attempts=Attempts(self.due, self.tries, self.resends, self.overdue),
            doubtful=self.doubtful,
            trouble=self.trouble,
        )
        return Sent(
            number=self.number,
            written_at=self.written_at,
            expires_at=self.expires_at,
            receipt_wanted=self.receipt_wanted,
            priority=self.priority,
            critical=self.critical,
            read_at=self.read_at,
            reading_known_at=self.reading_known_at,
            dispatch=dispatch,
        )


def decode_sent(data: bytes) -> Sent:
    """Return a record of a letter that was written here, of version 1.

    Raises:
        msgspec.DecodeError: it is no such record.
    """
    # Almost every record has neither sentence, and reads the same in all releases; only text where a code
    # belongs is refused, and read a second time.
    try:
        return _DECODE(data).sent()
    except msgspec.ValidationError:
        record = msgspec.msgpack.decode(data)
        if not isinstance(record, dict):
            raise
        return msgspec.convert(_with_codes(record), _SentBefore).sent()


_DECODE: Callable[[bytes], _SentBefore] = msgspec.msgpack.Decoder(_SentBefore).decode


def _with_codes(record: dict[str, Any]) -> dict[str, Any]:
    """Return a record with codes in place of its sentences; one without any as it is."""
    # What is wrong in any other way stays as it is and is refused by the conversion that follows.
    doubtful, trouble = record.get("doubtful"), record.get("trouble")
    if isinstance(doubtful, str):
        record = record | {"doubtful": msgspec.to_builtins(doubt_of(doubtful))}
    if isinstance(trouble, str):
        record = record | {"trouble": msgspec.to_builtins(trouble_of(trouble))}
    return record


def doubt_of(sentence: str) -> Doubt | None:
    """Return the doubt that a sentence of an earlier version told; None for the empty one."""
    if not sentence:
        return None
    if sentence in _DOUBTS:
        return Doubt(_DOUBTS[sentence])
    if match := _GIVEN_UP.fullmatch(sentence):
        return Doubt(DoubtCode.GIVEN_UP, times=int(match[1]))
    if match := _SENT_AGAIN.fullmatch(sentence):
        try:
            return Doubt(DoubtCode.SENT_AGAIN, at=from_text(match[1]))
        except InputError:
            pass  # A notice may read like ours; then its words are kept, whatever they say.
    return Doubt(DoubtCode.OLDER, texts=(sentence,))


def trouble_of(sentence: str) -> Trouble | None:
    """Return the trouble that a sentence of an earlier version told; None for the empty one."""
    if not sentence:
        return None
    if sentence == _NOT_WITHDRAWN:
        return Trouble(TroubleCode.NOT_WITHDRAWN)
    if match := _DELETED.fullmatch(sentence):
        return Trouble(TroubleCode.DELETED, reporter=match[1], report_reason=int(match[2]))
    if match := _NOT_KEPT.fullmatch(sentence):
        return Trouble(TroubleCode.NOT_KEPT, match[1])
    return Trouble(TroubleCode.OLDER, sentence)
