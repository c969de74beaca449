"""A scenario: who is where, with which links, and what happens; read from TOML.

The file's keys are the fields of the structs below. Times are ISO 8601, distances
and angles wear their unit in their name, nodes and people are referred to by name,
and an address is ``person@node``. Everything wrong is an `InputError` that names
the key, the value and what is allowed.
"""

from __future__ import annotations

import tomllib
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from starlight import dtntime
from starlight.errors import InputError
from starlight.scenario.bodies import located
from starlight.scenario.network import (
    ConjunctionSpec,
    Fail,
    Known,
    LinkSpec,
    Name,
    NodeSpec,
    Time,
    WeatherSpec,
    check_antennas,
    check_link,
    check_node,
    check_weather,
)

Service = Annotated[int, msgspec.Meta(ge=1, le=2**63 - 1)]

__all__ = [
    "LinkSpec",
    "NodeSpec",
    "Scenario",
    "builtin_names",
    "load",
    "named_error",
    "parse",
]


class _Spec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pass


class MailboxSpec(_Spec, frozen=True):
    """A mailbox of a person at a node.

    Attributes:
        node: where it is.
        opens: when the person claims the address; letters wait there until then.
        closes: when the person leaves; letters wait again.
        reads_after_min: how long after its arrival a letter is read; -1: only by a `read` event.
    """

    node: Name
    opens: str = ""
    closes: str = ""
    reads_after_min: Annotated[float, msgspec.Meta(ge=-1)] = 30.0


class PersonSpec(_Spec, frozen=True):
    """Someone who writes and reads, under the same service number wherever they have a mailbox."""

    id: Name
    name: str
    service: Service
    mailbox: list[MailboxSpec]
    role: str = ""


class LetterSpec(_Spec, frozen=True, rename={"from_": "from"}):
    """A letter, or a series of them.

    Attributes:
        at: when it is written (the first of a series).
        from_, to: addresses ``person@node``.
        text: what it says; a series takes the texts in turn.
        every_days, last: makes it a series, until a date.
        priority: what is more urgent goes first.
    """

    at: str
    from_: str
    to: str
    text: str | list[str]
    priority: Literal["bulk", "normal", "expedited"] = "normal"
    every_days: Annotated[float, msgspec.Meta(gt=0)] | None = None
    last: str = ""


class TelemetrySpec(_Spec, frozen=True, rename={"from_": "from"}):
    """Reports of a vehicle.

    Attributes:
        from_: the node that reports; to: the addresses that it reports to.
        at, every_min, last: the first, the interval, the last.
        readings: name to a value, or to ``[first, last]`` between which the series moves evenly.
    """

    from_: Name
    to: list[str]
    at: str
    readings: dict[str, float | str | tuple[float, float]]
    every_min: Annotated[float, msgspec.Meta(gt=0)] | None = None
    last: str = ""


class StormSpec(_Spec, frozen=True):
    """An interval in which links carry nothing.

    Attributes:
        start, end: when links fall and rise again.
        forecast_end: until when people first believe that it lasts.
        links: pairs of nodes, both directions.
        text: why, for people.
        learned_after_min: how long after the fall (and the rise) a node without light time to it knows.
    """

    start: str
    end: str
    links: list[tuple[Name, Name]]
    text: str
    forecast_end: str = ""
    learned_after_min: Annotated[float, msgspec.Meta(ge=0)] = 10.0


class ReadSpec(_Spec, frozen=True):
    """A person reads all that lies in a mailbox."""

    at: str
    mailbox: str


class BeatSpec(_Spec, frozen=True):
    """A beat of the story: the first trace record after `after` that matches.

    Attributes:
        title: what people are told.
        what: the kind of the record.
        facts: what its facts must contain (text: as a part).
        after: not before this time.
    """

    title: str
    what: str
    facts: dict[str, str | int] = {}
    node: str = ""
    after: str = ""


