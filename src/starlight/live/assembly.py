"""The parts of a daemon that take what its configuration says, put together."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence

from starlight.bundle import EndpointID
from starlight.contacts import FactValue, facts
from starlight.engine.node import Node
from starlight.live.clock import MissionClock
from starlight.live.config import DaemonConfig, fixed_light_s
from starlight.live.fact_exchange import FactExchange
from starlight.mailboxes.mailbox import MailboxLimits
from starlight.messages.correspondent import Maker
from starlight.neighbours.kinds import LinkKind, ThisNode
from starlight.neighbours.light import Light, fixed_light
from starlight.neighbours.link_driver import Tap
from starlight.neighbours.neighbours import Neighbours
from starlight.node.clock_offsets import tolerance_at
from starlight.node.events import Event
from starlight.postoffice.addresses import canonical
from starlight.postoffice.postoffice import PostOffice
from starlight.services.amendments import AmendmentService
from starlight.store.contract import Store
from starlight.trace import TraceEvent


def post_office_of(
    node: Node,
    store: Store,
    config: DaemonConfig,
    clock: MissionClock,
    correspondents: Sequence[Maker],
    amendments: AmendmentService,
) -> PostOffice:
    """Return the post office of a node, over the records of its store."""

    def fact(name: str) -> FactValue | None:
        found = facts(amendments.held.amendments()).get(name)
        return None if found is None else found.value

    return PostOffice(
        node.forecaster,
        MailboxLimits(
            part_bytes_of={
                canonical(each.address): each.part_bytes
                for each in config.residents
                if each.part_bytes is not None
            }
        ),
        records=store.records,
        node_numbers=config.node.names,
        booked=node.booked,
        correspondents=correspondents,
        entropy=secrets.token_bytes,
        clock_tolerance=tolerance_at(float(clock.fastest)),
        oldest_format=config.oldest_format,
        plain_text=config.plain_text,
        groups=config.groups,
        fact=fact,
        foreign_nodes=[peer.node for peer in config.peers if peer.foreign],
    )


def neighbours_of(
    config: DaemonConfig,
    clock: MissionClock,
    tell: Callable[[Event], None],
    say: Callable[[TraceEvent], None],
    facts: FactExchange,
    tap: Tap | None,
    kinds: Mapping[str, LinkKind],
) -> Neighbours:
    """Return the links of a node, which begin at `listen` and `reach`."""
    number = config.node.number
    name, largest = str(EndpointID.ipn(number, 0)), config.node.limits.bundle_bytes
    me = ThisNode(number, name, largest, clock.now, facts)
    light = Light(config.node.plan, fixed_light(number, config.peers))
    return Neighbours(me, config.peers, clock, light, tell, say, tap, kinds)


def amendment_service_of(config: DaemonConfig) -> AmendmentService:
    """Return what keeps the amendments of a node's plan, and passes them on to its peers."""
    return AmendmentService(
        config.node.number,
        config.node.plan,
        config.planners,
        greets=True,
        peers=[peer.node for peer in config.peers if not peer.foreign],
        fixed_light_s=fixed_light_s(config),
    )
