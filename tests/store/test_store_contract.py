"""The contracts of a store: what engines ask of any, what a live node asks besides, what mailboxes ask.

A new store takes part with a line in `DURABLE`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.style.test_extending import blocks

from starlight.errors import StoreError
from starlight.mailboxes.index_entries import IndexEntry
from starlight.mailboxes.records import TELEMETRY, Mark, MemoryRecords, Records, index_save
from starlight.messages.conversation import Conversation
from starlight.messages.conversation_order import order_key
from starlight.node.actions import Forget, Persist, Update
from starlight.node.application import Erase, Save, SetAside
from starlight.node.events import Remembered, Restored
from starlight.node.store import BundleStore
from starlight.sim.store import MemoryStore
from starlight.store.contract import Quarantined, Store
from starlight.store.sqlite_store import SqliteStore


def journal(path: Path) -> Store:
    """Return the store of docs/guides/extending.md, which is a second one behind the same contract."""
    guide: dict[str, Any] = {"__name__": "guide"}
    exec(blocks("A store")[0], guide)
    store: Store = guide["JournalStore"](path)
    return store


DURABLE: dict[str, Callable[[Path], Store]] = {
    "sqlite": lambda path: SqliteStore(path / "data", segment_from=1000),
    "journal": lambda path: journal(path / "data"),
}
"""The stores of a live node, each made in a folder; made in it again it is the same store."""

AnyStore = Store | MemoryStore


@pytest.fixture(params=[*DURABLE, "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[AnyStore]:
    """Give each store in turn."""
    if request.param == "memory":
        yield MemoryStore()
        return
    durable = DURABLE[request.param](tmp_path)
    yield durable
    durable.close()


@pytest.fixture(params=DURABLE)
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], Store]]:
    """Give what opens each durable store in turn, always the same one."""
    opened: list[Store] = []

    def make() -> Store:
        for each in opened:
            each.close()
        opened.append(DURABLE[request.param](tmp_path))
        return opened[-1]

    yield make
    for each in opened:
        each.close()


def bundles(store: AnyStore) -> list[tuple[str, bytes]]:
    """Return what a store would restore of bundles."""
    return [(event.key, event.meta) for event in store.restore() if isinstance(event, Restored)]


def remembered(store: AnyStore) -> dict[str, int]:
    """Return the identities that a store remembers."""
    return {event.key: event.until for event in store.restore() if isinstance(event, Remembered)}


def record(store: AnyStore, mailbox: str, key: str) -> bytes | None:
    """Return a record that was committed, or None."""
    if isinstance(store, MemoryStore):
        return {(of, name): data for of, name, data in store.saves()}.get((mailbox, key))
    return store.records.get(mailbox, key)


def members(protocol: type) -> set[str]:
    """Return the names of a protocol's own members and of those that it builds on."""
    return {name for name, _ in inspect.getmembers(protocol) if not name.startswith("_")}


def test_the_contracts_are_tested_whole() -> None:
    """Every member of the protocols is used in this file, so a new one needs a test."""
    text = Path(__file__).read_text(encoding="utf-8")
    names = members(BundleStore) | members(Store) | members(Records)
    assert len(names) == 28
    assert [name for name in sorted(names) if f".{name}" not in text] == []


# What any store sets aside.


def test_a_bundle_that_was_set_aside_is_not_restored_until_it_comes_again(store: AnyStore) -> None:
    """Its body stays where it is, and what is stored anew under its key takes its place."""
    store.commit([Persist("a", b"body of a", b"?"), Persist("b", b"body of b", b"meta")])
    store.commit([SetAside("", "bundle/a", "no record")], now=5)
    assert bundles(store) == [("b", b"meta")]
    assert store.body("a") == b"body of a"
    store.commit([Persist("a", b"body of a", b"better")])
    assert ("a", b"better") in bundles(store)


