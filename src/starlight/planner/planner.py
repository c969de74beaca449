"""The planner: from a scenario and the sky to a contact plan.

A radio link is open when the sky allows it, a wire always. Each direction is planned by itself, because a
window is measured at its transmitter. In this order: who sees whom (`sky`); how fast (the scenario's
number, or what the terminals at both ends close, decode and send at most); what the Sun near the line of
sight takes; what weather takes; and last what the antennas can hold at once and the nodes' power carries, and
what a transmitter that sends to several leaves to each of them.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable

import msgspec

from starlight import dtntime
from starlight.contacts import Contact, ContactPlan, LightPiece, Notice, constant_light
from starlight.dtntime import DAY, HOUR, SECOND
from starlight.planner import weather
from starlight.planner.allocation import Allocation, AllocationChange, LinkDirection, Shared, allocate
from starlight.planner.beams import SkyBeams
from starlight.planner.bodies import known_spans, unknown_notices
from starlight.planner.intervals import Interval, common, lowered, parts, replaced, without
from starlight.planner.open_sky import OpenSky
from starlight.planner.places import place_at, place_of
from starlight.planner.power import carry, limited, spent_notices
from starlight.planner.radios import carrying, given_limit, radio_link, rate_pieces
from starlight.radio import RateLimit
from starlight.scenario.network import LinkSpec
from starlight.scenario.scenario import Scenario
from starlight.sky import (
    CELESTIAL_BODIES,
    Centre,
    Place,
    Sky,
    SpkBody,
    conjunctions,
)

__all__ = [
    "Planned",
    "PlannedChannel",
    "announcements",
    "known_plan",
    "make_plan",
    "place_of",
    "plan_channels",
]

SLOT = 10**11
"""Contact ids are `channel * SLOT + the second of its start`, so planning further keeps them."""

AROUND = DAY
"""Antennas are given out over this much more at both ends, so that no pass is taken for too short."""


CONJUNCTION = "superior conjunction: the Sun stands in the way between the worlds"


class PlannedChannel(msgspec.Struct, frozen=True):
    """One direction of one link, with its contacts.

    Attributes:
        link: what the scenario says of it.
        from_node, to_node: names.
        contacts: by start.
        notices: why it is silent, for people.
        limit: what its rate never exceeds; None: only the budget decides, or the scenario's own number.
    """

    link: LinkSpec
    from_node: str
    to_node: str
    contacts: tuple[Contact, ...]
    notices: tuple[Notice, ...] = ()
    limit: RateLimit | None = None

    def decides(self, rate_bps: int) -> str:
        """Tell what decides a rate of it: ``given``, ``budget``, ``receiver``, ``transmitter`` or ``cap``."""
        if self.limit is not None and rate_bps >= self.limit.rate_bps:
            return self.limit.decides
        return "budget" if self.link.given_bps(self.from_node) is None else "given"


class Planned(msgspec.Struct, frozen=True):
    """A plan's channels, and what the antennas could not hold or the power of nodes not carry.

    Attributes:
        start, end: of the plan, in ns.
        channels: every direction of every link.
        seen: how many contacts the sky, the radio and the weather allow, before antennas.
        changes: what was dropped or shortened.
    """

    start: int
    end: int
    channels: tuple[PlannedChannel, ...]
    seen: int
    changes: tuple[AllocationChange, ...]

    def plan(self, version: int = 0) -> ContactPlan:
        """Return all of it as a contact plan."""
        return _joined(self.channels, version)


def make_plan(scenario: Scenario, sky: Sky, start: int, end: int) -> Planned:
    """Plan every direction of every link between two times, in ns, and give out the antennas.

    Raises:
        RangeError: the ephemeris does not cover the interval.
    """
    sky.tdb([start, end])  # What was asked for is covered, or named.
    # Without antennas nothing competes, and what lies outside can't change what is inside. A day's energy is
    # shared by all that its antennas hold on that day, so it takes a day more.
    around = AROUND if any(node.antennas for node in scenario.node) else 0
    around += AROUND + HOUR if limited(scenario) else 0
    interval = (max(start - around, sky.covers[0]), min(end + around, sky.covers[1]))
    open_sky = OpenSky(
        scenario,
        sky,
        {node.name: place for node in scenario.node if (place := place_at(sky, node, *interval))},
        weather.of_scenario(scenario),
        interval,
        {},
    )
    visible: list[tuple[int, PlannedChannel]] = []
    for index, link in enumerate(scenario.link):
        both = [link.between] if link.one_way else [link.between, (link.between[1], link.between[0])]
        for direction, ends in enumerate(both):
            visible.append((index, _channel(open_sky, link, ends, (2 * index + direction) * SLOT)))
    held = _held(open_sky, [(index, c) for index, c in visible if c.link.kind == "radio"])
    kept = zip(held.contacts, held.shared, strict=True)
    channels = []
    for _, channel in visible:
        contacts, notices = channel.contacts, channel.notices
        if channel.link.kind == "radio":
            contacts = _sharing(open_sky, channel, *next(kept))
            notices += spent_notices(scenario, (channel.from_node, channel.to_node), interval)
        # Cut to what was asked only now, so that a pass at the edge was weighed at its true length.
        inside = tuple(part for contact in contacts for part in parts(contact, [(start, end)]))
        channels.append(msgspec.structs.replace(channel, contacts=inside, notices=notices))
    return Planned(
        start=start,
        end=end,
        channels=tuple(channels),
        seen=sum(contact.start < end and contact.end > start for _, c in visible for contact in c.contacts),
        changes=tuple(change for change in held.changes if change.start < end and change.end > start),
    )


def plan_channels(scenario: Scenario, sky: Sky, start: int, end: int) -> list[PlannedChannel]:
    """Return every direction of every link with its contacts between two times, in ns.

    Raises:
        RangeError: the ephemeris does not cover the interval.
    """
    return list(make_plan(scenario, sky, start, end).channels)


def _held(shared: OpenSky, radio: list[tuple[int, PlannedChannel]]) -> Allocation:
    """Return what of the visible contacts of radio links the antennas and the power of nodes hold.

    Args:
        radio: with the number of its link, each direction.
    """
    scenario = shared.scenario
    directions = [
        LinkDirection(index, c.link.priority, c.from_node, c.to_node, c.contacts, c.link.band)
        for index, c in radio
    ]
    # Antennas come last: what the Sun or the weather takes needs none.
    held = allocate(
        directions,
        {node.name: node.antennas for node in scenario.node},
        {node.name: node.title for node in scenario.node},
        SkyBeams(scenario, shared.sky, shared.places),
    )
    nodes = limited(scenario)
    if not nodes:
        return held
    # And power after them: what no antenna holds draws none.
    carried = carry(
        [
            msgspec.structs.replace(direction, contacts=contacts)
            for direction, contacts in zip(directions, held.contacts, strict=True)
        ],
        nodes,
    )
    changes = sorted(
        [*held.changes, *carried.changes],
        key=lambda change: (change.start, change.from_node, change.to_node),
    )
    # A transmitter goes on sharing its power with one that sleeps: it does not know.
    return Allocation(carried.contacts, tuple(changes), held.shared)


def _channel(
    shared: OpenSky, link: LinkSpec, ends: tuple[str, str], base: int, receivers: int = 1
) -> PlannedChannel:
    """Return one direction of a link as sky, radio, Sun and weather allow it.

    Args:
        base: of the ids of its contacts.
        receivers: among how many its transmitter's power is shared.
    """
    begin, finish = shared.interval
    begin = max(begin, dtntime.from_text(link.since)) if link.since else begin
    finish = min(finish, dtntime.from_text(link.until)) if link.until else finish
    if finish <= begin:
        return PlannedChannel(link, *ends, ())
    numbers = (shared.scenario.node_named(ends[0]).number, shared.scenario.node_named(ends[1]).number)
    rate = link.given_bps(ends[0])
    if link.kind == "wire":
        assert rate is not None  # The scenario was checked.
        light = constant_light(begin, link.light_time_s)
        wire = Contact(base + begin // SECOND, *numbers, begin, finish, ((begin, rate),), light)
        return PlannedChannel(link, *ends, (wire,))
    here, there = (shared.places.get(name) for name in ends)
    if here is None or there is None:
        return PlannedChannel(link, *ends, ())  # A ship that does not fly in this interval.
    # Light pieces and rates are fitted per window: nothing is carried outside, so nothing need be right
    # there.
    spans, lights = shared.line(ends, here, there, (begin, finish))
    if rate is None:
        radio = radio_link(shared.scenario, *ends, link.band, link.cap_bps(ends[0]))
        limit = radio.limit
        rates = rate_pieces(shared.sky, radio, here, there, spans, receivers)
    else:
        limit = given_limit(shared.scenario, link, *ends)
        # Where power limits a link, the rate that closes is proportional to it.
        least = max(1, min(rate // receivers, limit.rate_bps if limit else rate))
        rates = [((first, least),) for first, _ in spans]
    contacts: list[Contact] = []
    for (first, last), steps, pieces in zip(spans, rates, lights, strict=True):
        light = tuple(LightPiece(*piece) for piece in pieces)
        whole = Contact(base + first // SECOND, *numbers, first, last, steps, light, link.one_way)
        # A computed rate falls to zero where no rung of the ladder closes: there the window is open, yet no
        # contact.
        contacts += [whole] if rate is not None else parts(whole, carrying(steps, last))
    return _under_the_sun(shared, PlannedChannel(link, *ends, tuple(contacts), limit=limit))


def _sharing(
    shared: OpenSky, channel: PlannedChannel, contacts: tuple[Contact, ...], crowds: tuple[Shared, ...]
) -> tuple[Contact, ...]:
    """Return contacts with the rates that are left while their transmitter's power is shared."""
    ends = channel.from_node, channel.to_node
    divided = {
        many: _channel(shared, channel.link, ends, 0, many).contacts for many in {many for _, many in crowds}
    }
    began = {many: [each.start for each in them] for many, them in divided.items()}
    ended = {many: [each.end for each in them] for many, them in divided.items()}
    found: list[Contact] = []
    for contact in contacts:
        rates = list(contact.rates)
        for (first, last), many in crowds:
            if first <= contact.end and last >= contact.start:
                first, last = max(first, contact.start), min(last, contact.end)
                # Of years of contacts the few that matter: those of a direction follow one another.
                begin, after = bisect_right(ended[many], first), bisect_left(began[many], last)
                rates = replaced(rates, divided[many][begin:after], first, last)
        kept = msgspec.structs.replace(contact, rates=tuple(rates))
        found += [contact] if kept == contact else parts(kept, carrying(kept.rates, kept.end))
    return tuple(found)


