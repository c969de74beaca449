"""Tolerances, sums and probabilities of a design control table."""

from __future__ import annotations

import json
import math
from random import Random
from statistics import NormalDist
from typing import Any

import numpy as np
import pytest

from starlight.errors import InputError
from starlight.radio.budget import Budget, BudgetEntry, control_table
from starlight.radio.table import Shape, Tolerance, tolerance_of


def plain(**changes: object) -> Budget:
    """Return a small budget."""
    given: dict[str, Any] = {
        "title": "a link",
        "frequency_hz": 8.4e9,
        "range_km": 1e8,
        "transmit": (
            BudgetEntry("transmitter_power_dbm", "Power", 50.0),
            BudgetEntry("transmitter_gain_dbi", "Gain", 40.0),
        ),
        "receive": (BudgetEntry("receiver_gain_dbi", "Gain", 68.0),),
        "temperatures": (BudgetEntry("vacuum_k", "Vacuum", 20.0), BudgetEntry("sky_k", "Sky", 10.0)),
        "data_rate_bps": 10_000.0,
        "threshold": BudgetEntry("threshold_eb_n0_db", "Threshold", 1.0),
    }
    return Budget(**(given | changes))


@pytest.mark.parametrize("shape", ["triangular", "uniform", "gaussian"])
def test_mean_and_variance_are_those_of_the_distribution(shape: Shape) -> None:
    """Uniform and triangular between the limits, Gaussian with the limits at three sigma (Yuen 1975)."""
    given = Tolerance(1.0, 2.5, shape)
    x = np.linspace(-2.5, 1.0, 200_001)
    if shape == "triangular":
        density = np.where(x < 0, (x + 2.5) / 2.5, 1 - x)
    elif shape == "uniform":
        density = np.ones_like(x)
    else:
        x = np.linspace(-10, 10, 200_001)
        density = np.exp(-0.5 * ((x + 0.75) / (3.5 / 6)) ** 2)
    mean = float((x * density).sum() / density.sum())
    variance = float((x * x * density).sum() / density.sum()) - mean**2
    assert given.shift == pytest.approx(mean, abs=1e-4)
    assert given.variance == pytest.approx(variance, abs=1e-4)


def test_the_margins_probability_is_that_of_drawing_every_line() -> None:
    """The sum of many independent lines is nearly Gaussian: drawn 40 000 times, the link closes as often."""
    lines = tuple(BudgetEntry(f"loss_{i}", "Loss", -1.0, Tolerance(0.4, 0.9)) for i in range(8))
    table = control_table(plain(path=lines, data_rate_bps=1.1e6))
    margin = table.line("margin_db")
    random = Random(7)
    draws = [margin.value + sum(random.triangular(-0.9, 0.4, 0.0) for _ in range(8)) for _ in range(40_000)]
    assert margin.mean == pytest.approx(sum(draws) / len(draws), abs=0.02)
    assert table.probability is not None
    assert 0.05 < table.probability < 0.95, "choose a rate near the limit, or the test says nothing"
    assert table.probability == pytest.approx(sum(d >= 0 for d in draws) / len(draws), abs=0.015)


def test_a_favourable_tolerance_raises_the_margin_wherever_it_stands() -> None:
    """Favourable is what raises the margin: a greater gain, a lower temperature, a lower threshold."""
    up = Tolerance(0.6, 0.0)
    before = control_table(plain()).line("margin_db").mean
    gain = plain(receive=(BudgetEntry("receiver_gain_dbi", "Gain", 68.0, up),))
    noise = plain(
        temperatures=(BudgetEntry("vacuum_k", "Vacuum", 20.0, up), BudgetEntry("sky_k", "Sky", 10.0))
    )
    need = plain(threshold=BudgetEntry("threshold_eb_n0_db", "Threshold", 1.0, up))
    for budget, shift in ((gain, 0.2), (noise, 0.2 * 4.342945 / 30), (need, 0.2)):
        line = control_table(budget).line("margin_db")
        assert line.mean - before == pytest.approx(shift, abs=1e-6)
        assert line.value == pytest.approx(before)


def test_sums_carry_the_tolerances_of_their_parts() -> None:
    """Variances add up to the margin's."""
    spread = Tolerance(0.3, 0.3)
    transmit = (
        BudgetEntry("transmitter_power_dbm", "P", 50.0, spread),
        BudgetEntry("transmitter_gain_dbi", "G", 40.0, spread),
    )
    table = control_table(plain(transmit=transmit))
    for key in ("eirp_dbm", "received_power_dbm", "pt_n0_db_hz", "margin_db"):
        assert table.line(key).sigma == pytest.approx(math.sqrt(2 * 0.09 * 3 / 18))


def test_probability_is_the_normal_distributions() -> None:
    """P(margin >= 0) = Phi(mean / sigma)."""
    table = control_table(
        plain(path=(BudgetEntry("loss", "Loss", 0.0, Tolerance(9, 9, "gaussian")),), data_rate_bps=2e7)
    )
    margin = table.line("margin_db")
    assert table.probability == pytest.approx(
        NormalDist(margin.mean, margin.sigma).cdf(math.inf) - NormalDist(margin.mean, margin.sigma).cdf(0)
    )


def test_without_tolerances_there_is_no_probability() -> None:
    """A table whose lines have no tolerance does not pretend to know one."""
    table = control_table(plain())
    assert table.probability is None
    assert "probability" not in table.text()


def test_a_table_as_text_and_as_values() -> None:
    """`text` shows each line with its label, `to_dict` holds it for JSON."""
    table = control_table(
        plain(receive=(BudgetEntry("receiver_gain_dbi", "Gain", 68.0, Tolerance(0.2, 0.2)),))
    )
    text = table.text()
    rows = json.loads(json.dumps(table.to_dict()))
    for line in table.lines:
        assert line.label in text
    assert [row["key"] for row in rows["lines"]] == table.keys()
    assert len(set(table.keys())) == len(table.keys())
    assert rows["margin_probability"] == table.probability
    gain = next(row for row in rows["lines"] if row["key"] == "receiver_gain_dbi")
    assert gain["tolerance"] == {"favourable": 0.2, "adverse": 0.2, "shape": "triangular"}


def test_an_unknown_line_is_named() -> None:
    """Asking for a line that is not there says which there are."""
    with pytest.raises(InputError, match="It has frequency_mhz, "):
        control_table(plain()).value("margin")


@pytest.mark.parametrize(
    "changes",
    [
        {"frequency_hz": 8.4},
        {"range_km": -1.0},
        {"range_km": math.inf},
        {"data_rate_bps": 0.0},
        {"temperatures": ()},
        {"threshold": BudgetEntry("threshold_eb_n0_db", "Threshold", -1.6)},
    ],
)
def test_a_budget_beyond_sense_is_refused(changes: dict[str, object]) -> None:
    """Units and values that no link has are named."""
    with pytest.raises(InputError):
        control_table(plain(**changes))


@pytest.mark.parametrize("given", [-1, [1], [1, 2, 3, 4], "1", [1, "2"], [1, 1, "normal"], True, math.nan])
def test_a_tolerance_that_is_none_is_refused(given: object) -> None:
    """A tolerance is a number, two, or two and a shape."""
    with pytest.raises(InputError, match=r"tolerances\.gain"):
        tolerance_of(given, "tolerances.gain")
