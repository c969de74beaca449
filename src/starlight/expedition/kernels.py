"""Open the files that the sky is computed from."""

from __future__ import annotations

import weakref
from importlib import resources
from pathlib import Path

from jplephem.spk import SPK

from starlight.errors import InputError
from starlight.sky import Sky


def open_sky(ephemeris: str | None = None) -> Sky:
    """Return the sky over DE421 and the IERS table of the `skyfield-data` wheel.

    Args:
        ephemeris: the path of another planetary SPK file (``.bsp``), such as DE440, which
            covers 1550 to 2650; DE421 ends in October 2053.

    Raises:
        InputError: the file can't be read as an SPK.
    """
    data = resources.files("skyfield_data").joinpath("data")
    path = Path(ephemeris) if ephemeris else Path(str(data.joinpath("de421.bsp")))
    try:
        kernel = SPK.open(str(path))
    except (OSError, ValueError) as error:
        raise InputError(
            f"can't be read as an ephemeris ({error})",
            where=str(path),
            right="Give a planetary SPK file such as de440.bsp",
        ) from None
    try:
        sky = Sky.from_kernel(kernel, data.joinpath("finals2000A.all").read_text(encoding="ascii"))
    except KeyError as error:
        kernel.close()
        raise InputError(
            f"has no segment {error} (centre and target, as NAIF numbers them)",
            where=str(path),
            right="Give a planetary SPK file such as de440.bsp",
        ) from None
    weakref.finalize(sky, kernel.close)
    return sky
