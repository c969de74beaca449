"""Tell which bundles a world holds: whole, as a copy, or in fragments that lie in several stores."""

from __future__ import annotations

from collections.abc import Iterator

from starlight.bundle import missing, parse
from starlight.node.events import Restored
from starlight.node.stored import unpack, whole_of
from starlight.sim.world import VirtualWorld


def held(world: VirtualWorld) -> frozenset[str]:
    """Return the identities of the bundles of which every byte is in a store, or flies where nobody answers.

    A bundle that was cut is held as long as its pieces, wherever each of them is, leave no gap.
    """
    found: set[str] = set()
    pieces: dict[tuple[str, int], list[tuple[int, int]]] = {}
    for key, extent, length in (*_stored(world), *_flying(world)):
        found.add(key)
        if extent is not None:
            pieces.setdefault((whole_of(key), extent[1]), []).append((extent[0], length))
    found.update(whole for (whole, total), extents in pieces.items() if not missing(extents, total))
    return frozenset(found)


_Piece = tuple[str, tuple[int, int] | None, int]
"""The identity of a bundle; of a fragment its offset and the total length; bytes of its payload."""


def _stored(world: VirtualWorld) -> Iterator[_Piece]:
    for node in world.nodes():
        for event in world.store(node).restore():
            if isinstance(event, Restored):
                meta = unpack(event.key, event.meta)
                yield meta.copy_of or event.key, meta.fragment, meta.payload_bytes


def _flying(world: VirtualWorld) -> Iterator[_Piece]:
    for data in world.links.released_in_transit():
        bundle = parse(data)
        head = bundle.primary
        whole = head.fragment_offset is None or head.total_length is None
        extent = None if whole else (head.fragment_offset or 0, head.total_length or 0)
        yield bundle.id, extent, len(bundle.payload)
