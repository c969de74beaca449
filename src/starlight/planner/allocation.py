"""Allocation of antennas to contacts: from what is visible to what is feasible.

Both directions of a link that are open at about the same time make a *pass*; an antenna holds it as one.
Passes come in the order of their link's priority, then of their length, longest first, then of their
start; each takes what is still free of the antenna that has most left for it, at both of its ends, each in
that end's own time. So a contact gives way only to one of higher priority, or of the same that is longer.
Between two passes of an antenna lies the time to slew and set up.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from starlight import dtntime
from starlight.contacts import Contact
from starlight.dtntime import DAY, HOUR, MINUTE, SECOND
from starlight.planner.intervals import Interval, common, merged, parts, total, without
from starlight.scenario.network import HOURS, AntennaSpec

SHORTEST = MINUTE
"""What is left of a contact is used when it lasts as long; below, setting up costs more than it carries."""


class LinkDirection(msgspec.Struct, frozen=True):
    """One direction of a radio link with what is visible of it.

    Attributes:
        link: which link it belongs to; both directions have the same.
        priority: of the link.
        from_node, to_node: names.
        contacts: by start.
    """

    link: int
    priority: int
    from_node: str
    to_node: str
    contacts: tuple[Contact, ...]


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


class Allocation(msgspec.Struct, frozen=True):
    """The contacts that the antennas hold.

    Attributes:
        contacts: for each direction that was given, what is left of it.
        changes: what was dropped or shortened, by start.
    """

    contacts: tuple[tuple[Contact, ...], ...]
    changes: tuple[AllocationChange, ...]


class _Row(msgspec.Struct, frozen=True):
    """A contact of a direction, with its span in the own time of each end of the link."""

    direction: int
    contact: Contact
    spans: tuple[Interval, Interval]


class _Pass(msgspec.Struct, eq=False):
    """A time in which two nodes see each other without a break, told in the own time of each end."""

    rows: tuple[_Row, ...]
    priority: int
    ends: tuple[str, str]
    spans: tuple[Interval, Interval]

    def key(self) -> tuple[int, int, int, int]:
        first, last = self.spans[0]
        return -self.priority, first - last, first, self.rows[0].direction


class _Slot:
    """One of the contacts that an antenna can hold at once: what it holds, in order, disjoint."""

    def __init__(self, node: str, spec: AntennaSpec) -> None:
        self.node, self.spec = node, spec
        self.gap = round((spec.slew_s + spec.setup_s) * SECOND)
        self._starts: list[int] = []
        self._held: list[tuple[Interval, _Pass]] = []

    def serves(self, other: str) -> bool:
        return not self.spec.serves or other in self.spec.serves

    def held(self, span: Interval) -> list[tuple[Interval, _Pass]]:
        """Return what it holds that is less than the gap away from a span."""
        # One before the first that starts late enough: that one may still last into the gap.
        index = max(0, bisect_left(self._starts, span[0] - self.gap) - 1)
        found = []
        for each in self._held[index:]:
            if each[0][0] > span[1] + self.gap:
                break
            if each[0][1] >= span[0] - self.gap:
                found.append(each)
        return found

    def free(self, span: Interval) -> list[Interval]:
        """Return when it could hold something inside a span."""
        # The gap on both sides: slewing back to what comes next takes as long as slewing here.
        taken = [(first - self.gap, last + self.gap) for (first, last), _ in self.held(span)]
        return without(self.opened(span), merged(taken))

    def opened(self, span: Interval) -> list[Interval]:
        """Return when the antenna works inside a span."""
        if not self.spec.hours:
            return [span]
        return common([span], merged(_hours(self.spec.hours, span)))

    def take(self, span: Interval, what: _Pass) -> None:
        index = bisect_left(self._starts, span[0])
        self._starts.insert(index, span[0])
        self._held.insert(index, (span, what))


def allocate(
    directions: Sequence[LinkDirection],
    antennas: Mapping[str, Sequence[AntennaSpec]],
    titles: Mapping[str, str],
) -> Allocation:
    """Give the antennas to contacts.

    Args:
        directions: directions of radio links, both of one link with the same number.
        antennas: by node; a node that is not there holds all it sees.
        titles: of nodes, for people.

    Returns:
        What is left: at no time does an antenna hold more contacts with other nodes than it can.
    """
    slots = {
        node: [_Slot(node, spec) for spec in specs for _ in range(spec.contacts)]
        for node, specs in antennas.items()
        if specs
    }
    kept: list[list[Contact]] = [[] for _ in directions]
    changes: list[AllocationChange] = []
    # Greedy, in one order: so each pass that gives way can name the earlier one that it gave way to.
    for each in sorted(_passes(directions), key=_Pass.key):
        chosen = [_best(slots.get(node), other, span) for node, other, span in _sides(each)]
        mine: list[_Row] = []
        for row in each.rows:
            direction, contact = directions[row.direction], row.contact
            here = direction.from_node == each.ends[0]
            left = _left(row, chosen if here else chosen[::-1])
            mine += [_row(row.direction, part, here) for part in parts(contact, left)]
            if left != [(contact.start, contact.end)]:
                why = _reasons(each, chosen, titles)
                what = "shortened" if left else "dropped"
                names = direction.from_node, direction.to_node
                changes.append(AllocationChange(what, *names, contact.start, contact.end, tuple(left), why))
        for row in mine:
            kept[row.direction].append(row.contact)
        for side, (slot, _) in enumerate(chosen):
            if slot is not None:
                for span in _joined([row.spans[side] for row in mine], slot.gap):
                    slot.take(span, each)
    changes.sort(key=lambda change: (change.start, change.from_node, change.to_node))
    done = tuple(tuple(sorted(contacts, key=lambda contact: contact.start)) for contacts in kept)
    return Allocation(done, tuple(changes))


_Chosen = tuple[_Slot | None, list[Interval] | None]


def _sides(each: _Pass) -> Iterator[tuple[str, str, Interval]]:
    yield each.ends[0], each.ends[1], each.spans[0]
    yield each.ends[1], each.ends[0], each.spans[1]


def _best(slots: list[_Slot] | None, other: str, span: Interval) -> _Chosen:
    """Return the slot with most time left in a span, and that time; of a node without antennas, None."""
    if slots is None:
        return None, None
    best: _Chosen = None, []
    for slot in slots:
        if slot.serves(other):
            free = slot.free(span)
            if best[0] is None or total(free) > total(best[1] or []):
                best = slot, free
    return best


def _left(row: _Row, chosen: Sequence[_Chosen]) -> list[Interval]:
    """Return when both ends, the transmitter first, can hold a contact; in the time of transmission."""
    contact = row.contact
    whole = [(contact.start, contact.end)]
    spans = whole
    sender, receiver = chosen[0][1], chosen[1][1]
    if sender is not None:
        spans = common(spans, sender)
    if receiver is not None:
        # The receiver's antenna is free in its own time; what it can't hear need not be sent, so its hours
        # are led back through the light time. Edges of the contact stay exact, and are not computed there
        # and back again.
        first, last = _arrival(contact)
        heard = [
            (
                contact.start if begin <= first else _sent(contact, begin),
                contact.end if end >= last else _sent(contact, end),
            )
            for begin, end in receiver
            if begin < last and end > first
        ]
        spans = common(spans, heard)
    # A whole contact stays, however short: its shortness is the sky's. Only remainders are judged.
    return spans if spans == whole else [span for span in spans if span[1] - span[0] >= SHORTEST]


def _sent(contact: Contact, arrives: int) -> int:
    """Return when what arrives at a time in ns left; light time moves by 1e-4 of time at most."""
    sent = arrives - contact.light_time(min(max(arrives, contact.start), contact.end))
    # A fixed point: each round errs by 1e-4 of the one before, so two more leave some ns of 40 min.
    for _ in range(2):
        sent = arrives - contact.light_time(min(max(sent, contact.start), contact.end))
    return sent


def _arrival(contact: Contact) -> Interval:
    return (
        contact.start + contact.light_time(contact.start),
        contact.end + contact.light_time(contact.end),
    )


def _row(direction: int, contact: Contact, first_sends: bool) -> _Row:
    sent, heard = (contact.start, contact.end), _arrival(contact)
    return _Row(direction, contact, (sent, heard) if first_sends else (heard, sent))


def _passes(directions: Sequence[LinkDirection]) -> list[_Pass]:
    """Group what is visible on both directions of each link, by the clock of the link's first node."""
    links: dict[int, list[int]] = {}
    for index, direction in enumerate(directions):
        links.setdefault(direction.link, []).append(index)
    found: list[_Pass] = []
    for indices in links.values():
        first = directions[indices[0]]
        ends = first.from_node, first.to_node
        rows = [
            _row(index, contact, directions[index].from_node == ends[0])
            for index in indices
            for contact in directions[index].contacts
        ]
        rows.sort(key=lambda row: (row.spans[0], row.direction))
        group: list[_Row] = []
        reach = 0
        for row in rows:
            # Both directions of a link overlap within a light time of each other; where neither is open,
            # the dish turns.
            if group and row.spans[0][0] > reach:
                found.append(_pass_of(group, first.priority, ends))
                group = []
            reach = max(reach, row.spans[0][1]) if group else row.spans[0][1]
            group.append(row)
        if group:
            found.append(_pass_of(group, first.priority, ends))
    return found


