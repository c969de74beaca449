"""Power of nodes: a node that has little of it hears, and sends, for as long as the energy of a day lasts.

What a source gives falls evenly in proportion: P(t) = P0 exp(-k (t - since)), with k = ln 2 / half life, or
-ln(1 - yearly loss). A radioisotope source falls faster than its isotope's heat, as its thermocouples age.
A day (UTC) has the energy that the source gives in it, less what the node itself needs. A battery is taken to
even out that day and no more, so a day's contacts depend on that day alone, wherever a plan begins.

A contact, both directions of it together, draws by its length in the node's own time. Where a day has
less than all its contacts would draw, each keeps the same share of itself, from its beginning: so none goes
silent before all do, nothing has to be foreseen to tell when the receiver turns off, and who keeps calling
at the beginning of a pass is heard as long as anybody is.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence

import msgspec

from starlight import dtntime
from starlight.contacts import Contact, Notice
from starlight.dtntime import DAY, SECOND
from starlight.planner.allocation import SHORTEST, AllocationChange, LinkDirection
from starlight.planner.intervals import Interval, arrival, common, merged, parts, sent_for
from starlight.scenario.network import NodeSpec, PowerSpec
from starlight.scenario.scenario import Scenario

YEAR = 365 * DAY + DAY // 4
_HOUR_S = 3600.0


def energy_j(power: PowerSpec, start: int, end: int) -> float:
    """Return what a node's source leaves to its radio between two times, in J; 0 where it leaves nothing.

    Args:
        start, end: in ns.
    """
    begin = max(start, dtntime.from_text(power.since))
    if begin >= end:
        return 0.0
    years, age = (end - begin) / YEAR, (begin - dtntime.from_text(power.since)) / YEAR
    fall = _fall_per_year(power)
    mean_w = (
        power.source_w * math.exp(-fall * age) * (-math.expm1(-fall * years) / fall / years if fall else 1)
    )
    return max(0.0, (mean_w - power.keeps_w) * (end - begin) / SECOND)


def spent_at(power: PowerSpec) -> int | None:
    """Return from when, in ns, a source gives no more than its node itself needs; None for never."""
    fall = _fall_per_year(power)
    if not fall or not power.keeps_w:
        return None
    return dtntime.from_text(power.since) + round(math.log(power.source_w / power.keeps_w) / fall * YEAR)


def _fall_per_year(power: PowerSpec) -> float:
    if power.half_life_years is not None:
        return math.log(2) / power.half_life_years
    return -math.log1p(-power.yearly_loss) if power.yearly_loss is not None else 0.0


def limited(scenario: Scenario) -> list[NodeSpec]:
    """Return the nodes whose power limits their contacts, in the file's order."""
    return [node for node in scenario.node if node.power is not None]


def spent_notices(scenario: Scenario, names: tuple[str, str], interval: Interval) -> tuple[Notice, ...]:
    """Return when two nodes are silent because the source of one of them is spent."""
    numbers = tuple(sorted(scenario.node_named(name).number for name in names))
    found = []
    for node in limited(scenario):
        since = spent_at(node.power) if node.power and node.name in names else None
        if since is not None and since < interval[1]:
            text = f"{node.title}: its source gives no more than it needs itself"
            found.append(Notice(max(since, interval[0]), interval[1], numbers, text))
    return tuple(found)


class _Use(msgspec.Struct, frozen=True):
    """A link as it draws on a node's power.

    Attributes:
        rows: where its directions stand in the list of all.
        passes: in the node's own time.
        draws_w: while one lasts.
    """

    rows: tuple[int, ...]
    passes: tuple[Interval, ...]
    draws_w: float


class Powered(msgspec.Struct, frozen=True):
    """The contacts that the nodes' power carries.

    Attributes:
        contacts: for each direction that was given, what is left of it.
        changes: what was dropped or shortened, by node and direction.
    """

    contacts: tuple[tuple[Contact, ...], ...]
    changes: tuple[AllocationChange, ...]


def carry(directions: Sequence[LinkDirection], nodes: Sequence[NodeSpec]) -> Powered:
    """Return contacts as far as the energy of each day carries them at both of their ends.

    Args:
        directions: of radio links, both of one link with the same number.
        nodes: those that have a power; they are asked one after the other.
    """
    kept = list(directions)
    changes: list[AllocationChange] = []
    for node in nodes:
        assert node.power is not None
        uses = _uses(kept, node.name, node.power)
        shares = _shares(uses, node.power)
        for use in uses:
            awake = merged(_awake(use.passes, shares))
            for row in use.rows:
                kept[row], lost = _cut(kept[row], node, awake, shares)
                changes += lost
    return Powered(tuple(each.contacts for each in kept), tuple(changes))


