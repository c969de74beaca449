"""Reference spectra: those that ship, with their authors and licences, and a file of the user's own."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import msgspec
import numpy as np

from starlight.errors import InputError
from starlight.input_files import read_text
from starlight.organics.gas_run import MOST_MZ, Matrix

SHIPPED = ("cc_by.json", "cc_by_sa.json")
"""CC BY-SA asks that what is made of a record stays under it: those lie in a file of their own."""

BACKGROUND_FAMILIES = ("siloxanes", "phthalates")
"""Column bleed and plastics: found, they speak of the instrument, not of the sample."""

FIRST_MZ = 12
"""Below lie the carrier gas (helium) and hydrogen, whose ion current says nothing of organics."""


class Spectrum(msgspec.Struct, frozen=True):
    """One electron-ionisation record.

    Args:
        accession: the record's name in its database.
        name: of the molecule or derivative.
        formula: of the molecule.
        family: the most that a spectrum of this resolution can claim: isomers look alike.
        licence: of the record.
        authors: who measured it; named wherever it is shown.
        peaks: m/z and intensity (0 to 999).
        copyright: as the record tells it.
    """

    accession: str
    name: str
    formula: str
    family: str
    licence: str
    authors: str
    peaks: tuple[tuple[float, float], ...]
    copyright: str = ""

    @property
    def background(self) -> bool:
        """Return whether it is of a family that instruments bring along."""
        return self.family in BACKGROUND_FAMILIES

    def shares(self, size: int) -> Matrix:
        """Return each m/z's share of the record's ion current from `FIRST_MZ` up; shape (size,).

        What lies beyond `size` is lost to the instrument, so the shares add up to 1 or less.
        """
        total = sum(intensity for mass, intensity in self.peaks if mass >= FIRST_MZ - 0.5)
        shares = np.zeros(size)
        for mass, intensity in self.peaks:
            place = round(mass)
            if FIRST_MZ <= place < size:
                shares[place] += intensity / total
        return shares


class _Records(msgspec.Struct):
    source: str
    records: tuple[Spectrum, ...]


def shipped() -> tuple[Spectrum, ...]:
    """Return the 44 records that come with the package: CC BY 31, CC BY-SA 13 (MassBank 2025.05.1)."""
    folder = files("starlight.organics") / "spectra"
    texts = [(folder / name).read_text(encoding="utf-8") for name in SHIPPED]
    return tuple(each for text in texts for each in msgspec.json.decode(text, type=_Records).records)


def read_library(path: Path) -> tuple[Spectrum, ...]:
    """Return the records of a user's own file, which has the form of those that ship.

    Raises:
        InputError: it can't be read, is no library, or a record has no ion current.
    """
    keys = ", ".join(field.name for field in msgspec.structs.fields(Spectrum))
    right = f'It is {{"source": ..., "records": [...]}}, each record with {keys}'
    try:
        records = msgspec.json.decode(read_text(path, right=right), type=_Records).records
    except msgspec.DecodeError as error:
        raise InputError(f"no library of spectra: {error}", where=str(path), right=right) from None
    for each in records:
        bad = [
            peak for peak in each.peaks if not (0 <= peak[0] <= 10 * MOST_MZ and 0 <= peak[1] < float("inf"))
        ]
        if bad or not any(mass >= FIRST_MZ and intensity > 0 for mass, intensity in each.peaks):
            told = f"{each.accession}: no ion current" if not bad else f"{each.accession}: peak {bad[0]}"
            raise InputError(told, where=str(path), right="Peaks are [m/z, intensity], none negative")
    return records
