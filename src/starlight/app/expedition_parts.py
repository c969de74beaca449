"""The parts that programs of an expedition send, read for the page as values of `views/expedition.py`.

The bytes are a peer's. Each reader refuses with PeerError what is none, and what it returns is bounded.
Libraries are loaded with the first part that needs them: a node without an expedition has no use for them.
"""

from __future__ import annotations

import math
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from starlight.errors import PeerError
from starlight.greenhouse import outlook_part
from starlight.messages.parts import PROGRAM_TYPES
from starlight.views.expedition import (
    AirLimit,
    AirPoint,
    AwaitedReport,
    PlannedSector,
    RoomView,
    SearchMapView,
    SearchMoment,
    ShareOf,
)
from starlight.views.robot_runs import Ion, MarkerView, Piece, ThumbnailView, VerdictView, WindowView
from starlight.views.told_in import ToldIn

if TYPE_CHECKING:
    from starlight.organics.parts import RunVerdict

ROOM_TYPE = outlook_part.MEDIA_TYPE
MAP_TYPE = f"{PROGRAM_TYPES}search-map"
"""As `search.map_part.MEDIA_TYPE`, which would load numpy with it; a test holds both together."""

RUN_TYPES: dict[str, Piece] = {
    f"{PROGRAM_TYPES}run-verdict": "verdict",
    f"{PROGRAM_TYPES}run-thumbnail": "thumbnail",
    f"{PROGRAM_TYPES}run-window": "window",
    f"{PROGRAM_TYPES}run": "run",
}

MOMENTS_SHOWN = 13
"""Of a map: twelve hours by the hour. A slider has as many places, and a page as many maps at most."""

ROWS_SHOWN = 100
"""Of a list of reports, or of sectors: more than a crew walks in a day."""

IONS_SHOWN = 8
"""The largest ions of a reference, which name it."""

FIRST_MZ = 12
"""Below lie the carrier gas and hydrogen (`reference_spectra.py`)."""

LEAST_SHARE = 1e-4
"""Four decades are what a quadrupole tells apart."""

BIN_DEGC, FIRST_DEGC, LAST_DEGC = 25, 25, 1075
"""The temperatures that runs are told by (`gas_run.py`)."""


class Window(NamedTuple):
    """The temperatures between which a find lies, in degC; equal where nothing does."""

    from_degc: int
    to_degc: int


def room(data: bytes, told: ToldIn) -> RoomView:
    """Return the outlook of a room; PeerError where the bytes hold none."""
    found = outlook_part.decode(data)
    return RoomView(
        told=told,
        name=found.name,
        since=found.since,
        measured=found.measured,
        samples=tuple(
            AirPoint(each.at, each.o2_kpa, each.co2_kpa, each.pressure_kpa, each.temperature_c, each.water_kg)
            for each in sorted(found.samples, key=lambda each: each.at)
        ),
        limits=tuple(
            AirLimit(each.name, each.text, each.at, each.deadly)
            for each in sorted(found.limits, key=lambda each: each.at)
        ),
        flags=found.flags,
    )


