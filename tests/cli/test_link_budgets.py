"""`starlight link` on published budgets, and between two terminals at a distance."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.cli.helpers import command

AUTHORITIES = Path(__file__).parents[1] / "authorities" / "radio"


@pytest.mark.parametrize("name", ["link_budgets.toml", "marco.toml"])
def test_published_budgets_agree_line_by_line(name: str) -> None:
    """`starlight link` on each case of the reference file is within 0.1 dB on every published line."""
    done = command("link", str(AUTHORITIES / name), "--json")
    assert done.status == 0
    found = json.loads(done.out)
    assert len(found) >= 3
    for case in found:
        assert case["published"]
        for line in case["published"]:
            assert line["difference_db"] is not None, f"{case['name']}: {line['key']}"
            assert abs(line["difference_db"]) <= 0.1, f"{case['name']}: {line}"


@pytest.mark.parametrize(("range_au", "rate_bps"), [("0.5", 5200), ("2.5", 209)])
def test_the_films_question_is_answered_with_its_inputs(range_au: str, rate_bps: int) -> None:
    """A 3 m dish with 100 W to a 1 m dish on Mars: an independent budget gives 5.2 kbit/s and 209 bit/s."""
    done = command("link", "father-3m", "lander-1m", "--range-au", range_au)
    assert done.status == 0
    for shown in ("100 W", "3 m, efficiency", "1 m, efficiency", "turbo k=8920 r=1/6", "Margin asked for"):
        assert shown in done.out
    view = json.loads(command("link", "father-3m", "lander-1m", "--range-au", range_au, "--json").out)
    assert view["max_rate_bps"] == pytest.approx(rate_bps, rel=0.02)
    assert view["rate_bps"] <= view["max_rate_bps"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["nothing.toml"], "can't be read"),
        (["lost-in-starlight", "mountain"], "the other end is missing"),
        (["father-3m", "lander-1m", "--range-au", "-1"], "-1.0 is out of bounds. It is 1e-06 to 1000"),
        (["father-3m", "nobody", "--range-au", "1"], "no terminal is called 'nobody'"),
        (["father-3m", "--range-au", "1"], "goes with two terminals"),
    ],
)
def test_what_is_no_link_is_named(arguments: list[str], told: str) -> None:
    """Wrong input is one line that names what, where and what would be right, with status 2."""
    done = command("link", *arguments)
    assert done.status == 2
    assert told in done.err
    assert "Traceback" not in done.err