def _under_the_sun(shared: OpenSky, channel: PlannedChannel) -> PlannedChannel:
    """Return a channel as the Sun near the line of sight, and the weather, leave it."""
    contacts = list(channel.contacts)
    notices = unknown_notices(
        shared.scenario, shared.sky, (channel.from_node, channel.to_node), shared.interval
    )
    rule = shared.scenario.conjunction
    places = [shared.places[name] for name in (channel.from_node, channel.to_node)]
    # The angle is taken at Earth, where the dish looks towards the Sun; a link with both ends at Earth has
    # none.
    at_earth = [place.body == "earth" for place in places]
    if rule is not None and contacts and at_earth.count(True) == 1:
        sends = at_earth[0]
        dark, dim = (
            _conjunctions(shared, places[1] if sends else places[0], limit, contacts)
            for limit in (rule.blackout_below_deg, rule.lowered_below_deg)
        )
        contacts = [part for contact in contacts for part in _dark(contact, dark, sends)]
        # A computed rate has the Sun's noise in its budget already (`radio`); to lower it again would count
        # it twice.
        if channel.link.given_bps(channel.from_node) is not None and rule.lowered_to < 1:
            contacts = [_dim(contact, dim, sends, rule.lowered_to) for contact in contacts]
        nodes = tuple(
            sorted(shared.scenario.node_named(n).number for n in (channel.from_node, channel.to_node))
        )
        notices += [Notice(first, last, nodes, CONJUNCTION) for first, last in dark]
    return msgspec.structs.replace(
        channel, contacts=tuple(weather.under(contacts, shared.weather)), notices=tuple(notices)
    )


