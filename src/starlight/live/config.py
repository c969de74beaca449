"""The configuration of a daemon, and the status that it reports."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from starlight.contacts import FactDisagreement, Said
from starlight.dtntime import SECOND
from starlight.json_time import Time
from starlight.messages.group import Group
from starlight.neighbours.address import LinkAddress
from starlight.neighbours.link_status import LinkStatus
from starlight.neighbours.peer import PeerConfig
from starlight.node.config import NodeConfig

ANSWER_S = 600.0
"""Seconds of the wall for which a peer's answer may be late at least, however fast mission time goes:
ten minutes, because a machine that sleeps or a full disk keeps a peer from answering that long."""


class Resident(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A person, or a vehicle, with a mailbox at this node.

    Attributes:
        address: an endpoint id of this node, as text.
        person: the name.
        part_bytes: of voices, pictures and files that the mailbox may hold; None for `MailboxLimits`'.
    """

    address: str
    person: str
    part_bytes: int | None = None


class ServiceKind(StrEnum):
    """The services that a daemon runs besides the mailboxes."""

    ECHO = "echo"
    DISCARD = "discard"
    SOURCE = "source"


class ServiceConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A service of this node.

    Attributes:
        number: its service number.
        kind: what it is.
        to: of a source, the endpoint id that it sends to, as text.
        size_bytes: of a source, how much it sends each time.
        every_s: of a source, how often, in s of mission time.
        lifetime_s: of a source, how long each bundle is worth carrying, in s.
    """

    number: int
    kind: ServiceKind
    to: str = ""
    size_bytes: int = 0
    every_s: float = 0.0
    lifetime_s: float = 0.0


class DaemonConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The configuration of one live node.

    Attributes:
        node: the engine's own configuration.
        data: the directory of the store.
        peers: whom this node is connected to.
        listen: where peers may reach it; nowhere where empty.
        residents: whose mailboxes are opened at the start.
        services: what else is at this node.
        record: a file for the events and actions of this run, for a replay; None for none.
        trace: a file to which the trace is appended as JSON lines; None for none.
        oldest_format: of letters to those who have not been heard from, 1 or 2.
        groups: that people here are in from the start.
        plain_text: addresses of which it is set that they are written to in plain text, or that they are not.
        planners: the numbers of the nodes whose amendments of the plan are believed.
        facts: of the mission, as its file has them, by name, the most important first.
    """

    node: NodeConfig
    data: str
    peers: tuple[PeerConfig, ...] = ()
    listen: tuple[LinkAddress, ...] = (LinkAddress("tcpcl", "127.0.0.1", 0),)
    residents: tuple[Resident, ...] = ()
    record: str | None = None
    trace: str | None = None
    services: tuple[ServiceConfig, ...] = ()
    oldest_format: int = 1
    plain_text: dict[str, bool] = {}
    groups: tuple[Group, ...] = ()
    planners: tuple[int, ...] = ()
    facts: dict[str, Said] = {}


def fixed_light_s(config: DaemonConfig) -> dict[tuple[int, int], float]:
    """Return the light times in s that a node imposes whatever its plan says, by directed link."""
    number = config.node.number
    return {
        link: peer.fixed_light_s
        for peer in config.peers
        if peer.fixed_light_s is not None
        for link in ((number, peer.node), (peer.node, number))
    }


class DaemonStatus(msgspec.Struct, frozen=True):
    """The status of a daemon.

    Attributes:
        node: its number.
        time: mission time, in ns.
        rate: seconds of mission time per second of the wall.
        port: of the first address at which it listens; None when it does not.
        up: the peers that can be sent to now.
        connected: the peers with a link, even if it is cut.
        stored: of the store: ``bundles``, ``bytes``, ``remembered``, ``saves``.
        syncs: how often the disk was asked to make something durable.
        commits: how many transactions that were.
        received, sent: bundles over links since the start.
        acknowledged, refused: of those that came, as their senders were told; not every link tells.
        defects: events whose handling broke; the log has them.
        plan_version: of the contact plan in force.
        listening: the addresses at which it listens.
        links: how the links with each peer stand.
        strangers: datagrams that came from addresses of no peer, and were ignored.
        amendments: the digest of the amendments that are held, as all nodes that hold the same call them.
        amended_by: which they are, such as ``10:1-4 20:1``.
        plan_file: why the plan's file, which has changed, is not taken; empty where it is.
        facts: of the mission, as they hold here, by name.
        facts_differ: where sources of them differ.
        clock_trouble: in which way the machine's clock is not the one that the node goes by: ``ahead`` or
            ``behind`` at the start, or ``set`` since; empty where it is.
        clock_apart_s: by how much the machine's is ahead of the node's then, in s.
        expiry_held: nothing that is stored expires for now, as the clock may have jumped.
        disk: what the store's disk wants, in words; empty while it has room.
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
    listening: list[str] = []
    links: list[LinkStatus] = []
    strangers: int = 0
    amendments: str = ""
    amended_by: str = ""
    plan_file: str = ""
    facts: dict[str, Said] = {}
    facts_differ: list[FactDisagreement] = []
    clock_trouble: str = ""
    clock_apart_s: float = 0.0
    expiry_held: bool = False
    disk: str = ""


def patient(config: DaemonConfig, rate: float) -> DaemonConfig:
    """Return a configuration whose answers may be late by `ANSWER_S` of the wall at least, at a rate."""
    limits = config.node.limits
    margin = max(limits.answer_margin, round(ANSWER_S * SECOND * rate))
    node = msgspec.structs.replace(config.node, limits=msgspec.structs.replace(limits, answer_margin=margin))
    return msgspec.structs.replace(config, node=node)
