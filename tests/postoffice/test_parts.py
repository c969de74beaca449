"""Parts that travel on their own: a few chunks at a time, in any order, checked, asked for, told of."""

from __future__ import annotations

from hashlib import sha256
from random import Random

import pytest
from msgspec.structs import replace
from tests.messages.contents import letters_of
from tests.messages.helpers import (
    EARTH,
    JAY,
    LIGHT,
    MARS,
    MISSION,
    NANYOUNG,
    FakeSky,
    both_ways,
    contact,
    unit,
)

from starlight.contacts import ContactPlan
from starlight.dtntime import DAY, HOUR, MILLISECOND, MINUTE, SECOND, YEAR
from starlight.errors import InputError
from starlight.mailboxes.part_reading import part_bytes
from starlight.messages.delivery import TimeDoubt
from starlight.messages.doubt import TroubleCode
from starlight.messages.draft import Attachment, Draft
from starlight.messages.format import decode_message, encode_message
from starlight.messages.letter import Letter, MissingChunks, Receipt, ReceiptFact, RefusedPart
from starlight.messages.parts import CHUNK_BYTES, Chunk
from starlight.messages.wire_values import Envelope
from starlight.node.application import Save, Submit
from starlight.postoffice.part_dispatches import AHEAD, PAUSE, TIMES_OVER_MAX

SONG = Random(7).randbytes(7 * CHUNK_BYTES + 12_345)
"""Eight chunks, the last one short."""


@pytest.fixture
def sky() -> FakeSky:
    """Return a sky with both mailboxes open."""
    sky = FakeSky()
    sky.open_all()
    return sky


def upload(sky: FakeSky, data: bytes, piece: int = 100_000) -> str:
    """Upload the bytes of a part of Jay's, in pieces; return the reference."""
    office = sky.earth.office
    reference, begun = office.uploads.begin(office.mailbox(JAY), sky.now)
    sky.earth.ask([*begun])
    for at in range(0, len(data), piece):
        sky.earth.ask([*office.uploads.add(reference, data[at : at + piece])])
    sky.earth.ask([*office.uploads.finish(reference, sky.now)])
    return reference


def send(sky: FakeSky, *parts: bytes, text: str = "Listen.") -> str:
    """Send a letter of Jay's with parts; return its id."""
    attachments = tuple(
        Attachment(upload(sky, data), name=f"song {n}.ogg", media_type="audio/ogg", kind="voice")
        for n, data in enumerate(parts)
    )
    letter, requests = sky.earth.office.outbox.write(JAY, Draft(NANYOUNG, text, parts=attachments), sky.now)
    sky.earth.ask(requests)
    return letter.id


def chunks_of(sky: FakeSky) -> list[Submit]:
    """Return the chunks that Jay's node was given."""
    return [post for post in sky.earth.posts if post.token.startswith("part/")]


def number_of(post: Submit) -> int:
    """Return which chunk a post carries."""
    chunk = decode_message(post.payload, Envelope(post.source, post.destination, 0))
    assert isinstance(chunk, Chunk)
    return chunk.number


def read_back(sky: FakeSky, letter: str, part: int = 0) -> bytes:
    """Return the bytes of a part as Nan-young's mailbox gives them."""
    _, pieces = part_bytes(sky.mars.office.mailbox(NANYOUNG), letter, part)
    return b"".join(pieces)


def test_a_part_arrives_whole_and_its_author_is_told(sky: FakeSky) -> None:
    """The letter comes first, its part after it, byte for byte; each has a receipt of its own."""
    id = send(sky, SONG)
    sky.run(LIGHT + MINUTE)
    view = sky.mars.office.mailbox(NANYOUNG).letter_view(id, sky.now)
    (part,) = view.parts
    assert (view.text, part.name, part.kind, part.size_bytes) == ("Listen.", "song 0.ogg", "voice", len(SONG))
    sky.run(HOUR)
    assert read_back(sky, id) == SONG
    (part,) = sky.mars.office.mailbox(NANYOUNG).letter_view(id, sky.now).parts
    assert part.is_here
    sky.run(2 * HOUR)
    sent = sky.earth.office.mailbox(JAY).outgoing.course(id)
    assert [each.state.value for each in sent.dispatches] == ["arrived", "arrived"]
    (mine,) = sky.earth.office.mailbox(JAY).letter_view(id, sky.now).parts
    assert mine.arrived is not None
    assert not sent.is_open
    assert sky.earth.office.next_wakeup() is None
    assert sky.mars.office.next_wakeup() is None


