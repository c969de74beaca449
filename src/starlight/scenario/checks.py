"""The checks of a scenario that no single key can make."""

from __future__ import annotations

from typing import Any

from starlight.errors import InputError
from starlight.radio import terminal_from
from starlight.scenario.file_errors import FileErrors
from starlight.scenario.network import NodeSpec
from starlight.scenario.network_checks import (
    Fail,
    Known,
    check_antennas,
    check_link,
    check_node,
    check_power,
    check_weather,
    one_of,
)
from starlight.scenario.scenario import Scenario
from starlight.scenario.script_checks import check_script
from starlight.scenario.worlds import check_timezone, check_worlds


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
    # What the file leaves out is the value before it, of which all is told already.
    told = {scenario.start}
    for key in ("demo_at", "demo_since", "landing"):
        value = getattr(scenario, key)
        if value not in told:
            time(key, value)
        told.add(value)
    check_timezone("earth_timezone", scenario.earth_timezone, fail)
    check_worlds(scenario.world, nodes, known_node, time, fail)
    _check_homes(scenario, nodes, known_node, fail)
    for index, node in enumerate(scenario.node):
        check_node(index, node, known_node, time, fail)
    for index, link in enumerate(scenario.link):
        check_link(index, link, nodes, known_node, time, fail, errors.missing)
    # Unordered: a link is named from either end.
    pairs = {frozenset(link.between) for link in scenario.link}
    radio = {frozenset(link.between) for link in scenario.link if link.kind == "radio"}
    for index, node in enumerate(scenario.node):
        check_antennas(index, node, radio, scenario.terminal, fail)
        check_power(index, node, radio, time, fail)
    for name, table in scenario.terminal.items():
        _check_terminal(name, table, errors)
    for index, weather in enumerate(scenario.weather):
        check_weather(index, weather, pairs, known_node, time, fail, errors.missing)
    _check_people(scenario, known_node, errors)
    check_script(scenario, known_node, errors)


def _check_homes(scenario: Scenario, nodes: dict[str, NodeSpec], known_node: Known, fail: Fail) -> None:
    for key in ("earth_home", "mars_home"):
        home = getattr(scenario, key)
        if home is not None and known_node(key, home) and nodes[home].site is None:
            fail(key, home, "It must be a node with a site, for its local time")


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
