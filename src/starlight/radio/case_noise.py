"""The noise of a published case: temperatures, G/T or a density."""

from __future__ import annotations

from starlight.errors import InputError
from starlight.radio.budget import BudgetEntry
from starlight.radio.case_keys import CaseKeys
from starlight.radio.decibel import within
from starlight.radio.table import EXACT


def noise_entries(inputs: CaseKeys) -> tuple[tuple[BudgetEntry, ...], BudgetEntry | None, float | None]:
    """Return the parts of the noise temperature, or G/T, or the noise density in dBm/Hz: one of the three."""
    keys = ["system_temperature_k", "system_temperature", "g_over_t_db_k", "noise_density_dbm_hz"]
    given = [key for key in keys if key in inputs.case]
    parts = _temperature_parts(inputs)
    # One of the forms, never two: reports that print both derive one from the other, and rounding would
    # decide which of them is right.
    if parts and not given:
        return parts, None, None
    if parts:
        right = "Write the parts as a table: system_temperature_k = { vacuum = 18.3, sky = 11.8 }."
        raise InputError("is given besides parts of it", where=given[0], right=right)
    if len(given) != 1:
        where = " and ".join(given) or "system_temperature_k"
        right = "Give one of system_temperature_k, g_over_t_db_k, noise_density_dbm_hz."
        raise InputError("is given twice" if given else "is missing", where=where, right=right)
    key = given[0]
    if key == "g_over_t_db_k":
        value = within(inputs.case[key], key, -60, 80, "Gain over temperature, dB/K.")
        return (), BudgetEntry(key, "G/T", value, inputs.tolerance(key)), None
    if key == "noise_density_dbm_hz":
        return (), None, within(inputs.case[key], key, -210, -100, "dBm/Hz; 290 K are -174.")
    return _temperatures(inputs, key), None, None


def _temperature_parts(inputs: CaseKeys) -> tuple[BudgetEntry, ...]:
    found = []
    for key in inputs.named.kelvin:
        kelvin = within(inputs.case[key], key, 0, 1e7, "A temperature in kelvin.")
        found.append(
            BudgetEntry(
                key, key.removesuffix("_k").replace("_", " ").capitalize(), kelvin, inputs.tolerance(key)
            )
        )
    figure = inputs.number("receiver_noise_figure_db", 0, 60, "A noise figure in dB.")
    if figure is not None:
        # IEEE: a noise figure is meant at 290 K.
        key = "receiver_noise_figure_db"
        found.append(
            BudgetEntry(
                "receiver_noise_k",
                "Receiver noise",
                290 * (10 ** (figure / 10) - 1),
                EXACT,
                f"{figure:g} dB",
            )
        )
        if not inputs.named.kelvin:
            right = "Give antenna_temperature_k too, for what the antenna hears."
            raise InputError("is only the receiver's part", where=key, right=right)
    return tuple(found)


def _temperatures(inputs: CaseKeys, key: str) -> tuple[BudgetEntry, ...]:
    value = inputs.case[key]
    if isinstance(value, dict):
        parts = [(f"{key}.{name}", name.removesuffix("_k"), part) for name, part in value.items()]
    elif isinstance(value, list):
        parts = [(f"{key}[{i}]", f"part {i + 1}", part) for i, part in enumerate(value)]
    else:
        within(value, key, 1, 1e7, "A system temperature in kelvin, at least 1.")
        # Under a key of its own, because system_temperature_k is the key of the sum.
        parts = [(f"{key} as given", "as given", value)]
    return tuple(
        BudgetEntry(
            where,
            f"Noise temperature, {name}",
            within(part, where, 0, 1e7, "Kelvin."),
            inputs.tolerance(key),
        )
        for where, name, part in parts
    )
