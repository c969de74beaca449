"""The library of terminals and codes, and people's own terminals."""

from __future__ import annotations

import copy
import math
from typing import Any

import pytest

from starlight.errors import InputError
from starlight.radio import RadioLink, terminal, terminal_from, terminals
from starlight.radio.codes import LADDER_BPS, MODEMS, Code, Modem, code, codes
from starlight.radio.decibel import SHANNON_DB
from starlight.radio.modulation import split

OURS: dict[str, Any] = {
    "title": "a dish in the garden",
    "body": "earth",
    "climate": "yeoju",
    "X": {
        "transmit": {"frequency_mhz": 7180.0, "power_w": 50.0, "diameter_m": 2.0, "efficiency": 0.6},
        "receive": {"frequency_mhz": 8420.0, "gain_dbi": 42.0, "vacuum_k": 80.0},
    },
}


def ours(way: str = "transmit", **keys: Any) -> dict[str, Any]:
    """Return our own terminal with some keys changed; None takes a key away."""
    given = copy.deepcopy(OURS)
    for key, value in keys.items():
        if value is None:
            del given["X"][way][key]
        else:
            given["X"][way][key] = value
    return given


def test_the_library_holds_the_radios_of_the_story() -> None:
    """DSN, KDSA and ESTRACK dishes, an amateur's 20 m, the father's radio, an orbiter, a rover, a lander."""
    names = {
        "dsn-34m",
        "dsn-70m",
        "kdsa-35m",
        "estrack-35m",
        "amateur-20m",
        "father-3m",
        "mro-orbiter",
        "rover",
        "lander-1m",
    }
    assert names <= set(terminals())
    for found in terminals().values():
        assert found.source
        for band in found.bands.values():
            for way in (band.transmit, band.receive):
                assert way is None or way.source


@pytest.mark.parametrize(
    ("name", "gain_over_t_db_k", "elevation_deg", "tolerance_db"),
    [
        ("dsn-34m", 68.3 - 14.84, 21.0, 0.15),  # DESCANSO DPS 18, table 5-4: 68.3 dBi, 30.5 K
        ("dsn-70m", 74.3 - 13.94, 21.0, 0.3),  # DESCANSO DPS 18, table 5-4: 74.3 dBi, 24.8 K
        ("estrack-35m", 50.1, 10.0, 0.2),  # ESTRACK facilities manual
    ],
)
def test_stations_have_their_published_quality(
    name: str, gain_over_t_db_k: float, elevation_deg: float, tolerance_db: float
) -> None:
    """G/T at an elevation, as printed."""
    weather = 0.5 if name == "estrack-35m" else 0.9
    table = RadioLink("mro-orbiter", name).table(1e8, None, elevation_deg, None, weather)
    # Mars, which the printed figures have not, warms the antenna.
    kelvin = table.value("system_temperature_k") - table.value("hot_body_k")

    gain = table.value("receiver_gain_dbi")
    assert gain - 10 * math.log10(kelvin) == pytest.approx(gain_over_t_db_k, abs=tolerance_db)


def test_a_terminal_of_ones_own_is_read() -> None:
    """People's own terminals have the form of the library."""
    found = terminal_from("garden", OURS)
    way = found.bands["X"].transmit
    assert way is not None
    # 50 W are 46.99 dBm; 2 m at 7180 MHz with 0.6 have 41.33 dBi.
    assert way.eirp_dbm == pytest.approx(46.99 + 41.33, abs=0.01)
    assert RadioLink(found, "mro-orbiter").rate_bps(1e8, 40.0) > 0
    assert terminal_from("garden", OURS, climate="madrid").climate == "madrid"


