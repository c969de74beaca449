"""A scenario's TOML as values, checked; and the scenarios that are built in."""
