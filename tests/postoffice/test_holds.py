"""Letters that are held: until a date, by hand, until another was read; and the order in which they leave."""

from __future__ import annotations

import pytest
from tests.messages.helpers import (
    EARTH,
    JAY,
    LIGHT,
    MARS,
    NANYOUNG,
    FakeSky,
    contact,
)

from starlight.contacts.plan import ContactPlan
from starlight.dtntime import DAY, HOUR, SECOND
from starlight.errors import InputError
from starlight.messages.draft import Draft
from starlight.messages.letter import Letter

LATER = DAY


@pytest.fixture
def sky() -> FakeSky:
    sky = FakeSky()
    sky.open_all()
    return sky


def nightly() -> ContactPlan:
    """Return a plan in which Earth can send at noon, an hour long, and Mars always."""
    return ContactPlan(
        (
            contact(1, EARTH, MARS, DAY // 2, DAY // 2 + HOUR, bps=8_000),
            contact(2, MARS, EARTH, 0, 10 * DAY),
        )
    )


def write(sky: FakeSky, draft: Draft) -> str:
    letter, requests = sky.earth.office.outbox.write(JAY, draft, sky.now)
    sky.earth.ask(requests)
    return letter.id


def came(sky: FakeSky) -> list[Letter]:
    return sky.mars.office.mailbox(NANYOUNG).inbox()


def texts_sent(sky: FakeSky) -> list[str]:
    """Return the words of what has come, in the order of arrival."""
    box = sky.mars.office.mailbox(NANYOUNG)
    arrived = [(box.received(letter.id), letter.text) for letter in box.inbox()]
    return [text for _, text in sorted((known.arrived_at, text) for known, text in arrived if known)]


def test_a_letter_leaves_at_its_date(sky: FakeSky) -> None:
    """Nothing of it is submitted before; its departure and arrival are foreseen from when it leaves."""
    id = write(sky, Draft(NANYOUNG, "Happy birthday", leave_at=LATER))
    assert not sky.earth.posts
    expected = sky.earth.office.mailbox(JAY).outgoing.course(id).dispatch.expected
    assert expected.leaves == LATER
    assert expected.arrives is not None
    assert expected.arrives >= LATER + LIGHT
    sky.run(LATER - 1)
    assert not sky.earth.posts
    sky.run(expected.arrives)
    assert [letter.id for letter in came(sky)] == [id]
    assert sky.earth.office.mailbox(JAY).outgoing.course(id).held is None


@pytest.mark.parametrize("clock", [HOUR, LATER, LATER + DAY])
def test_a_hold_survives_a_restart(sky: FakeSky, clock: int) -> None:
    """After a restart it leaves at its date, at once where that has passed meanwhile, and once."""
    id = write(sky, Draft(NANYOUNG, "Happy birthday", leave_at=LATER))
    sky.now = clock
    sky.earth.restart()
    sky.run(LATER + 2 * DAY)
    assert [letter.id for letter in came(sky)] == [id]
    assert len(sky.earth.posts) == 1


def test_a_clock_that_was_set_back_lets_nothing_go_early(sky: FakeSky) -> None:
    """A hold counts by the date, not by how long it waits: a clock set back by hours waits longer."""
    sky.run(12 * HOUR)
    write(sky, Draft(NANYOUNG, "Happy birthday", leave_at=LATER))
    sky.now = 0
    sky.earth.restart()
    sky.run(LATER - SECOND)
    assert not sky.earth.posts
    sky.run(LATER + LIGHT + HOUR)
    assert len(came(sky)) == 1


def test_a_date_that_has_passed_is_refused(sky: FakeSky) -> None:
    """Nothing is written that could not be held; the error says which moment it is now."""
    sky.run(DAY)
    with pytest.raises(InputError, match="has passed"):
        write(sky, Draft(NANYOUNG, "Too late", leave_at=DAY))
    assert not sky.earth.office.mailbox(JAY).conversations()


def test_a_held_letter_waits_for_a_person(sky: FakeSky) -> None:
    """Held by hand it leaves when it is let go, and can be withdrawn at any time before."""
    kept, dropped = (write(sky, Draft(NANYOUNG, text, hold=True)) for text in ("yes", "no"))
    sky.run(DAY)
    assert not sky.earth.posts
    sky.earth.ask(sky.earth.office.outbox.withdraw(JAY, dropped, sky.now))
    assert sky.state(EARTH, JAY, dropped) == ("withdrawn", "confirmed")
    sky.earth.ask(sky.earth.office.holds.let_go(JAY, kept, sky.now))
    sky.run(2 * DAY)
    assert [letter.text for letter in came(sky)] == ["yes"]
    with pytest.raises(InputError, match="does not wait here"):
        sky.earth.office.holds.let_go(JAY, kept, sky.now)


def test_news_waits_until_the_family_has_read(sky: FakeSky) -> None:
    """It leaves when the receipt has told that the other letter was read; its arrival is not enough."""
    first = write(sky, Draft(NANYOUNG, "To you first"))
    second = write(sky, Draft(NANYOUNG, "To all", after=first))
    sky.run(HOUR)
    assert len(came(sky)) == 1
    sky.read(MARS, NANYOUNG, first)
    sky.earth.restart()
    sky.run(sky.now + LIGHT // 2)
    assert sky.state(EARTH, JAY, second) == ("written", "confirmed")
    sky.run(sky.now + 2 * LIGHT + HOUR)
    assert [letter.text for letter in came(sky)] == ["To you first", "To all"]


def test_what_was_read_already_holds_nothing(sky: FakeSky) -> None:
    """A letter that is to wait for one that all have read by now leaves at once."""
    first = write(sky, Draft(NANYOUNG, "To you first"))
    sky.run(HOUR)
    sky.read(MARS, NANYOUNG, first)
    sky.run(sky.now + 2 * LIGHT + HOUR)
    second = write(sky, Draft(NANYOUNG, "To all", after=first))
    assert sky.earth.office.mailbox(JAY).letter_view(second, sky.now).held is None
    sky.run(sky.now + LIGHT + HOUR)
    assert [letter.text for letter in came(sky)] == ["To you first", "To all"]


def test_what_waits_at_the_node_can_be_held() -> None:
    """It is taken back from the node, keeps its place in the conversation, and leaves when it is let go."""
    sky = FakeSky(nightly())
    sky.open_all()
    id = write(sky, Draft(NANYOUNG, "Not yet"))
    assert sky.state(EARTH, JAY, id) == ("queued", "confirmed")
    sky.earth.ask(sky.earth.office.holds.hold(JAY, id, sky.now))
    assert sky.state(EARTH, JAY, id) == ("written", "confirmed")
    assert not sky.earth.queued
    sky.run(DAY // 2 + SECOND)
    assert not came(sky)
    sky.earth.ask(sky.earth.office.holds.let_go(JAY, id, sky.now))
    sky.run(DAY)
    assert [letter.text for letter in came(sky)] == ["Not yet"]


def test_letters_leave_in_the_order_that_a_person_chose() -> None:
    """Those that change their place are taken back and submitted again, all in the same step."""
    sky = FakeSky(nightly())
    sky.open_all()
    ids = [write(sky, Draft(NANYOUNG, text)) for text in ("a", "b", "c")]
    order = [ids[2], ids[0], ids[1]]
    sky.earth.ask(sky.earth.office.holds.reorder(JAY, order, sky.now))
    assert len(sky.earth.queued) == 3
    sky.run(DAY)
    assert texts_sent(sky) == ["c", "a", "b"]


def test_what_left_meanwhile_keeps_nobody() -> None:
    """Where one of them can't be taken back any more, the others are sent in their order all the same."""
    sky = FakeSky(nightly())
    sky.open_all()
    ids = [write(sky, Draft(NANYOUNG, text)) for text in ("a", "b", "c")]
    requests = sky.earth.office.holds.reorder(JAY, list(reversed(ids)), sky.now)
    # A link has it in the moment between.
    key = sky.earth.office.mailbox(JAY).outgoing.course(ids[0]).copies[0].key
    post, route = sky.earth.queued.pop(key)
    sky.earth.ask(requests)
    assert sky.state(EARTH, JAY, ids[0]) == ("queued", "confirmed")
    sky.earth.queued[key] = (post, route)
    sky.run(DAY)
    assert texts_sent(sky) == ["a", "c", "b"]


def test_an_order_survives_a_crash_on_its_way() -> None:
    """What is back and was not submitted again is submitted at the next start, each once."""
    sky = FakeSky(nightly())
    sky.open_all()
    ids = [write(sky, Draft(NANYOUNG, text)) for text in ("a", "b", "c")]
    requests = sky.earth.office.holds.reorder(JAY, list(reversed(ids)), sky.now)
    # The saves are committed, and the node goes down before it has given the bundles back.
    sky.earth.ask([each for each in requests if type(each).__name__ == "Save"])
    sky.earth.restart()
    sky.run(DAY)
    assert texts_sent(sky) == ["c", "b", "a"]


def test_a_less_urgent_letter_is_not_put_first() -> None:
    """The node sends what is more urgent first, so an order that promised another one is refused."""
    sky = FakeSky(nightly())
    sky.open_all()
    usual, urgent = (write(sky, Draft(NANYOUNG, text, priority=n)) for text, n in (("a", 1), ("b", 2)))  # type: ignore[arg-type]
    with pytest.raises(InputError, match="more urgent"):
        sky.earth.office.holds.reorder(JAY, [usual, urgent], sky.now)


def test_a_letter_is_not_taken_back_by_a_letter(sky: FakeSky) -> None:
    """A draft that takes another back is refused: only the withdrawal knows whether it can still be first."""
    id = write(sky, Draft(NANYOUNG, "Open me", open_at=LATER))
    with pytest.raises(InputError, match="not taken back by a letter") as refused:
        write(sky, Draft(NANYOUNG, "", id, act="withdrawn"))
    assert "take-back" in refused.value.right
