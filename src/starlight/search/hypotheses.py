"""Hypotheses of what became of a lost walker: where they were, what they meant to do, how fast, until when.

Each is a whole course in time, drawn once: position and life are functions of the moment. So a report of a
search is weighed at the time of that search whenever it comes, and nothing has to be run backwards.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from starlight.errors import InputError
from starlight.search.slope_graph import Course, SlopeGraph
from starlight.search.suit import HOUR_S, Suit
from starlight.search.terrain import Floats, Ints, Terrain

INTENTS = ("back", "shelter", "stay", "terrain")
"""What somebody may mean to do: walk back, go to the nearest shelter, stay, go on as the terrain allows."""

UNKNOWN = len(INTENTS)
"""The intent of whoever does none of these: they go straight, anywhere, at any pace, until the suit ends."""

UNKNOWN_MPS = 0.2
"""Deviation of their velocity along each axis; half of them are faster than 0.24 m/s, a tenth than 0.43."""

_NEVER_S = 1e9

_AWAY_M = 1e7
"""So far to the west is put who has left the map: where they are then, nothing here can tell."""

BEARINGS = 18
"""Courses along the terrain, 20 degrees apart; between them the doubt about the ground spreads people."""

VARIANTS = 6
"""Courses to each goal, each with another misjudgement of the ground, for nobody walks the best one."""

_ALL_AT_ONCE = 131_072
"""Hypotheses that are looked up at a time, so that what is looked up stays in the processor's cache."""


class LastFix(NamedTuple):
    """The last known position: easting and northing in m, and their covariance in m2."""

    east_m: float
    north_m: float
    covariance_m2: tuple[tuple[float, float], tuple[float, float]]


@dataclass(frozen=True)
class Conduct:
    """A belief in how the lost one goes on; the weights are a judgement, and shown as such.

    Attributes:
        weights: of each of INTENTS, 0 or more, not all 0.
        home, shelters: points that people walk to, [(easting, northing)] in m.
        speed_factor, speed_spread: median of the speed over that of the model, deviation of its logarithm.
        delay_s, halt_s: means of the times before walking begins and while it goes on, exponential.
        ground_doubt: how far people misjudge the ground: deviation of the logarithm of times.
        drift_mps: how far from their course people stray, per second of walking: deviation along each axis.
        unknown_share: of those who do something else than all these intents, 0 to 1.
        walking_w, resting_w, heat_spread: the body's heat, and the deviation of its logarithm.
        hazard_per_h: rate of deaths that have nothing to do with the suit.
    """

    weights: tuple[float, float, float, float]
    home: tuple[tuple[float, float], ...] = ()
    shelters: tuple[tuple[float, float], ...] = ()
    speed_factor: float = 0.7
    speed_spread: float = 0.3
    delay_s: float = 900.0
    halt_s: float = 4 * HOUR_S
    ground_doubt: float = 0.3
    drift_mps: float = 0.03
    unknown_share: float = 0.05
    walking_w: float = 293.0
    resting_w: float = 120.0
    heat_spread: float = 0.15
    hazard_per_h: float = 0.0
    shares: Floats = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        weights = np.asarray(self.weights, dtype=np.float64)
        if not np.isfinite(weights).all() or (weights < 0).any() or weights.sum() <= 0:
            raise InputError(
                f"weights {self.weights}", right="Each is 0 or more, and one of them is more than 0"
            )
        for name, points in (("back", self.home), ("shelter", self.shelters)):
            if weights[INTENTS.index(name)] > 0 and not points:
                raise InputError(
                    f"the intent {name} has a weight and nowhere to go", right="Name a point for it"
                )
        object.__setattr__(self, "shares", weights / weights.sum())


class Courses:
    """The courses that hypotheses follow over one terrain, found once for any number of them.

    Args:
        graph: the ground.
        conduct: whose goals and doubts they have.
        seed: draws the misjudgements.
    """

    def __init__(self, graph: SlopeGraph, conduct: Conduct, seed: int) -> None:
        rng = np.random.default_rng([seed, 1])
        self.terrain: Terrain = graph.terrain
        self.middles = self.terrain.middles()
        self.courses: list[Course] = []
        self.of_intent: list[list[int]] = []
        for intent, share in zip(INTENTS, conduct.shares, strict=True):
            first = len(self.courses)
            if share > 0 and intent in ("back", "shelter"):
                goals = np.asarray(conduct.home if intent == "back" else conduct.shelters)
                for _ in range(VARIANTS):
                    self.courses.append(graph.to_points(goals[:, 0], goals[:, 1], conduct.ground_doubt, rng))
            elif share > 0 and intent == "terrain":
                for bearing in range(BEARINGS):
                    degrees = bearing * 360 / BEARINGS
                    self.courses.append(graph.along(degrees, conduct.ground_doubt, rng))
            self.of_intent.append(list(range(first, len(self.courses))))


