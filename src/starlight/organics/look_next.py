"""The place to sample next: a Gaussian process on the log-odds of a marker, with the cost of travel.

Rasmussen and Williams 2006, Gaussian Processes for Machine Learning, eq. 2.25 and 2.26, with a squared
exponential kernel. The pick is the place of the highest upper bound of log-odds, less what its travel costs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import exp, log

import numpy as np

from starlight.errors import InputError
from starlight.organics.gas_run import Matrix

MOST_PLACES = 5000
"""The covariance of so many takes 200 MB."""


@dataclass(frozen=True)
class Candidate:
    """A place that could be sampled, or was.

    Args:
        name: of it.
        at: coordinates, m, or any space in which near means alike.
        prior: probability of a marker before anybody sampled, as an orbiter's map or a thumbnail says.
        observed: the probability that a sample gave; None where nobody sampled.
    """

    name: str
    at: tuple[float, ...]
    prior: float
    observed: float | None = None


@dataclass(frozen=True)
class Field:
    """The way in which markers lie: stated by the user, shown with the picks.

    Args:
        length: over which places are alike, in the unit of their coordinates.
        spread: standard deviation of the log-odds about the prior's.
        noise: standard deviation of a sample's log-odds.
        curiosity: how many standard deviations of not knowing a place is credited with.
    """

    length: float
    spread: float = 2.0
    noise: float = 0.5
    curiosity: float = 0.5


@dataclass(frozen=True)
class Pick:
    """A place, and how it stands.

    Args:
        place: not sampled yet.
        probability: of a marker, by the process' mean.
        low: the same one standard deviation below.
        high: one above.
        cost: of the travel, in log-odds.
        worth: the upper bound of log-odds less the cost; picks are ordered by it.
    """

    place: Candidate
    probability: float
    low: float
    high: float
    cost: float
    worth: float


def log_odds(p: float) -> float:
    """Return ln(p / (1 - p)), with p held off 0 and 1 by 0.001: no sample is surer."""
    p = min(max(p, 1e-3), 1 - 1e-3)
    return log(p / (1 - p))


def probability(odds: float) -> float:
    """Return the probability of a log-odds."""
    return 1 / (1 + exp(-odds)) if odds > -700 else 0.0


def rank(places: Sequence[Candidate], field: Field, cost: Callable[[Candidate], float]) -> list[Pick]:
    """Return the places that nobody sampled, best first.

    Args:
        places: sampled or not.
        field: how markers lie.
        cost: of the travel to a place, in log-odds; handed in, for whoever drives knows it.

    Raises:
        InputError: a value is no number, a probability outside 0 to 1, a length or spread not above 0.
    """
    _check(places, field)
    known = [each for each in places if each.observed is not None]
    open_places = [each for each in places if each.observed is None]
    if not open_places:
        return []
    mean, spread = _posterior(known, open_places, field)
    picks = []
    for place, middle, deviation in zip(open_places, mean.tolist(), spread.tolist(), strict=True):
        charge = cost(place)
        low, high = probability(middle - deviation), probability(middle + deviation)
        worth = middle + field.curiosity * deviation - charge
        picks.append(Pick(place, probability(middle), low, high, charge, worth))
    return sorted(picks, key=lambda each: (-each.worth, each.place.name))


def _kernel(some: Matrix, others: Matrix, field: Field) -> Matrix:
    apart = ((some[:, None, :] - others[None, :, :]) ** 2).sum(axis=2)
    return np.asarray(field.spread**2 * np.exp(-apart / (2 * field.length**2)))


def _posterior(
    known: Sequence[Candidate], places: Sequence[Candidate], field: Field
) -> tuple[Matrix, Matrix]:
    """Return mean and standard deviation of the log-odds at places."""
    there = np.array([each.at for each in places], dtype=float)
    mean = np.array([log_odds(each.prior) for each in places])
    # Without a sample the process knows only the prior's spread.
    variance = np.full(len(places), field.spread**2)
    if known:
        seen = np.array([each.at for each in known], dtype=float)
        surprise = np.array([log_odds(each.observed or 0.0) - log_odds(each.prior) for each in known])
        covariance = _kernel(seen, seen, field) + field.noise**2 * np.eye(len(known))
        across = _kernel(there, seen, field)
        solved = np.linalg.solve(covariance, across.T)
        mean = mean + solved.T @ surprise
        variance = variance - (across * solved.T).sum(axis=1)
    # Rounding may leave a variance just below zero where a place was sampled.
    return mean, np.sqrt(np.maximum(variance, 0.0))


def _check(places: Sequence[Candidate], field: Field) -> None:
    if len(places) > MOST_PLACES:
        raise InputError(f"{len(places)} places", right=f"At most {MOST_PLACES}")
    for name in ("length", "spread", "noise"):
        value = getattr(field, name)
        if not 0 < value < float("inf"):
            raise InputError(f"the {name} is {value}", right="It is a number above 0")
    for each in places:
        values = [each.prior] if each.observed is None else [each.prior, each.observed]
        if not all(0 <= value <= 1 for value in values):
            raise InputError(f"a probability of {each.name} is {values}", right="It lies between 0 and 1")
        if len(each.at) != len(places[0].at) or not np.isfinite(each.at).all():
            told = f"{each.name} is at {each.at}"
            raise InputError(told, right=f"Each place has {len(places[0].at)} finite coordinates")
