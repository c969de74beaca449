"""A scenario file is read whole, or refused with the key, the value and what is allowed."""

from __future__ import annotations

import contextlib
from importlib import resources
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.scenario.worlds import TWO_SITES

from starlight.dtntime import from_text
from starlight.errors import InputError
from starlight.faults import key_path
from starlight.scenario.reading import builtin_names, load, parse
from starlight.scenario.toml_text import Lines

BUILTIN = Path(str(resources.files("starlight.scenario").joinpath("builtin")))
TEXT = (BUILTIN / "lost-in-starlight.toml").read_text(encoding="utf-8")


def test_the_built_in_expedition_is_whole() -> None:
    """The scenario has its stations, mountain, base, facility, two relays, a rover, a suit and two ships."""
    scenario = load("lost-in-starlight")
    assert [node.name for node in scenario.node] == [
        "seoul", "yeoju", "goldstone", "madrid", "canberra", "mountain",
        "base", "facility", "relay-areo", "relay-polar", "rover", "suit", "ship", "ship-home",
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
        ("one_way = true", 'one_way = "x"', "link[5].one_way = 'x'", "true or false"),
        ('name = "yeoju"', 'name = "seoul"', "node[1].name = 'seoul'", "once"),
        ('to = "jay@seoul"', 'to = "jay@mars"', "letter[2].to = 'jay@mars'", "jay@mountain"),
        ("number = 10", "numbr = 10", "node[0]", "Did you mean 'number'?"),
        ("latitude_deg = 37.5665", "latitude_deg = 137.5", "node[0].site.latitude_deg = 137.5", "<= 90"),
        ('kind = "wire"', 'kind = "string"', "link[0].kind = 'string'", "Allowed: radio, wire"),
        ('world = "mars"', 'world = "venus"', "node[6].world = 'venus'", "venus"),
        ('start = "2026-01-01"', 'start = "2026-13-01"', "line 8: start", "no calendar has it"),
        ('end = "2053-02-01"', 'end = "2025-01-01"', "end = '2025-01-01'", "later than start"),
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
        parse(TEXT.replace(old, new, 1), where="mine.toml", folder=BUILTIN)
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
        ('band = "X"\none_way', "one_way", "link[5].rate_bps is missing", "band"),
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
            "<= 0.99",
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
            "from 0 to 89",
        ),
        ("height_m = 90 }", "height_m = 90, mask = [[90, 5], [0, 5]] }", "node[1].site.mask[1]", "ascend"),
    ],
)
def test_a_wrong_antenna_orbit_or_mask_is_named(old: str, new: str, key: str, allowed: str) -> None:
    """Antennas that point nowhere, orbits that are none, wrong masks: key, value, what is allowed."""
    test_errors_name_key_value_and_what_is_allowed(old, new, key, allowed)


def test_nodes_and_links_are_a_scenario() -> None:
    """The keys of a story may be left out: names, title, interval, people."""
    scenario = parse(TWO_SITES, where="two sites.toml")
    assert (scenario.name, scenario.title, scenario.demo_at) == ("two-sites", "two-sites", "2026-01-01")
    assert [node.title for node in scenario.node] == ["seoul", "base"]
    assert scenario.period() == (from_text("2026-01-01"), from_text("2053-01-01"))


def test_a_start_that_is_none_is_told_once() -> None:
    """What the file leaves out begins with it, and no key that nobody wrote is blamed."""
    with pytest.raises(InputError) as caught:
        parse("start = '2051-13-01'\n" + TWO_SITES, where="mine.toml")
    assert str(caught.value).startswith("mine.toml: line 1: start: '2051-13-01' is not a date and time")


def test_all_errors_of_a_file_are_told_at_once() -> None:
    """Misspelt keys, values that are none and references to nothing: each with its line, in one message."""
    wrong = """
start = 2051-03-15
[[node]]
name = "Seoul X"
numbr = 10
world = "moon"
site = { body = "earht", latitude_deg = 137.5, longitude_deg = nan }
[[node]]
name = "base"
number = 20
world = "mars"
orbit = { body = "mars", semi_major_axis_km = 3400 }
[[link]]
between = ["Seoul X", "bas"]
kind = "radiio"
[[person]]
id = "jay"
name = "Jay"
service = 0
mailbox = []
"""
    with pytest.raises(InputError) as caught:
        parse(wrong, where="mine.toml")
    first, *told = str(caught.value).splitlines()
    assert first == "mine.toml: 13 errors"
    assert [line.partition(" does not fit")[0].strip() for line in told] == [
        "line 2: start = 2051-03-15",
        "line 4: node[0].name = 'Seoul X'",
        "line 5: node[0].numbr: there is no key 'numbr'. Did you mean 'number'?",
        "line 6: node[0].world = 'moon'",
        "line 7: node[0].site.longitude_deg = nan",
        "line 7: node[0].site.body = 'earht'",
        "line 7: node[0].site.latitude_deg = 137.5",
        "line 12: node[1].orbit.semi_major_axis_km = 3400.0",
        "line 14: link[0].between[0] = 'Seoul X'",
        "line 14: link[0].between = 'bas'",
        "line 15: link[0].kind = 'radiio'",
        "line 19: person[0].service = 0",
        "line 20: person[0].mailbox is missing. A person has at least one mailbox",
    ]
    assert "Did you mean 'radio'? Allowed: radio, wire" in told[10]
    assert "^[a-z0-9]" not in str(caught.value), "no regular expression is shown to people"


