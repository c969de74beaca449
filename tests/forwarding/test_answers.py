"""What a node does about transfers whose answer is late, or never comes."""

from __future__ import annotations

import pytest
from tests.engine.helpers import (
    HOUR,
    ROAD,
    SECOND,
    Fixture,
    NodeLimits,
    T,
    came,
    contact,
    made,
    of,
    plan,
    traces,
)

from starlight.forwarding.late_answers import LateAnswers
from starlight.node.actions import Acknowledge, Forget, Persist, Trace, Transmit
from starlight.node.events import (
    PlanChanged,
    TransmissionAcknowledged,
    TransmissionFailed,
    TransmissionSent,
    Wakeup,
)


def unanswered(**limits: int) -> tuple[Fixture, Transmit]:
    """Return a node that has sent a bundle to 2, and what it sent."""
    node = Fixture(1, limits=NodeLimits(answer_margin=HOUR, **limits))
    (transmit,) = of(node.submit(), Transmit)
    return node, transmit


def test_a_transfer_that_is_never_answered_fails_in_the_end() -> None:
    """A peer that keeps a session alive and never answers does not keep a bundle for ever."""
    node, sent = unanswered()
    due = sent.reaches + 300 * SECOND + HOUR  # the way back is open: light, and the margin
    assert node.handle(Wakeup(), due - 1) == []
    assert node.states == ["UNDER_WAY"]
    actions = node.handle(Wakeup(), due)
    assert traces(actions) == ["bundle.failed"]
    assert node.states == ["QUEUED"]
    (again,) = of(node.handle(Wakeup(), due + SECOND), Transmit)
    assert (again.key, again.leaves) == (sent.key, due + SECOND)


def test_an_answer_is_waited_for_until_the_way_back_has_been_open() -> None:
    """A report waits for the window of the way back; that is no failure."""
    later = plan(
        contact(1, 1, 2), contact(2, 2, 1, 5 * HOUR, 6 * HOUR), contact(3, 2, 3), contact(4, 2, 1, HOUR, HOUR)
    )
    node = Fixture(1, later, limits=NodeLimits(answer_margin=HOUR))
    (sent,) = of(node.submit(now=T + 2 * HOUR), Transmit)
    due = T + 6 * HOUR + 300 * SECOND
    assert node.handle(Wakeup(), due - 1) == []
    assert traces(node.handle(Wakeup(), due)) == ["bundle.failed"]
    assert sent.reaches < T + 3 * HOUR


def test_a_one_way_hop_is_not_waited_for() -> None:
    """Nobody answers there; that it was sent is all that is ever known."""
    node = Fixture(1, plan(contact(1, 1, 3, one_way=True)), limits=NodeLimits(answer_margin=HOUR))
    node.submit()
    assert node.handle(Wakeup(), T + 9 * HOUR) == []
    assert node.states == ["UNDER_WAY"]


def test_what_was_answered_is_not_given_up() -> None:
    """The watch goes on to the next bundle that has no answer."""
    node, first = unanswered()
    (second,) = of(node.submit(now=T + 600 * SECOND), Transmit)
    node.handle(TransmissionAcknowledged(first.key, 2, T + 700 * SECOND), T + 700 * SECOND)
    due = second.reaches + 300 * SECOND + HOUR
    assert node.handle(Wakeup(), due - 1) == []
    actions = node.handle(Wakeup(), due)
    assert [a.record.event.facts()["bundle"] for a in of(actions, Trace)] == [second.key]


@pytest.mark.parametrize("acknowledges", [True, False])
@pytest.mark.parametrize("state", ["QUEUED", "UNDER_WAY", "WAITING", "UNDER_WAY to another"])
def test_a_late_end_of_a_transfer_counts(state: str, acknowledges: bool) -> None:
    """The next hop has it, or the link has done all that it can, however late that is known: it is enough."""
    roads = plan(*ROAD.contacts, contact(5, 1, 4), contact(6, 4, 3, light_s=400))
    node = Fixture(1, roads, limits=NodeLimits(answer_margin=HOUR))
    (sent,) = of(node.submit(), Transmit)
    now = sent.reaches + 300 * SECOND + HOUR
    if state == "WAITING":
        node.handle(Wakeup(), now)
        node.handle(PlanChanged(plan()), now)
    elif state == "UNDER_WAY to another":
        node.handle(Wakeup(), now)
        node.handle(PlanChanged(plan(contact(5, 1, 4), contact(6, 4, 3))), now)
    elif state == "UNDER_WAY":
        node.handle(Wakeup(), now)
        node.handle(Wakeup(), now + SECOND)
    else:
        node.handle(Wakeup(), now)
    now += SECOND if state == "UNDER_WAY" else SECOND // 2
    assert node.states == [state.partition(" ")[0]]
    end = TransmissionAcknowledged(sent.key, 2, now) if acknowledges else TransmissionSent(sent.key, 2)
    actions = node.handle(end, now)
    assert of(actions, Forget) == [Forget(sent.key, now)]
    assert not node.bundles
    for peer in (2, 4):
        assert node.handle(TransmissionAcknowledged(sent.key, peer, now), now) == []
        assert node.handle(TransmissionFailed(sent.key, peer, "late"), now) == []


def test_a_late_acknowledgement_is_hidden_until_light_brings_it() -> None:
    """As every acknowledgement is where light time is imposed."""
    node, sent = unanswered()
    now = sent.reaches + 2 * HOUR
    node.handle(Wakeup(), now)
    actions = node.handle(TransmissionAcknowledged(sent.key, 2, now + HOUR), now)
    assert not of(actions, Forget)
    assert node.states == ["HANDED"]
    assert of(node.handle(Wakeup(), now + HOUR), Forget)


