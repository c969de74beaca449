"""A scenario file is read whole, or refused with the key, the value and what is allowed."""

from __future__ import annotations

from importlib import resources

import pytest

from starlight.errors import InputError
from starlight.expedition.scenario import builtin_names, load, parse

TEXT = (
    resources.files("starlight.expedition")
    .joinpath("scenarios", "lost-in-starlight.toml")
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


def test_a_missing_file_is_named_with_what_there_is() -> None:
    """A scenario that can't be read says where it was looked for, and which ones are built in."""
    with pytest.raises(InputError, match=r"no/such\.toml.*lost-in-starlight"):
        load("no/such.toml")
