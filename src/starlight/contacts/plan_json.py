"""A contact plan as JSON, for people and for files; every error names key, value and what is allowed.

::

    {"version": 3,
     "contacts": [{"id": 1, "from": 7, "to": 8,
                   "start": "2051-04-02T10:00:00Z", "end": "2051-04-02T18:00:00Z",
                   "rates": [["2051-04-02T10:00:00Z", 256000]],
                   "light": [{"start": "2051-04-02T10:00:00Z", "span_ns": 3600000000000,
                              "coefficients_s": [751.2, 0.08]}],
                   "one_way": false, "confidence": 0.9}],
     "notices": [{"start": "...", "end": "...", "nodes": [7], "text": "dust storm"}],
     "names": {"7": "seoul"}}

A time is ISO 8601 text, or an integer of nanoseconds since 2000-01-01T00:00:00Z. A rate is in
bit/s, or ``"unlimited"``; `one_way` says that nothing can come back over the contact. `version`,
`notices`, `names`, `one_way` and a `confidence` of 1 may be left out. `names` is what people call the
nodes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from functools import lru_cache
from math import isfinite
from typing import NoReturn

import msgspec

from starlight import dtntime
from starlight.contacts.contact import UNLIMITED_BPS, Contact, LightPiece
from starlight.contacts.json_places import lines_of
from starlight.contacts.node_names import printable
from starlight.contacts.plan import ContactPlan, Notice
from starlight.contacts.report import shown
from starlight.dtntime import SECOND
from starlight.errors import InputError, did_you_mean, together
from starlight.json_text import decode

MAX_NODE = 2**64 - 1
"""Node numbers are 64-bit: an allocator and a node of 32 bits each (RFC 9758)."""

MAX_TIME = 2**62
"""Times within 146 years of 2000, so that any sum of two fits 64 bits."""

MAX_COEFFICIENTS = 32
"""More terms than any fit of a light time has use for."""

ENDS_BEFORE = "A contact does not end before it starts"
_CONTACT = frozenset({"id", "from", "to", "start", "end", "rates", "light"})
_CONTACT_MORE = frozenset({"one_way", "confidence"})
_LIGHT = frozenset({"start", "span_ns", "coefficients_s"})
_TIME = "A time is text such as 2051-04-02T10:00:00Z, or an integer of ns since 2000, from 1854 to 2146"


def to_json(plan: ContactPlan, names: Mapping[int, str] | None = None) -> bytes:
    """Return a plan as JSON in UTF-8, keys and contacts in a fixed order.

    Args:
        plan: what is to be written.
        names: what people call the nodes.
    """
    # Left out where there are none, so that a plan without names is the same bytes as ever.
    called = {"names": {str(node): name for node, name in sorted(names.items())}} if names else {}
    return msgspec.json.encode(
        {
            "version": plan.version,
            "contacts": [_contact_out(contact) for contact in plan.contacts],
            "notices": [
                {"start": _time_out(n.start), "end": _time_out(n.end), "nodes": n.nodes, "text": n.text}
                for n in plan.notices
            ],
            **called,
        }
    )


def from_json(data: bytes, name: str = "contact plan") -> ContactPlan:
    """Read a plan as a whole; contacts are put in order of their starts.

    Args:
        data: JSON in UTF-8, as `to_json` writes it or as a person does.
        name: what it is called, for errors.

    Raises:
        InputError: it is no plan; says of each contact that is none the line, the key, the value and what is
            allowed. Two contacts with one id, a contact that ends before it starts or leads to its own node
            are errors.
    """
    document = decode(data, name)
    wrong: list[tuple[int, InputError]] = []
    try:
        plan = from_document(document, lambda index, error: wrong.append((index, error)))
    except InputError as error:
        raise together([error], name) from None
    if wrong:
        lines = lines_of(data, {("contacts", index) for index, _ in wrong})
        told = [
            InputError(e.what, where=f"line {lines.get(('contacts', index), 0)}, {e.where}", right=e.right)
            for index, e in wrong
        ]
        raise together(told, name)
    return plan


def from_document(document: object, refuse: Callable[[int, InputError], object]) -> ContactPlan:
    """Read a plan from decoded JSON; see `from_json`.

    Args:
        document: what JSON says.
        refuse: takes the place and the error of each contact that is none, which is then left out.
    """
    keys = _table(document, "contact plan", {"contacts"}, {"version", "notices", "names"})
    names_of(document)
    contacts: list[Contact] = []
    seen: dict[int, int] = {}
    for index, item in enumerate(_list(keys["contacts"], "contacts")):
        try:
            contact = _contact(item, f"contacts[{index}]")
            _distinct(contact.id, index, seen)
        except InputError as error:
            refuse(index, error)
            continue
        contacts.append(contact)
    notices = [
        _notice(item, f"notices[{i}]") for i, item in enumerate(_list(keys.get("notices", []), "notices"))
    ]
    version = _integer(keys.get("version", 0), "version", 0, 2**63 - 1)
    return ContactPlan.of(contacts, notices, version)


def names_of(document: object) -> dict[int, str]:
    """Return what a document that is a plan calls its nodes, by number.

    Raises:
        InputError: something there is no node number, or no name.
    """
    found: dict[int, str] = {}
    given = document.get("names", {}) if isinstance(document, dict) else {}
    if not isinstance(given, dict):
        _reject(given, "names", 'It is an object of numbers and names, such as {"7": "seoul"}')
    for key, name in given.items():
        if not (key.isascii() and key.isdigit() and len(key) <= 20 and int(key) <= MAX_NODE):
            _reject(key, "names", f"A node number is an integer from 0 to {MAX_NODE}, in quotes")
        if not isinstance(name, str) or not name.strip():
            _reject(name, f"names.{key}", "A name is text that is not empty")
        found[int(key)] = printable(name)
    return found


def _contact_out(contact: Contact) -> dict[str, object]:
    # Left out where it says nothing, so that plans written before there was a confidence are the same bytes.
    sure = {} if contact.confidence == 1 else {"confidence": contact.confidence}
    return {
        "id": contact.id,
        "from": contact.from_node,
        "to": contact.to_node,
        "start": _time_out(contact.start),
        "end": _time_out(contact.end),
        "rates": [
            [_time_out(begin), "unlimited" if bps == UNLIMITED_BPS else bps] for begin, bps in contact.rates
        ],
        "light": [
            {"start": _time_out(p.start), "span_ns": p.span, "coefficients_s": p.coefficients_s}
            for p in contact.light
        ],
        "one_way": contact.one_way,
        **sure,
    }


def _time_out(time: int) -> str | int:
    # Outside of what a calendar can write a time is its integer; reading takes both.
    return dtntime.to_text(time, 9 if time % SECOND else 0) if 0 <= time <= MAX_TIME else time


def _contact(value: object, where: str) -> Contact:
    keys = _table(value, where, _CONTACT, _CONTACT_MORE)
    start, end = _time(keys["start"], f"{where}.start"), _time(keys["end"], f"{where}.end")
    if end < start:
        _reject(keys["end"], f"{where}.end", ENDS_BEFORE)
    from_node = _integer(keys["from"], f"{where}.from", 0, MAX_NODE)
    to_node = _integer(keys["to"], f"{where}.to", 0, MAX_NODE)
    if from_node == to_node:
        _reject(keys["to"], f"{where}.to", "A contact leads to another node than it comes from")
    one_way = keys.get("one_way", False)
    if not isinstance(one_way, bool):
        _reject(one_way, f"{where}.one_way", "It is true or false")
    confidence = keys.get("confidence", 1)
    if isinstance(confidence, bool) or not isinstance(confidence, int | float) or not 0 < confidence <= 1:
        _reject(confidence, f"{where}.confidence", "It is a number over 0 up to 1")
    id = _integer(keys["id"], f"{where}.id", 0, 2**63 - 1)
    rates = _rates(keys["rates"], f"{where}.rates", start)
    light = _light(keys["light"], f"{where}.light", start)
    contact = Contact(id, from_node, to_node, start, end, rates, light, one_way, float(confidence))
    # A polynomial may be well-formed and still say nonsense; negative light would let a bundle arrive
    # before it leaves.
    for time in (start, end):
        try:
            light_time = contact.light_time(time)
        except (OverflowError, ValueError):  # The polynomial leaves what a float can hold.
            light_time = -1
        if not 0 <= light_time <= MAX_TIME:
            text = f"what the light time is at {dtntime.to_text(time)}"
            _reject(text, f"{where}.light", "Light takes no less than 0 s and no more than 146 years")
    return contact


def _rates(value: object, where: str, start: int) -> tuple[tuple[int, int], ...]:
    pieces = []
    for index, item in enumerate(_list(value, where)):
        here = f"{where}[{index}]"
        pair = _list(item, here)
        if len(pair) != 2:
            _reject(item, here, "A piece is [from when, bit/s]")
        bps = UNLIMITED_BPS if pair[1] == "unlimited" else _integer(pair[1], f"{here}[1]", 0, UNLIMITED_BPS)
        pieces.append((_time(pair[0], f"{here}[0]"), bps))
    if not pieces or pieces[0][0] != start:
        _reject(value, where, "There is a piece, and the first begins with the contact")
    _ascending([begin for begin, _ in pieces], where)
    return tuple(pieces)


def _light(value: object, where: str, start: int) -> tuple[LightPiece, ...]:
    pieces = []
    for index, item in enumerate(_list(value, where)):
        here = f"{where}[{index}]"
        keys = _table(item, here, _LIGHT, frozenset())
        begin = _time(keys["start"], f"{here}.start")
        span = _integer(keys["span_ns"], f"{here}.span_ns", 1, MAX_TIME)
        pieces.append(
            LightPiece(begin, span, _coefficients(keys["coefficients_s"], f"{here}.coefficients_s"))
        )
    if not pieces or pieces[0].start > start:
        _reject(value, where, "There is a piece, and the first begins with the contact or before it")
    _ascending([piece.start for piece in pieces], where)
    return tuple(pieces)


def _coefficients(value: object, where: str) -> tuple[float, ...]:
    right = f"1 to {MAX_COEFFICIENTS} numbers, in s, none beyond 1e12"
    found: list[float] = []
    items = _list(value, where)
    for item in items:
        if (
            isinstance(item, bool)
            or not isinstance(item, int | float)
            or not isfinite(item)
            or abs(item) > 1e12
        ):
            _reject(item, where, right)
        found.append(float(item))
    if not 1 <= len(found) <= MAX_COEFFICIENTS:
        _reject(value, where, right)
    return tuple(found)


def _notice(value: object, where: str) -> Notice:
    keys = _table(value, where, {"start", "end", "nodes", "text"}, set())
    nodes = [_integer(n, f"{where}.nodes", 0, MAX_NODE) for n in _list(keys["nodes"], f"{where}.nodes")]
    text = keys["text"]
    if not isinstance(text, str):
        _reject(text, f"{where}.text", "It is text")
    start, end = _time(keys["start"], f"{where}.start"), _time(keys["end"], f"{where}.end")
    if end < start:
        _reject(keys["end"], f"{where}.end", "A notice does not end before it starts")
    return Notice(start, end, tuple(nodes), text)


def _distinct(id: int, index: int, seen: dict[int, int]) -> None:
    if id in seen:
        right = f"contacts[{seen[id]}] has it already; each contact has its own"
        _reject(id, f"contacts[{index}].id", right)
    seen[id] = index


def _table(value: object, where: str, needed: Set[str], optional: Set[str]) -> dict[str, object]:
    if not isinstance(value, dict):
        _reject(value, where, _allowed(needed, optional))
    # In the document's order, but of several that are missing the first by name: the message must not
    # depend on how a set happens to be ordered.
    for key in needed:
        if key not in value:
            missing = min(needed - value.keys())
            raise InputError(f"the key {missing!r} is missing", where=where, right=_allowed(needed, optional))
    for key in value:
        if key not in needed and key not in optional:
            near = did_you_mean(key, needed | optional)
            right = f"{near} {_allowed(needed, optional)}".strip()
            raise InputError(f"the key {shown(key)} is not known", where=where, right=right)
    return value


def _allowed(needed: Set[str], optional: Set[str]) -> str:
    text = f"It is an object with {', '.join(sorted(needed))}"
    return text + (f", and may have {', '.join(sorted(optional))}" if optional else "")


def _list(value: object, where: str) -> list[object]:
    if not isinstance(value, list):
        _reject(value, where, "It is a list")
    return value


def _integer(value: object, where: str, low: int, high: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        _reject(value, where, f"It is an integer from {low} to {high}")
    return value


def _time(value: object, where: str) -> int:
    if isinstance(value, str):
        try:
            time: object = _moment(value)
        except InputError as error:
            raise InputError(error.what, where=where, right=error.right) from None
    else:
        time = value
    if isinstance(time, bool) or not isinstance(time, int) or abs(time) > MAX_TIME:
        _reject(value, where, _TIME)
    return time


@lru_cache(maxsize=64)  # A contact, its rate and its light mostly begin together.
def _moment(text: str) -> int:
    # What to_json writes is read without dtntime's regular expression, which takes most of the time.
    if text[10:11] == "T" and text[-1:] == "Z" and text.isascii() and len(text) in (20, 30):
        clock = text[11:19].split(":")
        fraction = text[20:29] if len(text) == 30 and text[19] == "." else "0"
        if (
            len(clock) == 3
            and all(len(part) == 2 for part in clock)
            and "".join((*clock, fraction)).isdigit()
        ):
            hour, minute, second = map(int, clock)
            if hour < 24 and minute < 60 and second < 60 and (len(text) == 20 or fraction != "0"):
                within = (hour * 3_600 + minute * 60 + second) * SECOND
                return _midnight(text[:10]) + within + int(fraction)
    return dtntime.from_text(text)


@lru_cache(maxsize=4096)  # A plan has few days and many times.
def _midnight(day: str) -> int:
    return dtntime.from_text(day)


def _ascending(times: list[int], where: str) -> None:
    for index in range(1, len(times)):
        if times[index] <= times[index - 1]:
            text = dtntime.to_text(times[index])
            _reject(text, f"{where}[{index}]", "Pieces come in the order of their beginnings")


def _reject(value: object, where: str, right: str) -> NoReturn:
    raise InputError(f"{shown(value)} is not allowed", where=where, right=right)
