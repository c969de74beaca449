"""The amendment service: who is believed, how versions converge, what survives."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from random import Random

import pytest
from tests.sim.helpers import START, both, contact

from starlight.bundle import cbor
from starlight.contacts.amendments import (
    MAX_TIME,
    Amendment,
    AmendmentId,
    Change,
    MissionFact,
    NewContacts,
    Outage,
    Retracted,
    VersionVector,
    digest,
)
from starlight.contacts.plan import ContactPlan
from starlight.dtntime import DAY, HOUR, MINUTE, SECOND
from starlight.engine.applications import Applications
from starlight.engine.host import Host
from starlight.engine.node import Node
from starlight.errors import InputError
from starlight.node.application import (
    ChangePlan,
    DataUnit,
    Declined,
    NotKept,
    Request,
    Save,
    Say,
    SetAside,
    Submit,
    Withdraw,
)
from starlight.node.config import NodeConfig
from starlight.node.trace_events import BundleWaiting, PlanAdopted
from starlight.services import announcements, held_amendments
from starlight.services.amendment_format import (
    Carried,
    Message,
    decode,
    encode,
    encode_amendment,
)
from starlight.services.amendments import AmendmentService
from starlight.services.announcements import GATHER, NAME, SERVICE
from starlight.services.held_amendments import ClockDoubt, record_of
from starlight.services.plan_versions import TRIES_MAX
from starlight.services.trace_events import AmendmentRefused, AmendmentTaken
from starlight.sim.checkers import Witness
from starlight.sim.virtual_node import NodeSetup
from starlight.sim.world import VirtualWorld
from starlight.trace import Record, TraceEvent

PLAN = ContactPlan.of([*both(1, 1, 2, light_s=600.0), *both(3, 2, 3, light_s=2.0)])
"""Earth's node 1 and 2 on Mars ten minutes apart, 3 behind it; always open."""

DUST = Outage(((2, 3), (3, 2)), START + HOUR, START + 3 * HOUR, "dust storm")


def source(node: int) -> str:
    """Return the endpoint of a node's amendment service."""
    return f"ipn:{node}.{SERVICE}"


def unit(request: Submit, created: int) -> DataUnit:
    """Return what is delivered of a submitted bundle."""
    key = f"{request.source}/{created // 1_000_000}/0"
    expires, endpoint, by = created + request.lifetime_ms * 1_000_000, request.destination, request.source
    return DataUnit(key, (key,), endpoint, by, created, request.payload, expires, request.priority)


def told(requests: Iterable[Request], kind: type[TraceEvent]) -> list[TraceEvent]:
    """Return what requests put into the trace, of one kind."""
    return [r.record.event for r in requests if isinstance(r, Say) and isinstance(r.record.event, kind)]


def sent(requests: Iterable[Request]) -> list[Submit]:
    """Return the bundles that requests submit."""
    return [request for request in requests if isinstance(request, Submit)]


def service(node: int, planners: Sequence[int] = (1, 2), base: ContactPlan = PLAN) -> AmendmentService:
    """Return the service of a node that has started."""
    one = AmendmentService(node, base, planners)
    one.resume(START)
    return one


def message(author: int, *changes: Change, number: int = 1, at: int = START) -> bytes:
    """Return the payload by which an author tells of one amendment."""
    amendment = Amendment(author, number, at, changes)
    return encode(Message((Carried(amendment, encode_amendment(amendment)),), VersionVector(), {}))


def give(one: AmendmentService, payload: bytes, now: int, *, of: str = source(2)) -> list[Request]:
    """Deliver a payload of an endpoint, sent in the same moment."""
    return one.delivered(DataUnit("k", ("k",), source(one.node), of, now, payload, now + DAY, 1), now)


# One node.


def test_an_amendment_is_in_force_at_once_and_goes_to_every_node() -> None:
    """A planner's change is saved, put in force, and sent expedited to the service of each other node."""
    one = service(2)
    amendment, requests = one.amend([DUST], START)
    assert (amendment.author, amendment.number, amendment.at) == (2, 1, START)
    (plan,) = (request.plan for request in requests if isinstance(request, ChangePlan))
    assert plan is one.plan
    assert [n.text for n in plan.notices] == ["dust storm"]
    assert [(s.source, s.destination, s.priority) for s in sent(requests)] == [
        (source(2), source(1), 2),
        (source(2), source(3), 2),
    ]
    kinds = [type(request).__name__ for request in requests]
    assert kinds.index("Save") < kinds.index("ChangePlan") < kinds.index("Submit")


