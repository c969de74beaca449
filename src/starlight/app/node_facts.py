"""The facts of a mission in a node's file, and the names on its page by those that hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec.structs import replace

from starlight import dtntime
from starlight.app.address_book import Entry
from starlight.app.node_file import NodeFile
from starlight.bundle import EndpointID
from starlight.contacts import Said
from starlight.scenario.worlds import declared_worlds
from starlight.services.fact_rules import clock_value
from starlight.services.fact_statements import DEFAULT, FILE
from starlight.services.mission_facts import TAKEN, light_name
from starlight.worlds import EARTH, MARS, CivilTime, SolarTime, World, WorldClock

TIMEZONE, LONGITUDE, LANDING = "timezone", "mars_longitude_deg", "landing"
DEFAULTS: Mapping[str, str | float] = {TIMEZONE: "UTC", LONGITUDE: 0.0, LANDING: "2000-01-01"}
"""What the page's clocks go by where nothing says it."""

DirectedLink = tuple[int, int]


def facts_of(node: NodeFile) -> dict[str, Said]:
    """Return what a node's file says of the facts on which a mission must agree, the most important first.

    What it leaves out and another node can tell is left out here, too.
    """
    return dict((*_clock(node), *_light(node), *_worlds(node), *_names(node)))


def _clock(node: NodeFile) -> Iterator[tuple[str, Said]]:
    clock = node.clock
    source = FILE if clock.mission or clock.rate != 1.0 else DEFAULT
    yield "clock.rate", Said(clock.rate, source)
    # A rate alone begins at the system's time with each start, so there is no line to compare.
    if clock.mission or clock.rate == 1.0:
        yield "clock.mission", Said(clock_value(clock.mission, clock.wall, clock.rate), source)


def _light(node: NodeFile) -> Iterator[tuple[str, Said]]:
    for peer in node.peer:
        said = None if peer.light_time_s is None else Said(peer.light_time_s, FILE)
        if said is None and not (node.plan or node.contact):
            said = Said(0.0, DEFAULT)
        if said is not None:
            yield light_name(node.number, peer.number), said
            yield light_name(peer.number, node.number), said


def _worlds(node: NodeFile) -> Iterator[tuple[str, Said]]:
    declared = {spec.name for spec in node.other_world}
    said = {TIMEZONE: node.timezone, LONGITUDE: node.mars_longitude_deg, LANDING: node.landing}
    for key, value in said.items():
        if value is not None:
            yield key, Said(value, FILE)
    for name, world in worlds_of(node, {}).items():
        if name not in declared:
            continue
        # A row that gives a built-in world its own kind of clock says what a key says else.
        if name == EARTH.name and isinstance(world.clock, CivilTime):
            yield TIMEZONE, Said(world.clock.timezone, FILE)
        elif name == MARS.name and isinstance(world.clock, SolarTime):
            yield LONGITUDE, Said(world.clock.longitude_deg, FILE)
            yield LANDING, Said(dtntime.to_text(world.clock.since), FILE)
        else:
            yield f"world.{name}", Said(f"{world.body or 'no body'}, {_clock_text(world.clock)}", FILE)


def _clock_text(clock: WorldClock) -> str:
    match clock:
        case CivilTime(timezone):
            return f"civil time {timezone}"
        case SolarTime(longitude_deg, since):
            return f"solar time at {longitude_deg:g} since {dtntime.to_text(since)}"
        case _:
            return f"elapsed time since {dtntime.to_text(clock.since)}"


def _names(node: NodeFile) -> Iterator[tuple[str, Said]]:
    """Yield the names and worlds of nodes, then of people: of this node's own, and of its peers'."""
    yield f"node.{node.number}.name", Said(node.name, FILE)
    yield f"node.{node.number}.world", Said(node.world, FILE)
    for peer in node.peer:
        if peer.name:
            yield f"node.{peer.number}.name", Said(peer.name, FILE)
        if peer.world is not None:
            yield f"node.{peer.number}.world", Said(peer.world, FILE)
    for person in node.person:
        address = EndpointID.ipn(node.number, person.service)
        yield f"address.{address}.name", Said(person.name, FILE)
        yield f"address.{address}.world", Said(node.world, FILE)
    for other in node.address:
        address = EndpointID.parse(other.address)
        yield f"address.{address}.name", Said(other.name, FILE)
        if other.world is not None:
            yield f"address.{address}.world", Said(other.world, FILE)


