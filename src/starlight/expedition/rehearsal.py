"""A rehearsal: a scenario's whole network and all its people in virtual time.

The nodes are the ones that run live; what people do comes from the script, what is true from
the planner, what each world believes from `knowledge`. The report counts what became of
every letter, from the mailboxes and stores at the end and from the trace on the way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import TextIO

import msgspec

from starlight.dtntime import DAY, SECOND
from starlight.expedition import knowledge, script
from starlight.expedition.planner import known_plan, plan_channels
from starlight.expedition.scenario import Scenario
from starlight.expedition.story import Story
from starlight.messages import PostOffice, Request
from starlight.node.config import NodeConfig
from starlight.node.engine import Node
from starlight.node.host import Host, Recorder
from starlight.node.record import Recorder as RecordFile
from starlight.sim.world import Site, World
from starlight.sky import Sky
from starlight.trace import Record

PLAN_BEYOND = 40 * DAY
"""The plan reaches further than the rehearsal, or nobody would send what arrives after its end."""


class Report(msgspec.Struct):
    """What became of the letters of a rehearsal.

    Attributes:
        scenario, start, end, seed: what was rehearsed.
        sent: letters written; arrived: of those, shown in the mailbox of their address.
        waiting: stored or in flight at the end, whole; expired, withdrawn: as the words say.
        lost: none of these.
        shown_twice: arrivals of a letter that was there already.
        out_of_order: letters that stand in an inbox before one written earlier by the same hand.
        resent: how often a letter was sent again.
        compared: letters that met no storm and no change of the plan; their predicted and actual
            arrival at the destination's node differ by `worst_prediction_error_s` at most.
        met_storm: letters that were under way while their world's plan changed or a storm blew.
        telemetry: reports that arrived.
        bundles, contacts, records: how much was carried, over how many contacts, traced in how many lines.
        digest: SHA-256 over the trace; equal for equal seeds.
        inboxes: letters received by address.
        seconds: that it took, of the wall.
    """

    scenario: str
    start: str
    end: str
    seed: int
    sent: int = 0
    arrived: int = 0
    waiting: int = 0
    expired: int = 0
    withdrawn: int = 0
    lost: int = 0
    shown_twice: int = 0
    out_of_order: int = 0
    resent: int = 0
    compared: int = 0
    met_storm: int = 0
    worst_prediction_error_s: float = 0.0
    telemetry: int = 0
    bundles: int = 0
    contacts: int = 0
    records: int = 0
    digest: str = ""
    inboxes: dict[str, int] = {}
    seconds: float = 0.0


class _Letter(msgspec.Struct):
    """A letter's way as the trace tells it; times in ns."""

    id: str
    sender: str
    to: str
    written_at: int
    keys: list[str]
    predicted: int | None = None
    reached: int | None = None
    shown: int = 0
    ended: str = ""