def test_only_a_planner_amends() -> None:
    """A node that its own file does not name among the planners is told so, and changes nothing."""
    one = service(3)
    with pytest.raises(InputError, match="node 3 is no planner"):
        one.amend([DUST], START)
    with pytest.raises(InputError, match="changes"):
        service(2).amend([], START)
    assert one.plan is PLAN


@pytest.mark.parametrize(
    ("of", "payload", "reason"),
    [
        (source(3), message(3, DUST), "node 3 is no planner here"),
        ("ipn:2.1", message(2, DUST), "it is not from the amendment service of a node"),
        ("dtn://mars/amendments", message(2, DUST), "it is not from the amendment service of a node"),
        (source(2), b"\xff", "at byte 0"),
        (source(2), cbor.dumps({0: 1, 1: [7], 2: {}}), "an amendment is a map"),
    ],
)
def test_what_is_not_believed_is_refused_with_a_trace(of: str, payload: bytes, reason: str) -> None:
    """An amendment is believed from a planner's own service alone; all else leaves the plan as it was."""
    one = service(1)
    requests = give(one, payload, START, of=of)
    (refused,) = told(requests, AmendmentRefused)
    assert isinstance(refused, AmendmentRefused)
    assert refused.source == of
    assert reason in refused.reason
    # Where nothing at all is believed of it, nobody is told that it was delivered.
    assert (Declined() in requests) == any(rule in reason for rule in ("amendment service", "at byte 0"))
    assert one.plan is PLAN
    assert not any(isinstance(request, Save) and request.key.startswith("held/") for request in requests)


def test_an_amendment_that_comes_again_changes_nothing_but_is_answered() -> None:
    """A duplicate is neither saved nor put in force again; its author is told again what is held."""
    one = service(1)
    first = give(one, message(2, DUST), START)
    assert any(isinstance(request, ChangePlan) for request in first)
    (answer,) = sent(one.handle_timer(START + GATHER))
    assert (answer.destination, answer.priority) == (source(2), 0)
    again = give(one, message(2, DUST), START + HOUR)
    assert [type(request) for request in again if not isinstance(request, Save)] == []
    assert one.next_wakeup() == START + HOUR + GATHER
    assert len(sent(one.handle_timer(START + HOUR + GATHER))) == 1


def test_a_second_word_of_the_same_storm_puts_no_other_plan_in_force() -> None:
    """What changes no contact and no notice is held, and the plan in force stays the same object."""
    one = service(1)
    give(one, message(2, DUST), START)
    plan = one.plan
    requests = give(one, message(2, DUST, number=2, at=START + 1), START)
    assert not any(isinstance(request, ChangePlan) for request in requests)
    assert one.plan is plan
    assert one.held.version().text() == "2:1-2"


def test_a_doubtful_clock_is_marked_and_orders_all_the_same() -> None:
    """An amendment from the future, or from before its author's last, is taken, and shown as doubtful."""
    one = service(1)
    ahead = give(one, message(2, MissionFact("epoch", 1), number=2, at=START + DAY), START)
    behind = give(one, message(2, MissionFact("epoch", 2), number=3, at=START - DAY), START)
    for requests, doubt in ((ahead, ClockDoubt.AHEAD), (behind, ClockDoubt.BEHIND)):
        (taken,) = told(requests, AmendmentTaken)
        assert isinstance(taken, AmendmentTaken)
        assert taken.doubt == doubt
    assert set(one.held.clock_doubts().values()) == {ClockDoubt.AHEAD, ClockDoubt.BEHIND}


def test_an_authors_later_word_wins_though_its_clock_was_set_back() -> None:
    """What a node amends later has a later time than what it amended before, whatever its clock says."""
    one = service(2)
    one.amend([MissionFact("epoch", 1)], START + DAY)
    later, _ = one.amend([MissionFact("epoch", 2)], START)
    assert later.at == START + DAY + 1


def test_how_much_is_held_and_how_fast_has_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond its bounds an author's amendments are refused, not claimed to be held, and taken later."""
    monkeypatch.setattr(held_amendments, "TAKEN_MAX", 2)
    monkeypatch.setattr(held_amendments, "HELD_MAX", 3)
    one = service(1)
    for number in (1, 2, 3):
        give(one, message(2, MissionFact("n", number), number=number), START)
    assert one.held.version().text() == "2:1-2"
    for number in (3, 4):
        requests = give(one, message(2, MissionFact("n", number), number=number), START + HOUR)
    (refused,) = told(requests, AmendmentRefused)
    assert isinstance(refused, AmendmentRefused)
    assert (refused.number, refused.reason) == (4, held_amendments.NotTaken.TOO_MANY)
    assert one.held.version().text() == "2:1-3"


