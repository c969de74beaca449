"""Letters between post offices of different versions: what is written, kept, shown and answered."""

from __future__ import annotations

import pytest
from tests.messages.contents import conversations_of, letters_of, received_of
from tests.messages.helpers import EARTH, JAY, MARS, MISSION, NANYOUNG, FakeNode, FakeSky, unit

from starlight.bundle import cbor
from starlight.dtntime import DAY, HOUR, MILLISECOND, MINUTE
from starlight.mailboxes.mailbox import MailboxLimits
from starlight.mailboxes.stored_format import LETTER, StoredLetter
from starlight.messages.first_format import encode_first
from starlight.messages.format import decode_message, encode_message
from starlight.messages.letter import Content, Letter, Receipt, ReceiptFact, Telemetry
from starlight.messages.parts import Chunk
from starlight.messages.wire_values import Envelope
from starlight.node.application import Request, Submit, Untaken
from starlight.postoffice.postoffice import PostOffice
from starlight.routing import Priority

HEX = "a0" * 16


@pytest.fixture
def sky() -> FakeSky:
    """Return a sky with both mailboxes open."""
    sky = FakeSky()
    sky.open_all()
    return sky


def as_it_came(node: FakeNode, mailbox: str, id: str) -> StoredLetter:
    """Return what a mailbox has kept of a letter, or in the place of one."""
    return LETTER.decode(node.saves[mailbox, f"letter/{id}"])


def first_byte_of(post: Submit) -> str:
    """Return in which format a post is."""
    return {0x8B: "letter 1", 0x84: "receipt 1"}.get(post.payload[0], "format 2")


def test_the_first_letter_is_in_format_1_and_the_answer_in_2(sky: FakeSky) -> None:
    """Who has not been heard from is written to in format 1; by the form of its id it is answered in 2."""
    first = sky.write(EARTH, JAY, NANYOUNG, "Do you read me?")
    assert first.startswith(f"{JAY}/")
    sky.run(HOUR)
    answer = sky.write(MARS, NANYOUNG, JAY, "I do.", reply_to=first)
    sky.run(2 * HOUR)
    last = sky.write(EARTH, JAY, NANYOUNG, "Then we are new.", reply_to=answer)
    sky.run(3 * HOUR)
    assert [first_byte_of(post) for post in sky.earth.posts] == ["letter 1", "format 2", "format 2"]
    assert [first_byte_of(post) for post in sky.mars.posts] == ["format 2", "format 2", "format 2"]
    assert (len(answer), len(last)) == (32, 32)
    here = conversations_of(sky.earth.office.mailbox(JAY))[NANYOUNG]
    there = conversations_of(sky.mars.office.mailbox(NANYOUNG))[JAY]
    assert here == there
    assert [letter.reply_to for letter in here] == [None, first, answer]
    for id in (first, last):
        assert sky.state(EARTH, JAY, id) == ("arrived", "confirmed")


def test_an_old_correspondent_is_written_to_in_format_1(sky: FakeSky) -> None:
    """A letter with an id of the first releases is answered, and receipted, in format 1."""
    old = Letter(id=f"{NANYOUNG}/0/1", thread="t", sender=NANYOUNG, to=JAY, written_at=0, text="old")
    sky.earth.arrive(JAY, NANYOUNG, encode_first(old))
    sky.run(MINUTE)
    sky.write(EARTH, JAY, NANYOUNG, "answer", reply_to=old.id)
    assert [first_byte_of(post) for post in sky.earth.posts] == ["receipt 1", "letter 1"]


def test_an_upgrade_is_noticed_and_so_is_the_way_back(sky: FakeSky) -> None:
    """What the latest bundle of an address says counts: an upgrade, and an old release put back."""
    old = Letter(id=f"{NANYOUNG}/0/1", thread="t", sender=NANYOUNG, to=JAY, written_at=0, text="old")
    new = Letter(id=HEX, thread="t", sender=NANYOUNG, to=JAY, written_at=0, text="new", format=2)
    formats = []
    for hour, letter in enumerate((old, new, old)):
        made = hour * DAY
        sky.run(made)
        envelope = Envelope(NANYOUNG, JAY, made)
        sky.earth.arrive(JAY, NANYOUNG, encode_message(letter, envelope), made)
        formats.append(sky.write(EARTH, JAY, NANYOUNG, "words").startswith(JAY))
    assert formats == [True, False, True]


