"""The ground that all links of a plan share, and what was asked of the sky for it already."""

from __future__ import annotations

import msgspec

from starlight.planner import weather
from starlight.planner.bodies import visible
from starlight.planner.intervals import Interval
from starlight.scenario.scenario import Scenario
from starlight.sky import Piece, Place, Sky, light_pieces_many

_Lines = tuple[list[Interval], list[list[Piece]]]
"""Windows of a direction, and the pieces of light time of each."""


class OpenSky(msgspec.Struct, frozen=True):
    """The ground that all links share: the places of nodes, the weather, and the interval.

    Attributes:
        behind_the_sun: when a world stands closer to the Sun than a limit, by both, as far as it was asked.
        lines: windows and light of directions, by ends and interval, once they were asked for.
    """

    scenario: Scenario
    sky: Sky
    places: dict[str, Place]
    weather: list[weather.Weather]
    interval: Interval
    behind_the_sun: dict[tuple[str, float], list[Interval]]
    lines: dict[tuple[tuple[str, str], Interval], _Lines] = msgspec.field(default_factory=dict)

    def line(self, ends: tuple[str, str], here: Place, there: Place, span: Interval) -> _Lines:
        """Return when what is sent reaches the other end inside a span, and how long it is under way."""
        # Asked again for each number of receivers that a transmitter's power is shared among.
        key = ends, span
        if key not in self.lines:
            seen = visible(self.sky, here, there, *span)
            self.lines[key] = seen, light_pieces_many(self.sky, here, there, seen)
        return self.lines[key]
