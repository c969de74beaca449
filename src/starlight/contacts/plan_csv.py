"""Contact plans as a table, for people with a spreadsheet: a row for each piece of a contact.

::

    id,from,to,start,end,rate_bps,light_time_s,light_time_end_s,confidence,one_way
    1,7,20,2051-04-02T10:00:00Z,2051-04-02T12:00:00Z,256000,751.2,751.6,1,no

The first row names the columns, in any order: `from`, `to`, `start`, `end`, `rate_bps` and
`light_time_s` are needed. Empty rows, and lines that begin with ``#``, are passed over anywhere. Nodes are
numbers or names; a plan whose nodes have both has the names in `from_name` and `to_name`. Times are ISO 8601,
or seconds; a rate is in bit/s or `unlimited`;
light time runs evenly from `light_time_s` at the start to `light_time_end_s` at the end of the
row. Rows with the same id without a gap between their times are pieces of one contact.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import NoReturn

import msgspec

from starlight import dtntime
from starlight.contacts import assumed as stand_in
from starlight.contacts import settle as rules
from starlight.contacts.assumed import NOTHING, Assumed
from starlight.contacts.contact import UNLIMITED_BPS, Contact, LightPiece
from starlight.contacts.node_names import NodeNames, is_name, own_number, printable
from starlight.contacts.plan import ContactPlan
from starlight.contacts.report import Exported, Imported, ImportReport, Losses, Where, shown
from starlight.dtntime import MILLISECOND, SECOND
from starlight.errors import InputError

NEEDED = ("from", "to", "start", "end", "rate_bps", "light_time_s")
OPTIONAL = ("id", "light_time_end_s", "confidence", "one_way", "from_name", "to_name")
HEADER = (
    "id",
    "from",
    "to",
    "start",
    "end",
    "rate_bps",
    "light_time_s",
    "light_time_end_s",
    "confidence",
    "one_way",
)

LIGHT = "light_time_s"
GAP = "contact with a gap between its rows, which became two"
WORDS = "row with more or fewer values than the header"

CURVE = MILLISECOND // 2
"""Pieces are so short that a straight line stays this near to the light time, in ns."""

_DIGITS = re.compile(r"\d{1,20}", re.ASCII)
_SECONDS = re.compile(r"(-?)(\d{1,15})(?:\.(\d{0,18}))?", re.ASCII)
_YES = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False, "": False}


class _Row(msgspec.Struct, frozen=True, gc=False):
    line: int
    id: str
    contact: Contact  # Of this piece alone.
    light_end: int


class _Wrong(Exception):
    def __init__(self, kind: str, text: str) -> None:
        self.kind = kind
        self.text = text


def read_csv(
    text: str, name: str, report: ImportReport, *, epoch: int = 0, assumed: Assumed = NOTHING
) -> Imported:
    """Read a table; see `formats.read`. Seconds count from `epoch`, in ns."""
    # Read twice rather than kept: a million rows as cells would take a gigabyte.
    names = NodeNames(
        node
        for _, cells in _table(text, name, ImportReport(), assumed)
        for node in (cells["from"], cells["to"])
        if is_name(node) or own_number(node) is not None
    )
    names.note(report)
    called = dict(names.given)
    rows: list[_Row] = []
    relative = False
    for line, cells in _table(text, name, report, assumed):
        relative = relative or bool(_SECONDS.fullmatch(cells["start"]))
        try:
            row = _row(cells, line, epoch, names)
        except _Wrong as error:
            report.add("refused", error.kind, error.text, line)
            continue
        rows.append(row)
        for node, key in ((row.contact.from_node, "from_name"), (row.contact.to_node, "to_name")):
            if cells.get(key):
                called.setdefault(node, printable(cells[key]))
    found: list[tuple[Where, Contact]] = []
    alike: dict[str, list[_Row]] = {}
    for place, row in enumerate(rows):
        # Rows without an id are contacts of their own: nothing says that they belong together.
        alike.setdefault(row.id or f"row {place}", []).append(row)
    for group in alike.values():
        found += _joined(sorted(group, key=lambda row: row.contact.start), report)
    # Ids are kept only where all of them are numbers of 63 bits; half kept and half given would collide.
    own = all(row.id.isascii() and row.id.isdigit() and len(row.id) < 19 for row in rows)
    plan = ContactPlan.of(rules.settle(found, report, own_ids=own))
    return report.imported(plan, "csv", epoch=epoch if relative else None, names=called)


def _table(
    text: str, name: str, report: ImportReport, assumed: Assumed
) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield the rows below the header as their lines and their cells by column."""
    lines = text.split("\n")
    # Comments may hold quotes and commas, which are none of the table's; an empty line in their place keeps
    # the numbers of the lines after them.
    lines = ["" if line.lstrip().startswith("#") else line for line in lines]
    header_line = next((line for line in lines if line.strip()), "")
    # Spreadsheets of many countries write semicolons, as a comma is their decimal point; the header tells
    # which it is, because no column has any of them in its name.
    delimiter = max(",;\t", key=header_line.count)
    reader = csv.reader((line + "\n" for line in lines), delimiter=delimiter, strict=True)
    header: list[str] = []
    line = 0
    try:
        for values in reader:
            line = reader.line_num
            # A spreadsheet saves an empty row as a row of separators.
            if not any(value.strip() for value in values):
                continue
            if not header:
                header = [column.strip().lower() for column in values]
                _check_header(header, f"{name}: line {line}", line, report, assumed)
            elif len(values) != len(header):
                report.add("refused", WORDS, f"{len(values)} values, {len(header)} columns", line)
            else:
                cells = dict(zip(header, (value.strip() for value in values), strict=True))
                for column, kind, value in _given(assumed):
                    if column not in cells:
                        cells[column] = value
                        report.add("repaired", kind, f"{column} is {value}", line)
                yield line, cells
    except csv.Error:
        quotes = 'A value in quotes ends with a quote, and a quote in it is written twice: ""'
        told = "a value in quotes does not end, or goes on after them, or is too long"
        raise InputError(f"line {line + 1}: {told}", where=name, right=quotes) from None
    if not header:
        _check_header(header, f"{name}: line 1", 1, report, assumed)


