"""How full a store is, to the last bundle and the last byte."""

from __future__ import annotations

from starlight.node.config import NodeLimits
from starlight.node.index import Index
from starlight.node.stored import Meta, Stored


def index_of(sizes: list[int]) -> Index:
    """Return the index of a store of 3 bundles and 100 bytes that holds bundles of some sizes."""
    index = Index(NodeLimits(bundles=3, store_bytes=100))
    for number, size in enumerate(sizes):
        meta = Meta(number, 0, 9, size, "ipn:9.1", "ipn:3.1", "dtn:none", 0, (1, number), size)
        index.add(Stored(f"ipn:9.1/1/{number}", meta, 3))
    return index


def test_a_store_has_room_up_to_its_limits() -> None:
    """The last bundle and the last byte that the limits allow have room, and nothing beyond them."""
    index = index_of([60])
    assert index.has_room(2, 40)
    assert not index.has_room(3, 40)
    assert not index.has_room(2, 41)
    assert not index.is_full(40)
    assert index.is_full(41)
    assert index_of([1, 1]).has_room(1, 98)
    assert not index_of([1, 1]).is_full(98)
    assert index_of([1, 1, 1]).is_full(0), "no bundle more, however small"
    assert index_of([1, 1, 1]).has_room(0, 97), "as when a bundle is replaced by one fragment"


def test_what_is_dropped_leaves_its_room() -> None:
    """A store that bundles come to and leave again is as empty as before."""
    index = index_of([60, 40])
    for stored in list(index.entries.values()):
        index.drop(stored)
    assert index.bytes == 0
    assert index.has_room(3, 100)
