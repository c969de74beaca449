"""The planner: from a scenario and the sky to a contact plan.

A radio link is open when the sky allows it, a wire always. Each direction is planned by
itself, because a window is measured at its transmitter. Rates are the scenario's numbers.
"""

from __future__ import annotations

import msgspec

from starlight import dtntime
from starlight.contacts.contact import Contact, LightPiece, constant_light
from starlight.contacts.plan import ContactPlan
from starlight.dtntime import SECOND
from starlight.expedition.scenario import LinkSpec, NodeSpec, Scenario
from starlight.sky import Orbiter, Place, Site, Sky, light_pieces_many, stationary, windows

SLOT = 10**11
"""Contact ids are `channel * SLOT + the second of its start`, so planning further keeps them."""


class Channel(msgspec.Struct, frozen=True):
    """One direction of one link, with its contacts.

    Attributes:
        link: what the scenario says of it.
        from_node, to_node: names.
        contacts: by start.
    """

    link: LinkSpec
    from_node: str
    to_node: str
    contacts: tuple[Contact, ...]


def place_of(sky: Sky, node: NodeSpec) -> Place | None:
    """Return where a node is in the sky, or None for one that has wires only."""
    if node.site:
        site = node.site
        return Site(site.body, site.latitude_deg, site.longitude_deg, site.height_m, site.mask_deg)
    if node.orbit is None:
        return None
    orbit = node.orbit
    if orbit.stationary_over_deg is not None:
        return stationary(sky, orbit.body, orbit.stationary_over_deg, dtntime.from_text(orbit.epoch))
    assert orbit.radius_km is not None  # The scenario was checked.
    return Orbiter(
        orbit.body,
        orbit.radius_km,
        orbit.inclination_deg,
        orbit.node_deg,
        orbit.phase_deg,
        dtntime.from_text(orbit.epoch),
    )


def plan_channels(scenario: Scenario, sky: Sky, start: int, end: int) -> list[Channel]:
    """Return every direction of every link with its contacts between two times, in ns.

    Raises:
        RangeError: the ephemeris does not cover the interval.
    """
    channels = []
    for index, link in enumerate(scenario.link):
        begin = max(start, dtntime.from_text(link.since)) if link.since else start
        finish = min(end, dtntime.from_text(link.until)) if link.until else end
        ways = [(link.between, link.rate_bps)]
        if not link.one_way:
            ways.append(((link.between[1], link.between[0]), link.back_rate_bps or link.rate_bps))
        for way, ((a, b), rate) in enumerate(ways):
            contacts: tuple[Contact, ...] = ()
            if finish > begin:
                ends = scenario.node_named(a), scenario.node_named(b)
                contacts = _contacts(sky, link, ends, (2 * index + way) * SLOT, rate, begin, finish)
            channels.append(Channel(link, a, b, contacts))
    return channels


def _contacts(
    sky: Sky, link: LinkSpec, ends: tuple[NodeSpec, NodeSpec], base: int, rate: int, begin: int, finish: int
) -> tuple[Contact, ...]:
    if link.kind == "wire":
        spans = [(begin, finish)]
        lights = [constant_light(begin, link.light_time_s)]
    else:
        here, there = (place_of(sky, node) for node in ends)
        assert here is not None  # The scenario was checked.
        assert there is not None
        spans = windows(sky, here, there, begin, finish)
        pieces = light_pieces_many(sky, here, there, spans)
        lights = [tuple(LightPiece(*piece) for piece in window) for window in pieces]
    return tuple(
        Contact(
            id=base + span_start // SECOND,
            from_node=ends[0].number,
            to_node=ends[1].number,
            start=span_start,
            end=span_end,
            rates=((span_start, rate),),
            light=light,
            one_way=link.one_way,
        )
        for (span_start, span_end), light in zip(spans, lights, strict=True)
    )


def announcements(channels: list[Channel], start: int) -> list[int]:
    """Return the times, in ns and ascending, at which the network learns of new links after `start`."""
    times = {dtntime.from_text(c.link.announced) for c in channels if c.link.announced}
    return sorted(time for time in times if time > start)


def known_plan(channels: list[Channel], now: int, version: int = 0) -> ContactPlan:
    """Return the plan of the links that the network knows of at a time, in ns."""
    contacts = [
        contact
        for channel in channels
        if not channel.link.announced or dtntime.from_text(channel.link.announced) <= now
        for contact in channel.contacts
    ]
    return ContactPlan.of(contacts, version=version)