def _given(assumed: Assumed) -> list[tuple[str, str, str]]:
    """Return the columns that a table may lack, with the kind of remark and what was given for them."""
    light = [] if assumed.light is None else [(LIGHT, stand_in.NO_LIGHT, _seconds_text(assumed.light))]
    return light + (
        [] if assumed.rate_bps is None else [("rate_bps", stand_in.NO_RATE, str(assumed.rate_bps))]
    )


def _check_header(header: list[str], where: str, line: int, report: ImportReport, assumed: Assumed) -> None:
    right = f"The first row names the columns {', '.join(NEEDED)}, and may name {', '.join(OPTIONAL)}"
    given = [column for column, _, _ in _given(assumed)]
    for column in NEEDED:
        if column not in header and column not in given:
            hint = ". Or give --light-time" if column == LIGHT else ""
            raise InputError(f"the column {column} is missing", where=where, right=f"{right}{hint}")
    for column in header:
        if header.count(column) > 1:
            raise InputError(f"the column {shown(column)} is there twice", where=where, right=right)
        if column not in NEEDED and column not in OPTIONAL:
            report.add("ignored", "unknown column", shown(column), line)


def _row(cells: dict[str, str], line: int, epoch: int, names: NodeNames) -> _Row:
    start, end = _time(cells["start"], "start", epoch), _time(cells["end"], "end", epoch)
    light = _light(cells["light_time_s"], "light_time_s")
    text = cells.get("light_time_end_s", "")
    light_end = _light(text, "light_time_end_s") if text else light
    coefficients: tuple[float, ...] = (light / SECOND,)
    if light_end != light:
        coefficients = (light / SECOND, (light_end - light) / SECOND)
    one_way = _YES.get(cells.get("one_way", "").lower())
    if one_way is None:
        _wrong("word that is neither yes nor no", "one_way", cells["one_way"], "write yes or no")
    number = cells.get("id", "")
    contact = Contact(
        int(number) if _DIGITS.fullmatch(number) and len(number) < 19 else 0,
        _node(cells["from"], "from", names),
        _node(cells["to"], "to", names),
        start,
        end,
        ((start, _rate(cells["rate_bps"])),),
        (LightPiece(start, max(end - start, 1), coefficients),),
        one_way,
        _confidence(cells.get("confidence", "")),
    )
    return _Row(line, number, contact, light_end)