def _conjunctions(shared: OpenSky, far: Place, limit_deg: float, contacts: list[Contact]) -> list[Interval]:
    """Return when the other end stands behind the Sun, closer to it than a limit, in Earth's time."""
    if not limit_deg:
        return []
    if far.body in CELESTIAL_BODIES:
        # All that is at a world stands within 0.01 degrees of its centre, so one search serves every link.
        key = far.body, limit_deg
        if key not in shared.behind_the_sun:
            shared.behind_the_sun[key] = _passages(shared.sky, [shared.interval], limit_deg, Centre(far.body))
        return shared.behind_the_sun[key]
    asked = [(contacts[0].start, contacts[-1].end)]
    if isinstance(far, SpkBody):
        asked = common(asked, known_spans(shared.sky, far, Centre("earth")))
    return _passages(shared.sky, asked, limit_deg, far)


def _passages(sky: Sky, spans: list[Interval], limit_deg: float, far: Place) -> list[Interval]:
    found = (each for span in spans for each in conjunctions(sky, *span, limit_deg, far))
    return [(each.enter, each.leave) for each in found]


def _own(contact: Contact, span: Interval, sends: bool) -> Interval:
    """Return when a contact transmits what Earth sends, or receives, in a span of Earth's time."""
    if sends:
        return span
    # What Earth hears at an edge left one light time before; the contact is in the transmitter's time.
    first, last = (edge - contact.light_time(min(max(edge, contact.start), contact.end)) for edge in span)
    return first, last


