"""Nodes, antennas, links and weather of a scenario: the keys, and what must fit together.

Everything but a node's name, number and world, and a link's ends and kind, may be left out.
A node without antennas holds as many contacts as it likes; a link with a `rate_bps` has that rate;
one without is computed from the terminals of the antennas at its ends.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from typing import Annotated, Literal

import msgspec

from starlight.errors import did_you_mean
from starlight.radio import climates, terminals
from starlight.sky import CELESTIAL_BODIES

Name = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^[a-z0-9][a-z0-9-]{0,40}$",
        description="text in quotes: up to 41 small letters a to z, digits and hyphens, no hyphen first",
    ),
]
NodeNumber = Annotated[int, msgspec.Meta(ge=1, le=2**63 - 1)]
Rate = Annotated[int, msgspec.Meta(ge=1, le=10**12)]
Seconds = Annotated[float, msgspec.Meta(ge=0, le=86_400)]
Degrees = Annotated[float, msgspec.Meta(ge=-360, le=360)]

CelestialBodyName = Literal["earth", "mars"]
"""The bodies that sites stand on, orbits go around and cruises join: those whose rotation the sky knows."""

HOURS = re.compile(r"^([01]\d|2[0-4]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)$")
"""Opening hours, UTC; what ends before it begins goes over midnight."""

Fail = Callable[[str, object, str], None]
Missing = Callable[[str, str], None]
Known = Callable[[str, str], bool]
Time = Callable[..., int | None]


def one_of(name: str, known: Collection[str], noun: str = "") -> str:
    """Return what an error says of a name that is none of the known ones: the nearest, and all of them."""
    near = did_you_mean(name, known)
    there = f"Name one of{noun}: {', '.join(known)}" if known else f"There are none{noun}"
    return f"{near} {there}".strip()


class _Spec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pass


class SiteSpec(_Spec, frozen=True):
    """A place on a body: geodetic latitude and east longitude in degrees, height in metres.

    Attributes:
        mask_deg: the lowest elevation at which it can talk, all around.
        mask: the same by direction: ``[azimuth, elevation]`` in degrees, azimuth east of north, ascending;
            straight lines between, and from the last to the first. It replaces `mask_deg`.
    """

    body: CelestialBodyName
    latitude_deg: Annotated[float, msgspec.Meta(ge=-90, le=90)]
    longitude_deg: Annotated[float, msgspec.Meta(ge=-180, le=360)]
    height_m: Annotated[float, msgspec.Meta(ge=-12_000, le=30_000)] = 0.0
    mask_deg: Annotated[float, msgspec.Meta(ge=0, le=89)] = 10.0
    mask: list[tuple[float, float]] = []


class OrbitSpec(_Spec, frozen=True):
    """An orbit around a world, told by one of three sizes.

    Attributes:
        stationary_over_deg: over an east longitude of the equator.
        radius_km: circular, with `inclination_deg`, `node_deg` and `phase_deg` at `epoch`.
        semi_major_axis_km: by elements at `epoch`: with `eccentricity`, `inclination_deg`, `node_deg`,
            `periapsis_deg` (its argument) and `mean_anomaly_deg`; the world's oblateness turns it.
    """

    body: CelestialBodyName
    stationary_over_deg: Annotated[float, msgspec.Meta(ge=-180, le=360)] | None = None
    # A rough bound for any body; `_check_orbit` knows which one it is.
    radius_km: Annotated[float, msgspec.Meta(gt=3_390, le=1_000_000)] | None = None
    semi_major_axis_km: Annotated[float, msgspec.Meta(gt=3_390, le=1_000_000)] | None = None
    eccentricity: Annotated[float, msgspec.Meta(ge=0, le=0.99)] = 0.0
    inclination_deg: Annotated[float, msgspec.Meta(ge=0, le=180)] = 0.0
    node_deg: Degrees = 0.0
    phase_deg: Degrees = 0.0
    periapsis_deg: Degrees = 0.0
    mean_anomaly_deg: Degrees = 0.0
    epoch: str = "2050-01-01"


class CruiseSpec(_Spec, frozen=True):
    """A transfer between two worlds on a Kepler orbit around the Sun: Lambert's, from date to date."""

    origin: CelestialBodyName
    to: CelestialBodyName
    departure: str
    arrival: str