def search_map(data: bytes, told: ToldIn) -> SearchMapView:
    """Return the map of a search; PeerError where the bytes hold none."""
    from starlight.search import map_part

    found = map_part.decode(data)
    moments, last = found.moments, len(found.moments) - 1
    if last >= MOMENTS_SHOWN:
        moments = tuple(moments[n * last // (MOMENTS_SHOWN - 1)] for n in range(MOMENTS_SHOWN))
    one = map_part.PER_ONE
    return SearchMapView(
        told=told,
        name=found.name,
        at=found.at,
        last_fix=found.last_fix,
        ground=found.source,
        synthetic=found.synthetic,
        rows=found.rows,
        columns=found.columns,
        cell_m=found.cell_m,
        west_m=found.west_m,
        north_m=found.north_m,
        moments=tuple(
            SearchMoment(each.at, each.chances, each.outside / one, each.alive / one) for each in moments
        ),
        counted=len(found.counted),
        left=found.left / one,
        awaited=tuple(
            AwaitedReport(each.id, each.knowable, each.state) for each in found.awaited[:ROWS_SHOWN]
        ),
        plan=tuple(
            PlannedSector(each.searcher, each.begin, each.end, each.east_m, each.north_m, each.success / one)
            for each in found.plan[:ROWS_SHOWN]
        ),
        ends=tuple(ShareOf(name, share / one) for name, share in found.ends.items()),
        intents=tuple(
            ShareOf(name, after / one, before / one) for name, (before, after) in found.intents.items()
        ),
    )


class ReadVerdict(NamedTuple):
    """A verdict with the first ten bytes of its run's name."""

    run: str
    view: VerdictView


def verdict(data: bytes, told: ToldIn) -> ReadVerdict:
    """Return the answer for a run; PeerError where the bytes hold none."""
    from starlight.organics import parts

    found = parts.read_verdict(data)
    first, last = found.window_degc
    chances = all(0 <= each <= 1 for each in (found.p, found.strange_p))
    if not (chances and abs(found.cosine) <= 1.001 and FIRST_DEGC <= first <= last <= LAST_DEGC):
        raise PeerError("a verdict with numbers that none can have")
    return ReadVerdict(found.run, _verdict(found, told))


def _verdict(found: RunVerdict, told: ToldIn) -> VerdictView:
    return VerdictView(
        told=told,
        answered=found.answered,
        found=found.found,
        p=_short(found.p),
        cosine=_short(found.cosine),
        usual_p=_short(found.strange_p),
        from_degc=found.window_degc[0],
        to_degc=found.window_degc[1],
        marker=_markers().get(found.target),
    )


def thumbnail(data: bytes, told: ToldIn) -> ThumbnailView:
    """Return the small picture of a run; PeerError where the bytes hold none."""
    import numpy as np

    from starlight.organics import features, gas_run, parts

    values = parts.read_thumbnail(data)
    decades = np.log10(np.where(values > 0, values, 1.0))
    steps = np.clip(np.rint(parts.STEPS * (1 + decades / parts.DECADES)), 1, parts.STEPS)
    shown = np.where(values > 0, steps, 0).astype(int)
    slice_degc = round(gas_run.BIN_DEGC * gas_run.BINS / features.SLICES)
    return ThumbnailView(
        told, features.SIZE, round(gas_run.FIRST_DEGC), slice_degc, tuple(shown.ravel().tolist())
    )


def window(data: bytes, told: ToldIn, where: Window) -> WindowView:
    """Return the ions of the window of a find; PeerError where the bytes hold none.

    Args:
        data: of the part, which does not say itself how many bins it has.
        told: in which letter.
        where: the window, as the run's verdict says it.
    """
    from starlight.organics import parts

    bins = (where.to_degc - where.from_degc) // BIN_DEGC
    first, values = _packed(parts, data, bins)
    begins = FIRST_DEGC + BIN_DEGC * first
    return WindowView(told, begins, begins + BIN_DEGC * bins, _ions(values))


def window_of_run(data: bytes, told: ToldIn, where: Window) -> WindowView:
    """Return the same out of the whole run."""
    from starlight.organics import gas_run, parts

    _, values = _packed(parts, data, gas_run.BINS)
    begin, end = ((each - FIRST_DEGC) // BIN_DEGC for each in where)
    return WindowView(told, where.from_degc, where.to_degc, _ions(values[:, begin:end]), whole=True)


def _packed(parts: Any, data: bytes, bins: int) -> tuple[int, Any]:
    import numpy as np

    if bins < 1:
        raise PeerError("nothing stands out in this run, so it has no window")
    # A peer's scale may take numbers beyond what a double holds; `_ions` refuses those.
    with np.errstate(all="ignore"):
        found: tuple[int, Any] = parts.read_packed_run(data, bins)
    return found


def _ions(values: Any) -> tuple[Ion, ...]:
    """Return the mean of each ion over the bins, as a part of the largest's; of those that were sampled."""
    import numpy as np

    sampled = np.isfinite(values)
    if np.isinf(values).any():
        raise PeerError("a run with an abundance that is infinite")
    # Halved by their number first, so that no sum runs over.
    count = np.maximum(sampled.sum(axis=1), 1)
    means = (np.where(sampled, values, 0.0) / count[:, None]).sum(axis=1)
    means[:FIRST_MZ] = 0.0
    most = float(means.max(initial=0.0))
    if not (most > 0 and math.isfinite(most)):
        raise PeerError("a run without ion current")
    return tuple(
        Ion(int(mz), _short(float(means[mz] / most))) for mz in np.flatnonzero(means >= most * LEAST_SHARE)
    )


def _short(value: float) -> float:
    """Return a number to three digits: what was packed has no more."""
    return float(f"{value:.3g}")


@cache
def _markers() -> dict[bytes, MarkerView]:
    """Return the references that ship, by the digest under which a verdict names one."""
    from starlight.organics import parts, reference_spectra

    return {
        parts.target_digest(each.accession): MarkerView(
            each.name,
            each.family,
            each.accession,
            each.authors,
            each.licence,
            each.background,
            tuple(
                sorted(
                    round(mz)
                    for mz, _ in sorted(each.peaks, key=lambda peak: -peak[1])[:IONS_SHOWN]
                    if mz >= FIRST_MZ
                )
            ),
        )
        for each in reference_spectra.shipped()
    }


Kind = Literal["room", "map", "run"]


def kind_of(media_type: str) -> Kind | None:
    """Return what a part of a media type is told as; None for what is not told here."""
    if media_type == ROOM_TYPE:
        return "room"
    if media_type == MAP_TYPE:
        return "map"
    return "run" if media_type in RUN_TYPES else None