class Rehearsal:
    """A scenario between two times, ready to run.

    Args:
        scenario: what is rehearsed.
        sky: the ephemeris.
        start, end: in ns.
        seed: moves what people do.
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
    ) -> None:
        self.scenario, self.start, self.end, self.seed = scenario, start, end, seed
        self.channels = plan_channels(scenario, sky, start, max(end, min(end + PLAN_BEYOND, sky.covers[1])))
        self.story = Story(scenario)
        self.resent = self.telemetry = self.bundles = self.records = 0
        self._trace, self._record = trace, record
        self._letters: dict[str, _Letter] = {}
        self._by_key: dict[str, str] = {}
        facts = knowledge.storms(scenario)
        self._changes = knowledge.changes(scenario, self.channels, facts, sky, start, end)
        self._disturbed = [(storm.start, storm.end) for storm in facts]
        self._disturbed += [(change.time, change.time) for change in self._changes]
        self.world = self._make_world()
        for storm in facts:
            if storm.end > start and storm.start < end:
                self.world.cut(storm.links, storm.start, storm.end)
        for change in self._changes:
            nodes = [node.number for node in scenario.node if node.world == change.world]
            self.world.change_plan(change.time, change.plan, nodes)
        for cue in script.cues(scenario, start, end, seed):
            self.world.call(cue.time, cue.node, partial(_act, cue.act))

    def _make_world(self) -> World:
        scenario = self.scenario
        plan = known_plan(self.channels, self.start)
        titles = scenario.titles()

        def office(engine: Node) -> PostOffice:
            return PostOffice(engine.config.number, engine.router, names=titles)

        sites = []
        for node in scenario.node:
            config = NodeConfig(number=node.number, plan=plan)
            sites.append(Site(config, office, self._recorder if self._records(node.number) else None))
        truth = known_plan(self.channels, self.end)
        return World(truth, sites, start=self.start, trace=self._take)

    def _records(self, number: int) -> bool:
        return self._record is not None and self._record[0] == number

    def _recorder(self, config: NodeConfig) -> Recorder:
        assert self._record is not None  # Asked for only where there is one.
        file = self._record[1]
        return RecordFile(config, lambda line: file.write(line + "\n"))

    def run(self, progress: Callable[[int], object] | None = None) -> Report:
        """Let the time pass and return what became of every letter; `seconds` is left to who has a clock.

        Args:
            progress: is told the mission time now and then.
        """
        self.world.run(self.end, progress)
        return self._report()

    # From the trace.

    def _take(self, record: Record) -> None:
        self.records += 1
        if self._trace is not None:
            self._trace.write(record.line() + "\n")
        self.story.take(record)
        kind, _, what = record.what.partition(".")
        if kind == "letter":
            self._take_letter(what, record)
        elif kind == "bundle":
            self._take_bundle(what, record)
        elif record.what == "telemetry.arrived":
            self.telemetry += 1

    def _take_letter(self, what: str, record: Record) -> None:
        facts = record.facts
        letter_id = str(facts["letter"])
        letter = self._letters.get(letter_id)
        if letter is None:
            written = facts["written_at"]
            assert isinstance(written, int)
            letter = _Letter(letter_id, str(facts["from"]), str(facts["to"]), written, [])
            self._letters[letter_id] = letter
        if what == "queued":
            key = str(facts["bundle"])
            letter.keys.append(key)
            self._by_key[key] = letter_id
            if letter.predicted is None and isinstance(facts["arrives"], int):
                letter.predicted = facts["arrives"]
        elif what == "arrived":
            letter.shown += 1
            letter.reached = record.time if letter.reached is None else letter.reached
            delay = script.reading_delay(self.scenario, self.seed, letter.to, letter_id)
            if delay is not None and record.time + delay < self.end:
                self.world.call(record.time + delay, record.node, partial(_read, letter.to, letter_id))
        elif what == "resent":
            self.resent += 1
        elif what in ("expired", "withdrawn"):
            letter.ended = what

    def _take_bundle(self, what: str, record: Record) -> None:
        if what == "submitted":
            self.bundles += 1
        elif what in ("unclaimed", "delivered"):
            letter_id = self._by_key.get(str(record.facts["bundle"]))
            if letter_id is not None and self._letters[letter_id].reached is None:
                self._letters[letter_id].reached = record.time

    # At the end.

    def _report(self) -> Report:
        world, scenario = self.world, self.scenario
        report = Report(scenario.name, "", "", self.seed)
        report.resent, report.telemetry = self.resent, self.telemetry
        report.bundles, report.records, report.digest = self.bundles, self.records, world.digest()
        report.contacts = sum(len(channel.contacts) for channel in self.channels)
        kept = {key for node in world.nodes() for key in world.store(node).bundles()}
        kept.update(world.one_way_in_flight())
        for letter in self._letters.values():
            report.sent += 1
            report.shown_twice += max(0, letter.shown - 1)
            if letter.shown:
                report.arrived += 1
            elif letter.ended:
                setattr(report, letter.ended, getattr(report, letter.ended) + 1)
            elif any(key in kept for key in letter.keys):
                report.waiting += 1
            else:
                report.lost += 1
            self._compare(letter, report)
        for node in world.nodes():
            host = world.host(node)
            assert host is not None  # A rehearsal of a scenario has no crashes.
            office = host.application
            assert isinstance(office, PostOffice)
            for box in office.mailboxes():
                received = box.inbox()
                report.inboxes[box.address] = len(received)
                latest: dict[str, int] = {}
                for each in received:
                    report.out_of_order += each.written_at < latest.get(each.sender, 0)
                    latest[each.sender] = each.written_at
        return report

    def _compare(self, letter: _Letter, report: Report) -> None:
        if letter.predicted is None or letter.reached is None:
            return
        last = max(letter.reached, letter.predicted)
        if any(start <= last and end >= letter.written_at for start, end in self._disturbed):
            report.met_storm += 1
            return
        report.compared += 1
        error = abs(letter.predicted - letter.reached) / SECOND
        report.worst_prediction_error_s = max(report.worst_prediction_error_s, error)


def _office(host: Host) -> PostOffice:
    assert isinstance(host.application, PostOffice)
    return host.application


def _act(act: script.Act, host: Host, now: int) -> Iterable[Request]:
    return act(_office(host), now)


def _read(address: str, letter_id: str, host: Host, now: int) -> Iterable[Request]:
    return _office(host).mark_read(address, letter_id, now)
