"""A room computed from a moment on: how its air is at a time, which limit comes first, in words and numbers.

Moments are mission time in ns; the model counts days from the one at which the air was known.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

import msgspec
from msgspec.structs import replace

from starlight.dtntime import DAY, HOUR, to_text
from starlight.errors import InputError
from starlight.faults import Faults
from starlight.greenhouse.checks import check
from starlight.greenhouse.facility import Facility
from starlight.greenhouse.limits import DEATHS
from starlight.greenhouse.outlook_part import AirSample, ForeseenLimit, RoomOutlook
from starlight.greenhouse.time_line import COARSE, RoomTimeLine, Sample, simulate

OUTLOOK_SAMPLES = 200
"""A picture on a phone has no more places beside each other, and so many pack into some 4 kB."""

WORDS_MAX = 200
"""Of a name or a sentence in an outlook (`outlook_part.py`)."""

NOT_A_DEVICE = "A model's word, for research and training. It replaces no measurement and no safety device."


class ComputedRoom:
    """A room from the moment at which its air was known.

    Args:
        facility: checked.
        since: that moment, in ns.
        air: what was measured then, by the names of its file; empty where the file says it.

    Raises:
        InputError: no room has such air.
    """

    def __init__(self, facility: Facility, since: int, air: Mapping[str, float]) -> None:
        self.since = since
        self._facility = _with_air(facility, air)
        self._is_measured = bool(air)

    @cached_property
    def time_line(self) -> RoomTimeLine:
        """Return how it goes, for as many days as its file says; computed once, in a second or so.

        Raises:
            InputError: its rates are beyond what can be solved.
        """
        return simulate(self._facility, tolerance=COARSE)

    @property
    def ends(self) -> int:
        """The moment up to which it is computed, in ns: after the days of its file, or at a death."""
        return self._moment(self.time_line.samples[-1].day)

    def first_limit(self) -> tuple[str, int] | None:
        """Return the first limit that is foreseen to be crossed, by name, and when, in ns; None for none."""
        crossings = self.time_line.crossings
        return (crossings[0].limit, self._moment(crossings[0].day)) if crossings else None

    def readings(self, now: int) -> dict[str, float | int | str]:
        """Return the computed air at a time, in ns, with when the first limit comes; units end the names."""
        told: dict[str, float | int | str] = {}
        sample = self._sample(now)
        if sample is not None:
            told = {
                "oxygen_percent": round(sample.o2_percent, 2),
                "o2_kpa": round(sample.o2_kpa, 3),
                "co2_kpa": round(sample.co2_kpa, 4),
                "pressure_kpa": round(sample.pressure_kpa, 2),
                "temperature_c": round(sample.temperature_c, 1),
                "water_kg": round(sample.water_kg, 1),
            }
        told["computed_from_h"] = round((now - self.since) / HOUR, 1)
        first = self.first_limit()
        if first is not None:
            told |= {"first_limit": first[0], "first_limit_in_h": round((first[1] - now) / HOUR, 1)}
        return told

    def outlook(self, now: int) -> RoomOutlook:
        """Return how it goes from a time on, in ns, as it travels: at most `OUTLOOK_SAMPLES` moments.

        Limits that were foreseen to be crossed before that time are among them: they hold still.
        """
        line = self.time_line
        day = (now - self.since) / DAY
        first = max((n for n, each in enumerate(line.samples) if each.day <= day), default=0)
        return RoomOutlook(
            name=self._facility.title[:WORDS_MAX] or "The greenhouse",
            since=self.since,
            measured=self._is_measured,
            samples=tuple(self._air(each) for each in _thinned(line.samples[first:])),
            limits=tuple(
                ForeseenLimit(each.limit, each.text[:WORDS_MAX], self._moment(each.day), each.limit in DEATHS)
                for each in line.crossings
            ),
            flags=tuple(flag[:WORDS_MAX] for flag in line.flags),
        )

    def _air(self, sample: Sample) -> AirSample:
        return AirSample(
            self._moment(sample.day),
            round(sample.o2_kpa, 3),
            round(sample.co2_kpa, 4),
            round(sample.pressure_kpa, 2),
            round(sample.temperature_c, 1),
            round(sample.water_kg, 1),
        )

    def report(self, now: int) -> str:
        """Return how it is at a time, in ns, and what comes, in words."""
        known = "as it was measured" if self._is_measured else "as its file says"
        name = self._facility.title or "The greenhouse"
        lines = [f"{name}, computed from the air {known}, {to_text(self.since)}:"]
        sample = self._sample(now)
        if sample is None:
            days = self._facility.days
            lines.append(f"nothing: that is more than {days:g} days ago. Measure the air again.")
        else:
            lines.append(
                f"oxygen {sample.o2_kpa:.2f} kPa ({sample.o2_percent:.2f} %), carbon dioxide "
                f"{sample.co2_kpa:.3f} kPa ({sample.co2_percent:.2f} %), "
                f"{sample.pressure_kpa:.1f} kPa in all, "
                f"{sample.temperature_c:.1f} degrees Celsius, {sample.water_kg:.0f} kg of water."
            )
        lines.append(self._what_comes(now))
        if share := self._plants_share():
            lines.append(f"{share}.")
        lines += [f"Note: {flag}." for flag in self.time_line.flags]
        return "\n".join([*lines, NOT_A_DEVICE])

    def note(self, now: int) -> str:
        """Return how it is at a time, in ns, and what comes, in a sentence."""
        sample = self._sample(now)
        air = "" if sample is None else f"O2 {sample.o2_kpa:.2f} kPa, CO2 {sample.co2_kpa:.3f} kPa"
        share = self._plants_share()
        return " ".join(filter(None, (f"{air}.", self._what_comes(now), f"{share}." if share else "")))

    def _plants_share(self) -> str:
        """Return how much of the oxygen that people take the plants give over the computed days, in words."""
        people, line = self._facility.people, self.time_line
        taken = people.count * people.o2_kg_per_day * people.activity * line.samples[-1].day
        if not self._facility.bed or taken <= 0:
            return ""
        part, days = line.totals["crop_o2"] / taken, line.samples[-1].day
        if part < 0:
            return f"In {days:.1f} days the plants take as much oxygen as {-part:.1%} of what people breathe"
        return f"In {days:.1f} days the plants give {part:.1%} of the oxygen that people breathe"

    def _what_comes(self, now: int) -> str:
        crossings = self.time_line.crossings
        if not crossings:
            last = to_text(self._moment(self._facility.days))
            return f"No limit is foreseen to be crossed until {last}."
        first = crossings[0]
        words = [f"First limit: {first.text}, {_when(self._moment(first.day), now)}."]
        death = self.time_line.death
        if death is not None and death != first:
            words.append(f"People live until about {to_text(self._moment(death.day))}: then {death.text}.")
        return " ".join(words)

    def _sample(self, now: int) -> Sample | None:
        """Return the computed room of the day of a time, in ns; None beyond the days that are computed."""
        day = (now - self.since) / DAY
        samples = self.time_line.samples
        if day > max(samples[-1].day, 0.0):
            return None
        return next((each for each in reversed(samples) if each.day <= max(day, 0.0)), None)

    def _moment(self, day: float) -> int:
        return self.since + round(day * DAY)


def _thinned(samples: Sequence[Sample]) -> Sequence[Sample]:
    """Return at most `OUTLOOK_SAMPLES`, as far apart as can be; the first and the last among them."""
    last = len(samples) - 1
    if last < OUTLOOK_SAMPLES:
        return samples
    return [samples[n * last // (OUTLOOK_SAMPLES - 1)] for n in range(OUTLOOK_SAMPLES)]


def _with_air(facility: Facility, air: Mapping[str, float]) -> Facility:
    """Return a facility with measured air.

    Raises:
        InputError: no room has such air.
    """
    if not air:
        return facility
    told = msgspec.to_builtins(facility.room) | dict(air)
    try:
        measured = replace(facility, room=msgspec.convert(told, type(facility.room)))
    except msgspec.ValidationError as error:
        raise InputError(f"no room has such air: {error}", where="air") from None
    # What no single reading can know: that there is not more of all gases than all.
    faults = Faults()
    check(measured, faults)
    if faults.found:
        raise next(iter(faults.found.values()))
    return measured


def _when(at: int, now: int) -> str:
    """Return when something is, in words, beside a time; both in ns."""
    hours = abs(at - now) / HOUR
    span = f"{hours / 24:.1f} days" if hours >= 48 else f"{hours:.0f} hours"
    return f"{to_text(at)}, in {span}" if at > now else f"since {to_text(at)}, {span} ago"
