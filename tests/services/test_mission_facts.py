"""The facts of a mission at one node: what holds, who says something else, what nobody can do with them."""

from __future__ import annotations

import pytest
from tests.sim.helpers import START, both

from starlight.bundle import cbor
from starlight.contacts.amendments import Change, FactValue, MissionFact
from starlight.contacts.mission_facts import FactDisagreement, Said
from starlight.contacts.plan import ContactPlan
from starlight.dtntime import HOUR
from starlight.errors import InputError
from starlight.node.application import Request, Save, Say, SetAside
from starlight.services.amendment_format import Known, Message, decode, encode
from starlight.services.amendments import AmendmentService
from starlight.services.fact_rules import SYSTEM_TIME, check_amended, clock_value, nodes_of, rule_of
from starlight.services.fact_statements import (
    CHANGES_MAX,
    DEFAULT,
    FACTS_MAX,
    FILE,
    PLAN,
    STATEMENT_MAX,
    decode_statement,
    encode_statement,
)
from starlight.services.mission_facts import MissionFacts
from starlight.services.trace_events import FactsRefused

ME, PEER, OTHER = 10, 20, 30
EMPTY = ContactPlan.of([])
LONGITUDE = "mars_longitude_deg"


class Node:
    """A node with two peers, of which the first is a planner as well as itself."""

    def __init__(self, own: dict[str, Said] | None = None, plan: ContactPlan = EMPTY) -> None:
        self.service = AmendmentService(ME, plan, (ME, PEER), peers=(PEER, OTHER))
        service = self.service
        self.facts = MissionFacts(ME, own or {}, service.held, service.told, service.versions)

    def hears(self, peer: int, now: int = START, /, **told: FactValue) -> None:
        """Hear a statement of a peer's file; in names `__` stands for a dot."""
        statement = encode_statement(now, self.service.held.digest(), file(**told))
        self.service.told.hear(peer, statement, now, in_a_session=True)

    def takes(self, peer: int, statement: bytes) -> list[Request]:
        """Take a statement of a peer in a session."""
        return self.service.told.hear(peer, statement, START, in_a_session=True)

    def amends(self, name: str, value: FactValue) -> None:
        """Amend a fact."""
        changes: list[Change] = [MissionFact(name, value)]
        self.service.amend(changes, START)

    def differing(self) -> list[tuple[str, int | None, FactValue, FactValue]]:
        """Return what differs: the fact, the peer, and both values."""
        return [(e.name, e.peer, e.ours.value, e.theirs.value) for e in self.facts.disagreements()]


def file(**facts: FactValue) -> dict[str, Said]:
    """Return what a node's file says; in names `__` stands for a dot."""
    return {name.replace("__", "."): Said(value, FILE) for name, value in facts.items()}


def test_both_values_and_their_files_are_told_where_files_differ() -> None:
    """A file's fact stands against a peer's, both named with their source; what is the same is not."""
    node = Node(file(mars_longitude_deg=239.9, landing="2051-02-01"))
    node.hears(PEER, mars_longitude_deg=12.5, landing="2051-02-01T00:00:00Z")
    assert node.facts.disagreements() == [
        FactDisagreement(LONGITUDE, Said(239.9, FILE), Said(12.5, FILE), PEER)
    ]
    assert node.facts.in_force()[LONGITUDE] == Said(239.9, FILE)


def test_a_gap_is_filled_by_the_peer_and_then_nothing_differs() -> None:
    """A file without a fact takes it from a peer: from the lower number, whichever told first."""
    for order in ((PEER, OTHER), (OTHER, PEER)):
        node = Node()
        for peer in order:
            node.hears(peer, mars_longitude_deg=float(peer))
        assert node.facts.in_force() == {LONGITUDE: Said(20.0, "peer 20")}
        assert node.differing() == [(LONGITUDE, OTHER, 20.0, 30.0)]


def test_an_amendment_sets_a_fact_for_all_and_names_the_file_that_differs() -> None:
    """A planner's word holds over a file's, and a peer that has it not yet is told of."""
    node = Node(file(mars_longitude_deg=1.0))
    node.amends(LONGITUDE, 239.9)
    node.hears(PEER, mars_longitude_deg=1.0)
    assert node.facts.in_force()[LONGITUDE] == Said(239.9, "amendment 10:1")
    assert node.facts.disagreements() == [
        FactDisagreement(LONGITUDE, Said(1.0, FILE), Said(239.9, "amendment 10:1"), None, holds=False),
        FactDisagreement(LONGITUDE, Said(239.9, "amendment 10:1"), Said(1.0, FILE), PEER),
    ]


