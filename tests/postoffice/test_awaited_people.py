"""Letters recorded for somebody who has no address yet, and what giving one does."""

from __future__ import annotations

import pytest
from tests.messages.helpers import EARTH, JAY, NANYOUNG, FakeSky

from starlight.dtntime import DAY, HOUR
from starlight.errors import InputError
from starlight.messages.awaited_name import NAME_MAX_BYTES, awaited
from starlight.messages.draft import Attachment, Draft
from starlight.messages.letter import Letter
from starlight.postoffice.recorded import NAMES_MAX, RECORDED_MAX

ADA = "name:Ada"


@pytest.fixture
def sky() -> FakeSky:
    sky = FakeSky()
    sky.open_all()
    return sky


def write(sky: FakeSky, draft: Draft) -> str:
    letter, requests = sky.earth.office.outbox.write(JAY, draft, sky.now)
    sky.earth.ask(requests)
    return letter.id


def give(sky: FakeSky, name: str = ADA, to: str = NANYOUNG) -> None:
    sky.earth.ask(sky.earth.office.awaited.give(JAY, name, to, sky.now))


def came(sky: FakeSky) -> list[Letter]:
    """Return what has come, in the order of arrival."""
    box = sky.mars.office.mailbox(NANYOUNG)
    arrived = [(box.received(letter.id), letter) for letter in box.inbox()]
    return [letter for _, letter in sorted(((k.arrived_at, x) for k, x in arrived if k), key=lambda e: e[0])]


def conversations(sky: FakeSky) -> dict[str, int]:
    """Return how many letters there are with whom."""
    box = sky.earth.office.mailbox(JAY)
    return {each.correspondent: each.letters for each in box.conversations()}


def test_a_letter_to_a_name_stays(sky: FakeSky) -> None:
    """It stands under the name, is never submitted, is not foreseen, and nobody can let it go by hand."""
    id = write(sky, Draft("name:  Ada ", "Hello, my grandchild", leave_at=DAY))
    sky.run(DAY + HOUR)
    assert conversations(sky) == {ADA: 1}
    assert not sky.earth.posts
    view = sky.earth.office.mailbox(JAY).letter_view(id, sky.now)
    assert view.held is not None
    assert view.held.awaits == ADA
    assert view.state == "written"
    assert sky.earth.office.forecasts.predict(JAY, Draft(ADA, ""), sky.now).arrives is None
    with pytest.raises(InputError, match="has no address yet"):
        sky.earth.office.holds.let_go(JAY, id, sky.now)
    with pytest.raises(InputError, match="has no address yet"):
        write(sky, Draft(ADA, "x", hold=True))
    (entry,) = sky.earth.office.departures.queue(JAY, sky.now).held
    assert (entry.to, entry.held and entry.held.awaits) == (ADA, ADA)


@pytest.mark.parametrize("restarts", ["before", "after", "never"])
def test_an_address_sends_what_waits_in_order_and_once(sky: FakeSky, restarts: str) -> None:
    """All leave in the order of writing, with the day of it; given again, nothing more goes."""
    ids = []
    for text in ("one", "two", "three"):
        ids.append(write(sky, Draft(ADA, text)))
        sky.run(sky.now + HOUR)
    written = {id: sky.earth.office.mailbox(JAY).index.entry(id).written_at for id in ids}
    sky.run(20 * DAY)
    if restarts == "before":
        sky.earth.restart()
    give(sky)
    if restarts == "after":
        sky.earth.restart()
    give(sky)
    assert len(sky.earth.posts) == 3
    sky.run(22 * DAY)
    assert [letter.text for letter in came(sky)] == ["one", "two", "three"]
    assert [letter.id for letter in came(sky)] == ids
    assert {letter.id: letter.written_at for letter in came(sky)} == written
    assert conversations(sky) == {NANYOUNG: 3}
    assert sky.state(EARTH, JAY, ids[0]) == ("arrived", "confirmed")
    theirs = sky.mars.office.mailbox(NANYOUNG).conversations()
    assert [each.letters for each in theirs] == [3]
    assert {letter.thread for letter in came(sky)} == {sky.earth.office.mailbox(JAY).letter(ids[0]).thread}  # type: ignore[union-attr]


