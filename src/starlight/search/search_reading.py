"""A search's files read: all that is wrong in them told at once, all that is right as values of the model."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from starlight.dtntime import MINUTE, SECOND
from starlight.errors import InputError
from starlight.input_files import read_text
from starlight.scenario.file_errors import FileErrors
from starlight.scenario.toml_file import read
from starlight.search.elevation_file import read_array, read_geotiff
from starlight.search.hypotheses import Conduct, LastFix
from starlight.search.overdue import Watch
from starlight.search.search_file import FixTable, ReportsFile, ReportTable, SearchFile, TerrainTable
from starlight.search.search_report import SearchedArea, SearchReport, counted
from starlight.search.self_affine import PATHFINDER, made_up
from starlight.search.sortie_plan import Searcher
from starlight.search.suit import HOUR_S, Suit
from starlight.search.terrain import Terrain


class AwaitedReport(NamedTuple):
    """A report that will come: when its search ends, and from when it can be known here, s after the fix."""

    id: str
    due_s: float
    knowable_s: float


class LostCase(NamedTuple):
    """All that the files of a search say.

    Attributes:
        file: as it was written.
        fix_time: ns; seconds of all others count from it.
        watch: what a node that the search lives at goes by.
    """

    file: SearchFile
    fix_time: int
    terrain: Terrain
    fix: LastFix
    conduct: Conduct
    suit: Suit
    searchers: list[Searcher]
    reports: list[SearchReport]
    awaited: list[AwaitedReport]
    watch: Watch


def load(path: Path, more: tuple[Path, ...], at: int | None) -> tuple[LostCase, float]:
    """Read the files of a search.

    Args:
        path: of the search's file.
        more: files of reports that came apart from it.
        at: the moment at which the question is asked, ns; None: when the last known search ended.

    Returns:
        what they say, and that moment in seconds after the last fix.

    Raises:
        InputError: something in them is wrong; all of it is told.
    """
    file, errors = read(read_text(path), SearchFile, str(path))
    start = errors.time("fix.time", file.fix.time) or 0
    since = _Since(errors, start)
    conduct = _conduct(file, errors)
    fix = _fix(file.fix, errors)
    reports = [_report(f"report[{each}]", table, since) for each, table in enumerate(file.report)]
    searchers = _searchers(file, since)
    awaited = _awaited(file, since)
    watch = _watch(file, errors)
    terrain = _terrain(file.terrain, path.parent, errors)
    errors.raise_all()
    assert conduct is not None
    assert fix is not None
    assert terrain is not None
    for each in more:
        reports += reports_in(read_text(each), str(each), start)
    known = [each for each in reports if each is not None]
    at_s = (at - start) / SECOND if at is not None else max((each.end_s for each in known), default=0.0)
    if at_s < 0:
        raise InputError("the moment lies before the last fix", where="--at", right=f"It is {file.fix.time}")
    counted(known, at_s)
    if not terrain.holds(np.array([fix.east_m]), np.array([fix.north_m]))[0]:
        raise InputError(
            "the last fix lies outside the terrain", where=f"{path}: fix", right="Take more ground"
        )
    suit = Suit(**{name: getattr(file.suit, name) for name in file.suit.__struct_fields__})
    return LostCase(file, start, terrain, fix, conduct, suit, searchers, known, awaited, watch), at_s


class _Since:
    """Reads moments as seconds after the last fix.

    Args:
        errors: takes what is no moment.
        start: of the fix, ns.
    """

    def __init__(self, errors: FileErrors, start: int) -> None:
        self.errors = errors
        self._start = start

    def seconds(self, key: str, text: str) -> float:
        """Return the seconds of a moment; 0 where it is none, which is noted."""
        time = self.errors.time(key, text)
        return 0.0 if time is None else (time - self._start) / SECOND

    def span(self, key: str, begin: tuple[str, str], end: tuple[str, str]) -> tuple[float, float]:
        """Return two moments, each a key and its text, of which the second has to be later."""
        first, last = (self.seconds(f"{key}.{name}", text) for name, text in (begin, end))
        if last < first:
            self.errors.fail(f"{key}.{end[0]}", end[1], f"It is later than {begin[0]} = {begin[1]!r}")
        return first, last


def _conduct(file: SearchFile, errors: FileErrors) -> Conduct | None:
    intent, table = file.intent, file.conduct
    found: list[Conduct] = []

    def make() -> None:
        found.append(
            Conduct(
                weights=(intent.back, intent.shelter, intent.stay, intent.terrain),
                home=tuple(table.home),
                shelters=tuple(table.shelters),
                speed_factor=table.speed_factor,
                speed_spread=table.speed_spread,
                delay_s=table.delay_min * 60,
                halt_s=table.halt_h * HOUR_S,
                ground_doubt=table.ground_doubt,
                drift_mps=table.drift_mps,
                unknown_share=intent.unknown,
                walking_w=table.walking_w,
                resting_w=table.resting_w,
                heat_spread=table.heat_spread,
                hazard_per_h=table.hazard_per_h,
            )
        )

    errors.guard("intent", make)
    return found[0] if found else None


def _fix(table: FixTable, errors: FileErrors) -> LastFix | None:
    if (table.sigma_m is None) == (table.covariance_m2 is None):
        errors.fail("fix.sigma_m", table.sigma_m, "Give either sigma_m or covariance_m2")
        return None
    if table.covariance_m2 is None:
        square = float(table.sigma_m or 0.0) ** 2
        return LastFix(table.east_m, table.north_m, ((square, 0.0), (0.0, square)))
    matrix = np.asarray(table.covariance_m2)
    if not np.allclose(matrix, matrix.T) or np.linalg.eigvalsh(matrix)[0] <= 0:
        right = "It is symmetric, [[east, both], [both, north]], and positive definite"
        errors.fail("fix.covariance_m2", table.covariance_m2, right)
        return None
    return LastFix(table.east_m, table.north_m, table.covariance_m2)


def _report(key: str, table: ReportTable, since: _Since) -> SearchReport | None:
    fail = since.errors.fail
    begin, end = since.span(key, ("begin", table.begin), ("end", table.end))
    if (table.circle is None) == (not table.polygon):
        fail(f"{key}.circle", table.circle, "Give either circle or polygon")
        return None
    if table.circle is not None:
        area = SearchedArea((table.circle[:2],), table.circle[2])
    else:
        area = SearchedArea(tuple(table.polygon))
        if len(table.polygon) < 3 or area.area_m2 <= 0:
            fail(f"{key}.polygon", table.polygon, "It has three corners or more, and an area")
            return None
    tracked = table.sweep_width_m is not None and table.track_m is not None
    if (table.coverage is None) != tracked:
        fail(f"{key}.coverage", table.coverage, "Give either coverage, or sweep_width_m and track_m")
        return None
    coverage = table.coverage
    if coverage is None:
        coverage = float(table.sweep_width_m or 0.0) * float(table.track_m or 0.0) / area.area_m2
    return SearchReport(table.id, begin, end, area, coverage, table.law)


def reports_in(text: str, where: str, start: int) -> list[SearchReport]:
    """Return the reports in a file that holds these alone.

    Args:
        text: of the file.
        where: what errors call it.
        start: of the moments that are told, ns: seconds count from it.

    Raises:
        InputError: something in it is wrong; all of it is told.
    """
    file, errors = read(text, ReportsFile, where)
    since = _Since(errors, start)
    found = [_report(f"report[{each}]", table, since) for each, table in enumerate(file.report)]
    errors.raise_all()
    return [each for each in found if each is not None]


def report_in(table: ReportTable, start: int) -> SearchReport:
    """Return the report that a table by itself tells, as `reports_in` does.

    Raises:
        InputError: something in it is wrong.
    """
    errors = FileErrors("", "the report")
    found = _report("report", table, _Since(errors, start))
    if errors or found is None:
        raise InputError("; ".join(each.what for each in errors.found.values()))
    return found


def _watch(file: SearchFile, errors: FileErrors) -> Watch:
    table, closed = file.watch, []
    for place, (begin, end) in enumerate(file.watch.closed):
        key = f"watch.closed[{place}]"
        first, last = errors.time(key, begin), errors.time(key, end)
        if first is not None and last is not None:
            if last <= first:
                errors.fail(key, [begin, end], "It ends later than it begins")
            closed.append((first, last))
    for name in ("silent_after_min", "since"):
        if getattr(table, name) and not table.suit:
            errors.missing("watch.suit", f"{name} is about its telemetry")
    silent = table.silent_after_min
    return Watch(
        suit=table.suit,
        silent_after=None if silent is None else round(silent * MINUTE),
        since=errors.time("watch.since", table.since, empty=True),
        light_time=round(table.light_time_s * SECOND),
        closed=tuple(sorted(closed)),
        pause=round(table.pause_min * MINUTE),
    )


def _searchers(file: SearchFile, since: _Since) -> list[Searcher]:
    found = []
    for place, each in enumerate(file.searcher):
        ready, end = since.span(f"searcher[{place}]", ("ready", each.ready), ("end", each.end))
        if each.name in [other.name for other in file.searcher[:place]]:
            since.errors.fail(f"searcher[{place}].name", each.name, "Each must be there once")
        found.append(
            Searcher(
                each.name,
                each.east_m,
                each.north_m,
                ready,
                end,
                each.speed_mps,
                each.search_mps,
                each.sweep_width_m,
                each.law,
            )
        )
    return found


def _awaited(file: SearchFile, since: _Since) -> list[AwaitedReport]:
    found = []
    for place, each in enumerate(file.awaited):
        due = since.seconds(f"awaited[{place}].due", each.due)
        opens = (
            since.seconds(f"awaited[{place}].contact_from", each.contact_from) if each.contact_from else due
        )
        # What waits for a window there leaves when it opens, and has the light time still before it.
        found.append(AwaitedReport(each.id, due, max(due, opens) + each.light_time_s))
    return found


def _terrain(table: TerrainTable, folder: Path, errors: FileErrors) -> Terrain | None:
    found: list[Terrain] = []

    def guarded(make: Callable[[], Terrain]) -> None:
        try:
            found.append(make())
        except InputError as error:
            errors.add("terrain.file", f"terrain.file = {table.file!r}: {error.what}", error.right)

    path = folder / table.file
    source = table.source or table.file
    if not table.file:
        found.append(made_up(table.rows, table.columns, table.cell_m, PATHFINDER, table.seed))
    elif path.suffix.lower() in (".tif", ".tiff"):
        guarded(lambda: read_geotiff(path, source))
    elif table.north_m is None:
        errors.missing("terrain.north_m", "A .npy file does not tell where it lies")
    else:
        north = table.north_m
        guarded(lambda: read_array(path, table.cell_m, table.west_m, north, source))
    return found[0] if found else None
