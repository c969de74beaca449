"""Nodes, antennas, links and weather of a scenario: their keys.

Everything but a node's name, number and world, and a link's ends and kind, may be left out.
A node without antennas holds as many contacts as it likes; a link with a `rate_bps` has that rate;
one without is computed from the terminals of the antennas at its ends.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal

import msgspec

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
Watts = Annotated[float, msgspec.Meta(gt=0, le=1_000_000)]

CelestialBodyName = Literal["earth", "mars"]
"""The bodies that sites stand on, orbits go around and cruises join: those whose rotation the sky knows."""

HOURS = re.compile(r"^([01]\d|2[0-4]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)$")
"""Opening hours, UTC; what ends before it begins goes over midnight."""


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


class PowerSpec(_Spec, frozen=True):
    """The electric power of a node, and what its radio draws; the battery evens out a day (UTC).

    Attributes:
        source_w: what its source gives at `since`, before which it gives nothing.
        since: when that was measured or declared.
        half_life_years, yearly_loss: how its output falls, one of the two: a half life, or the part that is
            lost each year. When both are absent it stays what it is. A year has 365.25 days.
        keeps_w: what the node itself needs at all times, before its radio.
        listens_w: what a contact draws in which it hears.
        sends_w: what a contact draws besides in which it can send; when absent, sending is not limited.
    """

    source_w: Watts
    since: str
    listens_w: Watts
    half_life_years: Annotated[float, msgspec.Meta(gt=0, le=1_000_000)] | None = None
    yearly_loss: Annotated[float, msgspec.Meta(gt=0, lt=1)] | None = None
    keeps_w: Annotated[float, msgspec.Meta(ge=0, le=1_000_000)] = 0.0
    sends_w: Watts | None = None


class NodeSpec(_Spec, frozen=True):
    """A network node; without a site, an orbit, a cruise or a body it has wires only.

    Attributes:
        name, number, title: in this file, in addresses, for people; without a title it is the name.
        world: whose people live there, by name; built in or declared.
        power: what limits its time on the air; when absent, nothing does.
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
    power: PowerSpec | None = None

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
