"""The amendments that a node holds, and the plan that they make of its base plan."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

import msgspec
from msgspec.structs import replace

from starlight.contacts import (
    Amendment,
    AmendmentId,
    ContactPlan,
    Outage,
    VersionVector,
    amended,
    constant_light,
    digest,
    version_of,
)
from starlight.dtntime import HOUR, MINUTE
from starlight.errors import AmendmentError, StoreError
from starlight.services.amendment_format import Carried, decode_amendment

HELD_MAX = 10_000
"""Amendments of one author: a change a day for 27 years; 10 MB where each is a kilobyte."""

HELD_MAX_BYTES = 32 * 1024 * 1024
"""Of one author's amendments, as they travel: 10 000 of the largest would be 640 MB, in memory and on
disk."""

GAPS_MAX = 256
"""Runs of consecutive numbers of one author. Bundles that overtake each other leave a few; each takes room in
every message of this node, and with too many nobody would take those."""

TAKEN_MAX = 1_000
"""New amendments of one author in an hour of mission time. Whoever starts on an empty store is sent all that
it misses at once; what makes more is a loop, not a planner. What is not taken is sent again later."""

AHEAD = MINUTE
"""Clocks of nodes differ by seconds; what is further ahead of the hour at which it came was made by a wrong
one."""


class NotTaken(StrEnum):
    """Reasons for which an amendment is not taken."""

    TOO_MANY = "its author has as many as a node holds"
    TOO_MUCH = "its author's have as many bytes as a node holds"
    TOO_SCATTERED = "its author's numbers have too many gaps"
    TOO_FAST = "its author sends more than a planner would"


class ClockDoubt(StrEnum):
    """Reasons for which the time of an amendment is doubtful; it orders amendments all the same."""

    AHEAD = "made after it came, by its author's clock"
    BEHIND = "made before an earlier one of its author, by its author's clock"


class HeldAmendment(msgspec.Struct, frozen=True):
    """An amendment that a node holds.

    Attributes:
        amendment: what it says, as far as it is understood.
        data: its bytes, as they came.
        taken: when it came, or was made here, in ns.
    """

    amendment: Amendment
    data: bytes
    taken: int


class _Record(msgspec.Struct, frozen=True):
    """An amendment as a node's store keeps it; new fields go to the end, with a default."""

    taken: int
    data: bytes


class _Share:
    """The share of one author in what is held, and what more of it would be too much.

    Attributes:
        count: its amendments.
        size: of them all, in bytes.
        runs: of consecutive numbers.
    """

    __slots__ = ("_hour", "_taken", "count", "runs", "size")

    def __init__(self) -> None:
        self.count = self.size = self.runs = 0
        self._hour = self._taken = 0  # which hour of mission time, and how many came in it

    def refusal(self, opens: int, size: int, *, new: bool, now: int) -> NotTaken | None:
        """Return why an amendment is not taken, None where it is.

        Args:
            opens: how many runs more there would be; fewer where it closes a gap.
            size: how many bytes more.
            new: none of its number is held.
            now: in ns.
        """
        if new and self.count >= HELD_MAX:
            return NotTaken.TOO_MANY
        if size > 0 and self.size + size > HELD_MAX_BYTES:
            return NotTaken.TOO_MUCH
        if opens > 0 and self.runs + opens > GAPS_MAX:
            return NotTaken.TOO_SCATTERED
        taken = self._taken if self._hour == now // HOUR else 0
        if taken >= TAKEN_MAX:
            return NotTaken.TOO_FAST
        self._hour, self._taken = now // HOUR, taken + 1
        return None


