"""The file of a search: its keys, and what they say as a loss, its searchers and its reports."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from starlight.search.detection import Law
from starlight.search.hypotheses import Conduct
from starlight.search.suit import HOUR_S, Suit

Positive = Annotated[float, msgspec.Meta(gt=0, le=1e9)]
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Weight = Annotated[float, msgspec.Meta(ge=0, le=1_000)]
Metres = Annotated[float, msgspec.Meta(ge=-1e8, le=1e8)]
Hours = Annotated[float, msgspec.Meta(ge=0, le=1_000)]
Place = tuple[Metres, Metres]


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pass


class TerrainTable(_Table, frozen=True):
    """The ground: a file of heights, or made up as rough as Pathfinder's and declared synthetic.

    Attributes:
        file: a .npy or GeoTIFF file, from the folder of the search's own.
        cell_m, west_m, north_m: of a .npy file or of made-up ground; a GeoTIFF tells its own.
        rows, columns: of made-up ground.
        seed: draws it.
        source: where the heights come from, shown with every map.
        latitude_deg, longitude_deg: of the upper left corner; GeoJSON and GPX need them.
        radius_m: of the body.
    """

    file: str = ""
    cell_m: Positive = 1.0
    west_m: Metres = 0.0
    north_m: Metres | None = None
    rows: Annotated[int, msgspec.Meta(ge=3, le=4_000)] = 200
    columns: Annotated[int, msgspec.Meta(ge=3, le=4_000)] = 200
    seed: Annotated[int, msgspec.Meta(ge=0, le=2**31)] = 1
    source: str = ""
    latitude_deg: Annotated[float, msgspec.Meta(ge=-89, le=89)] | None = None
    longitude_deg: Annotated[float, msgspec.Meta(ge=-180, le=360)] | None = None
    radius_m: Positive = 3_396_190.0


class FixTable(_Table, frozen=True):
    """The last fix: when, where, and how well it is known."""

    time: str
    east_m: Metres
    north_m: Metres
    sigma_m: Positive | None = None
    covariance_m2: tuple[tuple[float, float], tuple[float, float]] | None = None


class IntentTable(_Table, frozen=True):
    """The weights of what the lost one may mean to do; `unknown` is the share that does none of it."""

    back: Weight = 0.0
    shelter: Weight = 0.0
    stay: Weight = 0.0
    terrain: Weight = 0.0
    unknown: Share = Conduct.unknown_share


class ConductTable(_Table, frozen=True):
    """The conduct of the lost one; the defaults are those of `hypotheses.Conduct`."""

    home: list[Place] = []
    shelters: list[Place] = []
    speed_factor: Positive = Conduct.speed_factor
    speed_spread: Share = Conduct.speed_spread
    delay_min: Positive = Conduct.delay_s / 60
    halt_h: Positive = Conduct.halt_s / HOUR_S
    ground_doubt: Share = Conduct.ground_doubt
    drift_mps: Share = Conduct.drift_mps
    walking_w: Positive = Conduct.walking_w
    resting_w: Positive = Conduct.resting_w
    heat_spread: Share = Conduct.heat_spread
    hazard_per_h: Share = Conduct.hazard_per_h


class SuitTable(_Table, frozen=True):
    """The loads of the suit at the last fix; what is left out is told as not known."""

    oxygen_kg: Positive
    leak_kg_per_h: Share = Suit.leak_kg_per_h
    scrubber_kg: Positive | None = None
    battery_wh: Positive | None = None
    electric_w: Positive = Suit.electric_w
    water_kg: Positive | None = None
    reserve_h: Hours = Suit.reserve_h


class SearcherTable(_Table, frozen=True):
    """Somebody who can be sent."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=60)]
    east_m: Metres
    north_m: Metres
    ready: str
    end: str
    speed_mps: Positive
    search_mps: Positive
    sweep_width_m: Positive
    law: Law = "exponential"


class ReportTable(_Table, frozen=True):
    """A search that found nothing.

    Attributes:
        circle: ``[east, north, radius]`` in m; or
        polygon: its corners.
        coverage: sweep width times track over area; or
        sweep_width_m, track_m: from which it is worked out.
    """

    id: Annotated[str, msgspec.Meta(min_length=1, max_length=60)]
    begin: str
    end: str
    circle: tuple[Metres, Metres, Positive] | None = None
    polygon: list[Place] = []
    coverage: Annotated[float, msgspec.Meta(ge=0, le=50)] | None = None
    sweep_width_m: Positive | None = None
    track_m: Positive | None = None
    law: Law = "exponential"


class AwaitedTable(_Table, frozen=True):
    """A report that somebody will send: when it is due there, and when it can be known here.

    Attributes:
        id: that the report will have.
        due: when its search ends.
        light_time_s: on the way here.
        contact_from: before it nothing can come here; empty: always open.
    """

    id: Annotated[str, msgspec.Meta(min_length=1, max_length=60)]
    due: str
    light_time_s: Annotated[float, msgspec.Meta(ge=0, le=1e6)] = 0.0
    contact_from: str = ""


class WatchTable(_Table, frozen=True):
    """The rules for a node that the search lives at; the command reads over them.

    Attributes:
        suit: the address whose telemetry is the last fix and the oxygen.
        silent_after_min: of so long a silence, while it could be heard, a search begins; None: of none.
        since: from when it should be heard; empty: from the first telemetry of it.
        light_time_s: from it to the node.
        closed: times in which nothing of it can come, each a beginning and an end.
        fix_sigma_m: of a position that telemetry tells; None: as well known as the file's own fix.
        full_oxygen_kg: of which `oxygen_percent` is told; None: then that says nothing.
        hypotheses: that it draws; a node has other things to do as well.
        pause_min: between two letters that nobody asked for.
    """

    suit: Annotated[str, msgspec.Meta(max_length=128)] = ""
    silent_after_min: Positive | None = None
    since: str = ""
    light_time_s: Annotated[float, msgspec.Meta(ge=0, le=1e6)] = 0.0
    closed: Annotated[list[tuple[str, str]], msgspec.Meta(max_length=1_000)] = []
    fix_sigma_m: Positive | None = None
    full_oxygen_kg: Positive | None = None
    hypotheses: Annotated[int, msgspec.Meta(ge=1_000, le=50_000)] = 20_000
    pause_min: Annotated[float, msgspec.Meta(ge=1, le=1e6)] = 10.0


class SearchFile(_Table, frozen=True):
    """A file for `starlight search`."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=60)]
    terrain: TerrainTable
    fix: FixTable
    intent: IntentTable
    suit: SuitTable
    conduct: ConductTable = ConductTable()
    searcher: Annotated[list[SearcherTable], msgspec.Meta(max_length=64)] = []
    report: list[ReportTable] = []
    awaited: list[AwaitedTable] = []
    watch: WatchTable = WatchTable()
    hypotheses: Annotated[int, msgspec.Meta(ge=1_000, le=2_000_000)] = 100_000
    sector_m: Positive = 500.0
    seed: Annotated[int, msgspec.Meta(ge=0, le=2**31)] = 1


class ReportsFile(_Table, frozen=True):
    """A file for `--reports`: reports that came apart from the search's file."""

    report: list[ReportTable]


Awaiting = Literal["reported", "not yet due", "not yet knowable", "overdue"]
"""Overdue is what could have come and has not; what light or a closed window keeps back tells nothing."""
