"""Contact plans as HDTN reads and writes them: a JSON list of contacts in whole seconds.

One rate and one light time in a contact. ``rateBitsPerSec`` is in bit/s, 0 for unlimited; the older
``rate`` is in Mbit/s. Times are s from the start of the plan, or Unix time (module/router of HDTN).
Nodes are numbers there; tools around HDTN also write names, which get numbers here.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from starlight.contacts import assumed as stand_in
from starlight.contacts import settle as rules
from starlight.contacts.assumed import NOTHING, Assumed
from starlight.contacts.contact import UNLIMITED_BPS, Contact, LightPiece
from starlight.contacts.json_places import lines_of
from starlight.contacts.json_values import (
    Wrong,
    light_time,
    moved,
    node_number,
    rate,
    seconds,
    unix_or,
)
from starlight.contacts.node_names import NodeNames, is_name, own_number
from starlight.contacts.plan import ContactPlan
from starlight.contacts.report import Exported, Imported, ImportReport, Losses, Where, shown
from starlight.contacts.whole_seconds import WholePiece, whole_pieces
from starlight.dtntime import POSIX_EPOCH_OFFSET_S, SECOND
from starlight.errors import InputError

NO_RATE = "contact without a rate, which HDTN takes for unlimited"
NO_LIGHT = "contact without owlt, which HDTN takes for 0 s"
MEGABITS = "older rate in Mbit/s"
UNKNOWN_KEY = "unknown key"
NO_CONTACT = "entry that is no contact"

_KEYS = frozenset({"contact", "source", "dest", "startTime", "endTime", "rateBitsPerSec", "rate", "owlt"})
_NEEDED = ("source", "dest", "startTime", "endTime")


def read_hdtn(
    document: object,
    data: bytes,
    name: str,
    report: ImportReport,
    *,
    epoch: int | None = None,
    assumed: Assumed = NOTHING,
) -> Imported:
    """Read a plan; see `formats.read`."""
    entries = document.get("contacts") if isinstance(document, dict) else None
    if not isinstance(entries, list) or not isinstance(document, dict):
        raise InputError("it has no list contacts", where=name, right='HDTN writes {"contacts": [...]}')
    for key in document.keys() - {"contacts"}:
        report.add("ignored", UNKNOWN_KEY, shown(key), (key,))
    names = NodeNames(_names(entries))
    names.note(report)
    drafts: list[tuple[Where, Contact]] = []
    ids = True
    for index, entry in enumerate(entries):
        where = ("contacts", index)
        try:
            contact = _contact(entry, where, report, names, assumed)
        except Wrong as error:
            report.add("refused", error.kind, error.text, where)
            continue
        ids = ids and contact.id >= 0
        drafts.append((where, contact))
    # HDTN counts from the start of the plan or from 1970 and does not say which. A plan whose earliest
    # start would lie decades after 2000 in the first reading can only mean the second.
    offset, base = unix_or(min((c.start for _, c in drafts), default=None), epoch)
    if offset:
        drafts = moved(drafts, offset, report)
    plan = ContactPlan.of(rules.settle(drafts, report, own_ids=ids))
    return report.imported(
        plan, "hdtn", epoch=base, names=names.given, locate=lambda ways: lines_of(data, ways)
    )


def _names(entries: list[object]) -> list[str]:
    ends = [entry.get(key) for entry in entries if isinstance(entry, dict) for key in ("source", "dest")]
    # Numbers are among them: a name must not get one that the plan uses.
    return [str(end) for end in ends if is_name(end) or own_number(str(end)) is not None]


def _node(value: object, key: str, names: NodeNames) -> int:
    return names.number(str(value)) if is_name(value) else node_number(value, key)


def _contact(
    entry: object, where: Where, report: ImportReport, names: NodeNames, assumed: Assumed
) -> Contact:
    if not isinstance(entry, dict):
        raise Wrong(NO_CONTACT, f"{shown(entry)}; a contact is an object")
    for key in _NEEDED:
        if key not in entry:
            raise Wrong(NO_CONTACT, f"it has no {key}; a contact has {', '.join(_NEEDED)}")
    if not entry.keys() <= _KEYS:
        report.add(
            "ignored", UNKNOWN_KEY, ", ".join(shown(key) for key in sorted(entry.keys() - _KEYS)), where
        )
    start = seconds(entry["startTime"], "startTime", rules.TIME)
    end = seconds(entry["endTime"], "endTime", rules.TIME)
    if "rateBitsPerSec" in entry:
        bps = rate(entry["rateBitsPerSec"], "rateBitsPerSec")
    elif "rate" in entry:
        bps = rate(entry["rate"], "rate", 1_000_000)
        report.add("kept", MEGABITS, f"rate {shown(entry['rate'])} is {bps} bit/s", where)
    elif assumed.rate_bps is not None:
        bps = assumed.rate_bps
        report.add("repaired", stand_in.NO_RATE, f"{bps} bit/s", where)
    else:
        # HDTN takes a missing rate for 0, and 0 for unlimited; so do we, but it is said.
        bps = 0
        report.add("repaired", NO_RATE, "it has neither rateBitsPerSec nor rate", where)
    light = _light(entry, where, report, assumed)
    if "owlt" in entry and light % SECOND:
        report.add("kept", "fraction of a second of light time", f"owlt {shown(entry['owlt'])}", where)
    id = entry.get("contact", -1)
    return Contact(
        id if isinstance(id, int) and not isinstance(id, bool) and 0 <= id < 2**63 else -1,
        _node(entry["source"], "source", names),
        _node(entry["dest"], "dest", names),
        start,
        end,
        ((start, bps or UNLIMITED_BPS),),
        (LightPiece(start, SECOND, (light / SECOND,)),),
    )


def _light(entry: dict[str, object], where: Where, report: ImportReport, assumed: Assumed) -> int:
    if "owlt" in entry:
        return light_time(entry["owlt"], "owlt")
    if assumed.light is not None:
        report.add("repaired", stand_in.NO_LIGHT, f"{assumed.light / SECOND:.12g} s", where)
        return assumed.light
    report.add("repaired", NO_LIGHT, "it has no owlt", where)
    return 0


def write_hdtn(
    plan: ContactPlan, *, epoch: int | None = None, names: Mapping[int, str] | None = None
) -> Exported:
    """Return a plan as HDTN's JSON.

    Args:
        plan: what is to be written.
        epoch: what times count from, in ns; None for Unix time.
        names: what the nodes are called, which HDTN's JSON can't say.
    """
    losses = Losses()
    zero = -POSIX_EPOCH_OFFSET_S if epoch is None else epoch // SECOND
    pieces: dict[WholePiece, None] = {}
    for contact in plan.contacts:
        if not losses.usable(contact):
            continue
        # Pieces that differ only in what is left out are the same.
        sure = msgspec.structs.replace(contact, confidence=1.0)
        for piece in whole_pieces(sure, losses):
            if piece.start < zero:
                losses.add("contacts that begin before the time that seconds count from are left out")
            # Written as it is, a silent time would be read as the fastest of all.
            elif piece.rate_bps == 0:
                losses.add("times without a rate are left out, because 0 means unlimited")
            elif piece in pieces:
                losses.add("contacts that became the same as another are written once")
            else:
                pieces[piece] = None
    rows = [
        msgspec.json.encode(
            {
                "contact": index,
                "source": piece.from_node,
                "dest": piece.to_node,
                "startTime": piece.start - zero,
                "endTime": piece.end - zero,
                "rateBitsPerSec": 0 if piece.rate_bps == UNLIMITED_BPS else piece.rate_bps,
                "owlt": piece.light_s,
            }
        )
        for index, piece in enumerate(sorted(pieces, key=lambda piece: piece.start))
    ]
    losses.everywhere(plan)
    losses.add("confidence is left out", count=sum(contact.confidence != 1 for contact in plan.contacts))
    losses.add("names of nodes are left out", count=len(names or {}))
    return Exported(b'{"contacts":[\n' + b",\n".join(rows) + b"\n]}\n", losses.all(), len(rows))