def test_receipts_of_an_old_correspondent_say_that_it_is_old(sky: FakeSky) -> None:
    """A receipt in format 1 for an id of the new form comes from who did not know that form."""
    sky.earth.office = PostOffice(
        sky.earth.engine.forecaster, entropy=sky.earth.random.randbytes, oldest_format=2
    )
    sky.open_all()
    receipt = Receipt((ReceiptFact(f"{JAY}/{HEX}", "arrived", 0),))
    assert len(sky.write(EARTH, JAY, NANYOUNG, "assumed to read format 2")) == 32
    sky.earth.arrive(JAY, NANYOUNG, encode_first(receipt), MILLISECOND)
    assert sky.write(EARTH, JAY, NANYOUNG, "known not to").startswith(JAY)


def test_a_letter_that_is_sent_again_says_when_it_was_written(sky: FakeSky) -> None:
    """In a later bundle the time of writing is told, so both ends keep one letter in one place."""
    sky.earth.office = PostOffice(
        sky.earth.engine.forecaster, entropy=sky.earth.random.randbytes, oldest_format=2
    )
    sky.open_all()
    sky.lose = lambda post: len(sky.earth.posts) == 1
    id = sky.write(EARTH, JAY, NANYOUNG, "twice")
    sky.run(9 * DAY)
    first, second = sky.earth.posts
    assert len(second.payload) > len(first.payload)
    assert sky.state(EARTH, JAY, id) == ("arrived", "confirmed")
    assert letters_of(sky.mars.office.mailbox(NANYOUNG)) == letters_of(sky.earth.office.mailbox(JAY))


# What is unknown.


GOOD: dict[int | str, cbor.Value] = {0: 2, 2: bytes.fromhex(HEX), 3: "words"}


def newer_letter(**changed: cbor.Value) -> bytes:
    """Return a letter that this version can't read, made by hand."""
    told: dict[int | str, cbor.Value] = {int(key[1:]): value for key, value in changed.items()}
    return cbor.dumps(GOOD | {-5: "a rule of tomorrow"} | told)


@pytest.mark.parametrize("changed", [{}, {"k0": 3}, {"k0": 9, "k3": 5}])
def test_a_letter_of_a_newer_starlight_is_kept_listed_and_read_after_an_upgrade(
    sky: FakeSky, changed: dict[str, cbor.Value]
) -> None:
    """It is acknowledged because it is here, shown as what it is, and whoever knows more reads more."""
    payload = newer_letter(**changed)
    sky.mars.arrive(NANYOUNG, JAY, payload)
    sky.run(HOUR)
    view = sky.mars.office.mailbox(NANYOUNG).letter_view(HEX, sky.now)
    assert (view.content, view.text, view.from_address, view.unread) == (Content.NEWER, "", JAY, True)
    assert view.payload_bytes == len(payload)
    (post,) = sky.mars.posts
    assert decode_message(post.payload, Envelope(NANYOUNG, JAY, 0)) == Receipt(
        (ReceiptFact(HEX, "arrived", 0),), format=2
    )
    assert "message.kept" in [record.kind for record in sky.mars.trace]
    sky.mars.restart()
    stored = as_it_came(sky.mars, NANYOUNG, HEX)
    # What a version does that knows the rule: it reads the payload that was kept.
    assert cbor.loads(stored.payload) == cbor.loads(payload)
    assert (stored.source, stored.destination, stored.created) == (JAY, NANYOUNG, 0)


def test_what_an_older_version_kept_unread_is_read_by_this_one(sky: FakeSky) -> None:
    """A record whose payload can be read now is shown as the letter that it is."""
    sky.mars.arrive(NANYOUNG, JAY, newer_letter())
    key = (NANYOUNG, f"letter/{HEX}")
    sky.mars.saves[key] = LETTER.encode(StoredLetter(JAY, NANYOUNG, 0, cbor.dumps(GOOD)))
    sky.mars.restart()
    view = sky.mars.office.mailbox(NANYOUNG).letter_view(HEX, 0)
    assert (view.content, view.text) == (Content.LETTER, "words")


def test_unknown_keys_stay_with_a_letter_and_are_told(sky: FakeSky) -> None:
    """A letter with keys that this version does not know is shown, and says that there is more."""
    payload = cbor.dumps(
        {0: 2, 2: bytes.fromhex(HEX), 3: "words", 40: ["more"], "x": 1, 12: [{2: b"p", 99: 1}]}
    )
    sky.mars.arrive(NANYOUNG, JAY, payload)
    view = sky.mars.office.mailbox(NANYOUNG).letter_view(HEX, 0)
    assert (view.text, view.content, view.says_more) == ("words", Content.LETTER, True)
    sky.mars.restart()
    assert as_it_came(sky.mars, NANYOUNG, HEX).payload == payload
    letter = letters_of(sky.mars.office.mailbox(NANYOUNG))[HEX]
    assert letter.unknown == {40: ["more"], "x": 1}
    assert letter.parts[0].unknown == {99: 1}