def test_only_a_few_chunks_wait_at_the_node(sky: FakeSky) -> None:
    """A film neither fills the node's store nor stands in memory: as a chunk leaves, the next is given."""
    send(sky, SONG)
    assert len(chunks_of(sky)) == AHEAD
    most = 0
    for second in range(1, 600):
        sky.run(second * SECOND)
        most = max(most, sum(post.token.startswith("part/") for post, _ in sky.earth.queued.values()))
    assert most == AHEAD
    assert sorted(map(number_of, chunks_of(sky))) == list(range(8))


def test_a_small_part_goes_in_its_letter(sky: FakeSky) -> None:
    """What costs less there than in a bundle of its own is in the letter; nothing at all is a part, too."""
    id = send(sky, b"OggS" * 100, b"")
    assert chunks_of(sky) == []
    sky.run(HOUR)
    assert (read_back(sky, id), read_back(sky, id, 1)) == (b"OggS" * 100, b"")


def test_chunks_come_in_any_order_twice_and_before_their_letter(sky: FakeSky) -> None:
    """What comes before its letter stays with the node; each is used once; the order does not matter."""
    held: list[Submit] = []

    def hold(post: Submit) -> bool:
        held.append(post)
        return True

    sky.lose = hold
    id = send(sky, SONG)
    sky.run(HOUR)
    assert len(held) == 9
    words, *chunks = held
    Random(3).shuffle(chunks)
    for post in [*chunks[:5], words, *chunks, words]:
        sky.mars.arrive(NANYOUNG, JAY, post.payload, 0)
    assert read_back(sky, id) == SONG
    assert sky.mars.waiting == []
    sky.mars.restart()
    assert read_back(sky, id) == SONG


def test_a_chunk_that_lies_is_dropped(sky: FakeSky) -> None:
    """Other bytes, another place, another author: none is used, and the true one still is."""
    held: list[Submit] = []

    def keep(post: Submit) -> bool:
        held.append(post)
        return True

    sky.lose = keep
    id = send(sky, SONG)
    sky.run(HOUR)
    words, *chunks = held
    sky.mars.arrive(NANYOUNG, JAY, words.payload, 0)
    true = decode_message(chunks[0].payload, Envelope(JAY, NANYOUNG, 0))
    assert isinstance(true, Chunk)
    lies = [
        replace(true, data=b"x" + true.data[1:]),
        replace(true, number=true.number + 1),
        replace(true, number=99),
        replace(true, part=1),
        replace(true, path=()),
    ]
    for lie in lies:
        sky.mars.arrive(NANYOUNG, JAY, encode_message(lie, Envelope(JAY, NANYOUNG, 0)), 0)
    sky.mars.arrive(NANYOUNG, MISSION, chunks[0].payload, 0)
    (part,) = sky.mars.office.mailbox(NANYOUNG).letter_view(id, sky.now).parts
    assert part.here_bytes == 0
    assert [record.kind for record in sky.mars.trace].count("message.refused") == len(lies)
    with pytest.raises(InputError, match="0 of its"):
        read_back(sky, id)
    for post in chunks:
        sky.mars.arrive(NANYOUNG, JAY, post.payload, 0)
    assert read_back(sky, id) == SONG


def test_what_is_missing_is_asked_for_by_chunk(sky: FakeSky) -> None:
    """A day after the last chunk the reader asks for those that it misses, and only they are sent again."""
    lost = {2, 3, 6}
    sky.lose = lambda post: post.token.startswith("part/") and sky.now < HOUR and number_of(post) in lost
    id = send(sky, SONG)
    sky.run(HOUR)
    before = len(chunks_of(sky))
    (part,) = sky.mars.office.mailbox(NANYOUNG).letter_view(id, sky.now).parts
    assert part.here_bytes == 4 * CHUNK_BYTES + 12_345
    sky.mars.restart()
    sky.run(2 * DAY)
    assert sorted(map(number_of, chunks_of(sky)[before:])) == sorted(lost)
    assert read_back(sky, id) == SONG
    sent = sky.earth.office.mailbox(JAY).outgoing.course(id)
    assert sent.parts[0].state.value == "arrived"


def test_asking_ends(sky: FakeSky) -> None:
    """What never comes is asked for a few times, ever later, and then no more."""
    sky.lose = lambda post: post.token.startswith("part/")
    send(sky, SONG)
    sky.run(YEAR)
    asks = [post for post in sky.mars.posts if post.token.startswith("ask/")]
    assert len(asks) == 6
    assert sky.mars.office.next_wakeup() is None


