"""Published budgets in TOML: a reader that takes the forms in which telecom reports give their inputs.

A case is a table with these keys (all but frequency, range and a radiated power may be missing; a dB loss is
written as a positive number, as a number, a list of numbers or a table of named numbers):

===================  ==================================================================================
frequency            ``frequency_hz``, ``_khz``, ``_mhz`` or ``_ghz``
range                ``range_m``, ``_km`` or ``_au``
transmitter          ``transmitter_power_w``, ``_kw``, ``_mw``, ``_dbm`` or ``_dbw``;
                     ``transmitter_losses_db``; ``transmitter_gain_dbi``, or
                     ``transmitter_diameter_m`` and ``transmitter_efficiency``; ``pointing_loss_db``
                     (or ``transmitter_pointing_loss_db``); all in one: ``eirp_dbm`` or ``eirp_dbw``
path                 ``atmosphere_db``, ``polarization_db`` or ``axial_ratios_db``, ``other_losses_db``
receiver             ``receiver_gain_dbi``, or ``receiver_diameter_m`` and ``receiver_efficiency``;
                     ``receiver_losses_db``, ``receiver_pointing_loss_db``; ``system_temperature_k``
                     (a number, a list or a table of parts), or parts as keys that end in
                     ``_noise_k`` or ``_temperature_k``, with ``receiver_noise_figure_db``; or
                     ``noise_density_dbm_hz``; or ``g_over_t_db_k`` instead of gain and temperature
data                 ``data_rate_bps``, ``_kbps`` or ``_mbps``; ``threshold_eb_n0_db`` or ``code``;
                     ``modulation_loss_db`` or ``data_to_total_db`` or ``modulation_index_deg``/``_rad``
                     with ``subcarrier``; ``ranging_loss_db`` or ``ranging_index_rad``;
                     ``system_loss_db``, ``implementation_loss_db``; ``required_margin_db``
carrier              table: ``suppression_db`` (or from the modulation index), ``loop_bandwidth_hz`` or
                     ``loop_bandwidth_db_hz``, ``required_loop_snr_db``
tolerances           table: key to a number, ``[favourable, adverse]`` or these and a shape; for a
                     list or a table of values it holds for each of them
published            table: results as printed, to compare with
===================  ==================================================================================

Another key that ends in ``_loss_db`` or ``_losses_db`` is taken for a loss too: before Pt/N0 if its name
says waveguide, circuit, cable, feed, pointing, wind, rain, polarization, atmospheric and the like; after it
if it says radio, demodulation, detection, decoder, subcarrier, symbol, waveform, telemetry and the like
(`dialect`). If a threshold is given and no rate, and no margin is printed, the rate is computed; else a rate
or threshold that the case lacks is taken from ``published``.
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from starlight.errors import InputError
from starlight.radio.budget import Budget, control_table
from starlight.radio.case_data import carrier_of, channel_entries, rate_and_threshold
from starlight.radio.case_ends import path_entries, receive_entries, transmit_entries
from starlight.radio.case_keys import CaseKeys
from starlight.radio.case_noise import noise_entries
from starlight.radio.decibel import db, within
from starlight.radio.dialect import RESULTS
from starlight.radio.table import Table

_LOGARITHMIC = frozenset({"data_rate_bps", "system_temperature_k", "range_km", "frequency_mhz"})


class Comparison(Struct, frozen=True):
    """A printed result beside ours.

    Attributes:
        key: as in ``published``.
        published, computed: in its unit; computed is None where the inputs don't lead to it.
        difference_db: computed less published; rates and temperatures by their ratio.
    """

    key: str
    published: float
    computed: float | None
    difference_db: float | None


def budget_from_reference(case: dict[str, Any]) -> Table:
    """Compute the design control table of a published case.

    Args:
        case: as tomllib reads it; the keys are listed at the top of this module.

    Returns:
        The table; compare it with what was printed by `compare`.

    Raises:
        InputError: a key that is missing, unknown, given twice in different units, or has a value beyond
            sense; it names the key.
    """
    return control_table(read_case(case))


def compare(case: dict[str, Any], table: Table) -> list[Comparison]:
    """Set each printed result beside the table's.

    Args:
        case: with its ``published`` table.
        table: from `budget_from_reference`.
    """
    result = []
    for key, printed in case.get("published", {}).items():
        name = RESULTS.get(key, key)
        within(printed, f"published.{key}", -1e15, 1e15, "A printed result is a number.")
        # Reports print a loss as -290.5 dB or as a loss of 290.5 dB; ours is negative.
        sign = -1.0 if printed > 0 and ("_loss_" in name or "suppression" in name) else 1.0
        offset = 0.0
        if name.endswith("_dbw") and name[:-1] + "m" in table:
            name, offset = name[:-1] + "m", -30.0
        elif name == "threshold_eb_n0_db" and name not in table:
            name = "code_threshold_eb_n0_db"
        if name not in table:
            result.append(Comparison(key, printed, None, None))
            continue
        found = sign * table.value(name) + offset
        apart = db(found / printed) if name in _LOGARITHMIC and printed > 0 else found - printed
        result.append(Comparison(key, printed, found, apart))
    return result


def read_case(case: dict[str, Any]) -> Budget:
    """Read a case into a budget; arguments and errors as `budget_from_reference`."""
    if not isinstance(case, dict):
        raise InputError(f"{type(case).__name__} is no case", right="A case is a table of keys and values.")
    inputs = CaseKeys(case)
    frequency = inputs.scaled("frequency", 1e8, 1e12, needed=True)
    assert frequency is not None
    range_km = inputs.scaled("range", 1e-3, 1e12, needed=True)
    assert range_km is not None
    temperatures, quality, density = noise_entries(inputs)
    rate, need = rate_and_threshold(inputs)
    # In the order of a design control table, which is also the order in which faults are told.
    return Budget(
        str(inputs.case.get("name", "link")),
        frequency,
        range_km,
        transmit_entries(inputs, frequency),
        path_entries(inputs),
        receive_entries(inputs, frequency, quality is not None),
        temperatures,
        quality,
        density,
        channel_entries(inputs),
        rate,
        need,
        inputs.number("required_margin_db", -10, 60),
        carrier_of(inputs),
        (f"Source: {inputs.case['source']}",) if "source" in inputs.case else (),
    )
