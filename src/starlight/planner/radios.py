"""The radio of a scenario's links: terminals at both ends, and the best rate over a contact as pieces.

A rate is a step of the ladder, so a contact's rate is constant between moments at which range, elevation
or the Sun make another step close. The planner looks every so often, halves what differs until the moment
is known to a second, and gives that second the lower of the two rates: a plan never promises more than
closes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import cast

import msgspec
import numpy as np
from numpy.typing import NDArray

from starlight.dtntime import SECOND
from starlight.errors import InputError
from starlight.planner.intervals import Interval
from starlight.radio import RadioLink, RateLimit, Terminal, equipment_limit, terminal, terminal_from
from starlight.scenario.network import LinkSpec, NodeSpec
from starlight.scenario.scenario import Scenario
from starlight.sky import (
    C_KM_S,
    Centre,
    Elements,
    Orbiter,
    Place,
    Ray,
    Site,
    Sky,
    SpkBody,
    elevation_along_deg,
    received,
    transmitted,
)

Floats = NDArray[np.float64]
Times = NDArray[np.int64]
Rates = tuple[tuple[int, int], ...]

_TURN_RAD = 0.03
_LONGEST_S = 600.0
_EDGE = SECOND
_AT_ONCE = 200_000
_SWING_S, _SWING_MOST = 300.0, 20_000  # between looks at a body of a file, and how many at most


class Moments(msgspec.Struct, frozen=True):
    """The sky as a link budget needs it, for n times of transmission.

    Attributes:
        light_s, range_km: of the signal's way.
        elevation_tx_deg, elevation_rx_deg: of the other end over a site, at its own time; else None.
        sun_deg: angle at the receiver between the transmitter and the Sun.
    """

    light_s: Floats
    range_km: Floats
    elevation_tx_deg: Floats | None
    elevation_rx_deg: Floats | None
    sun_deg: Floats


def moments(sky: Sky, here: Place, there: Place, times: Times) -> Moments:
    """Return what the sky says of signals that leave `here` at times in ns and reach `there`.

    Raises:
        RangeError: a time that the ephemeris does not cover.
    """
    tdb = sky.tdb(times)
    ray = transmitted(sky, here, there, tdb)
    arrives = tdb + ray.light_s
    # Where the Sun was eight minutes ago, or is now, differs by 0.001 degrees, seen from Earth.
    end = sky.anchored(there, arrives)
    sun = sky.body("sun", arrives)[0] - end[1]
    back = -ray.vector_km
    heard = received(sky, here, there, arrives, end) if isinstance(there, Site) else None
    cross = np.linalg.norm(np.cross(sun, back, axis=0), axis=0)
    return Moments(
        light_s=ray.light_s,
        range_km=ray.light_s * C_KM_S,
        elevation_tx_deg=_elevation(sky, here, ray, tdb, True),
        elevation_rx_deg=_elevation(sky, there, heard, arrives, False),
        sun_deg=np.degrees(np.arctan2(cross, np.einsum("in,in->n", sun, back))),
    )


def _elevation(sky: Sky, place: Place, ray: Ray | None, tdb: Floats, sends: bool) -> Floats | None:
    if ray is None or not isinstance(place, Site):
        return None
    # A mask of zero lets the edge of a window lie a rounding below the horizon.
    return np.clip(elevation_along_deg(sky, place, ray, tdb, sends), 0, 90)


def radio_link(
    scenario: Scenario, from_node: str, to_node: str, band: str, cap_bps: int | None = None
) -> RadioLink:
    """Return the radio of one direction between two nodes, by the terminals of their antennas.

    Args:
        cap_bps: the cap of the scenario's link, bit/s; None: none.

    Raises:
        InputError: an end has no terminal for the other, or one that lacks the band; the message names it.
    """
    a, b = scenario.node_named(from_node), scenario.node_named(to_node)
    title = f"{a.title} to {b.title}, {band}"
    return RadioLink(
        _terminal(scenario, a, to_node, band),
        _terminal(scenario, b, from_node, band),
        band,
        title=title,
        cap_bps=cap_bps,
    )


def given_limit(scenario: Scenario, link: LinkSpec, from_node: str, to_node: str) -> RateLimit | None:
    """Return what limits the given rate of a direction: the terminals at its ends, if it names a band."""
    a, b = scenario.node_named(from_node), scenario.node_named(to_node)
    try:
        ends = _terminal(scenario, a, to_node, link.band), _terminal(scenario, b, from_node, link.band)
    except InputError:
        # Who gives the rate need not say what the radios are.
        return None
    return equipment_limit(*ends, link.band, f"{a.title} to {b.title}, {link.band}")


def _terminal(scenario: Scenario, node: NodeSpec, other: str, band: str) -> Terminal:
    for antenna in node.antennas:
        if antenna.terminal and (not antenna.serves or other in antenna.serves):
            found = terminal_named(scenario, antenna.terminal)
            if band not in found.bands:
                continue
            return msgspec.structs.replace(found, climate=antenna.climate) if antenna.climate else found
    raise InputError(
        f"{node.name} has no antenna with a terminal for {other} in band {band!r}",
        where="node.antennas",
        right="Give one of its antennas a `terminal` that has the band, or the link a `rate_bps`",
    )


def terminal_named(scenario: Scenario, name: str) -> Terminal:
    """Return a terminal that the scenario describes, or else one of the library.

    Raises:
        InputError: there is none, or the scenario's is wrong.
    """
    if name in scenario.terminal:
        return terminal_from(name, scenario.terminal[name])
    return terminal(name)


def step_s(sky: Sky, spans: Sequence[Interval], *places: Place) -> float:
    """Return how often to look at a link between places, in s: before anything turns by much."""
    fastest = 0.0
    for place in places:
        if isinstance(place, SpkBody):
            fastest = max(fastest, *(_swing_rad_s(sky, place, span) for span in spans), 0.0)
        if isinstance(place, Orbiter):
            fastest = max(fastest, place.motion_rad_s)
        elif isinstance(place, Elements):
            squeeze = (1 - place.eccentricity) ** 2
            fastest = max(fastest, place.drift_rad_s[2] / squeeze)
    return min(_LONGEST_S, _TURN_RAD / fastest) if fastest else _LONGEST_S


def looks(span: Interval, step: int) -> Times:
    """Return the times, in ns, at which a span is looked at: both its ends, and `step` apart at most."""
    count = max(1, math.ceil((span[1] - span[0]) / step))
    # In Python's integers: the product is more than 64 bits hold over years.
    return np.array([span[0] + (span[1] - span[0]) * k // count for k in range(count + 1)])


def _swing_rad_s(sky: Sky, body: SpkBody, span: Interval) -> float:
    """Return how fast a body of a file turns around Earth or Mars at most, as looked at in an interval."""
    count = min(max(2, math.ceil((span[1] - span[0]) / (_SWING_S * SECOND))), _SWING_MOST)
    tdb = sky.tdb(np.linspace(*span, count).astype(np.int64))
    position, velocity = sky.state(body, tdb)
    fastest = 0.0
    for world in ("earth", "mars"):
        centre, its_velocity = sky.state(Centre(world), tdb)
        speed = np.linalg.norm(velocity - its_velocity, axis=0)
        apart = np.linalg.norm(position - centre, axis=0)
        fastest = max(fastest, float((speed / np.maximum(apart, 1.0)).max()))
    return fastest


def rate_pieces(
    sky: Sky, link: RadioLink, here: Place, there: Place, spans: Sequence[Interval], receivers: int = 1
) -> list[Rates]:
    """Return the best rate over intervals of transmission.

    Args:
        spans: pairs (start, end) in ns.
        receivers: among how many the transmitter's power is shared.

    Returns:
        For each span pieces ``(from ns, bit/s)``, the first at its start; 0 where nothing closes.
    """
    step = round(step_s(sky, spans, here, there) * SECOND)
    loss_db = 10 * math.log10(receivers)
    result: list[Rates] = []
    batch: list[Times] = []
    size = 0
    for span in spans:
        batch.append(looks(span, step))
        size += len(batch[-1]) - 1
        if size > _AT_ONCE:
            result += _pieces(sky, link, here, there, batch, loss_db)
            batch, size = [], 0
    return result + _pieces(sky, link, here, there, batch, loss_db)


def _rates(link: RadioLink, at: Moments, loss_db: float) -> Times:
    return link.rate_bps(at.range_km, at.elevation_tx_deg, at.elevation_rx_deg, at.sun_deg, extra_db=loss_db)


def _pieces(
    sky: Sky, link: RadioLink, here: Place, there: Place, batch: list[Times], loss_db: float
) -> list[Rates]:
    """Return the pieces of spans that are given by the times at which they are looked at first."""
    if not batch:
        return []
    times = np.concatenate(batch)
    at = moments(sky, here, there, times)
    rates = _rates(link, at, loss_db)
    owner = np.repeat(np.arange(len(batch)), [len(each) for each in batch])
    differs = np.flatnonzero((owner[1:] == owner[:-1]) & (rates[1:] != rates[:-1]))
    # Columns: the interval's ends, the rates there, whose it is, and the sample before it.
    open_ = np.stack(
        [times[differs], times[differs + 1], rates[differs], rates[differs + 1], owner[differs], differs]
    )
    changes = [np.zeros((6, 0), np.int64)]
    while open_.shape[1]:
        short = open_[1] - open_[0] <= _EDGE
        changes.append(open_[:, short])
        low, high, first, last, whose, sample = open_[:, ~short]
        middle = (low + high) // 2
        between = _rates(link, _inside(at, times, sample, middle), loss_db)
        halves = [(low, middle, first, between, whose, sample), (middle, high, between, last, whose, sample)]
        open_ = np.concatenate([np.stack(half) for half in halves], axis=1)
        open_ = open_[:, open_[2] != open_[3]]
    every = np.concatenate(changes, axis=1)
    starts = np.cumsum([0, *(len(each) for each in batch)])
    pieces = [[(int(each[0]), int(rates[start]))] for each, start in zip(batch, starts, strict=False)]
    for low, high, first, last, whose, _ in every[:, np.lexsort((every[0], every[4]))].T.tolist():
        at = high if last > first else low
        mine = pieces[whose]
        if mine[-1][0] >= at:
            mine[-1] = (mine[-1][0], last)
        else:
            mine.append((at, last))
    return [_distinct(mine) for mine in pieces]


def _inside(at: Moments, times: Times, sample: Times, when: Times) -> Moments:
    """Return the moments at times between samples and the ones after them, in a straight line.

    Between samples nothing turns by more than 0.05 rad, so an angle errs by less than 0.02 degrees.
    """
    share = (when - times[sample]) / np.maximum(times[sample + 1] - times[sample], 1)

    def between(values: Floats | None) -> Floats | None:
        if values is None:
            return None
        return cast("Floats", values[sample] + share * (values[sample + 1] - values[sample]))

    return Moments(*(between(getattr(at, name)) for name in Moments.__struct_fields__))  # type: ignore[arg-type]  # None stays None


def _distinct(pieces: list[tuple[int, int]]) -> Rates:
    """Return pieces without those that change nothing."""
    kept = [piece for index, piece in enumerate(pieces) if not index or piece[1] != pieces[index - 1][1]]
    return tuple(kept)


def carrying(rates: Rates, end: int) -> list[Interval]:
    """Return when pieces of a contact that lasts until `end`, in ns, carry something."""
    found: list[Interval] = []
    for index, (start, rate) in enumerate(rates):
        last = rates[index + 1][0] - 1 if index + 1 < len(rates) else end
        if rate and last > start:
            if found and found[-1][1] + 1 == start:
                found[-1] = (found[-1][0], last)
            else:
                found.append((start, last))
    return found
