"""The state of the way to a correspondent: the plan, the links, and what is safe here meanwhile."""

from __future__ import annotations

from tests.messages.helpers import (
    EARTH,
    FATHER,
    JAY,
    LIGHT,
    MARS,
    NANYOUNG,
    RELAY,
    FakeSky,
    both_ways,
    contact,
)

from starlight.contacts.plan import ContactPlan, Notice
from starlight.dtntime import DAY, HOUR, MINUTE, SECOND
from starlight.messages.reach import Reach, ReachCode
from starlight.node.events import LinkDown, LinkUp

STORM = Notice(HOUR, 2 * DAY, (RELAY,), "dust storm over Arsia Mons")


def sky_of(*contacts: tuple[int, int, int, int, int]) -> FakeSky:
    """Return a sky with a plan of contacts (from, to, start, end, bit/s) and Jay's links up."""
    plan = ContactPlan.of(
        [
            contact(number, a, b, start, end, bps=bps, light_s=600 if MARS in (a, b) else 1)
            for number, (a, b, start, end, bps) in enumerate(contacts, 1)
        ]
    )
    sky = FakeSky(plan)
    sky.open_all()
    for peer in (MARS, RELAY):
        sky.earth.engine.handle(LinkUp(peer), 0)
    return sky


def reach(sky: FakeSky, now: int, to: str = NANYOUNG) -> Reach:
    """Return the state of Jay's way to somebody."""
    sky.now = now
    return sky.earth.office.forecasts.reach(JAY, to, now)


def test_an_open_way_says_until_when_and_how_fast() -> None:
    """The rate of the narrowest hop, the light of all, and when the first of its contacts closes."""
    sky = sky_of((EARTH, RELAY, 0, DAY, 5_000), (RELAY, MARS, 0, 3 * HOUR, 209), (MARS, EARTH, 0, DAY, 5_000))
    found = reach(sky, HOUR)
    assert (found.code, found.node, found.peer) == (ReachCode.OPEN, MARS, RELAY)
    assert (found.rate_bps, found.light_time_s, found.until) == (209, 601.0, 3 * HOUR)
    assert found.leaves == HOUR
    assert found.arrives is not None
    assert found.answer_at is not None
    assert found.arrives + LIGHT < found.answer_at < found.arrives + LIGHT + MINUTE
    assert found.reopens is None


def test_a_rate_that_changes_and_a_gap_are_seen() -> None:
    """It is open until the rate changes, then stays open; before a gap it says when it opens again."""
    sky = sky_of(
        (EARTH, MARS, 0, HOUR, 209),
        (EARTH, MARS, HOUR, 2 * HOUR, 209),
        (EARTH, MARS, 2 * HOUR, 3 * HOUR, 5_000),
        (EARTH, MARS, 4 * HOUR, 5 * HOUR, 5_000),
    )
    slow = reach(sky, MINUTE)
    assert (slow.code, slow.rate_bps, slow.until) == (ReachCode.OPEN, 209, 2 * HOUR)
    assert slow.reopens == 2 * HOUR + 1
    fast = reach(sky, 2 * HOUR + MINUTE)
    assert (fast.code, fast.rate_bps, fast.until) == (ReachCode.OPEN, 5_000, 3 * HOUR)
    assert fast.reopens == 4 * HOUR
    gap = reach(sky, 3 * HOUR + 1)
    assert (gap.code, gap.until, gap.waits_at) == (ReachCode.SHUT, 4 * HOUR, EARTH)
    assert (gap.leaves, gap.rate_bps) == (4 * HOUR, None)
    last = reach(sky, 4 * HOUR)
    assert (last.code, last.reopens) == (ReachCode.OPEN, None)
    over = reach(sky, 5 * HOUR + 1)
    assert (over.code, over.until, over.leaves) == (ReachCode.NO_ROUTE, None, None)