def test_what_is_set_aside_is_listed_and_stays_so(make: Callable[[], Store]) -> None:
    """A record leaves the others, with why and when; what is put under its key later is another."""
    store = make()
    store.commit([Save("jay", "letter/a", b"1"), Save("jay", "letter/b", b"2")])
    aside = SetAside("jay", "letter/a", "no letter")
    store.records.put(aside)
    assert store.records.get("jay", "letter/a") is None
    assert store.left_over([]) == [aside]
    store.commit([aside, Save("jay", "letter/c", b"3")], now=7)
    expected = [Quarantined("jay", "letter/a", b"1", "no letter", 7)]
    assert store.quarantined() == expected
    assert (store.records.asides("jay"), store.records.asides("nan-young")) == (1, 0)
    again = make()
    assert again.quarantined() == expected
    assert (again.records.asides("jay"), again.records.asides("nan-young")) == (1, 0)
    assert again.set_aside == []
    assert again.records.get("jay", "letter/a") is None
    assert again.records.get("jay", "letter/b") == b"2"
    again.commit([Save("jay", "letter/a", b"4"), aside])
    assert make().records.get("jay", "letter/a") == b"4"


# What engines ask.


def test_a_persisted_bundle_is_given_back(store: AnyStore) -> None:
    """A persisted bundle's body is read back, and restored with the last meta."""
    store.commit([Persist("a", b"body of a", b"meta 1")])
    assert store.body("a") == b"body of a"
    store.commit([Update("a", b"meta 2")])
    assert bundles(store) == [("a", b"meta 2")]
    assert store.body("a") == b"body of a"


def test_a_large_body_is_given_back(store: AnyStore) -> None:
    """A body of any size is read back whole."""
    body = bytes(range(256)) * 40
    store.commit([Persist("large", body, b"m"), Persist("small", b"s", b"m")])
    assert store.body("large") == body
    assert store.body("small") == b"s"


def test_bundles_are_restored_in_the_order_of_their_first_commit(store: AnyStore) -> None:
    """Restored bundles come in the order in which they were persisted; an update does not move one."""
    for name in ("c", "a", "b"):
        store.commit([Persist(name, name.encode(), b"m")])
    store.commit([Update("c", b"later")])
    assert [key for key, _ in bundles(store)] == ["c", "a", "b"]


def test_a_forgotten_bundle_leaves_only_its_identity(store: AnyStore) -> None:
    """Drop a stored bundle, but remember its identity, so that a duplicate is known as one."""
    store.commit([Persist("a", b"x", b"m"), Persist("b", b"y" * 5000, b"m")])
    store.commit([Forget("a", 77), Forget("b", 78)])
    assert bundles(store) == []
    assert remembered(store) == {"a": 77, "b": 78}
    for key in ("a", "b"):
        with pytest.raises(StoreError):
            store.body(key)


def test_an_identity_can_be_remembered_without_a_bundle(store: AnyStore) -> None:
    """Forgetting what was never stored, such as a bundle delivered at once, remembers it all the same."""
    store.commit([Forget("never stored", 5)])
    assert remembered(store) == {"never stored": 5}


def test_writes_of_one_batch_count_in_their_order(store: AnyStore) -> None:
    """In one commit a later write of a key overrides an earlier one."""
    store.commit(
        [
            Persist("a", b"x", b"1"),
            Update("a", b"2"),
            Persist("b", b"x", b"1"),
            Update("b", b"2"),
            Forget("b", 9),
            Save("nan-young", "card", b"first"),
            Save("nan-young", "card", b"second"),
        ]
    )
    assert bundles(store) == [("a", b"2")]
    assert remembered(store) == {"b": 9}
    assert record(store, "nan-young", "card") == b"second"


def test_records_are_told_apart_by_mailbox_and_key(store: AnyStore) -> None:
    """A record is found under its mailbox and key with its last data, and nothing is where nothing was."""
    store.commit([Save("jay", "2", b"a"), Save("jay", "1", b"b"), Save("nan-young", "2", b"c")])
    store.commit([Save("jay", "2", b"d")])
    assert record(store, "jay", "2") == b"d"
    assert record(store, "jay", "1") == b"b"
    assert record(store, "nan-young", "2") == b"c"
    assert record(store, "nan-young", "1") is None


def test_an_unknown_bundle_is_an_error(store: AnyStore) -> None:
    """A body that is not stored is an error of the store, never an empty answer."""
    with pytest.raises(StoreError):
        store.body("nobody")


# What a live node asks besides.


