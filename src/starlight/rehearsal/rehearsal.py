"""A rehearsal: a scenario's whole network and all its people in virtual time.

The nodes are the ones that run live; what people do comes from the script, what is true from
the planner. A storm is noticed at some nodes, which amend the plan; what others believe is what has come
to them. The report counts what became of every letter, from the mailboxes and stores at the end and from
the trace on the way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import TextIO

from starlight.contacts import ContactPlan, Outage
from starlight.dtntime import DAY, to_text
from starlight.engine.applications import MAIL, Applications
from starlight.engine.host import Host, Recorder
from starlight.engine.node import Node
from starlight.engine.record import Recorder as RecordFile
from starlight.errors import DefectError, InputError
from starlight.mailboxes.known_formats import LATEST
from starlight.medium.impairments import Impairments
from starlight.medium.link_kinds import LinkKindName, links_called
from starlight.messages.trace_events import (
    CorrespondentTrouble,
    LetterResent,
    TelemetryArrived,
)
from starlight.node.application import Request, Restorable
from starlight.node.config import NodeConfig
from starlight.node.trace_events import BundleSubmitted
from starlight.planner.planner import announcements, known_plan, plan_channels
from starlight.planner.storms import Storm, planners, storms
from starlight.postoffice.postoffice import PostOffice
from starlight.rehearsal import script
from starlight.rehearsal.calls import Calls
from starlight.rehearsal.letter_count import LetterCount, count_groups
from starlight.rehearsal.outcome import RehearsalReport
from starlight.rehearsal.part_count import count_parts
from starlight.rehearsal.programs import left_out, program_openings, programs
from starlight.rehearsal.story import Story
from starlight.scenario.scenario import Scenario
from starlight.services.amendments import AmendmentService
from starlight.services.announcements import NAME as AMENDMENTS
from starlight.sim.entropy import entropy
from starlight.sim.holdings import held
from starlight.sim.promises import PromiseTrail, parts_of
from starlight.sim.referee import Referee
from starlight.sim.virtual_node import NodeSetup
from starlight.sim.world import VirtualWorld
from starlight.sky import Sky
from starlight.trace import Record

__all__ = ["Rehearsal", "RehearsalReport"]

PLAN_BEYOND = 40 * DAY
"""The plan reaches further than the rehearsal, or nobody would send what arrives after its end."""


class Rehearsal:
    """A scenario between two times, ready to run.

    Args:
        scenario: what is rehearsed.
        sky: the ephemeris.
        start, end: in ns.
        seed: moves what people do, and draws what is impaired.
        links: the kind of the links between nodes, as of `links_called`.
        impairments: of the medium; None for none.
        trace: takes the trace as JSON lines; None for nobody.
        record: takes the record of one node for a replay: its number and an open file.

    Raises:
        RangeError: the ephemeris does not cover the interval.
    """

    def __init__(
        self,
        scenario: Scenario,
        sky: Sky,
        start: int,
        end: int,
        *,
        seed: int = 0,
        trace: TextIO | None = None,
        record: tuple[int, TextIO] | None = None,
        links: LinkKindName = "space",
        impairments: Impairments | None = None,
    ) -> None:
        self.scenario, self.start, self.end, self.seed = scenario, start, end, seed
        # Beyond the end only as far as the ephemeris goes; an end past that is left to raise its error.
        self.channels = plan_channels(scenario, sky, start, max(end, min(end + PLAN_BEYOND, sky.covers[1])))
        self.story = Story(scenario)
        self.promises = PromiseTrail(impaired=impairments is not None)
        self._links, self._impairments = links, impairments
        self.resent = self.telemetry = self.bundles = self.records = 0
        self._trace, self._record = trace, record
        self._letters = LetterCount()
        self._refused: list[tuple[script.GroupChange, str]] = []
        self._troubles: list[Record] = []  # of correspondents
        self.world = self._make_world()
        self.referee = Referee(self.world)
        self.calls = Calls(scenario, self.world, start, end, office_of, _asked_of_mail)
        for storm in storms(scenario):
            self._let_loose(storm)
        for version, time in enumerate(announcements(self.channels, start), 1):
            if time < end:
                self.world.change_plan(time, known_plan(self.channels, time, version))
        self._changes = script.changes(scenario, start, end)
        for change in self._changes:
            self.world.call(change.time, change.node, partial(self._change_group, change))
        for opening in (*script.openings(scenario, start, end), *program_openings(scenario, start)):
            self.world.call(opening.time, opening.node, partial(_turn_mailbox, opening))

    def _let_loose(self, storm: Storm) -> None:
        """Cut what a storm cuts, and let those who notice it amend the plan: when it begins, when it ends."""
        if storm.end <= self.start or storm.start >= self.end:
            return
        self.world.cut(storm.links, storm.start, storm.end)
        for happens, believed in ((storm.start, storm.forecast_end), (storm.end, storm.end)):
            # A rehearsal that begins in a storm begins with what has been noticed by then.
            time = max(self.start, happens + storm.learned_after)
            if time < self.end:
                for node in storm.noticed_by:
                    self.world.call(time, node, partial(_notice, storm.outage(believed)))

    def _change_group(self, change: script.GroupChange, host: Host, now: int) -> Iterable[Request]:
        """Let a member change who is in a group; what is refused is told at the end."""
        groups = office_of(host).groups
        try:
            done = groups.change(change.address, change.group, None, change.add, change.remove, now)[1]
        except InputError as error:
            self._refused.append((change, str(error)))
            return []
        return _asked(host, MAIL, done)

    def _make_world(self) -> VirtualWorld:
        scenario = self.scenario
        plan, amending = known_plan(self.channels, self.start), planners(scenario)
        cast = script.rehearsed(scenario, self.start, self.end, self.seed)
        for number, makers in programs(scenario).items():
            cast.setdefault(number, []).extend(makers)
        groups = script.groups(scenario)

        def applications(random: Callable[[int], bytes], engine: Node) -> Applications:
            office = PostOffice(
                engine.forecaster,
                booked=engine.booked,
                correspondents=cast.get(engine.number, ()),
                entropy=random,
                oldest_format=LATEST,
                groups=groups,
            )
            amendments = AmendmentService(engine.number, engine.plan, amending)
            return _Applications(engine, self.promises, {MAIL: office, AMENDMENTS: amendments})

        setups = []
        for node in scenario.node:
            config = NodeConfig(number=node.number, plan=plan)
            record = self._recorder if self._records(node.number) else None
            make = partial(applications, entropy(self.seed, node.name))
            setups.append(NodeSetup(config, make, record, _change_base))
        # The channel obeys what truly is, announced or not; each node starts with what it knows then.
        truth = known_plan(self.channels, self.end)
        return VirtualWorld(
            truth,
            setups,
            start=self.start,
            trace=self._take,
            choose_link=links_called(self._links),
            impairments=self._impairments,
        )

    def _records(self, number: int) -> bool:
        return self._record is not None and self._record[0] == number

    def _recorder(self, config: NodeConfig) -> Recorder:
        assert self._record is not None  # Asked for only where there is one.
        file = self._record[1]
        return RecordFile(config, lambda line: file.write(line + "\n"))

    def run(self, progress: Callable[[int], object] | None = None) -> RehearsalReport:
        """Let the time pass and return what became of every letter; `seconds` is left to who has a clock.

        Args:
            progress: is told the mission time now and then.

        Raises:
            DefectError: a node broke.
        """
        try:
            self.world.run(self.end, progress)
        except DefectError as error:
            told = f"{error}. The scenario {self.scenario.name} with seed {self.seed} leads there again"
            raise DefectError(f"{told} from {to_text(self.start)}") from error
        return self._report()

    # From the trace.

    def _take(self, record: Record) -> None:
        self.records += 1
        if self._trace is not None:
            self._trace.write(record.line() + "\n")
        # The referee sees each record after it happened and changes nothing, so judging leaves the digest
        # alone.
        self.story.take(record)
        self.promises.take(record)
        self.referee.take(record)
        self.calls.take(record)
        self._letters.take(record)
        match record.event:
            case BundleSubmitted():
                self.bundles += 1
            case TelemetryArrived():
                self.telemetry += 1
            case LetterResent():
                self.resent += 1
            case CorrespondentTrouble():
                self._troubles.append(record)

    # At the end.

    def _report(self) -> RehearsalReport:
        world, scenario = self.world, self.scenario
        report = RehearsalReport(scenario.name, to_text(self.start), to_text(self.end), self.seed)
        report.links, report.impairments = self._links, _likelihoods(self._impairments)
        report.left_out = left_out(scenario)
        report.resent, report.telemetry = self.resent, self.telemetry
        report.bundles, report.records, report.digest = self.bundles, self.records, world.digest()
        report.contacts = sum(len(channel.contacts) for channel in self.channels)
        kept = held(world)
        offices: dict[int, PostOffice] = {}
        for node in world.nodes():
            host = world.host(node)
            assert host is not None  # A rehearsal of a scenario has no crashes.
            offices[node] = office_of(host)
            self._look_into(offices[node], report)
        self._letters.count(offices, kept, self.end, report)
        count_parts(offices, kept, self.end, report)
        count_groups(offices, report)
        report.group_changes = len(self._changes) - len(self._refused)
        for change, why in self._refused:
            report.tell(change.time, change.node, "", "group", f"{change.address} can't change it: {why}")
        for trouble in self._troubles:
            facts = ", ".join(f"{name} {fact}" for name, fact in trouble.event.facts().items())
            report.tell(trouble.time, trouble.node, "", trouble.kind, facts)
        for misstep in (*self.referee.finish(), *self.calls.missteps):
            report.tell(misstep.time, misstep.node, misstep.bundle, misstep.what, misstep.text)
        report.judge(self.promises.judge(self.end), self._letters.first_bundles())
        report.unpromised = self.promises.unpromised
        return report

    def _look_into(self, office: PostOffice, report: RehearsalReport) -> None:
        """Count what is in the mailboxes of a node, and whether it stands in order."""
        for box in office.mailboxes.values():
            received = box.inbox()
            report.inboxes[box.address] = len(received)
            latest: dict[tuple[str, str], int] = {}  # by conversation and hand
            for each in received:
                at = (each.group, each.sender)
                if each.written_at < latest.get(at, 0):
                    report.out_of_order += 1
                    told = f"{each.id} stands behind a later letter of the same hand in {box.address}"
                    report.tell(self.end, office.node, each.id, "order", told)
                latest[at] = each.written_at


def _likelihoods(impairments: Impairments | None) -> dict[str, float]:
    """Return how likely each impairment is, by name; nothing where there are none."""
    if impairments is None:
        return {}
    return {name: getattr(impairments, name) for name in ("loss", "duplication", "reordering")}


class _Applications(Applications):
    """The applications of a node, which let the rehearsal hear what the node promises."""

    def __init__(self, engine: Node, promises: PromiseTrail, members: Mapping[str, Restorable]) -> None:
        super().__init__(members)
        self._engine, self._promises = engine, promises

    def accepted(
        self, token: str, key: str, leaves: int | None, arrives: int | None, now: int
    ) -> list[Request]:
        parts = parts_of(self._engine.stored, key)
        self._promises.accept(key, self._engine.number, now, arrives, parts)
        return super().accepted(token, key, leaves, arrives, now)


def office_of(host: Host) -> PostOffice:
    """Return the post office of a node that is rehearsed."""
    assert isinstance(host.application, Applications)
    office = host.application.named(MAIL)
    assert isinstance(office, PostOffice)
    return office


def amendments_of(host: Host) -> AmendmentService:
    """Return the amendment service of a node that is rehearsed."""
    assert isinstance(host.application, Applications)
    service = host.application.named(AMENDMENTS)
    assert isinstance(service, AmendmentService)
    return service


def _asked_of_mail(host: Host, requests: Iterable[Request]) -> Iterable[Request]:
    return _asked(host, MAIL, requests)


def _turn_mailbox(opening: script.Opening, host: Host, now: int) -> Iterable[Request]:
    office = office_of(host)
    if opening.person is None:
        return _asked(host, MAIL, office.mailboxes.close(opening.address, now))
    return _asked(host, MAIL, office.mailboxes.open(opening.address, opening.person, now))


def _notice(outage: Outage, host: Host, now: int) -> Iterable[Request]:
    """Amend the plan by what is seen of a storm."""
    return _asked(host, AMENDMENTS, amendments_of(host).revise(outage, now)[1])


def _change_base(host: Host, plan: ContactPlan) -> Iterable[Request]:
    return _asked(host, AMENDMENTS, amendments_of(host).set_base(plan))


def _asked(host: Host, name: str, requests: Iterable[Request]) -> Iterable[Request]:
    assert isinstance(host.application, Applications)
    return host.application.asked(name, requests)
