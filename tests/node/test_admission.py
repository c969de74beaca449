"""The rules for what a peer may bring: which keeps what out, and the patterns of endpoints."""

from __future__ import annotations

import pytest
from tests.engine.helpers import SECOND, Fixture, T, came, made, of, traces

from starlight.bundle import QualityOfService
from starlight.engine.node import Node
from starlight.errors import InputError
from starlight.node.actions import Acknowledge, Persist, Refuse
from starlight.node.admission import Admission, AdmissionRule, pattern
from starlight.node.config import NodeConfig

RULES = Admission(1, ("ipn:9.*", "dtn://ground/log"), ("ipn:3.1", "ipn:4.*"), 300, 3_600_000, critical=False)


def guarded(*rules: Admission) -> Fixture:
    """Return node 3 with rules for its peers."""
    node = Fixture(3)
    node.config = NodeConfig(3, node.config.plan, admission=rules)
    node.node = Node(node.config)
    return node


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (made(lifetime_s=3600), None),
        (made("dtn://ground/log", lifetime_s=3600), None),
        (made(to="ipn:4.77", lifetime_s=3600), None),
        (made("ipn:99.1", lifetime_s=3600), AdmissionRule.SOURCES),
        (made("ipn:8.9", lifetime_s=3600), AdmissionRule.SOURCES),
        (made("dtn://ground/log2", lifetime_s=3600), AdmissionRule.SOURCES),
        (made("dtn:none", lifetime_s=3600, flags=0x4), AdmissionRule.SOURCES),
        (made(to="ipn:3.2", lifetime_s=3600), AdmissionRule.DESTINATIONS),
        (made(to="ipn:44.1", lifetime_s=3600), AdmissionRule.DESTINATIONS),
        (made(to="dtn://4/x", lifetime_s=3600), AdmissionRule.DESTINATIONS),
        (made(payload=bytes(300), lifetime_s=3600), AdmissionRule.BUNDLE_BYTES),
        (made(lifetime_s=3601), AdmissionRule.LIFETIME_S),
        (made(lifetime_s=3600, service=QualityOfService(critical=True)), AdmissionRule.CRITICAL),
    ],
)
def test_a_rule_keeps_out_what_it_says_and_nothing_else(data: bytes, rule: AdmissionRule | None) -> None:
    """What is kept out is refused for good, so its sender still has it, and counted by its rule; from a peer
    without rules the same is taken."""
    node = guarded(RULES)
    answer = node.handle(came(data))
    if rule is None:
        assert of(answer, Acknowledge)
        assert node.node.admissions.refused(1) == {}
        return
    assert of(answer, Refuse) == [Refuse(1, 7, "not acceptable")]
    assert traces(answer) == ["bundle.kept_out"]
    assert not node.node.stored
    node.handle(came(data))
    assert node.node.admissions.refused(1) == {rule.value: 2}
    assert of(node.handle(came(data, peer=2)), Acknowledge)
    assert node.node.admissions.refused(2) == {}


def test_who_is_kept_out_can_have_no_reports_sent() -> None:
    """A bundle that would be deleted, and reported so to whom it names, is refused before that."""
    asks = 0x040000 | 0x004000  # deletion and reception
    expired = made("ipn:99.1", at=T - 7200 * SECOND, lifetime_s=3600, flags=asks, report_to="ipn:77.7")
    answer = guarded(RULES).handle(came(expired))
    assert traces(answer) == ["bundle.kept_out"]
    assert not of(answer, Persist)
    assert of(guarded().handle(came(expired)), Persist)


def test_an_empty_list_keeps_all_out() -> None:
    """It names nobody, which is not the same as to leave the rule out."""
    node = guarded(Admission(1, destinations=()))
    assert of(node.handle(came(made())), Refuse)


def test_what_a_link_does_not_answer_is_kept_out_all_the_same() -> None:
    """Over a link without acknowledgements nothing can be refused; it is not stored."""
    node = guarded(RULES)
    assert traces(node.handle(came(made(to="ipn:3.2"), transfer=None), T)) == ["bundle.kept_out"]
    assert not node.node.stored


@pytest.mark.parametrize(
    ("text", "usual"),
    [
        ("ipn:20.1", "ipn:20.1"),
        ("ipn:0.20.1", "ipn:20.1"),
        ("ipn:977000.5.*", "ipn:977000.5.*"),
        ("ipn:20.*", "ipn:20.*"),
        ("dtn://ground/*", "dtn://ground/*"),
        ("dtn://ground/log", "dtn://ground/log"),
        ("dtn:none", "dtn:none"),
    ],
)
def test_a_pattern_is_an_endpoint_or_all_of_a_node(text: str, usual: str) -> None:
    """In the form in which endpoints are told."""
    assert pattern(text) == usual


@pytest.mark.parametrize(
    "text", ["", "*", "ipn:*", "ipn:*.1", "ipn:20*", "ipn:20", "dtn://*", "dtn://a/b/*", "20.*"]
)
def test_what_is_no_pattern_is_refused(text: str) -> None:
    """The error says what is one."""
    with pytest.raises(InputError, match=r"no pattern of endpoints.*all of a node: ipn:20\.\*"):
        pattern(text)
