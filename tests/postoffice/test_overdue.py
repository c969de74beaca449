"""Letters whose receipt is missing: when they are sent again, how often, and where not."""

from __future__ import annotations

from random import Random

from tests.messages.helpers import EARTH, JAY, LIGHT, MARS, NANYOUNG, FakeSky, contact, unit

from starlight.contacts.contact import UNLIMITED_BPS, Contact
from starlight.contacts.plan import ContactPlan
from starlight.dtntime import DAY, HOUR, MILLISECOND, SECOND
from starlight.engine.node import Node
from starlight.messages.dispatch import Dispatch
from starlight.messages.doubt import Doubt, DoubtCode, Trouble, TroubleCode
from starlight.messages.draft import Draft
from starlight.messages.first_format import encode_first
from starlight.messages.letter import Receipt, ReceiptFact
from starlight.node.application import Save, Submit, Withdraw
from starlight.node.config import NodeConfig
from starlight.postoffice.postoffice import PostOffice
from starlight.postoffice.reprediction import RECEIPT_MARGIN, RESENDS_MAX
from starlight.postoffice.resend import letter_token, offered_later


def daily(days: int, *, back: bool = True) -> ContactPlan:
    """Return a plan with two hours of contact a day, both ways."""
    contacts: list[Contact] = []
    for day in range(days):
        start = day * DAY
        contacts.append(contact(2 * day + 1, EARTH, MARS, start, start + 2 * HOUR))
        if back:
            contacts.append(contact(2 * day + 2, MARS, EARTH, start, start + 2 * HOUR))
    return ContactPlan.of(contacts)


def letters_only(post: Submit) -> bool:
    return post.token.startswith("letter/")


def test_it_is_sent_again_three_times_at_most() -> None:
    """A mailbox resends a letter whose receipt is overdue, at most three times, and says so."""
    sky = FakeSky(daily(60))
    sky.open_all()
    sky.lose = letters_only
    id = sky.write(EARTH, JAY, NANYOUNG, "into the void")
    sky.run(50 * DAY)
    sent = sky.earth.office.mailbox(JAY).outgoing.course(id)
    assert len(sky.earth.posts) == 1 + RESENDS_MAX
    assert sent.dispatch.attempts.resends == RESENDS_MAX
    assert sent.dispatch.doubtful == Doubt(DoubtCode.GIVEN_UP, times=4)
    assert sky.state(EARTH, JAY, id) == ("arrived", "predicted")
    assert sky.earth.office.next_wakeup() is None


