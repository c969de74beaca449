"""Letters to groups where things go wrong: nobody there, no room, storms, lies, a dead node, wrong clocks."""

from __future__ import annotations

from collections.abc import Iterable
from random import Random

import pytest
from tests.messages.contents import conversations_of
from tests.messages.helpers import (
    CREW,
    EARTH,
    FATHER,
    FOREVER,
    JAY,
    LIGHT,
    MARS,
    MISSION,
    NANYOUNG,
    RELAY,
    FakeNode,
    FakeSky,
    both_ways,
    contact,
)
from tests.postoffice.test_part_room import limited

from starlight.contacts.plan import ContactPlan
from starlight.dtntime import DAY, HOUR, MINUTE, YEAR
from starlight.mailboxes.mailbox import Mailbox, MailboxLimits
from starlight.messages.delivery import DeliveryState
from starlight.messages.draft import Attachment, Draft
from starlight.messages.format import decode_message, encode_message
from starlight.messages.letter import Letter, Receipt, ReceiptFact
from starlight.messages.parts import CHUNK_BYTES, Chunk, Part, sending_order
from starlight.messages.wire_values import Envelope
from starlight.node.application import Submit

STATION = "ipn:15.1"
HOMES = {JAY: EARTH, CREW: EARTH, FATHER: EARTH, NANYOUNG: MARS, MISSION: MARS, STATION: RELAY}
FILM = bytes(range(256)) * (6 * CHUNK_BYTES // 256)
GROUP = "group:" + "cd" * 16


def three_worlds(start: int = 0, end: int = FOREVER) -> ContactPlan:
    """Return a plan in which all three nodes hear each other."""
    pairs = [(EARTH, MARS), (MARS, EARTH), (EARTH, RELAY), (RELAY, EARTH), (MARS, RELAY), (RELAY, MARS)]
    return ContactPlan.of([contact(n, a, b, start, end) for n, (a, b) in enumerate(pairs, 1)])


def sky_of(*people: str, plan: ContactPlan | None = None) -> FakeSky:
    """Return a sky in which some people have mailboxes, each on their own world."""
    sky = FakeSky(plan or three_worlds())
    sky.nodes[RELAY] = FakeNode(sky, RELAY)
    for address in people:
        node = sky.nodes[HOMES[address]]
        node.ask(node.office.mailboxes.open(address, address, sky.now))
    return sky


def box(sky: FakeSky, address: str) -> Mailbox:
    return sky.nodes[HOMES[address]].office.mailbox(address)


def found(sky: FakeSky, founder: str, *members: str) -> str:
    """Found a group and let everyone hear of it; return its id."""
    node = sky.nodes[HOMES[founder]]
    group, requests = node.office.groups.found(founder, "All", members, sky.now)
    node.ask(list(requests))
    sky.run(sky.now + HOUR)
    return group.id


def write(sky: FakeSky, author: str, to: str, text: str, parts: Iterable[bytes] = ()) -> str:
    """Write a letter with parts; return its id."""
    node = sky.nodes[HOMES[author]]
    attachments = []
    for data in parts:
        reference, saves = node.office.uploads.take(box(sky, author), data, sky.now)
        node.ask(list(saves))
        attachments.append(Attachment(reference, kind="video"))
    draft = Draft(to, text, parts=tuple(attachments))
    letter, requests = node.office.outbox.write(author, draft, sky.now)
    node.ask(requests)
    return letter.id


def read(sky: FakeSky, reader: str) -> None:
    """Read all that is unread in a mailbox."""
    node = sky.nodes[HOMES[reader]]
    for letter_id in box(sky, reader).unread():
        node.ask(node.office.inbox.mark_read(reader, letter_id, sky.now))


def texts(sky: FakeSky, address: str, correspondent: str) -> list[str]:
    return [letter.text for letter in conversations_of(box(sky, address)).get(correspondent, [])]


def whole(sky: FakeSky, address: str, letter_id: str, part: int = 0) -> bytes | None:
    """Return the bytes of a part in a mailbox, or None while it is not whole."""
    state = box(sky, address).parts.get(letter_id, part)
    if state is None or state.arrived_at is None:
        return None
    return b"".join(box(sky, address).bodies.read(state.reference, state.chunks))


@pytest.mark.parametrize("there", [NANYOUNG, MISSION])
def test_who_is_not_there_yet_keeps_nothing_from_the_others(there: str) -> None:
    """Of two at a node one has not opened a mailbox: the other hears of the group and has its letters."""
    sky = sky_of(JAY, there)
    group = found(sky, JAY, NANYOUNG, MISSION)
    write(sky, JAY, group, "Is anybody there?")
    sky.run(30 * DAY)
    assert texts(sky, there, group) == ["Is anybody there?"]
    read(sky, there)
    sky.run(31 * DAY)
    # From now on it is known who is there, so it goes there at once.
    write(sky, JAY, group, "Good to hear you")
    sky.run(31 * DAY + HOUR)
    assert texts(sky, there, group) == ["Is anybody there?", "Good to hear you"]
    other = NANYOUNG if there == MISSION else MISSION
    sky.mars.ask(sky.mars.office.mailboxes.open(other, other, sky.now))
    sky.run(32 * DAY)
    assert texts(sky, other, group) == ["Is anybody there?", "Good to hear you"]
    assert texts(sky, there, group) == ["Is anybody there?", "Good to hear you"]


def test_at_the_own_node_a_letter_goes_to_one_whose_mailbox_is_open() -> None:
    """A member of the own house who has not moved in yet does not hold up those who have."""
    sky = sky_of(JAY, FATHER)
    group = found(sky, JAY, CREW, FATHER)
    write(sky, JAY, group, "Supper")
    sky.run(sky.now + MINUTE)
    assert texts(sky, FATHER, group) == ["Supper"]


def test_a_letter_of_a_dead_node_has_not_arrived() -> None:
    """Everyone else has read it, and as long as one node is silent nobody is told that all have it."""
    sky = sky_of(JAY, CREW, NANYOUNG, MISSION, STATION)
    group = found(sky, JAY, CREW, NANYOUNG, MISSION, STATION)
    sky.lose = lambda post: post.destination == STATION
    id = write(sky, JAY, group, "To three houses")
    sky.run(2 * HOUR)
    for reader in (CREW, NANYOUNG, MISSION):
        read(sky, reader)
    for now in (DAY, 60 * DAY, YEAR):
        sky.run(now)
        view = box(sky, JAY).letter_view(id, sky.now)
        states = {course.to: course.state for course in view.courses}
        assert [states[CREW], states[NANYOUNG]] == [DeliveryState.READ] * 2
        assert states[STATION] is view.state
        assert not any(fact.certainty.value == "confirmed" for fact in view.facts if fact.state in (
            DeliveryState.ARRIVED, DeliveryState.READ,
        ))  # fmt: skip
    posts = [post for post in sky.earth.posts if post.token.startswith("letter/")]
    assert [post.destination for post in posts].count(NANYOUNG) == 1
    assert [post.destination for post in posts].count(STATION) == 4


def test_a_part_has_arrived_when_every_reader_has_it() -> None:
    """Who has no room gets a film later, when there is; the others at that node are not held up meanwhile."""
    sky = sky_of(plan=both_ways())
    limited(sky.mars, MailboxLimits(part_bytes=2 * CHUNK_BYTES))
    for address in (JAY, NANYOUNG, MISSION):
        node = sky.nodes[HOMES[address]]
        node.ask(node.office.mailboxes.open(address, address, 0))
    sky.mars.office.mailbox(MISSION).part_room = FakeSky().mars.office.mailboxes.of_reader(MISSION).part_room  # type: ignore[union-attr]
    group = found(sky, JAY, NANYOUNG, MISSION)
    id = write(sky, JAY, group, "A film", [FILM])
    sky.run(sky.now + 6 * HOUR)
    assert whole(sky, MISSION, id) == FILM
    assert whole(sky, NANYOUNG, id) is None
    (part,) = box(sky, JAY).letter_view(id, sky.now).parts
    assert part.arrived is None
    assert part.state is DeliveryState.DEPARTED
    sky.mars.restart()  # With limits as they are by default.
    sky.run(sky.now + 4 * DAY)
    assert whole(sky, NANYOUNG, id) == FILM
    sky.run(sky.now + HOUR)
    (part,) = box(sky, JAY).letter_view(id, sky.now).parts
    assert part.state is DeliveryState.ARRIVED


def test_readers_at_one_node_ask_for_a_lost_chunk_once() -> None:
    """What is lost is lost for all of them, and one of them asks: it goes over the thin link once more."""
    sky = sky_of(JAY, NANYOUNG, MISSION)
    group = found(sky, JAY, NANYOUNG, MISSION)
    lost: list[Submit] = []

    def lose(post: Submit) -> bool:
        if post.token.startswith("part/") and len(lost) < 2:
            lost.append(post)
            return True
        return False

    sky.lose = lose
    id = write(sky, JAY, group, "A film", [FILM])
    sky.run(5 * DAY)
    assert whole(sky, NANYOUNG, id) == whole(sky, MISSION, id) == FILM
    chunks = [post for post in sky.earth.posts if post.token.startswith("part/")]
    assert len(chunks) == len(FILM) // CHUNK_BYTES + 2
    assert len([post for post in sky.mars.posts if post.token.startswith("ask/")]) == 1


def test_words_that_are_everywhere_say_nothing_of_a_picture_that_is_not() -> None:
    """A part's state is that of the node which has the least of it, whatever the words' state is."""
    sky = sky_of(JAY, NANYOUNG, STATION)
    group = found(sky, JAY, NANYOUNG, STATION)
    sky.lose = lambda post: post.token.startswith("part/") and post.destination == NANYOUNG
    id = write(sky, JAY, group, "A film", [FILM])
    sky.run(sky.now + 3 * HOUR)
    view = box(sky, JAY).letter_view(id, sky.now)
    assert view.state is DeliveryState.ARRIVED
    assert whole(sky, STATION, id) == FILM
    assert (view.parts[0].arrived, view.parts[0].state) == (None, DeliveryState.DEPARTED)


def letter_from_jay(id: str, text: str, *, group: str = "", parts: tuple[Part, ...] = ()) -> Letter:
    return Letter(
        id=id,
        thread="t",
        sender=JAY,
        to=NANYOUNG,
        written_at=0,
        text=text,
        format=2,
        group=group,
        parts=parts,
        readers=(MISSION, NANYOUNG) if group else (),
    )


def test_two_letters_under_one_id_break_nothing() -> None:
    """An author who gives one reader another letter under the same id can't make its parts break the node."""
    sky = sky_of(JAY, NANYOUNG, MISSION)
    other = letter_from_jay("ab" * 16, "To you alone")
    payload = encode_message(other, Envelope(JAY, MISSION, 0))
    sky.mars.arrive(MISSION, JAY, payload)
    group = found(sky, JAY, NANYOUNG)
    donor = write(sky, JAY, group, "With a film", [FILM])
    letter = box(sky, JAY).letter(donor)
    assert letter is not None
    forged = letter_from_jay("ab" * 16, "To both", group=GROUP, parts=letter.parts)
    sky.mars.arrive(NANYOUNG, JAY, encode_message(forged, Envelope(JAY, NANYOUNG, sky.now)))
    sky.run(sky.now + HOUR)
    for post in [each for each in sky.earth.posts if each.token.startswith("part/")]:
        chunk = decode_message(post.payload, Envelope(JAY, NANYOUNG, 0))
        assert isinstance(chunk, Chunk)
        lie = Chunk("ab" * 16, chunk.part, chunk.number, chunk.data, chunk.path)
        sky.mars.arrive(NANYOUNG, JAY, encode_message(lie, Envelope(JAY, NANYOUNG, sky.now)))
    assert whole(sky, NANYOUNG, "ab" * 16) == FILM
    assert texts(sky, MISSION, JAY) == ["To you alone"]


def test_readers_of_other_nodes_are_not_filed_here() -> None:
    """A letter that names people of other nodes, and what is no address, opens no mailbox for them here."""
    sky = sky_of(JAY, NANYOUNG)
    named = (NANYOUNG, CREW, STATION, "ipn:20.5", "dtn:none", "ipn:020.6")
    forged = letter_from_jay("ef" * 16, "To the world", group=GROUP)
    letter = Letter(
        **{field: getattr(forged, field) for field in forged.__struct_fields__} | {"readers": named}
    )
    sky.mars.arrive(NANYOUNG, JAY, encode_message(letter, Envelope(JAY, NANYOUNG, sky.now)))
    assert set(sky.mars.office.mailboxes) == {NANYOUNG, "ipn:20.5"}


def receipt(sky: FakeSky, id: str, source: str, time: int, *, part: int | None = None) -> None:
    """Let a receipt for one of Jay's letters come from an address."""
    fact = ReceiptFact(id, "read", time) if part is None else ReceiptFact(id, "arrived", time, part)
    # Times travel as ages: by a clock that is ahead, the bundle is made ahead as well.
    made = max(time, sky.now)
    payload = encode_message(Receipt((fact,), format=2), Envelope(source, JAY, made))
    sky.earth.arrive(JAY, source, payload, made)


def test_a_reader_speaks_for_its_own_node_and_once() -> None:
    """A reader who tells again and again that it has read counts once, and confirms nothing elsewhere."""
    sky = sky_of(JAY, NANYOUNG, MISSION, STATION)
    group = found(sky, JAY, NANYOUNG, MISSION, STATION)
    sky.lose = lambda post: post.token.startswith(("letter/", "part/"))
    id = write(sky, JAY, group, "To all", [FILM])
    sky.run(sky.now + 1)
    for _ in range(3):
        receipt(sky, id, MISSION, sky.now)
        receipt(sky, id, MISSION, sky.now, part=0)
        receipt(sky, id, FATHER, sky.now)
        receipt(sky, id, FATHER, sky.now, part=0)
    view = box(sky, JAY).letter_view(id, sky.now)
    read_by = [each.address for course in view.courses for each in course.readers if each.read_at is not None]
    assert read_by == [MISSION]
    arrived = {course.to: course.arrived is not None for course in view.courses}
    assert arrived == {NANYOUNG: True, STATION: False}
    assert view.state is not DeliveryState.READ
    assert view.parts[0].arrived is None


def test_a_clock_that_is_ahead_has_read_nothing_tomorrow() -> None:
    """A reading by a clock that is years ahead is taken as of now, and says so."""
    sky = sky_of(JAY, NANYOUNG, MISSION)
    group = found(sky, JAY, NANYOUNG, MISSION)
    id = write(sky, JAY, group, "By which clock?")
    sky.run(sky.now + HOUR)
    receipt(sky, id, MISSION, sky.now + 30 * YEAR)
    receipt(sky, id, NANYOUNG, sky.now)
    (course,) = box(sky, JAY).outgoing.courses(id)
    assert {each.address: each.from_future for each in course.read_by} == {MISSION: True, NANYOUNG: False}
    assert all(each.at <= sky.now for each in course.read_by)
    assert course.dispatch.state is DeliveryState.READ


def test_what_has_left_goes_on_when_the_rest_is_withdrawn() -> None:
    """Of a letter of which one bundle has left the others are taken back; each course says which it was."""
    later = [contact(3, EARTH, RELAY, 5 * DAY, FOREVER), contact(4, RELAY, EARTH, 0, FOREVER)]
    plan = ContactPlan.of([*both_ways().contacts, *later])
    sky = sky_of(JAY, NANYOUNG, STATION, plan=plan)
    group = found(sky, JAY, NANYOUNG, STATION)
    id = write(sky, JAY, group, "Too early")
    sky.run(sky.now + MINUTE)
    sky.earth.ask(sky.earth.office.outbox.withdraw(JAY, id, sky.now))
    sky.run(10 * DAY)
    view = box(sky, JAY).letter_view(id, sky.now)
    states = {each.to: each.state for each in view.courses}
    assert states == {NANYOUNG: DeliveryState.ARRIVED, STATION: DeliveryState.WITHDRAWN}
    # Somebody has it, so the letter is not said to be withdrawn.
    assert view.state is DeliveryState.ARRIVED
    assert (texts(sky, NANYOUNG, group), texts(sky, STATION, group)) == (["Too early"], [])


@pytest.mark.parametrize("seed", range(6))
def test_storms_losses_duplicates_and_restarts_lose_nothing(seed: int) -> None:
    """Through storms, lost bundles and receipts, and restarts everyone has each letter once."""
    random = Random(seed)
    people = (JAY, CREW, NANYOUNG, MISSION, STATION)
    sky = sky_of(*people)
    group = found(sky, JAY, *people[1:])
    sky.lose = lambda post: sky.now < 40 * DAY and random.random() < 0.3
    written: dict[str, str] = {}
    for number in range(8):
        author = random.choice(people)
        if box(sky, author).groups.get(group) is None:
            continue  # Every bundle that tells it was lost, as is told with the next letter.
        id = write(
            sky, author, group, f"Number {number}", [FILM[: 3 * CHUNK_BYTES]] if number % 3 == 0 else []
        )
        written[id] = author
        sky.set_plan(three_worlds(sky.now + random.randrange(3 * DAY)))
        sky.run(sky.now + random.randrange(1, 3 * DAY))
        random.choice(list(sky.nodes.values())).restart()
        for post in random.sample(sky.mars.posts, min(3, len(sky.mars.posts))):
            node = sky.nodes[HOMES[post.destination]]
            node.arrive(post.destination, post.source, post.payload)
        read(sky, random.choice(people))
        check_claims(sky, written, people)
    sky.run(400 * DAY)
    for reader in people:
        read(sky, reader)
    sky.run(sky.now + 2 * DAY)
    check_claims(sky, written, people)
    for id, author in written.items():
        view = box(sky, author).letter_view(id, sky.now)
        for course in view.courses:
            arrived = course.arrived is not None
            assert arrived or box(sky, author).outgoing.courses(id)[0].dispatch.doubtful is not None


def check_claims(sky: FakeSky, written: dict[str, str], people: tuple[str, ...]) -> None:
    """Check that each letter is nowhere twice, and that what is confirmed of it is true."""
    for id, author in written.items():
        view = box(sky, author).letter_view(id, sky.now)
        have = {each for each in people if each != author and box(sky, each).letter(id) is not None}
        readers = {each.address for course in view.courses for each in course.readers}
        if view.state is DeliveryState.ARRIVED and view.certainty.value == "confirmed":
            assert have == readers
        for course in view.courses:
            if course.arrived is not None:
                assert {each.address for each in course.readers} <= have
            for each in course.readers:
                received = box(sky, each.address).received(id) if each.address in have else None
                assert each.read_at is None or (received is not None and received.read_at is not None)
        for number, part in enumerate(view.parts):
            if part.arrived is not None:
                assert all(whole(sky, each, id, number) is not None for each in readers)
    for address in people:
        for letters in conversations_of(box(sky, address)).values():
            ids = [letter.id for letter in letters]
            assert len(ids) == len(set(ids))


@pytest.mark.parametrize(
    ("smaller_of", "order"),
    [
        ((None, 0), [1, 0]),
        ((None, None, 0), [2, 0, 1]),
        ((None, 0, 1), [2, 1, 0]),
        ((1, 0), [1, 0]),
        ((0,), [0]),
        ((9, None), [0, 1]),
    ],
)
def test_a_smaller_version_leaves_before_the_larger(
    smaller_of: tuple[int | None, ...], order: list[int]
) -> None:
    """Whichever stands first; what refers to itself, in a circle or to nothing still leaves."""
    parts = [Part(size=1, data=b"x", smaller_of=each) for each in smaller_of]
    assert sending_order(parts) == order


def test_a_preview_is_there_before_the_film() -> None:
    """The smaller of two versions leaves and arrives first, as was foreseen."""
    sky = sky_of(JAY, NANYOUNG)
    office = sky.earth.office
    references = []
    for data in (FILM, FILM[:CHUNK_BYTES]):
        reference, saves = office.uploads.take(box(sky, JAY), data, sky.now)
        sky.earth.ask(list(saves))
        references.append(reference)
    draft = Draft(NANYOUNG, "Look", parts=(
        Attachment(references[0], kind="video"), Attachment(references[1], kind="video", smaller_of=0),
    ))  # fmt: skip
    film, small = office.forecasts.predict_parts(JAY, draft, sky.now)
    assert film.arrives is not None
    assert small.arrives is not None
    assert small.arrives < film.arrives
    letter, requests = office.outbox.write(JAY, draft, sky.now)
    sky.earth.ask(requests)
    sky.run(small.arrives + MINUTE)
    assert small.arrives >= LIGHT
    assert whole(sky, NANYOUNG, letter.id, 1) == FILM[:CHUNK_BYTES]
    sky.run(HOUR)
    mine = box(sky, JAY).letter_view(letter.id, sky.now).parts
    assert mine[1].arrived is not None
    assert mine[0].arrived is not None
    assert mine[1].arrived < mine[0].arrived
