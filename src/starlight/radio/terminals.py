"""Radios as data: what transmits and what receives at one end of a link, with sources.

The library lies in ``terminals.toml``; a person's own terminals are read by the same `terminal_from`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import msgspec
from msgspec import Struct

from starlight.errors import InputError, did_you_mean
from starlight.radio.budget import BudgetEntry
from starlight.radio.codes import Modem, modem
from starlight.radio.decibel import (
    MAX_POINTING_LOSS_DB,
    beamwidth_of_gain_deg,
    db,
    dish_gain_dbi,
    pointing_loss_db,
    within,
)
from starlight.radio.limits import rate_limit
from starlight.radio.noise import BODY_RADIUS_KM, climates
from starlight.radio.table import EXACT, Tolerance, tolerance_of

# fmt: off
_TERMINAL = ("title", "body", "climate", "max_rate_bps", "source")
_TRANSMIT = (
    "frequency_mhz", "power_w", "power_dbm", "eirp_dbm", "circuit_loss_db", "gain_dbi", "diameter_m",
    "efficiency", "pointing_loss_db", "pointing_error_deg", "modem", "max_rate_bps", "tolerances", "source",
)
_RECEIVE = (
    "frequency_mhz", "gain_dbi", "diameter_m", "efficiency", "circuit_loss_db", "pointing_loss_db",
    "pointing_error_deg", "vacuum_k", "elevation_k", "elevation_decay", "g_over_t_db_k", "max_rate_bps",
    "tolerances", "source",
)
_TOLERANCES = {
    "transmit": ("power_dbm", "power_w_db", "eirp_dbm", "circuit_loss_db", "gain_dbi", "pointing_loss_db"),
    "receive": ("gain_dbi", "circuit_loss_db", "pointing_loss_db", "vacuum_k", "g_over_t_db_k"),
}
# fmt: on


class Transmitter(Struct, frozen=True):
    """A transmitter in a band.

    Attributes:
        frequency_hz: of its carrier.
        entries: power in dBm, losses and gain in dB, as the budget wants them.
        source: of the figures.
        modem: how it sends, and so how it is heard.
        max_rate_bps: the fastest information rate that it can send; None: only its modem's ladder ends.
    """

    frequency_hz: float
    entries: tuple[BudgetEntry, ...]
    source: str
    modem: Modem
    max_rate_bps: int | None = None

    @property
    def gain_dbi(self) -> float | None:
        """Return the gain of its antenna; None where only the radiated power is known."""
        return next((entry.value for entry in self.entries if entry.key == "transmitter_gain_dbi"), None)

    @property
    def eirp_dbm(self) -> float:
        """Return the radiated power."""
        return sum(entry.value for entry in self.entries)


class BandReceiver(Struct, frozen=True):
    """A receiver in a band.

    Attributes:
        frequency_hz: for which its gain is meant.
        gain_dbi: of the antenna, for what it sees of Sun and worlds.
        entries: gain and losses in dB.
        vacuum: noise temperature of antenna and receiver pointed at the zenith of an empty sky, K.
        elevation_k, elevation_decay: a part that grows towards the horizon, T2 exp(-a E / degree)
            (810-005 module 104, appendix A).
        gain_over_t: dB/K, instead of gain and temperatures; then sky, Sun and worlds are held to be in it.
        source: of the figures.
        max_rate_bps: the fastest information rate that it can decode; None: any that closes.
    """

    frequency_hz: float
    gain_dbi: float
    entries: tuple[BudgetEntry, ...]
    vacuum: BudgetEntry | None
    elevation_k: float
    elevation_decay: float
    gain_over_t: BudgetEntry | None
    source: str
    max_rate_bps: int | None = None


class Band(Struct, frozen=True):
    """The equipment of a terminal in a band."""

    transmit: Transmitter | None
    receive: BandReceiver | None

    @property
    def beamwidth_deg(self) -> float | None:
        """Return the half-power beamwidth of the narrower of its two beams; None where no gain is known.

        Both directions of a pass go through one dish, so what it holds at once must be in both beams.
        """
        gains = [self.transmit.gain_dbi] if self.transmit else []
        # Of a receiver given by its G/T nobody knows the gain.
        if self.receive and self.receive.gain_over_t is None:
            gains.append(self.receive.gain_dbi)
        return min((beamwidth_of_gain_deg(gain) for gain in gains if gain is not None), default=None)


class Terminal(Struct, frozen=True):
    """One end of a link.

    Attributes:
        name, title: short, and for people.
        body: the world that it is on or at, or empty.
        climate: the atmosphere above it (`noise.climates`), or empty where there is none.
        bands: by name (X, UHF, ...).
        source: of the whole.
    """

    name: str
    title: str
    body: str
    climate: str
    bands: Mapping[str, Band]
    source: str

    def under(self, climate: str) -> Terminal:
        """Return the same radio at a place with another climate; empty: none.

        Raises:
            InputError: there is no such climate.
        """
        return msgspec.structs.replace(self, climate=_climate(climate, f"{self.name}.climate"))


@cache
def terminals() -> dict[str, Terminal]:
    """Return the terminals that Starlight ships, by name."""
    text = files("starlight.radio").joinpath("terminals.toml").read_text(encoding="utf-8")
    return {name: terminal_from(name, given) for name, given in tomllib.loads(text).items()}


def terminal(name: str) -> Terminal:
    """Return a terminal of the library.

    Raises:
        InputError: there is none of this name.
    """
    known = terminals()
    if name not in known:
        raise InputError(
            f"no terminal is called {name!r}",
            where="terminal",
            right=f"{did_you_mean(str(name), known)} Known: {', '.join(known)}.".strip(),
        )
    return known[name]


def terminal_from(name: str, given: dict[str, Any], climate: str | None = None) -> Terminal:
    """Read a terminal as ``terminals.toml`` holds it.

    Args:
        name: how it is called; named in errors.
        given: the table.
        climate: of the place where it stands, instead of the table's.

    Raises:
        InputError: a key that is unknown, missing or beyond sense; it names terminal, band and key.
    """
    if not isinstance(given, dict):
        raise InputError(f"{given!r} is no terminal", where=name, right="A terminal is a table.")
    bands = {key: value for key, value in given.items() if isinstance(value, dict)}
    unknown = set(given) - set(bands) - set(_TERMINAL)
    if unknown or not bands:
        what = f"{sorted(unknown)} is not known" if unknown else "has no band"
        raise InputError(what, where=name, right=f"Known: {', '.join(_TERMINAL)}, and a table per band.")
    most = rate_limit(given["max_rate_bps"], f"{name}.max_rate_bps") if "max_rate_bps" in given else None
    # None asks for the table's climate; an empty one says that there is no air.
    above = given.get("climate", "") if climate is None else climate
    _climate(above, f"{name}.climate")
    body = given.get("body", "")
    if not isinstance(body, str) or (body and body not in BODY_RADIUS_KM):
        raise InputError(
            f"{body!r} is no world known here",
            where=f"{name}.body",
            right="Known: " + ", ".join(BODY_RADIUS_KM),
        )
    read = {}
    for band, ways in bands.items():
        if not ways or not set(ways) <= {"transmit", "receive"}:
            raise InputError("needs transmit, receive or both", where=f"{name}.{band}")
        read[band] = Band(
            _Way(f"{name}.{band}.transmit", ways["transmit"], _TRANSMIT).transmit()
            if "transmit" in ways
            else None,
            _Way(f"{name}.{band}.receive", ways["receive"], _RECEIVE).receive(most)
            if "receive" in ways
            else None,
        )
    return Terminal(name, given.get("title", name), body, above, read, given.get("source", ""))


def _climate(name: str, where: str) -> str:
    if not isinstance(name, str) or (name and name not in climates()):
        raise InputError(
            f"no climate is called {name!r}", where=where, right="Known: " + ", ".join(climates()) + "."
        )
    return name


class _Way:
    """Reads one direction of a band."""

    def __init__(self, where: str, given: Any, known: tuple[str, ...]) -> None:
        self.where, self.given = where, given
        if not isinstance(given, dict):
            raise InputError("is no table", where=where)
        for key in given:
            if key not in known:
                right = did_you_mean(key, known) or f"Known: {', '.join(known)}."
                raise InputError("is not known", where=f"{where}.{key}", right=right)
        spread = given.get("tolerances", {})
        names = _TOLERANCES[where.rpartition(".")[2]]
        self.tolerances = {
            key: tolerance_of(value, f"{where}.tolerances.{key}") for key, value in spread.items()
        }
        for key in self.tolerances:
            if key not in names:
                raise InputError(
                    "is not known", where=f"{where}.tolerances.{key}", right="Known: " + ", ".join(names)
                )
        megahertz = self.number(
            "frequency_mhz", 100, 100_000, "A carrier of 100 MHz to 100 GHz, in MHz.", None
        )
        self.frequency_hz = megahertz * 1e6
        self.source = given.get("source", "")

    def number(self, key: str, low: float, high: float, right: str, default: float | None = 0.0) -> float:
        if key not in self.given:
            if default is None:
                raise InputError("is missing", where=f"{self.where}.{key}", right=right)
            return default
        return within(self.given[key], f"{self.where}.{key}", low, high, right)

    def one_of(self, *keys: str) -> str:
        found = [key for key in keys if key in self.given]
        if len(found) != 1:
            what = "are given at once" if found else "is missing"
            raise InputError(
                what,
                where=f"{self.where}.{' and '.join(found) or keys[0]}",
                right="Give one of " + ", ".join(keys),
            )
        return found[0]

    def most_bps(self, default: int | None) -> int | None:
        if "max_rate_bps" not in self.given:
            return default
        return rate_limit(self.given["max_rate_bps"], f"{self.where}.max_rate_bps")

    def spread(self, *keys: str) -> Tolerance:
        return next((self.tolerances[key] for key in keys if key in self.tolerances), EXACT)

    def gain(self, end: str) -> BudgetEntry:
        key = self.one_of("gain_dbi", "diameter_m")
        if key == "gain_dbi":
            value = self.number(key, -30, 95, "A gain over an isotropic antenna, dBi.")
            source = self.source
        else:
            diameter = self.number(key, 1e-3, 1000, "A diameter in metres, more than 0.")
            share = self.number("efficiency", 0.01, 1.0, "An efficiency is a part of 1, such as 0.6.", None)
            value = dish_gain_dbi(diameter, share, self.frequency_hz, self.where)
            source = f"{diameter:g} m, efficiency {share:g}"
        return BudgetEntry(
            f"{end}_gain_dbi", f"{end.capitalize()} antenna gain", value, self.spread("gain_dbi"), source
        )

    def losses(self, end: str, gain_dbi: float | None) -> list[BudgetEntry]:
        right = f"A loss in dB, positive, at most {MAX_POINTING_LOSS_DB:g}."
        circuit = self.number("circuit_loss_db", 0, 30, right)
        entries = []
        if circuit:
            spread = self.spread("circuit_loss_db")
            entries.append(
                BudgetEntry(f"{end}_circuit_loss_db", f"{end.capitalize()} circuit loss", -circuit, spread)
            )
        if "pointing_error_deg" in self.given:
            self.one_of("pointing_error_deg", "pointing_loss_db")
            if gain_dbi is None:
                right = "Give pointing_loss_db, or the antenna's gain."
                raise InputError("needs a beam", where=f"{self.where}.pointing_error_deg", right=right)
            error = self.number("pointing_error_deg", 0, 180, "An angle in degrees.")
            lost = pointing_loss_db(
                error, beamwidth_of_gain_deg(gain_dbi), f"{self.where}.pointing_error_deg"
            )
        else:
            points = right + " An antenna that loses more points nowhere."
            lost = self.number("pointing_loss_db", 0, MAX_POINTING_LOSS_DB, points)
        spread = self.spread("pointing_loss_db")
        entries.append(
            BudgetEntry(f"{end}_pointing_loss_db", f"{end.capitalize()} pointing loss", -lost, spread)
        )
        return entries

    def modem(self) -> Modem:
        return modem(self.given.get("modem", "deep-space"), f"{self.where}.modem")

    def transmit(self) -> Transmitter:
        key = self.one_of("power_w", "power_dbm", "eirp_dbm")
        end = "transmitter"
        if key == "eirp_dbm":
            value = self.number(key, -60, 180, "A radiated power in dBm.")
            entry = BudgetEntry("radiated_eirp_dbm", "EIRP as given", value, self.spread(key), self.source)
            # An EIRP does not say how wide the beam is, so a pointing error can't be turned into a loss.
            entries: tuple[BudgetEntry, ...] = (entry, *self.losses(end, None))
            return Transmitter(self.frequency_hz, entries, self.source, self.modem(), self.most_bps(None))
        if key == "power_w":
            watts = self.number(key, 1e-6, 1e8, "A power in watts, more than 0.")
            value, source = db(watts) + 30, f"{watts:g} W"
        else:
            value, source = self.number(key, -30, 110, "A power in dBm."), self.source
        power = BudgetEntry(
            "transmitter_power_dbm",
            "Transmitter power",
            value,
            # In dB even for a power in watts, because the line of the table is in dBm.
            self.spread("power_dbm", "power_w_db"),
            source,
        )
        gain = self.gain(end)
        entries = (power, gain, *self.losses(end, gain.value))
        return Transmitter(self.frequency_hz, entries, self.source, self.modem(), self.most_bps(None))

    def receive(self, most_bps: int | None) -> BandReceiver:
        if self.one_of("vacuum_k", "g_over_t_db_k") == "g_over_t_db_k":
            ratio = self.number("g_over_t_db_k", -60, 80, "Gain over temperature, dB/K.")
            # The gain is inside G/T, together with Sun and worlds: no result depends on the 0 dBi below.
            quality = BudgetEntry("g_over_t_db_k", "G/T", ratio, self.spread("g_over_t_db_k"), self.source)
            return BandReceiver(
                self.frequency_hz,
                0.0,
                tuple(self.losses("receiver", None)),
                None,
                0.0,
                0.0,
                quality,
                self.source,
                self.most_bps(most_bps),
            )
        kelvin = self.number("vacuum_k", 1, 1e6, "A temperature in kelvin, at least 1.")
        vacuum = BudgetEntry(
            "vacuum_k", "Antenna and receiver, vacuum", kelvin, self.spread("vacuum_k"), self.source
        )
        gain = self.gain("receiver")
        return BandReceiver(
            self.frequency_hz,
            gain.value,
            (gain, *self.losses("receiver", gain.value)),
            vacuum,
            self.number("elevation_k", 0, 1000, "Kelvin."),
            self.number("elevation_decay", 0, 1, "Per degree."),
            None,
            self.source,
            self.most_bps(most_bps),
        )
