"""The radio path between two terminals: what arrives over what noise, for arrays of moments.

The link equation in decibels, Pt/N0 = EIRP - losses + G/T - k: all that no moment changes is summed once,
and a moment adds its range, its atmospheres and its noise temperature.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from starlight.errors import InputError
from starlight.radio.decibel import (
    AU_KM,
    BOLTZMANN_DBM_HZ_K,
    MAX_POINTING_LOSS_DB,
    Floats,
    all_within,
    free_space_loss_db,
    within,
)
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
from starlight.radio.terminals import BandReceiver, Terminal, Transmitter

Given = npt.ArrayLike
WEATHER = 0.9  # 90 % weather, as in the DESCANSO tables
_TUNING = 0.05  # A transmitter and a receiver whose carriers differ by more are not made for each other.
_BLOCK = 1 << 14  # Numbers worked on at once, so that they stay in the processor's second cache.
_SUN_DISTANCE_AU = {"mars": 1.524, "venus": 0.723}


class RadioPath:
    """One direction between two terminals in a band.

    Args:
        transmitter, receiver: the terminals.
        band: as their `bands` call it.
        polarization_db: loss between the two antennas' polarizations.

    Raises:
        InputError: an end that can't do its part in this band, or a value beyond sense.
    """

    def __init__(self, transmitter: Terminal, receiver: Terminal, band: str, polarization_db: float) -> None:
        self.transmitter = transmitter
        self.receiver = receiver
        self.polarization_db = within(
            polarization_db, "polarization_db", 0, MAX_POINTING_LOSS_DB, "A loss in dB, positive."
        )
        self.transmit = _transmit(transmitter, band)
        self.receive = _receive(receiver, band)
        self.frequency_hz = self.transmit.frequency_hz
        self.retune_db = _retune(self.transmit, self.receive)
        self.above_transmitter = climates()[transmitter.climate] if transmitter.climate else None
        self.above_receiver = climates()[receiver.climate] if receiver.climate else None
        self.hot_body = _hot_body(transmitter, receiver)
        self._fixed_db = self._fixed()
        self._sun = self._sun_table()

    def _fixed(self) -> float:
        """Return the part of Pt/N0 that nothing changes: all but range, atmosphere and noise temperature."""
        entries = sum(entry.value for entry in (*self.transmit.entries, *self.receive.entries))
        quality = self.receive.gain_over_t.value if self.receive.gain_over_t else 0.0
        one_km = float(free_space_loss_db(1.0, self.frequency_hz))
        return entries + quality + self.retune_db - self.polarization_db - one_km - BOLTZMANN_DBM_HZ_K

    def _sun_table(self) -> tuple[Floats, Floats]:
        # Anywhere but at Mars and Venus the Sun is taken to look as large as from Earth.
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
        moments = self.moments(range_km, elevation_tx_deg, elevation_rx_deg, sep_deg, weather, extra_db)
        shape = np.broadcast_shapes(*(m.shape for m in moments))
        out = np.empty(shape)
        flat = out.reshape(-1)
        for part, parts in _blocks(moments, shape):
            flat[part] = self._evaluate(*parts)
        return out

    def moments(
        self,
        range_km: Given,
        elevation_tx_deg: Given | None,
        elevation_rx_deg: Given | None,
        sep_deg: Given | None,
        weather: Given,
        extra_db: Given,
    ) -> list[Floats]:
        """Return the checked arguments of `pt_n0_db_hz` as arrays; 90 degrees where an end has no air."""
        ranges = all_within(range_km, "range_km", 1e-3, 1e12, "A distance in km, more than 0.")
        tx = self._elevation("elevation_tx_deg", elevation_tx_deg, self.transmitter, self.above_transmitter)
        rx = self._elevation("elevation_rx_deg", elevation_rx_deg, self.receiver, self.above_receiver)
        sep = all_within(180.0 if sep_deg is None else sep_deg, "sep_deg", 0, 180, "An angle in degrees.")
        percentile = all_within(weather, "weather", 0, 1, "A percentile as a part of 1, such as 0.9.")
        extra = all_within(extra_db, "extra_db", 0, 200, "A loss in dB, positive.")
        return [ranges, tx, rx, sep, percentile, extra]

    @staticmethod
    def _elevation(where: str, given: Given | None, end: Terminal, above: Climate | None) -> Floats:
        if above is None:  # unused; a number, so that all moments broadcast alike
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
        # Twice to blame: the receiver's air weakens the signal, and glows by as much as it swallows.
        loss = self.loss_above_receiver(rx, weather)
        found = found - loss
        if self.receive.gain_over_t is not None:  # its noise is in G/T, and in the fixed part with it
            return np.asarray(found)
        kelvin = sum(self.temperatures(ranges, rx, sep, weather, loss).values())
        return np.asarray(found - 10 * np.log10(kelvin))

    def loss_above_receiver(self, rx: Floats, weather: Floats) -> Floats:
        """Return the loss in the receiver's atmosphere, dB; it is noise as well, see `sky_k`."""
        if self.above_receiver is None:
            return np.asarray(0.0)
        return np.asarray(slant_db(self.above_receiver.zenith(self.frequency_hz, weather), rx))

    def temperatures(
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
            # The world is about as far away as the transmitter on it or above it.
            parts["body"] = body_k(self.hot_body, receive.gain_dbi + self.retune_db, ranges)
        return parts


def _transmit(end: Terminal, band: str) -> Transmitter:
    found = end.bands.get(band)
    if found is None or found.transmit is None:
        raise InputError(f"{end.name} has no transmitter in band {band!r}", where="band", right=_choice(end))
    return found.transmit


def _receive(end: Terminal, band: str) -> BandReceiver:
    found = end.bands.get(band)
    if found is None or found.receive is None:
        raise InputError(f"{end.name} has no receiver in band {band!r}", where="band", right=_choice(end))
    return found.receive


def _choice(end: Terminal) -> str:
    parts = []
    for name, band in end.bands.items():
        parts += [f"transmit {name}"] * (band.transmit is not None) + [f"receive {name}"] * (
            band.receive is not None
        )
    return "It can " + ", ".join(parts) + "."


def _retune(transmit: Transmitter, receive: BandReceiver) -> float:
    """Return how the receiving antenna's gain changes from its own frequency to the transmitter's, dB."""
    ratio = transmit.frequency_hz / receive.frequency_hz
    if not 1 - _TUNING <= ratio <= 1 + _TUNING:
        raise InputError(
            f"the transmitter sends at {transmit.frequency_hz / 1e6:.1f} MHz, "
            f"but the receiver listens at {receive.frequency_hz / 1e6:.1f} MHz",
            where="band",
            right="Deep space sends up near 7.2 GHz and down near 8.4 GHz.",
        )
    # An aperture's gain grows with the square of the frequency; G/T is taken as it is given.
    return 0.0 if receive.gain_over_t is not None else 20 * math.log10(ratio)


def _hot_body(transmitter: Terminal, receiver: Terminal) -> str:
    """Return the world in the receiver's beam: that of the transmitter, unless the receiver stands on it."""
    # A station on the ground looks up, away from its world; an orbiter looks down on it.
    stands_on_it = bool(receiver.climate) and receiver.body == transmitter.body
    return "" if stands_on_it or transmitter.body not in DAY_AND_NIGHT_K else transmitter.body


def _blocks(moments: list[Floats], shape: tuple[int, ...]) -> Iterator[tuple[slice, list[Floats]]]:
    """Yield parts of the flattened result with the arguments that belong to them."""
    size = math.prod(shape)
    # One number for all moments stays one number, so that what follows from it is computed once.
    flat = [m if m.ndim == 0 else np.broadcast_to(m, shape).reshape(-1) for m in moments]
    for start in range(0, size, _BLOCK):
        part = slice(start, min(start + _BLOCK, size))
        yield part, [m if m.ndim == 0 else m[part] for m in flat]
