"""The distress calls of a rehearsal: raised, answered by a person, ended, and held to what is promised.

Of a call it is promised that it leaves before all that is less urgent, at every node on its way; that it is
sent again until a person answers, but neither hastily nor too often; and that nothing of it is sent again
after the answer is known. Whatever a node does otherwise is a finding.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

from starlight import dtntime
from starlight.dtntime import DAY, MINUTE, to_text
from starlight.engine.host import Host
from starlight.messages.distress import COPIES_A_DAY, SOON, OwnCall
from starlight.messages.letter import DistressState
from starlight.messages.trace_events import CallRepeated, LetterArrived, LetterQueued
from starlight.node.application import Request
from starlight.node.bundle_state import BundleState
from starlight.node.stored import Stored
from starlight.node.trace_events import BundleSent
from starlight.postoffice.postoffice import PostOffice
from starlight.rehearsal.script import groups
from starlight.scenario.happenings import DistressSpec
from starlight.scenario.scenario import Scenario
from starlight.sim.referee import Misstep
from starlight.sim.world import VirtualWorld
from starlight.trace import Record

OfficeOf = Callable[[Host], PostOffice]
Asked = Callable[[Host, Iterable[Request]], Iterable[Request]]


class Calls:
    """The calls of one rehearsal.

    Args:
        scenario: that tells of them.
        world: where they happen.
        start, end: of the rehearsal, in ns.
        office_of: returns the post office of a node.
        asked: hands what a post office asks on to its node.

    Attributes:
        bundles: the keys of those that carried them.
        missteps: what went against a promise, in the order in which it happened.
    """

    def __init__(
        self,
        scenario: Scenario,
        world: VirtualWorld,
        start: int,
        end: int,
        office_of: OfficeOf,
        asked: Asked,
    ) -> None:
        self.bundles: set[str] = set()
        self.missteps: list[Misstep] = []
        self._scenario, self._world, self._end = scenario, world, end
        self._groups = {each.name.text: each.id for each in groups(scenario)}
        self._office_of, self._asked = office_of, asked
        self._specs: dict[str, DistressSpec] = {}  # by letter of a call
        self._own: dict[str, str] = {}  # whose call it is, by the call's id
        self._sent_at: dict[str, list[int]] = {}  # when each was sent out, by the caller's address
        for spec in scenario.distress:
            node = scenario.node_named(spec.from_.partition("@")[2]).number
            for text, act in ((spec.at, self._raise), (spec.ended_at, self._end_call)):
                time = dtntime.from_text(text) if text else end
                if start <= time < end:
                    world.call(time, node, partial(act, spec))

    # What people do.

    def _raise(self, spec: DistressSpec, host: Host, now: int) -> Iterable[Request]:
        caller = self._scenario.address(spec.from_)
        named = [self._groups.get(each) or self._scenario.address(each) for each in spec.to]
        to = self._office_of(host).mailbox(caller).groups.people_of(named)
        own, requests = self._office_of(host).distress.raise_call(caller, spec.text, to, now)
        self._specs |= {each.letter: spec for each in own.letters}
        self._own[own.call] = caller
        self._sent_at.setdefault(caller, []).append(now)
        return self._asked(host, requests)

    def _end_call(self, spec: DistressSpec, host: Host, now: int) -> Iterable[Request]:
        caller = self._scenario.address(spec.from_)
        return self._asked(host, self._office_of(host).distress.cancel(caller, "", now)[1])

    def _answer(self, spec: DistressSpec, host: Host, now: int) -> Iterable[Request]:
        """Let the person answer what they are told of: a call that is over by now needs nothing."""
        office, who = self._office_of(host), self._scenario.address(spec.answered_by)
        caller = self._scenario.address(spec.from_)
        requests: list[Request] = []
        for each in office.mailbox(who).calls.heard:
            if each.caller == caller and each.letter and not each.is_over_for(who):
                requests += office.distress.acknowledge(who, caller, each.call, "", now)[1]
        return self._asked(host, requests)

    # What happens.

    def take(self, record: Record) -> None:
        """See what has just happened; nothing is changed by it, but that a person answers in a while."""
        if not self._specs:
            return
        event = record.event
        if isinstance(event, LetterQueued) and event.letter in self._specs:
            self.bundles.add(event.bundle)
        elif isinstance(event, LetterArrived) and event.letter in self._specs:
            self._came(record, self._specs[event.letter])
        elif isinstance(event, CallRepeated) and event.call in self._own:
            self._repeated(record, event)
        elif isinstance(event, BundleSent) and event.bundle not in self.bundles:
            self._left(record, event)

    def _came(self, record: Record, spec: DistressSpec) -> None:
        if not spec.answered_by:
            return
        node = self._scenario.node_named(spec.answered_by.partition("@")[2]).number
        at = record.time + round(spec.answered_after_min * MINUTE)
        if record.node == node and at < self._end:
            self._world.call(at, node, partial(self._answer, spec))

    def _repeated(self, record: Record, event: CallRepeated) -> None:
        """Hold a copy to its bounds: after so long, so many a day, and none that a person has answered."""
        before = self._sent_at[event.caller]
        own = self._call_at(record.node, event.caller)
        if own is not None and own.state is not DistressState.RAISED:
            self._tell(record, event.call, "call", f"was sent again, though it is {own.state.name.lower()}")
        if record.time - before[-1] < SOON:
            self._tell(record, event.call, "call", f"was sent again so soon after {to_text(before[-1], 3)}")
        before.append(record.time)
        if sum(at > record.time - DAY for at in before) > COPIES_A_DAY:
            self._tell(record, event.call, "call", f"was sent more than {COPIES_A_DAY} times in 24 hours")

    def _left(self, record: Record, event: BundleSent) -> None:
        """Tell of what left for a neighbour before a call that waited for the same one."""
        host = self._world.host(record.node)
        stored = {} if host is None else host.node.stored
        gone = stored.get(event.bundle)
        if gone is None or gone.meta.critical:
            return
        for each in self._calls_in(stored.values()):
            hop = each.route.hops[0] if each.route is not None and each.route.hops else None
            waits = each.state is BundleState.QUEUED and hop is not None
            if waits and hop is not None and hop.contact.to_node == event.peer and hop.leaves >= event.leaves:
                late = (
                    f"waits until {to_text(hop.leaves, 3)} while {event.bundle}, less urgent, left before it"
                )
                self._tell(record, each.key, "overtaken", late)

    def _calls_in(self, stored: Iterable[Stored]) -> Iterable[Stored]:
        """Give what of a node's store carries a call: bundles, and copies for further neighbours."""
        return (each for each in stored if (each.meta.copy_of or each.key) in self.bundles)

    def _call_at(self, node: int, caller: str) -> OwnCall | None:
        host = self._world.host(node)
        return None if host is None else self._office_of(host).mailbox(caller).calls.own

    def _tell(self, record: Record, what: str, kind: str, text: str) -> None:
        told = f"the call for help {what} {text}"
        self.missteps.append(Misstep(record.time, record.node, what, kind, told))