@pytest.mark.parametrize(
    ("given", "named"),
    [
        (ours(diameter_m=-2.0), "garden.X.transmit.diameter_m"),
        (ours(diameter_m=2000.0), "garden.X.transmit.diameter_m"),
        (ours(efficiency=60), "garden.X.transmit.efficiency"),
        (ours(efficiency=None), "garden.X.transmit.efficiency"),
        (ours(power_w=0), "garden.X.transmit.power_w"),
        (ours(power_w="50 W"), "garden.X.transmit.power_w"),
        (ours(power_dbm=47.0), "garden.X.transmit.power_w and power_dbm"),
        (ours(frequency_mhz=7.18), "garden.X.transmit.frequency_mhz"),
        (ours(frequency_mhz=None), "garden.X.transmit.frequency_mhz"),
        (ours(circuit_loss_db=-1.0), "garden.X.transmit.circuit_loss_db"),
        (ours(pointing_loss_db=40.0), "garden.X.transmit.pointing_loss_db"),
        (ours(pointing_error_deg=10.0), "garden.X.transmit.pointing_error_deg"),
        (ours(gain=41.0), "garden.X.transmit.gain"),
        (ours(modem="turbo"), "garden.X.transmit.modem"),
        (ours(tolerances={"gain": 1.0}), "garden.X.transmit.tolerances.gain"),
        (ours("receive", gain_dbi=300), "garden.X.receive.gain_dbi"),
        (ours("receive", vacuum_k=-80), "garden.X.receive.vacuum_k"),
        (ours("receive", vacuum_k=None), "garden.X.receive.vacuum_k"),
        (ours("receive", g_over_t_db_k=20.0), "garden.X.receive.vacuum_k and g_over_t_db_k"),
        (OURS | {"climate": "venus"}, "garden.climate"),
        (OURS | {"body": "vulcan"}, "garden.body"),
        (OURS | {"colour": "red"}, "garden"),
        (OURS | {"X": {"listen": {}}}, "garden.X"),
        ({"title": "nothing"}, "garden"),
        ([], "garden"),
    ],
    ids=str,
)
def test_wrong_terminals_are_named(given: Any, named: str) -> None:
    """Units, negative diameters, an antenna that points nowhere: named by terminal, band and key."""
    with pytest.raises(InputError) as caught:
        terminal_from("garden", given)
    assert caught.value.where == named


def test_the_same_radio_stands_under_another_sky() -> None:
    """A station of the library is put where the scenario has it."""
    assert terminal("dsn-34m").under("goldstone").climate == "goldstone"
    with pytest.raises(InputError, match="no climate is called 'atlantis'"):
        terminal("dsn-34m").under("atlantis")


def test_unknown_names_get_a_suggestion() -> None:
    """A name that is not in the library is answered with the nearest that is."""
    with pytest.raises(InputError, match="Did you mean 'dsn-34m'"):
        terminal("dsn34m")
    with pytest.raises(InputError, match="Did you mean 'turbo-1-6'"):
        code("turbo-1/6")


def test_codes_lie_above_shannons_limit_for_their_rate() -> None:
    """A code of rate r needs an Eb/N0 of at least (2^(2 r) - 1) / (2 r) (Shannon 1948, real channel)."""

    for found in codes().values():
        limit = SHANNON_DB if found.rate == 0 else 10 * math.log10((4**found.rate - 1) / (2 * found.rate))
        assert found.eb_n0_db > limit, found.name
        assert found.source
        assert found.error_rate


def test_each_rung_has_the_best_code_and_the_ladder_rises() -> None:
    """The best rate from a ladder of rates and codes."""
    modem = Modem(symbols_per_s=1e6)
    rungs = modem.rungs()
    assert [r.rate_bps for r in rungs] == sorted({r.rate_bps for r in rungs})
    needs = [r.pt_n0_db_hz for r in rungs]
    assert needs == sorted(needs)
    for rung in rungs:
        chosen = code(rung.code)
        assert rung.rate_bps / chosen.rate <= 1e6
        better: list[Code] = [c for c in map(code, modem.codes) if c.eb_n0_db < chosen.eb_n0_db]
        assert all(rung.rate_bps / c.rate > 1e6 for c in better)
        data = rung.pt_n0_db_hz + split(rung.index_rad).data_db

        assert data == pytest.approx(
            chosen.eb_n0_db + modem.implementation_db + 10 * math.log10(rung.rate_bps)
        )
    assert rungs[-1].code == "ldpc-4-5"
    assert rungs[-1].rate_bps == 800_000
    assert LADDER_BPS[0] == 10


def test_weak_signals_pay_for_the_carrier() -> None:
    """At a few bit/s the carrier's loop, not the data, decides what a residual carrier needs."""
    weak, deep = MODEMS["weak"].rungs(), MODEMS["deep-space"].rungs()
    assert deep[0].pt_n0_db_hz - weak[0].pt_n0_db_hz > 5
    assert deep[0].index_rad < 0.6


@pytest.mark.parametrize(
    "modem",
    [
        Modem("amplitude"),  # type: ignore[arg-type]  # as a file may say
        Modem(codes=()),
        Modem(codes=("turbo-1-6", "magic")),
        Modem(ladder_bps=()),
        Modem(ladder_bps=(100, 50)),
        Modem(ladder_bps=(0, 50)),
    ],
    ids=str,
)
def test_a_modem_that_can_not_be_is_refused(modem: Modem) -> None:
    """Modulation, codes and rates are checked when a link is made."""
    with pytest.raises(InputError, match="modem"):
        RadioLink("mro-orbiter", "dsn-34m", modem=modem)
