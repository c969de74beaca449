"""A scenario: who is where, with which links, and what happens; read from TOML.

The file's keys are the fields of the structs below. Times are ISO 8601, distances
and angles wear their unit in their name, nodes and people are referred to by name,
and an address is ``person@node``.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from starlight import dtntime
from starlight.errors import InputError
from starlight.scenario.happenings import (
    AnswerSpec,
    BeatSpec,
    DistressSpec,
    OutlookSpec,
    ReadSpec,
    StormSpec,
    TelemetrySpec,
)
from starlight.scenario.network import ConjunctionSpec, LinkSpec, Name, NodeSpec, WeatherSpec
from starlight.scenario.programs import PlacedCorrespondent
from starlight.scenario.worlds import WorldSpec, worlds_of
from starlight.worlds import World

Service = Annotated[int, msgspec.Meta(ge=1, le=2**63 - 1)]


class _Spec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pass


Days = Annotated[float, msgspec.Meta(gt=0, le=36_525)]
"""A century at most, so that no sum of them leaves the calendar."""

LIVED_FROM = "2000-01-01"
"""Bundles count their times from then (RFC 9171, 4.2.6): nothing can be lived through that begins before."""

FIRST, LAST = "2026-01-01", "2053-01-01"
"""What a scenario without a story covers: nearly to the end of DE421."""


class MailboxSpec(_Spec, frozen=True):
    """A mailbox of a person at a node.

    Attributes:
        node: where it is.
        opens: when the person claims the address; letters wait there until then.
        closes: when the person leaves; letters wait again.
        reads_after_min: how long after its arrival a letter is read; -1: only by a `read` event.
        away: pairs of times between which the person is elsewhere and, in a demo, neither reads nor answers.
    """

    node: Name
    opens: str = ""
    closes: str = ""
    reads_after_min: Annotated[float, msgspec.Meta(ge=-1, le=52_596_000)] = 30.0
    away: list[tuple[str, str]] = []


class PersonSpec(_Spec, frozen=True):
    """Someone who writes and reads, under the same service number wherever they have a mailbox."""

    id: Name
    name: str
    service: Service
    mailbox: list[MailboxSpec]
    role: str = ""


class GroupSpec(_Spec, frozen=True):
    """A group that its members know from the start; its people are addresses ``person@node``."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=60)]
    members: Annotated[list[str], msgspec.Meta(min_length=1, max_length=64)]


class MembershipSpec(_Spec, frozen=True):
    """A change of who is in a group, which a member makes.

    Attributes:
        at: when.
        group: its name.
        by: the mailbox of who makes it, ``person@node``.
        add, remove: mailboxes, ``person@node``.
    """

    at: str
    group: Annotated[str, msgspec.Meta(min_length=1, max_length=60)]
    by: str
    add: Annotated[list[str], msgspec.Meta(max_length=64)] = []
    remove: Annotated[list[str], msgspec.Meta(max_length=64)] = []


class PartSpec(_Spec, frozen=True):
    """A voice, a picture or a file that goes with a letter: how large it is, and what is said of it.

    To a rehearsal it does not matter what is in it, so its bytes are drawn; nobody could listen to them, so a
    demo leaves it out.

    Attributes:
        kind: what its reader does with it.
        bytes: its size, 16 MiB at most.
        seconds: how long it plays.
        name: of the file.
        media_type: such as ``audio/ogg``.
        transcript: what is said in it.
    """

    kind: Literal["file", "voice", "picture", "video"]
    bytes: Annotated[int, msgspec.Meta(ge=1, le=16_777_216)]
    seconds: Annotated[float, msgspec.Meta(gt=0, le=86_400)] | None = None
    name: Annotated[str, msgspec.Meta(max_length=60)] = ""
    media_type: Annotated[str, msgspec.Meta(min_length=3, max_length=127)] = "application/octet-stream"
    transcript: Annotated[str, msgspec.Meta(max_length=16_000)] = ""


class LetterSpec(_Spec, frozen=True, rename={"from_": "from"}):
    """A letter, or a series of them.

    Attributes:
        at: when it is written (the first of a series).
        from_: an address ``person@node``.
        to: such an address, or the name of a group.
        text: what it says; a series takes the texts in turn.
        every_days, last: makes it a series, until a date.
        priority: what is more urgent goes first.
        parts: what goes with it, with each of a series.
    """

    at: str
    from_: str
    to: str
    text: str | list[str]
    priority: Literal["bulk", "normal", "expedited"] = "normal"
    every_days: Days | None = None
    last: str = ""
    parts: Annotated[list[PartSpec], msgspec.Meta(max_length=8)] = []


