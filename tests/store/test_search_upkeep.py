"""The search index beside a store: it follows, finds what is there, and is built anew where it is lost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import apsw
import pytest

from starlight.dtntime import DAY, MILLISECOND, SECOND
from starlight.lookup.question import LetterQuestion
from starlight.lookup.wanted import wanted
from starlight.mailboxes.index_entries import IndexEntry
from starlight.mailboxes.records import index_save
from starlight.mailboxes.stored_format import LETTER, StoredLetter
from starlight.messages.format import encode_message
from starlight.messages.letter import Act, Letter
from starlight.messages.parts import Part, PartKind
from starlight.messages.wire_values import Envelope
from starlight.node.application import Save, SetAside
from starlight.store import search_upkeep
from starlight.store.search_index import FILE
from starlight.store.search_upkeep import SearchUpkeep
from starlight.store.sqlite_store import SqliteStore

JAY, NAN, KIM = "ipn:1.1", "ipn:2.1", "ipn:2.2"


def written(
    number: int, text: str, *, at: int = 0, to: str = NAN, act: int = Act.WORDS, parts: tuple[Part, ...] = ()
) -> list[Save]:
    """Return the records of a letter of Jay's, by its number."""
    id = f"{number:032x}"
    when = at or number * SECOND
    letter = Letter(
        id=id, thread="t", sender=JAY, to=to, written_at=when, text=text, act=act, parts=parts, format=2
    )
    stored = StoredLetter(JAY, to, when, encode_message(letter, Envelope(JAY, to, when)))
    entry = IndexEntry(id, to, when.to_bytes(8, "big"), when, None, len(text))
    return [Save(JAY, f"letter/{id}", LETTER.encode(stored)), index_save(JAY, entry)]


def found(upkeep: SearchUpkeep, words: str, *, mailbox: str = JAY, **more: object) -> list[int]:
    """Return the numbers of the letters that are proposed, the newest first."""
    asked = LetterQuestion(words=wanted(words), **more)  # type: ignore[arg-type]  # as a test names them
    return [int(each.id, 16) for each in upkeep.find(mailbox, asked, None, 100, None)]


