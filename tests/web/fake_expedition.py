"""What the expedition has told in the page's fake: a room, a search, two runs, a part that can't be read."""

from __future__ import annotations

import math

from starlight.dtntime import DAY, HOUR, MINUTE
from starlight.views.expedition import (
    AirLimit,
    AirPoint,
    AwaitedReport,
    ComingPart,
    ExpeditionDesk,
    ExpeditionView,
    PlannedSector,
    ReadingsView,
    RoomView,
    SearchMapView,
    SearchMoment,
    ShareOf,
    UnreadPart,
)
from starlight.views.robot_runs import (
    ComingPiece,
    Ion,
    MarkerView,
    RunView,
    ThumbnailView,
    VerdictView,
    WindowView,
)
from starlight.views.told_in import ToldIn

NAMES = {"ipn:21.7": "The flowers", "ipn:21.9": "Search desk", "ipn:22.1": "Rover"}
ROWS, COLUMNS = 24, 36


class FakeExpedition(ExpeditionDesk):
    """What anybody was told.

    Attributes:
        known: what there is.
    """

    def __init__(self, now: int) -> None:
        self.known = ExpeditionView(now)

    async def has_any(self) -> bool:
        return not self.known.is_empty

    async def expedition(self) -> ExpeditionView:
        return self.known


def told(sender: str, written: int, letter: str = "") -> ToldIn:
    """Return where something was told: light took 19 minutes."""
    id = letter or f"{sender}/1"
    return ToldIn(id, sender, sender, NAMES[sender], written, written + 19 * MINUTE)


def room(now: int, *, measured: bool = True) -> RoomView:
    """Return a room whose carbon dioxide passes a limit in nine days, and its oxygen later."""
    since = now - 2 * DAY
    samples = tuple(
        AirPoint(since + n * DAY, 20.98 - 0.29 * n, 0.05 + 0.27 * n, 101.3, 21.0 + n / 10, 40.0 - n)
        for n in range(31)
    )
    limits = (
        AirLimit("co2", "carbon dioxide above 3.04 kPa", since + 11 * DAY + 2 * HOUR, deadly=False),
        AirLimit("o2", "oxygen below 16.2 kPa", since + 16 * DAY + 12 * HOUR, deadly=False),
        AirLimit("death_co2", "carbon dioxide above 8 kPa", since + 29 * DAY + 11 * HOUR, deadly=True),
    )
    flags = ("CO2 was above 1300 ppm (held at 1300; harm to plants is not modelled)",)
    return RoomView(
        told("ipn:21.7", now - DAY), "The flowers of the cave", since, measured, samples, limits, flags
    )


def search(now: int, *, synthetic: bool = True) -> SearchMapView:
    """Return a search whose likely place moves east by the hour."""
    at = now - HOUR

    def chances(hours: int) -> tuple[int, ...]:
        spread = 3.0 + 0.5 * hours
        weights = [
            math.exp(-(((column - 8 - 2.2 * hours) / spread) ** 2) - ((row - 11 + hours / 2) / spread) ** 2)
            + 0.25 * math.exp(-(((column - 27) / 3) ** 2) - ((row - 6) / 2) ** 2)
            for row in range(ROWS)
            for column in range(COLUMNS)
        ]
        whole = sum(weights)
        return tuple(round(9_400 * each / whole) for each in weights)

    moments = tuple(
        SearchMoment(at + n * HOUR, chances(n), 0.06, 0.92 - 0.09 * n - 0.004 * n * n) for n in range(8)
    )
    return SearchMapView(
        told=told("ipn:21.9", at + 5 * MINUTE),
        name="Lost east of the cave",
        at=at,
        last_fix=at - 5 * HOUR,
        ground="fractal hills, seed 7",
        synthetic=synthetic,
        rows=ROWS,
        columns=COLUMNS,
        cell_m=250.0,
        west_m=-2000.0,
        north_m=3000.0,
        moments=moments,
        counted=3,
        left=0.41,
        awaited=(
            AwaitedReport("drone-2", at - 2 * HOUR, "overdue"),
            AwaitedReport("rover-1", at - HOUR, "reported"),
            AwaitedReport("walkers-3", at + 2 * HOUR, "not yet knowable"),
            AwaitedReport("drone-4", at + 4 * HOUR, "not yet due"),
        ),
        plan=(
            PlannedSector("Rover", now, now + HOUR, 400.0, 120.0, 0.21),
            PlannedSector("Rover", now + HOUR, now + 2 * HOUR, 1650.0, 600.0, 0.12),
            PlannedSector("Drone", now, now + HOUR, 4800.0, 1500.0, 0.08),
        ),
        ends=(ShareOf("oxygen", 0.7), ShareOf("cold", 0.26), ShareOf("other causes", 0.04)),
        intents=(ShareOf("walk back", 0.62, 0.5), ShareOf("wait", 0.3, 0.4), ShareOf("unknown", 0.08, 0.1)),
    )


MARKER = MarkerView(
    "hexadecane", "aliphatics", "MSBNK-Fiocruz-FIO00001", "A. Chemist", "CC BY", False, (43, 57, 71, 85)
)


def runs(now: int) -> tuple[RunView, ...]:
    """Return a find whose whole run is under way, and a run of which only the answer has come."""
    steps = tuple(
        max(0, min(15, round(15 - abs(slice - 6 - mz / 20) * 2.2 - abs(mz - centre))))
        for mz in range(100)
        for slice in range(21)
        for centre in [min((18, 28, 44, 57, 71, 85), key=lambda each: abs(each - mz))]
    )
    ions = tuple(
        Ion(mz, share)
        for mz, share in (
            (12, 0.01),
            (14, 0.02),
            (18, 1.0),
            (28, 0.31),
            (43, 0.011),
            (44, 0.62),
            (57, 0.013),
            (71, 0.007),
            (85, 0.003),
            (99, 0.0004),
        )
    )
    verdict = VerdictView(told("ipn:22.1", now - 3 * HOUR), True, True, 0.0031, 0.83, 0.44, 425, 575, MARKER)
    small = ThumbnailView(told("ipn:22.1", now - 3 * HOUR), 100, 25, 50, steps)
    window = WindowView(told("ipn:22.1", now - 2 * HOUR), 425, 575, ions)
    coming = (ComingPiece("run", 20_480, 118_000),)
    empty = VerdictView(told("ipn:22.1", now - DAY, "old"), True, False, 0.27, 0.2, 0.51, 25, 25)
    missing = (ComingPiece("thumbnail"), ComingPiece("run"))
    return (
        RunView("sol-61-a", "Rover", "ipn:22.1", verdict, small, window, coming=coming),
        RunView("sol-60-b", "Rover", "ipn:22.1", empty, coming=missing),
    )


def everything(now: int) -> ExpeditionView:
    """Return an expedition that has told all that there is."""
    readings: dict[str, int | float | str] = {
        "o2_kpa": 20.4,
        "co2_kpa": 0.612,
        "first_limit": "co2",
        "first_limit_in_h": 214.0,
    }
    return ExpeditionView(
        now=now,
        rooms=(room(now),),
        searches=(search(now),),
        runs=runs(now),
        readings=(
            ReadingsView("greenhouse", "ipn:21.7", "The flowers", now - 5 * HOUR, now - 4 * HOUR, readings),
        ),
        coming=(ComingPart("c", "ipn:21.9", "Search desk", "map", now - MINUTE, 4_000, 12_000),),
        unread=(
            UnreadPart(
                "u", "ipn:99.1", "ipn:99.1", 0, "application/vnd.starlight.search-map", "<b>no map</b>"
            ),
        ),
        looked_at=6,
    )
