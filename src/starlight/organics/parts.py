"""The parts of a run that travel: verdict (40 bytes), thumbnail (at most 512), window of the find, whole run.

All numbers are big-endian. A thumbnail tells abundances in a few steps of their logarithm, the whole run in
steps of asinh, to 0.3 %, which keeps a subtracted baseline's negative values too.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from dataclasses import dataclass

import numpy as np

from starlight.errors import PeerError
from starlight.organics.features import SIZE, SLICES, above_least
from starlight.organics.gas_run import BINS, MOST_MZ, GasRun, Matrix
from starlight.organics.judgement import Judgement

VERDICT_TYPE = "application/vnd.starlight.run-verdict"
THUMBNAIL_TYPE = "application/vnd.starlight.run-thumbnail"
WINDOW_TYPE = "application/vnd.starlight.run-window"
RUN_TYPE = "application/vnd.starlight.run"
"""The media types of parts of letters that hold these."""

VERDICT_BYTES = 40
THUMBNAIL_BYTES = 512

STEPS = 15
DECADES = 3
"""Four decades pack into fewer steps of 512 bytes, and a classifier learns no more of them."""

NAME_BYTES = 10
TARGET_BYTES = 8

_VERDICT = struct.Struct(">BB10s8sfffhhI")
"""Version, flags, run, target, p, cosine, strangeness p, first and last degC of the window, CRC-32."""

_VERSION = 1
_ANSWERED, _FOUND = 1, 2

_STEP = 0.005
"""Of asinh: a relative error of 0.25 % where a value is well above the run's least."""

_SPAN = 1e-70
"""The least part of a run's largest value that is a scale: 16 bits hold a range of exp(163) above it."""

_EMPTY = -32768
"""The code of what was not sampled."""

_RUN_HEAD = struct.Struct(">Hd")


@dataclass(frozen=True)
class RunVerdict:
    """The answer for a run, as it travels.

    Args:
        run: the first 10 bytes of its name.
        target: a digest of the best target's accession, zero without any.
        answered: False where the run could not be compared with the calibration.
        found: an organic marker stands above the background.
        p: of the best target; 1 where there is none.
        cosine: of the best target.
        strange_p: how usual the run is.
        window_degc: the temperatures between which the target stands out.
    """

    run: str
    target: bytes
    answered: bool
    found: bool
    p: float
    cosine: float
    strange_p: float
    window_degc: tuple[int, int]


def target_digest(accession: str) -> bytes:
    """Return the 8 bytes that stand for a target in a verdict."""
    return hashlib.sha256(accession.encode()).digest()[:TARGET_BYTES]


def verdict(judgement: Judgement) -> bytes:
    """Return the 40 bytes of an answer."""
    best = judgement.best or next(iter(judgement.findings), None)
    flags = (0 if judgement.abstained else _ANSWERED) | (_FOUND if judgement.best else 0)
    first, last = best.peak.window if best else (0, -1)
    body = _VERDICT.pack(
        _VERSION,
        flags,
        judgement.run.encode()[:NAME_BYTES],
        target_digest(best.target.accession) if best else bytes(TARGET_BYTES),
        best.p if best else 1.0,
        best.peak.score if best else 0.0,
        judgement.strange_p,
        25 + 25 * first,
        50 + 25 * last,
        0,
    )[:-4]
    return body + zlib.crc32(body).to_bytes(4, "big")


def read_verdict(data: bytes) -> RunVerdict:
    """Return the answer that 40 bytes hold.

    Raises:
        PeerError: they are no verdict, or damaged.
    """
    if len(data) != VERDICT_BYTES or zlib.crc32(data[:-4]) != int.from_bytes(data[-4:], "big"):
        raise PeerError(f"a verdict has {VERDICT_BYTES} bytes with their CRC-32; these {len(data)} do not")
    version, flags, run, target, p, cosine, strange, first, last, _ = _VERDICT.unpack(data)
    if version != _VERSION:
        raise PeerError(f"version {version} of a verdict; known is {_VERSION}")
    name = run.rstrip(b"\0").decode("utf-8", "replace")
    return RunVerdict(
        name, target, bool(flags & _ANSWERED), bool(flags & _FOUND), p, cosine, strange, (first, last)
    )


