"""Where worlds, sites, orbiters and ships are: ephemeris, rotations, light time, windows, transfers."""

from starlight.sky.conjunctions import Conjunction, conjunctions
from starlight.sky.drawing import AU_KM, distance_km, heliocentric, sun_earth_probe_angle_deg
from starlight.sky.light import C_KM_S, earth_mars_light_time_s, light_time_received_s, light_time_s
from starlight.sky.marstime import (
    SOL_DAYS,
    local_mean_solar_time_h,
    local_sol_date,
    mars_clock,
    mars_sol_date,
    sol_since,
)
from starlight.sky.pieces import Piece, light_pieces, light_pieces_many
from starlight.sky.places import (
    Centre,
    Elements,
    Mask,
    Orbiter,
    Place,
    Site,
    SpkBody,
    Trajectory,
    orbit_radius_km,
)
from starlight.sky.pointing import (
    AS_POINTED,
    GEOMETRIC,
    Conventions,
    elevation_azimuth,
    elevation_deg,
    refraction_deg,
)
from starlight.sky.sky import Sky, stationary
from starlight.sky.transfer import Porkchop, escape_km_s, porkchop, transfer
from starlight.sky.windows import windows

__all__ = [
    "AS_POINTED",
    "AU_KM",
    "C_KM_S",
    "GEOMETRIC",
    "SOL_DAYS",
    "Centre",
    "Conjunction",
    "Conventions",
    "Elements",
    "Mask",
    "Orbiter",
    "Piece",
    "Place",
    "Porkchop",
    "Site",
    "Sky",
    "SpkBody",
    "Trajectory",
    "conjunctions",
    "distance_km",
    "earth_mars_light_time_s",
    "elevation_azimuth",
    "elevation_deg",
    "escape_km_s",
    "heliocentric",
    "light_pieces",
    "light_pieces_many",
    "light_time_received_s",
    "light_time_s",
    "local_mean_solar_time_h",
    "local_sol_date",
    "mars_clock",
    "mars_sol_date",
    "orbit_radius_km",
    "porkchop",
    "refraction_deg",
    "sol_since",
    "stationary",
    "sun_earth_probe_angle_deg",
    "transfer",
    "windows",
]
