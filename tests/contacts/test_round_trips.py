"""Plans that go into a form and come back mean the same, but for the losses that are named."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.contacts.ion_admin import IonAdmin
from tests.contacts.shapes import plans

from starlight.contacts import formats
from starlight.contacts.contact import UNLIMITED_BPS, Contact, constant_light
from starlight.contacts.ion_writer import MAX_RATE_BPS
from starlight.contacts.plan import ContactPlan, Notice
from starlight.contacts.plan_csv import CURVE
from starlight.contacts.report import Exported
from starlight.contacts.tvgutil import STEP
from starlight.dtntime import SECOND

often = settings(deadline=None, derandomize=True, max_examples=120)
EPOCHS = st.sampled_from([None, 0, -5 * SECOND])


def there_and_back(plan: ContactPlan, form: str, epoch: int | None) -> tuple[Exported, ContactPlan]:
    """Write a plan and read it again; nothing but overlaps may be remarked about what we write."""
    done = formats.write(plan, form, epoch=epoch)
    # A plan of ours may begin in 2000, so its Unix times can be told from relative ones.
    back = formats.read(done.data, name="plan", format=form, epoch=epoch)
    told = {each.kind for each in back.counts}
    assert told <= {
        "contact at the same time as another of the same direction",
        "contact over several ranges, of which ION uses the first only",
    }, told
    return done, back.plan


def seconds_of(contact: Contact) -> Iterator[int]:
    """Yield the whole seconds inside a contact: all of a short one, some of a long."""
    first, last = -(-contact.start // SECOND), contact.end // SECOND
    near = {first, first + 1, last - 1, *(first + (last - first) * k // 40 for k in range(40))}
    for begin, _ in contact.rates:
        near |= {begin // SECOND + k for k in (-1, 0, 1)}
    for piece in contact.light:
        near |= {piece.start // SECOND + k for k in (-1, 0, 1)}
    yield from sorted(second for second in near if first <= second < last)


def least_rate(contact: Contact, start: int, end: int) -> int:
    """Return the least rate between two times, but for the end."""
    return min([contact.rate_bps(start), *(bps for begin, bps in contact.rates if start < begin < end)])


def longest_light(contact: Contact, start: int, end: int) -> int:
    """Return the longest light time between two times: at the ends, and on both sides of each step."""
    times = [start, end, *(t for p in contact.light for t in (p.start - 1, p.start) if start <= t <= end)]
    return max(contact.light_time(time) for time in times)


@often
@given(plans(), EPOCHS)
def test_our_own_json_keeps_everything(plan: ContactPlan, epoch: int | None) -> None:
    """Starlight's JSON loses nothing, to the last bit of a coefficient."""
    plan = ContactPlan(plan.contacts, (Notice(0, 5, (1, 2), "dust storm"),), 7)
    done, back = there_and_back(plan, "json", epoch)
    assert back == plan
    assert done.losses == ()


