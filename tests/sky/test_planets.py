"""Planetary kernels of several segments a body, with gaps, cut short, or narrow."""

from __future__ import annotations

import struct
from importlib import resources
from pathlib import Path

import numpy as np
import pytest
import spiceypy
from jplephem.spk import SPK

from starlight.dtntime import DAY, HOUR, from_text
from starlight.errors import InputError, RangeError
from starlight.planner.planner import make_plan
from starlight.scenario.kernels import open_sky
from starlight.scenario.reading import load
from starlight.sky import Sky, earth_mars_light_time_s, stationary

DE421 = resources.files("skyfield_data").joinpath("data", "de421.bsp")
APRIL = from_text("2051-04-01")
PAIRS = ((0, 10), (0, 3), (0, 4), (3, 399), (3, 301))


def excerpt(path: Path, *spans: tuple[str, str]) -> Path:
    """Write the bodies that a sky needs from DE421, by SPICE, one segment of each a span of days."""
    handle = spiceypy.spkopn(str(path), "excerpt", 0)
    source = spiceypy.dafopr(str(DE421))
    try:
        with SPK.open(str(DE421)) as whole:
            for first, last in spans:
                begin, end = ((from_text(day) - from_text("2000-01-01T12:00")) / 1e9 for day in (first, last))
                for centre, target in PAIRS:
                    descriptor = _descriptor(source, centre, target)
                    assert whole[centre, target].data_type == 2
                    spiceypy.spksub(source, descriptor, f"{centre} {target}", begin, end, handle)
    finally:
        spiceypy.dafcls(source)
        spiceypy.spkcls(handle)
    return path


def _descriptor(handle: int, centre: int, target: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    spiceypy.dafbfs(handle)
    while spiceypy.daffna():
        summary = spiceypy.dafgs(5)
        _, whole = spiceypy.dafus(summary, 2, 6)
        if (whole[1], whole[0]) == (centre, target):
            return np.asarray(summary)
    raise AssertionError("DE421 has it")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with excerpts of DE421."""
    path = tmp_path_factory.mktemp("kernels")
    excerpt(path / "two.bsp", ("2051-03-01", "2051-04-08"), ("2051-04-08", "2051-05-20"))
    excerpt(path / "gap.bsp", ("2051-03-01", "2051-04-08"), ("2051-04-20", "2051-05-20"))
    return path


def light(sky: Sky, time: int) -> float:
    """Return the light time from Mars to Earth, in s."""
    return float(earth_mars_light_time_s(sky, [time])[0])


def test_all_segments_of_a_body_count(folder: Path) -> None:
    """Two segments a body, one after the other: covered is the union, with the light time of one segment."""
    sky, whole = open_sky(str(folder / "two.bsp")), open_sky()
    assert sky.covers[0] < APRIL - 29 * DAY
    assert sky.covers[1] > APRIL + 45 * DAY
    for day in (-20, 0, 6, 7, 8, 30):
        assert light(sky, APRIL + day * DAY) == pytest.approx(light(whole, APRIL + day * DAY), abs=1e-6)


def test_a_gap_is_named_as_a_gap(folder: Path) -> None:
    """A time between two segments is a RangeError that names both spans, also inside an interval."""
    sky = open_sky(str(folder / "gap.bsp"))
    light(sky, APRIL)
    light(sky, APRIL + 30 * DAY)
    with pytest.raises(RangeError, match=r"in a gap of .*2051-03-02 to 2051-04-05 and 2051-04-21 to 2051-05"):
        light(sky, APRIL + 12 * DAY)
    with pytest.raises(RangeError, match="in a gap of"):
        sky.body("earth", sky.tdb([APRIL])[0] + np.arange(0.0, 30.0) * 86_400)


def test_a_narrow_kernel_speaks_of_itself_alone(folder: Path) -> None:
    """The message names the file and its days; orbits whose epoch lies before them are no trouble."""
    sky = open_sky(str(folder / "two.bsp"))
    assert stationary(sky, "mars", 240, from_text("2050-01-01")).radius_km > 20_000
    with pytest.raises(RangeError) as caught:
        light(sky, APRIL + 300 * DAY)
    assert "two.bsp" in str(caught.value)
    assert "DE421" not in str(caught.value)
    plan = load("lost-in-starlight")
    planned = [make_plan(plan, each, APRIL, APRIL + HOUR).plan() for each in (sky, open_sky())]
    assert len(planned[0].contacts) == len(planned[1].contacts), "a flight of another year is no matter"


def test_damaged_kernels_are_told_in_our_own_words(folder: Path, tmp_path: Path) -> None:
    """Cut anywhere, of something else, without a body, a device: a clean error, never one of the library."""
    data = (folder / "two.bsp").read_bytes()
    with SPK.open(str(folder / "two.bsp")) as kernel:
        needed = max(8 * segment.end_i for segment in kernel.segments)
    for size in (0, 5, 500, 1024, 1500, 2048, 2500, len(data) // 2, needed - 8):
        file = tmp_path / "cut.bsp"
        file.write_bytes(data[:size])
        with pytest.raises(InputError) as caught:
            open_sky(str(file))
        assert "cut.bsp" in str(caught.value)
        for word in ("mmap", "unpack", "struct", "b'"):
            assert word not in str(caught.value)
    for path in ("/dev/zero", "/dev/null", str(tmp_path), str(tmp_path / "none.bsp")):
        with pytest.raises(InputError):
            open_sky(path)
    damaged = bytearray(data)
    damaged[76:80] = struct.pack("<i", -5)  # the record of the first summaries
    (tmp_path / "damaged.bsp").write_bytes(damaged)
    with pytest.raises(InputError, match=r"damaged\.bsp"):
        open_sky(str(tmp_path / "damaged.bsp"))


@pytest.mark.parametrize("damage", ["type", "positions", "directory"])
def test_a_damaged_segment_is_named(folder: Path, tmp_path: Path, damage: str) -> None:
    """A type that is none, positions that are no planet's, or a directory of nonsense: one sentence."""
    data = bytearray((folder / "two.bsp").read_bytes())
    with SPK.open(str(folder / "two.bsp")) as kernel:
        segments = list(kernel.segments)
    for number, segment in enumerate(segments):
        first, last = 8 * (segment.start_i - 1), 8 * segment.end_i
        if damage == "type":
            # The summaries begin after three words of the second record: two reals, then six integers.
            place = 1024 + 24 + 40 * number + 16 + 12
            assert struct.unpack_from("<i", data, place) == (segment.data_type,)
            struct.pack_into("<i", data, place, 99)
        elif damage == "positions":
            for place in range(first, last - 32, 8):
                struct.pack_into("<d", data, place, 1e300)
        else:
            struct.pack_into("<dddd", data, last - 32, 0.0, 0.0, 0.0, 0.0)
    (tmp_path / "bad.bsp").write_bytes(data)
    with pytest.raises(InputError, match=r"(is damaged|has no segment)"), np.errstate(all="ignore"):
        light(open_sky(str(tmp_path / "bad.bsp")), APRIL)
