"""Write a plan as commands of ION's `ionadmin`.

ionrc(5) gives the commands. Three habits of ION's code decide which lines are written:

* A contact is served by the first range of its direction that has not ended *before* the contact
  starts; one that ends at that very second still counts. So there is one contact for each range, and
  where the range changes, the next contact begins a second later.
* Ranges with the lower node first hold for both directions. One with the higher node first
  replaces what was implied only when both begin at the same second, else it is refused as an
  overlap. So both directions of a link share the seconds at which ranges begin and end.
* Contacts of one direction must not overlap, rates and node numbers must not be 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import msgspec

from starlight.contacts.plan import ContactPlan
from starlight.contacts.report import Exported, Losses
from starlight.contacts.whole_seconds import WholePiece, whole_pieces
from starlight.dtntime import POSIX_EPOCH_OFFSET_S, SECOND

MAX_RATE_BPS = 8 * (2**31 - 1)
"""ION reads a rate with `strtol`, which holds 31 bits of byte/s where a long has 32."""

_YEAR_2000 = datetime(2000, 1, 1, tzinfo=UTC)
_LAST_32_BIT_S = 2**31 - 1 - POSIX_EPOCH_OFFSET_S
_LATEST_S = round((datetime(9999, 12, 31, tzinfo=UTC) - _YEAR_2000).total_seconds())

_Link = tuple[int, int]


class _Range(msgspec.Struct, frozen=True, gc=False):
    """The light time of both directions of a link over whole seconds."""

    start: int
    end: int
    up_s: int  # From the lower node to the higher.
    down_s: int


def write_ion(
    plan: ContactPlan, *, epoch: int | None = None, names: Mapping[int, str] | None = None
) -> Exported:
    """Return a plan as `a contact` and `a range` lines.

    Args:
        plan: what is to be written.
        epoch: times are written as `+seconds` from it, in ns; None for dates.
        names: what the nodes are called, which comments keep.
    """
    losses = Losses()
    reference = None if epoch is None else epoch // SECOND
    links = _links(plan, losses, 0 if reference is None else reference, reference is None)
    lines = ["# Contact plan: a contact FROM UNTIL NODE NODE BYTE/S [CONFIDENCE], a range ... LIGHT-SECONDS"]
    if reference is not None:
        lines.append(
            "# Times are seconds after the reference time, which is set with @ or by loading the file."
        )
    # On one line whatever it holds, for a line of its own would be a command.
    lines += [f"# node {node} = {' '.join(name.split())}" for node, name in sorted((names or {}).items())]
    count = 0
    for low, high in sorted({(min(link), max(link)) for link in links}):
        up, down = links.get((low, high), []), links.get((high, low), [])
        ranges = _ranges(up, down)
        lines += _range_lines(low, high, ranges, reference)
        for pieces, value in ((up, "up_s"), (down, "down_s")):
            served = _after_steps(pieces, {r.end: getattr(r, value) for r in ranges}, losses)
            lines += [_contact_line(piece, reference) for piece in served]
            count += len(served)
    _name_ion_losses(plan, losses)
    return Exported(("\n".join(lines) + "\n").encode(), losses.all(), count)


def _name_ion_losses(plan: ContactPlan, losses: Losses) -> None:
    losses.everywhere(plan)
    late = sum(contact.end > _LAST_32_BIT_S * SECOND for contact in plan.contacts)
    losses.add("contacts end after 2038-01-19, which an ION with 32-bit time can't hold", count=late)


def _links(plan: ContactPlan, losses: Losses, earliest: int, dates: bool) -> dict[_Link, list[WholePiece]]:
    """Return the pieces of each direction by start, without overlaps, as ION can take them."""
    links: dict[_Link, list[WholePiece]] = {}
    for contact in plan.contacts:
        if not contact.from_node or not contact.to_node:
            losses.add("contacts with node 0, which ION has not, are left out")
            continue
        if not losses.usable(contact):
            continue
        pieces = links.setdefault((contact.from_node, contact.to_node), [])
        for piece in whole_pieces(contact, losses):
            bound = _bounded(piece, pieces[-1].end if pieces else None, losses)
            if bound is None:
                continue
            if bound.start < (-POSIX_EPOCH_OFFSET_S if dates else earliest) or (
                dates and bound.end > _LATEST_S
            ):
                losses.add("contacts outside the times that can be written are left out")
                continue
            pieces.append(bound)
    return links


def _bounded(piece: WholePiece, busy_until: int | None, losses: Losses) -> WholePiece | None:
    """Return a piece with a rate of ION and after the one before it, or None when nothing is left."""
    rate = piece.rate_bps
    if rate > MAX_RATE_BPS:
        losses.add(f"rates beyond {MAX_RATE_BPS // 8} byte/s, also unlimited ones, are written as that")
        rate = MAX_RATE_BPS
    if rate < 8:
        losses.add("times with a rate below 1 byte/s are left out")
        return None
    if rate % 8:
        losses.add("rates rounded down to whole byte/s")
    start = piece.start
    if busy_until is not None and start < busy_until:
        start = busy_until
        if start >= piece.end:
            losses.add("contacts inside another of the same direction are left out")
            return None
        losses.add("contacts that overlap one of the same direction begin after it")
    return msgspec.structs.replace(piece, start=start, rate_bps=rate - rate % 8)


def _ranges(up: list[WholePiece], down: list[WholePiece]) -> list[_Range]:
    """Return ranges that hold over the contacts of both directions, with common starts and ends."""
    cuts = sorted({s for piece in (*up, *down) for s in (piece.start, piece.end)})
    ranges: list[_Range] = []
    one = other = 0
    for start, end in pairwise(cuts):
        while one < len(up) and up[one].end <= start:
            one += 1
        while other < len(down) and down[other].end <= start:
            other += 1
        there = up[one].light_s if one < len(up) and up[one].start <= start else None
        back = down[other].light_s if other < len(down) and down[other].start <= start else None
        if there is None and back is None:
            continue
        # Where only one direction is open, the other's range is nobody's: symmetry takes one line.
        up_s = there if there is not None else back or 0
        down_s = back if back is not None else up_s
        last = ranges[-1] if ranges else None
        if last and last.end == start and (last.up_s, last.down_s) == (up_s, down_s):
            ranges[-1] = _Range(last.start, end, up_s, down_s)
        else:
            ranges.append(_Range(start, end, up_s, down_s))
    return ranges


def _after_steps(pieces: list[WholePiece], ends: dict[int, int], losses: Losses) -> list[WholePiece]:
    """Return contacts, which begin a second later where a range of another length ends."""
    merged: list[WholePiece] = []
    for piece in pieces:
        if piece.start in ends and ends[piece.start] != piece.light_s:
            losses.add("contacts give up a second where the range changes")
            if piece.end - piece.start == 1:
                continue
            piece = msgspec.structs.replace(piece, start=piece.start + 1)
        merged.append(piece)
    return merged


def _range_lines(low: int, high: int, ranges: list[_Range], reference: int | None) -> list[str]:
    lines = []
    for each in ranges:
        times = f"{_time(each.start, reference)} {_time(each.end, reference)}"
        lines.append(f"a range {times} {low} {high} {each.up_s}")
        if each.down_s != each.up_s:
            lines.append(f"a range {times} {high} {low} {each.down_s}")
    return lines


def _contact_line(piece: WholePiece, reference: int | None) -> str:
    sure = "" if piece.confidence == 1 else f" {piece.confidence:.17g}"
    times = f"{_time(piece.start, reference)} {_time(piece.end, reference)}"
    return f"a contact {times} {piece.from_node} {piece.to_node} {piece.rate_bps // 8}{sure}"


def _time(second: int, reference: int | None) -> str:
    if reference is not None:
        return f"+{second - reference}"
    moment = _YEAR_2000 + timedelta(seconds=second)
    return f"{moment.year:04d}/{moment:%m/%d-%H:%M:%S}"
