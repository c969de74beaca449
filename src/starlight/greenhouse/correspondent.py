"""The greenhouse as a correspondent: it lives on a node, tells of its air, and warns of what comes.

Theory of operation. The room is computed from the air that was last measured, as telemetry told it, or from
its file until some was. Once a day it sends what it computes for that moment, as telemetry, and it writes a
letter when the first limit that it foresees comes nearer than a week, and again, urgent, nearer than a day.
Whoever it tells can write to it at any time, and is answered. A limit is told again only where it is foreseen
half a day sooner than was told; so a measurement that confirms the last one costs nobody a letter.

It believes the air of those alone whom its keeper named: a stranger's telemetry would be a way to frighten,
or to lull. Whatever it says is a model's word, and it says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec
from msgspec.structs import replace

from starlight.dtntime import DAY, HOUR, to_text
from starlight.errors import InputError
from starlight.greenhouse.facility import Facility
from starlight.greenhouse.limits import DEATHS
from starlight.greenhouse.time_line import COARSE, RoomTimeLine, Sample, simulate
from starlight.messages.correspondent import Act, Correspondent, Desk, MarkRead, SendTelemetry, Write
from starlight.messages.draft import Draft
from starlight.messages.letter import Letter, Telemetry
from starlight.routing import Priority

REPORTED_EVERY = DAY
"""Telemetry of a room changes by hours; a day's costs a thin link half a minute a year."""

SOON, NEAR = 7 * DAY, DAY
"""A week is time to mend a lamp or to walk to another shelter; a day is time to leave."""

SOONER = DAY // 2
"""By how much sooner a limit must be foreseen to be told again."""

NOT_YET = -1
"""The time of a room that has not begun."""

READINGS = ("o2_percent", "co2_ppm", "pressure_kpa", "temperature_c", "humidity")
"""The readings that are taken for the room's air, by the names of its file; of the dry air but for humidity,
which is relative, 0 to 1."""

NOT_A_DEVICE = "A model's word, for research and training. It replaces no measurement and no safety device."


class Told(msgspec.Struct, frozen=True):
    """A limit of which a letter told.

    Attributes:
        limit: its name.
        at: when it was foreseen then, in ns.
        was_near: the letter was an urgent one.
    """

    limit: str
    at: int
    was_near: bool


class KeptRoom(msgspec.Struct, frozen=True):
    """All that the correspondent must know after a restart; times in ns.

    Attributes:
        since: from when the room is computed; `NOT_YET` before its first call.
        air: what was measured then, by the names of `READINGS`; empty as long as nothing was.
        told: the limits that were told since, each once.
        reported_at: when telemetry was sent last; 0 for never.
    """

    since: int
    air: dict[str, float] = {}
    told: tuple[Told, ...] = ()
    reported_at: int = 0


