"""Contact plans in files: the forms that others use, and our own; what each can't say is said.

The forms are ``ion`` (commands of ION's ionadmin), ``hdtn`` and ``tvgutil`` (JSON), ``csv`` (a table)
and ``json`` (Starlight's own, which keeps everything). docs/reference/plan-formats.md describes them.
"""

from __future__ import annotations

from collections.abc import Mapping

from starlight.contacts import settle as rules
from starlight.contacts.hdtn import read_hdtn, write_hdtn
from starlight.contacts.ion_reader import IonReader
from starlight.contacts.ion_writer import write_ion
from starlight.contacts.json_places import lines_of
from starlight.contacts.json_values import decode
from starlight.contacts.plan import ContactPlan
from starlight.contacts.plan_csv import NEEDED, read_csv, write_csv
from starlight.contacts.plan_json import ENDS_BEFORE, from_document, to_json
from starlight.contacts.report import Exported, Imported, ImportReport, Losses
from starlight.contacts.tvgutil import read_tvgutil, write_tvgutil
from starlight.errors import InputError

FORMATS = ("ion", "hdtn", "tvgutil", "csv", "json")

MAX_BYTES = 128 * 1024 * 1024
"""A file of a million contacts has 100 MB; what is larger is no plan, and would fill the memory."""

NO_CONTACT = "contact that is none"

_BY_NAME = {".ionrc": "ion", ".rc": "ion", ".ion": "ion", ".csv": "csv", ".tsv": "csv"}
_BOM = b"\xef\xbb\xbf"
_COMMANDS = frozenset("acdilmrsexhvtq1@^?#")


def read(
    data: bytes, *, name: str = "contact plan", format: str | None = None, epoch: int | None = None
) -> Imported:
    """Read a contact plan from a file's bytes.

    Args:
        data: the file.
        name: what it is called, for errors; its ending tells the form where the content does not.
        format: one of `FORMATS`; None to tell by name and content.
        epoch: what relative times count from, in ns; None for 2000-01-01T00:00:00Z, and for Unix
            time where HDTN's or tvgutil's times are too large for anything else.

    Returns:
        The plan and the report of all that was repaired, refused, ignored or kept though odd.

    Raises:
        InputError: the file as a whole is no plan; says what was expected.
    """
    if format is not None and format not in FORMATS:
        raise InputError(f"{format!r} is no form of a plan", right=f"The forms are {', '.join(FORMATS)}")
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
            return read_hdtn(document, data, name, report, epoch=epoch)
        if chosen == "tvgutil":
            return read_tvgutil(document, data, name, report, epoch=epoch)
        return _read_json(document, data, name, report)
    text = _text(data, name, report)
    if chosen == "csv":
        return read_csv(text, name, report, epoch=epoch or 0)
    return _read_ion(text, report, epoch or 0)


def write(
    plan: ContactPlan, format: str, *, epoch: int | None = None, names: Mapping[int, str] | None = None
) -> Exported:
    """Write a contact plan; `Exported.losses` says what the form could not hold.

    Args:
        plan: what is to be written.
        format: one of `FORMATS`.
        epoch: times count from it, in ns, where the form knows that; None for dates or Unix time.
        names: what tvgutil calls the nodes; others are called by their number.

    Raises:
        InputError: there is no such form, or the plan's light times move too fast for it.
    """
    if format == "ion":
        return write_ion(plan, epoch=epoch)
    if format == "hdtn":
        return write_hdtn(plan, epoch=epoch)
    if format == "tvgutil":
        return write_tvgutil(plan, epoch=epoch, names=names)
    if format == "csv":
        return write_csv(plan, epoch=epoch)
    if format == "json":
        return Exported(to_json(plan))
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
    start = data[:4096].lstrip()
    if start[:1] in (b"{", b"["):
        document = decode(data, name)
        return _json_form(document, name), document
    first = next((line for line in start.splitlines() if not line.lstrip().startswith(b"#")), b"")
    if first and all(column.encode() in first.lower() for column in NEEDED):
        return "csv", None
    ending = "." + name.rpartition(".")[2].lower()
    if ending in _BY_NAME:
        return _BY_NAME[ending], None
    words = first.split()
    if words and len(words[0]) == 1 and words[0].decode("latin-1") in _COMMANDS:
        return "ion", None
    raise InputError(
        "it is in none of the forms that plans are read from",
        where=name,
        right=f"Name the form: {', '.join(FORMATS)}",
    )


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


def _read_ion(text: str, report: ImportReport, epoch: int) -> Imported:
    reader = IonReader(report, epoch)
    reader.read(text)
    found = reader.contacts()
    plan = ContactPlan.of(rules.settle(found, report))
    return report.imported(plan, "ion", epoch=epoch if reader.relative else None)


def _read_json(document: object, data: bytes, name: str, report: ImportReport) -> Imported:
    def refuse(index: int, error: InputError) -> None:
        kind = rules.NEGATIVE if error.right == ENDS_BEFORE else NO_CONTACT
        key = error.where.partition("].")[2]
        text = f"{key}: {error.what}. {error.right}" if key else f"{error.what}. {error.right}"
        report.add("refused", kind, text, ("contacts", index))

    try:
        plan = from_document(document, refuse=refuse)
    except InputError as error:
        raise InputError(error.what, where=f"{name}: {error.where}", right=error.right) from None
    _note_oddities(plan, document, report)
    return report.imported(plan, "json", locate=lambda ways: lines_of(data, ways))


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


__all__ = ["FORMATS", "MAX_BYTES", "Exported", "Imported", "Losses", "detect", "read", "write"]
