"""Weather lowers or cuts contacts, before a plan is made or after; the plan remembers what changed."""

from __future__ import annotations

import pytest

from starlight import dtntime
from starlight.contacts.contact import Contact, constant_light
from starlight.contacts.plan import ContactPlan
from starlight.dtntime import HOUR, SECOND
from starlight.errors import InputError
from starlight.planner import history, weather
from starlight.planner.intervals import lowered
from starlight.planner.weather import Weather, attach
from starlight.scenario.reading import load

T0 = dtntime.from_text("2051-03-01")
SCENARIO = load("lost-in-starlight")


def contact(id: int, a: int, b: int, start: float, end: float) -> Contact:
    """Return a contact at 1000 bit/s and 900 s of light time, between hours after T0."""
    begin, finish = T0 + round(start * HOUR), T0 + round(end * HOUR)
    return Contact(id, a, b, begin, finish, ((begin, 1000),), constant_light(begin, 900.0))


def rain(start: float, end: float, factor: float, *nodes: int) -> Weather:
    """Return weather over nodes between hours after T0."""
    return Weather(
        T0 + round(start * HOUR), T0 + round(end * HOUR), frozenset(nodes), frozenset(), factor, "rain"
    )


def test_weather_lowers_the_rate_while_it_lasts() -> None:
    """The rate is lowered from the start of the weather until its end, and is as before elsewhere."""
    plan = attach(ContactPlan.of([contact(1, 11, 30, 0, 10)]), [rain(2, 5, 0.5, 11)])
    (only,) = plan.contacts
    assert only.rates == ((T0, 1000), (T0 + 2 * HOUR, 500), (T0 + 5 * HOUR, 1000))
    assert plan.version == 1
    (notice,) = plan.notices
    assert (notice.text, notice.nodes) == ("rain", (11,))


def test_weather_at_the_receiver_is_met_a_light_time_after_departure() -> None:
    """What falls on the receiving station touches what left one light time before."""
    plan = attach(ContactPlan.of([contact(1, 30, 11, 0, 10)]), [rain(2, 5, 0.0, 11)])
    light = 900 * SECOND
    assert [(c.start, c.end) for c in plan.contacts] == [
        (T0, T0 + 2 * HOUR - light - 1),
        (T0 + 5 * HOUR - light + 1, T0 + 10 * HOUR),
    ]
    assert len({c.id for c in plan.contacts}) == 2


def test_weather_elsewhere_changes_nothing() -> None:
    """Other nodes, other times: contacts stay as they are."""
    before = ContactPlan.of([contact(1, 11, 30, 0, 10)])
    assert attach(before, [rain(2, 5, 0.0, 12), rain(11, 12, 0.0, 11)]).contacts == before.contacts


def test_lowering_keeps_the_other_steps_of_a_rate() -> None:
    """Steps of the rate outside the weather stay, those inside are lowered each."""
    stepped = Contact(
        1,
        11,
        30,
        T0,
        T0 + 4 * HOUR,
        ((T0, 100), (T0 + HOUR, 200), (T0 + 3 * HOUR, 400)),
        constant_light(T0, 1),
    )
    assert lowered(stepped, T0 + 2 * HOUR, T0 + 9 * HOUR, 0.5).rates == (
        (T0, 100), (T0 + HOUR, 200), (T0 + 2 * HOUR, 100), (T0 + 3 * HOUR, 200),
    )  # fmt: skip


def test_a_file_of_weather_is_read() -> None:
    """A dust storm at the base loses 3 dB, so half the rate is left; rain cuts one link."""
    found = weather.parse(
        """
        [[weather]]
        start = "2051-03-01"
        end = "2051-03-05"
        nodes = ["base"]
        loss_db = 3.0103
        text = "dust"
        [[weather]]
        start = "2051-03-01"
        end = "2051-03-02"
        links = [["yeoju", "relay-areo"]]
        cuts = true
        text = "rain"
        """,
        SCENARIO,
        where="w.toml",
    )
    assert found[0].factor == pytest.approx(0.5, abs=1e-4)
    assert found[0].nodes == {20}
    assert (found[1].factor, found[1].links) == (0.0, frozenset({(11, 30), (30, 11)}))


@pytest.mark.parametrize(
    ("text", "key", "right"),
    [
        ('nodes = ["mare"]\ncuts = true', "weather[0].nodes = 'mare'", "Name one of the nodes"),
        ('nodes = ["base"]\ncuts = true\nfactor = 0.5', "weather[0]", "one of them"),
        ('nodes = ["base"]\nfactor = 1.5', "weather[0].factor = 1.5", "< 1"),
        ("cuts = true", "weather[0].nodes", "Name the nodes or the links"),
        ('links = [["base", "seoul"]]\ncuts = true', "weather[0].links", "a link joins"),
        ('nodes = ["base"]\nloss = 3', "weather[0]", "loss"),
    ],
)
def test_wrong_weather_is_named(text: str, key: str, right: str) -> None:
    """Errors name key, value and what is allowed."""
    head = '[[weather]]\nstart = "2051-03-01"\nend = "2051-03-05"\ntext = "dust"\n'
    with pytest.raises(InputError) as caught:
        weather.parse(head + text, SCENARIO, where="w.toml")
    assert str(caught.value).startswith("w.toml")
    assert key in str(caught.value)
    assert right in str(caught.value)


# History.


def test_a_history_says_what_changed_when_and_who_asked() -> None:
    """Each version of a plan can be had again, and each change says what, when and who."""
    first = ContactPlan.of([contact(1, 11, 30, 0, 10), contact(2, 30, 11, 0, 10)])
    told = history.History.begin(first, time=T0, who="flight dynamics", what="planned")
    stormy = attach(first, [rain(2, 5, 0.0, 30)])
    told = told.change(stormy, time=T0 + HOUR, who="the weather office", what="dust storm")
    told = told.change(attach(stormy, [rain(7, 8, 0.5, 11)]), time=T0 + 2 * HOUR, who="Yeoju", what="rain")
    assert told.plan(0) == first
    assert told.plan(1) == stormy
    assert told.plan().version == 2
    assert told.plan_at(T0 + HOUR + 1) == stormy
    assert told.revisions[1].sentence() == (
        "2051-03-01T01:00:00Z  version 1, asked by the weather office: dust storm (4 contacts in, 2 out)"
    )
    assert history.from_json(history.to_json(told)) == told


def test_a_history_goes_forward() -> None:
    """A change has a later version and no earlier time; what is not there is named."""
    plan = ContactPlan.of([contact(1, 11, 30, 0, 10)])
    told = history.History.begin(plan, time=T0, who="a", what="b")
    with pytest.raises(InputError, match="a later version"):
        told.change(plan, time=T0, who="a", what="c")
    with pytest.raises(InputError, match="before the latest change"):
        told.change(attach(plan, []), time=T0 - 1, who="a", what="c")
    with pytest.raises(InputError, match=r"7 is no version.*There are: 0"):
        told.plan(7)
    with pytest.raises(InputError, match="no plan yet"):
        told.plan_at(T0 - 1)
    for data in (b"{", b"{}", b'{"revisions": 3}'):
        with pytest.raises(InputError, match="no history"):
            history.from_json(data)