def test_what_is_durable_is_there_again(make: Callable[[], Store]) -> None:
    """Bundles, identities, records, their index and mission time outlive the store that committed them."""
    store = make()
    entry = IndexEntry("id", "nan-young", order_key("id", 3), 3, None, 5)
    store.commit(
        [Persist("a", b"x", b"m"), Forget("b", 9), Save("jay", "card", b"c"), index_save("jay", entry)],
        now=70,
    )
    assert store.mission_time() == 70
    again = make()
    assert again.body("a") == b"x"
    assert remembered(again) == {"b": 9}
    assert again.records.get("jay", "card") == b"c"
    assert again.records.entry("jay", "id") == entry
    assert again.mission_time() == 70
    assert again.counts() == {"bundles": 1, "bytes": 1, "remembered": 1, "saves": 1}


def test_mission_time_is_none_before_the_first(make: Callable[[], Store]) -> None:
    """A new store has no mission time."""
    assert make().mission_time() is None


def test_mission_time_goes_back_only_where_it_is_set_back(make: Callable[[], Store]) -> None:
    """The clock that told it was wrong: it goes on from an earlier moment, also after a restart."""
    store = make()
    store.commit([Save("jay", "card", b"c")], now=70)
    store.commit([Save("jay", "card", b"d")], now=50)
    assert store.mission_time() == 70
    store.set_time_back(40)
    assert store.mission_time() == 40
    again = make()
    assert (again.mission_time(), again.records.get("jay", "card")) == (40, b"d")
    again.commit([Save("jay", "card", b"e")], now=50)
    assert again.mission_time() == 50


def test_what_is_erased_is_gone_for_good(make: Callable[[], Store]) -> None:
    """It can't be read from the moment that it is asked for, is in no quarantine, and may be saved anew."""
    store = make()
    entry = index_save("jay", IndexEntry("id", "nan-young", order_key("id", 3), 3, None, 5))
    store.commit([Save("jay", "letter/id", b"1"), Save("jay", "letter/other", b"2"), entry])
    erases = [Erase("jay", "letter/id"), Erase("jay", "index/id"), Erase("jay", "letter/none")]
    for each in erases:
        store.records.put(each)
    assert store.records.get("jay", "letter/id") is None
    assert store.records.entry("jay", "id") is None
    assert store.left_over(erases) == []
    store.commit([Save("jay", "letter/id", b"put before in the same commit"), *erases], now=7)
    for number in range(2):
        held = make() if number else store
        assert held.records.get("jay", "letter/id") is None
        assert held.records.entry("jay", "id") is None
        assert held.records.get("jay", "letter/other") == b"2"
        assert (held.records.asides("jay"), held.quarantined()) == (0, [])
    again = make()
    saved = Save("jay", "letter/id", b"3")
    again.records.put(saved)
    again.commit([saved])
    assert (again.records.get("jay", "letter/id"), make().records.get("jay", "letter/id")) == (b"3", b"3")


def test_a_watcher_is_told_of_the_letters_that_a_commit_concerns(make: Callable[[], Store]) -> None:
    """Those whose index entries are written or set aside, once they are on disk, and of nothing else."""
    store, told = make(), list[tuple[str, str]]()
    store.watch(told.extend)
    store.commit([Persist("a", b"x", b"m"), Save("jay", "card", b"c")])
    assert told == []
    store.commit([index_save("jay", IndexEntry("id", "nan-young", order_key("id", 3), 3, None, 5))])
    store.commit([SetAside("jay", "index/id", "damaged"), SetAside("jay", "card", "damaged")])
    assert told == [("jay", "id"), ("jay", "id")]


def test_a_held_body_is_readable_until_its_own_commit(make: Callable[[], Store]) -> None:
    """Of a body that was held twice, the commit of the first lets the second stand."""
    store = make()
    first = [Persist("a", b"1", b"m")]
    mark = store.hold(first)
    assert store.body("a") == b"1"
    later = store.hold([Persist("a", b"2", b"m")])
    store.commit(first, held=mark)
    assert store.body("a") == b"2"
    store.commit([Persist("a", b"2", b"m")], held=later)
    assert store.body("a") == b"2"


