"""The sky of a scenario at one instant, as plain values for a program or a person."""

from __future__ import annotations

from itertools import permutations

from starlight import dtntime
from starlight.dtntime import DAY, HOUR, SECOND
from starlight.planner.bodies import known_at, visible
from starlight.planner.places import place_at, place_of
from starlight.scenario.scenario import Scenario
from starlight.sky import (
    AU_KM,
    Centre,
    Place,
    Site,
    Sky,
    SpkBody,
    Trajectory,
    distance_km,
    earth_mars_light_time_s,
    heliocentric,
    light_time_received_s,
    light_time_s,
    mars_clock,
    sol_since,
    sun_earth_probe_angle_deg,
)
from starlight.worlds import MARS, SolarTime

CONVENTION = (
    "light_time_s is of the signal received at `to` at this instant, transmitted_light_time_s of the one "
    "that leaves `from` at it; converged Newtonian light time; who hears whom is judged as antennas point, "
    "with refraction and stellar aberration"
)


def sky_view(scenario: Scenario, sky: Sky, time: int) -> dict[str, object]:
    """Return distance, light times, clocks and who can hear whom at a time in ns.

    Only places with a radio can: with antennas, or at an end of a radio link. Two of them can hear each other
    when both stand above the other's elevation mask and no
    body is in between; each direction is told by itself.

    Raises:
        RangeError: the ephemeris does not cover the time.
    """
    earth, mars = Centre("earth"), Centre("mars")
    apart = float(distance_km(sky, earth, mars, [time])[0])
    positions = heliocentric(sky, time)
    return {
        "scenario": scenario.name,
        "time": dtntime.to_text(time),
        "earth_mars_distance_km": apart,
        "earth_mars_distance_au": apart / AU_KM,
        "earth_mars_light_time_s": float(earth_mars_light_time_s(sky, [time])[0]),
        "sun_earth_mars_angle_deg": float(sun_earth_probe_angle_deg(sky, [time])[0]),
        "mars_clock": _mars_clock(scenario, time),
        "heliocentric_au": {body: list(position) for body, position in positions.items()},
        "ships": _ships(scenario, sky, time),
        "bodies": _bodies(scenario, sky, time),
        "convention": CONVENTION,
        "pairs": _pairs(scenario, sky, time),
    }


def _mars_clock(scenario: Scenario, time: int) -> dict[str, object]:
    """Return the reading of the scenario's first clock that counts sols, else of Mars' prime meridian."""
    solar = (world for world in scenario.worlds().values() if isinstance(world.clock, SolarTime))
    world = next(solar, MARS)
    assert isinstance(world.clock, SolarTime)
    sol, clock = mars_clock(time, world.clock.longitude_deg)
    # Before the landing there is no sol to count.
    landed = time >= world.clock.since
    return {
        "place": world.place or "the prime meridian",
        "local_mean_solar_time": clock,
        "mars_sol_date": sol,
        "mission_sol": sol_since(world.clock.since, time, world.clock.longitude_deg) if landed else None,
    }


def _pairs(scenario: Scenario, sky: Sky, time: int) -> list[dict[str, object]]:
    radios = {name for link in scenario.link if link.kind == "radio" for name in link.between}
    radios |= {node.name for node in scenario.node if node.antennas}
    places = {
        node.name: place
        for node in scenario.node
        if node.name in radios
        and (place := place_at(sky, node, time, time))
        and not (isinstance(place, Trajectory) and not _flies(place, time))
    }
    found = []
    for (a, here), (b, there) in permutations(places.items(), 2):
        if isinstance(here, Site) and isinstance(there, Site) and here.body == there.body:
            continue  # Sites of one world stand below each other's horizon; wires join them.
        if not known_at(sky, here, there, time):
            continue
        light = float(light_time_received_s(sky, here, there, [time])[0])
        # Visibility is judged when the signal left: that is what is heard now.
        if not heard(sky, here, there, time - round(light * SECOND)):
            continue
        found.append(
            {
                "from": a,
                "to": b,
                "light_time_s": light,
                "transmitted_light_time_s": float(light_time_s(sky, here, there, [time])[0]),
            }
        )
    return found


def _ships(scenario: Scenario, sky: Sky, time: int) -> list[dict[str, object]]:
    """Return each ship that is under way, how far it has come, and the light time from it to the worlds."""
    found = []
    for node in scenario.node:
        ship = place_at(sky, node, time, time) if node.cruise else None
        if not isinstance(ship, Trajectory) or not _flies(ship, time):
            continue
        found.append(
            {
                "name": node.name,
                "departure": dtntime.to_text(ship.departure),
                "arrival": dtntime.to_text(ship.arrival),
                "day": (time - ship.departure) / DAY,
                "distance_km": {
                    body: float(distance_km(sky, ship, Centre(body), [time])[0]) for body in ("earth", "mars")
                },
                "light_time_s": {
                    body: float(light_time_s(sky, ship, Centre(body), [time])[0])
                    for body in ("earth", "mars")
                },
            }
        )
    return found


def _bodies(scenario: Scenario, sky: Sky, time: int) -> list[dict[str, object]]:
    """Return each body of an SPK file: from when to when the file knows it and, inside, how far it is."""
    found: list[dict[str, object]] = []
    for node in scenario.node:
        body = place_of(sky, node) if node.body else None
        if not isinstance(body, SpkBody):
            continue
        spans = sky.coverage(body)
        known = any(first + SECOND <= time <= last - SECOND for first, last in spans)
        told: dict[str, object] = {
            "name": node.name,
            "naif_id": body.naif_id,
            "coverage": [
                {"start": dtntime.to_text(first), "end": dtntime.to_text(last)} for first, last in spans
            ],
            "covered": known,
            "distance_km": None,
            "light_time_s": None,
        }
        if known:
            worlds = {name: Centre(name) for name in ("earth", "mars")}
            told["distance_km"] = {
                name: float(distance_km(sky, body, world, [time])[0]) for name, world in worlds.items()
            }
            told["light_time_s"] = {
                name: float(light_time_s(sky, body, world, [time])[0]) for name, world in worlds.items()
            }
        found.append(told)
    return found


def _flies(ship: Trajectory, time: int) -> bool:
    """Return whether a ship is under way, long enough for light to have come from it and to reach it."""
    return ship.departure + HOUR < time < ship.arrival - HOUR


def heard(sky: Sky, a: Place, b: Place, time: int) -> bool:
    """Return whether a signal that leaves `a` at a time in ns reaches `b`."""
    # Windows are found within an interval, so one is laid around the moment.
    return any(start <= time <= end for start, end in visible(sky, a, b, time - SECOND, time + SECOND))