@often
@given(plans(), EPOCHS)
def test_a_table_keeps_all_but_curves(plan: ContactPlan, epoch: int | None) -> None:
    """A table keeps ids, links, times, rates, confidence and ways; light time to half a millisecond."""
    done, back = there_and_back(plan, "csv", epoch)
    assert {loss.text.split(",")[0] for loss in done.losses} <= {
        "curves of the light time became straight lines"
    }
    assert [contact.id for contact in back.contacts] == [contact.id for contact in plan.contacts]
    for before, after in zip(plan.contacts, back.contacts, strict=True):
        assert (after.from_node, after.to_node) == (before.from_node, before.to_node)
        assert (after.start, after.end) == (before.start, before.end)
        assert (after.one_way, after.confidence) == (before.one_way, before.confidence)
        for begin, end in pairwise(sorted(moments(before))):
            for time in (begin, (begin + end) // 2, end - 1):
                assert after.rate_bps(time) == before.rate_bps(time)
                assert abs(after.light_time(time) - before.light_time(time)) <= CURVE + 3


def moments(contact: Contact) -> set[int]:
    """Return the edges of the pieces of a contact, and times between."""
    cuts = {
        contact.start,
        contact.end,
        *(contact.start + (contact.end - contact.start) * k // 16 for k in range(16)),
    }
    cuts |= {begin for begin, _ in contact.rates} | {piece.start for piece in contact.light}
    return {cut for cut in cuts if contact.start <= cut <= contact.end}


@often
@given(plans(), EPOCHS)
def test_a_time_varying_graph_keeps_all_but_ways(plan: ContactPlan, epoch: int | None) -> None:
    """tvgutil keeps links, times, rates, confidence; moving light time in steps, never too short."""
    _, back = there_and_back(plan, "tvgutil", epoch)
    assert len(back.contacts) == len(plan.contacts)
    key = lambda c: (c.start // 1000, c.from_node, c.to_node, c.end)  # noqa: E731 - Unix time as a double
    for before, after in zip(sorted(plan.contacts, key=key), sorted(back.contacts, key=key), strict=True):
        assert (after.from_node, after.to_node) == (before.from_node, before.to_node)
        assert abs(after.start - before.start) <= 240
        assert abs(after.end - before.end) <= 240
        assert after.confidence == before.confidence
        for begin, end in pairwise(sorted(moments(before))):
            time = (begin + end) // 2
            if end - begin > 1_000:
                assert after.rate_bps(time) == before.rate_bps(time)
                more = after.light_time(time) - before.light_time(time)
                moving = any(any(piece.coefficients_s[1:]) for piece in before.light)
                assert -2 <= more <= (2 * STEP if moving else 2)


@often
@given(plans(), EPOCHS)
def test_hdtn_keeps_every_second_at_its_least_rate(plan: ContactPlan, epoch: int | None) -> None:
    """HDTN keeps whole seconds: each with its least rate, and the longest light time rounded up."""
    done, back = there_and_back(plan, "hdtn", epoch)
    for before in plan.contacts:
        for second in seconds_of(before):
            start, end = second * SECOND, (second + 1) * SECOND
            rate = least_rate(before, start, end)
            light = longest_light(before, start, end)
            served = [
                (after.rate_bps(start), after.light_time(start))
                for after in back.between(before.from_node, before.to_node)
                if after.start <= start and end <= after.end
            ]
            if rate:
                assert any(bps == rate and light <= shown < light + SECOND + 1 for bps, shown in served), (
                    second
                )
    assert_inside(plan, back)
    if any(contact.confidence != 1 for contact in plan.contacts):
        assert any(loss.text == "confidence is left out" for loss in done.losses)


def assert_inside(plan: ContactPlan, back: ContactPlan) -> None:
    """Nothing that came back is open, fast or near where the plan is not."""
    for after in back.contacts:
        assert after.start % SECOND == after.end % SECOND == 0
        around = [
            before
            for before in plan.between(after.from_node, after.to_node)
            if before.start <= after.start and after.end <= before.end
        ]
        assert any(
            after.rates[0][1] <= least_rate(before, after.start, after.end)
            and after.light_time(after.start) >= longest_light(before, after.start, after.end) - 1
            for before in around
        ), after


@often
@given(plans(overlaps=False), EPOCHS)
def test_ion_keeps_every_second_but_those_that_it_names(plan: ContactPlan, epoch: int | None) -> None:
    """ION keeps whole seconds in byte/s; the seconds given up at steps of the range are counted."""
    done, back = there_and_back(plan, "ion", epoch)
    losses = {loss.text.split(",")[0]: loss.count for loss in done.losses}
    missing = 0
    for before in plan.contacts:
        for second in seconds_of(before):
            start, end = second * SECOND, (second + 1) * SECOND
            rate = min(least_rate(before, start, end), MAX_RATE_BPS) // 8 * 8
            if not rate:
                continue
            light = longest_light(before, start, end)
            served = [
                after
                for after in back.between(before.from_node, before.to_node)
                if after.start <= start and end <= after.end
            ]
            missing += not served
            for after in served:
                assert after.rate_bps(start) == rate
                assert light - 1 <= after.light_time(start) < light + SECOND
                assert after.confidence == before.confidence
    assert missing <= losses.get("contacts give up a second where the range changes", 0)
    assert_inside(plan, back)


@often
@given(plans(), EPOCHS)
def test_ion_would_take_every_line_and_find_the_right_range(plan: ContactPlan, epoch: int | None) -> None:
    """What we write is in ION's published grammar; ION refuses none of it, and uses the light times meant."""
    done, back = there_and_back(plan, "ion", epoch)
    ion = IonAdmin(0 if epoch is None else epoch // SECOND).load(done.data.decode("ascii"))
    seen = 0
    for link, contacts in ion.contacts.items():
        ours = back.between(*link)
        assert [(c.start, c.end, c.rate, c.confidence) for c in contacts] == [
            (c.start // SECOND, c.end // SECOND, c.rate_bps(c.start) // 8, c.confidence) for c in ours
        ]
        for contact in contacts:
            light = ion.light_s(link, contact)
            assert light is not None
            seen += 1
            start, end = contact.start * SECOND, contact.end * SECOND
            around = [c for c in plan.between(*link) if c.start <= start and end <= c.end]
            longest = [longest_light(c, start, end) for c in around]
            assert any(most - 1 <= light * SECOND < most + SECOND for most in longest), (link, contact)
    assert seen == len(back.contacts)


@pytest.mark.parametrize("form", formats.FORMATS)
def test_what_is_lost_is_named(form: str) -> None:
    """Each form says what it could not hold, and how often."""

    light = constant_light(0, 1.0)
    contacts = [
        Contact(1, 1, 2, 0, 10 * SECOND, ((0, UNLIMITED_BPS),), light, one_way=True),
        Contact(2, 1, 2, 20 * SECOND, 20 * SECOND, ((20 * SECOND, 8),), light),
        Contact(3, 3, 3, 0, SECOND, ((0, 8),), light),
        Contact(4, 2, 1, 500_000_000, 9_500_000_000, ((500_000_000, 81),), light, confidence=0.5),
    ]
    done = formats.write(ContactPlan.of(contacts, [Notice(0, 1, (1,), "storm")]), form)
    told = {loss.text.split(", by up to")[0]: loss.count for loss in done.losses}
    if form == "json":
        assert told == {}
        return
    assert told["notices are left out"] == 1
    assert told["contacts without length are left out"] == 1
    assert told["contacts of a node with itself are left out"] == 1
    if form != "csv":
        assert told["one-way contacts are written like any other"] == 1
    if form in ("ion", "hdtn"):
        assert told["starts or ends moved inwards to whole seconds"] == 1
    if form == "hdtn":
        assert told["confidence is left out"] == 1
    if form == "ion":
        assert told["rates rounded down to whole byte/s"] == 1
        assert told["rates beyond 2147483647 byte/s, also unlimited ones, are written as that"] == 1
