"""Where worlds, sites and orbiters are: ephemeris, rotations, light time, windows."""
