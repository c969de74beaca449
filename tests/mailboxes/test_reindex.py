"""The index over letters that have no entry: the one that was kept, made once more from the letters."""

from __future__ import annotations

from random import Random

from tests.messages.helpers import EARTH, JAY, MARS, NANYOUNG, FakeNode, FakeSky

from starlight.dtntime import HOUR, MINUTE
from starlight.mailboxes.index_entries import IndexEntry
from starlight.mailboxes.records import INDEX, MemoryRecords, index_entry
from starlight.mailboxes.reindex import index_of
from starlight.messages.draft import Attachment, Draft
from starlight.messages.parts import CHUNK_BYTES
from starlight.node.application import Save


def kept(node: FakeNode) -> dict[tuple[str, str], IndexEntry]:
    """Return the index entries that a node has saved, by mailbox and letter."""
    saves = [Save(mailbox, key, data) for (mailbox, key), data in node.saves.items()]
    entries = [(save.mailbox, index_entry(save)) for save in saves if save.key.startswith(INDEX)]
    return {(mailbox, entry.id): entry for mailbox, entry in entries}


def built(node: FakeNode) -> dict[tuple[str, str], IndexEntry]:
    """Return the index entries that are made of all else that a node has saved."""
    records, letters = MemoryRecords(), []
    for (mailbox, key), data in node.saves.items():
        if not key.startswith(INDEX):
            records.put(Save(mailbox, key, data))
        if key.startswith("letter/"):
            letters.append(Save(mailbox, key, data))
    assert all(isinstance(change, Save) for change in index_of(letters, records))
    found = records.mailboxes()
    return {(mailbox, id): entry for mailbox in found for id, entry in records.letters(mailbox).items()}


def test_an_index_that_is_built_is_the_one_that_was_kept() -> None:
    """Answers have their places, and what is open, unread, owed or still asked for is marked as such."""
    sky = FakeSky()
    sky.open_all()
    office = sky.earth.office
    reference, begun = office.uploads.begin(office.mailbox(JAY), sky.now)
    song = Random(7).randbytes(3 * CHUNK_BYTES)
    sky.earth.ask([*begun, *office.uploads.add(reference, song), *office.uploads.finish(reference, sky.now)])
    sky.lose = lambda post: post.token.startswith("part/")
    _, requests = office.outbox.write(
        JAY, Draft(NANYOUNG, "Listen.", parts=(Attachment(reference),)), sky.now
    )
    sky.earth.ask(requests)
    question = sky.write(EARTH, JAY, NANYOUNG, "question")
    sky.run(HOUR)
    sky.mars.ask(sky.mars.office.inbox.mark_read(NANYOUNG, question, sky.now))
    sky.write(MARS, NANYOUNG, JAY, "answer", reply_to=question)
    sky.run(sky.now + MINUTE)
    for node in (sky.earth, sky.mars):
        assert built(node) == kept(node)
    # Of the letter with the song all has been told, but its chunks are still to be asked for.
    assert any(entry.owed for entry in kept(sky.mars).values())
