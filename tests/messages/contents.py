"""All that is in a mailbox, read by its pages."""

from __future__ import annotations

from starlight.mailboxes.mailbox import Mailbox
from starlight.messages.delivery import Received
from starlight.messages.dispatch import Sent
from starlight.messages.letter import Letter


def conversations_of(mailbox: Mailbox) -> dict[str, list[Letter]]:
    """Return all letters in order, by correspondent."""
    return {
        each.correspondent: mailbox.page(each.correspondent, limit=each.letters).letters
        for each in mailbox.conversations()
    }


def letters_of(mailbox: Mailbox) -> dict[str, Letter]:
    """Return all letters by id."""
    return {letter.id: letter for letters in conversations_of(mailbox).values() for letter in letters}


def sent_of(mailbox: Mailbox) -> dict[str, Sent]:
    """Return what is known about the way of each letter that was written here."""
    known = {id: mailbox.sent(id) for id in letters_of(mailbox)}
    return {id: sent for id, sent in known.items() if sent is not None}


def received_of(mailbox: Mailbox) -> dict[str, Received]:
    """Return what is known about each letter that came here."""
    known = {id: mailbox.received(id) for id in letters_of(mailbox)}
    return {id: received for id, received in known.items() if received is not None}


def whole(mailbox: Mailbox, now: int) -> tuple[object, ...]:
    """Return all that a mailbox shows, to be compared."""
    views = {
        address: [mailbox.letter_view(letter.id, now) for letter in letters]
        for address, letters in conversations_of(mailbox).items()
    }
    readings = {vehicle: mailbox.telemetry.readings(vehicle) for vehicle in mailbox.telemetry.vehicles()}
    return mailbox.person, mailbox.is_open, views, mailbox.unread(), readings


def arrival_of(mailbox: Mailbox, letter_id: str) -> Received:
    """Return what is known about a letter that came here."""
    received = mailbox.received(letter_id)
    assert received is not None
    return received