def test_who_does_not_answer_is_sent_it_again_ever_more_rarely() -> None:
    """Without an answer the amendment goes again a few times, then rests until the node is heard."""
    one = service(2, base=ContactPlan.of(both(1, 1, 2, light_s=600.0)))
    requests, now = one.amend([DUST], START)[1], START
    times: list[int] = []
    while True:
        for request in sent(requests):
            one.accepted(request.token, "k", now, now + 600 * SECOND, now)
            times.append(now)
        due = one.next_wakeup()
        if due is None:
            break
        now = due
        requests = one.handle_timer(now)
    assert len(times) == 1 + TRIES_MAX
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert gaps == [1_800 * SECOND + (DAY << n) for n in range(TRIES_MAX)]
    # It is heard, and misses it: then it is sent at once.
    heard = give(one, encode(Message((), VersionVector(), {})), now, of=source(1))
    assert [request.destination for request in sent(heard)] == [source(1)]


def test_what_waits_for_its_window_is_not_sent_again_when_the_plan_changes() -> None:
    """A change of the plan sends nothing that is on its way, and all to a node that is new in it."""
    one = service(2)
    one.amend([DUST], START)
    assert sent(one.plan_changed(START)) == []
    more = ContactPlan.of([*PLAN.contacts, *both(20, 2, 9)])
    assert one.set_base(more) == [ChangePlan(one.plan)]
    assert [request.destination for request in sent(one.plan_changed(START))] == [source(9)]


def test_what_still_waits_is_taken_back_and_goes_with_what_is_new() -> None:
    """Only one bundle waits for a node: a storm and its end, told by who is cut off, come together."""
    one = service(2, base=ContactPlan.of(both(1, 1, 2)))
    (first,) = sent(one.amend([DUST], START)[1])
    one.accepted(first.token, "first", None, None, START)
    requests = one.amend([Retracted(2, 1)], START + HOUR)[1]
    assert [request.key for request in requests if isinstance(request, Withdraw)] == ["first"]
    (both_of_them,) = sent(requests)
    assert len(decode(both_of_them.payload, 2).amendments) == 2
    one.accepted(both_of_them.token, "second", START + HOUR, START + 2 * HOUR, START + HOUR)
    one.departed("second", 1, START + HOUR, START + HOUR, START + 2 * HOUR, START + HOUR)
    (third,) = sent(one.amend([MissionFact("epoch", 1)], START + 2 * HOUR)[1])
    assert [each.amendment.number for each in decode(third.payload, 2).amendments] == [3]


def test_the_base_plan_changes_below_what_is_held() -> None:
    """Another base plan is put in force with the amendments on top."""
    one = service(1)
    give(one, message(2, DUST), START)
    longer = ContactPlan.of([*PLAN.contacts, contact(9, 1, 3)], version=7)
    (request,) = one.set_base(longer)
    assert request == ChangePlan(one.plan)
    assert len(one.plan.between(1, 3)) == 1
    assert [notice.text for notice in one.plan.notices] == ["dust storm"]


def test_a_record_that_is_damaged_costs_itself_alone() -> None:
    """A damaged record is set aside; the author sees that it is missing and sends it again."""
    one = service(1)
    saves: list[Request] = []
    for number in (1, 2):
        saves += give(one, message(2, MissionFact("n", number), number=number), START)
    again = AmendmentService(1, PLAN, (1, 2))
    kept = [save for save in saves if isinstance(save, Save)]
    for save in kept:
        data = b"\x00\x01" if save.key == "held/2/1" else save.data
        again.restore(save.mailbox, save.key, data)
    again.restore(NAME, "held/x/y", b"")
    again.restore(NAME, "of a newer version", b"")
    aside = [request for request in again.resume(START) if isinstance(request, SetAside)]
    assert [(each.mailbox, each.key) for each in aside] == [(NAME, "held/2/1"), (NAME, "held/x/y")]
    assert again.held.version().text() == "2:2"


