"""The script of a scenario: its people and vehicles as correspondents, and when mailboxes open and close.

The seed moves the moments a little, as people are not clockwork: a letter of a series is written up to
`WRITING_SPREAD` later than its date says, a letter is read up to `READING_SPREAD` later. Letters that
stand alone keep their minute.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from hashlib import shake_256
from typing import NamedTuple

from msgspec.structs import replace

from starlight import dtntime
from starlight.bundle import EndpointID
from starlight.dtntime import DAY, MINUTE
from starlight.messages.correspondent import Act, Desk, Maker, MarkRead, NewPart, SendTelemetry, Write
from starlight.messages.draft import Attachment, Draft
from starlight.messages.group import Group, declared
from starlight.messages.letter import Reading
from starlight.messages.urgency import priority_of
from starlight.rehearsal.answers import Answers
from starlight.rehearsal.player import Player, Routine, jitter
from starlight.rehearsal.series import Dates, Interval, Series
from starlight.scenario.happenings import TelemetrySpec
from starlight.scenario.programs import VEHICLE_SERVICE
from starlight.scenario.scenario import LetterSpec, MailboxSpec, PartSpec, PersonSpec, Scenario

WRITING_SPREAD = 20 * MINUTE

DEMO_READS_AFTER = 30 * MINUTE
"""In a demo, where visitors write at any time, those read after this time who else read by events alone."""

VEHICLE_READS_AFTER = 0
"""A program reads what has come within `READING_SPREAD`, as it wakes; its answers say how long they take."""


class Opening(NamedTuple):
    """A mailbox that is opened, or closed, at a time.

    Attributes:
        time: in ns.
        node: the number of its node.
        address: of the mailbox.
        person: the name of whose it is; None to close it.
    """

    time: int
    node: int
    address: str
    person: str | None


class GroupChange(NamedTuple):
    """A change of who is in a group.

    Attributes:
        time: in ns.
        node: the number of the node at which it is made.
        address: of the mailbox of who makes it.
        group: its id.
        add, remove: addresses.
    """

    time: int
    node: int
    address: str
    group: str
    add: tuple[str, ...]
    remove: tuple[str, ...]


class Outlook(NamedTuple):
    """Something that is to come, as some people know it.

    Attributes:
        at: when it is to come, in ns.
        known: since when they know, in ns.
        people: their ids.
        text: a sentence, for them.
    """

    at: int
    known: int
    people: tuple[str, ...]
    text: str


def vehicle_address(number: int) -> str:
    """Return the address of a vehicle by its node number."""
    return str(EndpointID.ipn(number, VEHICLE_SERVICE))


def vehicles(scenario: Scenario) -> dict[str, str]:
    """Return the titles of the nodes that send telemetry, by their addresses."""
    names = dict.fromkeys(report.from_ for report in scenario.telemetry)
    nodes = [scenario.node_named(name) for name in names]
    return {vehicle_address(node.number): node.title for node in nodes}


def groups(scenario: Scenario) -> tuple[Group, ...]:
    """Return the groups that everybody knows from the start."""
    return tuple(declared(each.name, map(scenario.address, each.members)) for each in scenario.group)


def changes(scenario: Scenario, start: int, end: int) -> list[GroupChange]:
    """Return the changes of groups from `start` to before `end`, by time."""
    ids = {group.name.text: group.id for group in groups(scenario)}
    found = [
        GroupChange(
            dtntime.from_text(each.at),
            *_place(scenario, each.by),
            ids[each.group],
            tuple(map(scenario.address, each.add)),
            tuple(map(scenario.address, each.remove)),
        )
        for each in scenario.membership
    ]
    return sorted((each for each in found if start <= each.time < end), key=lambda each: each.time)


def openings(scenario: Scenario, start: int, end: int) -> list[Opening]:
    """Return the openings and closings of mailboxes from `start` to before `end`, by time.

    A mailbox that was opened before `start` is opened at `start`.
    """
    found: list[Opening] = []
    for person, box in _boxes(scenario):
        opens = max(start, dtntime.from_text(box.opens)) if box.opens else start
        closes = dtntime.from_text(box.closes) if box.closes else end  # which is not before the end
        node, address = _place(scenario, f"{person.id}@{box.node}")
        if closes > start:
            found += [Opening(opens, node, address, person.name), Opening(closes, node, address, None)]
    for address, (number, _) in _reporters(scenario):
        found.append(Opening(start, number, address, scenario.titles()[number]))
    # Stable: what stands first in the file is first.
    return sorted((each for each in found if start <= each.time < end), key=lambda each: each.time)


def rehearsed(scenario: Scenario, start: int, end: int, seed: int = 0) -> dict[int, list[Maker]]:
    """Return the makers of everyone who acts from `start` to before `end`, by node number.

    They write and report what the scenario says, and read by their routine or when it says that they do.
    """
    cast: dict[int, list[Maker]] = {}
    for person, box in _boxes(scenario):
        place = f"{person.id}@{box.node}"
        node, address = _place(scenario, place)
        series = [
            _letters(scenario, index, letter, seed)
            for index, letter in enumerate(scenario.letter)
            if letter.from_ == place
        ]
        reads = [dtntime.from_text(read.at) for read in scenario.read if read.mailbox == place]
        series += [Series(Dates(reads), _read_all)] if reads else []
        after = box.reads_after_min
        routine = Routine(round(after * MINUTE), seed) if after >= 0 else None
        cast.setdefault(node, []).append(partial(Player, address, series, routine, start, end))
    for address, reports in _reporters(scenario):
        node, series = reports[0], [_reports(scenario, spec) for spec in reports[1]]
        cast.setdefault(node, []).append(partial(Player, address, series, None, start, end))
    return cast


def without_parts(scenario: Scenario) -> Scenario:
    """Return a scenario whose letters are words alone: their parts are drawn, for nobody to see or hear."""
    letters = [replace(letter, parts=[]) for letter in scenario.letter]
    return replace(scenario, letter=letters, pulse=[replace(letter, parts=[]) for letter in scenario.pulse])


def demonstrated(scenario: Scenario, begun: int, is_visited: Callable[[str], bool]) -> dict[int, list[Maker]]:
    """Return the makers of everyone in a demo, by node number.

    They write and report what the story still holds, go on without end, and answer.

    Args:
        scenario: what is played.
        begun: when the demo began, in ns; reports that were running then go on, their values as they were.
        is_visited: tells whether a visitor is a person now, by id.
    """
    cast: dict[int, list[Maker]] = {}
    scenario = without_parts(scenario)
    answers = {person.id: Answers(scenario, person.id) for person in scenario.person}
    for person, box in _boxes(scenario):
        place, visited = f"{person.id}@{box.node}", partial(is_visited, person.id)
        node, address = _place(scenario, place)
        series = [
            _letters(scenario, index, letter, 0, visited)
            for index, letter in enumerate(scenario.letter)
            if letter.from_ == place
        ]
        series += [_pulse(scenario, letter) for letter in scenario.pulse if letter.from_ == place]
        reads = [dtntime.from_text(read.at) for read in scenario.read if read.mailbox == place]
        series.append(Series(Dates(reads), partial(_read_unless, visited)))
        routine = _demo_routine(box, answers[person.id], visited)
        cast.setdefault(node, []).append(partial(Player, address, series, routine, begun, None))
    for address, (node, specs) in _reporters(scenario):
        series = [_going_on(scenario, spec, begun) or _reports(scenario, spec) for spec in specs]
        answering = Answers(scenario, specs[0].from_)
        habit = Routine(VEHICLE_READS_AFTER, 0, answering) if answering else None
        cast.setdefault(node, []).append(partial(Player, address, series, habit, begun, None))
    return cast


def outlook(scenario: Scenario) -> list[Outlook]:
    """Return what people in a demo know to be coming, by time."""
    return sorted(
        Outlook(
            dtntime.from_text(each.at),
            dtntime.from_text(each.known) if each.known else 0,
            tuple(each.people),
            each.text,
        )
        for each in scenario.outlook
    )


def turning_points(scenario: Scenario, begun: int) -> list[int]:
    """Return when the story turns in a demo that began at a time, in ns: what one would not miss, ascending.

    These are letters that stand alone, the first of each series of reports, and storms as they come and go.
    """
    moments = [letter.at for letter in scenario.letter if letter.every_days is None]
    moments += [report.at for report in scenario.telemetry]
    moments += [edge for storm in scenario.storm for edge in (storm.start, storm.end)]
    return sorted({time for text in moments if (time := dtntime.from_text(text)) > begun})


def _demo_routine(box: MailboxSpec, answers: Answers, is_visited: Callable[[], bool]) -> Routine | None:
    away = tuple((dtntime.from_text(since), dtntime.from_text(until)) for since, until in box.away)
    if box.reads_after_min >= 0:
        return Routine(round(box.reads_after_min * MINUTE), 0, answers or None, is_visited, away)
    return Routine(DEMO_READS_AFTER, 0, answers, is_visited, away) if answers else None


def _boxes(scenario: Scenario) -> Iterator[tuple[PersonSpec, MailboxSpec]]:
    for person in scenario.person:
        for box in person.mailbox:
            yield person, box


def _reporters(scenario: Scenario) -> Iterator[tuple[str, tuple[int, list[TelemetrySpec]]]]:
    """Yield the address of each node that reports, with its number and its reports."""
    for name in dict.fromkeys(report.from_ for report in scenario.telemetry):
        number = scenario.node_named(name).number
        yield vehicle_address(number), (number, [each for each in scenario.telemetry if each.from_ == name])


def _place(scenario: Scenario, place: str) -> tuple[int, str]:
    return scenario.node_named(place.partition("@")[2]).number, scenario.address(place)


def _read_unless(visited: Callable[[], bool], number: int, desk: Desk) -> list[Act]:
    return [] if visited() else _read_all(number, desk)


def _read_all(number: int, desk: Desk) -> list[Act]:
    return [MarkRead(letter_id) for letter_id in desk.mailbox.unread()]


# Letters.


def _letters(
    scenario: Scenario,
    index: int,
    spec: LetterSpec,
    seed: int,
    is_visited: Callable[[], bool] = lambda: False,
) -> Series:
    moments = [
        time + (jitter(seed, f"letter/{index}/{number}", WRITING_SPREAD) if spec.every_days else 0)
        for number, time in enumerate(_times(spec.at, spec.every_days, DAY, spec.last))
    ]
    write = _writes(scenario, spec, f"{seed}/{index}")
    if spec.every_days is None:  # The story does not wait for its people, whoever plays them.
        return Series(Dates(moments), write)
    return Series(Dates(moments), lambda number, desk: () if is_visited() else write(number, desk))


def _pulse(scenario: Scenario, spec: LetterSpec) -> Series:
    last = dtntime.from_text(spec.last) if spec.last else None
    interval = Interval(dtntime.from_text(spec.at), round((spec.every_days or 1) * DAY), last)
    return Series(interval, _writes(scenario, spec, ""))


def _writes(scenario: Scenario, spec: LetterSpec, drawn: str) -> Callable[[int, Desk], Sequence[Act]]:
    texts = [spec.text] if isinstance(spec.text, str) else spec.text
    ids = {group.name.text: group.id for group in groups(scenario)}
    to, priority = ids.get(spec.to) or scenario.address(spec.to), priority_of(spec.priority)

    def write(number: int, desk: Desk) -> Sequence[Act]:
        parts = [_new_part(part, f"{drawn}/{number}/{place}") for place, part in enumerate(spec.parts)]
        return [Write(Draft(to, texts[number % len(texts)], priority=priority), parts=tuple(parts))]

    return write


def _new_part(spec: PartSpec, drawn: str) -> NewPart:
    """Return a part whose bytes are drawn for a key, unlike those of any other."""
    duration = None if spec.seconds is None else round(spec.seconds * 1000)
    about = Attachment(
        "", spec.name, spec.media_type, spec.kind, duration_ms=duration, transcript=spec.transcript
    )
    return NewPart(shake_256(drawn.encode()).digest(spec.bytes), about)


# Reports.


def _reports(scenario: Scenario, spec: TelemetrySpec) -> Series:
    reports = [_report(scenario, spec, readings) for readings in _values(spec)]
    moments = Dates(_times(spec.at, spec.every_min, MINUTE, spec.last))
    return Series(moments, lambda number, desk: [reports[number]])


def _going_on(scenario: Scenario, spec: TelemetrySpec, begun: int) -> Series | None:
    """Return reports that go on from when a demo began; None where they were not running then."""
    times = list(_times(spec.at, spec.every_min, MINUTE, spec.last))
    if spec.every_min is None or not times[0] <= begun <= dtntime.from_text(spec.last):
        return None
    # The last report before the demo began: its values are the ones that go on.
    number, time = max((number, time) for number, time in enumerate(times) if time <= begun)
    report = _report(scenario, spec, list(_values(spec))[number])
    return Series(Interval(time, round(spec.every_min * MINUTE)), lambda number, desk: [report])


def _values(spec: TelemetrySpec) -> Iterator[dict[str, Reading]]:
    steps = len(list(_times(spec.at, spec.every_min, MINUTE, spec.last)))
    for step in range(steps):
        part = step / (steps - 1) if steps > 1 else 0.0
        yield {
            name: round(value[0] + part * (value[1] - value[0]), 6) if isinstance(value, tuple) else value
            for name, value in spec.readings.items()
        }


def _report(scenario: Scenario, spec: TelemetrySpec, readings: dict[str, Reading]) -> SendTelemetry:
    # A report has its position in a field of its own, not among the readings.
    latitude, longitude = readings.pop("latitude_deg", None), readings.pop("longitude_deg", None)
    position = None
    if isinstance(latitude, int | float) and isinstance(longitude, int | float):
        position = (float(latitude), float(longitude))
    to = tuple(scenario.address(place) for place in spec.to)
    return SendTelemetry(to, spec.kind or spec.from_, position, readings)


def _times(first: str, interval: float | None, unit: int, last: str) -> Iterable[int]:
    time = dtntime.from_text(first)
    yield time
    if interval is not None:
        step, finish = round(interval * unit), dtntime.from_text(last)
        while (time := time + step) <= finish:
            yield time
