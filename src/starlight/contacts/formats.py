"""Contact plans in files: the forms that others use, and our own; what each can't say is said.

The forms are ``ion`` (commands of ION's ionadmin), ``hdtn`` and ``tvgutil`` (JSON), ``csv`` (a table),
``json`` (Starlight's own, which keeps everything) and, for reading alone, ``asabr`` (A-SABR's words).
docs/reference/plan-formats.md describes them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from starlight.contacts import settle as rules
from starlight.contacts.asabr import ELEMENTS, read_asabr
from starlight.contacts.assumed import NOTHING, Assumed
from starlight.contacts.hdtn import read_hdtn, write_hdtn
from starlight.contacts.ion_reader import NO_RANGE, IonReader
from starlight.contacts.ion_writer import write_ion
from starlight.contacts.json_places import lines_of
from starlight.contacts.plan import ContactPlan
from starlight.contacts.plan_csv import read_csv, write_csv
from starlight.contacts.plan_json import ENDS_BEFORE, from_document, names_of, to_json
from starlight.contacts.report import Exported, Imported, ImportReport, Losses
from starlight.contacts.tvgutil import read_tvgutil, write_tvgutil
from starlight.errors import InputError
from starlight.json_text import decode

FORMATS = ("ion", "hdtn", "tvgutil", "csv", "json")
"""The forms that are read and written."""

READ_FORMATS = (*FORMATS, "asabr")
"""The forms that are read."""

MAX_BYTES = 128 * 1024 * 1024
"""A file of a million contacts has 100 MB; what is larger is no plan, and would fill the memory."""

NO_CONTACT = "contact that is none"

_BY_NAME = {".ionrc": "ion", ".rc": "ion", ".ion": "ion", ".csv": "csv", ".tsv": "csv", ".asabr": "asabr"}
_BOM = b"\xef\xbb\xbf"
_COMMANDS = frozenset("acdilmrsexhvtq1@^?#")


def read(
    data: bytes,
    *,
    name: str = "contact plan",
    format: str | None = None,
    epoch: int | None = None,
    assumed: Assumed = NOTHING,
) -> Imported:
    """Read a contact plan from a file's bytes.

    Args:
        data: the file.
        name: what it is called, for errors; its ending tells the form where the content does not.
        format: one of `READ_FORMATS`; None to tell by name and content.
        epoch: what relative times count from, in ns; None for 2000-01-01T00:00:00Z, and for Unix
            time where HDTN's or tvgutil's times are too large for anything else.
        assumed: what stands for light times and rates that the file leaves out.

    Returns:
        The plan and the report of all that was repaired, refused, ignored or kept though odd.

    Raises:
        InputError: the file as a whole is no plan; says what was expected.
    """
    if format is not None and format not in READ_FORMATS:
        raise InputError(f"{format!r} is no form of a plan", right=f"The forms are {', '.join(READ_FORMATS)}")
    # Looked at before anything is decoded: decoding takes a multiple of the memory of the file.
    if len(data) > MAX_BYTES:
        raise InputError(f"it has {len(data)} bytes", where=name, right=f"A plan has at most {MAX_BYTES}")
    report = ImportReport()
    if data.startswith(_BOM):
        report.add("ignored", "byte order mark", "at the start of the file", 1)
        data = data[len(_BOM) :]
    elif data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise InputError("it is UTF-16 text", where=name, right="Save it as UTF-8")
    chosen, document = (format, None) if format else _detected(data, name)
    if chosen in ("hdtn", "tvgutil", "json"):
        document = decode(data, name) if document is None else document
        if chosen == "hdtn":
            return read_hdtn(document, data, name, report, epoch=epoch, assumed=assumed)
        if chosen == "tvgutil":
            return read_tvgutil(document, data, name, report, epoch=epoch, assumed=assumed)
        return _read_json(document, data, name, report)
    text = _text(data, name, report)
    if chosen == "csv":
        return read_csv(text, name, report, epoch=epoch or 0, assumed=assumed)
    if chosen == "asabr":
        return read_asabr(text, report, epoch=epoch)
    return _read_ion(text, report, epoch or 0, assumed)


def write(
    plan: ContactPlan, format: str, *, epoch: int | None = None, names: Mapping[int, str] | None = None
) -> Exported:
    """Write a contact plan; `Exported.losses` says what the form could not hold.

    Args:
        plan: what is to be written.
        format: one of `FORMATS`.
        epoch: times count from it, in ns, where the form knows that; None for dates or Unix time.
        names: what the nodes are called, for the forms that keep names.

    Raises:
        InputError: there is no such form, or the plan's light times move too fast for it.
    """
    if format == "ion":
        return write_ion(plan, epoch=epoch, names=names)
    if format == "hdtn":
        return write_hdtn(plan, epoch=epoch, names=names)
    if format == "tvgutil":
        return write_tvgutil(plan, epoch=epoch, names=names)
    if format == "csv":
        return write_csv(plan, epoch=epoch, names=names)
    if format == "json":
        return Exported(to_json(plan, names), (), len(plan.contacts))
    raise InputError(f"{format!r} is no form of a plan", right=f"The forms are {', '.join(FORMATS)}")


def detect(data: bytes, name: str) -> str:
    """Return the form of a file by its content, then by the ending of its name.

    Raises:
        InputError: it is none that we know.
    """
    return _detected(data, name)[0]


def _detected(data: bytes, name: str) -> tuple[str, object]:
    """Return the form, and what was decoded to tell it."""
    # By content first. A name says little (`plan.txt`), and a wrong ending must not make a good file
    # unreadable.
    # A spreadsheet saves an empty row as a row of separators.
    lines = (line for line in _lines(data) if line.strip(b",; \t") and not line.startswith(b"#"))
    first = next(lines, b"")
    if first[:1] in (b"{", b"["):
        document = decode(data, name)
        return _json_form(document, name), document
    if first and _is_header(first.decode("utf-8", "replace")):
        return "csv", None
    ending = "." + name.rpartition(".")[2].lower()
    if ending in _BY_NAME:
        return _BY_NAME[ending], None
    words = first.split()
    if words and len(words[0]) == 1 and words[0].decode("latin-1") in _COMMANDS:
        return "ion", None
    if words and words[0].decode("latin-1") in ELEMENTS:
        return "asabr", None
    what = "it is in none of the forms that plans are read from" if first else "it has no line of a plan"
    raise InputError(what, where=name, right=f"Name the form: {', '.join(READ_FORMATS)}")


def _lines(data: bytes) -> Iterator[bytes]:
    """Yield the lines that are not empty, bare of blanks; without splitting the whole of a large file."""
    start = 0
    while start < len(data):
        end = data.find(b"\n", start)
        end = len(data) if end < 0 else end
        # A file of the oldest Macintosh has carriage returns alone, so a line may hold several of them.
        yield from filter(None, (line.strip() for line in data[start:end].split(b"\r")))
        start = end + 1


def _is_header(line: str) -> bool:
    """Return whether a line names the columns that every table has."""
    columns = {column.strip().strip('"').lower() for column in re.split("[,;\t]", line)}
    return columns >= {"from", "to", "start", "end"}


def _json_form(document: object, name: str) -> str:
    if isinstance(document, dict):
        if "edges" in document or "contact_type" in document:
            return "tvgutil"
        contacts = document.get("contacts")
        if isinstance(contacts, list):
            first = next((item for item in contacts if isinstance(item, dict)), {})
            return "hdtn" if first.keys() & {"source", "dest", "startTime", "endTime"} else "json"
    raise InputError(
        "it is JSON, but no plan",
        where=name,
        right="Plans have contacts (HDTN, Starlight) or edges (tvgutil)",
    )


def _text(data: bytes, name: str, report: ImportReport) -> str:
    """Return text with plain line ends."""
    if b"\0" in data:
        raise InputError(
            f"byte {data.index(0)} is 0: it is no text", where=name, right="A plan is a text file"
        )
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        report.add(
            "repaired",
            "text that is not UTF-8, read as Latin-1",
            f"byte {error.start} is {data[error.start]:#04x}",
            data.count(b"\n", 0, error.start) + 1,
        )
        # Any bytes are Latin-1, so nothing is lost: mostly it is a comment with an umlaut from an old
        # editor, and the contacts are plain ASCII.
        text = data.decode("latin-1")
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "\\\n" in text:
        text = _continued(text, report)
    return text


def _continued(text: str, report: ImportReport) -> str:
    """Join lines that end in a backslash; the lines after them keep their numbers."""
    lines: list[str] = []
    waiting = 0
    for number, line in enumerate(text.split("\n"), 1):
        if line.endswith("\\"):
            report.add(
                "repaired", "line that goes on after a backslash, which ION does not know", "joined", number
            )
        if waiting:
            lines[-waiting] = lines[-waiting][:-1] + " " + line
            # An empty line in place of each that was joined, so that the lines after it keep their numbers.
            lines.append("")
        else:
            lines.append(line)
        waiting = waiting + 1 if line.endswith("\\") else 0
    return "\n".join(lines)


def _read_ion(text: str, report: ImportReport, epoch: int, assumed: Assumed) -> Imported:
    reader = IonReader(report, epoch, assumed)
    reader.read(text)
    found = reader.contacts()
    plan = ContactPlan.of(rules.settle(found, report))
    return report.imported(plan, "ion", epoch=epoch if reader.relative else None, names=reader.names)


def _read_json(document: object, data: bytes, name: str, report: ImportReport) -> Imported:
    def refuse(index: int, error: InputError) -> None:
        kind = rules.NEGATIVE if error.right == ENDS_BEFORE else NO_CONTACT
        key = error.where.partition("].")[2]
        text = f"{key}: {error.what}. {error.right}" if key else f"{error.what}. {error.right}"
        report.add("refused", kind, text, ("contacts", index))

    try:
        plan = from_document(document, refuse)
    except InputError as error:
        raise InputError(error.what, where=f"{name}: {error.where}", right=error.right) from None
    _note_oddities(plan, document, report)
    return report.imported(plan, "json", names=names_of(document), locate=lambda ways: lines_of(data, ways))


def _note_oddities(plan: ContactPlan, document: object, report: ImportReport) -> None:
    """Report contacts that Starlight's own form allows, but that may not be meant."""
    listed = document.get("contacts") if isinstance(document, dict) else None
    places: dict[object, int] = {}
    for index, item in enumerate(listed if isinstance(listed, list) else []):
        if isinstance(item, dict) and isinstance(item.get("id"), int):
            places.setdefault(item["id"], index)
    found = [(places.get(contact.id, 0), contact) for contact in plan.contacts]
    above: dict[tuple[int, int], int] = {}
    for index, contact in sorted(found, key=lambda item: item[0]):
        link = (contact.from_node, contact.to_node)
        if contact.start == contact.end:
            text = f"{rules.describe(contact)}; only an unlimited rate carries anything"
            report.add("kept", rules.NO_LENGTH, text, ("contacts", index))
        if contact.start < above.get(link, contact.start):
            report.add(
                "repaired",
                rules.OUT_OF_ORDER,
                f"{rules.describe(contact)}; put in order",
                ("contacts", index),
            )
        above[link] = contact.start
    rules.note_overlaps([(("contacts", index), contact) for index, contact in found], report)


__all__ = [
    "FORMATS",
    "MAX_BYTES",
    "NO_RANGE",
    "READ_FORMATS",
    "Assumed",
    "Exported",
    "Imported",
    "Losses",
    "detect",
    "read",
    "write",
]
