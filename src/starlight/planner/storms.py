"""The storms of a scenario: what they truly cut, and what is believed of them at first.

Nobody foresees a storm. Some nodes notice it, a while after it has begun and after it has ended, and amend
the contact plan; all others learn of it from them, by bundles like any others (`services/amendments.py`).
"""

from __future__ import annotations

import msgspec

from starlight import dtntime
from starlight.contacts import Outage
from starlight.dtntime import MINUTE
from starlight.scenario.scenario import Scenario


class Storm(msgspec.Struct, frozen=True):
    """A storm as it is, and as it is foreseen.

    Attributes:
        start, end: when the links truly fall and rise, in ns.
        forecast_end: until when it is first believed to last.
        links: both directions, as node numbers.
        text: why, for people.
        learned_after: how long after the fact those know who notice it.
        noticed_by: the numbers of these nodes.
    """

    start: int
    end: int
    forecast_end: int
    links: tuple[tuple[int, int], ...]
    text: str
    learned_after: int
    noticed_by: tuple[int, ...]

    def outage(self, end: int) -> Outage:
        """Return the storm as an amendment tells it, with the end that is believed in, in ns."""
        return Outage(self.links, self.start, end, self.text)


def storms(scenario: Scenario) -> list[Storm]:
    """Return the scenario's storms."""
    found = []
    for storm in scenario.storm:
        pairs = [(scenario.node_named(a).number, scenario.node_named(b).number) for a, b in storm.links]
        end = dtntime.from_text(storm.end)
        found.append(
            Storm(
                start=dtntime.from_text(storm.start),
                end=end,
                forecast_end=dtntime.from_text(storm.forecast_end) if storm.forecast_end else end,
                links=tuple(link for a, b in pairs for link in ((a, b), (b, a))),
                text=storm.text,
                learned_after=round(storm.learned_after_min * MINUTE),
                noticed_by=tuple(scenario.node_named(name).number for name in scenario.noticed_by(storm)),
            )
        )
    return found


def planners(scenario: Scenario) -> list[int]:
    """Return the numbers of the nodes that may amend the plan: those that notice a storm, ascending."""
    return sorted({number for storm in storms(scenario) for number in storm.noticed_by})