class GreenhouseKeeper(Correspondent):
    """Tells of one room.

    Args:
        address: of its mailbox.
        facility: the room, checked.
        since: when it is as its file says, in ns; None for its first call.
        tells: the addresses that it tells; they alone are answered.
        hears: the addresses whose telemetry is taken for the room's air.
    """

    def __init__(
        self, address: str, facility: Facility, since: int | None, tells: Sequence[str], hears: Sequence[str]
    ) -> None:
        self.address = address
        self._facility = facility
        self._tells = tuple(tells)
        self._hears = frozenset(hears)
        self._kept = KeptRoom(NOT_YET if since is None else since)
        self._computed: tuple[KeptRoom, RoomTimeLine] | None = None

    def telemetry_came(self, telemetry: Telemetry, desk: Desk) -> Iterable[Act]:
        """Compute the room anew from measured air, if that is newer than what it was computed from."""
        air = _air_of(telemetry)
        is_news = self._kept.since < telemetry.time <= desk.now or not self._kept.air
        if telemetry.vehicle not in self._hears or not air or not is_news:
            return ()
        try:
            _with_air(self._facility, air)
        except InputError:
            return ()  # What no room has, a broken sensor says.
        self._kept = replace(self._kept, since=telemetry.time, air=air)
        return self._warnings(desk)

    def letter_came(self, letter: Letter, desk: Desk) -> Iterable[Act]:
        """Answer one of those whom it tells with how the room is."""
        if letter.sender not in self._tells or not letter.text.strip():
            return ()
        self._begin(desk)
        answer = Draft(letter.sender, self.report(desk.now), letter.id)
        return (MarkRead(letter.id), Write(answer))

    def next_wakeup(self) -> int | None:
        """Return when something is to be told."""
        if self._kept.since == NOT_YET:
            return 0
        due = [self._kept.reported_at + REPORTED_EVERY if self._kept.reported_at else self._kept.since]
        first = self.first_limit()
        if first is not None:
            name, at = first
            due += [at - ahead for ahead in (SOON, NEAR) if not self._is_told(name, at, near=ahead == NEAR)]
        return min(due)

    def handle_timer(self, desk: Desk) -> Iterable[Act]:
        """Send the day's telemetry, and warn of what comes near."""
        acts: list[Act] = []
        self._begin(desk)
        if desk.now >= self._kept.reported_at + REPORTED_EVERY:
            self._kept = replace(self._kept, reported_at=desk.now)
            acts += [SendTelemetry(self._tells, "greenhouse", readings=self.readings(desk.now))]
        return [*acts, *self._warnings(desk)]

    def save(self) -> bytes:
        """Return what it must know after a restart."""
        return msgspec.json.encode(self._kept)

    def restore(self, data: bytes) -> None:
        """Take up what `save` returned."""
        self._kept = msgspec.json.decode(data, type=KeptRoom)

    def _begin(self, desk: Desk) -> None:
        if self._kept.since == NOT_YET:
            self._kept = replace(self._kept, since=desk.now)

    # The room.

    def first_limit(self) -> tuple[str, int] | None:
        """Return the first limit that is foreseen to be crossed, by name, and when, in ns; None for none."""
        crossings = self._time_line().crossings
        return (crossings[0].limit, self._moment(crossings[0].day)) if crossings else None

    def readings(self, now: int) -> dict[str, float | int | str]:
        """Return the computed air of the room at a time, in ns, with when the first limit comes."""
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
        told["computed_from_h"] = round((now - self._kept.since) / HOUR, 1)
        first = self.first_limit()
        if first is not None:
            told |= {"first_limit": first[0], "first_limit_in_h": round((first[1] - now) / HOUR, 1)}
        return told

    def report(self, now: int) -> str:
        """Return how the room is at a time, in ns, and what comes, in words."""
        measured = "as it was measured" if self._kept.air else "as its file says"
        name = self._facility.title or "The greenhouse"
        lines = [f"{name}, computed from the air {measured}, {to_text(self._kept.since)}:"]
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
        lines += [f"Note: {flag}." for flag in self._time_line().flags]
        return "\n".join([*lines, NOT_A_DEVICE])

    def _what_comes(self, now: int) -> str:
        crossings = self._time_line().crossings
        if not crossings:
            last = to_text(self._moment(self._facility.days))
            return f"No limit is foreseen to be crossed until {last}."
        first = crossings[0]
        words = [f"First limit: {first.text}, {_when(self._moment(first.day), now)}."]
        death = self._time_line().death
        if death is not None and death != first:
            words.append(f"People live until about {to_text(self._moment(death.day))}: then {death.text}.")
        return " ".join(words)

    def _warnings(self, desk: Desk) -> Iterable[Act]:
        """Return the letters that tell of a limit that has come near since it was told last."""
        first = self.first_limit()
        if first is None:
            return []
        name, at = first
        is_near = at - desk.now <= NEAR
        if at - desk.now > SOON or self._is_told(name, at, near=is_near):
            return []
        others = tuple(each for each in self._kept.told if each.limit != name)
        self._kept = replace(self._kept, told=(*others, Told(name, at, is_near)))
        priority = Priority.EXPEDITED if is_near or name in DEATHS else Priority.NORMAL
        return [Write(Draft(to, self.report(desk.now), priority=priority)) for to in self._tells]

    def _is_told(self, name: str, at: int, *, near: bool) -> bool:
        """Return whether a letter has told of a limit, about when it is foreseen, and as urgently."""
        return any(
            each.limit == name and at > each.at - SOONER and (each.was_near or not near)
            for each in self._kept.told
        )

    def _time_line(self) -> RoomTimeLine:
        # A second of computing: kept for as long as it is computed from the same air.
        known = self._computed
        if known is None or (known[0].since, known[0].air) != (self._kept.since, self._kept.air):
            facility = _with_air(self._facility, self._kept.air)
            known = self._computed = (self._kept, simulate(facility, tolerance=COARSE))
        return known[1]

    def _sample(self, now: int) -> Sample | None:
        """Return the computed room of the day of a time, in ns; None beyond the days that are computed."""
        day = (now - self._kept.since) / DAY
        samples = self._time_line().samples
        if day > max(samples[-1].day, 1e-9) and day > 0:
            return None
        return next((each for each in reversed(samples) if each.day <= max(day, 0.0)), None)

    def _moment(self, day: float) -> int:
        return self._kept.since + round(day * DAY)


def _air_of(telemetry: Telemetry) -> dict[str, float]:
    """Return what telemetry says of the air; nothing where oxygen or carbon dioxide is missing."""
    found = {
        name: float(value)
        for name in READINGS
        if isinstance(value := telemetry.readings.get(name), int | float)
    }
    return found if {"o2_percent", "co2_ppm"} <= set(found) else {}


def _with_air(facility: Facility, air: dict[str, float]) -> Facility:
    """Return a facility with measured air.

    Raises:
        InputError: no room has such air.
    """
    if not air:
        return facility
    told = msgspec.to_builtins(facility.room) | air
    try:
        return replace(facility, room=msgspec.convert(told, type(facility.room)))
    except msgspec.ValidationError as error:
        raise InputError(f"no room has such air: {error}", where="air") from None


def _when(at: int, now: int) -> str:
    """Return when something is, in words, beside a time; both in ns."""
    hours = abs(at - now) / HOUR
    span = f"{hours / 24:.1f} days" if hours >= 48 else f"{hours:.0f} hours"
    return f"{to_text(at)}, in {span}" if at > now else f"since {to_text(at)}, {span} ago"