def test_what_a_node_does_not_take_is_offered_again_until_it_does() -> None:
    """A store that is full for days costs no try: what it refused is offered each hour, until it is taken."""
    one = service(2, base=ContactPlan.of(both(1, 1, 2)))
    requests, now, offers = one.amend([DUST], START)[1], START, 0
    while offers < 50:
        (submit,) = sent(requests)
        one.rejected(submit.token, NotKept.STORE_FULL, now)
        offers += 1
        due = one.next_wakeup()
        assert due == now + HOUR
        now = due
        requests = one.handle_timer(now)
    (submit,) = sent(requests)
    one.accepted(submit.token, "k", now, now + 600 * SECOND, now)
    assert one.next_wakeup() == now + 1_800 * SECOND + DAY


def test_an_answer_that_was_not_taken_is_given_later() -> None:
    """An author learns what is held also from a node whose store was full when it came."""
    one = service(1)
    give(one, message(2, DUST), START)
    (answer,) = sent(one.handle_timer(START + GATHER))
    one.rejected(answer.token, NotKept.STORE_FULL, START + GATHER)
    due = one.next_wakeup()
    assert due == START + GATHER + HOUR
    assert [request.destination for request in sent(one.handle_timer(due))] == [source(2)]


def test_one_of_two_messages_that_was_not_taken_is_sent_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where amendments need two bundles, and the node takes either and refuses the other, what was refused is
    offered again within the hour; what waits is taken back, both bundles of it."""
    monkeypatch.setattr(announcements, "BATCH_MAX_BYTES", 1)
    for first, second in ((0, 1), (1, 0)):
        one = service(2, base=ContactPlan.of([]))
        for epoch in (1, 2):
            one.amend([MissionFact("epoch", epoch)], START)
        one.set_base(ContactPlan.of(both(1, 1, 2)))
        submits = sent(one.plan_changed(START))
        one.accepted(submits[first].token, f"bundle {first}", None, None, START)
        one.rejected(submits[second].token, NotKept.STORE_FULL, START)
        assert one.next_wakeup() == START + HOUR
        again = one.handle_timer(START + HOUR)
        numbers = [each.amendment.number for s in sent(again) for each in decode(s.payload, 2).amendments]
        assert second + 1 in numbers
        for submit in sent(again):
            one.accepted(submit.token, f"again {submit.token}", None, None, START + HOUR)
        withdrawn = [r.key for r in one.amend([DUST], START + HOUR)[1] if isinstance(r, Withdraw)]
        assert withdrawn == [f"again {submit.token}" for submit in sent(again)]


def test_who_lost_its_store_and_its_clock_is_sent_all_again() -> None:
    """A new store's greeting counts, though its node's clock is behind what it said in its former life."""
    one, now = service(1), START + HOUR
    amendment, requests = one.amend([DUST], START)
    first = next(request for request in sent(requests) if request.destination == source(2))
    one.accepted(first.token, "k", START, START + MINUTE, START)
    give(one, encode(Message((), VersionVector.of([amendment.id]), {})), now)
    empty = encode(Message((), VersionVector(), {}))
    assert source(2) not in {each.destination for each in sent(one.handle_timer(now))}  # it holds it

    month_ago = now - 30 * DAY
    greeting = DataUnit("g", ("g",), source(1), source(2), month_ago, empty, now + DAY, 1)
    again = [each for each in sent(one.delivered(greeting, now)) if each.destination == source(2)]
    assert [carried.amendment for each in again for carried in decode(each.payload, 1).amendments] == [
        amendment
    ]


def test_a_later_planner_is_greeted_too() -> None:
    """Each planner is greeted once the plan names it; an old store's mark stands for all of them."""
    one = AmendmentService(3, PLAN, (1, 9), greets=True)
    greetings = sent(one.resume(START))
    assert [request.destination for request in greetings] == [source(1)]
    (mark,) = one.accepted(greetings[0].token, "k", None, None, START)
    one.set_base(ContactPlan.of([*PLAN.contacts, *both(20, 3, 9)]))
    assert [request.destination for request in sent(one.plan_changed(START))] == [source(9)]
    assert isinstance(mark, Save)
    for record, greeted in ((mark.data, [source(9)]), (b"", [])):
        again = AmendmentService(3, ContactPlan.of([*PLAN.contacts, *both(20, 3, 9)]), (1, 9), greets=True)
        again.restore(NAME, mark.key, record)
        assert [request.destination for request in sent(again.resume(START))] == greeted


# A hostile neighbour.


