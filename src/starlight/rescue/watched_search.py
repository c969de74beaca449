"""A search's file with what has come since: the case as it stands at a moment, and what is believed of it.

All of it is a function of the file, of what is known and of the moment. Courses and hypotheses are kept
between calls because they take the longest; to lose them costs time alone.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from starlight.dtntime import HOUR, SECOND
from starlight.errors import InputError
from starlight.rescue.kept_search import MOST_REPORTS, KeptOxygen, KeptReport, KnownOfLost
from starlight.search.answer import SearchAnswer, answer_of, sectors
from starlight.search.geography import Anchor
from starlight.search.hypotheses import Courses, Hypotheses, LastFix, draw
from starlight.search.posterior import Posterior, missed_by
from starlight.search.search_reading import LostCase
from starlight.search.search_report import SearchReport
from starlight.search.slope_graph import SlopeGraph
from starlight.search.suit import LIMITS, Suit
from starlight.search.terrain import Floats

GRAPH_CELLS = 10_000
"""Cells that courses are searched over at a node: a quarter of the time that the command's 40 000 take."""

SEARCHES = 60
"""Planned at most; more than a letter tells, and a new report asks for a new plan."""

LEAST_OXYGEN_KG = 1e-3
"""Of an empty bottle: a minute, so that the clocks of a suit have something to divide by."""

KEPT = 2
"""Hypotheses and beliefs that are kept: those of now, and those that were told."""


class Change(NamedTuple):
    """The change of a belief by news: the share of it that moved, the likeliest sector, P(alive)."""

    moved: float
    has_other_sector: bool
    alive_before: float
    alive_after: float

    @property
    def is_noticeable(self) -> bool:
        """Return whether people have to be told."""
        return (
            self.has_other_sector or max(self.moved, abs(self.alive_after - self.alive_before)) > NOTICEABLE
        )


NOTICEABLE = 0.05
"""Of the belief, or of P(alive): less than that sends nobody elsewhere."""


class _Drawn(NamedTuple):
    """Hypotheses, and for each report that was weighed how likely its search misses each of them."""

    hypotheses: Hypotheses
    missed: dict[SearchReport, Floats]

    def missed_by(self, hypotheses: Hypotheses, report: SearchReport) -> Floats:
        """Return how likely a search misses each of the hypotheses; worked out once."""
        if report not in self.missed:
            if len(self.missed) >= 2 * MOST_REPORTS:
                self.missed.clear()
            self.missed[report] = missed_by(hypotheses, report)
        return self.missed[report]