def _uses(directions: Sequence[LinkDirection], node: str, power: PowerSpec) -> list[_Use]:
    """Return the links that draw on a node's power, each with what it draws."""
    links: dict[int, list[int]] = {}
    for row, direction in enumerate(directions):
        if node in (direction.from_node, direction.to_node):
            links.setdefault(direction.link, []).append(row)
    found: list[_Use] = []
    for rows in links.values():
        # Who sends on a link of two directions hears on it, too: nothing else tells what arrived.
        hears = any(directions[row].to_node == node for row in rows)
        sends = any(directions[row].from_node == node for row in rows)
        draws = power.listens_w * hears + (power.sends_w or 0.0) * sends
        passes = merged(_own(c, directions[row], node) for row in rows for c in directions[row].contacts)
        if draws:
            found.append(_Use(tuple(rows), tuple(passes), draws))
    return found


def _own(contact: Contact, direction: LinkDirection, node: str) -> Interval:
    """Return when a contact is held in the own time of one of its ends."""
    return (contact.start, contact.end) if direction.from_node == node else arrival(contact)


def _days(span: Interval) -> Iterator[tuple[int, Interval]]:
    """Yield the days (UTC) that a span touches, each with its part of it."""
    first, last = span
    for day in range(first // DAY, (last - 1) // DAY + 1):
        yield day, (max(first, day * DAY), min(last, (day + 1) * DAY))


def _shares(uses: Sequence[_Use], power: PowerSpec) -> dict[int, float]:
    """Return what share of its contacts a node can hold, for each day on which that is less than all."""
    needed: dict[int, float] = {}
    for use in uses:
        for day, (first, last) in (piece for span in use.passes for piece in _days(span)):
            needed[day] = needed.get(day, 0.0) + use.draws_w * (last - first) / SECOND
    has = {day: energy_j(power, day * DAY, (day + 1) * DAY) for day in needed}
    return {day: has[day] / need for day, need in needed.items() if has[day] < need}


def _awake(passes: Sequence[Interval], shares: dict[int, float]) -> Iterator[Interval]:
    """Yield the first part of each day's piece of each pass."""
    for span in passes:
        for day, (first, last) in _days(span):
            until = first + int((last - first) * shares[day]) if day in shares else last
            if until > first:
                yield first, until


def _cut(
    direction: LinkDirection, node: NodeSpec, awake: list[Interval], shares: dict[int, float]
) -> tuple[LinkDirection, list[AllocationChange]]:
    """Return a direction with what is left of its contacts while a node is awake, and what it lost."""
    contacts: list[Contact] = []
    changes: list[AllocationChange] = []
    for contact in direction.contacts:
        own = _own(contact, direction, node.name)
        if not any(day in shares for day, _ in _days(own)):
            contacts.append(contact)
            continue
        near = awake[max(bisect_right(awake, own) - 1, 0) : bisect_left(awake, (own[1], own[1]))]
        spans = near if direction.from_node == node.name else sent_for(contact, near)
        left = [each for each in common([(contact.start, contact.end)], spans) if _lasts(each)]
        contacts += parts(contact, left)
        changes.append(
            AllocationChange(
                "shortened" if left else "dropped",
                direction.from_node,
                direction.to_node,
                contact.start,
                contact.end,
                tuple(left),
                (_reason(node, own, shares),),
            )
        )
    return msgspec.structs.replace(direction, contacts=tuple(contacts)), changes


def _lasts(span: Interval) -> bool:
    return span[1] - span[0] >= SHORTEST


def _reason(node: NodeSpec, own: Interval, shares: dict[int, float]) -> str:
    """Say how much of a contact's days a node's power carries: on the first such day, and on the last."""
    assert node.power is not None
    short = [day for day, _ in _days(own) if day in shares]
    told = []
    for day in dict.fromkeys((short[0], short[-1])):
        energy = energy_j(node.power, day * DAY, (day + 1) * DAY) / _HOUR_S
        told.append(
            f"{shares[day]:.0%} of its contacts on {dtntime.to_text(day * DAY)[:10]} ({energy:.4g} Wh)"
        )
    return f"{node.title}'s power carries {' and '.join(told)}."
