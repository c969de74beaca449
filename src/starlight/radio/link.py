"""A link between two terminals: what it carries at a time, for arrays, and its design control table.

Both come from the same numbers: `Link.pt_n0_db_hz` evaluates them for whole passes at once, `Link.table`
writes one moment out line by line with tolerances.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from starlight.errors import InputError
from starlight.radio.budget import Budget, Carrier, Entry, control_table
from starlight.radio.codes import Modem, Rung, code
from starlight.radio.decibel import (
    AU_KM,
    BOLTZMANN_DBM_HZ_K,
    MAX_POINTING_LOSS_DB,
    Floats,
    all_within,
    db,
    free_space_loss_db,
    from_db,
    within,
)
from starlight.radio.modulation import MAX_RESIDUAL_INDEX_RAD, split
from starlight.radio.noise import (
    COSMIC_K,
    DAY_AND_NIGHT_K,
    Climate,
    body_k,
    climates,
    sky_k,
    slant_db,
    sun_table,
)
from starlight.radio.table import EXACT, Table, Tolerance
from starlight.radio.terminals import Receiver, Terminal, Transmitter, terminal

Given = npt.ArrayLike
MARGIN_DB = 3.0  # asked of DESCANSO DPS 18's links, and the usual one of deep-space design
WEATHER = 0.9  # 90 % weather, as in the DESCANSO tables
_TUNING = 0.05  # A transmitter and a receiver whose carriers differ by more are not made for each other.
_BLOCK = 1 << 14  # Numbers worked on at once, so that they stay in the processor's second cache.
_SUN_DISTANCE_AU = {"mars": 1.524, "venus": 0.723}
# A weather table is a statistic; a day differs from it by about a third of the loss.
_ATMOSPHERE_SPREAD = Tolerance(0.3, 0.3, "gaussian")


class Link:
    """One direction of a radio link.

    Args:
        transmitter, receiver: terminals, or names from the library.
        band: as their `bands` call it.
        modem: modulation, codes and ladder of rates; None: the transmitter's own.
        margin_db: kept at every rate.
        polarization_db: loss between the two antennas' polarizations.
        title: of its tables.

    Raises:
        InputError: an end that can't do its part in this band, or a value beyond sense.
    """

    def __init__(
        self,
        transmitter: Terminal | str,
        receiver: Terminal | str,
        band: str = "X",
        *,
        modem: Modem | None = None,
        margin_db: float = MARGIN_DB,
        polarization_db: float = 0.1,
        title: str = "",
    ) -> None:
        self.transmitter = terminal(transmitter) if isinstance(transmitter, str) else transmitter
        self.receiver = terminal(receiver) if isinstance(receiver, str) else receiver
        self.band = band
        self.margin_db = within(margin_db, "margin_db", -20, 60, "A margin in dB.")
        self.polarization_db = within(
            polarization_db, "polarization_db", 0, MAX_POINTING_LOSS_DB, "A loss in dB, positive."
        )
        self.title = title or f"{self.transmitter.title} to {self.receiver.title}, {band}"
        self.transmit = _transmit(self.transmitter, band)
        self.receive = _receive(self.receiver, band)
        self.modem = self.transmit.modem if modem is None else modem
        self.modem.check("modem")
        self.frequency_hz = self.transmit.frequency_hz
        self.retune_db = _retune(self.transmit, self.receive)
        self.above_transmitter = climates()[self.transmitter.climate] if self.transmitter.climate else None
        self.above_receiver = climates()[self.receiver.climate] if self.receiver.climate else None
        self.hot_body = _hot_body(self.transmitter, self.receiver)
        self.rungs: tuple[Rung, ...] = self.modem.rungs()
        self._needs = np.array([rung.pt_n0_db_hz + self.margin_db for rung in self.rungs])
        self._rates = np.array([0, *(rung.rate_bps for rung in self.rungs)], dtype=np.int64)
        self._fixed_db = self._fixed()
        self._sun = self._sun_table()

    def _fixed(self) -> float:
        """Return the part of Pt/N0 that nothing changes: all but range, atmosphere and noise temperature."""
        entries = sum(entry.value for entry in (*self.transmit.entries, *self.receive.entries))
        quality = self.receive.gain_over_t.value if self.receive.gain_over_t else 0.0
        one_km = float(free_space_loss_db(1.0, self.frequency_hz))
        return entries + quality + self.retune_db - self.polarization_db - one_km - BOLTZMANN_DBM_HZ_K

    def _sun_table(self) -> tuple[Floats, Floats]:
        distance = _SUN_DISTANCE_AU.get(self.receiver.body, 1.0) * AU_KM
        return sun_table(self.receive.gain_dbi + self.retune_db, self.frequency_hz, distance)

    def pt_n0_db_hz(
        self,
        range_km: Given,
        elevation_tx_deg: Given | None = None,
        elevation_rx_deg: Given | None = None,
        sep_deg: Given | None = None,
        weather: Given = WEATHER,
        extra_db: Given = 0.0,
    ) -> Floats:
        """Return total power over noise density at the receiver, for arrays of moments.

        Args:
            range_km: distance.
            elevation_tx_deg, elevation_rx_deg: of the other end, above the horizon of each end that has an
                atmosphere; not needed where there is none.
            sep_deg: angle at the receiver between the transmitter and the Sun (Sun-Earth-probe angle on a
                downlink); None: far from it.
            weather: percentile as a part of 1, for the atmospheres of both ends.
            extra_db: a further loss, as of a dust storm.

        Returns:
            dB-Hz, in the shape to which the arguments broadcast.

        Raises:
            InputError: an argument that is missing or beyond sense, such as an elevation below the horizon.
        """
        moments = self._moments(range_km, elevation_tx_deg, elevation_rx_deg, sep_deg, weather, extra_db)
        shape = np.broadcast_shapes(*(m.shape for m in moments))
        out = np.empty(shape)
        flat = out.reshape(-1)
        for part, parts in _blocks(moments, shape):
            flat[part] = self._evaluate(*parts)
        return out

    def rate_bps(
        self,
        range_km: Given,
        elevation_tx_deg: Given | None = None,
        elevation_rx_deg: Given | None = None,
        sep_deg: Given | None = None,
        weather: Given = WEATHER,
        extra_db: Given = 0.0,
    ) -> npt.NDArray[np.int64]:
        """Return the best rate of the ladder that closes with the margin, bit/s; 0 where none does.

        Arguments and errors as `pt_n0_db_hz`.
        """
        found = self.pt_n0_db_hz(range_km, elevation_tx_deg, elevation_rx_deg, sep_deg, weather, extra_db)
        return self._rates[np.searchsorted(self._needs, found, side="right")]

    def max_rate_bps(
        self,
        range_km: Given,
        elevation_tx_deg: Given | None = None,
        elevation_rx_deg: Given | None = None,
        sep_deg: Given | None = None,
        weather: Given = WEATHER,
        extra_db: Given = 0.0,
    ) -> Floats:
        """Return the rate that would just close with the margin if the ladder had every rate, bit/s.

        Arguments and errors as `pt_n0_db_hz`.
        """
        found = self.pt_n0_db_hz(range_km, elevation_tx_deg, elevation_rx_deg, sep_deg, weather, extra_db)
        power = 10 ** ((found - self.margin_db) / 10)
        modem = self.modem
        if modem.modulation == "residual":
            loop = from_db(db(modem.loop_hz) + modem.loop_snr_db + modem.carrier_margin_db)
            power = np.clip(power - loop, 0.0, power * math.sin(MAX_RESIDUAL_INDEX_RAD) ** 2)
        rates = [
            np.minimum(power / from_db(c.eb_n0_db + modem.implementation_db), modem.symbols_per_s * c.rate)
            for c in map(code, modem.codes)
        ]
        return np.asarray(np.max(rates, axis=0), dtype=np.float64)

    def rung(self, rate_bps: int) -> Rung:
        """Return a rung of the ladder by its rate.

        Raises:
            InputError: the ladder has no such rate.
        """
        for rung in self.rungs:
            if rung.rate_bps == rate_bps:
                return rung
        choice = ", ".join(str(rung.rate_bps) for rung in self.rungs)
        raise InputError(
            f"{rate_bps} bit/s is no rate of the ladder", where="rate_bps", right=f"It has {choice}."
        )

    def table(
        self,
        range_km: float,
        elevation_tx_deg: float | None = None,
        elevation_rx_deg: float | None = None,
        sep_deg: float | None = None,
        weather: float = WEATHER,
        extra_db: float = 0.0,
        rate_bps: int | None = None,
    ) -> Table:
        """Return the design control table of one moment.

        Args:
            range_km, elevation_tx_deg, elevation_rx_deg, sep_deg, weather, extra_db: as `pt_n0_db_hz`.
            rate_bps: a rate of the ladder; None: the best that closes, or the slowest where none does.

        Raises:
            InputError: as `pt_n0_db_hz`, and for a rate that the ladder has not.
        """
        moment = (range_km, elevation_tx_deg, elevation_rx_deg, sep_deg, weather, extra_db)
        best = int(self.rate_bps(*moment))
        rung = self.rung(rate_bps if rate_bps is not None else best or self.rungs[0].rate_bps)
        return control_table(self._budget(moment, rung, best))

    def _moments(
        self,
        range_km: Given,
        elevation_tx_deg: Given | None,
        elevation_rx_deg: Given | None,
        sep_deg: Given | None,
        weather: Given,
        extra_db: Given,
    ) -> list[Floats]:
        ranges = all_within(range_km, "range_km", 1e-3, 1e12, "A distance in km, more than 0.")
        tx = self._elevation("elevation_tx_deg", elevation_tx_deg, self.transmitter, self.above_transmitter)
        rx = self._elevation("elevation_rx_deg", elevation_rx_deg, self.receiver, self.above_receiver)
        sep = all_within(180.0 if sep_deg is None else sep_deg, "sep_deg", 0, 180, "An angle in degrees.")
        percentile = all_within(weather, "weather", 0, 1, "A percentile as a part of 1, such as 0.9.")
        extra = all_within(extra_db, "extra_db", 0, 200, "A loss in dB, positive.")
        return [ranges, tx, rx, sep, percentile, extra]

    @staticmethod
    def _elevation(where: str, given: Given | None, end: Terminal, above: Climate | None) -> Floats:
        if above is None:
            return np.asarray(90.0)
        if given is None:
            right = f"{end.name} stands under an atmosphere; say how high the other end is above its horizon."
            raise InputError("is missing", where=where, right=right)
        return all_within(
            given, where, 0, 90, "Degrees above the horizon, 0 to 90; below it nothing is heard."
        )

    def _evaluate(
        self, ranges: Floats, tx: Floats, rx: Floats, sep: Floats, weather: Floats, extra: Floats
    ) -> Floats:
        found = self._fixed_db - 20 * np.log10(ranges) - extra
        if self.above_transmitter is not None:
            found = found - slant_db(self.above_transmitter.zenith(self.frequency_hz, weather), tx)
        loss = self._loss_above_receiver(rx, weather)
        found = found - loss
        if self.receive.gain_over_t is not None:
            return np.asarray(found)
        kelvin = sum(self._temperatures(ranges, rx, sep, weather, loss).values())
        return np.asarray(found - 10 * np.log10(kelvin))

    def _loss_above_receiver(self, rx: Floats, weather: Floats) -> Floats:
        if self.above_receiver is None:
            return np.asarray(0.0)
        return np.asarray(slant_db(self.above_receiver.zenith(self.frequency_hz, weather), rx))

    def _temperatures(
        self, ranges: Floats, rx: Floats, sep: Floats, weather: Floats, loss: Floats
    ) -> dict[str, Floats | float]:
        """Return the parts of the system temperature, K."""
        receive = self.receive
        assert receive.vacuum is not None
        parts: dict[str, Floats | float] = {"vacuum": receive.vacuum.value}
        if receive.elevation_k and self.above_receiver is not None:
            parts["elevation"] = receive.elevation_k * np.exp(-receive.elevation_decay * rx)
        if self.above_receiver is not None:
            parts["sky"] = sky_k(loss, self.above_receiver.temperature_k(weather))
        else:
            parts["sky"] = COSMIC_K
        parts["sun"] = np.interp(sep, *self._sun)
        if self.hot_body:
            parts["body"] = body_k(self.hot_body, receive.gain_dbi + self.retune_db, ranges)
        return parts

    def _budget(self, moment: tuple[float | None, ...], rung: Rung, best: int) -> Budget:
        ranges, tx, rx, sep, weather, extra = (m.reshape(()) for m in self._moments(*moment))  # type: ignore[arg-type] # a moment holds what the signature of `table` says.
        path = [Entry("polarization_loss_db", "Polarization loss", -self.polarization_db)]
        ends = (
            ("transmitter", self.transmitter, self.above_transmitter, tx),
            ("receiver", self.receiver, self.above_receiver, rx),
        )
        for name, end, above, elevation in ends:
            if above is not None:
                lost = float(slant_db(above.zenith(self.frequency_hz, weather), elevation))
                label = f"Atmosphere above {end.name}"
                source = f"{above.name}, {100 * float(weather):g} % weather, {float(elevation):.1f} degrees"
                spread = Tolerance(0.3 * lost, 0.3 * lost, _ATMOSPHERE_SPREAD.shape)
                path.append(Entry(f"{name}_atmosphere_db", label, -lost, spread, source))
        if extra > 0:
            path.append(Entry("extra_loss_db", "Further loss", -float(extra)))
        modem, chosen = self.modem, code(rung.code)
        parts = split(rung.index_rad)
        source = f"{modem.modulation} carrier, index {math.degrees(rung.index_rad):.1f} degrees"
        need = f"{chosen.title}, {chosen.error_rate}; {chosen.source}"
        channel = (
            Entry("modulation_loss_db", "Data to total power", parts.data_db, EXACT, source),
            Entry(
                "implementation_loss_db",
                "Implementation loss",
                -modem.implementation_db,
                Tolerance(0.2, 0.2, "uniform"),
            ),
        )
        return Budget(
            self.title,
            self.frequency_hz,
            float(ranges),
            self.transmit.entries,
            tuple(path),
            self._receive_entries(),
            self._temperature_entries(ranges, rx, sep, weather),
            self.receive.gain_over_t,
            None,
            channel,
            rung.rate_bps,
            Entry(
                "code_threshold_eb_n0_db",
                "Eb/N0 that the code needs",
                chosen.eb_n0_db,
                Tolerance(0.1, 0.1, "uniform"),
                need,
            ),
            self.margin_db,
            self._carrier(parts.carrier_db),
            self._notes(best),
        )

    def _receive_entries(self) -> tuple[Entry, ...]:
        if abs(self.retune_db) < 0.005:
            return self.receive.entries
        source = f"gain at {self.frequency_hz / 1e6:.1f} MHz"
        return (*self.receive.entries, Entry("retuning_db", "Other frequency", self.retune_db, EXACT, source))

    def _temperature_entries(
        self, ranges: Floats, rx: Floats, sep: Floats, weather: Floats
    ) -> tuple[Entry, ...]:
        vacuum = self.receive.vacuum
        if vacuum is None:
            return ()
        parts = self._temperatures(ranges, rx, sep, weather, self._loss_above_receiver(rx, weather))
        sky, sun = float(parts["sky"]), float(parts["sun"])
        labels = {
            "elevation": Entry(
                "elevation_part_k", "Antenna near the horizon", float(parts.get("elevation", 0))
            ),
            "sky": Entry(
                "sky_k", "Sky", sky, Tolerance(0.3 * (sky - COSMIC_K), 0.3 * (sky - COSMIC_K), "gaussian")
            ),
            # The Sun's noise varies by its activity and with the antenna's own lobes: by half, or double.
            "sun": Entry(
                "sun_k",
                "Sun",
                sun,
                Tolerance(sun / 2, sun),
                f"{float(sep):.2f} degrees away" if sep < 180 else "",
            ),
            "body": Entry(
                "hot_body_k", f"{self.hot_body.capitalize()} in the beam", float(parts.get("body", 0))
            ),
        }
        return (vacuum, *(entry for name, entry in labels.items() if parts.get(name) is not None))

    def _carrier(self, suppression_db: float) -> Carrier | None:
        if self.modem.modulation == "suppressed":
            return None
        entry = Entry("carrier_suppression_db", "Carrier suppression", suppression_db)
        return Carrier((entry,), self.modem.loop_hz, self.modem.loop_snr_db)

    def _notes(self, best: int) -> tuple[str, ...]:
        notes = [
            f"Best rate of the ladder with a margin of {self.margin_db:g} dB: {best} bit/s."
            if best
            else f"No rate of the ladder closes with a margin of {self.margin_db:g} dB.",
            f"{self.transmitter.name}: {self.transmitter.source}",
            f"{self.receiver.name}: {self.receiver.source}",
        ]
        for above in {c.name: c for c in (self.above_transmitter, self.above_receiver) if c}.values():
            notes.append(f"climate {above.name}: {above.source}")
        return tuple(notes)


def _transmit(end: Terminal, band: str) -> Transmitter:
    found = end.bands.get(band)
    if found is None or found.transmit is None:
        raise InputError(f"{end.name} has no transmitter in band {band!r}", where="band", right=_choice(end))
    return found.transmit


def _receive(end: Terminal, band: str) -> Receiver:
    found = end.bands.get(band)
    if found is None or found.receive is None:
        raise InputError(f"{end.name} has no receiver in band {band!r}", where="band", right=_choice(end))
    return found.receive


def _choice(end: Terminal) -> str:
    ways = []
    for name, band in end.bands.items():
        ways += [f"transmit {name}"] * (band.transmit is not None) + [f"receive {name}"] * (
            band.receive is not None
        )
    return "It can " + ", ".join(ways) + "."


def _retune(transmit: Transmitter, receive: Receiver) -> float:
    """Return how the receiving antenna's gain changes from its own frequency to the transmitter's, dB."""
    ratio = transmit.frequency_hz / receive.frequency_hz
    if not 1 - _TUNING <= ratio <= 1 + _TUNING:
        raise InputError(
            f"the transmitter sends at {transmit.frequency_hz / 1e6:.1f} MHz, "
            f"but the receiver listens at {receive.frequency_hz / 1e6:.1f} MHz",
            where="band",
            right="Deep space sends up near 7.2 GHz and down near 8.4 GHz.",
        )
    return 0.0 if receive.gain_over_t is not None else 20 * math.log10(ratio)


def _hot_body(transmitter: Terminal, receiver: Terminal) -> str:
    """Return the world in the receiver's beam: that of the transmitter, unless the receiver stands on it."""
    stands_on_it = bool(receiver.climate) and receiver.body == transmitter.body
    return "" if stands_on_it or transmitter.body not in DAY_AND_NIGHT_K else transmitter.body


def _blocks(moments: list[Floats], shape: tuple[int, ...]) -> Iterator[tuple[slice, list[Floats]]]:
    """Yield parts of the flattened result with the arguments that belong to them."""
    size = math.prod(shape)
    flat = [m if m.ndim == 0 else np.broadcast_to(m, shape).reshape(-1) for m in moments]
    for start in range(0, size, _BLOCK):
        part = slice(start, min(start + _BLOCK, size))
        yield part, [m if m.ndim == 0 else m[part] for m in flat]
