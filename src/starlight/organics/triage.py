"""The parts of runs that leave first, when a contact carries less than all of them: value by byte.

The value of a part is stated in bits: by how much it lowers the uncertainty, at home, about whether the run
holds an organic marker. Before anything came that is the entropy of the prior; the verdict takes most of it,
the thumbnail lets a person see the shape, the window lets them check the ions, the whole run the rest. Not
answered runs gain more by being seen, for nobody can trust their verdict.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import log2
from typing import TypeVar

from starlight.errors import InputError
from starlight.organics.gas_run import GasRun
from starlight.organics.judgement import Judgement
from starlight.organics.parts import packed_run, thumbnail, verdict


class RunPartKind(StrEnum):
    """The parts of a run, in the order in which they make sense."""

    VERDICT = "verdict"
    THUMBNAIL = "thumbnail"
    WINDOW = "window"
    RUN = "run"


URGENT, NORMAL, BULK = "expedited", "normal", "bulk"
"""Classes of service, by the names that letters have."""

DAY_S = 86_400
LIFETIME_S = {
    RunPartKind.VERDICT: 90 * DAY_S,
    RunPartKind.THUMBNAIL: 30 * DAY_S,
    RunPartKind.WINDOW: 30 * DAY_S,
    RunPartKind.RUN: 14 * DAY_S,
}
"""A verdict is worth its 40 bytes for a season; a whole run is sent again by command, not kept in a queue."""

TAKES = {
    RunPartKind.VERDICT: 0.6,
    RunPartKind.THUMBNAIL: 0.2,
    RunPartKind.WINDOW: 0.15,
    RunPartKind.RUN: 0.05,
}
"""The share of the uncertainty that each part takes where the run got an answer; declared, not measured."""

TAKES_UNANSWERED = {
    RunPartKind.VERDICT: 0.1,
    RunPartKind.THUMBNAIL: 0.5,
    RunPartKind.WINDOW: 0.0,
    RunPartKind.RUN: 0.4,
}
"""The same where it got none: there is no window, and the verdict only says so."""

PRIOR = 0.05
"""How probable a marker is before a run is seen, where the caller says nothing."""


@dataclass(frozen=True)
class RunPart:
    """One part of a run, ready to be sent.

    Args:
        run: its name.
        kind: of the part.
        data: its bytes.
        value_bits: what it is worth.
        priority: its class of service.
        lifetime_s: after how many seconds it is not worth a transmission.
    """

    run: str
    kind: RunPartKind
    data: bytes
    value_bits: float
    priority: str
    lifetime_s: int

    @property
    def link_bytes(self) -> int:
        """Return what it takes of a contact; where something carries it, more than its own bytes."""
        return len(self.data)

    @property
    def value_per_byte(self) -> float:
        """Return the bits of value by byte on the link."""
        return self.value_bits / self.link_bytes


Part = TypeVar("Part", bound=RunPart)


def entropy_bits(p: float) -> float:
    """Return the entropy of a yes or no of probability p, in bits."""
    return 0.0 if p in (0.0, 1.0) else -p * log2(p) - (1 - p) * log2(1 - p)


def parts_of(run: GasRun, judgement: Judgement, prior: float = PRIOR) -> list[RunPart]:
    """Return the parts of a run, in the order in which they make sense.

    Raises:
        InputError: the prior is no probability between 0 and 1.
    """
    if not 0 < prior < 1:
        raise InputError(f"the prior is {prior}", right="It lies between 0 and 1, such as 0.05")
    best = judgement.best
    takes = TAKES_UNANSWERED if judgement.abstained else TAKES
    # A find is worth as much as it surprises, a run without one as much as its being empty says.
    worth = -log2(prior) if best else entropy_bits(prior)
    data = {RunPartKind.VERDICT: verdict(judgement), RunPartKind.THUMBNAIL: thumbnail(run)}
    if best:
        data[RunPartKind.WINDOW] = packed_run(run, *best.peak.window)
    data[RunPartKind.RUN] = packed_run(run)
    priority = {
        RunPartKind.VERDICT: URGENT if best else NORMAL,
        RunPartKind.THUMBNAIL: NORMAL,
        RunPartKind.WINDOW: NORMAL,
        RunPartKind.RUN: BULK,
    }
    return [
        RunPart(run.name, kind, each, worth * takes[kind], priority[kind], LIFETIME_S[kind])
        for kind, each in data.items()
    ]


def choose(runs: Sequence[Sequence[Part]], capacity_bytes: int) -> list[Part]:
    """Return the parts for a contact, in the order in which they are to leave.

    Of each run only the next part competes: a window before its verdict would say nothing. What no longer
    fits is passed over together with what follows it, and smaller parts of other runs still go.

    Args:
        runs: the parts of each run that were not sent yet, in their order.
        capacity_bytes: what the contact carries, as the forecast says.

    Raises:
        InputError: the capacity is negative.
    """
    if capacity_bytes < 0:
        raise InputError(f"{capacity_bytes} bytes", right="A contact carries 0 bytes or more")
    # Ties by the order in which the runs were given: the same input gives the same contact.
    heap = [(-parts[0].value_per_byte, place, 0) for place, parts in enumerate(runs) if parts]
    heapq.heapify(heap)
    chosen: list[Part] = []
    left = capacity_bytes
    while heap:
        _, place, number = heapq.heappop(heap)
        part = runs[place][number]
        if part.link_bytes > left:
            continue  # Nor later: what is left only shrinks.
        chosen.append(part)
        left -= part.link_bytes
        if number + 1 < len(runs[place]):
            heapq.heappush(heap, (-runs[place][number + 1].value_per_byte, place, number + 1))
    return chosen
