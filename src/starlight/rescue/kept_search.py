"""The memory of a search at a node: values, the same whatever order their sources came in."""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec.structs import replace

from starlight.dtntime import SECOND
from starlight.search.detection import Law
from starlight.search.search_report import Points, SearchedArea, SearchReport

MOST_REPORTS = 100
"""A search of days by a dozen people; each costs the belief some milliseconds, and none is let go."""

MOST_CORNERS = 200
"""Of one searched area: each of them is looked at for every hypothesis."""

Taken = Literal["new", "same", "other", "full"]
"""What becomes of a report: it is new, it is here, another of its id says other things, there is no room."""

Phase = Literal["watching", "searching", "found"]


class KeptFix(msgspec.Struct, frozen=True, order=True):
    """A position that the suit told: when, in ns, easting and northing in m."""

    at: int
    east_m: float
    north_m: float


class KeptOxygen(msgspec.Struct, frozen=True, order=True):
    """The oxygen that the suit told: when, in ns, and how much."""

    at: int
    kg: float


class KeptReport(msgspec.Struct, frozen=True):
    """A search that found nothing; times in ns, as `SearchReport` otherwise.

    Attributes:
        sender: who reported it; empty for the search's own file.
        written: when they did; 0 for that file.
    """

    id: str
    begin: int
    end: int
    corners: Points
    radius_m: float
    coverage: float
    law: Law
    sender: str = ""
    written: int = 0

    @classmethod
    def of(cls, report: SearchReport, start: int, sender: str = "", written: int = 0) -> KeptReport:
        """Return a report whose seconds count from a moment, in ns."""
        begin, end = (start + round(each * SECOND) for each in (report.begin_s, report.end_s))
        area = report.area
        return cls(
            report.id,
            begin,
            end,
            tuple((float(east), float(north)) for east, north in area.corners),
            float(area.radius_m),
            float(report.coverage),
            report.law,
            sender,
            written,
        )

    def since(self, start: int) -> SearchReport:
        """Return it with seconds that count from a moment, in ns."""
        begin_s, end_s = ((each - start) / SECOND for each in (self.begin, self.end))
        area = SearchedArea(self.corners, self.radius_m)
        return SearchReport(self.id, begin_s, end_s, area, self.coverage, self.law)

    def says(self) -> KeptReport:
        """Return what it says, whoever says it."""
        return replace(self, sender="", written=0)


class KnownOfLost(msgspec.Struct, frozen=True):
    """Knowledge of a lost one besides the search's file.

    Attributes:
        fix, oxygen: the newest that was measured.
        reports: by id, each once.
    """

    fix: KeptFix | None = None
    oxygen: KeptOxygen | None = None
    reports: tuple[KeptReport, ...] = ()

    def with_measured(self, fix: KeptFix | None, oxygen: KeptOxygen | None) -> KnownOfLost:
        """Return it with what a suit told, where that is newer."""
        return replace(
            self,
            fix=max((each for each in (self.fix, fix) if each is not None), default=None),
            oxygen=max((each for each in (self.oxygen, oxygen) if each is not None), default=None),
        )

    def with_report(self, report: KeptReport, given: tuple[KeptReport, ...]) -> tuple[KnownOfLost, Taken]:
        """Return it with a report, and what has become of that.

        Args:
            report: what came.
            given: the reports of the search's file, which hold over others.
        """
        here = next((each for each in (*given, *self.reports) if each.id == report.id), None)
        if here is None:
            if len(self.reports) >= MOST_REPORTS:
                return self, "full"
            return self._with(report), "new"
        taken: Taken = "same" if here.says() == report.says() else "other"
        # Of two that say different things the one that was written first holds, in whichever order they came:
        # nobody's belief may hang on the way that a letter took.
        first = min(here, report, key=lambda each: (each.written, each.sender, msgspec.json.encode(each)))
        return (self if here in given else self._with(first)), taken

    def _with(self, report: KeptReport) -> KnownOfLost:
        others = [each for each in self.reports if each.id != report.id]
        return replace(self, reports=tuple(sorted((*others, report), key=lambda each: each.id)))


class ToldAnswer(msgspec.Struct, frozen=True):
    """The answer that all were told last.

    Attributes:
        at: when, in ns.
        alive: P(alive) that it said, in ten-thousandths; None where nothing could be computed.
        known: from what.
    """

    at: int
    alive: int | None
    known: KnownOfLost


class KeptSearch(msgspec.Struct, frozen=True):
    """All that a search at a node must know after a restart; times in ns.

    Attributes:
        known: what came.
        heard_at: when the newest telemetry of the suit was measured; None for none.
        open_from: before it nothing of the suit can come, as the contact plan said; None where it said none.
        phase: whether somebody is searched for.
        told: what all were told; None for nothing.
        has_news: something came of which nobody has asked yet what it changes.
        considered_at: when that was last asked.
        disputed: ids of reports of which two say different things, as far as that was told.
        refused_at: when telemetry was last refused by a letter, by its sender.
    """

    known: KnownOfLost = KnownOfLost()
    heard_at: int | None = None
    open_from: int | None = None
    phase: Phase = "watching"
    told: ToldAnswer | None = None
    has_news: bool = False
    considered_at: int = 0
    disputed: tuple[str, ...] = ()
    refused_at: dict[str, int] = {}