def _joined(rows: list[_Row], report: ImportReport) -> Iterator[tuple[Where, Contact]]:
    """Yield the contacts of the rows that share an id: one, unless there are gaps between them."""
    whole, line = rows[0].contact, rows[0].line
    for row in rows[1:]:
        piece = row.contact
        same_link = (piece.from_node, piece.to_node) == (whole.from_node, whole.to_node)
        # What does not go on exactly where the row before it ended is no piece of it, even under the same id.
        if not same_link or piece.start != whole.end or piece.end <= piece.start or whole.end <= whole.start:
            report.add("repaired", GAP, f"id {shown(row.id)} goes on elsewhere", row.line)
            yield line, whole
            whole, line = piece, row.line
            continue
        rates = whole.rates if whole.rates[-1][1] == piece.rates[0][1] else whole.rates + piece.rates
        still = (
            whole.light[-1].coefficients_s == piece.light[0].coefficients_s
            and len(piece.light[0].coefficients_s) == 1
        )
        light = whole.light if still else whole.light + piece.light
        whole = msgspec.structs.replace(whole, end=piece.end, rates=rates, light=light)
    yield line, whole


def _wrong(kind: str, column: str, value: str, right: str) -> NoReturn:
    raise _Wrong(kind, f"{column} is {shown(value)}; {right}")


def _time(value: str, column: str, epoch: int) -> int:
    match = _SECONDS.fullmatch(value)
    if match:
        size = int(match[2]) * SECOND + int((match[3] or "")[:9].ljust(9, "0"))
        time = epoch + (-size if match[1] else size)
    else:
        try:
            time = dtntime.from_text(value)
        except InputError:
            _wrong(rules.TIME, column, value, "write 2051-04-02T10:00:00Z, or seconds")
    if abs(time) > rules.MAX_TIME:
        _wrong(rules.TIME, column, value, "times are from 1854 to 2146")
    return time


def _light(value: str, column: str) -> int:
    match = _SECONDS.fullmatch(value)
    if not match or match[1] or int(match[2]) * SECOND > rules.MAX_TIME:
        _wrong(rules.LIGHT, column, value, "write seconds, 0 or more")
    return int(match[2]) * SECOND + int((match[3] or "")[:9].ljust(9, "0"))


def _rate(value: str) -> int:
    if value.lower() == "unlimited":
        return UNLIMITED_BPS
    if not _DIGITS.fullmatch(value):
        _wrong(rules.RATE, "rate_bps", value, "write whole bit/s, or unlimited")
    return min(int(value), UNLIMITED_BPS)


def _node(value: str, column: str, names: NodeNames) -> int:
    if is_name(value):
        return names.number(value)
    if not _DIGITS.fullmatch(value) or int(value) > rules.MAX_NODE:
        _wrong(rules.NODE_NUMBER, column, value, f"a node number is from 0 to {rules.MAX_NODE}")
    return int(value)


def _confidence(value: str) -> float:
    try:
        found = float(value or "1")
    except ValueError:
        found = 0.0
    if not 0 < found <= 1 or not value.isascii():
        _wrong("confidence that is none", "confidence", value, "write a number over 0 up to 1")
    return found


