"""The links in a node's file: where it listens, and how each peer is reached."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal

import msgspec

from starlight.bundle import EndpointID
from starlight.errors import InputError
from starlight.links import LARGEST_DATAGRAM, SHORTEST_KEEPALIVE_S, SMALLEST_DATAGRAM
from starlight.neighbours.address import LinkAddress, read_address
from starlight.neighbours.kinds import KINDS, DatagramKind
from starlight.neighbours.peer import PeerConfig
from starlight.node.admission import Admission, pattern
from starlight.scenario.network import Name

Number = Annotated[int, msgspec.Meta(ge=1, le=2**63 - 1)]
Light = Annotated[float, msgspec.Meta(ge=0, le=86_400)]


class PolicySpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The rules for what a peer offers; a rule that is left out keeps nothing out.

    Attributes:
        missing_primary_crc: a bundle without a CRC in its primary block is taken (RFC 9171, 4.3.1).
        sources, destinations: patterns of endpoints: ``ipn:20.1``, ``ipn:20.*``, ``dtn://ground/*``.
        bundle_bytes: the largest bundle that is taken.
        lifetime_s: how long a bundle may have left at most.
        critical: critical bundles are taken.
    """

    missing_primary_crc: bool = False
    sources: list[str] | None = None
    destinations: list[str] | None = None
    bundle_bytes: Annotated[int, msgspec.Meta(ge=1, le=64 << 20)] | None = None
    lifetime_s: Annotated[float, msgspec.Meta(ge=1, le=3_200_000_000)] | None = None
    critical: bool = True


class PeerSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A node that this one is connected to.

    Attributes:
        number, name, world: who it is; without a name or a world, as it tells itself, else on Mars.
        address: where it is reached, ``tcpcl://host:port`` or ``udpcl://host:port``; without one it calls us.
        connect: ``host:port``, short for ``tcpcl://host:port``.
        node_id: what it says in SESS_INIT; ``ipn:<number>.0`` when empty.
        foreign: it is not a Starlight node, so light time is imposed here in both directions.
        light_time_s: a fixed one-way light time in place of the plan's.
        policy: what is taken from it; a list names what is taken although a rule of RFC 9171 forbids it.
        datagram_max, keepalive_s, datagram_rate_bps: of ``udpcl``, as in `neighbours.peer.PeerConfig`.
    """

    number: Number
    name: str = ""
    world: Name | None = None
    connect: str = ""
    node_id: str = ""
    foreign: bool = False
    light_time_s: Light | None = None
    address: str = ""
    datagram_max: Annotated[int, msgspec.Meta(ge=SMALLEST_DATAGRAM, le=LARGEST_DATAGRAM)] | None = None
    keepalive_s: Annotated[int, msgspec.Meta(ge=0, le=86_400)] | None = None
    datagram_rate_bps: Annotated[int, msgspec.Meta(ge=1, le=10**12)] | None = None
    policy: list[Literal["missing_primary_crc"]] | PolicySpec = []


def host_port(text: str, where: str) -> tuple[str, int]:
    """Read ``host:port``.

    Raises:
        InputError: it is none.
    """
    # From the right, as an IPv6 address has colons of its own. Only ASCII, because isdigit is also true
    # of superscripts, on which int fails.
    host, _, port = text.rpartition(":")
    if not host or not (port.isascii() and port.isdigit()) or int(port) > 65_535:
        raise InputError(f"{text!r} is not host:port", where=where, right="Such is 127.0.0.1:4556")
    return host.removeprefix("[").removesuffix("]"), int(port)  # an IPv6 address wears brackets here


def read_listen(listen: str | list[str], where: str = "listen") -> tuple[LinkAddress, ...]:
    """Return the addresses at which a node listens.

    Raises:
        InputError: one is none, or is there twice; the message begins with `where`, the key.
    """
    texts = listen if isinstance(listen, list) else [listen] if listen else []
    found: list[LinkAddress] = []
    for index, text in enumerate(texts):
        key = f"{where}[{index}]" if isinstance(listen, list) else where
        # Without a protocol it is of TCPCL, as older files have it.
        if "://" in text:
            found.append(read_address(text, key, KINDS, port_0=True))
        else:
            found.append(LinkAddress("tcpcl", *host_port(text, key)))
        if found[-1].port and found[-1] in found[:-1]:
            raise InputError(f"{text!r} is there twice", where=key)
    return tuple(found)


def address_of(peer: PeerSpec, where: str = "") -> LinkAddress | None:
    """Return the address at which a peer is reached; None where it calls us.

    Raises:
        InputError: it is none, or there are two; the message names the key after `where`.
    """
    if peer.address and peer.connect:
        right = f"Give address = {'tcpcl://' + peer.connect!r} alone"
        raise InputError(f"there are both {peer.address!r} and connect", where=f"{where}address", right=right)
    if peer.connect:
        return LinkAddress("tcpcl", *host_port(peer.connect, f"{where}connect"))
    return read_address(peer.address, f"{where}address", KINDS) if peer.address else None


def peer_config(peer: PeerSpec) -> PeerConfig:
    """Return a peer as the links of a node take it."""
    return PeerConfig(
        peer.number,
        address_of(peer),
        peer.node_id,
        peer.foreign,
        peer.light_time_s,
        peer.datagram_max,
        peer.keepalive_s,
        peer.datagram_rate_bps,
    )


def names_of(peers: Iterable[PeerSpec]) -> dict[str, int]:
    """Return the node numbers of the peers that have names of the dtn scheme, by name."""
    scheme = "dtn://"
    return {
        peer.node_id.removeprefix(scheme).partition("/")[0]: peer.number
        for peer in peers
        if peer.node_id.startswith(scheme)
    }


def takes_without_crc(peer: PeerSpec) -> bool:
    """Return whether bundles of a peer are taken without a CRC in their primary block."""
    policy = peer.policy
    return policy.missing_primary_crc if isinstance(policy, PolicySpec) else bool(policy)


def check_policy(peer: PeerSpec, key: str) -> None:
    """Check the rules for what a peer offers.

    Raises:
        InputError: a pattern is none; the message names key and value, and what is one.
    """
    try:
        admission(peer)
    except InputError as error:
        raise InputError(error.what, where=f"{key}.{error.where}", right=error.right) from None


def admission(peer: PeerSpec) -> Admission | None:
    """Return the rules for what a peer offers; None where it has none.

    Raises:
        InputError: a pattern is none; the message names its place in the policy.
    """
    policy = peer.policy
    if not isinstance(policy, PolicySpec):
        return None
    lifetime_ms = None if policy.lifetime_s is None else round(policy.lifetime_s * 1000)
    rules = Admission(
        peer.number,
        _patterns(policy.sources, "sources"),
        _patterns(policy.destinations, "destinations"),
        policy.bundle_bytes,
        lifetime_ms,
        policy.critical,
    )
    return None if rules == Admission(peer.number) else rules


def _patterns(texts: list[str] | None, key: str) -> tuple[str, ...] | None:
    found = []
    for index, text in enumerate(texts or ()):
        try:
            found.append(pattern(text))
        except InputError as error:
            raise InputError(error.what, where=f"policy.{key}[{index}]", right=error.right) from None
    return None if texts is None else tuple(found)


def check_peer(peer: PeerSpec, listen: str | list[str], key: str) -> None:
    """Check how a peer is reached.

    Args:
        peer: of a node's file.
        listen: where the node listens.
        key: of the peer, for errors.

    Raises:
        InputError: it can't be reached so; the message names key, value and what is allowed.
    """
    address = address_of(peer, f"{key}.")
    if address is None or not isinstance(KINDS[address.scheme], DatagramKind):
        for name in ("datagram_max", "keepalive_s", "datagram_rate_bps"):
            if getattr(peer, name) is not None:
                right = "It is of udpcl; leave it out, or give an address of that"
                raise InputError(f"{name} = {getattr(peer, name)}", where=key, right=right)
        return
    if peer.keepalive_s and peer.keepalive_s < SHORTEST_KEEPALIVE_S:
        right = f"It is 0 for none, or at least {SHORTEST_KEEPALIVE_S} (RFC 7122, 3.4)"
        raise InputError(f"keepalive_s = {peer.keepalive_s}", where=key, right=right)
    if all(each.scheme != address.scheme for each in read_listen(listen)):
        told = f"a peer knows us by the address that we send from, and we listen on no {address.scheme}"
        right = f"Let `listen` be a list with another address, such as {address.scheme}://127.0.0.1:4556"
        raise InputError(told, where=f"{key}.address", right=right)


def check_address(text: str) -> None:
    """Refuse what is no address that anybody can have.

    Raises:
        InputError: it is no endpoint id, or the null endpoint.
    """
    if EndpointID.parse(text).is_null:
        raise InputError(f"{text!r} is nobody", right="Such are ipn:7.1, dtn://ground/")
