"""Virtual time: the world, its channel, faults and checkers."""
