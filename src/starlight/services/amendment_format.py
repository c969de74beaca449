"""Amendments on the wire and in the store: CBOR maps and arrays, docs/reference/plan-amendments.md.

A message between the amendment services of two nodes is a map. Its keys are fixed for ever; a later version
adds keys and kinds of changes, and changes none.

====  =====================================================================================
key   value
====  =====================================================================================
0     version of the format, 1
1     amendments of the sender: ``[{0: number, 1: at in ns, 2: [[kind, ...], ...]}, ...]``
2     what the sender holds: ``{author: [first, last, first, last, ...]}``
3     what the sender knows of others: ``{node: [as of, in ms, {author: [...]}]}``
4     a statement of facts, encoded (`fact_statements.py`)
====  =====================================================================================

====  =====================================================================================
kind  the rest of the change
====  =====================================================================================
0     outage: ``[[from, to], ...]``, start in ns, length in ns, text
1     new contacts: ``[from, to, start, length, rates, light, one way, confidence]``, ...
2     removed: from, to, time in ns
3     fact: name, value
4     retracted: author, number
====  =====================================================================================

Rates are ``[[ns after the start, bit/s or null for unlimited], ...]``, light is ``[[ns after the start,
span in ns, [c0, c1, ...]], ...]``. A change of another kind, or one with more to it than is known here, is
kept as it came (`NotUnderstood`), and encodes to the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import NamedTuple, TypeVar

import msgspec

from starlight.bundle import DecodingLimits, cbor
from starlight.contacts import (
    UNLIMITED_BPS,
    Amendment,
    Change,
    Contact,
    LightPiece,
    MissionFact,
    NewContacts,
    NotUnderstood,
    Outage,
    Removed,
    Retracted,
    VersionVector,
    check_amendment,
)
from starlight.dtntime import MILLISECOND
from starlight.errors import AmendmentError, CborError, InputError

VERSION = 1

AMENDMENT_MAX_BYTES = 64 * 1024
"""Of one amendment, encoded: a thousand plain contacts. More is a new base plan."""

MESSAGE_MAX_BYTES = 256 * 1024
AMENDMENTS_MAX = 1_024  # of one message
NODES_MAX = 4_096  # of which one message tells
RUNS_MAX = 1_024
"""Of one author in one vector: so many gaps have no cause but malice."""

RUNS_OF_ALL_MAX = 4_096
"""Of all authors in one vector, as whoever hears it keeps it; some 20 B each."""

LIMITS = DecodingLimits(size=MESSAGE_MAX_BYTES, depth=16, count=2**16)

_OUTAGE, _NEW_CONTACTS, _REMOVED, _FACT, _RETRACTED = range(5)
_T = TypeVar("_T")


class Carried(NamedTuple):
    """An amendment as it travels.

    Attributes:
        amendment: what it says.
        data: its bytes, which a node keeps: what is not understood today may be tomorrow.
    """

    amendment: Amendment
    data: bytes


class Known(msgspec.Struct, frozen=True):
    """The version of a node's plan, as far as it is known elsewhere.

    Attributes:
        as_of: when the node said so, in ns at a resolution of 1 ms.
        version: which amendments it held then.
    """

    as_of: int
    version: VersionVector


class Message(NamedTuple):
    """A message of a node's amendment service.

    Attributes:
        amendments: some of its own.
        holds: all that it holds.
        others: what it knows of other nodes, by number.
        refused: why others of its amendments are none, in words.
        facts: a statement of the mission's facts, encoded; empty for none.
    """

    amendments: tuple[Carried, ...]
    holds: VersionVector
    others: Mapping[int, Known]
    refused: tuple[str, ...] = ()
    facts: bytes = b""


def encode(message: Message) -> bytes:
    """Return a message as the payload of a bundle."""
    told: dict[int | str, cbor.Value] = {0: VERSION, 2: _vector_out(message.holds)}
    if message.amendments:
        told[1] = [cbor.loads(carried.data, LIMITS) for carried in message.amendments]
    if message.others:
        told[3] = {
            node: [known.as_of // MILLISECOND, _vector_out(known.version)]
            for node, known in message.others.items()
        }
    if message.facts:
        told[4] = message.facts
    return cbor.dumps(told)


def decode(payload: bytes, author: int) -> Message:
    """Return the message that a payload is.

    Args:
        payload: of a bundle.
        author: the node that sent it, whose amendments they are.

    Raises:
        AmendmentError: it is none, or passes a limit.
    """
    return _read(payload, lambda value: _message(value, author))


def encoded_bytes(vector: VersionVector) -> int:
    """Return how many bytes of a message a vector takes."""
    return len(cbor.dumps(_vector_out(vector)))


def encode_amendment(amendment: Amendment) -> bytes:
    """Return an amendment as it travels and is kept; who made it stands elsewhere."""
    changes: list[cbor.Value] = [_change_out(change) for change in amendment.changes]
    return cbor.dumps({0: amendment.number, 1: amendment.at, 2: changes})


def decode_amendment(data: bytes, author: int) -> Amendment:
    """Return the amendment that bytes are.

    Raises:
        AmendmentError: they are none.
    """
    return _read(data, lambda value: _amendment(value, author))


def _read(data: bytes, reader: Callable[[cbor.Value], _T]) -> _T:
    try:
        return reader(cbor.loads(data, LIMITS))
    except CborError as error:
        raise AmendmentError(error.offset, error.rule) from None
    except InputError as error:
        raise AmendmentError(0, str(error)) from None


# What goes out.


def _vector_out(vector: VersionVector) -> cbor.Value:
    return {author: [edge for run in runs for edge in run] for author, runs in vector.runs.items()}


def _change_out(change: Change) -> cbor.Value:
    match change:
        case Outage(links, start, end, text):
            return [_OUTAGE, [list(link) for link in links], start, end - start, text]
        case NewContacts(contacts):
            return [_NEW_CONTACTS, *map(_contact_out, contacts)]
        case Removed(from_node, to_node, time):
            return [_REMOVED, from_node, to_node, time]
        case MissionFact(name, value):
            return [_FACT, name, value]
        case Retracted(author, number):
            return [_RETRACTED, author, number]
        case NotUnderstood(_, data):
            return cbor.loads(data, LIMITS)


def _contact_out(contact: Contact) -> cbor.Value:
    start = contact.start
    rates: list[cbor.Value] = [
        [begin - start, None if bps == UNLIMITED_BPS else bps] for begin, bps in contact.rates
    ]
    light: list[cbor.Value] = [
        [piece.start - start, piece.span, [float(each) for each in piece.coefficients_s]]
        for piece in contact.light
    ]
    length = contact.end - start
    ends = (contact.from_node, contact.to_node)
    return [*ends, start, length, rates, light, contact.one_way, float(contact.confidence)]


# What comes in.


def _message(value: cbor.Value, author: int) -> Message:
    table = _table(value, "a message is a map")
    if _integer(table.get(0), "the version") < 1:
        raise InputError("the version of a message is 1 or more")
    amendments: list[Carried] = []
    refused: list[str] = []
    for item in _array(table.get(1, []), "amendments are an array", AMENDMENTS_MAX):
        try:
            amendments.append(Carried(_amendment(item, author), cbor.dumps(item)))
        except InputError as error:
            refused.append(str(error))  # One that is none costs itself, not those beside it.
    others = _table(table.get(3, {}), "what is known of others is a map", NODES_MAX)
    known = {_integer(node, "a node"): _known(entry) for node, entry in others.items()}
    statement = _typed(table.get(4, b""), bytes, "a statement of facts is a byte string")
    return Message(tuple(amendments), _vector(table.get(2)), known, tuple(refused), statement)


def _known(value: cbor.Value) -> Known:
    as_of, vector, *_ = _least(value, 2, "what is known of a node is a time and a vector")
    time = _integer(as_of, "as of")
    if not 0 <= time <= 2**53:
        raise InputError("as of is a time in ms after 2000")
    return Known(time * MILLISECOND, _vector(vector))


def _vector(value: cbor.Value) -> VersionVector:
    runs: dict[int, tuple[tuple[int, int], ...]] = {}
    for author, edges in _table(value, "a vector is a map", NODES_MAX).items():
        flat = [_integer(each, "a run") for each in _array(edges, "runs are an array", 2 * RUNS_MAX)]
        # A number may stand alone as a run of one; runs that touch would be one.
        rising = all(b > a + 1 if i % 2 else b >= a for i, (a, b) in enumerate(pairwise(flat)))
        if not flat or len(flat) % 2 or flat[0] < 1 or not rising or flat[-1] >= 2**63:
            raise InputError("a vector has pairs of first and last number, ascending, apart")
        runs[_integer(author, "an author")] = tuple(zip(flat[::2], flat[1::2], strict=True))
    if sum(map(len, runs.values())) > RUNS_OF_ALL_MAX:
        raise InputError(f"a vector of at most {RUNS_OF_ALL_MAX} runs")
    return VersionVector(dict(sorted(runs.items())))


def _amendment(value: cbor.Value, author: int) -> Amendment:
    table = _table(value, "an amendment is a map")
    if len(cbor.dumps(table)) > AMENDMENT_MAX_BYTES:
        raise InputError(f"an amendment has at most {AMENDMENT_MAX_BYTES} bytes")
    changes = _array(table.get(2), "changes are an array", LIMITS.count)
    number, at = _integer(table.get(0), "the number"), _integer(table.get(1), "the time")
    amendment = Amendment(author, number, at, tuple(map(_change, changes)))
    check_amendment(amendment)
    return amendment


def _change(value: cbor.Value) -> Change:
    items = _least(value, 1, "a change is an array that begins with its kind")
    kind, rest = _integer(items[0], "a kind"), items[1:]
    known = _KINDS.get(kind)
    if known is None or (known[0] is not None and len(rest) > known[0]):
        return NotUnderstood(kind, cbor.dumps(items))
    return known[1](_least(rest, known[0] or 0, "a change has all that its kind asks for"))


def _outage(rest: list[cbor.Value]) -> Change:
    links = tuple(_link(link) for link in _array(rest[0], "links are an array", LIMITS.count))
    start = _integer(rest[1], "start")
    return Outage(links, start, start + _integer(rest[2], "length"), _typed(rest[3], str, "text is text"))


def _new_contacts(rest: list[cbor.Value]) -> Change:
    contacts = [_least(item, 8, "a contact has eight values") for item in rest]
    if any(len(contact) > 8 for contact in contacts):
        return NotUnderstood(_NEW_CONTACTS, cbor.dumps([_NEW_CONTACTS, *rest]))
    return NewContacts(tuple(map(_contact, contacts)))


def _contact(items: list[cbor.Value]) -> Contact:
    from_node, to_node, start, length = (_integer(item, "a contact's number") for item in items[:4])
    rates, light, one_way, confidence = items[4:]
    return Contact(
        id=0,
        from_node=from_node,
        to_node=to_node,
        start=start,
        end=start + length,
        rates=tuple(_rate(piece, start) for piece in _array(rates, "rates are an array", LIMITS.count)),
        light=tuple(_light(piece, start) for piece in _array(light, "light is an array", LIMITS.count)),
        one_way=_typed(one_way, bool, "one way is true or false"),
        confidence=_typed(confidence, float, "confidence is a float"),
    )


def _rate(value: cbor.Value, start: int) -> tuple[int, int]:
    begin, bps, *_ = _least(value, 2, "a rate is a time and a number")
    return start + _integer(begin, "a rate's time"), UNLIMITED_BPS if bps is None else _integer(bps, "a rate")


def _light(value: cbor.Value, start: int) -> LightPiece:
    begin, span, coefficients, *_ = _least(value, 3, "a piece of light is a time, a span and coefficients")
    terms = _array(coefficients, "coefficients are an array", LIMITS.count)
    found = tuple(_typed(each, float, "a coefficient is a float") for each in terms)
    return LightPiece(start + _integer(begin, "light's time"), _integer(span, "a span"), found)


def _removed(rest: list[cbor.Value]) -> Change:
    from_node, to_node, time = (_integer(each, "a number of what is removed") for each in rest)
    return Removed(from_node, to_node, time)


def _fact(rest: list[cbor.Value]) -> Change:
    name, value = rest
    if not isinstance(value, str | int | float):
        return NotUnderstood(_FACT, cbor.dumps([_FACT, name, value]))
    return MissionFact(_typed(name, str, "a fact's name is text"), value)


def _retracted(rest: list[cbor.Value]) -> Change:
    author, number = (_integer(each, "a number of what is retracted") for each in rest)
    return Retracted(author, number)


_KINDS: dict[int, tuple[int | None, Callable[[list[cbor.Value]], Change]]] = {
    _OUTAGE: (4, _outage),
    _NEW_CONTACTS: (None, _new_contacts),
    _REMOVED: (3, _removed),
    _FACT: (2, _fact),
    _RETRACTED: (2, _retracted),
}
"""By kind: how many values belong to it, None for any number, and what reads them."""


def _link(value: cbor.Value) -> tuple[int, int]:
    items = _least(value, 2, "a link is two nodes")
    return _integer(items[0], "a node"), _integer(items[1], "a node")


def _table(value: object, rule: str, most: int = LIMITS.count) -> dict[int | str, cbor.Value]:
    table = _typed(value, dict, rule)
    if len(table) > most:
        raise InputError(f"{rule} of at most {most} entries")
    return table


def _array(value: object, rule: str, most: int) -> list[cbor.Value]:
    items = _typed(value, list, rule)
    if len(items) > most:
        raise InputError(f"{rule} of at most {most} items")
    return items


def _least(value: object, least: int, rule: str) -> list[cbor.Value]:
    """Return an array of so many items or more; a later version may say more."""
    items = _typed(value, list, rule)
    if len(items) < least:
        raise InputError(rule)
    return items


def _typed(value: object, wanted: type[_T], rule: str) -> _T:
    if type(value) is not wanted:
        raise InputError(rule)
    return value


def _integer(value: object, name: str) -> int:
    return _typed(value, int, f"{name} is an integer")
