"""Amendments: changes of a contact plan, or of a fact of the mission, that travel from node to node.

An amendment is a value. It has an author, a number that the author gives to no other, and a time by the
author's clock. Each node holds some of them; the version of its plan is the set that it holds, told by a
`VersionVector`, and what a set means never depends on the order in which it came (`amended_plan.py`).

A retraction ends an amendment for good, whichever of the two comes first: all that the retracted one
says no longer counts, but for what it retracts itself. So no two retractions can undo each other, and an
outage is revised by one amendment that retracts the old outage and says the new one.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from math import isfinite
from typing import NamedTuple

import msgspec

from starlight.contacts.contact import UNLIMITED_BPS, Contact
from starlight.errors import InputError

MAX_CHANGES = 256
"""Changes of one amendment: more are better made as a new base plan."""

MAX_CONTACTS = 256
"""Contacts that one change adds: a month of passes of a site over one orbiter; a few ten kB."""

MAX_LINKS = 256
"""Directed links of an outage: all that eleven nodes can have among each other, twice over."""

MAX_LIGHT_PIECES = 4_096
MAX_RATE_PIECES = 4_096
MAX_COEFFICIENTS = 32  # as in a plan's JSON
TEXT_MAX_BYTES = 1_000
"""A notice is a sentence or two; what is longer belongs into a letter."""

NAME_MAX_BYTES = 128
FACT_MAX_BYTES = 4_096
MAX_NODE = 2**63 - 1
MAX_TIME = 2**62  # within 146 years of 2000: any sum of two fits 64 bits

Link = tuple[int, int]
FactValue = str | int | float | bool


class _Change(msgspec.Struct, frozen=True, tag=True):
    pass


class Outage(_Change, frozen=True):
    """Links carry nothing from one time to another, both included: whatever contacts they have then.

    Attributes:
        links: directed, ``(from node, to node)``.
        start, end: measured at the transmitter, in ns.
        text: why, for people; empty: nothing is told.
    """

    links: tuple[Link, ...]
    start: int
    end: int
    text: str = ""


class NewContacts(_Change, frozen=True):
    """Contacts that the plan did not have. Their ids say nothing: each node derives the same ones."""

    contacts: tuple[Contact, ...]


class Removed(_Change, frozen=True):
    """The contact of a link that is open at a time, in ns, does not take place.

    It is named by link and time, as ids need not be the same at all nodes.
    """

    from_node: int
    to_node: int
    time: int


class MissionFact(_Change, frozen=True, tag="Fact"):
    """A fact of the mission, such as where a site is; the last in canonical order is the one that holds."""

    name: str
    value: FactValue


class Retracted(_Change, frozen=True):
    """Another amendment no longer counts, nor will when it comes."""

    author: int
    number: int


class NotUnderstood(_Change, frozen=True):
    """A change of a kind that a newer version knows; it is kept as it came, and changes nothing here.

    Attributes:
        kind: its number on the wire.
        data: the rest of it, encoded.
    """

    kind: int
    data: bytes


Change = Outage | NewContacts | Removed | MissionFact | Retracted | NotUnderstood


class AmendmentId(NamedTuple):
    """The name of an amendment: the node number of its author, and a number from 1 on."""

    author: int
    number: int


class Amendment(msgspec.Struct, frozen=True):
    """Some changes that hold together.

    Attributes:
        author: the number of the node that made it.
        number: one that this author gave to no other amendment; from 1.
        at: when it was made, by the author's clock, in ns. It orders amendments and says nothing else: a
            clock can be wrong.
        changes: one at least.
    """

    author: int
    number: int
    at: int
    changes: tuple[Change, ...]

    @property
    def id(self) -> AmendmentId:
        """Return its name."""
        return AmendmentId(self.author, self.number)

    @property
    def order(self) -> tuple[int, int, int]:
        """Return its place in the canonical order."""
        return (self.at, self.author, self.number)


def in_order(amendments: Iterable[Amendment]) -> list[Amendment]:
    """Return amendments in canonical order: by time, then author, then number."""
    return sorted(amendments, key=lambda amendment: amendment.order)


def retracted(amendments: Iterable[Amendment]) -> set[AmendmentId]:
    """Return the names of what some amendments retract, held or not."""
    return {
        AmendmentId(change.author, change.number)
        for amendment in amendments
        for change in amendment.changes
        if isinstance(change, Retracted)
    }


def in_force(amendments: Iterable[Amendment]) -> list[Amendment]:
    """Return the amendments that none of them retracts, in canonical order."""
    ordered = in_order(amendments)
    gone = retracted(ordered)
    return [amendment for amendment in ordered if amendment.id not in gone]


def outages(amendments: Iterable[Amendment]) -> list[Outage]:
    """Return the outages of those that none retracts, in canonical order."""
    changes = (change for amendment in in_force(amendments) for change in amendment.changes)
    return [change for change in changes if isinstance(change, Outage)]


class FactInForce(NamedTuple):
    """A fact, and the amendment that says it."""

    value: FactValue
    said_by: Amendment


def facts(amendments: Iterable[Amendment]) -> dict[str, FactInForce]:
    """Return the facts that amendments say, by name; of several the last in canonical order."""
    found: dict[str, FactInForce] = {}
    for amendment in in_force(amendments):
        for change in amendment.changes:
            if isinstance(change, MissionFact):
                found[change.name] = FactInForce(change.value, amendment)
    return dict(sorted(found.items()))


Run = tuple[int, int]


class VersionVector(msgspec.Struct, frozen=True):
    """The names of a set of amendments, as runs of consecutive numbers of each author.

    Attributes:
        runs: by author, ascending; its runs ``(first, last)``, ascending, not touching. Mostly one run
            from 1; others where something has not come yet.
    """

    runs: dict[int, tuple[Run, ...]] = {}

    @classmethod
    def of(cls, ids: Iterable[AmendmentId]) -> VersionVector:
        """Return the vector of some names."""
        found: dict[int, list[Run]] = {}
        for author, number in sorted(set(ids)):
            runs = found.setdefault(author, [])
            if runs and runs[-1][1] == number - 1:
                runs[-1] = (runs[-1][0], number)
            else:
                runs.append((number, number))
        return cls({author: tuple(runs) for author, runs in found.items()})

    def __contains__(self, id: AmendmentId) -> bool:
        runs = self.runs.get(id.author, ())
        index = bisect_right(runs, id.number, key=lambda run: run[0]) - 1
        return index >= 0 and id.number <= runs[index][1]

    def latest(self, author: int, at_most: int = 2**63 - 1) -> int:
        """Return the highest number of an author up to a bound, 0 where there is none."""
        runs = self.runs.get(author, ())
        return max((min(last, at_most) for first, last in runs if first <= at_most), default=0)

    def __bool__(self) -> bool:
        return bool(self.runs)

    def text(self) -> str:
        """Return it for people, such as ``10:1-4 20:1,3``."""
        return " ".join(
            f"{author}:{','.join(str(a) if a == b else f'{a}-{b}' for a, b in runs)}"
            for author, runs in self.runs.items()
        )


def version_of(amendments: Iterable[Amendment]) -> VersionVector:
    """Return the vector of a set of amendments."""
    return VersionVector.of(amendment.id for amendment in amendments)


def digest(amendments: Iterable[Amendment]) -> str:
    """Return a short name of a set of amendments, the same at all nodes that hold it: 8 hex digits.

    It covers authors, numbers and times, so it also tells apart what two stores of one author numbered
    alike. Nothing held has the digest of nothing.
    """
    sha = hashlib.sha256()
    for amendment in in_order(amendments):
        sha.update(b"%d %d %d\n" % amendment.order)
    return sha.hexdigest()[:8]


def check_amendment(amendment: Amendment) -> None:
    """Refuse an amendment that no plan could take.

    Raises:
        InputError: a number, time, text or contact is none, or there is too much of it.
    """
    _within("author", amendment.author, 1, MAX_NODE)
    _within("number", amendment.number, 1, 2**63 - 1)
    _time("at", amendment.at)
    _count("changes", len(amendment.changes), MAX_CHANGES)
    for index, change in enumerate(amendment.changes):
        for where, problem in _problems(change):
            raise InputError(problem, where=f"changes[{index}].{where}")


def _problems(change: Change) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with a change; raise InputError for a number that is out of bounds."""
    match change:
        case Outage(links, start, end, text):
            _count("links", len(links), MAX_LINKS)
            for link in links:
                _ends(*link)
            _span(start, end)
            yield from _text_problems("text", text, 0, TEXT_MAX_BYTES)
        case NewContacts(contacts):
            _count("contacts", len(contacts), MAX_CONTACTS)
            for contact in contacts:
                yield from _contact_problems(contact)
        case Removed(from_node, to_node, time):
            _ends(from_node, to_node)
            _time("time", time)
        case MissionFact(name, value):
            yield from _text_problems("name", name, 1, NAME_MAX_BYTES)
            if isinstance(value, str):
                yield from _text_problems("value", value, 0, FACT_MAX_BYTES)
            if isinstance(value, float) and not isfinite(value):
                yield "value", "it is not a finite number"
            if isinstance(value, int) and abs(value) > 2**63 - 1:
                yield "value", "it has more than 64 bits"
        case Retracted(author, number):
            _within("author", author, 1, MAX_NODE)
            _within("number", number, 1, 2**63 - 1)


