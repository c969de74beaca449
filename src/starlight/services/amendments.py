"""The amendment service: the application of a node that makes, takes and sends on changes of the plan.

Theory of operation. A planner's node amends: the change is in force there at once, saved, and sent to the
same service of every other node of the plan, in a bundle for each. A node believes an amendment only if its
author is one of the planners that its own configuration names, and the bundle's source is that author's
node; it saves it, puts the amended plan in force, and soon tells the author all that it holds. From that the
author knows what to send again. What is lost on the way, or waits out a conjunction, so comes in the end,
and as a set of amendments means one plan (`contacts/amended_plan.py`), all nodes come to the same one.

A message also says what its sender knows of others, so that each planner, and each node that a planner
writes to, can show which versions are in force elsewhere, as of when.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

from starlight.bundle import BULK, EXPEDITED, EndpointID
from starlight.contacts import Amendment, Change, ContactPlan, Outage, check_amendment, revised
from starlight.dtntime import MILLISECOND, SECOND, YEAR
from starlight.errors import AmendmentError, InputError, StoreError
from starlight.node.application import (
    ChangePlan,
    Claim,
    DataUnit,
    Request,
    Save,
    Say,
    SetAside,
    Submit,
    Withdraw,
)
from starlight.services.amendment_format import (
    AMENDMENT_MAX_BYTES,
    Carried,
    Known,
    Message,
    decode,
    encode,
    encode_amendment,
)
from starlight.services.held_amendments import Held, HeldAmendments, NotTaken, record_of
from starlight.services.plan_versions import LIFETIME, PlanVersions
from starlight.services.service import Service
from starlight.services.trace_events import (
    AmendmentMade,
    AmendmentRefused,
    AmendmentTaken,
    VersionHeard,
)
from starlight.trace import Record, TraceEvent

NAME = "amendments"
"""The name of the application on its node, under which it keeps its records."""

SERVICE = 0x57A2
"""Its service number at every node, 22434: of the range for private use 0x0100 to 0x7FFF (RFC 9758, 9.3), as
it is no service that the whole community of BPv7 would look for; well above the small numbers of people."""

GATHER = 10 * SECOND
"""An answer waits so long for what else its author has on the way, and tells of all of it at once."""

BATCH_MAX_BYTES = AMENDMENT_MAX_BYTES
"""Of the amendments in one bundle, so that each fits the contacts that a letter fits."""

GREETING_LIFETIME = YEAR
OTHERS_MAX = 64
"""Nodes of which a message tells what is known, the latest first: 20 bytes each."""

_HELD, _PEER, _GREETED = "held/", "peer/", "greeted"


class AmendmentService(Service):
    """The amendments of one node.

    Args:
        node: its number.
        base: the plan that they amend; `set_base` changes it.
        planners: the numbers of the nodes whose amendments are believed.
    """

    def __init__(self, node: int, base: ContactPlan, planners: Collection[int]) -> None:
        self.node = node
        self.planners = frozenset(planners)
        self._held = HeldAmendments(base)
        self._in_force = base  # at the node
        self._versions = PlanVersions(node)
        self._answers: dict[int, int] = {}  # by author: when it is told what is held here
        self._damaged: list[tuple[str, str]] = []
        self._greeted = False

    # What is known here.

    @property
    def plan(self) -> ContactPlan:
        """Return the base plan with all that is held folded in."""
        return self._held.plan

    @property
    def held(self) -> HeldAmendments:
        """Return what is held, for reading."""
        return self._held

    def others(self) -> dict[int, Known]:
        """Return what is known of other nodes, by number."""
        return self._versions.known()

    # What is done here.

    def amend(self, changes: Sequence[Change], now: int) -> tuple[Amendment, list[Request]]:
        """Make an amendment, put it in force here, and send it to all.

        Args:
            changes: one at least.
            now: in ns.

        Raises:
            InputError: this node is no planner, or no plan could take the changes.
        """
        if self.node not in self.planners:
            right = "Name it in `planners` of each node's file"
            raise InputError(f"node {self.node} is no planner", where="planners", right=right)
        own = self._held.of(self.node)
        # A clock that was set back must not make a later change lose against an earlier one of the same hand,
        # nor a lost store make a number anew that others hold.
        at = max([now, *(held.amendment.at + 1 for held in own[-1:])])
        last = max([self._versions.highest_of(self.node), *(held.amendment.number for held in own[-1:])])
        amendment = Amendment(self.node, last + 1, at, tuple(changes))
        check_amendment(amendment)
        data = encode_amendment(amendment)
        if len(data) > AMENDMENT_MAX_BYTES:
            right = f"It has at most {AMENDMENT_MAX_BYTES}; make it several"
            raise InputError(f"an amendment of {len(data)} bytes", where="changes", right=right)
        held = self._held.take(Carried(amendment, data), now)
        if not isinstance(held, Held):
            raise InputError(str(held), where="changes")
        made = AmendmentMade(self.node, amendment.number, self._held.digest())
        requests = [self._save(held), self._say(made, now), *self._put_in_force()]
        return amendment, [*requests, *self._send(now)]

    def begin_with(self, base: ContactPlan) -> None:
        """Amend another base plan than this was made with, from the node's start on."""
        self._held.set_base(base)

    def set_base(self, base: ContactPlan) -> list[Request]:
        """Amend another base plan from now on, which is put in force with all that is held."""
        self._held.set_base(base)
        return self._put_in_force()

    def revise(self, outage: Outage, now: int) -> tuple[Amendment | None, list[Request]]:
        """Amend the plan by an outage, in place of what was said of it before; its end may be another.

        Returns:
            The amendment, None where all of that is known already; and what to ask of the node.

        Raises:
            InputError: as `amend`.
        """
        changes = revised(outage, self._held.amendments())
        return self.amend(changes, now) if changes else (None, [])

    def greet(self, now: int) -> list[Request]:
        """Tell the planners that this node is here and what it holds; once in the life of its store.

        So a node that is new, or has lost its store, is sent what it misses.
        """
        if self._greeted:
            return []
        self._greeted = True
        planners = sorted((self.planners & self._held.nodes()) - {self.node})
        marked = Save(NAME, _GREETED, b"")
        return [marked, *(self._submit(f"greet/{node}", node, (), GREETING_LIFETIME) for node in planners)]

    # What the node tells; see `node.application.Application`.

    def restore(self, mailbox: str, key: str, data: bytes) -> None:
        """Take back a record; one that can't be read is set aside, and its author sends it again."""
        try:
            if key.startswith(_HELD):
                author, _, number = key.removeprefix(_HELD).partition("/")
                self._held.restore(int(author), int(number), data)
            elif key.startswith(_PEER):
                self._versions.restore(int(key.removeprefix(_PEER)), data)
            self._greeted = self._greeted or key == _GREETED
        except (StoreError, ValueError) as error:
            self._damaged.append((key, str(error)))

    def resume(self, now: int) -> list[Request]:
        """Put in force what is held, claim the endpoint, and send on what is still missing elsewhere."""
        requests: list[Request] = [SetAside(NAME, *damaged) for damaged in self._damaged]
        self._damaged.clear()
        requests += self._put_in_force()
        return [*requests, Claim(_endpoint(self.node)), *self._send(now)]

    def delivered(self, unit: DataUnit, now: int) -> list[Request]:
        """Take what another node's service says."""
        author = _author(unit.source)
        if author is None:
            return [self._refuse(unit.source, "it is not from the amendment service of a node", now)]
        try:
            message = decode(unit.payload, author)
        except AmendmentError as error:
            return [self._refuse(unit.source, str(error), now)]
        requests: list[Request] = [self._refuse(unit.source, reason, now) for reason in message.refused]
        requests += self._believe(author, unit.source, message, now)
        # What a node says of itself is as old as the bundle; a clock that is ahead makes it no younger.
        as_of = now if unit.created is None else min(unit.created, now)
        requests += self._hear(author, Known(as_of, message.holds), now)
        if author in self.planners:
            for node, known in message.others.items():
                requests += self._hear(node, Known(min(known.as_of, now), known.version), now, by=author)
        return [*requests, *self._send(now)]

    def accepted(
        self, token: str, key: str, leaves: int | None, arrives: int | None, now: int
    ) -> list[Request]:
        """Take note when what was sent will be there."""
        kind, *numbers = token.split("/")
        if kind == "send":
            node, before = map(int, numbers)
            self._versions.accepted(node, key, before, arrives, now)
        return self._peers()

    def departed(
        self, key: str, peer: int, leaves: int, last_byte: int, reaches: int, now: int
    ) -> list[Request]:
        """Take note that a bundle can't be taken back any more."""
        self._versions.departed(key)
        return []

    def expired(self, key: str, reason: str, now: int) -> list[Request]:
        """Take note that a bundle waits no more; what it carried is sent again when that is due."""
        self._versions.departed(key)
        return []

    def rejected(self, token: str, reason: str, now: int) -> list[Request]:
        """Send again later what this node did not take."""
        kind, node, *_ = token.split("/")
        if kind == "send":
            self._versions.failed(int(node), now)
        return self._peers()

    def plan_changed(self, now: int) -> list[Request]:
        """Send what is in force to nodes that the plan did not name before."""
        return self._send(now)

    def next_wakeup(self) -> int | None:
        """Return when an answer is due, or something is to be sent again."""
        due = min(self._answers.values(), default=None)
        again = self._versions.next_wakeup()
        return again if due is None else due if again is None else min(due, again)

    def handle_timer(self, now: int) -> list[Request]:
        """Answer authors, and send again what others still miss."""
        self._versions.take_due(now)
        requests = self._send(now)
        for author in sorted(author for author, due in self._answers.items() if due <= now):
            del self._answers[author]
            requests.append(self._submit(f"answer/{author}", author, (), LIFETIME, priority=BULK))
        return requests

    # Inside.

    def _believe(self, author: int, source: str, message: Message, now: int) -> list[Request]:
        """Take the amendments of a message, if their author is a planner."""
        if not message.amendments:
            return []
        if author not in self.planners:
            reason = f"node {author} is no planner here"
            return [
                self._refuse(source, reason, now, carried.amendment.number) for carried in message.amendments
            ]
        self._answers.setdefault(author, now + GATHER)
        requests: list[Request] = []
        taken: list[Held] = []
        for carried in message.amendments:
            held = self._held.take(carried, now)
            if isinstance(held, NotTaken):
                requests.append(self._refuse(source, str(held), now, carried.amendment.number))
            elif held is not None:
                taken.append(held)
        if not taken:
            return requests
        version, doubts = self._held.digest(), self._held.clock_doubts()
        for held in taken:
            amendment = held.amendment
            told = AmendmentTaken(*amendment.id, amendment.at, version, str(doubts.get(amendment.id, "")))
            requests += [self._save(held), self._say(told, now)]
        return [*requests, *self._put_in_force()]

    def _hear(self, node: int, known: Known, now: int, by: int | None = None) -> list[Request]:
        """Take note of what a node holds, as it or a planner says."""
        if node not in self._held.nodes() and node not in self.planners:
            return []  # Anybody could name nodes without end; the plan bounds how many are remembered.
        if not self._versions.heard(node, known, directly=by is None):
            return []
        return [self._say(VersionHeard(node, known.version.text(), known.as_of), now)]

    def _put_in_force(self) -> list[Request]:
        plan = self._held.fold()
        if plan is self._in_force:
            return []
        self._in_force = plan
        return [ChangePlan(plan)]

    def _send(self, now: int) -> list[Request]:
        """Send every node what it misses of this node's own amendments; return that with what it changes."""
        own = self._held.of(self.node)
        requests: list[Request] = []
        if own:
            numbers = [held.amendment.number for held in own]
            self._versions.settle(numbers)
            for node in sorted(self._held.nodes()):
                if node != self.node and self._versions.missing(node, numbers):
                    requests += self._send_to(node, own, now)
        return [*self._peers(), *requests]

    def _send_to(self, node: int, own: Sequence[Held], now: int) -> list[Request]:
        waiting = self._versions.take_back(node)
        requests: list[Request] = [Withdraw(waiting)] if waiting is not None else []
        missing = set(self._versions.missing(node, [held.amendment.number for held in own]))
        for batch in _batches(held for held in own if held.amendment.number in missing):
            token = f"send/{node}/{self._versions.sent_to(node)}"
            self._versions.sent(node, batch[-1].amendment.number, now)
            requests.append(self._submit(token, node, batch, LIFETIME))
        return requests

    def _submit(
        self, token: str, node: int, batch: Sequence[Carried], lifetime: int, *, priority: int = EXPEDITED
    ) -> Submit:
        """Return the request to send a message, which also tells what is held and known here."""
        others = {other: known for other, known in self._versions.known().items() if other != node}
        latest = sorted(others, key=lambda other: (-others[other].as_of, other))[:OTHERS_MAX]
        message = Message(
            tuple(batch),
            self._held.version(),
            {other: others[other] for other in latest} if batch else {},
        )
        return Submit(
            token,
            _endpoint(self.node),
            _endpoint(node),
            encode(message),
            lifetime // MILLISECOND,
            priority=priority,
        )

    def _peers(self) -> list[Request]:
        return [Save(NAME, f"{_PEER}{node}", record) for node, record in self._versions.take_changed()]

    def _save(self, held: Held) -> Save:
        author, number = held.amendment.id
        return Save(NAME, f"{_HELD}{author}/{number}", record_of(held))

    def _refuse(self, source: str, reason: str, now: int, number: int = 0) -> Say:
        return self._say(AmendmentRefused(source, reason, number), now)

    def _say(self, event: TraceEvent, now: int) -> Say:
        return Say(Record(now, self.node, event))


def _endpoint(node: int) -> str:
    return str(EndpointID.ipn(node, SERVICE))


def _author(source: str) -> int | None:
    """Return the node whose amendment service a source is; None for any other endpoint."""
    node = EndpointID.parse(source).node_number
    return node if node is not None and source == _endpoint(node) else None


def _batches(own: Iterable[Held]) -> Iterator[list[Carried]]:
    """Yield amendments by number, in as many messages as they need."""
    batch: list[Carried] = []
    size = 0
    for held in own:
        if batch and size + len(held.data) > BATCH_MAX_BYTES:
            yield batch
            batch, size = [], 0
        batch.append(Carried(held.amendment, held.data))
        size += len(held.data)
    if batch:
        yield batch
