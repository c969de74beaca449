"""A dish holds several others only in its beam and sends to one; a shared transmitter has less for each."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace
from tests.planner.test_allocation import LIGHT_S, T0, TITLES, both_ways, hours

from starlight import dtntime
from starlight.contacts import Contact
from starlight.dtntime import DAY, HOUR, SECOND
from starlight.planner.allocation import allocate
from starlight.planner.antennas import Beams
from starlight.planner.beams import SkyBeams
from starlight.planner.history import History
from starlight.planner.intervals import Interval, common
from starlight.planner.places import place_of
from starlight.planner.planner import Planned, PlannedChannel, make_plan
from starlight.planner.radios import moments, radio_link
from starlight.reports.link_report import link_report, link_view, study
from starlight.reports.plan_report import decided_text, plan_report, plan_view
from starlight.scenario.kernels import open_sky
from starlight.scenario.network import AntennaSpec
from starlight.scenario.reading import load, parse
from starlight.sky import received

SCENARIO = load("lost-in-starlight")
SKY = open_sky()
PLACES = {node.name: place for node in SCENARIO.node if (place := place_of(SKY, node))}
BEAM_DEG = 0.0636
"""Of the 34 m dish at 8.4 GHz, from its gain of 68.24 dBi."""
BUILTIN = Path(str(resources.files("starlight.scenario").joinpath("builtin")))
TEXT = (BUILTIN / "lost-in-starlight.toml").read_text(encoding="utf-8")


def apart_deg(node: str, a: str, b: str, times: list[int]) -> list[float]:
    """Return the angle between two nodes as a third hears them, by the cosine of unit vectors."""
    tdb = SKY.tdb(times)
    units = []
    for other in (a, b):
        vector = received(SKY, PLACES[other], PLACES[node], tdb).vector_km
        units.append(vector / np.linalg.norm(vector, axis=0))
    # The chord, because the cosine of a hundredth of a degree has lost half of its digits.
    chord = np.linalg.norm(units[0] - units[1], axis=0)
    return [float(each) for each in np.degrees(2 * np.arcsin(chord / 2))]


@pytest.fixture(scope="module", params=["2050-12-03", "2051-01-29", "2051-04-07"])
def planned(request: pytest.FixtureRequest) -> Planned:
    """Return two days of the cruise, of the approach, and at Mars."""
    start = dtntime.from_text(request.param)
    return make_plan(SCENARIO, SKY, start, start + 2 * DAY)


def held(planned: Planned, node: str, antenna: AntennaSpec) -> list[tuple[str, bool, Interval, int]]:
    """Return what an antenna holds: the other end, whether it is sent to, the node's time, the rate."""
    found = []
    for channel in planned.channels:
        sends = channel.from_node == node
        other = channel.to_node if sends else channel.from_node
        if node not in (channel.from_node, channel.to_node) or channel.link.kind != "radio":
            continue
        if antenna.serves and other not in antenna.serves:
            continue
        for c in channel.contacts:
            span = (
                (c.start, c.end) if sends else (c.start + c.light_time(c.start), c.end + c.light_time(c.end))
            )
            found.append((other, sends, span, max(rate for _, rate in c.rates)))
    return found


def test_a_dish_holds_only_what_stands_in_its_beam(planned: Planned) -> None:
    """Whatever a station's dish holds at once is within its half-power beam all the time, looked at every
    minute; it sends to one at a time; and nothing goes up faster than a station sends."""
    for station in ("yeoju", "goldstone", "madrid", "canberra"):
        (antenna,) = SCENARIO.node_named(station).antennas
        rows = held(planned, station, antenna)
        assert rows or station == "canberra", "in spring 2051 Madrid's passes are longer"
        for index, (other, sends, span, rate) in enumerate(rows):
            assert not sends or rate <= 256_000
            for another, also_sends, its_span, _ in rows[index + 1 :]:
                both = common([span], [its_span])
                if other == another or not both:
                    continue
                assert not (sends and also_sends), f"{station} sends to {other} and {another} at once"
                times = [*range(*both[0], 60 * SECOND), both[0][1]]
                assert max(apart_deg(station, other, another, times)) <= BEAM_DEG * 1.002