def _pass_of(rows: list[_Row], priority: int, ends: tuple[str, str]) -> _Pass:
    spans = [(min(row.spans[k][0] for row in rows), max(row.spans[k][1] for row in rows)) for k in (0, 1)]
    return _Pass(tuple(rows), priority, ends, (spans[0], spans[1]))


def _joined(spans: list[Interval], gap: int) -> list[Interval]:
    """Return spans with those joined between which no other could be held."""
    # Between two parts that are closer than the gap nobody else could be set up, so the antenna keeps both.
    return [(first, last - gap) for first, last in merged((first, last + gap) for first, last in spans)]


def _reasons(each: _Pass, chosen: Sequence[_Chosen], titles: Mapping[str, str]) -> tuple[str, ...]:
    """Say what stood in the way of a pass at each of its ends."""
    found: list[str] = []
    for (slot, free), span in zip(chosen, each.spans, strict=True):
        if slot is None or free == [span]:
            continue
        place = f"{titles[slot.node]}'s {slot.spec.name}"
        if slot.opened(span) != [span]:
            found.append(f"{place} works {', '.join(slot.spec.hours)} UTC.")
        for other in dict.fromkeys(other for _, other in slot.held(span)):
            many = f"{slot.spec.contacts} contact{'s' if slot.spec.contacts > 1 else ''} at once"
            names = " - ".join(titles[name] for name in other.ends)
            if other.priority != each.priority:
                than = f"has priority {other.priority} over {each.priority}"
            else:
                than = f"is longer ({_long(total(other.spans[:1]))} over {_long(total(each.spans[:1]))})"
                if total(other.spans[:1]) == total(each.spans[:1]):
                    than = "is as long and comes first"
            found.append(f"{place} holds {many}: {names} {than}.")
    return tuple(dict.fromkeys(found))


def _hours(hours: Sequence[str], span: Interval) -> Iterator[Interval]:
    """Yield when opening hours lie in a span."""
    for text in hours:
        match = HOURS.match(text)
        assert match  # The scenario was checked.
        begin, end = (int(match[k]) * HOUR + int(match[k + 1]) * MINUTE for k in (1, 3))
        # Hours such as 22:00-06:00 go over midnight.
        if end <= begin:
            end += DAY
        # From the day before: its night may reach into the span.
        for day in range(span[0] // DAY - 1, span[1] // DAY + 1):
            yield day * DAY + begin, day * DAY + end


def _long(nanoseconds: int) -> str:
    hours = nanoseconds / HOUR
    return f"{hours:.1f} h" if hours < 48 else f"{hours / 24:.0f} days"
