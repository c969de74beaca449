"""What was written is what is read: urgency, answers, foreign payloads, plain text."""

from __future__ import annotations

import pytest
from tests.messages.helpers import EARTH, JAY, MARS, NANYOUNG, FakeNode, FakeSky

from starlight.bundle import BundleFlags
from starlight.dtntime import HOUR, MINUTE
from starlight.errors import InputError
from starlight.mailboxes.part_reading import part_bytes
from starlight.messages.draft import Attachment, Draft
from starlight.messages.letter import Content
from starlight.messages.letter_view import LetterView
from starlight.messages.parts import OCTETS
from starlight.messages.quote import QUOTED_MAX, Quote
from starlight.messages.urgency import Priority
from starlight.node.application import Submit
from starlight.postoffice.postoffice import PostOffice
from starlight.words.letters import in_answer, state_text

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(64))


@pytest.fixture
def sky() -> FakeSky:
    sky = FakeSky()
    sky.open_all()
    return sky


def views(node: FakeNode, address: str, other: str) -> list[LetterView]:
    """Return the letters of a mailbox with somebody, read anew from its records."""
    mailbox = node.office.mailbox(address)
    return [mailbox.letter_view(letter.id, node.sky.now) for letter in mailbox.page(other).letters]


@pytest.mark.parametrize("priority", list(Priority))
def test_how_urgent_the_first_letter_is_reaches_who_was_never_heard(sky: FakeSky, priority: Priority) -> None:
    """It goes in format 1, which has no place for it; its bundle says it, and the reader's store keeps it."""
    sky.write(EARTH, JAY, NANYOUNG, "words", priority=priority)
    sky.run(HOUR)
    assert sky.earth.posts[0].payload[:1] != b"\xa3"
    for _ in range(2):
        (there,) = views(sky.mars, NANYOUNG, JAY)
        (here,) = views(sky.earth, JAY, NANYOUNG)
        assert there.priority == here.priority == priority
        sky.mars.restart()
        sky.earth.restart()


def test_an_urgent_letter_to_oneself_is_one_letter(sky: FakeSky) -> None:
    """It comes back to the mailbox that wrote it as what it is."""
    sky.write(EARTH, JAY, JAY, "remember", priority=Priority.EXPEDITED)
    sky.run(MINUTE)
    (own,) = views(sky.earth, JAY, JAY)
    assert (own.state, own.priority) == ("arrived", Priority.EXPEDITED)


def test_a_critical_first_letter_is_urgent_there(sky: FakeSky) -> None:
    """Format 1 has no word for it, so it is as urgent as there is."""
    sky.write(EARTH, JAY, NANYOUNG, "oxygen", critical=True)
    letter = sky.earth.office.mailbox(JAY).page(NANYOUNG).letters[0]
    assert letter.priority == Priority.EXPEDITED
    assert views(sky.earth, JAY, NANYOUNG)[0].critical


def test_an_answer_quotes_what_it_answers_on_both_sides(sky: FakeSky) -> None:
    """Whose letter it was and its first words, on one line; both mailboxes show the same."""
    question = sky.write(EARTH, JAY, NANYOUNG, "Do you hear\n  the rain? " + "It is long. " * 40)
    sky.run(HOUR)
    sky.write(MARS, NANYOUNG, JAY, "I do.", reply_to=question)
    sky.run(2 * HOUR)
    quotes = [views(sky.mars, NANYOUNG, JAY)[-1].answers, views(sky.earth, JAY, NANYOUNG)[-1].answers]
    assert quotes[0] == quotes[1]
    assert quotes[0] is not None
    assert (quotes[0].id, quotes[0].from_address, quotes[0].here) == (question, JAY, True)
    assert quotes[0].text.startswith("Do you hear the rain? It is long.")
    assert len(quotes[0].text) == QUOTED_MAX
    assert quotes[0].text.endswith("…")
    assert views(sky.mars, NANYOUNG, JAY)[0].answers is None