def _contact_problems(contact: Contact) -> Iterator[tuple[str, str]]:
    _ends(contact.from_node, contact.to_node)
    _span(contact.start, contact.end)
    begins = [begin for begin, _ in contact.rates]
    _count("rates", len(begins), MAX_RATE_PIECES)
    for begin in begins:
        _time("rates", begin)
    if begins[0] != contact.start or sorted(set(begins)) != begins:
        yield "rates", "pieces ascend, and the first begins with the contact"
    if any(not 0 <= bps <= UNLIMITED_BPS for _, bps in contact.rates):
        yield "rates", f"a rate is 0 to {UNLIMITED_BPS} bit/s"
    pieces = contact.light
    _count("light", len(pieces), MAX_LIGHT_PIECES)
    starts = [piece.start for piece in pieces]
    if starts[0] > contact.start or sorted(set(starts)) != starts:
        yield "light", "pieces ascend, and the first begins with the contact or before it"
    for piece in pieces:
        _time("light", piece.start)
        _within("span", piece.span, 1, MAX_TIME)
        _count("coefficients", len(piece.coefficients_s), MAX_COEFFICIENTS)
        if not all(isfinite(each) and abs(each) <= 1e12 for each in piece.coefficients_s):
            yield "light", "coefficients are numbers of s, none beyond 1e12"
    if not 0 < contact.confidence <= 1:
        yield "confidence", "it is over 0 up to 1"


def _text_problems(where: str, text: str, least: int, most: int) -> Iterator[tuple[str, str]]:
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        yield where, "it holds a character that UTF-8 can't carry"
        return
    if not least <= size <= most:
        yield where, f"it has {size} bytes of UTF-8; it has {least} to {most}"


def _ends(from_node: int, to_node: int) -> None:
    for node in (from_node, to_node):
        _within("node", node, 1, MAX_NODE)
    if from_node == to_node:
        raise InputError(f"node {from_node} to itself", where="link", right="A link is between two nodes")


def _span(start: int, end: int) -> None:
    _time("start", start)
    _time("end", end)
    if end < start:
        raise InputError("it ends before it starts", where="end")


def _time(where: str, time: int) -> None:
    _within(where, time, -MAX_TIME, MAX_TIME)


def _count(where: str, count: int, most: int) -> None:
    _within(f"number of {where}", count, 1, most)


def _within(where: str, value: int, low: int, high: int) -> None:
    if not low <= value <= high:
        raise InputError(f"{value} is not allowed", where=where, right=f"It is from {low} to {high}")
