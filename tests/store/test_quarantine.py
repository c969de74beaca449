"""The quarantine: whatever is damaged costs itself alone, is listed, and comes back once it can be read."""

from __future__ import annotations

import contextlib
import hashlib
import shutil
import tarfile
from pathlib import Path

import apsw
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.store.test_earlier_stores import FIXTURES, INDEXED, plan

from starlight.engine.host import Host
from starlight.engine.node import Node
from starlight.engine.step import Step
from starlight.errors import StoreError
from starlight.node.config import NodeConfig
from starlight.postoffice.postoffice import PostOffice
from starlight.store.listing import listing, stores_in
from starlight.store.sqlite_store import SqliteStore

Shown = dict[str, object]
NEWER = b"\x92\x63\xa5later"  # a record of version 99


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder of a store of the present version, with letters in all states."""
    folder = tmp_path_factory.mktemp("whole")
    with tarfile.open(FIXTURES / INDEXED / "stores.tar.xz") as archive:
        archive.extractall(folder, filter="data")
    start(folder / "1")
    return folder / "1"


def start(path: Path) -> tuple[Shown, list[str]]:
    """Start a node on a store, look at every page, stop it; return what is shown, and what is restored."""
    with contextlib.closing(SqliteStore(path)) as store:
        node = Node(NodeConfig(1, plan()))
        office = PostOffice(node.forecaster, records=store.records, booked=node.booked)
        host = Host(node, office, store.body)
        now = store.mission_time() or 0

        def commit(step: Step) -> None:
            store.commit([*step.writes, *store.left_over(step.writes)], now=now)

        commit(host.resume(store.restore(), now))
        shown: Shown = {}
        for box in office.mailboxes.values():
            for each in box.conversations():
                for letter in box.page(each.correspondent, limit=500).letters:
                    view = box.letter_view(letter.id, now)
                    shown[f"{box.address} {letter.id}"] = (view.text, view.mine, view.to_address)
        commit(host.step((), now))
        return shown, list(node.stored)


def alter(path: Path, statement: str, *values: object) -> None:
    """Change a store behind its back."""
    with contextlib.closing(apsw.Connection(str(path / "starlight.db"))) as connection:
        connection.execute(statement, values)


def keys(path: Path) -> list[tuple[str, str]]:
    """Return the mailboxes and keys of all records, by place."""
    with contextlib.closing(apsw.Connection(str(path / "starlight.db"))) as connection:
        return [*connection.execute("select mailbox, key from saves order by position")]


def asides(path: Path) -> set[tuple[str, str]]:
    """Return where what is in quarantine was."""
    return {(each.mailbox, each.key) for each in listing(path).quarantined}


def counted(path: Path) -> dict[str, int]:
    """Return how many records each mailbox of a store says are set aside."""
    with contextlib.closing(SqliteStore(path)) as store:
        return {box: store.records.asides(box) for box in store.records.mailboxes()}


def test_a_mailbox_knows_how_many_of_its_records_are_set_aside(whole: Path, tmp_path: Path) -> None:
    """As many as the list of the quarantine has of it, and none of another's."""
    copy = tmp_path / "copy"
    shutil.copytree(whole, copy)
    mailbox, key = next(at for at in keys(copy) if at[1].startswith("letter/"))
    alter(copy, "update saves set data = ? where mailbox = ? and key = ?", NEWER, mailbox, key)
    start(copy)
    found = counted(copy)
    assert found.pop(mailbox) == sum(of == mailbox for of, _ in asides(copy)) > 0
    assert set(found.values()) == {0}


damages = st.one_of(
    st.just(b""), st.just(NEWER), st.just(b"\xc1"), st.binary(max_size=40).map(b"\xff".__add__)
)


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(which=st.integers(0, 10_000), damage=damages)
def test_a_damaged_record_costs_itself_alone(whole: Path, tmp_path: Path, which: int, damage: bytes) -> None:
    """Whichever record is damaged: the node starts, all other letters are there, and the record is listed."""
    copy = tmp_path / f"{which}-{hashlib.sha256(damage).hexdigest()[:8]}"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(whole, copy)
    before, restored = start(whole)
    records = keys(copy)
    mailbox, key = records[which % len(records)]
    alter(copy, "update saves set data = ? where mailbox = ? and key = ?", damage, mailbox, key)
    shown, stored = start(copy)
    letter = key.partition("/")[2]
    lost = {f"{mailbox} {letter}"} if key.startswith("letter/") else set()
    assert {id for id in before if id not in shown} == lost
    assert all(shown[id] == before[id] for id in shown if id.partition(" ")[2] != letter)
    assert stored == restored
    read = not key.startswith("carrier/")  # That is asked for only when the node tells of the bundle.
    assert ((mailbox, key) in asides(copy)) == read
    assert start(copy) == (shown, stored)


@pytest.mark.parametrize("damage", [b"", b"\xc1", NEWER, b"\x90", "text", 5])
def test_a_bundle_whose_record_is_damaged_waits(whole: Path, tmp_path: Path, damage: object) -> None:
    """It is not restored, its body stays, and all other bundles are there; mended, it comes back."""
    shutil.copytree(whole, tmp_path / "store")
    _, restored = start(whole)
    key = restored[0]
    with contextlib.closing(apsw.Connection(str(tmp_path / "store" / "starlight.db"))) as connection:
        ((meta,),) = connection.execute("select meta from bundles where key = ?", (key,))
    alter(tmp_path / "store", "update bundles set meta = ? where key = ?", damage, key)
    assert start(tmp_path / "store")[1] == restored[1:]
    assert asides(tmp_path / "store") == {("", f"bundle/{key}")}
    with contextlib.closing(SqliteStore(tmp_path / "store")) as store:
        assert store.body(key)
    alter(tmp_path / "store", "update bundles set meta = ? where key = ?", meta, key)
    alter(tmp_path / "store", "update quarantine set data = ?", meta)
    assert sorted(start(tmp_path / "store")[1]) == sorted(restored)
    assert asides(tmp_path / "store") == set()