def test_a_storm_breaks_a_part_off_and_the_next_chunk_goes_on(sky: FakeSky) -> None:
    """What the node refuses or loses is offered again, and the sender's own restart changes nothing."""
    sky.refuse = lambda post: "the store is full" if post.token.startswith("part/") and sky.now < 5 else ""
    id = send(sky, SONG)
    sky.run(MINUTE)
    assert chunks_of(sky) == []
    sky.earth.restart()
    sky.run(3 * HOUR)
    assert read_back(sky, id) == SONG


def test_a_withdrawn_letter_takes_its_parts_with_it() -> None:
    """Nothing more of a letter leaves once it was withdrawn."""

    sky = FakeSky(both_ways(HOUR))
    sky.open_all()
    id = send(sky, SONG)
    assert len(chunks_of(sky)) == AHEAD
    sky.earth.ask(sky.earth.office.outbox.withdraw(JAY, id, sky.now))
    assert sky.earth.queued == {}
    assert sky.earth.office.mailbox(JAY).outgoing.open() == []
    sky.run(2 * HOUR)
    assert letters_of(sky.mars.office.mailbox(NANYOUNG)) == {}
    assert len(chunks_of(sky)) == AHEAD


def test_an_old_correspondent_is_not_sent_parts(sky: FakeSky) -> None:
    """Whose Starlight would throw them away, is told to whoever writes, before anything is sent."""
    old = Letter(id=f"{NANYOUNG}/0/1", thread="t", sender=NANYOUNG, to=JAY, written_at=0, text="old")
    sky.earth.arrive(JAY, NANYOUNG, encode_message(old, Envelope(NANYOUNG, JAY, 0)))
    with pytest.raises(InputError, match="earlier Starlight"):
        send(sky, SONG)


def test_an_upload_has_its_limits_and_its_hash(sky: FakeSky) -> None:
    """Its bytes are taken in pieces of any size; an unknown reference, and too many at once, are told."""
    office, data = sky.earth.office, SONG[: CHUNK_BYTES + 5]
    for piece in (1_000, CHUNK_BYTES, 10**6):
        body = office.mailbox(JAY).bodies.body(upload(sky, data, piece))
        assert body is not None
        assert (body.size, len(body.leaves)) == (len(data), 64)
    one = office.mailbox(JAY).bodies.body(upload(sky, b"short"))
    assert one is not None
    assert one.hash == sha256(b"short").digest()
    with pytest.raises(InputError, match="no upload 'x'"):
        office.uploads.add("x", b"")
    with pytest.raises(InputError, match="no upload 'y' is here"):
        office.outbox.write(JAY, Draft(NANYOUNG, "", parts=(Attachment("y"),)), 0)
    with pytest.raises(InputError, match="'film' is no kind of part"):
        Attachment("y", kind="film")
    for _ in range(16):
        office.uploads.begin(office.mailbox(JAY), 0)
    with pytest.raises(InputError, match="16 uploads are"):
        office.uploads.begin(office.mailbox(JAY), 0)


def test_fifty_megabytes_never_stand_in_memory() -> None:
    """An upload holds a chunk, whatever its size; so does what is sent and what comes."""
    sky = FakeSky()
    sky.open_all()
    uploads, mailbox = sky.earth.office.uploads, sky.earth.office.mailbox(JAY)
    reference, _ = uploads.begin(mailbox, 0)
    for _ in range(40):
        saves = uploads.add(reference, bytes(100_000))
        assert [len(save.data) for save in saves if save.key.startswith("body/")] in ([], [CHUNK_BYTES])
    assert len(uploads._open[reference].waiting) < CHUNK_BYTES


def lost_film(sky: FakeSky, lifetime: int) -> str:
    """Send a letter of Jay's with a song, worth carrying for a time in ns, of which no chunk ever leaves."""
    sky.refuse = lambda post: "the store is full" if post.token.startswith("part/") else ""
    draft = Draft(NANYOUNG, "Listen.", parts=(Attachment(upload(sky, SONG)),))
    letter, requests = sky.earth.office.outbox.write(JAY, draft, sky.now, lifetime=lifetime)
    sky.earth.ask(requests)
    return letter.id


def kinds_of(sky: FakeSky) -> list[str]:
    """Return the kinds of the trace of Jay's node."""
    return [record.kind for record in sky.earth.trace]


def test_a_part_whose_time_is_over_ends_though_its_letter_has_arrived(sky: FakeSky) -> None:
    """What never left ends with the letter's lifetime, is told, and nothing of it stays open."""
    id = lost_film(sky, 3 * DAY)
    sky.run(2 * DAY)
    assert sky.state(EARTH, JAY, id) == ("arrived", "confirmed")
    assert sky.earth.office.mailbox(JAY).outgoing.course(id).is_open
    sky.run(6 * DAY)
    sent = sky.earth.office.mailbox(JAY).outgoing.course(id)
    assert (sent.parts[0].state.value, sent.is_open) == ("expired", False)
    assert kinds_of(sky).count("part.ended") == 1
    assert sky.earth.office.next_wakeup() is None
    assert sky.state(EARTH, JAY, id) == ("arrived", "confirmed")


