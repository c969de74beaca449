"""The script of a scenario: what its people and vehicles do, as calls at times.

The seed moves the moments a little, as people are not clockwork: a letter of a series is
written up to `WRITING_SPREAD` later than its date says, a letter is read up to
`READING_SPREAD` later. Letters that stand alone keep their minute.
"""

from __future__ import annotations

import hashlib
import heapq
from collections.abc import Callable, Iterable, Iterator

import msgspec

from starlight import dtntime
from starlight.bundle import EndpointID
from starlight.dtntime import DAY, MINUTE
from starlight.messages.draft import Draft
from starlight.messages.urgency import priority_of
from starlight.node.application import Request
from starlight.postoffice.postoffice import PostOffice
from starlight.scenario.scenario import LetterSpec, Scenario, TelemetrySpec

WRITING_SPREAD = 20 * MINUTE
READING_SPREAD = 15 * MINUTE
VEHICLE_SERVICE = 100
"""The service number of what a vehicle itself sends and hears."""

Act = Callable[[PostOffice, int], Iterable[Request]]


class Cue(msgspec.Struct, frozen=True):
    """Something to be done at a post office.

    Attributes:
        time: in ns.
        node: the number of the post office's node.
        act: does it; takes the post office and the time, returns requests.
    """

    time: int
    node: int
    act: Act


def jitter(seed: int, key: str, spread: int) -> int:
    """Return 0 to `spread` - 1 ns, drawn by the seed for a key; the same on every machine."""
    # A hash of the key, not the next number of a generator: a letter more or less moves no other.
    digest = hashlib.sha256(f"{seed}/{key}".encode()).digest()
    return int.from_bytes(digest[:8], "big") % spread


def vehicle_address(number: int) -> str:
    """Return the address of a vehicle by its node number."""
    return str(EndpointID.ipn(number, VEHICLE_SERVICE))


def vehicles(scenario: Scenario) -> dict[str, str]:
    """Return the titles of the nodes that send telemetry, by their addresses."""
    names = dict.fromkeys(report.from_ for report in scenario.telemetry)
    nodes = [scenario.node_named(name) for name in names]
    return {vehicle_address(node.number): node.title for node in nodes}


def cues(scenario: Scenario, start: int, end: int, seed: int = 0) -> list[Cue]:
    """Return everything that the scenario's people and vehicles do from `start` to before `end`, by time.

    A mailbox that was opened before `start` is opened at `start`.
    """
    found = [*_mailboxes(scenario, start)]
    for index, letter in enumerate(scenario.letter):
        found += _letters(scenario, index, letter, seed)
    for report in scenario.telemetry:
        found += _reports(scenario, report)
    for read in scenario.read:
        node, address = _place(scenario, read.mailbox)
        found.append(Cue(dtntime.from_text(read.at), node, _reads(address)))
    kept = [cue for cue in found if start <= cue.time < end]
    return sorted(kept, key=lambda cue: cue.time)  # stable: what stands first in the file is first


