"""Where worlds, sites and orbiters are: ephemeris, rotations, light time, windows."""

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
from starlight.sky.places import Centre, Orbiter, Place, Site, orbit_radius_km
from starlight.sky.sky import Sky, stationary
from starlight.sky.windows import elevation_deg, windows

__all__ = [
    "AU_KM",
    "C_KM_S",
    "SOL_DAYS",
    "Centre",
    "Orbiter",
    "Piece",
    "Place",
    "Site",
    "Sky",
    "distance_km",
    "earth_mars_light_time_s",
    "elevation_deg",
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
    "sol_since",
    "stationary",
    "sun_earth_probe_angle_deg",
    "windows",
]