class Scenario(_Spec, frozen=True):
    """Everything a rehearsal or a demo needs to know; nodes and links alone are enough for a plan.

    Attributes:
        node, link: who is where, and what joins them.
        name: of the scenario; the name of its file when empty.
        title: for people; the name when empty.
        start, end: what it covers; as far as the built-in ephemeris goes when empty.
        demo_at: where a demo opens, and what commands take for now; the start when empty.
        demo_since: from when a demo's past is lived through; `demo_at` when empty.
        person: who writes and reads.
        world: the worlds that are not built in, and other clocks for those that are.
        earth_home, mars_home: the nodes whose clocks the page shows for the two built-in worlds.
        earth_timezone: of the clock on Earth.
        landing: when sols begin to be counted.
        weather: foreseen, and so part of the plan; a storm comes as a surprise.
        conjunction: what the Sun does to links between the worlds; when absent, it only hides.
        terminal: radios by name, with the keys of the library's own file, next to the library's.
        pulse: letters that go on in a demo, up to `last` or without end: `every_days` apart, their texts in
            turn.
        answer: what people answer in a demo to what a visitor writes.
        outlook: what people in a demo know to be coming.
        distress: calls for help that a rehearsal tries.
        correspondent: programs with a mailbox that tell of a place.
    """

    node: list[NodeSpec]
    link: list[LinkSpec]
    name: Name = ""
    title: str = ""
    start: str = ""
    end: str = ""
    demo_at: str = ""
    demo_since: str = ""
    person: list[PersonSpec] = []
    world: list[WorldSpec] = []
    earth_home: Name | None = None
    mars_home: Name | None = None
    landing: str = "2000-01-01"
    letter: list[LetterSpec] = []
    group: list[GroupSpec] = []
    telemetry: list[TelemetrySpec] = []
    pulse: list[LetterSpec] = []
    answer: list[AnswerSpec] = []
    storm: list[StormSpec] = []
    weather: list[WeatherSpec] = []
    conjunction: ConjunctionSpec | None = None
    terminal: dict[str, dict[str, Any]] = {}
    read: list[ReadSpec] = []
    beat: list[BeatSpec] = []
    earth_timezone: str = "Asia/Seoul"
    outlook: list[OutlookSpec] = []
    distress: list[DistressSpec] = []
    membership: list[MembershipSpec] = []
    correspondent: list[PlacedCorrespondent] = []

    def completed(self, name: str) -> Scenario:
        """Return it with what its file leaves out, under a name unless it has its own."""
        start = self.start or FIRST
        begins = self.demo_at or start
        return msgspec.structs.replace(
            self,
            node=[msgspec.structs.replace(node, title=node.title or node.name) for node in self.node],
            name=self.name or name,
            title=self.title or self.name or name,
            start=start,
            end=self.end or LAST,
            demo_at=begins,
            demo_since=self.demo_since or begins,
        )

    def check_lived(self, start: int, where: str) -> None:
        """Check that people and bundles can live from a time in ns on.

        Args:
            where: the option or key that says it.

        Raises:
            InputError: it is before bundles can tell times.
        """
        if start < dtntime.from_text(LIVED_FROM):
            right = f"Bundles count their times from {LIVED_FROM} (RFC 9171, 4.2.6); begin then or later"
            raise InputError(f"{dtntime.to_text(start)} is too early to live in", where=where, right=right)

    def node_named(self, name: str) -> NodeSpec:
        """Return a node by its name; the scenario was checked, so it is there."""
        return next(node for node in self.node if node.name == name)

    def worlds(self) -> dict[str, World]:
        """Return the worlds that a node is on, or whose home is named, by name: the built-in ones first."""
        homes = {"earth": self.earth_home, "mars": self.mars_home}
        return worlds_of(self.world, self.node, homes, self.earth_timezone, self.landing)

    def storm_world(self, storm: StormSpec) -> str:
        """Return the name of the world that notices a storm first."""
        ends = [self.node_named(name).world for pair in storm.links for name in pair]
        first = next(iter(self.worlds()))
        return storm.world or next((world for world in ends if world != first), first)

    def noticed_by(self, storm: StormSpec) -> list[str]:
        """Return the names of the nodes that notice a storm, and amend the plan."""
        ends = dict.fromkeys(name for pair in storm.links for name in pair)
        world = self.storm_world(storm)
        there = [name for name in ends if self.node_named(name).world == world]
        # A storm may be said to blow over a world on which none of its links ends.
        return storm.noticed_by or there or list(ends)

    def wire_light_s(self) -> dict[frozenset[str], float]:
        """Return the light time of the shortest wire between two worlds, in s, of which one is no body."""
        bodies = {name for name, world in self.worlds().items() if world.body}
        on = {node.name: node.world for node in self.node}
        found: dict[frozenset[str], float] = {}
        for link in self.link:
            pair = frozenset(on[name] for name in link.between)
            if link.kind == "wire" and len(pair) == 2 and not pair <= bodies:
                found[pair] = min(link.light_time_s, found.get(pair, link.light_time_s))
        return found

    def titles(self) -> dict[int, str]:
        """Return the title of each node by its number."""
        return {node.number: node.title for node in self.node}

    def address(self, place: str) -> str:
        """Return the endpoint id of ``person@node``, or of a program ``id@node``."""
        id, _, node_name = place.partition("@")
        services = {person.id: person.service for person in self.person}
        services |= {program.id: program.service for program in self.correspondent}
        return f"ipn:{self.node_named(node_name).number}.{services[id]}"

    def period(self) -> tuple[int, int]:
        """Return start and end in ns."""
        return dtntime.from_text(self.start), dtntime.from_text(self.end)

    def conjunction_limit_deg(self) -> float:
        """Return the angle below which nothing is sent past the Sun; 2 degrees unless the scenario says."""
        # A limit of 0 lets links go on; what people are told of a conjunction still needs an angle.
        rule = self.conjunction
        return rule.blackout_below_deg if rule and rule.blackout_below_deg else 2.0