def test_nobody_puts_words_into_a_nodes_own_mouth() -> None:
    """A bundle that claims to come from this very node is refused, and uses up no number or time of it."""
    one = service(2)
    forged = message(2, DUST, number=2**63 - 1, at=MAX_TIME)
    (refused,) = told(give(one, forged, START), AmendmentRefused)
    assert isinstance(refused, AmendmentRefused)
    assert refused.reason == "this node itself did not send it"
    amendment, _ = one.amend([DUST], START)
    assert (amendment.number, amendment.at) == (1, START)


def test_a_number_out_of_reach_leaves_numbers_to_amend_with() -> None:
    """Who claims to hold what this node never made can raise its next number, but not use all of them up."""
    one = service(2)
    for claimed in (2**63 - 1, 2**62, 5 * held_amendments.HELD_MAX):
        give(one, encode(Message((), _version(f"2:{claimed}"), {})), START, of=source(3))
        assert one.amend([DUST], START)[0].number == one.held.of(2)[-1].amendment.number
    assert one.held.version().text() == "2:1-3"
    give(one, encode(Message((), VersionVector({2: ((1, 2**63 - 1),)}), {})), START + 1, of=source(3))
    assert one.amend([DUST], START)[0].number == 3 + held_amendments.HELD_MAX + 1


def test_a_version_without_end_does_not_swell_what_others_are_told() -> None:
    """What one node claims to hold is passed on only as far as there is room: a message stays one that is
    taken, and a vector of more runs than any history leaves is refused."""
    one = service(2)
    scattered = {author: tuple((n, n) for n in range(1, 2000, 2)) for author in range(1, 5)}
    give(one, encode(Message((), VersionVector(scattered), {})), START, of=source(3))
    payloads = [request.payload for request in sent(one.amend([DUST], START)[1])]
    assert payloads
    assert all(len(payload) < 1_000 for payload in payloads)
    endless = {author: tuple((n, n) for n in range(1, 2000, 2)) for author in range(1, 6)}
    (refused,) = told(
        give(one, encode(Message((), VersionVector(endless), {})), START, of=source(3)), AmendmentRefused
    )
    assert isinstance(refused, AmendmentRefused)
    assert "a vector of at most 4096 runs" in refused.reason


def test_a_stranger_fills_no_trace() -> None:
    """However many amendments come from who is no planner, they are refused with one record."""
    carried = [Amendment(3, n, START, (MissionFact("n", n),)) for n in range(1, 500)]
    payload = encode(
        Message(tuple(Carried(each, encode_amendment(each)) for each in carried), VersionVector(), {})
    )
    (refused,) = told(give(service(1), payload, START, of=source(3)), AmendmentRefused)
    assert isinstance(refused, AmendmentRefused)
    assert (refused.number, refused.reason) == (1, "node 3 is no planner here")


