"""Letters that are hidden from their reader until they open, and taken back before."""

from __future__ import annotations

import pytest
from tests.messages.helpers import EARTH, JAY, LIGHT, MARS, NANYOUNG, FakeSky

from starlight.dtntime import DAY, HOUR, MINUTE, SECOND
from starlight.errors import InputError
from starlight.messages.draft import Draft
from starlight.messages.format import encode_message
from starlight.messages.letter import Act, Letter, Opening
from starlight.messages.wire_values import Envelope
from starlight.messages.withdrawal import Withdrawal
from starlight.postoffice.unopened import Fact

OPENS = 3 * DAY


@pytest.fixture
def sky() -> FakeSky:
    sky = FakeSky()
    sky.open_all()
    return sky


def write(sky: FakeSky, draft: Draft) -> str:
    letter, requests = sky.earth.office.outbox.write(JAY, draft, sky.now)
    sky.earth.ask(requests)
    return letter.id


def take_back(sky: FakeSky, id: str) -> str:
    letter, requests = sky.earth.office.withdrawals.send(JAY, id, sky.now)
    sky.earth.ask(requests)
    return letter.id


def withdrawal(sky: FakeSky, id: str) -> Withdrawal:
    found = sky.earth.office.withdrawals.of(JAY, id, sky.now)
    assert found is not None
    return found


def seen(sky: FakeSky) -> list[str]:
    """Return the words of all that a reader on Mars can find, and check that nothing else counts them."""
    box = sky.mars.office.mailbox(NANYOUNG)
    texts = [letter.text for letter in box.inbox()]
    assert sum(each.letters for each in box.conversations()) == len(texts)
    assert len([key for _, key in sky.mars.saves if key.startswith("letter/")]) == len(texts)
    return texts


def come(sky: FakeSky, letter: Letter) -> None:
    """Let a letter of Jay's come to Mars, whatever his own node knows of it."""
    envelope = Envelope(letter.sender, NANYOUNG, sky.now)
    sky.mars.arrive(NANYOUNG, letter.sender, encode_message(letter, envelope), sky.now)


def made(number: int, **more: object) -> Letter:
    return Letter(id=f"{number:032x}", thread="t", sender=JAY, to=NANYOUNG, written_at=0, format=2, **more)  # type: ignore[arg-type]


def test_a_letter_is_hidden_until_its_date(sky: FakeSky) -> None:
    """It is neither listed nor counted nor kept as a letter; its arrival is told; then it is unread."""
    id = write(sky, Draft(NANYOUNG, "On your birthday", open_at=OPENS))
    sky.run(HOUR)
    box = sky.mars.office.mailbox(NANYOUNG)
    assert seen(sky) == []
    assert box.unread() == []
    assert box.letter(id) is None
    with pytest.raises(InputError, match="no letter"):
        sky.mars.office.inbox.mark_read(NANYOUNG, id, sky.now)
    assert sky.state(EARTH, JAY, id) == ("arrived", "confirmed")
    sky.run(OPENS - 1)
    assert seen(sky) == []
    sky.run(OPENS)
    assert seen(sky) == ["On your birthday"]
    assert box.unread() == [id]
    known = box.received(id)
    assert known is not None
    assert known.arrived_at < HOUR
    assert known.opened_at == OPENS
    sky.read(MARS, NANYOUNG, id)
    sky.run(OPENS + HOUR)
    assert sky.state(EARTH, JAY, id) == ("read", "confirmed")


def test_what_is_hidden_survives_a_restart(sky: FakeSky) -> None:
    """It stays hidden, and opens at the next start where its date has passed."""
    write(sky, Draft(NANYOUNG, "On your birthday", open_at=OPENS))
    sky.run(HOUR)
    sky.mars.restart()
    assert seen(sky) == []
    sky.now = OPENS + DAY
    sky.mars.restart()
    sky.run(sky.now)
    assert seen(sky) == ["On your birthday"]
    sky.mars.restart()
    assert seen(sky) == ["On your birthday"]


def test_a_letter_that_comes_after_its_date_is_open(sky: FakeSky) -> None:
    """Nothing is hidden that has opened on its way."""
    write(sky, Draft(NANYOUNG, "Too slow", open_at=SECOND))
    sky.run(HOUR)
    assert seen(sky) == ["Too slow"]


