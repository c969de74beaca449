"""Stores that earlier versions wrote open with everything in them."""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import apsw
import msgspec
import pytest
from tests.messages.contents import conversations_of, letters_of, received_of, sent_of

from starlight.contacts.contact import Contact, constant_light
from starlight.contacts.plan import ContactPlan
from starlight.dtntime import HOUR, MINUTE, YEAR
from starlight.engine.host import Host
from starlight.engine.node import Node
from starlight.errors import StoreError
from starlight.mailboxes.index_entries import IndexEntry
from starlight.mailboxes.records import INDEX
from starlight.messages.dispatch import Sent
from starlight.messages.draft import Draft
from starlight.messages.letter import Letter
from starlight.node.application import Save
from starlight.node.config import NodeConfig, NodeLimits
from starlight.node.events import Remembered, Restored
from starlight.node.stored import unpack
from starlight.postoffice.postoffice import PostOffice
from starlight.store import quarantine
from starlight.store.record_rows import entry_row
from starlight.store.sqlite_store import SqliteStore
from starlight.words import doubt

FIXTURES = Path(__file__).parent / "fixtures"
FIRST, INDEXED = "first_release", "with_index"
START = 51 * YEAR
STORES = [(release, node) for release in (FIRST, INDEXED) for node in ("1", "2")]
Opened = tuple[SqliteStore, Node, PostOffice, dict[str, Any]]
RENAMED = {"flooded": "copied"}
"""Fields that have another name now; in a store they have places, not names."""


def window(id: int, from_node: int, to_node: int, start: int, end: int, bps: int) -> Contact:
    """Return a contact of the plan that was in force when the stores were written."""
    begin = START + start
    return Contact(id, from_node, to_node, begin, START + end, ((begin, bps),), constant_light(begin, 700.0))