class BodySpec(_Spec, frozen=True):
    """A body of an SPK file, such as a spacecraft's published orbit.

    Attributes:
        file: the path of the ``.bsp`` file, from the scenario's own folder.
        naif_id: the body's number in it; spacecraft have negative ones.
    """

    file: Annotated[str, msgspec.Meta(min_length=1)]
    naif_id: Annotated[int, msgspec.Meta(ge=-(2**31), le=2**31 - 1)]


class AntennaSpec(_Spec, frozen=True):
    """An antenna of a node.

    Attributes:
        name: of the antenna, for people.
        contacts: how many other nodes it can talk with at once, while all of them stand in its beam.
        slew_s, setup_s: what it needs between two of them, one after the other.
        hours: when it works, as ``HH:MM-HH:MM`` UTC; empty: always.
        serves: the nodes that it talks with; empty: any.
        terminal: what it is, as the library of terminals or the scenario's own `terminal` tables name it;
            for links whose rate is computed.
        climate: the atmosphere over it, as the library names it; empty: the terminal's own.
        beam_deg: half-power beamwidth; when absent, that of its terminal in the link's band. Without either
            the antenna is taken to see everything at once.
        sends_to: to how many of its contacts it sends at once, which then share its transmitter's power. When
            absent: to one where its terminal is known, for a dish tracks several spacecraft but sends to one
            (MSPA: IPN Progress Report 42-238A, 2024); else to all.
    """

    name: str = "antenna"
    contacts: Annotated[int, msgspec.Meta(ge=1, le=64)] = 1
    slew_s: Seconds = 0.0
    setup_s: Seconds = 0.0
    hours: list[str] = []
    serves: list[Name] = []
    terminal: str = ""
    climate: str = ""
    beam_deg: Annotated[float, msgspec.Meta(gt=0, le=180)] | None = None
    sends_to: Annotated[int, msgspec.Meta(ge=1, le=64)] | None = None

    @property
    def receivers(self) -> int:
        """Return to how many nodes it sends at once."""
        return self.sends_to or (1 if self.terminal else self.contacts)


class NodeSpec(_Spec, frozen=True):
    """A network node; without a site, an orbit, a cruise or a body it has wires only.

    Attributes:
        name, number, title: in this file, in addresses, for people; without a title it is the name.
        world: whose people live there, by name; built in or declared.
    """

    name: Name
    number: NodeNumber
    world: Name
    title: str = ""
    site: SiteSpec | None = None
    orbit: OrbitSpec | None = None
    cruise: CruiseSpec | None = None
    body: BodySpec | None = None
    antennas: list[AntennaSpec] = []

    @property
    def in_the_sky(self) -> bool:
        """Tell whether it has a place that a radio can point to."""
        return self.places_given > 0

    @property
    def places_given(self) -> int:
        """Count the places that the scenario gives it; one at most is right."""
        return sum(each is not None for each in (self.site, self.orbit, self.cruise, self.body))