def test_a_gap_of_seconds_is_shut_here_and_not_further_on() -> None:
    """Nothing leaves while no contact has begun; that a relay's pass is waited for is a matter of course."""
    here = sky_of((EARTH, MARS, 10 * SECOND, DAY, 5_000))
    assert reach(here, 0).code is ReachCode.SHUT
    further = (EARTH, RELAY, 0, DAY, 5_000), (RELAY, MARS, HOUR, DAY, 5_000)
    assert reach(sky_of(*further), MINUTE).code is ReachCode.OPEN


def test_a_long_wait_at_a_relay_is_shut_there() -> None:
    """It names the place before whose contact the letter waits longest, and the plan's reason."""
    plan = ContactPlan.of(
        [contact(1, EARTH, RELAY, 0, 9 * DAY, light_s=1), contact(2, RELAY, MARS, 2 * DAY, 9 * DAY)],
        notices=(STORM,),
    )
    sky = FakeSky(plan)
    sky.open_all()
    sky.earth.engine.handle(LinkUp(RELAY), 0)
    found = reach(sky, 2 * HOUR)
    assert (found.code, found.waits_at, found.until) == (ReachCode.SHUT, RELAY, 2 * DAY)
    assert (found.leaves, found.notices) == (2 * HOUR, (STORM.text,))
    assert found.answer_at is None


def test_a_link_that_is_down_is_no_contact_since_it_fell() -> None:
    """Where the plan has it open: since when, and until when the plan said so; up again, it is open."""
    sky = FakeSky(both_ways(HOUR, DAY))
    sky.open_all()
    never = reach(sky, 2 * HOUR)
    assert (never.code, never.since, never.peer, never.until) == (ReachCode.NEVER_HEARD, None, MARS, DAY)
    sky.earth.engine.handle(LinkUp(MARS), 2 * HOUR)
    assert reach(sky, 2 * HOUR).code is ReachCode.OPEN
    sky.earth.engine.handle(LinkDown(MARS), 3 * HOUR)
    gone = reach(sky, 4 * HOUR)
    assert (gone.code, gone.since, gone.until) == (ReachCode.NO_CONTACT, 3 * HOUR, DAY)
    assert gone.light_time_s == LIGHT / SECOND


def test_a_link_that_is_down_while_the_plan_has_it_shut_is_no_news() -> None:
    """A radio is off between its passes: the plan's opening is told, and nothing is in doubt."""
    sky = FakeSky(both_ways(HOUR, DAY))
    sky.open_all()
    found = reach(sky, 0)
    assert (found.code, found.until, found.since) == (ReachCode.SHUT, HOUR, None)


def test_letters_that_have_not_left_are_counted() -> None:
    """Those to this correspondent alone; one that has left or was withdrawn is counted no more."""
    sky = sky_of((EARTH, MARS, HOUR, DAY, 5_000), (MARS, EARTH, 0, DAY, 5_000))
    first = sky.write(EARTH, JAY, NANYOUNG, "one")
    sky.write(EARTH, JAY, NANYOUNG, "two")
    sky.write(EARTH, JAY, "ipn:20.2", "to another")
    assert reach(sky, 0).letters_here == 2
    sky.earth.ask(sky.earth.office.outbox.withdraw(JAY, first, 0))
    assert reach(sky, 0).letters_here == 1
    sky.earth.restart()
    assert reach(sky, 0).letters_here == 1
    sky.run(2 * HOUR)
    assert reach(sky, 2 * HOUR).letters_here == 0


def test_at_this_node_it_is_there_at_once() -> None:
    """Whoever lives at the same node needs no route."""
    found = reach(sky_of((EARTH, MARS, 0, 1, 1)), MINUTE, FATHER)
    assert (found.code, found.node, found.arrives) == (ReachCode.HERE, EARTH, MINUTE)


def test_without_a_route_or_a_node() -> None:
    """No contacts lead to node 999; of a name that nobody knows there is no node at all."""
    sky = sky_of((EARTH, MARS, 0, DAY, 5_000))
    found = reach(sky, 0, "ipn:999.1")
    assert (found.code, found.node, found.leaves) == (ReachCode.NO_ROUTE, 999, None)
    assert reach(sky, 0, "dtn://nobody/mail").code is ReachCode.NO_ROUTE
    assert reach(sky, 0, "dtn://nobody/mail").node is None