def _met(contact: Contact, spans: list[Interval]) -> list[Interval]:
    """Return those of some spans of Earth's time that a contact may transmit or be heard in."""
    if not spans:
        return []
    # Years hold many contacts and few conjunctions: most meet none, and need not be led through light time.
    heard = contact.end + contact.light_time(contact.end)
    return [span for span in spans if span[1] >= contact.start and span[0] <= heard]


def _dark(contact: Contact, dark: list[Interval], sends: bool) -> list[Contact]:
    taken = [_own(contact, span, sends) for span in _met(contact, dark)]
    return parts(contact, without([(contact.start, contact.end)], taken))


def _dim(contact: Contact, dim: list[Interval], sends: bool, factor: float) -> Contact:
    for span in _met(contact, dim):
        contact = lowered(contact, *_own(contact, span, sends), factor)
    return contact


def announcements(channels: list[PlannedChannel], start: int) -> list[int]:
    """Return the times, in ns and ascending, at which the network learns of new links after `start`."""
    times = {dtntime.from_text(c.link.announced) for c in channels if c.link.announced}
    return sorted(time for time in times if time > start)


def known_plan(channels: list[PlannedChannel], now: int, version: int = 0) -> ContactPlan:
    """Return the plan of the links that the network knows of at a time, in ns."""
    return _joined(
        (c for c in channels if not c.link.announced or dtntime.from_text(c.link.announced) <= now), version
    )


def _joined(channels: Iterable[PlannedChannel], version: int) -> ContactPlan:
    contacts: list[Contact] = []
    # One notice for all nodes that are silent for the same reason at the same time: people read it once.
    silences: dict[tuple[int, int, str], set[int]] = {}
    for channel in channels:
        contacts += channel.contacts
        for notice in channel.notices:
            silences.setdefault((notice.start, notice.end, notice.text), set()).update(notice.nodes)
    notices = [Notice(*key[:2], tuple(sorted(nodes)), key[2]) for key, nodes in sorted(silences.items())]
    return ContactPlan.of(contacts, notices, version)
