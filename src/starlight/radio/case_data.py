"""The data and the carrier of a published case: modulation, rate, threshold, tracking loop."""

from __future__ import annotations

import math
from typing import Any

from starlight.errors import InputError
from starlight.radio.budget import BudgetEntry, Carrier
from starlight.radio.case_keys import CaseKeys
from starlight.radio.codes import code, threshold
from starlight.radio.decibel import within
from starlight.radio.modulation import ranging_suppression_db, split
from starlight.radio.table import EXACT


def channel_entries(inputs: CaseKeys) -> tuple[BudgetEntry, ...]:
    """Return the losses between Pt/N0 and the decoder."""
    entries: list[BudgetEntry] = []
    says = [key for key in ("modulation_loss_db", "data_to_total_db") if key in inputs.case]
    index = _index(inputs)
    if len(says) == 2:
        raise InputError("say the same thing", where=" and ".join(says), right="Keep one.")
    if says:
        # Reports print this ratio as -1.25 dB, or as a loss of 1.25 dB.
        value = abs(within(inputs.case[says[0]], says[0], -60, 60, "A ratio in dB."))
        entries.append(BudgetEntry(says[0], "Data to total power", -value, inputs.tolerance(says[0])))
    elif index is not None:
        parts = split(index, inputs.case.get("subcarrier", "square"), _index_key(inputs))
        source = f"index {index:.4g} rad, {inputs.case.get('subcarrier', 'square')} wave"
        entries.append(BudgetEntry("modulation_loss_db", "Data to total power", parts.data_db, EXACT, source))
    # A ranging signal takes its part of the power from data and carrier alike, so it stands in both.
    entries += _ranging(inputs)
    entries += inputs.losses("system_loss_db", "System loss")
    entries += inputs.losses("implementation_loss_db", "Implementation loss")
    for key in inputs.named.after:
        entries += inputs.losses(key, key.removesuffix("_db").replace("_", " ").capitalize())
    return tuple(entries)


def rate_and_threshold(inputs: CaseKeys) -> tuple[float | None, BudgetEntry | None]:
    """Return rate and threshold; what the case does not give may stand among what was printed.

    A threshold without a rate asks for the rate, unless a margin is printed too: then the rate is that
    at which it was flown.
    """
    key = "threshold_eb_n0_db"
    need: BudgetEntry | None = None
    if key in inputs.case and "code" in inputs.case:
        raise InputError("is given besides a code", where=key, right="Keep one.")
    if "code" in inputs.case:
        chosen = code(inputs.case["code"])
        source = f"{chosen.title}, {chosen.error_rate}; {chosen.source}"
        need = BudgetEntry(
            "code_threshold_eb_n0_db", "Eb/N0 that the code needs", chosen.eb_n0_db, EXACT, source
        )
    elif key in inputs.case or key in inputs.published:
        holder, where = (inputs.case, key) if key in inputs.case else (inputs.published, f"published.{key}")
        value = threshold(within(holder[key], where, -50, 100, "Eb/N0 in dB."), where)
        need = BudgetEntry(key, "Eb/N0 that the code needs", value, inputs.tolerance(key))
    rate = inputs.scaled("data_rate", 1e-3, 1e13)
    asks = (key in inputs.case or "code" in inputs.case) and "margin_db" not in inputs.published
    if rate is None and "data_rate_bps" in inputs.published and not asks:
        rate = within(
            inputs.published["data_rate_bps"], "published.data_rate_bps", 1e-3, 1e13, "Is the unit right?"
        )
    if rate is None and not asks:
        return None, None
    return rate, need