def test_what_is_held_of_one_author_has_bounds_in_bytes_and_gaps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond them an amendment is refused and not claimed to be held; one that closes a gap is taken."""
    monkeypatch.setattr(held_amendments, "GAPS_MAX", 2)
    one = service(1)
    for number in (1, 3, 5, 2, 6, 5):
        give(one, message(2, MissionFact("n", number), number=number), START)
    assert one.held.version().text() == "2:1-3,5-6"  # 5 came again
    size = len(encode_amendment(Amendment(2, 7, START, (MissionFact("n", 7),))))
    monkeypatch.setattr(held_amendments, "HELD_MAX_BYTES", 6 * size)
    give(one, message(2, MissionFact("n", 7), number=7), START)
    (refused,) = told(give(one, message(2, MissionFact("n", 7), number=8), START), AmendmentRefused)
    assert isinstance(refused, AmendmentRefused)
    assert refused.reason == held_amendments.NotTaken.TOO_MUCH
    again = AmendmentService(1, PLAN, (2,))
    for held in one.held.all():
        again.restore(NAME, f"held/2/{held.amendment.number}", record_of(held))
    (refused,) = told(give(again, message(2, MissionFact("n", 7), number=8), START), AmendmentRefused)


# Several nodes, without an engine: whatever happens to the bundles between them.


class Post:
    """Carries what services submit, as a draw says: late, twice, in any order, or never.

    Args:
        random: draws.
        nodes: of the services.
    """

    def __init__(self, random: Random, nodes: Sequence[int]) -> None:
        self.random = random
        self.services = {node: service(node, nodes[:3], _everyone(nodes)) for node in nodes}
        self.under_way: dict[str, tuple[int, int, DataUnit]] = {}
        self.submitted = 0
        self.refusing = self.faults = False
        self.kept: dict[int, dict[str, bytes]] = {node: {} for node in nodes}
        self.now = START

    def take(self, node: int, requests: Iterable[Request]) -> None:
        """Do what a service asks for; of a step that breaks the records alone, as a host does."""
        broken = self.faults and self.random.random() < 0.1
        for request in requests:
            if broken and not isinstance(request, Save):
                continue
            if isinstance(request, Save):
                self.kept[node][request.key] = request.data
            elif isinstance(request, ChangePlan):
                self.take(node, self.services[node].plan_changed(self.now))
            elif isinstance(request, Withdraw):
                self.under_way.pop(request.key, None)
            elif isinstance(request, Submit):
                self.submit(node, request)

    def submit(self, node: int, request: Submit) -> None:
        """Let a bundle set out, at once or in a while, as long as which it can be taken back."""
        self.submitted += 1
        key, to = f"bundle {self.submitted}", int(request.destination[4:].partition(".")[0])
        arrives = self.now + self.random.randrange(MINUTE, 2 * DAY)
        one = self.services[node]
        if self.refusing or (self.faults and self.random.random() < 0.2):
            self.take(node, one.rejected(request.token, NotKept.STORE_FULL, self.now))
            return
        self.under_way[key] = (arrives, to, unit(request, self.now))
        self.take(node, one.accepted(request.token, key, self.now, arrives, self.now))
        if self.random.random() < 0.5:
            self.take(node, one.departed(key, to, self.now, self.now, arrives, self.now))

    def step(self, until: int, *, faults: bool) -> None:
        """Let time pass, with or without losses, duplicates, refusals, broken steps and restarts."""
        self.faults = faults
        while True:
            dues = [due for one in self.services.values() if (due := one.next_wakeup()) is not None]
            self.now = min([*dues, *(arrives for arrives, _, _ in self.under_way.values()), until])
            if self.now >= until:
                return
            for node, one in self.services.items():
                if (due := one.next_wakeup()) is not None and due <= self.now:
                    self.take(node, one.handle_timer(self.now))
            for key in [key for key, entry in self.under_way.items() if entry[0] <= self.now]:
                entry = self.under_way.pop(key)
                fate = self.random.random() if faults else 1.0
                if fate < 0.4:
                    continue
                if fate < 0.6:
                    self.under_way[key] = (self.now + self.random.randrange(1, DAY), *entry[1:])
                self.take(entry[1], self.services[entry[1]].delivered(entry[2], self.now))
            if faults and self.random.random() < 0.05:
                self.restart(self.random.choice(list(self.services)))

    def restart(self, node: int, *, greets: bool = False) -> None:
        """Let a service start again on what it has saved."""
        planners = self.services[node].planners
        one = AmendmentService(node, _everyone(list(self.services)), planners, greets=greets)
        for key, data in self.kept[node].items():
            one.restore(NAME, key, data)
        self.services[node] = one
        self.take(node, one.resume(self.now))


def _everyone(nodes: Sequence[int]) -> ContactPlan:
    pairs = [(a, b) for a in nodes for b in nodes if a < b]
    return ContactPlan.of([each for n, pair in enumerate(pairs) for each in both(1 + 2 * n, *pair)])


@pytest.mark.parametrize("seed", range(24))
def test_versions_converge_whatever_happens_to_the_bundles(seed: int) -> None:
    """Bundles are lost, doubled, late and not taken, steps break, nodes restart, three planners amend: in the
    end all hold the same amendments, go by the same plan, and each planner knows that the others hold what
    it has made."""
    random = Random(seed)
    nodes = [1, 2, 3, 4, 5]
    post = Post(random, nodes)
    made: list[Amendment] = []
    for round in range(8):
        node = random.choice(nodes[:3])
        known = post.services[node].held.amendments()
        change: Change = (
            Retracted(*random.choice(known).id)
            if known and random.random() < 0.3
            else Outage(((1, 4),), START + round * HOUR, START + random.randrange(round, 10) * HOUR, "dust")
        )
        amendment, requests = post.services[node].amend([change], post.now)
        made.append(amendment)
        post.take(node, requests)
        post.step(post.now + random.randrange(HOUR, 3 * DAY), faults=True)
    post.step(post.now + 400 * DAY, faults=False)
    plans = [one.plan for one in post.services.values()]
    assert {one.held.digest() for one in post.services.values()} == {digest(made)}
    assert all((plan.contacts, plan.notices) == (plans[0].contacts, plans[0].notices) for plan in plans)
    for author in nodes[:3]:
        mine = [each.id for each in made if each.author == author]
        known_there = post.services[author].versions.known()
        assert all(id in known_there[n].version for id in mine for n in nodes if n != author)
    assert all(one.next_wakeup() is None for one in post.services.values())


def test_a_planner_that_lost_its_store_takes_no_number_twice() -> None:
    """A node with an empty store tells the planners so, is sent what it misses, and learns its numbers."""
    nodes = [1, 2, 3, 4]
    post = Post(Random(5), nodes)
    for node in (1, 2):
        post.take(node, post.services[node].amend([MissionFact(f"of {node}", 1)], post.now)[1])
        post.step(post.now + 9 * DAY, faults=False)
    post.kept[1].clear()
    post.refusing = True
    post.restart(1, greets=True)
    assert post.services[1].held.version().text() == ""
    post.step(post.now + 3 * HOUR, faults=False)
    assert "greeted" not in post.kept[1]  # a store that is full does not keep it from greeting later
    post.refusing = False
    post.step(post.now + 9 * DAY, faults=False)
    assert post.services[1].held.version().text() == "2:1"
    amendment, requests = post.services[1].amend([MissionFact("again", 1)], post.now)
    assert amendment.number == 2
    post.take(1, requests)
    post.step(post.now + 9 * DAY, faults=False)
    assert post.services[4].held.version().text() == "1:1-2 2:1"
    before = post.submitted
    post.restart(1, greets=True)
    assert post.submitted == before  # once in the life of its store


def test_two_amendments_of_one_name_are_the_same_one_everywhere() -> None:
    """Where a planner has used a number twice, the later one holds at every node, whichever came first."""
    early, late = message(2, MissionFact("n", 1), at=START), message(2, MissionFact("n", 2), at=START + 1)
    found = []
    for order in ((early, late), (late, early)):
        one = service(1)
        for payload in order:
            give(one, payload, START + HOUR)
        found.append(one.held.digest())
        (held,) = one.held.all()
        assert held.amendment.changes == (MissionFact("n", 2),)
    assert found[0] == found[1]


def test_what_is_known_of_others_is_told_by_planners_alone() -> None:
    """A planner's word of other nodes is taken where it is newer; another node's word is not."""
    teller = service(2)
    give(teller, encode(Message((), _version("1:1"), {})), START + HOUR, of=source(3))
    (to_one, _) = sent(teller.amend([DUST], START + 2 * HOUR)[1])
    one = service(1)
    give(one, to_one.payload, START + 3 * HOUR)
    assert one.versions.known()[3].version.text() == "1:1"
    assert one.versions.known()[3].as_of == START + HOUR
    hearsay = encode(Message((), _version("1:1-2"), {2: one.versions.known()[3]}))
    give(one, hearsay, START + 4 * HOUR, of=source(3))
    assert one.versions.known()[2].as_of == START + 3 * HOUR


def _version(text: str) -> VersionVector:
    author, _, run = text.partition(":")
    first, _, last = run.partition("-")
    return VersionVector.of(AmendmentId(int(author), n) for n in range(int(first), int(last or first) + 1))


# Real nodes, in virtual time.


def amending(*changes: Change) -> Callable[[Host, int], Iterable[Request]]:
    """Return the call that lets a node's planner amend."""

    def call(host: Host, now: int) -> Iterable[Request]:
        applications = host.application
        assert isinstance(applications, Applications)
        one = applications.named(NAME)
        assert isinstance(one, AmendmentService)
        return applications.asked(NAME, one.amend(changes, now)[1])

    return call