def settle(upkeep: SearchUpkeep) -> int:
    """Let the upkeep come to its end; return in how many steps."""
    steps = 1
    while upkeep.step():
        steps += 1
    return steps


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    opened = SqliteStore(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def upkeep(store: SqliteStore) -> Iterator[SearchUpkeep]:
    made = SearchUpkeep(store.path)
    store.watch(made.note)
    yield made
    made.close()


def test_letters_that_were_there_before_are_found(store: SqliteStore, upkeep: SearchUpkeep) -> None:
    """An index that is new has all that the store has once it is through, and says so before."""
    store.commit([*written(1, "The greenhouse holds"), *written(2, "화성온실에서 만나요")])
    assert not upkeep.standing.is_whole
    settle(upkeep)
    assert upkeep.standing.is_whole
    assert found(upkeep, "온실") == [2]
    assert found(upkeep, "GREEN") == [1]
    assert found(upkeep, "", mailbox=NAN) == []


def test_the_newest_come_first(store: SqliteStore, upkeep: SearchUpkeep) -> None:
    """In whatever order they were kept; also several of one millisecond, and none twice from page to page."""
    for number in (3, 1, 2):
        store.commit(written(number, "soil"))
    same = 9 * SECOND
    store.commit([each for number in (4, 5, 6) for each in written(number, "soil", at=same)])
    settle(upkeep)
    assert found(upkeep, "soil")[3:] == [3, 2, 1]
    asked = LetterQuestion(words=wanted("soil"))
    pages, before = [], None
    while page := upkeep.find(JAY, asked, before, 2, None):
        pages += [int(each.id, 16) for each in page]
        before = page[-1].number
    assert sorted(pages) == [1, 2, 3, 4, 5, 6]


def test_a_commit_is_followed(store: SqliteStore, upkeep: SearchUpkeep) -> None:
    """What a commit adds is found after the next step; until then the standing counts it."""
    settle(upkeep)
    store.commit(written(1, "soil"))
    assert (upkeep.standing.behind, found(upkeep, "soil")) == (1, [])
    settle(upkeep)
    assert (upkeep.standing.is_whole, found(upkeep, "soil")) == (True, [1])
    store.commit([SetAside(JAY, f"index/{1:032x}", "damaged")])
    settle(upkeep)
    assert found(upkeep, "soil") == []


def test_a_letter_that_moved_is_found_where_it_stands(store: SqliteStore, upkeep: SearchUpkeep) -> None:
    """One that was recorded for a name is found under the address that this was given, and nowhere else."""
    store.commit(written(1, "soil", to="name:Ada"))
    settle(upkeep)
    assert found(upkeep, "soil", correspondent="name:Ada") == [1]
    store.commit(written(1, "soil", to=KIM))
    settle(upkeep)
    assert found(upkeep, "soil", correspondent=KIM) == [1]
    assert found(upkeep, "soil", correspondent="name:Ada") == []
    assert [each.correspondent for each in store.records.conversations(JAY) if each.letters] == [KIM]


def test_what_a_crash_left_out_is_found_out_at_the_next_start(
    store: SqliteStore, upkeep: SearchUpkeep
) -> None:
    """Letters that came, and letters that went, while no index followed, are put right by a walk."""
    store.commit([*written(1, "soil"), *written(2, "soil")])
    settle(upkeep)
    upkeep.close()
    store.commit([SetAside(JAY, f"index/{1:032x}", "damaged"), *written(3, "soil")])
    again = SearchUpkeep(store.path)
    settle(again)
    assert found(again, "soil") == [3, 2]
    again.close()


@pytest.mark.parametrize("damage", ["lost", "cut", "garbage", "no index", "older terms", "pages"])
def test_a_lost_or_damaged_index_is_built_anew(store: SqliteStore, upkeep: SearchUpkeep, damage: str) -> None:
    """Whatever became of the file, search works again, and nothing but the file is touched."""
    store.commit([each for number in range(1, 400) for each in written(number, f"soil {number}")])
    settle(upkeep)
    upkeep.close()
    damaged(store.path / FILE, damage)
    again = SearchUpkeep(store.path)
    for _ in range(3):
        settle(again)
        found(again, "soil")
    assert again.standing.is_whole
    assert len(again.find(JAY, LetterQuestion(words=wanted("soil")), None, 1000, None)) == 399
    assert store.counts()["saves"] == 399
    again.close()


def damaged(path: Path, how: str) -> None:
    """Damage an index that is closed."""
    data = path.read_bytes()
    if how == "lost":
        path.unlink()
    elif how == "cut":
        path.write_bytes(data[: len(data) // 2])
    elif how == "garbage":
        path.write_bytes(b"no database at all " * 100)
    elif how == "pages":
        path.write_bytes(data[:4096] + b"\xff" * (len(data) - 4096))
    else:
        with apsw.Connection(str(path)) as db:
            if how == "no index":
                db.execute("drop table letters")
            else:
                db.execute("update facts set value = 0")


def test_an_index_that_can_not_be_written_says_so_and_is_tried_again(
    store: SqliteStore, upkeep: SearchUpkeep
) -> None:
    """Where its place is taken, search finds nothing and tells why; once it is free, it works."""
    store.commit(written(1, "soil"))
    (store.path / FILE).mkdir()
    assert not upkeep.step()
    assert found(upkeep, "soil") == []
    assert FILE in upkeep.standing.trouble
    (store.path / FILE).rmdir()
    settle(upkeep)
    assert (upkeep.standing.is_whole, found(upkeep, "soil")) == (True, [1])


def test_a_letter_that_can_not_be_read_is_passed_over(store: SqliteStore, upkeep: SearchUpkeep) -> None:
    """A damaged record stops nothing: the others are found."""
    broken = written(1, "soil")
    store.commit([Save(JAY, broken[0].key, b"\x92\x02no letter"), broken[1], *written(2, "soil")])
    settle(upkeep)
    assert found(upkeep, "soil") == [2]


def test_a_flood_of_commits_is_walked_instead_of_remembered(
    store: SqliteStore, upkeep: SearchUpkeep, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More letters than may be noted at a time are found all the same."""
    settle(upkeep)
    monkeypatch.setattr(search_upkeep, "NOTED_MAX", 50)
    store.commit([each for number in range(1, 100) for each in written(number, "soil")])
    assert not upkeep.standing.is_whole
    settle(upkeep)
    assert len(found(upkeep, "soil")) == 99


def test_what_else_is_asked_has_to_be_so(store: SqliteStore, upkeep: SearchUpkeep) -> None:
    """With whom, when, with which parts, in which topic: each narrows what the words find."""
    voice = Part(kind=PartKind.VOICE, data=b"v", size=1, name="memo.ogg", transcript="the red soil")
    picture = Part(kind=PartKind.PICTURE, data=b"p", size=1, name="온실사진.webp")
    letters = [
        written(1, "soil", at=1 * DAY),
        written(2, "soil", at=2 * DAY, to=KIM),
        written(3, "soil?", at=3 * DAY, act=Act.QUESTION),
        written(4, "look", at=4 * DAY, parts=(voice,)),
        written(5, "", at=5 * DAY, parts=(picture,)),
    ]
    store.commit([each for saves in letters for each in saves])
    settle(upkeep)
    assert found(upkeep, "soil") == [4, 3, 2, 1]
    assert found(upkeep, "온실") == [5]
    assert found(upkeep, "memo") == [4]
    assert found(upkeep, '"look memo"') == []  # A phrase does not go from one text into the next.
    assert found(upkeep, "soil", correspondent=KIM) == [2]
    assert found(upkeep, "", correspondent=KIM) == [2]
    assert found(upkeep, "soil", since=2 * DAY, until=3 * DAY) == [2]
    assert found(upkeep, "soil", since=3 * DAY) == [4, 3]
    assert found(upkeep, "", until=2 * DAY) == [1]
    assert found(upkeep, "", voice=True) == [4]
    assert found(upkeep, "", picture=True) == [5]
    assert found(upkeep, "soil", question=True) == [3]
    assert found(upkeep, "soil", thread="other") == []
    among = upkeep.find(JAY, LetterQuestion(words=wanted("soil")), None, 9, [f"{3:032x}", "x"])
    assert [int(each.id, 16) for each in among] == [3]
    far = LetterQuestion(since=-(10**30), until=10**30)
    assert len(upkeep.find(JAY, far, None, 9, None)) == 5


def test_work_is_done_in_steps(store: SqliteStore, upkeep: SearchUpkeep) -> None:
    """An index is built a few hundred letters at a time, so that a search in between does not wait long."""
    count = 3 * search_upkeep.STEP_LETTERS
    store.commit([each for number in range(1, count + 1) for each in written(number, "soil")])
    upkeep.step()
    assert 0 < len(upkeep.find(JAY, LetterQuestion(words=wanted("soil")), None, count, None)) < count
    assert 0 < upkeep.standing.behind < count
    assert settle(upkeep) >= 3


def test_nothing_of_a_dropped_letter_is_left_in_the_file(store: SqliteStore, upkeep: SearchUpkeep) -> None:
    """Its terms are overwritten, not only unlinked: who erases a letter need not fear for its words."""
    store.commit([*written(1, "xylophonesecret"), *written(2, "soil")])
    settle(upkeep)
    store.commit([SetAside(JAY, f"index/{1:032x}", "damaged")])
    settle(upkeep)
    upkeep.close()
    left = b"".join(path.read_bytes() for path in store.path.glob(f"{FILE}*"))
    assert b"xylophone" not in left


def test_times_of_any_size_have_a_number(store: SqliteStore, upkeep: SearchUpkeep) -> None:
    """The first millisecond and the last that a letter may have are found in order."""
    times: Sequence[int] = (MILLISECOND, 2**63 - 1)
    store.commit([each for n, at in enumerate(times, 1) for each in written(n, "soil", at=at)])
    settle(upkeep)
    assert found(upkeep, "soil") == [2, 1]