def thumbnail(run: GasRun) -> bytes:
    """Return at most 512 bytes that show a run: 100 m/z by 21 slices of 50 K, in steps of the logarithm.

    Told is what rises above each ion's least, down to a thousandth of the largest, in 15 steps; in fewer
    where that does not pack into the bytes.
    """
    above = above_least(run)
    part = above / (float(above.max()) or 1.0)
    decades = np.log10(np.maximum(part, 1e-30))
    for steps in range(STEPS, 0, -1):
        codes = np.clip(np.rint(steps * (1 + decades / DECADES)), 0, steps).astype(np.uint8)
        packed = bytes([steps]) + zlib.compress(codes.tobytes(), 9)
        if len(packed) <= THUMBNAIL_BYTES:
            return packed
    # One step is a bit for each of 2 100 cells, 263 bytes at most before the packing's own.
    raise AssertionError("a bit for each cell packs into less")


def read_thumbnail(data: bytes) -> Matrix:
    """Return what rises above each ion's least, relative to the largest; shape (100 m/z, 21 slices).

    Raises:
        PeerError: the bytes are no thumbnail.
    """
    # Unpacked behind its limit first: what follows reads at most 2 100 bytes.
    raw = np.frombuffer(_unpacked(data[1:], SIZE * SLICES), dtype=np.uint8)
    if len(data) > THUMBNAIL_BYTES or len(raw) != SIZE * SLICES or not 1 <= data[0] <= STEPS:
        raise PeerError("the bytes are no thumbnail of 100 m/z by 21 slices")
    if raw.max() > data[0]:
        raise PeerError(f"a thumbnail of {data[0]} steps holds the step {raw.max()}")
    codes = raw.reshape(SIZE, SLICES).astype(float)
    return np.where(codes > 0, 10 ** (DECADES * (codes / data[0] - 1)), 0.0)


def seen_by_thumbnail(run: GasRun) -> Matrix:
    """Return what is left of a run at home, where only its thumbnail came."""
    return read_thumbnail(thumbnail(run))


def packed_run(run: GasRun, first: int = 0, last: int = BINS - 1) -> bytes:
    """Return the bins `first` to `last` of a run, every m/z, to 0.3 %, packed."""
    part = run.abundance[:, first : last + 1]
    size = np.abs(part[np.isfinite(part) & (part != 0)])
    # Not below what the codes reach from the largest: denormal numbers are noise, and no scale.
    scale = max(float(np.quantile(size, 0.05)), float(size.max()) * _SPAN) if len(size) else 1.0
    codes = np.rint(np.arcsinh(np.nan_to_num(part) / scale) / _STEP)
    # 16 bits hold a range of exp(163): only what was not sampled has the lowest code.
    codes = np.where(np.isfinite(part), np.clip(codes, _EMPTY + 1, 32767), _EMPTY).astype(">i2")
    # Neighbours in temperature differ little: their differences pack into half the bytes.
    steps = np.diff(codes.astype(np.int32), axis=1, prepend=0).astype(np.int64).astype(">u2")
    head = _RUN_HEAD.pack(first, scale)
    return head + zlib.compress(steps.tobytes(), 9)


def read_packed_run(data: bytes, bins: int = BINS) -> tuple[int, Matrix]:
    """Return the first bin, and the abundances of shape (m/z, bin), of `bins` bins.

    Raises:
        PeerError: the bytes are no such part.
    """
    if len(data) < _RUN_HEAD.size or not 0 < bins <= BINS:
        raise PeerError("the bytes are no part of a run")
    first, scale = _RUN_HEAD.unpack_from(data)
    raw = _unpacked(data[_RUN_HEAD.size :], 2 * (MOST_MZ + 1) * BINS)
    if not raw or len(raw) % (2 * bins) or first + bins > BINS or not np.isfinite(scale):
        raise PeerError(f"the bytes are no run of {bins} bins")
    # Sums wrap as the differences did, so no bytes from elsewhere overflow.
    steps = np.frombuffer(raw, dtype=">u2").astype(np.uint16).reshape(-1, bins)
    codes = np.cumsum(steps, axis=1, dtype=np.uint16).astype(np.int16)
    values = scale * np.sinh(_STEP * codes.astype(float))
    return first, np.where(codes == _EMPTY, np.nan, values)


def _unpacked(data: bytes, most: int) -> bytes:
    """Return what was compressed; a bomb is refused at `most` bytes."""
    try:
        unpack = zlib.decompressobj()
        raw = unpack.decompress(data, most + 1)
    except zlib.error as error:
        raise PeerError(f"the part does not unpack: {error}") from None
    if len(raw) > most or not unpack.eof or unpack.unused_data:
        raise PeerError(f"the part does not unpack to at most {most} bytes")
    return raw