def test_a_peer_that_holds_the_amendment_by_now_is_not_told_of_for_its_file() -> None:
    """What a peer's file said before the amendment reached it differs no longer once it holds that."""
    node, later = Node(file(mars_longitude_deg=239.9)), START + HOUR
    node.amends(LONGITUDE, 239.9)
    node.hears(PEER, mars_longitude_deg=1.0)
    assert [each[1] for each in node.differing()] == [PEER]
    known = Known(later, node.service.held.version())
    node.service.versions.heard(PEER, known, directly=True)
    assert node.differing() == []


def test_an_amendment_sets_no_clock_of_a_running_node() -> None:
    """Mission time stays the file's; that the amendment says something else is told."""
    node = Node({"clock.rate": Said(1.0, DEFAULT)})
    node.amends("clock.rate", 30)
    assert node.facts.in_force() == {"clock.rate": Said(1.0, DEFAULT)}
    (found,) = node.facts.disagreements()
    assert (found.name, found.peer, found.holds) == ("clock.rate", None, True)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        (LONGITUDE, 1e300),
        (LONGITUDE, float("nan")),
        (LONGITUDE, "239.9"),
        (LONGITUDE, True),
        ("landing", "soon"),
        ("landing", "1969-07-20"),
        ("timezone", "Mars/Arsia"),
        ("timezone", "../../etc/passwd"),
        ("timezone", "x" * 4_000),
        ("node.20.name", ""),
        ("light_time_s.20.10", -1.0),
        ("light_time_s.20.10", 1e9),
        ("node.30.name", "another's"),
        ("light_time_s.20.30", 5.0),
        ("whatever", 1),
    ],
)
def test_what_is_no_value_is_taken_from_nobody(name: str, value: FactValue) -> None:
    """A peer's word that is out of range, of another type, or about others neither holds nor differs."""
    node = Node()
    statement = encode_statement(START, "", {name: Said(value, FILE)})
    node.takes(PEER, statement)
    assert node.facts.in_force() == {}
    assert node.facts.disagreements() == []


@pytest.mark.parametrize("value", [1e300, "east", True])
def test_an_amendment_that_is_no_value_changes_nothing(value: FactValue) -> None:
    """What a planner amends that no clock could go by leaves the file's value in force."""
    node = Node(file(mars_longitude_deg=239.9))
    node.amends(LONGITUDE, value)
    assert node.facts.in_force()[LONGITUDE] == Said(239.9, FILE)


def test_only_planners_and_peers_are_heard() -> None:
    """A node that is no peer tells nothing, and one that is no planner amends nothing."""
    node = Node()
    node.hears(99, mars_longitude_deg=5.0)
    assert node.service.told.by_peer == {}
    stranger = AmendmentService(ME, EMPTY, (PEER,))
    with pytest.raises(InputError, match="no planner"):
        stranger.amend([MissionFact(LONGITUDE, 5.0)], START)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff" * 100,
        b"x" * (STATEMENT_MAX + 1),
        cbor.dumps([1, 2, 3]),
        cbor.dumps({0: 1, 1: -5, 2: "", 3: {}}),
        cbor.dumps({0: 1, 1: 2**60, 2: "", 3: {}}),
        cbor.dumps({0: 1, 1: 5, 2: "x" * 65, 3: {}}),
        cbor.dumps({0: 1, 1: 5, 2: "", 3: {str(n): [n, "file"] for n in range(FACTS_MAX + 1)}}),
    ],
)
def test_octets_that_are_no_statement_are_refused(data: bytes) -> None:
    """Whatever a peer sends costs a line of the trace."""
    node = Node()
    (said,) = node.takes(PEER, data)
    assert isinstance(said, Say)
    assert isinstance(said.record.event, FactsRefused)
    assert node.service.told.by_peer == {}


def test_what_a_later_version_adds_is_skipped() -> None:
    """Keys, items and kinds of values that are not known cost nothing of what is."""
    facts: cbor.Value = {
        LONGITUDE: [5.0, "file", "more"],
        "list": [[1], "file"],
        "odd": [1, "moon"],
        "n": 4,
        7: 1,
    }
    statement = decode_statement(cbor.dumps({0: 9, 1: 5, 2: "d", 3: facts, 4: "more"}))
    assert statement.facts == {LONGITUDE: Said(5.0, FILE)}


def test_a_peer_that_changes_its_mind_for_ever_is_not_followed() -> None:
    """So many changes are taken in an hour, each once; the same again is no change and no commit."""
    node, saved = Node(), 0
    for turn in range(3 * CHANGES_MAX):
        for _ in range(2):
            statement = encode_statement(START + turn, "", {LONGITUDE: Said(float(turn), FILE)})
            saved += any(isinstance(each, Save) for each in node.takes(PEER, statement))
    assert saved == CHANGES_MAX
    node.hears(PEER, START + 2 * HOUR, mars_longitude_deg=77.0)
    assert node.facts.in_force()[LONGITUDE].value == 77.0


