"""The room of parts: what fills it stops no letter, is told, and goes on once there is room; uploads end."""

from __future__ import annotations

import pytest
from tests.messages.helpers import EARTH, JAY, NANYOUNG, FakeNode, FakeSky
from tests.postoffice.test_parts import SONG, chunks_of, read_back, send, upload

from starlight.dtntime import DAY, HOUR
from starlight.errors import InputError
from starlight.mailboxes.mailbox import MailboxLimits
from starlight.mailboxes.part_reading import part_bytes
from starlight.messages.doubt import TroubleCode
from starlight.messages.draft import Attachment, Draft
from starlight.messages.parts import CHUNK_BYTES
from starlight.postoffice.postoffice import PostOffice
from starlight.postoffice.uploads import NAMED_WITHIN


def limited(node: FakeNode, limits: MailboxLimits) -> None:
    """Give a node an office with other limits, which has not opened anything."""
    node.office = PostOffice(
        node.engine.forecaster, limits, booked=node.booked, entropy=node.random.randbytes
    )


def sky_with(limits: MailboxLimits) -> FakeSky:
    """Return a sky with both mailboxes open, in which those on Mars have these limits."""
    sky = FakeSky()
    limited(sky.mars, limits)
    sky.open_all()
    return sky


def test_a_film_fills_no_room_of_letters_and_waits_for_its_own() -> None:
    """What does not fit is told to its author with a code, and held back; letters come, later the rest."""
    sky = sky_with(MailboxLimits(part_bytes=3 * CHUNK_BYTES))
    id = send(sky, SONG)
    sky.run(3 * HOUR)
    trouble = sky.earth.office.mailbox(JAY).outgoing.course(id).parts[0].trouble
    assert trouble is not None
    assert trouble.code is TroubleCode.NO_ROOM
    words = sky.write(EARTH, JAY, NANYOUNG, "Can you see it?")
    sky.run(5 * HOUR)
    assert sky.state(EARTH, JAY, words) == ("arrived", "confirmed")
    sent = len(chunks_of(sky))
    sky.run(4 * DAY)
    assert len(chunks_of(sky)) == sent
    asks = [post for post in sky.mars.posts if post.token.startswith("ask/")]
    assert len(asks) == 1
    sky.mars.restart()  # With limits as they are by default.
    sky.run(8 * DAY)
    assert read_back(sky, id) == SONG
    assert sky.earth.office.mailbox(JAY).outgoing.course(id).parts[0].state.value == "arrived"


def test_one_author_begins_no_more_than_a_share_at_a_time() -> None:
    """Of parts that come at a time, those wait that have no room beside what was begun; all arrive."""
    sky = sky_with(MailboxLimits(unfinished_bytes=12 * CHUNK_BYTES))
    id = send(sky, SONG, SONG[::-1])
    sky.run(4 * DAY)
    assert (read_back(sky, id), read_back(sky, id, 1)) == (SONG, SONG[::-1])
    room = sky.mars.office.mailbox(NANYOUNG).part_room
    assert room.may_begin(JAY, 12 * CHUNK_BYTES)


def test_what_is_given_up_is_no_longer_begun() -> None:
    """A part that never becomes whole takes no share of its author for ever."""
    sky = sky_with(MailboxLimits(unfinished_bytes=8 * CHUNK_BYTES))
    sky.lose = lambda post: post.token.startswith("part/") and len(chunks_of(sky)) > 5
    send(sky, SONG)
    sky.run(DAY)
    room = sky.mars.office.mailbox(NANYOUNG).part_room
    assert not room.may_begin(JAY, CHUNK_BYTES)
    sky.run(200 * DAY)
    assert room.may_begin(JAY, 8 * CHUNK_BYTES)


def test_an_upload_without_room_is_refused_and_leaves_nothing() -> None:
    """Whoever uploads too much is told, and what came of it is let go."""
    sky = FakeSky()
    limited(sky.earth, MailboxLimits(part_bytes=3 * CHUNK_BYTES))
    sky.open_all()
    office, mailbox = sky.earth.office, sky.earth.office.mailbox(JAY)
    reference, _ = office.uploads.begin(mailbox, 0)
    office.uploads.add(reference, SONG[: 2 * CHUNK_BYTES])
    with pytest.raises(InputError, match="no room for more parts"):
        office.uploads.add(reference, SONG[: 2 * CHUNK_BYTES])
    office.uploads.drop(reference)
    assert mailbox.part_room.has_room(3 * CHUNK_BYTES)
    upload(sky, SONG[: 3 * CHUNK_BYTES])
    with pytest.raises(InputError, match="no room for more parts"):
        office.uploads.begin(mailbox, 0)


def test_uploads_that_no_letter_names_are_let_go() -> None:
    """What broke off goes at the next start, what waits in vain after a week; what is sent stays."""
    sky = FakeSky()
    sky.open_all()
    id = send(sky, SONG)
    office = sky.earth.office
    broken, begun = office.uploads.begin(office.mailbox(JAY), sky.now)
    sky.earth.ask([*begun, *office.uploads.add(broken, SONG)])
    whole = upload(sky, SONG)
    sky.earth.restart()
    office = sky.earth.office
    mailbox = office.mailbox(JAY)
    assert [each.reference for each in mailbox.uploads.all()] == [whole]
    assert sum(len(data) for (_, key), data in sky.earth.saves.items() if broken in key) == 0
    sky.run(NAMED_WITHIN - 1)
    assert mailbox.bodies.body(whole) is not None
    sky.run(NAMED_WITHIN)
    assert mailbox.bodies.body(whole) is None
    assert mailbox.uploads.all() == ()
    with pytest.raises(InputError, match="no upload"):
        office.outbox.write(JAY, Draft(NANYOUNG, "", parts=(Attachment(whole),)), sky.now)
    _, pieces = part_bytes(mailbox, id, 0)
    assert b"".join(pieces) == SONG
    total = MailboxLimits().part_bytes
    assert mailbox.part_room.has_room(total - len(SONG))
    assert not mailbox.part_room.has_room(total - len(SONG) + 1)


def test_so_many_uploads_wait_for_a_letter() -> None:
    """Uploads that no letter names are counted, and the next is refused."""
    sky = FakeSky()
    limited(sky.earth, MailboxLimits(uploads=2))
    sky.open_all()
    upload(sky, b"one")
    upload(sky, b"two")
    with pytest.raises(InputError, match="2 uploads wait for a letter"):
        sky.earth.office.uploads.begin(sky.earth.office.mailbox(JAY), 0)
