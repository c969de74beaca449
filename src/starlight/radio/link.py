"""A link between two terminals: what it carries at a time, for arrays, and its design control table.

Both come from the same numbers: `RadioPath.pt_n0_db_hz` evaluates them for whole passes at once,
`RadioLink.table` writes one moment out line by line with tolerances.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from starlight.errors import InputError
from starlight.radio.budget import control_table
from starlight.radio.codes import Modem, Rung, code
from starlight.radio.decibel import Floats, db, from_db, within
from starlight.radio.limits import Decides, RateLimit, least
from starlight.radio.link_table import BudgetTable
from starlight.radio.modulation import MAX_RESIDUAL_INDEX_RAD
from starlight.radio.radio_path import WEATHER, Given, RadioPath
from starlight.radio.table import Table
from starlight.radio.terminals import Terminal, terminal

MARGIN_DB = 3.0  # asked of DESCANSO DPS 18's links, and the usual one of deep-space design


def equipment_limit(
    transmitter: Terminal, receiver: Terminal, band: str, title: str, cap_bps: int | None = None
) -> RateLimit | None:
    """Return the lowest of the limits of a link in a band: its ends' and its cap; None where there is none.

    Args:
        title: of the link.
    """
    sends, hears = transmitter.bands.get(band), receiver.bands.get(band)
    most = sends.transmit.max_rate_bps if sends and sends.transmit else None
    decodes = hears.receive.max_rate_bps if hears and hears.receive else None
    return least(
        RateLimit("receiver", decodes, receiver.title) if decodes else None,
        RateLimit("transmitter", most, transmitter.title) if most else None,
        RateLimit("cap", cap_bps, title) if cap_bps else None,
    )


class RadioLink:
    """One direction of a radio link.

    Args:
        transmitter, receiver: terminals, or names from the library.
        band: as their `bands` call it.
        modem: modulation, codes and ladder of rates; None: the transmitter's own.
        margin_db: kept at every rate.
        polarization_db: loss between the two antennas' polarizations.
        title: of its tables.
        cap_bps: a rate that the link is not to exceed; None: none but those of its ends.

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
        cap_bps: int | None = None,
    ) -> None:
        self.band = band
        self.margin_db = within(margin_db, "margin_db", -20, 60, "A margin in dB.")
        self.path = RadioPath(
            terminal(transmitter) if isinstance(transmitter, str) else transmitter,
            terminal(receiver) if isinstance(receiver, str) else receiver,
            band,
            polarization_db,
        )
        self.title = title or f"{self.path.transmitter.title} to {self.path.receiver.title}, {band}"
        self.modem = self.path.transmit.modem if modem is None else modem
        self.modem.check("modem")
        self.rungs: tuple[Rung, ...] = self.modem.rungs()
        self.limit = equipment_limit(self.path.transmitter, self.path.receiver, band, self.title, cap_bps)
        self._needs = np.array([rung.pt_n0_db_hz + self.margin_db for rung in self.rungs])
        self._rates = np.array([0, *(rung.rate_bps for rung in self.rungs)], dtype=np.int64)

    def rate_bps(
        self,
        range_km: Given,
        elevation_tx_deg: Given | None = None,
        elevation_rx_deg: Given | None = None,
        sep_deg: Given | None = None,
        weather: Given = WEATHER,
        extra_db: Given = 0.0,
    ) -> npt.NDArray[np.int64]:
        """Return the best rate that closes with the margin and that both ends can do, bit/s; 0 where none is.

        It is the least of the ladder's best rate that closes, of what the transmitter sends and the receiver
        decodes at most, and of the link's cap. Arguments and errors as `RadioPath.pt_n0_db_hz`.
        """
        moment = (range_km, elevation_tx_deg, elevation_rx_deg, sep_deg, weather, extra_db)
        found = self.closing_bps(self.path.pt_n0_db_hz(*moment))
        # A slower rate than one that closes closes as well, so the limit needs no budget of its own.
        return found if self.limit is None else np.minimum(found, self.limit.rate_bps)

    def closing_bps(self, pt_n0_db_hz: Floats) -> npt.NDArray[np.int64]:
        """Return the best rate of the ladder that a Pt/N0 closes, whatever the ends can do, bit/s."""
        # Needs rise (`Modem.rungs`), so the count of those that are met is the index of the rate, 0 bit/s
        # first.
        return self._rates[np.searchsorted(self._needs, pt_n0_db_hz, side="right")]

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

        It is the budget's alone: what both ends and the link are limited to (`limit`) is not in it.

        Arguments and errors as `RadioPath.pt_n0_db_hz`.
        """
        moment = (range_km, elevation_tx_deg, elevation_rx_deg, sep_deg, weather, extra_db)
        found = self.path.pt_n0_db_hz(*moment)
        power = 10 ** ((found - self.margin_db) / 10)
        modem = self.modem
        if modem.modulation == "residual":
            # The carrier's loop takes its share first: without lock no bit is read, however strong the data.
            loop = from_db(db(modem.loop_hz) + modem.loop_snr_db + modem.carrier_margin_db)
            # Nor can the data have more than the largest modulation index gives them.
            power = np.clip(power - loop, 0.0, power * math.sin(MAX_RESIDUAL_INDEX_RAD) ** 2)
        rates = [
            np.minimum(power / from_db(c.eb_n0_db + modem.implementation_db), modem.symbols_per_s * c.rate)
            for c in map(code, modem.codes)
        ]
        return np.asarray(np.max(rates, axis=0), dtype=np.float64)

    def decides(self, rate_bps: int) -> Decides:
        """Tell from which limit a rate of `rate_bps` comes: the budget, an end, or the link's cap."""
        return "budget" if self.limit is None or rate_bps < self.limit.rate_bps else self.limit.decides

    def rung(self, rate_bps: int) -> Rung:
        """Return a rung of the ladder by its rate, or the one of the limit that both ends have.

        Raises:
            InputError: the ladder has no such rate.
        """
        for rung in self.rungs:
            if rung.rate_bps == rate_bps:
                return rung
        # A limit need not be a rate of the ladder; a modem at its limit is set to just that rate.
        if self.limit is not None and rate_bps == self.limit.rate_bps < self.rungs[-1].rate_bps:
            limited = self.modem.rung(rate_bps)
            if limited is not None:
                return limited
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
            range_km, elevation_tx_deg, elevation_rx_deg, sep_deg, weather, extra_db: the moment, as for
                `RadioPath.pt_n0_db_hz`.
            rate_bps: a rate of the ladder; None: the best that closes, or the slowest where none does.

        Raises:
            InputError: as `RadioPath.pt_n0_db_hz`, and for a rate that the ladder has not.
        """
        moment = (range_km, elevation_tx_deg, elevation_rx_deg, sep_deg, weather, extra_db)
        best = int(self.rate_bps(*moment))
        rung = self.rung(rate_bps if rate_bps is not None else best or self.rungs[0].rate_bps)
        ladder = int(self.closing_bps(self.path.pt_n0_db_hz(*moment)))
        limit = self.limit if self.limit is not None and self.limit.rate_bps < ladder else None
        lines = BudgetTable(self.title, self.path, self.modem, self.margin_db, limit)
        return control_table(lines.budget(moment, rung, ladder))