def test_relays_of_one_world_are_heard_at_once() -> None:
    """Two relays at Mars stand in one beam, so a station hears both at the same time."""
    start = dtntime.from_text("2051-04-07")
    planned = make_plan(SCENARIO, SKY, start, start + 2 * DAY)
    (antenna,) = SCENARIO.node_named("yeoju").antennas
    heard = [(other, span) for other, sends, span, _ in held(planned, "yeoju", antenna) if not sends]
    both = [
        common([a], [b])
        for one, a in heard
        for other, b in heard
        if (one, other) == ("relay-areo", "relay-polar")
    ]
    assert any(both)


def test_what_stands_in_a_beam_is_found_over_the_whole_time() -> None:
    """While the ship draws near Mars, the time in one beam with a relay begins where their angle, looked at
    by itself every 20 s, falls below the beam's width: to the second and never before."""
    beams = SkyBeams(SCENARIO, SKY, PLACES)
    # In one beam at the end of the flight, but not a day before.
    end = dtntime.from_text("2051-02-01T08:00:00Z")
    span = (end - DAY, end)
    edges = apart_deg("madrid", "ship", "relay-areo", [*span])
    width = sum(edges) / 2
    found = beams.together("madrid", ("ship", "relay-areo"), width, span)
    assert found
    times = list(range(span[0], span[1], 20 * SECOND))
    for time, angle in zip(times, apart_deg("madrid", "ship", "relay-areo", times), strict=True):
        inside = any(first <= time <= last for first, last in found)
        assert not inside or angle <= width * 1.0005
        if angle < width * 0.97:
            assert inside, "what is clearly in the beam is found"


def test_a_beam_is_its_terminals_unless_given() -> None:
    """A beam is as wide as the antenna says, else as its terminal's gain makes it, else unknown."""
    beams = SkyBeams(SCENARIO, SKY, PLACES)
    assert beams.width_deg(AntennaSpec(terminal="dsn-34m"), "X") == pytest.approx(BEAM_DEG, abs=1e-4)
    assert beams.width_deg(AntennaSpec(terminal="dsn-34m", beam_deg=0.5), "X") == 0.5
    assert beams.width_deg(AntennaSpec(terminal="dsn-34m"), "Ka") is None
    assert beams.width_deg(AntennaSpec(), "X") is None


class Drift(Beams):
    """Others stand in one beam until some hours after T0."""

    def __init__(self, until_h: float, width: float | None = 0.06) -> None:
        self.until, self.width = T0 + round(until_h * HOUR), width

    def width_deg(self, antenna: AntennaSpec, band: str) -> float | None:
        return self.width

    def together(
        self, node: str, others: tuple[str, str], width_deg: float, span: Interval
    ) -> list[Interval]:
        return common([span], [(T0 - DAY, self.until)])


DISH = AntennaSpec(name="dish", contacts=2, sends_to=1, slew_s=180, setup_s=600)


def test_the_beam_is_judged_over_the_whole_pass() -> None:
    """Two that stand in one beam as their passes begin are held together only until they no longer do, and
    the one that gives way says why."""
    ways = [*both_ways(0, [(0, 10)]), *both_ways(1, [(1, 9)])]
    allocation = allocate(ways, {"yeoju": [DISH]}, TITLES, Drift(until_h=4))
    assert hours(allocation, 0) == [(0, 10)]
    light_h = LIGHT_S / 3600
    heard = [(a + light_h, b + light_h) for a, b in hours(allocation, 3)]
    assert heard == [pytest.approx((1, 4), abs=1e-3)]
    assert hours(allocation, 2) == [], "only one is sent to"
    whys = [" ".join(change.why) for change in allocation.changes]
    assert any("has a beam of 0.06 degrees, which does not hold both" in why for why in whys)
    assert any("sends to one at a time: Yeoju - Areo is longer" in why for why in whys)


def test_a_dish_out_of_its_beam_turns_first() -> None:
    """Between two that don't stand in one beam lies the time to slew and set up."""
    ways = [*both_ways(0, [(0, 5)]), *both_ways(1, [(3, 7)])]
    allocation = allocate(ways, {"yeoju": [DISH]}, TITLES, Drift(until_h=-1))
    assert hours(allocation, 2) == [pytest.approx((5 + 780 / 3600, 7), abs=1e-3)]


