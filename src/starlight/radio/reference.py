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

import math
from typing import Any

from msgspec import Struct

from starlight.errors import InputError
from starlight.radio.budget import Budget, Carrier, Entry, control_table
from starlight.radio.codes import code, threshold
from starlight.radio.decibel import MAX_POINTING_LOSS_DB, db, dish_gain_dbi, polarization_loss_db, within
from starlight.radio.dialect import FAMILIES, RESULTS, canonical, named_keys
from starlight.radio.modulation import ranging_suppression_db, split
from starlight.radio.table import EXACT, Table, Tolerance, tolerance_of

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
    return _Reader(case).budget()


class _Reader:
    """Reads one case; names the key in every complaint."""

    def __init__(self, case: dict[str, Any]) -> None:
        self.case = case = canonical(case)
        published = case.get("published", {})
        if not isinstance(published, dict):
            raise InputError("is no table", where="published", right="published = { margin_db = 5.8 }")
        self.published = published
        given = case.get("tolerances", {})
        if not isinstance(given, dict):
            raise InputError(
                "is no table", where="tolerances", right="tolerances = { transmitter_gain_dbi = 0.3 }"
            )
        self.tolerances = {key: tolerance_of(value, f"tolerances.{key}") for key, value in given.items()}
        for key in self.tolerances:
            name, _, part = key.partition(".")
            if name not in case or (part and (not isinstance(case[name], dict) or part not in case[name])):
                raise InputError(
                    "is no key of this case", where=f"tolerances.{key}", right="Name a given key."
                )
        self.named = named_keys(case)

    def budget(self) -> Budget:
        frequency = self.scaled("frequency", 1e8, 1e12, needed=True)
        assert frequency is not None
        range_km = self.scaled("range", 1e-3, 1e12, needed=True)
        assert range_km is not None
        temperatures, quality, noise = self.noise()
        rate, need = self.rate_and_threshold()
        return Budget(
            str(self.case.get("name", "link")),
            frequency,
            range_km,
            self.transmit(frequency),
            self.path(),
            self.receive(frequency, quality is not None),
            temperatures,
            quality,
            noise,
            self.channel(),
            rate,
            need,
            self.required_margin(),
            self.carrier(),
            (f"Source: {self.case['source']}",) if "source" in self.case else (),
        )

    def tolerance(self, key: str) -> Tolerance:
        return self.tolerances.get(key, EXACT)

    def number(self, key: str, low: float, high: float, right: str = "") -> float | None:
        if key not in self.case:
            return None
        return within(self.case[key], key, low, high, right or "Is the unit right?")

    def scaled(self, family: str, low: float, high: float, needed: bool = False) -> float | None:
        units = FAMILIES[family]
        given = [unit for unit in units if f"{family}_{unit}" in self.case]
        names = ", ".join(f"{family}_{unit}" for unit in units)
        if len(given) > 1:
            raise InputError(
                "is given twice", where=" and ".join(f"{family}_{u}" for u in given), right="Keep one."
            )
        if not given:
            if needed:
                raise InputError("is missing", where=family, right=f"Give one of {names}.")
            return None
        key, unit = f"{family}_{given[0]}", given[0]
        if unit in ("dbm", "dbw"):
            return within(self.case[key], key, low, high, "Is the unit right?") + (30 if unit == "dbw" else 0)
        scale = units[unit]
        value = within(self.case[key], key, low / scale, high / scale, "Is the unit right?")
        return value * scale

    def losses(self, key: str, label: str, most: float = 60.0) -> list[Entry]:
        if key not in self.case:
            return []
        given = self.case[key]
        if isinstance(given, dict):
            parts = [(f"{key}.{name}", f"{label}: {name}", value) for name, value in given.items()]
        elif isinstance(given, list):
            parts = [(f"{key}[{i}]", f"{label} {i + 1}", value) for i, value in enumerate(given)]
        else:
            parts = [(key, label, given)]
        entries = []
        for where, text, value in parts:
            right = f"A loss is written positive, and at most {most:g} dB makes sense here."
            entries.append(Entry(where, text, -within(value, where, 0.0, most, right), self.tolerance(key)))
        return entries

    def power(self) -> Entry | None:
        units = [unit for unit in FAMILIES["transmitter_power"] if f"transmitter_power_{unit}" in self.case]
        if len(units) != 1:
            self.scaled("transmitter_power", 0, 0)
            return None
        key = f"transmitter_power_{units[0]}"
        if units[0] in ("dbm", "dbw"):
            dbm = self.scaled("transmitter_power", -90, 120)
        else:
            watts = self.scaled("transmitter_power", 1e-9, 1e9)
            assert watts is not None
            dbm = db(watts) + 30
        assert dbm is not None
        return Entry("transmitter_power_dbm", "Transmitter power", dbm, self.tolerance(key))

    def gain(self, end: str, frequency_hz: float) -> Entry | None:
        label = f"{end.capitalize()} antenna gain"
        key = f"{end}_gain_dbi"
        dish = f"{end}_diameter_m"
        if key in self.case and dish in self.case:
            raise InputError("is given twice", where=f"{key} and {dish}", right="Keep one.")
        given = self.number(key, -60, 100, "A gain over an isotropic antenna, dBi.")
        if given is not None:
            return Entry(key, label, given, self.tolerance(key))
        if dish not in self.case:
            return None
        share = f"{end}_efficiency"
        if share not in self.case:
            raise InputError("is missing", where=share, right=f"A gain follows from {dish} and {share}.")
        within(self.case[dish], dish, 1e-3, 1000, "A diameter in metres, more than 0.")
        within(self.case[share], share, 0.01, 1.0, "An efficiency is a part of 1, such as 0.6.")
        value = dish_gain_dbi(self.case[dish], self.case[share], frequency_hz, end)
        source = f"{self.case[dish]:g} m, efficiency {self.case[share]:g}"
        return Entry(key, label, value, self.tolerance(dish), source)

    def pointing(self, *keys: str) -> list[Entry]:
        found = []
        for key in keys:
            if key in self.case:
                for entry in self.losses(key, "Pointing loss", 1e3):
                    if -entry.value > MAX_POINTING_LOSS_DB:
                        raise InputError(
                            f"{-entry.value:g} dB: the antenna does not point at the other end",
                            where=key,
                            right=f"At most {MAX_POINTING_LOSS_DB:g} dB makes sense.",
                        )
                    found.append(entry)
        return found

    def transmit(self, frequency_hz: float) -> tuple[Entry, ...]:
        eirp = self.scaled("eirp", -100, 200)
        power, gain = self.power(), self.gain("transmitter", frequency_hz)
        if eirp is not None:
            if power is not None or gain is not None:
                raise InputError(
                    "is given besides power or gain", where="eirp", right="Keep the one or the others."
                )
            if "transmitter_losses_db" in self.case or self.named_losses("transmit"):
                right = "An EIRP holds the transmitter's losses already."
                raise InputError("is given besides an EIRP", where="transmitter_losses_db", right=right)
            key = next(k for k in ("eirp_dbm", "eirp_dbw") if k in self.case)
            entries = [Entry("radiated_eirp_dbm", "EIRP as given", eirp, self.tolerance(key))]
            return (*entries, *self.pointing("pointing_loss_db", "transmitter_pointing_loss_db"))
        if power is None:
            right = "Give transmitter_power_dbm (or _dbw, _w, _kw, _mw), or eirp_dbm."
            raise InputError("is missing", where="transmitter_power", right=right)
        if gain is None:
            right = "Give transmitter_gain_dbi, or transmitter_diameter_m and transmitter_efficiency."
            raise InputError("is missing", where="transmitter_gain_dbi", right=right)
        circuit = self.losses("transmitter_losses_db", "Transmit circuit loss")
        circuit += self.named_losses("transmit")
        points = self.pointing("pointing_loss_db", "transmitter_pointing_loss_db")
        return (power, *circuit, gain, *points)

    def path(self) -> tuple[Entry, ...]:
        found = self.losses("atmosphere_db", "Atmosphere") + self.losses("polarization_db", "Polarization")
        found += self.losses("other_losses_db", "Other loss")
        return tuple(found + self.axes() + self.named_losses(""))

    def axes(self) -> list[Entry]:
        if "axial_ratios_db" not in self.case:
            return []
        given = self.case["axial_ratios_db"]
        if "polarization_db" in self.case:
            raise InputError("say the same", where="polarization_db and axial_ratios_db", right="Keep one.")
        if not isinstance(given, list) or len(given) != 2:
            right = "Give those of both antennas: [10.9, 0.7]."
            raise InputError(f"{given!r} is no pair", where="axial_ratios_db", right=right)
        lost = polarization_loss_db(given[0], given[1], "axial_ratios_db")
        source = f"axial ratios {given[0]:g} and {given[1]:g} dB, axes crossed"
        return [Entry("polarization_db", "Polarization", -lost, EXACT, source)]

    def named_losses(self, end: str) -> list[Entry]:
        """Return the named losses before Pt/N0 of an end, or those of neither."""
        ends = ("transmit", "receiv")
        keys = [k for k in self.named.before if (k.startswith(end) if end else not k.startswith(ends))]
        return [
            e
            for key in keys
            for e in self.losses(key, key.removesuffix("_db").replace("_", " ").capitalize())
        ]

    def receive(self, frequency_hz: float, has_quality: bool) -> tuple[Entry, ...]:
        gain = self.gain("receiver", frequency_hz)
        if has_quality and gain is not None:
            raise InputError(
                "is given besides G/T", where="receiver_gain_dbi", right="G/T holds the gain already."
            )
        if not has_quality and gain is None:
            right = "Give receiver_gain_dbi, receiver_diameter_m with receiver_efficiency, or g_over_t_db_k."
            raise InputError("is missing", where="receiver_gain_dbi", right=right)
        entries = [gain] if gain is not None else []
        entries += self.losses("receiver_losses_db", "Receive circuit loss") + self.named_losses("receiv")
        return (*entries, *self.pointing("receiver_pointing_loss_db"))

    def noise(self) -> tuple[tuple[Entry, ...], Entry | None, float | None]:
        keys = ["system_temperature_k", "system_temperature", "g_over_t_db_k", "noise_density_dbm_hz"]
        given = [key for key in keys if key in self.case]
        parts = self.temperature_parts()
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
            value = within(self.case[key], key, -60, 80, "Gain over temperature, dB/K.")
            return (), Entry(key, "G/T", value, self.tolerance(key)), None
        if key == "noise_density_dbm_hz":
            return (), None, within(self.case[key], key, -210, -100, "dBm/Hz; 290 K are -174.")
        return self.temperatures(key), None, None

    def temperature_parts(self) -> tuple[Entry, ...]:
        found = []
        for key in self.named.kelvin:
            kelvin = within(self.case[key], key, 0, 1e7, "A temperature in kelvin.")
            found.append(
                Entry(key, key.removesuffix("_k").replace("_", " ").capitalize(), kelvin, self.tolerance(key))
            )
        figure = self.number("receiver_noise_figure_db", 0, 60, "A noise figure in dB.")
        if figure is not None:
            # IEEE: a noise figure is meant at 290 K.
            key = "receiver_noise_figure_db"
            found.append(
                Entry(
                    "receiver_noise_k",
                    "Receiver noise",
                    290 * (10 ** (figure / 10) - 1),
                    EXACT,
                    f"{figure:g} dB",
                )
            )
            if not self.named.kelvin:
                right = "Give antenna_temperature_k too, for what the antenna hears."
                raise InputError("is only the receiver's part", where=key, right=right)
        return tuple(found)

    def temperatures(self, key: str) -> tuple[Entry, ...]:
        value = self.case[key]
        if isinstance(value, dict):
            parts = [(f"{key}.{name}", name.removesuffix("_k"), part) for name, part in value.items()]
        elif isinstance(value, list):
            parts = [(f"{key}[{i}]", f"part {i + 1}", part) for i, part in enumerate(value)]
        else:
            within(value, key, 1, 1e7, "A system temperature in kelvin, at least 1.")
            parts = [(f"{key} as given", "as given", value)]
        return tuple(
            Entry(
                where,
                f"Noise temperature, {name}",
                within(part, where, 0, 1e7, "Kelvin."),
                self.tolerance(key),
            )
            for where, name, part in parts
        )

    def index(self) -> float | None:
        degrees = self.number("modulation_index_deg", 0.5, 180, "An angle in degrees.")
        radians = self.number("modulation_index_rad", 0.01, math.pi, "An angle in rad; is it in degrees?")
        if degrees is not None and radians is not None:
            raise InputError(
                "is given twice", where="modulation_index_deg and modulation_index_rad", right="Keep one."
            )
        return math.radians(degrees) if degrees is not None else radians

    def index_key(self) -> str:
        return "modulation_index_deg" if "modulation_index_deg" in self.case else "modulation_index_rad"

    def channel(self) -> tuple[Entry, ...]:
        entries: list[Entry] = []
        says = [key for key in ("modulation_loss_db", "data_to_total_db") if key in self.case]
        index = self.index()
        if len(says) == 2:
            raise InputError("say the same thing", where=" and ".join(says), right="Keep one.")
        if says:
            # Reports print this ratio as -1.25 dB, or as a loss of 1.25 dB.
            value = abs(within(self.case[says[0]], says[0], -60, 60, "A ratio in dB."))
            entries.append(Entry(says[0], "Data to total power", -value, self.tolerance(says[0])))
        elif index is not None:
            parts = split(index, self.case.get("subcarrier", "square"), self.index_key())
            source = f"index {index:.4g} rad, {self.case.get('subcarrier', 'square')} wave"
            entries.append(Entry("modulation_loss_db", "Data to total power", parts.data_db, EXACT, source))
        entries += self.ranging()
        entries += self.losses("system_loss_db", "System loss")
        entries += self.losses("implementation_loss_db", "Implementation loss")
        for key in self.named.after:
            entries += self.losses(key, key.removesuffix("_db").replace("_", " ").capitalize())
        return tuple(entries)

    def ranging(self) -> list[Entry]:
        keys = [
            k for k in ("ranging_loss_db", "ranging_suppression_db", "ranging_index_rad") if k in self.case
        ]
        if len(keys) > 1:
            raise InputError("say the same thing", where=" and ".join(keys), right="Keep one.")
        if "ranging_index_rad" in self.case:
            value = ranging_suppression_db(self.case["ranging_index_rad"], "ranging_index_rad")
            return [Entry("ranging_loss_db", "Ranging suppression", value)]
        return [e for key in keys for e in self.losses(key, "Ranging suppression")]

    def required_margin(self) -> float | None:
        return self.number("required_margin_db", -10, 60)

    def rate_and_threshold(self) -> tuple[float | None, Entry | None]:
        """Return rate and threshold; what the case does not give may stand among what was printed.

        A threshold without a rate asks for the rate, unless a margin is printed too: then the rate is that
        at which it was flown.
        """
        key = "threshold_eb_n0_db"
        need: Entry | None = None
        if key in self.case and "code" in self.case:
            raise InputError("is given besides a code", where=key, right="Keep one.")
        if "code" in self.case:
            chosen = code(self.case["code"])
            source = f"{chosen.title}, {chosen.error_rate}; {chosen.source}"
            need = Entry(
                "code_threshold_eb_n0_db", "Eb/N0 that the code needs", chosen.eb_n0_db, EXACT, source
            )
        elif key in self.case or key in self.published:
            holder, where = (self.case, key) if key in self.case else (self.published, f"published.{key}")
            value = threshold(within(holder[key], where, -50, 100, "Eb/N0 in dB."), where)
            need = Entry(key, "Eb/N0 that the code needs", value, self.tolerance(key))
        rate = self.scaled("data_rate", 1e-3, 1e13)
        asks = (key in self.case or "code" in self.case) and "margin_db" not in self.published
        if rate is None and "data_rate_bps" in self.published and not asks:
            rate = within(
                self.published["data_rate_bps"], "published.data_rate_bps", 1e-3, 1e13, "Is the unit right?"
            )
        if rate is None and not asks:
            return None, None
        return rate, need

    def carrier(self) -> Carrier | None:
        given = self.case.get("carrier")
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
        return Carrier(self._suppression(given), self._loop(given), given.get("required_loop_snr_db"))

    def _suppression(self, given: dict[str, Any]) -> tuple[Entry, ...]:
        label = "Carrier suppression"
        if "suppression_db" in given:
            value = abs(within(given["suppression_db"], "carrier.suppression_db", -80, 80, "A ratio in dB."))
            entries = [
                Entry("carrier.suppression_db", label, -value, self.tolerance("carrier.suppression_db"))
            ]
        else:
            index = self.index()
            if index is None:
                right = "Give it, or the case's modulation_index_deg."
                raise InputError("is missing", where="carrier.suppression_db", right=right)
            left = split(index, self.case.get("subcarrier", "square"), self.index_key()).carrier_db
            if math.isinf(left):
                right = "An index of 90 degrees leaves no carrier; leave the carrier out."
                raise InputError("leaves no carrier", where=self.index_key(), right=right)
            entries = [Entry("carrier.suppression_db", label, left, EXACT, "from the modulation index")]
            entries += self.ranging()
        for key, value in given.items():
            if key.endswith(("_loss_db", "ranging_suppression_db")):
                where = f"carrier.{key}"
                lost = within(value, where, 0, 60, "A loss is written positive.")
                entries.append(Entry(where, "Carrier's " + key[:-3].replace("_", " "), -lost))
        return tuple(entries)

    def _loop(self, given: dict[str, Any]) -> float:
        if ("loop_bandwidth_hz" in given) == ("loop_bandwidth_db_hz" in given):
            raise InputError(
                "is missing or given twice", where="carrier.loop_bandwidth_hz", right="Give it once."
            )
        if "loop_bandwidth_hz" in given:
            return within(given["loop_bandwidth_hz"], "carrier.loop_bandwidth_hz", 1e-3, 1e6, "Hertz.")
        value = within(given["loop_bandwidth_db_hz"], "carrier.loop_bandwidth_db_hz", -30, 60, "dB-Hz.")
        return float(10 ** (value / 10))
