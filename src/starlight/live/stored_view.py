"""The bundles that a live node stores as they are shown (docs/reference/local-api.md)."""

from __future__ import annotations

import msgspec

from starlight.json_time import Time
from starlight.node.holding import HoldingCode


class HoldingView(msgspec.Struct, frozen=True):
    """A `Holding` as it is shown: `code`, `stuck`, `peer` and `until` are as there."""

    code: HoldingCode
    stuck: bool
    peer: int | None
    until: Time | None


class StoredBundle(msgspec.Struct, frozen=True):
    """A bundle that a node stores.

    Attributes:
        id: its key: the identity of its bundle; of a fragment or a copy with what tells it from the others.
        source, destination: endpoint ids.
        created: when it was made, by its source's clock; None where that has none.
        expires: when its lifetime ends.
        size_bytes: of it as it is stored.
        priority: ``bulk``, ``normal`` or ``expedited``.
        own: it was made here.
        held: why it is held.
        text: the same in words.
    """

    id: str
    source: str
    destination: str
    created: Time | None
    expires: Time
    size_bytes: int
    priority: str
    own: bool
    held: HoldingView
    text: str = ""


class StoredPage(msgspec.Struct, frozen=True):
    """Some of the bundles that a node stores, in the order in which they came.

    Attributes:
        bundles: those.
        next: what to ask for to be given those that follow; empty where there are none.
    """

    bundles: list[StoredBundle]
    next: str = ""
