"""Contact plans in A-SABR's own form: words, for which line ends are spaces like any other.

::

    node 0 seoul
    contact 0 1 60 7260 evl 10000 10
    contact 0 1 60 7260 seg rate 60 3660 10000 rate 3660 7260 15000 delay 60 7260 12

``node`` (or ``enode``, of another region) is an id and a name. ``contact`` is from, to, start and end, then
what a manager of its volume reads, perhaps after that manager's name: a rate and a delay, perhaps with
budgets for three priorities, or intervals with a rate or a delay each. Times and delays are s; rates are
taken for bit/s, which the form leaves to its user. Source: A-SABR's `ASABRContactPlan`, its managers' parsers
and the examples beside them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from starlight.contacts import settle as rules
from starlight.contacts.contact import Contact, LightPiece
from starlight.contacts.json_values import Wrong, light_time, moved, node_number, rate, seconds, unix_or
from starlight.contacts.node_names import printable
from starlight.contacts.plan import ContactPlan
from starlight.contacts.report import Imported, ImportReport, Where, shown
from starlight.dtntime import SECOND

ELEMENTS = ("contact", "node", "enode", "vnode")

BUDGETS = "budgets of priorities, which contacts here have not"
MORE = "words that a manager of nodes reads"
VIRTUAL = "virtual node, which stands for several"
ELEMENT = "word that begins no element"
MALFORMED = "contact that is none"
GAP = "interval of a contact without a rate, in which it carries nothing"
NO_DELAY = "contact whose delays do not begin with it"

_MANAGER = re.compile(r"(?:p|pb)?(?:evl|eto|qd|seg)", re.IGNORECASE)
_Piece = tuple[int, int, int]  # from when, until when, bit/s or light time


class _Element(NamedTuple):
    kind: str
    line: int
    words: list[str]


def read_asabr(text: str, report: ImportReport, *, epoch: int | None = None) -> Imported:
    """Read a plan; see `formats.read`."""
    names: dict[int, str] = {}
    drafts: list[tuple[Where, Contact]] = []
    for element in _elements(text, report):
        try:
            if element.kind == "contact":
                drafts.append((element.line, _contact(element, report)))
            elif element.kind == "vnode":
                report.add("ignored", VIRTUAL, shown(" ".join(element.words)), element.line)
            else:
                number, name = _node(element, report)
                names[number] = name
        except Wrong as error:
            report.add("refused", error.kind, error.text, element.line)
    offset, base = unix_or(min((c.start for _, c in drafts), default=None), epoch)
    if offset:
        drafts = moved(drafts, offset, report)
    plan = ContactPlan.of(rules.settle(drafts, report))
    return report.imported(plan, "asabr", epoch=base, names=names)


def _elements(text: str, report: ImportReport) -> Iterator[_Element]:
    """Yield what begins with a word for an element, with all words up to the next."""
    element: _Element | None = None
    for number, line in enumerate(text.split("\n"), 1):
        if line.lstrip().startswith("#"):
            continue
        # Brackets and commas only group: newer versions write lists in them.
        for word in re.sub(r"[\[\],]", " ", line).split():
            if word in ELEMENTS:
                if element:
                    yield element
                element = _Element(word, number, [])
            elif element:
                element.words.append(word)
            else:
                right = f"an element begins with {', '.join(ELEMENTS)}"
                report.add("refused", ELEMENT, f"{shown(word)}; {right}", number)
    if element:
        yield element


def _node(element: _Element, report: ImportReport) -> tuple[int, str]:
    if len(element.words) < 2:
        raise Wrong("node that is none", f"{len(element.words)} words; write {element.kind} ID NAME")
    if element.words[2:]:
        report.add("ignored", MORE, shown(" ".join(element.words[2:])), element.line)
    return node_number(element.words[0], "id"), printable(element.words[1])


def _contact(element: _Element, report: ImportReport) -> Contact:
    words = element.words
    if len(words) < 6:
        raise Wrong(MALFORMED, f"{len(words)} words; write contact FROM TO START END RATE DELAY")
    start, end = seconds(words[2], "start", rules.TIME), seconds(words[3], "end", rules.TIME)
    rest = [word for word in words[4:] if not _MANAGER.fullmatch(word)]
    if "rate" in rest or "delay" in rest:
        rates, light = _segments(rest, start, end, element.line, report)
    else:
        if not 2 <= len(rest) <= 5:
            raise Wrong(MALFORMED, f"{shown(' '.join(rest))}; a rate and a delay follow the times")
        if rest[2:]:
            report.add("ignored", BUDGETS, " ".join(rest[2:]), element.line)
        rates = [(start, rate(rest[0], "rate"))]
        light = [(start, light_time(rest[1], "delay"))]
    return Contact(
        0,
        node_number(words[0], "from"),
        node_number(words[1], "to"),
        start,
        end,
        tuple(rates),
        tuple(LightPiece(begin, SECOND, (value / SECOND,)) for begin, value in light),
    )


def _segments(
    words: list[str], start: int, end: int, line: int, report: ImportReport
) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """Return the rates and light times of intervals, as steps from the contact's start on."""
    found: dict[str, list[_Piece]] = {"rate": [], "delay": []}
    kind, place = "", 0
    while place < len(words):
        if words[place] in found:
            kind, place = words[place], place + 1
        triple = words[place : place + 3]
        if not kind or len(triple) < 3 or any(word in found for word in triple):
            raise Wrong(MALFORMED, f"{shown(' '.join(triple))}; write rate|delay FROM UNTIL VALUE")
        value = rate(triple[2], kind) if kind == "rate" else light_time(triple[2], kind)
        piece = seconds(triple[0], "from", rules.TIME), seconds(triple[1], "until", rules.TIME), value
        found[kind].append(piece)
        place += 3
    delays = sorted(found["delay"])
    if not delays or delays[0][0] > start:
        raise Wrong(rules.LIGHT, f"{NO_DELAY}; its delays cover it from {start / SECOND:.12g} s on")
    light = _steps([(begin, value) for begin, _, value in delays if begin < max(end, start + 1)], start)
    rates: list[tuple[int, int]] = []
    free = start
    for begin, until, bps in sorted(found["rate"]):
        if begin > free:
            report.add("kept", GAP, f"from {free / SECOND:.12g} to {begin / SECOND:.12g} s", line)
            rates.append((free, 0))
        rates.append((max(begin, free), bps))
        free = max(free, until)
    if free < end:
        report.add("kept", GAP, f"from {free / SECOND:.12g} to {end / SECOND:.12g} s", line)
        rates.append((free, 0))
    return _steps([step for step in rates if step[0] == start or step[0] < end], start), light


def _steps(pieces: list[tuple[int, int]], start: int) -> list[tuple[int, int]]:
    """Return ascending steps from a contact's start on, without those that change nothing."""
    steps: list[tuple[int, int]] = []
    for begin, value in pieces:
        begin = max(begin, start)
        if steps and steps[-1][0] == begin:
            steps.pop()
        if not steps or steps[-1][1] != value:
            steps.append((begin, value))
    return steps
