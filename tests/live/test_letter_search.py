"""Search on whole nodes: what comes is found, what is not there any more is not, and a restart loses
nothing."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from tests.live.helpers import run, until
from tests.live.test_daemon import EARTH, JAY, NAN_YOUNG, config, texts, two

from starlight.app.address_book import AddressBook, Entry
from starlight.app.letter_finder import LetterFinder
from starlight.live.clock import MissionClock
from starlight.live.daemon import Daemon
from starlight.lookup.question import LetterQuestion
from starlight.lookup.wanted import wanted
from starlight.messages.draft import Draft
from starlight.messages.storage import EraseOrder
from starlight.node.application import SetAside
from starlight.store.search_index import FILE
from starlight.views.mailbox import Person
from starlight.views.search import SearchView

BOOK = AddressBook({NAN_YOUNG: Entry("Joo Nan-young", "Base", "mars"), JAY: Entry("Jay", "Seoul", "earth")})


async def find(
    daemon: Daemon, words: str, person: str = JAY, *, limit: int = 30, **more: object
) -> SearchView:
    """Return what a person finds once the index has all that is committed."""
    await daemon.settled()
    await daemon.search.whole()
    finder = LetterFinder(
        Person("me", "Me", person, "", "earth"), partial(daemon.mail.mailbox, person), daemon.search, BOOK
    )
    asked = LetterQuestion(words=wanted(words), **more)  # type: ignore[arg-type]  # as a test names them
    return await finder.find(words, asked, None, limit)


def ids(found: SearchView) -> list[str]:
    """Return the letters that were found."""
    return ["".join(piece.text for piece in letter.excerpt) for letter in found.letters]


def test_what_is_written_and_what_comes_is_found(tmp_path: Path) -> None:
    """At both ends; a two-syllable word inside a longer one, with whom it was, and marked."""

    async def scene() -> None:
        async with two(tmp_path) as (here, there):
            await here.mail.write(JAY, Draft(NAN_YOUNG, "화성온실에서 만나요"))
            await until(there, lambda: texts(there, NAN_YOUNG) == ["화성온실에서 만나요"])
            mine, theirs = await find(here, "온실"), await find(there, "온실", NAN_YOUNG)
            assert ids(mine) == ids(theirs) == ["화성온실에서 만나요"]
            assert [piece.text for piece in mine.letters[0].excerpt if piece.marked] == ["온실"]
            assert (mine.letters[0].mine, theirs.letters[0].mine) == (True, False)
            assert theirs.letters[0].unread
            assert [each.name for each in mine.people] == ["Joo Nan-young"]
            assert mine.note is None
            assert ids(await find(here, "온실", correspondent=NAN_YOUNG)) == ids(mine)
            assert ids(await find(here, "온실", correspondent=JAY)) == []

    run(scene())


def alone(tmp_path: Path, act: Callable[[Daemon], object]) -> None:
    """Run a node by itself while something is done with it."""

    async def scene() -> None:
        daemon = Daemon(config(tmp_path, EARTH), MissionClock(0))
        await daemon.start()
        try:
            await act(daemon)  # type: ignore[misc]  # a coroutine
        finally:
            await daemon.stop()

    run(scene())


def test_a_restart_and_a_lost_index_lose_nothing(tmp_path: Path) -> None:
    """What was written before is found after, also where the file was deleted meanwhile."""

    async def first(daemon: Daemon) -> None:
        await daemon.mail.write(JAY, Draft(NAN_YOUNG, "red soil"))

    async def then(daemon: Daemon) -> None:
        assert ids(await find(daemon, "soil")) == ["red soil"]

    alone(tmp_path, first)
    alone(tmp_path, then)
    for path in tmp_path.rglob(f"{FILE}*"):
        path.unlink()
    alone(tmp_path, then)


def test_a_letter_that_is_set_aside_is_not_found(tmp_path: Path) -> None:
    """The mailbox has the last word, however old the index is."""

    async def act(daemon: Daemon) -> None:
        letter = await daemon.mail.write(JAY, Draft(NAN_YOUNG, "red soil"))
        await daemon.search.whole()
        daemon.store.records.put(SetAside(JAY, f"index/{letter.id}", "damaged"))
        assert ids(await find(daemon, "soil")) == []

    alone(tmp_path, act)


def test_letters_are_found_a_page_at_a_time(tmp_path: Path) -> None:
    """The newest first; after the last page there is no more."""

    async def act(daemon: Daemon) -> None:
        for number in range(5):
            await daemon.mail.write(JAY, Draft(NAN_YOUNG, f"soil {number}"))
        first = await find(daemon, "soil", limit=3)
        assert len(first.letters) == 3
        assert first.more == first.letters[-1].number
        finder = LetterFinder(
            Person("me", "Me", JAY, "", "earth"), partial(daemon.mail.mailbox, JAY), daemon.search, BOOK
        )
        rest = await finder.find("soil", LetterQuestion(words=wanted("soil")), first.more, 3)
        assert rest.more is None
        assert sorted(ids(first) + ids(rest)) == [f"soil {number}" for number in range(5)]

    alone(tmp_path, act)


def test_people_are_found_by_their_names(tmp_path: Path) -> None:
    """Also those with whom there are no letters yet, but never oneself."""

    async def act(daemon: Daemon) -> None:
        found = await find(daemon, "nan")
        assert (found.named, [each.name for each in found.people]) == ((NAN_YOUNG,), ["Joo Nan-young"])
        assert (await find(daemon, "jay")).named == ()

    alone(tmp_path, act)


def test_stars_and_topics_are_found(tmp_path: Path) -> None:
    """A star is known at once, also where it is taken away; a topic is found by its name, and narrows."""

    async def act(daemon: Daemon) -> None:
        first = await daemon.mail.write(JAY, Draft(NAN_YOUNG, "red soil", topic_name="The garden"))
        await daemon.mail.write(JAY, Draft(NAN_YOUNG, "more soil"))
        assert ids(await find(daemon, "soil", starred=True)) == []
        await daemon.mail.star(JAY, first.id, starred=True)
        assert ids(await find(daemon, "soil", starred=True)) == ["red soil"]
        assert ids(await find(daemon, "", starred=True)) == ["red soil"]
        await daemon.mail.star(JAY, first.id, starred=False)
        assert ids(await find(daemon, "soil", starred=True)) == []
        (topic,) = (await find(daemon, "garden")).topics
        assert (topic.name, topic.id, topic.with_address) == ("The garden", first.thread, NAN_YOUNG)
        assert ids(await find(daemon, "garden")) == ["The garden"]  # the letter that names it
        assert ids(await find(daemon, "soil", thread=first.thread)) == ["red soil"]
        order = EraseOrder(NAN_YOUNG, sure=True)
        for letter in daemon.mail.mailbox(JAY).page(NAN_YOUNG).letters:
            await daemon.mail.withdraw(JAY, letter.id)
        assert (await daemon.storage.erase(JAY, order)).letters == 2
        assert (await find(daemon, "garden soil")).topics == ()
        assert daemon.mail.mailbox(JAY).topics.name(first.thread) == ""

    alone(tmp_path, act)


def test_nothing_is_asked_nothing_is_found(tmp_path: Path) -> None:
    """A question without a word says what would be one; odd ones are no error."""

    async def act(daemon: Daemon) -> None:
        await daemon.mail.write(JAY, Draft(NAN_YOUNG, "red soil"))
        assert (await find(daemon, " ?! ")).note is not None
        for odd in ('"', "*", "soil*", "a AND", "NEAR(", "soil OR", "-soil", "^", "\0", "\ud800", "terms:"):
            await find(daemon, odd)

    alone(tmp_path, act)
