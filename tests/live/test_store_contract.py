"""What the engine and its hosts may ask of any store: the durable one, and the simulator's in memory."""

from __future__ import annotations

import msgspec
import pytest

from starlight.errors import StoreError
from starlight.live.store import Store
from starlight.node.actions import Forget, Persist, Update
from starlight.node.events import Remembered, Restored


class Saved(msgspec.Struct, frozen=True):
    """What an application wants kept."""

    mailbox: str
    key: str
    data: bytes


@pytest.fixture(params=["live", "memory"])
def store(request, tmp_path):
    """Give each store in turn."""
    if request.param == "memory":
        memory = pytest.importorskip("starlight.sim.store", reason="the simulator's store is not there")
        yield memory.MemoryStore()
        return
    durable = Store(tmp_path / "data", segment_from=1000)
    yield durable
    durable.close()


def bundles(store):
    """Return what a store would restore of bundles."""
    return [(event.key, event.meta) for event in store.restore() if isinstance(event, Restored)]


def remembered(store):
    """Return the identities that a store remembers."""
    return {event.key: event.until for event in store.restore() if isinstance(event, Remembered)}


def test_a_persisted_bundle_is_given_back(store):
    """A persisted bundle's body is read back, and restored with the last meta."""
    store.commit([Persist("a", b"body of a", b"meta 1")])
    assert store.body("a") == b"body of a"
    store.commit([Update("a", b"meta 2")])
    assert bundles(store) == [("a", b"meta 2")]
    assert store.body("a") == b"body of a"


def test_a_large_body_is_given_back(store):
    """A body of any size is read back whole."""
    body = bytes(range(256)) * 40
    store.commit([Persist("large", body, b"m"), Persist("small", b"s", b"m")])
    assert store.body("large") == body
    assert store.body("small") == b"s"


def test_bundles_are_restored_in_the_order_of_their_first_commit(store):
    """Restored bundles come in the order in which they were persisted; an update does not move one."""
    for name in ("c", "a", "b"):
        store.commit([Persist(name, name.encode(), b"m")])
    store.commit([Update("c", b"later")])
    assert [key for key, _ in bundles(store)] == ["c", "a", "b"]


def test_a_forgotten_bundle_leaves_only_its_identity(store):
    """Drop a stored bundle, but remember its identity, so that a duplicate is known as one."""
    store.commit([Persist("a", b"x", b"m"), Persist("b", b"y" * 5000, b"m")])
    store.commit([Forget("a", 77), Forget("b", 78)])
    assert bundles(store) == []
    assert remembered(store) == {"a": 77, "b": 78}
    for key in ("a", "b"):
        with pytest.raises(StoreError):
            store.body(key)


def test_an_identity_can_be_remembered_without_a_bundle(store):
    """Forgetting what was never stored, such as a bundle delivered at once, remembers it all the same."""
    store.commit([Forget("never stored", 5)])
    assert remembered(store) == {"never stored": 5}


def test_writes_of_one_batch_count_in_their_order(store):
    """In one commit a later write of a key overrides an earlier one."""
    store.commit(
        [
            Persist("a", b"x", b"1"),
            Update("a", b"2"),
            Persist("b", b"x", b"1"),
            Update("b", b"2"),
            Forget("b", 9),
            Saved("nan-young", "letter", b"first"),
            Saved("nan-young", "letter", b"second"),
        ]
    )
    assert bundles(store) == [("a", b"2")]
    assert remembered(store) == {"b": 9}
    assert [tuple(save) for save in store.saves()] == [("nan-young", "letter", b"second")]


def test_saves_come_back_in_the_order_of_first_saving(store):
    """What mailboxes saved comes back with its last data, in the order of first saving."""
    store.commit([Saved("jay", "2", b"a"), Saved("jay", "1", b"b"), Saved("nan-young", "2", b"c")])
    store.commit([Saved("jay", "2", b"d")])
    assert [tuple(save) for save in store.saves()] == [
        ("jay", "2", b"d"),
        ("jay", "1", b"b"),
        ("nan-young", "2", b"c"),
    ]


def test_an_unknown_bundle_is_an_error(store):
    """A body that is not stored is an error of the store, never an empty answer."""
    with pytest.raises(StoreError):
        store.body("nobody")
