"""The guide of the sealed bottle: its files are read, and what it says of them is what comes out."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from msgspec.structs import replace

from starlight.greenhouse.facility import Facility, LightSpec
from starlight.greenhouse.facility_file import load
from starlight.greenhouse.sizing import changed, needs
from starlight.greenhouse.time_line import COARSE, simulate

TEXT = (Path(__file__).parents[2] / "docs" / "guides" / "sealed-bottle.md").read_text(encoding="utf-8")


@pytest.fixture
def files(tmp_path: Path) -> list[Facility]:
    found = []
    for place, block in enumerate(re.findall(r"```toml\n(.*?)```", TEXT, re.S)):
        path = tmp_path / f"{place}.toml"
        path.write_text(block, encoding="utf-8")
        found.append(load(path))
    return found


def test_the_bottle_lives_in_the_light_and_not_in_the_dark(files: list[Facility]) -> None:
    """In the light no limit is crossed; in a cupboard CO2 passes 3 kPa on day 51."""
    bottle = files[0]
    lit = simulate(bottle, tolerance=COARSE)
    assert lit.crossings == []
    assert all(each.co2_kpa < 0.25 for each in lit.samples)
    assert simulate(replace(bottle, light=LightSpec(kind="none"))).crossed("co2") == pytest.approx(
        51, abs=0.5
    )


@pytest.mark.parametrize(("m2", "co2", "death"), [(10, 5.6, 18.8), (30, 6.7, 22.7)])
def test_the_table_of_the_flowers_is_what_comes_out(
    m2: float, co2: float, death: float, files: list[Facility]
) -> None:
    """Under lamps of 300 umol/m2/s each area has the two days of the table."""
    found = simulate(changed(files[1], "m2", m2), 40, COARSE)
    assert found.crossed("co2") == pytest.approx(co2, abs=0.1)
    assert found.death is not None
    assert found.death.day == pytest.approx(death, abs=0.2)


def test_the_flowers_in_the_dark_make_it_worse(files: list[Facility]) -> None:
    """In the dark 100 m2 bring both days forward: 4.6 and 16.8."""
    dark = replace(changed(files[1], "m2", 100), light=LightSpec(kind="none"))
    found = simulate(dark, 40, COARSE)
    assert found.crossed("co2") == pytest.approx(4.6, abs=0.1)
    assert found.death is not None
    assert found.death.day == pytest.approx(16.8, abs=0.2)


def test_the_areas_that_hold_her(files: list[Facility]) -> None:
    """It takes about 120 m2 at 300 umol/m2/s, or 34 m2 at 600."""
    assert needs(files[1])[0].o2_m2 == pytest.approx(120, rel=0.03)
    assert needs(changed(files[1], "ppf", 600))[0].o2_m2 == pytest.approx(34, rel=0.03)