def plan() -> ContactPlan:
    """Return the plan that was in force when the stores were written."""
    contacts: list[Contact] = []
    for start, end in ((0, HOUR), (3 * HOUR, 4 * HOUR)):
        contacts.append(window(len(contacts) + 1, 1, 2, start, end, 1_000_000))
        contacts.append(window(len(contacts) + 1, 2, 1, start, end, 1_000_000))
    for hour in range(20, 30):
        contacts.append(window(20 + hour, 1, 2, hour * HOUR, hour * HOUR + MINUTE, 1_000))
    contacts.append(window(90, 2, 1, 20 * HOUR, 23 * HOUR, 4_000))
    return ContactPlan.of(contacts)


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Unpack the stores and tell where they are."""
    folder = tmp_path_factory.mktemp("stores")
    for release in (FIRST, INDEXED):
        with tarfile.open(FIXTURES / release / "stores.tar.xz") as archive:
            archive.extractall(folder / release, filter="data")
    return folder


@pytest.fixture(params=STORES, ids="/".join)
def opened(request: pytest.FixtureRequest, stores: Path, tmp_path: Path) -> Iterator[Opened]:
    """Open a copy of each store in turn; give it with its office and what was in it."""
    release, node = request.param
    shutil.copytree(stores / release / node, tmp_path / "store")
    store = SqliteStore(tmp_path / "store")
    limits = NodeLimits(store_bytes=260_000) if node == "1" else NodeLimits()
    engine = Node(NodeConfig(int(node), plan(), limits))
    office = PostOffice(engine.forecaster, records=store.records, booked=engine.booked)
    office.resume(0)
    yield store, engine, office, expected_of(release)[node] | {"release": release}
    store.close()


def expected_of(release: str) -> dict[str, Any]:
    """Return what was in the stores of a release, by node."""
    expected: dict[str, Any] = json.loads((FIXTURES / release / "expected.json").read_text())
    return expected


LETTER_FIELDS = {"id", "thread", "sender", "to", "written_at", "text", "reply_to", "receipt_wanted"}


def short(letter: Letter) -> dict[str, Any]:
    """Return a letter as values, its text by digest; of what it could not say then, what it does say."""
    values = msgspec.structs.asdict(letter)
    says_nothing = Letter(id="", thread="", sender="", to="", written_at=0)
    later = {name for name in values if name not in LETTER_FIELDS}
    said = {name: value for name, value in values.items() if value != getattr(says_nothing, name)}
    known = {name: value for name, value in values.items() if name not in later or name in said}
    return {**known, "text": hashlib.sha256(letter.text.encode()).hexdigest()}


def told(sent: Sent, *, in_words: bool) -> dict[str, Any]:
    """Return what is known of a letter that was written as values, flat; its codes are words if asked."""
    known: dict[str, Any] = plain(msgspec.to_builtins(sent))
    for copy in known["dispatch"].get("copies", ()):
        assert copy.pop("chunk") == 0
    assert sent.parts == ()
    known |= known.pop("dispatch")
    for noun in ("expected", "confirmed", "attempts"):
        known |= known.pop(noun, {})
    known |= {f"first_{name}": time for name, time in known.pop("first", {}).items()}
    known |= {"pieces": known.pop("fragments")} if "fragments" in known else {}
    if sent.dispatch.doubtful and in_words:
        known["doubtful"] = doubt.doubtful(sent.dispatch.doubtful).text()
    if sent.dispatch.trouble and in_words:
        known["trouble"] = doubt.trouble(sent.dispatch.trouble).text()
    return known


def as_then(value: msgspec.Struct, then: dict[str, Any]) -> dict[str, Any]:
    """Return a value as it was told then; what could not be told then has its default."""
    now: dict[str, Any] = plain(msgspec.structs.asdict(value))
    for field in msgspec.structs.fields(value):
        if field.name not in then:
            assert now.pop(field.name) == plain(field.default)
    return now


def plain(value: object) -> Any:
    """Return a value as it comes back from JSON."""
    return json.loads(json.dumps(value))


def test_bundles_of_an_earlier_store_are_all_there(opened: Opened) -> None:
    """Every bundle comes back in its order with all that was kept beside it, its body byte for byte."""
    store, _, _, expected = opened
    restored = [event for event in store.restore() if isinstance(event, Restored)]
    assert [event.key for event in restored] == [bundle["key"] for bundle in expected["bundles"]]
    for event, bundle in zip(restored, expected["bundles"], strict=True):
        assert hashlib.sha256(store.body(event.key)).hexdigest() == bundle["body_sha256"]
        meta = plain(msgspec.structs.asdict(unpack(event.key, event.meta)))
        assert {name: meta[RENAMED.get(name, name)] for name in bundle["meta"]} == bundle["meta"]


def test_identities_time_and_counts_of_an_earlier_store_are_kept(opened: Opened) -> None:
    """Identities of bundles that are gone, mission time and the counts are as they were."""
    store, _, _, expected = opened
    seen = {event.key: event.until for event in store.restore() if isinstance(event, Remembered)}
    assert seen == expected["remembered"]
    assert store.mission_time() == expected["mission_time"]
    known = [sent for held in expected["mailboxes"].values() for sent in held["sent"].values()]
    carriers = sum(len(sent.get("copies", ())) for sent in known)
    more = carriers if expected["release"] == FIRST else 0
    assert store.counts() == expected["counts"] | {"saves": expected["counts"]["saves"] + more}
    for mailbox, key in expected["saves"]:
        assert store.records.get(mailbox, key) is not None


def test_mailboxes_of_an_earlier_store_hold_all_that_they_held(opened: Opened) -> None:
    """Every letter, all that is known of its way, every reading and every order is as it was."""
    _, _, office, expected = opened
    assert [box.address for box in office.mailboxes.values()] == sorted(expected["mailboxes"])
    for box in office.mailboxes.values():
        held = expected["mailboxes"][box.address]
        assert (box.person, box.is_open, box.opened_at) == (held["person"], held["open"], held["opened_at"])
        assert box.index.counter == held["counter"]
        assert sum(each.text_bytes for each in box.conversations()) == held["letter_bytes"]
        assert {id: short(letter) for id, letter in letters_of(box).items()} == held["letters"]
        words = expected["release"] == FIRST
        assert {id: told(sent, in_words=words) for id, sent in sent_of(box).items()} == held["sent"]
        received = {id: as_then(known, held["received"][id]) for id, known in received_of(box).items()}
        assert received == held["received"]
        assert box.unread() == held["unread"]
        conversations = {
            address: [letter.id for letter in letters] for address, letters in conversations_of(box).items()
        }
        assert conversations == held["conversations"]
        telemetry = {
            vehicle: [
                [at, as_then(seen, then)]
                for (at, seen), (_, then) in zip(
                    box.telemetry.readings(vehicle), held["telemetry"][vehicle], strict=True
                )
            ]
            for vehicle in box.telemetry.vehicles()
        }
        assert telemetry == held["telemetry"]


def test_a_node_goes_on_from_an_earlier_store(opened: Opened) -> None:
    """Receipts that are owed and letters that are due are seen to at the times that the earlier node had."""
    store, engine, office, expected = opened
    assert office.next_wakeup() == expected["office_wakeup"]
    host = Host(engine, office, store.body)
    step = host.resume(store.restore(), expected["mission_time"])
    writes = step.writes
    if expected["release"] == FIRST:
        writes = [w for w in writes if not isinstance(w, Save) or not w.key.startswith(INDEX)]
    assert len(writes) == expected["resumed"]["writes"]
    assert host.next_wakeup() == expected["resumed"]["wakeup"]


def test_an_index_is_built_once_and_stays(opened: Opened) -> None:
    """The first opening builds the index over letters, wholly; the next one finds it as it is."""
    store, _, office, _ = opened
    shown = {box.address: box.conversations() for box in office.mailboxes.values()}
    store.close()
    again = SqliteStore(store.path)
    try:
        for address, conversations in shown.items():
            found = again.records.conversations(address)
            assert sorted(each.correspondent for each in found) == sorted(
                c.correspondent for c in conversations
            )
            assert all(each in conversations for each in found)
    finally:
        again.close()


@pytest.mark.parametrize("at", range(1, 60, 7))
def test_a_crash_while_an_index_is_built_leaves_the_store_as_it_was(
    stores: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    """Whatever breaks the first opening, the store is what the earlier version wrote, and opens next time."""
    shutil.copytree(stores / FIRST / "1", tmp_path / "store")
    calls: list[IndexEntry] = []

    def breaks(entry: IndexEntry) -> object:
        calls.append(entry)
        if len(calls) == at:
            raise StoreError("the power went")
        return entry_row(entry)

    monkeypatch.setattr(quarantine, "entry_row", breaks)
    with contextlib.suppress(StoreError):
        SqliteStore(tmp_path / "store").close()
    monkeypatch.undo()
    with contextlib.closing(SqliteStore(tmp_path / "store")) as store:
        held = expected_of(FIRST)["1"]["mailboxes"]
        for address, box in held.items():
            letters = {each.correspondent: each.letters for each in store.records.conversations(address)}
            assert letters == {other: len(ids) for other, ids in box["conversations"].items()}


def test_a_damaged_letter_of_an_earlier_store_is_set_aside(stores: Path, tmp_path: Path) -> None:
    """A letter that can't be read when the index is built is listed; all others are there."""
    shutil.copytree(stores / FIRST / "1", tmp_path / "store")
    connection = apsw.Connection(str(tmp_path / "store" / "starlight.db"))
    connection.execute("update saves set data = x'00' where key = 'letter/ipn:1.1/1609437660/1'")
    connection.close()
    with contextlib.closing(SqliteStore(tmp_path / "store")) as store:
        asides = {(each.mailbox, each.key) for each in store.quarantined()}
        assert asides == {("ipn:1.1", f"{kind}/ipn:1.1/1609437660/1") for kind in ("letter", "sent")}
        held = expected_of(FIRST)["1"]["mailboxes"]["ipn:1.1"]
        found = sum(each.letters for each in store.records.conversations("ipn:1.1"))
        assert found == len(held["letters"]) - 1


