"""The map of a search as it travels: what is believed at some moments, in whole numbers, a few kilobytes."""

from __future__ import annotations

from typing import Annotated

import msgspec

from starlight import packed_json
from starlight.packed_json import Moment, Words
from starlight.search.search_file import Awaiting

MEDIA_TYPE = "application/vnd.starlight.search-map"
"""Of the part of a letter that holds one."""

PER_ONE = 10_000
"""Chances are told in ten-thousandths."""

MOST_CELLS = 4_096
MOST_MOMENTS = 64

Chance = Annotated[int, msgspec.Meta(ge=0, le=PER_ONE)]
Metres = Annotated[float, msgspec.Meta(ge=-1e7, le=1e7)]


class MapMoment(msgspec.Struct, frozen=True):
    """The belief about one moment.

    Attributes:
        at: in ns.
        chances: of each cell to hold the lost one, from the north-west corner by rows.
        outside: of being outside the map.
        alive: of being alive.
    """

    at: Moment
    chances: Annotated[tuple[Chance, ...], msgspec.Meta(max_length=MOST_CELLS)]
    outside: Chance
    alive: Chance


class MapSearch(msgspec.Struct, frozen=True):
    """A sector that a searcher is asked to search; times in ns, success in ten-thousandths."""

    searcher: Words
    begin: Moment
    end: Moment
    east_m: Metres
    north_m: Metres
    success: Chance


class MapReport(msgspec.Struct, frozen=True):
    """A report that is awaited, or counted already: its name, when it can be known, in ns, and its state."""

    id: Words
    knowable: Moment
    state: Awaiting


class SearchMap(msgspec.Struct, frozen=True):
    """The answer of a search, as far as others show it.

    Attributes:
        name: of the search.
        at: the moment asked about, in ns.
        last_fix: when the lost one was seen last, in ns.
        source, synthetic: of the terrain; made-up ground is no place.
        rows, columns, cell_m, west_m, north_m: of the grid, by its upper left corner.
        moments: by time; one at least.
        counted: the reports that are in it, by name.
        left: the share of what was believed before that these leave.
        awaited: reports that are to come.
        plan: where searchers are to go, by time.
        ends: how many lives each limit of the suit ends, by its name.
        intents: what the lost one may mean to do, by name: before and after the reports.
    """

    name: Words
    at: Moment
    last_fix: Moment
    source: Words
    synthetic: bool
    rows: Annotated[int, msgspec.Meta(ge=1, le=MOST_CELLS)]
    columns: Annotated[int, msgspec.Meta(ge=1, le=MOST_CELLS)]
    cell_m: Annotated[float, msgspec.Meta(gt=0, le=1e6)]
    west_m: Metres
    north_m: Metres
    moments: Annotated[tuple[MapMoment, ...], msgspec.Meta(min_length=1, max_length=MOST_MOMENTS)]
    counted: Annotated[tuple[Words, ...], msgspec.Meta(max_length=1_000)] = ()
    left: Chance = PER_ONE
    awaited: Annotated[tuple[MapReport, ...], msgspec.Meta(max_length=1_000)] = ()
    plan: Annotated[tuple[MapSearch, ...], msgspec.Meta(max_length=1_000)] = ()
    ends: Annotated[dict[Words, Chance], msgspec.Meta(max_length=20)] = {}
    intents: Annotated[dict[Words, tuple[Chance, Chance]], msgspec.Meta(max_length=20)] = {}

    def __post_init__(self) -> None:
        """Check that each moment has a chance for each cell; ValueError where not."""
        cells = self.rows * self.columns
        if any(len(each.chances) != cells for each in self.moments):
            raise ValueError(f"a moment of a map of {cells} cells has other than {cells} chances")
        times = [each.at for each in self.moments]
        if times != sorted(set(times)):
            raise ValueError("the moments of a map are not in the order of their times")


def encode(found: SearchMap) -> bytes:
    """Return the bytes of a map's part."""
    return packed_json.pack(found)


def decode(data: bytes) -> SearchMap:
    """Return the map in the bytes of a part.

    Raises:
        PeerError: they hold none.
    """
    return packed_json.unpack(data, SearchMap)
