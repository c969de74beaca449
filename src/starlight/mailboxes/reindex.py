"""The index over letters that have no entry: of a store that is older than it, and of letters that came back.

The store commits what is made here as a whole, or not at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from starlight.errors import StoreError
from starlight.mailboxes import stored_format
from starlight.mailboxes.decoded import decode_letter
from starlight.mailboxes.mailbox_index import MailboxIndex
from starlight.mailboxes.records import CARRIER, Records
from starlight.messages.course import course_id
from starlight.messages.dispatch import Sent
from starlight.node.application import Save, SetAside


def index_of(letters: Iterable[Save], records: Records) -> Iterator[Save | SetAside]:
    """Give the saves, in order, by which letters have index entries, and bundles are known to carry them.

    What can't be read is set aside, and so is what is known of a letter that can't be read.

    Args:
        letters: records of letters without an entry.
        records: all there are; entries are put there as they are made.
    """
    indexes: dict[str, MailboxIndex] = {}
    found: list[tuple[MailboxIndex, str]] = []
    for save in letters:
        index = indexes.setdefault(save.mailbox, MailboxIndex(save.mailbox, records))
        id = save.key.removeprefix("letter/")
        try:
            letter = decode_letter(save.data, id)
        except StoreError as error:
            yield from _aside(records, save.mailbox, id, str(error))
            continue
        yield from index.add(letter, None)
        found.append((index, id))
    # Only now, as an entry is put in its place once more when the letter that it answers comes after it.
    for index, id in found:
        yield from _marked(index, id, records)


def _marked(index: MailboxIndex, id: str, records: Records) -> Iterator[Save | SetAside]:
    """Give the saves of what follows for an entry from what is known of its letter."""
    entry = before = index.entry(id)
    mailbox = index.address
    sent, received = (records.get(mailbox, f"{kind}/{id}") for kind in ("sent", "received"))
    try:
        if sent is not None:
            known = stored_format.SENT.decode(sent)
            courses = [known, *_further_courses(mailbox, id, known.courses, records)]
            entry = replace(entry, number=known.number, open=any(each.is_open for each in courses))
            for course in courses:
                for copy in course.copies:
                    yield Save(mailbox, CARRIER + copy.key, course.id_of(id).encode())
    except StoreError as error:
        yield SetAside(mailbox, f"sent/{id}", str(error))
    try:
        if received is not None:
            came = stored_format.RECEIVED.decode(received)
            entry = replace(entry, owed=came.is_waited_on, unread=came.read_at is None)
    except StoreError as error:
        yield SetAside(mailbox, f"received/{id}", str(error))
    yield from index.change(before, entry)


def _further_courses(mailbox: str, id: str, count: int, records: Records) -> Iterator[Sent]:
    """Give what is known of the courses of a letter after the first; StoreError where one is damaged."""
    for number in range(1, count):
        data = records.get(mailbox, f"sent/{course_id(id, number)}")
        if data is not None:
            yield stored_format.SENT.decode(data)


def _aside(records: Records, mailbox: str, id: str, why: str) -> Iterator[SetAside]:
    yield SetAside(mailbox, f"letter/{id}", why)
    for kind in ("sent", "received"):
        if records.get(mailbox, f"{kind}/{id}") is not None:
            yield SetAside(mailbox, f"{kind}/{id}", "its letter is set aside")
