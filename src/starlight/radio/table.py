"""The design control table: lines with tolerances, their sums, and the margin as a probability.

A line has a design value and says how far it may lie on the good side (favourable) and on the bad side
(adverse), and how it is spread between these limits. From that come its mean and its variance; means and
variances add up, and since many independent lines make a sum nearly Gaussian, the margin's mean and sigma
give the probability that the link closes.

Source of the method: J. H. Yuen, *A Practical Statistical Model for Telecommunications Performance
Uncertainty*, JPL Technical Memorandum 33-732 (1975); the same, JPL Publication 82-76, section 1.3.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, Literal, cast

from msgspec import Struct

from starlight.errors import InputError

Shape = Literal["uniform", "triangular", "gaussian"]
SHAPES = ("uniform", "triangular", "gaussian")


class Tolerance(Struct, frozen=True, gc=False):
    """The spread of a line of the table around its design value.

    Attributes:
        favourable: how far on the side that raises the margin, >= 0, in the line's unit.
        adverse: how far on the other side, >= 0.
        shape: ``uniform`` between the limits, ``triangular`` with its peak at the design value, or
            ``gaussian`` with the limits at three sigma.
    """

    favourable: float = 0.0
    adverse: float = 0.0
    shape: Shape = "triangular"

    @property
    def shift(self) -> float:
        """Return how far the mean lies on the favourable side of the design value."""
        # The mean of a triangle is a third of the sum of its corners; the other shapes have it halfway.
        return (self.favourable - self.adverse) / (3 if self.shape == "triangular" else 2)

    @property
    def variance(self) -> float:
        """Return the variance: triangle (a^2 + b^2 + a b) / 18, box w^2 / 12, 3 sigma w^2 / 36."""
        a, b = self.favourable, self.adverse
        if self.shape == "triangular":
            return (a * a + b * b + a * b) / 18
        return (a + b) ** 2 / (12 if self.shape == "uniform" else 36)


EXACT = Tolerance()


def tolerance_of(given: Any, where: str) -> Tolerance:
    """Read a tolerance: a number (both sides), ``[favourable, adverse]`` or ``[favourable, adverse, shape]``.

    Raises:
        InputError: it is none of these, or negative.
    """
    parts = list(given) if isinstance(given, list | tuple) else [given, given]
    right = "Write a number, or [favourable, adverse] or [favourable, adverse, a shape]."
    shape = parts.pop() if len(parts) == 3 else "triangular"
    numbers = all(isinstance(part, int | float) and not isinstance(part, bool) for part in parts)
    if len(parts) != 2 or not numbers or shape not in SHAPES:
        raise InputError(f"{given!r} is no tolerance", where=where, right=right)
    if not all(0 <= part < 1000 for part in parts):
        raise InputError(f"{given!r} has a side below 0, or beyond sense", where=where, right=right)
    return Tolerance(float(parts[0]), float(parts[1]), cast(Shape, shape))


class Line(Struct, frozen=True, gc=False):
    """A line of a design control table.

    Attributes:
        key: its name for programs, unit last; a key occurs once in a table.
        label: its name for people.
        value: the design value, in `unit`.
        unit: of value, tolerance, mean and sigma.
        mean, sigma: with the tolerances of all that goes into it.
        section: the part of the table that it stands in.
        tolerance: of a given line; a sum has none of its own.
        source: where the value comes from, or how it was computed.
    """

    key: str
    label: str
    value: float
    unit: str
    mean: float
    sigma: float
    section: str
    tolerance: Tolerance | None = None
    source: str = ""


class Sum(Struct, frozen=True, gc=False):
    """A running sum: its design value, mean and variance."""

    value: float
    mean: float
    variance: float = 0.0

    def __add__(self, other: Sum) -> Sum:
        return Sum(self.value + other.value, self.mean + other.mean, self.variance + other.variance)

    def __sub__(self, other: Sum) -> Sum:
        # Variances add up here as well: independent errors do not cancel.
        return Sum(self.value - other.value, self.mean - other.mean, self.variance + other.variance)

    def plus(self, exact: float) -> Sum:
        """Add a number that has no tolerance."""
        return Sum(self.value + exact, self.mean + exact, self.variance)

    @property
    def sigma(self) -> float:
        """Return the standard deviation."""
        return math.sqrt(self.variance)


def total(sums: Iterable[Sum]) -> Sum:
    """Add sums up."""
    return sum(sums, start=Sum(0.0, 0.0))


class Table(Struct, frozen=True):
    """A design control table.

    Attributes:
        title: what link it is.
        lines: in the order in which they are read.
        notes: sentences about the inputs.
    """

    title: str
    lines: tuple[Line, ...]
    notes: tuple[str, ...] = ()

    def __contains__(self, key: str) -> bool:
        return any(line.key == key for line in self.lines)

    def line(self, key: str) -> Line:
        """Return a line by its key.

        Raises:
            InputError: the table has no such line.
        """
        for line in self.lines:
            if line.key == key:
                return line
        raise InputError(f"the table has no line {key!r}", right="It has " + ", ".join(self.keys()) + ".")

    def keys(self) -> list[str]:
        """Return the keys of all lines."""
        return [line.key for line in self.lines]

    def value(self, key: str) -> float:
        """Return the design value of a line; errors as `line`."""
        return self.line(key).value

    @property
    def probability(self) -> float | None:
        """Return the probability that the margin is not negative.

        None if the table has no margin, or none of its lines a tolerance.
        """
        # Without a spread the answer would be 0 or 1, and no link is that certain.
        if "margin_db" not in self or self.line("margin_db").sigma == 0:
            return None
        # The sum of many independent lines is close to normal, whatever the shape of each.
        margin = self.line("margin_db")
        return 0.5 * math.erfc(-margin.mean / margin.sigma / math.sqrt(2))

    def text(self) -> str:
        """Return the table as text of a fixed pitch."""
        width = max(len(line.label) for line in self.lines)
        rows = [self.title, f"{'':{width}} {'design':>12} {'fav':>6} {'adv':>6} {'mean':>10} {'sigma':>6}"]
        section = ""
        for line in self.lines:
            if line.section != section:
                section = line.section
                rows += ["", section]
            rows.append(_row(line, width))
        if self.probability is not None:
            rows += ["", f"The link closes with a probability of {100 * self.probability:.2f} %."]
        return "\n".join([*rows, *self.notes]) + "\n"

    def to_dict(self) -> dict[str, Any]:
        """Return the table as plain values, for JSON."""
        lines = []
        for line in self.lines:
            row: dict[str, Any] = {name: getattr(line, name) for name in line.__struct_fields__}
            given = line.tolerance
            row["tolerance"] = given and {
                "favourable": given.favourable,
                "adverse": given.adverse,
                "shape": given.shape,
            }
            lines.append(row)
        return {
            "title": self.title,
            "lines": lines,
            "margin_probability": self.probability,
            "notes": list(self.notes),
        }


def number(value: float) -> str:
    """Write a number as a table does: decibels to a hundredth, large ones with powers of ten."""
    if value == 0 or 1e-2 <= abs(value) < 1e6:
        return f"{value:.2f}"
    return f"{value:.4g}"


def _row(line: Line, width: int) -> str:
    fav = adv = mean = sigma = ""
    if line.tolerance is not None and line.tolerance != EXACT:
        fav, adv = f"{line.tolerance.favourable:.2f}", f"{line.tolerance.adverse:.2f}"
    if line.sigma > 0:
        mean, sigma = number(line.mean), f"{line.sigma:.2f}"
    cells = (
        f"{line.label:{width}} {number(line.value):>12} {fav:>6} {adv:>6} {mean:>10} {sigma:>6} {line.unit:6}"
    )
    return f"{cells} {line.source}".rstrip()
