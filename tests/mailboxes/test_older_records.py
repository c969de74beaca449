"""Records of letters as an earlier version saved them: their sentences become codes, nothing is lost."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from starlight.dtntime import DAY, HOUR, MINUTE, from_text
from starlight.mailboxes import stored_format
from starlight.mailboxes.older_records import decode_sent, doubt_of, trouble_of
from starlight.messages.delivery import DeliveryState
from starlight.messages.doubt import Doubt, DoubtCode, Trouble, TroubleCode
from starlight.words import doubt
from starlight.words.sentence import closed

AT = from_text("2051-04-02T09:00:03Z")

# Record by record as commit 2692e17 wrote it: the head of a map and the number of its fields, nine fields
# that all have, and one or two sentences.
HEAD = b"\xde\x00"
FIELDS = (
    b"\xa6number\x07\xa5state\xa8departed\xaawritten_at\xcf\x16q\xfb\x9fX&^\x00"
    b"\xaaexpires_at\xcf\x16rMz\x1a-\xfe\x00\xaasize_bytes\xcd\x02\x00\xaereceipt_wanted\xc3"
    b"\xabdeparted_at\xcf\x16q\xfe\xd7\x90\x97\xa6\x00\xa7arrives\xcf\x16r\x02+\xb9\x97\x9e\x00\xa6pieces\x03"
)
RECORDS = [
    ("none", b"\t", b"", None, None),
    (
        "cut",
        b"\n",
        b"\xa8doubtful\xd9JThe plan no longer has a contact of its way; where it is now is not known.",
        Doubt(DoubtCode.CUT),
        None,
    ),
    (
        "no onward route",
        b"\n",
        b"\xa8doubtful\xd95No onward way is planned from where it should be now.",
        Doubt(DoubtCode.NO_ONWARD_ROUTE),
        None,
    ),
    (
        "sent again",
        b"\n",
        b"\xa8doubtful\xd9?No receipt has come by 2051-04-02T09:00:03Z; it was sent again.",
        Doubt(DoubtCode.SENT_AGAIN, at=AT),
        None,
    ),
    (
        "waits for a return",
        b"\n",
        b"\xa8doubtful\xd9KNo receipt has come; it is sent again once a way there and back is planned.",
        Doubt(DoubtCode.WAITS_FOR_RETURN),
        None,
    ),
    (
        "given up",
        b"\n",
        b"\xa8doubtful\xd92No receipt has come, although it was sent 4 times.",
        Doubt(DoubtCode.GIVEN_UP, times=4),
        None,
    ),
    (
        "notices",
        b"\n",
        b"\xa8doubtful\xd90Dust storm over Arsia Mons. Both relays are cut.",
        Doubt(DoubtCode.OLDER, texts=("Dust storm over Arsia Mons. Both relays are cut.",)),
        None,
    ),
    (
        "no time",
        b"\n",
        b"\xa8doubtful\xd9?No receipt has come by 2051-99-02T09:00:03Z; it was sent again.",
        Doubt(DoubtCode.OLDER, texts=("No receipt has come by 2051-99-02T09:00:03Z; it was sent again.",)),
        None,
    ),
    (
        "full",
        b"\n",
        b"\xa7trouble\xd9.The node could not keep it: the store is full.",
        None,
        Trouble(TroubleCode.NOT_KEPT, "the store is full"),
    ),
    (
        "deleted",
        b"\n",
        b"\xa7trouble\xd9=The node could not keep it: deleted at ipn:15.0 for reason 4.",
        None,
        Trouble(TroubleCode.DELETED, reporter="ipn:15.0", report_reason=4),
    ),
    (
        "had left",
        b"\x0b",
        b"\xa8doubtful\xd9JThe plan no longer has a contact of its way; where it is now is not known."
        b"\xa7trouble\xd9/It could not be withdrawn: it had left already.",
        Doubt(DoubtCode.CUT),
        Trouble(TroubleCode.NOT_WITHDRAWN),
    ),
    (
        "unknown trouble",
        b"\n",
        b"\xa7trouble\xb2It has lost a leg.",
        None,
        Trouble(TroubleCode.OLDER, "It has lost a leg."),
    ),
]
VERBATIM = {name: HEAD + count + FIELDS + sentences for name, count, sentences, _, _ in RECORDS}


@pytest.mark.parametrize(("name", "doubtful", "trouble"), [(row[0], *row[3:]) for row in RECORDS])
def test_sentences_become_codes(name: str, doubtful: Doubt | None, trouble: Trouble | None) -> None:
    """A known sentence becomes its code, with its time or number; an unknown one keeps its words."""
    sent = decode_sent(VERBATIM[name])
    assert (sent.dispatch.doubtful, sent.dispatch.trouble) == (doubtful, trouble)
    assert (sent.number, sent.dispatch.state, sent.dispatch.expected.fragments) == (
        7,
        DeliveryState.DEPARTED,
        3,
    )
    assert (sent.written_at, sent.dispatch.confirmed.departed_at, sent.dispatch.expected.arrives) == (
        AT - HOUR,
        AT - MINUTE,
        AT + HOUR,
    )
    assert sent.expires_at == AT + DAY
    assert stored_format.SENT.decode(stored_format.SENT.encode(sent)) == sent
    assert stored_format.SENT.decode(VERBATIM[name]) == sent


@pytest.mark.parametrize("name", VERBATIM)
def test_what_was_told_is_told_still(name: str) -> None:
    """The words for the codes are those that the record had, but that a way is a route today."""
    old = msgspec.msgpack.decode(VERBATIM[name])
    sent = decode_sent(VERBATIM[name])
    told = doubt.note(sent.dispatch.doubtful, sent.dispatch.trouble, displaced=False).text()
    kept = " ".join(old[field] for field in ("doubtful", "trouble") if field in old)
    if name == "deleted":  # That another node has deleted it was blamed on its own.
        kept = "It was deleted at ipn:15.0: depleted storage."
    assert told.replace("route", "way") == kept


@pytest.mark.parametrize(
    "data", [b"", b"\x01", b"\x80", b"\x81\xa8doubtful\xa0", b"\x81\xa7trouble\x01", b"\xc1"]
)
def test_what_is_no_record_is_refused(data: bytes) -> None:
    """Other bytes are no record of a letter, whichever version reads them."""
    with pytest.raises(msgspec.DecodeError):
        decode_sent(data)


@settings(deadline=None)
@given(st.text(min_size=1).filter(str.strip))
@example("No receipt has come by {at}; it was sent again.")
@example("The node could not keep it: {reason}.")
@example("too large")
def test_no_words_are_lost(text: str) -> None:
    """Whatever a record said is told still; a notice may be anything, also what looks like a template."""
    doubtful, trouble = doubt_of(text), trouble_of(text)
    assert doubtful is not None
    assert trouble is not None
    assert doubt.doubtful(doubtful) == closed(text)
    assert doubt.trouble(trouble).text() == text
    assert (doubt_of(""), trouble_of("")) == (None, None)
