"""The checks of nodes, antennas, links and weather: what must fit together, beyond a single key."""

from __future__ import annotations

from collections.abc import Callable, Collection

from starlight.errors import did_you_mean
from starlight.radio import climates, terminals
from starlight.scenario.network import HOURS, AntennaSpec, LinkSpec, NodeSpec, OrbitSpec, WeatherSpec
from starlight.sky import CELESTIAL_BODIES

Fail = Callable[[str, object, str], None]
Missing = Callable[[str, str], None]
Known = Callable[[str, str], bool]
Time = Callable[..., int | None]


def one_of(name: str, known: Collection[str], noun: str = "") -> str:
    """Return what an error says of a name that is none of the known ones: the nearest, and all of them."""
    near = did_you_mean(name, known)
    there = (
        f"Name one of{noun}: {', '.join(known)}"
        if known
        else f"There are no{noun.replace(' the ', ' ') or 'ne'}"
    )
    return f"{near} {there}".strip()


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


def check_power(index: int, node: NodeSpec, pairs: set[frozenset[str]], time: Time, fail: Fail) -> None:
    """Check that what a node says of its power can be meant, and limits something.

    Args:
        pairs: the nodes that radio links join.
    """
    power = node.power
    if power is None:
        return
    key = f"node[{index}].power"
    time(f"{key}.since", power.since)
    if power.half_life_years is not None and power.yearly_loss is not None:
        right = f"half_life_years = {power.half_life_years:g} tells of the same; leave one of them out"
        fail(f"{key}.yearly_loss", power.yearly_loss, right)
    # What needs more than its source gives on the first day could never have listened.
    if power.keeps_w >= power.source_w:
        fail(f"{key}.keeps_w", power.keeps_w, f"It must be less than source_w = {power.source_w:g}")
    if not any(node.name in pair for pair in pairs):
        fail(key, node.name, f"It limits nothing: no radio link joins {node.name} to another node")


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
