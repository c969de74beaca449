"""The design control table of a link at one moment: the same numbers as the arrays', line by line.

Each line carries its tolerance and its source, as in the telecom reports of deep-space missions;
`control_table` adds them up.
"""

from __future__ import annotations

import math

from msgspec import Struct

from starlight.radio.budget import Budget, BudgetEntry, Carrier
from starlight.radio.codes import Modem, Rung, code
from starlight.radio.decibel import Floats
from starlight.radio.limits import RateLimit
from starlight.radio.modulation import split
from starlight.radio.noise import COSMIC_K, slant_db
from starlight.radio.radio_path import RadioPath
from starlight.radio.table import EXACT, Tolerance

# A weather table is a statistic; a day differs from it by about a third of the loss.
_ATMOSPHERE_SPREAD = Tolerance(0.3, 0.3, "gaussian")


class BudgetTable(Struct, frozen=True):
    """Writes budgets of a link.

    Attributes:
        title: of its tables.
        path: between the terminals.
        modem: of the transmitter.
        margin_db: kept at every rate.
        limit: of the equipment or the link, where it is below what the budget closes.
    """

    title: str
    path: RadioPath
    modem: Modem
    margin_db: float
    limit: RateLimit | None

    def budget(self, moment: tuple[float | None, ...], rung: Rung, best: int) -> Budget:
        """Return the budget of a moment at a rung of the ladder.

        Args:
            moment: the arguments of `RadioPath.pt_n0_db_hz`.
            rung: the rate that is used.
            best: the best rate of the ladder that closes, bit/s, for the notes; 0 where none does.
        """
        ranges, tx, rx, sep, weather, extra = (m.reshape(()) for m in self.path.moments(*moment))  # type: ignore[arg-type] # a moment holds what the signature of `table` says.
        chosen = code(rung.code)
        shares = split(rung.index_rad)
        need = f"{chosen.title}, {chosen.error_rate}; {chosen.source}"
        return Budget(
            self.title,
            self.path.frequency_hz,
            float(ranges),
            self.path.transmit.entries,
            self._path_entries(tx, rx, weather, extra),
            self._receive_entries(),
            self._temperature_entries(ranges, rx, sep, weather),
            self.path.receive.gain_over_t,
            None,
            self._channel_entries(rung, shares.data_db),
            rung.rate_bps,
            BudgetEntry(
                "code_threshold_eb_n0_db",
                "Eb/N0 that the code needs",
                chosen.eb_n0_db,
                Tolerance(0.1, 0.1, "uniform"),
                need,
            ),
            self.margin_db,
            self._carrier(shares.carrier_db),
            self._notes(best),
        )

    def _path_entries(
        self, tx: Floats, rx: Floats, weather: Floats, extra: Floats
    ) -> tuple[BudgetEntry, ...]:
        path = [BudgetEntry("polarization_loss_db", "Polarization loss", -self.path.polarization_db)]
        ends = (
            ("transmitter", self.path.transmitter, self.path.above_transmitter, tx),
            ("receiver", self.path.receiver, self.path.above_receiver, rx),
        )
        for name, end, above, elevation in ends:
            if above is not None:
                lost = float(slant_db(above.zenith(self.path.frequency_hz, weather), elevation))
                label = f"Atmosphere above {end.name}"
                source = f"{above.name}, {100 * float(weather):g} % weather, {float(elevation):.1f} degrees"
                spread = Tolerance(0.3 * lost, 0.3 * lost, _ATMOSPHERE_SPREAD.shape)
                path.append(BudgetEntry(f"{name}_atmosphere_db", label, -lost, spread, source))
        if extra > 0:
            path.append(BudgetEntry("extra_loss_db", "Further loss", -float(extra)))
        return tuple(path)

    def _channel_entries(self, rung: Rung, data_db: float) -> tuple[BudgetEntry, ...]:
        source = f"{self.modem.modulation} carrier, index {math.degrees(rung.index_rad):.1f} degrees"
        return (
            BudgetEntry("modulation_loss_db", "Data to total power", data_db, EXACT, source),
            BudgetEntry(
                "implementation_loss_db",
                "Implementation loss",
                -self.modem.implementation_db,
                Tolerance(0.2, 0.2, "uniform"),
            ),
        )

    def _receive_entries(self) -> tuple[BudgetEntry, ...]:
        # Less would be printed as 0.00 dB.
        if abs(self.path.retune_db) < 0.005:
            return self.path.receive.entries
        source = f"gain at {self.path.frequency_hz / 1e6:.1f} MHz"
        return (
            *self.path.receive.entries,
            BudgetEntry("retuning_db", "Other frequency", self.path.retune_db, EXACT, source),
        )

    def _temperature_entries(
        self, ranges: Floats, rx: Floats, sep: Floats, weather: Floats
    ) -> tuple[BudgetEntry, ...]:
        vacuum = self.path.receive.vacuum
        if vacuum is None:
            return ()
        parts = self.path.temperatures(ranges, rx, sep, weather, self.path.loss_above_receiver(rx, weather))
        sky, sun = float(parts["sky"]), float(parts["sun"])
        labels = {
            "elevation": BudgetEntry(
                "elevation_part_k", "Antenna near the horizon", float(parts.get("elevation", 0))
            ),
            "sky": BudgetEntry(
                "sky_k", "Sky", sky, Tolerance(0.3 * (sky - COSMIC_K), 0.3 * (sky - COSMIC_K), "gaussian")
            ),
            # The Sun's noise varies by its activity and with the antenna's own lobes: by half, or double.
            "sun": BudgetEntry(
                "sun_k",
                "Sun",
                sun,
                Tolerance(sun / 2, sun),
                # 180 degrees stand for "far from the Sun", which is no angle to print.
                f"{float(sep):.2f} degrees away" if sep < 180 else "",
            ),
            "body": BudgetEntry(
                "hot_body_k", f"{self.path.hot_body.capitalize()} in the beam", float(parts.get("body", 0))
            ),
        }
        return (vacuum, *(entry for name, entry in labels.items() if parts.get(name) is not None))

    def _carrier(self, suppression_db: float) -> Carrier | None:
        if self.modem.modulation == "suppressed":
            return None
        entry = BudgetEntry("carrier_suppression_db", "Carrier suppression", suppression_db)
        return Carrier((entry,), self.modem.loop_hz, self.modem.loop_snr_db)

    def _notes(self, best: int) -> tuple[str, ...]:
        notes = [
            f"Best rate of the ladder with a margin of {self.margin_db:g} dB: {best} bit/s."
            if best
            else f"No rate of the ladder closes with a margin of {self.margin_db:g} dB.",
            *([f"The {self.limit.decides} decides: {self.limit.sentence()}"] if self.limit else []),
            f"{self.path.transmitter.name}: {self.path.transmitter.source}",
            f"{self.path.receiver.name}: {self.path.receiver.source}",
        ]
        # By name, because both ends may stand under one climate.
        for above in {
            c.name: c for c in (self.path.above_transmitter, self.path.above_receiver) if c
        }.values():
            notes.append(f"climate {above.name}: {above.source}")
        return tuple(notes)
