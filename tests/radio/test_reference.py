"""Published design control tables: every printed line, and what is said about nonsense."""

from __future__ import annotations

import copy
import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from starlight.errors import InputError
from starlight.radio import budget_from_reference, compare

AUTHORITIES = Path(__file__).parents[1] / "authorities" / "radio"
TOLERANCE_DB = 0.1  # The tables print to 0.1 dB, and so do most of their inputs.


def cases() -> list[dict[str, Any]]:
    """Return every published case."""
    found = []
    for name in ("link_budgets.toml", "marco.toml"):
        found += tomllib.loads((AUTHORITIES / name).read_text(encoding="utf-8"))["case"]
    return found


CASES = cases()
MARCO = next(case for case in CASES if case["name"] == "MarCO low-gain antenna to DSN 34 m")


def changed(**keys: Any) -> dict[str, Any]:
    """Return MarCO's case with some keys changed; None takes a key away."""
    case = copy.deepcopy(MARCO)
    for key, value in keys.items():
        if value is None:
            del case[key]
        else:
            case[key] = value
    return case


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_every_published_line_is_met_within_a_tenth_of_a_decibel(case: dict[str, Any]) -> None:
    """Validated to 0.1 dB on every published line."""
    found = compare(case, budget_from_reference(case))
    assert len(found) == len(case["published"])
    for line in found:
        assert line.difference_db is not None, f"{line.key} is not computed"
        assert abs(line.difference_db) < TOLERANCE_DB, line


def test_the_cases_hold_what_we_think() -> None:
    """Three given cases and MarCO's nine columns of up to fifteen results."""
    assert len(CASES) == 12
    assert sum(len(case["published"]) for case in CASES) == 9 + 9 * 15


@pytest.mark.parametrize(
    "same",
    [
        {"transmitter_power_dbm": None, "transmitter_power_dbw": 6.6},
        {"transmitter_power_dbm": None, "transmitter_power_w": 10**0.66},
        {"transmitter_power_dbm": None, "transmitter_power_mw": 10**3.66},
        {"frequency_mhz": None, "frequency_ghz": 8.414},
        {"frequency_mhz": None, "frequency_hz": 8.414e9},
        {"range_km": None, "range_m": 15.0e9},
        {"range_km": None, "range_au": 15.0e6 / 149_597_870.7},
        {"other_losses_db": 0.2},
        {"other_losses_db": {"wind": 0.1, "pointing": 0.1}},
        {"other_losses_db": None, "wind_loss_db": 0.1, "receiver_pointing_loss_db": 0.1},
        {
            "transmitter_power_dbm": None,
            "transmitter_losses_db": None,
            "transmitter_gain_dbi": None,
            "eirp_dbm": 43.5,
        },
        {
            "transmitter_power_dbm": None,
            "transmitter_losses_db": None,
            "transmitter_gain_dbi": None,
            "eirp_dbw": 13.5,
        },
        {"system_temperature_k": [18.3, 0.4, 11.8]},
        {"system_temperature_k": {"vacuum_k": 18.3, "elevation_k": 0.4, "sky_k": 11.8}},
        {"system_temperature_k": None, "vacuum_noise_k": 18.3, "sky_noise_k": 12.2},
        {"system_temperature_k": None, "noise_figure_db": 0.3, "antenna_temperature_k": 9.776},
        {"system_temperature_k": None, "noise_density_dbm_hz": -183.757},
        {"polarization_db": None, "axial_ratios_db": [10.88, 0.793]},
        {"system_temperature_k": None, "receiver_gain_dbi": None, "g_over_t_db_k": 53.457},
        {"modulation_loss_db": None, "data_to_total_db": -1.63},
        {"modulation_loss_db": None, "modulation_index_deg": 56.0},
        {"modulation_loss_db": None, "modulation_index_rad": 0.97738},
        {"data_rate_bps": None, "data_rate_kbps": 0.0625},
        {"threshold_eb_n0_db": None, "code": "turbo-1-6"},
        {"implementation_loss_db": None, "system_loss_db": 0.63},
        {"carrier": {"suppression_db": -5.05, "loop_bandwidth_db_hz": 4.771, "required_loop_snr_db": 6.0}},
        {"polarization_db": None, "polarization_loss_db": 1.4, "mission": "MarCO"},
    ],
    ids=lambda same: "+".join(key for key, value in same.items() if value is not None),
)
def test_the_same_case_in_another_form_gives_the_same(same: dict[str, Any]) -> None:
    """The model takes inputs in any of the usual forms."""
    plain, other = budget_from_reference(MARCO), budget_from_reference(changed(**same))
    for key in ("pt_n0_db_hz", "margin_db", "carrier_margin_db"):
        assert other.value(key) == pytest.approx(plain.value(key), abs=0.005)


