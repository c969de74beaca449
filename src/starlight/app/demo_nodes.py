"""The nodes of a demo: a daemon for each node of the scenario, joined over loopback."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from starlight.app.demo_folder import DemoFolder, Say
from starlight.app.demo_people import DemoPeople
from starlight.contacts import ContactPlan
from starlight.live.clock import MissionClock
from starlight.live.daemon import Daemon, DaemonConfig, Resident
from starlight.mailboxes.known_formats import LATEST
from starlight.messages.correspondent import Maker
from starlight.neighbours.address import LinkAddress
from starlight.neighbours.peer import PeerConfig
from starlight.node.config import NodeConfig
from starlight.planner.storms import Storm, planners
from starlight.rehearsal import script
from starlight.rehearsal.programs import program_names
from starlight.rehearsal.script import Opening
from starlight.scenario.network import NodeSpec
from starlight.scenario.scenario import Scenario

CONNECTED_WITHIN_S = 15.0
"""Loopback connects in milliseconds; a machine under heavy load may need seconds."""


class DemoNodes:
    """The daemons of a scenario's nodes.

    Args:
        scenario: what is played.
        folder: where the stores are.
        people: who lives at the nodes.
        cast: make those who write, report, read and answer there, by node number.
        clock: of the mission, the same for all.
        record: a folder for the record of each node, or None.
    """

    def __init__(
        self,
        scenario: Scenario,
        folder: DemoFolder,
        people: DemoPeople,
        cast: Mapping[int, Sequence[Maker]],
        clock: MissionClock,
        record: Path | None,
    ) -> None:
        self._scenario = scenario
        amending = tuple(planners(scenario))
        self.daemons: dict[int, Daemon] = {}
        for node in scenario.node:
            config = DaemonConfig(
                node=NodeConfig(number=node.number),
                data=str(folder.store_of(node.name)),
                peers=tuple(PeerConfig(number) for number in self._neighbours(node)),
                residents=tuple(self._residents(node, people)),
                record=str(record / f"{node.name}.jsonl") if record is not None else None,
                oldest_format=LATEST,
                planners=amending,
                groups=script.groups(self._scenario),
            )
            self.daemons[node.number] = Daemon(config, clock, correspondents=cast.get(node.number, ()))

    def _neighbours(self, node: NodeSpec) -> list[int]:
        """Return the numbers of the nodes that a link joins to a node, each once."""
        names = [name for link in self._scenario.link if node.name in link.between for name in link.between]
        return list(
            dict.fromkeys(self._scenario.node_named(name).number for name in names if name != node.name)
        )

    def _residents(self, node: NodeSpec, people: DemoPeople) -> list[Resident]:
        """Return who lives at a node for good: its people, and itself where it sends telemetry."""
        found = [
            Resident(f"ipn:{node.number}.{person.service}", person.name)
            for person in people.staying(node.name)
        ]
        vehicle = script.vehicle_address(node.number)
        if vehicle in script.vehicles(self._scenario):
            found.append(Resident(vehicle, node.title))
        named = program_names(self._scenario)
        return found + [Resident(at, name) for at, (name, home) in named.items() if home == node.name]

    async def start(self, plan: ContactPlan) -> None:
        """Start all nodes with a plan; what amends it is in their stores."""
        addresses: dict[int, LinkAddress] = {}
        for number, daemon in self.daemons.items():
            # Each node calls those that started before it and
            # is called by the rest: one connection for a link.
            await daemon.start(plan=plan, addresses=addresses)
            addresses[number] = daemon.listening[0]  # It listens on a free port.

    async def connected(self, say: Say) -> None:
        """Wait until every node has its sessions, so that no mission time passes before; but not for ever."""
        pending = dict(self.daemons)
        changed = asyncio.Event()
        ends = [daemon.subscribe(changed.set) for daemon in self.daemons.values()]
        try:
            async with asyncio.timeout(CONNECTED_WITHIN_S):
                while pending:
                    changed.clear()
                    for number, daemon in list(pending.items()):
                        if len(daemon.status().connected) == len(daemon.config.peers):
                            del pending[number]
                    if pending:
                        await changed.wait()
        except TimeoutError:
            names = ", ".join(self._scenario.titles()[number] for number in pending)
            say(f"Not all links came up: {names}. The mission goes on; they are tried again.")
        finally:
            for end in ends:
                end()

    async def turn_mailbox(self, opening: Opening) -> None:
        """Open a mailbox, or close it; as it stands already changes nothing."""
        daemon = self.daemons[opening.node]
        if opening.person is not None:
            await daemon.mail.open(opening.address, opening.person)
        elif any(box.address == opening.address and box.is_open for box in daemon.office.mailboxes.values()):
            await daemon.mail.close(opening.address)

    async def change_plan(self, plan: ContactPlan) -> None:
        """Let all nodes go by another base plan."""
        for daemon in self.daemons.values():
            await daemon.change_plan(plan)

    async def end(self, storm: Storm, now: int) -> None:
        """Let those who hold a storm of some links for not over yet say that it ended, at a time in ns."""
        for number in storm.noticed_by:
            daemon = self.daemons[number]
            for outage in daemon.plan.outages():
                if outage.links == storm.links and outage.text == storm.text and outage.end > now:
                    await daemon.plan.revise(msgspec.structs.replace(outage, end=max(now, outage.start)))

    def cut(self, links: tuple[tuple[int, int], ...]) -> None:
        """Let these links carry nothing, and all others carry again."""
        for daemon in self.daemons.values():
            daemon.cut(links)

    async def stop(self) -> None:
        """Stop all nodes."""
        for daemon in self.daemons.values():
            await daemon.stop()