def test_a_receipt_that_says_more_is_believed_and_kept(sky: FakeSky) -> None:
    """The facts that are known count; the receipt is kept for whoever knows the rest."""
    id = sky.write(EARTH, JAY, NANYOUNG, "words")
    sky.run(MINUTE)
    payload = cbor.dumps({0: 2, 1: 1, 3: [id, 0], 30: "a person has heard it"})
    sky.earth.arrive(JAY, NANYOUNG, payload)
    assert sky.state(EARTH, JAY, id) == ("arrived", "confirmed")
    kept = [each for each in letters_of(sky.earth.office.mailbox(JAY)).values() if each.sender == NANYOUNG]
    assert [each.content for each in kept] == [Content.NEWER]
    assert as_it_came(sky.earth, JAY, kept[0].id).payload == payload


@pytest.mark.parametrize(
    ("source", "payload", "words"),
    [
        ("ipn:9.9", b"Hello from ION", "Hello from ION"),
        ("ipn:9.9", b"\xff\x00\xfe", ""),
        ("dtn:none", b"nobody says", "nobody says"),
        ("imc:1.1", b"another scheme", "another scheme"),
        ("ipn:9.9", b"", ""),
    ],
)
def test_a_foreign_payload_is_kept_and_shown_as_what_it_is(
    sky: FakeSky, source: str, payload: bytes, words: str
) -> None:
    """Its source, its size and its words if it is text; nobody is answered; it can be read and stays so."""
    sky.mars.arrive(NANYOUNG, source, payload)
    sky.run(HOUR)
    mailbox = sky.mars.office.mailbox(NANYOUNG)
    ((id, letter),) = letters_of(mailbox).items()
    view = mailbox.letter_view(id, sky.now)
    assert (view.from_address, view.text, view.payload_bytes) == (source, words, len(payload))
    assert view.content is Content.FOREIGN
    assert [each.correspondent for each in mailbox.conversations()] == [source]
    sky.read(MARS, NANYOUNG, id)
    sky.mars.restart()
    sky.run(2 * HOUR)
    assert sky.mars.posts == []
    assert sky.mars.office.mailbox(NANYOUNG).letter_view(id, sky.now).unread is False
    assert letters_of(sky.mars.office.mailbox(NANYOUNG)) == {id: letter}


def test_the_same_foreign_bundle_is_shown_once(sky: FakeSky) -> None:
    """A duplicate is known by source, time and bytes; the same words sent later are new ones."""
    for made in (0, 0, MILLISECOND):
        sky.mars.arrive(NANYOUNG, "ipn:9.9", b"ping", made)
    assert len(letters_of(sky.mars.office.mailbox(NANYOUNG))) == 2


def test_what_has_no_room_stays_with_the_node() -> None:
    """A full mailbox takes nothing, says so, and answers nothing: the bundle stays where it is."""
    office = PostOffice(
        FakeSky().mars.engine.forecaster, MailboxLimits(letters=1), entropy=lambda count: bytes(count)
    )
    office.mailboxes.open(NANYOUNG, "Nan-young", 0)

    def come(payload: bytes) -> list[Request]:
        return office.delivered(unit(NANYOUNG, JAY, payload), 0)

    assert Untaken() not in come(b"first")
    for payload in (b"second", newer_letter()):
        answer = come(payload)
        assert Untaken() in answer
        assert [each for each in answer if isinstance(each, Submit)] == []
    assert len(letters_of(office.mailbox(NANYOUNG))) == 1


# Ids.


def letter_from(sender: str, words: str, id: str = HEX) -> bytes:
    """Return a letter in format 2, made at the beginning of time."""
    letter = Letter(id=id, thread="t", sender=sender, to=NANYOUNG, written_at=0, text=words, format=2)
    return encode_message(letter, Envelope(sender, NANYOUNG, 0))