@pytest.mark.parametrize("beams", [None, Drift(-1, None)])
def test_where_no_beam_is_known_the_antenna_is_taken_at_its_word(beams: Beams | None) -> None:
    """An antenna without a terminal or a beam holds and sends to as many as its `contacts`, as before."""
    ways = [*both_ways(0, [(0, 5)]), *both_ways(1, [(0, 6)])]
    allocation = allocate(ways, {"yeoju": [AntennaSpec(contacts=2)]}, TITLES, beams)
    assert allocation.changes == ()
    assert all(not each for each in allocation.shared)


def test_it_is_told_how_many_share_a_transmitter() -> None:
    """For each direction it is told when its transmitter sends to others too, and to how many in all."""
    ways = [*both_ways(0, [(0, 10)]), *both_ways(1, [(2, 4)])]
    allocation = allocate(ways, {"yeoju": [AntennaSpec(contacts=2, sends_to=2)]}, TITLES, Drift(100))
    expected = ((T0 + 2 * HOUR, T0 + 4 * HOUR), 2)
    assert allocation.shared == ((expected,), (), (expected,), ())


def channel_of(planned: Planned, a: str, b: str) -> PlannedChannel:
    """Return one direction of a plan."""
    return next(each for each in planned.channels if (each.from_node, each.to_node) == (a, b))


def test_a_transmitter_that_sends_to_several_shares_its_power() -> None:
    """While the areostationary relay sends to base, rover and suit at once, each has a third of the power:
    the rate of a contact is the budget's with 10 log 3 dB less, looked at by itself."""
    start = dtntime.from_text("2051-04-06")
    planned = make_plan(SCENARIO, SKY, start, start + DAY)
    (contact,) = channel_of(planned, "relay-areo", "base").contacts
    link = radio_link(SCENARIO, "relay-areo", "base", "UHF")
    at = moments(SKY, PLACES["relay-areo"], PLACES["base"], np.array([start + 6 * HOUR]))
    moment = at.range_km, at.elevation_tx_deg, at.elevation_rx_deg, at.sun_deg
    alone = int(link.rate_bps(*moment)[0])
    third = int(link.rate_bps(*moment, extra_db=10 * np.log10(3))[0])
    assert contact.rate_bps(start + 6 * HOUR) == third < alone


GIVEN = """
name = "two"
title = "Two"
start = "2051-04-01"
end = "2051-05-01"
demo_at = "2051-04-01"
demo_since = "2051-04-01"

[[node]]
name = "station"
number = 1
title = "Station"
world = "earth"
site = { body = "earth", latitude_deg = 37, longitude_deg = 127 }
antennas = [{ terminal = "dsn-34m" }]

[[node]]
name = "relay"
number = 2
title = "Relay"
world = "mars"
orbit = { body = "mars", stationary_over_deg = 240.0 }
antennas = [{ terminal = "mro-orbiter" }]

[[person]]
id = "jay"
name = "Jay"
service = 2
mailbox = [{ node = "station" }]

[[link]]
between = ["station", "relay"]
kind = "radio"
"""


def most_bps(keys: str) -> list[tuple[int, str]]:
    """Return the greatest rate of each direction of the link with some keys, and what decides it."""
    scenario = parse(GIVEN + keys, where="two.toml")
    start = dtntime.from_text("2051-04-03")
    channels = make_plan(scenario, SKY, start, start + DAY).channels
    rates = [max(rate for c in channel.contacts for _, rate in c.rates) for channel in channels]
    return [(rate, channel.decides(rate)) for rate, channel in zip(rates, channels, strict=True)]


