"""Pictures of the page as values: axes, ticks, lanes, maps, in per cent of their boxes; templates draw."""