def test_what_stands_above_an_answer() -> None:
    """The name if there is one, the words if there are some, and that it is not here where it is not."""
    quote = Quote("id", JAY, "Jay", "Are you there?", here=True)
    assert in_answer(quote) == "In answer to Jay: “Are you there?”"
    assert in_answer(Quote("id", JAY, here=True)) == f"In answer to a letter from {JAY}"
    assert in_answer(Quote("id")) == "In answer to a letter that is not here"


@pytest.mark.parametrize(
    ("payload", "text"),
    [
        ("Grüße\r\nvon der Erde\r".encode(), "Grüße\nvon der Erde\n"),
        (b"\xef\xbb\xbfwith a mark", "with a mark"),
        ("سلام \u200fمرحبا 👨\u200d👩\u200d👧".encode(), "سلام \u200fمرحبا 👨\u200d👩\u200d👧"),
    ],
)
def test_foreign_text_is_shown_as_text(sky: FakeSky, payload: bytes, text: str) -> None:
    """Ends of lines of any system, and what joins or turns letters, are text as well."""
    sky.mars.arrive(NANYOUNG, "ipn:9.9", payload)
    (view,) = views(sky.mars, NANYOUNG, "ipn:9.9")
    assert (view.text, view.parts, view.content) == (text, (), Content.FOREIGN)


@pytest.mark.parametrize(
    ("payload", "media_type", "ending"),
    [
        (PNG, "image/png", ".png"),
        (b"\xff\xd8\xff\xe0JFIF", "image/jpeg", ".jpg"),
        (b"%PDF-1.7\n\xff", "application/pdf", ".pdf"),
        (b"RIFF\x00\x00\x00\x00WAVEfmt \x00", "audio/wav", ".wav"),
        (b"\x00\x00\x00\x18ftypmp42\x00", "video/mp4", ".mp4"),
        (b"\x1b[2J", OCTETS, ".bin"),
        (b"\xff\x00\xfe", OCTETS, ".bin"),
        (b"x" * 1_000_001, "text/plain", ".txt"),
    ],
)
def test_a_foreign_payload_that_is_no_text_is_a_file(
    sky: FakeSky, payload: bytes, media_type: str, ending: str
) -> None:
    """It has a name, a size and a media type, and its bytes can be saved, also after a restart."""
    sky.mars.arrive(NANYOUNG, "ipn:9.9", payload)
    sky.mars.restart()
    (view,) = views(sky.mars, NANYOUNG, "ipn:9.9")
    (part,) = view.parts
    assert (view.text, part.kind, part.media_type, part.size_bytes) == ("", "file", media_type, len(payload))
    assert part.is_here
    assert part.name.startswith("payload-")
    assert part.name.endswith(ending)
    assert b"".join(part_bytes(sky.mars.office.mailbox(NANYOUNG), view.id, 0)[1]) == payload
    assert sky.mars.office.mailbox(NANYOUNG).index.text_bytes() == len(payload)


def test_a_foreign_payload_is_as_urgent_as_its_bundle(sky: FakeSky) -> None:
    """Other software has no other place to say it."""
    sky.mars.arrive(NANYOUNG, "ipn:9.9", b"help", priority=Priority.EXPEDITED)
    (view,) = views(sky.mars, NANYOUNG, "ipn:9.9")
    assert view.priority == Priority.EXPEDITED


# Plain text.


def plain(node: FakeNode, draft: Draft) -> str:
    letter, requests = node.office.outbox.write(JAY, draft, node.sky.now)
    node.ask(requests)
    return letter.id


def test_a_plain_letter_is_its_words_alone(sky: FakeSky) -> None:
    """Its payload is UTF-8; its author's copy says all that it is; its urgency is its bundle's."""
    question = sky.write(EARTH, JAY, NANYOUNG, "first")
    draft = Draft(NANYOUNG, "Grüße 👋", question, Priority.EXPEDITED, plain_text=True)
    id = plain(sky.earth, draft)
    post = sky.earth.posts[-1]
    assert (post.payload, post.priority) == ("Grüße 👋".encode(), Priority.EXPEDITED)
    assert post.flags == BundleFlags.REPORT_DELIVERY
    foreseen = sky.earth.office.forecasts.predict(JAY, draft, sky.now)
    assert foreseen.size_bytes == len(post.payload)
    sky.earth.restart()
    view = next(each for each in views(sky.earth, JAY, NANYOUNG) if each.id == id)
    assert (view.text, view.reply_to, view.plain_text) == ("Grüße 👋", question, True)
    sky.run(HOUR)
    (there,) = [each for each in views(sky.mars, NANYOUNG, JAY) if each.content is Content.FOREIGN]
    assert (there.text, there.priority, there.content) == ("Grüße 👋", Priority.EXPEDITED, Content.FOREIGN)


