"""A search's files are read whole, or all that is wrong in them is told at once."""

from __future__ import annotations

import io
import json
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from starlight import dtntime
from starlight.errors import InputError
from starlight.search import geography
from starlight.search.answer import answer, as_json
from starlight.search.elevation_file import read_array, read_geotiff
from starlight.search.search_reading import load

FILES = Path(__file__).parent / "files"
TEXT = (FILES / "lost.toml").read_text(encoding="utf-8")
FIX = dtntime.from_text("2051-04-02T10:00:00Z")
AT = dtntime.from_text("2051-04-02T14:30:00Z")


def changed(folder: Path, *changes: tuple[str, str]) -> Path:
    """Write the file of the search with changes."""
    text = TEXT
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    path = folder / "lost.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_late_reports_are_taken_and_repeated_ones_count_once() -> None:
    """A file of late reports adds its own; the one that it repeats changes nothing."""
    loss, at_s = load(FILES / "lost.toml", (FILES / "late.toml",), AT)
    twice, _ = load(FILES / "lost.toml", (FILES / "late.toml", FILES / "late.toml"), AT)
    assert at_s == 4.5 * 3600
    first, again = answer(loss, at_s), answer(twice, at_s)
    assert [each.id for each in first.posterior.reports] == ["near-home", "ridge"]
    assert np.abs(first.probability - again.probability).max() <= 1e-9
    assert as_json(first) == as_json(again)


@pytest.mark.parametrize(
    ("at", "state"),
    [
        ("13:30", "not yet due"),
        ("14:30", "not yet knowable"),
        ("15:05", "not yet knowable"),
        ("15:15", "overdue"),
    ],
)
def test_overdue_is_not_what_can_not_be_known_yet(at: str, state: str) -> None:
    """A report whose window is closed, or whose light is under way, is not overdue; after that it is."""
    moment = dtntime.from_text(f"2051-04-02T{at}:00Z")
    found = answer(*load(FILES / "lost.toml", (), moment))
    assert [each[1] for each in found.awaited] == [state]
    assert found.time(found.awaited[0][0].knowable_s) == "2051-04-02T15:10:00Z"


def test_all_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    """Each key that is wrong is told with its line, value and what would be right."""
    path = changed(
        tmp_path,
        ("sigma_m = 200", ""),
        ("shelters = [[2000, 2000], [8000, 7000]]", ""),
        ("coverage = 1.0", "coverage = nan"),
        ('ready = "2051-04-02T15:00:00Z"', 'ready = "2051-04-02T20:00:00Z"'),
    )
    with pytest.raises(InputError) as told:
        load(path, (), None)
    for each in (
        "sigma_m or covariance_m2",
        "shelter has a weight and nowhere",
        "nan",
        "It is later than ready",
    ):
        assert each in str(told.value)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("oxygen_kg = 0.55", "oxygen_kg = -0.55", "suit.oxygen_kg = -0.55"),
        ("sigma_m = 200", "covariance_m2 = [[1.0, 2.0], [2.0, 1.0]]", "positive definite"),
        ("circle = [5000, 5000, 800]", "polygon = [[0, 0], [1, 1], [2, 2]]", "three corners or more"),
        ("coverage = 1.0", "coverage = 1.0\nsweep_width_m = 3\ntrack_m = 4", "either coverage"),
        ("rows = 100", 'file = "nothing.npy"', "terrain.north_m is missing"),
        ("east_m = 6500", "east_m = 65000", "outside the terrain"),
        ('end = "2051-04-02T13:00:00Z"', 'end = "2051-04-02T15:00:00Z"', "ends 1800 s after that moment"),
        ('begin = "2051-04-02T12:00:00Z"', 'begin = "2051-04-02T09:00:00Z"', "before the last fix"),
        ("name = ", "nam = ", "Did you mean 'name'"),
    ],
)
def test_what_is_wrong_is_told(tmp_path: Path, old: str, new: str, words: str) -> None:
    """Loads below nothing, impossible covariances and areas, reports of the future: each in clear words."""
    with pytest.raises(InputError, match=words):
        load(changed(tmp_path, (old, new)), (), AT)


def test_reports_that_contradict_one_another_are_refused(tmp_path: Path) -> None:
    """A late report that has the id of another and says something else is a contradiction."""
    late = tmp_path / "late.toml"
    text = (FILES / "late.toml").read_text(encoding="utf-8").replace("coverage = 1.0", "coverage = 2.0")
    late.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="two reports 'near-home' say different things"):
        load(FILES / "lost.toml", (late,), AT)


