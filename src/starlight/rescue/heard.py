"""Words of a suit and of searchers as values of the search; what can't be so is told apart or left out."""

from __future__ import annotations

import re

import msgspec

from starlight.dtntime import SECOND, exact_text
from starlight.errors import InputError
from starlight.messages.letter import Telemetry
from starlight.messages.parts import Part
from starlight.rescue.kept_search import MOST_CORNERS, MOST_REPORTS, KeptFix, KeptOxygen, KeptReport
from starlight.rescue.watched_search import WatchedSearch
from starlight.search.search_file import ReportTable
from starlight.search.search_reading import report_in, reports_in
from starlight.search.search_report import SearchReport

REPORT_KIND = "search-report"
"""The kind of telemetry that is a report of a search."""

REPORTS_MAX_BYTES = 128 * 1024
"""Of a file of reports; a hundred circles take 20 kB, and this is read in a tenth of a second."""

MOST_SECONDS = 1e6
"""Before or after it was written, in which a search can lie: eleven days."""

MOST_OXYGEN_KG = 10.0
"""Several times what any suit carries; what tells of more is broken."""

_FOUND = re.compile(r"(?<!not )(?<!nothing )\bfound\b", re.IGNORECASE)
_FOUND_LETTER = re.compile(
    r"\s*found(?:\s+at\s+(-?\d{1,9}(?:\.\d{1,9})?)[\s,]+(-?\d{1,9}(?:\.\d{1,9})?))?[\s.!]*",
    re.IGNORECASE | re.ASCII,
)


def place_in(telemetry: Telemetry, watched: WatchedSearch) -> tuple[float, float] | None:
    """Return easting and northing in m that telemetry tells; None where it tells none that can be read."""
    east, north = _number(telemetry, "east_m"), _number(telemetry, "north_m")
    if east is not None and north is not None:
        return east, north
    latitude, longitude = _number(telemetry, "latitude_deg"), _number(telemetry, "longitude_deg")
    if latitude is not None and longitude is not None:
        return watched.plane(latitude, longitude)
    return None if telemetry.position is None else watched.plane(*telemetry.position)


def fix_in(telemetry: Telemetry, watched: WatchedSearch) -> KeptFix | None:
    """Return where a suit says that it is; None where that is nowhere on the map."""
    place = place_in(telemetry, watched)
    return KeptFix(telemetry.time, *place) if place is not None and watched.holds(*place) else None


def oxygen_in(telemetry: Telemetry, watched: WatchedSearch) -> KeptOxygen | None:
    """Return the oxygen that a suit says that it has; None where no suit has so much or so little."""
    full = watched.loss.file.watch.full_oxygen_kg
    told, percent = _number(telemetry, "oxygen_kg"), _number(telemetry, "oxygen_percent")
    if told is None and percent is not None and full is not None:
        told = percent / 100 * full
    most = MOST_OXYGEN_KG if full is None else full
    return KeptOxygen(telemetry.time, told) if told is not None and 0 <= told <= most else None


def tells_of_finding(telemetry: Telemetry) -> bool:
    """Return whether a suit tells that whoever wears it was found."""
    finding = telemetry.readings.get("finding")
    return isinstance(finding, str) and _FOUND.search(finding) is not None


def found_in(text: str) -> tuple[bool, tuple[float, float] | None]:
    """Return whether the words of a letter are that she was found, and where in m if they tell."""
    match = _FOUND_LETTER.fullmatch(text)
    if match is None:
        return False, None
    return True, (float(match[1]), float(match[2])) if match[1] else None


def asks_to_begin(text: str) -> bool:
    """Return whether the words of a letter are that a search is to begin."""
    return text.strip().lower().startswith("begin")


def report_told(telemetry: Telemetry, watched: WatchedSearch) -> KeptReport:
    """Return the report of a search that telemetry tells.

    Raises:
        InputError: it tells none.
    """
    place, radius = place_in(telemetry, watched), _number(telemetry, "radius_m")
    if place is None or radius is None:
        right = "east_m and north_m, or latitude and longitude where the terrain's are known; radius_m"
        raise InputError("the report does not say where the search was", right=right)
    tree: dict[str, object] = {
        key: telemetry.readings[key]
        for key in ("id", "coverage", "sweep_width_m", "track_m", "law")
        if key in telemetry.readings
    }
    tree["circle"] = (*place, radius)
    for key in ("begin", "end"):
        told = telemetry.readings.get(key)
        if isinstance(told, int | float) and abs(told) <= MOST_SECONDS:
            told = exact_text(telemetry.time + round(told * SECOND))
        tree[key] = told
    try:
        table = msgspec.convert(tree, ReportTable)
    except msgspec.ValidationError as error:
        raise InputError(f"the report does not fit: {error}") from None
    start = watched.loss.fix_time
    return _kept(report_in(table, start), start, telemetry.vehicle, telemetry.time)


def is_report_file(part: Part) -> bool:
    """Return whether a part of a letter is a file of reports."""
    return part.name.lower().endswith(".toml") or part.media_type == "application/toml"


def reports_of(data: bytes, name: str, sender: str, written: int, watched: WatchedSearch) -> list[KeptReport]:
    """Return the reports in a file that came with a letter.

    Args:
        data: the file's bytes.
        name: of the file, for errors.
        sender, written: of the letter.
        watched: the search that they are about.

    Raises:
        InputError: it is no such file, or one of its searches ends after it was written.
    """
    if len(data) > REPORTS_MAX_BYTES:
        raise InputError(f"{name} has {len(data)} bytes", right=f"At most {REPORTS_MAX_BYTES} are read")
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise InputError(f"{name} is no text in UTF-8") from None
    start = watched.loss.fix_time
    found = reports_in(text, name, start)
    if len(found) > MOST_REPORTS:
        raise InputError(f"{name} has {len(found)} reports", right=f"At most {MOST_REPORTS} are kept in all")
    return [_kept(each, start, sender, written) for each in found]


def _kept(report: SearchReport, start: int, sender: str, written: int) -> KeptReport:
    kept = KeptReport.of(report, start, sender, written)
    if not report.id.isprintable():
        raise InputError(f"the id {report.id!r} holds what can't be shown", right="Letters, digits, signs")
    if kept.end > written:
        told = f"the search {report.id!r} ends at {exact_text(kept.end)}, after it was reported"
        raise InputError(told, right=f"It was reported at {exact_text(written)}: check that clock")
    if len(kept.corners) > MOST_CORNERS:
        told = f"the area of {report.id!r} has {len(kept.corners)} corners"
        raise InputError(told, right=f"At most {MOST_CORNERS}")
    return kept


def _number(telemetry: Telemetry, key: str) -> float | None:
    value = telemetry.readings.get(key)
    return float(value) if isinstance(value, int | float) else None
