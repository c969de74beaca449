"""Bodies of a user's SPK file: where they are, and for how long the file knows it.

Chebyshev segments (types 2 and 3) are read by jplephem; lists of states (types 8, 9, 12 and 13), which most
spacecraft have, here. Source: NAIF's SPK Required Reading, sections "Type 8" to "Type 13".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Protocol, cast

import numpy as np

from starlight.dtntime import to_text
from starlight.errors import InputError, RangeError
from starlight.sky.planets import joined
from starlight.sky.timescales import DAY_S, Floats, utc_from_tdb

_J2000_JD = 2_451_545.0
_J2000_FRAME = 1
_LAGRANGE, _HERMITE = (8, 9), (12, 13)
_EQUAL_STEPS = (8, 12)
READABLE = (2, 3, 8, 9, 12, 13)
_AT_ONCE = 50_000  # times; keeps the table of divided differences within some tens of MB

State = tuple[Floats, Floats]


class SpkSegment(Protocol):
    """A segment of an SPK file, as jplephem has it."""

    center: int
    target: int
    frame: int
    data_type: int
    start_second: float
    end_second: float
    start_i: int
    end_i: int
    daf: Any

    def compute_and_differentiate(self, tdb: float, tdb2: Floats) -> tuple[Floats, Floats]:
        """Return the position in km and the velocity in km/day, both (3, n)."""


class BodyKernel(Protocol):
    """An open SPK file: what ``jplephem.spk.SPK.open(path)`` returns."""

    segments: Iterable[SpkSegment]


class SpkBodies:
    """The bodies of the SPK files that a sky was handed.

    Args:
        planets: gives the states of what the sky knows itself, by NAIF id, at TDB seconds.
        known: those ids.
    """

    def __init__(self, planets: Callable[[int, Floats], State], known: frozenset[int]) -> None:
        self._planets = planets
        self._known = known
        self._segments: dict[int, list[_Reader]] = {}

    def add(self, kernel: BodyKernel) -> tuple[int, ...]:
        """Take the bodies of a file that the sky doesn't know itself; return their ids, ascending.

        Raises:
            InputError: a segment's type or frame can't be read, or the file has no body of its own.
        """
        readers = [_Reader(segment) for segment in kernel.segments if segment.target not in self._known]
        if not readers:
            raise InputError(
                "holds no body but planets",
                where="SPK file",
                right="Give a file with the orbit of a spacecraft",
            )
        for reader in readers:
            self._segments.setdefault(reader.target, []).append(reader)
        return tuple(sorted({reader.target for reader in readers}))

    def covers(self, naif_id: int) -> list[tuple[float, float]]:
        """Return the intervals, in TDB seconds, that the files cover of a body; ascending and disjoint."""
        return joined((reader.start, reader.end) for reader in self._of(naif_id))

    def state(self, naif_id: int, tdb: Floats) -> State:
        """Return a body's barycentric position (km) and velocity (km/s) at TDB seconds (n,); each (3, n).

        Raises:
            InputError: no file holds the body, or what it is counted from.
            RangeError: a time that no segment covers.
        """
        if naif_id in self._known:
            return self._planets(naif_id, tdb)
        position, velocity = np.empty((3, tdb.size)), np.empty((3, tdb.size))
        missing = np.ones(tdb.size, dtype=bool)
        # Where segments overlap the last one of the last file counts, as in SPICE.
        for reader in reversed(self._of(naif_id)):
            here = missing & (tdb >= reader.start) & (tdb <= reader.end)
            if here.any():
                centre, its_velocity = self.state(reader.center, tdb[here])
                local, speed = reader.state(tdb[here])
                position[:, here], velocity[:, here] = centre + local, its_velocity + speed
                missing &= ~here
        if missing.any():
            raise RangeError(self._uncovered(naif_id, float(tdb[missing][0])))
        return position, velocity

    def _of(self, naif_id: int) -> list[_Reader]:
        found = self._segments.get(naif_id)
        if not found:
            known = ", ".join(str(target) for target in sorted(self._segments)) or "none"
            raise InputError(
                f"no file holds body {naif_id}",
                where="spk.naif_id",
                right=f"Bodies of the files at hand: {known}",
            )
        return found

    def _uncovered(self, naif_id: int, tdb: float) -> str:
        spans = ", ".join(f"{_text(start)} to {_text(end)}" for start, end in self.covers(naif_id))
        return (
            f"{_text(tdb)} is outside what the SPK file covers of body {naif_id} ({spans}). "
            "Ask within it, light time included, or hand in a .bsp file that goes further"
        )


def _text(tdb: float) -> str:
    return to_text(int(utc_from_tdb(np.array([tdb]))[0]))


class _Reader:
    """One segment, ready to be asked."""

    def __init__(self, segment: SpkSegment) -> None:
        self.target, self.center = int(segment.target), int(segment.center)
        self.start, self.end = float(segment.start_second), float(segment.end_second)
        self._segment = segment
        self._type = int(segment.data_type)
        where = f"SPK file, body {self.target}"
        if self._type not in READABLE:
            raise InputError(
                f"segments of type {self._type} can't be read",
                where=where,
                right=f"Allowed: {', '.join(map(str, READABLE))}; write its states anew as type 13",
            )
        if segment.frame != _J2000_FRAME:
            raise InputError(
                f"frame {segment.frame} is not J2000",
                where=where,
                right="Write its states in J2000, frame 1",
            )
        self._states: tuple[Floats, Floats, int] | None = None

    def state(self, tdb: Floats) -> State:
        if self._type in (2, 3):
            position, velocity = self._segment.compute_and_differentiate(_J2000_JD, tdb / DAY_S)
            return position, velocity / DAY_S
        if self._states is None:
            self._states = self._read()
        epochs, states, window = self._states
        parts = [
            _interpolated(epochs, states, window, tdb[k : k + _AT_ONCE], self._type in _HERMITE)
            for k in range(0, tdb.size, _AT_ONCE)
        ]
        whole = np.concatenate(parts, axis=1)
        return whole[:3], whole[3:]

    def _read(self) -> tuple[Floats, Floats, int]:
        """Return the epochs (k,), the states (k, 6), and how many of them one value is made from."""
        daf, first, last = self._segment.daf, self._segment.start_i, self._segment.end_i
        degree, count = (int(value) for value in daf.read_array(last - 1, last))
        states = np.array(daf.read_array(first, first + 6 * count - 1)).reshape(count, 6)
        if self._type in _EQUAL_STEPS:
            begins, step = daf.read_array(last - 3, last - 2)
            epochs = begins + step * np.arange(count)
        else:
            epochs = np.array(daf.read_array(first + 6 * count, first + 7 * count - 1))
        return epochs, states, min(degree + 1, count)


def _interpolated(epochs: Floats, states: Floats, window: int, tdb: Floats, hermite: bool) -> Floats:
    """Return states (6, n) by the polynomial through the nearest nodes, as SPICE chooses them."""
    low = np.clip(np.searchsorted(epochs, tdb, side="right") - 1, 0, len(epochs) - 2)
    # An odd window is centred on the nearer epoch, an even one on the interval around the time.
    if window % 2:
        later = epochs[low + 1] - tdb < tdb - epochs[low]
        first = low + later - window // 2
    else:
        first = low - window // 2 + 1
    rows = np.clip(first, 0, len(epochs) - window) + np.arange(window)[:, None]
    # Time is counted in spans of the window, so that powers neither vanish nor explode.
    span = epochs[rows[-1]] - epochs[rows[0]]
    nodes, x = (epochs[rows] - tdb) / span, np.zeros_like(tdb)
    values = np.moveaxis(states[rows], 2, 1)  # (window, 6, n)
    if not hermite:
        value, _ = _newton(nodes, values, None, x)
        return value
    position, slope = _newton(np.repeat(nodes, 2, axis=0), values[:, :3], values[:, 3:] * span, x)
    return np.concatenate([position, slope / span])


def _newton(nodes: Floats, values: Floats, slopes: Floats | None, x: Floats) -> tuple[Floats, Floats]:
    """Interpolate by Newton's divided differences (m nodes, each twice where slopes are given)."""
    table = values if slopes is None else np.repeat(values, 2, axis=0)
    coefficients = [table[0]]
    for order in range(1, len(nodes)):
        gap = nodes[order:] - nodes[:-order]
        twice = slopes is not None and order == 1
        gap = np.where(gap == 0, 1.0, gap) if twice else gap
        table = (table[1:] - table[:-1]) / gap[:, None]
        if slopes is not None and order == 1:
            table[::2] = slopes
        coefficients.append(table[0])
    value, slope = coefficients[-1], np.zeros_like(coefficients[-1])
    for k in range(len(nodes) - 2, -1, -1):
        slope = slope * (x - nodes[k]) + value
        value = value * (x - nodes[k]) + coefficients[k]
    return cast("Floats", value), cast("Floats", slope)