def test_a_commit_is_synced(make: Callable[[], Store]) -> None:
    """What `commit` returned from was made durable: a sync was counted."""
    store = make()
    before = store.syncs
    store.commit([Persist("a", b"1", b"m")])
    assert store.syncs > before


def test_a_second_opening_is_refused(make: Callable[[], Store], tmp_path: Path) -> None:
    """A store belongs to one process, and to one object in it, until it is closed."""
    make().close()
    make()
    for name in DURABLE:  # This one, or one of another kind: the folder is in use.
        with pytest.raises(StoreError, match="in use"):
            DURABLE[name](tmp_path)


# What mailboxes ask.


def put_all(records: Records, saves: Iterable[Save]) -> None:
    """Put records one by one."""
    for save in saves:
        records.put(save)


def test_a_put_record_is_readable_before_and_after_its_commit(make: Callable[[], Store]) -> None:
    """A step reads what it has just put; the commit of an older save does not bring the old data back."""
    store = make()
    first, second = Save("jay", "card", b"1"), Save("jay", "card", b"2")
    store.records.put(first)
    assert store.records.get("jay", "card") == b"1"
    store.records.put(second)
    store.commit([first])
    assert store.records.get("jay", "card") == b"2"
    store.commit([second])
    assert store.records.get("jay", "card") == b"2"
    assert store.records.mailboxes() == ["jay"]
    assert make().records.get("jay", "card") == b"2"


def test_what_was_put_and_never_committed_is_gone_after_a_restart(make: Callable[[], Store]) -> None:
    """A crash leaves a letter and its index entry both, or neither."""
    store = make()
    entry = IndexEntry("id", "nan-young", order_key("id", 3), 3, None, 5)
    put_all(store.records, [Save("jay", "letter/id", b"x"), index_save("jay", entry)])
    again = make()
    assert again.records.get("jay", "letter/id") is None
    assert again.records.entry("jay", "id") is None


def test_a_page_is_full_though_its_last_letters_have_moved_away(make: Callable[[], Store]) -> None:
    """Entries that were put hide those on disk, and the page goes on with the next that are there."""
    store = make()
    entries = [IndexEntry(id, "nan-young", order_key(id, 10 + n), n, None, 5) for n, id in enumerate("abcd")]
    saves = [index_save("jay", entry) for entry in entries]
    put_all(store.records, saves)
    store.commit(saves)
    moved = [msgspec.structs.replace(entry, order=order_key(entry.id, 1)) for entry in entries[2:]]
    put_all(store.records, [index_save("jay", entry) for entry in moved])
    assert [entry.id for entry in store.records.page("jay", "nan-young", None, 2)] == ["a", "b"]
    bound = entries[1].order
    assert [entry.id for entry in store.records.page("jay", "nan-young", bound, 2)] == ["d", "a"]


def test_an_application_is_given_back_all_that_it_saved(make: Callable[[], Store]) -> None:
    """What is committed under one name is given back by key, after a restart too, and nothing else."""
    first, second = Save("amendments", "held/2", b"two"), Save("amendments", "held/1", b"one")
    make().commit([first, second, Save("amendments of others", "held/1", b"x"), Save("ipn:1.1", "a", b"y")])
    assert make().saved("amendments") == [("held/1", b"one"), ("held/2", b"two")]
    assert make().saved("nobody") == []


def test_a_bundle_that_comes_again_in_the_commit_that_sets_it_aside_is_restored(
    make: Callable[[], Store],
) -> None:
    """What is set aside was there before; several steps, and so both, may be one commit."""
    store = make()
    store.commit([Persist("a", b"old", b"no record")])
    again = Persist("a", b"whole", b"record")
    store.commit([SetAside("", "bundle/a", "no record"), again], now=5)
    assert bundles(store) == [("a", b"record")]
    store = make()
    assert bundles(store) == [("a", b"record")]
    assert store.body("a") == b"whole"


def test_what_a_broken_step_put_is_left_over_once(make: Callable[[], Store]) -> None:
    """A record that was put and never asked for is given out with the next step, and not again."""
    store = make()
    lost, asked = Save("jay", "letter/a", b"1"), Save("jay", "letter/b", b"2")
    put_all(store.records, [lost, asked])
    assert store.left_over([asked]) == [lost]
    assert store.left_over([]) == []
    store.commit([asked, lost])
    assert make().records.get("jay", "letter/a") == b"1"