@pytest.mark.parametrize("hops", [None, (64, 0)])
def test_a_late_acknowledgement_does_not_count_for_a_copy_that_came_back(
    hops: tuple[int, int] | None,
) -> None:
    """Whoever sent it back may have let go of it on our word: then ours is the only one."""
    node = Fixture(2, limits=NodeLimits(answer_margin=HOUR))
    (sent,) = of(node.handle(came(made(hops=hops))), Transmit)
    now = sent.reaches + 2 * HOUR
    node.handle(Wakeup(), now)
    back = made(hops=None if hops is None else (64, 2))
    assert of(node.handle(came(back, peer=3, transfer=8), now), Acknowledge)
    node.handle(TransmissionAcknowledged(sent.key, 3, now), now)
    assert sent.key in node.bundles


def test_each_transfer_fails_once() -> None:
    """Of two transfers to a peer the newer one fails first; the word about the older is then no news."""
    node, sent = unanswered()
    now = sent.reaches + 2 * HOUR
    node.handle(Wakeup(), now)
    node.handle(Wakeup(), now + SECOND)
    assert node.states == ["UNDER_WAY"]
    assert traces(node.handle(TransmissionFailed(sent.key, 2, "link down"), now + SECOND)) == [
        "bundle.failed"
    ]
    assert node.handle(TransmissionFailed(sent.key, 2, "link down"), now + SECOND) == []
    assert node.states == ["QUEUED"]
    node.handle(Wakeup(), now + 3 * SECOND)
    node.handle(TransmissionAcknowledged(sent.key, 2, now), now + 3 * SECOND)
    assert not node.bundles


def test_answers_that_may_still_come_are_bounded() -> None:
    """Everything has a limit; the oldest is let go first."""
    answers = LateAnswers(2)
    for key in "abc":
        answers.expect(key, 1, None)
    assert [answers.is_out(key, 1) for key in "abc"] == [False, True, True]


def test_two_answers_to_two_transfers_of_a_copy_that_came_back() -> None:
    """The first of them may be the old one's, and is not believed; the second tells that both have come."""
    node = Fixture(2, limits=NodeLimits(answer_margin=HOUR))
    (sent,) = of(node.handle(came(made())), Transmit)
    now = sent.reaches + 2 * HOUR
    node.handle(Wakeup(), now)
    (again,) = of(node.handle(came(made(hops=(64, 2)), peer=3, transfer=8), now), Transmit)
    assert again.peer == 3
    assert node.handle(TransmissionAcknowledged(sent.key, 3, now), now) == []
    assert of(node.handle(TransmissionAcknowledged(sent.key, 3, now), now), Forget)


def test_a_late_acknowledgement_leaves_that_of_the_second_transfer_to_come() -> None:
    """It is not taken for the answer to a third, of the copy that came back meanwhile."""
    node = Fixture(2, limits=NodeLimits(answer_margin=HOUR))
    (first,) = of(node.handle(came(made())), Transmit)
    now = first.reaches + 2 * HOUR
    node.handle(Wakeup(), now)
    (second,) = of(node.handle(Wakeup(), now + SECOND), Transmit)
    node.handle(TransmissionAcknowledged(first.key, 3, now + SECOND), now + SECOND)
    assert not node.bundles
    node.handle(came(made(hops=(64, 4)), peer=3, transfer=8), now + 2 * SECOND)
    (third,) = of(node.handle(Wakeup(), now + 4 * SECOND), Transmit)
    assert (first.peer, second.peer, third.peer) == (3, 3, 3)
    assert node.handle(TransmissionAcknowledged(second.key, 3, now + 5 * SECOND), now + 5 * SECOND) == []
    assert node.states == ["UNDER_WAY"]
    node.handle(TransmissionAcknowledged(third.key, 3, now + 6 * SECOND), now + 6 * SECOND)
    assert not node.bundles


def test_an_answer_may_leave_at_the_end_of_the_way_back() -> None:
    """A contact carries still at the instant at which it ends, so what reaches the peer then is answered."""
    size = len(of(Fixture(1).submit(), Persist)[0].data)
    ends = 300 * SECOND + size * 1_000
    node = Fixture(
        1,
        plan(contact(1, 1, 2), contact(2, 2, 1, 0, ends, light_s=900.0), contact(3, 2, 3)),
        limits=NodeLimits(answer_margin=HOUR),
    )
    (sent,) = of(node.submit(), Transmit)
    assert sent.reaches == T + ends
    due = sent.reaches + 900 * SECOND + HOUR
    assert traces(node.handle(Wakeup(), due - 1)) == []
    assert traces(node.handle(Wakeup(), due)) == ["bundle.failed"]


def test_the_way_back_is_that_of_the_plan_in_force() -> None:
    """A plan that opens it later only gives the peer until then to answer."""
    node, sent = unanswered()
    due = sent.reaches + 300 * SECOND + HOUR
    assert traces(node.handle(Wakeup(), due)) == ["bundle.failed"]
    later = plan(contact(1, 1, 2), contact(22, 2, 1, 6 * HOUR, 7 * HOUR), contact(3, 2, 3), version=1)
    (again,) = of(node.handle(PlanChanged(later), due), Transmit)
    assert again.reaches < T + 2 * HOUR
    overdue = T + 6 * HOUR + 300 * SECOND + HOUR
    assert traces(node.handle(Wakeup(), overdue - 1)) == []
    assert traces(node.handle(Wakeup(), overdue)) == ["bundle.failed"]
