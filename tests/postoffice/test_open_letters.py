"""Which letters are followed, and for how long."""

from __future__ import annotations

from msgspec.structs import replace
from tests.messages.helpers import JAY, NANYOUNG

from starlight.mailboxes.decoded import DecodedRecords
from starlight.mailboxes.mailbox import Mailbox, MailboxLimits
from starlight.mailboxes.records import MemoryRecords
from starlight.mailboxes.stored_format import StoredLetter
from starlight.messages.delivery import DeliveryState
from starlight.messages.dispatch import Dispatch, Sent
from starlight.messages.first_format import encode_first
from starlight.messages.letter import Letter
from starlight.postoffice.open_letters import OpenLetters

ID = f"{JAY}/0/1"


def test_a_letter_is_followed_as_long_as_something_is_foreseen_of_it() -> None:
    """It waits here until it has left, and is open until nothing more is to come, or to be done."""
    mailbox = Mailbox(JAY, MailboxLimits(), DecodedRecords(MemoryRecords()))
    letter = Letter(id=ID, thread="t", sender=JAY, to=NANYOUNG, written_at=0, text="words")
    mailbox.put_letter(letter, StoredLetter(JAY, NANYOUNG, 0, encode_first(letter)), letter.written_at)
    letters = OpenLetters({JAY: mailbox})
    dispatch = Dispatch(size_bytes=5)
    sent = Sent(number=1, written_at=0, expires_at=9, receipt_wanted=True, dispatch=dispatch)

    def followed(state: DeliveryState, due: int | None = None) -> tuple[int, int]:
        letters.put(mailbox, ID, sent.having(replace(dispatch, state=state).due_at(due)))
        return len(letters.queued()), len(letters.every())

    assert followed(DeliveryState.WRITTEN) == (0, 1)
    assert followed(DeliveryState.QUEUED) == (1, 1)
    assert followed(DeliveryState.DEPARTED) == (0, 1)
    assert followed(DeliveryState.EXPIRED, due=7) == (0, 1)
    assert letters.next_due() == 7
    assert followed(DeliveryState.READ) == (0, 0)
    assert letters.next_due() is None
