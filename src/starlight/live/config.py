"""The configuration of a daemon and of its peers, and the status that it reports."""

from __future__ import annotations

import msgspec

from starlight.bundle import EndpointID
from starlight.json_time import Time
from starlight.node.config import NodeConfig


class Resident(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A person, or a vehicle, with a mailbox at this node.

    Attributes:
        address: an endpoint id of this node, as text.
        person: the name.
    """

    address: str
    person: str


class PeerConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A node that we are connected to.

    Attributes:
        node: its number (allocator * 2**32 + node, RFC 9758).
        host, port: where it listens; without a port it calls us.
        node_id: what its SESS_INIT says; ``ipn:<node>.0`` when empty.
        foreign: it is not a Starlight node, so the light time to it is imposed here: what we send
            is held for the light time, and what it sends is taken to have left when it came.
        fixed_light_s: one-way light time both ways in s, in place of the plan's.
    """

    node: int
    host: str = "127.0.0.1"
    port: int | None = None
    node_id: str = ""
    foreign: bool = False
    fixed_light_s: float | None = None

    @property
    def name(self) -> str:
        """Return the node id that its SESS_INIT must say."""
        return self.node_id or str(EndpointID.ipn(self.node, 0))


class DaemonConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The configuration of one live node.

    Attributes:
        node: the engine's own configuration.
        data: the directory of the store.
        peers: whom this node is connected to.
        listen: where peers may connect, host and port, 0 for any free one; None for nowhere.
        residents: whose mailboxes are opened at the start.
        record: a file for the events and actions of this run, for a replay; None for none.
        trace: a file to which the trace is appended as JSON lines; None for none.
    """

    node: NodeConfig
    data: str
    peers: tuple[PeerConfig, ...] = ()
    listen: tuple[str, int] | None = ("127.0.0.1", 0)
    residents: tuple[Resident, ...] = ()
    record: str | None = None
    trace: str | None = None


class DaemonStatus(msgspec.Struct, frozen=True):
    """The status of a daemon.

    Attributes:
        node: its number.
        time: mission time, in ns.
        rate: seconds of mission time per second of the wall.
        port: where it listens; None when it does not.
        up: the peers that can be sent to now.
        connected: the peers with a session, even if the link is cut.
        stored: of the store: ``bundles``, ``bytes``, ``remembered``, ``saves``.
        syncs: how often the disk was asked to make something durable.
        commits: how many transactions that were.
        received, sent, acknowledged, refused: bundles over links since the start.
        defects: events whose handling broke; the log has them.
        plan_version: of the contact plan in force.
    """

    node: int
    time: Time
    rate: float
    port: int | None
    up: list[int]
    connected: list[int]
    stored: dict[str, int]
    syncs: int
    commits: int
    received: int
    sent: int
    acknowledged: int
    refused: int
    defects: int
    plan_version: int
