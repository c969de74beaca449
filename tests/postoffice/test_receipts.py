"""Which receipts are owed."""

from __future__ import annotations

from tests.messages.helpers import JAY, NANYOUNG

from starlight.mailboxes.decoded import DecodedRecords
from starlight.mailboxes.known_formats import KnownFormats
from starlight.mailboxes.mailbox import Mailbox, MailboxLimits
from starlight.mailboxes.records import MemoryRecords
from starlight.mailboxes.stored_format import StoredLetter
from starlight.messages.delivery import Received
from starlight.messages.first_format import encode_first
from starlight.messages.format import decode_message
from starlight.messages.letter import Letter, Receipt, ReceiptFact
from starlight.messages.wire_values import Envelope
from starlight.node.application import Submit
from starlight.postoffice.receipts import Receipts

ID = f"{JAY}/0/1"


def test_what_was_told_is_not_told_again() -> None:
    """Of two receipts of one letter the node may have refused one; only what that held is owed."""
    arrived, read = ReceiptFact(ID, "arrived", 5), ReceiptFact(ID, "read", 7)
    for told_arrival, told_reading, facts in (
        (False, True, (arrived,)),
        (True, False, (read,)),
        (False, False, (arrived, read)),
    ):
        mailbox = Mailbox(NANYOUNG, MailboxLimits(), DecodedRecords(MemoryRecords()))
        letter = Letter(id=ID, thread="t", sender=JAY, to=NANYOUNG, written_at=0, text="words")
        mailbox.put_letter(letter, StoredLetter(JAY, NANYOUNG, 0, encode_first(letter)), letter.written_at)
        received = Received(arrived_at=5, read_at=7, told_arrival=told_arrival, told_reading=told_reading)
        mailbox.incoming.put(ID, received)
        receipts = Receipts({NANYOUNG: mailbox}, KnownFormats(MemoryRecords()))
        receipts.owe(NANYOUNG, ID, received, 9)
        (post,) = receipts.posts(9)
        assert isinstance(post, Submit)
        message = decode_message(post.payload, Envelope(post.source, post.destination, 0))
        assert isinstance(message, Receipt)
        assert message.facts == facts