def test_a_dish_may_stand_for_its_gain() -> None:
    """Antenna gain from diameter, efficiency and frequency, or given."""
    table = budget_from_reference(
        changed(receiver_gain_dbi=None, receiver_diameter_m=34.0, receiver_efficiency=0.753)
    )
    assert table.value("receiver_gain_dbi") == pytest.approx(68.3, abs=0.05)


def test_ranging_takes_from_the_data() -> None:
    """Ranging suppression is a loss of the data channel, given in dB or by the tone's index."""
    plain = budget_from_reference(MARCO)
    given_db = budget_from_reference(changed(ranging_loss_db=0.22))
    assert plain.value("margin_db") - given_db.value("margin_db") == pytest.approx(0.22)
    assert given_db.value("pt_n0_db_hz") == plain.value("pt_n0_db_hz")
    by_index = budget_from_reference(changed(ranging_index_rad=0.2236))
    # J0(0.3162)^2 = 0.9507, -0.22 dB.
    assert plain.value("margin_db") - by_index.value("margin_db") == pytest.approx(0.22, abs=0.005)


def test_without_a_rate_the_rate_is_computed() -> None:
    """A threshold without a rate asks for the fastest rate with the margin asked for."""
    case = changed(data_rate_bps=None, required_margin_db=3.0)
    del case["published"]
    table = budget_from_reference(case)
    assert table.value("margin_db") == pytest.approx(3.0)
    assert table.value("data_rate_bps") == pytest.approx(62.5 * 10 ** ((5.8177 - 3) / 10), rel=1e-4)


def test_tolerances_give_a_mean_and_a_sigma() -> None:
    """Each line has a favourable and adverse tolerance, so that the margin is a probability."""
    tolerances = {
        "transmitter_gain_dbi": [0.5, 1.5],
        "system_temperature_k": 2.0,
        "atmosphere_db": [0, 0.3, "uniform"],
    }
    table = budget_from_reference(changed(tolerances=tolerances))
    margin = table.line("margin_db")
    assert margin.mean == pytest.approx(margin.value - 1 / 3 - 0.15, abs=1e-9)
    kelvin = (10 / 2.302585 / 30.5) ** 2 * 4 / 6
    assert margin.sigma**2 == pytest.approx((0.25 + 2.25 + 0.75) / 18 + 0.09 / 12 + kelvin, rel=1e-6)
    assert table.probability is not None
    assert table.probability > 0.999