def test_a_bundle_that_was_overtaken_says_nothing_any_more() -> None:
    """What a session told counts until something later comes; a session itself is always of this moment."""
    node = Node()

    def hears(value: float, at: int, *, in_a_session: bool) -> FactValue:
        statement = encode_statement(at, "", {LONGITUDE: Said(value, FILE)})
        node.service.told.hear(PEER, statement, START, in_a_session=in_a_session)
        return node.facts.in_force()[LONGITUDE].value

    assert hears(1.0, START, in_a_session=True) == 1.0
    assert hears(1.0, START + HOUR, in_a_session=True) == 1.0
    assert hears(2.0, START + 1, in_a_session=False) == 1.0
    assert hears(3.0, START + 2 * HOUR, in_a_session=False) == 3.0
    assert hears(4.0, START, in_a_session=True) == 4.0


def test_what_was_told_outlives_a_restart() -> None:
    """The statement is a record; a damaged one is set aside and ends nothing."""
    first, second = Node(), Node()
    statement = encode_statement(START, "", {LONGITUDE: Said(5.0, FILE)})
    (save,) = first.takes(PEER, statement)
    assert isinstance(save, Save)
    second.service.restore("amendments", save.key, save.data)
    second.service.restore("amendments", "told/30", b"\xff")
    second.service.restore("amendments", "told/x", save.data)
    assert second.facts.in_force() == {LONGITUDE: Said(5.0, "peer 20")}
    asides = [each.key for each in second.service.resume(START) if isinstance(each, SetAside)]
    assert asides == ["told/30", "told/x"]


def test_a_statement_of_too_much_leaves_out_its_end() -> None:
    """A file with hundreds of people tells what matters first, within the bound."""
    facts = file(mars_longitude_deg=5.0) | {
        f"address.ipn:10.{n}.name": Said("x" * 100, FILE) for n in range(999)
    }
    data = encode_statement(START, "", facts)
    assert len(data) <= STATEMENT_MAX
    told = decode_statement(data).facts
    assert 10 < len(told) <= FACTS_MAX
    assert LONGITUDE in told


def test_a_peer_is_told_what_concerns_both() -> None:
    """Names of other nodes' people are nobody's business."""
    own = file(node__10__name="Seoul", node__20__name="Base", node__30__name="Relay", mars_longitude_deg=1.0)
    node = Node(own)
    node.hears(OTHER, node__30__world="mars")
    assert sorted(node.facts.stated_to(PEER, START)) == [LONGITUDE, "node.10.name", "node.20.name"]


def second_hand(value: FactValue, author: int) -> bytes:
    """Return a statement of a longitude that its sender has from the file of another node."""
    return encode_statement(START, "", {LONGITUDE: Said(value, f"peer {author}")})


def test_what_a_file_says_is_passed_on_once_and_not_back() -> None:
    """A peer is told what another's file says of the mission; what that has from others goes no further."""
    node = Node()
    node.hears(OTHER, mars_longitude_deg=5.0)
    assert node.facts.stated_to(PEER, START) == {LONGITUDE: Said(5.0, "peer 30")}
    assert node.facts.stated_to(OTHER, START) == {}
    node = Node()
    node.takes(OTHER, second_hand(5.0, 40))
    assert node.facts.in_force() == {LONGITUDE: Said(5.0, "peer 40")}
    assert node.facts.stated_to(PEER, START) == {}


def test_a_second_hand_word_counts_least_and_is_held_against_the_rest() -> None:
    """A peer's own file goes before it, and what it says is compared; of this node itself it says nothing."""
    node = Node()
    node.takes(PEER, second_hand(5.0, 40))
    node.hears(OTHER, mars_longitude_deg=6.0)
    assert node.facts.in_force() == {LONGITUDE: Said(6.0, "peer 30")}
    assert node.differing() == [(LONGITUDE, PEER, 6.0, 5.0)]
    node = Node()
    node.takes(PEER, second_hand(5.0, ME))
    assert node.facts.in_force() == {}
    node = Node()
    node.takes(PEER, encode_statement(START, "", {"node.20.name": Said("x", "peer 40")}))
    assert node.facts.in_force() == {}


def test_light_times_of_one_link_are_compared_by_file_and_by_plan() -> None:
    """A fixed light time stands against another file's or plan's; plans alone where both hold the same."""
    light = "light_time_s.20.10"
    node = Node({light: Said(480.0, FILE)})
    node.hears(PEER, **{light.replace(".", "__"): 479.0})
    assert node.differing() == [(light, PEER, 480.0, 479.0)]
    planned = Node(plan=ContactPlan.of(both(1, ME, PEER, light_s=2.0)))
    assert planned.facts.stated_to(PEER, START)[light] == Said(2.0, PLAN)
    for digest, differs in ((planned.service.held.digest(), True), ("another", False)):
        statement = encode_statement(START, digest, {light: Said(3.0, PLAN)})
        planned.takes(PEER, statement)
        assert bool(planned.differing()) is differs


