"""The entry that the engine keeps in memory of each stored bundle: an index entry, never its body."""

from __future__ import annotations

import msgspec

from starlight.bundle import EndpointID, age_growth
from starlight.dtntime import DAY
from starlight.errors import StarlightError, StoreError
from starlight.node.bundle_state import BundleState
from starlight.routing import Route


class Meta(msgspec.Struct, array_like=True, gc=False):
    """The record that is persisted beside a bundle's body.

    Attributes:
        order: ascending in the order in which the bundles came.
        arrives: when it came here, by light, in ns.
        expires: when its lifetime ends, in ns.
        size: of the stored body, in bytes.
        source, destination, report_to: endpoint ids as text.
        flags: bundle processing control flags.
        creation: milliseconds and sequence number.
        payload_bytes: of its payload.
        age_ms: its bundle age when it came; None when it has no such block.
        hops: its hop count as stored; None when it has no such block.
        fragment: offset and total length; None when it is whole.
        own: submitted by an application here.
        departed: whether its first transmission was begun; only kept for own bundles.
        handed_until: when light brings the acknowledgement of the next hop, which has it already.
        reported: its reception has been reported.
        report: of an administrative record addressed to this node, the status report.
        unsupported: a block that this node can't process asks for that to be reported.
        priority: how urgent it is here: 0 bulk, 1 normal, 2 expedited, as every critical bundle is.
        critical: a copy of it goes by every neighbour that a route leads over.
        copy_of: of such a copy, the identity of the bundle; its own key only tells it from the others.
        via: the one neighbour that it goes to, since the others get copies of their own.
        copied: no copies are made of it any more.
        settled: its application need not hear of its end: it has heard of that of another part, or
            the next hop has another copy.
    """

    order: int
    arrives: int
    expires: int
    size: int
    source: str
    destination: str
    report_to: str
    flags: int
    creation: tuple[int, int]
    payload_bytes: int
    age_ms: int | None = None
    hops: int | None = None
    fragment: tuple[int, int] | None = None
    own: bool = False
    departed: bool = False
    handed_until: int | None = None
    reported: bool = False
    report: bytes | None = None
    unsupported: bool = False
    priority: int = 1
    critical: bool = False
    copy_of: str | None = None
    via: int | None = None
    copied: bool = False
    settled: bool = False


_ENCODE = msgspec.msgpack.Encoder().encode
_DECODE = msgspec.msgpack.Decoder(Meta).decode
KNOWN_ON = 30 * DAY
"""How long a bundle is known again after its lifetime has ended here: as long as what people send twice."""
NOBODY: frozenset[int] = frozenset()


class Stored:
    """A stored bundle's index entry.

    Attributes:
        key: its identity.
        meta: what is persisted of it.
        node: the node that it is addressed to; None when that names no node that is known.
        state: where it stands; only the ledger moves it.
        route, epoch: its route as booked, and the count of the plan changes before that.
        ticket: while it is queued: its entry in the queue of the first contact of its route.
        peer: while it is under way: to whom.
        sender: who handed it in, as far as that is known: not of own bundles, nor after a restart.
        returned: another copy of it came and was acknowledged, so no late answer settles it.
        refused_by: peers that did not want it.
        copied_to: neighbours that it, or a copy of it, was to go by since the node started.
        failures: transfers of it that failed since the node started.
        returns: how often it came back after it had been handed on.
        uncut: it can't be replaced by fragments.
    """

    __slots__ = (
        "copied_to",
        "epoch",
        "failures",
        "key",
        "meta",
        "node",
        "peer",
        "refused_by",
        "returned",
        "returns",
        "route",
        "sender",
        "state",
        "ticket",
        "uncut",
    )

    def __init__(self, key: str, meta: Meta, node: int | None) -> None:
        self.key = key
        self.meta = meta
        self.node = node
        self.state = BundleState.HIDDEN
        self.route: Route | None = None
        self.epoch = 0
        self.ticket = 0
        self.peer = 0
        self.sender: int | None = None
        self.returned = False
        self.refused_by = NOBODY
        self.copied_to = NOBODY
        self.failures = 0
        self.returns = 0
        self.uncut = False


def identity(stored: Stored) -> str:
    """Return the identity of a bundle (`Bundle.id`): its key, unless it is one of several copies."""
    return stored.meta.copy_of or stored.key


def whole_of(key: str) -> str:
    """Return the identity of the bundle that a fragment, by its own identity, is a part of."""
    return key.rpartition("/")[0]


def identity_of_key(key: str) -> str:
    """Return the identity of the bundle that a key tells of; of a fragment that of the whole."""
    name, mark, neighbour = key.rpartition(">")
    identity = name if mark and neighbour.isdigit() else key
    return whole_of(identity) if "+" in identity.rpartition("/")[2] else identity


def whole_key(stored: Stored) -> str:
    """Return the identity of the bundle that a fragment is a part of; of a whole bundle its own."""
    return identity(stored) if stored.meta.fragment is None else whole_of(identity(stored))


def known_key(stored: Stored) -> str:
    """Return the key under which a bundle's application, or else its sender, knows it.

    A bundle that was submitted here may be kept in fragments, and a critical one in copies.
    """
    return whole_key(stored) if stored.meta.own else identity(stored)


def remembered_until(meta: Meta) -> int:
    """Return until when a bundle is known again that was delivered here, in ns.

    A late copy is not told by its dates alone, as those count for nothing where they can't be right.
    """
    return meta.expires + KNOWN_ON


def transfer_bytes(meta: Meta) -> int:
    """Return how many bytes a bundle has at most when it is sent on: its age is told only then."""
    return meta.size + (0 if meta.age_ms is None else age_growth(meta.age_ms))


def pack(meta: Meta) -> bytes:
    """Return a bundle's record as the bytes that are persisted."""
    return _ENCODE(meta)


def unpack(key: str, data: bytes) -> Meta:
    """Return the record of a restored bundle.

    Raises:
        StoreError: the bytes are not what `pack` made.
    """
    try:
        return _DECODE(data)
    except msgspec.MsgspecError as error:
        raise StoreError(f"the record of {key} in the store is not one of ours: {error}") from error


def readable(key: str, data: bytes) -> bool:
    """Return whether a bundle with this record can be restored."""
    try:
        meta = unpack(key, data)
        for endpoint in (meta.source, meta.destination, meta.report_to):
            EndpointID.parse(endpoint)
    except StarlightError:
        return False
    return True