class WatchedSearch:
    """A search's file, and what it says together with what came.

    Args:
        loss: the file, read.
    """

    def __init__(self, loss: LostCase) -> None:
        self.loss = loss
        self.given = tuple(KeptReport.of(each, loss.fix_time) for each in loss.reports)
        self.is_anchored = None not in (loss.file.terrain.latitude_deg, loss.file.terrain.longitude_deg)
        self._courses: Courses | None = None
        self._drawn: dict[tuple[LastFix, Suit], _Drawn] = {}
        self._believed: dict[tuple[KnownOfLost, int], Posterior] = {}

    def plane(self, latitude: float, longitude: float) -> tuple[float, float] | None:
        """Return easting and northing in m of a position; None where the file does not say where it lies."""
        return Anchor(self.loss).plane(longitude, latitude) if self.is_anchored else None

    def holds(self, east_m: float, north_m: float) -> bool:
        """Return whether a point lies on the map."""
        return bool(self.loss.terrain.holds(np.array([east_m]), np.array([north_m]))[0])

    def fix_time(self, known: KnownOfLost, now: int) -> int:
        """Return when the lost one was seen last, in ns.

        Raises:
            InputError: the file's fix is still to come, and no other is known.
        """
        times = [self.loss.fix_time] + ([known.fix.at] if known.fix is not None else [])
        past = [each for each in times if each <= now]
        if not past:
            raise InputError("the last fix of the search's file is still to come", where="fix.time")
        return max(past)

    def case(self, known: KnownOfLost, now: int) -> LostCase:
        """Return the case as it stands: all that the file tells, counted from the newest fix.

        Raises:
            InputError: as `fix_time`.
        """
        loss, start = self.loss, self.fix_time(known, now)
        fix, later_s = loss.fix, (loss.fix_time - start) / SECOND
        if known.fix is not None and start != loss.fix_time:
            square = loss.file.watch.fix_sigma_m
            stated = fix.covariance_m2 if square is None else ((square**2, 0.0), (0.0, square**2))
            fix = LastFix(known.fix.east_m, known.fix.north_m, stated)
        return loss._replace(
            fix_time=start,
            fix=fix,
            suit=self._suit(known.oxygen, start),
            searchers=[
                each._replace(ready_s=each.ready_s + later_s, end_s=each.end_s + later_s)
                for each in loss.searchers
            ],
            reports=[each.since(start) for each in (*self.given, *known.reports)],
            awaited=[
                each._replace(due_s=each.due_s + later_s, knowable_s=each.knowable_s + later_s)
                for each in loss.awaited
            ],
        )

    def posterior(self, known: KnownOfLost, now: int) -> Posterior:
        """Return what is believed at a moment, in ns.

        Raises:
            InputError: as `fix_time`, or the reports contradict all that was believed.
        """
        if (known, now) not in self._believed:
            case, at_s = self.case(known, now), self._seconds(known, now)
            # What began before the last fix was seen to miss; what has not ended is nothing yet.
            counts = [each for each in case.reports if each.begin_s >= 0 and each.end_s <= at_s]
            _forget(self._believed)
            drawn = self._draw(case)
            self._believed[known, now] = Posterior(drawn.hypotheses, counts, at_s, drawn.missed_by)
        return self._believed[known, now]

    def answer(self, known: KnownOfLost, now: int) -> SearchAnswer:
        """Return the answer at a moment, in ns.

        Raises:
            InputError: as `posterior`.
        """
        return answer_of(self.case(known, now), self.posterior(known, now), SEARCHES)

    def change(self, before: KnownOfLost, after: KnownOfLost, now: int) -> Change:
        """Return what is believed otherwise at a moment, in ns, for what is known since.

        Raises:
            InputError: as `posterior`.
        """
        grid = sectors(self.loss)
        (old, old_out), (new, new_out) = (self.posterior(each, now).map(grid) for each in (before, after))
        alive = [
            float(self.posterior(each, now).alive([self._seconds(each, now)])[0]) for each in (before, after)
        ]
        moved = float(np.abs(new - old).sum() + abs(new_out - old_out)) / 2
        return Change(moved, bool(np.argmax(new) != np.argmax(old)), *alive)

    def _seconds(self, known: KnownOfLost, now: int) -> float:
        return (now - self.fix_time(known, now)) / SECOND

    def _draw(self, case: LostCase) -> _Drawn:
        seed = case.file.seed
        if self._courses is None:
            graph = SlopeGraph(case.terrain.at_most(GRAPH_CELLS))
            self._courses = Courses(graph, case.conduct, seed)
        key = (case.fix, case.suit)
        if key not in self._drawn:
            _forget(self._drawn)
            count = case.file.watch.hypotheses
            found = draw(self._courses, case.fix, case.conduct, case.suit, count, seed)
            self._drawn[key] = _Drawn(found, {})
        return self._drawn[key]

    def _suit(self, measured: KeptOxygen | None, start: int) -> Suit:
        """Return the loads of the suit at a fix, in ns, from when they were last known."""
        stated, conduct, file_time = self.loss.suit, self.loss.conduct, self.loss.fix_time
        heats = np.array([conduct.walking_w, conduct.resting_w])
        # Without the reserve: what is asked for is how fast the loads themselves go.
        lasts = replace(stated, reserve_h=0.0).hours(heats)
        since_file = max(0.0, (start - file_time) / HOUR)
        at, oxygen = file_time, stated.oxygen_kg
        if measured is not None and measured.at > file_time:
            at, oxygen = measured.at, measured.kg
        # Between the two moments nobody knows how she moved: used is taken as by a walker before the fix,
        # given back as to who rests after it. Either way she is taken to have rather less than she has.
        hours = (start - at) / HOUR if at != file_time else since_file
        walking, resting = stated.oxygen_kg / lasts[0]
        oxygen = _left(oxygen, float(walking), hours) if hours >= 0 else oxygen - float(resting) * hours
        full = self.loss.file.watch.full_oxygen_kg

        def left(load: float | None, place: int) -> float | None:
            return None if load is None else _left(load, load / float(lasts[place, 0]), since_file)

        return replace(
            stated,
            oxygen_kg=max(LEAST_OXYGEN_KG, oxygen if full is None else min(oxygen, full)),
            scrubber_kg=left(stated.scrubber_kg, LIMITS.index("scrubber")),
            battery_wh=left(stated.battery_wh, LIMITS.index("battery")),
            water_kg=left(stated.water_kg, LIMITS.index("heat")),
        )


def _left(load: float, per_h: float, hours: float) -> float:
    """Return what is left of a load after hours; all of it where it would be used up.

    The suit spoke then, so somebody has filled it since.
    """
    left = load - per_h * hours
    return left if left > 0 else load


def _forget(kept: dict[Any, Any]) -> None:
    """Make room for one more, in the place of the eldest."""
    while len(kept) >= KEPT:
        del kept[next(iter(kept))]
