"""Contact plans as time-varying graphs in the JSON of tvgutil, version 2 (dtn-tvg-util 0.1.5).

Nodes have names. A contact is ``[tx, rx, start, end, ...]`` and then, in a plan that was predicted,
the generations ``[known from, probability, characteristics]`` with characteristics
``[from when, bit/s, delay]``; in a factual one its characteristics ``[from when, bit/s, bit error
rate, delay]``. Times and delays are s, often Unix time; each characteristic holds until the next. The older
versions, which pydtnsim reads, are in `tvgutil_older`.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from itertools import pairwise

import msgspec

from starlight.contacts import settle as rules
from starlight.contacts import tvgutil_older as older
from starlight.contacts.assumed import NOTHING, Assumed
from starlight.contacts.contact import UNLIMITED_BPS, Contact, LightPiece
from starlight.contacts.json_places import Way, lines_of
from starlight.contacts.json_values import Wrong, light_time, moved, rate, seconds, unix_or
from starlight.contacts.node_names import NodeNames
from starlight.contacts.plan import ContactPlan
from starlight.contacts.report import Exported, Imported, ImportReport, Losses, Where, shown
from starlight.contacts.whole_seconds import light_steps
from starlight.dtntime import MILLISECOND, MINUTE, POSIX_EPOCH_OFFSET_S, SECOND
from starlight.errors import InputError

KINDS = ("PredictedContact_v2", "Contact_v2")

GENERATIONS = "contact predicted several times, of which the latest is used"
ERROR_RATE = "bit error rate, which contacts here have not"
UNORDERED = "characteristics that are not in order"
LATE = "characteristics that begin after their contact"
MALFORMED = "entry that is no contact"
CONFIDENCE = "probability that is none"

STEP = 100 * MILLISECOND
"""Light time is written in steps of this: Mars moves by it in half an hour."""

UNLIMITED = 2.0**63
"""What an unlimited rate is written as: the least double that is too large for a rate."""


def read_tvgutil(
    document: object,
    data: bytes,
    name: str,
    report: ImportReport,
    *,
    epoch: int | None = None,
    assumed: Assumed = NOTHING,
) -> Imported:
    """Read a plan; see `formats.read`. Names such as ``7`` and ``ipn:7.0`` are node 7."""
    if not isinstance(document, dict) or not isinstance(document.get("edges"), list):
        raise InputError(
            "it has no list edges", where=name, right='tvgutil writes {"vertices": ..., "edges": [...]}'
        )
    kind = document.get("contact_type")
    if kind is not None and kind not in (*KINDS, *older.KINDS):
        right = f"It is {', '.join((*KINDS, *older.KINDS))}, or left out as pydtnsim does"
        raise InputError(f"contact_type is {shown(kind)}", where=name, right=right)
    for key in document.keys() - {"edges", "vertices", "contact_type"}:
        report.add("ignored", "unknown key", shown(key), (key,))
    names = names_in(document)
    drafts: list[tuple[Where, Contact]] = []
    for where, entry, ends in _entries(document["edges"], report):
        try:
            if kind in KINDS:
                found = [_contact(entry, kind == KINDS[0], names, where, report)]
            else:
                nodes = [node_of(end, names) for end in older.ends_of(entry, ends)]
                found = older.contacts(entry, nodes[0], nodes[1], where, report, assumed)
        except Wrong as error:
            report.add("refused", error.kind, error.text, where)
            continue
        drafts += [(where, contact) for contact in found]
    names.note(report)
    offset, base = unix_or(min((c.start for _, c in drafts), default=None), epoch)
    if offset:
        drafts = moved(drafts, offset, report)
    plan = ContactPlan.of(rules.settle(drafts, report))
    return report.imported(
        plan, "tvgutil", epoch=base, names=names.given, locate=lambda ways: lines_of(data, ways)
    )


def _entries(edges: list[object], report: ImportReport) -> list[tuple[Way, object, object]]:
    """Return the place of each contact, the contact, and the ends of its edge."""
    found: list[tuple[Way, object, object]] = []
    for number, edge in enumerate(edges):
        contacts = edge.get("contacts") if isinstance(edge, dict) else None
        if not isinstance(contacts, list):
            text = f"{shown(edge)}; an edge is an object with vertices and contacts"
            report.add("refused", "entry that is no edge", text, ("edges", number))
            continue
        ends = edge.get("vertices") if isinstance(edge, dict) else None
        found += [(("edges", number, "contacts", index), entry, ends) for index, entry in enumerate(contacts)]
    return found


def names_in(document: dict[str, object]) -> NodeNames:
    """Return numbers for all nodes that the vertices and contacts of a graph name."""
    vertices = document.get("vertices")
    every: list[object] = list(vertices) if isinstance(vertices, dict | list) else []
    for edge in document["edges"] if isinstance(document["edges"], list) else []:
        ends = edge.get("vertices") if isinstance(edge, dict) else None
        every += ends if isinstance(ends, list) else []
        contacts = edge.get("contacts") if isinstance(edge, dict) else None
        for entry in contacts if isinstance(contacts, list) else []:
            # The oldest form has the ends in the edge alone, and times where others have nodes.
            every += entry[:2] if isinstance(entry, list) and len(entry) != older.OLDEST else []
    return NodeNames(str(node) for node in every if isinstance(node, str | int))


def node_of(node: object, names: NodeNames) -> int:
    """Return the number of a node, which has a name or is a number."""
    if isinstance(node, bool) or not isinstance(node, str | int):
        raise Wrong(rules.NODE_NUMBER, f"{shown(node)}; a node has a name")
    return names.number(str(node))


def _contact(entry: object, predicted: bool, names: NodeNames, where: Way, report: ImportReport) -> Contact:
    if not isinstance(entry, list) or len(entry) != 5 or not isinstance(entry[4], list) or not entry[4]:
        raise Wrong(MALFORMED, f"{shown(entry)}; a contact is [tx, rx, start, end, [...]]")
    start, end = seconds(entry[2], "start", rules.TIME), seconds(entry[3], "end", rules.TIME)
    probability, rows = 1.0, entry[4]
    if predicted:
        probability, rows = _generation(rows, where, report)
    pieces = [_characteristic(row, predicted, where, report) for row in rows]
    if any(later[0] < earlier[0] for earlier, later in pairwise(pieces)):
        report.add("repaired", UNORDERED, "put in order", where)
        pieces.sort(key=lambda piece: piece[0])
    # Of what was so before the contact begins only the last counts.
    while len(pieces) > 1 and pieces[1][0] <= start:
        pieces.pop(0)
    if pieces[0][0] > start:
        by = (pieces[0][0] - start) / SECOND
        report.add("repaired", LATE, f"by {by:.12g} s, for which the rate is 0", where)
        pieces.insert(0, (start, 0, pieces[0][2]))
    pieces[0] = (start, *pieces[0][1:])
    rates = [(begin, bps) for begin, bps, _ in pieces if begin == start or begin < end]
    lights = [(begin, light) for begin, _, light in pieces if begin == start or begin < end]
    return Contact(
        0,
        node_of(entry[0], names),
        node_of(entry[1], names),
        start,
        end,
        _steps(rates),
        tuple(LightPiece(begin, SECOND, (light / SECOND,)) for begin, light in _steps(lights)),
        confidence=probability,
    )


def _generation(generations: list[object], where: Way, report: ImportReport) -> tuple[float, list[object]]:
    latest: tuple[int, float, list[object]] | None = None
    for item in generations:
        if not isinstance(item, list) or len(item) != 3 or not isinstance(item[2], list) or not item[2]:
            raise Wrong(MALFORMED, f"{shown(item)}; a generation is [known from, probability, [...]]")
        known, chance = seconds(item[0], "known from", rules.TIME), item[1]
        if isinstance(chance, bool) or not isinstance(chance, int | float) or not 0 <= chance <= 1:
            raise Wrong(CONFIDENCE, f"{shown(chance)}; a probability is from 0 to 1")
        if latest is None or known >= latest[0]:
            latest = (known, float(chance), item[2])
    if latest is None or latest[1] == 0:
        raise Wrong(CONFIDENCE, "0; it is expected not to take place")
    if len(generations) > 1:
        report.add("kept", GENERATIONS, f"{len(generations)} predictions", where)
    return latest[1], latest[2]


def _characteristic(row: object, predicted: bool, where: Way, report: ImportReport) -> tuple[int, int, int]:
    size = 3 if predicted else 4
    if not isinstance(row, list) or len(row) != size:
        form = "[from when, bit/s, delay]" if predicted else "[from when, bit/s, bit error rate, delay]"
        raise Wrong(MALFORMED, f"{shown(row)}; characteristics are {form}")
    if not predicted and row[2]:
        report.add("ignored", ERROR_RATE, shown(row[2]), where)
    return seconds(row[0], "from when", rules.TIME), rate(row[1], "bit/s"), light_time(row[-1], "delay")


def _steps(pieces: list[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Return pieces without those that begin with the next, or change nothing."""
    found: list[tuple[int, int]] = []
    for begin, value in pieces:
        if found and found[-1][0] == begin:
            found.pop()
        if not found or found[-1][1] != value:
            found.append((begin, value))
    return tuple(found)


