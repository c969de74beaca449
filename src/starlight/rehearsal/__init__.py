"""A scenario in virtual time: what was promised, what came, and the story of it."""
