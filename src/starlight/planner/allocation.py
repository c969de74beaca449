"""Allocation of antennas to contacts: from what is visible to what is feasible.

Both directions of a link that are open at about the same time make a *pass*; an antenna holds it as one.
Passes come in the order of their link's priority, then of their length, longest first, then of their
start; each takes what is still free of the antenna that has most left for it, at both of its ends, each in
that end's own time. So a contact gives way only to one of higher priority, or of the same that is longer.
Between two passes of an antenna lies the time to slew and set up. Several at once are held only while they
stand in its beam, and the first of them is sent to (`antennas`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from starlight import dtntime
from starlight.contacts import Contact
from starlight.dtntime import HOUR, MINUTE
from starlight.planner.antennas import Antenna, Beams, Pass, Row
from starlight.planner.intervals import Interval, arrival, common, merged, parts, sent_for, total
from starlight.scenario.network import AntennaSpec

SHORTEST = MINUTE
"""What is left of a contact is used when it lasts as long; below, setting up costs more than it carries."""


class LinkDirection(msgspec.Struct, frozen=True):
    """One direction of a radio link with what is visible of it.

    Attributes:
        link: which link it belongs to; both directions have the same.
        priority: of the link.
        from_node, to_node: names.
        contacts: by start.
        band: of the link, for the width of beams; empty where its rate is given.
    """

    link: int
    priority: int
    from_node: str
    to_node: str
    contacts: tuple[Contact, ...]
    band: str = ""


class AllocationChange(msgspec.Struct, frozen=True):
    """A contact that was dropped or shortened.

    Attributes:
        what: ``dropped`` or ``shortened``.
        from_node, to_node: names.
        start, end: as it was visible, in ns.
        kept: what is left of it.
        why: a sentence for each cause.
    """

    what: str
    from_node: str
    to_node: str
    start: int
    end: int
    kept: tuple[Interval, ...]
    why: tuple[str, ...]

    def sentence(self, titles: Mapping[str, str]) -> str:
        """Tell it to people, who know nodes by title."""
        when = f"{dtntime.to_text(self.start)} to {dtntime.to_text(self.end)}"
        kept = f", {_long(total(self.kept))} kept" if self.kept else ""
        ends = f"{titles[self.from_node]} to {titles[self.to_node]}"
        return f"{ends}, {when}: {self.what}{kept}. {' '.join(self.why)}"


Shared = tuple[Interval, int]
"""When a transmitter sends to several, and to how many."""


class Allocation(msgspec.Struct, frozen=True):
    """The contacts that the antennas hold.

    Attributes:
        contacts: for each direction that was given, what is left of it.
        changes: what was dropped or shortened, by start.
        shared: for each direction, when its transmitter sends to others as well, and to how many in all; by
            start, disjoint.
    """

    contacts: tuple[tuple[Contact, ...], ...]
    changes: tuple[AllocationChange, ...]
    shared: tuple[tuple[Shared, ...], ...]


def allocate(
    directions: Sequence[LinkDirection],
    antennas: Mapping[str, Sequence[AntennaSpec]],
    titles: Mapping[str, str],
    beams: Beams | None = None,
) -> Allocation:
    """Give the antennas to contacts.

    Args:
        directions: directions of radio links, both of one link with the same number.
        antennas: by node; a node that is not there holds all it sees.
        titles: of nodes, for people.
        beams: how wide the antennas' beams are, and what stands in them; None: they see all at once.

    Returns:
        What is left: at no time does an antenna hold more contacts with other nodes than it can, or two that
        its beam does not hold, or send to more than it can.
    """
    have = {node: [Antenna(node, spec, beams) for spec in specs] for node, specs in antennas.items() if specs}
    kept: list[list[Contact]] = [[] for _ in directions]
    changes: list[AllocationChange] = []
    # Greedy, in one order: so each pass that gives way can name the earlier one that it gave way to.
    for each in sorted(_passes(directions), key=Pass.key):
        chosen = [_best(have.get(node), each, node, span) for node, span in _sides(each)]
        mine: list[Row] = []
        for row in each.rows:
            direction, contact = directions[row.direction], row.contact
            here = direction.from_node == each.ends[0]
            left = _left(row, chosen if here else chosen[::-1])
            mine += [_row(row.direction, part, here) for part in parts(contact, left)]
            if left != [(contact.start, contact.end)]:
                why = _reasons(each, chosen, 0 if here else 1, titles)
                what = "shortened" if left else "dropped"
                names = direction.from_node, direction.to_node
                changes.append(AllocationChange(what, *names, contact.start, contact.end, tuple(left), why))
        for row in mine:
            kept[row.direction].append(row.contact)
        _take(each, chosen, mine, directions)
    changes.sort(key=lambda change: (change.start, change.from_node, change.to_node))
    done = tuple(tuple(sorted(contacts, key=lambda contact: contact.start)) for contacts in kept)
    shared = tuple(_shared(have.get(direction.from_node, []), direction) for direction in directions)
    return Allocation(done, tuple(changes), shared)


class _Chosen(msgspec.Struct, frozen=True):
    """An antenna for one end of a pass, when it can hold it and when it can send; no antenna: always."""

    antenna: Antenna | None
    free: list[Interval] | None
    sends: list[Interval] | None


def _take(
    each: Pass, chosen: Sequence[_Chosen], mine: list[Row], directions: Sequence[LinkDirection]
) -> None:
    """Let the chosen antennas hold what is left of a pass."""
    for side, end in enumerate(chosen):
        if end.antenna is None:
            continue
        for span in _joined([row.spans[side] for row in mine], end.antenna.gap):
            end.antenna.held.take(span, each)
        for row in mine:
            if directions[row.direction].from_node == each.ends[side]:
                end.antenna.sent.take(row.spans[side], each)


def _shared(antennas: Sequence[Antenna], direction: LinkDirection) -> tuple[Shared, ...]:
    """Return when the transmitter of a direction sends to others as well, and to how many in all."""
    found: list[Shared] = []
    for antenna in antennas:
        # Where nothing is said of the transmitter, nobody knows what is left of its power.
        if (antenna.spec.sends_to or 1) == 1:
            continue
        edges: list[tuple[int, int, int]] = []
        for (first, last), what in antenna.sent.rows:
            mine = int(what.other(antenna.node) == direction.to_node)
            edges += [(first, 1, mine), (last, -1, -mine)]
        count = here = since = 0
        # One sweep over all that begins and ends; between two edges the number of receivers is constant.
        for at, step, mine in sorted(edges):
            if here and count > 1 and at > since:
                found.append(((since, at), count))
            count, here, since = count + step, here + mine, at
    return tuple(sorted(found))


def _sides(each: Pass) -> Iterator[tuple[str, Interval]]:
    yield each.ends[0], each.spans[0]
    yield each.ends[1], each.spans[1]


def _best(antennas: list[Antenna] | None, each: Pass, node: str, span: Interval) -> _Chosen:
    """Return the antenna with most time left for a pass, and that time; of a node without antennas, None."""
    if antennas is None:
        return _Chosen(None, None, None)
    best = _Chosen(None, [], [])
    for antenna in antennas:
        if antenna.serves(each.other(node)):
            free, sends = antenna.free(each, span), antenna.free_to_send(span)
            if best.antenna is None or _worth(free, sends) > _worth(best.free or [], best.sends or []):
                best = _Chosen(antenna, free, sends)
    return best


def _worth(free: list[Interval], sends: list[Interval]) -> tuple[int, int]:
    return total(free), total(common(free, sends))


def _left(row: Row, chosen: Sequence[_Chosen]) -> list[Interval]:
    """Return when both ends, the transmitter first, can hold a contact; in the time of transmission."""
    contact = row.contact
    whole = [(contact.start, contact.end)]
    spans = whole
    sender, receiver = chosen[0], chosen[1].free
    if sender.free is not None and sender.sends is not None:
        spans = common(common(spans, sender.free), sender.sends)
    if receiver is not None:
        # The receiver's antenna is free in its own time; what it can't hear need not be sent, so its hours
        # are led back through the light time.
        spans = common(spans, sent_for(contact, receiver))
    # A whole contact stays, however short: its shortness is the sky's. Only remainders are judged.
    return spans if spans == whole else [span for span in spans if span[1] - span[0] >= SHORTEST]


def _row(direction: int, contact: Contact, first_sends: bool) -> Row:
    sent, heard = (contact.start, contact.end), arrival(contact)
    return Row(direction, contact, (sent, heard) if first_sends else (heard, sent))


def _passes(directions: Sequence[LinkDirection]) -> list[Pass]:
    """Group what is visible on both directions of each link, by the clock of the link's first node."""
    links: dict[int, list[int]] = {}
    for index, direction in enumerate(directions):
        links.setdefault(direction.link, []).append(index)
    found: list[Pass] = []
    for indices in links.values():
        first = directions[indices[0]]
        ends = first.from_node, first.to_node
        rows = [
            _row(index, contact, directions[index].from_node == ends[0])
            for index in indices
            for contact in directions[index].contacts
        ]
        rows.sort(key=lambda row: (row.spans[0], row.direction))
        group: list[Row] = []
        reach = 0
        for row in rows:
            # Both directions of a link overlap within a light time of each other; where neither is open,
            # the dish turns.
            if group and row.spans[0][0] > reach:
                found.append(_pass_of(group, first, ends))
                group = []
            reach = max(reach, row.spans[0][1]) if group else row.spans[0][1]
            group.append(row)
        if group:
            found.append(_pass_of(group, first, ends))
    return found


