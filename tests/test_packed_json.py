"""Values that travel as packed JSON: what comes back, and what bytes from elsewhere can't do."""

from __future__ import annotations

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from starlight import packed_json
from starlight.errors import PeerError
from starlight.greenhouse import outlook_part
from starlight.greenhouse.outlook_part import AirSample, ForeseenLimit, RoomOutlook
from starlight.search import map_part
from starlight.search.map_part import MapMoment, MapReport, MapSearch, SearchMap

MAP = SearchMap(
    "Lost",
    at=7_200,
    last_fix=0,
    source="made up, seed 1",
    synthetic=True,
    rows=1,
    columns=2,
    cell_m=500.0,
    west_m=-1.5,
    north_m=0.25,
    moments=(MapMoment(0, (9_000, 500), 500, 10_000), MapMoment(3_600, (4_000, 5_000), 1_000, 9_900)),
    counted=("one",),
    left=8_000,
    awaited=(MapReport("two", 9_000, "not yet knowable"),),
    plan=(MapSearch("Team", 1, 2, 3.0, 4.0, 5),),
    ends={"oxygen": 10_000},
    intents={"back": (5_000, 4_000)},
)
OUTLOOK = RoomOutlook(
    "The cave",
    5,
    False,
    (AirSample(5, 21.0, 0.04, 101.3, 20.0, 9.5),),
    (ForeseenLimit("co2", "x", 9, False),),
)


def test_what_is_packed_is_read_back() -> None:
    """A map and an outlook come back as they were, field for field."""
    assert map_part.decode(map_part.encode(MAP)) == MAP
    assert outlook_part.decode(outlook_part.encode(OUTLOOK)) == OUTLOOK


@given(st.binary(max_size=200))
def test_no_bytes_break_a_reader(data: bytes) -> None:
    """Whatever a peer sends as a part, packed or not, is refused as a peer's fault."""
    for decode in (map_part.decode, outlook_part.decode):
        for each in (data, zlib.compress(data)):
            with pytest.raises(PeerError):
                decode(each)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (b'{"name": "x"}', "missing required field"),
        (b"[" * 100_000, "SearchMap"),
        (b"NaN", "SearchMap"),
    ],
)
def test_json_that_is_no_map_is_refused(wrong: bytes, told: str) -> None:
    """Missing fields, nesting without end, and numbers that JSON has not."""
    with pytest.raises(PeerError, match=told):
        map_part.decode(zlib.compress(wrong))


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (b'"rows":1', b'"rows":2', "4 cells"),
        (b'"at":3600', b'"at":0', "order"),
        (b"9000", b"10001", "10000"),
        (b'"cell_m":500.0', b'"cell_m":0', "> 0"),
        (b'"moments":[', b'"moments":[],"x":[', "length"),
    ],
)
def test_a_map_that_contradicts_itself_is_refused(old: bytes, new: bytes, told: str) -> None:
    """Cells without a chance, moments out of order, chances above one, cells of no size, no moment at all."""
    raw = zlib.decompress(map_part.encode(MAP))
    assert old in raw
    with pytest.raises(PeerError, match=told):
        map_part.decode(zlib.compress(raw.replace(old, new, 1)))


def test_a_bomb_is_refused_at_its_bound() -> None:
    """Neither many bytes nor few that unpack to many are read."""
    with pytest.raises(PeerError, match="at most"):
        map_part.decode(zlib.compress(bytes(packed_json.UNPACKED_MAX_BYTES + 1)))
    with pytest.raises(PeerError, match="at most"):
        map_part.decode(bytes(packed_json.PACKED_MAX_BYTES + 1))
