"""Open the files that the sky is computed from."""

from __future__ import annotations

import struct
import weakref
from importlib import resources
from pathlib import Path

from jplephem.spk import SPK

from starlight.errors import InputError
from starlight.input_files import reason
from starlight.sky import Sky

_CARRIED: weakref.WeakKeyDictionary[Sky, dict[str, tuple[int, ...]]] = weakref.WeakKeyDictionary()


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
    right = "Give a planetary SPK file such as de440.bsp"
    kernel = _opened(path, "an ephemeris", right)
    try:
        eop = data.joinpath("finals2000A.all").read_text(encoding="ascii")
        sky = Sky.from_kernel(kernel, eop, path.name if ephemeris else "")
    except KeyError as error:
        kernel.close()
        centre, target = error.args[0]
        told = f"has no segment from {centre} to {target} (as NAIF numbers bodies)"
        raise InputError(told, where=str(path), right=right) from None
    except InputError as error:
        kernel.close()
        raise InputError(error.what, where=str(path), right=error.right) from None
    # The file is memory-mapped, so it lives as long as the sky that reads it.
    weakref.finalize(sky, kernel.close)
    return sky


def open_bodies(path: str) -> SPK:
    """Return a user's SPK file, open.

    Raises:
        InputError: it can't be read as an SPK, or its end is missing.
    """
    return _opened(Path(path), "an SPK file", "Give an SPK file (.bsp) with the orbit of a spacecraft")


def _opened(path: Path, kind: str, right: str) -> SPK:
    """Return an SPK file, open, of which all segments are there."""
    where = str(path)
    try:
        # A pipe or a device can't be mapped into memory, and might never end.
        if path.exists() and not path.is_file():
            told = "it is a directory" if path.is_dir() else "it is no regular file"
            raise InputError(f"can't be read as {kind} ({told})", where=where, right=right)
        kernel = SPK.open(where)
    except OSError as error:
        raise InputError(f"can't be read as {kind} ({reason(error)})", where=where, right=right) from None
    # What jplephem raises depends on where a damaged file misleads it first.
    except (ValueError, struct.error, IndexError, OverflowError, UnicodeDecodeError, KeyError, TypeError):
        told = f"can't be read as {kind}: it is damaged, or a file of something else"
        raise InputError(told, where=where, right=right) from None
    # A copy that broke off opens well and fails in the middle of a plan, with an error about an array.
    needed = max((8 * segment.end_i for segment in kernel.segments), default=0)
    size = path.stat().st_size
    if size < needed:
        kernel.close()
        told = f"is cut short: {size} bytes of {needed} or more"
        raise InputError(told, where=where, right=f"{right}; fetch it again")
    return kernel


def load_spk_bodies(sky: Sky, path: str) -> tuple[int, ...]:
    """Hand the bodies of a user's SPK file to a sky, once, and return their NAIF ids.

    The file stays open as long as the sky is there.

    Raises:
        InputError: the file can't be read, or the sky can't take a segment of it.
    """
    # By sky, and weakly: a demo has two skies, and each must be handed the file once.
    files = _CARRIED.setdefault(sky, {})
    if path not in files:
        kernel = open_bodies(path)
        try:
            files[path] = sky.carry(kernel)
        except InputError as error:
            kernel.close()
            raise InputError(f"{error.where}: {error.what}", where=path, right=error.right) from None
        weakref.finalize(sky, kernel.close)
    return files[path]
