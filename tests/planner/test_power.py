"""What power a node has is how long it listens, and sends: so much energy a day, and no contact beyond it."""

from __future__ import annotations

from itertools import chain, pairwise

import msgspec
import numpy as np
import pytest
from tests.scenario.worlds import TWO_SITES

from starlight.contacts.contact import Contact, constant_light
from starlight.dtntime import DAY, HOUR, MILLISECOND, MINUTE, SECOND, from_text
from starlight.errors import InputError
from starlight.planner.allocation import LinkDirection
from starlight.planner.history import History
from starlight.planner.intervals import merged
from starlight.planner.planner import Planned, make_plan
from starlight.planner.power import YEAR, carry, energy_j, limited, spent_at
from starlight.reports.plan_report import plan_view
from starlight.scenario.kernels import open_sky
from starlight.scenario.network import NodeSpec, PowerSpec
from starlight.scenario.reading import load, parse
from starlight.scenario.scenario import Scenario

SKY = open_sky()
START = from_text("2051-03-01")
DAYS = range(START // DAY + 1, START // DAY + 4)
SAME = MILLISECOND
"""ns by which a contact's edge differs when it is searched for over another interval."""
FEW = (
    'power = { source_w = 9.0, since = "2050-01-01", half_life_years = 12.0, keeps_w = 6.0, '
    "listens_w = 40.0 }"
)
AMPLE = FEW.replace("source_w = 9.0", "source_w = 900.0")
RADIOISOTOPE = PowerSpec(110.0, "2026-01-01", 13.0, yearly_loss=0.048, keeps_w=27.0, sends_w=40.0)


def two_sites(power: str = "") -> Scenario:
    """Return Seoul and a base on Mars, which says what power it has."""
    marker = 'name = "base"\n'
    return parse(TWO_SITES.replace(marker, f"{marker}{power}\n"), where="test")


def planned(scenario: Scenario, start: int = START, days: int = 4) -> Planned:
    """Plan some days of it."""
    return make_plan(scenario, SKY, start, start + days * DAY)


def own(plan: Planned, node: str) -> list[list[tuple[int, int]]]:
    """Return when each direction of a plan is held, in a node's own time."""

    def span(contact: Contact, sends: bool) -> tuple[int, int]:
        light = 0 if sends else contact.light_time(contact.start)
        late = 0 if sends else contact.light_time(contact.end)
        return contact.start + light, contact.end + late

    return [[span(c, each.from_node == node) for c in each.contacts] for each in plan.channels]


def heard_here(node: int, first: int, last: int) -> Contact:
    """Return a contact to a base from beside it, between hours after START."""
    start = START + first * HOUR
    return Contact(node, node, 9, start, START + last * HOUR, ((start, 1000),), constant_light(start, 0.0))


def awake_s(spans: list[tuple[int, int]], day: int) -> float:
    """Return for how long spans last on a day, in s."""
    first, last = day * DAY, (day + 1) * DAY
    return sum(max(0, min(b, last) - max(a, first)) for a, b in spans) / SECOND


@pytest.mark.parametrize("day", ["2026-01-01", "2038-07-19", "2051-04-09"])
@pytest.mark.parametrize("fall", [{"yearly_loss": 0.048}, {"half_life_years": 87.7}, {}])
def test_the_energy_of_a_day_is_the_integral_of_what_the_source_leaves(
    day: str, fall: dict[str, float]
) -> None:
    """By Simpson's rule over the day's power, to 1e-9: of a yearly loss, a half life, and a steady source."""
    power = PowerSpec(110.0, "2026-01-01", 13.0, keeps_w=27.0, **fall)
    start = from_text(day)
    years = (start + np.linspace(0, DAY, 1001) - from_text("2026-01-01")) / YEAR
    left = np.ones_like(years)
    if "yearly_loss" in fall:
        left = (1 - fall["yearly_loss"]) ** years
    if "half_life_years" in fall:
        left = 0.5 ** (years / fall["half_life_years"])
    watts = 110.0 * left - 27.0
    simpson = (watts[0] + watts[-1] + 4 * watts[1::2].sum() + 2 * watts[2:-1:2].sum()) / 3 * 86_400 / 1000
    assert energy_j(power, start, start + DAY) == pytest.approx(simpson, rel=1e-9)


def test_the_energy_of_days_only_falls_and_ends() -> None:
    """Each day has less than the one before, from the source's first to that on which it gives too little."""
    first, last = from_text("2026-01-01"), spent_at(RADIOISOTOPE)
    assert last is not None
    days = [energy_j(RADIOISOTOPE, at, at + DAY) for at in range(first, last + 3 * DAY, DAY)]
    left = [day for day in days if day]
    assert all(after < day for day, after in pairwise(left))
    assert days == left + [0.0] * (len(days) - len(left))
    assert 2 <= len(days) - len(left) <= 4
    assert energy_j(RADIOISOTOPE, first - DAY, first) == 0, "there was no source yet"
    assert spent_at(PowerSpec(5.0, "2026-01-01", 3.0, half_life_years=87.7)) is None


def test_a_day_has_as_much_contact_as_its_energy_and_no_more() -> None:
    """Both directions are one contact of the node: together they draw what the day has, to 1e-9."""
    scenario = two_sites(FEW)
    power = scenario.node_named("base").power
    assert power is not None
    out, back = own(planned(scenario), "base")
    could = own(planned(two_sites()), "base")
    for day in DAYS:
        has = energy_j(power, day * DAY, (day + 1) * DAY)
        assert awake_s(merged(chain(*could)), day) * 40.0 > has, "else the day tells nothing"
        assert awake_s(merged(out + back), day) * 40.0 == pytest.approx(has, rel=1e-9)
        assert min(awake_s(out, day), awake_s(back, day)) > 0


def test_several_contacts_of_a_day_keep_the_same_share() -> None:
    """Two links to one node, each by its length; a day that has enough for both keeps both whole."""
    contacts = [heard_here(n, first, last) for n, (first, last) in enumerate([(2, 6), (5, 7)])]
    directions = [LinkDirection(n, 0, f"a{n}", "base", (each,)) for n, each in enumerate(contacts)]
    node = NodeSpec("base", 9, "mars", power=PowerSpec(5.0, "2051-01-01", 40.0))
    first, second = carry(directions, [node]).contacts
    # 5 W for 24 h are 3 h at 40 W: half of 4 h and 2 h.
    assert [(c.start, c.end) for c in first] == [(START + 2 * HOUR, START + 4 * HOUR)]
    assert [(c.start, c.end) for c in second] == [(START + 5 * HOUR, START + 6 * HOUR)]
    ample = msgspec.structs.replace(node, power=PowerSpec(10.0, "2051-01-01", 40.0))
    assert carry(directions, [ample]).contacts == tuple(each.contacts for each in directions)
    assert carry(directions, [ample]).changes == ()


def test_a_contact_over_midnight_keeps_the_first_part_of_each_day() -> None:
    """What a day has does not depend on the one before."""
    contact = heard_here(1, 12, 36)
    node = NodeSpec("base", 9, "mars", power=PowerSpec(10.0, "2051-01-01", 40.0))
    (kept,) = carry([LinkDirection(0, 0, "a", "base", (contact,))], [node]).contacts
    assert [(c.start - START, c.end - START) for c in kept] == [
        (12 * HOUR, 18 * HOUR),
        (24 * HOUR, 30 * HOUR),
    ]


def test_each_contact_keeps_its_first_part_and_says_why_it_is_short() -> None:
    """It begins as the sky lets it, ends early, and what gave way names node, share, day and energy."""
    bare, plan = planned(two_sites()), planned(two_sites(FEW))
    assert len(plan.channels[0].contacts) == len(bare.channels[0].contacts) > 0
    for kept, whole in zip(plan.channels[0].contacts, bare.channels[0].contacts, strict=True):
        assert abs(kept.start - whole.start) < SAME
        assert kept.end < whole.end
    change = next(c for c in plan.changes if c.from_node == "seoul")
    assert change.what == "shortened"
    assert "base's power carries " in change.why[0]
    assert " of its contacts on 2051-0" in change.why[0]
    assert change.why[0].endswith(" Wh).")
    history = History.begin(plan.plan(), time=START, who="test", what="planned")
    changes = plan_view(two_sites(FEW), plan, history)["changes"]
    assert any("power" in why for row in changes for why in row["why"])


def test_ample_power_takes_nothing() -> None:
    """With energy for all the plan has every contact that it has without any word of power."""
    bare, ample = planned(two_sites()), planned(two_sites(AMPLE))
    assert ample.changes == bare.changes == ()
    assert len(ample.plan().contacts) == len(bare.plan().contacts) > 0
    for mine, other in zip(ample.plan().contacts, bare.plan().contacts, strict=True):
        assert mine.id == other.id
        assert abs(mine.start - other.start) < SAME
        assert abs(mine.end - other.end) < SAME


def test_sending_counts_where_the_file_says_what_it_draws() -> None:
    """A node that also sends has so much less time; with a source that is spent it has none, and says so."""
    heard = merged(chain(*own(planned(two_sites(FEW)), "base")))
    both = merged(chain(*own(planned(two_sites(FEW.replace(" }", ", sends_w = 40.0 }"))), "base")))
    for day in DAYS:
        assert awake_s(both, day) == pytest.approx(awake_s(heard, day) / 2, rel=1e-9)
    spent = planned(two_sites(FEW.replace("half_life_years = 12.0", "half_life_years = 1.0")))
    assert spent.plan().contacts == ()
    assert {change.what for change in spent.changes} == {"dropped"}
    (notice,) = spent.plan().notices
    assert notice.nodes == (10, 20)
    assert "its source gives no more than it needs itself" in notice.text


def test_a_day_is_the_same_wherever_a_plan_begins() -> None:
    """A longer plan, and one that begins in the middle of a day, has the same contacts with the same ids."""
    scenario = two_sites(FEW)
    long = planned(scenario, START - 2 * DAY, 8).plan()
    short = make_plan(scenario, SKY, START + 7 * HOUR, START + 3 * DAY).plan()
    edges = {c.id: (c.start, c.end) for c in short.contacts}
    inside = [c for c in long.contacts if c.start > START + 8 * HOUR and c.end < START + 3 * DAY - HOUR]
    assert len(inside) > 3
    for contact in inside:
        assert abs(edges[contact.id][0] - contact.start) < SAME
        assert abs(edges[contact.id][1] - contact.end) < SAME


def test_the_facility_hears_jay_and_no_longer_all_day() -> None:
    """All day until 2046; in April 2051 less than 9 hours, in which Jay's call falls; in 2052 ever less."""
    scenario = load("lost-in-starlight")
    (node,) = limited(scenario)
    assert node.power is not None
    hours = [
        energy_j(node.power, (at := from_text(f"{year}-04-09")), at + DAY) / 3600 / node.power.listens_w
        for year in (2026, 2045, 2047, 2051, 2053)
    ]
    assert hours[1] > 24 > hours[2] > 9 > hours[3] > 8 > 4 > hours[4]
    assert hours == sorted(hours, reverse=True)
    links = [link for link in scenario.link if set(link.between) == {"mountain", "facility"}]
    alone = msgspec.structs.replace(scenario, link=links, weather=[])
    start = from_text("2052-08-01")
    (heard,) = own(make_plan(alone, SKY, start, start + 20 * DAY), "facility")
    unlimited = [msgspec.structs.replace(each, power=None) for each in alone.node]
    (could,) = own(
        make_plan(msgspec.structs.replace(alone, node=unlimited), SKY, start, start + 20 * DAY), "facility"
    )
    for day in range(start // DAY + 1, start // DAY + 20):
        has = energy_j(node.power, day * DAY, (day + 1) * DAY) / node.power.listens_w
        assert awake_s(heard, day) == pytest.approx(min(has, awake_s(could, day)), rel=1e-9, abs=60.0)
    called = from_text("2051-04-09T11:49:03Z")
    plan = make_plan(scenario, SKY, from_text("2051-04-09"), from_text("2051-04-10"))
    channel = next(c for c in plan.channels if (c.from_node, c.to_node) == ("mountain", "facility"))
    (contact,) = channel.contacts
    assert contact.start + contact.light_time(contact.start) < called < contact.end
    assert contact.end - contact.start > 80 * MINUTE


@pytest.mark.parametrize(
    ("old", "new", "key", "allowed"),
    [
        ("source_w = 9.0", "source_w = -9.0", "node[1].power.source_w = -9.0", "> 0"),
        ("source_w = 9.0", "source_w = nan", "node[1].power.source_w = nan", "a number that counts"),
        ("listens_w = 40.0", "listens_w = 0", "node[1].power.listens_w = 0", "> 0"),
        ("listens_w = 40.0", "listens_w = inf", "node[1].power.listens_w = inf", "a number that counts"),
        ("keeps_w = 6.0", "keeps_w = -1", "node[1].power.keeps_w = -1", ">= 0"),
        ("keeps_w = 6.0", "keeps_w = 9.0", "node[1].power.keeps_w = 9.0", "less than source_w = 9"),
        ("half_life_years = 12.0", "half_life_years = 0", "node[1].power.half_life_years = 0", "> 0"),
        ("half_life_years = 12.0", "yearly_loss = 1.0", "node[1].power.yearly_loss = 1.0", "< 1"),
        (
            "half_life_years = 12.0",
            "half_life_years = 12.0, yearly_loss = 0.05",
            "node[1].power.yearly_loss = 0.05",
            "leave one of them out",
        ),
        ("2050-01-01", "2050-13-01", "node[1].power.since: '2050-13-01'", "no calendar has it"),
        ("listens_w = 40.0", "sends_w = 40.0", "node[1].power", "listens_w is missing"),
    ],
)  # fmt: skip
def test_what_a_power_cannot_be_is_refused(old: str, new: str, key: str, allowed: str) -> None:
    """Each error names the line, the key, the value and what is allowed."""
    assert old in FEW
    with pytest.raises(InputError) as caught:
        two_sites(FEW.replace(old, new))
    assert "line 10" in str(caught.value)
    assert key in str(caught.value)
    assert allowed in str(caught.value)


def test_power_that_limits_nothing_is_refused() -> None:
    """A node without a radio link has none that its power could limit."""
    text = TWO_SITES.replace('kind = "radio"', 'kind = "wire"')
    with pytest.raises(InputError, match=r"node\[1\]\.power = 'base'.*no radio link joins base"):
        parse(text.replace('name = "base"\n', f'name = "base"\n{FEW}\n'), where="test")