class Scenario(_Spec, frozen=True):
    """Everything a rehearsal or a demo needs to know.

    Attributes:
        name: of the scenario.
        start, end: what it covers.
        demo_at: where a demo opens; demo_since: from when its past is lived through.
        earth_home, mars_home: the nodes whose clocks the page shows.
        landing: when sols begin to be counted.
        weather: foreseen, and so part of the plan; a storm comes as a surprise.
        conjunction: what the Sun does to links between the worlds; when absent, it only hides.
        terminal: radios by name, with the keys of the library's own file, next to the library's.
        pulse: letters that go on in a demo, without end: `every_days` apart, their texts in turn.
    """

    name: Name
    title: str
    start: str
    end: str
    demo_at: str
    demo_since: str
    earth_home: Name
    mars_home: Name
    landing: str
    node: list[NodeSpec]
    link: list[LinkSpec]
    person: list[PersonSpec]
    letter: list[LetterSpec] = []
    telemetry: list[TelemetrySpec] = []
    pulse: list[LetterSpec] = []
    storm: list[StormSpec] = []
    weather: list[WeatherSpec] = []
    conjunction: ConjunctionSpec | None = None
    terminal: dict[str, dict[str, Any]] = {}
    read: list[ReadSpec] = []
    beat: list[BeatSpec] = []
    earth_timezone: str = "Asia/Seoul"

    def node_named(self, name: str) -> NodeSpec:
        """Return a node by its name; the scenario was checked, so it is there."""
        return next(node for node in self.node if node.name == name)

    def titles(self) -> dict[int, str]:
        """Return the title of each node by its number."""
        return {node.number: node.title for node in self.node}

    def address(self, place: str) -> str:
        """Return the endpoint id of ``person@node``."""
        person_id, _, node_name = place.partition("@")
        person = next(person for person in self.person if person.id == person_id)
        return f"ipn:{self.node_named(node_name).number}.{person.service}"

    def period(self) -> tuple[int, int]:
        """Return start and end in ns."""
        return dtntime.from_text(self.start), dtntime.from_text(self.end)

    def conjunction_limit_deg(self) -> float:
        """Return the angle below which nothing is sent past the Sun; 2 degrees unless the scenario says."""
        rule = self.conjunction
        return rule.blackout_below_deg if rule and rule.blackout_below_deg else 2.0


def load(source: str) -> Scenario:
    """Load a scenario by the name of a built-in one or the path of a TOML file.

    Raises:
        InputError: there is none, or it is wrong; the message names key, value and what is allowed.
    """
    builtin = resources.files("starlight.scenario").joinpath("builtin", f"{source}.toml")
    if "/" not in source and not source.endswith(".toml") and builtin.is_file():
        return parse(builtin.read_text(encoding="utf-8"), where=source)
    path = Path(source)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise InputError(
            f"no scenario can be read there ({reason})",
            where=source,
            right=f"Give the path of a TOML file, or one of: {', '.join(builtin_names())}",
        ) from None
    return parse(text, where=source, folder=path.parent)


def builtin_names() -> list[str]:
    """Return the names of the scenarios shipped in the package."""
    folder = resources.files("starlight.scenario").joinpath("builtin")
    return sorted(
        entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml")
    )


def parse(text: str, *, where: str, folder: Path | None = None) -> Scenario:
    """Read a scenario from TOML and check that all of it fits together.

    Args:
        where: what the messages of errors call it.
        folder: from which its paths lead; without one it has no files.

    Raises:
        InputError: as `load`.
    """
    try:
        tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"not TOML: {error}", where=where) from None
    try:
        scenario = msgspec.convert(tree, Scenario)
    except msgspec.ValidationError as error:
        raise named_error(error, tree, where) from None
    _check(scenario, where)
    return msgspec.structs.replace(scenario, node=located(scenario.node, where, folder))


def named_error(error: msgspec.ValidationError, tree: object, where: str) -> InputError:
    """Say which key of the file a validation error means, and the value that stands there."""
    message, _, path = str(error).partition(" - at `")
    message = message.replace("Object contains unknown field", "there is no key")
    path = path.rstrip("`").removeprefix("$").lstrip(".")
    value = tree
    for part in path.replace("[", ".[").split("."):
        try:
            if part.startswith("["):
                value = value[int(part[1:-1])]  # type: ignore[index]  # the walk ends at what does not fit
            elif part:
                value = value[part]  # type: ignore[index]  # likewise
        except (KeyError, IndexError, TypeError, ValueError):
            break
    shown = f" = {value!r}" if not isinstance(value, dict | list) else ""
    return InputError(f"{path or 'the file'}{shown}: {message}", where=where)


