"""Antennas and what they hold: so many contacts at once, all in one beam, and one transmitter.

A dish points at one place of the sky. Several spacecraft can be heard through it only while they stand in its
half-power beam, and it sends to one of them: multiple spacecraft per aperture (MSPA), as the DSN tracks the
orbiters of Mars. Sources: *IPN Progress Report* 42-238A (2024): beams are shared by downlinks, but not by
uplinks of one band; JPL TRS 2014/48219: what shares one is within the half-power beamwidth.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from typing import Protocol

import msgspec

from starlight.contacts import Contact
from starlight.dtntime import DAY, HOUR, MINUTE, SECOND
from starlight.planner.intervals import Interval, common, merged, without
from starlight.scenario.network import HOURS, AntennaSpec


class Beams(Protocol):
    """The sky and the radio as antennas need them."""

    def width_deg(self, antenna: AntennaSpec, band: str) -> float | None:
        """Return how wide the beam of an antenna is in a band, in degrees; None: not known."""
        ...

    def together(
        self, node: str, others: tuple[str, str], width_deg: float, span: Interval
    ) -> list[Interval]:
        """Return when two others stand within an angle of each other, seen from a node, in its time."""
        ...


class Row(msgspec.Struct, frozen=True):
    """A contact of a direction, with its span in the own time of each end of the link."""

    direction: int
    contact: Contact
    spans: tuple[Interval, Interval]


class Pass(msgspec.Struct, eq=False):
    """A time in which two nodes see each other without a break, told in the own time of each end."""

    rows: tuple[Row, ...]
    priority: int
    ends: tuple[str, str]
    spans: tuple[Interval, Interval]
    band: str

    def key(self) -> tuple[int, int, int, int]:
        """Return by what passes are put in order: the first ones choose."""
        first, last = self.spans[0]
        return -self.priority, first - last, first, self.rows[0].direction

    def other(self, node: str) -> str:
        """Return the end that is not `node`."""
        return self.ends[self.ends[0] == node]


class Occupancy:
    """Passes that an antenna holds over time, by start."""

    def __init__(self) -> None:
        self.rows: list[tuple[Interval, Pass]] = []
        self._starts: list[int] = []
        self._longest = 0

    def near(self, span: Interval, gap: int) -> list[tuple[Interval, Pass]]:
        """Return what is less than a gap away from a span."""
        # Several may be held at once, so what began long ago may still last: as long as the longest does.
        begin = bisect_left(self._starts, span[0] - gap - self._longest)
        end = bisect_right(self._starts, span[1] + gap)
        return [each for each in self.rows[begin:end] if each[0][1] >= span[0] - gap]

    def take(self, span: Interval, what: Pass) -> None:
        """Hold something over a span."""
        index = bisect_left(self._starts, span[0])
        self._starts.insert(index, span[0])
        self.rows.insert(index, (span, what))
        self._longest = max(self._longest, span[1] - span[0])


class Antenna:
    """An antenna of a node, and what it holds and sends.

    Args:
        node: its name.
        spec: what the scenario says of it.
        beams: for what stands in one beam; None: the antenna sees all at once.
    """

    def __init__(self, node: str, spec: AntennaSpec, beams: Beams | None) -> None:
        self.node, self.spec, self._beams = node, spec, beams
        self.gap = round((spec.slew_s + spec.setup_s) * SECOND)
        self.retuning = round(spec.setup_s * SECOND)
        self.held, self.sent = Occupancy(), Occupancy()

    def serves(self, other: str) -> bool:
        """Tell whether it talks with a node."""
        return not self.spec.serves or other in self.spec.serves

    def opened(self, span: Interval) -> list[Interval]:
        """Return when it works inside a span."""
        if not self.spec.hours:
            return [span]
        return common([span], merged(_hours(self.spec.hours, span)))

    def free(self, each: Pass, span: Interval) -> list[Interval]:
        """Return when it could hold a pass inside a span of its node's time."""
        held = self.held.near(span, self.gap)
        # The gap on both sides: slewing back to what comes next takes as long as slewing here.
        wide = [_widened(row[0], self.gap) for row in held]
        taken = crowded(wide, self.spec.contacts)
        for (_, what), around in zip(held, wide, strict=True):
            taken += without(common([around], [span]), self.together(each, what, span))
        return without(self.opened(span), merged(taken))

    def free_to_send(self, span: Interval) -> list[Interval]:
        """Return when its transmitter could send to one more node inside a span of its node's time."""
        sent = [_widened(row[0], self.retuning) for row in self.sent.near(span, self.retuning)]
        return without([span], merged(crowded(sent, self.spec.receivers)))

    def width_deg(self, a: Pass, b: Pass) -> float | None:
        """Return how far apart the others of two passes may stand; None where no beam is known."""
        if self._beams is None:
            return None
        widths = [self._beams.width_deg(self.spec, each.band) for each in (a, b)]
        known = [width for width in widths if width is not None]
        # Through the wider of two beams more would fit, but both look along one axis.
        return min(known) if len(known) == 2 else None

    def together(self, a: Pass, b: Pass, span: Interval) -> list[Interval]:
        """Return when both passes' others stand in its beam."""
        width = self.width_deg(a, b)
        others = a.other(self.node), b.other(self.node)
        # One that holds a single contact is taken by it anyway: no need to ask the sky.
        if width is None or self._beams is None or self.spec.contacts == 1 or others[0] == others[1]:
            return [span]
        return self._beams.together(self.node, others, width, span)


def crowded(spans: Sequence[Interval], many: int) -> list[Interval]:
    """Return when at least so many of some spans are at once."""
    # At an instant where one ends and another begins both count, so beginnings come first.
    edges = sorted([(first, -1) for first, _ in spans] + [(last, 1) for _, last in spans])
    found: list[Interval] = []
    count, since = 0, 0
    for at, step in edges:
        if step < 0:
            count += 1
            if count == many:
                since = at
        else:
            if count == many:
                found.append((since, at))
            count -= 1
    return merged(found)


def _widened(span: Interval, gap: int) -> Interval:
    return span[0] - gap, span[1] + gap


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