def test_heights_are_read_from_an_array(tmp_path: Path) -> None:
    """An array is read as metres from north to south; holes, text and pickles are refused."""
    path = tmp_path / "ground.npy"
    heights = np.arange(20, dtype=np.int16).reshape(4, 5)
    np.save(path, heights)
    assert read_array(path, 5.0, 0.0, 20.0, "a test").height_m.tolist() == heights.tolist()
    np.save(path, np.where(heights == 7, np.nan, heights))
    with pytest.raises(InputError, match="1 of 20 heights are missing, the first in row 1, column 2"):
        read_array(path, 5.0, 0.0, 20.0, "a test")
    np.save(path, np.array([{}]), allow_pickle=True)
    with pytest.raises(InputError, match="is no array of NumPy"):
        read_array(path, 5.0, 0.0, 20.0, "a test")


def test_heights_are_read_from_a_geotiff(tmp_path: Path) -> None:
    """A GeoTIFF gives its own cells and corner; what it marks as no data is a hole."""
    rasterio = pytest.importorskip("rasterio")
    path = tmp_path / "ground.tif"
    heights = np.arange(20, dtype=np.float32).reshape(4, 5)
    form = {"driver": "GTiff", "height": 4, "width": 5, "count": 1, "dtype": "float32", "nodata": -9999.0}
    move = rasterio.Affine(2.0, 0.0, 1_000.0, 0.0, -2.0, 2_000.0)
    with rasterio.open(path, "w", transform=move, **form) as file:
        file.write(heights, 1)
    terrain = read_geotiff(path, "a test")
    assert (terrain.cell_m, terrain.west_m, terrain.north_m) == (2.0, 1_000.0, 2_000.0)
    assert terrain.height_m.tolist() == heights.tolist()
    heights[2, 2] = -9999
    with rasterio.open(path, "w", transform=move, **form) as file:
        file.write(heights, 1)
    with pytest.raises(InputError, match="1 of 20 heights are missing"):
        read_geotiff(path, "a test")
    path.write_bytes(b"no picture")
    with pytest.raises(InputError, match="is no GeoTIFF"):
        read_geotiff(path, "a test")


def test_an_answer_goes_out_as_geojson_and_gpx(tmp_path: Path) -> None:
    """Sectors are closed rings, courses are lines and routes, all in degrees at the place of the terrain."""
    found = answer(*load(FILES / "lost.toml", (), AT))
    told = json.loads(json.dumps(geography.geojson(found)))
    kinds = [each["geometry"]["type"] for each in told["features"]]
    assert kinds.count("LineString") == 2
    for each in told["features"]:
        places = each["geometry"]["coordinates"]
        ring = places[0] if each["geometry"]["type"] == "Polygon" else places
        assert all(137.3 <= longitude <= 137.5 and -4.7 <= latitude <= -4.5 for longitude, latitude in ring)
        if each["geometry"]["type"] == "Polygon":
            assert ring[0] == ring[-1]
    routes = ElementTree.parse(io.StringIO(geography.gpx(found))).getroot()
    assert len(routes) == 2
    loss, at_s = load(changed(tmp_path, ("latitude_deg = -4.5\n", "")), (), AT)
    with pytest.raises(InputError, match="nobody has said where the terrain lies"):
        geography.gpx(answer(loss, at_s))


WATCH = """
[watch]
suit = "ipn:22.1"
silent_after_min = 90
closed = [["2051-04-02T12:00:00Z", "2051-04-02T13:00:00Z"], ["2051-04-02T10:30:00Z", "2051-04-02T11:00:00Z"]]
"""


def test_what_a_node_goes_by_changes_nothing_for_the_command(tmp_path: Path) -> None:
    """`[watch]` is read and checked, and the answer is the same."""
    path = changed(tmp_path)
    path.write_text(TEXT + WATCH, encoding="utf-8")
    loss, at_s = load(path, (), AT)
    assert as_json(answer(loss, at_s)) == as_json(answer(*load(FILES / "lost.toml", (), AT)))
    # Ninety open minutes: half an hour before the first window and an hour after it, or a minute of it later.
    assert loss.watch.overdue_at(FIX, None) == dtntime.from_text("2051-04-02T12:00:00Z")
    assert loss.watch.overdue_at(FIX + dtntime.MINUTE, None) == dtntime.from_text("2051-04-02T13:01:00Z")


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('suit = "ipn:22.1"', "", "silent_after_min is about its telemetry"),
        ('"2051-04-02T13:00:00Z"', '"2051-04-02T11:00:00Z"', "It ends later than it begins"),
        ('"2051-04-02T13:00:00Z"', '"noon"', "'noon' is not a date"),
        ("silent_after_min = 90", "silent_after_min = -1", "silent_after_min"),
    ],
)
def test_what_is_wrong_for_a_node_is_told(tmp_path: Path, old: str, new: str, told: str) -> None:
    """As everything else in the file is."""
    path = tmp_path / "lost.toml"
    path.write_text(TEXT + WATCH.replace(old, new), encoding="utf-8")
    with pytest.raises(InputError, match=told):
        load(path, (), AT)
