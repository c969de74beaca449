"""The words in which published budgets are written: keys, units, and which loss belongs where."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from starlight.errors import InputError, did_you_mean
from starlight.radio.decibel import AU_KM

HERTZ = {"hz": 1.0, "khz": 1e3, "mhz": 1e6, "ghz": 1e9}
KM = {"m": 1e-3, "km": 1.0, "au": AU_KM}
WATTS = {"w": 1.0, "kw": 1e3, "mw": 1e-3}
BPS = {"bps": 1.0, "kbps": 1e3, "mbps": 1e6}
FAMILIES = {
    "frequency": HERTZ,
    "range": KM,
    "transmitter_power": {**WATTS, "dbm": 0.0, "dbw": 0.0},
    "eirp": {"dbm": 0.0, "dbw": 0.0},
    "data_rate": BPS,
}
"""Quantities that may be given in several units: name, then unit and factor (0: a level in decibels)."""

# fmt: off
KEYS = frozenset((
    "name", "source", "elevation_deg", "weather",
    "transmitter_losses_db", "transmitter_gain_dbi", "transmitter_diameter_m", "transmitter_efficiency",
    "pointing_loss_db", "transmitter_pointing_loss_db", "receiver_pointing_loss_db",
    "atmosphere_db", "polarization_db", "axial_ratios_db", "other_losses_db",
    "receiver_gain_dbi", "receiver_diameter_m", "receiver_efficiency", "receiver_losses_db",
    "system_temperature_k", "system_temperature", "receiver_noise_figure_db", "noise_density_dbm_hz",
    "g_over_t_db_k",
    "threshold_eb_n0_db", "code", "required_margin_db",
    "modulation_loss_db", "data_to_total_db", "modulation_index_deg", "modulation_index_rad",
    "subcarrier", "ranging_loss_db", "ranging_suppression_db", "ranging_index_rad", "system_loss_db",
    "implementation_loss_db", "carrier", "tolerances", "published",
))
"""Keys of a case, besides those of `FAMILIES` and named losses."""
_BEFORE = (
    "waveguide", "circuit", "cable", "feed", "line", "pointing", "wind", "rain", "gas", "cloud", "axial",
    "polari", "atmospher", "diplexer", "insertion", "transmit", "receiv", "antenna", "path", "hybrid",
)
_AFTER = (
    "radio", "demodulat", "detect", "decod", "subcarrier", "symbol", "bit_sync", "waveform", "telemetry",
    "data", "receiver_system", "squaring", "carrier_loop", "phase_noise",
)
# fmt: on
MEMBERS = {f"{name}_{unit}": name for name, units in FAMILIES.items() for unit in units}

ALIASES = {
    "gain_over_temperature_db_k": "g_over_t_db_k",
    "g_over_t_db": "g_over_t_db_k",
    "g_t_db_k": "g_over_t_db_k",
    "receiver_g_over_t_db_k": "g_over_t_db_k",
    "transmitter_eirp_dbm": "eirp_dbm",
    "transmitter_eirp_dbw": "eirp_dbw",
    "transmitter_loss_db": "transmitter_losses_db",
    "receiver_loss_db": "receiver_losses_db",
    "other_loss_db": "other_losses_db",
    "atmosphere_loss_db": "atmosphere_db",
    "atmospheric_loss_db": "atmosphere_db",
    "polarization_loss_db": "polarization_db",
    "required_eb_n0_db": "threshold_eb_n0_db",
    "noise_temperature_k": "system_temperature_k",
    "system_noise_temperature_k": "system_temperature_k",
    "noise_spectral_density_dbm_hz": "noise_density_dbm_hz",
    "n0_dbm_hz": "noise_density_dbm_hz",
    "noise_figure_db": "receiver_noise_figure_db",
    "margin_required_db": "required_margin_db",
    "margin_threshold_db": "required_margin_db",
    "data_to_total_power_db": "data_to_total_db",
}
"""Other names of keys."""
RESULTS = {
    "pr_n0_db_hz": "pt_n0_db_hz",
    "c_n0_db_hz": "pt_n0_db_hz",
    "st_n0_db_hz": "pt_n0_db_hz",
    "n0_dbm_hz": "noise_density_dbm_hz",
    "noise_spectral_density_dbm_hz": "noise_density_dbm_hz",
    "received_dbm": "received_power_dbm",
    "total_received_power_dbm": "received_power_dbm",
    "margin_over_threshold_db": "excess_margin_db",
    "performance_margin_db": "margin_db",
    "telemetry_margin_db": "margin_db",
    "data_margin_db": "margin_db",
    "carrier_loop_snr_db": "loop_snr_db",
    "received_carrier_power_dbm": "carrier_power_dbm",
    "carrier_suppression_db": "carrier.suppression_db",
    "space_loss_db": "free_space_loss_db",
}
"""Printed results under other names than the table's keys."""


def canonical(case: dict[str, Any]) -> dict[str, Any]:
    """Return a case with the keys of `ALIASES` under their own names.

    Raises:
        InputError: a key that is there under both names.
    """
    result: dict[str, Any] = {}
    for key, value in case.items():
        name = ALIASES.get(key, key)
        if name in result:  # two numbers for one thing: which of them the report meant, nobody can say
            raise InputError("is given twice", where=f"{key} and {name}", right="Keep one.")
        result[name] = value
    return result


class Named(Struct, frozen=True):
    """Keys of a case that say by their names what they are.

    Attributes:
        before, after: losses in dB before Pt/N0 and after it.
        kelvin: parts of the system temperature.
    """

    before: tuple[str, ...]
    after: tuple[str, ...]
    kelvin: tuple[str, ...]


def named_keys(case: dict[str, Any]) -> Named:
    """Return the named losses and temperatures of a case.

    Raises:
        InputError: a key that the dialect does not know, with the nearest that it does.
    """
    before: list[str] = []
    after: list[str] = []
    kelvin: list[str] = []
    for key in case:
        # What is text and no key of ours describes the case, as a mission or a date does.
        if key in KEYS or key in MEMBERS or not isinstance(case[key], int | float | list | dict):
            continue
        # After before before: "receiver demodulation loss" is the demodulator's, whatever end it names.
        is_loss = key.endswith(("_loss_db", "_losses_db"))
        if is_loss and any(word in key for word in _AFTER):
            after.append(key)
        elif is_loss and any(word in key for word in _BEFORE):
            before.append(key)
        elif key.endswith(("_noise_k", "_temperature_k")):
            kelvin.append(key)
        else:
            hint = did_you_mean(str(key), [*KEYS, *MEMBERS])
            right = "A loss before Pt/N0 goes into other_losses_db, one after it into system_loss_db."
            raise InputError("is no key of a case", where=str(key), right=f"{hint} {right}".strip())
    return Named(tuple(before), tuple(after), tuple(kelvin))