class HeldAmendments:
    """A set of amendments over a base plan.

    Args:
        base: the plan that they amend.
        fixed_light_s: light times in s that hold by directed link, whatever an amendment says.

    Attributes:
        plan: the base plan with all of them folded in.
        changes: how often one came, or the base plan became another.
    """

    def __init__(self, base: ContactPlan, fixed_light_s: Mapping[tuple[int, int], float]) -> None:
        self._base = self.plan = base
        self._fixed_light_s = fixed_light_s
        self._named: tuple[ContactPlan, ContactPlan, frozenset[int]] | None = None  # see `nodes`
        self._held: dict[AmendmentId, HeldAmendment] = {}
        self._ordered: list[HeldAmendment] | None = None
        self.changes = 0
        self._shares: dict[int, _Share] = {}  # by author

    def all(self) -> list[HeldAmendment]:
        """Return what is held, in canonical order."""
        if self._ordered is None:  # Asked at each look at the page; the set seldom changes.
            self._ordered = sorted(self._held.values(), key=lambda held: held.amendment.order)
        return list(self._ordered)

    def amendments(self) -> list[Amendment]:
        """Return the amendments, in canonical order."""
        return [held.amendment for held in self.all()]

    def of(self, author: int) -> list[HeldAmendment]:
        """Return those of an author, by number."""
        found = (held for id, held in self._held.items() if id.author == author)
        return sorted(found, key=lambda held: held.amendment.number)

    def version(self) -> VersionVector:
        """Return the names of all that is held."""
        return version_of(self.amendments())

    def digest(self) -> str:
        """Return the short name of all that is held."""
        return digest(self.amendments())

    def unsilenced(self) -> ContactPlan:
        """Return the plan that they make without their outages: the contacts that there would be."""
        silent = (
            replace(each, changes=tuple(c for c in each.changes if not isinstance(c, Outage)))
            for each in self.amendments()
        )
        return amended(self._base, silent)

    def set_base(self, base: ContactPlan) -> None:
        """Amend another base plan from now on."""
        self._base = base
        self.changes += 1
        self.plan = amended(base, self.amendments())

    def nodes(self) -> frozenset[int]:
        """Return every node that a contact names, also one that is silent under the amendments."""
        named = self._named
        # Asked at each message; a plan of decades has tens of thousands of contacts.
        if named is None or named[0] is not self._base or named[1] is not self.plan:
            nodes = frozenset((*self._base.nodes(), *self.plan.nodes()))
            named = self._named = (self._base, self.plan, nodes)
        return named[2]

    def take(self, carried: Carried, now: int) -> HeldAmendment | NotTaken | None:
        """Take an amendment; return it where it is new, None where it is known.

        Of two with one name, as a planner makes who has lost its store, the later one by its time holds, and
        where they have one time the one with the greater bytes: at every node the same.
        """
        held = HeldAmendment(carried.amendment, carried.data, now)
        id = held.amendment.id
        known = self._held.get(id)
        if known is not None and _rank(known) >= _rank(held):
            return None
        refusal = self._share(id.author).refusal(*self._grows(held), new=known is None, now=now)
        if refusal is not None:
            return refusal
        self._keep(held)
        return held

    def fold(self) -> ContactPlan:
        """Fold what was taken into the base plan, and return the plan that is to be in force.

        Apart from `take`, because what comes together makes one new plan. Where that says the same as the
        plan before, it is the plan before: who compares plans by identity goes on with the one that it has.
        """
        plan = _at_fixed_light(amended(self._base, self.amendments()), self._fixed_light_s)
        if (plan.contacts, plan.notices) != (self.plan.contacts, self.plan.notices):
            self.plan = plan
        return self.plan

    def restore(self, author: int, number: int, record: bytes) -> None:
        """Take back what `record_of` returned.

        Raises:
            StoreError: it is not that.
        """
        try:
            kept = msgspec.msgpack.decode(record, type=_Record)
            amendment = decode_amendment(kept.data, author)
        except (msgspec.DecodeError, AmendmentError) as error:
            raise StoreError(f"the amendment {author} {number}: {error}") from error
        if amendment.number != number:
            raise StoreError(f"the amendment {author} {number} has the number {amendment.number}")
        self._keep(HeldAmendment(amendment, kept.data, kept.taken))

    def clock_doubts(self) -> dict[AmendmentId, ClockDoubt]:
        """Return the amendments whose time is doubtful, and why."""
        found: dict[AmendmentId, ClockDoubt] = {}
        latest: dict[int, int] = {}  # by author: the latest time among the numbers so far
        for id, held in sorted(self._held.items()):
            at = held.amendment.at
            if at > held.taken + AHEAD:
                found[id] = ClockDoubt.AHEAD
            elif at < latest.get(id.author, at):
                found[id] = ClockDoubt.BEHIND
            latest[id.author] = max(at, latest.get(id.author, at))
        return found

    def _grows(self, held: HeldAmendment) -> tuple[int, int]:
        """Return by how many runs, and how many bytes, its author's share grows by an amendment."""
        id = held.amendment.id
        known = self._held.get(id)
        if known is not None:
            return 0, len(held.data) - len(known.data)
        neighbours = (AmendmentId(id.author, id.number - 1), AmendmentId(id.author, id.number + 1))
        return 1 - sum(each in self._held for each in neighbours), len(held.data)

    def _share(self, author: int) -> _Share:
        return self._shares.setdefault(author, _Share())

    def _keep(self, held: HeldAmendment) -> None:
        id = held.amendment.id
        share = self._share(id.author)
        runs, size = self._grows(held)
        share.count += id not in self._held
        share.runs += runs
        share.size += size
        self._held[id] = held
        self._ordered = None
        self.changes += 1


def record_of(held: HeldAmendment) -> bytes:
    """Return an amendment as a record of a node's store."""
    return msgspec.msgpack.encode(_Record(held.taken, held.data))


def _rank(held: HeldAmendment) -> tuple[int, bytes]:
    return held.amendment.at, held.data


def _at_fixed_light(plan: ContactPlan, fixed_light_s: Mapping[tuple[int, int], float]) -> ContactPlan:
    """Return a plan whose contacts over some links have the light time that is imposed on these."""
    # On most nodes none is imposed, and plans of decades are long.
    if not fixed_light_s or not any(
        (contact.from_node, contact.to_node) in fixed_light_s for contact in plan.contacts
    ):
        return plan
    contacts = []
    for contact in plan.contacts:
        light_s = fixed_light_s.get((contact.from_node, contact.to_node))
        at = contact if light_s is None else replace(contact, light=constant_light(contact.start, light_s))
        contacts.append(at)
    return ContactPlan.of(contacts, plan.notices, plan.version)