@pytest.mark.parametrize(
    ("said", "is_open"), [(True, True), ("1999-12-31", True), (False, False), ("no", False), (None, False)]
)
def test_a_fact_of_the_mission_opens_a_letter(sky: FakeSky, said: Fact | None, is_open: bool) -> None:
    """It opens as soon as the amended plan says so here, and stays open."""
    facts: dict[str, Fact] = {}
    sky.mars.fact = facts.get
    sky.mars.restart()
    write(sky, Draft(NANYOUNG, "You are there!", open_on="landed"))
    sky.run(HOUR)
    assert seen(sky) == []
    if said is not None:
        facts["landed"] = said
    sky.run(2 * HOUR)
    assert seen(sky) == (["You are there!"] if is_open else [])


def test_a_copy_of_a_hidden_letter_is_the_same(sky: FakeSky) -> None:
    """Sent again because a receipt was lost, it is hidden once, opens once, and its arrival is told again."""
    letter = made(1, text="Later", opens=Opening(OPENS))
    come(sky, letter)
    sky.run(HOUR)
    told = len(sky.mars.posts)
    come(sky, letter)
    sky.run(2 * HOUR)
    assert len(sky.mars.posts) == told + 1
    sky.run(OPENS)
    assert seen(sky) == ["Later"]
    come(sky, letter)
    assert seen(sky) == ["Later"]


def test_a_letter_is_taken_back_before_it_opens(sky: FakeSky) -> None:
    """Its author learns that it was in time; its words are erased there, and no copy brings them back."""
    id = write(sky, Draft(NANYOUNG, "If I am not back", open_at=OPENS, unless_back=True))
    sky.run(HOUR)
    found = withdrawal(sky, id)
    assert found.offered
    assert found.until is not None
    assert OPENS - LIGHT - 5 * MINUTE < found.until < OPENS - LIGHT
    take_back(sky, id)
    sky.run(2 * HOUR)
    assert withdrawal(sky, id).heeded
    assert not any(b"If I am not back" in data for data in sky.mars.saves.values())
    sky.mars.restart()
    sky.run(OPENS + DAY)
    assert seen(sky) == []


def test_a_withdrawal_that_would_be_late_is_not_offered(sky: FakeSky) -> None:
    """Less than a light time before it opens, nothing can take it back; the error says when it would come."""
    id = write(sky, Draft(NANYOUNG, "Soon", open_at=OPENS))
    sky.run(OPENS - LIGHT + MINUTE)
    assert not withdrawal(sky, id).offered
    with pytest.raises(InputError, match="would arrive at"):
        take_back(sky, id)


def test_a_withdrawal_that_was_late_tells_so(sky: FakeSky) -> None:
    """The reader keeps what has opened, sees no withdrawal, and its author learns that it came too late."""
    id = write(sky, Draft(NANYOUNG, "Too late", open_at=OPENS))
    sky.run(OPENS - LIGHT - MINUTE)
    back = take_back(sky, id)
    # The clock of Mars runs ahead.
    sky.mars.ask(sky.mars.office.handle_timer(OPENS))
    sky.run(OPENS + DAY)
    assert seen(sky) == ["Too late"]
    assert sky.state(EARTH, JAY, back) == ("arrived", "confirmed")
    assert withdrawal(sky, id).late


def test_a_withdrawal_may_come_first(sky: FakeSky) -> None:
    """Whatever the order of arrival, what was taken back in time never opens, also after a restart."""
    come(sky, made(2, act=Act.WITHDRAWN, reply_to=f"{1:032x}"))
    sky.mars.restart()
    come(sky, made(1, text="Never", opens=Opening(OPENS)))
    sky.run(OPENS + DAY)
    assert seen(sky) == []


def test_nobody_takes_back_the_letter_of_another(sky: FakeSky) -> None:
    """A withdrawal from somebody else than the author changes nothing."""
    come(sky, made(1, text="Mine", opens=Opening(OPENS)))
    other = "ipn:7.9"
    forged = Letter(
        id=f"{2:032x}",
        thread="t",
        sender=other,
        to=NANYOUNG,
        written_at=0,
        format=2,
        act=Act.WITHDRAWN,
        reply_to=f"{1:032x}",
    )
    come(sky, forged)
    sky.run(OPENS)
    assert seen(sky) == ["Mine"]


def test_hidden_letters_are_bounded(sky: FakeSky) -> None:
    """One author fills a part of the room at most; what has none stays with the node, and is not lost."""
    for number in range(300):
        come(sky, made(number, text="x", opens=Opening(OPENS)))
    assert len(list(sky.mars.office.mailbox(NANYOUNG).unopened.waiting())) == 256
    assert len(sky.mars.waiting) == 44
    sky.run(OPENS)
    sky.mars.restart()
    sky.run(OPENS + DAY)
    assert len(seen(sky)) == 300
