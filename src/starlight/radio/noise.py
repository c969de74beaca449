"""Noise, all that a receiver hears besides the signal: itself, the sky, the Sun, a warm world in the beam.

System temperature (DSN 810-005 module 105, "system operating noise temperature"; module 104 appendix A)::

    T_op = T_1 + T_2 exp(-a E) + T_M (1 - 1/L) + T_CMB / L + T_sun + T_body

antenna, feed and amplifier in vacuum with a part that grows towards the horizon at elevation E; the
atmosphere of loss L at its mean physical temperature T_M; the cosmic background behind it; the Sun near the
beam; a planet in the beam. All functions take arrays.
"""

from __future__ import annotations

import math
import tomllib
from functools import cache
from importlib.resources import files

import numpy as np
from msgspec import Struct

from starlight.errors import InputError
from starlight.radio.decibel import Floats, Number, beamwidth_of_gain_deg, from_db

COSMIC_K = 2.725  # 810-005 module 105; Fixsen 2009
SUN_RADIUS_KM = 696_000.0  # 810-005 module 106
DAY_AND_NIGHT_K = {"earth": 254.0, "moon": 250.0, "mars": 210.0, "venus": 620.0}
"""Brightness of a whole disc near 8 GHz, K (810-005 module 105: Venus 620, Mars 210; Earth's is its effective
temperature, seen from outside through clouds and sea, 254; the Moon's at full and new averaged)."""
BODY_RADIUS_KM = {"earth": 6371.0, "moon": 1737.4, "mars": 3389.5, "venus": 6051.8}  # IAU WGCCRE 2015

# Quiet Sun, brightness averaged over the disc, K: ITU-R P.372, as others have read its figure;
# not checked against the recommendation.
_SUN_GHZ = (0.2, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 10.0, 30.0, 100.0)
_SUN_K = (1e6, 2e5, 9e4, 4.5e4, 2.9e4, 2e4, 1.6e4, 1.4e4, 1.15e4, 8.5e3, 6.8e3)


class Climate(Struct, frozen=True):
    """The atmosphere above a station.

    Attributes:
        name: of the station or its region.
        percentiles: of the weather, rising, 0 best; the part of the year with no more loss than this.
        frequencies_ghz: of the columns, rising.
        zenith_db: loss at the zenith, a row per percentile and a column per frequency.
        mean_k, mean_slope_k: physical temperature of the atmosphere, T_M = mean + slope * percentile.
        source: of the table.
    """

    name: str
    percentiles: tuple[float, ...]
    frequencies_ghz: tuple[float, ...]
    zenith_db: tuple[tuple[float, ...], ...]
    source: str
    mean_k: float = 255.0
    mean_slope_k: float = 25.0

    def zenith(self, frequency_hz: float, weather: Number) -> Number:
        """Return the loss at the zenith, dB.

        Args:
            frequency_hz: of the carrier; between the columns by its logarithm, the outermost column beyond.
            weather: percentile as a part of 1.

        Raises:
            InputError: a percentile that the table does not reach.
        """
        if np.min(weather) < self.percentiles[0] or np.max(weather) > self.percentiles[-1]:
            raise InputError(
                f"{np.max(weather):g} is beyond the table, which ends at {self.percentiles[-1]:g}",
                where="weather",
                right="A percentile as a part of 1: 0.9 for the weather that is worse on one day in ten.",
            )
        log = math.log(frequency_hz / 1e9)
        columns = np.log(self.frequencies_ghz)
        at = [float(np.interp(log, columns, row)) for row in self.zenith_db]
        result = np.interp(weather, self.percentiles, at)
        return result if isinstance(weather, np.ndarray) else float(result)

    def temperature_k(self, weather: Number) -> Number:
        """Return the mean physical temperature of the atmosphere (810-005 module 105: 255 + 25 CD, K)."""
        return self.mean_k + self.mean_slope_k * weather


@cache
def climates() -> dict[str, Climate]:
    """Return the climates that Starlight ships, by name."""
    text = files("starlight.radio").joinpath("climates.toml").read_text(encoding="utf-8")
    result = {}
    for name, row in tomllib.loads(text).items():
        loss = tuple(tuple(float(x) for x in line) for line in row["zenith_db"])
        result[name] = Climate(
            name,
            tuple(row["percentiles"]),
            tuple(row["frequencies_ghz"]),
            loss,
            row["source"],
            row.get("mean_k", 255.0),
            row.get("mean_slope_k", 25.0),
        )
    return result


def slant_db(zenith_db: Number, elevation_deg: Number) -> Number:
    """Return the loss along a slant path, A_zenith / sin E (810-005 module 105: flat atmosphere).

    Below five degrees the flat atmosphere overstates the loss; the factor is held at the curved value,
    at most 36 air masses at the horizon (as 1 / (sin E + 0.04), Rozenberg's form without its exponential).
    """
    # 0.0872 is the sine of 5 degrees; both forms agree there, so the loss has no step.
    sine = np.sin(np.radians(elevation_deg))
    return zenith_db / np.where(sine > 0.0872, sine, (sine + 0.04) / (1 + 0.04 / 0.0872))  # type: ignore[no-any-return] # numpy.where is untyped for scalars.