def worlds_of(node: NodeFile, here: Mapping[str, Said]) -> dict[str, World]:
    """Return the worlds that a node's people and correspondents can be on, by name.

    Args:
        node: its file.
        here: the facts that hold, by name; the file's where they have none.
    """
    said = {TIMEZONE: node.timezone, LONGITUDE: node.mars_longitude_deg, LANDING: node.landing}
    own = {name: DEFAULTS[name] if value is None else value for name, value in said.items()}
    given = own | {name: here[name].value for name in own if name in here}
    clocks: dict[str, WorldClock] = {
        EARTH.name: CivilTime(str(given[TIMEZONE])),
        MARS.name: SolarTime(float(given[LONGITUDE]), dtntime.from_text(str(given[LANDING]))),
    }
    places = {EARTH.name: str(given[TIMEZONE]), MARS.name: MARS.title} | {node.world: node.name}
    found = declared_worlds(node.other_world, clocks, places)
    # What a row says of a built-in world's clock is in `here` as well, where an amendment may change it.
    for name, key in ((EARTH.name, TIMEZONE), (MARS.name, LONGITUDE)):
        if key in here and type(found[name].clock) is type(clocks[name]):
            found[name] = replace(found[name], clock=clocks[name])
    return found


def taken_light_s(here: Mapping[str, Said], node: NodeFile) -> dict[DirectedLink, float]:
    """Return the light times that hold here because a peer told them, in s, by directed link."""
    found = {}
    for peer in node.peer:
        for link in ((node.number, peer.number), (peer.number, node.number)):
            said = here.get(light_name(*link))
            if said is not None and said.source.startswith(TAKEN):
                found[link] = float(said.value)
    return found


class PageNames:
    """Names of worlds, nodes and people on the page of a node; the mappings stay the same, renewed in place.

    Args:
        node: its file.
        here: the facts that hold.

    Attributes:
        worlds: by name.
        nodes: the name of the world of each node, by number.
        titles: the names of nodes, by number.
        entries: who can be written to, by address.
        wires_s: the light times in s that are fixed between two worlds.
    """

    def __init__(self, node: NodeFile, here: Mapping[str, Said]) -> None:
        self._node = node
        self._here: Mapping[str, Said] | None = None
        self.worlds: dict[str, World] = {}
        self.nodes: dict[int, str] = {}
        self.titles: dict[int, str] = {}
        self.entries: dict[str, Entry] = {}
        self.wires_s: dict[frozenset[str], float] = {}
        self.renew(here)

    def renew(self, here: Mapping[str, Said]) -> None:
        """Go by the facts that hold now; it costs nothing where they are the same object as before."""
        if here is self._here:
            return
        self._here, node = here, self._node
        self.worlds.update(worlds_of(node, here))
        self.nodes[node.number], self.titles[node.number] = node.world, node.name
        for peer in node.peer:
            told = here.get(f"node.{peer.number}.name")
            self.nodes[peer.number] = self._world(f"node.{peer.number}.world", here) or MARS.name
            self.titles[peer.number] = str(told.value) if told else f"node {peer.number}"
        for person in node.person:
            address = str(EndpointID.ipn(node.number, person.service))
            self.entries[address] = Entry(person.name, node.name, node.world)
        for program in node.correspondent:
            self.entries[program.address(node.number)] = Entry(program.name, node.name, node.world)
        for other in node.address:
            # Without a world of its own it is that of its node, where that is known.
            node_world = f"node.{EndpointID.parse(other.address).node_number}.world"
            world = other.world or self._world(node_world, here) or MARS.name
            self.entries[other.address] = Entry(other.name, other.place, world)
        self.wires_s.clear()
        for peer in node.peer:
            light_s = peer.light_time_s
            if light_s is None:
                light_s = taken_light_s(here, node).get((peer.number, node.number))
            if light_s is not None:
                self.wires_s[frozenset((node.world, self.nodes[peer.number]))] = light_s

    def _world(self, name: str, here: Mapping[str, Said]) -> str:
        """Return the world that a fact names, of those that there are; else nothing."""
        said = here.get(name)
        return str(said.value) if said is not None and said.value in self.worlds else ""
