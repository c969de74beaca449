"""Read records of letters as earlier versions kept them: doubts and troubles were English sentences then.

Only here is a sentence taken apart, once, when its record is read; what is saved from then on is the code.
A sentence that nobody knows (a notice of a plan, mostly) keeps its words under the code `OLDER`.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from starlight.dtntime import from_text
from starlight.errors import InputError
from starlight.messages.delivery import Sent
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


def decode_sent(data: bytes) -> Sent:
    """Return a record of a letter that was written here, of this or an earlier version.

    Raises:
        msgspec.DecodeError: it is no such record.
    """
    # Almost every record has neither sentence, and reads the same in all versions; only text where a code
    # belongs is refused, and read a second time.
    try:
        return msgspec.msgpack.decode(data, type=Sent)
    except msgspec.ValidationError:
        record = msgspec.msgpack.decode(data)
        if not isinstance(record, dict):
            raise
        return msgspec.convert(_with_codes(record), Sent)


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