def test_a_chunk_that_expires_in_the_store_ends_its_part() -> None:
    """Where the node says that a chunk's time is over, the part ends, and so does what waits beside it."""
    plan = ContactPlan.of([contact(1, EARTH, MARS, 0, MINUTE, bps=100_000), contact(2, MARS, EARTH, 0, DAY)])
    sky = FakeSky(plan)
    sky.open_all()
    draft = Draft(NANYOUNG, "Listen.", parts=(Attachment(upload(sky, SONG)),))
    letter, requests = sky.earth.office.outbox.write(JAY, draft, sky.now, lifetime=HOUR)
    sky.earth.ask(requests)
    sky.run(2 * HOUR)
    assert sky.state(EARTH, JAY, letter.id) == ("arrived", "confirmed")
    for key in list(sky.earth.queued):
        sky.earth.expire(key, "lifetime expired")
    sent = sky.earth.office.mailbox(JAY).outgoing.course(letter.id)
    assert (sent.parts[0].state.value, sent.is_open) == ("expired", False)
    assert kinds_of(sky).count("part.ended") == 1


@pytest.mark.parametrize("damaged", ["part/{id}/0", "body/{reference}", "body/{reference}/5"])
def test_what_is_damaged_of_a_part_is_set_aside_and_stops_nothing_else(sky: FakeSky, damaged: str) -> None:
    """A part of which a record can't be read ends and says why; the letter and its other part arrive."""
    sky.refuse = lambda post: "the store is full" if post.token.startswith("part/") and sky.now < 5 else ""
    id = send(sky, SONG, SONG[: 2 * CHUNK_BYTES])
    state = sky.earth.office.mailbox(JAY).parts.get(id, 0)
    assert state is not None
    key = damaged.format(id=id, reference=state.reference)
    sky.earth.saves[JAY, key] = b"\x92\x02damaged"
    sky.earth.restart()
    sky.run(DAY)
    assert (JAY, key) in sky.earth.aside
    sent = sky.earth.office.mailbox(JAY).outgoing.course(id)
    assert [each.state.value for each in sent.dispatches] == ["arrived", "expired", "arrived"]
    trouble = sent.parts[0].trouble
    assert trouble is not None
    assert trouble.code == TroubleCode.DAMAGED
    assert read_back(sky, id, 1) == SONG[: 2 * CHUNK_BYTES]


def test_a_damaged_state_of_what_came_is_set_aside_and_the_chunks_are_asked_for(sky: FakeSky) -> None:
    """The reader of a part whose record can't be read knows nothing of it, and has it sent again."""
    sky.lose = lambda post: post.token.startswith("part/") and sky.now < HOUR and number_of(post) == 7
    id = send(sky, SONG)
    sky.run(HOUR)
    sky.mars.saves[NANYOUNG, f"part/{id}/0"] = b"\x92\x02damaged"
    sky.mars.restart()
    sky.run(3 * DAY)
    assert read_back(sky, id) == SONG
    assert (NANYOUNG, f"part/{id}/0") in sky.mars.aside


def test_the_node_may_answer_for_a_letter_that_is_set_aside(sky: FakeSky) -> None:
    """A chunk that is taken or refused after its letter's record was set aside changes nothing."""
    id = send(sky, SONG)
    office = sky.earth.office
    sky.earth.saves[JAY, f"sent/{id}"] = b"damaged"
    sky.earth.restart()
    office = sky.earth.office
    assert office.accepted(f"part/{JAY} 0 0 {id}", "ipn:7.1/9/9", None, None, sky.now) == []
    assert office.rejected(f"part/{JAY} 0 1 {id}", "the store is full", sky.now) == []


def test_a_reader_who_always_asks_again_gets_a_part_a_few_times_over(sky: FakeSky) -> None:
    """Asking costs the reader, and the link a bounded share: after a few times over nothing more is sent."""
    sky.lose = lambda post: post.token.startswith("part/")
    id = send(sky, SONG)
    for hour in range(1, 40):
        sky.run(hour * HOUR)
        asked = MissingChunks(id, 0, ((0, 4096),) * 20)
        receipt = encode_message(Receipt((), (asked,), format=2), Envelope(NANYOUNG, JAY, sky.now))
        sky.earth.arrive(JAY, NANYOUNG, receipt)
    assert 8 * TIMES_OVER_MAX <= len(chunks_of(sky)) <= 8 * (TIMES_OVER_MAX + 1) + AHEAD