def write_tvgutil(
    plan: ContactPlan, *, epoch: int | None = None, names: Mapping[int, str] | None = None
) -> Exported:
    """Return a plan as a predicted time-varying graph.

    Args:
        plan: what is to be written.
        epoch: what times count from, in ns; None for Unix time.
        names: what nodes are called; others are called by their number.
    """
    losses = Losses()
    zero = -POSIX_EPOCH_OFFSET_S * SECOND if epoch is None else epoch
    known = names or {}
    edges: dict[tuple[int, int], list[object]] = {}
    for contact in plan.contacts:
        if not losses.usable(contact):
            continue
        if contact.start < zero:
            losses.add("contacts that begin before the time that seconds count from are left out")
            continue
        start, end = _second(contact.start - zero, losses), _second(contact.end - zero, losses)
        rows = [[_second(begin - zero, losses), *values] for begin, *values in _rows(contact, losses)]
        link = (contact.from_node, contact.to_node)
        one, other = (known.get(node, str(node)) for node in link)
        edges.setdefault(link, []).append([one, other, start, end, [[start, contact.confidence, rows]]])
    losses.everywhere(plan)
    vertices: dict[str, list[str]] = {known.get(node, str(node)): [] for node in plan.nodes()}
    for one_node, other_node in edges:
        vertices[known.get(one_node, str(one_node))].append(known.get(other_node, str(other_node)))
    document = {
        "vertices": vertices,
        "edges": [
            {"vertices": [known.get(node, str(node)) for node in link], "contacts": contacts}
            for link, contacts in edges.items()
        ],
        "contact_type": KINDS[0],
    }
    data = msgspec.json.format(msgspec.json.encode(document), indent=0) + b"\n"
    return Exported(data, losses.all(), sum(map(len, edges.values())))


