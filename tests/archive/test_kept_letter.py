"""Letters as an export keeps them: whatever a mailbox knows of one that is at its end comes back the same."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from tests.archive.test_export_file import letter

from starlight.archive.kept_letter import (
    NOT_KNOWN,
    KeptComing,
    KeptLetter,
    KeptSending,
    base64_of,
    kept_sending,
    received_of,
    sent_of,
    text_of,
    time_of,
)
from starlight.messages.delivery import FINAL, DeliveryState
from starlight.messages.dispatch import Confirmed, Dispatch, Sent
from starlight.messages.letter import TIME_MAX, Letter
from starlight.messages.parts import Part

TIMES = st.integers(0, TIME_MAX)
MAYBE = st.none() | TIMES
PART = Part(data=b"1", size=1)
LETTER = Letter(id="0" * 32, thread="t", sender="ipn:1.1", to="ipn:2.1", written_at=0, parts=(PART, PART))
CONFIRMED = st.builds(
    Confirmed, queued_at=MAYBE, departed_at=MAYBE, arrived_at=MAYBE, arrival_known_at=MAYBE, ended_at=MAYBE
)


def dispatches(part: int | None) -> st.SearchStrategy[Dispatch]:
    """Return dispatches of a part, or of the letter itself, in any state."""
    states = st.sampled_from(list(DeliveryState))
    size = st.integers(0, 2**40)
    return st.builds(Dispatch, part=st.just(part), size_bytes=size, state=states, confirmed=CONFIRMED)


SENT = st.builds(
    Sent,
    written_at=TIMES,
    expires_at=TIMES,
    receipt_wanted=st.booleans(),
    priority=st.integers(0, 2),
    critical=st.booleans(),
    read_at=MAYBE,
    reading_known_at=MAYBE,
    dispatch=dispatches(None),
    parts=st.tuples() | st.tuples(dispatches(0), dispatches(1)),
    plain_text=st.booleans(),
    to=st.sampled_from(["", "ipn:3.1"]),
    readers=st.tuples() | st.tuples(st.just("ipn:3.1")),
)


@given(SENT, TIMES)
def test_a_sending_comes_back(sent: Sent, now: int) -> None:
    """What is at its end is the same; what was on its way has ended, and says that more is not known."""
    kept = msgspec.json.decode(msgspec.json.encode(kept_sending(sent)), type=KeptSending)
    found = sent_of(kept, LETTER, now)
    assert not found.is_open
    for before, after in zip(sent.dispatches, found.dispatches, strict=True):
        if before.state in FINAL or before.state is DeliveryState.ARRIVED:
            assert after == before
        else:
            assert after.state is DeliveryState.EXPIRED
            assert after.confirmed == replace(before.confirmed, ended_at=now)
            assert after.trouble is not None
            assert after.trouble.reason == NOT_KNOWN
    same = replace(found, dispatch=sent.dispatch, parts=sent.parts)
    assert same == sent
    # Once it is at its end, another export and import change nothing.
    assert sent_of(kept_sending(found), LETTER, 0) == replace(
        found, dispatch=replace(found.dispatch, trouble=None), parts=tuple(_untroubled(found))
    )


def _untroubled(sent: Sent) -> list[Dispatch]:
    return [replace(each, trouble=None) for each in sent.parts]


@given(TIMES, MAYBE)
def test_a_coming_comes_back_and_owes_nothing(arrived_at: int, read_at: int | None) -> None:
    """To the nanosecond; nobody is told of it once more, unless it is read only now."""
    coming = KeptComing(text_of(arrived_at) or "", text_of(read_at))
    received = received_of(msgspec.json.decode(msgspec.json.encode(coming), type=KeptComing))
    assert (received.arrived_at, received.read_at) == (arrived_at, read_at)
    assert not received.is_waited_on


@given(st.binary(), TIMES, st.integers(0, 255))
def test_what_travelled_comes_back_byte_for_byte(payload: bytes, created: int, priority: int) -> None:
    """Whatever the payload is: also what this version can't read."""
    kept = replace(
        letter(1),
        payload=base64_of(payload),
        created=text_of(created) or "",
        bundle_priority=priority,
    )
    stored = msgspec.json.decode(msgspec.json.encode(kept), type=KeptLetter).stored()
    assert (stored.payload, stored.created, stored.priority) == (payload, created, priority)


@given(TIMES)
def test_times_have_nanoseconds(at: int) -> None:
    """A time as text is the same time."""
    text = text_of(at)
    assert text is not None
    assert time_of(text, "at") == at
