"""A scenario: its planner, and the assembly of a rehearsal, a demo, a node."""