@pytest.mark.parametrize(
    ("keys", "up", "down"),
    [
        ('band = "X"', (2_000, "receiver"), (2_500_000, "budget")),
        ('band = "X"\nmax_rate_bps = 500', (500, "cap"), (500, "cap")),
        ('band = "X"\nmax_rate_bps = 9_000\nback_max_rate_bps = 7', (2_000, "receiver"), (7, "cap")),
        ("rate_bps = 9_000", (9_000, "given"), (9_000, "given")),
        ('band = "X"\nrate_bps = 9_000', (2_000, "receiver"), (9_000, "given")),
        ('band = "X"\nrate_bps = 500\nback_rate_bps = 8_000_000', (500, "given"), (6_000_000, "transmitter")),
    ],
)
def test_every_rate_has_its_limits(keys: str, up: tuple[int, str], down: tuple[int, str]) -> None:
    """A planned rate, computed or given, is the least of all limits in its direction, and the plan says which
    one decides; a given rate whose band is not said has none."""
    assert most_bps(keys) == [up, down]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('back_max_rate_bps = 2_000', 'back_max_rate_bps = 0', ["back_max_rate_bps = 0", ">= 1"]),
        ('back_max_rate_bps = 2_000', 'max_rate_bps = "fast"', ["max_rate_bps", "fast"]),
        ('one_way = true', 'one_way = true\nback_max_rate_bps = 5', ["back_max_rate_bps = 5", "no way back"]),
        ('rate_bps = 20_000_000', 'rate_bps = 20_000_000\nmax_rate_bps = 5', ["max_rate_bps = 5", "A wire"]),
        ('back_max_rate_bps = 2_000', 'rate_bps = 9\nmax_rate_bps = 5', ["max_rate_bps = 5", "rate_bps = 9"]),
        ('terminal = "father-3m"', 'terminal = "father-3m", beam_deg = 0', ["beam_deg = 0", "> 0"]),
        ('terminal = "father-3m"', 'terminal = "father-3m", sends_to = 2', ["sends_to = 2", "1 contact"]),
        ('[conjunction]', '[terminal.x]\nmax_rate_bps = -1\n[conjunction]', ["terminal.x", "no band"]),
        ('[conjunction]', '[terminal.x.X.receive]\nfrequency_mhz = 8420\ngain_dbi = 1\nvacuum_k = 9\n'
         'max_rate_bps = 1.5\n[conjunction]', ["terminal.x.X.receive.max_rate_bps", "1.5", "whole number"]),
    ],
)  # fmt: skip
def test_limits_that_make_no_sense_are_refused(old: str, new: str, told: list[str]) -> None:
    """A limit, a beam or a number of receivers that makes no sense is refused as the file is read."""
    assert old in TEXT
    with pytest.raises(Exception) as caught:  # noqa: PT011 - its kind is asked below
        parse(TEXT.replace(old, new, 1), where="mine.toml", folder=BUILTIN)
    assert type(caught.value).__name__ == "InputError"
    for part in told:
        assert part in str(caught.value)


def test_contacts_outside_the_crowd_stay_as_they_were() -> None:
    """Sharing touches no contact whose transmitter is alone: each id and rate of the father's link stays."""
    start = dtntime.from_text("2051-04-07")
    # What its power leaves of a pass is another matter, and reckoned to some microseconds.
    ample = replace(SCENARIO, node=[replace(node, power=None) for node in SCENARIO.node])
    long = make_plan(ample, SKY, start, start + 2 * DAY)
    short = make_plan(ample, SKY, start, start + DAY)
    one: list[Contact] = [
        c for c in channel_of(short, "mountain", "facility").contacts if c.end < start + DAY
    ]
    assert one
    assert set(one) <= set(channel_of(long, "mountain", "facility").contacts)


def test_plan_and_link_show_what_decides() -> None:
    """The view, the page and the text of a plan, and those of a link, name the limit that decides."""
    start = dtntime.from_text("2051-04-07")
    planned = make_plan(SCENARIO, SKY, start, start + DAY)
    history = History.begin(planned.plan(), time=start, who="me", what="planned")
    rows = {(row["from"], row["to"]): row for row in plan_view(SCENARIO, planned, history)["links"]}
    up, down = rows["yeoju", "relay-polar"], rows["relay-polar", "yeoju"]
    assert up["limit"]["decides"] == "receiver"
    assert up["limit"]["rate_bps"] == 2_000
    assert list(up["decided_hours"]) == ["receiver"]
    assert up["decided_hours"]["receiver"] == pytest.approx(up["hours"])
    assert decided_text(up) == "receiver (2,000 bit/s)"
    assert decided_text(down) == "budget"
    assert decided_text(rows["seoul", "yeoju"]) == "given"
    assert "receiver (2,000 bit/s)" in plan_report(SCENARIO, planned, history)

    found = study(SCENARIO, SKY, "goldstone", "base", at=dtntime.from_text("2051-04-09T19:00:00Z"))
    view = link_view(SKY, found)
    assert view["limit"] == {"decides": "cap", "rate_bps": 2_000, "whose": found.link.title}
    assert {step["decides"] for step in view["rates"]} == {"cap"}
    assert {step["rate_bps"] for step in view["rates"]} == {2_000}
    assert "capped by the scenario: 2,000 bit/s at most" in link_report(SKY, found)