def sky_k(loss_db: Number, mean_k: Number) -> Number:
    """Return what the atmosphere radiates and what it lets through of the cosmic background, K."""
    passed = 10 ** (-loss_db / 10)
    return mean_k * (1 - passed) + COSMIC_K * passed


def sun_brightness_k(frequency_hz: float) -> float:
    """Return the quiet Sun's brightness temperature, averaged over its disc."""
    log = math.log(frequency_hz / 1e9)
    return math.exp(float(np.interp(log, np.log(_SUN_GHZ), np.log(_SUN_K))))


@cache
def sun_table(
    gain_dbi: float, frequency_hz: float, sun_distance_km: float = 149_597_870.7
) -> tuple[Floats, Floats]:
    """Return the Sun's noise as a function of the angle between beam and Sun, as a table to interpolate.

    The antenna's pattern is averaged over the solar disc: T = T_b / (4 pi) integral G(t) f(t) 2 pi sin t dt,
    where f is the part of the circle of radius t around it that the disc covers. For a 34-m antenna
    it agrees to a factor of two with 800 exp(-2.0 angle / degree) K for 1 to 2.5 degrees, a fit to
    measurements that is attributed to 810-005 module 105 (not checked against the printed module).

    Args:
        gain_dbi: of the receiving antenna.
        frequency_hz: of the carrier.
        sun_distance_km: of the receiver.

    Returns:
        Angles in degrees, rising from 0 to 180, and kelvins.
    """
    radius = math.degrees(math.asin(SUN_RADIUS_KM / sun_distance_km))
    angles = np.concatenate(([0.0], np.geomspace(0.002, 180.0, 200)))
    edges = np.concatenate(([0.0], np.geomspace(1e-3, 180.0, 1500)))
    rings = (edges[1:] + edges[:-1]) / 2
    power = pattern(rings, gain_dbi) * -np.diff(np.cos(np.radians(edges))) / 2
    # On the boresight this is plus or minus infinity, which the clip turns into none or all of a ring.
    with np.errstate(divide="ignore"):
        chord = (angles[:, None] ** 2 + rings**2 - radius**2) / (2 * angles[:, None] * rings)
    covered = np.arccos(np.clip(chord, -1.0, 1.0)) / math.pi
    kelvin = sun_brightness_k(frequency_hz) * np.minimum(1.0, covered @ power)
    # Beyond a few degrees the disc is a point, which the rings resolve only coarsely.
    solid = (1 - math.cos(math.radians(radius))) / 2
    point = sun_brightness_k(frequency_hz) * np.minimum(1.0, pattern(angles, gain_dbi) * solid)
    # Where both forms meet they differ a little; noise must not rise again on the way out.
    kelvin = np.minimum.accumulate(np.where(angles > 4 * radius, point, kelvin))
    # The cache hands the same arrays to every caller.
    angles.flags.writeable = kelvin.flags.writeable = False
    return angles, kelvin


def pattern(angle_deg: Floats, gain_dbi: float) -> Floats:
    """Return the gain, a ratio, at an angle off the boresight.

    A Gaussian main lobe, then the envelope 32 - 25 log10(angle) dBi, and -10 dBi from 48 degrees, less 2 dB
    for the lobes' mean (ITU-R SA.509).
    """
    half = beamwidth_of_gain_deg(gain_dbi)
    lobe = gain_dbi - 12 * np.minimum(angle_deg / half, 3.0) ** 2
    # An antenna with a wide beam has its lobes where the envelope lies above its own gain.
    far = np.clip(30 - 25 * np.log10(np.maximum(angle_deg, 1e-3)), -12.0, gain_dbi - 17)
    return np.asarray(10 ** (np.maximum(lobe, far) / 10), dtype=np.float64)


def body_k(body: str, gain_dbi: float, range_km: Number) -> Number:
    """Return the noise of a world that the antenna points at, K (810-005 module 105: T G d^2 / (16 R^2)).

    Args:
        body: one of `DAY_AND_NIGHT_K`.
        gain_dbi: of the receiving antenna.
        range_km: to the body; it never fills more than the whole beam.

    Raises:
        InputError: a body without a brightness.
    """
    if body not in DAY_AND_NIGHT_K:
        raise InputError(
            f"{body!r} has no known brightness",
            where="hot_body",
            right="One of " + ", ".join(DAY_AND_NIGHT_K),
        )
    fill = from_db(gain_dbi) * (2 * BODY_RADIUS_KM[body] / range_km) ** 2 / 16
    return DAY_AND_NIGHT_K[body] * np.minimum(1.0, fill)  # type: ignore[no-any-return] # as above.