def test_what_is_missing_hides_no_other_error() -> None:
    """A key that must be there and is not, a file that can't be read, a wrong time: all in one message, and
    nothing that only follows from them."""
    wrong = """
[[node]]
name = "seoul"
number = 10
world = "earth"
body = { file = "none.bsp", naif_id = -1 }
[[node]]
number = 20
world = "marz"
body = { file = "nothing.bsp", naif_id = -2 }
[[link]]
between = ["seoul", "base"]
[[link]]
between = ["seoul", "base"]
kind = "wire"
rate_bps = 1
since = "soon"
[[storm]]
start = "2050-01-02"
end = "2050-01-01"
text = "wind"
[[person]]
id = "jay"
"""
    with pytest.raises(InputError) as caught:
        parse(wrong, where="mine.toml", folder=Path("/nowhere"))
    _, *told = str(caught.value).splitlines()
    assert [line.partition(". ")[0].partition(" (")[0].strip() for line in told] == [
        "line 6: node[0].body.file = 'none.bsp': /nowhere/none.bsp can't be read as an SPK file",
        "line 7: node[1]: the key name is missing",
        "line 9: node[1].world = 'marz' does not fit",
        "line 10: node[1].body.file = 'nothing.bsp': /nowhere/nothing.bsp can't be read as an SPK file",
        "line 11: link[0]: the key kind is missing",
        "line 17: link[1].since: 'soon' is not a date and time",
        "line 18: storm[0]: the key links is missing",
        "line 20: storm[0].end = '2050-01-01' does not fit",
        "line 22: person[0]: the key name is missing",
        "line 22: person[0]: the key service is missing",
        "line 22: person[0]: the key mailbox is missing",
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a = " + "[" * 100_000, "nested too deep"),
        ("a = " + "[" * 40 + "]" * 40, "nested too deep"),
        ("a." * 100_000 + "a = 1", "nested too deep"),
        ("start = \n", "line 1, column 9: not TOML: here a value is missing"),
        ("name = base", "text stands in quotes"),
        ("name", "after a key comes = and a value"),
        ('name = "x', "does not end"),
        ("name = 1\nname = 2", "there twice"),
        ("a = " + "9" * 5000, "too many digits"),
        ("[[node]]\nnumber = 1\n[[node]]\nnumber = nan\n", "line 4: node[1].number = nan does not fit"),
        ("[conjunction]\nblackout_below_deg = inf", "line 2: conjunction.blackout_below_deg = inf"),
        ("start = '2026-02-30'\nlink = []\nnode = []", "line 1: start: '2026-02-30' is not a date"),
        ("end = '9999-01-01'\nlink = []\nnode = []", "Times here are from 1900-01-01 to 2290-01-01"),
        ("earth_timezone = 'Asia/Soul'\nlink = []\nnode = []", "Did you mean 'Asia/Seoul'?"),
        ("node = 5", "node = 5 does not fit. It is a list"),
        ("terminal.big.X.transmit.powr_w = 3\nlink = []\nnode = []", "line 1: terminal.big.X.transmit.p"),
        ("link = []\nnode = []\n[terminal.big]\nbody = []\nX = {}\n", "terminal.big.body: [] is no world"),
        ("node = [5]", "node[0] = 5 does not fit. It is a table with the keys name, number"),
    ],
)
def test_broken_toml_is_told_in_our_own_words(text: str, words: str) -> None:
    """Whatever stands in a file, the error is ours: where it breaks and what would be right."""
    with pytest.raises(InputError) as caught:
        parse(text, where="mine.toml")
    assert words in str(caught.value)
    for foreign in ("Expected `", "Object missing", "Invalid statement", "tomllib", "msgspec", " - at `$"):
        assert foreign not in str(caught.value)


@settings(deadline=None, derandomize=True, max_examples=60)
@given(st.data())
def test_damaged_scenarios_raise_only_input_error(data: st.DataObject) -> None:
    """Whatever a person gives, the error is InputError."""
    text = TWO_SITES
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(text) - 1))
        word = data.draw(st.sampled_from([*'[]{}=,."#1-x\n', '"' * 3, "[[", "inf"]))
        text = text[:at] + word + text[at + 1 :]
    with contextlib.suppress(InputError):
        parse(text, where="mine.toml")


def test_lines_of_keys_are_found_in_any_spelling() -> None:
    """Tables, lists of tables, inline ones, dotted and quoted keys, strings of many lines."""
    text = """# comment = 1
a.b = 1
"c d" = [
  1, # one
  { x = 2, 'y' = [3,
    4] },
]
[t.u]
long = '''
x = 1
'''
when = 2050-01-01 10:00:00
[[n]]
[[n.m]]
k = @@@a \\" b@@@
[[n]]
[[n.m]]
[[n.m]]
k = 1
"""
    lines = Lines(text.replace("@@@", '"' * 3))
    wanted = {
        "a.b": 2, "c d": 3, "c d[0]": 4, "c d[1].x": 5, "c d[1].y": 5, "c d[1].y[1]": 6, "t.u": 8,
        "t.u.long": 9, "t.u.when": 12, "n[0]": 13, "n[0].m[0].k": 15, "n[1]": 16, "n[1].m[1].k": 19,
        "n[1].m[1].none": 18,
    }  # fmt: skip
    assert {key: lines.of(key_path(key)) for key in wanted} == wanted


def test_a_missing_file_is_named_with_what_there_is() -> None:
    """A scenario that can't be read says where it was looked for, and which ones are built in."""
    with pytest.raises(InputError, match=r"no/such\.toml.*lost-in-starlight"):
        load("no/such.toml")


def test_an_answer_has_at_least_one_text() -> None:
    """An `[[answer]]` without texts answers nothing, and is refused."""
    empty = '[[answer]]\nfrom = "jay"\ntext = []\n\n'
    with pytest.raises(InputError, match=r"answer\[0\]\.text"):
        parse(TEXT.replace("[[answer]]", empty + "[[answer]]", 1), where="mine.toml", folder=BUILTIN)


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
