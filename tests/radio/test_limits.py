"""A rate is the least of what the budget closes, both ends can do, and the link allows."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from starlight.errors import InputError
from starlight.radio import RadioLink, Terminal, terminal, terminal_from, terminals
from starlight.radio.decibel import beamwidth_of_gain_deg

AU_KM = 149_597_870.7
PUBLISHED = Path(__file__).parents[1] / "authorities" / "radio" / "flown_rates.toml"
STATIONS = ("dsn-34m", "dsn-70m", "kdsa-35m", "estrack-35m")
SPACECRAFT = ("mro-orbiter", "areostationary-relay", "crewed-ship", "rover")
FASTEST_UPLINK_BPS = 2_000_000


def limited(end: Terminal, way: str, rate_bps: int | None) -> Terminal:
    """Return a terminal whose transmitter or receiver in X band has another limit."""
    band = end.bands["X"]
    equipment = replace(getattr(band, way), max_rate_bps=rate_bps)
    return replace(end, bands={**end.bands, "X": replace(band, **{way: equipment})})


@pytest.mark.parametrize(
    ("sends", "decodes", "cap", "rate", "decides"),
    [
        (None, None, None, 16_000_000, "budget"),
        (256_000, None, None, 256_000, "transmitter"),
        (256_000, 2_000, None, 2_000, "receiver"),
        (256_000, 2_000, 1_234, 1_234, "cap"),
        (2_000, 2_000, 2_000, 2_000, "receiver"),
        (10**12, 10**12, 10**12, 16_000_000, "budget"),
    ],
)
def test_the_least_of_all_limits_decides(
    sends: int | None, decodes: int | None, cap: int | None, rate: int, decides: str
) -> None:
    """The rate is the least of budget, transmitter, receiver and cap; the link says which it is."""
    up = limited(terminal("dsn-34m"), "transmit", sends)
    link = RadioLink(up, limited(terminal("mro-orbiter"), "receive", decodes), "X", cap_bps=cap)
    found = int(link.rate_bps(1.6 * AU_KM, 40.0))
    assert found == rate
    assert link.decides(found) == decides
    assert int(link.closing_bps(link.path.pt_n0_db_hz(1.6 * AU_KM, 40.0))) == 16_000_000


def test_a_limit_between_two_rungs_has_a_table() -> None:
    """At a limit that is no rate of the ladder the table is for that rate, closes, and says what decides."""
    link = RadioLink("dsn-34m", limited(terminal("mro-orbiter"), "receive", 1_777), "X")
    table = link.table(1.6 * AU_KM, 40.0)
    assert table.value("data_rate_bps") == 1_777
    assert table.value("margin_db") > link.margin_db
    assert any(note.startswith("The receiver decides") and "1,777 bit/s" in note for note in table.notes)
    with pytest.raises(InputError, match="no rate of the ladder"):
        link.table(1.6 * AU_KM, 40.0, rate_bps=1_778)


def test_a_weak_link_is_not_helped_by_its_limit() -> None:
    """Where the budget closes less than the limit, or nothing, the budget decides."""
    link = RadioLink("father-3m", limited(terminal("lander-1m"), "receive", 2_000), "X")
    found = link.rate_bps([2.5 * AU_KM, 0.5 * AU_KM, 40 * AU_KM], 40.0, 40.0)
    assert found.tolist() == [200, 2_000, 0]
    assert [link.decides(int(rate)) for rate in found] == ["budget", "receiver", "budget"]


def test_no_uplink_of_the_library_is_faster_than_any_that_flew() -> None:
    """However near, no station sends faster than the fastest uplink that flew, nor an orbiter like MRO more
    than its own transponder decodes."""
    for station in STATIONS:
        for spacecraft in SPACECRAFT:
            rate = int(RadioLink(station, spacecraft, "X").rate_bps(0.01 * AU_KM, 90.0, 90.0))
            assert 0 < rate <= FASTEST_UPLINK_BPS
    assert int(RadioLink("dsn-70m", "mro-orbiter", "X").rate_bps(0.4 * AU_KM, 60.0)) == 2_000


def test_rates_are_those_that_are_published() -> None:
    """The library's limits are the published ones of the radios that it is taken from."""
    for row in tomllib.loads(PUBLISHED.read_text(encoding="utf-8"))["rate"]:
        band = terminals()[row["terminal"]].bands[row["band"]]
        assert getattr(band, row["way"]).max_rate_bps == row["max_rate_bps"], row["source"]


def test_beams_are_as_wide_as_published() -> None:
    """The beamwidth by Kraus's formula of a published gain is the published one to 7 percent, never wider."""
    for row in tomllib.loads(PUBLISHED.read_text(encoding="utf-8"))["beam"]:
        found = beamwidth_of_gain_deg(row["gain_dbi"])
        assert 0.93 * row["half_power_deg"] <= found <= row["half_power_deg"], row["source"]


def test_a_dishs_beam_is_the_narrower_of_its_two() -> None:
    """A band's beam is the one of its greater gain; of a receiver known by its G/T alone nobody knows it."""
    assert terminal("dsn-34m").bands["X"].beamwidth_deg == beamwidth_of_gain_deg(68.24)
    only = {"X": {"receive": {"frequency_mhz": 8420.0, "g_over_t_db_k": 50.0}}}
    assert terminal_from("mine", only).bands["X"].beamwidth_deg is None


def test_a_terminals_limit_holds_for_its_receivers() -> None:
    """`max_rate_bps` of a whole terminal is what each of its receivers decodes, unless one says otherwise."""
    way = {"frequency_mhz": 8420.0, "vacuum_k": 30.0, "gain_dbi": 40.0}
    given = {"max_rate_bps": 4_000, "X": {"receive": way}, "Y": {"receive": {**way, "max_rate_bps": 9_000}}}
    receivers = [band.receive for band in terminal_from("mine", given).bands.values()]
    assert [each.max_rate_bps if each else None for each in receivers] == [4_000, 9_000]


@pytest.mark.parametrize("value", [0, -1, 2.5, True, "fast", 10**13, [1], float("nan")])
@pytest.mark.parametrize("place", ["mine", "mine.X.receive", "mine.X.transmit"])
def test_a_limit_that_is_no_rate_is_refused(place: str, value: Any) -> None:
    """A limit that is no whole number of bit/s is refused with its key, and what would be right."""
    receive: dict[str, Any] = {"frequency_mhz": 8420.0, "vacuum_k": 30.0, "gain_dbi": 40.0}
    transmit: dict[str, Any] = {"frequency_mhz": 8420.0, "power_w": 10.0, "gain_dbi": 40.0}
    given: dict[str, Any] = {"X": {"receive": receive, "transmit": transmit}}
    {"mine": given, "mine.X.receive": receive, "mine.X.transmit": transmit}[place]["max_rate_bps"] = value
    with pytest.raises(InputError) as caught:
        terminal_from("mine", given)
    assert caught.value.where == f"{place}.max_rate_bps"
    assert "whole number of bit/s" in caught.value.right


def test_every_transmitter_of_the_library_has_a_fastest_rate_and_its_source() -> None:
    """So no radio link of a scenario that uses it is as fast as its budget alone would make it."""
    for name in terminals():
        for band, equipment in terminal(name).bands.items():
            if equipment.transmit is not None:
                place = f"{name}.{band}.transmit"
                assert equipment.transmit.max_rate_bps is not None, place
                source = equipment.transmit.source
                assert "fastest" in source or source.startswith("as mro-orbiter"), place
