"""Weather on contacts: dust and rain as intervals that lower a link's rate or cut it.

What falls on a node is judged in that node's own time: what it sends during the weather, and what reaches
it during the weather, which left one light time before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import msgspec

from starlight import dtntime
from starlight.contacts import Contact, ContactPlan, Notice
from starlight.planner.intervals import Interval, lowered, parts, slot_id, without
from starlight.scenario.network import WeatherSpec
from starlight.scenario.network_checks import check_weather, one_of
from starlight.scenario.scenario import Scenario
from starlight.scenario.toml_file import read


class Weather(msgspec.Struct, frozen=True):
    """An interval of weather, as the plan takes it.

    Attributes:
        start, end: in ns.
        nodes: numbers of the nodes under it, all of whose contacts it touches.
        links: directed links that it touches, as pairs of numbers, by the time of transmission.
        factor: what is left of the rate; 0 cuts.
        text: what it is, for people.
    """

    start: int
    end: int
    nodes: frozenset[int]
    links: frozenset[tuple[int, int]]
    factor: float
    text: str

    def span(self, contact: Contact) -> Interval | None:
        """Return the times of transmission, in ns, at which it touches a contact; None for never."""
        touched: list[Interval] = []
        if contact.from_node in self.nodes or (contact.from_node, contact.to_node) in self.links:
            touched.append((self.start, self.end))
        if contact.to_node in self.nodes:
            light = (contact.light_time(min(max(t, contact.start), contact.end)) for t in self._edges())
            first, last = (edge - way for edge, way in zip(self._edges(), light, strict=True))
            touched.append((first, last))
        if not touched:
            return None
        first, last = min(each[0] for each in touched), max(each[1] for each in touched)
        return (first, last) if first <= contact.end and last >= contact.start else None

    def _edges(self) -> Interval:
        return self.start, self.end

    def notice(self) -> Notice:
        """Return what people are told of it."""
        nodes = set(self.nodes).union(*self.links)
        return Notice(self.start, self.end, tuple(sorted(nodes)), self.text)


def of_scenario(scenario: Scenario) -> list[Weather]:
    """Return the weather that a scenario foresees."""
    return [_weather(scenario, spec) for spec in scenario.weather]


def _weather(scenario: Scenario, spec: WeatherSpec) -> Weather:
    pairs = [(scenario.node_named(a).number, scenario.node_named(b).number) for a, b in spec.links]
    # Where power limits a link, the rate that closes is proportional to it.
    left = 10 ** (-spec.loss_db / 10) if spec.loss_db is not None else spec.factor or 0.0
    return Weather(
        start=dtntime.from_text(spec.start),
        end=dtntime.from_text(spec.end),
        nodes=frozenset(scenario.node_named(name).number for name in spec.nodes),
        links=frozenset(link for a, b in pairs for link in ((a, b), (b, a))),
        factor=0.0 if spec.cuts else left,
        text=spec.text,
    )


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    weather: list[WeatherSpec]


def parse(text: str, scenario: Scenario, *, where: str) -> list[Weather]:
    """Read weather for a scenario's nodes from TOML: a file of ``[[weather]]`` tables.

    Raises:
        InputError: it is wrong; the message names key, value and what is allowed.
    """
    file, errors = read(text, _File, where)
    names = [node.name for node in scenario.node]

    def known(key: str, name: str) -> bool:
        if name not in names:
            errors.fail(key, name, one_of(name, names, " the nodes"))
        return name in names

    pairs = {frozenset(link.between) for link in scenario.link}
    for index, spec in enumerate(file.weather):
        check_weather(index, spec, pairs, known, errors.time, errors.fail, errors.missing)
    errors.raise_all()
    return [_weather(scenario, spec) for spec in file.weather]


def under(
    contacts: Iterable[Contact],
    weather: Sequence[Weather],
    name: Callable[[Contact, int], int] = slot_id,
) -> list[Contact]:
    """Return contacts as the weather leaves them.

    Args:
        name: gives the id of a part that does not begin with its contact.
    """
    result = list(contacts)
    for each in weather:
        after: list[Contact] = []
        for contact in result:
            span = each.span(contact)
            if span is None:
                after.append(contact)
            elif each.factor:
                after.append(lowered(contact, *span, each.factor))
            else:
                after += parts(contact, without([(contact.start, contact.end)], [span]), name)
        result = after
    return result


def attach(plan: ContactPlan, weather: Sequence[Weather]) -> ContactPlan:
    """Return a finished plan under weather, with its notices and the next version."""
    fresh = iter(range(max((contact.id for contact in plan.contacts), default=0) + 1, 2**63))
    contacts = under(plan.contacts, weather, lambda _contact, _start: next(fresh))
    notices = (*plan.notices, *(each.notice() for each in weather))
    return ContactPlan.of(contacts, notices, plan.version + 1)