def write_csv(
    plan: ContactPlan, *, epoch: int | None = None, names: Mapping[int, str] | None = None
) -> Exported:
    """Return a plan as a table.

    Args:
        plan: what is to be written.
        epoch: times are seconds from it, in ns; None for dates.
        names: what the nodes are called; without any there are no columns for them.
    """
    losses = Losses()
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    known = names or {}
    writer.writerow((*HEADER, "from_name", "to_name") if known else HEADER)
    count = 0
    for contact in plan.contacts:
        if not losses.usable(contact):
            continue
        if epoch is None and not (_calendar(contact.start) and _calendar(contact.end)):
            losses.add("contacts before 1900 are left out")
            continue
        count += 1
        ends = (contact.from_node, contact.to_node)
        called = [known.get(node, "") for node in ends] if known else []
        for start, end in _pieces(contact, losses):
            writer.writerow(
                (
                    contact.id,
                    contact.from_node,
                    contact.to_node,
                    _time_text(start, epoch),
                    _time_text(end, epoch),
                    "unlimited" if contact.rate_bps(start) == UNLIMITED_BPS else contact.rate_bps(start),
                    _seconds_text(contact.light_time(start)),
                    _seconds_text(_light_before(contact, start, end)),
                    f"{contact.confidence:.17g}",
                    "yes" if contact.one_way else "no",
                    *called,
                )
            )
    losses.add("notices are left out", count=len(plan.notices))
    return Exported(out.getvalue().encode(), losses.all(), count)


def _pieces(contact: Contact, losses: Losses) -> Iterator[tuple[int, int]]:
    """Yield the intervals over which the rate stands and the light time runs straight."""
    cuts = {begin for begin, _ in contact.rates} | {piece.start for piece in contact.light}
    edges = [contact.start, *sorted(cut for cut in cuts if contact.start < cut < contact.end), contact.end]
    for begin, end in pairwise(edges):
        parts = 1
        coefficients = _piece_at(contact, begin).coefficients_s
        if any(coefficients[2:]):
            parts = _parts(_piece_at(contact, begin), begin, end)
            losses.add("curves of the light time became straight lines", CURVE)
        for part in range(parts):
            yield begin + (end - begin) * part // parts, begin + (end - begin) * (part + 1) // parts


def _parts(piece: LightPiece, begin: int, end: int) -> int:
    """Return in how many parts a chord stays within `CURVE` of the curve: its error is h^2 / 8 max |f''|."""
    reach = max(abs(begin - piece.start), abs(end - piece.start)) / piece.span
    bend = sum(k * (k - 1) * abs(c) * reach ** (k - 2) for k, c in enumerate(piece.coefficients_s) if k > 1)
    error = bend * ((end - begin) / piece.span) ** 2 / 8 * SECOND
    parts = int((error / CURVE) ** 0.5) + 1
    if parts > 100_000:
        raise InputError(
            "a light time bends so much that it takes more than 100000 rows", where="contact plan"
        )
    return parts


def _piece_at(contact: Contact, time: int) -> LightPiece:
    return next((piece for piece in reversed(contact.light) if piece.start <= time), contact.light[0])


def _light_before(contact: Contact, start: int, end: int) -> int:
    """Return the light time at the end of an interval by the piece that holds at its start."""
    return _piece_at(contact, start).at(end)


def _calendar(time: int) -> bool:
    return time > -(2**61)


def _time_text(time: int, epoch: int | None) -> str:
    if epoch is not None:
        return _seconds_text(time - epoch)
    return dtntime.to_text(time, 9 if time % SECOND else 0)


def _seconds_text(time: int) -> str:
    sign = "-" if time < 0 else ""
    whole, fraction = divmod(abs(time), SECOND)
    return f"{sign}{whole}" + (f".{fraction:09d}".rstrip("0") if fraction else "")