def test_each_goes_on_a_later_contact() -> None:
    """Every copy leaves on another contact than the one before it."""
    sky = FakeSky(daily(60))
    sky.open_all()
    sky.lose = letters_only
    id = sky.write(EARTH, JAY, NANYOUNG, "again")
    sky.run(50 * DAY)
    copies = sky.earth.office.mailbox(JAY).outgoing.course(id).copies
    days = [copy.departed_at // DAY for copy in copies if copy.departed_at is not None]
    assert len(set(days)) == 1 + RESENDS_MAX


def test_where_a_contact_never_ends_a_day_later() -> None:
    """A permanent link has no later contact: the letter goes again after the margin and a day."""
    sky = FakeSky()
    sky.open_all()
    sky.lose = letters_only
    id = sky.write(EARTH, JAY, NANYOUNG, "again")
    sky.run(30 * DAY)
    copies = sky.earth.office.mailbox(JAY).outgoing.course(id).copies
    assert len(copies) == 1 + RESENDS_MAX
    first, second = copies[0].departed_at, copies[1].departed_at
    assert first is not None
    assert second is not None
    assert DAY < second - first < DAY + 2 * HOUR


def test_a_receipt_may_miss_one_contact() -> None:
    """A receipt is not overdue before it could have taken the contact after the one that it missed."""
    sky = FakeSky(daily(10))
    sky.open_all()
    id = sky.write(EARTH, JAY, NANYOUNG, "patience")
    sky.run(SECOND)
    sent = sky.earth.office.mailbox(JAY).outgoing.course(id)
    assert sent.dispatch.expected.receipt_at is not None
    assert sent.due is not None
    assert sent.due >= sent.dispatch.expected.receipt_at + LIGHT + RECEIPT_MARGIN


def test_one_lost_letter_arrives_the_second_time_and_is_shown_once() -> None:
    """A letter lost with its relay arrives with a later copy; a late receipt ends the resending."""
    sky = FakeSky(daily(30))
    sky.open_all()
    lost: list[str] = []

    def lose_first(post: Submit) -> bool:
        if letters_only(post) and post.token not in lost:
            lost.append(post.token)
            return True
        return False

    sky.lose = lose_first
    id = sky.write(EARTH, JAY, NANYOUNG, "second try")
    sky.run(25 * DAY)
    sent = sky.earth.office.mailbox(JAY).outgoing.course(id)
    assert sky.state(EARTH, JAY, id) == ("arrived", "confirmed")
    assert (sent.dispatch.attempts.resends, sent.dispatch.doubtful) == (1, None)
    assert sky.mars.office.mailbox(NANYOUNG).unread() == [id]
    assert sent.dispatch.first.arrives is not None
    assert sent.dispatch.confirmed.arrived_at is not None
    assert sent.dispatch.confirmed.arrived_at > sent.dispatch.first.arrives


def test_a_lost_receipt_makes_a_duplicate_that_is_answered() -> None:
    """When only the receipt was lost, the second copy is not shown, but answered."""
    sky = FakeSky(daily(30))
    sky.open_all()
    lost: list[str] = []

    def lose_first_receipt(post: Submit) -> bool:
        if not letters_only(post) and not lost:
            lost.append(post.token)
            return True
        return False

    sky.lose = lose_first_receipt
    id = sky.write(EARTH, JAY, NANYOUNG, "did you get this?")
    sky.run(25 * DAY)
    sent = sky.earth.office.mailbox(JAY).outgoing.course(id)
    assert sky.state(EARTH, JAY, id) == ("arrived", "confirmed")
    assert sent.dispatch.attempts.resends == 1
    assert sent.dispatch.first.arrives is not None
    assert sent.dispatch.confirmed.arrived_at == sent.dispatch.first.arrives // MILLISECOND * MILLISECOND
    assert sky.mars.office.mailbox(NANYOUNG).unread() == [id]


def test_a_copy_that_need_not_leave_is_recalled() -> None:
    """A receipt that comes while the next copy still waits takes the copy back."""
    sky = FakeSky(daily(30))
    sky.open_all()
    held: list[Submit] = []

    def hold_receipts(post: Submit) -> bool:
        if letters_only(post):
            return False
        held.append(post)
        return True

    sky.lose = hold_receipts
    id = sky.write(EARTH, JAY, NANYOUNG, "hold on")
    sky.run(SECOND)
    due = sky.earth.office.mailbox(JAY).outgoing.course(id).due
    assert due is not None
    sky.run(due)
    assert len(sky.earth.queued) == 1
    sky.earth.arrive(JAY, NANYOUNG, held[0].payload)
    assert sky.earth.queued == {}
    assert sky.state(EARTH, JAY, id) == ("arrived", "confirmed")
    sky.run(due + 20 * DAY)
    assert len(sky.earth.posts) == 2


def test_not_without_a_way_back() -> None:
    """It resends only where a way there and back is planned; a plan that brings one lets it go."""
    sky = FakeSky(daily(3))
    sky.open_all()
    sky.lose = letters_only
    id = sky.write(EARTH, JAY, NANYOUNG, "wait for it")
    sky.run(10 * DAY)
    sent = sky.earth.office.mailbox(JAY).outgoing.course(id)
    posted = len(sky.earth.posts)
    assert posted < 1 + RESENDS_MAX
    assert sent.dispatch.attempts.overdue
    assert sent.dispatch.doubtful == Doubt(DoubtCode.WAITS_FOR_RETURN)
    assert sky.earth.office.next_wakeup() is None
    sky.earth.restart()
    sky.lose = lambda post: False
    sky.set_plan(daily(40))
    sky.run(30 * DAY)
    assert sky.state(EARTH, JAY, id) == ("arrived", "confirmed")
    assert len(sky.earth.posts) == posted + 1


def test_deadlines_survive_a_restart() -> None:
    """What is due is saved: a node that was down resends when it comes back."""
    sky = FakeSky(daily(60))
    sky.open_all()
    sky.lose = letters_only
    id = sky.write(EARTH, JAY, NANYOUNG, "again")
    for _ in range(200):
        sky.run(sky.now + 6 * HOUR)
        sky.earth.restart()
    assert sky.earth.office.mailbox(JAY).outgoing.course(id).dispatch.attempts.resends == RESENDS_MAX
    assert len(sky.earth.posts) == 1 + RESENDS_MAX


def test_a_letter_is_not_resent_after_its_life() -> None:
    """A letter that nobody carries any more is predicted as arrived, not sent again."""
    sky = FakeSky(daily(60))
    sky.open_all()
    sky.lose = letters_only
    id = sky.write(EARTH, JAY, NANYOUNG, "short", lifetime=HOUR)
    sky.run(50 * DAY)
    assert len(sky.earth.posts) == 1
    assert sky.state(EARTH, JAY, id) == ("arrived", "predicted")


def test_not_where_only_the_way_there_is_planned() -> None:
    """A copy that no receipt could answer tells nobody more than the first did, so it is not sent."""
    there = [contact(10 + day, EARTH, MARS, day * DAY, day * DAY + 2 * HOUR) for day in range(10)]
    sky = FakeSky(ContactPlan.of([*there, contact(1, MARS, EARTH, 0, 2 * HOUR)]))
    sky.open_all()
    sky.lose = letters_only
    id = sky.write(EARTH, JAY, NANYOUNG, "only there")
    sky.run(9 * DAY)
    assert len(sky.earth.posts) == 1
    assert sky.earth.office.mailbox(JAY).outgoing.course(id).dispatch.attempts.overdue


def test_a_receipt_has_an_hour_to_spare() -> None:
    """What is overdue could have missed its contact, taken the next, and waited an hour in queues.

    On a contact that never ends the next is the same one, a light time later, and the letter goes again
    after a day more.
    """
    sky = FakeSky()
    sky.open_all()
    id = sky.write(EARTH, JAY, NANYOUNG, "patience")
    sky.run(SECOND)
    sent = sky.earth.office.mailbox(JAY).outgoing.course(id)
    assert sent.dispatch.expected.receipt_at is not None
    assert sent.due is not None
    spare = sent.due - (sent.dispatch.expected.receipt_at + LIGHT) - DAY
    assert HOUR <= spare < HOUR + SECOND


def test_it_does_not_go_again_at_the_very_end_of_its_contact() -> None:
    """A contact carries still at the instant at which it ends; the second copy is to take another one."""
    ends, opens = 10 * HOUR, 2 * DAY
    sky = FakeSky(
        ContactPlan.of(
            [
                contact(1, EARTH, MARS, 0, ends, bps=UNLIMITED_BPS),
                contact(2, MARS, EARTH, 0, 9 * DAY),
                contact(3, EARTH, MARS, opens, opens + HOUR, bps=UNLIMITED_BPS),
            ]
        )
    )
    sky.open_all()
    sky.lose = letters_only
    id = sky.write(EARTH, JAY, NANYOUNG, "again")
    sky.run(3 * DAY)
    copies = sky.earth.office.mailbox(JAY).outgoing.course(id).copies
    assert [copy.departed_at for copy in copies] == [0, opens]


def test_what_is_due_together_is_saved_before_anything_is_asked_of_the_node() -> None:
    """Its answer to the first changes that record again, which no older save may overtake."""
    office = PostOffice(Node(NodeConfig(EARTH, daily(9))).forecaster, entropy=Random(1).randbytes)
    office.mailboxes.open(JAY, "Jay", 0)
    for text in ("one", "two"):
        letter, _ = office.outbox.write(JAY, Draft(NANYOUNG, text), 0)
        office.rejected(letter_token(letter), "full", 0)
    kinds = [type(request) for request in office.handle_timer(HOUR)]
    assert kinds.count(Submit) == 2
    assert Save not in kinds[kinds.index(Submit) :]


def test_a_refused_letter_is_offered_again_ever_later_at_last_each_day() -> None:
    """An hour later, then after two, four, and so on; a day is the longest."""
    dispatch = Dispatch(size_bytes=5)
    waits = []
    for _ in range(12):
        dispatch = offered_later(dispatch, Trouble(TroubleCode.NOT_KEPT, "full"), 7)
        assert dispatch.attempts.due is not None
        waits.append((dispatch.attempts.due - 7) // HOUR)
    assert waits == [1, 2, 4, 8, 16, *[24] * 7]


def test_a_copy_that_is_accepted_after_the_letter_has_arrived_is_taken_back() -> None:
    """The thin link is not to carry what is there already."""
    office = PostOffice(Node(NodeConfig(EARTH, daily(9))).forecaster, entropy=Random(1).randbytes)
    office.mailboxes.open(JAY, "Jay", 0)
    letter, _ = office.outbox.write(JAY, Draft(NANYOUNG, "words"), 0)
    first, second = f"{JAY}/5/0", f"{JAY}/6/0"
    office.accepted(letter_token(letter), first, 1, 2, 0)
    office.departed(first, MARS, 1, 1, 2, 1)
    receipt = Receipt((ReceiptFact(letter.id, "arrived", 5),))
    office.delivered(unit(JAY, NANYOUNG, encode_first(receipt)), 9)
    assert Withdraw(second) in office.accepted(letter_token(letter), second, 11, 12, 10)


def test_records_of_other_applications_are_no_mailboxes() -> None:
    """Applications of one node keep their records in one store, each under its name."""
    office = PostOffice(Node(NodeConfig(EARTH, daily(9))).forecaster)
    office.restore("amendments", "held", b"not a card")
    office.resume(0)
    assert not office.mailboxes