def pulse(scenario: Scenario, begun: int, now: int) -> Iterator[Cue]:
    """Yield without end what goes on in a demo from `now` on, by time: reports and everyday letters.

    Args:
        begun: when the demo began, in ns; the reports that were running then go on, their
            values as they were.
        now: where to go on, in ns.
    """
    heap: list[tuple[int, int, int, int, Act]] = []  # time, tie, interval, node, act

    def go_on(first: int, interval: int, node: int, act: Act) -> None:
        # Rounded up to whole intervals: after a restart a series keeps its hours.
        time = first + max(0, -(-(now - first) // interval)) * interval
        # The second entry breaks ties by the scenario's order, before functions would be compared.
        heapq.heappush(heap, (time, len(heap), interval, node, act))

    for report in scenario.telemetry:
        if report.every_min is None:
            continue
        if dtntime.from_text(report.at) <= begun <= dtntime.from_text(report.last):
            # The last report before the demo began: its values are the ones that go on.
            cue = max(
                (cue for cue in _reports(scenario, report) if cue.time <= begun), key=lambda cue: cue.time
            )
            go_on(cue.time, round(report.every_min * MINUTE), cue.node, cue.act)
    for letter in scenario.pulse:
        node, address = _place(scenario, letter.from_)
        texts = [letter.text] if isinstance(letter.text, str) else letter.text
        interval = round((letter.every_days or 1) * DAY)
        for number, text in enumerate(texts):
            first = dtntime.from_text(letter.at) + number * interval
            act = _writes(address, scenario.address(letter.to), text, letter.priority)
            go_on(first, interval * len(texts), node, act)
    while heap:
        time, tie, interval, node, act = heap[0]
        heapq.heapreplace(heap, (time + interval, tie, interval, node, act))
        yield Cue(time, node, act)


def reading_delay(scenario: Scenario, seed: int, address: str, letter_id: str) -> int | None:
    """Return how long after its arrival a letter is read at an address, in ns; None if by no routine."""
    for person in scenario.person:
        for box in person.mailbox:
            if f"ipn:{scenario.node_named(box.node).number}.{person.service}" == address:
                if box.reads_after_min < 0:
                    return None
                return round(box.reads_after_min * MINUTE) + jitter(seed, letter_id, READING_SPREAD)
    return None


def _place(scenario: Scenario, place: str) -> tuple[int, str]:
    return scenario.node_named(place.partition("@")[2]).number, scenario.address(place)


def _mailboxes(scenario: Scenario, start: int) -> Iterator[Cue]:
    for person in scenario.person:
        for box in person.mailbox:
            number = scenario.node_named(box.node).number
            address = f"ipn:{number}.{person.service}"
            opens = max(start, dtntime.from_text(box.opens)) if box.opens else start
            closes = dtntime.from_text(box.closes) if box.closes else None
            if closes is not None and closes <= start:
                continue
            yield Cue(opens, number, _opens(address, person.name))
            if closes is not None:
                # A default binds this address; the loop's variable
                # would be the last one by the time of the call.
                yield Cue(closes, number, lambda office, now, at=address: office.close(at, now))  # type: ignore[misc]  # mypy: lambda defaults
    for name in dict.fromkeys(report.from_ for report in scenario.telemetry):
        vehicle = scenario.node_named(name)
        yield Cue(start, vehicle.number, _opens(vehicle_address(vehicle.number), vehicle.title))


def _opens(address: str, person: str) -> Act:
    return lambda office, now: office.open(address, person, now)


def _reads(address: str) -> Act:
    def act(office: PostOffice, now: int) -> list[Request]:
        return [
            request
            for letter_id in office.mailbox(address).unread()
            for request in office.mark_read(address, letter_id, now)
        ]

    return act


def _letters(scenario: Scenario, index: int, spec: LetterSpec, seed: int) -> Iterator[Cue]:
    node, address = _place(scenario, spec.from_)
    to = scenario.address(spec.to)
    texts = [spec.text] if isinstance(spec.text, str) else spec.text
    for number, time in enumerate(_times(spec.at, spec.every_days, DAY, spec.last)):
        late = jitter(seed, f"letter/{index}/{number}", WRITING_SPREAD) if spec.every_days else 0
        yield Cue(time + late, node, _writes(address, to, texts[number % len(texts)], spec.priority))


def _writes(address: str, to: str, text: str, priority: str) -> Act:
    draft = Draft(to, text, priority=priority_of(priority))
    return lambda office, now: office.write(address, draft, now)[1]


def _reports(scenario: Scenario, spec: TelemetrySpec) -> Iterator[Cue]:
    number = scenario.node_named(spec.from_).number
    to = [scenario.address(place) for place in spec.to]
    times = list(_times(spec.at, spec.every_min, MINUTE, spec.last))
    for step, time in enumerate(times):
        part = step / (len(times) - 1) if len(times) > 1 else 0.0
        readings: dict[str, int | float | str] = {}
        for name, value in spec.readings.items():
            readings[name] = (
                round(value[0] + part * (value[1] - value[0]), 6) if isinstance(value, tuple) else value
            )
        yield Cue(time, number, _sends(spec.from_, vehicle_address(number), to, readings))


def _sends(kind: str, address: str, to: list[str], readings: dict[str, int | float | str]) -> Act:
    # A report has its position in a field of its own, not among the readings.
    latitude, longitude = readings.pop("latitude_deg", None), readings.pop("longitude_deg", None)
    position = None
    if isinstance(latitude, int | float) and isinstance(longitude, int | float):
        position = (float(latitude), float(longitude))
    return lambda office, now: office.send_telemetry(
        address, to, now, kind=kind, position=position, readings=readings
    )


def _times(first: str, interval: float | None, unit: int, last: str) -> Iterator[int]:
    time = dtntime.from_text(first)
    yield time
    if interval is not None:
        step, finish = round(interval * unit), dtntime.from_text(last)
        while (time := time + step) <= finish:
            yield time