THREADS = ["", "garden", "song"]
MAILBOXES, PEOPLE, IDS = ["jay", "hong"], ["nan-young", "base"], [f"id {n}" for n in range(8)]
entries = st.builds(
    lambda n, time, open, owed, unread, starred, asks: IndexEntry(
        IDS[n],
        PEOPLE[n % 2],
        order_key(IDS[n], time),
        n,
        IDS[n // 2],
        10 * n,
        n % 3,
        open,
        owed,
        unread,
        THREADS[n % 3],
        starred,
        asks,
        hidden=n == 5,
    ),
    st.sampled_from(range(len(IDS))),
    st.integers(0, 9),
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.booleans(),
)
saves = st.builds(index_save, st.sampled_from(MAILBOXES), entries) | st.builds(
    Save,
    st.sampled_from(MAILBOXES),
    st.sampled_from(["mailbox", "letter/a", "telemetry/1/rover", "telemetry/2/rover", "telemetrist"]),
    st.binary(max_size=3),
)


def answers_of(records: Records) -> list[object]:
    """Return all that records answer."""
    found: list[object] = [records.mailboxes()]
    for box in MAILBOXES:
        found += [sorted(records.conversations(box), key=lambda each: each.correspondent)]
        found += [
            sorted(records.of_kind(box, TELEMETRY)),
            records.get(box, "mailbox"),
            records.get(box, "letter/a"),
        ]
        found += [records.marked(box, mark) for mark in get_args(Mark)]
        found += [sorted(records.topics(box), key=lambda each: (each.correspondent, each.thread))]
        for id in IDS:
            found += [records.entry(box, id), sorted(e.id for e in records.answers(box, id))]
        for person in PEOPLE:
            page = records.page(box, person, None, 100)
            found += [page, records.page(box, person, None, 2), records.page(box, person, None, 0)]
            found += [records.page(box, person, entry.order, 2) for entry in page]
            found += [records.page(box, person, None, 3, thread) for thread in THREADS]
    return found


@pytest.mark.parametrize("kind", DURABLE)
@settings(deadline=None, derandomize=True, max_examples=60)
@given(st.lists(st.lists(saves, max_size=6), max_size=6), st.data())
def test_records_answer_alike_whatever_is_committed(
    kind: str, tmp_path_factory: pytest.TempPathFactory, steps: list[list[Save]], data: st.DataObject
) -> None:
    """Put, and committed a step or more later, in groups: the answers are those of records in memory."""
    store = DURABLE[kind](tmp_path_factory.mktemp("records"))
    memory = MemoryRecords()
    try:
        waiting = []
        for step in steps:
            put_all(store.records, step)
            put_all(memory, step)
            assert answers_of(store.records) == answers_of(memory)
            waiting.append(step)
            due = data.draw(st.integers(0, len(waiting)))
            store.commit([save for each in waiting[:due] for save in each])
            waiting = waiting[due:]
            assert answers_of(store.records) == answers_of(memory)
    finally:
        store.close()


def test_a_conversation_is_summed_up() -> None:
    """A conversation counts its letters, those unread and their bytes, and knows the last and the highest."""
    records = MemoryRecords()
    put_all(
        records,
        [
            index_save("jay", IndexEntry("a", "nan-young", order_key("a", 1), 1, None, 5, number=2)),
            index_save("jay", IndexEntry("b", "nan-young", order_key("b", 9), 9, None, 7, unread=True)),
            index_save(
                "jay", IndexEntry("c", "nan-young", order_key("c", 11), 11, None, 3, unread=True, hidden=True)
            ),
        ],
    )
    assert records.conversations("jay") == [Conversation("nan-young", 2, 1, 9, 15, 2, 1)]


def test_a_store_tells_where_it_is_and_how_much_room_it_has(tmp_path: Path) -> None:
    """The room is on the disk that holds it."""
    store = SqliteStore(tmp_path)
    assert store.path == tmp_path
    assert store.room() >= 0
    store.close()
