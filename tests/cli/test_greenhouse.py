"""`starlight greenhouse`: what it prints, and what it says of files that are wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from starlight.cli.greenhouse import greenhouse, swept_values
from starlight.errors import InputError
from starlight.greenhouse.facility_file import load

FLOWERS = """
title = "Flowers"
days = 6
[room]
volume_m3 = 60
[people]
count = 1
[[bed]]
crop = "lettuce"
m2 = 4
age_days = 20
proxy_for = "Amur adonis"
"""


@pytest.fixture
def flowers(tmp_path: Path) -> Path:
    path = tmp_path / "flowers.toml"
    path.write_text(FLOWERS, encoding="utf-8")
    return path


def test_it_says_what_fails_first_and_when(flowers: Path) -> None:
    """The first lines name the limit, the day, and the stand-in for a plant that nobody has measured."""
    result = CliRunner().invoke(greenhouse, [str(flowers)], catch_exceptions=False)
    assert result.exit_code == 0
    lines = result.output.splitlines()
    assert lines[0] == "Flowers"
    assert lines[1].startswith("The first limit that fails is co2, on day 3.")
    assert "lettuce stands in for Amur adonis" in result.output
    assert "not a safety device" in lines[-1]


def test_the_json_has_all_of_it(flowers: Path) -> None:
    """The JSON has time line, areas, sweep and likelihoods."""
    args = [str(flowers), "--json", "--days", "2", "--samples", "3", "--sweep", "m2=5:80:75"]
    found = json.loads(CliRunner().invoke(greenhouse, args, catch_exceptions=False).output)
    assert [each["value"] for each in found["sweep"]["points"]] == [5, 80]
    assert found["chances"]["samples"] == 3
    assert found["time_line"]["samples"][-1]["day"] == 2
    assert found["time_line"]["balance"] < 1e-9
    assert found["needs"][0]["crop"] == "lettuce"


def test_the_page_is_written(flowers: Path, tmp_path: Path) -> None:
    """The report is one page that tells the limits, and that it is no safety device."""
    page = tmp_path / "page.html"
    args = [
        str(flowers),
        "--days",
        "2",
        "--samples",
        "2",
        "--sweep",
        "ppf=200:400:200",
        "--report",
        str(page),
    ]
    assert CliRunner().invoke(greenhouse, args, catch_exceptions=False).exit_code == 0
    text = page.read_text(encoding="utf-8")
    assert "<h1>Flowers</h1>" in text
    assert "not a safety device" in text
    assert "P(alive)" in text


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[room]\nvolume_m3 = -5", r"line 2: room.volume_m3 = -5 does not fit"),
        ("[room]\nvolume_m3 = nan", r"line 2: room.volume_m3 = nan does not fit. Give a number that counts"),
        ("title = 'x'", r"the key room is missing"),
        (
            "[room]\nvolume_m3 = 5\n[[bed]]\ncrop = 'whaet'",
            r"bed\[0\].crop = 'whaet' does not fit. Did you mean 'wheat'",
        ),
        ("[room]\nvolume_m3 = 5\n[[bed]]\nage_days = 90", r"wheat is harvested on day 62"),
        ("[room]\nvolume_m3 = 5\no2_percent = 99.99\nco2_ppm = 5000", r"more than all of it"),
        ("[room]\nvolume_m3 = 5\n[[failure]]\nwhat = 'lamps'\nday = 5\nuntil_day = 2", r"later than day = 5"),
        ("[room]\nvolume_m3 = 5\n[limits]\no2_low_kpa = 5", r"death_o2_kpa = 10.1325 does not fit"),
        (
            "[room]\nvolume_m3 = 5\n[[light.storm]]\nstart_day = 5\nend_day = 2\noptical_depth = 1",
            r"later than start_day",
        ),
        ("[room]\nvolume_m3 = 5\n[[bed]]\nm2 = 0", r"A bed has an area"),
        (
            "[room]\nvolume_m3 = 5\n[[bed]]\ncohorts = 60\n" + "[[bed]]\ncohorts = 60\n" * 5,
            r"360 cohorts",
        ),
        ("[room]\nvolume_m3 = 5\n[people]\nmetabolic_water_kg_per_day = 0", r"no food of carbon"),
        ("[room]\nvolume_m3 = 5\nvolume = 6", r"there is no key"),
        (
            "[room]\nvolume_m3 = 5\n[observed]\no2_percent = [[0, 20.9], [0, 20.8]]\nco2_ppm = []\n"
            "latitude_deg = 30\nday_of_year = 1\nforecast_day = 9",
            r"Days ascend",
        ),
    ],
)
def test_a_wrong_file_is_told_with_line_key_and_what_would_be_right(
    text: str, told: str, tmp_path: Path
) -> None:
    """Each error names the line, the key with its value, and what would be right."""
    path = tmp_path / "wrong.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=told):
        load(path)


def test_all_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    """A file with three errors gets all three."""
    path = tmp_path / "wrong.toml"
    path.write_text("[room]\nvolume_m3 = 0\nhumidity = 7\n[light]\nhours = 30\n", encoding="utf-8")
    with pytest.raises(InputError) as raised:
        load(path)
    assert all(key in str(raised.value) for key in ("volume_m3", "humidity", "light.hours"))


def test_a_sweep_has_seven_values_or_those_of_its_step() -> None:
    """m2=5:80 is seven values from 5 to 80; a step gives its own."""
    key, values = swept_values("m2=5:80")
    assert key == "m2"
    assert values == pytest.approx([5, 17.5, 30, 42.5, 55, 67.5, 80])
    assert swept_values("ppf=100:300:100")[1] == [100, 200, 300]


@pytest.mark.parametrize(
    "text", ["m2", "m2=5", "m2=a:b", "m2=80:5", "m2=nan:5", "m2=5:80:0", "m2=0:1:1e-9", "m2=1:inf"]
)
def test_what_is_no_sweep_is_refused(text: str) -> None:
    """A sweep has a key, two ends in order, and a step that gives 200 values at most."""
    with pytest.raises(InputError, match="--sweep"):
        swept_values(text)
