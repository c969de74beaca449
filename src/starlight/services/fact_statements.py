"""Statements of facts: what a node tells a peer of the mission, and what each peer has told.

A statement travels as a session with a peer begins, and in a message of the amendment service where a link
has no sessions. It is a CBOR map (RFC 8949) of `STATEMENT_MAX` octets at most: 0 the version 1, 1 the mission
time that it is of, in ms, 2 the digest of the amendments that its sender holds, 3 a map from the name of each
fact to ``[value, source]``. A later version adds keys, and what is added is skipped.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

import msgspec

from starlight.bundle import DecodingLimits, cbor
from starlight.contacts import Said
from starlight.dtntime import HOUR, MILLISECOND
from starlight.errors import CborError, StoreError
from starlight.node.application import Request, Save, Say
from starlight.services.announcements import NAME
from starlight.services.trace_events import FactsRefused
from starlight.trace import Record

STATEMENT_MAX = 3_072
"""Octets: some forty facts, and what a TCPCL session takes beside its other items."""

FACTS_MAX = 64
CHANGES_MAX = 16
"""Statements of a peer that say something new, in an hour of mission time: each is a commit, and pages show
what it says. A file that is mended and a node that is restarted make a few."""

TOLD = "told/"
"""The records of what peers have told: ``told/NODE``."""

FILE, DEFAULT, PLAN = "file", "default", "plan"
_SOURCE = re.compile(r"file|default|plan|amendment \d{1,19}:\d{1,19}|peer \d{1,19}")
_LIMITS = DecodingLimits(size=STATEMENT_MAX, depth=4, count=1_024)


class Statement(msgspec.Struct, frozen=True):
    """All that a node says of the mission.

    Attributes:
        at: mission time by its clock, in ns, at a resolution of 1 ms; light times are of then.
        digest: of the amendments that it holds.
        facts: by name.
    """

    at: int
    digest: str
    facts: dict[str, Said]


def encode_statement(at: int, digest: str, facts: Mapping[str, Said]) -> bytes:
    """Return a statement as it travels; facts at the end that have no room are left out.

    Args:
        at: mission time, in ns.
        digest: of the amendments held.
        facts: by name, the most important first.
    """
    told: dict[int | str, cbor.Value] = {}
    data = b""
    for name, said in list(facts.items())[:FACTS_MAX]:
        told[name] = [said.value, said.source]
        longer = cbor.dumps({0: 1, 1: at // MILLISECOND, 2: digest, 3: told})
        if len(longer) > STATEMENT_MAX:
            break
        data = longer
    return data


def decode_statement(data: bytes) -> Statement:
    """Return the statement that octets are.

    Raises:
        ValueError: they are none.
    """
    if len(data) > STATEMENT_MAX:
        raise ValueError(f"a statement of facts has at most {STATEMENT_MAX} octets")
    try:
        table = cbor.loads(data, _LIMITS)
    except CborError as error:
        raise ValueError(str(error)) from None
    at, digest, facts = (table.get(key) for key in (1, 2, 3)) if isinstance(table, dict) else (None,) * 3
    if type(at) is not int or not 0 <= at <= 2**53 or not isinstance(digest, str) or len(digest) > 64:
        raise ValueError("a statement of facts has a time and a digest")
    if not isinstance(facts, dict) or len(facts) > FACTS_MAX:
        raise ValueError(f"a statement has at most {FACTS_MAX} facts")
    found = {name: said for name, value in facts.items() if isinstance(name, str) and (said := _said(value))}
    return Statement(at * MILLISECOND, digest, found)


def _said(value: cbor.Value) -> Said | None:
    """Return what is said of a fact; None of what a later version may say, which is skipped."""
    match value:
        case [str() | int() | float() as fact, str() as source, *_] if _SOURCE.fullmatch(source):
            return Said(fact, source)
    return None


class FactsTold:
    """Statements of the peers of a node about the mission; the last statement of each is kept in its store.

    Args:
        node: its number.
        peers: whose statements are kept; nobody else's are.

    Attributes:
        by_peer: the statements.
        changes: how often one said something new.
    """

    def __init__(self, node: int, peers: Collection[int]) -> None:
        self._node = node
        self._peers = frozenset(peers)
        self.by_peer: dict[int, Statement] = {}
        self.changes = 0
        self._hours: dict[int, tuple[int, int]] = {}  # by peer: an hour, and how often it said something new

    def hear(self, peer: int, data: bytes, now: int, *, in_a_session: bool) -> list[Request]:
        """Take a statement of a peer, which is saved where it says something new.

        Args:
            peer: its node number.
            data: the statement.
            now: in ns.
            in_a_session: it is of this moment; else it came in a bundle, which a later word may overtake.
        """
        if peer not in self._peers:
            return []
        try:
            statement = decode_statement(data)
        except ValueError as error:
            return [Say(Record(now, self._node, FactsRefused(peer, str(error))))]
        known = self.by_peer.get(peer)
        # Each session brings one; only what is new in it is worth a commit.
        if known and not in_a_session and statement.at < known.at:
            return []
        if known and (known.digest, known.facts) == (statement.digest, statement.facts):
            self.by_peer[peer] = statement
            return []
        hour, count = self._hours.get(peer, (0, 0))
        count = count + 1 if hour == now // HOUR else 1
        self._hours[peer] = now // HOUR, count
        if count > CHANGES_MAX:
            told = "it says something else too often; the next hour it is heard again"
            return [Say(Record(now, self._node, FactsRefused(peer, told)))]
        self.by_peer[peer] = statement
        self.changes += 1
        return [Save(NAME, f"{TOLD}{peer}", data)]

    def restore(self, key: str, data: bytes) -> None:
        """Take back a record; what a node told that is no peer any more is left where it is.

        Raises:
            StoreError: it can't be read.
            ValueError: its key can't.
        """
        peer = int(key.removeprefix(TOLD))
        try:
            statement = decode_statement(data)
        except ValueError as error:
            raise StoreError(f"the facts that node {peer} told: {error}") from None
        if peer in self._peers:
            self.by_peer[peer] = statement