def test_a_name_with_an_address_is_written_to_there(sky: FakeSky) -> None:
    """A later letter to the name goes to the address; another address for it is refused."""
    write(sky, Draft(ADA, "one"))
    give(sky)
    write(sky, Draft(ADA, "two"))
    sky.run(DAY)
    assert [letter.text for letter in came(sky)] == ["one", "two"]
    with pytest.raises(InputError, match="has the address ipn"):
        give(sky, to="ipn:20.77")
    with pytest.raises(InputError, match="nothing was recorded for 'Bo'"):
        give(sky, name="name:Bo")
    with pytest.raises(InputError):
        give(sky, to="nobody")
    assert conversations(sky) == {NANYOUNG: 2}


def test_what_else_holds_it_holds_on(sky: FakeSky) -> None:
    """A letter for a later day, or for when another was read, waits on once there is an address."""
    first = write(sky, Draft(NANYOUNG, "news"))
    write(sky, Draft(ADA, "birthday", leave_at=9 * DAY))
    write(sky, Draft(ADA, "after the news", after=first))
    write(sky, Draft(ADA, "its day has passed", leave_at=HOUR))
    sky.run(2 * DAY)
    give(sky)
    sky.run(3 * DAY)
    assert [letter.text for letter in came(sky)] == ["news", "its day has passed"]
    sky.mars.ask(sky.mars.office.inbox.mark_read(NANYOUNG, first, sky.now))
    sky.run(5 * DAY)
    assert [letter.text for letter in came(sky)][2:] == ["after the news"]
    sky.run(10 * DAY)
    assert [letter.text for letter in came(sky)][3:] == ["birthday"]


def test_a_withdrawn_one_stays_withdrawn(sky: FakeSky) -> None:
    """It moves with the conversation and is never sent; so does an act that no one is shown."""
    gone, kept = write(sky, Draft(ADA, "no")), write(sky, Draft(ADA, "yes"))
    write(sky, Draft(ADA, "", kept, act="obsolete"))
    sky.earth.ask(sky.earth.office.outbox.withdraw(JAY, gone, sky.now))
    give(sky)
    sky.run(DAY)
    assert "no" not in [letter.text for letter in came(sky)]
    assert conversations(sky) == {NANYOUNG: 2}
    assert sky.state(EARTH, JAY, gone) == ("withdrawn", "confirmed")
    assert sky.mars.office.mailbox(NANYOUNG).letter_view(kept, sky.now).obsolete


def test_a_picture_goes_with_its_letter(sky: FakeSky) -> None:
    """A part that travels on its own is kept as long as its letter waits, and arrives whole."""
    office, data = sky.earth.office, bytes(range(256)) * 2000
    reference, begun = office.uploads.begin(office.mailbox(JAY), sky.now)
    sky.earth.ask([*begun, *office.uploads.add(reference, data)])
    sky.earth.ask([*office.uploads.finish(reference, sky.now)])
    part = Attachment(reference, name="us.avif", media_type="image/avif", kind="picture")
    id = write(sky, Draft(ADA, "This is us", parts=(part,)))
    sky.run(40 * DAY)
    sky.earth.restart()
    give(sky)
    sky.run(60 * DAY)
    view = sky.mars.office.mailbox(NANYOUNG).letter_view(id, sky.now)
    assert view.parts[0].here_bytes == len(data)


def test_an_answer_that_was_lost_is_asked_for_again(sky: FakeSky) -> None:
    """Under one key there is one letter, before the address is given and after."""
    draft = Draft(ADA, "once", key="k")
    id = write(sky, draft)
    assert write(sky, draft) == id
    give(sky)
    assert write(sky, draft) == id
    sky.run(DAY)
    assert [letter.text for letter in came(sky)] == ["once"]


@pytest.mark.parametrize("name", ["name:", "name:  ", "name:\x00", "name:" + "n" * 10_000, "name:\ud800"])
def test_what_is_no_name_is_refused(name: str) -> None:
    """Nothing, what is not shown, and what no line holds is refused in words."""
    with pytest.raises(InputError) as refused:
        awaited(name)
    assert refused.value.where == "to"
    assert len(str(refused.value)) < 2 * NAME_MAX_BYTES


def test_waiting_has_its_limits(sky: FakeSky) -> None:
    """So many for one name, and so many names; the error says what makes room."""
    for number in range(RECORDED_MAX):
        write(sky, Draft(ADA, str(number)))
    with pytest.raises(InputError, match="wait for Ada already"):
        write(sky, Draft(ADA, "one more"))
    for number in range(NAMES_MAX - 1):
        write(sky, Draft(f"name:{number}", "hello"))
    with pytest.raises(InputError, match="names already"):
        write(sky, Draft("name:one more", "hello"))
    give(sky)
    write(sky, Draft("name:one more", "hello"))
    assert len(sky.earth.posts) == RECORDED_MAX