def carrier_of(inputs: CaseKeys) -> Carrier | None:
    """Return the carrier's part of a case; None where it has none."""
    given = inputs.case.get("carrier")
    if given is None:
        return None
    known = ("suppression_db", "loop_bandwidth_hz", "loop_bandwidth_db_hz", "required_loop_snr_db")
    right = "Known: " + ", ".join(known) + ", and losses ending in _loss_db."
    if not isinstance(given, dict):
        raise InputError(f"{given!r} is no table", where="carrier", right=right)
    for key in given:
        if key not in known and not key.endswith(("_loss_db", "ranging_suppression_db")):
            raise InputError("is not known", where=f"carrier.{key}", right=right)
    for key, value in given.items():
        within(value, f"carrier.{key}", -1e6, 1e6, "A number.")
    return Carrier(_suppression(inputs, given), _loop(inputs, given), given.get("required_loop_snr_db"))


def _ranging(inputs: CaseKeys) -> list[BudgetEntry]:
    keys = [k for k in ("ranging_loss_db", "ranging_suppression_db", "ranging_index_rad") if k in inputs.case]
    if len(keys) > 1:
        raise InputError("say the same thing", where=" and ".join(keys), right="Keep one.")
    if "ranging_index_rad" in inputs.case:
        value = ranging_suppression_db(inputs.case["ranging_index_rad"], "ranging_index_rad")
        return [BudgetEntry("ranging_loss_db", "Ranging suppression", value)]
    return [e for key in keys for e in inputs.losses(key, "Ranging suppression")]


def _index(inputs: CaseKeys) -> float | None:
    """Return the modulation index in rad, or None."""
    degrees = inputs.number("modulation_index_deg", 0.5, 180, "An angle in degrees.")
    radians = inputs.number("modulation_index_rad", 0.01, math.pi, "An angle in rad; is it in degrees?")
    if degrees is not None and radians is not None:
        raise InputError(
            "is given twice", where="modulation_index_deg and modulation_index_rad", right="Keep one."
        )
    return math.radians(degrees) if degrees is not None else radians


def _index_key(inputs: CaseKeys) -> str:
    return "modulation_index_deg" if "modulation_index_deg" in inputs.case else "modulation_index_rad"


def _suppression(inputs: CaseKeys, given: dict[str, Any]) -> tuple[BudgetEntry, ...]:
    label = "Carrier suppression"
    if "suppression_db" in given:
        value = abs(within(given["suppression_db"], "carrier.suppression_db", -80, 80, "A ratio in dB."))
        entries = [
            BudgetEntry("carrier.suppression_db", label, -value, inputs.tolerance("carrier.suppression_db"))
        ]
    else:
        index = _index(inputs)
        if index is None:
            right = "Give it, or the case's modulation_index_deg."
            raise InputError("is missing", where="carrier.suppression_db", right=right)
        left = split(index, inputs.case.get("subcarrier", "square"), _index_key(inputs)).carrier_db
        if math.isinf(left):
            right = "An index of 90 degrees leaves no carrier; leave the carrier out."
            raise InputError("leaves no carrier", where=_index_key(inputs), right=right)
        # With the ranging's part, which a suppression as printed is taken to hold already.
        entries = [BudgetEntry("carrier.suppression_db", label, left, EXACT, "from the modulation index")]
        entries += _ranging(inputs)
    for key, value in given.items():
        if key.endswith(("_loss_db", "ranging_suppression_db")):
            where = f"carrier.{key}"
            lost = within(value, where, 0, 60, "A loss is written positive.")
            entries.append(BudgetEntry(where, "Carrier's " + key[:-3].replace("_", " "), -lost))
    return tuple(entries)


def _loop(inputs: CaseKeys, given: dict[str, Any]) -> float:
    if ("loop_bandwidth_hz" in given) == ("loop_bandwidth_db_hz" in given):
        raise InputError(
            "is missing or given twice", where="carrier.loop_bandwidth_hz", right="Give it once."
        )
    if "loop_bandwidth_hz" in given:
        return within(given["loop_bandwidth_hz"], "carrier.loop_bandwidth_hz", 1e-3, 1e6, "Hertz.")
    value = within(given["loop_bandwidth_db_hz"], "carrier.loop_bandwidth_db_hz", -30, 60, "dB-Hz.")
    return float(10 ** (value / 10))