@dataclass(frozen=True)
class Hypotheses:
    """Some number of hypotheses, grouped by the course that they follow.

    Attributes:
        courses: what they follow.
        groups: where the hypotheses of each course begin and end; those who stay come last.
        cells: where each was at the last fix.
        east_m, north_m: the same in m.
        intent: index of INTENTS, or UNKNOWN.
        speed, delay_s, halt_s: of each; `halt_s` counts from where walking begins.
        drift_east_mps, drift_north_mps: by which each strays from its course.
        end_s: when its life ends, seconds after the last fix.
        limit: index of the limit of the suit that ends it; -1 where it is something else.
    """

    courses: Courses
    groups: tuple[tuple[int, int], ...]
    cells: Ints
    east_m: Floats
    north_m: Floats
    intent: Ints
    speed: Floats
    delay_s: Floats
    halt_s: Floats
    drift_east_mps: Floats
    drift_north_mps: Floats
    end_s: Floats
    limit: Ints

    @property
    def count(self) -> int:
        """Return how many there are."""
        return int(self.cells.size)

    def positions(self, at_s: float) -> tuple[Floats, Floats]:
        """Return easting and northing of each, so many seconds after the last fix."""
        until = np.minimum(at_s, self.end_s) - self.delay_s
        walked = np.clip(until, 0.0, self.halt_s)
        east, north = self.east_m + self.drift_east_mps * walked, self.north_m + self.drift_north_mps * walked
        for course, (first, last) in zip(self.courses.courses, self.groups, strict=False):
            for begin in range(first, last, _ALL_AT_ONCE):
                some = slice(begin, min(begin + _ALL_AT_ONCE, last))
                start = self.cells[some]
                at, onward, share = course.after(start, walked[some] * self.speed[some])
                for place, middle in zip((east, north), self.courses.middles, strict=True):
                    # Where in its cell somebody began is kept, or all would walk on the same few lines.
                    place[some] += middle[at] + share * (middle[onward] - middle[at]) - middle[start]
                if course.leaves:
                    east[some] -= np.where(onward == at, _AWAY_M, 0.0)
        return east, north

    def alive(self, at_s: float) -> Floats:
        """Return 1 for each that lives at a time, else 0."""
        return (self.end_s > at_s).astype(np.float64)


def draw(courses: Courses, fix: LastFix, conduct: Conduct, suit: Suit, count: int, seed: int) -> Hypotheses:
    """Return hypotheses drawn from what is believed; the same seed gives the same ones."""
    rng = np.random.default_rng([seed, 2])
    chosen, intent = _followed(courses, conduct, count, rng)
    order = np.argsort(chosen, kind="stable")
    chosen, intent = chosen[order], intent[order]
    bounds = np.searchsorted(chosen, np.arange(len(courses.courses) + 1))
    root = np.linalg.cholesky(np.asarray(fix.covariance_m2))
    east, north = np.array([[fix.east_m], [fix.north_m]]) + root @ rng.standard_normal((2, count))
    speed = conduct.speed_factor * np.exp(conduct.speed_spread * rng.standard_normal(count))
    delay = rng.exponential(conduct.delay_s, count)
    halt = np.where(intent == INTENTS.index("stay"), 0.0, rng.exponential(conduct.halt_s, count))
    halt = np.where(intent == UNKNOWN, _NEVER_S, halt)
    end, limit = _ends(conduct, suit, delay, halt, rng)
    stray_mps = np.where(intent == UNKNOWN, UNKNOWN_MPS, conduct.drift_mps)
    drift_east, drift_north = stray_mps * rng.standard_normal((2, count))
    return Hypotheses(
        courses=courses,
        groups=tuple((int(a), int(b)) for a, b in pairwise(bounds)),
        cells=courses.terrain.cells_of(east, north),
        east_m=east,
        north_m=north,
        intent=intent,
        speed=speed,
        delay_s=delay,
        halt_s=halt,
        drift_east_mps=drift_east,
        drift_north_mps=drift_north,
        end_s=end,
        limit=limit,
    )


def _followed(courses: Courses, conduct: Conduct, count: int, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """Draw the course that each follows, past the last one for who stays, and its intent."""
    intent = rng.choice(len(INTENTS), size=count, p=conduct.shares)
    luck = rng.random(count)
    intent = np.where(rng.random(count) < conduct.unknown_share, UNKNOWN, intent)
    chosen = np.full(count, len(courses.courses))
    for index, own in enumerate(courses.of_intent):
        if own:
            mine = intent == index
            chosen[mine] = own[0] + (luck[mine] * len(own)).astype(np.int64)
    return chosen, intent


def _ends(
    conduct: Conduct, suit: Suit, delay_s: Floats, halt_s: Floats, rng: np.random.Generator
) -> tuple[Floats, Ints]:
    """Return when each life ends, in s, and by which limit of the suit."""
    strain = np.exp(conduct.heat_spread * rng.standard_normal(delay_s.size))
    # Per hour each limit loses a share of itself: at rest the one, while walking the other. A load is thus
    # used up at rest, then by walking, then at rest again; a reserve counts as a longer life at either rate.
    resting = HOUR_S * suit.hours(conduct.resting_w * strain)
    walking = HOUR_S * suit.hours(conduct.walking_w * strain)
    after_rest = delay_s / resting
    after_walk = after_rest + halt_s / walking
    ends = np.where(
        after_rest >= 1,
        resting,
        np.where(after_walk >= 1, delay_s + (1 - after_rest) * walking, np.inf),
    )
    late = np.isinf(ends) & np.isfinite(resting)
    ends[late] = (delay_s + halt_s + (1 - after_walk) * resting)[late]
    limit = np.argmin(ends, axis=0)
    end = np.min(ends, axis=0)
    if conduct.hazard_per_h > 0:
        other = rng.exponential(HOUR_S / conduct.hazard_per_h, end.size)
        limit = np.where(other < end, -1, limit)
        end = np.minimum(end, other)
    return end, limit.astype(np.int64)
