"""The dispatches of a letter: its own, and those of the parts that travel in bundles of their own."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from starlight.mailboxes.stored_format import SENT as RECORD
from starlight.messages.delivery import DeliveryState
from starlight.messages.dispatch import Copy, Dispatch, Expected, FirstExpected, Sent
from starlight.messages.standing import standing

OWN = Dispatch(size_bytes=60, state=DeliveryState.READ, copies=(Copy("a"),))
VOICE = Dispatch(part=0, size_bytes=9_000, state=DeliveryState.QUEUED, copies=(Copy("b"), Copy("c")))
PICTURE = Dispatch(part=1, size_bytes=9_000_000)
SENT = Sent(
    number=1,
    written_at=0,
    expires_at=99,
    receipt_wanted=True,
    dispatch=OWN,
    parts=(VOICE, PICTURE),
    read_at=5,
)


def test_a_letter_is_open_as_long_as_a_part_of_it_is() -> None:
    """A letter that was read is followed while a part of it waits, and is due when the first part is."""
    assert (SENT.is_open, replace(SENT, parts=()).is_open) == (True, False)
    assert SENT.due is None
    assert SENT.having(PICTURE.due_at(7)).having(VOICE.due_at(9)).due == 7
    assert standing(SENT, 10).state is DeliveryState.READ


def test_a_bundle_is_a_copy_of_one_dispatch() -> None:
    """What the node tells of a bundle concerns the part that it carries, and no other."""
    assert [SENT.carried_by(key) for key in "abc"] == [OWN, VOICE, VOICE]
    with pytest.raises(KeyError):
        SENT.carried_by("d")
    departed = SENT.having(replace(VOICE, state=DeliveryState.DEPARTED))
    assert [each.state.value for each in departed.dispatches] == ["read", "departed", "written"]


def test_the_first_expectation_stays() -> None:
    """What is expected changes with the plan; what was expected first is kept to compare with."""
    first = PICTURE.expecting(Expected(leaves=1, arrives=5))
    later = first.expecting(Expected(leaves=2, arrives=9, displaced=True))
    assert later.expected.arrives == 9
    assert later.first == FirstExpected(1, 5)
    assert later.expecting(Expected()).first == FirstExpected(1, 5)


def test_a_record_has_all_dispatches() -> None:
    """What is saved comes back whole, parts included."""
    sent = SENT.having(PICTURE.expecting(Expected(leaves=1, arrives=5)).due_at(3))
    assert RECORD.decode(RECORD.encode(sent)) == sent