def _second(time: int, losses: Losses) -> float:
    whole, part = divmod(time, SECOND)
    value = whole + part / SECOND
    off = abs(round((value - whole) * SECOND) - part)
    losses.add("times rounded to what a double holds", off, count=off > 0)
    return value


def _rows(contact: Contact, losses: Losses) -> list[tuple[int, float, float]]:
    """Return (from when, bit/s, delay) wherever the rate or the light time takes a step."""
    light: list[tuple[int, int]] = []
    for index, piece in enumerate(contact.light):
        begin = max(piece.start, contact.start)
        last = index + 1 == len(contact.light)
        end = contact.end if last else min(contact.end, contact.light[index + 1].start)
        if begin < end and any(piece.coefficients_s[1:]):
            light += light_steps(contact, begin, end, STEP, MINUTE, losses)
        elif begin < end:
            light.append((begin, piece.at(begin)))
    rows = []
    for begin in sorted({begin for begin, _ in (*contact.rates, *light)}):
        if begin > contact.start and begin >= contact.end:
            break
        bps = contact.rate_bps(begin)
        delay = light[bisect_right(light, begin, key=lambda step: step[0]) - 1][1]
        rows.append((begin, UNLIMITED if bps == UNLIMITED_BPS else float(bps), delay / SECOND))
    return rows