def test_a_fixed_light_time_fills_a_gap_and_a_plans_does_not() -> None:
    """A file without plan and light time takes the one that the peer's file fixes; one by a plan differs."""
    light = "light_time_s.20.10"
    node = Node({light: Said(0.0, DEFAULT)})
    node.hears(PEER, **{light.replace(".", "__"): 480.0})
    assert node.facts.in_force() == {light: Said(480.0, "peer 20")}
    assert node.differing() == []
    node.takes(PEER, encode_statement(START, "", {light: Said(480.0, PLAN)}))
    assert node.differing() == [(light, PEER, 0.0, 480.0)]


@pytest.mark.parametrize(("here", "there", "differs"), [("mars", "earth", True), ("earth", "earth", False)])
def test_two_places_on_earth_may_go_by_zones_of_their_own(here: str, there: str, differs: bool) -> None:
    """The zone of Earth's clock is compared between worlds, not between two cities."""
    node = Node(file(timezone="Europe/Madrid", node__10__world=here))
    node.hears(PEER, timezone="Asia/Seoul", node__20__world=there)
    assert [each[0] for each in node.differing()] == (["timezone"] if differs else [])


@pytest.mark.parametrize(
    ("name", "a", "b", "same"),
    [
        (LONGITUDE, 239.9, -120.1, True),
        (LONGITUDE, 0, 360, True),
        (LONGITUDE, 239.9, 239.8, False),
        ("landing", "2051-02-01", "2051-02-01T09:00:00+09:00", True),
        ("landing", "2051-02-01", "2051-02-02", False),
        ("clock.rate", 30, 30.0, True),
        ("clock.rate", 30.0, 31.0, False),
        # The same line, told by two of its moments.
        (
            "clock.mission",
            clock_value("2051-04-07T10:00:00Z", "2026-08-01T09:00:00Z", 30.0),
            clock_value("2051-04-07T10:30:00Z", "2026-08-01T09:01:00Z", 30.0),
            True,
        ),
        (
            "clock.mission",
            clock_value("2051-04-07T10:00:00Z", "2026-08-01T09:00:00Z", 30.0),
            clock_value("2051-04-07T10:00:00Z", "2026-08-01T09:01:00Z", 30.0),
            False,
        ),
        ("clock.mission", SYSTEM_TIME, clock_value("2026-08-01", "2026-08-01", 1.0), True),
        ("clock.mission", SYSTEM_TIME, clock_value("2051-08-01", "2026-08-01", 1.0), False),
        ("light_time_s.1.2", 2.0, 2.001, True),
        ("light_time_s.1.2", 2.0, 2.4, False),
    ],
)
def test_values_that_say_the_same_do_not_differ(name: str, a: FactValue, b: FactValue, same: bool) -> None:
    """One fact may be written in several ways."""
    rule = rule_of(name)
    assert rule is not None
    assert rule.allowed(a)
    assert rule.allowed(b)
    assert rule.same(a, b) is rule.same(b, a) is same


def test_a_fact_says_whom_it_is_about() -> None:
    """Names of facts carry the nodes that they concern; a name of none has no rule."""
    assert nodes_of("node.20.name") == nodes_of("address.ipn:20.4.world") == {20}
    assert nodes_of("light_time_s.10.20") == {10, 20}
    assert nodes_of(LONGITUDE) == frozenset()
    assert rule_of("node.20.colour") is rule_of("world.") is rule_of("") is None


def test_a_statement_travels_in_a_message_of_amendments() -> None:
    """Where a link has no session its bundle carries it, and is heard as from a session."""
    data = encode_statement(START, "", {LONGITUDE: Said(5.0, FILE)})
    message = Message((), AmendmentService(PEER, EMPTY, ()).held.version(), {}, facts=data)
    assert decode(encode(message), PEER).facts == data


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        (LONGITUDE, 400, "changes[0].value: mars_longitude_deg = 400. It is a number from -180 to 360"),
        ("landing", "soon", "such as 2051-02-01"),
        ("timezone", "Seoul", "such as UTC or Asia/Seoul"),
        ("clock.rate", 30, "amended are: mars_longitude_deg, landing, timezone"),
        ("light_time_s.1.2", 5, "light times in contacts"),
    ],
)
def test_a_fact_of_which_nothing_would_come_is_refused(name: str, value: FactValue, told: str) -> None:
    """What no node could go by, or sets in its file alone, is refused where it is made; all else is free."""
    with pytest.raises(InputError) as caught:
        check_amended(name, value, "changes[0]")
    assert told in str(caught.value)
    check_amended(LONGITUDE, 239.9, "changes[0]")
    check_amended("site.base", "17 S 120 W", "changes[0]")