class LinkSpec(_Spec, frozen=True):
    """A link between two nodes, both ways unless `one_way`.

    Attributes:
        between: the two nodes; a one-way link carries from the first to the second.
        kind: ``radio`` is open when the sky allows it, ``wire`` always.
        rate_bps, back_rate_bps: bit/s from the first to the second, and back (the same when absent).
            A radio link without `rate_bps` has the best rate that its terminals close, at every time.
        band: of a computed link, such as ``X``.
        max_rate_bps, back_max_rate_bps: a cap on a radio's rate from the first to the second, and back (the
            same when absent), whatever closes; when absent, none.
        priority: a contact of a higher one gets the antenna.
        light_time_s: of a wire; a radio's comes from the ephemeris.
        since, until: when the link exists.
        announced: when the network learns of it; when absent, it always knew.
    """

    between: tuple[Name, Name]
    kind: Literal["radio", "wire"]
    rate_bps: Rate | None = None
    back_rate_bps: Rate | None = None
    band: str = ""
    priority: Annotated[int, msgspec.Meta(ge=-100, le=100)] = 0
    one_way: bool = False
    light_time_s: Annotated[float, msgspec.Meta(ge=0, lt=10)] = 0.0
    since: str = ""
    until: str = ""
    announced: str = ""
    max_rate_bps: Rate | None = None
    back_max_rate_bps: Rate | None = None

    def given_bps(self, from_node: str) -> int | None:
        """Return the fixed rate of the direction that `from_node` sends in; None for a computed one."""
        return self.rate_bps if from_node == self.between[0] else self.back_rate_bps or self.rate_bps

    def cap_bps(self, from_node: str) -> int | None:
        """Return the cap of the direction that `from_node` sends in; None where there is none."""
        if from_node == self.between[0]:
            return self.max_rate_bps
        return self.back_max_rate_bps or self.max_rate_bps


class WeatherSpec(_Spec, frozen=True):
    """A foreseen interval in which links are lowered or cut: a dust storm, rain at a station.

    Attributes:
        start, end: when.
        nodes: whose radio links it touches, all of them; links: single ones, as pairs of nodes.
        cuts: whether they carry nothing; loss_db: what they lose; factor: what is left of their rate.
            One of the three.
        text: what it is, for people.
    """

    start: str
    end: str
    text: str
    nodes: list[Name] = []
    links: list[tuple[Name, Name]] = []
    cuts: bool = False
    loss_db: Annotated[float, msgspec.Meta(gt=0, le=100)] | None = None
    factor: Annotated[float, msgspec.Meta(gt=0, lt=1)] | None = None


class ConjunctionSpec(_Spec, frozen=True):
    """The Sun's effect on links between the worlds when it stands close to the line of sight.

    Attributes:
        blackout_below_deg: of the angle at Earth between the Sun and the other end; nothing is sent below.
        lowered_below_deg, lowered_to: below this angle a link with a fixed rate has this part of it.
            A computed rate knows the Sun's noise by itself.
    """

    blackout_below_deg: Annotated[float, msgspec.Meta(ge=0, le=30)] = 2.0
    lowered_below_deg: Annotated[float, msgspec.Meta(ge=0, le=60)] = 0.0
    lowered_to: Annotated[float, msgspec.Meta(gt=0, le=1)] = 1.0


def check_node(index: int, node: NodeSpec, known_node: Known, time: Time, fail: Fail) -> None:
    """Check what no single key of a node can know."""
    key = f"node[{index}]"
    if node.places_given > 1:
        fail(key, node.name, "A node has a site, an orbit, a cruise or a body, one of them")
    if node.orbit:
        _check_orbit(f"{key}.orbit", node.name, node.orbit, time, fail)
    if node.site and node.site.mask:
        _check_mask(f"{key}.site.mask", node.site.mask, fail)
    if node.cruise:
        departure = time(f"{key}.cruise.departure", node.cruise.departure)
        arrival = time(f"{key}.cruise.arrival", node.cruise.arrival)
        if departure is not None and arrival is not None and arrival <= departure:
            fail(
                f"{key}.cruise.arrival",
                node.cruise.arrival,
                f"It must be later than departure = {node.cruise.departure!r}",
            )
        if node.cruise.origin == node.cruise.to:
            fail(f"{key}.cruise.to", node.cruise.to, "A cruise ends at another world than it begins")
    for place, antenna in enumerate(node.antennas):
        for hours in antenna.hours:
            if not HOURS.match(hours):
                fail(f"{key}.antennas[{place}].hours", hours, "Write it as HH:MM-HH:MM, in UTC")
        for name in antenna.serves:
            known_node(f"{key}.antennas[{place}].serves", name)


