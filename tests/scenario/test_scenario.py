"""A scenario file is read whole, or refused with the key, the value and what is allowed."""

from __future__ import annotations

from importlib import resources

import pytest

from starlight.errors import InputError
from starlight.scenario.reading import builtin_names, load, parse

TEXT = (
    resources.files("starlight.scenario")
    .joinpath("builtin", "lost-in-starlight.toml")
    .read_text(encoding="utf-8")
)


def test_the_built_in_expedition_is_whole() -> None:
    """The scenario has its stations, the mountain, the base, the facility, two relays, a rover and a suit."""
    scenario = load("lost-in-starlight")
    assert [node.name for node in scenario.node] == [
        "seoul", "yeoju", "goldstone", "madrid", "canberra", "mountain",
        "base", "facility", "relay-areo", "relay-polar", "rover", "suit", "ship",
    ]  # fmt: skip
    assert scenario.address("jay@seoul") == "ipn:10.2"
    assert builtin_names() == ["lost-in-starlight"]
    radio = next(link for link in scenario.link if link.between == ("mountain", "facility"))
    assert radio.one_way
    assert (radio.rate_bps, radio.band) == (None, "X"), "as fast as a 3 m dish and 100 W are"


@pytest.mark.parametrize(
    ("old", "new", "key", "allowed"),
    [
        ("rate_bps = 20_000_000", "rate_bps = -3", "link[4].rate_bps = -3", ">= 1"),
        ("one_way = true", 'one_way = "x"', "link[5].one_way = 'x'", "bool"),
        ('name = "yeoju"', 'name = "seoul"', "node.name[1] = 'seoul'", "once"),
        ('to = "jay@seoul"', 'to = "jay@mars"', "letter[2].to = 'jay@mars'", "jay@mountain"),
        ("number = 10", "numbr = 10", "node[0]", "numbr"),
        ("latitude_deg = 37.5665", "latitude_deg = 137.5", "node[0].site.latitude_deg = 137.5", "<= 90"),
        ('kind = "wire"', 'kind = "string"', "link[0].kind = 'string'", "string"),
        ('world = "mars"', 'world = "venus"', "node[6].world = 'venus'", "venus"),
        ('start = "2026-01-01"', 'start = "2026-13-01"', "start", "month"),
        ('end = "2052-01-01"', 'end = "2025-01-01"', "end = '2025-01-01'", "later than start"),
        ('between = ["seoul", "yeoju"]', 'between = ["seoul", "seoul"]', "link[0].between", "two different"),
        ('between = ["seoul", "yeoju"]', 'between = ["seoul", "ares"]', "link[0].between = 'ares'", "yeoju"),
        ("every_days = 7\nlast", "every_days = 7\nlst", "letter[0]", "lst"),
        ("stationary_over_deg = 240.0", "inclination_deg = 0.0", "node[8].orbit", "stationary_over_deg"),
        ('mailbox = "nan-young@base"', 'mailbox = "nobody"', "read[0].mailbox = 'nobody'", "jay@seoul"),
        ('["relay-areo", "rover"],\n  [', '["seoul", "rover"],\n  [', "storm[0].links", "a link joins"),
        ('from = "nan-young"\nto = ["jay"]', 'from = "nobody"', "answer[0].from = 'nobody'", "nan-young"),
        ('from = "nan-young"\nto = ["jay"]', 'from = "jay"\nto = ["it"]', "answer[0].to = 'it'", "father"),
        ("\nafter_min = 25", "\nafter_min = -1", "answer[0].after_min = -1", ">= 0"),
        ('"owlt", "record"]', '"owlt", " "]', "answer[0] = ' '", "a text"),
        ("name = ", "name ", "not TOML", ""),
    ],
)  # fmt: skip
def test_errors_name_key_value_and_what_is_allowed(old: str, new: str, key: str, allowed: str) -> None:
    """Errors in a scenario name the key, the value and what is allowed."""
    assert old in TEXT
    with pytest.raises(InputError) as caught:
        parse(TEXT.replace(old, new, 1), where="mine.toml")
    assert str(caught.value).startswith("mine.toml")
    assert key in str(caught.value)
    assert allowed in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "key", "allowed"),
    [
        (
            'terminal = "kdsa-35m"',
            'terminal = "big-dish"',
            "node[1].antennas[0].terminal = 'big-dish'",
            "dsn-34m",
        ),
        ('climate = "madrid"', 'climate = "sahara"', "node[3].antennas[0].climate = 'sahara'", "goldstone"),
        (
            'serves = ["mountain"]',
            'serves = ["mountain", "rover"]',
            "node[7].antennas[0].serves = 'rover'",
            "No radio link",
        ),
        (
            "contacts = 2, slew_s = 180",
            "contacts = 0, slew_s = 180",
            "node[1].antennas[0].contacts = 0",
            ">= 1",
        ),
        ("slew_s = 180", "slew_s = -1", "node[1].antennas[0].slew_s = -1", ">= 0"),
        ("slew_s = 180", 'hours = ["8-17"]', "node[1].antennas[0].hours = '8-17'", "HH:MM-HH:MM"),
        ('band = "X"\none_way', "one_way", "link[5].rate_bps = None", "band"),
        ("radius_km = 12900", "radius_km = 3400", "node[9].orbit.radius_km = 3400", "3476"),
        (
            "radius_km = 12900",
            "semi_major_axis_km = 12900, eccentricity = 0.8",
            "node[9].orbit.eccentricity",
            "km or more",
        ),
        (
            "radius_km = 12900",
            "semi_major_axis_km = 12900, eccentricity = 1.2",
            "node[9].orbit.eccentricity = 1.2",
            "< 1",
        ),
        ("radius_km = 12900", "semi_major_axis_km = 9000, radius_km = 12900", "node[9].orbit", "one of them"),
        ('to = "mars", dep', 'to = "earth", dep', "node[12].cruise.to = 'earth'", "another world"),
        (
            'departure = "2050-06-12',
            'departure = "2052-06-12',
            "node[12].cruise.arrival",
            "later than departure",
        ),
        (
            "blackout_below_deg = 2.0",
            "blackout_below_deg = 200",
            "conjunction.blackout_below_deg = 200",
            "<= 30",
        ),
        (
            "height_m = 90 }",
            "height_m = 90, mask = [[0, 5], [90, 95]] }",
            "node[1].site.mask[1]",
            "less than 90",
        ),
        ("height_m = 90 }", "height_m = 90, mask = [[90, 5], [0, 5]] }", "node[1].site.mask[1]", "ascend"),
    ],
)
def test_a_wrong_antenna_orbit_or_mask_is_named(old: str, new: str, key: str, allowed: str) -> None:
    """Antennas that point nowhere, orbits that are none, wrong masks: key, value, what is allowed."""
    test_errors_name_key_value_and_what_is_allowed(old, new, key, allowed)


def test_a_missing_file_is_named_with_what_there_is() -> None:
    """A scenario that can't be read says where it was looked for, and which ones are built in."""
    with pytest.raises(InputError, match=r"no/such\.toml.*lost-in-starlight"):
        load("no/such.toml")


def test_an_answer_has_at_least_one_text() -> None:
    """An `[[answer]]` without texts answers nothing, and is refused."""
    empty = '[[answer]]\nfrom = "jay"\ntext = []\n\n'
    with pytest.raises(InputError, match=r"answer\[0\]\.text"):
        parse(TEXT.replace("[[answer]]", empty + "[[answer]]", 1), where="mine.toml")


def test_everyone_who_can_be_written_to_in_the_demo_answers() -> None:
    """Whoever has an open mailbox when the demo begins has answers for anyone, several of them."""
    scenario = load("lost-in-starlight")
    begins = scenario.demo_at
    for person in scenario.person:
        if any((box.opens or "2000") <= begins < (box.closes or "3000") for box in person.mailbox):
            anyone = [
                spec for spec in scenario.answer if spec.from_ == person.id and not (spec.to or spec.about)
            ]
            assert sum(len(spec.text) for spec in anyone) >= 2, person.id
