"""The checks of a scenario that no single key can make."""

from __future__ import annotations

from typing import Any

from starlight.errors import InputError
from starlight.radio import terminal_from
from starlight.scenario.file_errors import FileErrors
from starlight.scenario.network import (
    Known,
    check_antennas,
    check_link,
    check_node,
    check_weather,
    one_of,
)
from starlight.scenario.scenario import Scenario
from starlight.scenario.worlds import check_timezone, check_worlds
from starlight.worlds import BUILTIN


def check(scenario: Scenario, errors: FileErrors) -> None:
    """Check what no single key can know: references, uniqueness, order of times.

    Args:
        errors: takes all that does not fit, with key, value and what is allowed.
    """
    nodes = {node.name: node for node in scenario.node}
    time, fail = errors.time, errors.fail

    def unique(table: str, key: str, values: list[object]) -> None:
        for index, value in enumerate(values):
            if value in values[:index]:
                fail(f"{table}[{index}].{key}", value, "Each must be there once")

    def known_node(key: str, name: str) -> bool:
        if name not in nodes:
            fail(key, name, one_of(name, nodes, " the nodes"))
        return name in nodes

    # First what everything below refers to: a name that is there twice would make later messages wrong.
    unique("node", "name", [node.name for node in scenario.node])
    unique("node", "number", [node.number for node in scenario.node])
    unique("person", "id", [person.id for person in scenario.person])
    # Over all nodes: people keep their number wherever they move.
    unique("person", "service", [person.service for person in scenario.person])
    start, end = time("start", scenario.start), time("end", scenario.end)
    if start is not None and end is not None and end <= start:
        fail("end", scenario.end, f"It must be later than start = {scenario.start!r}")
    for key in ("demo_at", "demo_since", "landing"):
        time(key, getattr(scenario, key))
    check_timezone("earth_timezone", scenario.earth_timezone, fail)
    check_worlds(scenario.world, nodes, known_node, time, fail)
    for key in ("earth_home", "mars_home"):
        home = getattr(scenario, key)
        if home is None:
            continue
        if known_node(key, home) and nodes[home].site is None:
            fail(key, home, "It must be a node with a site, for its local time")
    for index, node in enumerate(scenario.node):
        check_node(index, node, known_node, time, fail)
    for index, link in enumerate(scenario.link):
        check_link(index, link, nodes, known_node, time, fail, errors.missing)
    # Unordered: a link is named from either end.
    pairs = {frozenset(link.between) for link in scenario.link}
    radio = {frozenset(link.between) for link in scenario.link if link.kind == "radio"}
    for index, node in enumerate(scenario.node):
        check_antennas(index, node, radio, scenario.terminal, fail)
    for name, table in scenario.terminal.items():
        _check_terminal(name, table, errors)
    for index, weather in enumerate(scenario.weather):
        check_weather(index, weather, pairs, known_node, time, fail, errors.missing)
    _check_people(scenario, known_node, errors)
    _check_script(scenario, known_node, errors)


def _check_terminal(name: str, table: dict[str, Any], errors: FileErrors) -> None:
    try:
        terminal_from(name, table)
    except InputError as error:
        key = f"terminal.{error.where}"
        errors.add(key, f"{key}: {error.what}", error.right)


def _check_people(scenario: Scenario, known_node: Known, errors: FileErrors) -> None:
    time, fail = errors.time, errors.fail
    for index, person in enumerate(scenario.person):
        seen: list[str] = []
        if not person.mailbox:
            errors.missing(f"person[{index}].mailbox", "A person has at least one mailbox")
        for place, mailbox in enumerate(person.mailbox):
            key = f"person[{index}].mailbox[{place}]"
            known_node(f"{key}.node", mailbox.node)
            # A person has one service number, which makes one address at a node.
            if mailbox.node in seen:
                fail(f"{key}.node", mailbox.node, "A person has one mailbox at a node")
            seen.append(mailbox.node)
            opens, closes = (
                time(f"{key}.opens", mailbox.opens, empty=True),
                time(f"{key}.closes", mailbox.closes, empty=True),
            )
            if opens is not None and closes is not None and closes <= opens:
                fail(f"{key}.closes", mailbox.closes, f"It must be later than opens = {mailbox.opens!r}")
            for since, until in mailbox.away:
                leaves, returns = time(f"{key}.away", since), time(f"{key}.away", until)
                if leaves is None or returns is None or returns <= leaves:
                    fail(f"{key}.away", until, f"It must be later than {since!r}")