NONSENSE: list[tuple[dict[str, Any], str]] = [
    ({"frequency_mhz": 8.414}, "frequency_mhz"),
    ({"frequency_mhz": None}, "frequency"),
    ({"frequency_hz": 8.414e9}, "frequency_hz and frequency_mhz"),
    ({"range_km": -1.0}, "range_km"),
    ({"range_km": 0}, "range_km"),
    ({"range_km": float("nan")}, "range_km"),
    ({"range_km": "far"}, "range_km"),
    ({"range_km": True}, "range_km"),
    ({"transmitter_power_dbm": None}, "transmitter_power"),
    ({"transmitter_power_dbm": 5000.0}, "transmitter_power_dbm"),
    ({"transmitter_power_w": 4.6}, "transmitter_power_w and transmitter_power_dbm"),
    ({"transmitter_losses_db": -0.7}, "transmitter_losses_db"),
    ({"other_losses_db": [0.1, -0.1]}, "other_losses_db[1]"),
    ({"other_losses_db": {"wind": "much"}}, "other_losses_db.wind"),
    ({"transmitter_gain_dbi": 400.0}, "transmitter_gain_dbi"),
    ({"transmitter_gain_dbi": None}, "transmitter_gain_dbi"),
    ({"transmitter_diameter_m": 1.0}, "transmitter_gain_dbi and transmitter_diameter_m"),
    (
        {"receiver_gain_dbi": None, "receiver_diameter_m": -34.0, "receiver_efficiency": 0.7},
        "receiver_diameter_m",
    ),
    (
        {"receiver_gain_dbi": None, "receiver_diameter_m": 34.0, "receiver_efficiency": 70},
        "receiver_efficiency",
    ),
    ({"receiver_gain_dbi": None, "receiver_diameter_m": 34.0}, "receiver_efficiency"),
    ({"pointing_loss_db": 45.0}, "pointing_loss_db"),
    ({"eirp_dbm": 43.5}, "eirp"),
    ({"g_over_t_db_k": 53.4}, "system_temperature_k and g_over_t_db_k"),
    ({"system_temperature_k": None}, "system_temperature_k"),
    ({"system_temperature_k": 0.0}, "system_temperature_k"),
    ({"system_temperature_k": [30.5, -5]}, "system_temperature_k[1]"),
    ({"hot_body_noise_k": 3.0}, "system_temperature_k"),
    ({"system_temperature_k": None, "noise_figure_db": 3.5}, "receiver_noise_figure_db"),
    ({"axial_ratios_db": [10.88, 0.7]}, "polarization_db and axial_ratios_db"),
    ({"polarization_db": None, "axial_ratios_db": 10.88}, "axial_ratios_db"),
    ({"threshold_eb_n0_db": -2.0}, "threshold_eb_n0_db"),
    ({"code": "turbo-1-6"}, "threshold_eb_n0_db"),
    ({"threshold_eb_n0_db": None, "code": "turbo-1-7"}, "code"),
    ({"data_rate_bps": 0.0}, "data_rate_bps"),
    ({"data_to_total_db": 1.63}, "modulation_loss_db and data_to_total_db"),
    ({"modulation_loss_db": None, "modulation_index_deg": 120.0}, "modulation_index_deg"),
    ({"modulation_loss_db": None, "modulation_index_rad": 56.0}, "modulation_index_rad"),
    ({"modulation_loss_db": None, "modulation_index_rad": 1.0, "subcarrier": "saw"}, "subcarrier"),
    ({"carrier": {"suppression_db": 5.05}}, "carrier.loop_bandwidth_hz"),
    ({"carrier": {"suppression_db": 5.05, "loop_bandwidth_hz": -3.0}}, "carrier.loop_bandwidth_hz"),
    ({"carrier": {"loop_bandwidth_hz": 3.0}}, "carrier.suppression_db"),
    ({"carrier": {"colour": 3.0, "loop_bandwidth_hz": 3.0}}, "carrier.colour"),
    ({"carrier": 5.05}, "carrier"),
    ({"tolerances": {"transmitter_gain_dbi": -1.0}}, "tolerances.transmitter_gain_dbi"),
    ({"tolerances": {"transmitter_gain_dbi": [1, 1, "round"]}}, "tolerances.transmitter_gain_dbi"),
    ({"tolerances": {"transmiter_gain_dbi": 1.0}}, "tolerances.transmiter_gain_dbi"),
    ({"transmiter_gain_dbi": 7.6}, "transmiter_gain_dbi"),
    ({"published": {"margin_db": "good"}}, "published.margin_db"),
    ({"published": 5.8}, "published"),
]


@pytest.mark.parametrize(("keys", "named"), NONSENSE, ids=lambda value: str(value)[:60])
def test_nonsense_is_refused_by_the_name_of_its_key(keys: dict[str, Any], named: str) -> None:
    """Wrong input of every kind is named clearly."""
    case = changed(**keys)
    with pytest.raises(InputError) as caught:
        compare(case, budget_from_reference(case))
    assert caught.value.where == named


def test_a_typo_gets_a_suggestion() -> None:
    """The message says what would be right instead."""
    with pytest.raises(InputError, match="Did you mean 'transmitter_gain_dbi'"):
        budget_from_reference(changed(transmiter_gain_dbi=7.6))


def test_a_result_that_the_inputs_do_not_lead_to_is_said_to_be_so() -> None:
    """A printed line that can't be computed is reported without a difference, not passed over."""
    case = changed(published={"pt_n0_db_hz": 26.0, "lunar_noise_k": 3.0})
    found = compare(case, budget_from_reference(case))
    assert found[1].key == "lunar_noise_k"
    assert found[1].computed is None
    assert found[1].difference_db is None


_VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=8),
    st.lists(st.floats(), max_size=3),
    st.dictionaries(st.text(max_size=5), st.floats(), max_size=2),
)


@settings(deadline=None, derandomize=True, max_examples=300)
@given(st.sampled_from(CASES), st.data())
def test_anything_gives_a_table_or_an_input_error(case: dict[str, Any], data: st.DataObject) -> None:
    """Whatever a file holds, the answer is a table that can be written out, or an InputError."""
    case = copy.deepcopy(case)
    for key in data.draw(st.lists(st.sampled_from(sorted(case)), min_size=1, max_size=3)):
        case[key] = data.draw(_VALUES)
    try:
        table = budget_from_reference(case)
        compare(case, table)
    except InputError:
        return
    assert json.loads(json.dumps(table.to_dict()))["lines"]
    assert table.text()