def world_of(plan: ContactPlan, trace: Callable[[Record], object] | None = None) -> VirtualWorld:
    """Return a world with a witness and the amendment service on every node of a plan; 1 and 3 may amend."""

    def applications(node: Node) -> Applications:
        return Applications({"mail": Witness(node), NAME: AmendmentService(node.number, node.plan, (1, 3))})

    setups = [NodeSetup(NodeConfig(number, plan), applications) for number in plan.nodes()]
    return VirtualWorld(plan, setups, start=START, trace=trace)


def held_by(world: VirtualWorld) -> dict[int, str]:
    """Return the versions that nodes hold."""
    found = {}
    for node in world.nodes():
        host = world.host(node)
        assert host is not None
        assert isinstance(host.application, Applications)
        one = host.application.named(NAME)
        assert isinstance(one, AmendmentService)
        assert host.node.plan == one.plan
        found[node] = one.held.version().text()
    return found


def test_light_brings_an_amendment() -> None:
    """What node 3 amends is in force there at once, at 2 when light has crossed, at 1 ten minutes later."""
    records: list[Record] = []
    world = world_of(PLAN, records.append)
    elsewhere = Outage(((7, 8),), START, START + DAY, "a relay that nobody here uses")
    world.call(START + HOUR, 3, amending(elsewhere))
    world.run(START + 10 * HOUR)
    adopted = {r.node: r.time - START - HOUR for r in records if isinstance(r.event, PlanAdopted)}
    assert adopted[3] == 0
    assert 2 * SECOND < adopted[2] < 3 * SECOND
    assert 602 * SECOND < adopted[1] < 604 * SECOND
    assert held_by(world) == {1: "3:1", 2: "3:1", 3: "3:1"}