def _check_orbit(key: str, name: str, orbit: OrbitSpec, time: Time, fail: Fail) -> None:
    sizes = (orbit.stationary_over_deg, orbit.radius_km, orbit.semi_major_axis_km)
    if sum(size is not None for size in sizes) != 1:
        fail(key, name, "Give stationary_over_deg, radius_km or semi_major_axis_km, one of them")
    if orbit.semi_major_axis_km is None and orbit.eccentricity:
        fail(f"{key}.eccentricity", orbit.eccentricity, "Only an orbit with semi_major_axis_km has one")
    size = orbit.radius_km or orbit.semi_major_axis_km
    # 80 km: below, air ends any orbit within a turn, and the horizon's bounds no longer hold (`sky`).
    lowest = CELESTIAL_BODIES[orbit.body].equatorial_km + 80
    if size is not None and size * (1 - orbit.eccentricity) < lowest:
        right = f"It must stay {lowest:g} km or more from the centre of {orbit.body}"
        if orbit.radius_km:
            fail(f"{key}.radius_km", orbit.radius_km, right)
        elif size < lowest:
            fail(f"{key}.semi_major_axis_km", size, right)
        else:
            least = f"{right}: at its lowest it is {size * (1 - orbit.eccentricity):.6g} km"
            fail(f"{key}.eccentricity", orbit.eccentricity, least)
    time(f"{key}.epoch", orbit.epoch)


def _check_mask(key: str, mask: list[tuple[float, float]], fail: Fail) -> None:
    # Less than any azimuth, so that the first may be 0.
    before = -1.0
    for place, (azimuth, elevation) in enumerate(mask):
        if not 0 <= azimuth < 360 or azimuth <= before:
            fail(f"{key}[{place}]", azimuth, "Azimuths ascend, from 0 to less than 360")
        if not 0 <= elevation <= 89:
            fail(f"{key}[{place}]", elevation, "Elevations are from 0 to 89")
        before = azimuth


def check_link(
    index: int,
    link: LinkSpec,
    nodes: dict[str, NodeSpec],
    known_node: Known,
    time: Time,
    fail: Fail,
    missing: Missing,
) -> None:
    """Check what no single key of a link can know."""
    key = f"link[{index}]"
    known = [name for name in dict.fromkeys(link.between) if known_node(f"{key}.between", name)]
    for name in known:
        if link.kind == "radio" and not nodes[name].in_the_sky:
            fail(
                f"{key}.between", name, "A radio link needs a site, an orbit, a cruise or a body at both ends"
            )
    if link.between[0] == link.between[1]:
        fail(f"{key}.between", link.between, "A link has two different ends")
    if link.kind == "radio" and link.light_time_s:
        fail(
            f"{key}.light_time_s",
            link.light_time_s,
            "A radio's light time comes from the ephemeris; leave it out",
        )
    if link.one_way and link.back_rate_bps is not None:
        fail(f"{key}.back_rate_bps", link.back_rate_bps, "A one-way link has no way back; leave it out")
    _check_caps(key, link, fail)
    since, until = time(f"{key}.since", link.since, empty=True), time(f"{key}.until", link.until, empty=True)
    if since is not None and until is not None and until <= since:
        fail(f"{key}.until", link.until, f"It must be later than since = {link.since!r}")
    time(f"{key}.announced", link.announced, empty=True)
    ends = (link.between, link.between[::-1])
    for name, other in ends if len(known) == 2 else ():
        antennas = nodes[name].antennas
        # A node with antennas talks through them alone, so a link that none of them serves could never
        # open.
        serving = [each for each in antennas if not each.serves or other in each.serves]
        if link.kind == "radio" and antennas and not serving:
            right = f"{name} has antennas, but none that serves {other}; add it to one's `serves`"
            fail(f"{key}.between", link.between, right)
        if link.rate_bps is None:
            _check_computed(key, link, name, serving, missing)


