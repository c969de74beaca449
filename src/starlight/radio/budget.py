"""A link budget as a design control table: given entries in, lines with their sums out.

::

    EIRP      = transmitter's entries
    received  = EIRP - free-space loss + path's and receiver's entries
    N0        = k T, the sum of the temperatures
    Pt/N0     = received - N0                      (or EIRP - losses + G/T - k)
    loop SNR  = Pt/N0 + carrier suppression - 10 log10 B_L
    required  = Eb/N0 threshold + 10 log10 R - data channel's entries
    margin    = Pt/N0 - required

Sources: Yuen 1982 (JPL Publication 82-76), sections 1.2 and 1.3; DSN 810-005; the layout is that of the
DESCANSO Design and Performance Summaries. Gains are positive and losses negative in the table.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from msgspec import Struct

from starlight.radio.codes import threshold
from starlight.radio.decibel import BOLTZMANN_DBM_HZ_K, db, free_space_loss_db, within
from starlight.radio.table import EXACT, Line, Sum, Table, Tolerance, total


class BudgetEntry(Struct, frozen=True, gc=False):
    """A given line.

    Attributes:
        key, label: for programs and for people.
        value: dB; gains positive, losses negative. Of a noise temperature: kelvin.
        tolerance: in the same unit.
        source: where it comes from.
    """

    key: str
    label: str
    value: float
    tolerance: Tolerance = EXACT
    source: str = ""

    def sum(self, effect: int = 1) -> Sum:
        """Return the entry as a term; `effect` -1 where a greater value lowers the margin."""
        return Sum(self.value, self.value + effect * self.tolerance.shift, self.tolerance.variance)


class Carrier(Struct, frozen=True):
    """The carrier beside the data.

    Attributes:
        suppression: entries in dB, what data and ranging take off the carrier, negative.
        loop_hz: bandwidth of the tracking loop.
        required_loop_snr_db: signal to noise ratio that it needs; None if unknown.
    """

    suppression: tuple[BudgetEntry, ...]
    loop_hz: float
    required_loop_snr_db: float | None = None


class Budget(Struct, frozen=True):
    """Everything that a design control table is computed from.

    Attributes:
        title: what link it is.
        frequency_hz, range_km: of carrier and path.
        transmit: entries in dB; the power in dBm is one of them.
        path: losses between the antennas.
        receive: the antenna's gain and losses before the reference point of the noise temperature.
        temperatures: entries in kelvin, which add up; or
        gain_over_t: dB/K, instead of the gain and the temperatures; or
        noise_dbm_hz: the noise density as given.
        channel: what the data lose on the way to the decoder, dB, negative (modulation, ranging, radio,
            implementation).
        data_rate_bps: information bit/s; None: the fastest at which the margin is `required_margin_db`.
        threshold: Eb/N0 that the code needs; None where nothing is said about data.
        required_margin_db: what is asked of the margin.
        carrier: None where nothing is said about it.
        notes: sentences for the foot of the table.
    """

    title: str
    frequency_hz: float
    range_km: float
    transmit: tuple[BudgetEntry, ...]
    path: tuple[BudgetEntry, ...] = ()
    receive: tuple[BudgetEntry, ...] = ()
    temperatures: tuple[BudgetEntry, ...] = ()
    gain_over_t: BudgetEntry | None = None
    noise_dbm_hz: float | None = None
    channel: tuple[BudgetEntry, ...] = ()
    data_rate_bps: float | None = None
    threshold: BudgetEntry | None = None
    required_margin_db: float | None = None
    carrier: Carrier | None = None
    notes: tuple[str, ...] = ()


class _Writer:
    """Collects the lines of a table."""

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self.seen: Counter[str] = Counter()

    def unique(self, key: str) -> str:
        # An entry may stand in two sections, as ranging
        # does under data and carrier; a key names one line.
        self.seen[key] += 1
        return key if self.seen[key] == 1 else f"{key}_{self.seen[key]}"

    def given(self, section: str, entry: BudgetEntry, unit: str = "dB", effect: int = 1) -> Sum:
        term = entry.sum(effect)
        self.lines.append(
            Line(
                self.unique(entry.key), entry.label, term.value, unit, term.mean, term.sigma, section,
                entry.tolerance, entry.source,
            )
        )  # fmt: skip
        return term

    def all(self, section: str, entries: Iterable[BudgetEntry], unit: str = "dB", effect: int = 1) -> Sum:
        return total([self.given(section, entry, unit, effect) for entry in entries])

    def result(self, section: str, key: str, label: str, found: Sum, unit: str, source: str = "") -> Sum:
        self.lines.append(
            Line(self.unique(key), label, found.value, unit, found.mean, found.sigma, section, None, source)
        )
        return found

    def fact(self, section: str, key: str, label: str, value: float, unit: str, source: str = "") -> None:
        self.result(section, key, label, Sum(value, value), unit, source)


def control_table(budget: Budget) -> Table:
    """Compute a design control table.

    Args:
        budget: its inputs.

    Returns:
        The table. Keys of its results, where the inputs allow them: ``eirp_dbm``, ``free_space_loss_db``
        (negative, as a gain), ``received_power_dbm``, ``system_temperature_k``, ``noise_density_dbm_hz``,
        ``pt_n0_db_hz``, ``carrier_power_dbm``, ``loop_snr_db``, ``carrier_margin_db``, ``data_rate_bps``,
        ``eb_n0_db``, ``required_pt_n0_db_hz``, ``margin_db``, ``excess_margin_db``.

    Raises:
        InputError: a value beyond sense, named.
    """
    within(
        budget.frequency_hz, "frequency", 1e8, 1e12, "A carrier has 100 MHz to 1000 GHz; is the unit right?"
    )
    within(budget.range_km, "range", 1e-3, 1e12, "A range lies between 1 m and 1e12 km; is the unit right?")
    out = _Writer()
    eirp = _transmit(out, budget)
    pt_n0 = _receive(out, budget, eirp)
    if budget.carrier is not None:
        _carrier(out, budget, budget.carrier, pt_n0)
    if budget.threshold is not None or budget.data_rate_bps is not None:
        _data(out, budget, pt_n0)
    return Table(budget.title, tuple(out.lines), budget.notes)


def _transmit(out: _Writer, budget: Budget) -> Sum:
    section = "Transmitter"
    out.fact(section, "frequency_mhz", "Carrier frequency", budget.frequency_hz / 1e6, "MHz")
    units = [("dBm" if "power" in e.key or "eirp" in e.key else "dB") for e in budget.transmit]
    eirp = total([out.given(section, e, unit) for e, unit in zip(budget.transmit, units, strict=True)])
    return out.result(section, "eirp_dbm", "Radiated power (EIRP)", eirp, "dBm", "sum of the above")


def _receive(out: _Writer, budget: Budget, eirp: Sum) -> Sum:
    section = "Path"
    out.fact(section, "range_km", "Range", budget.range_km, "km")
    loss = -float(free_space_loss_db(budget.range_km, budget.frequency_hz))
    out.fact(section, "free_space_loss_db", "Free-space loss", loss, "dB", "ITU-R P.525: (4 pi d f / c)^2")
    arrived = eirp.plus(loss) + out.all(section, budget.path)
    section = "Receiver"
    received = arrived + out.all(section, budget.receive)
    if budget.gain_over_t is not None:
        # G/T does not tell gain and noise apart, so there is neither a received power nor an N0 to print.
        quality = out.given(section, budget.gain_over_t, "dB/K")
        found = (received + quality).plus(-BOLTZMANN_DBM_HZ_K)
        return out.result(section, "pt_n0_db_hz", "Pt/N0", found, "dB-Hz", "EIRP - losses + G/T - k")
    out.result(section, "received_power_dbm", "Total received power", received, "dBm")
    noise = _noise(out, budget, section)
    return out.result(section, "pt_n0_db_hz", "Pt/N0", received - noise, "dB-Hz", "received power - N0")


def _noise(out: _Writer, budget: Budget, section: str) -> Sum:
    if budget.noise_dbm_hz is not None:
        noise = Sum(budget.noise_dbm_hz, budget.noise_dbm_hz)
    else:
        # Favourable is what raises the margin, and that is the colder side.
        kelvin = out.all(section, budget.temperatures, "K", -1)
        within(kelvin.value, "system_temperature", 1, 1e7, "A system temperature is at least 1 K.")
        out.result(section, "system_temperature_k", "System temperature", kelvin, "K", "sum of the above")
        # A tolerance in kelvin becomes decibels to first order, d(10 log10 T) = 4.343 dT / T.
        slope = 4.342944819 / kelvin.value
        level = BOLTZMANN_DBM_HZ_K + db(kelvin.value)
        noise = Sum(level, level + slope * (kelvin.mean - kelvin.value), slope * slope * kelvin.variance)
    return out.result(section, "noise_density_dbm_hz", "Noise density N0", noise, "dBm/Hz", "k T")


def _carrier(out: _Writer, budget: Budget, carrier: Carrier, pt_n0: Sum) -> None:
    section = "Carrier"
    taken = out.all(section, carrier.suppression)
    # With G/T nothing says how strong the carrier is, only how far above the noise.
    if "received_power_dbm" in out.seen:
        received = next(line for line in out.lines if line.key == "received_power_dbm")
        power = Sum(received.value, received.mean, received.sigma**2) + taken
        out.result(section, "carrier_power_dbm", "Carrier power", power, "dBm")
    pc_n0 = out.result(section, "pc_n0_db_hz", "Pc/N0", pt_n0 + taken, "dB-Hz")
    bandwidth = db(within(carrier.loop_hz, "carrier.loop_bandwidth", 1e-3, 1e6, "A loop has 1 mHz to 1 MHz."))
    out.fact(
        section,
        "loop_bandwidth_db_hz",
        "Tracking loop bandwidth",
        bandwidth,
        "dB-Hz",
        f"{carrier.loop_hz:g} Hz",
    )
    snr = out.result(section, "loop_snr_db", "Loop signal to noise ratio", pc_n0.plus(-bandwidth), "dB")
    if carrier.required_loop_snr_db is not None:
        out.fact(section, "required_loop_snr_db", "Required", carrier.required_loop_snr_db, "dB")
        margin = snr.plus(-carrier.required_loop_snr_db)
        out.result(section, "carrier_margin_db", "Carrier margin", margin, "dB")


def _data(out: _Writer, budget: Budget, pt_n0: Sum) -> None:
    section = "Data"
    lost = out.all(section, budget.channel)
    rate = budget.data_rate_bps
    need = None
    if budget.threshold is not None:
        threshold(budget.threshold.value, budget.threshold.key)
        need = out.given(section, budget.threshold, "dB", -1)
    if rate is None:
        assert need is not None
        # By design values: a rate is chosen, and the tolerances then say how sure its margin is.
        spare = pt_n0.value + lost.value - need.value - (budget.required_margin_db or 0.0)
        rate = 10 ** (spare / 10)
    # The power of ten of an absurd rate would overflow a reader, not us: the bound is 1 mbit/s to 10 Tbit/s.
    within(rate, "data_rate", 1e-3, 1e13, "A rate lies between 0.001 bit/s and 10 Tbit/s; is the unit right?")
    out.fact(section, "data_rate_bps", "Data rate", rate, "bit/s")
    out.fact(section, "data_rate_db_hz", "Data rate", db(rate), "dB-Hz")
    available = (pt_n0 + lost).plus(-db(rate))
    out.result(section, "eb_n0_db", "Eb/N0 at the decoder", available, "dB", "Pt/N0 + losses - rate")
    if need is None:
        return
    required = (need - lost).plus(db(rate))
    out.result(
        section, "required_pt_n0_db_hz", "Required Pt/N0", required, "dB-Hz", "threshold + rate - losses"
    )
    margin = out.result(section, "margin_db", "Margin", available - need, "dB", "Pt/N0 - required")
    if budget.required_margin_db is not None:
        out.fact(section, "required_margin_db", "Margin asked for", budget.required_margin_db, "dB")
        excess = margin.plus(-budget.required_margin_db)
        out.result(section, "excess_margin_db", "Margin beyond that", excess, "dB")