def test_an_outage_holds_back_the_word_of_itself() -> None:
    """A planner that the storm has cut off goes by it at once; the others hear of it when it is over."""
    records: list[Record] = []
    world = world_of(PLAN, records.append)
    world.cut(DUST.links, DUST.start, DUST.end)
    world.call(START + HOUR + MINUTE, 3, amending(DUST))
    world.run(START + 10 * HOUR)
    adopted = {r.node: r.time - START for r in records if isinstance(r.event, PlanAdopted)}
    assert adopted[3] == HOUR + MINUTE
    assert 3 * HOUR < adopted[2] < 3 * HOUR + 3 * SECOND
    assert held_by(world) == {1: "3:1", 2: "3:1", 3: "3:1"}


def test_both_sides_of_a_conjunction_amend_and_converge() -> None:
    """While nothing passes between the worlds both sides amend; when it does, both go by both."""
    far = [*both(1, 1, 2, 0, HOUR, light_s=600.0), *both(5, 1, 2, 30 * DAY, 31 * DAY, light_s=600.0)]
    plan = ContactPlan.of([*far, *both(3, 2, 3, 0, 60 * DAY)])
    world = world_of(plan)
    world.call(START + 10 * DAY, 1, amending(MissionFact("epoch", 1)))
    world.call(START + 12 * DAY, 3, amending(MissionFact("epoch", 2)))
    world.run(START + 29 * DAY)
    assert held_by(world) == {1: "1:1", 2: "3:1", 3: "3:1"}
    world.run(START + 31 * DAY)
    assert held_by(world) == {1: "1:1 3:1", 2: "1:1 3:1", 3: "1:1 3:1"}


def test_a_node_that_starts_again_routes_over_the_amended_plan_at_once() -> None:
    """After a crash what is held is in force before anything that is stored finds a route."""
    records: list[Record] = []
    world = world_of(PLAN, records.append)
    world.call(START + MINUTE, 3, amending(Outage(((2, 3),), START, START + 11 * HOUR, "lost")))
    world.run(START + HOUR)
    world.call(START + HOUR, 1, lambda host, now: _post(host, now))
    world.run(START + 2 * HOUR)
    crashed = len(records)
    world.crash(2, START + 2 * HOUR, START + 3 * HOUR)
    world.run(START + 4 * HOUR)
    after = [r.event for r in records[crashed:] if r.node == 2]
    adopted = next(n for n, event in enumerate(after) if isinstance(event, PlanAdopted))
    waiting = next(n for n, event in enumerate(after) if isinstance(event, BundleWaiting))
    assert adopted < waiting
    assert held_by(world)[2] == "3:1"


def _post(host: Host, now: int) -> Iterable[Request]:
    applications = host.application
    assert isinstance(applications, Applications)
    witness = applications.named("mail")
    assert isinstance(witness, Witness)
    return applications.asked("mail", witness.post("words", "ipn:3.1", now, lifetime_ms=86_400_000))


def test_a_fixed_light_time_holds_in_what_an_amendment_adds() -> None:
    """A contact that is added over a link with imposed light is foreseen at that, and others as they say."""
    one = AmendmentService(1, PLAN, (1,), fixed_light_s={(1, 2): 480.0, (2, 1): 480.0})
    added = [contact(901, 1, 2), contact(902, 2, 3)]
    one.amend([NewContacts(tuple(added))], START)
    fresh = {(each.from_node, each.to_node): each for each in one.plan.contacts if each.id >= 1 << 52}
    assert fresh[1, 2].light_time(fresh[1, 2].start) == 480 * SECOND
    assert fresh[2, 3].light_time(fresh[2, 3].start) == added[1].light_time(added[1].start)
