"""The exchange of a mission's facts with peers: told as a link begins, and held against ours."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence

from starlight.contacts import FactDisagreement, Said
from starlight.dtntime import HOUR
from starlight.neighbours.peer import PeerConfig
from starlight.node.application import Request
from starlight.services.amendments import AmendmentService
from starlight.services.fact_statements import CHANGES_MAX, PLAN, encode_statement
from starlight.services.mission_facts import AMENDED, TAKEN, MissionFacts
from starlight.services.trace_events import FactAgrees, FactDiffers, FactTaken
from starlight.trace import TraceEvent

STATED_AGAIN = HOUR
"""After which a peer without sessions is told the same once more when its link rises; a link that flaps would
otherwise fill its queue."""


class FactExchange:
    """The facts of a mission at one live node.

    Args:
        node: its number.
        own: what its file says, by name; where that is nothing, nothing is told nor compared.
        peers: of the node.
        service: its amendments, which keep what peers tell.
        moment: returns mission time, in ns.
        carry_out: carries out requests of the amendment service; they become durable with the next commit.
        say: takes what is to be traced.

    Attributes:
        here: what holds here, by name; the same object until that changes.
    """

    def __init__(
        self,
        node: int,
        own: Mapping[str, Said],
        peers: Sequence[PeerConfig],
        service: AmendmentService,
        moment: Callable[[], int],
        carry_out: Callable[[Sequence[Request]], None],
        say: Callable[[TraceEvent], None],
    ) -> None:
        self._service = service
        self._facts = MissionFacts(node, own, service.held, service.told, service.versions)
        # A foreign peer would not understand, and need not know who lives here.
        self._peers = {peer.name: peer.node for peer in peers if own and not peer.foreign}
        self._moment = moment
        self._carry_out = carry_out
        self._say = say
        self._looked_at: tuple[int, ...] = ()
        self._told: dict[tuple[str, int | None], FactDisagreement] = {}
        self.here: dict[str, Said] = {}
        # By peer: when it was told last, and what; in which hour it was told changes, and how often.
        self._stated: dict[int, tuple[int, dict[str, Said]]] = {}
        self._restated: dict[int, tuple[int, int]] = {}

    def greet(self, node_id: str) -> bytes:
        """Return what the peer of a node id is told as a session begins; nothing to a stranger."""
        peer = self._peers.get(node_id)
        if peer is None:
            return b""
        now = self._moment()
        self._stated[peer] = now, _lasting(self._facts.stated_to(peer, now))
        return self._statement(peer, now)

    def greeted(self, peer: int, statement: bytes) -> None:
        """Take what a peer told as a session began."""
        if peer in self._peers.values():
            now = self._moment()
            self._carry_out(self._service.told.hear(peer, statement, now, in_a_session=True))
            self.look()

    def rose(self, peer: int) -> None:
        """Tell a peer in a bundle, as the link that rose with it has no session."""
        if peer not in self._peers.values():
            return
        at, _ = self._stated.get(peer, (-STATED_AGAIN, {}))
        # Once more where a bundle may have been lost; more often, a link that flaps would fill its queue.
        if self._moment() >= at + STATED_AGAIN:
            self._state(peer)
        else:
            self._restate()

    def disagreements(self) -> list[FactDisagreement]:
        """Return where sources differ: this node's file from amendments, then peers, by number."""
        return self._facts.disagreements() if self._peers else []

    def look(self) -> None:
        """Say what has changed since the last look; it costs nothing where that is nothing."""
        service = self._service
        looked_at = (service.told.changes, service.held.changes, service.versions.changes)
        if looked_at == self._looked_at:
            return
        self._looked_at = looked_at
        before, told_before = self.here, self._told
        here = self._facts.in_force()
        self.here = before if here == before else here
        if self.here is not before and self._stated:
            # Not from within a commit, which this may be told of.
            asyncio.get_running_loop().call_soon(self._restate)
        self._told = {(each.name, each.peer): each for each in self.disagreements()}
        # Said when all is in place: whoever is told of it may look at once.
        for name, said in here.items():
            if said.source.startswith((TAKEN, AMENDED)) and before.get(name) != said:
                self._say(FactTaken(name, said.value, said.source))
        for name, peer in sorted(told_before.keys() - self._told.keys(), key=str):
            self._say(FactAgrees(name, peer))
        for key, each in self._told.items():
            if told_before.get(key) != each:
                ours, theirs = each.ours, each.theirs
                told = (ours.value, ours.source, theirs.value, theirs.source)
                self._say(FactDiffers(each.name, *told, each.peer))

    def _restate(self) -> None:
        """Tell peers what has changed since they were told, in a bundle: a session tells it only once."""
        now = self._moment()
        for peer, (_, before) in list(self._stated.items()):
            hour, count = self._restated.get(peer, (0, 0))
            count = count if hour == now // HOUR else 0
            if count < CHANGES_MAX and _lasting(self._facts.stated_to(peer, now)) != before:
                self._restated[peer] = now // HOUR, count + 1
                self._state(peer)

    def _state(self, peer: int) -> None:
        now = self._moment()
        self._stated[peer] = now, _lasting(self._facts.stated_to(peer, now))
        self._carry_out([self._service.state_facts(peer, self._statement(peer, now))])

    def _statement(self, peer: int, now: int) -> bytes:
        return encode_statement(now, self._service.held.digest(), self._facts.stated_to(peer, now))


def _lasting(facts: Mapping[str, Said]) -> dict[str, Said]:
    """Return what does not change by the passing of time, as a plan's light times do."""
    return {name: said for name, said in facts.items() if said.source != PLAN}
