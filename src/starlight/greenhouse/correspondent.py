"""The greenhouse as a correspondent: it lives on a node, tells of its air, and warns of what comes.

Theory of operation. The room is computed from the air that was last measured, as telemetry told it, or from
its file until some was (`computed_room.py`). Once a day it sends what it computes for that moment, as
telemetry, and it writes a letter when the first limit that it foresees comes nearer than a week, and again,
urgent, nearer than a day. Whoever it tells can write to it at any time, and is answered. With each letter
goes the outlook of the room as a part, which a page draws (`outlook_part.py`). A limit is told again only
where it is foreseen half a day sooner than was told; so a measurement that confirms the last one costs nobody
a letter.

It believes the air of those alone whom its keeper named: a stranger's telemetry would be a way to frighten,
or to lull. Whatever it says is a model's word, and it says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec
from msgspec.structs import replace

from starlight.dtntime import DAY
from starlight.errors import InputError
from starlight.greenhouse import outlook_part
from starlight.greenhouse.computed_room import ComputedRoom
from starlight.greenhouse.facility import Facility
from starlight.greenhouse.limits import DEATHS
from starlight.messages.correspondent import (
    Act,
    Correspondent,
    Desk,
    MarkRead,
    NewPart,
    Note,
    SendTelemetry,
    Write,
)
from starlight.messages.draft import Attachment, Draft
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


class ToldLimit(msgspec.Struct, frozen=True):
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
    told: tuple[ToldLimit, ...] = ()
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
        self._room: ComputedRoom | None = None

    def telemetry_came(self, telemetry: Telemetry, desk: Desk) -> Iterable[Act]:
        """Compute the room anew from measured air, if that is newer than what it was computed from."""
        air, at = _air_of(telemetry), telemetry.time
        if telemetry.vehicle not in self._hears or not air or at > desk.now:
            return ()
        if self._kept.air and at <= self._kept.since:
            return ()
        try:
            room = ComputedRoom(self._facility, at, air)
            room.first_limit()
        except InputError:
            return ()  # What no room has, or nothing can be computed from, a broken sensor says.
        self._room, self._kept = room, replace(self._kept, since=at, air=air)
        warnings = self._warnings(desk.now)
        return [Note(room.note(desk.now)), *warnings] if warnings else ()

    def letter_came(self, letter: Letter, desk: Desk) -> Iterable[Act]:
        """Answer one of those whom it tells with how the room is."""
        if letter.sender not in self._tells or not letter.text.strip():
            return ()
        self._begin(desk)
        return (MarkRead(letter.id), self._told(desk.now, letter.sender, reply_to=letter.id))

    def next_wakeup(self) -> int | None:
        """Return when something is to be told."""
        if self._kept.since == NOT_YET:
            return 0
        if not self._kept.reported_at:
            return self._kept.since  # A room that may begin in years is computed when it does.
        report_at = self._kept.reported_at + REPORTED_EVERY
        # Beyond the days of its file it has nothing to say, until air is measured again.
        due = [report_at] if report_at <= self.room.ends else []
        first = self.room.first_limit()
        if first is not None:
            name, at = first
            due += [at - ahead for ahead in (SOON, NEAR) if not self._is_told(name, at, near=ahead == NEAR)]
        return min(due, default=None)

    def handle_timer(self, desk: Desk) -> Iterable[Act]:
        """Send the day's telemetry, and warn of what comes near."""
        acts: list[Act] = []
        self._begin(desk)
        is_first = not self._kept.reported_at
        if desk.now >= self._kept.reported_at + REPORTED_EVERY:
            self._kept = replace(self._kept, reported_at=desk.now)
            acts += [SendTelemetry(self._tells, "greenhouse", readings=self.room.readings(desk.now))]
        warnings = self._warnings(desk.now)
        noted = [Note(self.room.note(desk.now))] if is_first or warnings else []
        return [*noted, *acts, *warnings]

    def save(self) -> bytes:
        """Return what it must know after a restart."""
        return msgspec.json.encode(self._kept)

    def restore(self, data: bytes) -> None:
        """Take up what `save` returned."""
        self._kept, self._room = msgspec.json.decode(data, type=KeptRoom), None

    @property
    def room(self) -> ComputedRoom:
        """Return the room as it is computed from what is known now."""
        if self._room is None:
            self._room = ComputedRoom(self._facility, self._kept.since, self._kept.air)
        return self._room

    def _begin(self, desk: Desk) -> None:
        if self._kept.since == NOT_YET:
            self._kept, self._room = replace(self._kept, since=desk.now), None

    def _warnings(self, now: int) -> list[Act]:
        """Return the letters that tell of a limit that has come near since it was told last."""
        first = self.room.first_limit()
        if first is None:
            return []
        name, at = first
        is_near = at - now <= NEAR
        if at - now > SOON or self._is_told(name, at, near=is_near):
            return []
        others = tuple(each for each in self._kept.told if each.limit != name)
        self._kept = replace(self._kept, told=(*others, ToldLimit(name, at, is_near)))
        priority = Priority.EXPEDITED if is_near or name in DEATHS else Priority.NORMAL
        return [self._told(now, to, priority=priority) for to in self._tells]

    def _told(
        self, now: int, to: str, *, reply_to: str | None = None, priority: Priority = Priority.NORMAL
    ) -> Write:
        """Return a letter about the room: in words, and its outlook as a part for who draws it."""
        about = Attachment("", name="outlook", media_type=outlook_part.MEDIA_TYPE)
        outlook = NewPart(outlook_part.encode(self.room.outlook(now)), about)
        return Write(Draft(to, self.room.report(now), reply_to, priority=priority), parts=(outlook,))

    def _is_told(self, name: str, at: int, *, near: bool) -> bool:
        """Return whether a letter has told of a limit, about when it is foreseen, and as urgently."""
        return any(
            each.limit == name and at > each.at - SOONER and (each.was_near or not near)
            for each in self._kept.told
        )


def _air_of(telemetry: Telemetry) -> dict[str, float]:
    """Return what telemetry says of the air; nothing where oxygen or carbon dioxide is missing."""
    found = {
        name: float(value)
        for name in READINGS
        if isinstance(value := telemetry.readings.get(name), int | float)
    }
    return found if {"o2_percent", "co2_ppm"} <= set(found) else {}