def _check(scenario: Scenario, where: str) -> None:
    """Check what no single key can know: references, uniqueness, order of times."""
    nodes = {node.name: node for node in scenario.node}

    def fail(key: str, value: object, right: str) -> None:
        raise InputError(f"{key} = {value!r} does not fit", where=where, right=right)

    def time(key: str, text: str, *, empty: bool = False) -> int | None:
        if not text and empty:
            return None
        return dtntime.from_text(text, where=f"{where}: {key}")

    def unique(key: str, values: list[object]) -> None:
        for index, value in enumerate(values):
            if value in values[:index]:
                fail(f"{key}[{index}]", value, "Each must be there once")

    def known_node(key: str, name: str) -> None:
        if name not in nodes:
            fail(key, name, f"Name one of the nodes: {', '.join(nodes)}")

    unique("node.name", [node.name for node in scenario.node])
    unique("node.number", [node.number for node in scenario.node])
    unique("person.id", [person.id for person in scenario.person])
    unique("person.service", [person.service for person in scenario.person])
    start, end = time("start", scenario.start), time("end", scenario.end)
    if start is None or end is None or end <= start:
        fail("end", scenario.end, f"It must be later than start = {scenario.start!r}")
    for key in ("demo_at", "demo_since", "landing"):
        time(key, getattr(scenario, key))
    for key in ("earth_home", "mars_home"):
        known_node(key, getattr(scenario, key))
        if nodes[getattr(scenario, key)].site is None:
            fail(key, getattr(scenario, key), "It must be a node with a site, for its local time")
    for index, node in enumerate(scenario.node):
        check_node(index, node, known_node, time, fail)
    for index, link in enumerate(scenario.link):
        check_link(index, link, nodes, known_node, time, fail)
    pairs = {frozenset(link.between) for link in scenario.link}
    radio = {frozenset(link.between) for link in scenario.link if link.kind == "radio"}
    for index, node in enumerate(scenario.node):
        check_antennas(index, node, radio, scenario.terminal, fail)
    for index, weather in enumerate(scenario.weather):
        check_weather(index, weather, pairs, known_node, time, fail)
    _check_people(scenario, known_node, time, fail)
    _check_script(scenario, known_node, time, fail)


def _check_people(scenario: Scenario, known_node: Known, time: Time, fail: Fail) -> None:
    for index, person in enumerate(scenario.person):
        seen: list[str] = []
        if not person.mailbox:
            fail(f"person[{index}].mailbox", person.id, "A person has at least one mailbox")
        for place, mailbox in enumerate(person.mailbox):
            key = f"person[{index}].mailbox[{place}]"
            known_node(f"{key}.node", mailbox.node)
            if mailbox.node in seen:
                fail(f"{key}.node", mailbox.node, "A person has one mailbox at a node")
            seen.append(mailbox.node)
            opens, closes = (
                time(f"{key}.opens", mailbox.opens, empty=True),
                time(f"{key}.closes", mailbox.closes, empty=True),
            )
            if opens is not None and closes is not None and closes <= opens:
                fail(f"{key}.closes", mailbox.closes, f"It must be later than opens = {mailbox.opens!r}")


def _check_script(scenario: Scenario, known_node: Known, time: Time, fail: Fail) -> None:
    places = [f"{person.id}@{box.node}" for person in scenario.person for box in person.mailbox]

    def known_place(key: str, place: str) -> None:
        if place not in places:
            fail(key, place, f"Name one of the mailboxes: {', '.join(places)}")

    def series(key: str, first: str, interval: float | None, last: str) -> None:
        begin, finish = time(f"{key}.at", first), time(f"{key}.last", last, empty=True)
        if (interval is None) != (not last):
            fail(key, last or interval, "A series needs both its interval and `last`")
        if begin is not None and finish is not None and finish < begin:
            fail(f"{key}.last", last, f"It must not be before at = {first!r}")

    for index, letter in enumerate(scenario.letter):
        known_place(f"letter[{index}].from", letter.from_)
        known_place(f"letter[{index}].to", letter.to)
        series(f"letter[{index}]", letter.at, letter.every_days, letter.last)
    for index, letter in enumerate(scenario.pulse):
        known_place(f"pulse[{index}].from", letter.from_)
        known_place(f"pulse[{index}].to", letter.to)
        time(f"pulse[{index}].at", letter.at)
        if letter.every_days is None:
            fail(f"pulse[{index}].every_days", None, "A letter that goes on needs its interval")
    for index, report in enumerate(scenario.telemetry):
        known_node(f"telemetry[{index}].from", report.from_)
        for place in report.to:
            known_place(f"telemetry[{index}].to", place)
        series(f"telemetry[{index}]", report.at, report.every_min, report.last)
    for index, read in enumerate(scenario.read):
        known_place(f"read[{index}].mailbox", read.mailbox)
        time(f"read[{index}].at", read.at)
    pairs = {frozenset(link.between) for link in scenario.link}
    for index, storm in enumerate(scenario.storm):
        begin, finish = time(f"storm[{index}].start", storm.start), time(f"storm[{index}].end", storm.end)
        time(f"storm[{index}].forecast_end", storm.forecast_end, empty=True)
        if begin is None or finish is None or finish <= begin:
            fail(f"storm[{index}].end", storm.end, f"It must be later than start = {storm.start!r}")
        for pair in storm.links:
            if frozenset(pair) not in pairs:
                fail(f"storm[{index}].links", pair, "Name two nodes that a link joins")
    for index, beat in enumerate(scenario.beat):
        time(f"beat[{index}].after", beat.after, empty=True)
        if beat.node:
            known_node(f"beat[{index}].node", beat.node)