def test_a_store_of_version_3_has_no_topics_and_all_its_letters(stores: Path, tmp_path: Path) -> None:
    """Its letters stand in the usual thread, in order, none starred or asked; a topic may begin then."""
    path = tmp_path / "store"
    shutil.copytree(stores / INDEXED / "1", path)
    with contextlib.closing(SqliteStore(path)):
        pass
    connection = apsw.Connection(str(path / "starlight.db"))
    for index in ("in_topics", "starred", "asks", "hidden"):
        connection.execute(f"drop index letters_{index}")
    for column in ("thread", "starred", "asks", "hidden"):
        connection.execute(f"alter table letters drop column {column}")
    connection.pragma("user_version", 3)
    connection.close()
    expected = expected_of(INDEXED)["1"]
    with contextlib.closing(SqliteStore(path)) as store:
        engine = Node(NodeConfig(1, plan()))
        office = PostOffice(engine.forecaster, records=store.records, entropy=lambda count: b"t" * count)
        now = expected["mission_time"]
        Host(engine, office, store.body).resume(store.restore(), now)
        for address, held in expected["mailboxes"].items():
            box = office.mailbox(address)
            assert box.topics.all() == []
            for other, ids in held["conversations"].items():
                shown = box.page(other, limit=len(ids)).letters
                assert [each.id for each in shown] == ids
                for letter in shown:
                    view = box.letter_view(letter.id, now)
                    assert (view.topic, view.starred, view.open_question) == ("", False, False)
        address, held = next((a, h) for a, h in expected["mailboxes"].items() if h["conversations"])
        other = next(iter(held["conversations"]))
        letter, _ = office.outbox.write(address, Draft(other, "New", topic_name="The garden"), now)
        (topic,) = office.mailbox(address).topics.all()
        assert (topic.name, topic.topic.letters) == ("The garden", 1)
        assert [each.id for each in office.mailbox(address).page(other, topic=letter.thread).letters] == [
            letter.id
        ]