def test_an_id_used_up_by_another_hides_nothing(sky: FakeSky) -> None:
    """Who saw an id on its way and used it first neither replaces the letter nor keeps it out."""
    for sender, words in ((MISSION, "a thief's"), (JAY, "the true one"), (JAY, "the true one")):
        sky.mars.arrive(NANYOUNG, sender, letter_from(sender, words))
    mailbox = sky.mars.office.mailbox(NANYOUNG)
    assert {each.sender: each.text for each in letters_of(mailbox).values()} == {
        MISSION: "a thief's",
        JAY: "the true one",
    }
    sky.run(HOUR)
    for post in sky.mars.posts:
        message = decode_message(post.payload, Envelope(NANYOUNG, post.destination, HOUR))
        assert isinstance(message, Receipt)
        assert [fact.letter_id for fact in message.facts] == [HEX]
    sky.mars.restart()
    assert sorted(letters_of(sky.mars.office.mailbox(NANYOUNG))) == sorted([HEX, f"{JAY}/{HEX}"])
    assert len(received_of(sky.mars.office.mailbox(NANYOUNG))) == 2


def test_an_own_id_in_another_hand_does_not_touch_what_was_written(sky: FakeSky) -> None:
    """A letter that comes with the id of one that was written here is another letter."""
    sky.mars.arrive(NANYOUNG, JAY, letter_from(JAY, "so that he is known to read format 2", "b1" * 16))
    own = sky.write(MARS, NANYOUNG, JAY, "mine")
    assert len(own) == 32
    sky.mars.arrive(NANYOUNG, MISSION, letter_from(MISSION, "not mine", own))
    found = letters_of(sky.mars.office.mailbox(NANYOUNG))
    assert (found[own].text, found[f"{MISSION}/{own}"].text) == ("mine", "not mine")


def test_an_answer_stands_below_its_question_though_its_id_was_used_up(sky: FakeSky) -> None:
    """A letter answers the one of its own conversation."""
    sky.mars.arrive(NANYOUNG, MISSION, letter_from(MISSION, "a thief's"))
    sky.mars.arrive(NANYOUNG, JAY, letter_from(JAY, "question"))
    answer = Letter(
        id="c2" * 16, thread="t", sender=JAY, to=NANYOUNG, written_at=0, text="more", reply_to=HEX, format=2
    )
    sky.mars.arrive(NANYOUNG, JAY, encode_message(answer, Envelope(JAY, NANYOUNG, 0)))
    for _ in range(2):
        mailbox = sky.mars.office.mailbox(NANYOUNG)
        assert mailbox.letter_view("c2" * 16, 0).reply_to == f"{JAY}/{HEX}"
        assert [each.text for each in mailbox.page(JAY).letters] == ["question", "more"]
        sky.mars.restart()


def test_how_urgent_a_letter_is_reaches_its_reader(sky: FakeSky) -> None:
    """Priority, critical and what it answers are shown to whom it was sent, as its author said them."""

    sky.earth.office = PostOffice(
        sky.earth.engine.forecaster, entropy=sky.earth.random.randbytes, oldest_format=2
    )
    sky.open_all()
    first = sky.write(EARTH, JAY, NANYOUNG, "now", priority=Priority.EXPEDITED, critical=True)
    second = sky.write(EARTH, JAY, NANYOUNG, "whenever", priority=Priority.BULK)
    sky.run(HOUR)
    mailbox = sky.mars.office.mailbox(NANYOUNG)
    views = [mailbox.letter_view(id, sky.now) for id in (first, second)]
    assert [(view.priority, view.critical) for view in views] == [
        (Priority.EXPEDITED, True),
        (Priority.BULK, False),
    ]


def test_a_flood_of_made_up_senders_teaches_nothing(sky: FakeSky) -> None:
    """Letters in another's name and receipts for no letter leave so many refused messages, and no others."""
    before = set(sky.earth.saves)
    for number in range(30, 330):
        source = f"ipn:{number}.1"
        letter = Letter(id=HEX, thread="t", sender=NANYOUNG, to=JAY, written_at=0, format=2)
        sky.earth.arrive(JAY, source, encode_message(letter, Envelope(source, JAY, 0)))
        receipt = Receipt((ReceiptFact(HEX, "arrived", 0),), format=2)
        sky.earth.arrive(JAY, source, encode_message(receipt, Envelope(source, JAY, 0)))
        readings = Telemetry(NANYOUNG, 0, "rover", format=2)
        sky.earth.arrive(JAY, source, encode_message(readings, Envelope(source, JAY, 0)))
        sky.earth.arrive(JAY, source, encode_message(Chunk(HEX, 0, 0, b"x"), Envelope(source, JAY, 0)))
    made = set(sky.earth.saves) - before
    assert made == {(JAY, f"refused/{number}") for number in range(256)}
    assert len(sky.earth.office.mailbox(JAY).refused) == 256