@pytest.mark.parametrize("kind", ["letter", "sent", "received", "mailbox", "telemetry"])
def test_what_can_be_read_again_comes_back(whole: Path, tmp_path: Path, kind: str) -> None:
    """As after an upgrade: what was set aside as newer is where it was, with all that belongs to it."""
    shutil.copytree(whole, tmp_path / "store")
    path = tmp_path / "store"
    before, restored = start(whole)
    mailbox, key = next(at for at in keys(path) if at[1].partition("/")[0] == kind)
    with contextlib.closing(apsw.Connection(str(path / "starlight.db"))) as connection:
        ((data,),) = connection.execute(
            "select data from saves where mailbox = ? and key = ?", (mailbox, key)
        )
    alter(path, "update saves set data = ? where mailbox = ? and key = ?", NEWER, mailbox, key)
    start(path)
    start(path)
    assert (mailbox, key) in asides(path)
    alter(path, "update quarantine set data = ? where mailbox = ? and key = ?", data, mailbox, key)
    assert start(path) == (before, restored)
    assert asides(path) == set()
    with contextlib.closing(SqliteStore(path)) as store, contextlib.closing(SqliteStore(whole)) as other:
        for each in other.records.mailboxes():
            assert store.records.conversations(each) == other.records.conversations(each)


def test_rows_that_fit_nowhere_are_set_aside(whole: Path, tmp_path: Path) -> None:
    """An entry without a letter, a key that nobody knows, times that are none; a lost entry is made anew."""
    shutil.copytree(whole, tmp_path / "store")
    path = tmp_path / "store"
    before, restored = start(whole)
    mailbox, letter = next((box, key) for box, key in keys(path) if key.startswith("letter/"))
    id = letter.removeprefix("letter/")
    alter(path, "update letters set id = 'gone' where mailbox = ? and id = ?", mailbox, id)
    alter(path, "insert into saves(mailbox, key, data) values('ipn:1.1', 'future/1', x'01')")
    alter(path, "insert into saves(mailbox, key, data) values('an application', 'future/1', x'01')")
    alter(path, "insert into seen(key, until) values('x', 'soon')")
    alter(path, "insert into facts(name, value) values('other', 'text')")
    assert start(path) == (before, restored)
    assert asides(path) == {
        (mailbox, "index/gone"), ("ipn:1.1", "future/1"), ("", "seen/x"), ("", "fact/other")
    }  # fmt: skip
    assert ("an application", "future/1") in keys(path)


def test_a_body_whose_place_is_lost_is_not_deleted(tmp_path: Path) -> None:
    """A row that no longer says where its body lies is set aside, and the segment stays."""
    from starlight.node.actions import Persist

    with contextlib.closing(SqliteStore(tmp_path, segment_from=10)) as store:
        store.commit([Persist("a", b"x" * 100, b"meta")])
    alter(tmp_path, "update bundles set start = 'nowhere'")
    with contextlib.closing(SqliteStore(tmp_path)) as store:
        assert store.restore() == []
        assert [each.key for each in store.quarantined()] == ["bundle/a"]
    assert [path.stat().st_size for path in (tmp_path / "segments").iterdir()] == [100]


def test_a_store_of_a_newer_starlight_is_refused_and_not_changed(whole: Path, tmp_path: Path) -> None:
    """Not a byte of any of its files is another afterwards, also where its log was not copied back."""
    shutil.copytree(whole, tmp_path / "store")
    path = tmp_path / "store"
    newer = apsw.Connection(str(path / "starlight.db"))
    newer.pragma("wal_autocheckpoint", 0)
    newer.execute("create table later(x); insert into later values(1); pragma user_version = 5")
    shutil.copytree(path, tmp_path / "copy")  # as a crash leaves it
    newer.close()

    def files() -> dict[str, bytes]:
        found = (tmp_path / "copy").rglob("*")
        # The index of the log is made anew by whoever reads it first; it says nothing that is not in the log.
        return {str(each): each.read_bytes() for each in found if each.is_file() and "-shm" not in each.name}

    before = files()
    for _ in range(2):
        with pytest.raises(StoreError, match=r"has version 5; this Starlight reads 1 to 4\. Open it with"):
            SqliteStore(tmp_path / "copy")
        with pytest.raises(StoreError, match="has version 5"):
            listing(tmp_path / "copy")
    after = files()
    assert {name for name in after if name not in before} <= {str(tmp_path / "copy" / "lock")}
    assert {name: after[name] for name in before} == before


def test_a_listing_reads_a_running_store(whole: Path, tmp_path: Path) -> None:
    """What is committed is listed while the store is open, and nothing is changed by that."""
    shutil.copytree(whole, tmp_path / "store")
    assert stores_in(tmp_path) == [tmp_path / "store"]
    _, restored = start(whole)
    with contextlib.closing(SqliteStore(tmp_path / "store")) as store:
        found = listing(tmp_path / "store")
        assert [each.key for each in found.bundles] == restored
        assert {each.name for each in found.mailboxes} == set(store.records.mailboxes())
        assert found.quarantined == []