def test_asking_for_what_never_left_changes_nothing(sky: FakeSky) -> None:
    """A receipt that asks for chunks that were not sent, or that there are not, makes no work."""
    sky.refuse = lambda post: "the store is full" if post.token.startswith("part/") else ""
    id = send(sky, SONG)
    sky.run(MINUTE)
    asked = (
        MissingChunks(id, 0, ((0, 8),)),
        MissingChunks(id, 0, ((4000, 96),)),
        MissingChunks(id, 63, ((0, 1),)),
    )
    receipt = encode_message(Receipt((), asked, format=2), Envelope(NANYOUNG, JAY, sky.now))
    answer = sky.earth.office.delivered(unit(JAY, NANYOUNG, receipt, sky.now), sky.now)
    assert [each for each in answer if isinstance(each, Submit)] == []
    assert [each for each in answer if isinstance(each, Save) and each.key.startswith("sent/")] == []


def test_where_chunks_leave_at_once_the_next_wait_a_little(sky: FakeSky) -> None:
    """By a link that takes all at once, a film is given a few chunks at a time, also after a start."""
    plan = ContactPlan.of(
        [contact(1, EARTH, MARS, 0, DAY, bps=10**12), contact(2, MARS, EARTH, 0, DAY)],
    )
    sky = FakeSky(plan)
    sky.open_all()
    id = send(sky, SONG)
    sky.run(MILLISECOND)
    assert len(chunks_of(sky)) == AHEAD
    sky.earth.restart()
    sky.run(PAUSE + 2 * MILLISECOND)
    assert len(chunks_of(sky)) == 2 * AHEAD
    sky.run(HOUR)
    assert read_back(sky, id) == SONG


@pytest.mark.parametrize(
    ("off", "doubt"),
    [(DAY, TimeDoubt.FROM_FUTURE), (-DAY, TimeDoubt.BEFORE_DEPARTURE), (SECOND, None), (0, None)],
)
def test_an_arrival_of_a_part_by_a_wrong_clock_is_never_confirmed(
    sky: FakeSky, off: int, doubt: TimeDoubt | None
) -> None:
    """A receipt whose clock is a day ahead or behind is believed that the part is there, not when."""
    sky.run(2 * DAY)
    sky.lose = lambda post: True
    id = send(sky, SONG)
    sky.run(sky.now + HOUR)
    now = sky.now
    receipt = Receipt((ReceiptFact(id, "arrived", now + off, 0),), format=2)
    created = now + max(0, off)
    sky.earth.arrive(JAY, NANYOUNG, encode_message(receipt, Envelope(NANYOUNG, JAY, created)), created)
    (part,) = sky.earth.office.mailbox(JAY).letter_view(id, now).parts
    assert part.arrived == min(now, now + off)
    assert part.doubt is doubt


def test_a_part_is_not_held_up_by_the_one_after_it(sky: FakeSky) -> None:
    """The chunks of a letter's parts leave in the order of the parts, so a small picture is there first."""
    send(sky, SONG, SONG)
    sky.run(MINUTE)
    left = [
        decode_message(post.payload, Envelope(post.source, post.destination, 0)) for post in chunks_of(sky)
    ]
    assert [(each.part, each.number) for each in left if isinstance(each, Chunk)] == [
        (part, number) for part in (0, 1) for number in range(8)
    ]


@pytest.mark.parametrize("what", ["refused", "arrived"])
def test_a_part_that_is_taken_back_does_not_hold_up_the_next(what: str) -> None:
    """Where the reader has no room for a part, or has it already, the part after it goes on at once."""
    sky = FakeSky(both_ways(HOUR))
    sky.open_all()
    id = send(sky, SONG, SONG[:9000])
    assert len(chunks_of(sky)) == AHEAD
    refused = Receipt((), refused=(RefusedPart(id, 0),), format=2)
    arrived = Receipt((ReceiptFact(id, "arrived", 0, part=0),), format=2)
    told = refused if what == "refused" else arrived
    sky.earth.arrive(JAY, NANYOUNG, encode_message(told, Envelope(NANYOUNG, JAY, 0)))
    *_, last = chunks_of(sky)
    chunk = decode_message(last.payload, Envelope(last.source, last.destination, 0))
    assert isinstance(chunk, Chunk)
    assert (len(chunks_of(sky)), chunk.part) == (AHEAD + 1, 1)
