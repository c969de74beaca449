"""The older forms of tvgutil's graphs, which pydtnsim reads as its own contact plans.

* Version 1 (``contact_type`` is ``PredictedContact``, ``Contact`` or, with pydtnsim, left out): a contact is
  ``[tx, rx, start, end, generations or bit/s, probability or bit error rate, delay]``, one direction. A
  generation is ``[known from, volume in bits]``; the rate is the volume over the contact's length, as
  pydtnsim takes it.
* Before it: a contact is ``[start, end, probability]`` of the two `vertices` of its edge, and stands for both
  directions. Neither a rate nor a delay is in the file; pydtnsim is told them by its caller.

Source: pydtnsim 0.5, `ContactPlan.load_dtn_tvg_plan` and its two schemas.
"""

from __future__ import annotations

from starlight.contacts import assumed as stand_in
from starlight.contacts.assumed import Assumed
from starlight.contacts.contact import UNLIMITED_BPS, Contact, LightPiece
from starlight.contacts.json_places import Way
from starlight.contacts.json_values import Wrong, light_time, rate, seconds
from starlight.contacts.report import ImportReport, shown
from starlight.contacts.settle import RATE, TIME
from starlight.dtntime import SECOND

OLDEST = 3
"""So many values has a contact of the oldest form."""

KINDS = ("PredictedContact", "Contact")

NO_RATE = "contact without a rate, which the form has not; taken for unlimited"
NO_LIGHT = "contact without a delay, which the form has not; taken for 0 s"
DELAY = "delay of version 1, in s; pydtnsim takes it for ms"
ERROR_RATE = "bit error rate, which contacts here have not"
GENERATIONS = "contact predicted several times, of which the latest is used"
MALFORMED = "entry that is no contact"
CONFIDENCE = "probability that is none"


def ends_of(entry: object, ends: object) -> tuple[object, object]:
    """Return what a contact calls its two nodes; the oldest form has them in the edge alone."""
    if isinstance(entry, list) and len(entry) == 7:
        return entry[0], entry[1]
    if isinstance(entry, list) and len(entry) == OLDEST:
        if isinstance(ends, list) and len(ends) == 2:
            return ends[0], ends[1]
        raise Wrong(MALFORMED, f"its edge has the vertices {shown(ends)}; an edge has two")
    raise Wrong(MALFORMED, f"{shown(entry)}; a contact is [tx, rx, start, end, ...] or [start, end, ...]")


def contacts(
    entry: object, from_node: int, to_node: int, where: Way, report: ImportReport, assumed: Assumed
) -> list[Contact]:
    """Return the contacts of an entry: one of version 1, both directions of one before it."""
    assert isinstance(entry, list)  # `ends_of` has looked.
    if len(entry) == 7:
        return [_version_1(entry, from_node, to_node, where, report)]
    start, end = seconds(entry[0], "start", TIME), seconds(entry[1], "end", TIME)
    bps, light = assumed.rate_bps, assumed.light
    report.add(
        "repaired",
        NO_RATE if bps is None else stand_in.NO_RATE,
        "--rate gives another" if bps is None else f"{bps} bit/s",
        where,
    )
    report.add(
        "repaired",
        NO_LIGHT if light is None else stand_in.NO_LIGHT,
        "--light-time gives another" if light is None else f"{light / SECOND:.12g} s",
        where,
    )
    rates = ((start, UNLIMITED_BPS if bps is None else bps),)
    pieces = (LightPiece(start, SECOND, ((light or 0) / SECOND,)),)
    sure = _probability(entry[2])
    return [
        Contact(0, *link, start, end, rates, pieces, confidence=sure)
        for link in ((from_node, to_node), (to_node, from_node))
    ]


def _version_1(
    entry: list[object], from_node: int, to_node: int, where: Way, report: ImportReport
) -> Contact:
    start, end = seconds(entry[2], "start", TIME), seconds(entry[3], "end", TIME)
    sure = 1.0
    if isinstance(entry[4], list):
        bps, sure = _predicted_rate(entry[4], start, end, where, report), _probability(entry[5])
    else:
        bps = rate(entry[4], "bit/s")
        if entry[5]:
            report.add("ignored", ERROR_RATE, shown(entry[5]), where)
    light = light_time(entry[6], "delay")
    if light:
        report.add("kept", DELAY, f"{light / SECOND:.12g} s", where)
    pieces = (LightPiece(start, SECOND, (light / SECOND,)),)
    return Contact(0, from_node, to_node, start, end, ((start, bps),), pieces, confidence=sure)


def _predicted_rate(generations: list[object], start: int, end: int, where: Way, report: ImportReport) -> int:
    """Return the rate at which the volume of the latest prediction just fits into the contact, in bit/s."""
    latest: tuple[int, int] | None = None
    for item in generations:
        if not isinstance(item, list) or len(item) != 2:
            raise Wrong(MALFORMED, f"{shown(item)}; a generation is [known from, volume in bits]")
        known, volume = seconds(item[0], "known from", TIME), rate(item[1], "volume")
        if latest is None or known >= latest[0]:
            latest = (known, volume)
    if latest is None:
        raise Wrong(RATE, "[]; a contact has a prediction of its volume at least")
    if len(generations) > 1:
        report.add("kept", GENERATIONS, f"{len(generations)} predictions", where)
    # A contact without length is refused with its own reason later.
    return min(latest[1] * SECOND // max(end - start, 1), UNLIMITED_BPS)


def _probability(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 1:
        raise Wrong(CONFIDENCE, f"{shown(value)}; a probability is over 0 up to 1")
    return float(value)
