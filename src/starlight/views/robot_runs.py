"""Runs of a robot that heats samples, as far as it has told a person of them.

They came from a peer: every number was read behind bounds, and no word in them is ours.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from starlight.views.told_in import ToldIn

Piece = Literal["verdict", "thumbnail", "window", "run"]


class MarkerView(msgspec.Struct, frozen=True):
    """A reference spectrum that ships with Starlight, as a verdict names it.

    Attributes:
        name: of the molecule or derivative.
        family: the most that a spectrum can claim.
        accession, authors, licence: of the record.
        instrument: it speaks of the instrument, not of the sample.
        ions: its largest, by m/z.
    """

    name: str
    family: str
    accession: str
    authors: str
    licence: str
    instrument: bool
    ions: tuple[int, ...]


class VerdictView(msgspec.Struct, frozen=True):
    """The answer for a run of evolved gas. It never says life: no spectrum can.

    Attributes:
        told: in which letter.
        answered: the run could be compared with its instrument's calibration.
        found: an organic marker stands above the background.
        p: how often as much would be seen without one.
        cosine: how alike the spectrum is to the reference.
        usual_p: how usual the run is among the calibration's.
        from_degc, to_degc: between which temperatures it stands out; equal where nothing does.
        marker: the best target; None where there is none, or it is of a library that is not here.
    """

    told: ToldIn
    answered: bool
    found: bool
    p: float
    cosine: float
    usual_p: float
    from_degc: int
    to_degc: int
    marker: MarkerView | None = None


class ThumbnailView(msgspec.Struct, frozen=True):
    """A run as a small picture.

    Attributes:
        told: in which letter.
        mz: how many mass-to-charge ratios, from 0.
        from_degc, slice_degc: the first temperature, and the width of a slice.
        steps: how dark each is, 0 to 15 in equal steps of the logarithm over three decades, by slices of m/z:
            all temperatures of one m/z after the other.
    """

    told: ToldIn
    mz: int
    from_degc: int
    slice_degc: int
    steps: tuple[int, ...]


class Ion(msgspec.Struct, frozen=True):
    """An ion and its mean abundance, as a part of the largest's."""

    mz: int
    share: float


class WindowView(msgspec.Struct, frozen=True):
    """The ions of a run between two temperatures.

    Attributes:
        told: in which letter.
        from_degc, to_degc: the temperatures.
        ions: by m/z, from 12 up, those of a ten-thousandth of the largest and more.
        whole: it was taken out of the whole run, which is here.
    """

    told: ToldIn
    from_degc: int
    to_degc: int
    ions: tuple[Ion, ...]
    whole: bool = False


class ComingPiece(msgspec.Struct, frozen=True):
    """A piece of a run that is not here.

    Attributes:
        piece: which.
        here_bytes, size_bytes: of it; both None where no letter has announced it.
    """

    piece: Piece
    here_bytes: int | None = None
    size_bytes: int | None = None


class RunView(msgspec.Struct, frozen=True):
    """One sample that a robot heated, as far as it has been told.

    Attributes:
        name: of the run.
        from_name, from_address: who told of it.
        verdict, thumbnail, window: what is here; None for what is not.
        run_letter, run_part: where the whole run is, once it is here.
        coming: what is not here.
        synthetic: its instrument is made up, as the robot's telemetry says.
    """

    name: str
    from_name: str
    from_address: str
    verdict: VerdictView | None = None
    thumbnail: ThumbnailView | None = None
    window: WindowView | None = None
    run_letter: str | None = None
    run_part: int | None = None
    coming: tuple[ComingPiece, ...] = ()
    synthetic: bool = False

    @property
    def here_since(self) -> int:
        """Return since when the latest of it is known here, in ns; 0 where nothing is."""
        here = (self.verdict, self.thumbnail, self.window)
        return max((each.told.here_since for each in here if each is not None), default=0)
