"""Virtual time: world, channel, faults, checkers."""