def test_a_plain_letter_waits_for_no_receipt_and_says_so(sky: FakeSky) -> None:
    """It is sent once, and stays predicted; a report of the other node confirms it."""
    id = plain(sky.earth, Draft(NANYOUNG, "words", plain_text=True))
    posts = len(sky.earth.posts)
    sky.run(400 * HOUR)
    assert len(sky.earth.posts) == posts
    view = sky.earth.office.mailbox(JAY).letter_view(id, sky.now)
    assert (view.state, view.certainty, view.receipt_at) == ("arrived", "predicted", None)
    assert state_text(view, sky.now).detail.text().endswith("it went as plain text, so no receipt can come")
    sent = sky.earth.office.mailbox(JAY).sent(id)
    assert sent is not None
    key = sent.copies[0].key
    sky.earth.ask(sky.earth.office.reported(key, "ipn:20.0", "delivered", sky.now, 0, sky.now))
    view = sky.earth.office.mailbox(JAY).letter_view(id, sky.now)
    assert (view.state, view.certainty) == ("arrived", "confirmed")


def test_the_addresses_of_other_software_are_written_to_in_plain_text(sky: FakeSky) -> None:
    """By the node's file, unless a draft says otherwise; files are refused, as there is no place for them."""
    office = PostOffice(sky.earth.engine.forecaster, entropy=bytes, plain_text={NANYOUNG: True})
    office.mailboxes.open(JAY, "Jay", 0)
    assert office.forecasts.is_plain(JAY, Draft(NANYOUNG, "words"))
    assert not office.forecasts.is_plain(JAY, Draft(NANYOUNG, "words", plain_text=False))
    assert not office.forecasts.is_plain(JAY, Draft("ipn:20.2", "words"))
    with pytest.raises(InputError, match="plain text, which has no place for files"):
        office.outbox.write(JAY, Draft(NANYOUNG, "words", parts=(Attachment("x"),)), 0)


def test_whoever_is_at_a_foreign_node_is_written_to_in_plain_text(sky: FakeSky) -> None:
    """Listed or not, unless the node's file says otherwise of the address; and no receipt is waited for."""
    office = PostOffice(
        sky.earth.engine.forecaster, entropy=bytes, plain_text={"ipn:20.7": False}, foreign_nodes=[20]
    )
    office.mailboxes.open(JAY, "Jay", 0)
    assert office.forecasts.is_plain(JAY, Draft(NANYOUNG, "words"))
    assert not office.forecasts.is_plain(JAY, Draft("ipn:20.7", "words"))
    assert not office.forecasts.is_plain(JAY, Draft("ipn:9.1", "words"))
    letter, requests = office.outbox.write(JAY, Draft(NANYOUNG, "words"), 0)
    assert [each.payload for each in requests if isinstance(each, Submit)] == [b"words"]
    assert not letter.receipt_wanted


def test_whoever_sent_no_letter_of_ours_is_written_to_in_plain_text(sky: FakeSky) -> None:
    """Of whom only foreign payloads came; as soon as a letter came from there, letters go there again."""
    draft = Draft(JAY, "Who are you?")
    assert not sky.mars.office.forecasts.is_plain(NANYOUNG, draft)
    sky.mars.arrive(NANYOUNG, JAY, b"hello from elsewhere")
    assert sky.mars.office.forecasts.is_plain(NANYOUNG, draft)
    sky.write(EARTH, JAY, NANYOUNG, "It is me.")
    sky.run(HOUR)
    assert not sky.mars.office.forecasts.is_plain(NANYOUNG, draft)
