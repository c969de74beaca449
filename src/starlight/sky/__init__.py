"""Positions of worlds, sites, orbiters and ships: ephemeris, rotations, light time, windows, transfers."""

from starlight.sky.conjunctions import Conjunction, conjunctions
from starlight.sky.drawing import AU_KM, distance_km, heliocentric, sun_earth_probe_angle_deg
from starlight.sky.light import (
    C_KM_S,
    Ray,
    earth_mars_light_time_s,
    light_time_received_s,
    light_time_s,
    received,
    transmitted,
)
from starlight.sky.marstime import SOL_DAYS, local_sol_date, mars_clock, sol_since
from starlight.sky.pieces import Piece, light_pieces_many
from starlight.sky.places import CELESTIAL_BODIES, Centre, Elements, Orbiter, Place, Site, SpkBody, Trajectory
from starlight.sky.pointing import elevation_along_deg
from starlight.sky.sky import Sky, stationary
from starlight.sky.transfer import porkchop, transfer
from starlight.sky.windows import windows

__all__ = [
    "AU_KM",
    "CELESTIAL_BODIES",
    "C_KM_S",
    "SOL_DAYS",
    "Centre",
    "Conjunction",
    "Elements",
    "Orbiter",
    "Piece",
    "Place",
    "Ray",
    "Site",
    "Sky",
    "SpkBody",
    "Trajectory",
    "conjunctions",
    "distance_km",
    "earth_mars_light_time_s",
    "elevation_along_deg",
    "heliocentric",
    "light_pieces_many",
    "light_time_received_s",
    "light_time_s",
    "local_sol_date",
    "mars_clock",
    "porkchop",
    "received",
    "sol_since",
    "stationary",
    "sun_earth_probe_angle_deg",
    "transfer",
    "transmitted",
    "windows",
]
