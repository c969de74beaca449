"""The ends of a published case and the path between them: powers, gains and losses as lines of a budget."""

from __future__ import annotations

from starlight.errors import InputError
from starlight.radio.budget import BudgetEntry
from starlight.radio.case_keys import CaseKeys
from starlight.radio.decibel import MAX_POINTING_LOSS_DB, db, dish_gain_dbi, polarization_loss_db, within
from starlight.radio.dialect import FAMILIES
from starlight.radio.table import EXACT


def transmit_entries(inputs: CaseKeys, frequency_hz: float) -> tuple[BudgetEntry, ...]:
    """Return the transmitter's power, losses, gain and pointing, or what is radiated as given."""
    eirp = inputs.scaled("eirp", -100, 200)
    power, gain = _power(inputs), _gain(inputs, "transmitter", frequency_hz)
    if eirp is not None:
        if power is not None or gain is not None:
            raise InputError(
                "is given besides power or gain", where="eirp", right="Keep the one or the others."
            )
        if "transmitter_losses_db" in inputs.case or inputs.named_losses("transmit"):
            right = "An EIRP holds the transmitter's losses already."
            raise InputError("is given besides an EIRP", where="transmitter_losses_db", right=right)
        # The entry is not called eirp_dbm, because that is the key of the sum. Pointing still counts: an
        # EIRP is what leaves along the axis of the beam.
        key = next(k for k in ("eirp_dbm", "eirp_dbw") if k in inputs.case)
        entries = [BudgetEntry("radiated_eirp_dbm", "EIRP as given", eirp, inputs.tolerance(key))]
        return (*entries, *_pointing(inputs, "pointing_loss_db", "transmitter_pointing_loss_db"))
    if power is None:
        right = "Give transmitter_power_dbm (or _dbw, _w, _kw, _mw), or eirp_dbm."
        raise InputError("is missing", where="transmitter_power", right=right)
    if gain is None:
        right = "Give transmitter_gain_dbi, or transmitter_diameter_m and transmitter_efficiency."
        raise InputError("is missing", where="transmitter_gain_dbi", right=right)
    circuit = inputs.losses("transmitter_losses_db", "Transmit circuit loss")
    circuit += inputs.named_losses("transmit")
    points = _pointing(inputs, "pointing_loss_db", "transmitter_pointing_loss_db")
    return (power, *circuit, gain, *points)


def path_entries(inputs: CaseKeys) -> tuple[BudgetEntry, ...]:
    """Return the losses between the antennas, but for the distance."""
    found = inputs.losses("atmosphere_db", "Atmosphere") + inputs.losses("polarization_db", "Polarization")
    found += inputs.losses("other_losses_db", "Other loss")
    return tuple(found + _axes(inputs) + inputs.named_losses(""))


def receive_entries(inputs: CaseKeys, frequency_hz: float, has_quality: bool) -> tuple[BudgetEntry, ...]:
    """Return the receiver's gain, losses and pointing; no gain where G/T holds it."""
    gain = _gain(inputs, "receiver", frequency_hz)
    if has_quality and gain is not None:
        raise InputError(
            "is given besides G/T", where="receiver_gain_dbi", right="G/T holds the gain already."
        )
    if not has_quality and gain is None:
        right = "Give receiver_gain_dbi, receiver_diameter_m with receiver_efficiency, or g_over_t_db_k."
        raise InputError("is missing", where="receiver_gain_dbi", right=right)
    entries = [gain] if gain is not None else []
    entries += inputs.losses("receiver_losses_db", "Receive circuit loss") + inputs.named_losses("receiv")
    return (*entries, *_pointing(inputs, "receiver_pointing_loss_db"))


def _power(inputs: CaseKeys) -> BudgetEntry | None:
    units = [unit for unit in FAMILIES["transmitter_power"] if f"transmitter_power_{unit}" in inputs.case]
    if len(units) != 1:
        # Refuses two units. None at all is no fault yet: an EIRP may stand in for the power.
        inputs.scaled("transmitter_power", 0, 0)
        return None
    key = f"transmitter_power_{units[0]}"
    # Levels in dB and powers in watts need limits of their own.
    if units[0] in ("dbm", "dbw"):
        dbm = inputs.scaled("transmitter_power", -90, 120)
    else:
        watts = inputs.scaled("transmitter_power", 1e-9, 1e9)
        assert watts is not None
        dbm = db(watts) + 30
    assert dbm is not None
    return BudgetEntry("transmitter_power_dbm", "Transmitter power", dbm, inputs.tolerance(key))


def _gain(inputs: CaseKeys, end: str, frequency_hz: float) -> BudgetEntry | None:
    label = f"{end.capitalize()} antenna gain"
    key = f"{end}_gain_dbi"
    dish = f"{end}_diameter_m"
    if key in inputs.case and dish in inputs.case:
        raise InputError("is given twice", where=f"{key} and {dish}", right="Keep one.")
    given = inputs.number(key, -60, 100, "A gain over an isotropic antenna, dBi.")
    if given is not None:
        return BudgetEntry(key, label, given, inputs.tolerance(key))
    if dish not in inputs.case:
        return None
    share = f"{end}_efficiency"
    if share not in inputs.case:
        raise InputError("is missing", where=share, right=f"A gain follows from {dish} and {share}.")
    within(inputs.case[dish], dish, 1e-3, 1000, "A diameter in metres, more than 0.")
    within(inputs.case[share], share, 0.01, 1.0, "An efficiency is a part of 1, such as 0.6.")
    value = dish_gain_dbi(inputs.case[dish], inputs.case[share], frequency_hz, end)
    source = f"{inputs.case[dish]:g} m, efficiency {inputs.case[share]:g}"
    return BudgetEntry(key, label, value, inputs.tolerance(dish), source)


def _pointing(inputs: CaseKeys, *keys: str) -> list[BudgetEntry]:
    found = []
    for key in keys:
        if key in inputs.case:
            # A wide limit here lets a senseless loss come as far as the refusal that says what it means.
            for entry in inputs.losses(key, "Pointing loss", 1e3):
                if -entry.value > MAX_POINTING_LOSS_DB:
                    raise InputError(
                        f"{-entry.value:g} dB: the antenna does not point at the other end",
                        where=key,
                        right=f"At most {MAX_POINTING_LOSS_DB:g} dB makes sense.",
                    )
                found.append(entry)
    return found


def _axes(inputs: CaseKeys) -> list[BudgetEntry]:
    if "axial_ratios_db" not in inputs.case:
        return []
    given = inputs.case["axial_ratios_db"]
    if "polarization_db" in inputs.case:
        raise InputError("say the same", where="polarization_db and axial_ratios_db", right="Keep one.")
    if not isinstance(given, list) or len(given) != 2:
        right = "Give those of both antennas: [10.9, 0.7]."
        raise InputError(f"{given!r} is no pair", where="axial_ratios_db", right=right)
    lost = polarization_loss_db(given[0], given[1], "axial_ratios_db")
    source = f"axial ratios {given[0]:g} and {given[1]:g} dB, axes crossed"
    return [BudgetEntry("polarization_db", "Polarization", -lost, EXACT, source)]
