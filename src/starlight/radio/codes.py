"""Channel codes by their thresholds, and the ladder of rates that a radio can choose from."""

from __future__ import annotations

import math
import tomllib
from functools import cache
from importlib.resources import files
from typing import Literal

from msgspec import Struct

from starlight.errors import InputError, did_you_mean
from starlight.radio.decibel import SHANNON_DB, db
from starlight.radio.modulation import best_residual

Modulation = Literal["residual", "suppressed"]
DEEP_SPACE_CODES = ("turbo-1-6", "turbo-1-3", "turbo-1-2", "ldpc-4-5")
LADDER_BPS = tuple(
    round(step * 10**decade)
    for decade in range(1, 8)
    for step in (1.0, 1.25, 1.6, 2.0, 2.5, 3.15, 4.0, 5.0, 6.3, 8.0)
)
"""Rates about 1 dB apart from 10 bit/s to 80 Mbit/s (the preferred numbers R10, ISO 3)."""


class Code(Struct, frozen=True):
    """A channel code.

    Attributes:
        name, title: short, and for people.
        rate: information bits per channel symbol.
        eb_n0_db: threshold, per information bit.
        error_rate: at which the threshold is meant.
        source: of the threshold.
    """

    name: str
    title: str
    rate: float
    eb_n0_db: float
    error_rate: str
    source: str


@cache
def codes() -> dict[str, Code]:
    """Return the codes that Starlight ships, by name, each with its source."""
    text = files("starlight.radio").joinpath("codes.toml").read_text(encoding="utf-8")
    return {name: Code(name, **row) for name, row in tomllib.loads(text).items()}


def code(name: str, where: str = "code") -> Code:
    """Return a code by its name.

    Raises:
        InputError: there is no such code.
    """
    known = codes()
    if name not in known:
        right = f"{did_you_mean(str(name), known)} Known: {', '.join(known)}.".strip()
        raise InputError(f"no code is called {name!r}", where=where, right=right)
    return known[name]


class Rung(Struct, frozen=True, gc=False):
    """A rate of the ladder and what it needs.

    Attributes:
        rate_bps: information bit/s.
        code: its code's name.
        pt_n0_db_hz: total power over noise density that it needs, without margin.
        index_rad: modulation index; pi/2 where the carrier is suppressed.
    """

    rate_bps: int
    code: str
    pt_n0_db_hz: float
    index_rad: float


class Modem(Struct, frozen=True):
    """A modem: the way in which bits are put on the carrier and taken off again.

    Attributes:
        modulation: ``residual`` carrier beside the data, or ``suppressed``.
        codes: names, from which the best is taken.
        ladder_bps: information rates that it can be set to, rising.
        implementation_db: loss of a real demodulator and decoder.
        loop_hz, loop_snr_db: bandwidth of the carrier's loop and the signal to noise ratio that it needs
            (12 dB: 810-005 module 207 asks 10 dB or more for telemetry on a residual carrier).
        carrier_margin_db: kept for the carrier beside the data's own margin.
        symbols_per_s: most channel symbols a second.
    """

    modulation: Modulation = "residual"
    codes: tuple[str, ...] = DEEP_SPACE_CODES
    ladder_bps: tuple[int, ...] = LADDER_BPS
    implementation_db: float = 0.6
    loop_hz: float = 3.0
    loop_snr_db: float = 12.0
    carrier_margin_db: float = 0.0
    symbols_per_s: float = 20e6

    def check(self, where: str) -> None:
        """Raise InputError for a modem that can't be."""
        if self.modulation not in ("residual", "suppressed"):
            raise InputError(
                f"{self.modulation!r} is no modulation",
                where=f"{where}.modulation",
                right="residual or suppressed",
            )
        if not self.codes or not self.ladder_bps:
            raise InputError("a modem needs a code and a rate", where=f"{where}.codes, {where}.ladder_bps")
        if list(self.ladder_bps) != sorted(set(self.ladder_bps)) or self.ladder_bps[0] < 1:
            raise InputError("the rates must rise, from 1 bit/s", where=f"{where}.ladder_bps")
        for name in self.codes:
            threshold(code(name, f"{where}.codes").eb_n0_db, f"{where}.codes.{name}")

    def need(self, rate_bps: float, chosen: Code) -> tuple[float, float]:
        """Return the total Pt/N0 in dB-Hz that a rate needs with a code, and the modulation index in rad.

        Args:
            rate_bps: information bit/s.
            chosen: the code.
        """
        data = chosen.eb_n0_db + self.implementation_db + db(rate_bps)
        if self.modulation == "suppressed":  # all power is the data's; there is no carrier to keep some for
            return data, math.pi / 2
        carrier = db(self.loop_hz) + self.loop_snr_db + self.carrier_margin_db
        return best_residual(data, carrier)

    def rung(self, rate_bps: int) -> Rung | None:
        """Return a rate with its best code, on the ladder or not; None where it is too fast for the radio."""
        # Stronger codes send more symbols per bit, so at high
        # rates the radio leaves room for weaker ones only.
        fits = [c for c in map(code, self.codes) if rate_bps / c.rate <= self.symbols_per_s]
        if not fits:
            return None
        best = min(fits, key=lambda c: c.eb_n0_db)
        needed, index = self.need(rate_bps, best)
        return Rung(rate_bps, best.name, needed, index)

    def rungs(self) -> tuple[Rung, ...]:
        """Return the ladder: each rate with its best code; no rate that a faster one beats."""
        found = [rung for rate in self.ladder_bps if (rung := self.rung(rate)) is not None]
        # From the fastest down: a rate that needs as much as a faster one is never chosen, and the search for
        # the best rate, by bisection, counts on needs that rise.
        kept: list[Rung] = []
        for rung in reversed(found):
            if not kept or rung.pt_n0_db_hz < kept[-1].pt_n0_db_hz:
                kept.append(rung)
        return tuple(reversed(kept))


MODEMS = {
    "deep-space": Modem(),
    "weak": Modem("suppressed", ("turbo-1-6",), implementation_db=0.5),
    "proximity": Modem(
        "residual",
        ("convolutional",),
        tuple(1000 << power for power in range(12)),
        implementation_db=1.5,
        loop_hz=200.0,
        symbols_per_s=4.2e6,
    ),
}
"""Modems by name, for terminals as data.

``deep-space`` has a residual carrier, turbo and LDPC codes; ``weak`` puts all power into the strongest code,
for a few hundred bit/s across half a billion kilometres; ``proximity`` is like CCSDS 211.1-B (Proximity-1):
1 to 2048 kbit/s, convolutional code; its loop as in DESCANSO DPS 18, table 5-5.
"""


def modem(name: str, where: str = "modem") -> Modem:
    """Return a modem by its name.

    Raises:
        InputError: there is no such modem.
    """
    if name not in MODEMS:
        raise InputError(
            f"no modem is called {name!r}", where=where, right="Known: " + ", ".join(MODEMS) + "."
        )
    return MODEMS[name]


def threshold(eb_n0_db: float, where: str) -> float:
    """Return a threshold if a code can have it.

    Raises:
        InputError: it lies below Shannon's limit, or beyond sense.
    """
    if not SHANNON_DB <= eb_n0_db <= 40:
        raise InputError(
            f"no code works at an Eb/N0 of {eb_n0_db:g} dB",
            where=where,
            right=f"Shannon's limit is {SHANNON_DB:.2f} dB; 40 dB is beyond any use.",
        )
    return eb_n0_db
