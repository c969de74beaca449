"""A sealed room with people and plants: what there is to breathe, to drink and to eat, and for how long."""