def _pass_of(rows: list[Row], link: LinkDirection, ends: tuple[str, str]) -> Pass:
    spans = [(min(row.spans[k][0] for row in rows), max(row.spans[k][1] for row in rows)) for k in (0, 1)]
    return Pass(tuple(rows), link.priority, ends, (spans[0], spans[1]), link.band)


def _joined(spans: list[Interval], gap: int) -> list[Interval]:
    """Return spans with those joined between which no other could be held."""
    # Between two parts that are closer than the gap nobody else could be set up, so the antenna keeps both.
    return [(first, last - gap) for first, last in merged((first, last + gap) for first, last in spans)]


def _reasons(
    each: Pass, chosen: Sequence[_Chosen], sender: int, titles: Mapping[str, str]
) -> tuple[str, ...]:
    """Say what stood in the way of a direction of a pass at each of its ends.

    Args:
        sender: which end sends.
    """
    found: list[str] = []
    for side, (end, span) in enumerate(zip(chosen, each.spans, strict=True)):
        antenna = end.antenna
        if antenna is None:
            continue
        place = f"{titles[antenna.node]}'s {antenna.spec.name}"
        if end.free != [span]:
            if antenna.opened(span) != [span]:
                found.append(f"{place} works {', '.join(antenna.spec.hours)} UTC.")
            for other in dict.fromkeys(other for _, other in antenna.held.near(span, antenna.gap)):
                found.append(f"{place} {_holds(antenna, each, other, span)}: {_than(each, other, titles)}.")
        # An antenna for one contact sends to that one: to say it twice would tell nothing.
        if side == sender and end.sends != [span] and antenna.spec.contacts > 1:
            many = antenna.spec.receivers
            for other in dict.fromkeys(other for _, other in antenna.sent.near(span, antenna.retuning)):
                found.append(
                    f"{place} sends to {many if many > 1 else 'one'} at a time: {_than(each, other, titles)}."
                )
    return tuple(dict.fromkeys(found))


def _holds(antenna: Antenna, each: Pass, other: Pass, span: Interval) -> str:
    """Say why an antenna can't hold two passes."""
    width = antenna.width_deg(each, other)
    if width is not None and antenna.together(each, other, span) != [span]:
        return f"has a beam of {width:.2g} degrees, which does not hold both"
    many = antenna.spec.contacts
    return f"holds {many} contact{'s' if many > 1 else ''} at once"


def _than(each: Pass, other: Pass, titles: Mapping[str, str]) -> str:
    """Say why another pass goes before one."""
    names = " - ".join(titles[name] for name in other.ends)
    if other.priority != each.priority:
        return f"{names} has priority {other.priority} over {each.priority}"
    mine, its = total(each.spans[:1]), total(other.spans[:1])
    if mine == its:
        return f"{names} is as long and comes first"
    return f"{names} is longer ({_long(its)} over {_long(mine)})"


def _long(nanoseconds: int) -> str:
    hours = nanoseconds / HOUR
    return f"{hours:.1f} h" if hours < 48 else f"{hours / 24:.0f} days"
