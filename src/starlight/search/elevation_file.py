"""Files of heights: arrays of NumPy, and GeoTIFF where the extra `geotiff` is installed."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np

from starlight.errors import InputError
from starlight.extras import require
from starlight.input_files import read_bytes
from starlight.search.terrain import MOST_CELLS, Terrain, measured

MOST_BYTES = 8 * MOST_CELLS + 65_536
"""As many heights as terrain may have, in the widest of floats, and a header."""


def read_array(path: Path, cell_m: float, west_m: float, north_m: float, source: str) -> Terrain:
    """Return the heights of a .npy file, rows from north to south, in metres.

    Raises:
        InputError: it is no such file, or its heights have holes.
    """
    right = "It is an array of numbers that numpy.save has written, rows from north to south"
    try:
        # No pickles: such a file would run whatever its author likes.
        heights = np.load(io.BytesIO(read_bytes(path, MOST_BYTES)), allow_pickle=False)
    except (ValueError, EOFError, OSError):
        raise InputError("is no array of NumPy", where=str(path), right=right) from None
    if not isinstance(heights, np.ndarray) or heights.dtype.kind not in "fiu":
        raise InputError("holds no array of numbers", where=str(path), right=right)
    return measured(heights.astype(np.float64), cell_m, west_m, north_m, source)


def read_geotiff(path: Path, source: str) -> Terrain:
    """Return the heights of the first band of a GeoTIFF, north up, in metres, where its transform puts them.

    Raises:
        InputError: it can't be read, is turned or in degrees, or has holes; or rasterio is not there.
    """
    require("rasterio", "geotiff", str(path))
    from rasterio.errors import RasterioError
    from rasterio.io import MemoryFile

    try:
        with MemoryFile(read_bytes(path, MOST_BYTES)) as memory, memory.open() as data:
            move = data.transform
            if data.crs is not None and data.crs.is_geographic:
                right = "Project it to metres first, for instance with gdalwarp"
                raise InputError("its cells are in degrees", where=str(path), right=right)
            if move.b or move.d or abs(move.a + move.e) > 1e-6 * abs(move.a) or move.a <= 0:
                raise InputError(
                    "its cells are turned or not square", where=str(path), right="Resample it north up"
                )
            if data.width * data.height > MOST_CELLS:
                raise InputError(f"it has more than {MOST_CELLS} heights", where=str(path), right="Cut it")
            heights = data.read(1, masked=True).astype(np.float64).filled(np.nan)
            return measured(heights, float(move.a), float(move.c), float(move.f), source)
    except RasterioError as error:
        raise InputError("is no GeoTIFF that can be read", where=str(path), right=str(error)[:120]) from None
