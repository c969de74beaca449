"""The mask of a site's horizon: how high hills and buildings reach, all round.

A site talks at its mask or above. Here a mask is checked and closed to a ring; `pointing` turns it into true
elevations, less what the air lifts, and `windows` finds when the other end stands above it.
"""

from __future__ import annotations

from itertools import pairwise

from starlight.errors import InputError

MASK_GAP_DEG = 90.0
"""A mask's neighbouring azimuths may be this far apart."""

Mask = float | tuple[tuple[float, float], ...]
"""One elevation for all directions, or rows of azimuth and elevation, in degrees."""


def mask_rows(mask: Mask) -> tuple[tuple[float, float], ...]:
    """Return a mask as rows that go all round: the first lies before 0 and the last after 360.

    So a plain linear interpolation between rows is right across north, too.
    """
    if not isinstance(mask, tuple):
        return ((-1.0, mask), (361.0, mask))
    rows = mask
    # Both are north; the ring closes with the first row.
    if rows[-1][0] == 360 and rows[0][0] == 0:
        rows = rows[:-1]
    return ((rows[-1][0] - 360, rows[-1][1]), *rows, (rows[0][0] + 360, rows[0][1]))


def check_mask(mask: Mask) -> None:
    """Refuse a mask that does not say once, for every direction, how high the horizon is.

    Raises:
        InputError: an elevation out of range, or rows that are unsorted, double, or leave a gap.
    """
    where = "site.mask_deg"
    if not isinstance(mask, tuple):
        check_within(mask, -30, 89, where)
        return
    rows = mask
    if len(rows) < 2 or any(len(row) != 2 for row in rows):
        raise InputError(
            "a table needs two rows (azimuth, elevation) or more", where=where, right="Or give one number"
        )
    for index, (azimuth, elevation) in enumerate(rows):
        check_within(azimuth, 0, 360, f"{where}[{index}] azimuth")
        check_within(elevation, -30, 89, f"{where}[{index}] elevation")
    azimuths = [azimuth for azimuth, _ in rows]
    for before, after in pairwise(azimuths):
        if before == after:
            raise InputError(f"azimuth {after:g} is there twice", where=where, right="Give each azimuth once")
        if before > after:
            raise InputError(
                f"azimuth {after:g} comes after {before:g}", where=where, right="Sort the rows by azimuth"
            )
    if azimuths[0] == 0 and azimuths[-1] == 360 and rows[0][1] != rows[-1][1]:
        raise InputError(
            f"north is there twice, as azimuth 0 ({rows[0][1]:g}) and 360 ({rows[-1][1]:g})",
            where=where,
            right="Give both the same elevation, or one of them",
        )
    steps = [after - before for before, after in pairwise(azimuths)]
    closing = azimuths[0] + 360 - azimuths[-1]
    # A table that goes round has no larger step across north than it has elsewhere.
    if closing > max(steps):
        _gap(azimuths[-1], azimuths[0], closing)
    widest = max(steps)
    if widest > MASK_GAP_DEG:
        index = steps.index(widest)
        _gap(azimuths[index], azimuths[index + 1], widest)


def _gap(before: float, after: float, width: float) -> None:
    raise InputError(
        f"the table has a gap of {width:g} deg between azimuths {before:g} and {after:g}",
        where="site.mask_deg",
        right="Add rows there, with the elevation of the horizon",
    )


def check_within(value: float, low: float, high: float, where: str) -> None:
    """Refuse a number that is not between two others, both included; `where` names it."""
    if not low <= value <= high:  # Also what is not a number.
        raise InputError(f"{value!r} is out of range", where=where, right=f"Allowed: {low:g} to {high:g}")