def _check_caps(key: str, link: LinkSpec, fail: Fail) -> None:
    back = f"{key}.back_max_rate_bps"
    caps = (link.max_rate_bps, link.back_max_rate_bps)
    if link.kind == "wire" and caps != (None, None):
        which = "max_rate_bps" if link.max_rate_bps is not None else "back_max_rate_bps"
        fail(f"{key}.{which}", caps[0] or caps[1], "A wire has the rate that it is given; cap a radio link")
        return
    if link.one_way and link.back_max_rate_bps is not None:
        fail(back, link.back_max_rate_bps, "A one-way link has no way back; leave it out")
    for node, rate, name in (
        (link.between[0], "rate_bps", "max_rate_bps"),
        (link.between[1], "back_rate_bps", "back_max_rate_bps"),
    ):
        given, cap = link.given_bps(node), link.cap_bps(node)
        if node == link.between[1] and link.one_way:
            continue
        # Two numbers that contradict each other: nobody could say which of them was meant.
        if given is not None and cap is not None and given > cap:
            written = name if getattr(link, name) is not None else "max_rate_bps"
            fail(f"{key}.{written}", cap, f"It is less than {rate} = {given}; lower that, or leave it out")


def _check_computed(
    key: str, link: LinkSpec, name: str, serving: list[AntennaSpec], missing: Missing
) -> None:
    # One reason is enough: the others would only follow from it.
    if link.kind == "wire":
        missing(f"{key}.rate_bps", "A wire needs its rate in bit/s")
    elif not link.band:
        missing(f"{key}.rate_bps", "Give a rate in bit/s, or a `band` for a computed one")
    elif not any(each.terminal for each in serving):
        right = f"{name} needs an antenna with a `terminal`, or the link a `rate_bps`"
        missing(f"{key}.rate_bps", right)


def check_antennas(
    index: int, node: NodeSpec, pairs: set[frozenset[str]], own_terminals: Collection[str], fail: Fail
) -> None:
    """Check that each antenna of a node points somewhere, and is something."""
    known = [*own_terminals, *terminals()]
    for place, antenna in enumerate(node.antennas):
        key = f"node[{index}].antennas[{place}]"
        if not any(node.name in pair for pair in pairs):
            fail(key, antenna.name, f"It points nowhere: no radio link joins {node.name} to another node")
            continue
        # A slip in a name would otherwise only show as contacts that are never planned.
        for other in antenna.serves:
            if frozenset((node.name, other)) not in pairs:
                fail(f"{key}.serves", other, f"No radio link joins {node.name} and {other}")
        if antenna.terminal and antenna.terminal not in known:
            fail(f"{key}.terminal", antenna.terminal, one_of(antenna.terminal, known))
        if antenna.sends_to is not None and antenna.sends_to > antenna.contacts:
            right = f"It has {antenna.contacts} contacts at once; it can't send to more than those"
            fail(f"{key}.sends_to", antenna.sends_to, right)
        if antenna.climate and antenna.climate not in climates():
            fail(f"{key}.climate", antenna.climate, one_of(antenna.climate, climates()))


def check_weather(
    index: int,
    weather: WeatherSpec,
    pairs: set[frozenset[str]],
    known_node: Known,
    time: Time,
    fail: Fail,
    missing: Missing,
) -> None:
    """Check what no single key of the weather can know."""
    key = f"weather[{index}]"
    begin, finish = time(f"{key}.start", weather.start), time(f"{key}.end", weather.end)
    if begin is not None and finish is not None and finish <= begin:
        fail(f"{key}.end", weather.end, f"It must be later than start = {weather.start!r}")
    for name in weather.nodes:
        known_node(f"{key}.nodes", name)
    for pair in weather.links:
        if frozenset(pair) not in pairs:
            fail(f"{key}.links", pair, "Name two nodes that a link joins")
    if not weather.nodes and not weather.links:
        missing(f"{key}.nodes", "Name the nodes or the links that it touches")
    # One alone: nobody could say in which order two of them apply.
    if weather.cuts + (weather.loss_db is not None) + (weather.factor is not None) != 1:
        fail(key, weather.text, "Give cuts = true, loss_db or factor, one of them")