def _check_script(scenario: Scenario, known_node: Known, errors: FileErrors) -> None:
    time, fail = errors.time, errors.fail
    places = [f"{person.id}@{box.node}" for person in scenario.person for box in person.mailbox]

    def known_place(key: str, place: str) -> None:
        if place not in places:
            fail(key, place, one_of(place, places, " the mailboxes"))

    def series(key: str, first: str, interval: float | None, last: str) -> None:
        begin, finish = time(f"{key}.at", first), time(f"{key}.last", last, empty=True)
        # Without an end a series would never stop; an end without an interval is half of one.
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
        begin, finish = (
            time(f"pulse[{index}].at", letter.at),
            time(f"pulse[{index}].last", letter.last, empty=True),
        )
        if begin is not None and finish is not None and finish < begin:
            fail(f"pulse[{index}].last", letter.last, f"It must not be before at = {letter.at!r}")
        if letter.every_days is None:
            errors.missing(f"pulse[{index}].every_days", "A letter that goes on needs its interval")
    people = [person.id for person in scenario.person]
    vehicles = [report.from_ for report in scenario.telemetry]
    for index, answer in enumerate(scenario.answer):
        if answer.from_ not in (*people, *vehicles):
            who = [*people, *dict.fromkeys(vehicles)]
            fail(f"answer[{index}].from", answer.from_, one_of(answer.from_, who, " the people and vehicles"))
        for id in answer.to:
            if id not in people:
                fail(f"answer[{index}].to", id, one_of(id, people, " the people"))
        for text in (*answer.text, *answer.about):
            if not text.strip():
                fail(f"answer[{index}]", text, "Every answer, and every word of `about`, is a text")
    for index, outlook in enumerate(scenario.outlook):
        for id in outlook.people:
            if id not in people:
                fail(f"outlook[{index}].people", id, one_of(id, people, " the people"))
        known, comes = (
            time(f"outlook[{index}].known", outlook.known, empty=True),
            time(f"outlook[{index}].at", outlook.at),
        )
        if known is not None and comes is not None and comes <= known:
            fail(f"outlook[{index}].at", outlook.at, f"It must be later than known = {outlook.known!r}")
        if not outlook.text.strip():
            fail(f"outlook[{index}].text", outlook.text, "Say what is to come")
    for index, report in enumerate(scenario.telemetry):
        known_node(f"telemetry[{index}].from", report.from_)
        for place in report.to:
            known_place(f"telemetry[{index}].to", place)
        series(f"telemetry[{index}]", report.at, report.every_min, report.last)
    for index, read in enumerate(scenario.read):
        known_place(f"read[{index}].mailbox", read.mailbox)
        time(f"read[{index}].at", read.at)
    pairs = {frozenset(link.between) for link in scenario.link}
    worlds = dict.fromkeys((*BUILTIN, *(spec.name for spec in scenario.world)))
    for index, storm in enumerate(scenario.storm):
        begin, finish = time(f"storm[{index}].start", storm.start), time(f"storm[{index}].end", storm.end)
        time(f"storm[{index}].forecast_end", storm.forecast_end, empty=True)
        if begin is not None and finish is not None and finish <= begin:
            fail(f"storm[{index}].end", storm.end, f"It must be later than start = {storm.start!r}")
        if storm.world and storm.world not in worlds:
            fail(f"storm[{index}].world", storm.world, one_of(storm.world, worlds))
        for pair in storm.links:
            if frozenset(pair) not in pairs:
                fail(f"storm[{index}].links", pair, "Name two nodes that a link joins")
        if not storm.links:
            errors.missing(f"storm[{index}].links", "Name the links that it cuts")
        for name in storm.noticed_by:
            known_node(f"storm[{index}].noticed_by", name)
    for index, beat in enumerate(scenario.beat):
        time(f"beat[{index}].after", beat.after, empty=True)
        if beat.node:
            known_node(f"beat[{index}].node", beat.node)
