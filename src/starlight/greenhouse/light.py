"""Light on the beds: lamps by their hours, or the Sun of Mars through dust and glass; and when it changes."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise

import msgspec

from starlight.greenhouse.facility import FailureSpec, LightSpec

SOL_DAYS = 88_775.244 / 86_400
"""A day of Mars in days of Earth (Allison and McEwen 2000)."""

TOP_PPF = 590.0 * 0.45 * 4.57
"""umol/m2/s above the air of Mars at its mean distance, the Sun overhead: 590 W/m2 (Appelbaum and Flood
1990), of which 45 % is light for plants, at 4.57 umol/J."""

DIMMING = 0.3
"""Net light at the ground falls as exp(-0.3 tau): most of what dust takes from the beam still comes as sky
light. It fits Pollack's table for a Sun overhead (Appelbaum and Flood 1990) within about 10 % for tau from
0.5 to 6."""


class LightSpan(msgspec.Struct, frozen=True):
    """A time in which light is either off, or of one kind throughout.

    Attributes:
        start, end: in days.
        ppf: the mean while it is on, in umol/m2/s; 0 is dark.
        hours: of light in the day around it.
        arch: whether it rises and sets as the Sun does, instead of being steady.
    """

    start: float
    end: float
    ppf: float
    hours: float
    arch: bool = False

    def at(self, day: float) -> float:
        """Return the light at a time in this span, in umol/m2/s."""
        if not self.arch:
            return self.ppf
        part = min(max((day - self.start) / (self.end - self.start), 0.0), 1.0)
        return self.ppf * math.pi / 2 * math.sin(math.pi * part)


def spans(light: LightSpec, days: float, failures: list[FailureSpec]) -> Iterator[LightSpan]:
    """Yield the light from day 0 to an end, in order and without a gap."""
    cuts = [(each.day, each.until_day or math.inf) for each in failures if each.what == "lamps"]
    for span in _mars(light, days) if light.kind == "mars" else _lamps(light, days):
        # Lamps that are broken are dark; the Sun does not fail.
        if light.kind == "mars" or not span.ppf:
            yield span
        else:
            yield from _cut(span, cuts)


def _lamps(light: LightSpec, days: float) -> Iterator[LightSpan]:
    lit = light.hours / 24 if light.kind == "lamps" and light.ppf > 0 else 0.0
    if lit in (0.0, 1.0):
        # In whole days all the same: what happens at their ends needs an end.
        for day in range(math.ceil(days)):
            yield LightSpan(day, min(day + 1.0, days), light.ppf * lit, 24 * lit)
        return
    for day in range(math.ceil(days)):
        yield LightSpan(day, min(day + lit, days), light.ppf, light.hours)
        if day + lit < days:
            yield LightSpan(day + lit, min(day + 1.0, days), 0.0, light.hours)


def _mars(light: LightSpec, days: float) -> Iterator[LightSpan]:
    """Yield the half of each sol that is light, and its night; the Sun passes overhead."""
    for sol in range(math.ceil(days / SOL_DAYS)):
        rise, sunset = sol * SOL_DAYS, (sol + 0.5) * SOL_DAYS
        night = min((sol + 1) * SOL_DAYS, days)
        depth = optical_depth(light, rise)
        noon = TOP_PPF * math.exp(-DIMMING * depth) * light.glass * (1 - light.dust_per_day) ** rise
        if rise < days:
            # A day that the end cuts off keeps the light of its whole: it is small beside the days before.
            yield LightSpan(rise, min(sunset, days), noon * 2 / math.pi, 12 * SOL_DAYS, sunset <= days)
        if sunset < days:
            yield LightSpan(sunset, night, 0.0, 12 * SOL_DAYS)


def optical_depth(light: LightSpec, day: float) -> float:
    """Return the optical depth of the dust above at a day: the deepest storm then, or the usual."""
    storms = [each.optical_depth for each in light.storm if each.start_day <= day < each.end_day]
    return max([light.optical_depth, *storms])


def _cut(span: LightSpan, cuts: list[tuple[float, float]]) -> Iterator[LightSpan]:
    """Yield a lit span with darkness where lamps have failed."""
    marks = {span.start, span.end}
    marks |= {mark for cut in cuts for mark in cut if span.start + 1e-6 < mark < span.end - 1e-6}
    ordered = sorted(marks)
    for start, end in pairwise(ordered):
        dark = any(cut <= start < until for cut, until in cuts)
        yield LightSpan(start, end, 0.0 if dark else span.ppf, span.hours, span.arch)
